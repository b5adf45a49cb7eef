//! Buttons: an icon alone, or an icon and a word. Their accessible name is the word, or the hint.

use egui::{
    Align2, Color32, CursorIcon, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::theme::{fonts, space, tokens};

/// What a button looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one thing to do on a screen.
    Primary,
    /// Anything else to do.
    Plain,
    /// Without a ground of its own until the pointer comes.
    Quiet,
}

/// An icon that does something. `hint` says what, `key` (may be empty) how else.
pub fn icon_button(ui: &mut Ui, icon: &str, hint: &str, key: &str, enabled: bool) -> Response {
    icon_switch(ui, icon, hint, key, enabled, None)
}

/// The same for something that is on or off.
pub fn icon_toggle(ui: &mut Ui, icon: &str, hint: &str, key: &str, on: bool) -> Response {
    icon_switch(ui, icon, hint, key, true, Some(on))
}

fn icon_switch(ui: &mut Ui, icon: &str, hint: &str, key: &str, enabled: bool, on: Option<bool>) -> Response {
    let side = space::ICON_BUTTON;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), sense);
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, enabled, on, hint),
        None => WidgetInfo::labeled(Role::Button, enabled, hint),
    });
    let tokens = tokens::of(ui.ctx());
    let fill = match () {
        () if !enabled => Color32::TRANSPARENT,
        () if response.is_pointer_button_down_on() => tokens.pressed,
        () if response.hovered() || response.has_focus() => tokens.hovered,
        () if on == Some(true) => tokens.raised,
        () => Color32::TRANSPARENT,
    };
    let color = match () {
        () if !enabled => tokens.muted.gamma_multiply(0.45),
        () if on == Some(true) => tokens.accent,
        () if response.hovered() => tokens.text,
        () => tokens.muted,
    };
    ui.painter().rect_filled(rect, space::RADIUS, fill);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, fonts::icon(), color);
    let hint = if key.is_empty() { hint.to_owned() } else { format!("{hint}  ({key})") };
    response.on_hover_text(hint)
}

/// A button with a word, and an icon before it unless `icon` is empty.
pub fn text_button(ui: &mut Ui, kind: Kind, icon: &str, text: &str) -> Response {
    let tokens = tokens::of(ui.ctx());
    let font = if kind == Kind::Primary { fonts::strong() } else { fonts::body() };
    let on_accent = if tokens.dark { tokens.background } else { tokens.popup };
    let color = if kind == Kind::Primary { on_accent } else { tokens.text };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let height = if kind == Kind::Primary { 36.0 } else { 28.0 };
    let icon_room = if icon.is_empty() { 0.0 } else { fonts::ICON_POINTS + space::S };
    let side_room = if kind == Kind::Quiet { space::S } else { space::L };
    let size = vec2(galley.size().x + icon_room + 2.0 * side_room, height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    let (down, over) = (response.is_pointer_button_down_on(), response.hovered());
    let fill = match kind {
        Kind::Primary if down => tokens.accent.gamma_multiply(0.8),
        Kind::Primary if over => tokens.accent.gamma_multiply(0.9),
        Kind::Primary => tokens.accent,
        _ if down => tokens.pressed,
        _ if over => tokens.hovered,
        Kind::Plain => tokens.raised,
        Kind::Quiet => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, space::RADIUS, fill);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, space::RADIUS, Stroke::new(2.0, tokens.accent), StrokeKind::Outside);
    }
    let mut x = rect.min.x + side_room;
    if !icon.is_empty() {
        glyph(
            ui,
            Rect::from_min_size(pos2(x, rect.min.y), vec2(fonts::ICON_POINTS, height)),
            icon,
            fonts::icon(),
            color,
        );
        x += icon_room;
    }
    ui.painter().galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, color);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// An icon in the middle of a rectangle.
pub fn glyph(ui: &Ui, rect: Rect, icon: &str, font: FontId, color: Color32) {
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, font, color);
}
