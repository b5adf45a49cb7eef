//! The vertical order of lanes and their places in points, for millions of lanes: made by a worker
//! with each snapshot, asked by position or by lane on the UI thread.
//!
//! Goroutines come in groups, which share rows (`groups.rs`), or with a lane each: eight bytes a goroutine, its place in
//! the order, both ways. Rows are all as high as a lane except under goroutines with regions. What is folded
//! (`folds.rs`), and what has no time in view, is not part of it but of a `Layout` (`layout.rs`), which is made for each
//! frame.

use std::sync::Arc;

use rayon::slice::ParallelSliceMut;
use trace_core::analysis::tags::{TagRules, Tags};
use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::state::grouping::GroupBy;
use crate::state::groups::Groups;
use crate::state::lane_filter::LaneFilter;
use crate::state::order::{GoroutineOrder, Sorting};
use crate::state::row::{HEADING_HEIGHT, MAX_REGION_LINES, REGION_HEIGHT};
use crate::state::section::Section;
use crate::state::task_rows::TaskRows;

/// So few goroutines that were asked for have a lane each.
const FEW: usize = 200;

/// Which goroutines have rows, and in what order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowOptions {
    /// How they are grouped.
    pub group: GroupBy,
    /// What groups, or lanes that are not grouped, are sorted by; `None` for groups by first event, lanes by id.
    pub order: Option<GoroutineOrder>,
    /// The other way round.
    pub is_reversed: bool,
    /// The only ones that have rows, if not all have.
    pub lane_filter: Option<Arc<LaneFilter>>,
    /// What stacks are about.
    pub rules: Arc<TagRules>,
}

/// The rows of a timeline, top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    procs: Order,
    threads: Order,
    /// Empty where they are grouped.
    goroutines: Order,
    groups: Option<Groups>,
    tasks: TaskRows,
    /// Goroutines with regions: (row, region lines of all rows before it, its own lines), by row.
    regions: Vec<(u32, u32, u32)>,
    tags: Tags,
    options: RowOptions,
}

/// An order of some of `0..count`, both ways.
#[derive(Clone, Debug, Default)]
struct Order {
    /// The index in the trace, by row.
    at_row: Vec<u32>,
    /// Row by index; [`HIDDEN`] for those that have none.
    row_of: Vec<u32>,
}

/// The place of what has no row.
const HIDDEN: u32 = u32::MAX;

impl Order {
    fn by_key<K: Ord + Send + Sync>(count: u32, key: impl Fn(u32) -> K) -> Self {
        Self::of(count, 0..count, key)
    }

