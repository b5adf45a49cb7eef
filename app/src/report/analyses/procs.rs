//! Procs: what each was used for, and when procs were idle while goroutines were runnable.

use std::sync::Arc;

use trace_core::analysis::procs::{self, IdleWhileReady, ProcTimes, procs};
use trace_core::analysis::series::Buckets;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::fmt::number::percent;
use crate::fmt::words::counted;
use crate::report::analyses::analysis::{Analysis, Ask, Info, ScopeOption, Topic};
use crate::report::analyses::columns::{self, part};
use crate::report::chart::{self, Across, Chart, Line, Look, Up};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Cut, Kind, Table, Target};
use crate::report::value::{Shade, Value};

/// What procs were used for: see [`INFO`].
pub struct Procs;

const INFO: Info = Info {
    id: "procs",
    title: "Procs",
    topic: Topic::Scheduler,
    about: "what procs were used for",
    help: "How each proc spent its time: running goroutines, held by a goroutine in a system call, with a thread that \
           spun or switched, or idle; how often it was started, stopped, stolen from a system call or handed over for \
           one. Also when procs were idle while goroutines were runnable: a goroutine that becomes runnable does not \
           run at once, so there is always some of this. Go's runtime records cgo calls as system calls: they are \
           counted together here; tracelane syscalls separates them.",
    scope: ScopeOption::RANGE,
    ..Info::USUAL
};

const LEGEND: &[(&str, Shade)] = &[
    ("Running", Shade::Class(SpanClass::Running)),
    ("GC", Shade::Class(SpanClass::Gc)),
    ("Syscall", Shade::Class(SpanClass::Syscall)),
    ("Spinning or switching", Shade::Class(SpanClass::WaitOther)),
    ("No CPU", Shade::NoCpu),
    ("Idle", Shade::Faint),
];

/// A time of a proc.
type Time = fn(&ProcTimes) -> Nanos;
/// A number of events of a proc.
type Number = fn(&ProcTimes) -> u64;

/// What a proc was in: the column for people, the column for programs, heading, meaning.
const STATES: [(&str, &str, &str, &str, Time); 4] = [
    ("running", "running_ns", "Running", "running a goroutine", |times| times.running),
    ("syscall", "syscall_ns", "Syscall", "held by a goroutine in a system call", |times| times.syscall),
    ("looking", "looking_ns", "Spinning", "with a thread that spun or switched", |times| times.looking),
    ("idle", "idle_ns", "Idle", "without a thread", |times| times.idle),
];

/// How often something happened to a proc.
const COUNTS: [(&str, &str, &str, Number); 4] = [
    ("starts", "Starts", "threads took it", |times| times.starts),
    ("stops", "Stops", "threads let it go", |times| times.stops),
    ("handovers", "Handed over", "a thread let it go for a system call", |times| times.handovers),
    ("steals", "Stolen", "it was taken from a goroutine in a system call", |times| times.steals),
];

impl Analysis for Procs {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = procs(trace, ask.scope.range, monitor)?;
        let whole = found.range.length();
        let idle = &found.idle_while_ready;
        let report = figures(&found, whole)
            .field("range_ns", "length of the range", Value::Duration(whole))
            .field_of(
                Kind::Count,
                "gomaxprocs_min",
                "the smallest in the range; null if unknown",
                Value::count(found.limits.map(|limits| limits.0)),
            )
            .field_of(
                Kind::Count,
                "gomaxprocs_max",
                "the largest in the range; null if unknown",
                Value::count(found.limits.map(|limits| limits.1)),
            )
            .field("stopped_ns", "STW pauses in it, total", Value::Duration(found.stopped))
            .field(
                "idle_while_ready.total_ns",
                "how long procs were idle while goroutines were runnable",
                Value::Duration(idle.nanos),
            )
            .field("idle_while_ready.count", "how many stretches of time that was", Value::Count(idle.count))
            .field(
                "idle_while_ready.waiting_ns",
                "how long goroutines were runnable during that time, total",
                Value::Duration(idle.waiting),
            );
        let calls = name::calls(trace);
        let report = if calls == name::SYSTEM_CALLS { report } else { report.note(format!("Syscall: {calls}.")) };
        let table = stretches(trace, &Arc::new(found.idle_while_ready));
        let report = report.chart(utilisation(trace, &found.each, found.range));
        Some(report.table(each(&Arc::new(found.each), whole)).table(table))
    }
}

/// Columns of the heat map at most.
const HEAT_COLUMNS: usize = 200;
/// Rows of it at most: procs with higher ids are left out.
const HEAT_ROWS: usize = 128;

/// How much of each moment procs ran goroutines.
#[expect(clippy::cast_precision_loss, reason = "parts of a whole")]
fn utilisation(trace: &Trace, each: &[ProcTimes], range: TimeRange) -> Chart {
    let buckets = Buckets::over(range, HEAT_COLUMNS);
    let origin = trace.range().start;
    let mut shown: Vec<&ProcTimes> = each.iter().collect();
    shown.sort_by_key(|times| times.id.0);
    let line = |times: &ProcTimes| {
        let part = |_: usize, of: TimeRange| {
            let time = trace.time_by_class(LaneId::Proc(times.proc), of);
            let ran = time.nanos[SpanClass::Running as usize] + time.nanos[SpanClass::Gc as usize];
            ran as f64 / of.nanos().max(1) as f64
        };
        let points = chart::steps(&buckets, origin, part);
        let shade = Shade::Class(SpanClass::Running);
        Line { name: format!("P{}", times.id.signed()), shade, look: Look::Heat, points }
    };
    let lines = shown.into_iter().take(HEAT_ROWS).map(line).collect();
    let title = "Utilisation: part of the time with a running goroutine".to_owned();
    Chart { title, across: Across::time(range, origin), up: Up::Ratio, lines }
}

