//! The vertical order of lanes and their places in points, for millions of lanes: made by a worker
//! with each snapshot, asked by position or by lane on the UI thread.
//!
//! Eight bytes a goroutine: its place in the order, both ways. Rows are all [`LANE_HEIGHT`] high except
//! under goroutines with regions, which are kept in a sparse list with running sums. What is folded is
//! not part of it ([`Folds`]), so folding costs nothing.

use std::sync::Arc;

use rayon::slice::ParallelSliceMut;

use trace_core::analysis::scope::Scope;

use trace_core::base::ids::{GoIx, ProcIx, ThreadIx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::Use;
use trace_core::model::trace::Trace;

/// Height of a lane without regions, points.
pub const LANE_HEIGHT: f64 = 22.0;
/// Height of one line of regions under a goroutine's lane, points.
pub const REGION_HEIGHT: f64 = 16.0;
/// Height of a section's heading, points.
pub const HEADING_HEIGHT: f64 = 22.0;
/// Regions nested deeper share the last line.
pub const MAX_REGION_LINES: u32 = 16;

/// A group of lanes that folds as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Section {
    /// GC cycles and stop-the-world pauses: two lanes without a heading.
    Collector = 0,
    /// Procs (P).
    Procs = 1,
    /// Threads (M).
    Threads = 2,
    /// Goroutines.
    Goroutines = 3,
}

impl Section {
    /// All, from top to bottom.
    pub const ALL: [Self; 4] = [Self::Collector, Self::Procs, Self::Threads, Self::Goroutines];

    /// The section that a lane belongs to.
    #[must_use]
    pub const fn of(lane: LaneId) -> Self {
        match lane {
            LaneId::Gc | LaneId::Stw => Self::Collector,
            LaneId::Proc(_) => Self::Procs,
            LaneId::Thread(_) => Self::Threads,
            LaneId::Goroutine(_) => Self::Goroutines,
        }
    }

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Collector => "Garbage collector",
            Self::Procs => "Procs",
            Self::Threads => "Threads",
            Self::Goroutines => "Goroutines",
        }
    }

    const fn heading(self) -> f64 {
        if matches!(self, Self::Collector) { 0.0 } else { HEADING_HEIGHT }
    }
}

/// Which sections are folded: only their headings show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folds(u8);

impl Default for Folds {
    /// Threads folded: they repeat the procs for most questions.
    fn default() -> Self {
        Self(1 << Section::Threads as u8)
    }
}

impl Folds {
    /// Nothing folded.
    pub const NONE: Self = Self(0);

    /// Whether this section is folded.
    #[must_use]
    pub const fn folded(self, section: Section) -> bool {
        self.0 & (1 << section as u8) != 0
    }

    /// Folds an unfolded section and the other way round.
    pub fn toggle(&mut self, section: Section) {
        self.0 ^= 1 << section as u8;
    }

    /// Unfolds a section.
    pub fn unfold(&mut self, section: Section) {
        self.0 &= !(1 << section as u8);
    }
}

/// The order of goroutines from top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GoroutineOrder {
    /// By id, which is by creation.
    #[default]
    Id,
    /// By first appearance in the trace.
    Appearance,
    /// By start function, then id.
    Function,
    /// By time running, longest first.
    Running,
}

/// The only goroutines that have lanes; all others are hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Only {
    /// What they are, for people: `12 goroutines of a finding: 28 waits…`.
    pub title: String,
    /// Which.
    pub which: Which,
}

/// Which goroutines are shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// Those with time in a scope.
    Of(Scope),
    /// These.
    These(Vec<GoIx>),
}

