//! Goroutines, tasks and regions summed by name: small enough to keep of ten thousand traces.

use std::collections::BTreeMap;

use crate::base::ids::{StrId, TaskIdx};
use crate::tables::field::{Field, Typed};
use crate::tables::group_sums::Group;
use crate::tables::source::Source;
use crate::tables::value::Value;

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
