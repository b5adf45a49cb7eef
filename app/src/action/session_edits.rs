//! What the user sets by hand in a session (names, offsets, colours) and whether that is in a session file: asks before it
//! would be lost.

use std::path::PathBuf;

use crate::action::effect::{Effect, notify, remember_file};
use crate::state::app::AppState;
use crate::state::dialog::LeaveSession;

/// It is saved, or could not be. With what waited for that, and goes on now.
pub(super) fn saved(state: &mut AppState, result: Result<PathBuf, String>) -> (Vec<Effect>, Option<LeaveSession>) {
    let path = match result {
        Ok(path) => path,
        Err(why) => {
            notify(state, format!("The session is not saved: {why}"));
            return (not_saved(state), None);
        }
    };
    notify(state, format!("Saved {}", path.display()));
    let effects = remember_file(state, path);
    let Some(session) = &mut state.session else { return (effects, None) };
    if let Some(said) = session.saving.take() {
        session.saved = said;
    }
    (effects, session.leaving.take())
}

/// It stays as it is, and so does all that waited.
pub(super) fn not_saved(state: &mut AppState) -> Vec<Effect> {
    if let Some(session) = &mut state.session {
        (session.saving, session.leaving) = (None, None);
    }
    Vec::new()
}
