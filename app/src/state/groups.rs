//! Goroutines in groups (`grouping.rs` says which), in an order (`order.rs`), whose goroutines share rows where they do not overlap in time: made by
//! a worker, asked on the UI thread.
//!
//! A group's rows are found greedily: goroutines in the order of birth, each on the first row that is free, which needs
//! as few rows as any other way (they are intervals). So a pool of twenty workers that serves a million short goroutines
//! is twenty rows. 28 bytes a goroutine. Tasks are grouped by type and packed in the same way (`task_rows.rs`).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use rayon::prelude::*;
use trace_core::analysis::tags::Tags;
use trace_core::base::ids::{GoroutineIdx, StrId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::state::grouping::{GroupBy, Grouping, Key, RUNTIME};
use crate::state::order::{GoroutineOrder, Sorting};
use crate::state::row::MAX_REGION_LINES;

/// Groups with at most so many rows are unfolded at first.
const SMALL: u32 = 6;
/// Types of tasks are unfolded at first as long as all of them together have at most so many rows.
const SMALL_OF_TASKS: u32 = 20;
/// More groups than these make one of the rest.
const MOST: usize = 2_000;

/// Goroutines, or tasks, that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common: a function, a package, a type.
    pub title: String,
    /// The function or the type as the trace has it, where that is what they have in common.
    pub name: Option<StrId>,
    /// Whether its members are tasks, not goroutines.
    pub of_tasks: bool,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many they are.
    pub count: u32,
    /// Their rows among all rows: `first..end`.
    pub first: u32,
    /// One past the last member: see `first`.
    pub end: u32,
    /// How many of them have no row, since more rows would be needed than are given.
    pub left_out: u32,
    /// Whether its rows show until the user folds it.
    pub is_open_at_first: bool,
    /// What its place among the others goes by, in words.
    pub sorted_by: Option<String>,
}

impl Group {
    /// Whether it is a goroutine by itself, which needs no heading.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.count == 1 && !self.is_system
    }
}

/// One goroutine, or task, on its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Index of the goroutine or task.
    pub(super) idx: u32,
    /// Its life in ticks: `start..end`, at least one long.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// All that is to be in one group.
pub(super) struct GroupMembers {
    pub(super) title: String,
    pub(super) name: Option<StrId>,
    pub(super) members: Vec<Member>,
}

impl GroupMembers {
    fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.members.iter().map(|member| member.idx)
    }
}

/// All goroutines (or tasks) in groups, on rows.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// Goroutines by row, on a row by time.
    members: Vec<Member>,
    /// Those that have no row, by group.
    left: Vec<(u32, Member)>,
    /// When those of each group begin, and when they end, both rising: how many are alive is found without their rows.
    edges: Vec<[Vec<u32>; 2]>,
    /// Where each row begins among the members, and one more.
    row_starts: Vec<u32>,
    /// The row of each goroutine; [`u32::MAX`] for those that are not shown.
    row_of: Vec<u32>,
    /// Lines of regions under each row.
    region_lines: Vec<u8>,
    clock: Clock,
}

