//! The rows that are selected along with a range of time.

use trace_core::analysis::go_set::GoSet;

use crate::state::row::RowKind;

/// Rows that are selected. The time is that of [`Document::marked`](crate::state::document::Document::marked).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// The rows, from top to bottom; empty once the timeline has other rows.
    pub rows: Vec<RowKind>,
    /// What they are, for people: `12 rows`, `main.worker`.
    pub title: String,
    /// The goroutines on them; `None` until a worker has found them. Empty for rows that are not of goroutines.
    pub gos: Option<GoSet>,
}

impl Area {
    /// The goroutines that analyses are limited to: none for rows without goroutines, such as those of procs.
    #[must_use]
    pub fn limits(&self) -> Option<&GoSet> {
        self.gos.as_ref().filter(|gos| !gos.is_empty())
    }
}
