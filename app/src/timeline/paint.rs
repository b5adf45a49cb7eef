//! One lane's scene → one mesh: four vertices a span, edges on whole pixels.

use egui::epaint::Mesh;
use egui::{Rangef, Rect, pos2};
use trace_core::event::state::SpanClass;
use trace_core::model::spans::Cell;
use trace_core::model::trace::SpecialKind;

use crate::theme::lanes;
use crate::timeline::brush::Brush;
use crate::timeline::brush::NO_CPU_STEP;
use crate::timeline::brush::hatch;
use crate::timeline::brush::region_band;
use crate::timeline::scene::LaneScene;
use crate::timeline::stack_bars;
use crate::timeline::strip::Strip;
use crate::timeline::task_lanes;

/// Spans wider than this many points get their hatch, outline and gap.
const WIDE: f32 = 4.0;
/// Room above and below a strip, points.
const STRIP_AIR: f32 = 3.0;
/// Distance of the lines of a hatch, points.
const HATCH_STEP: f32 = 7.0;

/// Adds what a row shows to a mesh.
pub fn add_lane(scene: &LaneScene, brush: &Brush<'_>, mesh: &mut Mesh) {
    let mut columns = Columns::default();
    let faded = Brush { colors: brush.faded, ..*brush };
    let mut last = brush;
    for (index, cell) in scene.cells.iter().enumerate() {
        let now = if scene.is_quiet(index) { &faded } else { brush };
        if !std::ptr::eq(now, last) {
            columns.flush(last, mesh);
            last = now;
        }
        if cell.count > 1 {
            columns.push(cell, now, mesh);
            continue;
        }
        columns.flush(now, mesh);
        let blocked = scene.words_of(index).is_some_and(|words| words.blocked);
        single(cell, blocked, now, mesh);
    }
    columns.flush(last, mesh);
    without_cpu(scene, brush, mesh);
    overlays(scene, brush, mesh);
    task_lanes::add_bars(&scene.bars, brush, mesh);
    marks(scene, brush, mesh);
    regions(scene, brush, mesh);
    stack_bars::add(&scene.stacks, brush, mesh);
    task_lanes::add_strip(&scene.underway, brush, mesh);
    strip(&scene.strip, brush, mesh);
}

/// A group's goroutines by state: as high as they are many, the most of them as high as the row.
fn strip(strip: &Strip, brush: &Brush<'_>, mesh: &mut Mesh) {
    let Some(grid) = strip.grid.filter(|_| strip.most > 0.0) else { return };
    let base = brush.snap(brush.top + brush.own - STRIP_AIR);
    let room = brush.own - 2.0 * STRIP_AIR;
    let full = grid.column_nanos as f32 * strip.most;
    for (at, column) in strip.columns.iter().enumerate() {
        let range = grid.column(at).intersect(strip.range);
        if range.nanos() <= 0 {
            continue;
        }
        let (x0, x1) = brush.edges(range);
        if x1 <= brush.axis.left || x0 >= brush.axis.right() {
            continue;
        }
        let mut y = base;
        for class in SpanClass::STACKED {
            let nanos = column.get(class as usize).copied().unwrap_or(0);
            if nanos == 0 {
                continue;
            }
            // What is there is a pixel high at least, but for what only waits.
            let least = if lanes::is_wait(class) { 0.0 } else { brush.pixel() };
            let height = (nanos as f32 / full * room).max(least).min(y - (base - room));
            mesh.add_colored_rect(
                Rect::from_min_max(pos2(x0, y - height), pos2(x1, y)),
                brush.colors.fill[class as usize],
            );
            y -= height;
        }
    }
}

