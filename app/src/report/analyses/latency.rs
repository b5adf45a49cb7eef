//! Scheduler latency: how long goroutines were runnable before they ran.

use std::sync::Arc;

use trace_core::analysis::latency::{GoLatency, LatencyGroup, Made, ReadyWait, latency, latency_by_goroutine};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::analysis::opt;
use crate::report::analyses::analysis::{Analysis, Ask, Choice, Info, Topic};
use crate::report::analyses::antagonists::Antagonists;
use crate::report::analyses::columns::{self, DistributionIds};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Table, Target};
use crate::report::value::{Shade, Value};

/// Waits for a proc: see [`INFO`].
pub struct SchedulerLatency;

const INFO: Info = Info {
    id: "latency",
    title: "Scheduler latency",
    topic: Topic::Scheduler,
    about: "how long goroutines waited for a proc, and what was running instead",
    help: "Scheduler latency: how long goroutines were runnable before they ran, by start function, with the longest \
           waits; then what the procs were doing at the time. A runnable goroutine waits for every proc at once, so \
           1 ms of waiting with 4 procs is 4 ms of proc time. Each nanosecond of that was spent running a goroutine, \
           in a system call that kept its proc, by a thread that spun or switched, or idle, or the process got no \
           CPU. With --goroutine and --range: for one wait. Waits include time in which the process got no CPU.",
    choices: &[BY],
    ..Info::USUAL
};

const BY: Choice = Choice::new(
    "by",
    "what waits are grouped by; goroutine: single ones, longest total wait first",
    &[opt("function", "By function", ""), opt("goroutine", "By goroutine", "")],
);

const IDS: DistributionIds =
    ["waits.count", "waits.total_ns", "waits.mean_ns", "waits.p50_ns", "waits.p95_ns", "waits.p99_ns", "waits.max_ns"];

/// What made a goroutine runnable, in the order of [`Made::ALL`]: columns and colours.
const MADE: [(&str, Shade); Made::ALL.len()] = [
    ("Created", Shade::Accent),
    ("Unblocked", Shade::Series(4)),
    ("Preempted or yielded", Shade::Series(2)),
    ("Back from a system call", Shade::Class(SpanClass::Syscall)),
    ("Runnable since before", Shade::Muted),
];
const MADE_IDS: [&str; Made::ALL.len()] =
    ["made.created_ns", "made.unblocked_ns", "made.stopped_ns", "made.returned_ns", "made.unknown_ns"];

const NO_WAITS: &str = "No goroutine waited for a proc in the selected scope";

impl Analysis for SchedulerLatency {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn appended(&self) -> &'static [&'static dyn Analysis] {
        &[&Antagonists]
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let pieces = ask.scope.pieces(trace);
        let found = latency(trace, &pieces, monitor)?;
        let mut report = Report::default();
        if ask.choice(0) == 1 {
            let each = latency_by_goroutine(trace, &pieces, ask.rows(), monitor)?;
            report = report.table(goroutines(trace, &Arc::new(each)));
        }
        let longest = waits(trace, "longest", &Arc::new(found.all.worst.clone()));
        let functions = functions(trace, &Arc::new(found.groups)).total("all", &found.all).build();
        Some(report.table(functions).table(longest))
    }
}

fn functions(trace: &Arc<Trace>, found: &Arc<Vec<LatencyGroup>>) -> Builder<Vec<LatencyGroup>, LatencyGroup> {
    let widest = found.iter().map(|group| group.waits.total.0).max().unwrap_or(1);
    let (of_name, of_worst) = (Arc::clone(trace), Arc::clone(trace));
    let worst = Column::table("Longest waits", "the longest waits, longest first, at most 20", {
        waits(trace, "worst", &Arc::default())
    });
    Table::of("functions", "By function", found, Vec::as_slice)
        .column(Column::function("function", "Start function", ""), move |group| {
            Value::Function(of_name.str(group.name).to_owned())
        })
        .column(Column::count("goroutines", "Goroutines", "goroutines that waited").on_request(), |group| {
            Value::Count(group.goroutines)
        })
        .with(|table| columns::distribution(table, IDS, |group| &group.waits))
        .column(Column::count("cut", "Cut", "waits cut by the edges of the trace or scope").on_request(), |group| {
            Value::Count(group.cut)
        })
        .with(|table| made(table, widest, |group| &group.made))
        .column(worst, move |group| Value::Table(Arc::new(waits(&of_worst, "worst", &Arc::new(group.worst.clone())))))
        .sorted_by("waits.total_ns")
        .empty(NO_WAITS)
}

