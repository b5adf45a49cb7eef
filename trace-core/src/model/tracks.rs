//! Trace-wide tracks of ranges that do not overlap: GC cycles and stop-the-world pauses.

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;

/// One range of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrackRange {
    pub(crate) range: TimeRange,
    pub(crate) began_before: bool,
    pub(crate) goes_on: bool,
    pub(crate) go: GoroutineIdx,
    pub(crate) reason: StrId,
    pub(crate) stack: StackId,
}

/// Ranges in time order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    pub(crate) ranges: Vec<TrackRange>,
    /// Nanoseconds of all ranges before each.
    before: Vec<u64>,
}

impl Track {
    pub(crate) fn new(mut ranges: Vec<TrackRange>) -> Self {
        ranges.sort_by_key(|range| range.range.start);
        let mut total = 0;
        let mut before = Vec::with_capacity(ranges.len());
        for range in &ranges {
            before.push(total);
            total += range.range.nanos().max(0) as u64;
        }
        Self { ranges, before }
    }

    /// The ranges that touch `range`, as indices.
    pub(crate) fn touching(&self, range: TimeRange) -> std::ops::Range<usize> {
        let first =
            self.ranges.partition_point(|known| known.range.end <= range.start && known.range.start < range.start);
        let end = self.ranges.partition_point(|known| known.range.start < range.end);
        first..end.max(first)
    }

    /// Nanoseconds of the ranges `first..end` (whole ones).
    pub(crate) fn nanos(&self, first: usize, end: usize) -> u64 {
        let Some(last) = end.checked_sub(1).filter(|&last| last >= first) else { return 0 };
        self.before[last] + self.ranges[last].range.nanos().max(0) as u64 - self.before[first]
    }
}
