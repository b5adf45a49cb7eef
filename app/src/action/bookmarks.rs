//! What bookmarks and notes do, and when they are written.

use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::BookmarkAction;
use crate::action::area;
use crate::action::effect::{Effect, WindowEffect, notify};
use crate::action::history::remember;
use crate::action::navigate::go_to_stretch;
use crate::action::panel::Panel;
use crate::fmt::place::parse_target;
use crate::fmt::words::counted;
use crate::state::app::AppState;
use crate::state::bookmarks::{Bookmark, MOST, MOST_LETTERS, Notes, StoredPin};
use crate::state::document::{Document, DocumentId, Source};
use crate::state::pinned::Pin;
use crate::state::view::Selection;

/// Applies an action to the bookmarks of the document in front.
pub(super) fn apply(state: &mut AppState, action: BookmarkAction) -> Vec<Effect> {
    let Some(document) = state.document_mut().filter(|document| document.has_lanes()) else { return Vec::new() };
    match action {
        BookmarkAction::Add => add(document),
        BookmarkAction::Note(at, mut note) => {
            if let Some((end, _)) = note.char_indices().nth(MOST_LETTERS) {
                note.truncate(end);
            }
            if let Some(bookmark) = document.noted.notes.bookmarks.get_mut(at) {
                bookmark.note = note;
            }
            kept(document)
        }
        BookmarkAction::Remove(at) => {
            if at < document.noted.notes.bookmarks.len() {
                document.noted.notes.bookmarks.remove(at);
                document.noted.current = None;
            }
            kept(document)
        }
        BookmarkAction::GoTo(at) => {
            go_to(document, at);
            Vec::new()
        }
        BookmarkAction::Step(step) => {
            step_to(document, step);
            Vec::new()
        }
        BookmarkAction::Export => {
            let (notes, title) = (document.noted.notes.clone(), document.title());
            let inputs = super::documents::inputs(state);
            vec![Effect::ExportNotes { notes, title, inputs }]
        }
        BookmarkAction::Import => vec![Effect::AskForNotes(document.id)],
    }
}

/// Bookmarks what is selected: its time, on its lane; else the moment under the pointer, or in the middle of the view.
fn add(document: &mut Document) -> Vec<Effect> {
    if document.noted.notes.bookmarks.len() >= MOST {
        return Vec::new();
    }
    let trace = &document.trace;
    let lane = |lane: LaneId| lane_name(trace, lane);
    let moment = |nanos: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
        let time = trace_core::base::time::TraceTime(nanos as i64);
        TimeRange::new(time, time)
    };
    let (range, lane) = match (document.selection, document.marked) {
        (Selection::Span(at), None) => (trace.span(at).map(|span| span.range), lane(at.lane)),
        (Selection::Region(region), None) => (Some(region.range), lane(LaneId::Goroutine(region.go))),
        (Selection::Task(_), None) => (area::range_of_selection(document), String::new()),
        (Selection::Lane(of), None) => (area::range_of_selection(document), lane(of)),
        (_, Some(marked)) => (Some(marked), String::new()),
        (Selection::None, None) => (document.pointer_nanos.map(moment), String::new()),
    };
    let middle = || document.view.map(|view| moment(view.start_nanos + view.span_nanos / 2.0));
    let Some(range) = range.or_else(middle) else { return Vec::new() };
    let bookmark = Bookmark::at(range, trace.range().start, lane);
    let noted = &mut document.noted;
    if !noted.notes.bookmarks.contains(&bookmark) {
        noted.notes.bookmarks.push(bookmark.clone());
        noted.notes.sort();
    }
    noted.current = noted.notes.bookmarks.iter().position(|known| *known == bookmark);
    noted.typing += 1;
    let mut effects = kept(document);
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Bookmarks)));
    effects
}

/// A lane by the runtime's ids: `g25`.
fn lane_name(trace: &Trace, lane: LaneId) -> String {
    match lane {
        LaneId::Goroutine(go) => trace.goroutine_name(go).map_or_else(String::new, |(id, _)| format!("g{}", id.0)),
        LaneId::Proc(proc) => format!("p{}", trace.proc_id(proc).0),
        LaneId::Thread(thread) => format!("m{}", trace.thread_id(thread).0),
        LaneId::Gc => "gc".to_owned(),
        LaneId::Stw => "stw".to_owned(),
    }
}

