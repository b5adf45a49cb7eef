//! What happened in a range, or on some goroutines, at a glance: time by state, counters, and how much there is of
//! everything else.

use std::sync::Arc;

use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::goroutines::{Breakdown, groups};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::tasks::{Filter, regions, tasks};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::trace::{Metric, Trace};
use trace_core::model::wait_class;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info};
use crate::report::analyses::columns::STATES;
use crate::report::figure::{Figure, Form};
use crate::report::report::Report;
use crate::report::table::{Column, Cut, Table};
use crate::report::value::{Shade, Value};

/// What happened in the selected time: see [`INFO`].
pub struct Selection;

const INFO: Info = Info {
    id: "selection",
    title: "Selection",
    about: "what happened in a range: time by state, counters, counts",
    help: "What happened in a range, or on some goroutines: their time by state (which sums to the total), the lowest, \
           average and highest value of each counter in the range, and how many goroutines, tasks, regions, messages \
           and GC cycles there were. Counters are those of the whole program.",
    limit: 40,
    ..Info::USUAL
};

/// Columns that averages of counters are taken from.
const COLUMNS: u32 = 1_000;

/// Time in a state.
struct StateRow {
    state: String,
    reason: String,
    nanos: Nanos,
    shade: Shade,
    whole: Nanos,
}

/// Values of a counter.
struct CounterRow {
    id: &'static str,
    title: &'static str,
    form: Form,
    low: f64,
    mean: f64,
    high: f64,
}

impl Analysis for Selection {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let pieces = ask.scope.pieces(trace);
        let found = groups(trace, &pieces, monitor)?;
        let filter = |regions| Filter::of_scope(trace, &ask.scope, regions);
        let tasks: u64 = tasks(trace, &filter(false), monitor)?.iter().map(|family| family.count).sum();
        let regions: u64 = regions(trace, &filter(true), monitor)?.iter().map(|family| family.count).sum();
        let is_inside =
            |log: &&trace_core::model::trace::Log| pieces.of(log.go).iter().any(|range| range.contains(log.time));
        let logs = trace.all_logs().iter().filter(is_inside).count() as u64;
        let cycles = Collector::of(trace, pieces.range, monitor)?.cycles.len() as u64;
        let count = |id, title, count: u64| (id, title, Value::Count(count));
        let facts = [
            ("duration_ns", "Length", Value::Duration(pieces.range.length())),
            count("goroutines", "Goroutines", found.count),
            ("time_ns", "Goroutine time", Value::Duration(found.all.total)),
            count("tasks", "Tasks", tasks),
            count("regions", "Regions", regions),
            count("logs", "Messages", logs),
            count("gc_cycles", "GC cycles", cycles),
            ("assist_ns", "Mark assist", Value::Duration(found.all.assist)),
        ];
        let report =
            facts.into_iter().fold(Report::default(), |report, (id, title, value)| report.fact(id, title, value));
        Some(report.table(states(trace, &found.all)).table(counters(trace, &ask.scope)))
    }
}

fn states(trace: &Trace, all: &Breakdown) -> Table {
    let row = |class: SpanClass, reason: &str, nanos: Nanos| StateRow {
        state: name::class_in(trace, class).to_owned(),
        reason: reason.to_owned(),
        nanos,
        shade: Shade::Class(class),
        whole: all.total,
    };
    let mut rows = vec![
        row(SpanClass::Running, "", all.running),
        StateRow { state: "No CPU".to_owned(), shade: Shade::NoCpu, ..row(SpanClass::Running, "", all.no_cpu) },
        row(SpanClass::Runnable, "", all.runnable),
        row(SpanClass::Syscall, "with a proc", all.syscall),
        row(SpanClass::Syscall, "without a proc", all.syscall_blocked),
        StateRow { state: "Unknown".to_owned(), shade: Shade::Muted, ..row(SpanClass::None, "", all.unknown) },
    ];
    rows.extend(all.waits.iter().map(|&(reason, nanos)| {
        let reason = trace.str(reason);
        row(wait_class(reason), reason, nanos)
    }));
    rows.retain(|row| !row.nanos.is_zero());
    rows.sort_by_key(|row| std::cmp::Reverse(row.nanos));
    Table::of("states", "States", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("state", "State", ""), |row: &StateRow| Value::Text(row.state.clone()))
        .column(Column::text("reason", "Reason", "the runtime's words; null if there are none"), |row| {
            if row.reason.is_empty() { Value::Missing } else { Value::Text(row.reason.clone()) }
        })
        .column(Column::duration("total_ns", "Total", "of all goroutines"), |row| Value::Duration(row.nanos))
        .column(Column::ratio("share", "Share", "of the time of all goroutines"), |row| {
            Value::part(row.nanos, row.whole)
        })
        .column(Column::bar("By state").legend(STATES), |row| Value::Bar(vec![(row.nanos.0, row.shade)], row.whole.0))
        .sorted_by("total_ns")
        .cut(Cut::Never)
        .empty("No goroutines in the selected scope")
        .build()
}

/// The counters in a scope's range; those without a value are left out.
fn counters(trace: &Trace, scope: &Scope) -> Table {
    let range = trace.range().intersect(scope.range);
    let metrics = [
        (Metric::Running, "running", "Goroutines running", Form::Number),
        (Metric::Runnable, "runnable", "Goroutines runnable", Form::Number),
        (Metric::Waiting, "waiting", "Goroutines waiting", Form::Number),
        (Metric::Syscalls, "syscalls", "Goroutines in system calls", Form::Number),
        (Metric::Threads, "threads", "Threads in use", Form::Number),
        (Metric::Procs, "procs", "GOMAXPROCS", Form::Number),
        (Metric::HeapLive, "heap_live", "Heap in use", Form::Bytes),
        (Metric::HeapGoal, "heap_goal", "Heap goal", Form::Bytes),
    ];
    let rows: Vec<CounterRow> = metrics.into_iter().filter_map(|metric| counter(trace, range, metric)).collect();
    let figure = |row: &CounterRow, value: f64| Value::Figure(Figure::new(value, row.form));
    Table::of("counters", "Counters", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("title", "Counter", "").for_people(), |row: &CounterRow| Value::Text(row.title.to_owned()))
        .column(Column::text("counter", "Counter", "its stable name").exported(), |row| Value::Word(row.id))
        .column(Column::figure("min", "Lowest", "a number, or bytes of the heap"), move |row| figure(row, row.low))
        .column(Column::figure("mean", "Average", "over time"), move |row| figure(row, row.mean))
        .column(Column::figure("max", "Highest", ""), move |row| figure(row, row.high))
        .cut(Cut::Never)
        .empty("No counters in the selected range")
        .build()
}

#[expect(clippy::cast_precision_loss, reason = "values of counters for people")]
fn counter(
    trace: &Trace,
    range: TimeRange,
    (metric, id, title, form): (Metric, &'static str, &'static str, Form),
) -> Option<CounterRow> {
    let mut values = Vec::new();
    trace.metric(metric, range, COLUMNS, &mut values);
    let known: Vec<(u64, u64)> = values.into_iter().flatten().collect();
    let low = known.iter().map(|column| column.0).min()?;
    let high = known.iter().map(|column| column.1).max()?;
    let sum: f64 = known.iter().map(|(low, high)| (*low as f64 + *high as f64) / 2.0).sum();
    let mean = (sum / known.len() as f64 * 100.0).round() / 100.0;
    Some(CounterRow { id, title, form, low: low as f64, mean, high: high as f64 })
}