fn single(cell: &Cell, blocked: bool, brush: &Brush<'_>, mesh: &mut Mesh) {
    if cell.class == SpanClass::None {
        return;
    }
    let mut rect = brush.span_rect(cell);
    let visible = rect.intersect(Rect::everything_right_of(brush.axis.left));
    if visible.width() <= 0.0 || rect.left() >= brush.axis.right() {
        return;
    }
    if rect.width() >= WIDE {
        // A gap tells neighbours of one class apart.
        rect.max.x -= brush.pixel();
    }
    let color = brush.colors.fill[cell.class as usize];
    if blocked && rect.width() >= 2.0 * WIDE {
        mesh.add_colored_rect(rect, color);
        mesh.add_colored_rect(rect.shrink(brush.snap(1.5)), brush.colors.blocked);
        return;
    }
    mesh.add_colored_rect(rect, color);
    if cell.class == SpanClass::Runnable && rect.width() >= 3.0 * HATCH_STEP {
        hatch(rect, visible, HATCH_STEP, brush.colors.hatch, brush.axis.right(), mesh);
    }
}

/// Merged columns with the same mix next to each other become one.
#[derive(Default)]
struct Columns {
    x0: f32,
    x1: f32,
    /// Height in pixels by class index.
    mix: [u8; SpanClass::COUNT],
    any: bool,
}

impl Columns {
    fn push(&mut self, cell: &Cell, brush: &Brush<'_>, mesh: &mut Mesh) {
        let (x0, x1) = brush.edges(cell.range);
        let mix = mix_heights(cell, brush.own, brush.pixels);
        if self.any && mix == self.mix && x0 <= self.x1 {
            self.x1 = self.x1.max(x1);
            return;
        }
        self.flush(brush, mesh);
        *self = Self { x0, x1, mix, any: true };
    }

    fn flush(&mut self, brush: &Brush<'_>, mesh: &mut Mesh) {
        if !std::mem::take(&mut self.any) || self.x0 >= brush.axis.right() || self.x1 <= brush.axis.left {
            return;
        }
        let mut y = brush.bar(SpanClass::Running).1;
        for class in SpanClass::STACKED {
            let height = f32::from(self.mix[class as usize]) * brush.pixel();
            if height > 0.0 {
                let rect = Rect::from_min_max(pos2(self.x0, y - height), pos2(self.x1, y));
                mesh.add_colored_rect(rect, brush.colors.fill[class as usize]);
                y -= height;
            }
        }
    }
}

/// How many pixels high each class stands in a merged column: its share of the time, times the height
/// that the class has when alone, so that an area looks the same merged or not. What happened at all
/// has at least a trace, and the sum never exceeds the bar.
fn mix_heights(cell: &Cell, row: f32, pixels: f32) -> [u8; SpanClass::COUNT] {
    let bar = (lanes::bar_in(row).span() * pixels).round();
    let total = cell.nanos.iter().sum::<u64>().max(1) as f64;
    let mut heights = [0u8; SpanClass::COUNT];
    let mut sum = 0.0;
    for class in SpanClass::STACKED {
        let nanos = cell.nanos[class as usize];
        if nanos == 0 {
            continue;
        }
        let share = (nanos as f64 / total) as f32 * lanes::height_in(row, class) * bar;
        let least = if lanes::is_wait(class) { 1.0 } else { (lanes::MERGED_LEAST * pixels).round() };
        let height = share.round().max(least).min(250.0);
        heights[class as usize] = height as u8;
        sum += height;
    }
    while sum > bar {
        // The least heights were too generous: the largest gives way.
        let Some(largest) = heights.iter_mut().max() else { break };
        *largest = largest.saturating_sub(1);
        sum -= 1.0;
    }
    heights
}

/// What ran without a CPU: pale and hatched.
fn without_cpu(scene: &LaneScene, brush: &Brush<'_>, mesh: &mut Mesh) {
    let (top, base) = brush.bar(SpanClass::Running);
    for &range in &scene.no_cpu {
        let (x0, x1) = brush.edges(range);
        let rect = Rect::from_min_max(pos2(x0, top), pos2(x1, base));
        let visible = rect.intersect(Rect::everything_right_of(brush.axis.left));
        if visible.width() > 0.0 && rect.left() < brush.axis.right() {
            let [ground, lines] = brush.colors.no_cpu;
            mesh.add_colored_rect(rect, ground);
            hatch(rect, visible, NO_CPU_STEP, lines, brush.axis.right(), mesh);
        }
    }
}

