//! Shapes that several parts of the timeline draw.

use egui::epaint::Mesh;
use egui::{Color32, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// A fold triangle: down when unfolded.
pub fn triangle(painter: &egui::Painter, at: egui::Pos2, folded: bool, color: egui::Color32) {
    let corners = if folded {
        vec![at + vec2(-2.5, -4.0), at + vec2(2.5, 0.0), at + vec2(-2.5, 4.0)]
    } else {
        vec![at + vec2(-4.0, -2.5), at + vec2(4.0, -2.5), at + vec2(0.0, 2.5)]
    };
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

/// A band with slanted lines.
#[must_use]
pub fn hatched(rect: Rect, [band, line]: [Color32; 2], step: f32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, band);
    let mut x = rect.left() - rect.height();
    // Lines run down to the left; each is cut at the band's edges.
    while x < rect.right() && mesh.vertices.len() < 40_000 {
        let (top, bottom) = (x + rect.height(), x);
        let cut = |at: f32| at.clamp(rect.left(), rect.right());
        let y = |at: f32| rect.bottom() - (at - x);
        let (x0, x1) = (cut(bottom), cut(top));
        if x1 > x0 {
            let base = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
            for corner in [pos2(x0, y(x0)), pos2(x0, y(x0) - 1.5), pos2(x1, y(x1)), pos2(x1, y(x1) - 1.5)] {
                mesh.colored_vertex(corner, line);
            }
            mesh.add_triangle(base, base + 1, base + 2);
            mesh.add_triangle(base + 2, base + 1, base + 3);
        }
        x += step;
    }
    mesh
}

/// Whether a place is on a line, and how far along nothing else matters.
#[must_use]
pub fn near_segment(at: Pos2, from: Pos2, to: Pos2, reach: f32) -> bool {
    if !Rect::from_two_pos(from, to).expand(reach).contains(at) {
        return false;
    }
    let along = to - from;
    let length = along.length_sq();
    let way = if length > 0.0 { ((at - from).dot(along) / length).clamp(0.0, 1.0) } else { 0.0 };
    (from + along * way).distance_sq(at) <= reach * reach
}

#[cfg(test)]
mod tests {
    use super::near_segment;
    use egui::pos2;

    #[test]
    fn lines_are_hit_from_near() {
        let (from, to) = (pos2(0.0, 0.0), pos2(100.0, 100.0));
        assert!(near_segment(pos2(50.0, 52.0), from, to, 3.0));
        assert!(!near_segment(pos2(50.0, 60.0), from, to, 3.0));
        assert!(!near_segment(pos2(110.0, 110.0), from, to, 3.0));
        assert!(near_segment(pos2(1.0, 1.0), from, from, 3.0));
    }
}
