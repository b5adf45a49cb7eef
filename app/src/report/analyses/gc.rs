//! GC cycles one by one: phases, mark workers, mark assists, the heap, what was swept, and what triggered them.

use std::sync::Arc;

use trace_core::analysis::collector::cycles::{Collector, Cycle, Helper, Swept, Trigger};
use trace_core::analysis::collector::work::WorkerMode;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::number::count;
use crate::fmt::words::counted;
use crate::report::analyses::analysis::{Analysis, Ask, Info, ScopeOption, Topic};
use crate::report::analyses::columns::{self, part};
use crate::report::analyses::stw::pauses;
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Cut, Table, Target};
use crate::report::value::Value;

/// GC cycles one by one: see [`INFO`].
pub struct GcCycles;

const INFO: Info = Info {
    id: "gc",
    title: "GC cycles",
    topic: Topic::Gc,
    about: "GC cycles: phases, workers, mark assists, the heap, triggers",
    help: "GC cycles one by one: how long they took to mark and stopped the world, how long mark workers ran, mark \
           assists, the heap before, after marking and in use, what was swept until the next cycle, and what triggered \
           the cycle. With --range: cycles that overlap it, each shown whole.",
    scope: ScopeOption::RANGE,
    limit: 40,
    ..Info::USUAL
};

/// Goroutines listed of a cycle that did mark assists.
const ASSISTING: usize = 20;

type Cycles = Builder<Collector, Cycle>;

impl Analysis for GcCycles {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = Arc::new(Collector::of(trace, ask.scope.range, monitor)?);
        let whole = trace.range().intersect(ask.scope.range).length();
        let early = found.early;
        let report = figures(&found, whole)
            .field("duration_ns", "length of the range", Value::Duration(whole))
            .field("swept_before.count", "sweeps before the first GC cycle of the trace", Value::Count(early.count))
            .field("swept_before.total_ns", "their time", Value::Duration(early.nanos))
            .field("swept_before.swept_bytes", "bytes that they swept", Value::Bytes(early.bytes))
            .field("swept_before.reclaimed_bytes", "bytes that they reclaimed", Value::Bytes(early.reclaimed));
        Some(report.table(cycles(trace, &found)))
    }
}

/// What people read first.
fn figures(found: &Collector, whole: Nanos) -> Report {
    if found.cycles.is_empty() {
        return Report::default();
    }
    let sum = |of: &dyn Fn(&Cycle) -> Nanos| found.cycles.iter().map(of).sum::<Nanos>();
    let worker = |mode: WorkerMode| sum(&|cycle| cycle.worker(mode));
    let number = found.cycles.iter().map(Cycle::assists).sum();
    let modes = WorkerMode::ALL.map(|mode| format!("{} {}", worker(mode), mode.name()));
    let assists = format!("{} in {}", sum(&Cycle::assist_run), counted(number, "assist"));
    Report::default()
        .figure("GC cycles", count(found.cycles.len() as u64))
        .figure("Marking", part(sum(&|cycle| cycle.range.length()), whole))
        .figure("STW for GC", part(sum(&|cycle| cycle.stopped), whole))
        .figure("Mark workers", modes.join(", "))
        .figure("Mark assist, running", assists)
}

fn cycles(trace: &Arc<Trace>, found: &Arc<Collector>) -> Table {
    let (of_start, of_stops, all) = (Arc::clone(trace), Arc::clone(trace), Arc::clone(found));
    let of_assists = Arc::clone(trace);
    let stops =
        Column::table("STW pauses", "as those of tracelane stw", pauses(trace, "stops", "STW pauses", &Arc::default()));
    let assisting =
        Column::table("Mark assists", "goroutines, most time first, at most 20", assists(trace, &Arc::default()));
    let table = Table::of("cycles", "GC cycles", found, |found: &Collector| &found.cycles)
        .column(Column::time("start_ns", "Start", ""), move |cycle: &Cycle| columns::time(&of_start, cycle.range.start))
        .column(Column::duration("duration_ns", "Duration", "until marking ended"), |cycle| {
            columns::length(cycle.range)
        })
        .column(Column::flag("began_before", "Cut at start", "it started before the trace").on_request(), |cycle| {
            Value::Flag(cycle.began_before)
        })
        .column(Column::flag("goes_on", "Cut at end", "the trace ended before it").on_request(), |cycle| {
            Value::Flag(cycle.goes_on)
        })
        .column(Column::duration("setup_ns", "Setup", "until marking").on_request(), |cycle| {
            Value::Duration(cycle.setup())
        })
        .column(Column::duration("marking_ns", "Marking", "concurrently with the program").on_request(), |cycle| {
            columns::length(cycle.marking)
        })
        .column(Column::duration("ending_ns", "Termination", "mark termination").on_request(), |cycle| {
            Value::Duration(cycle.ending())
        })
        .column(Column::duration("stopped_ns", "STW", "world stopped for it"), |cycle| Value::Duration(cycle.stopped));
    let table = heap(work(table));
    trigger(table, trace)
        .column(stops, move |cycle| {
            let own: Vec<_> = cycle.stops.iter().filter_map(|at| all.stops.get(*at)).copied().collect();
            Value::Table(Arc::new(pauses(&of_stops, "stops", "STW pauses", &Arc::new(own))))
        })
        .column(assisting, move |cycle| {
            let first: Vec<Helper> = cycle.helpers.iter().take(ASSISTING).copied().collect();
            Value::Table(Arc::new(assists(&of_assists, &Arc::new(first))))
        })
        .target(|cycle| Some(Target::Stretch(LaneId::Gc, cycle.range)))
        .sorted_by("start_ns")
        .cut(Cut::ForPeople)
        .empty("No GC cycles in the selected range")
        .build()
}

