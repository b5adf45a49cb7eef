//! A flame graph: boxes as wide as their value, callees below their callers (an icicle). A click zooms to a
//! box, one on what lies above it zooms out; found names light up, all else fades.

use egui::{
    Align2, CursorIcon, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::theme::lanes::{mix, package_color, text_on};
use crate::theme::{fonts, space, tokens};
use crate::widget::content;
use crate::widget::menu::{context_menu, menu_entry};

/// Height of a box, points.
const ROW: f32 = 19.0;
/// Narrower boxes are not drawn, points.
const LEAST: f32 = 0.7;
/// Boxes with a text are at least so wide, points.
const TEXT_LEAST: f32 = 26.0;

/// One box. Boxes come in depth-first order, the root first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlameBox {
    /// What is written in it.
    pub name: String,
    /// The function in full.
    pub function: String,
    /// What the pointer tells of it.
    pub hint: String,
    /// Decides its colour: boxes of a package look alike.
    pub family: u32,
    /// Levels between it and the root.
    pub depth: u32,
    /// Where it begins and how wide it is, in units of value.
    pub start: u64,
    /// Its width in units of value.
    pub value: u64,
}

/// What the user did with a flame graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The box that was clicked.
    pub clicked: Option<usize>,
    /// The box whose callers and callees were asked for.
    pub asked: Option<usize>,
}

/// What is made to stand out.
#[derive(Clone, Copy, Debug)]
pub struct Lit<'a> {
    /// Boxes whose names have this in them, in lower case; the others fade. Empty for none.
    pub search: &'a str,
    /// Boxes of this function, in full, have an outline.
    pub chosen: &'a str,
}

/// Shows boxes zoomed to `zoom` (a box). Costs what is on screen plus one look at each box.
pub fn flame(ui: &mut Ui, (id, boxes): (&str, &[FlameBox]), zoom: usize, lit: &Lit<'_>) -> Touched {
    let mut touched = Touched::default();
    let Some(whole) = boxes.get(zoom).or_else(|| boxes.first()) else { return touched };
    let levels = boxes.iter().map(|found| found.depth).max().unwrap_or(0) + 1;
    let shown = ScrollArea::vertical().id_salt(id).auto_shrink([false, false]).show(ui, |ui| {
        let size = vec2(ui.available_width(), levels as f32 * ROW);
        let (area, response) = ui.allocate_exact_size(size, Sense::click());
        let canvas = Canvas { area, start: whole.start, value: whole.value.max(1), depth: whole.depth };
        let pointer = response.hover_pos();
        let seen = ui.clip_rect();
        let mut hit = None;
        for (at, found) in boxes.iter().enumerate() {
            let Some(rect) = canvas.rect(found).filter(|rect| rect.intersects(seen)) else { continue };
            paint(ui, rect, found, lit, at == zoom);
            if pointer.is_some_and(|at| rect.contains(at)) {
                hit = Some((at, rect));
            }
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Flame graph"));
        if let Some((at, rect)) = hit {
            hover(ui, &response, rect, boxes.get(at).map_or("", |found| found.hint.as_str()));
            touched.clicked = response.clicked().then_some(at);
        }
        touched.asked = menu_ui(ui, &response, (id, boxes), hit.map(|hit| hit.0));
        touched.clicked = named(ui, boxes, &canvas).or(touched.clicked);
    });
    content::note(ui, &shown);
    touched
}

/// Where the boxes of the graph lie.
struct Canvas {
    area: Rect,
    start: u64,
    value: u64,
    depth: u32,
}

impl Canvas {
    /// A box on screen; `None` for one outside the zoom or too narrow to see.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "positions on screen")]
    fn rect(&self, found: &FlameBox) -> Option<Rect> {
        let (start, end) = (found.start, found.start + found.value);
        let (own_end, above) = (self.start + self.value, found.depth <= self.depth);
        if end <= self.start || start >= own_end || (!above && (start < self.start || end > own_end)) {
            return None;
        }
        let scale = f64::from(self.area.width()) / self.value as f64;
        let x = |value: u64| (value.clamp(self.start, own_end) - self.start) as f64 * scale;
        let (x0, x1) = (x(start) as f32, x(end) as f32);
        let y = self.area.top() + found.depth as f32 * ROW;
        (x1 - x0 >= LEAST)
            .then(|| Rect::from_min_max(pos2(self.area.left() + x0, y), pos2(self.area.left() + x1, y + ROW - 1.0)))
    }
}

fn paint(ui: &Ui, rect: Rect, found: &FlameBox, of: &Lit<'_>, zoomed: bool) {
    let tokens = tokens::of(ui.ctx());
    let lit = !of.search.is_empty() && found.name.to_lowercase().contains(of.search);
    let ground = if found.depth == 0 { tokens.raised } else { package_color(found.family, tokens.dark) };
    let fill = match () {
        () if lit => tokens.outgoing,
        () if !of.search.is_empty() => mix(tokens.panel, ground, 0.3),
        () => ground,
    };
    let inner = Rect::from_min_max(rect.min, pos2((rect.max.x - 0.6).max(rect.min.x + 0.5), rect.max.y));
    ui.painter().rect_filled(inner, 1.0, fill);
    let is_chosen = !of.chosen.is_empty() && found.function == of.chosen;
    if (zoomed && found.depth > 0) || is_chosen {
        ui.painter().rect_stroke(inner, 1.0, Stroke::new(1.0, tokens.text), StrokeKind::Inside);
    }
    if rect.width() < TEXT_LEAST {
        return;
    }
    let text_color = if found.depth == 0 { tokens.text } else { text_on(fill) };
    let mut job = egui::text::LayoutJob::simple_singleline(found.name.clone(), fonts::small(), text_color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - space::S);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.min.x + space::XS, rect.center().y - galley.size().y / 2.0), galley, text_color);
}

