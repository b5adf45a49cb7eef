//! User tasks and regions by type: how long they took, and the slowest with where the time of their goroutines went.

use std::sync::{Arc, OnceLock};

use trace_core::analysis::distribution::{Bucket, Distribution};
use trace_core::analysis::places::Place;
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::analysis::tasks::{
    Family, Filter, RegionInstance, TaskDetails, TaskIndex, TaskInstance, band, details, regions, tasks,
};
use trace_core::base::ids::{GoroutineIdx, StrId, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::analysis::{Analysis, Ask, Choice, Info, ScopeOption, Topic};
use crate::report::analyses::analysis::{Field, FieldKind, Form, opt};
use crate::report::analyses::columns::{self, STATES, Taken};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Cut, Shown, Table, Target};
use crate::report::value::{Shade, Value};

/// User tasks by type: see [`TASKS`].
pub struct Tasks;

/// User regions by type: see [`REGIONS`].
pub struct Regions;

const TASKS: Info = Info {
    id: "tasks",
    title: "Tasks",
    panel: "",
    topic: Topic::Goroutines,
    about: "how long tasks took by type, slowest first",
    help: "How long user tasks (trace.NewTask) took, by type, the slowest first, each with where the time of its \
           goroutines went: in its regions, on whichever goroutine, or, without regions, that of the goroutine that \
           began it. The trace does not record which goroutines worked on a task outside of its regions. Tasks that touch \
           --range and have to do with --goroutine or --function (begun by it, or with regions or logs on it); --task: \
           that one and its descendants. Percentiles are of those with both ends in the trace.",
    scope: &[ScopeOption::Range, ScopeOption::Goroutine, ScopeOption::Function, ScopeOption::Task],
    choices: &[COMPLETE],
    fields: &[LOG, LATENCY],
    limit: 10,
};

const REGIONS: Info = Info {
    id: "regions",
    title: "Regions",
    panel: "tasks",
    topic: Topic::Goroutines,
    about: "how long regions took by type and place, slowest first",
    help: "How long user regions (trace.WithRegion) took, by type and by the line that begins them (go tool trace \
           takes the root of the stack), the slowest first. Regions that touch --range, and are on --goroutine or \
           --function, or belong to --task. Percentiles are of those with both ends in the trace.",
    choices: &[COMPLETE],
    fields: &[DEPTH, LATENCY],
    limit: 10,
    ..Info::USUAL
};

/// Whether both ends have to be in the trace.
pub const COMPLETE: Choice = Choice {
    form: Form::Flags,
    ..Choice::new(
        "ends",
        "",
        &[
            opt("all", "All", ""),
            opt("complete", "Complete", "only those with both ends in the trace"),
            opt("incomplete", "Incomplete", "only those without both ends in the trace"),
        ],
    )
};

/// How long they have to have taken.
const LATENCY: Field = Field {
    id: "latency",
    value: "A..B",
    help: "only those with this duration: 10ms.., ..1s",
    kind: FieldKind::Lengths,
    needs: None,
};

/// What a log of a task has to say.
const LOG: Field =
    Field { id: "log", value: "TEXT", help: "only tasks with this text in a log", kind: FieldKind::Text, needs: None };

/// How deep a region has to be nested.
const DEPTH: Field = Field {
    id: "depth",
    value: "N",
    help: "only regions at this nesting depth on their goroutine (outermost: 0)",
    kind: FieldKind::Number,
    needs: None,
};

/// Columns that a band is asked in.
const BAND: u32 = 150;
/// Signs of a distribution, from nothing to most.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Analysis for Tasks {
    fn info(&self) -> &'static Info {
        &TASKS
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let index = Arc::new(TaskIndex::of(trace));
        let families = tasks(trace, &filter(trace, ask, false), monitor)?;
        let row = |mut family: Family<TaskInstance>| {
            let instances = std::mem::take(&mut family.instances).into_iter();
            let instances = instances.map(|found| TaskRow { found, details: OnceLock::new() }).collect();
            Row::of(family, slowest_tasks(trace, &index, instances).limited(ask.limit))
        };
        let rows = Arc::new(families.into_iter().map(row).collect::<Vec<_>>());
        let like = slowest_tasks(trace, &index, Vec::new());
        let table = types(trace, &rows, like, false)
            .subject(|row| Some(GoroutineFilter::Tasks(row.name)))
            .empty("No tasks in the selected scope: programs make them with trace.NewTask");
        Some(Report::default().table(table.build()))
    }
}

