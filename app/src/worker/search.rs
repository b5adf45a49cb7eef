//! Searches a trace, off the UI thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use trace_core::analysis::search::complete::completions;
use trace_core::analysis::search::filter;
use trace_core::analysis::search::hits::Hits;
use trace_core::analysis::search::parse::parse_with;
use trace_core::analysis::search::run::search;
use trace_core::analysis::tags::TagRules;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, RowsAction};
use crate::state::document::DocumentId;
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::search::SearchAction;
use crate::worker::mailbox::Mailbox;

/// Hits that can be stepped through one by one.
const LISTED: usize = 10_000;
/// Hits so far are told of no more often than this.
const PAUSE: Duration = Duration::from_millis(40);

/// A search to run over a snapshot.
pub struct Job {
    /// Whose trace it is.
    pub document: DocumentId,
    /// The snapshot that is searched.
    pub trace: Arc<Trace>,
    /// The text of the query.
    pub text: String,
    /// What stacks are about.
    pub rules: Arc<TagRules>,
    /// Only goroutines with hits are to have lanes.
    pub filters: bool,
    /// Cancelled when another search begins.
    pub monitor: Monitor,
}

/// Searches, and tells of hits as they come.
pub fn run(job: &Job, mailbox: &Mailbox) {
    let query = parse_with(&job.text, &job.rules);
    let send = |hits: &Hits| {
        let found = SearchAction::Found(job.text.clone(), Arc::new(hits.clone()));
        mailbox.send(Action::Search(job.document, found));
    };
    let completions = completions(&job.text, job.text.len(), &job.trace, &job.rules);
    mailbox.send(Action::Search(job.document, SearchAction::Completed(job.text.clone(), completions)));
    let mut last: Option<Instant> = None;
    let mut publish = |hits: &Hits| {
        if last.is_none_or(|last| last.elapsed() >= PAUSE) {
            send(hits);
            last = Some(Instant::now());
        }
    };
    if let Some(hits) = search(&job.trace, &query, LISTED, &job.monitor, &mut publish) {
        send(&hits);
    }
    if !job.filters {
        return;
    }
    if let Some(gos) = filter::goroutines(&job.trace, &query, job.trace.range(), &job.monitor) {
        let lane_filter = LaneFilter { title: format!("Goroutines that match {}", job.text), which: Which::These(gos) };
        mailbox
            .send(Action::On(job.document, Box::new(Action::Rows(RowsAction::ShowOnly(Some(Arc::new(lane_filter)))))));
    }
}
