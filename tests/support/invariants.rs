//! What must hold of every trace, however damaged: the spans of a goroutine come in order, do not overlap
//! and lie inside the trace, and the sums kept in blocks are the sums of the spans. The spans of procs and
//! threads lie inside the trace, too; where a damaged trace puts a goroutine in two places at once, they may
//! overlap.

use trace_core::base::ids::{GoIx, ProcIx, ThreadIx};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

/// Lanes of each kind that are looked at.
const LANES: u32 = 400;

/// What does not hold, if anything.
pub(crate) fn broken(trace: &Trace) -> Option<String> {
    let goroutines = (0..trace.goroutine_count().min(LANES)).map(|ix| LaneId::Goroutine(GoIx(ix)));
    let mut others = vec![LaneId::Gc, LaneId::Stw];
    others.extend((0..trace.proc_count().min(LANES)).map(|ix| LaneId::Proc(ProcIx(ix))));
    others.extend((0..trace.thread_count().min(LANES)).map(|ix| LaneId::Thread(ThreadIx(ix))));
    let all = trace.range();
    let mut outside = others.into_iter().flat_map(|lane| trace.spans(lane, all)).filter(|span| {
        let range = span.range;
        range.start < all.start || range.end < range.start || range.end > all.end
    });
    goroutines
        .filter_map(|lane| broken_goroutine(trace, lane))
        .chain(outside.next().map(|span| format!("outside of {all:?}: {span:?}")))
        .next()
}

fn broken_goroutine(trace: &Trace, lane: LaneId) -> Option<String> {
    let all = trace.range();
    let mut sums = [0_u64; SpanClass::COUNT];
    let mut last = all.start;
    for span in trace.spans(lane, all) {
        let range = span.range;
        if range.start < last || range.end < range.start || range.end > all.end {
            return Some(format!("{lane:?}: a span at {range:?} follows one up to {last:?}, in a trace of {all:?}"));
        }
        last = range.end;
        sums[span.class as usize] += range.nanos().unsigned_abs();
    }
    let kept = trace.time_by_class(lane, all);
    SpanClass::ALL.into_iter().filter(|&class| class != SpanClass::None).find_map(|class| {
        let (spans, sum) = (sums[class as usize], kept.nanos[class as usize]);
        (spans != sum).then(|| format!("{lane:?}: {spans} ns of {class:?} in spans, {sum} ns in sums"))
    })
}
