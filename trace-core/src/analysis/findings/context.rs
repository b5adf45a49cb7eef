//! What all detectors look at.

use crate::analysis::blocked_by::{Blocked, Wakers};
use crate::analysis::collector::cycles::Collector;
use crate::analysis::places::{Op, Places, is_test_function};
use crate::analysis::procs::IdleWhileReady;
use crate::analysis::workload::Workload;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::nanos::Nanos;
use crate::model::cgo::c_function;
use crate::model::trace::Trace;

/// Fewer waits of others in a function do not make it a helper.
pub(crate) const FEWEST_CALLS: u64 = 6;

/// What the files of this room look at.
pub(crate) struct Context<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) places: &'a Places<'a>,
    pub(crate) workload: &'a Workload,
    /// Places of waiting with what the wakers did.
    pub(crate) blocked: &'a [(Blocked, Wakers)],
    pub(crate) collector: &'a Collector,
    /// Procs that idled while goroutines were runnable.
    pub(crate) idle: &'a IdleWhileReady,
    /// Of the whole trace, nanoseconds.
    pub(crate) duration: u64,
    pub(crate) load: Load,
}

/// How busy the procs were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// GOMAXPROCS, or the procs seen.
    pub procs: u64,
    /// Time that procs were busy, total.
    pub busy: Nanos,
    /// Time that goroutines of the program ran, total.
    pub running: Nanos,
    /// Time that goroutines of the program were runnable, total.
    pub runnable: Nanos,
    /// 0 to 1: share of the procs' time in use.
    pub share: f64,
}

impl Context<'_> {
    /// Part of the trace's length, 0 to 1 (or more, for time added over goroutines).
    pub(crate) fn share(&self, nanos: u64) -> f64 {
        nanos as f64 / self.duration.max(1) as f64
    }

    /// What the program was in, as Go spells it: `net/http.Post`, `chan send`, `C.render`. `None` if it is not known, or
    /// was code of its own.
    pub(super) fn callee(&self, stack: StackId) -> Option<String> {
        let callee = self.places.callee(stack).filter(|callee| !callee.is_empty())?;
        if let Some(function) = c_function(callee) {
            return Some(format!("C.{function}"));
        }
        if !callee.starts_with("runtime.") {
            return Some(callee.to_owned());
        }
        let op = self.places.op(stack);
        matches!(op, Op::Send | Op::Receive | Op::Select).then(|| op.name().to_owned())
    }

    /// How many goroutines of the program have this start function.
    pub(crate) fn goroutines(&self, name: StrId) -> u64 {
        self.workload.gos.iter().filter(|facts| facts.name == name).count() as u64
    }

    /// Whether the program waits there until a file is on the disk, which one call does for all that was written before.
    pub(crate) fn is_sync(&self, stack: StackId) -> bool {
        let callee = self.callee(stack);
        callee
            .is_some_and(|callee| ["os.(*File).Sync", "syscall.Fsync", "syscall.Fdatasync"].contains(&callee.as_str()))
    }

    /// Whether a goroutine was started by package `testing`, to run a test.
    pub(crate) fn is_test(&self, go: GoroutineIdx) -> bool {
        self.workload.go(go).is_some_and(|facts| is_test_function(self.trace.str(facts.name)))
    }

    /// Whether a goroutine runs a test or benchmark, or was started by one that does, however many steps in between.
    pub(crate) fn is_under_test(&self, go: GoroutineIdx) -> bool {
        let mut next = Some(go);
        for _ in 0..ANCESTORS {
            let Some(facts) = next.and_then(|go| self.workload.go(go)) else { return false };
            if is_test_function(self.trace.str(facts.name)) {
                return true;
            }
            next = facts.creator();
        }
        false
    }

    /// Whether tests alone waited there: for what they themselves started, as they should.
    pub(crate) fn is_of_tests(&self, wait: &Blocked) -> bool {
        !wait.longest.is_empty() && wait.longest.iter().all(|one| self.is_test(one.go))
    }

    /// Places where the program waits by `ops`.
    pub(crate) fn waits(&self, ops: &'static [Op]) -> impl Iterator<Item = &(Blocked, Wakers)> {
        self.blocked.iter().filter(|(wait, _)| ops.contains(&wait.op))
    }
}

/// Creators of creators that are followed.
const ANCESTORS: usize = 8;
