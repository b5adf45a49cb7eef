//! The vertical order of lanes and their places in points, for millions of lanes: made by a worker
//! with each snapshot, asked by position or by lane on the UI thread.
//!
//! Goroutines come in groups, which share rows (`groups.rs`), or with a lane each: eight bytes a goroutine, its place in
//! the order, both ways. Rows are all [`LANE_HEIGHT`] high except under goroutines with regions. What is folded
//! ([`Folds`]), and what has no time in view, is not part of it but of a [`Layout`], which is made for each frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::slice::ParallelSliceMut;

use trace_core::analysis::scope::Scope;

use trace_core::base::ids::{GoIx, ProcIx, TaskIx, ThreadIx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::Use;
use trace_core::model::trace::Trace;

use crate::state::groups::{Group, GroupBy, Groups};
use crate::state::pinned::Pin;
use crate::state::task_rows::TaskRows;

/// Height of a lane without regions, points.
pub const LANE_HEIGHT: f64 = 22.0;
/// Height of one line of regions under a goroutine's lane, points.
pub const REGION_HEIGHT: f64 = 16.0;
/// Height of a group's heading with its strip, points.
pub const GROUP_HEIGHT: f64 = 28.0;
/// So few goroutines that were asked for have a lane each.
const FEW: usize = 200;
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
    /// User tasks, by type.
    Tasks = 4,
    /// What the user has pinned.
    Pinned = 5,
}

impl Section {
    /// All, from top to bottom.
    pub const ALL: [Self; 6] =
        [Self::Pinned, Self::Tasks, Self::Goroutines, Self::Procs, Self::Threads, Self::Collector];

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
            Self::Tasks => "Tasks",
            Self::Pinned => "Pinned",
        }
    }
}

/// Which sections and groups are folded: only their headings show. And which rows of tasks are expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    sections: u8,
    /// Groups that are not as they were at first: whether they are of tasks, and their titles.
    groups: BTreeSet<(bool, String)>,
    /// Rows of tasks whose subtasks show: the type's title, and which row of it.
    tasks: BTreeSet<(String, u32)>,
}

impl Default for Folds {
    /// Threads folded: they repeat the procs for most questions.
    fn default() -> Self {
        Self { sections: 1 << Section::Threads as u8, ..Self::NONE }
    }
}

impl Folds {
    /// No section folded, groups as at first.
    pub const NONE: Self = Self { sections: 0, groups: BTreeSet::new(), tasks: BTreeSet::new() };

    /// Whether this section is folded.
    #[must_use]
    pub const fn folded(&self, section: Section) -> bool {
        self.sections & (1 << section as u8) != 0
    }

    /// Whether this group is folded.
    #[must_use]
    pub fn folded_group(&self, group: &Group) -> bool {
        !group.is_single() && group.is_open_at_first == self.groups.contains(&(group.of_tasks, group.title.clone()))
    }

    /// Whether the subtasks of this row (of all rows of tasks) of a type show.
    #[must_use]
    pub fn expanded(&self, group: &Group, row: u32) -> bool {
        self.tasks.contains(&(group.title.clone(), row.saturating_sub(group.first)))
    }

    /// Shows the subtasks of a row of a type, or hides them.
    pub fn toggle_row(&mut self, group: &Group, row: u32) {
        let key = (group.title.clone(), row.saturating_sub(group.first));
        if !self.tasks.remove(&key) {
            self.tasks.insert(key);
        }
    }

    /// Folds an unfolded section and the other way round.
    pub fn toggle(&mut self, section: Section) {
        self.sections ^= 1 << section as u8;
    }

    /// Folds an unfolded group and the other way round.
    pub fn toggle_group(&mut self, group: &Group) {
        let key = (group.of_tasks, group.title.clone());
        if !self.groups.remove(&key) {
            self.groups.insert(key);
        }
    }

    /// Folds or unfolds all of these groups.
    pub fn fold_groups(&mut self, groups: &[Group], fold: bool) {
        for group in groups.iter().filter(|group| !group.is_single()) {
            if self.folded_group(group) != fold {
                self.toggle_group(group);
            }
        }
    }

