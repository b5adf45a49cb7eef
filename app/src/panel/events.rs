//! Every event during the selected span, or of the selected lane that is visible.

use std::sync::Arc;

use egui::Ui;

use trace_core::analysis::tasks::life;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::EventRow;

use crate::action::action::{Actions, AnalysisAction};
use crate::fmt::words;
use crate::panel::table::table_ui;
use crate::panel::{ListKey, MAX_LISTED, kept, note_ui};
use crate::report::lists;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::{LISTED_SPANS, ask};
use crate::state::questions::QueryState;
use crate::state::view::Selection;
use crate::widget::section::empty;

/// Shows the events of the selection, or of its lane.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let trace = &document.trace;
    let (lane, span, range, place) = match document.selection {
        Selection::None => {
            empty(ui, "Select a span or a lane to list its events");
            return;
        }
        Selection::Lane(lane) => {
            let range = document.view.map_or_else(|| trace.range(), |view| view.range());
            (lane, None, range, "visible")
        }
        Selection::Task(idx) => {
            let Some(task) = trace.task(idx) else { return };
            (LaneId::Goroutine(task.go), None, life(trace, &task), "on its goroutine during this task")
        }
        Selection::Region(region) => (LaneId::Goroutine(region.go), None, region.range, "during this region"),
        Selection::Span(at) => {
            let Some(span) = trace.span(at) else { return };
            (at.lane, Some(at), span.range, "during this span")
        }
    };
    let key = ListKey::new(document, lane, span, range);
    let rows = kept(ui, "events", key, || trace.events(lane, range).take(MAX_LISTED).collect::<Vec<EventRow>>());
    let rows = if rows.len() < MAX_LISTED { rows } else { longer(document, ask::Events(lane, range), actions, rows) };
    if rows.is_empty() {
        let text = if place == "visible" { "No visible events".to_owned() } else { format!("No events {place}") };
        empty(ui, &text);
        return;
    }
    let shown = words::counted(rows.len() as u64, "event");
    let is_cut = rows.len() == MAX_LISTED || rows.len() == LISTED_SPANS;
    let note = if is_cut { format!("The first {shown} {place}") } else { format!("{shown} {place}") };
    let key = (Arc::as_ptr(trace) as usize, Arc::as_ptr(&rows) as usize, span);
    let table = kept(ui, "events-table", key, || Arc::new(lists::events::events(trace, &rows, span)));
    let lead = |ui: &mut Ui| note_ui(ui, &note);
    table_ui(ui, (state, document), ("events", &table), None, lead, actions);
}

/// The list that a worker made; until then the short one.
fn longer(
    document: &Document,
    query: ask::Events,
    actions: &mut Actions,
    short: Arc<Vec<EventRow>>,
) -> Arc<Vec<EventRow>> {
    match document.queries.get(&query) {
        Some(QueryState::Answered(list)) => Arc::clone(list),
        None if document.is_settled() => {
            actions.push(AnalysisAction::Ask(document.id, query.into()));
            short
        }
        _ => short,
    }
}
