//! A line in a menu: a check mark, a name, a key.

use egui::{Align2, Popup, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{fonts, icons, space, tokens};

/// Room for the check mark.
const CHECK_ROOM: f32 = 24.0;
/// Least room between name and key.
const GAP: f32 = 32.0;

/// The menu under the right button of a widget: as wide as its lines, but no narrower than the menus of the bar.
pub fn context_menu(response: &Response, add_lines: impl FnOnce(&mut Ui)) {
    let width = response.ctx.global_style().spacing.menu_width;
    Popup::context_menu(response).width(width).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        add_lines(ui);
    });
}

/// A line of a menu; `key` may be empty.
pub fn menu_entry(ui: &mut Ui, name: &str, key: &str, enabled: bool, checked: bool) -> Response {
    let tokens = tokens::of(ui.ctx());
    let color = if enabled { tokens.text } else { tokens.muted.gamma_multiply(0.6) };
    let name_galley = ui.painter().layout_no_wrap(name.to_owned(), fonts::body(), color);
    let key_color = if enabled { tokens.muted } else { tokens.muted.gamma_multiply(0.6) };
    let key_galley = ui.painter().layout_no_wrap(key.to_owned(), fonts::small(), key_color);
    let width = CHECK_ROOM + name_galley.size().x + GAP + key_galley.size().x + space::S;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(width.max(ui.available_width()), 26.0), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, checked, name));
    if enabled && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hovered);
    }
    if checked {
        let at = pos2(rect.min.x + CHECK_ROOM / 2.0, rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, icons::CHECK, fonts::icon_sized(14.0), tokens.accent);
    }
    let middle = rect.center().y;
    let key_at = pos2(rect.max.x - space::S - key_galley.size().x, middle - key_galley.size().y / 2.0);
    ui.painter().galley(key_at, key_galley, key_color);
    let name_at = pos2(rect.min.x + CHECK_ROOM, middle - name_galley.size().y / 2.0);
    ui.painter().galley(name_at, name_galley, color);
    response
}
