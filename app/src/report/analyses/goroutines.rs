//! What goroutines spend their time on, by start function and one by one.

use std::sync::Arc;

use trace_core::analysis::distribution::Distribution;
use trace_core::analysis::goroutines::{Breakdown, GoTimes, Group, SortBy, goroutines, groups};
use trace_core::analysis::scope::{GoroutineFilter, ScopeRanges};
use trace_core::base::ids::StrId;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::model::wait_class;

use crate::fmt::name;
use crate::report::analyses::analysis::opt;
use crate::report::analyses::analysis::{Analysis, Ask, Choice, Info, Topic};
use crate::report::analyses::columns::{self, STATES, Taken};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Shown, Table, Target};
use crate::report::value::{Shade, Value};

/// Where the time of goroutines went: see [`INFO`].
pub struct Goroutines;

const INFO: Info = Info {
    id: "goroutines",
    title: "Goroutines",
    topic: Topic::Goroutines,
    about: "what goroutines spend their time on, by start function",
    help: "How goroutines spend their time, by start function: how many there are, how long they ran (in total, and \
           percentiles by goroutine), how long they waited for a proc, in system calls (including cgo calls), and \
           blocked. With --function or --goroutine, also each goroutine. Running, runnable, syscall, unknown and \
           blocked time sum to the total; mark assist, sweep and STW lie inside of them.",
    choices: &[ORDER],
    limit: 40,
    ..Info::USUAL
};

/// The order of groups and of goroutines.
pub const ORDER: Choice = Choice::new(
    Choice::ORDER,
    "order of groups and goroutines, most first",
    &[
        opt("execution", "Running", ""),
        opt("count", "Count", ""),
        opt("lifetime", "Total", ""),
        opt("runnable", "Runnable", ""),
        opt("syscall", "Syscall", ""),
        opt("blocked", "Blocked", ""),
        opt("assist", "Mark assist", ""),
        opt("name", "Name", ""),
    ],
);

/// The orders, and the columns that they are orders of, in the order of the options.
const ORDERS: [(SortBy, &str); 8] = [
    (SortBy::Execution, "times.running_ns"),
    (SortBy::Count, "count"),
    (SortBy::Lifetime, "times.total_ns"),
    (SortBy::Runnable, "times.runnable_ns"),
    (SortBy::Syscall, "times.in_syscalls_ns"),
    (SortBy::Blocked, "times.blocked_ns"),
    (SortBy::Assist, "times.assist_ns"),
    (SortBy::Name, "function"),
];

impl Analysis for Goroutines {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let (by, column) = ORDERS.get(ask.choice(0)).copied().unwrap_or_default();
        let pieces = ask.scope.pieces(trace);
        let mut found = groups(trace, &pieces, monitor)?;
        found.sort(trace, by);
        let execution = Distribution { count: found.count, total: found.all.running, ..Distribution::default() };
        let lifetime = Distribution { count: found.count, total: found.all.total, ..Distribution::default() };
        let sum = |of: fn(&Group) -> u64| found.groups.iter().map(of).sum();
        let all = Group {
            count: found.count,
            began_before: sum(|group| group.began_before),
            goes_on: sum(|group| group.goes_on),
            execution,
            lifetime,
            breakdown: found.all,
            ..Group::default()
        };
        let table = group_columns(trace, &Arc::new(found.groups)).sorted_by(column).total("all", &all).build();
        let each = if matches!(
            ask.scope.filter,
            GoroutineFilter::Named(_) | GoroutineFilter::One(_) | GoroutineFilter::These(_)
        ) {
            goroutines(trace, &pieces, None, (by, ask.rows()), monitor)?
        } else {
            Vec::new()
        };
        let report = Report::default().fact("goroutines", "Goroutines", Value::Count(all.count));
        let report = report.table(table).table(each_table(trace, "each", each, column));
        let report = report.table(waits(trace, "blocked", all.breakdown.waits));
        let calls = name::calls(trace);
        Some(if calls == name::SYSTEM_CALLS { report } else { report.note(format!("Syscall: {calls}")) })
    }

    fn details(&self, trace: &Arc<Trace>, ask: &Ask, of: GoroutineFilter, monitor: &Monitor) -> Option<Report> {
        let GoroutineFilter::Named(function) = of else { return None };
        let (by, column) = ORDERS.get(ask.choice(0)).copied().unwrap_or_default();
        let pieces: ScopeRanges = ask.scope.pieces(trace);
        let found = goroutines(trace, &pieces, Some(function), (by, ask.rows()), monitor)?;
        Some(Report::default().table(each_table(trace, "goroutines", found, column)))
    }
}

