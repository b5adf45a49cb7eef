//! What a document shows of which nothing could be read: what it is instead, and what to do.

use egui::{Frame, Label, Margin, RichText, Ui, vec2};

use crate::action::action::{Action, Actions, FileAction};
use crate::fmt::words;
use crate::state::document::{Document, Source};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, glyph, text_button};
use crate::widget::link::copy_button;

/// Room for the button that copies, points.
const COPY_ROOM: f32 = 32.0;

/// Shows it. `sentence` says why, beginning in lower case: "it is …".
pub fn ui(ui: &mut Ui, document: &Document, sentence: &str, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.add_space((ui.available_height() * 0.32 - 60.0).max(space::XL));
    ui.vertical_centered(|ui| {
        ui.set_max_width(space::TEXT_WIDTH);
        let (icon, _) = ui.allocate_exact_size(vec2(56.0, 56.0), egui::Sense::hover());
        glyph(ui, icon, icons::BAD_FILE, fonts::icon_sized(44.0), tokens.muted);
        ui.add_space(space::S);
        let title = format!("{} cannot be opened", document.title());
        ui.add(Label::new(RichText::new(title).font(fonts::title())).wrap());
        ui.add_space(space::S);
        for told in words::sentences(sentence) {
            ui.add_space(space::XS);
            match words::command_at_end(&told) {
                Some((before, command)) => {
                    ui.add(Label::new(format!("{before}:")).wrap().selectable(true));
                    command_ui(ui, command, actions);
                }
                None => {
                    ui.add(Label::new(told).wrap().selectable(true));
                }
            }
        }
        if let Source::Path(path) = &document.source {
            ui.add_space(space::M);
            let path = RichText::new(crate::fmt::name::path(path)).font(fonts::mono()).color(tokens.muted);
            ui.add(Label::new(path).wrap().selectable(true));
        }
        ui.add_space(space::XL);
        ui.horizontal(|ui| {
            let width = 320.0;
            ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
            if text_button(ui, Kind::Primary, icons::OPEN, "Open another…").clicked() {
                actions.push(FileAction::OpenDialog);
            }
            if text_button(ui, Kind::Plain, "", "Try again").clicked() {
                actions.push(FileAction::Reload(document.id));
            }
            if text_button(ui, Kind::Plain, "", "Close").clicked() {
                actions.push(FileAction::CloseDocument(document.id));
            }
        });
    });
}

/// A command on a line of its own, to be selected or copied.
fn command_ui(ui: &mut Ui, command: &str, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.add_space(space::XS);
    Frame::new().fill(tokens.raised).corner_radius(space::RADIUS).inner_margin(Margin::symmetric(12, 6)).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                let room = (ui.available_width() - COPY_ROOM).max(0.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.add(Label::new(RichText::new(command).font(fonts::mono())).wrap().selectable(true));
                });
                ui.add_space((ui.available_width() - COPY_ROOM).max(0.0));
                if copy_button(ui, "the command") {
                    actions.push(Action::Copy(command.to_owned()));
                }
            });
        },
    );
}
