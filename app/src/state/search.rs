//! What is typed into the search field of a document, and what it found.

use std::sync::Arc;

use trace_core::analysis::search::complete::Completion;
use trace_core::analysis::search::hit::Hit;
use trace_core::analysis::search::hits::Hits;
use trace_core::analysis::search::parse::parse_with;
use trace_core::analysis::search::query::Query;
use trace_core::analysis::tags::TagRules;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TraceTime;

/// The search of one document.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The query as typed, which may be wrong.
    pub text: String,
    /// The same as parsed; matches nothing if it is wrong.
    pub query: Query,
    /// What was found of it so far, with the text it was found for; shown until the new text has hits of its own.
    pub hits: Option<(String, Arc<Hits>)>,
    /// The hit that the user has gone to.
    pub current: Option<Hit>,
    /// Only goroutines with a hit have lanes.
    pub filters: bool,
    /// What the text could go on with, and the text it is for.
    pub completions: (String, Vec<Completion>),
    /// Stops the worker that is at it.
    pub pending: Option<Monitor>,
}

/// What the user, or a worker, does with the search field.
#[derive(Clone, Debug)]
pub enum SearchAction {
    /// Give the field the focus and select its text.
    Focus,
    /// Search for what has been typed.
    Text(String),
    /// Go to the next hit (+1), or the one before (-1).
    Step(i32),
    /// Leave lanes to goroutines with hits, or to all again.
    Filter(bool),
    /// A worker: what this text could go on with.
    Completed(String, Vec<Completion>),
    /// A worker: what was found for this text so far.
    Found(String, Arc<Hits>),
}

impl Search {
    /// Takes a new text; stops what is going on for the old one.
    pub fn set_text(&mut self, text: String, rules: &Arc<TagRules>) {
        if let Some(monitor) = self.pending.take() {
            monitor.cancel();
        }
        self.query = parse_with(&text, rules);
        if self.query.is_empty() {
            self.hits = None;
        }
        self.text = text;
        self.current = None;
    }

    /// What was found for the text that is there now.
    #[must_use]
    pub fn found(&self) -> Option<&Arc<Hits>> {
        self.hits.as_ref().filter(|hits| hits.0 == self.text).map(|hits| &hits.1)
    }

    /// The hit after (or before) the present one, or after `time` if there is none, around the end.
    #[must_use]
    pub fn stepped(&self, step: i32, time: TraceTime) -> Option<Hit> {
        let list = &self.found()?.list;
        let at = match &self.current {
            Some(current) if step > 0 => list.partition_point(|hit| hit.order() <= current.order()),
            Some(current) => list.partition_point(|hit| hit.order() < current.order()).wrapping_sub(1),
            None if step > 0 => list.partition_point(|hit| hit.range.start < time),
            None => list.partition_point(|hit| hit.range.start < time).wrapping_sub(1),
        };
        let around = if step > 0 { list.first() } else { list.last() };
        list.get(at).or(around).copied()
    }

    /// The number of the present hit, from 1.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let (current, found) = (self.current?, self.found()?);
        let at = found.list.binary_search_by_key(&current.order(), Hit::order).ok()?;
        Some(found.before + at as u64 + 1)
    }
}
