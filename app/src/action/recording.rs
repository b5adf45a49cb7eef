//! The form that records several services together: what is typed, begun, stopped, and what came of it.

use std::path::PathBuf;

use trace_core::base::monitor::Monitor;
use trace_core::base::visible::visible;

use crate::action::effect::{Effect, notify};
use crate::action::session_action::{RecordAction, SessionEffect};
use crate::state::app::AppState;
use crate::state::record::{RecordForm, ServiceProgress};

/// Applies an action to the form. The session file that was recorded, if it is to be opened.
pub(super) fn apply(state: &mut AppState, action: RecordAction) -> (Vec<Effect>, Option<PathBuf>) {
    match action {
        RecordAction::Open => {
            state.path_field = None;
            state.record.get_or_insert_default();
        }
        RecordAction::Close => {
            if state.record.as_ref().is_some_and(|form| form.going.is_none()) {
                state.record = None;
            }
        }
        RecordAction::Fields(fields) => {
            if let Some(form) = &mut state.record {
                form.fields = fields;
            }
        }
        RecordAction::Start => return (start(state), None),
        RecordAction::Stop => {
            let going = state.record.as_ref().and_then(|form| form.going.as_ref());
            return (going.map(|(monitor, _)| Effect::Cancel(monitor.clone())).into_iter().collect(), None);
        }
        RecordAction::Progress(progress) => {
            if let Some(form) = &mut state.record {
                form.progress = progress;
            }
        }
        RecordAction::Done(progress, saved) => return (Vec::new(), done(state, progress, saved)),
    }
    (Vec::new(), None)
}

fn start(state: &mut AppState) -> Vec<Effect> {
    let now = state.now_seconds;
    let Some(form) = state.record.as_mut().filter(|form| form.going.is_none()) else { return Vec::new() };
    let monitor = Monitor::new();
    *form = RecordForm { fields: form.fields.clone(), going: Some((monitor.clone(), now)), ..RecordForm::default() };
    vec![SessionEffect::Record { fields: form.fields.clone(), monitor }.into()]
}

/// It has ended: the session is opened if something came of it; the form stays if not all did.
fn done(state: &mut AppState, progress: Vec<ServiceProgress>, saved: Result<PathBuf, String>) -> Option<PathBuf> {
    let form = state.record.as_mut()?;
    form.going = None;
    form.progress = progress;
    let is_whole = form.progress.iter().all(|service| service.error.is_none());
    match saved {
        Ok(path) => {
            notify(state, format!("Recorded to {}", path.parent().unwrap_or(&path).display()));
            if is_whole {
                state.record = None;
            }
            Some(path)
        }
        Err(why) => {
            form.said = Some(visible(&why).into_owned());
            None
        }
    }
}
