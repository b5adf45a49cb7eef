//! The flow edges of a span as the window offers them: to draw, to list, to follow.

use trace_core::event::state::GoState;
use trace_core::model::flows::Flow;
use trace_core::model::lanes::SpanRef;
use trace_core::model::trace::Trace;

/// Most edges of one span that are drawn, listed, or chosen among.
pub const MAX_EDGES: usize = 1_000;

/// The edges that made a span what it is. A running span that nothing leads into directly answers
/// with what made it ready, a waiting one with what ended the wait: nobody asks why it began, the
/// stack says that.
#[must_use]
pub fn incoming(trace: &Trace, at: SpanRef) -> Vec<Flow> {
    let flows = trace.flows_into(at);
    let Some(span) = trace.span(at).filter(|_| flows.is_empty()) else { return flows };
    let neighbour = match span.state {
        GoState::Running => trace.prev_span(at).filter(|before| before.state == GoState::Runnable),
        GoState::Waiting => trace.next_span(at).filter(|after| after.state == GoState::Runnable),
        _ => None,
    };
    neighbour.map_or(flows, |neighbour| trace.flows_into(neighbour.at))
}

/// The edges that leave from a span, in time order, and how many there are in all.
#[must_use]
pub fn outgoing(trace: &Trace, at: SpanRef) -> (Vec<Flow>, u64) {
    trace.flows_out_of(at, MAX_EDGES)
}
