//! Edges between lanes as arrows: those of the selected span, and on demand all in view. Arrows that
//! lead out of sight end in a marker at the edge that says where they lead.

use egui::epaint::Mesh;
use egui::{Color32, CornerRadius, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::fmt::number;
use crate::fmt::words::counted;
use crate::theme::lanes::mix;
use crate::timeline::arrows::Arrows;
use crate::timeline::arrows::Role;
use crate::timeline::frame::Frame;
use crate::timeline::hit::Hit;

/// Length of an arrow's head, points.
const HEAD: f32 = 7.0;

/// Paints arrows and markers.
pub fn paint(ui: &Ui, frame: &Frame<'_>, arrows: &Arrows, hit: &Hit) {
    let painter = ui.painter_at(frame.strips.lanes);
    let color = |role: Role| match role {
        Role::Incoming => frame.tokens.accent,
        Role::Outgoing => frame.tokens.outgoing,
        Role::Other => mix(frame.tokens.background, frame.tokens.text, 0.55),
    };
    let hovered = |index: usize| match hit {
        Hit::Arrow(at) => *at == index,
        Hit::Marker(at) => arrows.markers.get(*at).is_some_and(|marker| marker.arrows.first() == Some(&index)),
        _ => false,
    };
    painter.add(Shape::mesh(thin_mesh(arrows, color(Role::Other), frame.pixel())));
    let many = arrows.list.len() > 60;
    for (index, arrow) in arrows.list.iter().enumerate() {
        let over = hovered(index) || frame.document.hovered_flow == Some(arrow.flow);
        if arrow.path.len() < 2 || (arrow.role == Role::Other && !over) {
            continue;
        }
        let width = match (over, arrow.chosen) {
            (true, _) => 3.0,
            (_, true) => 2.25,
            _ if many => 1.0,
            _ => 1.5,
        };
        // A rim of background keeps the line apart from spans of its own colour.
        if !many || over {
            painter.line(arrow.path.clone(), Stroke::new(width + 2.0, frame.tokens.background.gamma_multiply(0.6)));
        }
        painter.line(arrow.path.clone(), Stroke::new(width, color(arrow.role)));
        if arrow.head {
            painter.add(head(&arrow.path, HEAD + width, color(arrow.role)));
        }
    }
    for (index, marker) in arrows.markers.iter().enumerate() {
        let Some(arrow) = marker.arrows.first().and_then(|&first| arrows.list.get(first)) else { continue };
        let over = *hit == Hit::Marker(index);
        let color = color(arrow.role);
        let fill = mix(frame.tokens.panel, color, if over { 0.35 } else { 0.12 });
        painter.rect(marker.rect, CornerRadius::same(4), fill, Stroke::new(1.0, color), StrokeKind::Inside);
        let at = pos2(marker.rect.left() + 7.0, marker.rect.center().y);
        painter.text(at, egui::Align2::LEFT_CENTER, &marker.text, frame.font(), frame.tokens.text);
    }
    if let Some((shown, total)) = arrows.counted {
        count_note(&painter, frame, shown, total);
    }
}

/// Says how many of the edges in view are drawn.
fn count_note(painter: &egui::Painter, frame: &Frame<'_>, shown: usize, total: u64) {
    let text = if total > shown as u64 {
        format!("{} of {} edges", number::count(shown as u64), number::count(total))
    } else {
        counted(total, "edge")
    };
    let lanes = frame.strips.lanes;
    let galley = painter.layout_no_wrap(text, frame.font(), frame.tokens.text);
    let size = galley.size() + vec2(12.0, 6.0);
    let rect = Rect::from_min_size(pos2(lanes.right() - size.x - 6.0, lanes.top() + 6.0), size);
    painter.rect_filled(rect, 4.0, frame.tokens.raised);
    painter.galley(rect.min + vec2(6.0, 3.0), galley, frame.tokens.text);
}

/// All edges that are just in view, as one mesh: thin and straight.
fn thin_mesh(arrows: &Arrows, color: Color32, pixel: f32) -> Mesh {
    let mut mesh = Mesh::default();
    for arrow in arrows.list.iter().filter(|arrow| arrow.role == Role::Other) {
        let [from, to] = arrow.path.as_slice() else { continue };
        let along = (*to - *from).normalized();
        let side = vec2(-along.y, along.x) * (pixel * 0.5);
        let base = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
        for corner in [*from + side, *from - side, *to + side, *to - side] {
            mesh.colored_vertex(corner, color.gamma_multiply(0.7));
        }
        mesh.add_triangle(base, base + 1, base + 2);
        mesh.add_triangle(base + 2, base + 1, base + 3);
        if arrow.head {
            let (left, right) = (*to - along * 5.0 + side * 5.0, *to - along * 5.0 - side * 5.0);
            for corner in [*to, left, right] {
                mesh.colored_vertex(corner, color);
            }
            mesh.add_triangle(base + 4, base + 5, base + 6);
        }
    }
    mesh
}

/// The head at the receiving end.
fn head(path: &[Pos2], length: f32, color: Color32) -> Shape {
    let (Some(&tip), Some(&before)) = (path.last(), path.iter().rev().nth(1)) else { return Shape::Noop };
    let along = (tip - before).normalized();
    let side = vec2(-along.y, along.x) * (length * 0.5);
    let back = tip - along * length;
    Shape::convex_polygon(vec![tip, back + side, back - side], color, Stroke::NONE)
}
