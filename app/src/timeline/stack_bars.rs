//! Stack frames over time as they are drawn: bars below a pinned lane, the outermost function first, a line each.

use egui::epaint::Mesh;
use egui::{Rangef, Rect, pos2};

use trace_core::base::ids::StackId;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::state::row::FRAME_HEIGHT;
use crate::theme::lanes::{mix, package_color};
use crate::timeline::brush::Brush;

/// How much of its colour a frame of a CPU sample has.
const SAMPLED: f32 = 0.45;

/// A function on the stack for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct StackBar {
    /// From when to when it was there.
    pub range: TimeRange,
    /// How many callers are above it.
    pub depth: u32,
    /// The stack, and which of its frames this is, counted from the innermost.
    pub frame: (StackId, u32),
    /// CPU samples that tell of it; 0 if events do, which are exact.
    pub samples: u32,
    /// What is written in it; empty if it is narrow.
    pub name: String,
    /// The package of the function, by which it is coloured.
    pub(super) package: u32,
}

/// The function that a bar stands for, in full.
#[must_use]
pub fn function_of(trace: &Trace, (stack, at): (StackId, u32)) -> Option<&str> {
    trace.frames(stack).nth(at as usize).map(|frame| frame.function)
}

/// Upper and lower edge of the bars at a depth, below a lane that ends at `below`.
#[must_use]
pub fn band(below: f32, depth: u32) -> Rangef {
    let y = below + depth as f32 * FRAME_HEIGHT as f32;
    Rangef::new(y, y + FRAME_HEIGHT as f32 - 1.0)
}

/// The colour of a bar.
#[must_use]
pub fn color(bar: &StackBar, ground: egui::Color32, dark: bool) -> egui::Color32 {
    let full = package_color(bar.package, dark);
    mix(ground, full, if bar.samples > 0 { SAMPLED } else { 0.85 })
}

/// Adds bars to a mesh.
pub(super) fn add(bars: &[StackBar], brush: &Brush<'_>, mesh: &mut Mesh) {
    for bar in bars {
        let (x0, mut x1) = brush.edges(bar.range);
        if x1 <= brush.axis.left || x0 >= brush.axis.right() {
            continue;
        }
        if x1 - x0 > 3.0 {
            x1 -= brush.pixel();
        }
        let Rangef { min: y0, max: y1 } = band(brush.top + brush.own, bar.depth);
        let rect = Rect::from_min_max(pos2(x0, brush.snap(y0)), pos2(x1, brush.snap(y1)));
        mesh.add_colored_rect(rect, color(bar, brush.colors.paper, brush.colors.is_dark));
    }
}
