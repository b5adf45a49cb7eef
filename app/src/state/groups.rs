//! Goroutines in groups, by start function say, whose goroutines share rows where they do not overlap in time: made by
//! a worker, asked on the UI thread.
//!
//! A group's rows are found greedily: goroutines in the order of birth, each on the first row that is free, which needs
//! as few rows as any other way (they are intervals). So a pool of twenty workers that serves a million short goroutines
//! is twenty rows. 20 bytes a goroutine.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use rayon::prelude::*;
use trace_core::base::ids::{GoIx, StrId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::goroutines::is_system_function;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::state::rows::MAX_REGION_LINES;

/// How goroutines are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// By the function that they were started with.
    #[default]
    Function,
    /// By the start function of the goroutine that created them.
    Creator,
    /// By the package of the function that they were started with.
    Package,
    /// Not at all: a lane each.
    Nothing,
}

/// What the runtime's own goroutines are under.
const RUNTIME: &str = "Runtime";
/// Groups with at most so many rows are unfolded at first.
const SMALL: u32 = 6;
/// More groups than these make one of the rest.
const MOST: usize = 2_000;

/// Goroutines that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common: a function, a package.
    pub title: String,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many they are.
    pub count: u32,
    /// Their rows among all rows: `first..end`.
    pub first: u32,
    /// See `first`.
    pub end: u32,
}

impl Group {
    /// Whether its rows show until the user folds it.
    #[must_use]
    pub const fn is_open_at_first(&self) -> bool {
        !self.is_system && self.end - self.first <= SMALL
    }

    /// Whether it is a goroutine by itself, which needs no heading.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.count == 1 && !self.is_system
    }
}

/// One goroutine on its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member {
    go: u32,
    /// Its life in ticks: `start..end`, at least one long.
    start: u32,
    end: u32,
}

/// All goroutines in groups, on rows.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// Goroutines by row, on a row by time.
    members: Vec<Member>,
    /// Where each row begins among the members, and one more.
    row_starts: Vec<u32>,
    /// The row of each goroutine; [`u32::MAX`] for those that are not shown.
    row_of: Vec<u32>,
    /// Lines of regions under each row.
    region_lines: Vec<u8>,
    origin: TraceTime,
    /// Nanoseconds a tick.
    tick: i64,
}

impl Groups {
    /// Groups `some` goroutines, by rising index. Costs in proportion to them: for workers.
    #[must_use]
    pub fn build(trace: &Trace, by: GroupBy, some: impl Iterator<Item = u32>) -> Self {
        let range = trace.range();
        let tick = (range.nanos() / i64::from(u32::MAX - 2)).max(0) + 1;
        let clock = Clock { origin: range.start, tick };
        let some: Vec<u32> = some.collect();
        let lives: Vec<_> = some.into_par_iter().with_min_len(4_096).map(|ix| (ix, trace.life(GoIx(ix)))).collect();
        let mut all: Vec<(String, Vec<Member>)> = Vec::new();
        // Names are looked up once for each function, not for each goroutine.
        let mut by_name: HashMap<(StrId, Option<StrId>), usize> = HashMap::new();
        let mut by_title: BTreeMap<String, usize> = BTreeMap::new();
        for (ix, life) in lives {
            let Some((life, creator)) = life else { continue };
            let name_of = |go: GoIx| trace.goroutine_name(go).map(|(_, name)| name);
            let name = name_of(GoIx(ix)).unwrap_or_default();
            let creator = creator.filter(|_| by == GroupBy::Creator).and_then(name_of);
            let group = *by_name.entry((name, creator)).or_insert_with(|| {
                let title = title_of(trace, by, name, creator);
                *by_title.entry(title.clone()).or_insert_with(|| {
                    all.push((title, Vec::new()));
                    all.len() - 1
                })
            });
            let (start, end) = (clock.ticks(life.start), clock.ticks(life.end));
            if let Some((_, members)) = all.get_mut(group) {
                members.push(Member { go: ix, start, end: end.max(start) + 1 });
            }
        }
        // As the program came to them, the runtime's last.
        all.sort_by_key(|(title, members)| (title == RUNTIME, members.first().map(|member| member.go)));
        if all.len() > MOST {
            let rest = all.split_off(MOST - 1).into_iter().flat_map(|(_, members)| members).collect();
            all.push(("Other".to_owned(), rest));
        }
        let mut groups = Self {
            origin: range.start,
            tick,
            row_of: vec![u32::MAX; trace.goroutine_count() as usize],
            ..Self::default()
        };
        for (title, members) in all {
            groups.add(title, members, |go| trace.region_depth(GoIx(go)));
        }
        groups.row_starts.push(groups.members.len() as u32);
        groups
    }

