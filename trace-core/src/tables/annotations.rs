//! What the program marks by itself: tasks, regions, logs; and samples of its profiler.

use crate::base::ids::{ProcIdx, TaskIdx, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;
use crate::model::trace::{Log, Region, Sample, Task};
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::source::{Source, nanos, stack};
use crate::tables::value::Value;

/// `tasks`: a row a user task.
pub(super) static TASKS: Typed<Task> = Typed {
    name: "tasks",
    about: "A user task: trace.NewTask until Task.End.",
    fields: &[
        Field::id("task_id", "the runtime's id", |_, row: &Task| Value::Int(row.id.signed())).with(Role::Key),
        Field::text("name", "its type, as given to trace.NewTask", |source, row| {
            Value::text(source.trace().str(row.name))
        }),
        Field::id("parent_id", "the task that it belongs to", |source, row| task(source, row.parent)),
        Field::id("g", "the goroutine that began it", |source, row| source.g(row.go)),
        Field::time("start_ns", "when it begins; NULL if before the trace", |source, row| source.at_if(row.began)),
        Field::time("end_time_ns", "when it ends; NULL if it does not", |source, row| source.at_if(row.ended)),
        Field::nanos("duration_ns", "from its beginning to its end; NULL if one of them is missing", |_, row| {
            match (row.began, row.ended) {
                (Some(began), Some(ended)) => nanos(TimeRange::new(began, ended)),
                _ => Value::Null,
            }
        }),
        Field::id("stack_id", "where it was begun", |_, row| stack(row.stack)),
    ],
    walk: |source, scan| {
        let wanted = scan.key();
        let all = (0..source.trace().task_count()).filter_map(|at| source.trace().task(TaskIdx(at)));
        Box::new(all.filter(move |task| wanted.is_none_or(|id| id == task.id.signed())))
    },
};

/// `regions`: a row a user region.
pub(super) static REGIONS: Typed<Region> = Typed {
    name: "regions",
    about: "A user region of a goroutine: trace.StartRegion until Region.End, or trace.WithRegion.",
    fields: &[
        Field::id("g", "the goroutine", |source, row: &Region| source.g(row.go)).with(Role::Goroutine),
        Field::text("name", "its type", |source, row| Value::text(source.trace().str(row.name))),
        Field::id("task_id", "the task that it belongs to", |source, row| task(source, row.task)),
        Field::time("start_ns", "when it begins", |source, row: &Region| source.at(row.range.start)).with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Region| source.at(row.range.end)).with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.range)),
        Field::count("depth", "how many regions of the goroutine are around it", |_, row| {
            Value::count(row.depth.into())
        }),
        Field::id("stack_id", "where it begins", |_, row| stack(row.start_stack)),
        Field::id("end_stack_id", "where it ends", |_, row| stack(row.end_stack)),
        Field::flag("began_before", "it began before the trace", |_, row| Value::flag(row.began_before)),
        Field::flag("goes_on", "it was open when the trace or the goroutine ended", |_, row| Value::flag(row.goes_on)),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        Box::new(scan.goroutines(source).flat_map(move |go| source.trace().regions(go, range)))
    },
};

/// `logs`: a row a log message.
pub(super) static LOGS: Typed<Log> = Typed {
    name: "logs",
    about: "A message of trace.Log or trace.Logf.",
    fields: &[
        Field::time("time_ns", "when", |source, row: &Log| source.at(row.time)).with(Role::Moment),
        Field::id("g", "the goroutine", |source, row| source.g(row.go)),
        Field::id("task_id", "the task that it belongs to", |source, row| task(source, row.task)),
        Field::text("category", "the category", |source, row| Value::text(source.trace().str(row.category))),
        Field::text("message", "the message", |source, row| Value::text(source.trace().str(row.message))),
        Field::id("stack_id", "where it was logged", |_, row| stack(row.stack)),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        Box::new(source.trace().all_logs().iter().filter(move |log| within(range, log.time)).copied())
    },
};

/// Samples of the CPU profiler.
pub(super) static SAMPLES: Typed<Sample> = Typed {
    name: "samples",
    about: "A sample of the CPU profiler; there are some only if it ran while the trace was recorded.",
    fields: &[
        Field::time("end_time_ns", "when", |source, row: &Sample| source.at(row.time)).with(Role::Moment),
        Field::id("src_g", "the goroutine that ran", |source, row| source.g(row.go)),
        Field::id("src_p", "the proc", |source, row| {
            source.lane_p(Some(row.proc).filter(|proc| *proc != ProcIdx::NONE).map(LaneId::Proc))
        }),
        Field::id("src_m", "the thread", |source, row| {
            source.lane_m(Some(row.thread).filter(|thread| *thread != ThreadIdx::NONE).map(LaneId::Thread))
        }),
        Field::id("src_stack_id", "the stack that ran", |_, row| stack(row.stack)),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        Box::new(source.trace().all_samples().iter().filter(move |sample| within(range, sample.time)).copied())
    },
};

fn task(source: &Source, task: Option<TaskIdx>) -> Value<'_> {
    let known = task.and_then(|task| source.trace().task(task));
    known.map_or(Value::Null, |task| Value::Int(task.id.signed()))
}

fn within(range: TimeRange, time: TraceTime) -> bool {
    range.start <= time && time <= range.end
}
