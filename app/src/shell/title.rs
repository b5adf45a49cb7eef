//! What the title of the window says: what is open, and whether it is saved.

use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::document::Document;

/// The title of the window.
#[must_use]
pub fn of(state: &AppState) -> String {
    let shown = match (state.shown_pair(), state.document()) {
        _ if let Some(fleet) = state.fleet.as_ref().filter(|fleet| fleet.is_shown) => name::last_part(&fleet.folder),
        (None, _) if let Some((session, _)) = state.shown_session() => marked(session.title(), session.is_unsaved()),
        (Some((_, [a, b])), _) => format!("{} → {}", of_document(a), of_document(b)),
        (None, Some(document)) => of_document(document),
        (None, None) => return "Tracelane".to_owned(),
    };
    format!("{shown} — Tracelane")
}

fn of_document(document: &Document) -> String {
    marked(document.title(), document.is_unsaved())
}

fn marked(title: String, is_unsaved: bool) -> String {
    if is_unsaved { format!("{title} (not saved)") } else { title }
}
