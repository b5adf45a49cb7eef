//! Goroutines and times as reports tell them: by the runtime's ids, and from the start of the trace.

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::TraceTime;
use trace_core::model::trace::Trace;

/// A goroutine's id; `None` for none.
#[must_use]
pub fn goroutine(trace: &Trace, go: GoroutineIdx) -> Option<i64> {
    trace.goroutine_name(go).map(|(id, _)| id.signed())
}

/// From the start of the trace, nanoseconds.
#[must_use]
pub const fn since_start(trace: &Trace, time: TraceTime) -> i64 {
    time.nanos_since(trace.range().start)
}
