//! The spans of a lane, one after the other: around the selected one, or those that are visible.

use std::sync::Arc;

use egui::{Id, Ui};

use trace_core::model::lanes::SpanRef;
use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

use crate::action::action::{Actions, AnalysisAction};
use crate::fmt::words;
use crate::panel::table::table_ui;
use crate::panel::{ListKey, MAX_LISTED, kept, note_ui};
use crate::report::lists::spans::SpanList;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query::{LISTED_SPANS, ask};
use crate::state::questions::QueryState;
use crate::state::view::Selection;
use crate::widget::section::empty;

/// Spans listed before the selected one.
const BEFORE: usize = MAX_LISTED / 2;

/// Shows the spans of the selected lane.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let trace = &document.trace;
    let Some(lane) = document.selection.lane() else {
        empty(ui, "Select a span or a lane to list its spans");
        return;
    };
    let range = document.view.map_or_else(|| trace.range(), |view| view.range());
    let selected = match document.selection {
        Selection::Span(span) => Some(span),
        _ => None,
    };
    let list = match selected {
        // The list stays as it is while the selection moves along it.
        Some(at) => around(ui, trace, ListKey::new(document, lane, None, trace.range()), at),
        None => kept(ui, "spans", ListKey::new(document, lane, None, range), || {
            SpanList::of(trace, trace.spans(lane, range).take(MAX_LISTED).collect())
        }),
    };
    let listed = if selected.is_some() { trace.range() } else { range };
    let is_short = list.spans.len() < MAX_LISTED;
    let list = if is_short { list } else { longer(document, ask::Spans(lane, listed), actions, list) };
    let spans = &list.spans;
    if spans.is_empty() {
        empty(ui, "No visible spans");
        return;
    }
    let place = if selected.is_some() { "around the selected one" } else { "visible" };
    let shown = words::counted(spans.len() as u64, "span");
    let is_cut = spans.len() == MAX_LISTED || spans.len() == LISTED_SPANS;
    let note =
        if is_cut && selected.is_none() { format!("The first {shown} {place}") } else { format!("{shown} {place}") };
    let key = (Arc::as_ptr(spans) as usize, selected);
    let marked = kept(ui, "spans-marked", key, || spans.iter().position(|span| Some(span.at) == selected));
    let lead = |ui: &mut Ui| note_ui(ui, &note);
    table_ui(ui, (state, document), ("spans", &list.table), *marked, lead, actions);
}

/// The list that a worker made; until then the short one.
fn longer(document: &Document, query: ask::Spans, actions: &mut Actions, short: Arc<SpanList>) -> Arc<SpanList> {
    match document.queries.get(&query) {
        // Of a very long lane it holds the beginning only.
        Some(QueryState::Answered(list)) if list.spans.len() < LISTED_SPANS => Arc::clone(list),
        None if document.is_settled() => {
            actions.push(AnalysisAction::Ask(document.id, query.into()));
            short
        }
        _ => short,
    }
}

/// The spans before and after `at`; the list of the frame before while it holds `at`.
fn around(ui: &Ui, trace: &Arc<Trace>, key: ListKey, at: SpanRef) -> Arc<SpanList> {
    let id = Id::unique("spans-around");
    let known = ui.ctx().data(|data| data.get_temp::<(ListKey, Arc<SpanList>)>(id));
    if let Some((of, list)) = known
        && of == key
        && list.spans.iter().any(|span| span.at == at)
    {
        return list;
    }
    let list = Arc::new(SpanList::of(trace, list_around(trace, at)));
    ui.ctx().data_mut(|data| data.insert_temp(id, (key, Arc::clone(&list))));
    list
}

fn list_around(trace: &Trace, at: SpanRef) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut next = trace.prev_span(at);
    while let Some(span) = next.filter(|_| spans.len() < BEFORE) {
        next = trace.prev_span(span.at);
        spans.push(span);
    }
    spans.reverse();
    let mut next = trace.span(at);
    while let Some(span) = next.filter(|_| spans.len() < MAX_LISTED) {
        next = trace.next_span(span.at);
        spans.push(span);
    }
    spans
}