    fn add(&mut self, title: String, mut members: Vec<Member>, depth: impl Fn(u32) -> u32) {
        members.sort_by_key(|member| (member.start, member.go));
        let rows = packed(&members);
        let count = members.len() as u32;
        let first = self.region_lines.len() as u32;
        let row_count = rows.iter().max().map_or(0, |most| most + 1);
        let mut by_row: Vec<(u32, Member)> = rows.into_iter().zip(members).collect();
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
            if let Some(slot) = self.row_of.get_mut(member.go as usize) {
                *slot = row;
            }
            if let Some(lines) = self.region_lines.get_mut(row as usize) {
                *lines = (*lines).max(depth(member.go).min(MAX_REGION_LINES) as u8);
            }
            self.members.push(member);
        }
        let is_system = title == RUNTIME;
        self.groups.push(Group { title, is_system, count, first, end: first + row_count });
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

    /// The row of a goroutine, if it has one.
    #[must_use]
    pub fn row_of(&self, go: GoIx) -> Option<u32> {
        self.row_of.get(go.index()).copied().filter(|row| *row != u32::MAX)
    }

    /// The group of a row, by its place among the groups.
    #[must_use]
    pub fn group_of(&self, row: u32) -> usize {
        self.groups.partition_point(|group| group.end <= row)
    }

    /// The goroutines of a row that are alive in a stretch of time, by time.
    pub fn alive_on(&self, row: u32, range: TimeRange) -> impl Iterator<Item = GoIx> + '_ {
        self.alive(row, range).iter().map(|member| GoIx(member.go))
    }

    /// All goroutines of a row, by time.
    pub fn on_row(&self, row: u32) -> impl Iterator<Item = GoIx> + '_ {
        self.row(row).iter().map(|member| GoIx(member.go))
    }

    /// The only goroutine of a row, if there is but one.
    #[must_use]
    pub fn single_on(&self, row: u32) -> Option<GoIx> {
        match self.row(row) {
            [one] => Some(GoIx(one.go)),
            _ => None,
        }
    }

    /// How many goroutines of a row are alive in a stretch of time.
    #[must_use]
    pub fn count_on(&self, row: u32, range: TimeRange) -> u32 {
        self.alive(row, range).len() as u32
    }

    fn row(&self, row: u32) -> &[Member] {
        let start = |row: u32| self.row_starts.get(row as usize).map_or(self.members.len(), |at| *at as usize);
        self.members.get(start(row)..start(row + 1)).unwrap_or_default()
    }

    fn alive(&self, row: u32, range: TimeRange) -> &[Member] {
        let clock = Clock { origin: self.origin, tick: self.tick };
        let (from, to) = (clock.ticks(range.start), clock.ticks(range.end));
        let row = self.row(row);
        // They do not overlap, so ends rise with starts.
        let first = row.partition_point(|member| member.end <= from);
        let end = row.partition_point(|member| member.start <= to);
        row.get(first..end.max(first)).unwrap_or_default()
    }
}

/// Time in ticks from the start of the trace.
#[derive(Clone, Copy)]
struct Clock {
    origin: TraceTime,
    tick: i64,
}

impl Clock {
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

/// What goroutines with this start function, and creator's start function, are under.
fn title_of(trace: &Trace, by: GroupBy, function: StrId, creator: Option<StrId>) -> String {
    let function = trace.str(function);
    if is_system_function(function) {
        return RUNTIME.to_owned();
    }
    let own = || if function.is_empty() { "(unknown)".to_owned() } else { name::function(function).to_owned() };
    match by {
        GroupBy::Function | GroupBy::Nothing => own(),
        GroupBy::Package if function.is_empty() => own(),
        GroupBy::Package => name::package(function).to_owned(),
        GroupBy::Creator => match creator {
            Some(creator) => format!("created by {}", name::function(trace.str(creator))),
            None => "creator unknown".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Groups, Member, packed};
    use trace_core::base::time::{TimeRange, TraceTime};

    fn member(go: u32, start: u32, end: u32) -> Member {
        Member { go, start, end }
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
        let mut groups = Groups { tick: 1, row_of: vec![u32::MAX; 5], ..Groups::default() };
        groups.add("f".to_owned(), vec![member(0, 0, 10), member(3, 10, 20), member(4, 30, 40)], |go| go);
        groups.row_starts.push(3);
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        assert_eq!(groups.count_on(0, range(0, 50)), 3);
        assert_eq!(groups.count_on(0, range(10, 12)), 1);
        assert_eq!(groups.count_on(0, range(21, 29)), 0);
        assert_eq!(groups.alive_on(0, range(5, 15)).map(|go| go.0).collect::<Vec<_>>(), [0, 3]);
        assert_eq!((groups.region_lines(0), groups.group_of(0), groups.list()[0].count), (4, 0, 3));
        assert_eq!(groups.row_of(trace_core::base::ids::GoIx(1)), None);
    }
}
