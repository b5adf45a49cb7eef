//! What actions on the source panel do.

use std::path::PathBuf;

use crate::action::effect::{Effect, WindowEffect};
use crate::action::panel::Panel;
use crate::state::app::AppState;
use crate::state::source::{SourcePlace, SourceText, SourceView};

/// Folders with source files that are remembered.
const MAX_FOLDERS: usize = 12;

/// Shows a line: at once if it is of the file that is there, else once a worker has found it.
pub(super) fn show(state: &mut AppState, place: SourcePlace) -> Vec<Effect> {
    let number = state.source.as_ref().map_or(1, |view| view.number + 1);
    let known = state.source.take().filter(|view| view.place.file == place.file);
    let known = known.map(|view| view.text).filter(|text| matches!(text, SourceText::Found(..)));
    let is_known = known.is_some();
    let text = known.unwrap_or(SourceText::Asked);
    state.source = Some(SourceView { place: place.clone(), text, number });
    let mut effects = vec![Effect::Window(WindowEffect::OpenPanel(Panel::Source))];
    if !is_known {
        effects.push(Effect::ReadSource(place, state.settings.source_folders.clone()));
    }
    effects
}

/// Keeps what a worker found, if it is still wanted.
pub(super) fn read(state: &mut AppState, place: &SourcePlace, text: SourceText) {
    if let Some(view) = state.source.as_mut().filter(|view| view.place == *place) {
        view.text = text;
        view.number += 1;
    }
}

/// Looks in another folder, too.
pub(super) fn add_folder(state: &mut AppState, folder: PathBuf) -> Vec<Effect> {
    let folders = &mut state.settings.source_folders;
    folders.retain(|known| *known != folder);
    folders.insert(0, folder);
    folders.truncate(MAX_FOLDERS);
    let mut effects = vec![Effect::SaveSettings];
    if let Some(view) = state.source.as_mut() {
        view.text = SourceText::Asked;
        effects.push(Effect::ReadSource(view.place.clone(), state.settings.source_folders.clone()));
    }
    effects
}
