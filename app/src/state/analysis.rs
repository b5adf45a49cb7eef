//! What the user has chosen in the panel of an analysis.

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
}

impl AnalysisView {
    /// What to ask about a scope.
    #[must_use]
    pub fn ask(&self, scope: Scope) -> Ask {
        Ask { chosen: self.chosen.clone(), length: self.length, ..Ask::about(scope) }
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
