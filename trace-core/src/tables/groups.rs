//! Goroutines, tasks and regions summed by name: small enough to keep of ten thousand traces.

use std::collections::BTreeMap;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;

use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;
use crate::tables::field::{Field, Typed};
use crate::tables::goroutines::WAITING;
use crate::tables::source::Source;
use crate::tables::value::Value;

/// Goroutines that one thread takes at least.
const FEWEST: usize = 1_024;

/// The goroutines that one function started.
#[derive(Default)]
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
    walk: |source, _| Box::new(goroutine_groups(source).into_iter()),
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

/// Groups while they are made, by name and whether they are the runtime's own.
type Growing = FxHashMap<(StrId, bool), Group>;

fn goroutine_groups(source: &Source) -> Vec<Group> {
    let all = (0..source.trace().goroutine_count()).into_par_iter().with_min_len(FEWEST);
    let joined = |mut some: Growing, more: Growing| {
        more.into_iter().for_each(|(key, group)| some.entry(key).or_default().join(&group));
        some
    };
    let grown = all.fold(Growing::default, |mut groups, go| {
        if !source.is_cancelled()
            && let Some(group) = Group::of(source.trace(), GoroutineIdx(go))
        {
            groups.entry((group.name, group.is_system)).or_default().join(&group);
        }
        groups
    });
    let mut groups: Vec<Group> = grown.reduce(Growing::default, joined).into_values().collect();
    groups.sort_unstable_by_key(|group| (group.name, group.is_system));
    groups
}

impl Group {
    /// A group of one goroutine.
    fn of(trace: &Trace, go: GoroutineIdx) -> Option<Self> {
        let known = trace.goroutine(go)?;
        let time = trace.time_by_class(LaneId::Goroutine(go), trace.range());
        let of =
            |classes: &[SpanClass]| -> u64 { classes.iter().filter_map(|class| time.nanos.get(*class as usize)).sum() };
        Some(Self {
            name: known.name,
            is_system: known.is_system,
            goroutines: 1,
            created: known.created.is_some().into(),
            ended: known.ended.is_some().into(),
            running: of(&[SpanClass::Running]),
            runnable: of(&[SpanClass::Runnable]),
            syscall: of(&[SpanClass::Syscall]),
            waiting: of(WAITING),
            total: time.nanos.iter().skip(1).sum(),
        })
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
