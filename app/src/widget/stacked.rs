//! Shares that stand on each other, column by column: what a crowd did over time.

use egui::epaint::Mesh;
use egui::{Align2, Color32, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{fonts, tokens};

/// What a chart of stacked areas shows.
#[derive(Clone, Copy, Debug)]
pub struct Stacked<'a> {
    /// What it shows, for assistive technology.
    pub name: &'a str,
    /// Colours from the bottom up.
    pub colors: &'a [Color32],
    /// Columns: the height of each colour, in units of value.
    pub columns: &'a [Vec<f64>],
    /// The value at the top.
    pub highest: f64,
    /// What is written at the top left, and at the two lower ends.
    pub texts: [&'a str; 3],
    /// Height of the chart, points.
    pub height: f32,
}

/// Shows it as wide as there is room; the column under the pointer, with the response.
pub fn stacked(ui: &mut Ui, shown: &Stacked<'_>) -> (Response, Option<usize>) {
    let tokens = tokens::of(ui.ctx());
    let (place, response) = ui.allocate_exact_size(vec2(ui.available_width(), shown.height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, shown.name));
    let area = Rect::from_min_max(place.min, pos2(place.max.x, place.max.y - 16.0));
    let painter = ui.painter_at(place);
    painter.rect_filled(area, 0.0, tokens.background);
    let width = area.width() / shown.columns.len().max(1) as f32;
    let scale = f64::from(area.height()) / shown.highest.max(f64::MIN_POSITIVE);
    let mut mesh = Mesh::default();
    for (at, column) in shown.columns.iter().enumerate() {
        let left = area.left() + at as f32 * width;
        let mut sum = 0.0;
        for (value, color) in column.iter().zip(shown.colors).filter(|(value, _)| **value > 0.0) {
            let bottom = area.bottom() - (sum * scale) as f32;
            sum += value;
            let top = area.bottom() - (sum.min(shown.highest) * scale) as f32;
            mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(left + width, bottom)), *color);
        }
    }
    painter.add(Shape::mesh(mesh));
    painter.hline(area.x_range(), area.bottom(), Stroke::new(1.0, tokens.line));
    let [top, first, last] = shown.texts;
    let galley = painter.layout_no_wrap(top.to_owned(), fonts::small(), tokens.muted);
    let ground = Rect::from_min_size(area.min, galley.size() + vec2(8.0, 2.0));
    painter.rect_filled(ground, 0.0, tokens.background.gamma_multiply(0.8));
    painter.galley(area.min + vec2(4.0, 1.0), galley, tokens.muted);
    painter.text(pos2(area.min.x, place.max.y), Align2::LEFT_BOTTOM, first, fonts::small(), tokens.muted);
    painter.text(pos2(area.max.x, place.max.y), Align2::RIGHT_BOTTOM, last, fonts::small(), tokens.muted);
    let hovered = response.hover_pos().filter(|at| area.contains(*at)).map(|at| {
        painter.vline(at.x, area.y_range(), Stroke::new(1.0, tokens.text));
        ((at.x - area.left()) / width.max(f32::MIN_POSITIVE)) as usize
    });
    (response, hovered.filter(|at| *at < shown.columns.len()))
}
