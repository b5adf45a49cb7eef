//! Where the selected span passes to another process, or comes from one: what arrows, the list of flows and keys follow.

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::session::crossing::{Crossing, CrossingEnd};

use crate::state::app::AppState;
use crate::state::view::Selection;

/// The crossings of the selected span of the trace in front, by time: those that leave it, or those that reach it.
#[must_use]
pub fn of_selection(state: &AppState, outgoing: bool) -> Vec<Crossing> {
    let found = || {
        let document = state.document()?;
        let Selection::Span(at) = document.selection else { return None };
        let LaneId::Goroutine(go) = at.lane else { return None };
        let session = state.session.as_ref()?;
        let (built, service) = (session.shown()?, session.service_of(document.id)?);
        let span = document.trace.span(at)?;
        let mut range = span.range;
        if !outgoing && span.state == GoState::Running {
            // What made it ready made it run.
            let before = document.trace.prev_span(at).filter(|before| before.state == GoState::Runnable);
            range.start = before.map_or(range.start, |before| before.range.start);
        }
        let range = TimeRange::new(range.start, range.end.max(TraceTime(range.start.0.saturating_add(1))));
        let crossings = &built.crossings;
        let list = if outgoing { crossings.out_of(service, go, range) } else { crossings.reaching(service, go, range) };
        Some(list.to_vec())
    };
    found().unwrap_or_default()
}

/// The end of a crossing that lies in the other process.
#[must_use]
pub const fn far_end(crossing: &Crossing, outgoing: bool) -> CrossingEnd {
    if outgoing { crossing.to } else { crossing.from }
}
