//! The strip over a damaged trace: that it is damaged, and on demand every warning.

use egui::{Frame, Label, Margin, Panel, RichText, ScrollArea, Ui, vec2};

use crate::action::action::{Action, Actions, PanelAction};
use crate::fmt::escape::visible;
use crate::fmt::number::count;
use crate::fmt::words;
use crate::state::app::AppState;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::glyph;
use crate::widget::link::{copy_button, link};

/// Room for the place in the file.
const PLACE_WIDTH: f32 = 220.0;

/// Shows it for a trace with damage; for one with mere remarks only when asked.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let warnings: Vec<_> = document.warnings().collect();
    let damage = warnings.iter().filter(|warning| warning.kind.is_damage()).count();
    if warnings.is_empty() || (damage == 0 && !state.warnings_open) {
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let ground = tokens.warning.gamma_multiply(if tokens.dark { 0.13 } else { 0.16 });
    Panel::top("damage").show_separator_line(false).frame(Frame::NONE.fill(tokens.background)).show(ui, |ui| {
        Frame::NONE.fill(ground).inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
            ui.horizontal(|ui| {
                let (icon, _) = ui.allocate_exact_size(vec2(18.0, 18.0), egui::Sense::hover());
                glyph(ui, icon, icons::WARNING, fonts::icon(), tokens.warning);
                let first = warnings.iter().find(|warning| warning.kind.is_damage()).or_else(|| warnings.first());
                let first = first.map(|warning| words::sentence(&warning.message)).unwrap_or_default();
                let text = match warnings.len() {
                    1 => first,
                    all => format!("{first} And {}.", words::counted(all as u64 - 1, "more warning")),
                };
                let lead = if damage > 0 { "This trace is damaged: what is readable is shown." } else { "" };
                if !lead.is_empty() {
                    ui.label(RichText::new(lead).font(fonts::strong()));
                }
                let action = if state.warnings_open { "Hide warnings" } else { "Show warnings" };
                let room = (ui.available_width() - 120.0).max(40.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.add(Label::new(RichText::new(text).color(tokens.text)).truncate());
                });
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if link(ui, action).clicked() {
                        actions.push(PanelAction::ToggleWarnings);
                    }
                });
            });
            if state.warnings_open {
                list_ui(ui, state, actions);
            }
        });
    });
}

fn list_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let tokens = tokens::of(ui.ctx());
    let warnings: Vec<_> = document.warnings().collect();
    ui.add_space(space::XS);
    let height = (warnings.len() as f32 * (space::ROW + 1.0) + space::XS).min(220.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("warnings")
        .min_scrolled_height(height)
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, space::ROW, warnings.len(), |ui, range| {
            for warning in range.filter_map(|at| warnings.get(at)) {
                ui.horizontal(|ui| {
                    ui.set_height(space::ROW);
                    let place = match warning.generation {
                        0 => format!("byte {}", count(warning.offset)),
                        generation => format!("byte {}, generation {generation}", count(warning.offset)),
                    };
                    if copy_button(ui, "this warning") {
                        actions.push(Action::Copy(visible(&warning.to_string()).into_owned()));
                    }
                    let place = RichText::new(place).font(fonts::mono()).color(tokens.muted);
                    ui.allocate_ui_with_layout(
                        vec2(PLACE_WIDTH, space::ROW),
                        egui::Layout::left_to_right(egui::Align::Center),
                        |ui| {
                            ui.set_min_width(PLACE_WIDTH);
                            ui.add(Label::new(place).truncate());
                        },
                    );
                    let times =
                        if warning.count > 1 { format!(" ({} times)", count(warning.count)) } else { String::new() };
                    let message = format!("{}{times}", words::sentence(&warning.message));
                    let cure = warning.kind.cure().map_or_else(String::new, |cure| format!(" {cure}"));
                    let message = format!("{message}{cure}");
                    ui.add(Label::new(&message).truncate()).on_hover_text(message);
                });
            }
        });
}
