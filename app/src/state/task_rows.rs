//! User tasks on rows: grouped by type, packed like goroutines (`groups.rs`), each row with the lines that its tasks'
//! subtasks take when it is expanded, and the messages of its tasks. Made by a worker, asked on the UI thread.
//!
//! 28 bytes a task, 20 more for each task above it that has it among its subtasks, 8 a message. A type has
//! [`MOST_ROWS`] rows at most: tasks that are never ended take a row each.

use std::collections::{BTreeMap, HashMap, HashSet};

use trace_core::analysis::tasks::{Filter, life, tasks};
use trace_core::base::ids::{GoroutineIdx, StrId, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::{Log, Trace};

use crate::fmt::name;
use crate::state::groups::{Clock, Group, GroupMembers, Groups, Member};
use crate::state::lane_filter::Which;

/// Rows of a type of tasks at most.
const MOST_ROWS: u32 = 2_048;
/// Subtasks that need more lines than these are left out.
const MOST_LINES: usize = 24;
/// Subtasks of subtasks are followed so far down.
const MOST_LEVELS: usize = 16;

/// All tasks on rows.
#[derive(Clone, Debug, Default)]
pub struct TaskRows {
    groups: Groups,
    clock: Clock,
    /// By row, line and start.
    nested: Vec<Nested>,
    /// When each message of a task with a row is, by row and time: (row, place among all logs of the trace).
    logs: Vec<(u32, u32)>,
}

/// A task below one that it is a subtask of.
#[derive(Clone, Copy, Debug)]
struct Nested {
    row: u32,
    line: u8,
    member: Member,
}

impl TaskRows {
    /// Rows for all tasks, or for those that have to do with some goroutines. Costs in proportion to tasks, regions and
    /// messages: for workers.
    #[must_use]
    pub fn build(trace: &Trace, which: Option<&Which>) -> Self {
        let some: Vec<u32> = match which {
            None => (0..trace.task_count()).collect(),
            Some(which) => chosen(trace, which),
        };
        if some.is_empty() {
            return Self::default();
        }
        let clock = Clock::of(trace.range());
        let member = |idx: u32| trace.task(TaskIdx(idx)).map(|task| (task.name, clock.member(idx, life(trace, &task))));
        let mut groups = Groups::with(clock, trace.task_count());
        groups.add_all(by_type(trace, some.iter().filter_map(|idx| member(*idx))), (true, MOST_ROWS), None, |_| 0);
        let nested = nested(trace, &mut groups, &|idx| member(idx).map(|known| known.1));
        let logs = logs(trace, &groups);
        Self { groups, clock, nested, logs }
    }

    /// The types, from top to bottom.
    #[must_use]
    pub const fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The type at this place.
    #[must_use]
    pub fn group(&self, at: u32) -> Option<&Group> {
        self.groups.list().get(at as usize)
    }

    /// How many tasks there are, with a row or without.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.groups.list().iter().map(|group| group.count).sum()
    }

    /// The row of a task, if it has one.
    #[must_use]
    pub fn row_of(&self, task: TaskIdx) -> Option<u32> {
        self.groups.row_of_index(task.0)
    }

    /// The tasks of a row that are under way in a stretch of time, by time; with line 0 the row's own, else the subtasks
    /// on this line below it.
    pub fn alive_on(&self, row: u32, line: u32, range: TimeRange) -> impl Iterator<Item = TaskIdx> + '_ {
        let own = if line == 0 { self.groups.alive(row, range) } else { &[] };
        let below = line.checked_sub(1).map_or(&[][..], |line| self.line(row, line, range));
        own.iter().chain(below.iter().map(|nested| &nested.member)).map(|member| TaskIdx(member.idx))
    }

    fn line(&self, row: u32, line: u32, range: TimeRange) -> &[Nested] {
        let place = |nested: &Nested| (nested.row, u32::from(nested.line));
        let start = self.nested.partition_point(|nested| place(nested) < (row, line));
        let end = self.nested.partition_point(|nested| place(nested) <= (row, line));
        let all = self.nested.get(start..end).unwrap_or_default();
        let (first, last) = self.clock.alive_by(all, |nested| nested.member, range);
        all.get(first..last).unwrap_or_default()
    }

    /// The messages of a row's tasks in a stretch of time, by time.
    pub fn logs<'a>(&'a self, trace: &'a Trace, row: u32, range: TimeRange) -> impl Iterator<Item = Log> + 'a {
        let time = |at: u32| trace.all_logs().get(at as usize).map(|log| log.time);
        let start = self.logs.partition_point(|(of, at)| (*of, time(*at)) < (row, Some(range.start)));
        let rest = self.logs.get(start..).unwrap_or_default();
        let all = rest.iter().take_while(move |(of, _)| *of == row);
        all.filter_map(|(_, at)| trace.all_logs().get(*at as usize).copied())
            .take_while(move |log| log.time < range.end)
    }

    /// The task of a type, by its place, that comes before (`-1`) or after (`1`) another by its start.
    #[must_use]
    pub fn neighbour(&self, trace: &Trace, task: TaskIdx, step: i32) -> Option<TaskIdx> {
        let row = self.row_of(task)?;
        let group = self.groups.list().get(self.groups.group_of(row))?;
        let own = (trace.task(task)?.began, task);
        let all = (group.first..group.end).flat_map(|row| self.groups.row(row)).map(|member| TaskIdx(member.idx));
        let placed = all.filter_map(|idx| trace.task(idx).map(|task| (task.began, idx)));
        let next = if step < 0 {
            placed.filter(|other| *other < own).max()
        } else {
            placed.filter(|other| *other > own).min()
        };
        next.map(|(_, idx)| idx)
    }
}

