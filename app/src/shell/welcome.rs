//! The first screen: open something.

use std::path::Path;

use egui::{Align, CursorIcon, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::action::action::{Actions, FileAction};
use crate::action::commands;
use crate::action::keymap;
use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::settings::Settings;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, glyph, text_button};
use crate::widget::keycap::keycaps;

/// Width of both columns with the room between them.
const WIDTH: f32 = 760.0;
const COLUMN: f32 = 360.0;
/// Keys to begin with.
const FIRST_KEYS: [&str; 7] = ["zoom-in", "zoom-out", "pan-left", "pan-right", "fit", "follow-out", "help"];

/// Shows the welcome screen: open, sample, recent files.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let room = ui.available_size();
    let side = ((room.x - WIDTH) / 2.0).max(space::XL);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.add_space(((room.y - 440.0) * 0.38).max(space::XL));
        ui.horizontal_top(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width((room.x - 2.0 * side).min(WIDTH));
                ui.label(RichText::new("Tracelane").font(fonts::display()));
                ui.add_space(space::XS);
                let lead = "See what your Go program did, goroutine by goroutine, and why it waited.";
                ui.label(RichText::new(lead).font(fonts::body()).color(tokens.muted));
                ui.add_space(space::XL);
                ui.horizontal(|ui| {
                    if text_button(ui, Kind::Primary, icons::OPEN, "Open trace…").clicked() {
                        actions.push(FileAction::OpenDialog);
                    }
                    ui.add_space(space::XS);
                    let (_, drop) = ui.allocate_exact_size(vec2(0.0, 36.0), Sense::hover());
                    let hint = other_way(state);
                    drop.widget_info(|| WidgetInfo::labeled(Role::Label, true, &hint));
                    let at = pos2(drop.rect.right() + space::XS, drop.rect.center().y);
                    ui.painter().text(at, egui::Align2::LEFT_CENTER, hint, fonts::body(), tokens.muted);
                });
                ui.add_space(space::XXL);
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = WIDTH - 2.0 * COLUMN;
                    ui.vertical(|ui| {
                        ui.set_width(COLUMN);
                        files_ui(ui, state, actions);
                    });
                    ui.vertical(|ui| {
                        ui.set_width(COLUMN);
                        keys_ui(ui, &state.settings);
                    });
                });
            });
        });
    });
}

/// How to open a file without the button.
fn other_way(state: &AppState) -> String {
    let key = keymap::text_of_id("open-path", &state.settings);
    match state.is_without_drops {
        false => "or drop a file anywhere in this window".to_owned(),
        true if key.is_empty() => String::new(),
        true => format!("or press {key} to type a path"),
    }
}

fn title(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(text).font(fonts::small_strong()).color(tokens.muted));
    ui.add_space(space::XS);
}

fn files_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    title(ui, "Start here");
    let about = "A server on which a request had to wait: find out why";
    if entry_ui(ui, icons::SAMPLE, "Open the sample trace", about) {
        actions.push(FileAction::OpenSample);
    }
    let recent = &state.settings.recent_files;
    if recent.is_empty() {
        return;
    }
    ui.add_space(space::L);
    title(ui, "Recent");
    for path in recent.iter().take(8) {
        let file = name::last_part(path);
        let folder = path.parent().map(at_home).unwrap_or_default();
        if entry_ui(ui, icons::FILE, &file, &folder) {
            actions.push(FileAction::Open(path.clone()));
        }
    }
}

/// A folder with the home folder as `~`.
fn at_home(folder: &Path) -> String {
    let home = directories::BaseDirs::new();
    match home.as_ref().and_then(|home| folder.strip_prefix(home.home_dir()).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", name::path(rest)),
        None => name::path(folder),
    }
}

/// A line with an icon, a name and something about it; true when clicked.
fn entry_ui(ui: &mut Ui, icon: &str, name: &str, about: &str) -> bool {
    let tokens = tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let ground = rect.expand2(vec2(space::S, 0.0));
    if response.is_pointer_button_down_on() {
        ui.painter().rect_filled(ground, 6.0, tokens.raised);
    } else if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(ground, 6.0, tokens.panel);
    }
    let icon_place = egui::Rect::from_min_size(rect.min, vec2(28.0, rect.height()));
    let icon_color = if response.hovered() { tokens.accent } else { tokens.muted };
    glyph(ui, icon_place, icon, fonts::icon_sized(20.0), icon_color);
    let words = rect.with_min_x(rect.min.x + 40.0).shrink2(vec2(0.0, space::XS));
    ui.scope_builder(egui::UiBuilder::new().max_rect(words).layout(Layout::top_down(Align::Min)), |ui| {
        ui.spacing_mut().item_spacing.y = space::HAIR;
        ui.add(Label::new(RichText::new(name).color(tokens.text)).truncate().sense(Sense::empty()));
        let about = RichText::new(about).font(fonts::small()).color(tokens.muted);
        ui.add(Label::new(about).truncate().sense(Sense::empty()));
    });
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

fn keys_ui(ui: &mut Ui, settings: &Settings) {
    title(ui, "Keys to begin with");
    for command in FIRST_KEYS.iter().filter_map(|id| commands::by_id(id)) {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 28.0), Layout::left_to_right(Align::Center), |ui| {
            ui.label(command.name);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(chord) = keymap::keys_of(command, settings).first() {
                    keycaps(ui, &chord.caps());
                }
            });
        });
    }
}
