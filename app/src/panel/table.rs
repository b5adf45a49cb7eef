//! Tables inside panels: what rows and cells lead to, and what their context menus offer.

use std::sync::Arc;

use egui::Ui;

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, AnalysisAction, RowsAction, SelectAction, SourceAction, ViewAction};
use crate::action::link_action::LinkAction;
use crate::link::place::Place;
use crate::panel::scope::goroutine_filter_name;
use crate::panel::{instant_range as instant, kept, point_to};
use crate::report::frame::Frame;
use crate::report::table::{Table, Target};
use crate::report::value::Value;
use crate::report::view::{TableLayout, TableSession};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::pinned::Pin;
use crate::state::scope::ScopeChoice;
use crate::state::search::SearchAction;
use crate::state::source::SourcePlace;
use crate::widget::data_table::{DataTable, Touched};

/// Shows a table of a document. `key` names it among all tables of the program; what the window remembers of it goes by
/// that. `lead` adds to the left of its filter. A click on a row shows it on the timeline, if it has a place there.
pub fn table_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (key, table): (&str, &Arc<Table>),
    marked: Option<usize>,
    lead: impl FnOnce(&mut Ui),
    actions: &mut Actions,
) -> Touched {
    let table = &shown(ui, document, key, table);
    let (layout, session) = (TableLayout::default(), TableSession::default());
    let layout = state.settings.tables.get(key).unwrap_or(&layout);
    let session = document.tables.get(key).unwrap_or(&session);
    let mut out = Vec::new();
    let data = DataTable { key, table, layout, session, marked };
    let (touched, chosen) = data.ui(ui, lead, |row, _, value| menu(document, table, row, value), &mut out);
    out.into_iter().for_each(|action| actions.push(Action::Table(document.id, key.to_owned(), action)));
    if let Some(chosen) = chosen {
        actions.push(chosen);
    }
    if let Some((row, column)) = touched.link {
        match table.value(row, column) {
            Value::Time(nanos) => {
                let time = document.time_at(nanos);
                actions.push(SelectAction::Highlight(Some(instant(time))));
                actions.push(ViewAction::Centre(time));
            }
            value => go_to(document, &value).into_iter().for_each(|action| actions.push(action)),
        }
    }
    if let Some(row) = touched.hovered {
        let time = touched.hovered_column.and_then(|column| match table.value(row, column) {
            Value::Time(nanos) => Some(instant(document.time_at(nanos))),
            _ => None,
        });
        let range = time.or_else(|| table.target(row).and_then(|target| range_of(document, target)));
        point_to(document, range, actions);
    }
    if let Some(target) = touched.activated.and_then(|row| table.target(row)) {
        actions.push(show(target));
        // Pointed out, not selected: the table may be about what is selected.
        if let Target::Marked(_, range) | Target::Range(range) = target {
            actions.push(SelectAction::Highlight(Some(range)));
        }
    }
    touched
}

/// A table as it shows: in a session with times of that. What is selected and arranged is that of this table.
#[must_use]
pub fn shown(ui: &Ui, document: &Document, key: &str, table: &Arc<Table>) -> Arc<Table> {
    let Some(time) = document.shared_time else { return Arc::clone(table) };
    kept(ui, &format!("shared.{key}"), (Arc::as_ptr(table) as usize, time), || time.table(table))
}

/// Shows a row's place on the timeline.
fn show(target: Target) -> Action {
    match target {
        Target::Stretch(lane, range) | Target::Marked(lane, range) => {
            Action::Select(SelectAction::GoToStretch(lane, range))
        }
        Target::Span(span) => Action::Select(SelectAction::GoTo(span)),
        Target::End(end) => Action::Select(SelectAction::GoToEnd(end)),
        Target::Lane(lane) => Action::Select(SelectAction::GoToLane(lane)),
        Target::Range(range) => Action::View(ViewAction::ShowRange(range)),
    }
}

/// The time that a row is about; `None` for a lane, which is there all the time.
fn range_of(document: &Document, target: Target) -> Option<TimeRange> {
    match target {
        Target::Stretch(_, range) | Target::Marked(_, range) | Target::Range(range) => Some(range),
        Target::Span(span) => document.trace.span(span).map(|span| span.range),
        Target::End(end) => Some(instant(end.time)),
        Target::Lane(_) => None,
    }
}