    /// Unfolds a section.
    pub fn unfold(&mut self, section: Section) {
        self.sections &= !(1 << section as u8);
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

/// Which goroutines have rows, and in what order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowOptions {
    /// How they are grouped.
    pub group: GroupBy,
    /// Their order if they are not grouped.
    pub order: GoroutineOrder,
    /// The only ones that have rows, if not all have.
    pub only: Option<Arc<Only>>,
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
    options: RowOptions,
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
    /// The heading of a group of goroutines, by its place among the groups.
    Group(u32),
    /// Several goroutines of a group, by the row's place among those of all groups.
    Shared(u32),
    /// The heading of a type of tasks, by its place among the types.
    TaskGroup(u32),
    /// Tasks of a type, by the row's place among those of all types.
    Tasks(u32),
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
    /// It is among the pinned rows, and shows once more in its own place.
    pub is_pinned: bool,
}

impl Row {
    /// The lane, unless it is a heading.
    #[must_use]
    pub const fn lane(&self) -> Option<LaneId> {
        match self.kind {
            RowKind::Lane(lane) => Some(lane),
            RowKind::Heading(_)
            | RowKind::Group(_)
            | RowKind::Shared(_)
            | RowKind::TaskGroup(_)
            | RowKind::Tasks(_) => None,
        }
    }
}

impl Rows {
    /// The rows of a snapshot. Costs in proportion to the number of lanes: for workers.
    #[must_use]
    pub fn build(trace: &Trace, options: &RowOptions) -> Self {
        let some = options.only.as_ref().map(|only| only.which.indices(trace));
        let shown = || -> Box<dyn Iterator<Item = u32> + '_> {
            match &some {
                Some(some) => Box::new(some.iter().copied()),
                None => Box::new(0..trace.goroutine_count()),
            }
        };
        let tasks = TaskRows::build(trace, options.only.as_ref().map(|only| &only.which));
        // A few that were asked for are looked at one by one.
        let is_flat = options.group == GroupBy::Nothing || some.as_ref().is_some_and(|some| some.len() <= FEW);
        if !is_flat {
            return Self {
                procs: Order::by_key(trace.proc_count(), |ix| trace.proc_id(ProcIx(ix)).0),
                threads: Order::by_key(trace.thread_count(), |ix| trace.thread_id(ThreadIx(ix)).0),
                groups: Some(Groups::build(trace, options.group, shown())),
                tasks,
                options: options.clone(),
                ..Self::default()
            };
        }
        let all = TimeRange::new(TraceTime::MIN, TraceTime::MAX);
        let count = trace.goroutine_count();
        let id = |ix: u32| trace.goroutine_name(GoIx(ix)).map_or(u64::MAX, |(id, _)| id.0);
        let name = |ix: u32| trace.goroutine_name(GoIx(ix)).map_or("", |(_, name)| trace.str(name));
        let goroutines = match options.order {
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
            groups: None,
            tasks,
            options: options.clone(),
        }
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
    pub const fn only(&self) -> Option<&Arc<Only>> {
        self.options.only.as_ref()
    }

    /// The first lane of a section.
    #[must_use]
    pub fn first_in(&self, section: Section) -> Option<LaneId> {
        match &self.groups {
            Some(groups) if section == Section::Goroutines => groups.on_row(0).next().map(LaneId::Goroutine),
            _ => self.lane_at(section, 0),
        }
    }