/// The tasks that have to do with some goroutines, rising.
fn chosen(trace: &Trace, which: &Which) -> Vec<u32> {
    let mut found: Vec<u32> = match which {
        Which::Of(scope) => {
            let families = tasks(trace, &Filter::of_scope(trace, scope, false), &Monitor::new()).unwrap_or_default();
            families.iter().flat_map(|family| &family.instances).map(|found| found.task.idx.0).collect()
        }
        Which::These(gos) => {
            let gos: HashSet<GoroutineIdx> = gos.iter().copied().collect();
            let began =
                (0..trace.task_count()).map(|idx| (trace.task(TaskIdx(idx)).map(|task| task.go), Some(TaskIdx(idx))));
            let regions = trace.all_regions().iter().map(|region| (Some(region.go), region.task));
            let logs = trace.all_logs().iter().map(|log| (Some(log.go), log.task));
            let all = began.chain(regions).chain(logs);
            all.filter(|(go, _)| go.is_some_and(|go| gos.contains(&go))).filter_map(|(_, task)| Some(task?.0)).collect()
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Tasks by type, as the program came to them.
fn by_type(trace: &Trace, all: impl Iterator<Item = (StrId, Member)>) -> Vec<GroupMembers> {
    let mut kin: Vec<GroupMembers> = Vec::new();
    let mut by_name: HashMap<StrId, usize> = HashMap::new();
    let mut by_title: BTreeMap<String, usize> = BTreeMap::new();
    for (name, member) in all {
        let at = *by_name.entry(name).or_insert_with(|| {
            let title = name::task_type(trace, name).into_owned();
            *by_title.entry(title.clone()).or_insert_with(|| {
                kin.push(GroupMembers { title, name: Some(name), members: Vec::new() });
                kin.len() - 1
            })
        });
        if let Some(kin) = kin.get_mut(at) {
            kin.members.push(member);
        }
    }
    kin
}

/// The subtasks of the tasks of each row, on lines on which they do not overlap, below the one that they belong to.
fn nested(trace: &Trace, groups: &mut Groups, member: &impl Fn(u32) -> Option<Member>) -> Vec<Nested> {
    let parents = (0..trace.task_count()).filter_map(|idx| Some((trace.task(TaskIdx(idx))?.parent?.0, idx)));
    let mut children: Vec<(u32, u32)> = parents.collect();
    children.sort_unstable();
    let children_of = |parent: u32| {
        let start = children.partition_point(|(of, _)| *of < parent);
        let rest = children.get(start..).unwrap_or_default();
        rest.iter().take_while(move |(of, _)| *of == parent).map(|(_, child)| *child)
    };
    let mut nested = Vec::new();
    if children.is_empty() {
        return nested;
    }
    for row in 0..groups.row_count() {
        // (level, start, task, the one it belongs to)
        let mut below: Vec<(usize, Member, u32)> = Vec::new();
        let mut level: Vec<u32> = groups.row(row).iter().map(|member| member.idx).collect();
        for at in 0..MOST_LEVELS {
            let next: Vec<(u32, u32)> =
                level.iter().flat_map(|parent| children_of(*parent).map(move |child| (*parent, child))).collect();
            below.extend(next.iter().filter_map(|(parent, child)| Some((at, member(*child)?, *parent))));
            level = next.into_iter().map(|(_, child)| child).collect();
            if level.is_empty() {
                break;
            }
        }
        let lines = placed(row, below, &mut nested);
        groups.set_lines(row, lines);
    }
    nested.sort_unstable_by_key(|nested| (nested.row, nested.line, nested.member.start, nested.member.idx));
    nested
}

/// Puts subtasks on lines; how many these are.
fn placed(row: u32, mut below: Vec<(usize, Member, u32)>, nested: &mut Vec<Nested>) -> u8 {
    below.sort_unstable_by_key(|(level, member, _)| (member.start, *level, member.idx));
    let mut line_of: HashMap<u32, usize> = HashMap::new();
    let mut ends = [0_u32; MOST_LINES];
    let mut lines = 0;
    for (_, member, parent) in below {
        let above = line_of.get(&parent).map_or(0, |line| line + 1);
        let Some(line) = (above..MOST_LINES).find(|line| ends.get(*line).is_some_and(|end| *end <= member.start))
        else {
            continue;
        };
        if let Some(end) = ends.get_mut(line) {
            *end = member.end;
        }
        line_of.insert(member.idx, line);
        lines = lines.max(line as u8 + 1);
        nested.push(Nested { row, line: line as u8, member });
    }
    lines
}

/// Messages by the row of their task, by time.
fn logs(trace: &Trace, groups: &Groups) -> Vec<(u32, u32)> {
    let rows = (0_u32..).zip(trace.all_logs()).filter_map(|(at, log)| Some((groups.row_of_index(log.task?.0)?, at)));
    let mut logs: Vec<(u32, u32)> = rows.collect();
    logs.sort_by_key(|(row, at)| (*row, trace.all_logs().get(*at as usize).map(|log| log.time), *at));
    logs
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MOST_LINES, MOST_ROWS, TaskRows, placed};
    use crate::state::folds::Folds;
    use crate::state::groups::Member;
    use crate::state::lane_filter::Which;
    use crate::state::layout::Layout;
    use crate::state::rows::{RowOptions, Rows};
    use trace_core::analysis::scope::{GoroutineFilter, Scope};
    use trace_core::base::ids::TaskIdx;
    use trace_core::base::monitor::Monitor;
    use trace_core::event::kind::EventKind;
    use trace_core::load::{load_bytes, load_path};
    use trace_core::model::trace::Trace;
    use trace_core::testkit::writer::TraceWriter;

    fn member(idx: u32, start: u32, end: u32) -> Member {
        Member { idx, start, end }
    }

    #[test]
    fn subtasks_lie_below_the_task_that_they_belong_to() {
        let mut nested = Vec::new();
        // Of task 0: 1 and 2 at once, 3 later; 4 is of 2.
        let below =
            vec![(0, member(1, 0, 10), 0), (0, member(2, 2, 8), 0), (0, member(3, 12, 20), 0), (1, member(4, 3, 5), 2)];
        assert_eq!(placed(7, below, &mut nested), 3);
        let lines: Vec<(u32, u8)> = nested.iter().map(|nested| (nested.member.idx, nested.line)).collect();
        assert_eq!(lines, [(1, 0), (2, 1), (4, 2), (3, 0)]);
        assert!(nested.iter().all(|nested| nested.row == 7));
    }

    /// So many tasks that a program forgets to end.
    fn never_ended(count: u64) -> Arc<Trace> {
        let mut writer = TraceWriter::new(26);
        writer.event(0, 100, EventKind::PROC_STATUS, &[0, 1]);
        writer.event(0, 101, EventKind::GO_STATUS, &[1, 0, 2]);
        let name = writer.string("leaked");
        for at in 0..count {
            writer.event(0, 200 + at * 10, EventKind::USER_TASK_BEGIN, &[at + 1, 0, name, 0]);
        }
        load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("it loads")
    }

    #[test]
    fn tasks_that_are_never_ended_have_so_many_rows_and_no_more() {
        let trace = never_ended(5_000);
        assert_eq!(trace.task_count(), 5_000);
        let rows = Rows::build(&trace, &RowOptions::default());
        let (tasks, group) = (rows.tasks(), rows.tasks().group(0).expect("a type"));
        assert_eq!((tasks.groups().row_count(), group.count, group.left_out), (MOST_ROWS, 5_000, 5_000 - MOST_ROWS));
        assert_eq!(tasks.groups().count_in(0, trace.range()), 5_000, "all of them are counted");
        assert_eq!(tasks.groups().indices_in(0, trace.range()).count(), 5_000);
        let last = TaskIdx(4_999);
        assert!(tasks.row_of(last).is_none());
        assert!(Layout::of(&rows, &Folds::default(), None).row_of_task(last).is_none());
    }

    #[test]
    fn rows_of_some_goroutines_are_those_of_their_tasks() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real/httpserver-go1.27.trace");
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).expect("it loads");
        let first = trace.task(TaskIdx(0)).expect("a task");
        let gos = TaskRows::build(&trace, Some(&Which::These(vec![first.go])));
        assert!(gos.count() > 0 && gos.count() < trace.task_count());
        assert!(gos.row_of(first.idx).is_some());
        let scope = Scope { filter: GoroutineFilter::Tasks(first.name), ..Scope::whole(&trace) };
        let of_type = TaskRows::build(&trace, Some(&Which::Of(scope)));
        assert_eq!((of_type.groups().list().len(), of_type.count()), (1, 9));
    }

    #[test]
    fn more_lines_than_are_given_are_left_out() {
        let mut nested = Vec::new();
        let all: Vec<_> = (1..100).map(|idx| (0, member(idx, 0, 10), 0)).collect();
        assert_eq!(usize::from(placed(0, all, &mut nested)), MOST_LINES);
        assert_eq!(nested.len(), MOST_LINES);
    }
}
