//! The panels around the timeline, one a file; none knows another.

pub mod alike;
pub mod analysis;
pub mod bookmarks;
pub mod both;
pub mod changes;
pub mod chart;
pub mod comparison;
pub mod details;
pub mod difference;
pub mod difference_flame;
pub mod events;
pub mod find;
pub mod findings;
pub mod flows;
pub mod instant;
pub mod lane_details;
pub mod latency;
pub mod mutator;
pub mod profile;
pub mod query;
pub mod region_details;
pub mod request;
pub mod requests;
pub mod scope;
pub mod selection;
pub mod series;
pub mod service_map;
pub mod services;
pub mod session_findings;
pub mod session_table;
pub mod source;
pub mod spans;
pub mod stack;
pub mod table;
pub mod task_details;
pub mod tasks;
pub mod wait_chain;
pub mod warnings;

use std::sync::Arc;

use egui::{Id, RichText, Ui};

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::action::action::{Action, Actions, AnalysisAction, ComparisonAction, SelectAction, ViewAction};
use crate::state::app::AppState;
use crate::state::compare_query::{Changes, CompareQuery, SeriesChanges};
use crate::state::comparison::OpenComparison;
use crate::state::document::{Document, DocumentId};
use crate::state::query::{Query, ask};
use crate::state::questions::{QueryState, Question};
use crate::theme::{fonts, space, tokens};
use crate::widget::link::link_in;
use crate::widget::section::{Pairs, empty};

/// Rows that a list of spans or events holds at most: enough to scroll, little enough to make at once.
pub const MAX_LISTED: usize = 2_000;

/// What a list was made of: as long as it is the same, the list stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListKey {
    snapshot: usize,
    lane: LaneId,
    span: Option<SpanRef>,
    range: TimeRange,
}

impl ListKey {
    /// A list about a lane, or one span of it, within a stretch of time.
    #[must_use]
    pub fn new(document: &Document, lane: LaneId, span: Option<SpanRef>, range: TimeRange) -> Self {
        Self { snapshot: Arc::as_ptr(&document.trace) as usize, lane, span, range }
    }
}

/// What was made for `key`; made anew only when the key has changed since the last frame. A cache: nothing is lost if it is
/// empty.
pub fn kept<K, T>(ui: &Ui, id: &str, key: K, make: impl FnOnce() -> T) -> Arc<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let id = Id::unique(id);
    let known = ui.ctx().data(|data| data.get_temp::<(K, Arc<T>)>(id));
    match known {
        Some((of, list)) if of == key => list,
        _ => {
            let list = Arc::new(make());
            ui.ctx().data_mut(|data| data.insert_temp(id, (key, Arc::clone(&list))));
            list
        }
    }
}

/// A quiet line that says what a list has.
pub fn note_ui(ui: &mut Ui, note: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(note).font(fonts::small()).color(tokens.muted));
    ui.add_space(space::S);
}

/// A quiet line while a worker is at something, where the answer will stand.
pub fn working(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.add_space(space::S);
    ui.label(RichText::new(text).color(tokens.muted));
}

/// The answer to a question; until it is there, asks and shows a quiet line, or says what went wrong.
pub fn answer<'a, Q: Question<Key = Query>>(
    ui: &mut Ui,
    document: &'a Document,
    question: &Q,
    actions: &mut Actions,
) -> Option<&'a Q::Answer> {
    match document.queries.get(question) {
        Some(QueryState::Failed) => {
            empty(ui, "This analysis failed (internal error). The rest of the window is unaffected.");
            None
        }
        Some(QueryState::Answered(answer)) => Some(answer),
        Some(QueryState::Asked) => {
            working(ui, "Working…");
            None
        }
        None if document.is_settled() => {
            actions.push(AnalysisAction::Ask(document.id, question.clone().into()));
            working(ui, "Working…");
            None
        }
        None => {
            working(ui, "This starts once the trace is loaded");
            None
        }
    }
}

/// What changed between the two traces on show; until it is known, asks for what is missing and shows a
/// quiet line.
pub fn changes<'a>(
    ui: &mut Ui,
    state: &'a AppState,
    actions: &mut Actions,
) -> Option<(&'a OpenComparison, [&'a Document; 2], &'a Arc<Changes>)> {
    let Some((pair, documents)) = state.shown_pair() else {
        empty(ui, "Show a second trace with \u{201c}Compare with…\u{201d} to see what changed");
        return None;
    };
    let [a, b] = documents;
    let query = pair.query(a, b);
    match pair.queries.get(&query) {
        Some(QueryState::Answered(found)) => return Some((pair, documents, found)),
        Some(QueryState::Failed) => {
            empty(ui, "The comparison failed (internal error). The rest of the window is unaffected.");
        }
        Some(QueryState::Asked) => working(ui, "Comparing…"),
        None if !a.is_settled() || !b.is_settled() => working(ui, "This starts once both traces are loaded"),
        _ => {
            ask_for(state, query.into(), actions);
            working(ui, "Comparing…");
        }
    }
    None
}

