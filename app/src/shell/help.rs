//! The sheet of all keys, made of the table of commands.

use egui::{Area, Context, Frame, Id, Margin, Order, RichText, ScrollArea, Ui, vec2};

use crate::action::action::{Actions, PanelAction};
use crate::action::commands::COMMANDS;
use crate::action::keymap;
use crate::action::menu::Group;
use crate::state::app::AppState;
use crate::state::settings::Settings;
use crate::state::sheet::Sheet;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::keycap::keycaps;
use crate::widget::link::link;

/// Columns of the sheet: which groups stand under one another.
const COLUMNS: [&[Group]; 3] = [
    &[Group::Move, Group::Panels, Group::Analyses],
    &[Group::Follow, Group::Compare, Group::Session, Group::Help],
    &[Group::File, Group::View],
];
const COLUMN_WIDTH: f32 = 290.0;
/// What the mouse does on the timeline.
const MOUSE: [(&str, &str); 6] = [
    ("Wheel", "Scroll lanes"),
    ("Ctrl+Wheel", "Zoom at the pointer"),
    ("Drag", "Pan"),
    ("Ctrl+Drag", "Zoom to a range"),
    ("Shift+Drag", "Select time on rows"),
    ("Click", "Select a span"),
];

/// Shows it while it is open.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    if !state.help_open {
        return;
    }
    let tokens = tokens::of(ctx);
    let screen = ctx.content_rect();
    let width = (3.0 * COLUMN_WIDTH + 2.0 * space::XL + 2.0 * space::XL).min(screen.width() - space::XXL);
    let sheet = Area::new(Id::unique("help"))
        .order(Order::Foreground)
        .anchor(egui::Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .default_size(screen.size());
    ctx.layer_painter(egui::LayerId::new(Order::Middle, Id::unique("help-ground"))).rect_filled(
        screen,
        0.0,
        tokens.background.gamma_multiply(0.6),
    );
    let shown = sheet.show(ctx, |ui| {
        Frame::popup(ui.style()).inner_margin(Margin::same(24)).corner_radius(10).show(ui, |ui| {
            ui.set_width(width - 2.0 * space::XL);
            ui.horizontal(|ui| {
                ui.label(RichText::new("Keyboard and mouse").font(fonts::title()));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = space::M;
                    if icon_button(ui, icons::CLOSE, "Close", "Esc", true).clicked() {
                        actions.push(PanelAction::ToggleHelp);
                    }
                    if link(ui, "Change keys…").clicked() {
                        actions.push(PanelAction::ToggleHelp);
                        actions.push(PanelAction::Sheet(Some(Sheet::Keys)));
                    }
                });
            });
            ui.add_space(space::S);
            let most = screen.height() - 160.0;
            ScrollArea::vertical().max_height(most).auto_shrink([false, true]).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = space::XL;
                    // The scroll bar lies beside the last keys, not on them.
                    let column = (ui.available_width() - 2.0 * space::XL - space::M) / 3.0;
                    for groups in COLUMNS {
                        ui.vertical(|ui| {
                            ui.set_width(column);
                            for group in groups {
                                group_ui(ui, *group, &state.settings);
                            }
                            if groups.contains(&Group::View) {
                                mouse_ui(ui);
                            }
                        });
                    }
                });
            });
        });
    });
    let outside = ctx.input(|input| {
        input.pointer.any_click() && input.pointer.interact_pos().is_some_and(|at| !shown.response.rect.contains(at))
    });
    if outside {
        actions.push(PanelAction::ToggleHelp);
    }
}

fn group_ui(ui: &mut Ui, group: Group, settings: &Settings) {
    crate::widget::section::heading(ui, group.title());
    for command in COMMANDS.iter().filter(|command| command.group == group) {
        let Some(chord) = keymap::keys_of(command, settings).first().copied() else { continue };
        line_ui(ui, command.name, |ui| {
            keycaps(ui, &chord.caps());
        });
    }
}

fn mouse_ui(ui: &mut Ui) {
    crate::widget::section::heading(ui, "Mouse");
    for (what, does) in MOUSE {
        let caps: Vec<String> = what.split('+').map(str::to_owned).collect();
        line_ui(ui, does, |ui| {
            keycaps(ui, &caps);
        });
    }
}

fn line_ui(ui: &mut Ui, name: &str, keys: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 20.0),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.label(name);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), keys);
        },
    );
}
