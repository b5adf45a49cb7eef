//! Text that leads somewhere, and text to copy.

use egui::{CursorIcon, FontId, Label, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::theme::{fonts, icons, space, tokens};

/// Text in the accent that can be clicked; cut with an ellipsis where there is no room.
pub fn link(ui: &mut Ui, text: &str) -> Response {
    link_in(ui, text, fonts::body())
}

/// The same in a font of one's choice.
pub fn link_in(ui: &mut Ui, text: &str, font: FontId) -> Response {
    let tokens = tokens::of(ui.ctx());
    let label = RichText::new(text).font(font).color(tokens.accent);
    let response = ui.add(Label::new(label).truncate().sense(Sense::click()));
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), text));
    if response.hovered() || response.has_focus() {
        let rect = response.rect;
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, tokens.accent));
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A small icon that copies something. True when it was clicked.
pub fn copy_button(ui: &mut Ui, what: &str) -> bool {
    let name = format!("Copy {what}");
    let (rect, response) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    let tokens = tokens::of(ui.ctx());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hovered);
    }
    let color = if response.hovered() { tokens.text } else { tokens.muted };
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icons::COPY, fonts::icon_sized(14.0), color);
    response.on_hover_text(name).clicked()
}
