//! Two flame graphs as one, as an icicle: a box is as wide as all that changed in it, whichever way; the
//! strong part of it is what remains when more and less are set off, red for more, green for less.

use egui::{
    Align2, Color32, CursorIcon, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use trace_core::analysis::compare::diff_flame::{DiffFlame, DiffNode};

use crate::fmt::name;
use crate::fmt::time::rounded;
use crate::theme::lanes::mix;
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::content;

/// Height of a box, points.
const ROW: f32 = 20.0;
/// Narrower boxes are not drawn, points.
const LEAST: f32 = 0.7;
/// Boxes with a text are at least so wide, points.
const TEXT_LEAST: f32 = 28.0;
/// Boxes that get names for assistive technology.
const NAMED: usize = 120;

/// Shows the graph zoomed to the node `zoom`; names that contain `search` (lower case) light up. `unit` is
/// what values are per, with its preposition, or empty. Returns the node that was clicked.
pub fn diff_flame(ui: &mut Ui, flame: &DiffFlame, zoom: usize, search: &str, unit: &str) -> Option<usize> {
    let whole = flame.nodes.get(zoom).or_else(|| flame.nodes.first())?;
    let tokens = tokens::of(ui.ctx());
    let mut clicked = None;
    let shown = ScrollArea::vertical().id_salt("diff-flame").auto_shrink([false, false]).show(ui, |ui| {
        let size = vec2(ui.available_width(), flame.depth as f32 * ROW);
        let (area, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Difference flame graph"));
        let canvas = Canvas { area, start: whole.start, width: whole.width(), depth: whole.depth };
        let (pointer, seen) = (response.hover_pos(), ui.clip_rect());
        let mut hit = None;
        let mut named = 0;
        for (at, node) in flame.nodes.iter().enumerate() {
            let Some(rect) = canvas.rect(node).filter(|rect| rect.intersects(seen)) else { continue };
            paint(ui, tokens, rect, node, search, at == zoom);
            if pointer.is_some_and(|at| rect.contains(at)) {
                hit = Some((at, rect));
            }
            if rect.width() >= 2.0 * TEXT_LEAST && named < NAMED {
                named += 1;
                let id = ui.scope_id().with(("box", at));
                let box_response = ui.interact(rect, id, Sense::focusable_noninteractive());
                box_response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text(node)));
                if ui.input(|input| input.has_accesskit_action_request(id, egui::accesskit::Action::Click)) {
                    clicked = Some(at);
                }
            }
        }
        if let Some((at, rect)) = hit {
            ui.painter().rect_stroke(rect, 1.0, Stroke::new(1.0, tokens.text), StrokeKind::Inside);
            let hint = flame.nodes.get(at).map(|node| hint(node, unit)).unwrap_or_default();
            let response = response.on_hover_cursor(CursorIcon::PointingHand);
            if response.clicked() {
                clicked = Some(at);
            }
            response.on_hover_text_at_pointer(hint);
        }
    });
    content::note(ui, &shown);
    clicked
}

/// Where the boxes of the graph lie.
struct Canvas {
    area: Rect,
    start: f64,
    width: f64,
    depth: u32,
}

impl Canvas {
    /// A box on screen; `None` for one outside the zoom or too narrow to see.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "positions on screen")]
    fn rect(&self, node: &DiffNode) -> Option<Rect> {
        let (start, end) = (node.start, node.start + node.width());
        // Sums of fractions: borders that are one may differ in the last digits.
        let slack = self.width * 1e-9;
        let (own_end, above) = (self.start + self.width, node.depth <= self.depth);
        let is_inside = start >= self.start - slack && end <= own_end + slack;
        if self.width <= 0.0 || end <= self.start + slack || start >= own_end - slack || !(above || is_inside) {
            return None;
        }
        let scale = f64::from(self.area.width()) / self.width;
        let x = |value: f64| ((value.clamp(self.start, own_end) - self.start) * scale) as f32;
        let (x0, x1) = (x(start), x(end));
        let y = self.area.top() + node.depth as f32 * ROW;
        (x1 - x0 >= LEAST)
            .then(|| Rect::from_min_max(pos2(self.area.left() + x0, y), pos2(self.area.left() + x1, y + ROW - 1.0)))
    }
}

