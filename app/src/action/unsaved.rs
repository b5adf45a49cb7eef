//! Traces that are stored nowhere else: asks before one is closed, saves it, and keeps what a followed file held before it
//! was rewritten.

use std::path::Path;

use crate::action::documents::{self, by_id};
use crate::action::effect::{Effect, SaveTo, WindowEffect, notify};
use crate::action::sessions;
use crate::state::app::AppState;
use crate::state::dialog::{Dialog, Leave, LeaveSession, Reply};
use crate::state::document::{DocumentId, LoadState, RecordedAt, Source};
use crate::state::session::OpenSession;

/// Earlier contents of one file that are kept. A program that writes its trace again and again must not fill memory:
/// then the file is followed no more, and what it held last is still there.
const MOST_EARLIER: usize = 4;

/// Closes a document, or asks first.
pub(super) fn close(state: &mut AppState, id: DocumentId) -> Vec<Effect> {
    if !state.document_by_id(id).is_some_and(|document| document.is_unsaved()) {
        return documents::close(state, id);
    }
    state.dialog = Some(Dialog::Unsaved { documents: vec![id], then: Leave::Close(id) });
    Vec::new()
}

/// Ends the program, or asks first.
pub(super) fn quit(state: &mut AppState) -> Vec<Effect> {
    let documents = state.unsaved();
    if documents.is_empty() {
        return quit_session(state);
    }
    state.dialog = Some(Dialog::Unsaved { documents, then: Leave::Quit });
    Vec::new()
}

/// Ends the program, or asks first whether the session is saved.
fn quit_session(state: &mut AppState) -> Vec<Effect> {
    if state.session.as_ref().is_some_and(OpenSession::is_unsaved) {
        state.leaving = None;
        state.dialog = Some(Dialog::UnsavedSession { then: LeaveSession::Quit });
        return Vec::new();
    }
    leave(state, Leave::Quit)
}

/// Goes on with what was asked about.
fn leave(state: &mut AppState, how: Leave) -> Vec<Effect> {
    (state.dialog, state.leaving) = (None, None);
    match how {
        Leave::Close(id) => documents::close(state, id),
        Leave::Quit => {
            state.is_quitting = true;
            vec![Effect::SaveSettings, Effect::Window(WindowEffect::Quit)]
        }
    }
}

/// Takes the answer to the question that is open.
pub(super) fn reply(state: &mut AppState, reply: Reply) -> Vec<Effect> {
    match (state.dialog.take(), reply) {
        (Some(Dialog::Unsaved { then: Leave::Quit, .. }), Reply::Discard) => quit_session(state),
        (Some(Dialog::Unsaved { then, .. }), Reply::Discard) => leave(state, then),
        (Some(Dialog::UnsavedSession { then: LeaveSession::Quit }), Reply::Discard) => leave(state, Leave::Quit),
        (Some(Dialog::UnsavedSession { then }), reply) => sessions::reply(state, then, reply),
        (Some(Dialog::Unsaved { then, .. }), Reply::Save) => {
            state.leaving = Some(then);
            save_next(state)
        }
        (Some(Dialog::Replace { document, path }), Reply::Replace) => save(state, document, SaveTo::Replaced(path)),
        _ => {
            state.leaving = None;
            Vec::new()
        }
    }
}

/// Saves one of the traces that would be lost; goes on when there is none.
fn save_next(state: &mut AppState) -> Vec<Effect> {
    let Some(how) = state.leaving else { return Vec::new() };
    let savable = |id: &DocumentId| state.document_by_id(*id).is_some_and(|document| document.has_lanes());
    let next = match how {
        Leave::Close(id) => state.unsaved().into_iter().find(|other| *other == id),
        Leave::Quit => state.unsaved().into_iter().find(savable),
    };
    match next {
        Some(id) => save(state, id, SaveTo::Asked),
        None if how == Leave::Quit => quit_session(state),
        None => leave(state, how),
    }
}

/// Has the bytes of a recorded trace written. What is still being recorded ends here.
pub(super) fn save(state: &mut AppState, id: DocumentId, to: SaveTo) -> Vec<Effect> {
    let inputs = documents::inputs(state);
    let Some(document) = by_id(state, id) else { return Vec::new() };
    let name = document.file_title();
    let mut effects = Vec::new();
    if let LoadState::Loading { monitor, .. } = &document.load {
        effects.push(Effect::Cancel(monitor.clone()));
        document.load = LoadState::Cancelled;
    }
    effects.push(Effect::SaveTrace { document: id, name, to, inputs });
    effects
}

pub(super) fn saved(state: &mut AppState, id: DocumentId, path: &Path, bytes: u64) -> Vec<Effect> {
    if let Some(document) = by_id(state, id) {
        document.is_saved = true;
    }
    notify(state, format!("Saved {} ({bytes} bytes)", path.display()));
    save_next(state)
}

/// Whatever was to be closed stays.
pub(super) fn not_saved(state: &mut AppState, id: DocumentId, why: Option<String>) -> Vec<Effect> {
    state.leaving = None;
    if let Some(why) = why.filter(|_| state.document_by_id(id).is_some()) {
        notify(state, why);
    }
    Vec::new()
}

pub(super) fn recorded(state: &mut AppState, id: DocumentId, is_on_disk: bool, at: Option<RecordedAt>) -> Vec<Effect> {
    if let Some(document) = by_id(state, id) {
        document.is_recorded = true;
        document.recorded_at = at;
        document.is_saved = is_on_disk;
    }
    Vec::new()
}

/// What a followed file held stays as a document of its own, and another one follows the file.
pub(super) fn rewritten(state: &mut AppState, id: DocumentId, is_kept: bool) -> Vec<Effect> {
    let earlier = |state: &AppState, wanted: &Path| -> Vec<u32> {
        let number = |source: &Source| match source {
            Source::Earlier { path, number } if path == wanted => Some(*number),
            _ => None,
        };
        state.documents.iter().filter_map(|document| number(&document.source)).collect()
    };
    let Some(path) = state.document_by_id(id).and_then(|document| document.file()).map(Path::to_path_buf) else {
        return Vec::new();
    };
    let known = earlier(state, &path);
    let was_active = state.active == Some(id) && state.pair.as_ref().is_none_or(|pair| !pair.has(id));
    let before = state.active;
    let Some(document) = by_id(state, id) else { return Vec::new() };
    let number = known.iter().max().map_or(1, |number| number + 1);
    let title = document.title();
    document.source = Source::Earlier { path: path.clone(), number };
    document.following = None;
    document.has_grown = false;
    document.is_recorded = is_kept;
    document.is_saved = false;
    if document.is_loading() {
        document.load = LoadState::Ready;
    }
    let mut effects: Vec<Effect> = document.watch.take().map(Effect::Cancel).into_iter().collect();
    let kept = document.title();
    if known.len() >= MOST_EARLIER {
        notify(
            state,
            format!("{title} was rewritten again; close some of its earlier contents to continue following it"),
        );
        return effects;
    }
    effects.extend(documents::open_to_follow(state, path));
    if !was_active {
        state.active = before;
    }
    notify(state, format!("{title} was rewritten; its earlier contents are open as {kept}"));
    effects
}
