//! Goroutines and times as reports tell them: by the runtime's ids, and from the start of the trace.

use trace_core::base::ids::GoIx;
use trace_core::base::time::TraceTime;
use trace_core::model::trace::Trace;

use crate::fmt::name::function;

/// A goroutine's id; `None` for none.
#[must_use]
pub fn goroutine(trace: &Trace, go: GoIx) -> Option<i64> {
    trace.goroutine_name(go).map(|(id, _)| id.signed())
}

/// A goroutine's id; -1 for none.
#[must_use]
pub fn id_of(trace: &Trace, go: GoIx) -> i64 {
    goroutine(trace, go).unwrap_or(-1)
}

/// What a goroutine was started with; empty if the trace does not tell.
#[must_use]
pub fn start_function(trace: &Trace, go: GoIx) -> String {
    trace.goroutine_name(go).map_or_else(String::new, |(_, name)| trace.str(name).to_owned())
}

/// A goroutine and what it was started with, if the trace tells: `G25 main.work`, `G25`.
#[must_use]
pub fn with_function(id: i64, start_function: &str) -> String {
    let name = function(start_function);
    if name.is_empty() { format!("G{id}") } else { format!("G{id} {name}") }
}

/// From the start of the trace, nanoseconds.
#[must_use]
pub const fn since_start(trace: &Trace, time: TraceTime) -> i64 {
    time.nanos_since(trace.range().start)
}