fn overlays(scene: &LaneScene, brush: &Brush<'_>, mesh: &mut Mesh) {
    let (top, base) = brush.bar(SpanClass::Running);
    for special in &scene.specials {
        let (x0, x1) = brush.edges(special.range);
        let (y0, color) = match special.kind {
            SpecialKind::MarkAssist => (base - brush.snap(5.0), brush.colors.assist),
            SpecialKind::Sweep => (base - brush.snap(3.0), brush.colors.sweep),
        };
        let rect = Rect::from_min_max(pos2(x0, y0.max(top)), pos2(x1, base));
        mesh.add_colored_rect(rect, color);
    }
    for &end in &scene.ended {
        let x = brush.snap(brush.axis.x_from_time(end));
        let rect = Rect::from_min_max(pos2(x, top), pos2(x + 2.0 * brush.pixel().max(0.75), base));
        mesh.add_colored_rect(rect, brush.colors.cap);
    }
}

fn marks(scene: &LaneScene, brush: &Brush<'_>, mesh: &mut Mesh) {
    let top = brush.snap(brush.top);
    for sample in &scene.samples {
        let x = brush.snap(brush.axis.x_from_time(sample.time));
        let rect = Rect::from_min_max(pos2(x, top), pos2(x + brush.pixel(), top + lanes::bar_in(brush.own).min));
        mesh.add_colored_rect(rect, brush.colors.sample);
    }
    for log in &scene.logs {
        let x = brush.axis.x_from_time(log.time);
        let base = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
        for corner in [pos2(x - 4.0, top), pos2(x + 4.0, top), pos2(x, top + 6.0)] {
            mesh.colored_vertex(corner, brush.colors.log);
        }
        mesh.add_triangle(base, base + 1, base + 2);
    }
}

