//! How busy procs are over the whole trace, by columns of the minimap.

use egui::epaint::Mesh;
use egui::{Rect, pos2};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Cell;
use trace_core::model::trace::{Metric, Trace};

use crate::theme::lanes::LaneColors;
use crate::timeline::axis::Axis;

/// The whole trace in columns.
#[derive(Debug, Default)]
pub struct Density {
    /// How many columns there are.
    columns: u32,
    running: Vec<Option<(u64, u64)>>,
    runnable: Vec<Option<(u64, u64)>>,
    syscalls: Vec<Option<(u64, u64)>>,
    collector: Vec<Cell>,
    highest: u64,
}

impl Density {
    /// The whole of `trace` in `columns` columns.
    #[must_use]
    pub fn new(trace: &Trace, columns: u32) -> Self {
        let mut density = Self { columns, ..Self::default() };
        let range = trace.range();
        trace.metric(Metric::Running, range, columns, &mut density.running);
        trace.metric(Metric::Runnable, range, columns, &mut density.runnable);
        trace.metric(Metric::Syscalls, range, columns, &mut density.syscalls);
        trace.cells(LaneId::Gc, range, columns, &mut density.collector);
        let sums =
            (0..density.running.len()).map(|at| density.stack(at).iter().map(|(_, value)| value.ceil() as u64).sum());
        density.highest = sums.max().unwrap_or(0).max(1);
        density
    }

    /// How many columns there are.
    #[must_use]
    pub fn columns(&self) -> u32 {
        self.columns
    }

    /// What stands on each other in a column.
    fn stack(&self, at: usize) -> [(SpanClass, f32); 3] {
        let middle = |curve: &[Option<(u64, u64)>]| {
            curve.get(at).copied().flatten().map_or(0.0, |(low, high)| (low as f32 + high as f32) / 2.0)
        };
        [
            (SpanClass::Running, middle(&self.running)),
            (SpanClass::Syscall, middle(&self.syscalls)),
            (SpanClass::Runnable, middle(&self.runnable)),
        ]
    }

    pub(super) fn mesh(&self, strip: Rect, bounds: &Axis, colors: &LaneColors, pixel: f32) -> Mesh {
        let mut mesh = Mesh::default();
        let width = strip.width() / self.columns.max(1) as f32;
        // A root lets the few that run stay visible under a crowd that waits.
        let scale = (strip.height() - 10.0) / (self.highest as f32).sqrt();
        for at in 0..self.running.len() {
            let x = strip.left() + at as f32 * width;
            let (mut sum, mut y) = (0.0, strip.bottom());
            for (class, value) in self.stack(at) {
                if value > 0.0 {
                    sum += value;
                    let top = (strip.bottom() - sum.sqrt() * scale).min(y - pixel);
                    let rect = Rect::from_min_max(pos2(x, top), pos2(x + width, y));
                    mesh.add_colored_rect(rect, colors.strong[class as usize]);
                    y = top;
                }
            }
        }
        for cell in self.collector.iter().filter(|cell| cell.nanos[SpanClass::Gc as usize] > 0) {
            let x = bounds.x_from_time(cell.range.start);
            let rect = Rect::from_min_max(
                pos2(x, strip.top() + 2.0),
                pos2(bounds.x_from_time(cell.range.end).max(x + pixel), strip.top() + 5.0),
            );
            mesh.add_colored_rect(rect, colors.strong[SpanClass::Gc as usize]);
        }
        mesh
    }
}
