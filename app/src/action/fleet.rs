//! What actions on the fleet do.

use std::path::PathBuf;

use trace_core::base::monitor::Monitor;

use crate::action::documents;
use crate::action::effect::{Effect, WindowEffect};
use crate::action::fleet_action::{FleetAction, FleetEffect};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::document::{DocumentId, Source};
use crate::state::fleet::{Fleet, FleetStage};

/// Applies an action to the fleet.
pub(super) fn apply(state: &mut AppState, action: FleetAction) -> Vec<Effect> {
    match action {
        FleetAction::OpenDialog => return vec![Effect::Fleet(FleetEffect::AskForFolder)],
        FleetAction::Open(folder) => return open(state, folder),
        FleetAction::Lead(file, rank) => return lead(state, file, rank),
        FleetAction::Close => return close(state),
        FleetAction::Progress(id, done, of) => {
            if let Some(fleet) = of_id(state, id) {
                fleet.progress = (done, of);
            }
        }
        FleetAction::Read(id, result) => {
            if let Some(fleet) = of_id(state, id) {
                match result {
                    Ok(tables) => {
                        (fleet.tables, fleet.stage) = (Some(tables), FleetStage::Ready);
                    }
                    Err(why) => fleet.stage = FleetStage::Failed(why),
                }
            }
        }
        FleetAction::Show(is_shown) => {
            if let Some(fleet) = &mut state.fleet {
                fleet.is_shown = is_shown;
            }
        }
        FleetAction::ByCause(by_cause) => {
            if let Some(fleet) = &mut state.fleet {
                fleet.by_cause = by_cause;
            }
        }
    }
    Vec::new()
}

fn of_id(state: &mut AppState, id: DocumentId) -> Option<&mut Fleet> {
    state.fleet.as_mut().filter(|fleet| fleet.id == id)
}

fn open(state: &mut AppState, folder: PathBuf) -> Vec<Effect> {
    state.path_field = None;
    let mut effects = close(state);
    let id = DocumentId(state.next_document);
    state.next_document += 1;
    let monitor = Monitor::new();
    state.fleet = Some(Fleet::new(id, folder.clone(), monitor.clone()));
    effects.push(Effect::Fleet(FleetEffect::Read { id, folder, monitor }));
    effects
}

fn close(state: &mut AppState) -> Vec<Effect> {
    state.fleet.take().map(|fleet| Effect::Cancel(fleet.monitor)).into_iter().collect()
}

/// Opens a snapshot; its findings are looked for once it is loaded.
fn lead(state: &mut AppState, file: PathBuf, rank: usize) -> Vec<Effect> {
    hide(state);
    let source = Source::Path(file.clone());
    let is_open = state.documents.iter().any(|document| document.is_of(&source) && document.is_settled());
    let effects = documents::open(state, source);
    let Some(finding) = rank.checked_sub(1) else { return effects };
    if is_open {
        if let Some(document) = state.document_mut() {
            document.finding = Some(finding);
        }
        return effects.into_iter().chain([Effect::Window(WindowEffect::OpenPanel(Panel::Findings))]).collect();
    }
    if let Some(fleet) = &mut state.fleet {
        fleet.leads_to = Some((file, rank));
    }
    effects
}

/// The traces fill the window again.
pub(super) fn hide(state: &mut AppState) {
    if let Some(fleet) = &mut state.fleet {
        fleet.is_shown = false;
    }
}
