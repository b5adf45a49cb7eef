//! stub

use egui::Ui;

use crate::action::action::Actions;
use crate::state::app::AppState;

/// Shows it.
pub fn ui(ui: &mut Ui, _state: &AppState, _actions: &mut Actions) {
    ui.label("spans");
}