impl Analysis for Regions {
    fn info(&self) -> &'static Info {
        &REGIONS
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let families = regions(trace, &filter(trace, ask, true), monitor)?;
        let row = |mut family: Family<RegionInstance>| {
            let instances = std::mem::take(&mut family.instances);
            Row::of(family, slowest_regions(trace, instances).limited(ask.limit))
        };
        let rows = Arc::new(families.into_iter().map(row).collect::<Vec<_>>());
        let table = types(trace, &rows, slowest_regions(trace, Vec::new()), true)
            .subject(|row| Some(GoroutineFilter::Regions(row.name)))
            .empty("No regions in the selected scope: programs make them with trace.WithRegion");
        Some(Report::default().table(table.build()))
    }
}

/// What is asked for, of tasks or of regions.
fn filter(trace: &Trace, ask: &Ask, is_of_regions: bool) -> Filter {
    let [least, most] = ask.lengths.map(|length| length.map(Nanos));
    let complete = match ask.choice(0) {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    };
    let of_scope = Filter::of_scope(trace, &ask.scope, is_of_regions);
    Filter { complete, least, most, log: ask.text.clone(), depth: ask.number, ..of_scope }
}

/// Tasks or regions of a type.
struct Row {
    name: StrId,
    place: Option<Place>,
    count: u64,
    incomplete: u64,
    latency: Distribution,
    histogram: Vec<Bucket>,
    slowest: Arc<Table>,
}

/// A task, and what belongs to it once somebody has looked.
struct TaskRow {
    found: TaskInstance,
    details: OnceLock<TaskDetails>,
}

impl Row {
    fn of<T>(family: Family<T>, slowest: Table) -> Self {
        let Family { name, place, count, incomplete, latency, histogram, .. } = family;
        Self { name, place, count, incomplete, latency, histogram, slowest: Arc::new(slowest) }
    }
}

fn types(trace: &Arc<Trace>, rows: &Arc<Vec<Row>>, like: Table, has_place: bool) -> Builder<Vec<Row>, Row> {
    let (of_name, of_title) = (Arc::clone(trace), Arc::clone(trace));
    let place = Column::text("place", "Place", "the function and line that begin them; null if unknown");
    let slowest = Column::table("Slowest", "slowest first", like).unfolded(usize::MAX);
    let durations: [Taken<Distribution, Option<Nanos>>; 6] = [
        (Column::duration("total_ns", "Total", "of those with both ends"), |spread| Some(spread.total)),
        (Column::duration("mean_ns", "Mean", "").in_text(), |spread| spread.mean),
        (Column::duration("p50_ns", "Median", ""), |spread| spread.p50),
        (Column::duration("p95_ns", "p95", "95 % took no longer"), |spread| spread.p95),
        (Column::duration("p99_ns", "p99", "99 % took no longer").on_request(), |spread| spread.p99),
        (Column::duration("max_ns", "Longest", ""), |spread| spread.max),
    ];
    Table::of("types", "By type", rows, Vec::as_slice)
        .column(Column::text("title", "Type", "").for_people(), move |row| {
            Value::Text(match of_title.str(row.name) {
                "" => "(unnamed)".to_owned(),
                name => name.to_owned(),
            })
        })
        .column(Column::text("name", "Type", "").exported(), move |row| Value::Text(of_name.str(row.name).to_owned()))
        .with(|table| match has_place {
            true => table
                .column(place, |row| row.place.as_ref().map_or(Value::Missing, |place| Value::Text(place.in_words()))),
            false => table,
        })
        .column(Column::count("count", "Count", ""), |row| Value::Count(row.count))
        .column(Column::count("incomplete", "Incomplete", "of those: without start or end in the trace"), |row| {
            Value::Count(row.incomplete)
        })
        .with(|table| {
            durations.into_iter().fold(table, |table, (column, value)| {
                table.column(column, move |row| Value::duration(value(&row.latency)))
            })
        })
        .column(Column::text("distribution", "Distribution", "").shown(Shown::Window), |row| {
            Value::Text(spark(&row.histogram))
        })
        .column(slowest, |row| Value::Table(Arc::clone(&row.slowest)))
        .sorted_by("total_ns")
        .cut(Cut::Never)
}