impl Which {
    /// Their indices, rising, without repeats. For a scope costs in proportion to all goroutines: for workers.
    fn indices(&self, trace: &Trace) -> Vec<u32> {
        let mut found: Vec<u32> = match self {
            Self::Of(scope) => {
                let pieces = scope.pieces(trace);
                (0..pieces.len()).filter_map(|at| pieces.nth(at)).map(|(go, _)| go.0).collect()
            }
            Self::These(gos) => gos.iter().map(|go| go.0).collect(),
        };
        found.retain(|&ix| ix < trace.goroutine_count());
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The rows of a timeline, top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    procs: Order,
    threads: Order,
    goroutines: Order,
    /// Goroutines with regions: (row, region lines of all rows before it, its own lines), by row.
    regions: Vec<(u32, u32, u32)>,
    order: GoroutineOrder,
    only: Option<Arc<Only>>,
}

/// An order of some of `0..count`, both ways.
#[derive(Clone, Debug, Default)]
struct Order {
    /// Index by row.
    at_row: Vec<u32>,
    /// Row by index; [`HIDDEN`] for those that have none.
    row_of: Vec<u32>,
}

/// No row.
const HIDDEN: u32 = u32::MAX;

impl Order {
    fn by_key<K: Ord + Send + Sync>(count: u32, key: impl Fn(u32) -> K) -> Self {
        Self::of(count, 0..count, key)
    }

    /// Of some of `0..count`.
    fn of<K: Ord + Send + Sync>(count: u32, some: impl Iterator<Item = u32>, key: impl Fn(u32) -> K) -> Self {
        let mut keyed: Vec<(K, u32)> = some.map(|ix| (key(ix), ix)).collect();
        if !keyed.is_sorted() {
            keyed.par_sort_unstable();
        }
        let at_row: Vec<u32> = keyed.into_iter().map(|(_, ix)| ix).collect();
        let mut row_of = vec![HIDDEN; count as usize];
        for (row, &ix) in (0u32..).zip(&at_row) {
            if let Some(slot) = row_of.get_mut(ix as usize) {
                *slot = row;
            }
        }
        Self { at_row, row_of }
    }

    /// The row of an index, if it has one.
    fn row(&self, index: usize) -> Option<u32> {
        self.row_of.get(index).copied().filter(|&row| row != HIDDEN)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.at_row.len()).unwrap_or(u32::MAX)
    }
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The heading of a section, with its fold triangle.
    Heading(Section),
    /// A lane.
    Lane(LaneId),
}

/// A row and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// What it shows.
    pub kind: RowKind,
    /// Its upper edge, points below the upper edge of the first row.
    pub top: f64,
    /// Its height, points.
    pub height: f64,
    /// Lines of regions included in the height.
    pub region_lines: u32,
}

impl Row {
    /// The lane, unless it is a heading.
    #[must_use]
    pub const fn lane(&self) -> Option<LaneId> {
        match self.kind {
            RowKind::Lane(lane) => Some(lane),
            RowKind::Heading(_) => None,
        }
    }
}

impl Rows {
    /// The rows of a snapshot. Costs in proportion to the number of lanes: for workers.
    #[must_use]
    pub fn build(trace: &Trace, order: GoroutineOrder) -> Self {
        Self::build_only(trace, order, None)
    }

