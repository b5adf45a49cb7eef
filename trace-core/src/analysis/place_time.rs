//! Waits, and the time that goes by at a place.

use std::cmp::{Ordering, Reverse};

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};

/// How many of the longest waits of a site are kept.
pub const KEPT: usize = 512;

/// Drops all but the `keep` that come first by `key`, where there are twice as many; those that stay are in no order.
pub(crate) fn keep_first<T, K: Ord>(list: &mut Vec<T>, keep: usize, key: impl FnMut(&T) -> K) {
    if list.len() > 2 * keep {
        list.select_nth_unstable_by_key(keep, key);
        list.truncate(keep);
    }
}

/// Sorts by `key` and drops all but the first `keep`.
pub(crate) fn sort_first<T, K: Ord>(list: &mut Vec<T>, keep: usize, key: impl FnMut(&T) -> K) {
    list.sort_unstable_by_key(key);
    list.truncate(keep);
}

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

    /// Rises from the longest wait to the shortest; of equals the earlier comes first.
    pub(crate) const fn by_length(&self) -> (Reverse<i64>, TraceTime, GoroutineIdx) {
        (Reverse(self.range.nanos()), self.range.start, self.go)
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
    let (Some(first), Some(second)) = (one, other) else { return one.or(other) };
    // Asked for every stretch of every goroutine, and nearly always settled by the length.
    let is_longer = match second.1.nanos().cmp(&first.1.nanos()) {
        Ordering::Equal => (second.1.start, second.0) <= (first.1.start, first.0),
        order => order == Ordering::Greater,
    };
    Some(if is_longer { second } else { first })
}
