//! A bar of coloured parts that add up to a whole.

use egui::{Color32, Response, Sense, Ui, pos2, vec2};

use crate::theme::{space, tokens};

/// The parts of a whole side by side, over the full width: `(size, colour)`. What is there is seen,
/// however small.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "parts of a width on screen")]
pub fn proportion(ui: &mut Ui, parts: &[(u64, Color32)], name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 12.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_filled(rect, space::RADIUS, tokens.raised);
    let whole: u64 = parts.iter().map(|(size, _)| size).sum();
    let shown = parts.iter().filter(|(size, _)| *size > 0).count();
    if whole == 0 {
        return response;
    }
    // A point for each, the rest by size.
    let room = f64::from(rect.width()) - shown as f64;
    let mut x = f64::from(rect.min.x);
    for &(size, color) in parts.iter().filter(|(size, _)| *size > 0) {
        let width = 1.0 + room * (size as f64 / whole as f64);
        let part = egui::Rect::from_min_max(pos2(x as f32, rect.min.y), pos2((x + width) as f32, rect.max.y));
        ui.painter().rect_filled(part, 0.0, color);
        x += width;
    }
    response
}
