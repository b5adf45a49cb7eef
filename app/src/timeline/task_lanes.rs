//! User tasks on the timeline: a row's bars and those of subtasks below it, a type's strip of how many are under way; as
//! data, and as a mesh.

use egui::epaint::Mesh;
use egui::{Rangef, Rect, pos2};
use trace_core::analysis::tasks::life;
use trace_core::base::ids::TaskIdx;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::fmt::time::duration;
use crate::state::groups::Groups;
use crate::state::rows::Rows;
use crate::theme::lanes;
use crate::timeline::axis::Axis;
use crate::timeline::brush::{Brush, region_band};
use crate::timeline::grid::Grid;
use crate::timeline::scene::{LaneScene, thinned};
use crate::timeline::task_bars::Bar;
use crate::timeline::task_bars::Underway;
use crate::timeline::words;

/// Tasks shorter than this many columns are merged with their neighbours.
const LEAST_COLUMNS: i64 = 2;
/// Bars narrower than this many columns get no words.
const WORDS_LEAST_COLUMNS: i64 = 11;
/// Columns of a strip are this many of the grid's.
const STRIP_STEP: u32 = 2;
/// Room above and below a strip, points.
const STRIP_AIR: f32 = 3.0;
/// Width of the edge of a task that begins, or ends, in the trace, points.
const EDGE: f32 = 2.0;
/// How much of a bar is hatched at an end that is not in the trace, points.
const HATCHED: f32 = 24.0;
/// A bar gets its edges from this width on, points.
const WIDE: f32 = 6.0;

/// A row of tasks, with what its tasks logged; `open`: with the subtasks below.
#[must_use]
pub fn row(trace: &Trace, rows: &Rows, (row, open): (u32, bool), grid: &Grid) -> LaneScene {
    let tasks = rows.tasks();
    let mut scene = LaneScene::default();
    let lines = if open { tasks.groups().region_lines(row) } else { 0 };
    for line in 0..=lines {
        bars(trace, tasks.alive_on(row, line, grid.range()), line, grid, &mut scene.bars);
    }
    scene.logs = thinned(grid, |range| tasks.logs(trace, row, range).next(), |log| log.time);
    scene
}

fn bars(trace: &Trace, tasks: impl Iterator<Item = TaskIdx>, line: u32, grid: &Grid, bars: &mut Vec<Bar>) {
    let least = grid.column_nanos.saturating_mul(LEAST_COLUMNS);
    let words_least = grid.column_nanos.saturating_mul(WORDS_LEAST_COLUMNS);
    let first = bars.len();
    for task in tasks.filter_map(|idx| trace.task(idx)) {
        let range = life(trace, &task);
        let (began_before, goes_on) = (task.began.is_none(), task.ended.is_none());
        if range.nanos() < least
            && let Some(last) = bars.get_mut(first..).and_then(<[Bar]>::last_mut)
            && last.range.nanos() < least
            && range.end <= grid.column_end(last.range.start)
        {
            last.range.end = last.range.end.max(range.end);
            last.count += 1;
            last.wordings.clear();
            continue;
        }
        let is_wide = range.intersect(grid.range()).nanos() >= words_least;
        let wordings = if is_wide { wordings(trace, task.idx, range, began_before || goes_on) } else { Vec::new() };
        bars.push(Bar { range, task: task.idx, count: 1, line, began_before, goes_on, wordings });
    }
}

fn wordings(trace: &Trace, task: TaskIdx, range: TimeRange, is_open: bool) -> Vec<String> {
    let words::TaskLabel { id, name } = words::task_label(trace, task);
    let length = format!("{}{}", if is_open { "at least " } else { "" }, duration(range.nanos()));
    vec![format!("{name} ({id}) \u{b7} {length}"), format!("{name} ({id})"), name, id]
}

