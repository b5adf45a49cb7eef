//! Every event during the selected span, or of the selected lane in sight.

use std::sync::Arc;

use egui::{RichText, Ui};

use trace_core::model::flows::FlowEnd;
use trace_core::model::trace::EventRow;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::time::offset;
use crate::fmt::words;
use crate::panel::{ListKey, MAX_LISTED, kept};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, LISTED_SPANS, Question, Study};
use crate::state::view::Selection;
use crate::theme::{fonts, tokens};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const COLUMNS: [Column; 4] = [number("Time", 104.0), text("Event", 130.0), text("Other", 0.0), text("What", 0.0)];

/// Shows it.
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
            (lane, None, range, "in sight")
        }
        Selection::Span(at) => {
            let Some(span) = trace.span(at) else { return };
            (at.lane, Some(at), span.range, "during this span")
        }
    };
    let key = ListKey::new(document, lane, span, range);
    let rows = kept(ui, "events", key, || trace.events(lane, range).take(MAX_LISTED).collect::<Vec<EventRow>>());
    let rows =
        if rows.len() < MAX_LISTED { rows } else { longer(document, Question::Events(lane, range), actions, rows) };
    if rows.is_empty() {
        empty(ui, &format!("No events {place}"));
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let shown = words::counted(rows.len() as u64, "event");
    let is_cut = rows.len() == MAX_LISTED || rows.len() == LISTED_SPANS;
    let note = if is_cut { format!("The first {shown} {place}") } else { format!("{shown} {place}") };
    ui.label(RichText::new(note).font(fonts::small()).color(tokens.muted));
    let origin = trace.range().start;
    let touched = table(
        ui,
        ("events", &COLUMNS),
        rows.len(),
        None,
        |_| false,
        |row| {
            let Some(event) = rows.get(row) else { return Vec::new() };
            let other = event.other.map(|other| name::lane(trace, other)).unwrap_or_default();
            let text = trace.str(event.text);
            let what = if text.is_empty() {
                name::frame_of(trace, event.stack).map(|frame| name::function(frame.function)).unwrap_or_default()
            } else {
                text
            };
            vec![
                Cell::number(offset(event.time.nanos_since(origin))),
                Cell::text(event.kind.name()),
                Cell::text(other).colored(tokens.accent),
                Cell::text(what.lines().next().unwrap_or_default()).colored(tokens.muted),
            ]
        },
    );
    if let Some(event) = touched.clicked.and_then(|row| rows.get(row)) {
        let span = event.span.or(span).or_else(|| trace.span_at(event.lane, event.time).map(|span| span.at));
        actions.push(Action::GoToEnd(FlowEnd { lane: event.lane, time: event.time, span }));
    }
}

/// The list that a worker made; until then the short one.
fn longer(
    document: &Document,
    question: Question,
    actions: &mut Actions,
    short: Arc<Vec<EventRow>>,
) -> Arc<Vec<EventRow>> {
    match document.studies.get(&question) {
        Some(Study::Answered(Answer::Events(list))) => Arc::clone(list),
        None if document.is_settled() => {
            actions.push(Action::Ask(document.id, question));
            short
        }
        _ => short,
    }
}