    /// Of some of `0..count`.
    fn of<K: Ord + Send + Sync>(count: u32, some: impl Iterator<Item = u32>, key: impl Fn(u32) -> K) -> Self {
        let mut keyed: Vec<(K, u32)> = some.map(|idx| (key(idx), idx)).collect();
        if !keyed.is_sorted() {
            keyed.par_sort_unstable();
        }
        let at_row: Vec<u32> = keyed.into_iter().map(|(_, idx)| idx).collect();
        let mut row_of = vec![HIDDEN; count as usize];
        for (row, &idx) in (0u32..).zip(&at_row) {
            if let Some(slot) = row_of.get_mut(idx as usize) {
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

impl Rows {
    /// The rows of a snapshot. Costs in proportion to the number of lanes: for workers.
    #[must_use]
    pub fn build(trace: &Trace, options: &RowOptions) -> Self {
        let some = options.lane_filter.as_ref().map(|lane_filter| lane_filter.which.indices(trace));
        let shown = || -> Box<dyn Iterator<Item = u32> + '_> {
            match &some {
                Some(some) => Box::new(some.iter().copied()),
                None => Box::new(0..trace.goroutine_count()),
            }
        };
        let tasks = TaskRows::build(trace, options.lane_filter.as_ref().map(|lane_filter| &lane_filter.which));
        let tags = Tags::of(trace, &options.rules);
        let mut rows = Self {
            procs: Order::by_key(trace.proc_count(), |idx| trace.proc_id(ProcIdx(idx)).0),
            threads: Order::by_key(trace.thread_count(), |idx| trace.thread_id(ThreadIdx(idx)).0),
            tasks,
            options: options.clone(),
            ..Self::default()
        };
        // A few that were asked for are looked at one by one.
        if options.group == GroupBy::Nothing || some.as_ref().is_some_and(|some| some.len() <= FEW) {
            let order = (options.order.unwrap_or(GoroutineOrder::Id), options.is_reversed);
            rows.goroutines = sorted(trace, order, shown().collect());
            rows.regions = region_sums(&rows.goroutines, |idx| trace.region_depth(GoroutineIdx(idx)));
        } else {
            let order = (options.order.unwrap_or(GoroutineOrder::Appearance), options.is_reversed);
            rows.groups = Some(Groups::build(trace, (options.group, &tags), order, shown()));
        }
        rows.tags = tags;
        rows
    }

    /// What stacks are about.
    #[must_use]
    pub const fn tags(&self) -> &Tags {
        &self.tags
    }

    /// What they were made for.
    #[must_use]
    pub const fn options(&self) -> &RowOptions {
        &self.options
    }

    /// The groups of goroutines, unless each has a lane of its own.
    #[must_use]
    pub const fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }

    /// User tasks on their rows.
    #[must_use]
    pub const fn tasks(&self) -> &TaskRows {
        &self.tasks
    }

    /// The only goroutines that have lanes, if not all have.
    #[must_use]
    pub const fn lane_filter(&self) -> Option<&Arc<LaneFilter>> {
        self.options.lane_filter.as_ref()
    }

    /// The first lane of a section.
    #[must_use]
    pub fn first_in(&self, section: Section) -> Option<LaneId> {
        match &self.groups {
            Some(groups) if section == Section::Goroutines => groups.on_row(0).next().map(LaneId::Goroutine),
            _ => self.lane_at(section, 0),
        }
    }

    /// Whether a lane has a row, in view or not.
    #[must_use]
    pub fn has(&self, lane: LaneId) -> bool {
        match (lane, &self.groups) {
            (LaneId::Goroutine(go), Some(groups)) => groups.row_of(go).is_some(),
            _ => self.index_of(lane).is_some(),
        }
    }

    /// How many lanes a section has, folded or not.
    #[must_use]
    pub fn lanes_in(&self, section: Section) -> u32 {
        match section {
            Section::Collector => 2,
            Section::Procs => self.procs.len(),
            Section::Threads => self.threads.len(),
            Section::Goroutines => self.groups.as_ref().map_or(self.goroutines.len(), Groups::count),
            Section::Tasks => self.tasks.count(),
            Section::Pinned => 0,
        }
    }

    pub(super) fn lane_at(&self, section: Section, index: u32) -> Option<LaneId> {
        let at = |order: &Order| order.at_row.get(index as usize).copied();
        match section {
            Section::Collector => [LaneId::Gc, LaneId::Stw].get(index as usize).copied(),
            Section::Procs => at(&self.procs).map(|idx| LaneId::Proc(ProcIdx(idx))),
            Section::Threads => at(&self.threads).map(|idx| LaneId::Thread(ThreadIdx(idx))),
            Section::Goroutines => at(&self.goroutines).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))),
            Section::Tasks | Section::Pinned => None,
        }
    }

    pub(super) fn index_of(&self, lane: LaneId) -> Option<u32> {
        match lane {
            LaneId::Gc => Some(0),
            LaneId::Stw => Some(1),
            LaneId::Proc(idx) => self.procs.row(idx.index()),
            LaneId::Thread(idx) => self.threads.row(idx.index()),
            LaneId::Goroutine(idx) => self.goroutines.row(idx.index()),
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

    /// Upper edge of a row of a section's body, points below the body's upper edge, where lanes are so high; and region
    /// lines.
    pub(super) fn place_in(&self, section: Section, index: u32, lane: f64) -> (f64, u32) {
        let (before, own) = if section == Section::Goroutines { self.region_lines(index) } else { (0, 0) };
        (f64::from(index) * lane + f64::from(before) * REGION_HEIGHT, own)
    }

    pub(super) fn heading_height(&self, section: Section) -> f64 {
        let has_none = match section {
            Section::Collector => true,
            // That of pinned rows follows from their number.
            Section::Pinned => true,
            Section::Tasks => self.tasks.count() == 0,
            Section::Procs | Section::Threads | Section::Goroutines => false,
        };
        if has_none { 0.0 } else { HEADING_HEIGHT }
    }

    pub(super) fn body_height(&self, section: Section, lane: f64) -> f64 {
        self.place_in(section, self.lanes_in(section), lane).0
    }

    /// The row of a section's body that holds `y`, points below the body's upper edge.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is wanted; y >= 0")]
    pub(super) fn index_at(&self, section: Section, y: f64, lane: f64) -> u32 {
        if section != Section::Goroutines {
            return (y / lane) as u32;
        }
        // The last row with regions that starts at or above y; rows after it are plain up to the next.
        let after = self
            .regions
            .partition_point(|&(row, before, _)| f64::from(row) * lane + f64::from(before) * REGION_HEIGHT <= y);
        let Some(&(row, before, own)) = after.checked_sub(1).and_then(|last| self.regions.get(last)) else {
            return (y / lane) as u32;
        };
        let top = f64::from(row) * lane + f64::from(before) * REGION_HEIGHT;
        let plain = y - top - lane - f64::from(own) * REGION_HEIGHT;
        if plain < 0.0 { row } else { row.saturating_add(1).saturating_add((plain / lane) as u32) }
    }
}

/// Goroutines in an order.
fn sorted(trace: &Trace, order: (GoroutineOrder, bool), some: Vec<u32>) -> Order {
    let sorting = Sorting::of(trace, order, &some);
    let id = |idx: u32| trace.goroutine_name(GoroutineIdx(idx)).map_or(u64::MAX, |(id, _)| id.0);
    Order::of(trace.goroutine_count(), some.into_iter(), |idx| (sorting.key_of(idx), id(idx)))
}

fn region_sums(order: &Order, depth: impl Fn(u32) -> u32) -> Vec<(u32, u32, u32)> {
    let mut before = 0u32;
    let mut sums = Vec::new();
    for (row, &idx) in (0u32..).zip(&order.at_row) {
        let own = depth(idx).min(MAX_REGION_LINES);
        if own > 0 {
            sums.push((row, before, own));
            before = before.saturating_add(own);
        }
    }
    sums
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