/// How many tasks of a type, by its place, are under way.
#[must_use]
pub fn underway(trace: &Trace, groups: &Groups, group: u32, grid: &Grid) -> Underway {
    let wide = grid.coarser(STRIP_STEP);
    let (count, column) = (wide.count as usize, wide.column_nanos);
    let mut columns = vec![[0_u64; 2]; count];
    // Where the number of tasks that fill whole columns changes.
    let mut steps = vec![[0_i64; 2]; count + 1];
    for task in groups.indices_in(group as usize, wide.range()).filter_map(|idx| trace.task(TaskIdx(idx))) {
        let range = life(trace, &task).intersect(wide.range());
        if range.nanos() <= 0 {
            continue;
        }
        let kind = usize::from(task.ended.is_none());
        let (from, to) = (wide.column_of(range.start), wide.column_of(range.end.plus_nanos(-1)));
        let mut part = |at: usize| {
            if let Some(sum) = columns.get_mut(at) {
                sum[kind] += wide.column(at).intersect(range).nanos().max(0).unsigned_abs();
            }
        };
        part(from);
        if to > from {
            part(to);
            let mut step = |at: usize, by: i64| {
                if let Some(step) = steps.get_mut(at) {
                    step[kind] += by;
                }
            };
            step(from + 1, 1);
            step(to, -1);
        }
    }
    let mut whole = [0_i64; 2];
    for (sum, step) in columns.iter_mut().zip(&steps) {
        for kind in 0..2 {
            whole[kind] += step[kind];
            sum[kind] += whole[kind].max(0).unsigned_abs().saturating_mul(column.unsigned_abs());
        }
    }
    let most = columns.iter().map(|sum| sum[0] + sum[1]).max().unwrap_or(0) as f32 / column.max(1) as f32;
    Underway { grid: Some(wide), columns, range: trace.range(), most }
}

/// Where a bar lies in a row that begins at `top` and is so high without lines below: from its upper to its lower edge.
#[must_use]
pub fn band((top, own): (f32, f32), line: u32) -> Rangef {
    let bar = lanes::bar_in(own);
    match line.checked_sub(1) {
        None => Rangef::new(top + bar.min, top + bar.max),
        Some(line) => region_band(top + own, line),
    }
}

/// Where the words of a bar go: right of the hatch of one that began before the trace.
#[must_use]
pub fn label_rect(axis: &Axis, bar: &Bar, row: (f32, f32)) -> Rect {
    let Rangef { min: y0, max: y1 } = band(row, bar.line);
    let (x0, x1) = (axis.x_from_time(bar.range.start), axis.x_from_time(bar.range.end));
    let hatched = if bar.began_before { HATCHED } else { 0.0 };
    Rect::from_min_max(pos2(x0.max(axis.left) + hatched, y0), pos2(x1, y1))
}

/// Adds the bars of a row.
pub fn add_bars(bars: &[Bar], brush: &Brush<'_>, mesh: &mut Mesh) {
    for bar in bars {
        let (x0, mut x1) = brush.edges(bar.range);
        if x1 <= brush.axis.left || x0 >= brush.axis.right() {
            continue;
        }
        let Rangef { min: y0, max: y1 } = band((brush.top, brush.own), bar.line);
        let (y0, y1) = (brush.snap(y0), brush.snap(y1));
        let is_wide = x1 - x0 >= WIDE;
        if is_wide {
            // A gap tells neighbours apart.
            x1 -= brush.pixel();
        }
        let rect = Rect::from_min_max(pos2(x0, y0), pos2(x1, y1));
        let colors = brush.colors;
        let is_open = bar.began_before || bar.goes_on;
        mesh.add_colored_rect(rect, if bar.count > 1 { colors.tasks[0] } else { colors.region[usize::from(is_open)] });
        if is_wide && !bar.began_before {
            mesh.add_colored_rect(rect.with_max_x(x0 + EDGE), colors.region_edge);
        }
        if is_wide && is_open {
            // What is not all there is hatched at the end that is missing.
            let width = (x1 - x0).min(HATCHED);
            for (is_missing, part) in
                [(bar.began_before, rect.with_max_x(x0 + width)), (bar.goes_on, rect.with_min_x(x1 - width))]
            {
                if is_missing {
                    brush.hatch_over(part, colors.region_edge, mesh);
                }
            }
        }
    }
}

