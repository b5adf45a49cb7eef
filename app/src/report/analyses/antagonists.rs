//! Who was running instead: what the procs did while goroutines were runnable and waited for one.

use std::sync::Arc;

use trace_core::analysis::antagonists::{self, FunctionShare, GoShare, antagonists};
use trace_core::base::ids::StrId;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::part;
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Table, Target};
use crate::report::value::{Shade, Value};

/// What ran while goroutines waited for a proc: see [`INFO`].
pub struct Antagonists;

const INFO: Info = Info {
    id: "antagonists",
    title: "Running instead",
    topic: Topic::Scheduler,
    about: "what procs did while goroutines were runnable",
    help: "What the procs did while goroutines were runnable: a runnable goroutine waits for every proc at once, so \
           1 ms of waiting with 4 procs is 4 ms of proc time, and each nanosecond of it is counted once.",
    ..Info::USUAL
};

/// Functions that get a colour of their own.
const COLORED: usize = 6;
/// Parts of the bar: more would not be visible.
const PARTS: usize = 200;
const NO_WAITS: &str = "No goroutine waited for a proc in the selected scope";

impl Analysis for Antagonists {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = antagonists(trace, &ask.scope.pieces(trace), ask.rows(), monitor)?;
        let report = figures(Report::default(), &found);
        let report = report
            .field(
                "antagonists.ready_ns",
                "how long goroutines of the scope were runnable, total",
                Value::Duration(found.ready),
            )
            .field(
                "antagonists.proc_ns",
                "those times multiplied by the number of procs; the parts below sum to it",
                Value::Duration(found.proc_nanos),
            )
            .field("antagonists.running_ns", "proc time in which goroutines ran", Value::Duration(found.running))
            .field("antagonists.syscall_ns", "proc time held in system calls", Value::Duration(found.syscall))
            .field(
                "antagonists.looking_ns",
                "proc time in which a thread had the proc but ran no goroutine",
                Value::Duration(found.looking),
            )
            .field("antagonists.no_cpu_ns", "proc time in which the process got no CPU", Value::Duration(found.no_cpu))
            .field("antagonists.idle_ns", "proc time in which no thread had the proc", Value::Duration(found.idle))
            .field(
                "antagonists.avoidable_ns",
                "part of ready_ns during which a proc was idle",
                Value::Duration(found.avoidable),
            )
            .field("antagonists.stopped_ns", "part of ready_ns during STW pauses", Value::Duration(found.stopped));
        let calls = name::calls(trace);
        let report = if calls == name::SYSTEM_CALLS { report } else { report.note(format!("Syscall: {calls}.")) };
        let (procs, first) = (found.proc_nanos, colored(&found));
        Some(report.table(functions(trace, &Arc::new(found.functions), procs, first)).table(goroutines(
            trace,
            &Arc::new(found.goroutines),
            procs,
        )))
    }
}

/// What people read first: how much waiting, and where the proc time went.
fn figures(report: Report, found: &antagonists::Antagonists) -> Report {
    if found.ready.is_zero() {
        return report;
    }
    let procs = |nanos| part(nanos, found.proc_nanos);
    let mut report = report
        .figure("Waiting", format!("{}, {} of proc time", found.ready, found.proc_nanos))
        .figure("Running", procs(found.running))
        .figure("Syscall", procs(found.syscall))
        .figure("Spinning or switching", procs(found.looking))
        .figure("Idle", procs(found.idle));
    if !found.no_cpu.is_zero() {
        report = report.figure("No CPU", procs(found.no_cpu));
    }
    report = report.figure("Waiting while a proc was idle", part(found.avoidable, found.ready));
    if !found.stopped.is_zero() {
        report = report.figure("Waiting during STW pauses", part(found.stopped, found.ready));
    }
    let first = colored(found);
    let mut parts: Vec<(u64, Shade)> =
        found.functions.iter().take(PARTS).map(|share| (share.total().0, shade(&first, share.name))).collect();
    parts.extend([(found.looking.0, Shade::Muted), (found.idle.0, Shade::Faint), (found.no_cpu.0, Shade::NoCpu)]);
    report.fact("", "Proc time while goroutines were runnable", Value::Bar(parts, found.proc_nanos.0))
}

/// The functions that have a colour of their own.
fn colored(found: &antagonists::Antagonists) -> Vec<StrId> {
    found.functions.iter().take(COLORED).map(|share| share.name).collect()
}

fn shade(first: &[StrId], name: StrId) -> Shade {
    let place = first.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok());
    place.map_or(Shade::Class(SpanClass::WaitOther), Shade::Series)
}

fn functions(trace: &Arc<Trace>, found: &Arc<Vec<FunctionShare>>, procs: Nanos, first: Vec<StrId>) -> Table {
    let of_name = Arc::clone(trace);
    let widest = found.first().map_or(1, |share| share.total().0);
    Table::of("antagonists.functions", "Running instead, by function", found, Vec::as_slice)
        .column(Column::function("function", "Start function", ""), move |share| {
            Value::Function(of_name.str(share.name).to_owned())
        })
        .with(|table| times(table, procs, |share| (share.running, share.syscall)))
        .column(Column::count("goroutines", "Goroutines", ""), |share| Value::Count(share.goroutines))
        .column(Column::bar("Proc time"), move |share| {
            Value::Bar(vec![(share.total().0, shade(&first, share.name))], widest)
        })
        .sorted_by("total")
        .empty(NO_WAITS)
        .build()
}

fn goroutines(trace: &Arc<Trace>, found: &Arc<Vec<GoShare>>, procs: Nanos) -> Table {
    let of_name = Arc::clone(trace);
    Table::of("antagonists.goroutines", "Running instead, by goroutine", found, Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), |share| {
            Value::Lane(LaneId::Goroutine(share.go), share.id.signed())
        })
        .column(Column::function("function", "Start function", ""), move |share| {
            Value::Function(of_name.str(share.name).to_owned())
        })
        .with(|table| times(table, procs, |share| (share.running, share.syscall)))
        .target(|share| Some(Target::Lane(LaneId::Goroutine(share.go))))
        .sorted_by("total")
        .empty(NO_WAITS)
        .build()
}

/// Proc time, and what it was used for.
fn times<S, R>(table: Builder<S, R>, procs: Nanos, of: fn(&R) -> (Nanos, Nanos)) -> Builder<S, R>
where
    S: Send + Sync + 'static,
    R: 'static,
{
    let total = move |row: &R| of(row).0 + of(row).1;
    table
        .column(
            Column::duration("total", "Proc time", "running, or in system calls that kept the proc").for_people(),
            move |row| Value::Duration(total(row)),
        )
        .column(Column::ratio("share", "Share", "of all proc time while goroutines waited").for_people(), move |row| {
            Value::part(total(row), procs)
        })
        .column(Column::duration("running_ns", "Running", ""), move |row| Value::Duration(of(row).0))
        .column(Column::duration("syscall_ns", "Syscall", "in system calls that kept the proc"), move |row| {
            Value::Duration(of(row).1)
        })
}
