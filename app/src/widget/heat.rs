//! A heat map: a row for each series, time from left to right, and a part of a whole as colour; with both axes named, a
//! scale, and the value under the pointer.

use egui::{Align2, Color32, CursorIcon, Mesh, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::theme::lanes::mix;
use crate::theme::{fonts, space, tokens};
use crate::widget::plot::Touched;
use crate::widget::plot::axis::{Axis, Unit, words};

/// Room above the map: title and scale.
const ABOVE: f32 = 22.0;
/// Room below it: times.
const BELOW: f32 = 20.0;
/// Room that a text at the lower axis takes, points.
const LABEL_WIDTH: f32 = 72.0;
/// Rows with a name of their own are at least so high, points.
const NAMED: f32 = 13.0;
/// Width of the scale, points.
const SCALE: f32 = 96.0;

/// A row of the map: its name, and its value (0 to 1) from each x to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow<'a> {
    /// The name of the row.
    pub name: &'a str,
    /// x and value, by rising x; the last only ends it.
    pub points: &'a [[f64; 2]],
}

/// A heat map to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Heat<'a> {
    /// The title, which screen readers say, too.
    pub name: &'a str,
    /// The lower axis, whose values `points` have.
    pub x: Axis,
    /// The rows, from top to bottom.
    pub rows: &'a [HeatRow<'a>],
    /// The colour of the whole.
    pub color: Color32,
    /// Height of all of it, points.
    pub height: f32,
}

/// Shows it as wide as there is room. What the user does with it is in values of the lower axis.
pub fn heat(ui: &mut Ui, heat: &Heat<'_>) -> Touched {
    let tokens = tokens::of(ui.ctx());
    let (place, response) =
        ui.allocate_exact_size(vec2(ui.available_width().max(160.0), heat.height), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, heat.name));
    let painter = ui.painter_at(place);
    let left = heat
        .rows
        .iter()
        .map(|row| painter.layout_no_wrap(row.name.to_owned(), fonts::mono_small(), tokens.muted).size().x);
    let left = left.fold(0.0, f32::max).ceil() + space::S;
    let area = Rect::from_min_max(
        pos2(place.left() + left, place.top() + ABOVE),
        pos2(place.right() - space::M, place.bottom() - BELOW),
    );
    if area.width() < 20.0 || area.height() < 4.0 || heat.rows.is_empty() {
        return Touched::default();
    }
    let row_height = area.height() / heat.rows.len() as f32;
    let x = |value: f64| area.left() + (heat.x.part(value).clamp(0.0, 1.0) * f64::from(area.width())) as f32;
    painter.rect_filled(area, 0.0, tokens.background);
    let mut mesh = Mesh::default();
    let mut named = area.top() - NAMED;
    for (at, row) in heat.rows.iter().enumerate() {
        let (top, bottom) = (area.top() + at as f32 * row_height, area.top() + (at + 1) as f32 * row_height);
        let gap = if row_height > 6.0 { 1.0 } else { 0.0 };
        for pair in row.points.windows(2) {
            let rect = Rect::from_min_max(pos2(x(pair[0][0]), top), pos2(x(pair[1][0]), bottom - gap));
            if pair[0][1] > 0.0 && rect.width() > 0.0 {
                mesh.add_colored_rect(rect, shade(tokens.background, heat.color, pair[0][1]));
            }
        }
        let middle = (top + bottom) / 2.0;
        if middle - named >= NAMED {
            named = middle;
            let at = pos2(area.left() - space::XS, middle);
            painter.text(at, Align2::RIGHT_CENTER, row.name, fonts::mono_small(), tokens.muted);
        }
    }
    painter.add(Shape::mesh(mesh));
    for tick in heat.x.ticks((area.width() / LABEL_WIDTH) as usize) {
        let Some(text) = tick.text else { continue };
        let at = x(tick.value);
        painter.vline(at, area.bottom()..=area.bottom() + 3.0, Stroke::new(1.0, tokens.muted));
        let galley = painter.layout_no_wrap(text, fonts::mono_small(), tokens.muted);
        let half = galley.size().x / 2.0;
        let center = at.clamp(place.left() + half, (place.right() - half).max(place.left() + half));
        painter.galley(pos2(center - half, area.bottom() + space::XS), galley, tokens.muted);
    }
    head_ui(&painter, heat, place, area);
    touch(ui, heat, (&response, area, row_height))
}

