//! How far something is.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme::tokens;

/// Height of the bar, points.
const HEIGHT: f32 = 6.0;

/// A bar of `width` points, filled to `part` (0 to 1).
pub fn progress_bar(ui: &mut Ui, part: f32, width: f32) -> Response {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress");
        info.value = Some(f64::from(part));
        info
    });
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_filled(rect, HEIGHT / 2.0, tokens.hovered);
    if part > 0.0 {
        let done = Rect::from_min_size(rect.min, vec2((width * part).max(HEIGHT), HEIGHT));
        ui.painter().rect_filled(done, HEIGHT / 2.0, tokens.accent);
    }
    response
}
