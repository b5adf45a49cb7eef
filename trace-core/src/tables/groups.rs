//! Goroutines, tasks and regions summed by name: small enough to keep of ten thousand traces.

use std::collections::BTreeMap;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;

use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::event::state::SpanClass;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::trace::{TimeByClass, Trace};
use crate::tables::field::{Field, Typed};
use crate::tables::goroutines::WAITING;
use crate::tables::source::Source;
use crate::tables::value::Value;

/// Goroutines that one thread takes at least.
const FEWEST: usize = 1_024;

/// The goroutines that one function started.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    name: StrId,
    is_system: bool,
    goroutines: u64,
    created: u64,
    ended: u64,
    running: u64,
    runnable: u64,
    syscall: u64,
    waiting: u64,
    total: u64,
}

/// Goroutines by start function.
pub(super) static GOROUTINE_GROUPS: Typed<Group> = Typed {
    name: "goroutine_groups",
    about: "All goroutines with one start function.",
    fields: &[
        Field::text("name", "the function they were started with", |source, row: &Group| {
            Value::text(source.trace().str(row.name))
        }),
        Field::flag("is_system_goroutine", "they are the runtime's own", |_, row| Value::flag(row.is_system)),
        Field::count("goroutines", "how many there are", |_, row| Value::count(row.goroutines)),
        Field::count("created", "how many of them were created in the trace", |_, row| Value::count(row.created)),
        Field::count("ended", "how many of them ended in the trace", |_, row| Value::count(row.ended)),
        Field::nanos("running_ns", "how long they ran, added up", |_, row| Value::count(row.running)),
        Field::nanos("runnable_ns", "how long they were runnable", |_, row| Value::count(row.runnable)),
        Field::nanos("syscall_ns", "how long they were in system calls", |_, row| Value::count(row.syscall)),
        Field::nanos("waiting_ns", "how long they waited", |_, row| Value::count(row.waiting)),
        Field::nanos("total_ns", "how long they were there", |_, row| Value::count(row.total)),
    ],
    walk: |source, _| Box::new(source.groups().groups.iter().cloned()),
};

/// The tasks of one type, or the regions.
#[derive(Default)]
pub(super) struct Sum {
    name: StrId,
    count: u64,
    ended: u64,
    nanos: u64,
    longest: u64,
}

/// `task_types`: a row for the tasks of one name.
pub(super) static TASK_TYPES: Typed<Sum> = Typed {
    name: "task_types",
    about: "All user tasks of one type.",
    fields: &[
        Field::text("name", "their type, as given to trace.NewTask", |source, row: &Sum| {
            Value::text(source.trace().str(row.name))
        }),
        Field::count("tasks", "how many there are", |_, row| Value::count(row.count)),
        Field::count("complete", "how many of them begin and end in the trace", |_, row| Value::count(row.ended)),
        Field::nanos("total_ns", "how long the complete ones last, added up", |_, row| Value::count(row.nanos)),
        Field::nanos("max_ns", "how long the longest of those lasts", |_, row| Value::count(row.longest)),
    ],
    walk: |source, _| Box::new(task_types(source).into_iter()),
};

/// `region_types`: a row for the regions of one name.
pub(super) static REGION_TYPES: Typed<Sum> = Typed {
    name: "region_types",
    about: "All user regions of one type.",
    fields: &[
        Field::text("name", "their type", |source, row: &Sum| Value::text(source.trace().str(row.name))),
        Field::count("regions", "how many there are", |_, row| Value::count(row.count)),
        Field::count("complete", "how many of them begin and end in the trace", |_, row| Value::count(row.ended)),
        Field::nanos("total_ns", "how long they last within the trace, added up", |_, row| Value::count(row.nanos)),
        Field::nanos("max_ns", "how long the longest lasts", |_, row| Value::count(row.longest)),
    ],
    walk: |source, _| Box::new(region_types(source).into_iter()),
};

/// All goroutines, summed in one pass.
#[derive(Debug, Default)]
pub(super) struct AllGroups {
    groups: Vec<Group>,
    /// The time of all of them together.
    pub(super) time: TimeByClass,
}

