//! What a row of the timeline shows: a lane, several goroutines that share a row, all goroutines of a group as a strip,
//! or the same of tasks.

use trace_core::analysis::tags::Tags;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::spans::Cell;
use trace_core::model::trace::Trace;

use crate::state::row::{Row, RowKind};
use crate::state::rows::Rows;
use crate::timeline::coarse::Coarse;
use crate::timeline::grid::Grid;
use crate::timeline::scene::LaneScene;
use crate::timeline::stack_rows;
use crate::timeline::strip::Strip;
use crate::timeline::task_lanes;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Track {
    /// A lane of the trace.
    Lane(LaneId),
    /// A lane with so many lines of stack frames below it.
    Stacks(LaneId, u32),
    /// Goroutines that share a row, by the row's place among those of all groups.
    Shared(u32),
    /// A group of goroutines, by its place among the groups.
    Group(u32),
    /// A row of tasks, by its place among those of all types, and whether subtasks show below it.
    Tasks(u32, bool),
    /// A type of tasks, by its place among the types.
    TaskGroup(u32),
}

impl Track {
    /// What a row shows; `None` for the heading of a section.
    #[must_use]
    pub const fn of(row: &Row) -> Option<Self> {
        match row.kind {
            RowKind::Lane(lane) if row.frame_lines > 0 => Some(Self::Stacks(lane, row.frame_lines)),
            RowKind::Lane(lane) => Some(Self::Lane(lane)),
            RowKind::Shared(row) => Some(Self::Shared(row)),
            RowKind::Group(group) => Some(Self::Group(group)),
            RowKind::Tasks(tasks) => Some(Self::Tasks(tasks, row.region_lines > 0)),
            RowKind::TaskGroup(group) => Some(Self::TaskGroup(group)),
            RowKind::Heading(_) => None,
        }
    }
}

/// Columns of a strip are this many of the grid's.
const STRIP_STEP: u32 = 2;
/// Goroutines on a shared row that live for fewer columns than this are merged with their neighbours.
const LEAST_COLUMNS: i64 = 3;

/// What a track shows over the columns of a grid.
#[must_use]
pub(super) fn scene(trace: &Trace, rows: &Rows, coarse: &Coarse, track: Track, grid: &Grid) -> LaneScene {
    match (track, rows.groups()) {
        (Track::Lane(lane), _) => LaneScene::new(trace, rows.tags(), lane, grid),
        (Track::Stacks(lane, lines), _) => {
            let mut scene = LaneScene { regions: Vec::new(), ..LaneScene::new(trace, rows.tags(), lane, grid) };
            scene.stacks = stack_rows::bars(trace, (lane, lines), &scene.cells, grid);
            scene
        }
        (Track::Tasks(row, open), _) => task_lanes::row(trace, rows, (row, open), grid),
        (Track::TaskGroup(group), _) => LaneScene {
            underway: task_lanes::underway(trace, rows.tasks().groups(), group, grid),
            ..LaneScene::default()
        },
        (Track::Shared(row), Some(groups)) => {
            let lanes = groups.alive_on(row, grid.range()).map(LaneId::Goroutine);
            shared((trace, rows.tags()), lanes, grid)
        }
        (Track::Group(group), Some(groups)) => {
            let Some(known) = groups.list().get(group as usize) else { return LaneScene::default() };
            let sums = |grid: &Grid| {
                let lanes = (known.first..known.end).flat_map(|row| groups.alive_on(row, grid.range()));
                columns(trace, lanes.map(LaneId::Goroutine), grid)
            };
            let wide = grid.coarser(STRIP_STEP);
            let columns = coarse.group((group, known.count), (trace.range(), &wide), sums);
            let strip = Strip::of(columns.unwrap_or_else(|| sums(&wide)), wide, trace.range());
            LaneScene { strip, ..LaneScene::default() }
        }
        (Track::Shared(_) | Track::Group(_), None) => LaneScene::default(),
    }
}

/// Goroutines one after the other: those that live for some columns as they are, others merged by column.
fn shared((trace, tags): (&Trace, &Tags), lanes: impl Iterator<Item = LaneId>, grid: &Grid) -> LaneScene {
    let mut scene = LaneScene::default();
    let least = grid.column_nanos.saturating_mul(LEAST_COLUMNS);
    let mut merged: Option<Cell> = None;
    for lane in lanes {
        let LaneId::Goroutine(go) = lane else { continue };
        let Some((life, _)) = trace.life(go) else { continue };
        if life.nanos() >= least {
            scene.cells.extend(merged.take());
            scene.append(LaneScene::new(trace, tags, lane, grid));
            continue;
        }
        // Those of one column become one cell. Who is born in a later column gets another: nobody was alive in between.
        if merged.as_ref().is_some_and(|cell| life.start >= grid.column_end(cell.range.start)) {
            scene.cells.extend(merged.take());
        }
        merged = Some(merge(trace, merged, lane, life));
    }
    scene.cells.extend(merged);
    scene.cells.retain(|cell| cell.count > 1 || cell.class != SpanClass::None);
    scene
}