/// The place that a link to a row is about: a task if its cell was clicked, else the row's own place, else the cell's.
fn place_of(document: &Document, table: &Table, row: usize, value: &Value) -> Option<Place> {
    let trace = &document.trace;
    if let Value::Task(task, _) = value {
        return Some(Place::task(trace, *task));
    }
    match (table.target(row), value) {
        (Some(Target::Stretch(lane, range) | Target::Marked(lane, range)), _) => {
            Some(Place::stretch(trace, range).on(trace, lane))
        }
        (Some(Target::Span(at)), _) => Some(Place::stretch(trace, trace.span(at)?.range).on(trace, at.lane)),
        (Some(Target::End(end)), _) => Some(Place::moment(trace, end.time).on(trace, end.lane)),
        (Some(Target::Range(range)), _) => Some(Place::stretch(trace, range)),
        (Some(Target::Lane(lane)), _) => Some(Place::default().on(trace, lane)),
        (None, Value::Lane(lane, _)) => Some(Place::default().on(trace, *lane)),
        (None, Value::Time(nanos)) => Some(Place::moment(trace, document.time_at(*nanos))),
        (None, _) => None,
    }
}

/// Where the link of a value leads.
fn go_to(document: &Document, value: &Value) -> Option<Action> {
    match value {
        Value::Lane(lane, _) => Some(Action::Select(SelectAction::GoToLane(*lane))),
        Value::Task(idx, _) => {
            let (task, all) = (document.trace.task(*idx)?, document.trace.range());
            let range = TimeRange::new(task.began.unwrap_or(all.start), task.ended.unwrap_or(all.end));
            Some(Action::Select(SelectAction::GoToStretch(LaneId::Goroutine(task.go), range)))
        }
        Value::Stack(frames) => {
            let frame = Frame::representative(frames)?;
            let place = SourcePlace { file: frame.file.clone(), line: frame.line };
            Some(Action::Source(SourceAction::ShowSource(place)))
        }
        _ => None,
    }
}

/// What the context menu of a cell offers, in the order that all menus have: go to, show, only this, what interacts with it,
/// pin, copy a link. Behind that come filters and copies, which the table adds.
fn menu(document: &Document, table: &Table, row: usize, value: &Value) -> Vec<(String, Action)> {
    let mut entries = Vec::new();
    let is_place = matches!(value, Value::Stack(_));
    if let Some(action) = go_to(document, value).filter(|_| !is_place || table.links_places) {
        let verb = if is_place { "Source of" } else { "Go to" };
        entries.push((format!("{verb} {}", value.text()), action));
    }
    if let Some(target) = table.target(row) {
        entries.push(("Show on timeline".to_owned(), show(target)));
    }
    if let Some(filter) = table.subject(row) {
        let title = goroutine_filter_name(document, &filter);
        let scope = Scope { filter: filter.clone(), ..document.scope() };
        let lane_filter = LaneFilter { title: title.clone(), which: Which::Of(scope) };
        entries.push((
            format!("Show only lanes: {title}"),
            Action::Rows(RowsAction::ShowOnly(Some(Arc::new(lane_filter)))),
        ));
        let choice = ScopeChoice { filter, ..document.scope_choice.clone() };
        entries.push((format!("Analyse only: {title}"), Action::Analysis(AnalysisAction::SetScope(choice))));
    }
    if let Value::Lane(LaneId::Goroutine(go), _) = value {
        let filter = GoroutineFilter::One(*go);
        let scope = Scope { filter: filter.clone(), ..Scope::whole(&document.trace) };
        let lane_filter = LaneFilter { title: value.text(), which: Which::Of(scope) };
        entries
            .push(("Show only its lane".to_owned(), Action::Rows(RowsAction::ShowOnly(Some(Arc::new(lane_filter))))));
        let choice = ScopeChoice { filter, ..document.scope_choice.clone() };
        entries.push(("Analyse only this goroutine".to_owned(), Action::Analysis(AnalysisAction::SetScope(choice))));
        let search = SearchAction::Text(format!("interacts:{}", value.text().to_lowercase()));
        entries.push((format!("What interacts with {}", value.text()), Action::Search(document.id, search)));
    }
    if let Value::Lane(lane, _) = value {
        let pin = Pin::Lane(*lane);
        let title = if document.pins.contains(&pin) { "Unpin" } else { "Pin" };
        entries.push((title.to_owned(), Action::Rows(RowsAction::TogglePin(pin))));
    }
    if let Some(place) = place_of(document, table, row, value) {
        entries.push(("Copy link".to_owned(), Action::Link(LinkAction::Copy(document.id, place))));
    }
    entries
}