/// What the right button offers on a box; the box whose callers and callees were asked for.
fn menu_ui(ui: &Ui, response: &Response, (id, boxes): (&str, &[FlameBox]), hit: Option<usize>) -> Option<usize> {
    let known = egui::Id::unique(("flame menu", id));
    if response.secondary_clicked() {
        ui.ctx().data_mut(|data| data.insert_temp::<Option<usize>>(known, hit));
    }
    let (at, found) = ui
        .ctx()
        .data(|data| data.get_temp::<Option<usize>>(known))
        .flatten()
        .and_then(|at| boxes.get(at).filter(|found| !found.function.is_empty()).map(|found| (at, found)))?;
    let mut asked = None;
    context_menu(response, |ui| {
        if menu_entry(ui, "Callers and callees", "", true, false).clicked() {
            asked = Some(at);
            ui.close();
        }
        ui.separator();
        if menu_entry(ui, "Copy name", "", true, false).clicked() {
            ui.ctx().copy_text(crate::fmt::escape::visible(&found.function).into_owned());
            ui.close();
        }
    });
    asked
}

fn hover(ui: &Ui, response: &Response, rect: Rect, hint: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_stroke(rect, 1.0, Stroke::new(1.0, tokens.text), StrokeKind::Inside);
    response.clone().on_hover_cursor(CursorIcon::PointingHand).on_hover_text_at_pointer(hint);
}

/// Names for assistive technology, of the widest boxes; the one that was pressed through it.
fn named(ui: &Ui, boxes: &[FlameBox], canvas: &Canvas) -> Option<usize> {
    let mut pressed = None;
    let wide = boxes.iter().enumerate().filter_map(|(at, found)| {
        canvas.rect(found).filter(|rect| rect.width() >= 2.0 * TEXT_LEAST).map(|rect| (at, found, rect))
    });
    for (at, found, rect) in wide.take(120) {
        let response = ui.interact(rect, ui.scope_id().with(("box", at)), Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &found.name));
        if ui.input(|input| input.has_accesskit_action_request(response.id, egui::accesskit::Action::Click)) {
            pressed = Some(at);
        }
    }
    pressed
}

/// Puts an empty graph's sentence where the graph would be.
pub fn empty_flame(ui: &Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    ui.painter().text(area.center_top() + vec2(0.0, 40.0), Align2::CENTER_CENTER, text, fonts::body(), tokens.muted);
}

#[cfg(test)]
mod tests {
    use super::{Canvas, FlameBox};
    use egui::{Rect, pos2};

    fn boxed(depth: u32, start: u64, value: u64) -> FlameBox {
        FlameBox { name: String::new(), function: String::new(), hint: String::new(), family: 0, depth, start, value }
    }

    #[test]
    fn a_zoom_fills_the_width_with_its_box_and_keeps_its_callers() {
        let area = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0));
        let canvas = Canvas { area, start: 50, value: 25, depth: 1 };
        let width = |found: &FlameBox| canvas.rect(found).map(|rect| (rect.left(), rect.right()));
        assert_eq!(width(&boxed(0, 0, 100)), Some((0.0, 100.0)), "the root stays above");
        assert_eq!(width(&boxed(1, 50, 25)), Some((0.0, 100.0)));
        assert_eq!(width(&boxed(2, 50, 5)), Some((0.0, 20.0)));
        assert_eq!(width(&boxed(1, 75, 25)), None, "a neighbour is out of sight");
    }
}