/// A cell with all spans of another goroutine in it.
fn merge(trace: &Trace, cell: Option<Cell>, lane: LaneId, life: TimeRange) -> Cell {
    let first = || trace.spans(lane, life).next().map_or(SpanRef { lane, segment: 0, row: 0 }, |span| span.at);
    let mut cell = cell.unwrap_or_else(|| Cell {
        range: life,
        count: 0,
        first: first(),
        class: SpanClass::None,
        nanos: [0; SpanClass::COUNT],
    });
    let time = trace.time_by_class(lane, life);
    cell.range.end = cell.range.end.max(life.end);
    for (at, class) in SpanClass::ALL.into_iter().enumerate().skip(1) {
        cell.nanos[at] += time.nanos[at];
        cell.count = cell.count.saturating_add(u32::try_from(time.spans[at]).unwrap_or(u32::MAX));
        if cell.nanos[at] > cell.nanos[cell.class as usize] || (cell.class == SpanClass::None && time.spans[at] > 0) {
            cell.class = class;
        }
    }
    cell
}

/// Nanoseconds by class that goroutines spent in each column.
fn columns(trace: &Trace, lanes: impl Iterator<Item = LaneId>, wide: &Grid) -> Vec<[u64; SpanClass::COUNT]> {
    let mut columns = vec![[0_u64; SpanClass::COUNT]; wide.count as usize];
    let seen = wide.range();
    let mut cells = Vec::new();
    for lane in lanes {
        let LaneId::Goroutine(go) = lane else { continue };
        let Some(life) = trace.life(go).map(|(life, _)| life.intersect(seen)) else { continue };
        if life.nanos() < wide.column_nanos {
            let time = trace.time_by_class(lane, life);
            if let Some(column) = columns.get_mut(wide.column_of(life.start)) {
                column.iter_mut().zip(&time.nanos).skip(1).for_each(|(sum, nanos)| *sum += nanos);
            }
            continue;
        }
        cells.clear();
        trace.cells(lane, seen, wide.count, &mut cells);
        for cell in cells.iter().filter(|cell| cell.count > 1 || cell.class != SpanClass::None) {
            spread(cell, wide, &mut columns);
        }
    }
    columns
}

/// Adds the time of a cell to the columns that it touches, evenly over its length.
fn spread(cell: &Cell, grid: &Grid, columns: &mut [[u64; SpanClass::COUNT]]) {
    let range = cell.range.intersect(grid.range());
    if range.nanos() <= 0 {
        return;
    }
    let length = cell.range.nanos().max(1) as f64;
    for at in grid.column_of(range.start)..=grid.column_of(range.end.plus_nanos(-1)) {
        let Some(column) = columns.get_mut(at) else { return };
        let part = grid.column(at).intersect(range).nanos().max(0);
        if cell.count == 1 {
            column[cell.class as usize] += part as u64;
            continue;
        }
        for (sum, nanos) in column.iter_mut().zip(&cell.nanos).skip(1) {
            *sum += (*nanos as f64 * part as f64 / length) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST_COLUMNS, Track, scene};
    use crate::state::rows::{RowOptions, Rows};
    use crate::timeline::coarse::Coarse;
    use crate::timeline::grid::Grid;
    use trace_core::base::monitor::Monitor;

    #[test]
    fn short_lives_on_a_shared_row_are_never_drawn_across_the_time_between_them() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real/httpserver-go1.27.trace");
        let trace = trace_core::load::load_path(&path, &Monitor::new(), &mut |_| {}).expect("it loads");
        let rows = Rows::build(&trace, &RowOptions::default());
        let groups = rows.groups().expect("goroutines come in groups");
        let mut merged = 0;
        for columns in [50, 400, 4_000] {
            let column_nanos = trace.range().nanos() / columns + 1;
            let first = trace.range().start.0.div_euclid(column_nanos);
            let grid = Grid { column_nanos, first, count: columns as u32 + 2 };
            for row in 0..groups.row_count() {
                let cells = scene(&trace, &rows, &Coarse::default(), Track::Shared(row), &grid).cells;
                merged += cells.iter().filter(|cell| cell.count > 1).count();
                let wide =
                    cells.iter().find(|cell| cell.count > 1 && cell.range.nanos() > (LEAST_COLUMNS + 1) * column_nanos);
                assert!(wide.is_none(), "row {row}, {columns} columns: {wide:?}");
                let in_order = cells.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
                assert!(in_order, "row {row}, {columns} columns");
            }
        }
        assert!(merged > 0, "nothing was merged");
    }
}