/// Adds the strip of a type: as high as tasks are many, the most of them as high as the row; those that do not end in the
/// trace paler, at the bottom.
pub fn add_strip(strip: &Underway, brush: &Brush<'_>, mesh: &mut Mesh) {
    let Some(grid) = strip.grid.filter(|_| strip.most > 0.0) else { return };
    let base = brush.snap(brush.top + brush.own - STRIP_AIR);
    let room = brush.own - 2.0 * STRIP_AIR;
    let full = grid.column_nanos as f32 * strip.most;
    let colors = brush.colors.tasks;
    for (at, column) in strip.columns.iter().enumerate() {
        let range = grid.column(at).intersect(strip.range);
        let (x0, x1) = brush.edges(range);
        if range.nanos() <= 0 || x1 <= brush.axis.left || x0 >= brush.axis.right() {
            continue;
        }
        let mut y = base;
        for kind in [1, 0] {
            if column[kind] > 0 {
                let height = (column[kind] as f32 / full * room).max(brush.pixel()).min(y - (base - room));
                mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y - height), pos2(x1, y)), colors[kind]);
                y -= height;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bars, row, underway};
    use crate::state::rows::{RowOptions, Rows};
    use crate::timeline::grid::Grid;
    use trace_core::base::ids::TaskIdx;
    use trace_core::base::monitor::Monitor;
    use trace_core::model::trace::Trace;

    fn trace(name: &str) -> std::sync::Arc<Trace> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name);
        trace_core::load::load_path(&path, &Monitor::new(), &mut |_| {}).expect("it loads")
    }

    fn whole(trace: &Trace, columns: i64) -> Grid {
        let range = trace.range();
        let column_nanos = range.nanos() / columns + 1;
        Grid { column_nanos, first: range.start.0.div_euclid(column_nanos), count: columns as u32 + 2 }
    }

    #[test]
    fn every_task_is_in_a_bar_and_in_the_strip() {
        let trace = trace("real/tasks-go1.27.trace");
        let rows = Rows::build(&trace, &RowOptions::default());
        let groups = rows.tasks().groups();
        for columns in [50, 4_000] {
            let grid = whole(&trace, columns);
            let all = (0..groups.row_count()).map(|at| row(&trace, &rows, (at, false), &grid));
            assert_eq!(all.flat_map(|scene| scene.bars).map(|bar| bar.count).sum::<u32>(), trace.task_count());
            for (at, group) in (0..).zip(groups.list()) {
                let strip = underway(&trace, groups, at, &grid);
                let sum: u64 = strip.columns.iter().map(|sum| sum[0] + sum[1]).sum();
                let tasks = (group.first..group.end).flat_map(|row| rows.tasks().alive_on(row, 0, trace.range()));
                let lives = tasks.filter_map(|idx| trace.task(idx));
                let nanos: i64 = lives.map(|task| trace_core::analysis::tasks::life(&trace, &task).nanos()).sum();
                assert_eq!(sum, nanos.unsigned_abs(), "{}", group.title);
            }
        }
    }

    #[test]
    fn a_task_without_an_end_says_so() {
        let trace = trace("real/tasks-go1.27.trace");
        let open =
            (0..trace.task_count()).map(TaskIdx).find(|idx| trace.task(*idx).is_some_and(|task| task.ended.is_none()));
        let mut found = Vec::new();
        bars(&trace, open.into_iter(), 0, &whole(&trace, 20_000), &mut found);
        assert!(found[0].goes_on && found[0].wordings[0].contains("at least"), "{found:?}");
    }
}