/// How the series on show changed; until it is known, asks for what is missing and shows a quiet line.
pub fn series<'a>(
    ui: &mut Ui,
    state: &'a AppState,
    actions: &mut Actions,
) -> Option<(&'a OpenComparison, &'a Arc<SeriesChanges>)> {
    let pair = state.shown_pair().map(|(pair, _)| pair).filter(|pair| !pair.series.is_empty());
    let Some(pair) = pair else {
        empty(ui, "Add a third trace with \u{201c}Add to the comparison…\u{201d} to see how a series changed");
        return None;
    };
    let is_settled = |id: &DocumentId| state.document_by_id(*id).is_some_and(Document::is_settled);
    let Some(query) = pair.series_query(&state.documents).filter(|_| pair.series.iter().all(is_settled)) else {
        working(ui, "This starts once all traces are loaded");
        return None;
    };
    match pair.queries.get(&query) {
        Some(QueryState::Answered(found)) => return Some((pair, found)),
        Some(QueryState::Failed) => {
            empty(ui, "The comparison failed (internal error). The rest of the window is unaffected.");
        }
        Some(QueryState::Asked) => working(ui, "Comparing…"),
        None => {
            ask_for(state, query.into(), actions);
            working(ui, "Comparing…");
        }
    }
    None
}

/// Asks for what a comparison needs; once that is there, for the comparison.
pub fn ask_for(state: &AppState, query: CompareQuery, actions: &mut Actions) {
    let mut is_ready = true;
    for (id, range) in query.recordings() {
        let Some(document) = state.document_by_id(*id) else { return };
        is_ready &= is_done(document, &ask::Measured(*range), actions);
        is_ready &= is_done(document, &ask::Findings, actions);
    }
    if is_ready {
        actions.push(Action::Comparison(ComparisonAction::Ask(query)));
    }
}

/// Whether a question about a trace is done; asks it if nobody has.
fn is_done<Q: Question<Key = Query>>(document: &Document, question: &Q, actions: &mut Actions) -> bool {
    if document.queries.get(question).is_none() {
        actions.push(AnalysisAction::Ask(document.id, question.clone().into()));
    }
    document.queries.is_done(question)
}

/// Says which of the two are damaged, so that their counts and sums are too small.
pub fn partial_pair_ui(ui: &mut Ui, documents: [&Document; 2]) {
    let text = match documents.map(|document| document.trace.is_damaged()) {
        [true, true] => "Partial: both traces are damaged",
        [true, false] => "Partial: A is damaged",
        [false, true] => "Partial: B is damaged",
        [false, false] => return,
    };
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
}

/// Says that a damaged trace gives a partial answer.
pub fn partial_ui(ui: &mut Ui, document: &Document) {
    if document.trace.is_damaged() {
        let tokens = tokens::of(ui.ctx());
        let text = RichText::new("Partial: the trace is damaged").font(fonts::small()).color(tokens.warning);
        ui.label(text);
    }
}

/// An instant as a range.
#[must_use]
pub fn instant_range(time: TraceTime) -> TimeRange {
    TimeRange::new(time, time)
}

/// Shows a time on the timeline while the pointer is on what names it in a panel. To be called in each frame of that.
pub fn point_to(document: &Document, range: Option<TimeRange>, actions: &mut Actions) {
    // While nothing is pointed out, nothing need be said.
    if range.is_some() || document.pointed.is_some() {
        actions.push(SelectAction::PointTo(range));
    }
}

/// A time as a link: shows itself on the timeline while hovered, goes there when clicked.
pub fn time_link(
    ui: &mut Ui,
    document: &Document,
    (time, text, exact): (TraceTime, &str, &str),
    actions: &mut Actions,
) {
    let response = link_in(ui, text, fonts::mono());
    if response.contains_pointer() {
        point_to(document, Some(instant_range(time)), actions);
    }
    let clicked = response.clicked();
    response.on_hover_text(RichText::new(exact).font(fonts::mono()));
    if clicked {
        actions.push(SelectAction::Highlight(Some(instant_range(time))));
        actions.push(ViewAction::Centre(time));
    }
}

/// The same in a row of pairs; text alone where there is no time. The text says what is to be said besides.
pub fn time_row(
    pairs: &mut Pairs<'_>,
    document: &Document,
    title: &str,
    (time, text): (Option<TraceTime>, &str),
    actions: &mut Actions,
) {
    let Some(time) = time else { return pairs.text(title, text, "") };
    let exact = document.exact_place(time);
    pairs.row(title, |ui| time_link(ui, document, (time, text, &exact), actions));
}
