//! What happens to documents: opening, loading, closing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::findings::finding::Severity;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::{Monitor, Progress};
use trace_core::base::visible::visible;
use trace_core::export::cut;
use trace_core::model::trace::Trace;

use crate::action::effect::{Effect, WindowEffect, notify, remember_file};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::area::Area;
use crate::state::document::{Document, DocumentId, Following, LoadState, Source};
use crate::state::query::{Answer, Query, ask};
use crate::state::questions::Failed;
use crate::state::row::RowSizes;
use crate::state::rows::Rows;
use crate::state::view::{Selection, View};

/// Opens a source, or brings it to the front if it is open.
pub(super) fn open(state: &mut AppState, source: Source) -> Vec<Effect> {
    state.path_field = None;
    if let Some(document) = state.documents.iter().rev().find(|document| document.is_of(&source)) {
        let id = document.id;
        let again = matches!(document.load, LoadState::Failed(_) | LoadState::Cancelled);
        state.active = Some(id);
        return if again { reload(state, id) } else { Vec::new() };
    }
    begin(state, source)
}

/// A document of which nothing is loaded yet, shown as the user wants.
fn new(state: &AppState, id: DocumentId, source: Source, load: LoadState) -> Document {
    let mut document = Document::new(id, source, load);
    document.sizes = RowSizes::of(state.settings.compact_rows);
    document.tag_rules = Arc::clone(&state.tag_rules);
    document
}

/// Opens a source as a document of its own.
fn begin(state: &mut AppState, source: Source) -> Vec<Effect> {
    let id = DocumentId(state.next_document);
    state.next_document += 1;
    let monitor = Monitor::new();
    let load = LoadState::Loading { progress: Progress::default(), monitor: monitor.clone() };
    let mut document = new(state, id, source.clone(), load);
    document.since_seconds = state.now_seconds;
    state.documents.push(document);
    state.active = Some(id);
    state.warnings_open = false;
    vec![Effect::Load { document: id, source, monitor }]
}

/// Opens a file and follows it while it grows.
pub(super) fn open_to_follow(state: &mut AppState, path: PathBuf) -> Vec<Effect> {
    let source = Source::Path(path.clone());
    if source.is_stream() || state.documents.iter().any(|document| document.is_of(&source)) {
        // A stream is shown as it comes, anyway.
        let mut effects = open(state, source);
        if let Some(id) = state.active {
            effects.extend(set_follow(state, id, true));
        }
        return effects;
    }
    let mut effects = open(state, source);
    effects.retain(|effect| !matches!(effect, Effect::Load { .. }));
    let Some(document) = state.document_mut() else { return effects };
    let LoadState::Loading { monitor, .. } = &document.load else { return effects };
    let (monitor, stop) = (monitor.clone(), Monitor::new());
    document.following = Some(Following { stop: stop.clone(), is_ending: false });
    effects.push(Effect::Follow { document: document.id, path, monitor, stop, shown: 0 });
    effects
}

/// Follows a file that is open, or ends that.
pub(super) fn set_follow(state: &mut AppState, id: DocumentId, on: bool) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    if !on {
        let Some(following) = &mut document.following else { return Vec::new() };
        following.is_ending = true;
        return vec![Effect::Cancel(following.stop.clone())];
    }
    let Some(path) = document.file().map(Path::to_path_buf) else { return Vec::new() };
    if document.is_loading() || document.following.is_some() {
        return Vec::new();
    }
    let (monitor, stop) = (Monitor::new(), Monitor::new());
    document.following = Some(Following { stop: stop.clone(), is_ending: false });
    document.has_grown = false;
    document.load = LoadState::Ready;
    let shown = document.trace.totals().events;
    vec![Effect::Follow { document: id, path, monitor, stop, shown }]
}

pub(super) fn follow_ended(state: &mut AppState, id: DocumentId, why: Option<String>) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    document.following = None;
    let lost = document.is_loading();
    let mut effects = watch_growth(document);
    if lost {
        let why = why.clone().unwrap_or_else(|| "it was no trace yet".to_owned());
        effects.extend(done(state, id, Err(why)));
    }
    if let Some(why) = why {
        notify(state, words_of(&why));
    }
    effects
}

/// The file is longer than what was read of it.
pub(super) fn grew(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    if let Some(document) = by_id(state, id) {
        document.has_grown = document.following.is_none();
    }
    Vec::new()
}

