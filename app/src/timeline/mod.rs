//! The picture of lanes over time. Draws from the model and pushes actions; changes nothing.

use crate::action::action::Actions;
use crate::state::app::AppState;

/// The timeline of the active document, filling the given `Ui`.
pub fn ui(_ui: &mut egui::Ui, _state: &AppState, _actions: &mut Actions) {}