fn regions(scene: &LaneScene, brush: &Brush<'_>, mesh: &mut Mesh) {
    for region in &scene.regions {
        let (x0, mut x1) = brush.edges(region.range);
        let Rangef { min: y0, max: y1 } = region_band(brush.top + brush.own, region.depth);
        let (y0, y1) = (brush.snap(y0), brush.snap(y1));
        if x1 - x0 >= WIDE {
            x1 -= brush.pixel();
        }
        let fill = brush.colors.region[(region.depth % 2) as usize];
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y0), pos2(x1, y1)), fill);
        if !region.began_before {
            let edge = Rect::from_min_max(pos2(x0, y0), pos2((x0 + 2.0).min(x1), y1));
            mesh.add_colored_rect(edge, brush.colors.region_edge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{add_lane, mix_heights};
    use crate::state::view::View;
    use crate::theme::lanes::{BAR_HEIGHT, LaneColors};
    use crate::theme::tokens::DARK;
    use crate::timeline::axis::Axis;
    use crate::timeline::brush::Brush;
    use crate::timeline::scene::LaneScene;
    use egui::Rect;
    use trace_core::base::ids::GoroutineIdx;
    use trace_core::base::time::{TimeRange, TraceTime};
    use trace_core::event::state::SpanClass;
    use trace_core::model::lanes::{LaneId, SpanRef};
    use trace_core::model::spans::Cell;

    fn cell(start: i64, end: i64, count: u32, nanos: &[(SpanClass, u64)]) -> Cell {
        let mut by_class = [0; SpanClass::COUNT];
        for (class, nanos) in nanos {
            by_class[*class as usize] = *nanos;
        }
        Cell {
            range: TimeRange::new(TraceTime(start), TraceTime(end)),
            count,
            first: SpanRef { lane: LaneId::Goroutine(GoroutineIdx(0)), segment: 0, row: 0 },
            class: nanos[0].0,
            nanos: by_class,
        }
    }

    /// The rectangles of quads in the order painted, with their colours.
    fn rects(cells: Vec<Cell>) -> Vec<(Rect, egui::Color32)> {
        let view = View { start_nanos: 0.0, span_nanos: 1000.0, scroll_points: 0.0 };
        let colors = LaneColors::of(&DARK);
        let brush = Brush {
            axis: Axis::new(&view, 0.0, 1000.0),
            top: 0.0,
            own: 22.0,
            pixels: 1.0,
            colors: &colors,
            faded: &colors,
        };
        let mut mesh = egui::epaint::Mesh::default();
        add_lane(&LaneScene { cells, ..LaneScene::default() }, &brush, &mut mesh);
        assert!(mesh.is_valid());
        mesh.vertices.chunks(4).map(|quad| (Rect::from_min_max(quad[0].pos, quad[3].pos), quad[0].color)).collect()
    }

    #[test]
    fn states_differ_in_height_and_place() {
        let rects = rects(vec![
            cell(0, 100, 1, &[(SpanClass::Running, 100)]),
            cell(100, 110, 1, &[(SpanClass::Runnable, 10)]),
            cell(110, 200, 1, &[(SpanClass::WaitSync, 90)]),
        ]);
        let (run, ready, wait) = (rects[0].0, rects[1].0, rects[2].0);
        assert_eq!((run.top(), run.bottom()), (3.0, 21.0));
        assert_eq!((ready.top(), ready.bottom()), (3.0, 15.0));
        assert_eq!((wait.top(), wait.bottom()), (14.0, 21.0));
        // A pixel of gap between neighbours.
        assert_eq!((run.left(), run.right(), ready.left()), (0.0, 99.0, 100.0));
    }

    #[test]
    fn the_shortest_span_is_a_pixel_wide() {
        let rects = rects(vec![cell(500, 500, 1, &[(SpanClass::Running, 0)])]);
        assert_eq!(rects[0].0.width(), 1.0);
    }

    #[test]
    fn merged_columns_show_their_mix_from_the_base_line() {
        let rects = rects(vec![cell(0, 2, 9, &[(SpanClass::WaitChan, 1), (SpanClass::Running, 1)])]);
        assert_eq!(rects.len(), 2);
        assert_eq!((rects[0].0.top(), rects[0].0.bottom()), (17.0, 21.0));
        assert_eq!((rects[1].0.top(), rects[1].0.bottom()), (8.0, 17.0));
    }

    #[test]
    fn equal_columns_become_one() {
        let mix = [(SpanClass::Running, 1), (SpanClass::Runnable, 1)];
        let rects = rects(vec![cell(0, 2, 9, &mix), cell(2, 4, 7, &mix), cell(4, 6, 2, &[(SpanClass::Running, 2)])]);
        assert_eq!(
            rects.iter().map(|(rect, _)| (rect.left(), rect.right())).collect::<Vec<_>>(),
            [(0.0, 4.0), (0.0, 4.0), (4.0, 6.0)]
        );
    }

    #[test]
    fn a_lone_nanosecond_in_an_idle_second_leaves_a_mark() {
        let idle = 1_000_000_000;
        let heights = mix_heights(&cell(0, 2, 3, &[(SpanClass::WaitSleep, idle), (SpanClass::Running, 1)]), 22.0, 1.0);
        assert_eq!(heights[SpanClass::Running as usize], 2);
        assert_eq!(heights[SpanClass::WaitSleep as usize], 7);
    }

    #[test]
    fn a_mix_of_everything_stays_within_the_bar() {
        let everything: Vec<_> = SpanClass::ALL.into_iter().skip(1).map(|class| (class, 1)).collect();
        for pixels in [1.0, 1.25, 2.0] {
            let mut lopsided = everything.clone();
            lopsided[0].1 = 1_000_000;
            for nanos in [&everything, &lopsided] {
                let heights = mix_heights(&cell(0, 2, 9, nanos), 22.0, pixels);
                let sum: f32 = heights.iter().map(|&height| f32::from(height)).sum();
                assert!(sum <= (BAR_HEIGHT * pixels).round(), "{heights:?}");
                assert!(heights.iter().skip(1).all(|&height| height > 0), "{heights:?}");
            }
        }
    }
}
