//! Threads: how long each had a proc, and how many were busy over time.

use std::sync::Arc;

use trace_core::analysis::threads::{self, ThreadTimes, threads};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::fmt::number::count;
use crate::report::analyses::analysis::{Analysis, Ask, Info, ScopeOption, Topic};
use crate::report::analyses::columns::counts;
use crate::report::chart::{Across, Chart, Line, Look, Up, steps};
use crate::report::report::Report;
use crate::report::table::{Column, Table, Target};
use crate::report::value::{Shade, Value};

/// What threads were used for: see [`INFO`].
pub struct Threads;

const INFO: Info = Info {
    id: "threads",
    title: "Threads",
    panel: "procs",
    topic: Topic::Scheduler,
    about: "what threads were used for",
    help: "How long each thread had a proc, and what for: running goroutines, in system calls, or spinning and \
           switching; and how long it was blocked in a system call without a proc. Also how many threads had procs, \
           or were blocked in system calls, over time. Go's runtime records cgo calls as system calls: they are \
           counted together here; tracelane syscalls separates them.",
    scope: ScopeOption::RANGE,
    ..Info::USUAL
};

const LEGEND: &[(&str, Shade)] = &[
    ("Running", Shade::Class(SpanClass::Running)),
    ("Syscall", Shade::Class(SpanClass::Syscall)),
    ("Spinning or switching", Shade::Class(SpanClass::WaitOther)),
    ("No CPU", Shade::NoCpu),
    ("Blocked", Shade::Class(SpanClass::WaitNet)),
];

impl Analysis for Threads {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = threads(trace, ask.scope.range, monitor)?;
        let whole = found.range.nanos().unsigned_abs();
        let width = found.buckets.width;
        let busy = |series: &[u64]| {
            let most = series.iter().copied().max().unwrap_or(0);
            format!("{} on average, at most {}", hundredths(series.iter().sum(), whole), hundredths(most, width))
        };
        let calls = name::calls(trace);
        let report = Report::default()
            .figure("Threads", count(found.each.len() as u64))
            .figure("With a proc", busy(&found.with_proc))
            .figure("Blocked in syscalls", busy(&found.blocked))
            .field("range_ns", "length of the range", Value::Duration(Nanos(whole)))
            .field("count", "threads", Value::Count(found.each.len() as u64))
            .field("bucket_ns", "width of a bucket of the lists below", Value::Duration(Nanos(width)))
            .field("with_proc_ns", "nanoseconds with a proc, all threads together, by bucket", counts(&found.with_proc))
            .field(
                "blocked_ns",
                "nanoseconds in system calls without a proc, all threads together, by bucket",
                counts(&found.blocked),
            )
            .chart(chart(trace, &found));
        let report = if calls == name::SYSTEM_CALLS { report } else { report.note(format!("Syscall: {calls}.")) };
        Some(report.table(each(&Arc::new(found.each), whole)))
    }
}

/// How many threads were busy over time.
#[expect(clippy::cast_precision_loss, reason = "a place on screen")]
fn chart(trace: &Trace, found: &threads::Threads) -> Chart {
    let origin = trace.range().start;
    let line = |name: String, shade, nanos: &dyn Fn(usize) -> u64| {
        let points = steps(&found.buckets, origin, |at, range| nanos(at) as f64 / range.nanos().max(1) as f64);
        Line { name, shade, look: Look::Stack, points }
    };
    let with_proc = |at: usize| found.with_proc.get(at).copied().unwrap_or(0);
    let both = |at: usize| with_proc(at) + found.blocked.get(at).copied().unwrap_or(0);
    let lines = vec![
        line(format!("blocked in {}", name::calls(trace)), Shade::Series(1), &both),
        line("with a proc".to_owned(), Shade::Series(2), &with_proc),
    ];
    let most = lines.iter().flat_map(|line| &line.points).map(|point| point[1]).fold(0.0, f64::max);
    let across = Across::time(found.range, origin);
    Chart { title: "Busy threads".to_owned(), across, up: Up::Count(most), lines }
}

fn each(found: &Arc<Vec<ThreadTimes>>, whole: u64) -> Table {
    let has_lacked = found.iter().any(|times| times.no_cpu > 0);
    let no_cpu = Column::duration("no_cpu_ns", "No CPU", "with a proc, while the process had no CPU");
    let no_cpu = if has_lacked { no_cpu } else { no_cpu.on_request() };
    Table::of("threads", "Threads", found, Vec::as_slice)
        .column(Column::id("thread", "Thread", "the operating system's id"), |times| {
            Value::Lane(LaneId::Thread(times.thread), times.id.signed())
        })
        .column(Column::duration("with_proc_ns", "With a proc", ""), |times| Value::Duration(Nanos(times.with_proc)))
        .column(Column::duration("running_ns", "Running", "running a goroutine"), |times| {
            Value::Duration(Nanos(times.running))
        })
        .column(Column::duration("syscall_ns", "Syscall", "in a system call, with a proc"), |times| {
            Value::Duration(Nanos(times.syscall))
        })
        .column(Column::duration("looking_ns", "Spinning", "spinning or switching, with a proc"), |times| {
            Value::Duration(Nanos(times.looking))
        })
        .column(no_cpu, |times| Value::Duration(Nanos(times.no_cpu)))
        .column(Column::duration("blocked_ns", "Blocked", "in a system call, without a proc"), |times| {
            Value::Duration(Nanos(times.blocked))
        })
        .column(
            Column::duration("nothing_ns", "Unknown", "parked, not existing, or in code outside Go").on_request(),
            |times| Value::Duration(Nanos(times.nothing)),
        )
        .column(Column::count("starts", "Starts", "times that it took a proc"), |times| Value::Count(times.starts))
        .column(Column::bar("Use").legend(LEGEND), move |times| {
            let parts = [times.running, times.syscall, times.looking, times.no_cpu, times.blocked];
            Value::Bar(parts.into_iter().zip(LEGEND).map(|(nanos, (_, shade))| (nanos, *shade)).collect(), whole)
        })
        .target(|times| Some(Target::Lane(LaneId::Thread(times.thread))))
        .sorted_by("with_proc_ns")
        .empty("No threads in the trace")
        .build()
}

/// A ratio with two decimals.
#[expect(clippy::cast_precision_loss, reason = "two decimals for people")]
fn hundredths(part: u64, whole: u64) -> String {
    format!("{:.2}", part as f64 / whole.max(1) as f64)
}