/// Has the size of a document's file watched.
fn watch_growth(document: &mut Document) -> Vec<Effect> {
    let Some(path) = document.file().map(Path::to_path_buf) else { return Vec::new() };
    let stop = Monitor::new();
    let mut effects = Vec::new();
    effects.extend(document.watch.replace(stop.clone()).map(Effect::Cancel));
    effects.push(Effect::WatchGrowth { document: document.id, path, stop });
    effects
}

/// A sentence begins with a capital.
fn words_of(sentence: &str) -> String {
    let mut signs = sentence.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// Shows a trace that is loaded already.
pub(super) fn adopt(state: &mut AppState, source: Source, trace: Arc<Trace>, rows: Arc<Rows>) -> Vec<Effect> {
    let id = DocumentId(state.next_document);
    state.next_document += 1;
    let mut document = new(state, id, source, LoadState::Ready);
    document.view = Some(View::whole(trace.range()));
    document.trace = trace;
    document.rows = rows;
    state.documents.push(document);
    state.active = Some(id);
    ask_one(state, id, ask::Findings.into())
}

/// Loads a document again: as another document if what it shows would be lost.
pub(super) fn reload(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let now = state.now_seconds;
    let Some(document) = by_id(state, id) else { return Vec::new() };
    if document.is_loading() || matches!(document.source, Source::Earlier { .. }) {
        return Vec::new();
    }
    if document.is_unsaved() {
        let source = document.source.clone();
        return begin(state, source);
    }
    document.since_seconds = now;
    document.is_saved = false;
    let monitor = Monitor::new();
    document.load = LoadState::Loading { progress: Progress::default(), monitor: monitor.clone() };
    vec![Effect::Load { document: id, source: document.source.clone(), monitor }]
}

pub(super) fn activate(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    if state.document_by_id(id).is_some() {
        state.active = Some(id);
        state.warnings_open = false;
    }
    Vec::new()
}

pub(super) fn switch(state: &mut AppState, step: i32) -> Vec<Effect> {
    let count = i32::try_from(state.documents.len()).unwrap_or(i32::MAX);
    let present = state.documents.iter().position(|document| Some(document.id) == state.active);
    let Some(present) = present.and_then(|at| i32::try_from(at).ok()) else { return Vec::new() };
    let next = (present + step).rem_euclid(count);
    let id = usize::try_from(next).ok().and_then(|at| state.documents.get(at)).map(|document| document.id);
    id.map_or_else(Vec::new, |id| activate(state, id))
}

/// Closes a document, saved or not; its neighbour comes to the front.
pub(super) fn close(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(at) = state.documents.iter().position(|document| document.id == id) else { return Vec::new() };
    let mut document = state.documents.remove(at);
    if state.active == Some(id) {
        let neighbour = state.documents.get(at).or_else(|| state.documents.last());
        state.active = neighbour.map(|document| document.id);
        state.warnings_open = false;
    }
    let mut effects = Vec::new();
    effects.extend(document.following.take().map(|following| Effect::Cancel(following.stop)));
    effects.push(Effect::Forget(id));
    effects.extend(document.watch.take().map(Effect::Cancel));
    document.queries.clear();
    document.sql.forget();
    if let LoadState::Loading { monitor, .. } = document.load {
        effects.push(Effect::Cancel(monitor));
    }
    effects.push(Effect::Discard(document.trace, document.rows));
    effects
}

/// Stops a load. What is there stays; a document of which nothing is there goes.
pub(super) fn cancel(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    let LoadState::Loading { monitor, .. } = &document.load else { return Vec::new() };
    let monitor = monitor.clone();
    document.load = LoadState::Cancelled;
    let (title, empty) = (document.title(), !document.has_lanes());
    notify(state, format!("Stopped loading {title}"));
    let mut effects = vec![Effect::Cancel(monitor)];
    if empty {
        effects.extend(close(state, id));
    }
    effects
}

pub(super) fn progress(state: &mut AppState, id: DocumentId, new: Progress) -> Vec<Effect> {
    if let Some(LoadState::Loading { progress, .. }) = by_id(state, id).map(|document| &mut document.load) {
        *progress = new;
    }
    Vec::new()
}

/// A newer snapshot. A view of the whole stays one of the whole; any other stays where it is.
pub(super) fn snapshot(state: &mut AppState, id: DocumentId, trace: Arc<Trace>, rows: Arc<Rows>) -> Vec<Effect> {
    if let Some(pair) = state.pair.as_mut().filter(|pair| pair.has(id)) {
        pair.queries.clear();
    }
    let Some(document) = by_id(state, id) else { return vec![Effect::Discard(trace, rows)] };
    if !document.is_loading() && document.following.is_none() {
        return vec![Effect::Discard(trace, rows)];
    }
    let (before, now) = (document.trace.range(), trace.range());
    let whole = document.view.is_none_or(|view| same_time(view, View::whole(before)));
    if whole {
        let scroll_points = document.view.map_or(0.0, |view| view.scroll_points);
        document.view = Some(View { scroll_points, ..View::whole(now) });
    }
    let options = document.row_options();
    let stale = *rows.options() != options;
    let grows = document.following.is_some();
    if grows {
        document.queries.clear_but_lasting();
        keep_selection(document, &trace);
    } else {
        document.queries.clear();
        document.sql.forget();
    }
    let old_trace = std::mem::replace(&mut document.trace, Arc::clone(&trace));
    let old_rows = std::mem::replace(&mut document.rows, rows);
    let mut effects = vec![Effect::Discard(old_trace, old_rows)];
    if stale {
        effects.push(Effect::MakeRows { document: id, trace: Arc::clone(&trace), options });
    }
    if grows && let Some(monitor) = document.queries.again(&ask::Findings) {
        effects.push(Effect::AnswerQuery { document: id, trace, query: ask::Findings.into(), monitor });
    }
    effects
}

/// The selected span is selected in the new snapshot, too: under the same name, or, where a torn
/// generation has been read anew, as the one that lies there now.
fn keep_selection(document: &mut Document, trace: &Trace) {
    let Selection::Span(at) = document.selection else { return };
    let Some(before) = document.trace.span(at) else { return };
    let now = trace.span(at);
    if now.is_some_and(|now| now.range.start == before.range.start) {
        return;
    }
    document.selection = match trace.span_at(at.lane, before.range.start) {
        Some(there) => Selection::Span(there.at),
        None => Selection::Lane(at.lane),
    };
}

pub(super) fn rows_made(state: &mut AppState, id: DocumentId, trace: &Arc<Trace>, rows: Arc<Rows>) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    let is_wanted = *rows.options() == document.row_options();
    if Arc::ptr_eq(&document.trace, trace) && is_wanted {
        let other = rows.lane_filter() != document.rows.lane_filter();
        if let Some(area) = document.area.as_mut().filter(|_| rows.options() != document.rows.options()) {
            // Their places mean other rows now.
            area.rows.clear();
        }
        document.rows = rows;
        if other {
            crate::action::reveal::reveal_in_new_rows(document);
        }
    }
    Vec::new()
}

