//! The curves of the counters: how many goroutines, threads and bytes there are, by columns.

use trace_core::model::trace::{Metric, Trace};

use crate::timeline::grid::Grid;

/// One curve in columns: lowest and highest value in each.
pub type Curve = Vec<Option<(u64, u64)>>;

/// All curves over the columns of a grid: the lowest and the highest value of each column.
#[derive(Debug, Default)]
pub struct Curves {
    /// Goroutines running over time.
    pub running: Curve,
    /// Goroutines runnable over time.
    pub runnable: Curve,
    /// Goroutines waiting over time.
    pub waiting: Curve,
    /// Bytes of the heap in use.
    pub heap_live: Curve,
    /// Bytes of the heap at which a GC cycle begins.
    pub heap_goal: Curve,
    /// Threads that run Go code or are in system calls.
    pub threads: Curve,
    /// GOMAXPROCS over time, as the trace has it.
    pub procs: Curve,
}

impl Curves {
    /// All curves of `trace` over the columns of `grid`.
    #[must_use]
    pub fn new(trace: &Trace, grid: &Grid) -> Self {
        let curve = |metric| {
            let mut curve = Vec::new();
            trace.metric(metric, grid.range(), grid.count, &mut curve);
            curve
        };
        Self {
            running: curve(Metric::Running),
            runnable: curve(Metric::Runnable),
            waiting: curve(Metric::Waiting),
            heap_live: curve(Metric::HeapLive),
            heap_goal: curve(Metric::HeapGoal),
            threads: curve(Metric::Threads),
            procs: curve(Metric::Procs),
        }
    }
}
