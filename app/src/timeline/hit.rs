//! What lies under the pointer.

use egui::Pos2;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Cell;
use trace_core::model::trace::{Log, Region, Sample, SpecialRange};

use crate::state::row::{FRAME_HEIGHT, MAX_REGION_LINES, REGION_HEIGHT, Row, RowKind};
use crate::theme::lanes::BAR_TOP;
use crate::timeline::arrows::Arrows;
use crate::timeline::frame::Frame;
use crate::timeline::scene::LaneScene;
use crate::timeline::stack_bars::StackBar;
use crate::timeline::task_bars::Bar;
use crate::timeline::visible::Visible;
use trace_core::model::lanes::SpanRef;

/// What lies under the pointer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Hit {
    /// Not on the lanes.
    #[default]
    Nowhere,
    /// On a lane where it shows nothing, or below all lanes (`None`).
    Empty(Option<LaneId>),
    /// A span, or several merged.
    Cell {
        /// The lane under the pointer.
        lane: LaneId,
        /// The cell of the lane there.
        cell: Cell,
        /// Mark assist or sweep at the same place.
        special: Option<SpecialRange>,
    },
    /// A user region below a span.
    Region(Region),
    /// A task, or several merged.
    Task(Bar),
    /// A function on the stack.
    Frame(StackBar),
    /// A log message on a goroutine.
    Log(Log),
    /// A sample of the CPU profile.
    Sample(Sample),
    /// An arrow, by its index.
    Arrow(usize),
    /// A marker at the edge that leads to arrows out of sight, by its index.
    Marker(usize),
}

/// A mark is hit from this far, points.
const MARK_REACH: f32 = 4.0;
/// A narrow span is hit from this far, points.
const CELL_REACH: f32 = 2.0;

/// What lies at `pointer`.
#[must_use]
pub fn at(frame: &Frame<'_>, visible: &[Visible], arrows: &Arrows, pointer: Option<Pos2>) -> Hit {
    let Some(at) = pointer.filter(|at| frame.strips.lanes.contains(*at)) else { return Hit::Nowhere };
    if let Some(marker) = arrows.marker_at(at) {
        return Hit::Marker(marker);
    }
    let Some(row) = visible.iter().find(|row| row.rect(frame).contains(at)) else {
        return arrows.arrow_at(at).map_or(Hit::Empty(None), Hit::Arrow);
    };
    let Some(scene) = row.scene.as_deref() else { return Hit::Empty(None) };
    if let RowKind::Tasks(_) = row.row.kind {
        return task_at(frame, scene, at, (at.y - row.top, row.row.own));
    }
    let Some(lane) = lane_at(frame, &row.row, at) else { return Hit::Empty(None) };
    let y = at.y - row.top;
    if y < BAR_TOP + 2.0
        && let Some(hit) = mark_at(frame, scene, at)
    {
        return hit;
    }
    if let Some(arrow) = arrows.arrow_at(at) {
        return Hit::Arrow(arrow);
    }
    let below = f64::from(y) - row.row.own;
    if below >= 0.0 && row.row.frame_lines > 0 {
        return frame_at(frame, scene, at, below).map_or(Hit::Empty(Some(lane)), Hit::Frame);
    }
    if below >= 0.0 {
        return region_at(frame, scene, at, below).map_or(Hit::Empty(Some(lane)), Hit::Region);
    }
    cell_near(frame, scene, at).map_or(Hit::Empty(Some(lane)), |cell| Hit::Cell {
        // Of what is merged on a shared row, whoever is there.
        lane: if cell.count > 1 { lane } else { cell.first.lane },
        special: special_at(frame, scene, at),
        cell,
    })
}

/// The lane at a place of a row: on a row that goroutines share, the one that is alive there, or the nearest before.
fn lane_at(frame: &Frame<'_>, row: &Row, at: Pos2) -> Option<LaneId> {
    let RowKind::Shared(shared) = row.kind else { return row.lane() };
    let groups = frame.document.rows.groups()?;
    let near = |points: f32| {
        let (start, end) = (frame.axis.time_from_x(at.x - points), frame.axis.time_from_x(at.x + points));
        groups.alive_on(shared, TimeRange::new(start, end)).last()
    };
    near(0.0).or_else(|| near(CELL_REACH)).map(LaneId::Goroutine)
}

fn distance(frame: &Frame<'_>, range: TimeRange, x: f32) -> f32 {
    let (x0, x1) = (frame.axis.x_from_time(range.start), frame.axis.x_from_time(range.end));
    (x0 - x).max(x - x1).max(0.0)
}

