//! From when to when a goroutine exists, as far as the trace tells.

use crate::base::ids::GoroutineIdx;
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// From a goroutine's creation (or the trace's start) to its end (or the trace's).
pub(crate) fn life(trace: &Trace, go: GoroutineIdx) -> TimeRange {
    let whole = trace.range();
    let known = trace.goroutine(go);
    let created = known.and_then(|known| known.created).unwrap_or(whole.start);
    TimeRange::new(created, known.and_then(|known| known.ended).unwrap_or(whole.end))
}

/// Whether a range, or an instant, lies in another at least in part.
pub(crate) fn touches(one: TimeRange, other: TimeRange) -> bool {
    one.overlaps(other) || other.contains(one.start) || one.contains(other.start)
}
