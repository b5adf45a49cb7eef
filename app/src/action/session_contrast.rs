//! Two sessions held against each other: the other one is read and compared by a worker.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::base::visible::visible;

use crate::action::effect::{Effect, WindowEffect};
use crate::action::panel::Panel;
use crate::action::session_action::SessionEffect;
use crate::report::report::Report;
use crate::state::app::AppState;
use crate::state::document::DocumentId;
use crate::state::session::{Contrast, ContrastStage, OpenSession};

/// The panel in which the changes show, and their place in there.
pub const CHANGES: (&str, usize) = ("session-findings", 2);

/// Has a worker compare the session with another one.
pub(super) fn begin(state: &mut AppState, path: PathBuf) -> Vec<Effect> {
    state.path_field = None;
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let mut effects: Vec<Effect> = end(session).into_iter().collect();
    let monitor = Monitor::new();
    session.contrast = Some(Contrast { path: path.clone(), stage: ContrastStage::Working(monitor.clone()) });
    session.choices.insert(CHANGES.0, CHANGES.1);
    effects.push(SessionEffect::Compare { id: session.id, built, path, monitor }.into());
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::SessionFindings)));
    effects
}

/// Notes what came of it.
pub(super) fn compared(
    state: &mut AppState,
    id: DocumentId,
    path: &Path,
    found: Result<Arc<Report>, String>,
) -> Vec<Effect> {
    let session = state.session.as_mut().filter(|session| session.id == id);
    let contrast = session.and_then(|session| session.contrast.as_mut()).filter(|contrast| contrast.path == path);
    if let Some(contrast) = contrast {
        contrast.stage = match found {
            Ok(report) => ContrastStage::Done(report),
            Err(why) => ContrastStage::Failed(visible(&why).into_owned()),
        };
    }
    Vec::new()
}

/// Forgets it; what stops its worker.
pub(super) fn end(session: &mut OpenSession) -> Option<Effect> {
    match session.contrast.take()?.stage {
        ContrastStage::Working(monitor) => Some(Effect::Cancel(monitor)),
        ContrastStage::Done(_) | ContrastStage::Failed(_) => None,
    }
}