fn mark_at(frame: &Frame<'_>, scene: &LaneScene, at: Pos2) -> Option<Hit> {
    let away = |time| (frame.axis.x_from_time(time) - at.x).abs();
    let log = scene.logs.iter().min_by(|a, b| away(a.time).total_cmp(&away(b.time)));
    if let Some(log) = log.filter(|log| away(log.time) <= MARK_REACH) {
        return Some(Hit::Log(*log));
    }
    let sample = scene.samples.iter().min_by(|a, b| away(a.time).total_cmp(&away(b.time)));
    sample.filter(|sample| away(sample.time) <= MARK_REACH).map(|sample| Hit::Sample(*sample))
}

/// What lies in a row of tasks.
fn task_at(frame: &Frame<'_>, scene: &LaneScene, at: Pos2, (y, own): (f32, f64)) -> Hit {
    if y < BAR_TOP + 2.0
        && let Some(hit) = mark_at(frame, scene, at)
    {
        return hit;
    }
    let below = f64::from(y) - own;
    let line = if below < 0.0 { 0 } else { 1 + (below / REGION_HEIGHT) as u32 };
    let away = |bar: &&Bar| distance(frame, bar.range, at.x);
    let near = scene.bars.iter().filter(|bar| bar.line == line && away(bar) <= CELL_REACH);
    near.min_by(|a, b| away(a).total_cmp(&away(b))).map_or(Hit::Empty(None), |bar| Hit::Task(bar.clone()))
}

/// The function on the stack at a place.
fn frame_at(frame: &Frame<'_>, scene: &LaneScene, at: Pos2, below: f64) -> Option<StackBar> {
    let depth = (below / FRAME_HEIGHT) as u32;
    let away = |bar: &&StackBar| distance(frame, bar.range, at.x);
    let near = scene.stacks.iter().filter(|bar| bar.depth == depth && away(bar) <= CELL_REACH);
    near.min_by(|a, b| away(a).total_cmp(&away(b))).cloned()
}

fn region_at(frame: &Frame<'_>, scene: &LaneScene, at: Pos2, below: f64) -> Option<Region> {
    let line = (below / REGION_HEIGHT) as u32;
    let near = |region: &&Region| {
        region.depth.min(MAX_REGION_LINES - 1) == line && distance(frame, region.range, at.x) <= CELL_REACH
    };
    // The innermost of those that share a line; the nearest of narrow ones.
    scene
        .regions
        .iter()
        .filter(near)
        .min_by(|a, b| {
            distance(frame, a.range, at.x).total_cmp(&distance(frame, b.range, at.x)).then(b.depth.cmp(&a.depth))
        })
        .copied()
}

fn special_at(frame: &Frame<'_>, scene: &LaneScene, at: Pos2) -> Option<SpecialRange> {
    scene.specials.iter().find(|special| distance(frame, special.range, at.x) <= 0.5).copied()
}

/// The cell at a place, or a narrow one right beside it where the lane shows nothing.
fn cell_near(frame: &Frame<'_>, scene: &LaneScene, at: Pos2) -> Option<Cell> {
    let time = frame.axis.time_from_x(at.x);
    let shows =
        |cell: &Cell| cell.nanos.iter().skip(1).any(|&nanos| nanos > 0) || cell.count == 1 && cell.class as u8 != 0;
    if let Some((_, cell)) = scene.cell_at(time)
        && shows(cell)
    {
        return Some(*cell);
    }
    let near = scene.cells.partition_point(|cell| cell.range.start <= time);
    let around = scene.cells.get(near.saturating_sub(2)..(near + 2).min(scene.cells.len())).unwrap_or_default();
    around
        .iter()
        .filter(|cell| shows(cell) && distance(frame, cell.range, at.x) <= CELL_REACH)
        .min_by(|a, b| distance(frame, a.range, at.x).total_cmp(&distance(frame, b.range, at.x)))
        .copied()
}

/// The span under the pointer: of several merged ones the one at that very instant, if there is one.
#[must_use]
pub fn pointed_span(frame: &Frame<'_>, at: Option<Pos2>, lane: LaneId, cell: &Cell) -> SpanRef {
    let span = at.filter(|_| cell.count > 1).and_then(|at| frame.trace.span_at(lane, frame.axis.time_from_x(at.x)));
    span.map_or(cell.first, |span| span.at)
}