impl Groups {
    /// Groups `some` goroutines, by rising index; the groups, and rows by statistics, in an order. Costs in proportion to
    /// them, for some orders to their spans: for workers.
    #[must_use]
    pub(super) fn build(
        trace: &Trace,
        (by, tags): (GroupBy, &Tags),
        order: (GoroutineOrder, bool),
        some: impl Iterator<Item = u32>,
    ) -> Self {
        let clock = Clock::of(trace.range());
        let some: Vec<u32> = some.collect();
        let grouping = Grouping::new(trace, (by, tags), &some);
        let lives: Vec<_> = some
            .par_iter()
            .with_min_len(4_096)
            .filter_map(|&idx| {
                let (life, creator) = trace.life(GoroutineIdx(idx))?;
                Some((idx, life, grouping.key(GoroutineIdx(idx), creator)))
            })
            .collect();
        let mut all: Vec<GroupMembers> = Vec::new();
        // Titles are made once for each key, not for each goroutine.
        let mut by_key: HashMap<Key, usize> = HashMap::new();
        let mut by_title: BTreeMap<String, usize> = BTreeMap::new();
        for (idx, life, key) in lives {
            let group = *by_key.entry(key).or_insert_with(|| {
                let (title, name) = (grouping.title(key), grouping.start_function(key));
                let at = *by_title.entry(title.clone()).or_insert_with(|| {
                    all.push(GroupMembers { title, name, members: Vec::new() });
                    all.len() - 1
                });
                if let Some(kin) = all.get_mut(at).filter(|kin| kin.name != name) {
                    kin.name = None;
                }
                at
            });
            if let Some(kin) = all.get_mut(group) {
                kin.members.push(clock.member(idx, life));
            }
        }
        let sorting = Sorting::of(trace, order, &some);
        sort(&mut all, &sorting);
        let mut groups = Self::with(clock, trace.goroutine_count());
        groups.add_all(all, (false, u32::MAX), Some(&sorting), |go| trace.region_depth(GoroutineIdx(go)));
        groups
    }

    /// No groups yet, of some of `0..count`.
    pub(super) fn with(clock: Clock, count: u32) -> Self {
        Self { clock, row_of: vec![u32::MAX; count as usize], ..Self::default() }
    }

    /// Puts groups below one another, those beyond the first [`MOST`] together, each on at most `most` rows.
    pub(super) fn add_all(
        &mut self,
        mut all: Vec<GroupMembers>,
        (of_tasks, most): (bool, u32),
        sorting: Option<&Sorting>,
        depth: impl Fn(u32) -> u32,
    ) {
        if all.len() > MOST {
            let rest = all.split_off(MOST - 1).into_iter().flat_map(|kin| kin.members).collect();
            all.push(GroupMembers { title: "Other".to_owned(), name: None, members: rest });
        }
        for kin in all {
            self.add(kin, (of_tasks, most), sorting, &depth);
        }
        let are_few = self.row_count() <= SMALL_OF_TASKS;
        for group in self.groups.iter_mut().filter(|group| group.of_tasks) {
            group.is_open_at_first = are_few || group.end - group.first <= 1;
        }
        self.row_starts.push(self.members.len() as u32);
    }

    fn add(
        &mut self,
        kin: GroupMembers,
        (of_tasks, most): (bool, u32),
        sorting: Option<&Sorting>,
        depth: impl Fn(u32) -> u32,
    ) {
        let sorting = sorting.filter(|sorting| sorting.order.is_statistic());
        let sorted_by = sorting.and_then(|sorting| sorting.order.said(sorting.combined(kin.indices())));
        let GroupMembers { title, name, mut members } = kin;
        members.sort_by_key(|member| (member.start, member.idx));
        let mut rows = packed(&members);
        if let Some(sorting) = sorting {
            sort_rows(&mut rows, &members, sorting);
        }
        let count = members.len() as u32;
        let first = self.region_lines.len() as u32;
        let row_count = rows.iter().max().map_or(0, |last| last + 1).min(most);
        let mut ends: Vec<u32> = members.iter().map(|member| member.end).collect();
        ends.sort_unstable();
        self.edges.push([members.iter().map(|member| member.start).collect(), ends]);
        let placed = rows.into_iter().zip(members);
        let (mut by_row, left): (Vec<(u32, Member)>, Vec<_>) = placed.partition(|(row, _)| *row < most);
        let left_out = left.len() as u32;
        let group = self.groups.len() as u32;
        self.left.extend(left.into_iter().map(|(_, member)| (group, member)));
        // Stable: on a row by time.
        by_row.sort_by_key(|(row, _)| *row);
        self.region_lines.resize(self.region_lines.len() + row_count as usize, 0);
        let mut last = None;
        for (row, member) in by_row {
            let row = first + row;
            if last != Some(row) {
                self.row_starts.push(self.members.len() as u32);
                last = Some(row);
            }
            if let Some(slot) = self.row_of.get_mut(member.idx as usize) {
                *slot = row;
            }
            if let Some(lines) = self.region_lines.get_mut(row as usize) {
                *lines = (*lines).max(depth(member.idx).min(MAX_REGION_LINES) as u8);
            }
            self.members.push(member);
        }
        let is_system = title == RUNTIME && !of_tasks;
        let is_open_at_first = !of_tasks && !is_system && row_count <= SMALL;
        let end = first + row_count;
        self.groups.push(Group {
            title,
            name,
            of_tasks,
            is_system,
            count,
            first,
            end,
            left_out,
            is_open_at_first,
            sorted_by,
        });
    }

