//! What rows are painted with, and where the parts of a row lie.

use egui::Pos2;
use egui::epaint::Mesh;
use egui::{Color32, Rangef, Rect, pos2};
use trace_core::event::state::SpanClass;
use trace_core::model::spans::Cell;

use crate::state::row::{MAX_REGION_LINES, REGION_HEIGHT};
use crate::theme::lanes::{self, LaneColors};
use crate::timeline::axis::Axis;

/// How a lane is to be painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush<'a> {
    /// The horizontal axis: time against points.
    pub axis: Axis,
    /// Upper edge of the row, points.
    pub top: f32,
    /// Height of the row without lines of regions and stack frames, points.
    pub own: f32,
    /// Physical pixels per point.
    pub pixels: f32,
    /// Colours, dimmed or not.
    pub colors: &'a LaneColors,
    /// Colours of what stays behind.
    pub faded: &'a LaneColors,
}

impl Brush<'_> {
    /// The nearest edge between pixels.
    pub(super) fn snap(&self, points: f32) -> f32 {
        // Rounding by way of an integer: `round` is a call on the usual processors, and this is asked for
        // every edge of every span. No place on a screen is further left than a million.
        const LEFT: f32 = 1_048_576.0;
        let pixel = (f64::from(points * self.pixels) + f64::from(LEFT) + 0.5) as u32;
        (f64::from(pixel) - f64::from(LEFT)) as f32 / self.pixels
    }

    pub(super) fn pixel(&self) -> f32 {
        1.0 / self.pixels
    }

    /// Left and right edge of a stretch of time: at least a pixel apart.
    pub(super) fn edges(&self, range: trace_core::base::time::TimeRange) -> (f32, f32) {
        let x0 = self.snap(self.axis.x_from_time(range.start));
        let x1 = self.snap(self.axis.x_from_time(range.end));
        (x0, x1.max(x0 + self.pixel()))
    }

    /// Slanted lines over a part of a bar.
    pub(super) fn hatch_over(&self, rect: Rect, color: Color32, mesh: &mut Mesh) {
        let visible = rect.intersect(Rect::everything_right_of(self.axis.left));
        hatch(rect, visible, NO_CPU_STEP, color, self.axis.right(), mesh);
    }

    /// Upper and lower edge of a span of a class.
    #[must_use]
    pub fn span_rect(&self, cell: &Cell) -> Rect {
        let (x0, x1) = self.edges(cell.range);
        let (y0, y1) = self.bar(if cell.count == 1 { cell.class } else { SpanClass::Running });
        Rect::from_min_max(pos2(x0, y0), pos2(x1, y1))
    }

    /// Upper and lower edge of the bar of a class.
    pub(super) fn bar(&self, class: SpanClass) -> (f32, f32) {
        let bar = lanes::bar_in(self.own);
        let top = self.snap(self.top + bar.min);
        let base = self.snap(top + bar.span());
        let height = self.snap(bar.span() * lanes::height_in(self.own, class));
        if class == SpanClass::Runnable { (top, top + height) } else { (base - height, base) }
    }
}

/// Where a region of this depth lies below a lane that ends at `below`: from its upper to its lower edge.
#[must_use]
pub fn region_band(below: f32, depth: u32) -> Rangef {
    let line = depth.min(MAX_REGION_LINES - 1) as f32;
    let y = below + line * REGION_HEIGHT as f32 + lanes::REGION_TOP;
    Rangef::new(y, y + lanes::REGION_BOX)
}

/// The same where the process had no CPU.
pub(super) const NO_CPU_STEP: f32 = 5.0;

/// Slanted lines over `rect`, bound to its left edge, of which only those inside `visible` are made.
pub(super) fn hatch(rect: Rect, visible: Rect, step: f32, color: Color32, right: f32, mesh: &mut Mesh) {
    let slant = rect.height();
    let (from, to) = (visible.left().max(rect.left()), visible.right().min(rect.right()).min(right));
    // The first line that begins inside; lines are bound to the span, so they move along with it.
    let mut x = rect.left() + ((from - rect.left()) / step).ceil().max(0.0) * step;
    while x + slant + 1.0 <= to {
        let quad = [
            pos2(x, rect.bottom()),
            pos2(x + 1.0, rect.bottom()),
            pos2(x + slant, rect.top()),
            pos2(x + slant + 1.0, rect.top()),
        ];
        add_quad(quad, color, mesh);
        x += step;
    }
}

pub(super) fn add_quad(corners: [Pos2; 4], color: Color32, mesh: &mut Mesh) {
    let base = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
    for corner in corners {
        mesh.colored_vertex(corner, color);
    }
    mesh.add_triangle(base, base + 1, base + 2);
    mesh.add_triangle(base + 2, base + 1, base + 3);
}
