//! A small choice among several that stand side by side.

use egui::{CursorIcon, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::theme::{fonts, space, tokens};

/// Height of a chip, points.
const HEIGHT: f32 = 20.0;
/// Widest that one gets, points.
const WIDEST: f32 = 260.0;

/// A chip with this text; `on` is the chosen one.
pub fn chip(ui: &mut Ui, text: &str, on: bool) -> Response {
    let tokens = tokens::of(ui.ctx());
    let font = if on { fonts::small_strong() } else { fonts::small() };
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, egui::Color32::PLACEHOLDER);
    job.wrap = egui::text::TextWrapping::truncate_at_width(WIDEST);
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 2.0 * space::S, HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, text));
    let (over, down) = (response.hovered(), response.is_pointer_button_down_on());
    let fill = match () {
        () if on => tokens.accent.gamma_multiply(0.2),
        () if down => tokens.pressed,
        () if over => tokens.hovered,
        () => tokens.raised,
    };
    ui.painter().rect_filled(rect, HEIGHT / 2.0, fill);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, HEIGHT / 2.0, Stroke::new(1.0, tokens.accent), StrokeKind::Outside);
    }
    let color = if on { tokens.text } else { tokens.muted };
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    response.on_hover_cursor(CursorIcon::PointingHand)
}
