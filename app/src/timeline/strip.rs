//! States over time of goroutines that share a row.

use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;

use crate::timeline::grid::Grid;

/// How many goroutines of a group were in which state, by columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    /// Nanoseconds by class in each column.
    pub columns: Vec<[u64; SpanClass::COUNT]>,
    /// When the first column begins and how long each is, nanoseconds.
    pub grid: Option<Grid>,
    /// The trace, outside of which there is nothing.
    pub range: TimeRange,
    /// Most goroutines at a time, on average over a column.
    pub most: f32,
}

impl Strip {
    pub(super) fn of(columns: Vec<[u64; SpanClass::COUNT]>, grid: Grid, range: TimeRange) -> Self {
        let sum = |column: &[u64; SpanClass::COUNT]| column.iter().skip(1).sum::<u64>();
        let most = columns.iter().map(sum).max().unwrap_or(0) as f32 / grid.column_nanos.max(1) as f32;
        Self { columns, grid: Some(grid), range, most }
    }
}