    /// The groups, from top to bottom.
    #[must_use]
    pub fn list(&self) -> &[Group] {
        &self.groups
    }

    /// How many goroutines are in them.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.members.len() as u32
    }

    /// Lines of regions under a row.
    #[must_use]
    pub fn region_lines(&self, row: u32) -> u32 {
        self.region_lines.get(row as usize).copied().unwrap_or(0).into()
    }

    /// How many rows all groups have.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        self.region_lines.len() as u32
    }

    /// Gives a row so many lines.
    pub(super) fn set_lines(&mut self, row: u32, lines: u8) {
        if let Some(known) = self.region_lines.get_mut(row as usize) {
            *known = lines;
        }
    }

    /// The row of a goroutine, if it has one.
    #[must_use]
    pub fn row_of(&self, go: GoroutineIdx) -> Option<u32> {
        self.row_of_index(go.0)
    }

    /// The row of what has this index.
    pub(super) fn row_of_index(&self, idx: u32) -> Option<u32> {
        self.row_of.get(idx as usize).copied().filter(|row| *row != u32::MAX)
    }

    /// The group of a row, by its place among the groups.
    #[must_use]
    pub fn group_of(&self, row: u32) -> usize {
        self.groups.partition_point(|group| group.end <= row)
    }

    /// The goroutines of a row that are alive in a stretch of time, by time.
    pub fn alive_on(&self, row: u32, range: TimeRange) -> impl Iterator<Item = GoroutineIdx> + '_ {
        self.alive(row, range).iter().map(|member| GoroutineIdx(member.idx))
    }

    /// All goroutines of a row, by time.
    pub fn on_row(&self, row: u32) -> impl Iterator<Item = GoroutineIdx> + '_ {
        self.row(row).iter().map(|member| GoroutineIdx(member.idx))
    }

    /// The only goroutine of a row, if there is but one.
    #[must_use]
    pub fn single_on(&self, row: u32) -> Option<GoroutineIdx> {
        match self.row(row) {
            [one] => Some(GoroutineIdx(one.idx)),
            _ => None,
        }
    }

    /// How many goroutines of a row are alive in a stretch of time.
    #[must_use]
    pub fn count_on(&self, row: u32, range: TimeRange) -> u32 {
        self.alive(row, range).len() as u32
    }

    /// How many of a group, by its place, are alive in a stretch of time.
    #[must_use]
    pub fn count_in(&self, group: usize, range: TimeRange) -> u32 {
        let Some([starts, ends]) = self.edges.get(group) else { return 0 };
        let (from, to) = self.clock.range(range);
        let ended = ends.partition_point(|end| *end <= from);
        starts.partition_point(|start| *start <= to).saturating_sub(ended) as u32
    }

    /// The indices of those of a group, by its place, that are alive in a stretch of time, with a row or without.
    pub fn indices_in(&self, group: usize, range: TimeRange) -> impl Iterator<Item = u32> + '_ {
        let rows = self.groups.get(group).map_or(0..0, |group| group.first..group.end);
        let on_rows = rows.flat_map(move |row| self.alive(row, range)).map(|member| member.idx);
        let is_in = move |(of, _): &&(u32, Member)| usize::try_from(*of) == Ok(group);
        on_rows.chain(self.left.iter().filter(is_in).map(|(_, member)| member.idx))
    }

    pub(super) fn row(&self, row: u32) -> &[Member] {
        let start = |row: u32| self.row_starts.get(row as usize).map_or(self.members.len(), |at| *at as usize);
        self.members.get(start(row)..start(row + 1)).unwrap_or_default()
    }

    pub(super) fn alive(&self, row: u32, range: TimeRange) -> &[Member] {
        self.clock.alive(self.row(row), range)
    }
}

