//! Where the time of the request that is shown went, through all services: a sentence, and its wait chain added up or step
//! by step. A click leads to the lane on which it happened.

use egui::{RichText, Ui};
use trace_core::session::path::Part;

use crate::action::action::Actions;
use crate::action::session_action::SessionAction;
use crate::fmt::number::count;
use crate::panel::session_table::{answer, place_of, sentence_ui, session, session_table_ui};
use crate::state::app::AppState;
use crate::state::session::{RequestView, SessionAnswer, SessionQuery};
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::section::empty;

/// The panel's name among what the window remembers.
const PANEL: &str = "request";

/// Shows one request of the session: its parts, and the spans of each.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, built)) = session(ui, state) else { return };
    let Some(request) = open.request else {
        empty(ui, "Choose a request in the list, or on the request lane, to see where its time went");
        return;
    };
    let Some(SessionAnswer::Request(view)) = answer(ui, open, SessionQuery::Request(request), actions) else { return };
    sentence_ui(ui, &view.report.headline, actions);
    if let Some(request) = built.request(request) {
        let tokens = tokens::of(ui.ctx());
        ui.label(RichText::new(format!("ID {}", request.id)).font(fonts::mono_small()).color(tokens.muted));
    }
    let tables: Vec<_> = view.report.listed().collect();
    let shown = open.choices.get(PANEL).copied().unwrap_or(0);
    let Some(table) = tables.get(shown).or_else(|| tables.first()) else { return };
    let is_sums = table.id == "parts";
    let mut chosen = None;
    let lead = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, offered) in tables.iter().enumerate() {
            let title = format!("{} ({})", offered.title, count(offered.len() as u64));
            if chip(ui, &title, offered.id == table.id).clicked() {
                chosen = Some(at);
            }
        }
        ui.add_space(space::S);
    };
    let target = |row: usize| part(view, is_sums, row).map(place_of).into_iter().collect();
    let key = format!("request.{}", table.id);
    session_table_ui(ui, (state, open), (&key, table, None), lead, target, actions);
    if let Some(at) = chosen {
        actions.push(SessionAction::Choose(PANEL, at));
    }
}

/// What a row is about.
fn part(view: &RequestView, is_sums: bool, row: usize) -> Option<&Part> {
    let explained = &view.explained;
    if is_sums { explained.sums.get(row).map(|sum| &sum.part) } else { explained.parts.get(row) }
}