fn paint(ui: &Ui, tokens: &Tokens, rect: Rect, node: &DiffNode, search: &str, is_zoomed: bool) {
    let net = node.more - node.less;
    let strong = if net >= 0.0 { tokens.grown } else { tokens.shrunk };
    let is_lit = search.is_empty() || node.function.to_lowercase().contains(search);
    let fade = |color: Color32| if is_lit { color } else { mix(tokens.panel, color, 0.3) };
    let inner = Rect::from_min_max(rect.min, pos2((rect.max.x - 0.6).max(rect.min.x + 0.5), rect.max.y));
    ui.painter().rect_filled(inner, 1.0, fade(mix(tokens.panel, strong, 0.22)));
    let part = (net.abs() / node.width().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32;
    let shaded = inner.with_max_x(inner.min.x + inner.width() * part);
    ui.painter().rect_filled(shaded, 1.0, fade(mix(tokens.panel, strong, 0.5)));
    if is_zoomed && node.depth > 0 {
        ui.painter().rect_stroke(inner, 1.0, Stroke::new(1.0, tokens.text), StrokeKind::Inside);
    }
    if rect.width() < TEXT_LEAST {
        return;
    }
    let color = if is_lit { tokens.text } else { tokens.muted };
    let mut job = egui::text::LayoutJob::simple_singleline(text(node), fonts::small(), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - space::S);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.min.x + space::XS, rect.center().y - galley.size().y / 2.0), galley, color);
}

fn called(node: &DiffNode) -> &str {
    match node.function.as_str() {
        "" if node.depth == 0 => "All",
        "" => "(no stack)",
        function => name::function(function),
    }
}

/// `main.handle  126 ms → 31 µs`.
fn text(node: &DiffNode) -> String {
    let [a, b] = node.totals;
    format!("{}  {} → {}", called(node), nanos(a), nanos(b))
}

fn hint(node: &DiffNode, unit: &str) -> String {
    let [a, b] = node.totals;
    let full = if node.function.is_empty() { called(node) } else { node.function.as_str() };
    let renamed = node.renamed.as_ref().map_or_else(String::new, |other| format!("\nin B: {other}"));
    let sign = if b > a { "+" } else { "" };
    let [own_a, own_b] = node.owns;
    format!(
        "{full}{renamed}\nA {} → B {} ({sign}{}){unit}\nitself {} → {}\nbelow: {} more, {} less",
        nanos(a),
        nanos(b),
        nanos(b - a),
        nanos(own_a),
        nanos(own_b),
        nanos(node.more),
        nanos(node.less),
    )
}

fn nanos(nanos: f64) -> String {
    if nanos == 0.0 { "0".to_owned() } else { rounded(nanos) }
}

/// Puts a sentence where the graph would be.
pub fn no_difference(ui: &Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    ui.painter().text(area.center_top() + vec2(0.0, 40.0), Align2::CENTER_CENTER, text, fonts::body(), tokens.muted);
}

#[cfg(test)]
mod tests {
    use super::{Canvas, text};
    use egui::{Rect, pos2};
    use trace_core::analysis::compare::diff_flame::DiffNode;

    fn node(depth: u32, start: f64, more: f64, less: f64) -> DiffNode {
        DiffNode {
            function: "a/b.f".to_owned(),
            renamed: None,
            file: String::new(),
            parent: 0,
            depth,
            totals: [1e6, 0.0],
            owns: [0.0; 2],
            more,
            less,
            start,
        }
    }

    #[test]
    fn boxes_are_as_wide_as_all_that_changed() {
        let area = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0));
        let canvas = Canvas { area, start: 0.0, width: 50.0, depth: 0 };
        let rect = canvas.rect(&node(1, 10.0, 5.0, 20.0)).expect("in sight");
        assert_eq!((rect.left(), rect.right()), (20.0, 70.0));
        assert!(canvas.rect(&node(1, 10.0, 0.0, 0.0)).is_none(), "nothing changed in it");
        let nothing = Canvas { area, start: 0.0, width: 0.0, depth: 0 };
        assert!(nothing.rect(&node(0, 0.0, 0.0, 0.0)).is_none());
    }

    #[test]
    fn boxes_say_both_values() {
        assert_eq!(text(&node(1, 0.0, 0.0, 1e6)), "b.f  1.00 ms → 0");
    }
}