fn slowest_tasks(trace: &Arc<Trace>, index: &Arc<TaskIndex>, rows: Vec<TaskRow>) -> Table {
    let longest = rows.first().map_or(1, |row| nanos(row.found.range));
    let of = |trace: &Arc<Trace>| (Arc::clone(trace), Arc::clone(index));
    let [in_parent, in_children, in_gos, in_logs, in_bar] = [(); 5].map(|()| of(trace));
    let table = Table::of("slowest", "Slowest", &Arc::new(rows), Vec::as_slice)
        .column(Column::id("task", "Task", ""), |row: &TaskRow| {
            Value::Task(row.found.task.idx, row.found.task.id.signed().unsigned_abs())
        })
        .column(Column::id("parent", "Parent", "the task that it belongs to, or null").in_text(), move |row| {
            row.found.task.parent.map_or(Value::Missing, |parent| task(&in_parent.0, parent))
        })
        .column(Column::list("children", "Subtasks", "tasks begun under it").in_text(), move |row| {
            let found = row.details(&in_children);
            Value::List(found.children.iter().map(|child| task(&in_children.0, *child)).collect())
        })
        .with(|table| instance(table, trace, |row| (row.found.task.go, row.found.range, row.found.complete)))
        .column(Column::list("goroutines", "Goroutines", "that took part").on_request(), move |row| {
            let found = row.details(&in_gos);
            Value::List(found.goroutines.iter().map(|go| columns::goroutine(&in_gos.0, *go)).collect())
        })
        .column(Column::list("logs", "Logs", "category: message").on_request(), move |row| {
            let (trace, found) = (&in_logs.0, row.details(&in_logs));
            let log = |log: &trace_core::model::trace::Log| {
                Value::Text(format!("{}: {}", trace.str(log.category), trace.str(log.message)))
            };
            Value::List(found.logs.iter().map(log).collect())
        });
    let states: [Taken<TaskDetails>; 6] = [
        (Column::duration("running_ns", "Running", "its goroutines in it").in_text(), |found| found.breakdown.running),
        (Column::duration("runnable_ns", "Runnable", "waiting for a proc").in_text(), |found| found.breakdown.runnable),
        (Column::duration("syscall_ns", "Syscall", "in system calls and cgo calls").in_text(), |found| {
            found.breakdown.syscall + found.breakdown.syscall_blocked
        }),
        (Column::duration("blocked_ns", "Blocked", "").in_text(), |found| found.breakdown.blocked()),
        (
            Column::duration(
                "on_others_ns",
                "On others",
                "of these times, on other goroutines than the one that began it",
            )
            .in_text(),
            |found| found.on_others,
        ),
        (
            Column::duration(
                "outside_regions_ns",
                "Outside regions",
                "of a task with regions: no goroutine was in one of them",
            )
            .in_text(),
            |found| found.outside_regions,
        ),
    ];
    let table = states.into_iter().fold(table, |table, (column, value)| {
        let of_state = of(trace);
        table.column(column, move |row| Value::Duration(value(row.details(&of_state))))
    });
    table
        .column(Column::bar("Aligned timeline").legend(STATES), move |row| {
            bar(&in_bar.0, row.found.task.go, row.found.range, longest)
        })
        .target(|row| Some(Target::Marked(LaneId::Goroutine(row.found.task.go), row.found.range)))
        .sorted_by("duration_ns")
        .build()
}

