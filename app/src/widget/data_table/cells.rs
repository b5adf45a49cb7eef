//! Cells: text, links, bars.

use egui::{
    Align, Color32, CursorIcon, Id, Label, Layout, Rect, Response, RichText, Role, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use trace_core::base::nanos::Nanos;

use crate::report::figure::Lean;
use crate::report::table::Kind;
use crate::report::value::{Shade, Value};
use crate::theme::{fonts, tokens};
use crate::widget::shade::{color, lean};

/// Room left and right of a cell's text, points.
pub(super) const PADDING: f32 = 6.0;
/// Height of a bar, points.
const BAR: f32 = 10.0;
/// Height of a column, and its width at most, points.
const COLUMN: f32 = 16.0;

/// Shows a value in its room; what was done to its link, if it has one.
pub(super) fn ui(ui: &mut Ui, id: Id, room: Rect, (value, leads): (&Value, bool), kind: Kind) -> Option<Response> {
    if let Value::Bar(parts, whole) = value {
        bar_ui(ui, room.shrink2(vec2(PADDING, 0.0)), parts, *whole);
        return None;
    }
    if let Value::Columns(columns) = value {
        columns_ui(ui, room.shrink2(vec2(PADDING, 0.0)), columns);
        return None;
    }
    let text = value.text();
    if !leads {
        let tokens = tokens::of(ui.ctx());
        let usual = if is_quiet(value) { tokens.muted } else { tokens.text };
        let color = value.lean().map_or(usual, |of| lean(tokens, of));
        put(ui, room, &text, kind, color);
        return None;
    }
    let tokens = tokens::of(ui.ctx());
    let drawn = put(ui, room, &text, kind, tokens.accent);
    let response = ui.interact(drawn.intersect(room), id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &text));
    if response.hovered() || response.has_focus() {
        ui.painter().hline(drawn.x_range(), drawn.bottom() - 1.0, Stroke::new(1.0, tokens.accent));
    }
    Some(response.on_hover_cursor(CursorIcon::PointingHand))
}

/// Text without a value behind it.
pub(super) fn label(ui: &mut Ui, room: Rect, text: &str, kind: Kind) {
    let color = tokens::of(ui.ctx()).muted;
    put(ui, room, text, kind, color);
}

/// Whether a value leads somewhere; `places` says whether times and stacks do.
pub(super) fn is_link(value: &Value, places: bool) -> bool {
    match value {
        Value::Lane(..) | Value::Task(..) => true,
        Value::Time(_) => places,
        Value::Stack(frames) => places && !frames.is_empty(),
        _ => false,
    }
}

/// Whether a value says that there is nothing, which should not catch the eye.
const fn is_quiet(value: &Value) -> bool {
    matches!(
        value,
        Value::Missing | Value::Count(0) | Value::Duration(Nanos::ZERO) | Value::Bytes(0) | Value::Change(_)
    )
}

fn put(ui: &mut Ui, room: Rect, text: &str, kind: Kind, color: Color32) -> Rect {
    let font = if kind.is_right() { fonts::mono() } else { fonts::body() };
    let layout =
        if kind.is_right() { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    let room = room.shrink2(vec2(PADDING, 0.0));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(room).layout(layout));
    inside
        .add(Label::new(RichText::new(text).font(font).color(color)).truncate().selectable(false).sense(Sense::empty()))
        .rect
}

/// Parts side by side, `whole` as wide as the room. What is there is visible, however small.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "parts of a width on screen")]
fn bar_ui(ui: &Ui, room: Rect, parts: &[(u64, Shade)], whole: u64) {
    let tokens = tokens::of(ui.ctx());
    let room = Rect::from_center_size(room.center(), vec2(room.width(), BAR));
    let mut x = room.min.x;
    for (size, shade) in parts.iter().filter(|part| part.0 > 0) {
        let width = (*size as f64 / whole.max(1) as f64 * f64::from(room.width())) as f32;
        let end = (x + width.max(1.0)).min(room.max.x);
        ui.painter().rect_filled(
            Rect::from_min_max(pos2(x, room.min.y), pos2(end, room.max.y)),
            0.0,
            color(tokens, *shade),
        );
        x = end;
    }
}

/// Columns of equal width on one ground line, the highest as high as the room; what is not known is a dash on it.
#[expect(clippy::cast_possible_truncation, reason = "parts of a height on screen")]
fn columns_ui(ui: &Ui, room: Rect, columns: &[(Option<f64>, Option<Lean>)]) {
    let tokens = tokens::of(ui.ctx());
    let room = Rect::from_center_size(room.center(), vec2(room.width(), COLUMN));
    let step = (room.width() / columns.len().max(1) as f32).min(COLUMN);
    let highest = columns.iter().filter_map(|column| column.0).fold(0.0, f64::max);
    for (at, (value, change)) in columns.iter().enumerate() {
        let left = room.min.x + at as f32 * step;
        let part = value.map(|value| if highest > 0.0 { (value / highest) as f32 } else { 0.0 });
        let top = pos2(left, room.max.y - part.map_or(1.0, |part| (part * room.height()).max(2.0)));
        let usual = if value.is_some() { tokens.muted } else { tokens.line };
        let color = change.map_or(usual, |of| lean(tokens, of));
        ui.painter().rect_filled(Rect::from_min_max(top, pos2(left + step - 3.0, room.max.y)), 1.0, color);
    }
}
