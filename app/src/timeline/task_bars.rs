//! Bars of tasks, and how many tasks are under way: what rows of tasks hold.

use trace_core::base::ids::TaskIdx;
use trace_core::base::time::TimeRange;

use crate::timeline::grid::Grid;

/// One task, or several that are too short to be told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// From when to when, clipped to the trace.
    pub range: TimeRange,
    /// The task; of several the first.
    pub task: TaskIdx,
    /// How many tasks it stands for.
    pub count: u32,
    /// 0 for the row's own tasks, else the line of subtasks below.
    pub line: u32,
    /// It began before the trace.
    pub began_before: bool,
    /// It does not end in the trace.
    pub goes_on: bool,
    /// What can be written in it, longest first; nothing if it is narrow.
    pub wordings: Vec<String>,
}

/// How many tasks of a type are under way, by columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Underway {
    /// The columns that are being made; `None` if none are.
    pub grid: Option<Grid>,
    /// Nanoseconds of all tasks in each column: of those that end in the trace, and of the others.
    pub columns: Vec<[u64; 2]>,
    /// The trace, outside of which there is nothing.
    pub range: TimeRange,
    /// Most of them at a time, on average over a column.
    pub most: f32,
}