/// Mark workers and mark assists.
fn work(table: Cycles) -> Cycles {
    let modes = [
        ("workers.dedicated_ns", "Dedicated", "mark workers with a proc of their own", WorkerMode::Dedicated),
        ("workers.fractional_ns", "Fractional", "mark workers that run part of the time", WorkerMode::Fractional),
        ("workers.idle_ns", "Idle workers", "mark workers on procs without other work", WorkerMode::Idle),
        ("workers.unlabelled_ns", "Other workers", "mark workers whose mode is unknown", WorkerMode::Unlabelled),
    ];
    let table = table.column(Column::duration("workers", "Workers", "mark workers, all modes").for_people(), |cycle| {
        Value::Duration(cycle.workers.iter().sum())
    });
    let table = modes.into_iter().fold(table, |table, (id, title, help, mode)| {
        table.column(Column::duration(id, title, help).on_request(), move |cycle| Value::Duration(cycle.worker(mode)))
    });
    table
        .column(Column::count("assists", "Assists", "mark assists"), |cycle| Value::Count(cycle.assists()))
        .column(Column::duration("assist_ns", "Mark assist", "from start to end"), |cycle| {
            Value::Duration(cycle.assist())
        })
        .column(Column::duration("assist_running_ns", "Assist running", "of that running").on_request(), |cycle| {
            Value::Duration(cycle.assist_run())
        })
}

/// The heap before and after, and sweeping.
fn heap(table: Cycles) -> Cycles {
    type Size = fn(&Cycle) -> Option<u64>;
    let sizes: [(&str, &str, &str, Size); 4] = [
        ("heap_before_bytes", "Heap before", "in use when it started", |cycle| cycle.heap_before),
        ("heap_marked_bytes", "When marked", "in use when marking ended", |cycle| cycle.heap_marked),
        ("heap_after_bytes", "Live heap", "found in use", |cycle| cycle.heap_after),
        ("goal_bytes", "Heap goal", "the goal of the cycle", |cycle| cycle.goal),
    ];
    let table = sizes.into_iter().fold(table, |table, (id, title, help, size)| {
        table.column(Column::bytes(id, title, help), move |cycle| Value::bytes(size(cycle)))
    });
    let swept = |id, title, help| Column::bytes(id, title, help);
    table
        .column(Column::bytes("next_goal_bytes", "Next goal", "the goal it set").on_request(), |cycle| {
            Value::bytes(cycle.next_goal)
        })
        .column(Column::count("swept.count", "Sweeps", "periods of sweeping until the next cycle").on_request(), {
            |cycle| Value::Count(cycle.swept.count)
        })
        .column(Column::duration("swept.total_ns", "Sweep", "sweeping until the next cycle").on_request(), |cycle| {
            Value::Duration(cycle.swept.nanos)
        })
        .column(swept("swept.swept_bytes", "Swept", "until the next cycle"), |cycle| Value::Bytes(cycle.swept.bytes))
        .column(swept("swept.reclaimed_bytes", "Reclaimed", "of the bytes swept: free").on_request(), |cycle| {
            let Swept { reclaimed, .. } = cycle.swept;
            Value::Bytes(reclaimed)
        })
}

/// What triggered a cycle.
fn trigger(table: Cycles, trace: &Arc<Trace>) -> Cycles {
    let [of_go, of_stack] = [trace; 2].map(Arc::clone);
    table
        .column(Column::text("trigger", "Trigger", "heap, forced, periodic or unknown"), |cycle| {
            Value::Named(
                cycle.trigger.name(),
                match cycle.trigger {
                    Trigger::Heap => "Heap goal",
                    Trigger::Forced => "Forced",
                    Trigger::Periodic => "Periodic (2 min)",
                    Trigger::Unknown => "Unknown",
                },
            )
        })
        .column(Column::id("goroutine", "Triggered by", ""), move |cycle| columns::goroutine(&of_go, cycle.go))
        .column(Column::stack("stack", "Triggered at", ""), move |cycle| columns::stack(&of_stack, cycle.stack))
}

/// Goroutines that did mark assists in a cycle.
fn assists(trace: &Arc<Trace>, found: &Arc<Vec<Helper>>) -> Table {
    let [of_go, of_name, of_stack] = [trace; 3].map(Arc::clone);
    Table::of("helpers", "Mark assists", found, Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), move |helper: &Helper| columns::goroutine(&of_go, helper.go))
        .column(Column::function("function", "Start function", ""), move |helper| {
            columns::start_function(&of_name, helper.go)
        })
        .column(Column::count("count", "Count", ""), |helper| Value::Count(helper.count))
        .column(Column::duration("total_ns", "Total", "from start to end"), |helper| Value::Duration(helper.nanos))
        .column(Column::duration("running_ns", "Running", "of that"), |helper| Value::Duration(helper.run_nanos))
        .column(Column::stack("stack", "Longest at", "where the longest began"), move |helper| {
            columns::stack(&of_stack, helper.stack)
        })
        .target(|helper| Some(Target::Stretch(LaneId::Goroutine(helper.go), helper.longest)))
        .sorted_by("total_ns")
        .build()
}