/// The same while it is made.
#[derive(Default)]
struct Growing {
    groups: FxHashMap<StrId, Group>,
    time: TimeByClass,
}

impl AllGroups {
    /// Looks at all goroutines of a trace; what it has by then if that is stopped.
    pub(super) fn of(source: &Source) -> Self {
        let all = (0..source.trace().goroutine_count()).into_par_iter().with_min_len(FEWEST);
        let grown = all.fold(Growing::default, |mut grown, go| {
            if !source.is_cancelled() {
                grown.add(source.trace(), GoroutineIdx(go));
            }
            grown
        });
        let Growing { groups, time } = grown.reduce(Growing::default, Growing::joined);
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_unstable_by_key(|group| group.name);
        Self { groups, time }
    }
}

impl Growing {
    fn add(&mut self, trace: &Trace, go: GoroutineIdx) {
        let Some((_, name)) = trace.goroutine_name(go) else { return };
        let is_system = || is_system_function(trace.str(name));
        let group =
            self.groups.entry(name).or_insert_with(|| Group { name, is_system: is_system(), ..Group::default() });
        group.add(
            trace.begins_and_ends(go),
            &trace.time_by_class(LaneId::Goroutine(go), trace.range()),
            &mut self.time,
        );
    }

    fn joined(mut self, other: Self) -> Self {
        for (name, group) in other.groups {
            self.groups.entry(name).or_default().join(&group);
        }
        self.time.add(&other.time);
        self
    }
}

impl Group {
    /// Adds a goroutine: whether it was created and ended in the trace, and its time, which is added to that of `all`, too.
    fn add(&mut self, (created, ended): (bool, bool), time: &TimeByClass, all: &mut TimeByClass) {
        let of =
            |classes: &[SpanClass]| -> u64 { classes.iter().filter_map(|class| time.nanos.get(*class as usize)).sum() };
        self.goroutines += 1;
        self.created += u64::from(created);
        self.ended += u64::from(ended);
        self.running += of(&[SpanClass::Running]);
        self.runnable += of(&[SpanClass::Runnable]);
        self.syscall += of(&[SpanClass::Syscall]);
        self.waiting += of(WAITING);
        self.total += time.nanos.iter().skip(1).sum::<u64>();
        all.add(time);
    }

    /// Adds the goroutines of another group of the same name.
    fn join(&mut self, other: &Self) {
        (self.name, self.is_system) = (other.name, other.is_system);
        self.goroutines += other.goroutines;
        self.created += other.created;
        self.ended += other.ended;
        self.running += other.running;
        self.runnable += other.runnable;
        self.syscall += other.syscall;
        self.waiting += other.waiting;
        self.total += other.total;
    }
}

fn task_types(source: &Source) -> Vec<Sum> {
    let trace = source.trace();
    let mut types: BTreeMap<StrId, Sum> = BTreeMap::new();
    for task in (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))) {
        let sum = types.entry(task.name).or_default();
        (sum.name, sum.count) = (task.name, sum.count + 1);
        if let (Some(began), Some(ended)) = (task.began, task.ended) {
            sum.add(ended.nanos_since(began));
        }
    }
    types.into_values().collect()
}

fn region_types(source: &Source) -> Vec<Sum> {
    let trace = source.trace();
    let mut types: BTreeMap<StrId, Sum> = BTreeMap::new();
    for region in trace.all_regions().iter().take_while(|_| !source.is_cancelled()) {
        let sum = types.entry(region.name).or_default();
        (sum.name, sum.count) = (region.name, sum.count + 1);
        sum.add(region.range.nanos());
        sum.ended -= u64::from(region.began_before || region.goes_on);
    }
    types.into_values().collect()
}

impl Sum {
    fn add(&mut self, nanos: i64) {
        let nanos = u64::try_from(nanos).unwrap_or(0);
        self.ended += 1;
        self.nanos = self.nanos.saturating_add(nanos);
        self.longest = self.longest.max(nanos);
    }
}