fn group_columns(trace: &Arc<Trace>, found: &Arc<Vec<Group>>) -> Builder<Vec<Group>, Group> {
    let widest = found.iter().map(|group| group.breakdown.total.0).max().unwrap_or(1);
    let (of_function, of_bar) = (Arc::clone(trace), Arc::clone(trace));
    Table::of("groups", "By start function", found, Vec::as_slice)
        .column(Column::function("function", "Function", "the start function; empty if the trace does not have it"), {
            move |group| Value::Function(of_function.str(group.name).to_owned())
        })
        .column(Column::count("count", "Count", "goroutines"), |group| Value::Count(group.count))
        .column(
            Column::count("began_before", "Existed before", "of those: before the trace or scope").on_request(),
            |group| Value::Count(group.began_before),
        )
        .column(
            Column::count("goes_on", "Alive after", "of those: when the trace or scope ended").on_request(),
            |group| Value::Count(group.goes_on),
        )
        .with(|table| spread(table, EXECUTION, |group| &group.execution))
        .with(|table| spread(table, LIFETIME, |group| &group.lifetime))
        .with(|table| times(table, trace, |group| &group.breakdown))
        .column(Column::bar("Breakdown").legend(STATES), move |group| bar(&of_bar, &group.breakdown, widest))
        .subject(|group| Some(GoroutineFilter::Named(group.name)))
        .with_details()
        .empty("No goroutines in the selected scope")
}

fn each_table(trace: &Arc<Trace>, id: &'static str, found: Vec<GoTimes>, column: &'static str) -> Table {
    let [of_start, of_end, of_bar, of_function] =
        [Arc::clone(trace), Arc::clone(trace), Arc::clone(trace), Arc::clone(trace)];
    let widest = found.iter().map(|times| times.breakdown.total.0).max().unwrap_or(1);
    Table::of(id, "Goroutines", &Arc::new(found), Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), |times| {
            Value::Lane(LaneId::Goroutine(times.go), times.id.signed())
        })
        .column(Column::function("function", "Function", "the start function").exported(), move |times| {
            columns::start_function(&of_function, times.go)
        })
        .column(Column::time("start_ns", "Start", "its first instant in the scope"), move |times| {
            columns::time(&of_start, times.range.start)
        })
        .column(Column::time("end_ns", "End", "its last instant in the scope").on_request(), move |times| {
            columns::time(&of_end, times.range.end)
        })
        .column(
            Column::flag("began_before", "Existed before", "it existed before the trace or scope").on_request(),
            |times| Value::Flag(times.began_before),
        )
        .column(
            Column::flag("goes_on", "Alive after", "it was alive when the trace or scope ended").on_request(),
            |times| Value::Flag(times.goes_on),
        )
        .with(|table| times(table, trace, |times| &times.breakdown))
        .column(Column::bar("Breakdown").legend(STATES), move |times| bar(&of_bar, &times.breakdown, widest))
        .target(|times| Some(Target::Stretch(LaneId::Goroutine(times.go), times.range)))
        .sorted_by(if column == "count" || column == "function" { "goroutine" } else { column })
        .empty("No goroutines in the selected scope")
        .optional()
        .build()
}

/// Ids and titles of total, mean, median, p95 and longest.
type DistributionColumns = [(&'static str, &'static str, Shown); 5];

const EXECUTION: DistributionColumns = [
    ("execution.total_ns", "Running, total", Shown::Exported),
    ("execution.mean_ns", "Running, mean", Shown::OnRequest),
    ("execution.p50_ns", "Running, median", Shown::Text),
    ("execution.p95_ns", "Running, p95", Shown::Text),
    ("execution.max_ns", "Longest run", Shown::Always),
];
const LIFETIME: DistributionColumns = [
    ("lifetime.total_ns", "Lifetime, total", Shown::Exported),
    ("lifetime.mean_ns", "Lifetime, mean", Shown::OnRequest),
    ("lifetime.p50_ns", "Lifetime, median", Shown::OnRequest),
    ("lifetime.p95_ns", "Lifetime, p95", Shown::OnRequest),
    ("lifetime.max_ns", "Lifetime, longest", Shown::OnRequest),
];

fn spread(
    table: Builder<Vec<Group>, Group>,
    ids: DistributionColumns,
    of: fn(&Group) -> &Distribution,
) -> Builder<Vec<Group>, Group> {
    let values: [fn(&Distribution) -> Option<Nanos>; 5] = [
        |spread| Some(spread.total),
        |spread| spread.mean,
        |spread| spread.p50,
        |spread| spread.p95,
        |spread| spread.max,
    ];
    ids.into_iter().zip(values).fold(table, |table, ((id, title, shown), value)| {
        let column = Column::duration(id, title, "by goroutine").shown(shown);
        table.column(column, move |group| Value::duration(value(of(group))))
    })
}