    /// The same with lanes for some goroutines only.
    #[must_use]
    pub fn build_only(trace: &Trace, order: GoroutineOrder, only: Option<Arc<Only>>) -> Self {
        let some = only.as_ref().map(|only| only.which.indices(trace));
        let shown = || -> Box<dyn Iterator<Item = u32> + '_> {
            match &some {
                Some(some) => Box::new(some.iter().copied()),
                None => Box::new(0..trace.goroutine_count()),
            }
        };
        let all = TimeRange::new(TraceTime::MIN, TraceTime::MAX);
        let count = trace.goroutine_count();
        let id = |ix: u32| trace.goroutine_name(GoIx(ix)).map_or(u64::MAX, |(id, _)| id.0);
        let name = |ix: u32| trace.goroutine_name(GoIx(ix)).map_or("", |(_, name)| trace.str(name));
        let goroutines = match order {
            GoroutineOrder::Id => Order::of(count, shown(), id),
            GoroutineOrder::Appearance => Order::of(count, shown(), |ix| ix),
            GoroutineOrder::Function => Order::of(count, shown(), |ix| (name(ix), id(ix))),
            GoroutineOrder::Running => Order::of(count, shown(), |ix| {
                let lane = LaneId::Goroutine(GoIx(ix));
                let time = trace.time_by_class(lane, all).nanos[SpanClass::Running as usize];
                (std::cmp::Reverse(time.saturating_sub(trace.no_cpu().nanos_as(lane, all, Use::Running))), id(ix))
            }),
        };
        let depth = |ix: u32| trace.region_depth(GoIx(ix));
        Self {
            procs: Order::by_key(trace.proc_count(), |ix| trace.proc_id(ProcIx(ix)).0),
            threads: Order::by_key(trace.thread_count(), |ix| trace.thread_id(ThreadIx(ix)).0),
            regions: region_sums(&goroutines, depth),
            goroutines,
            order,
            only,
        }
    }

    /// The only goroutines that have lanes, if not all have.
    #[must_use]
    pub const fn only(&self) -> Option<&Arc<Only>> {
        self.only.as_ref()
    }

    /// The first lane of a section.
    #[must_use]
    pub fn first_in(&self, section: Section) -> Option<LaneId> {
        self.lane_at(section, 0)
    }

    /// The order that the goroutines are in.
    #[must_use]
    pub const fn goroutine_order(&self) -> GoroutineOrder {
        self.order
    }

    /// The places of all rows with these sections folded.
    #[must_use]
    pub const fn layout(&self, folds: Folds) -> Layout<'_> {
        Layout { rows: self, folds }
    }

    /// How many lanes a section has, folded or not.
    #[must_use]
    pub fn lanes_in(&self, section: Section) -> u32 {
        match section {
            Section::Collector => 2,
            Section::Procs => self.procs.len(),
            Section::Threads => self.threads.len(),
            Section::Goroutines => self.goroutines.len(),
        }
    }

    fn lane_at(&self, section: Section, index: u32) -> Option<LaneId> {
        let at = |order: &Order| order.at_row.get(index as usize).copied();
        match section {
            Section::Collector => [LaneId::Gc, LaneId::Stw].get(index as usize).copied(),
            Section::Procs => at(&self.procs).map(|ix| LaneId::Proc(ProcIx(ix))),
            Section::Threads => at(&self.threads).map(|ix| LaneId::Thread(ThreadIx(ix))),
            Section::Goroutines => at(&self.goroutines).map(|ix| LaneId::Goroutine(GoIx(ix))),
        }
    }

    fn index_of(&self, lane: LaneId) -> Option<u32> {
        match lane {
            LaneId::Gc => Some(0),
            LaneId::Stw => Some(1),
            LaneId::Proc(ix) => self.procs.row(ix.index()),
            LaneId::Thread(ix) => self.threads.row(ix.index()),
            LaneId::Goroutine(ix) => self.goroutines.row(ix.index()),
        }
    }

    /// Region lines of all goroutine rows before `index`, and of the row itself.
    fn region_lines(&self, index: u32) -> (u32, u32) {
        let after = self.regions.partition_point(|&(row, ..)| row <= index);
        match after.checked_sub(1).and_then(|last| self.regions.get(last)) {
            Some(&(row, before, own)) if row == index => (before, own),
            Some(&(_, before, own)) => (before.saturating_add(own), 0),
            None => (0, 0),
        }
    }

    /// Upper edge of a row of a section's body, points below the body's upper edge; and region lines.
    fn place_in(&self, section: Section, index: u32) -> (f64, u32) {
        let (before, own) = if section == Section::Goroutines { self.region_lines(index) } else { (0, 0) };
        (f64::from(index) * LANE_HEIGHT + f64::from(before) * REGION_HEIGHT, own)
    }

    fn body_height(&self, section: Section) -> f64 {
        self.place_in(section, self.lanes_in(section)).0
    }

    /// The row of a section's body that holds `y`, points below the body's upper edge.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is wanted; y >= 0")]
    fn index_at(&self, section: Section, y: f64) -> u32 {
        if section != Section::Goroutines {
            return (y / LANE_HEIGHT) as u32;
        }
        // The last row with regions that starts at or above y; rows after it are plain up to the next.
        let after = self
            .regions
            .partition_point(|&(row, before, _)| f64::from(row) * LANE_HEIGHT + f64::from(before) * REGION_HEIGHT <= y);
        let Some(&(row, before, own)) = after.checked_sub(1).and_then(|last| self.regions.get(last)) else {
            return (y / LANE_HEIGHT) as u32;
        };
        let top = f64::from(row) * LANE_HEIGHT + f64::from(before) * REGION_HEIGHT;
        let plain = y - top - LANE_HEIGHT - f64::from(own) * REGION_HEIGHT;
        if plain < 0.0 { row } else { row.saturating_add(1).saturating_add((plain / LANE_HEIGHT) as u32) }
    }
}

