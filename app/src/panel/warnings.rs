//! Damage and doubts met while reading, with their place in the file: there while the trace is still loading, too.

use std::sync::Arc;

use egui::Ui;

use crate::action::action::Actions;
use crate::panel::kept;
use crate::panel::table::table_ui;
use crate::report::analyses::warnings::table;
use crate::state::app::AppState;

/// Shows the panel. A click shows the stretch of time that a warning concerns, where it is known.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let key = (Arc::as_ptr(&document.trace) as usize, document.warnings().count());
    let made = kept(ui, "warnings-table", key, || {
        Arc::new(table(document.trace.range().start, document.warnings().cloned().collect()))
    });
    table_ui(ui, (state, document), ("warnings", &made), None, |_| (), actions);
}
