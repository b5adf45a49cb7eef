//! Keys as they look on a keyboard.

use egui::{FontId, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::theme::{fonts, space, tokens};

/// A row of key caps, one for each of `caps`.
pub fn keycaps(ui: &mut Ui, caps: &[String]) -> Response {
    let tokens = tokens::of(ui.ctx());
    let font: FontId = fonts::small();
    let galleys: Vec<_> =
        caps.iter().map(|cap| ui.painter().layout_no_wrap(cap.clone(), font.clone(), tokens.text)).collect();
    let height = 20.0;
    let widths: Vec<f32> = galleys.iter().map(|galley| (galley.size().x + 12.0).max(height)).collect();
    let gaps = space::XS * widths.len().saturating_sub(1) as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(widths.iter().sum::<f32>() + gaps, height), Sense::hover());
    let mut x = rect.min.x;
    for (galley, width) in galleys.into_iter().zip(widths) {
        let cap = egui::Rect::from_min_size(pos2(x, rect.min.y), vec2(width, height));
        ui.painter().rect(cap, space::RADIUS, tokens.raised, Stroke::new(1.0, tokens.hovered), StrokeKind::Inside);
        ui.painter().galley(cap.center() - galley.size() / 2.0, galley, tokens.text);
        x += width + space::XS;
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, caps.join("+")));
    response
}