/// Time in ticks from the start of the trace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    origin: TraceTime,
    /// Nanoseconds of a tick, at least 1.
    tick: i64,
}

impl Clock {
    /// Ticks that are as short as 32 bits allow for a trace of this length.
    pub(super) fn of(range: TimeRange) -> Self {
        let tick = (range.nanos() / i64::from(u32::MAX - 2)).max(0) + 1;
        Self { origin: range.start, tick }
    }

    /// Something that lasts this long.
    pub(super) fn member(self, idx: u32, life: TimeRange) -> Member {
        let (start, end) = self.range(life);
        Member { idx, start, end: end.max(start) + 1 }
    }

    /// Those of `members`, which do not overlap and come by time, that are alive in a stretch of time.
    pub(super) fn alive(self, members: &[Member], range: TimeRange) -> &[Member] {
        let (first, end) = self.alive_by(members, |member| *member, range);
        members.get(first..end).unwrap_or_default()
    }

    /// The same of anything that has a member: from where to where.
    pub(super) fn alive_by<T>(self, all: &[T], member: impl Fn(&T) -> Member, range: TimeRange) -> (usize, usize) {
        let (from, to) = self.range(range);
        // They do not overlap, so ends rise with starts.
        let first = all.partition_point(|known| member(known).end <= from);
        let end = all.partition_point(|known| member(known).start <= to);
        (first, end.max(first))
    }

    fn range(self, range: TimeRange) -> (u32, u32) {
        (self.ticks(range.start), self.ticks(range.end))
    }

    fn ticks(self, time: TraceTime) -> u32 {
        let ticks = time.nanos_since(self.origin) / self.tick.max(1);
        u32::try_from(ticks.max(0)).unwrap_or(u32::MAX).min(u32::MAX - 1)
    }
}

/// A row for each interval, which come by rising start: the first row that is free.
fn packed(members: &[Member]) -> Vec<u32> {
    let mut busy: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    let mut rows = 0;
    members
        .iter()
        .map(|member| {
            while let Some(Reverse((end, row))) = busy.peek().copied().filter(|Reverse((end, _))| *end <= member.start)
            {
                debug_assert!(end <= member.start, "only free rows are given away");
                busy.pop();
                free.push(Reverse(row));
            }
            let row = free.pop().map_or_else(
                || {
                    rows += 1;
                    rows - 1
                },
                |Reverse(row)| row,
            );
            busy.push(Reverse((member.end, row)));
            row
        })
        .collect()
}

/// Puts groups in order, the runtime's last.
fn sort(all: &mut [GroupMembers], sorting: &Sorting) {
    if sorting.order == GoroutineOrder::Function {
        all.sort_by_cached_key(|kin| kin.title.to_lowercase());
        if sorting.is_reversed {
            all.reverse();
        }
    } else {
        all.sort_by_cached_key(|kin| {
            let first = kin.members.first().map(|member| member.idx);
            (sorting.key(sorting.combined(kin.indices())), first)
        });
    }
    all.sort_by_key(|kin| kin.title == RUNTIME);
}

