//! What a document shows of which nothing could be read: what it is instead, and what to do.

use egui::{Label, RichText, Ui, vec2};

use crate::action::action::{Action, Actions};
use crate::fmt::words;
use crate::state::document::{Document, Source};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, glyph, text_button};

/// Shows it. `sentence` says why, beginning in lower case: "it is …".
pub fn ui(ui: &mut Ui, document: &Document, sentence: &str, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.add_space((ui.available_height() * 0.32 - 60.0).max(space::XL));
    ui.vertical_centered(|ui| {
        ui.set_max_width(space::TEXT_WIDTH);
        let (icon, _) = ui.allocate_exact_size(vec2(56.0, 56.0), egui::Sense::hover());
        glyph(ui, icon, icons::BAD_FILE, fonts::icon_sized(44.0), tokens.muted);
        ui.add_space(space::S);
        let title = format!("{} cannot be opened", document.source.title());
        ui.add(Label::new(RichText::new(title).font(fonts::title())).wrap());
        ui.add_space(space::S);
        let sentence = RichText::new(words::sentence(sentence)).color(tokens.text);
        ui.add(Label::new(sentence).wrap().selectable(true));
        if let Source::Path(path) = &document.source {
            ui.add_space(space::XS);
            let path = RichText::new(crate::fmt::name::path(path)).font(fonts::mono()).color(tokens.muted);
            ui.add(Label::new(path).wrap().selectable(true));
        }
        ui.add_space(space::XL);
        ui.horizontal(|ui| {
            let width = 320.0;
            ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
            if text_button(ui, Kind::Primary, icons::OPEN, "Open another…").clicked() {
                actions.push(Action::OpenDialog);
            }
            if text_button(ui, Kind::Plain, "", "Try again").clicked() {
                actions.push(Action::Reload(document.id));
            }
            if text_button(ui, Kind::Plain, "", "Close").clicked() {
                actions.push(Action::CloseDocument(document.id));
            }
        });
    });
}
