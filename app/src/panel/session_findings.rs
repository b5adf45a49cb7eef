//! What costs the session its time: where that of the slowest requests went, and the findings of all services.

use egui::Ui;

use crate::action::action::{Action, Actions};
use crate::action::session_action::SessionAction;
use crate::action::session_contrast::CHANGES;
use crate::fmt::name::last_part;
use crate::fmt::number::count;
use crate::panel::session_table::{answer, place_of, quiet_ui, sentence_ui, session, session_table_ui};
use crate::panel::working;
use crate::state::app::AppState;
use crate::state::session::{Contrast, ContrastStage, OpenSession, SessionAnswer, SessionQuery};
use crate::theme::space;
use crate::widget::chip::chip;

/// The panel's name among what the window remembers.
const PANEL: &str = CHANGES.0;

/// Shows where the slowest requests' time went, and what was found in each service.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, _)) = session(ui, state) else { return };
    if let Some(contrast) = open.contrast.as_ref().filter(|_| open.choices.get(PANEL) == Some(&CHANGES.1)) {
        contrast_ui(ui, (state, open), contrast, actions);
        return;
    }
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
        if let Some(contrast) = &open.contrast
            && chip(ui, &changes_title(contrast), false).clicked()
        {
            chosen = Some(CHANGES.1);
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

fn changes_title(contrast: &Contrast) -> String {
    format!("Changes to {}", last_part(&contrast.path))
}

/// What changed from the session to another one.
fn contrast_ui(ui: &mut Ui, (state, open): (&AppState, &OpenSession), contrast: &Contrast, actions: &mut Actions) {
    let mut chosen = None;
    let lead = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, title) in ["Findings", "Slowest requests"].into_iter().enumerate() {
            if chip(ui, title, false).clicked() {
                chosen = Some(at);
            }
        }
        chip(ui, &changes_title(contrast), true);
        ui.add_space(space::S);
    };
    match &contrast.stage {
        ContrastStage::Done(report) => {
            for sentence in report.sentences.iter().take(4) {
                sentence_ui(ui, sentence, actions);
            }
            let Some(table) = report.tables.first() else { return };
            let key = "session-findings.changes";
            session_table_ui(ui, (state, open), (key, table, None), lead, |_| Vec::new(), actions);
        }
        ContrastStage::Working(_) => {
            ui.horizontal(lead);
            working(ui, "Comparing…");
        }
        ContrastStage::Failed(why) => {
            ui.horizontal(lead);
            quiet_ui(ui, why);
        }
    }
    if let Some(at) = chosen {
        actions.push(SessionAction::Choose(PANEL, at));
    }
}
