//! Waits and system calls with the same stack.

use crate::analysis::place_time::{KEPT, Wait, keep_first};
use crate::analysis::places::Op;
use crate::base::ids::{StackId, StrId};
use crate::event::state::SpanClass;

/// What a site is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteKey {
    /// The stack on which the goroutines waited.
    pub stack: StackId,
    /// What: a wait of some class, a system call.
    pub class: SpanClass,
    /// The runtime's word for it.
    pub reason: StrId,
    /// The waits have no stacks, as they began before the trace: `stack` is that of their wakers.
    pub is_prior: bool,
}

/// All waits (or calls) with the same stack.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The operation at the leaf.
    pub op: Op,
    /// Number of waits there.
    pub count: u64,
    /// Their time, total over goroutines, ns.
    pub nanos: u64,
    /// The longest wait, ns.
    pub max: u64,
    /// Nanoseconds of those that a goroutine ended.
    pub woken_nanos: u64,
    /// Nanoseconds of those that lie in a unit with beginning and end.
    pub bounded_nanos: u64,
    /// The longest ones, longest first, at most [`KEPT`].
    pub longest: Vec<Wait>,
}

impl Site {
    pub(super) fn add(&mut self, wait: Wait, is_bounded: bool) {
        let nanos = wait.range.nanos().unsigned_abs();
        self.count += 1;
        self.nanos += nanos;
        self.max = self.max.max(nanos);
        self.woken_nanos += if wait.waker.is_some() { nanos } else { 0 };
        self.bounded_nanos += if is_bounded { nanos } else { 0 };
        self.longest.push(wait);
        keep_first(&mut self.longest, KEPT, Wait::by_length);
    }

    /// Adds waits with other stacks.
    pub(crate) fn merge(&mut self, other: Self) {
        self.op = other.op;
        self.count += other.count;
        self.nanos += other.nanos;
        self.max = self.max.max(other.max);
        self.woken_nanos += other.woken_nanos;
        self.bounded_nanos += other.bounded_nanos;
        self.longest.extend(other.longest);
        keep_first(&mut self.longest, KEPT, Wait::by_length);
    }
}