fn region_sums(order: &Order, depth: impl Fn(u32) -> u32) -> Vec<(u32, u32, u32)> {
    let mut before = 0u32;
    let mut sums = Vec::new();
    for (row, &ix) in (0u32..).zip(&order.at_row) {
        let own = depth(ix).min(MAX_REGION_LINES);
        if own > 0 {
            sums.push((row, before, own));
            before = before.saturating_add(own);
        }
    }
    sums
}

/// The places of all rows under a choice of folds. Every question costs at most O(log n).
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    rows: &'a Rows,
    folds: Folds,
}

impl<'a> Layout<'a> {
    /// Height of all rows, points.
    #[must_use]
    pub fn height(&self) -> f64 {
        Section::ALL.iter().map(|&section| self.section_height(section)).sum()
    }

    fn section_height(&self, section: Section) -> f64 {
        section.heading() + if self.folds.folded(section) { 0.0 } else { self.rows.body_height(section) }
    }

    /// Upper edge of a section, points.
    fn section_top(&self, section: Section) -> f64 {
        Section::ALL.iter().take_while(|&&above| above != section).map(|&above| self.section_height(above)).sum()
    }

    /// The row that holds `y`, points below the first row's upper edge; `None` above and below all.
    #[must_use]
    pub fn row_at(&self, y: f64) -> Option<Row> {
        if y < 0.0 {
            return None;
        }
        let mut top = 0.0;
        for section in Section::ALL {
            let height = self.section_height(section);
            if y < top + height {
                let inside = y - top - section.heading();
                return if inside < 0.0 {
                    Some(self.heading(section, top))
                } else {
                    self.body_row(section, top, self.rows.index_at(section, inside))
                };
            }
            top += height;
        }
        None
    }

    /// The rows that show between `y0` and `y1`, points, top to bottom.
    pub fn rows_between(self, y0: f64, y1: f64) -> impl Iterator<Item = Row> + 'a {
        let mut next = self.row_at(y0.max(0.0));
        std::iter::from_fn(move || {
            let row = next.filter(|row| row.top < y1)?;
            // Half a point inside the next one: rows are whole points high.
            next = self.row_at(row.top + row.height + 0.5);
            Some(row)
        })
    }

    /// The row of a lane; if its section is folded, the section's heading. `None` for a lane that this
    /// snapshot does not hold.
    #[must_use]
    pub fn row_of(&self, lane: LaneId) -> Option<Row> {
        let section = Section::of(lane);
        let index = self.rows.index_of(lane)?;
        let top = self.section_top(section);
        if self.folds.folded(section) {
            return Some(self.heading(section, top));
        }
        self.body_row(section, top, index)
    }

    /// The lane above (-1) or below (+1) another, across sections, skipping what is folded.
    #[must_use]
    pub fn neighbour(&self, lane: LaneId, step: i32) -> Option<LaneId> {
        let mut row = self.row_of(lane)?;
        loop {
            row = self.row_at(if step < 0 { row.top - 0.5 } else { row.top + row.height + 0.5 })?;
            if let Some(lane) = row.lane() {
                return Some(lane);
            }
        }
    }

    fn heading(&self, section: Section, top: f64) -> Row {
        Row { kind: RowKind::Heading(section), top, height: section.heading(), region_lines: 0 }
    }

    fn body_row(&self, section: Section, section_top: f64, index: u32) -> Option<Row> {
        let lane = self.rows.lane_at(section, index)?;
        let (top, region_lines) = self.rows.place_in(section, index);
        Some(Row {
            kind: RowKind::Lane(lane),
            top: section_top + section.heading() + top,
            height: LANE_HEIGHT + f64::from(region_lines) * REGION_HEIGHT,
            region_lines,
        })
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
