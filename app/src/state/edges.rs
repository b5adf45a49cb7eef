//! The flow edges of a span as the window offers them: to draw, to list, to follow.

use trace_core::event::state::GoState;
use trace_core::model::flows::Flow;
use trace_core::model::lanes::SpanRef;
use trace_core::model::trace::Trace;

/// Most edges of one span that are drawn, listed, or chosen among.
pub const MAX_EDGES: usize = 1_000;

/// The edges that made a span what it is. A running span that nothing leads into directly answers
/// with what made it ready.
#[must_use]
pub fn incoming(trace: &Trace, at: SpanRef) -> Vec<Flow> {
    let flows = trace.flows_into(at);
    if !flows.is_empty() || trace.span(at).is_none_or(|span| span.state != GoState::Running) {
        return flows;
    }
    match trace.prev_span(at) {
        Some(before) if before.state == GoState::Runnable => trace.flows_into(before.at),
        _ => flows,
    }
}

/// The edges that leave from a span, in time order, and how many there are in all.
#[must_use]
pub fn outgoing(trace: &Trace, at: SpanRef) -> (Vec<Flow>, u64) {
    trace.flows_out_of(at, MAX_EDGES)
}
