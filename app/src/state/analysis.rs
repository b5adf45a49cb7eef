//! What the user has chosen in the panel of an analysis.

use std::collections::BTreeSet;

use trace_core::analysis::scope::Scope;

use crate::report::analyses::Ask;

/// What the user has chosen in the panel of an analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnalysisView {
    /// The table that shows, by its place in the report.
    pub table: usize,
    /// For each choice of the analysis the option, by its place; missing ones are the first.
    pub chosen: Vec<u8>,
    /// A length of time that it takes, nanoseconds; `None` for the usual one.
    pub length: Option<i64>,
    /// The node that fills the width of its flame graph, after how many nodes that graph has: in another graph it means
    /// nothing.
    pub zoom: Option<(usize, usize)>,
    /// The function, in full, that its flame graph, its call tree and its callers and callees are about.
    pub function: Option<String>,
    /// The lines of its call tree that are not folded as they were at first, after how many lines that tree has.
    pub unfolded: (usize, BTreeSet<usize>),
}

impl AnalysisView {
    /// What to ask about a scope.
    #[must_use]
    pub fn ask(&self, scope: Scope) -> Ask {
        Ask { chosen: self.chosen.clone(), length: self.length, ..Ask::about(scope) }
    }

    /// Folds a line of the call tree, which has `lines`, that is unfolded, and the other way round.
    pub fn toggle_line(&mut self, lines: usize, line: usize) {
        if self.unfolded.0 != lines {
            self.unfolded = (lines, BTreeSet::new());
        }
        if !self.unfolded.1.remove(&line) {
            self.unfolded.1.insert(line);
        }
    }

    /// Chooses an option of a choice, both by their places. The main table of the new answer shows.
    pub fn choose(&mut self, choice: usize, option: u8) {
        self.table = 0;
        if self.chosen.len() <= choice {
            self.chosen.resize(choice + 1, 0);
        }
        if let Some(chosen) = self.chosen.get_mut(choice) {
            *chosen = option;
        }
    }
}