    /// The places of all rows with these folded. With `view`, goroutines that are not alive then have no rows.
    #[must_use]
    pub fn layout<'a>(&'a self, folds: &'a Folds, view: Option<TimeRange>) -> Layout<'a> {
        let tree = |section: Section, groups: Option<&Groups>| {
            let groups = groups.filter(|_| !folds.folded(section))?;
            Some(Arc::new(Tree::of(groups, folds, view)))
        };
        Layout {
            rows: self,
            folds,
            pinned: Vec::new(),
            tree: tree(Section::Goroutines, self.groups.as_ref()),
            tasks: tree(Section::Tasks, Some(self.tasks.groups())),
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

    fn lane_at(&self, section: Section, index: u32) -> Option<LaneId> {
        let at = |order: &Order| order.at_row.get(index as usize).copied();
        match section {
            Section::Collector => [LaneId::Gc, LaneId::Stw].get(index as usize).copied(),
            Section::Procs => at(&self.procs).map(|ix| LaneId::Proc(ProcIx(ix))),
            Section::Threads => at(&self.threads).map(|ix| LaneId::Thread(ThreadIx(ix))),
            Section::Goroutines => at(&self.goroutines).map(|ix| LaneId::Goroutine(GoIx(ix))),
            Section::Tasks | Section::Pinned => None,
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

    fn heading_height(&self, section: Section) -> f64 {
        let has_none = match section {
            Section::Collector => true,
            // That of pinned rows follows from their number.
            Section::Pinned => true,
            Section::Tasks => self.tasks.count() == 0,
            Section::Procs | Section::Threads | Section::Goroutines => false,
        };
        if has_none { 0.0 } else { HEADING_HEIGHT }
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

/// The places of all rows under a choice of folds, for a stretch of time. Every question costs at most O(log n).
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    rows: &'a Rows,
    folds: &'a Folds,
    /// What is pinned, from top to bottom, placed below the upper edge of the first.
    pinned: Vec<Row>,
    /// The rows of groups, unless they are folded or there are none.
    tree: Option<Arc<Tree>>,
    /// The rows of tasks, unless they are folded.
    tasks: Option<Arc<Tree>>,
}

/// The rows of groups that show.
#[derive(Clone, Debug, Default)]
struct Tree {
    rows: Vec<TreeRow>,
    height: f64,
    /// Rows that do not show, since nobody on them is alive in view.
    hidden: u32,
    /// What it is of.
    of_tasks: bool,
}

/// A row of the tree. They come by `(row, is_heading first)`.
#[derive(Clone, Copy, Debug)]
struct TreeRow {
    /// The group, if it is a heading.
    group: Option<u32>,
    /// The row, of a heading the first of its group.
    row: u32,
    /// Upper edge below that of the first.
    top: f64,
    lines: u32,
}

impl Tree {
    fn of(groups: &Groups, folds: &Folds, view: Option<TimeRange>) -> Self {
        let mut tree = Self::default();
        for (at, group) in (0_u32..).zip(groups.list()) {
            let is_alive = |row: &u32| view.is_none_or(|view| groups.count_on(*row, view) > 0);
            tree.of_tasks = group.of_tasks;
            let rows = group.first..group.end;
            if view.is_some_and(|view| groups.count_in(at as usize, view) == 0) {
                tree.hidden += group.end - group.first;
                continue;
            }
            if !group.is_single() {
                tree.push(TreeRow { group: Some(at), row: group.first, top: tree.height, lines: 0 }, GROUP_HEIGHT);
            }
            if folds.folded_group(group) {
                continue;
            }
            for row in rows {
                if !is_alive(&row) {
                    tree.hidden += 1;
                    continue;
                }
                let shows = !group.of_tasks || folds.expanded(group, row);
                let lines = if shows { groups.region_lines(row) } else { 0 };
                let height = LANE_HEIGHT + f64::from(lines) * REGION_HEIGHT;
                tree.push(TreeRow { group: None, row, top: tree.height, lines }, height);
            }
        }
        tree
    }

    fn push(&mut self, row: TreeRow, height: f64) {
        self.rows.push(row);
        self.height += height;
    }

    fn row_at(&self, groups: &Groups, y: f64, above: f64) -> Option<Row> {
        let at = self.rows.partition_point(|row| row.top <= y).checked_sub(1)?;
        self.rows.get(at).map(|row| row.shown(self.of_tasks, groups, above))
    }

    /// The row that a goroutine is on; the heading of its group if that is folded; `None` if it does not show.
    fn row_of(&self, groups: &Groups, folds: &Folds, row: u32, above: f64) -> Option<Row> {
        let group = groups.list().get(groups.group_of(row))?;
        let is_heading = folds.folded_group(group);
        self.find(groups, if is_heading { (group.first, false) } else { (row, true) }, above)
    }

    /// The row `(row, is no heading)`, if it shows.
    fn find(&self, groups: &Groups, wanted: (u32, bool), above: f64) -> Option<Row> {
        let at = self.rows.binary_search_by_key(&wanted, |known| (known.row, known.group.is_none())).ok()?;
        self.rows.get(at).map(|row| row.shown(self.of_tasks, groups, above))
    }
}

impl TreeRow {
    fn shown(&self, of_tasks: bool, groups: &Groups, above: f64) -> Row {
        let top = above + self.top;
        match self.group {
            Some(group) => {
                let kind = if of_tasks { RowKind::TaskGroup(group) } else { RowKind::Group(group) };
                Row { kind, top, height: GROUP_HEIGHT, region_lines: 0, is_pinned: false }
            }
            None => Row {
                kind: match groups.single_on(self.row) {
                    _ if of_tasks => RowKind::Tasks(self.row),
                    Some(go) => RowKind::Lane(LaneId::Goroutine(go)),
                    None => RowKind::Shared(self.row),
                },
                top,
                height: LANE_HEIGHT + f64::from(self.lines) * REGION_HEIGHT,
                region_lines: self.lines,
                is_pinned: false,
            },
        }
    }
}

impl<'a> Layout<'a> {
    /// The same with pinned rows above all others.
    #[must_use]
    pub fn with_pins(mut self, pins: &[Pin]) -> Self {
        let mut top = 0.0;
        for kind in pins.iter().filter_map(|pin| pin.row(self.rows)) {
            let height = if matches!(kind, RowKind::Lane(_)) { LANE_HEIGHT } else { GROUP_HEIGHT };
            self.pinned.push(Row { kind, top, height, region_lines: 0, is_pinned: true });
            top += height;
        }
        self
    }

    /// How many rows are pinned.
    #[must_use]
    pub fn pinned_count(&self) -> usize {
        self.pinned.len()
    }

    /// The pinned row of a lane, if it is pinned and they are not folded.
    #[must_use]
    pub fn pinned_row_of(&self, lane: LaneId) -> Option<Row> {
        let above = self.heading_height(Section::Pinned);
        let row = self.pinned.iter().find(|row| row.kind == RowKind::Lane(lane));
        row.filter(|_| !self.folds.folded(Section::Pinned)).map(|row| Row { top: row.top + above, ..*row })
    }

    fn heading_height(&self, section: Section) -> f64 {
        match section {
            Section::Pinned if !self.pinned.is_empty() => HEADING_HEIGHT,
            _ => self.rows.heading_height(section),
        }
    }

    /// Height of all rows, points.
    #[must_use]
    pub fn height(&self) -> f64 {
        Section::ALL.iter().map(|&section| self.section_height(section)).sum()
    }

    /// Rows of a section that do not show, since nobody on them is alive in view.
    #[must_use]
    pub fn hidden(&self, section: Section) -> u32 {
        self.tree_of(section).map_or(0, |(tree, _)| tree.hidden)
    }

    /// The tree that a section shows, if it does.
    fn tree_of(&self, section: Section) -> Option<(&Tree, &'a Groups)> {
        match section {
            Section::Goroutines => Some((self.tree.as_deref()?, self.rows.groups.as_ref()?)),
            Section::Tasks => Some((self.tasks.as_deref()?, self.rows.tasks.groups())),
            Section::Pinned | Section::Procs | Section::Threads | Section::Collector => None,
        }
    }

    fn section_height(&self, section: Section) -> f64 {
        self.heading_height(section)
            + match self.tree_of(section) {
                _ if self.folds.folded(section) => 0.0,
                _ if section == Section::Pinned => self.pinned.last().map_or(0.0, |row| row.top + row.height),
                Some((tree, _)) => tree.height,
                None => self.rows.body_height(section),
            }
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
                let above = top + self.heading_height(section);
                let inside = y - above;
                return match self.tree_of(section) {
                    _ if inside < 0.0 => Some(self.heading(section, top)),
                    _ if section == Section::Pinned => {
                        let row = self.pinned.iter().rfind(|row| row.top <= inside);
                        row.map(|row| Row { top: row.top + above, ..*row })
                    }
                    Some((tree, groups)) => tree.row_at(groups, inside, above),
                    None => self.body_row(section, top, self.rows.index_at(section, inside)),
                };
            }
            top += height;
        }
        None
    }

    /// The rows that show between `y0` and `y1`, points, top to bottom.
    pub fn rows_between(&self, y0: f64, y1: f64) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.row_at(y0.max(0.0));
        std::iter::from_fn(move || {
            let row = next.filter(|row| row.top < y1)?;
            // Half a point inside the next one: rows are whole points high.
            next = self.row_at(row.top + row.height + 0.5);
            Some(row)
        })
    }

    /// The row of a lane; if its section or group is folded, that one's heading. `None` for a lane that this snapshot does
    /// not hold, or that has no row in view.
    #[must_use]
    pub fn row_of(&self, lane: LaneId) -> Option<Row> {
        let section = Section::of(lane);
        let top = self.section_top(section);
        if let (LaneId::Goroutine(go), Some(groups)) = (lane, &self.rows.groups) {
            let row = groups.row_of(go)?;
            let above = top + self.rows.heading_height(section);
            return match &self.tree {
                Some(tree) => tree.row_of(groups, self.folds, row, above),
                None => Some(self.heading(section, top)),
            };
        }
        let index = self.rows.index_of(lane)?;
        if self.folds.folded(section) {
            return Some(self.heading(section, top));
        }
        self.body_row(section, top, index)
    }

    /// The row of a task; if that, its type, or all tasks are folded, the heading that shows. `None` without a row in view.
    #[must_use]
    pub fn row_of_task(&self, task: TaskIx) -> Option<Row> {
        let (row, top) = (self.rows.tasks.row_of(task)?, self.section_top(Section::Tasks));
        let above = top + self.rows.heading_height(Section::Tasks);
        match self.tree_of(Section::Tasks) {
            Some((tree, groups)) => tree.row_of(groups, self.folds, row, above),
            None => Some(self.heading(Section::Tasks, top)),
        }
    }

    /// The row of this kind, if it shows.
    #[must_use]
    pub fn find(&self, kind: RowKind) -> Option<Row> {
        let in_tree = |section: Section, row: u32, is_heading: bool| {
            let (tree, groups) = self.tree_of(section)?;
            let above = self.section_top(section) + self.rows.heading_height(section);
            tree.find(groups, (row, !is_heading), above)
        };
        match kind {
            RowKind::Heading(section) => Some(self.heading(section, self.section_top(section))),
            RowKind::Lane(lane) => self.row_of(lane),
            RowKind::Shared(row) => in_tree(Section::Goroutines, row, false),
            RowKind::Group(group) => {
                let group = self.rows.groups.as_ref()?.list().get(group as usize)?;
                in_tree(Section::Goroutines, group.first, true)
            }
            RowKind::Tasks(row) => in_tree(Section::Tasks, row, false),
            RowKind::TaskGroup(group) => in_tree(Section::Tasks, self.rows.tasks.group(group)?.first, true),
        }
    }

    fn heading(&self, section: Section, top: f64) -> Row {
        let height = self.heading_height(section);
        Row { kind: RowKind::Heading(section), top, height, region_lines: 0, is_pinned: false }
    }

    fn body_row(&self, section: Section, section_top: f64, index: u32) -> Option<Row> {
        let lane = self.rows.lane_at(section, index)?;
        let (top, region_lines) = self.rows.place_in(section, index);
        Some(Row {
            kind: RowKind::Lane(lane),
            top: section_top + self.rows.heading_height(section) + top,
            height: LANE_HEIGHT + f64::from(region_lines) * REGION_HEIGHT,
            region_lines,
            is_pinned: false,
        })
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
