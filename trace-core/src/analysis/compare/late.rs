//! Goroutines that stay runnable although a proc is idle: CPUs are short.
//!
//! The scheduler starts a thread for an idle proc as soon as a goroutine is runnable, which takes some tens of
//! microseconds. Where it takes a millisecond, the operating system had no CPU for that thread: other processes ran,
//! or other threads of this one. The same happens to goroutines that the trace shows as running, so that whatever the
//! program did took longer, more or less of it in each recording.

use crate::analysis::procs::idle_ranges;
use crate::analysis::scope::{nanos_in, united, without};
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// A thread that starts this long after it was woken, nanoseconds, waited for a CPU.
const LATE: u64 = 1_000_000;
/// Late starts that are no accident, in all and a second.
const FEWEST: u64 = 2;
const FEWEST_A_SECOND: u64 = 1;

/// How often, and for how long, goroutines of the program stayed runnable for a millisecond and more while a proc was
/// idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// How many such waits there were.
    pub count: u64,
    /// How long in total, nanoseconds.
    pub nanos: u64,
}

impl Late {
    /// What both have counted together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, nanos: self.nanos.saturating_add(other.nanos) }
    }

    /// Whether procs had to wait for CPUs in a recording of `nanos` nanoseconds: other processes ran, or there were
    /// fewer CPUs than procs.
    #[must_use]
    pub const fn is_short_of_cpus(self, nanos: u64) -> bool {
        self.count >= FEWEST && self.count.saturating_mul(1_000_000_000) >= nanos.saturating_mul(FEWEST_A_SECOND)
    }
}

/// When a proc was idle, the world not being stopped: by time, apart from each other.
pub(super) fn idle(trace: &Trace, range: TimeRange) -> Vec<TimeRange> {
    let stops = united(trace.spans(LaneId::Stw, range).map(|stop| stop.range.intersect(range)).collect());
    without(&idle_ranges(trace, range), &stops)
}

/// What a goroutine's time as runnable adds, where procs are idle in `idle`.
pub(super) fn late(runnable: TimeRange, idle: &[TimeRange]) -> Late {
    if runnable.nanos().unsigned_abs() < LATE {
        return Late::default();
    }
    let nanos = nanos_in(idle, runnable);
    if nanos < LATE { Late::default() } else { Late { count: 1, nanos } }
}