fn goroutines(trace: &Arc<Trace>, found: &Arc<Vec<GoLatency>>) -> Table {
    let widest = found.iter().map(|one| one.waits.total.0).max().unwrap_or(1);
    let [of_go, of_name, of_longest, of_start, of_stack] = [trace; 5].map(Arc::clone);
    Table::of("goroutines", "By goroutine", found, Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), move |one| columns::goroutine(&of_go, one.go))
        .column(Column::function("function", "Start function", ""), move |one| {
            Value::Function(of_name.str(one.name).to_owned())
        })
        .with(|table| columns::distribution(table, IDS, |one| &one.waits))
        .with(|table| made(table, widest, |one| &one.made))
        .column(Column::id("longest.goroutine", "Goroutine", "").exported(), move |one| {
            columns::goroutine(&of_longest, one.go)
        })
        .column(Column::time("longest.start_ns", "Start of the longest", "").on_request(), move |one| {
            columns::time(&of_start, one.longest.range.start)
        })
        .column(Column::duration("longest.duration_ns", "Longest", "").exported(), |one| {
            Value::Duration(one.longest.nanos)
        })
        .column(Column::text("longest.made", "Runnable because", "").exported(), |one| because(one.longest.made))
        .column(Column::stack("longest.stack", "Stack", "").exported(), move |one| {
            columns::stack(&of_stack, one.longest.stack)
        })
        .target(|one| Some(Target::Stretch(LaneId::Goroutine(one.go), one.longest.range)))
        .sorted_by("waits.total_ns")
        .empty(NO_WAITS)
        .build()
}

/// Time by what made goroutines runnable: columns and a bar.
fn made<S, R>(table: Builder<S, R>, widest: u64, of: fn(&R) -> &[Nanos; Made::ALL.len()]) -> Builder<S, R>
where
    S: Send + Sync + 'static,
    R: 'static,
{
    let column = |table: Builder<S, R>, (at, (id, (title, _))): (usize, (&'static str, (&'static str, Shade)))| {
        let column = Column::duration(id, title, "waiting of goroutines that became runnable so").on_request();
        table.column(column, move |row| Value::duration(of(row).get(at).copied()))
    };
    let table = MADE_IDS.into_iter().zip(MADE).enumerate().fold(table, column);
    table.column(Column::bar("Runnable because").legend(&MADE), move |row| {
        Value::Bar(of(row).iter().zip(MADE).map(|(time, (_, shade))| (time.0, shade)).collect(), widest)
    })
}

fn waits(trace: &Arc<Trace>, id: &'static str, waits: &Arc<Vec<ReadyWait>>) -> Table {
    let [of_go, of_name, of_start, of_stack] = [trace; 4].map(Arc::clone);
    Table::of(id, "Longest waits", waits, Vec::as_slice)
        .column(Column::duration("duration_ns", "Duration", "inside the scope"), |wait| Value::Duration(wait.nanos))
        .column(Column::time("start_ns", "Start", ""), move |wait| columns::time(&of_start, wait.range.start))
        .column(Column::id("goroutine", "Goroutine", ""), move |wait| columns::goroutine(&of_go, wait.go))
        .column(Column::function("function", "Start function", ""), move |wait| {
            columns::start_function(&of_name, wait.go)
        })
        .column(Column::text("made", "Runnable because", "created, unblocked, stopped, returned or unknown"), |wait| {
            because(wait.made)
        })
        .column(Column::stack("stack", "At", "the stack of who created or unblocked it, else its own"), move |wait| {
            columns::stack(&of_stack, wait.stack)
        })
        .target(|wait| Some(Target::Stretch(LaneId::Goroutine(wait.go), wait.range)))
        .sorted_by("duration_ns")
        .empty(NO_WAITS)
        .build()
}

fn because(made: Made) -> Value {
    let words = MADE.get(made as usize).map_or("", |(words, _)| words);
    Value::Named(made.name(), words)
}