/// Has rows made where other goroutines are to have lanes than before.
pub(super) fn make_rows_due(state: &mut AppState) -> Vec<Effect> {
    let due = state.documents.iter_mut().filter_map(|document| {
        document.reveal_later = document.rows_due.take()?;
        let options = document.row_options();
        Some(Effect::MakeRows { document: document.id, trace: Arc::clone(&document.trace), options })
    });
    due.collect()
}

/// Brings panels to the front that were there at a place in the history.
pub(super) fn bring_fronts(state: &mut AppState) -> Vec<Effect> {
    let due = state.document_mut().and_then(|document| document.fronts_due.take());
    let named = |id: &'static str| Panel::ALL.iter().copied().find(|panel| panel.info().id == id);
    due.into_iter().flatten().filter_map(named).map(|panel| Effect::Window(WindowEffect::FrontPanel(panel))).collect()
}

pub(super) fn done(state: &mut AppState, id: DocumentId, result: Result<(), String>) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    if !document.is_loading() {
        return Vec::new();
    }
    match result {
        Ok(()) => {
            document.load = LoadState::Ready;
            let source = document.source.clone();
            let mut effects = if document.following.is_none() { watch_growth(document) } else { Vec::new() };
            effects.extend(ask_one(state, id, ask::Findings.into()));
            if let Source::Path(path) = source {
                effects.extend(remember_file(state, path));
            }
            effects
        }
        Err(sentence) => {
            document.load = LoadState::Failed(visible(&sentence).into_owned());
            ask_one(state, id, ask::Findings.into())
        }
    }
}

