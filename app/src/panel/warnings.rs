//! Damage and doubts met while reading, with their place in the file.

use egui::Ui;

use crate::action::action::{Action, Actions};
use crate::fmt::number::count;
use crate::state::app::AppState;
use crate::theme::tokens;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const COLUMNS: [Column; 5] =
    [text("Kind", 130.0), number("Byte", 110.0), number("Generation", 90.0), number("Times", 70.0), text("What", 0.0)];

/// Shows it. A click shows the stretch of time that suffers, where it is known.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let warnings: Vec<_> = document.warnings().collect();
    if warnings.is_empty() {
        empty(ui, "No warnings: every byte of the trace was understood");
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let touched = table(
        ui,
        ("warnings", &COLUMNS),
        warnings.len(),
        None,
        |_| false,
        |row| {
            let Some(warning) = warnings.get(row) else { return Vec::new() };
            let color = if warning.kind.is_damage() { tokens.warning } else { tokens.muted };
            let generation = if warning.generation == 0 { String::new() } else { count(warning.generation) };
            vec![
                Cell::text(warning.kind.name().replace('_', " ")).colored(color),
                Cell::number(count(warning.offset)),
                Cell::number(generation),
                Cell::number(count(warning.count.max(1))),
                Cell::text(&warning.message),
            ]
        },
    );
    if let Some(hole) = touched.clicked.and_then(|row| warnings.get(row)).and_then(|warning| warning.hole) {
        actions.push(Action::ShowRange(hole));
    }
}
