//! The flow edges of a span as the window offers them: to draw, to list, to follow.

use trace_core::event::state::GoState;
use trace_core::model::flows::{Flow, FlowList};
use trace_core::model::lanes::SpanRef;
use trace_core::model::trace::Trace;

/// Most edges of one span that are drawn, listed, or chosen among.
pub const MAX_EDGES: usize = 1_000;

/// The edges that made a span what it is. Where nothing leads into it directly, a running span answers
/// with what made it ready, a waiting one with what ended the wait.
#[must_use]
pub fn incoming(trace: &Trace, at: SpanRef) -> Vec<Flow> {
    let flows = trace.flows_into(at);
    let Some(span) = trace.span(at).filter(|_| flows.is_empty()) else { return flows };
    let telling = match span.state {
        GoState::Running => trace.prev_span(at).filter(|before| before.state == GoState::Runnable),
        GoState::Waiting => trace.next_span(at),
        _ => None,
    };
    telling.map_or(flows, |span| trace.flows_into(span.at))
}

/// The edges that leave from a span, in time order.
#[must_use]
pub fn outgoing(trace: &Trace, at: SpanRef) -> FlowList {
    trace.flows_out_of(at, MAX_EDGES)
}
