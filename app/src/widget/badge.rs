//! The letter of one of two traces that are compared, on a ground of its colour; the number of one of a series.

use egui::{Align2, Painter, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme::lanes::text_on;
use crate::theme::{fonts, tokens};

/// Width and height of the badge, points.
const SIDE: f32 = 16.0;

/// The badge of the first (0) or the second (1) trace.
pub fn badge(ui: &mut Ui, at: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, letter(at)));
    paint_badge(ui.painter(), rect, at, tokens::of(ui.ctx()));
    response
}

/// The same where there is a place for it already.
pub fn paint_badge(painter: &Painter, rect: Rect, at: usize, tokens: &tokens::Tokens) {
    let ground = tokens.sides.get(at).copied().unwrap_or(tokens.muted);
    let rect = Rect::from_center_size(rect.center(), vec2(SIDE, SIDE));
    painter.rect_filled(rect, 4.0, ground);
    painter.text(rect.center(), Align2::CENTER_CENTER, letter(at), fonts::small_strong(), text_on(ground));
}

/// The number of a recording of a series, from 0, in the same shape.
pub fn paint_number(painter: &Painter, rect: Rect, at: usize, tokens: &tokens::Tokens) {
    let rect = Rect::from_center_size(rect.center(), vec2(SIDE, SIDE));
    painter.rect_filled(rect, 4.0, tokens.pressed);
    painter.text(rect.center(), Align2::CENTER_CENTER, at + 1, fonts::small_strong(), tokens.text);
}

const fn letter(at: usize) -> &'static str {
    if at == 0 { "A" } else { "B" }
}
