//! Which state of a goroutine a click on a span or on a part of a request selects: what it waited for is what tells why it
//! took so long, not the moment of running with which it began.

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::TimeRange;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

/// States that are looked at: a click must not take longer than a frame.
const MOST_STATES: usize = 200_000;

/// The longest wait of a goroutine in a stretch, as far as it lies in there; where it does not wait, the state that takes
/// most of the stretch. `None` if the trace has nothing of it there.
pub(super) fn most_telling(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> Option<Span> {
    let range = TimeRange::new(range.start, range.end.max(range.start.plus_nanos(1)));
    let states = trace.spans(LaneId::Goroutine(go), range).take(MOST_STATES);
    // Of equal ones the first.
    states.reduce(|best, next| if rank(&next, range) > rank(&best, range) { next } else { best })
}

fn rank(span: &Span, range: TimeRange) -> (bool, i64) {
    (span.state == GoState::Waiting, span.range.intersect(range).nanos())
}