/// The lane that is called so.
#[must_use]
pub fn lane_called(trace: &Trace, name: &str) -> Option<LaneId> {
    parse_target(name)?.lane.find(trace)
}

fn go_to(document: &mut Document, at: usize) {
    let Some(bookmark) = document.noted.notes.bookmarks.get(at) else { return };
    let range = bookmark.range(document.trace.range());
    let lane = lane_called(&document.trace, &bookmark.lane);
    let is_moment = bookmark.is_moment();
    document.noted.current = Some(at);
    match lane {
        Some(lane) => go_to_stretch(document, lane, range),
        None => {
            remember(document);
            let bounds = document.reach();
            document.view = document.view.map(|view| match is_moment {
                true => view.reveal_time(range.start, bounds),
                false => view.fit(range, crate::state::view::FIT_AIR, bounds),
            });
        }
    }
    document.highlight = (!is_moment).then_some(range);
}

/// The bookmark after the present one (or before it), around the end.
fn step_to(document: &mut Document, step: i32) {
    let count = i32::try_from(document.noted.notes.bookmarks.len()).unwrap_or(i32::MAX);
    if count == 0 {
        return;
    }
    let next = match document.noted.current.and_then(|at| i32::try_from(at).ok()) {
        Some(at) => (at + step).rem_euclid(count),
        None if step > 0 => 0,
        None => count - 1,
    };
    go_to(document, usize::try_from(next).unwrap_or(0));
}

/// What is to be written of a document, if it is known where.
pub(super) fn kept(document: &mut Document) -> Vec<Effect> {
    let pins = document.pins.iter().map(|pin| match pin {
        Pin::Lane(lane) => StoredPin::Lane(lane_name(&document.trace, *lane)),
        Pin::Group(title) => StoredPin::Group(title.clone()),
        Pin::Tasks(title) => StoredPin::Tasks(title.clone()),
    });
    document.noted.notes.pins = pins.collect();
    let notes = document.noted.notes.clone();
    document.noted.key.clone().map(|key| Effect::SaveNotes { key, notes }).into_iter().collect()
}

/// Has the notes of a trace read that is loaded.
pub(super) fn read_again(state: &AppState, id: DocumentId) -> Vec<Effect> {
    let Some(document) = state.document_by_id(id).filter(|document| document.is_settled()) else { return Vec::new() };
    let is_file = matches!(document.source, Source::Sample) || document.file().is_some();
    if !is_file || document.noted.key.is_some() {
        return Vec::new();
    }
    vec![Effect::ReadNotes { document: document.id, source: document.source.clone() }]
}

/// A worker: the notes that are kept of a document's trace. What the user has noted meanwhile stays.
pub(super) fn were_read(state: &mut AppState, id: DocumentId, key: String, notes: Notes) -> Vec<Effect> {
    let Some(document) = super::documents::by_id(state, id) else { return Vec::new() };
    let has_own = !document.noted.notes.bookmarks.is_empty() || !document.pins.is_empty();
    document.noted.key = Some(key);
    document.noted.notes.merge(notes.bookmarks);
    for pin in notes.pins {
        let pin = match pin {
            StoredPin::Lane(name) => lane_called(&document.trace, &name).map(Pin::Lane),
            StoredPin::Group(title) => Some(Pin::Group(title)),
            StoredPin::Tasks(title) => Some(Pin::Tasks(title)),
        };
        document.pins.extend(pin.filter(|pin| !document.pins.contains(pin)));
    }
    if has_own { kept(document) } else { Vec::new() }
}

/// A worker: bookmarks that somebody has exported.
pub(super) fn imported(state: &mut AppState, id: DocumentId, bookmarks: Vec<Bookmark>) -> Vec<Effect> {
    let Some(document) = super::documents::by_id(state, id) else { return Vec::new() };
    let added = document.noted.notes.merge(bookmarks);
    let effects = kept(document);
    notify(state, format!("{} imported", counted(added as u64, "bookmark")));
    effects
}