/// What people read first.
fn figures(found: &procs::Procs, whole: Nanos) -> Report {
    let sum = |of: Time| found.each.iter().map(of).sum::<Nanos>();
    let used = sum(|times| times.running + times.syscall + times.looking + times.no_cpu + times.idle);
    let mut report = match found.limits {
        Some((low, high)) if low != high => Report::default().figure("GOMAXPROCS", format!("{low} to {high}")),
        Some((low, _)) => Report::default().figure("GOMAXPROCS", low.to_string()),
        None => Report::default(),
    };
    report = report
        .figure("Running", percent(sum(|times| times.running).0, used.0))
        .figure("Idle", percent(sum(|times| times.idle).0, used.0))
        .figure("STW pauses", part(found.stopped, whole));
    if !sum(|times| times.no_cpu).is_zero() {
        report = report.figure("No CPU", percent(sum(|times| times.no_cpu).0, used.0));
    }
    let idle = &found.idle_while_ready;
    if idle.count == 0 {
        return report;
    }
    let (total, waiting) = (part(idle.nanos, whole), idle.waiting);
    let text = format!("{total} in {}, goroutines waited {waiting} meanwhile", counted(idle.count, "period"));
    report.figure("Idle while goroutines were runnable", text)
}

fn each(found: &Arc<Vec<ProcTimes>>, whole: Nanos) -> Table {
    let table = Table::of("procs", "Procs", found, Vec::as_slice)
        .column(Column::id("proc", "Proc", ""), |times| Value::Lane(LaneId::Proc(times.proc), times.id.signed()));
    let table = STATES.into_iter().fold(table, |table, (share, id, title, help, of)| {
        table
            .column(Column::ratio(share, title, help).for_people(), move |times| Value::part(of(times), whole))
            .column(Column::duration(id, title, help).exported(), move |times| Value::Duration(of(times)))
    });
    // A column of zeros would be all that most programs see of it.
    let has_lacked = found.iter().any(|times| !times.no_cpu.is_zero());
    let no_cpu = Column::duration("no_cpu_ns", "No CPU", "with a thread, while the process had no CPU");
    let no_cpu = if has_lacked { no_cpu } else { no_cpu.on_request() };
    let table = table
        .column(no_cpu, |times| Value::Duration(times.no_cpu))
        .column(Column::duration("unknown_ns", "Unknown", "not in use, or not in the trace").on_request(), |times| {
            Value::Duration(times.unknown)
        })
        .column(Column::ratio("gc", "GC", "of Running: mark workers").for_people(), move |times| {
            Value::part(times.gc, whole)
        })
        .column(Column::duration("gc_ns", "GC", "of running_ns: mark workers").exported(), |times| {
            Value::Duration(times.gc)
        })
        .column(Column::duration("sweep_ns", "Sweep", "of Running: sweeping").on_request(), |times| {
            Value::Duration(times.sweep)
        })
        .column(Column::duration("stopped_ns", "STW", "during STW pauses: spinning or idle").on_request(), |times| {
            Value::Duration(times.stopped)
        });
    with_counts(table)
        .column(Column::bar("Use").legend(LEGEND), move |times| bar(times, whole.0))
        .target(|times| Some(Target::Lane(LaneId::Proc(times.proc))))
        .sorted_by("proc")
        .cut(Cut::Never)
        .empty("No procs in the trace")
        .build()
}

fn with_counts(table: Builder<Vec<ProcTimes>, ProcTimes>) -> Builder<Vec<ProcTimes>, ProcTimes> {
    COUNTS.into_iter().fold(table, |table, (id, title, help, of)| {
        table.column(Column::count(id, title, help), move |times| Value::Count(of(times)))
    })
}

fn bar(times: &ProcTimes, whole: u64) -> Value {
    let parts =
        [times.running.saturating_sub(times.gc), times.gc, times.syscall, times.looking, times.no_cpu, times.idle];
    Value::Bar(parts.into_iter().zip(LEGEND).map(|(time, (_, shade))| (time.0, *shade)).collect(), whole)
}

/// The longest periods in which a proc was idle while a goroutine was runnable.
fn stretches(trace: &Arc<Trace>, found: &Arc<IdleWhileReady>) -> Table {
    let of_start = Arc::clone(trace);
    let longest = found.worst.first().map_or(1, |first: &TimeRange| first.nanos().unsigned_abs());
    Table::of("idle_while_ready.worst", "Idle while goroutines were runnable", found, |found| &found.worst)
        .column(Column::duration("duration_ns", "Duration", ""), |range| columns::length(*range))
        .column(Column::time("start_ns", "Start", ""), move |range| columns::time(&of_start, range.start))
        .column(Column::bar("Runnable"), move |range| {
            Value::Bar(vec![(range.nanos().unsigned_abs(), Shade::Class(SpanClass::Runnable))], longest)
        })
        .target(|range| Some(Target::Range(*range)))
        .sorted_by("duration_ns")
        .empty("No proc was idle while a goroutine was runnable")
        .build()
}
