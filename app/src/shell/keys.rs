//! The keys of all commands, to be changed: a click on a command's keys waits for the new one. Keys that two commands have
//! are reported.

use egui::{Align, Layout, RichText, Sense, Ui, WidgetInfo, vec2};

use crate::action::action::{Actions, SettingsAction};
use crate::action::commands::{COMMANDS, Command};
use crate::action::keymap;
use crate::action::menu::Group;
use crate::state::app::AppState;
use crate::theme::{fonts, space, tokens};
use crate::widget::keycap::keycaps;
use crate::widget::link::link_in;
use crate::widget::section::heading;

/// Height of a line, points.
const LINE: f32 = 26.0;
/// Room for the keys of a command, points.
const KEYS: f32 = 190.0;
/// Room for what can be done with them, points.
const LINKS: f32 = 130.0;

/// Shows all commands with their keys, and takes new ones.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let muted = tokens::of(ui.ctx()).muted;
    ui.horizontal(|ui| {
        ui.label(RichText::new("Click a command's keys, then press the new ones. Esc cancels.").color(muted));
        if !state.settings.keys.is_empty() && link_in(ui, "Reset all", fonts::small()).clicked() {
            actions.push(SettingsAction::UsualKeys(None));
        }
    });
    for group in Group::ALL {
        heading(ui, group.title());
        for command in COMMANDS.iter().filter(|command| command.group == group && command.id != "escape") {
            line_ui(ui, state, command, actions);
        }
    }
}

fn line_ui(ui: &mut Ui, state: &AppState, command: &Command, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let settings = &state.settings;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), LINE), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let name_width = (ui.available_width() - KEYS - LINKS - 2.0 * space::L).max(160.0);
        ui.allocate_ui_with_layout(vec2(name_width, LINE), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(name_width);
            ui.label(command.name).on_hover_text(command.help);
            if let Some((chord, other)) = keymap::conflict(command, settings) {
                let text = format!("{chord} is also “{}”", other.name.trim_end_matches('…'));
                ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
            }
        });
        ui.allocate_ui_with_layout(vec2(KEYS, LINE), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(KEYS);
            keys_ui(ui, state, command, actions);
        });
        if !keymap::keys_of(command, settings).is_empty() && link_in(ui, "Remove", fonts::small()).clicked() {
            actions.push(SettingsAction::BindKey(command.id, None));
        }
        if settings.keys.contains_key(command.id) && link_in(ui, "Reset", fonts::small()).clicked() {
            actions.push(SettingsAction::UsualKeys(Some(command.id)));
        }
    });
}

/// The keys of a command as a button that waits for others.
fn keys_ui(ui: &mut Ui, state: &AppState, command: &Command, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let is_asked = state.asked_key == Some(command.id);
    let keys = keymap::keys_of(command, &state.settings);
    let shown = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if is_asked {
            ui.label(RichText::new("Press a key…").color(tokens.accent));
        } else if keys.is_empty() {
            ui.label(RichText::new("None").color(tokens.muted));
        }
        for chord in keys.iter().filter(|_| !is_asked).take(2) {
            keycaps(ui, &chord.caps());
        }
    });
    let response = ui.interact(shown.response.rect, ui.scope_id().with(("keys", command.id)), Sense::click());
    let name = format!("Change the keys of {}", command.name.trim_end_matches('…'));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().hline(shown.response.rect.x_range(), shown.response.rect.bottom(), (1.0, tokens.accent));
    }
    if response.on_hover_text(name.as_str()).clicked() {
        actions.push(SettingsAction::AskKey((!is_asked).then_some(command.id)));
    }
}
