//! Points and ranges on a trace's own clock.
//!
//! Everything is integer nanoseconds. Mapping to wall clocks and to pixels lives elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::nanos::Nanos;

/// A point on the trace clock, in nanoseconds, exactly as the reference reader prints it.
///
/// The origin is the runtime's own (machine boot on Linux), so values are large; show them relative
/// to the start of [`crate::model::trace::Trace::range`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TraceTime(pub i64);

impl TraceTime {
    /// Earlier than every real time.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than every real time.
    pub const MAX: Self = Self(i64::MAX);

    /// Nanoseconds from `earlier` to `self`; negative if `self` is the earlier one.
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time `nanos` later (earlier if negative), saturating.
    #[must_use]
    pub const fn plus_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for TraceTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A half-open stretch of trace time: `start <= t < end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first instant inside.
    pub start: TraceTime,
    /// The first instant after.
    pub end: TraceTime,
}

impl TimeRange {
    /// The range from `start` up to, not including, `end`. An `end` before `start` gives an empty range.
    #[must_use]
    #[inline]
    pub fn new(start: TraceTime, end: TraceTime) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Length in nanoseconds, never negative.
    #[must_use]
    #[inline]
    pub const fn nanos(self) -> i64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// How long it is.
    #[must_use]
    #[inline]
    pub const fn length(self) -> Nanos {
        Nanos(self.nanos().unsigned_abs())
    }

    /// Whether `time` lies inside.
    #[must_use]
    pub fn contains(self, time: TraceTime) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether the two ranges share at least one instant.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The part that both ranges share; empty (at `self.start`) if none.
    #[must_use]
    #[inline]
    pub fn intersect(self, other: Self) -> Self {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        if start < end { Self { start, end } } else { Self { start: self.start, end: self.start } }
    }
}
