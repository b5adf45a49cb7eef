//! What costs the session its time: where that of the slowest requests went, and the findings of all services.

use egui::Ui;

use crate::action::action::{Action, Actions};
use crate::action::session_action::SessionAction;
use crate::fmt::number::count;
use crate::panel::session_table::{answer, place_of, sentence_ui, session, session_table_ui};
use crate::state::app::AppState;
use crate::state::session::{SessionAnswer, SessionQuery};
use crate::theme::space;
use crate::widget::chip::chip;

/// The panel's name among what the window remembers.
const PANEL: &str = "session-findings";

/// Shows the panel.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, _)) = session(ui, state) else { return };
    let Some(SessionAnswer::Causes(found)) = answer(ui, open, SessionQuery::Causes, actions) else { return };
    sentence_ui(ui, &found.report.headline, actions);
    let tables = [("findings", "Findings"), ("parts", "Slowest requests")];
    let shown = open.choices.get(PANEL).copied().unwrap_or(0).min(1);
    let Some(table) = found.report.tables.iter().find(|table| tables.get(shown).is_some_and(|of| of.0 == table.id))
    else {
        return;
    };
    let mut chosen = None;
    let lead = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, (id, title)) in tables.iter().enumerate() {
            let rows = found.report.tables.iter().find(|table| table.id == *id).map_or(0, |table| table.len());
            if chip(ui, &format!("{title} ({})", count(rows as u64)), at == shown).clicked() {
                chosen = Some(at);
            }
        }
        ui.add_space(space::S);
    };
    let target = |row: usize| -> Vec<(&'static str, Action)> {
        if table.id == "parts" {
            return found.parts.get(row).map(|sum| place_of(&sum.part)).into_iter().collect();
        }
        let finding = found.findings.get(row);
        let show = |(service, rank): &(u32, usize)| {
            ("Show in its service", Action::Session(SessionAction::ShowFinding(*service, *rank)))
        };
        finding.map(show).into_iter().collect()
    };
    let key = format!("session-findings.{}", table.id);
    session_table_ui(ui, (state, open), (&key, table, None), lead, target, actions);
    if let Some(at) = chosen {
        actions.push(SessionAction::Choose(PANEL, at));
    }
}
