//! Lists the collections and stops of the world in a stretch of time.

use trace_core::base::ids::GoIx;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Metric, SpecialKind, Trace};

use crate::state::study::{Collections, Cycle, Stop};

/// A cycle's stops lie right before and right after its marking, nanoseconds.
const AROUND: i64 = 10_000;

/// The collections and stops that touch `range`, in the order of time.
#[must_use]
pub fn collections(trace: &Trace, range: TimeRange) -> Collections {
    let stops: Vec<Stop> = trace
        .spans(LaneId::Stw, range)
        .map(|span| {
            let stack = if span.start_stack.is_some() { span.start_stack } else { span.end_stack };
            Stop { range: span.range, reason: span.reason, go: span.go, stack }
        })
        .collect();
    let mut cycles: Vec<Cycle> = trace.spans(LaneId::Gc, range).map(|span| cycle(trace, span.range, &stops)).collect();
    assists(trace, &mut cycles);
    Collections { cycles, stops }
}

fn cycle(trace: &Trace, range: TimeRange, stops: &[Stop]) -> Cycle {
    let near = TimeRange::new(range.start.plus_nanos(-AROUND), range.end.plus_nanos(AROUND));
    let stopped = stops.iter().filter(|stop| stop.range.overlaps(near)).map(|stop| stop.range.nanos().unsigned_abs());
    let metric = |metric: Metric, range: TimeRange| {
        let mut out = Vec::new();
        trace.metric(metric, range, 1, &mut out);
        out.first().copied().flatten()
    };
    let length = range.nanos().max(1);
    let start = TimeRange::new(range.start, range.start.plus_nanos(1));
    let after = TimeRange::new(range.end, range.end.plus_nanos(length));
    Cycle {
        range,
        stopped: stopped.sum(),
        assist: 0,
        assisting: 0,
        before: metric(Metric::HeapLive, start).map(|value| value.1),
        after: metric(Metric::HeapLive, after).map(|value| value.0),
        goal: metric(Metric::HeapGoal, after).map(|value| value.1),
    }
}

/// Adds mark assist to the cycle it lies in.
fn assists(trace: &Trace, cycles: &mut [Cycle]) {
    let (Some(first), Some(last)) = (cycles.first(), cycles.last()) else { return };
    let range = TimeRange::new(first.range.start, last.range.end);
    for go in 0..trace.goroutine_count() {
        for special in trace.special_ranges(LaneId::Goroutine(GoIx(go)), range) {
            let at = cycles.partition_point(|cycle| cycle.range.end <= special.range.start);
            if let Some(cycle) = cycles.get_mut(at).filter(|_| special.kind == SpecialKind::MarkAssist) {
                cycle.assist += special.range.nanos().unsigned_abs();
                cycle.assisting += 1;
            }
        }
    }
}