impl TaskRow {
    fn details(&self, (trace, index): &(Arc<Trace>, Arc<TaskIndex>)) -> &TaskDetails {
        self.details.get_or_init(|| details(trace, index, &self.found.task))
    }
}

fn slowest_regions(trace: &Arc<Trace>, rows: Vec<RegionInstance>) -> Table {
    let longest = rows.first().map_or(1, |row| nanos(row.region.range));
    let (of_task, of_bar) = (Arc::clone(trace), Arc::clone(trace));
    Table::of("slowest", "Slowest", &Arc::new(rows), Vec::as_slice)
        .with(|table| instance(table, trace, |row| (row.region.go, row.region.range, row.complete)))
        .column(Column::id("task", "Task", "the task that it belongs to, or null"), move |row: &RegionInstance| {
            row.region.task.map_or(Value::Missing, |idx| task(&of_task, idx))
        })
        .column(Column::count("depth", "Depth", "nesting on its goroutine, outermost 0").in_text(), |row| {
            Value::Count(row.region.depth.into())
        })
        .column(Column::bar("Aligned timeline").legend(STATES), move |row| {
            bar(&of_bar, row.region.go, row.region.range, longest)
        })
        .target(|row| Some(Target::Marked(LaneId::Goroutine(row.region.go), row.region.range)))
        .sorted_by("duration_ns")
        .build()
}

/// What tasks and regions have in common: goroutine, start, duration, and whether both ends are in the trace.
fn instance<R: Send + Sync + 'static>(
    table: Builder<Vec<R>, R>,
    trace: &Arc<Trace>,
    of: fn(&R) -> (GoroutineIdx, TimeRange, bool),
) -> Builder<Vec<R>, R> {
    let (of_go, of_time) = (Arc::clone(trace), Arc::clone(trace));
    table
        .column(Column::id("goroutine", "Goroutine", "that it is on, or that began it"), move |row| {
            columns::goroutine(&of_go, of(row).0)
        })
        .column(Column::time("start_ns", "Start", ""), move |row| columns::time(&of_time, of(row).1.start))
        .column(Column::duration("duration_ns", "Duration", "inside the trace"), move |row| columns::length(of(row).1))
        .column(Column::flag("complete", "Complete", "both ends are in the trace").in_text(), move |row| {
            Value::Flag(of(row).2)
        })
}

fn task(trace: &Trace, idx: TaskIdx) -> Value {
    trace.task(idx).map_or(Value::Missing, |task| Value::Task(idx, task.id.signed().unsigned_abs()))
}

/// What the goroutine did, from the start of the instance, gaps included.
fn bar(trace: &Trace, go: GoroutineIdx, range: TimeRange, longest: u64) -> Value {
    let mut parts = Vec::new();
    let mut at = 0;
    for part in band(trace, go, range, BAND) {
        if part.start > at {
            parts.push((part.start - at, Shade::Faint));
        }
        parts.push((part.end.saturating_sub(part.start.max(at)), Shade::Class(part.class)));
        at = part.end;
    }
    Value::Bar(parts, longest)
}

fn nanos(range: TimeRange) -> u64 {
    range.nanos().unsigned_abs()
}

/// A distribution in one line of signs: a root scale, so that few are seen beside many.
fn spark(histogram: &[Bucket]) -> String {
    let most = histogram.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1);
    let sign = |bucket: &Bucket| {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "one of eight heights")]
        #[expect(clippy::cast_sign_loss, reason = "a root is not negative")]
        let level = ((bucket.count as f64 / most as f64).sqrt() * 7.0).ceil() as usize;
        if bucket.count == 0 { ' ' } else { LEVELS.get(level).copied().unwrap_or('█') }
    };
    histogram.iter().take(40).map(sign).collect()
}
