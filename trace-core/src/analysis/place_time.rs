//! Waits, and the time that goes by at a place.

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;

/// How many of the longest waits of a site are kept.
pub const KEPT: usize = 512;

/// One wait of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// The goroutine that waited.
    pub go: GoroutineIdx,
    /// From when to when it waited.
    pub range: TimeRange,
    /// The stack in which it waited.
    pub stack: StackId,
    /// Who ended it, if a goroutine did.
    pub waker: Option<GoroutineIdx>,
    /// Where the waker did.
    pub waker_stack: StackId,
    /// It was going on when the trace began or ended.
    pub is_cut: bool,
    /// It has no stack, as it began before the trace: `stack` is the waker's.
    pub is_prior: bool,
}

impl Wait {
    pub(crate) const fn nanos(&self) -> u64 {
        self.range.nanos().unsigned_abs()
    }
}

/// Time at a place.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlaceTime {
    /// How many stretches there were.
    pub count: u64,
    /// Their time, total over goroutines, ns.
    pub nanos: u64,
    /// The longest, and whose.
    pub longest: Option<(GoroutineIdx, TimeRange)>,
}

impl PlaceTime {
    /// Adds a stretch of a goroutine's time.
    pub fn add(&mut self, go: GoroutineIdx, range: TimeRange) {
        self.add_part(go, range, range.nanos().unsigned_abs());
    }

    /// Adds a stretch of which only so many nanoseconds count.
    pub fn add_part(&mut self, go: GoroutineIdx, range: TimeRange, nanos: u64) {
        self.count += 1;
        self.nanos += nanos;
        self.longest = longer(self.longest, Some((go, range)));
    }

    /// Adds what another one has summed of the same place.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.nanos += other.nanos;
        self.longest = longer(self.longest, other.longest);
    }
}

/// Of two stretches the longer one; of equals the earlier, so that no order of adding matters.
pub(crate) fn longer(
    one: Option<(GoroutineIdx, TimeRange)>,
    other: Option<(GoroutineIdx, TimeRange)>,
) -> Option<(GoroutineIdx, TimeRange)> {
    let key = |stretch: &(GoroutineIdx, TimeRange)| {
        (stretch.1.nanos(), std::cmp::Reverse(stretch.1.start), std::cmp::Reverse(stretch.0))
    };
    one.into_iter().chain(other).max_by_key(key)
}
