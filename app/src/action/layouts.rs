//! Layouts of panels under names, searches that are kept, and the guided tour.

use crate::action::documents;
use crate::action::effect::{Effect, WindowEffect, notify};
use crate::state::app::AppState;
use crate::state::document::Source;
use crate::state::settings::Settings;
use crate::state::sheet::Tour;

/// Layouts and searches that are kept at most.
const MOST: usize = 50;
/// Letters of the name of a layout at most.
const MOST_LETTERS: usize = 60;

/// Saves the present layout under the name that is typed.
pub(super) fn save(state: &mut AppState) -> Vec<Effect> {
    let name: String = state.layout_name.trim().chars().take(MOST_LETTERS).collect();
    let layouts = &mut state.settings.layouts;
    if name.is_empty() || (layouts.len() >= MOST && !layouts.contains_key(&name)) {
        return Vec::new();
    }
    // Nothing is stored of the standard layout.
    layouts.insert(name, state.settings.dock.clone().unwrap_or_default());
    state.layout_name.clear();
    vec![Effect::SaveSettings]
}

/// Arranges the panels as in a layout.
pub(super) fn use_one(state: &mut AppState, name: &str) -> Vec<Effect> {
    let Some(dock) = state.settings.layouts.get(name).cloned() else { return Vec::new() };
    state.settings.dock = Some(dock).filter(|dock| !dock.is_empty());
    // A layout that was saved has heights of its own.
    state.settings.fits_docks = state.settings.dock.is_none();
    state.maximised = None;
    notify(state, format!("Layout: {name}"));
    vec![Effect::Window(WindowEffect::ResetPanels), Effect::SaveSettings]
}

/// Keeps a search, or no longer.
pub(super) fn toggle_search(settings: &mut Settings, text: String) {
    match settings.searches.iter().position(|known| *known == text) {
        Some(at) => drop(settings.searches.remove(at)),
        None if settings.searches.len() < MOST && !text.trim().is_empty() => settings.searches.push(text),
        None => {}
    }
}

/// Goes to a step of the tour, or ends it. The tour is on the sample.
pub(super) fn tour(state: &mut AppState, step: Option<usize>) -> Vec<Effect> {
    state.tour = step.map(|step| Tour { step, is_done: false });
    state.sheet = None;
    let is_there = state.document().is_some_and(|document| document.source == Source::Sample);
    if step.is_none() || is_there { Vec::new() } else { documents::open(state, Source::Sample) }
}
