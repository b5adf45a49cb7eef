//! User tasks and regions: those come first of which the trace has some.

use egui::Ui;

use crate::action::action::Actions;
use crate::panel::analysis::group_ui;
use crate::report::analyses::Analysis;
use crate::report::analyses::tasks::{Regions, Tasks};
use crate::state::app::AppState;

/// Shows tasks and regions by type.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let has_tasks = state.document().is_some_and(|document| document.trace.task_count() > 0);
    let both: [&dyn Analysis; 2] = if has_tasks { [&Tasks, &Regions] } else { [&Regions, &Tasks] };
    group_ui(ui, state, "tasks-and-regions", &both, actions);
}