/// Gives rows other places: by the figures of those that are on them.
fn sort_rows(rows: &mut [u32], members: &[Member], sorting: &Sorting) {
    let count = rows.iter().max().map_or(0, |last| last + 1);
    let mut on_row: Vec<Vec<u32>> = vec![Vec::new(); count as usize];
    for (row, member) in rows.iter().zip(members) {
        if let Some(on_row) = on_row.get_mut(*row as usize) {
            on_row.push(member.idx);
        }
    }
    let mut order: Vec<(i64, u32)> = on_row
        .into_iter()
        .zip(0_u32..)
        .map(|(gos, row)| (sorting.key(sorting.combined(gos.into_iter())), row))
        .collect();
    order.sort_unstable();
    let mut places = vec![0_u32; count as usize];
    for ((_, row), place) in order.into_iter().zip(0_u32..) {
        if let Some(slot) = places.get_mut(row as usize) {
            *slot = place;
        }
    }
    for row in rows {
        *row = places.get(*row as usize).copied().unwrap_or(*row);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, GroupMembers, Groups, Member, packed};
    use trace_core::base::time::{TimeRange, TraceTime};

    fn member(idx: u32, start: u32, end: u32) -> Member {
        Member { idx, start, end }
    }

    #[test]
    fn goroutines_that_do_not_overlap_share_rows() {
        let members = [member(0, 0, 10), member(1, 0, 4), member(2, 4, 9), member(3, 5, 6), member(4, 10, 11)];
        assert_eq!(packed(&members), [0, 1, 1, 2, 0]);
        let many: Vec<Member> = (0..100_000).map(|at| member(at, at, at + 20)).collect();
        assert_eq!(packed(&many).iter().max(), Some(&19), "twenty at once are twenty rows");
    }

    #[test]
    fn a_row_tells_who_is_alive() {
        let mut groups = Groups::with(Clock { tick: 1, ..Clock::default() }, 5);
        let members = vec![member(0, 0, 10), member(3, 10, 20), member(4, 30, 40)];
        groups.add_all(
            vec![GroupMembers { title: "f".to_owned(), name: None, members }],
            (false, u32::MAX),
            None,
            |go| go,
        );
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        assert_eq!(groups.count_on(0, range(0, 50)), 3);
        assert_eq!(groups.count_on(0, range(10, 12)), 1);
        assert_eq!(groups.count_on(0, range(21, 29)), 0);
        assert_eq!(groups.alive_on(0, range(5, 15)).map(|go| go.0).collect::<Vec<_>>(), [0, 3]);
        assert_eq!((groups.region_lines(0), groups.group_of(0), groups.list()[0].count), (4, 0, 3));
        assert_eq!(groups.row_of(trace_core::base::ids::GoroutineIdx(1)), None);
    }

    #[test]
    fn who_is_alive_in_a_group_is_counted_without_its_rows() {
        let mut groups = Groups::with(Clock { tick: 1, ..Clock::default() }, 500);
        let members: Vec<Member> = (0..500).map(|at| member(at, at * 7 % 400, at * 7 % 400 + 1 + at % 90)).collect();
        groups.add_all(vec![GroupMembers { title: "f".to_owned(), name: None, members }], (true, 20), None, |_| 0);
        let group = &groups.list()[0];
        assert_eq!((group.end - group.first, group.count), (20, 500));
        let on_rows = (0..20).map(|row| groups.row(row).len() as u32).sum::<u32>();
        assert!(group.left_out > 0 && on_rows + group.left_out == 500, "{} and {on_rows}", group.left_out);
        let mut whole = Groups::with(Clock { tick: 1, ..Clock::default() }, 500);
        let members: Vec<Member> = (0..500).map(|at| member(at, at * 7 % 400, at * 7 % 400 + 1 + at % 90)).collect();
        whole.add_all(vec![GroupMembers { title: "f".to_owned(), name: None, members }], (true, u32::MAX), None, |_| 0);
        for (start, end) in [(0, 600), (0, 0), (100, 101), (250, 300), (480, 600), (700, 800)] {
            let range = TimeRange::new(TraceTime(start), TraceTime(end));
            let rows = 0..whole.row_count();
            assert_eq!(whole.count_in(0, range), rows.map(|row| whole.count_on(row, range)).sum::<u32>());
            assert_eq!(groups.count_in(0, range), whole.count_in(0, range));
        }
    }
}
