//! Yields: runs that a goroutine ended itself with `runtime.Gosched`, though it could have gone on.

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// What the runtime calls such a stop.
pub(crate) const REASON: &str = "runtime.Gosched";
/// What the runtime calls a stop that it asked for itself.
const PREEMPTED: &str = "preempted";
/// Goroutines that are kept by name.
const KEPT: usize = 64;

/// Whether the runtime yields on its own account: `runtime.GC` does so again and again until the sweep is over.
pub(crate) fn is_of_runtime(trace: &Trace, stack: StackId) -> bool {
    let mut callers = trace.frames(stack).map(|frame| frame.function).skip_while(|function| *function == REASON);
    callers.next().is_some_and(|function| function.starts_with("runtime."))
}

/// Whether a goroutine that stopped for this reason, with this stack, was preempted. Whoever hands a lock over steps aside for
/// the next holder (`runtime.goyield`), for which the runtime has the same word.
pub(crate) fn is_preemption(trace: &Trace, reason: &str, stack: StackId) -> bool {
    reason == PREEMPTED && trace.frames(stack).next().is_none_or(|leaf| leaf.function != "runtime.goyield")
}

/// Yields with the same stack.
#[derive(Clone, Debug, Default)]
pub struct Yields {
    /// How many times goroutines yielded.
    pub count: u64,
    /// How long goroutines ran before, each time since they last got a proc, total, ns.
    pub running: u64,
    /// How long they were then runnable, total, ns.
    pub runnable: u64,
    /// How many goroutines yielded.
    pub goroutines: u64,
    /// Some of them, with how long each was running and runnable so, ns, and the first and last such time.
    pub gos: Vec<(GoroutineIdx, u64, TimeRange)>,
}

impl Yields {
    /// Adds a run of `nanos` that ended so, and the wait for a proc after it.
    pub(crate) fn add(&mut self, go: GoroutineIdx, (run, nanos): (TimeRange, u64), wait: TimeRange) {
        let runnable = wait.nanos().unsigned_abs();
        self.count += 1;
        self.running += nanos;
        self.runnable += runnable;
        let range = TimeRange::new(run.start, wait.end);
        match self.gos.last_mut().filter(|last| last.0 == go) {
            Some((_, sum, all)) => {
                *sum += nanos + runnable;
                *all = TimeRange::new(all.start, range.end);
            }
            None => {
                self.goroutines += 1;
                self.gos.push((go, nanos + runnable, range));
                self.shrink(2 * KEPT);
            }
        }
    }

    /// Adds those of other goroutines.
    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.running += other.running;
        self.runnable += other.runnable;
        self.goroutines += other.goroutines;
        self.gos.extend(other.gos);
        self.shrink(KEPT);
    }

    /// Keeps those that spent most time so.
    fn shrink(&mut self, limit: usize) {
        if self.gos.len() > limit {
            self.gos.sort_by_key(|&(go, nanos, _)| (std::cmp::Reverse(nanos), go));
            self.gos.truncate(KEPT);
        }
    }
}