/// The columns of a breakdown.
fn times<R: Send + Sync + 'static>(
    table: Builder<Vec<R>, R>,
    trace: &Arc<Trace>,
    of: impl Fn(&R) -> &Breakdown + Copy + Send + Sync + 'static,
) -> Builder<Vec<R>, R> {
    let duration = |table: Builder<Vec<R>, R>, column: Column, value: fn(&Breakdown) -> Nanos| {
        table.column(column, move |row| Value::Duration(value(of(row))))
    };
    let shown = Column::duration;
    let asked = |id, title, help| Column::duration(id, title, help).on_request();
    let states: [Taken<Breakdown>; 9] = [
        (shown("times.running_ns", "Running", "on a proc, with a CPU"), |times| times.running),
        (asked("times.no_cpu_ns", "No CPU", "running or in a system call while the process had no CPU"), |times| {
            times.no_cpu
        }),
        (shown("times.runnable_ns", "Runnable", "waiting for a proc"), |times| times.runnable),
        (shown("times.in_syscalls_ns", "Syscall", "in system calls and cgo calls"), |times| {
            times.syscall + times.syscall_blocked
        }),
        (asked("times.syscall_ns", "Syscall with proc", "of that with a proc"), |times| times.syscall),
        (asked("times.syscall_blocked_ns", "Syscall without proc", "of that without a proc"), |times| {
            times.syscall_blocked
        }),
        (shown("times.blocked_ns", "Blocked", "blocked for whatever reason"), Breakdown::blocked),
        (asked("times.unknown_ns", "Unknown", "where parts of the trace are lost"), |times| times.unknown),
        (shown("times.total_ns", "Total", "from its creation to its end, inside of trace and scope"), |times| {
            times.total
        }),
    ];
    let inside: [Taken<Breakdown>; 3] = [
        (asked("times.assist_ns", "Mark assist", "of the total"), |times| times.assist),
        (asked("times.sweep_ns", "Sweep", "of the total"), |times| times.sweep),
        (asked("times.stw_ns", "STW", "of the total: stopping the world, or holding it stopped"), |times| times.stw),
    ];
    let table = states.into_iter().chain(inside).fold(table, |table, (column, value)| duration(table, column, value));
    let of_reason = Arc::clone(trace);
    let reason = Column::text("times.blocked_on", "Blocked on", "the reason with most blocked time").in_text();
    let table = table
        .column(reason, move |row| of(row).waits.first().map_or(Value::Missing, |wait| reason_of(&of_reason, wait.0)));
    let reasons = Column::table(
        "Blocked by reason",
        "time blocked by reason, most first",
        waits(trace, "times.blocked", Vec::new()),
    );
    let trace = Arc::clone(trace);
    table.column(reasons, move |row| Value::Table(Arc::new(waits(&trace, "times.blocked", of(row).waits.clone()))))
}

/// Why goroutines were blocked, in the runtime's words; missing if it is unknown.
fn reason_of(trace: &Trace, reason: StrId) -> Value {
    match trace.str(reason) {
        "" => Value::Missing,
        reason => Value::Text(reason.to_owned()),
    }
}

/// Time blocked by reason.
fn waits(trace: &Arc<Trace>, id: &'static str, waits: Vec<(StrId, Nanos)>) -> Table {
    let of_reason = Arc::clone(trace);
    Table::of(id, "Blocked by reason", &Arc::new(waits), Vec::as_slice)
        .column(Column::text("reason", "Reason", "the runtime's words; null if unknown"), move |wait| {
            reason_of(&of_reason, wait.0)
        })
        .column(Column::duration("total_ns", "Total", ""), |wait| Value::Duration(wait.1))
        .sorted_by("total_ns")
        .optional()
        .build()
}

/// What ran first, then the rest by what it was.
fn bar(trace: &Trace, times: &Breakdown, widest: u64) -> Value {
    let mut parts = vec![
        (times.running, Shade::Class(SpanClass::Running)),
        (times.no_cpu, Shade::NoCpu),
        (times.runnable, Shade::Class(SpanClass::Runnable)),
        (times.syscall + times.syscall_blocked, Shade::Class(SpanClass::Syscall)),
    ];
    parts.extend(times.waits.iter().map(|&(reason, nanos)| (nanos, Shade::Class(wait_class(trace.str(reason))))));
    parts.push((times.unknown, Shade::Muted));
    Value::Bar(parts.into_iter().map(|(time, shade)| (time.0, shade)).collect(), widest)
}
