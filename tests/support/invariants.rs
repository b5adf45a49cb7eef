//! What must hold of every trace, however damaged: the spans of every lane come in order, do not overlap and lie
//! inside the trace, and the sums of goroutines kept in blocks are the sums of the spans.

use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

/// Lanes of each kind that are looked at.
const LANES: u32 = 400;

/// What does not hold, if anything.
pub(crate) fn broken(trace: &Trace) -> Option<String> {
    let goroutines = (0..trace.goroutine_count().min(LANES)).map(|idx| LaneId::Goroutine(GoroutineIdx(idx)));
    let mut others = vec![LaneId::Gc, LaneId::Stw];
    others.extend((0..trace.proc_count().min(LANES)).map(|idx| LaneId::Proc(ProcIdx(idx))));
    others.extend((0..trace.thread_count().min(LANES)).map(|idx| LaneId::Thread(ThreadIdx(idx))));
    goroutines
        .filter_map(|lane| broken_goroutine(trace, lane))
        .chain(others.into_iter().filter_map(|lane| out_of_order(trace, lane)))
        .next()
}

/// The first span of a lane that does not lie behind the one before it, and inside the trace.
fn out_of_order(trace: &Trace, lane: LaneId) -> Option<String> {
    let all = trace.range();
    let mut last = None::<Span>;
    trace.spans(lane, all).find_map(|span| {
        let (range, before) = (span.range, last.replace(span));
        let floor = before.map_or(all.start, |before| before.range.end);
        (range.start < floor || range.end < range.start || range.end > all.end)
            .then(|| format!("in a trace of {all:?}: {span:?} follows {before:?}"))
    })
}

fn broken_goroutine(trace: &Trace, lane: LaneId) -> Option<String> {
    if let Some(what) = out_of_order(trace, lane) {
        return Some(what);
    }
    let all = trace.range();
    let mut sums = [0_u64; SpanClass::COUNT];
    for span in trace.spans(lane, all) {
        sums[span.class as usize] += span.range.nanos().unsigned_abs();
    }
    let kept = trace.time_by_class(lane, all);
    SpanClass::ALL.into_iter().filter(|&class| class != SpanClass::None).find_map(|class| {
        let (spans, sum) = (sums[class as usize], kept.nanos[class as usize]);
        (spans != sum).then(|| format!("{lane:?}: {spans} ns of {class:?} in spans, {sum} ns in sums"))
    })
}
