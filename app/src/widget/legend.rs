//! What colours mean: swatches with names, side by side.

use egui::{Align, Color32, Layout, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use crate::theme::{fonts, space, tokens};

/// Side of a swatch, points.
const SWATCH: f32 = 8.0;

/// The width that an entry takes, points.
fn entry_width(ui: &Ui, name: &str) -> f32 {
    let size = ui.painter().layout_no_wrap(name.to_owned(), fonts::small(), Color32::PLACEHOLDER).size();
    SWATCH + space::XS + size.x
}

/// The width that all entries take, points.
pub fn legend_width(ui: &Ui, entries: &[(&str, Color32)]) -> f32 {
    entries.iter().map(|(name, _)| entry_width(ui, name) + space::M).sum::<f32>() - space::M
}

/// At the right end of the line: the first name leftmost. Where there is no room for all, the last ones are missing.
pub fn legend(ui: &mut Ui, entries: &[(&str, Color32)]) {
    let tokens = tokens::of(ui.ctx());
    let mut room = ui.available_width() + space::M;
    let fitting = entries.iter().take_while(|(name, _)| {
        room -= entry_width(ui, name) + space::M;
        room >= 0.0
    });
    let fitting = fitting.count();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        for (name, color) in entries.iter().take(fitting).rev() {
            let galley = ui.painter().layout_no_wrap((*name).to_owned(), fonts::small(), tokens.muted);
            let size = vec2(SWATCH + space::XS + galley.size().x, galley.size().y);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, *name));
            let swatch = Rect::from_center_size(rect.left_center() + vec2(SWATCH / 2.0, 0.0), vec2(SWATCH, SWATCH));
            ui.painter().rect_filled(swatch, 2.0, *color);
            ui.painter().galley(rect.min + vec2(SWATCH + space::XS, 0.0), galley, tokens.muted);
        }
    });
}
