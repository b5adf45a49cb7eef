//! What the instant view does: shows a moment, steps to the next change, and compares two moments.

use std::sync::Arc;

use trace_core::analysis::instant::last_moment;
use trace_core::base::time::TraceTime;
use trace_core::model::lanes::LaneId;

use crate::action::action::InstantAction;
use crate::action::effect::{Effect, WindowEffect, notify};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::instant::Moment;
use crate::state::view::Selection;

/// Applies an action to the document in front.
pub(super) fn apply(state: &mut AppState, action: InstantAction) -> Vec<Effect> {
    let Some(document) = state.document_mut().filter(|document| document.has_lanes()) else { return Vec::new() };
    match action {
        InstantAction::Show(at) => {
            show(document, at.unwrap_or_else(|| usual(document)));
            vec![Effect::Window(WindowEffect::OpenPanel(Panel::Instant))]
        }
        InstantAction::Step(later) => {
            let Some(moment) = document.instant else { return Vec::new() };
            let (id, trace) = (document.id, Arc::clone(&document.trace));
            vec![Effect::FindChange { document: id, trace, at: moment.at, later }]
        }
        InstantAction::Compare(on) => {
            if let Some(moment) = &mut document.instant {
                moment.against = on.then_some(moment.at);
            }
            Vec::new()
        }
        InstantAction::Swap => {
            if let Some(Moment { at, against: Some(against) }) = document.instant {
                document.instant = Some(Moment { at: against, against: Some(at) });
            }
            Vec::new()
        }
        InstantAction::Close => {
            document.instant = None;
            Vec::new()
        }
        InstantAction::CopyDump => {
            let moment = document.instant;
            let trace = Arc::clone(&document.trace);
            moment.map(|moment| Effect::CopyDump { trace, at: moment.at }).into_iter().collect()
        }
    }
}

/// A worker: the next change after (or before) `from`.
pub(super) fn changed(document: &mut Document, from: TraceTime, found: Option<TraceTime>) -> bool {
    if document.instant.is_none_or(|moment| moment.at != from) {
        return true;
    }
    let Some(found) = found else { return false };
    show(document, found);
    true
}

/// Says that nothing changes any more.
pub(super) fn nothing_changes(state: &mut AppState) {
    notify(state, "No goroutine changes its state beyond this moment");
}

fn show(document: &mut Document, at: TraceTime) {
    let range = document.trace.range();
    let at = at.clamp(range.start, last_moment(&document.trace));
    let against = document.instant.and_then(|moment| moment.against);
    document.instant = Some(Moment { at, against });
    let bounds = document.reach();
    document.view =
        document.view.map(|view| if view.range().contains(at) { view } else { view.reveal_time(at, bounds) });
}

/// The moment under the pointer; else the start of what is selected, or the middle of the view.
fn usual(document: &Document) -> TraceTime {
    #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
    if let Some(nanos) = document.pointer_nanos {
        return TraceTime(nanos as i64);
    }
    let trace = &document.trace;
    let selected = match document.selection {
        Selection::Span(at) => trace.span(at).map(|span| span.range.start),
        Selection::Region(region) => Some(region.range.start),
        Selection::Task(task) => trace.task(task).and_then(|task| task.began),
        Selection::Lane(LaneId::Goroutine(go)) => trace.goroutine(go).and_then(|go| go.created),
        Selection::Lane(_) | Selection::None => None,
    };
    let marked = document.marked.map(|marked| marked.start);
    let middle = || document.view.map(|view| view.range()).map(|range| range.start.plus_nanos(range.nanos() / 2));
    selected.or(marked).or_else(middle).unwrap_or_else(|| trace.range().start)
}