/// Has a question answered, if the trace is all there (or all there will be).
pub(super) fn ask_one(state: &mut AppState, id: DocumentId, query: Query) -> Vec<Effect> {
    let Some(document) = by_id(state, id) else { return Vec::new() };
    if !document.is_settled() {
        return Vec::new();
    }
    let Some(monitor) = document.queries.ask(query.clone()) else { return Vec::new() };
    vec![Effect::AnswerQuery { document: id, trace: Arc::clone(&document.trace), query, monitor }]
}

/// An answer, of use only if it is about the snapshot on show.
pub(super) fn answered(
    state: &mut AppState,
    id: DocumentId,
    trace: Arc<Trace>,
    query: &Query,
    answer: Result<Answer, Failed>,
) -> Vec<Effect> {
    let lead = match &answer {
        Ok(Answer::Findings(_)) => fleet_lead(state, id),
        _ => None,
    };
    let Some(document) = by_id(state, id).filter(|document| Arc::ptr_eq(&document.trace, &trace)) else {
        return vec![Effect::Discard(trace, Arc::default())];
    };
    let opens = match &answer {
        _ if lead.is_some() => true,
        // Those of a file that is followed come again and again.
        Ok(Answer::Findings(findings)) if !document.findings_shown => findings.worst() >= Some(Severity::Warning),
        _ => false,
    };
    document.queries.answered(query, answer);
    if !opens {
        return Vec::new();
    }
    document.findings_shown = true;
    document.finding = Some(lead.unwrap_or(0));
    let is_of_session = state.session.as_ref().is_some_and(|session| session.service_of(id).is_some());
    if is_of_session || state.pair.as_ref().is_some_and(|pair| pair.has(id)) {
        // The session, or the comparison, tells which of them matter.
        return Vec::new();
    }
    vec![Effect::Window(WindowEffect::OpenPanel(Panel::Findings))]
}

/// The place of the finding that a click in the fleet asked for, if it was about this document.
fn fleet_lead(state: &mut AppState, id: DocumentId) -> Option<usize> {
    let file = state.document_by_id(id)?.file()?.to_path_buf();
    let lead = state.fleet.as_mut()?.leads_to.take_if(|lead| lead.0 == file);
    lead.and_then(|(_, rank)| rank.checked_sub(1))
}

/// Has a profile written where the user wants it.
pub(super) fn save_profile(state: &AppState, id: DocumentId, scope: Scope, kind: ProfileKind) -> Vec<Effect> {
    let Some(document) = state.document_by_id(id) else { return Vec::new() };
    let (trace, title) = (Arc::clone(&document.trace), document.title());
    vec![Effect::SaveProfile { trace, title, scope, kind, inputs: inputs(state) }]
}

/// Has the selected time, of the selected goroutines, saved as a trace of its own.
pub(super) fn save_part(state: &AppState, id: DocumentId) -> Vec<Effect> {
    let Some(document) = state.document_by_id(id) else { return Vec::new() };
    let (Some(path), Some(range)) = (document.file(), document.marked) else { return Vec::new() };
    let start = document.trace.range().start;
    let gos = document.area.as_ref().and_then(Area::limits);
    let ids = gos.map(|gos| gos.iter().filter_map(|go| document.trace.goroutine(go)).map(|go| go.id).collect());
    let selection = cut::Selection {
        start_nanos: Some(range.start.nanos_since(start)),
        end_nanos: Some(range.end.nanos_since(start)),
        who: ids.map_or(cut::Who::All, cut::Who::Goroutines),
        ..cut::Selection::default()
    };
    let (path, title) = (path.to_path_buf(), document.title());
    vec![Effect::SavePart { path, title, selection, inputs: inputs(state) }]
}

/// The paths of all open traces: nothing is ever written there.
pub(super) fn inputs(state: &AppState) -> Vec<PathBuf> {
    let path = |document: &Document| match &document.source {
        Source::Path(path) => Some(path.clone()),
        Source::Earlier { .. } | Source::Sample => None,
    };
    state.documents.iter().filter_map(path).collect()
}

pub(super) fn by_id(state: &mut AppState, id: DocumentId) -> Option<&mut Document> {
    state.documents.iter_mut().find(|document| document.id == id)
}

fn same_time(a: View, b: View) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    close(a.start_nanos, b.start_nanos) && close(a.span_nanos, b.span_nanos)
}
