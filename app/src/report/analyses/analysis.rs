//! What an analysis is: a question about a trace that is answered by a report.

use std::sync::Arc;

use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::report::report::Report;

/// Rows that the window lists at most where each costs time and memory.
pub const LISTED: usize = 10_000;

/// What is known of an analysis without a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The command's name, and the stable name of the panel.
    pub id: &'static str,
    /// What the window calls it.
    pub title: &'static str,
    /// One line for lists of commands.
    pub about: &'static str,
    /// Paragraphs for its help, each wrapped by whoever shows it.
    pub help: &'static str,
    /// What may be chosen beside the scope.
    pub choices: &'static [Choice],
    /// Rows that the command lists of a table unless asked otherwise.
    pub limit: usize,
}

/// Something to choose: an option of the command, a row of chips in the panel. The first option is the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The option's name without its dashes.
    pub id: &'static str,
    /// What it says, in the help.
    pub help: &'static str,
    /// The values: as typed, and as shown.
    pub options: &'static [(&'static str, &'static str)],
}

impl Choice {
    /// The id of choices of an order: an option of the command, while the window sorts its tables.
    pub const ORDER: &'static str = "sort";

    /// What may be typed.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.options.iter().map(|option| option.0)
    }

    /// The place of the option that is typed so.
    #[must_use]
    pub fn option(&self, typed: &str) -> Option<u8> {
        self.options.iter().position(|option| option.0 == typed).and_then(|at| u8::try_from(at).ok())
    }
}

/// What is asked. Equal ones have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// What it is about.
    pub scope: Scope,
    /// For each choice the option, by its place; missing ones are the first.
    pub chosen: Vec<u8>,
    /// A length of time that it takes, nanoseconds; `None` for the usual one.
    pub length: Option<i64>,
    /// Rows that are wanted at most of lists in which each costs time and memory; `None` for as many as the window
    /// lists.
    pub limit: Option<usize>,
}

impl Ask {
    /// Everything as usual.
    #[must_use]
    pub const fn about(scope: Scope) -> Self {
        Self { scope, chosen: Vec::new(), length: None, limit: None }
    }

    /// The option that is chosen of the choice at this place.
    #[must_use]
    pub fn choice(&self, at: usize) -> usize {
        self.chosen.get(at).copied().unwrap_or(0).into()
    }

    /// Rows to list at most where each costs time and memory.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.limit.unwrap_or(LISTED)
    }
}

/// A question about a trace that is answered by a report.
pub trait Analysis: Sync {
    /// What is known of it without a trace.
    fn info(&self) -> &'static Info;

    /// Whether only the range of a scope counts: the analysis is not about single goroutines.
    fn is_of_range(&self) -> bool {
        false
    }

    /// Analyses whose reports the command prints behind this one's. The window shows them when they are wanted.
    fn appended(&self) -> &'static [&'static dyn Analysis] {
        &[]
    }

    /// Its report with those of [`Self::appended`] behind it; `None` if it was cancelled.
    fn run_all(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let report = self.run(trace, ask, monitor)?;
        self.appended().iter().try_fold(report, |report, other| Some(report.and(other.run(trace, ask, monitor)?)))
    }

    /// The answer; `None` if it was cancelled. Of an empty trace it has all facts and tables, so that help can name them.
    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report>;

    /// More about the goroutines that a row of a table [with details](crate::report::table::Builder::with_details) is
    /// about, within the scope; the window shows its first table beside that one. `None` if it was cancelled, or there
    /// is no more.
    fn details(&self, _trace: &Arc<Trace>, _ask: &Ask, _of: Whom, _monitor: &Monitor) -> Option<Report> {
        None
    }
}