/// Even little is seen.
fn shade(ground: Color32, color: Color32, part: f64) -> Color32 {
    mix(ground, color, 0.10 + 0.90 * part.clamp(0.0, 1.0) as f32)
}

/// The title, and the scale from nothing to all.
fn head_ui(painter: &egui::Painter, heat: &Heat<'_>, place: Rect, area: Rect) {
    let tokens = tokens::of(painter.ctx());
    let y = place.top() + ABOVE / 2.0 - 1.0;
    painter.text(pos2(area.left(), y), Align2::LEFT_CENTER, heat.name, fonts::small_strong(), tokens.text);
    let right = place.right() - space::M;
    let text = painter.text(pos2(right, y), Align2::RIGHT_CENTER, "100 %", fonts::small(), tokens.muted);
    let scale =
        Rect::from_min_max(pos2(text.left() - space::S - SCALE, y - 4.0), pos2(text.left() - space::S, y + 4.0));
    let steps = 16_u8;
    for step in 0..steps {
        let from = scale.left() + scale.width() * f32::from(step) / f32::from(steps);
        let part = Rect::from_min_max(
            pos2(from, scale.top()),
            pos2(from + scale.width() / f32::from(steps) + 0.5, scale.bottom()),
        );
        let color = shade(tokens.background, heat.color, f64::from(step) / f64::from(steps - 1));
        painter.rect_filled(part, 0.0, color);
    }
    painter.text(pos2(scale.left() - space::S, y), Align2::RIGHT_CENTER, "0 %", fonts::small(), tokens.muted);
}

fn touch(ui: &Ui, heat: &Heat<'_>, (response, area, row_height): (&egui::Response, Rect, f32)) -> Touched {
    let tokens = tokens::of(ui.ctx());
    let mut touched = Touched::default();
    let Some(pointer) = response.hover_pos().or_else(|| response.interact_pointer_pos()) else { return touched };
    let value = |x: f32| heat.x.value(f64::from(((x - area.left()) / area.width()).clamp(0.0, 1.0)));
    let painter = ui.painter_at(response.rect);
    let from = ui.input(|input| input.pointer.press_origin()).filter(|from| area.expand(4.0).contains(*from));
    if let Some(from) = from.filter(|_| response.dragged()) {
        let (left, right) = (from.x.min(pointer.x), from.x.max(pointer.x));
        let band = Rect::from_x_y_ranges(left..=right, area.y_range()).intersect(area);
        painter.rect_filled(band, 0.0, tokens.accent.gamma_multiply(0.25));
    }
    if response.drag_stopped()
        && let Some(from) = from.or_else(|| response.total_drag_delta().map(|delta| pointer - delta))
        && (from.x - pointer.x).abs() >= 4.0
    {
        let (one, other) = (value(from.x), value(pointer.x));
        touched.chosen = Some((one.min(other), one.max(other)));
    }
    if !area.contains(pointer) {
        return touched;
    }
    ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    let at = value(pointer.x);
    touched.hovered = Some(at);
    touched.clicked = response.clicked().then_some(at);
    let row = ((pointer.y - area.top()) / row_height) as usize;
    if let Some(row) = heat.rows.get(row) {
        let before = row.points.partition_point(|point| point[0] <= at).saturating_sub(1);
        let part = row.points.get(before).map_or(0.0, |point| point[1]);
        let text = format!("{} at {}: {}", row.name, heat.x.words(at), words(Unit::Share, part));
        response.clone().on_hover_text_at_pointer(text);
    }
    touched
}
