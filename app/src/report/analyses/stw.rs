//! STW pauses: why, requested by whom, how long until all goroutines had stopped, and which was the last.

use std::collections::BTreeMap;
use std::sync::Arc;

use trace_core::analysis::collector::stops::{Stop, stops};
use trace_core::base::ids::StrId;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::number::count;
use crate::report::analyses::analysis::{Analysis, Ask, Info, ScopeOption, Topic};
use crate::report::analyses::columns::{self, part};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Cut, Table, Target};
use crate::report::value::Value;

/// Pauses that stop the world: see [`INFO`].
pub struct StwPauses;

const INFO: Info = Info {
    id: "stw",
    title: "STW pauses",
    panel: "gc",
    topic: Topic::Gc,
    about: "STW pauses: requesters, time to stop, the last goroutine to stop",
    help: "STW pauses one by one: the reason, the requester, the time to stop all goroutines and the last one to stop, \
           and how long they were held. With --range: pauses that overlap it, each shown whole.",
    scope: ScopeOption::RANGE,
    limit: 40,
    ..Info::USUAL
};

/// Pauses for one reason.
struct Reason {
    reason: StrId,
    count: u64,
    total: Nanos,
    longest: Nanos,
    stopping: Nanos,
}

impl Analysis for StwPauses {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = stops(trace, ask.scope.range, monitor)?;
        let whole = trace.range().intersect(ask.scope.range).length();
        let mut report = Report::default();
        if !found.is_empty() {
            let lengths = || found.iter().map(|stop| stop.range.length());
            report = report
                .figure("STW pauses", count(found.len() as u64))
                .figure("Total", part(lengths().sum(), whole))
                .figure("Longest", lengths().max().unwrap_or_default().to_string());
        }
        let reasons = reasons(trace, &found);
        Some(
            report
                .field("duration_ns", "length of the range", Value::Duration(whole))
                .table(pauses(trace, "stops", "STW pauses", &Arc::new(found)))
                .table(by_reason(trace, &Arc::new(reasons))),
        )
    }
}

/// Pauses by reason, most time first.
fn reasons(trace: &Trace, found: &[Stop]) -> Vec<Reason> {
    let mut reasons: BTreeMap<&str, Reason> = BTreeMap::new();
    for stop in found {
        let fresh = || Reason {
            reason: stop.reason,
            count: 0,
            total: Nanos::ZERO,
            longest: Nanos::ZERO,
            stopping: Nanos::ZERO,
        };
        let sum = reasons.entry(trace.str(stop.reason)).or_insert_with(fresh);
        let length = stop.range.length();
        sum.count += 1;
        sum.total += length;
        sum.longest = sum.longest.max(length);
        sum.stopping += Nanos(stop.stopping());
    }
    let mut reasons: Vec<Reason> = reasons.into_values().collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.total));
    reasons
}

fn by_reason(trace: &Arc<Trace>, found: &Arc<Vec<Reason>>) -> Table {
    let of_reason = Arc::clone(trace);
    Table::of("reasons", "By reason", found, Vec::as_slice)
        .column(Column::text("reason", "Reason", "as the runtime calls it"), move |row: &Reason| {
            Value::Text(of_reason.str(row.reason).to_owned())
        })
        .column(Column::count("count", "Count", ""), |row| Value::Count(row.count))
        .column(Column::duration("total_ns", "Total", ""), |row| Value::Duration(row.total))
        .column(Column::duration("max_ns", "Longest", ""), |row| Value::Duration(row.longest))
        .column(Column::duration("stopping_ns", "Time to stop", "of the total"), |row| Value::Duration(row.stopping))
        .sorted_by("total_ns")
        .cut(Cut::ForPeople)
        .empty("No STW pauses in the selected range")
        .build()
}

/// Pauses one by one.
pub fn pauses(trace: &Arc<Trace>, id: &'static str, title: &'static str, found: &Arc<Vec<Stop>>) -> Table {
    let [of_start, of_reason, of_go, of_stack] = [trace; 4].map(Arc::clone);
    let table = Table::of(id, title, found, Vec::as_slice)
        .column(Column::time("start_ns", "Start", ""), move |stop: &Stop| columns::time(&of_start, stop.range.start))
        .column(Column::duration("duration_ns", "Duration", ""), |stop| columns::length(stop.range))
        .column(Column::flag("complete", "Complete", "both ends are in the trace").on_request(), |stop| {
            Value::Flag(!stop.began_before && !stop.goes_on)
        })
        .column(Column::text("reason", "Reason", "as the runtime calls it"), move |stop| {
            Value::Text(of_reason.str(stop.reason).to_owned())
        })
        .column(Column::flag("collector", "GC", "requested by the GC").on_request(), |stop| {
            Value::Flag(stop.is_collectors)
        })
        .column(Column::id("goroutine", "Requester", ""), move |stop| columns::goroutine(&of_go, stop.go))
        .column(Column::stack("stack", "Requested at", "empty before Go 1.22"), move |stop| {
            columns::stack(&of_stack, stop.stack)
        })
        .column(Column::duration("stopping_ns", "Time to stop", "until all goroutines had stopped"), |stop| {
            Value::Duration(Nanos(stop.stopping()))
        })
        .column(Column::duration("held_ns", "Held", "from then until a goroutine ran again on another proc"), |stop| {
            Value::Duration(Nanos(stop.held()))
        })
        .column(
            Column::duration("late_ns", "Late", "from then until the runtime recorded the end").on_request(),
            |stop| Value::Duration(Nanos(stop.late())),
        )
        .column(
            Column::count("running_procs", "Running", "other procs that ran goroutines when it was requested"),
            |stop| Value::Count(stop.running.into()),
        );
    last(table, trace)
        .target(|stop| Some(Target::Stretch(LaneId::Stw, stop.range)))
        .sorted_by("start_ns")
        .cut(Cut::ForPeople)
        .empty("No STW pauses in the selected range")
        .build()
}

/// The goroutine that was the last to stop.
fn last(table: Builder<Vec<Stop>, Stop>, trace: &Arc<Trace>) -> Builder<Vec<Stop>, Stop> {
    let [of_go, of_name, of_proc, of_start, of_stack] = [trace; 5].map(Arc::clone);
    table
        .column(Column::id("last.goroutine", "Last to stop", ""), move |stop| {
            stop.last.map_or(Value::Missing, |last| columns::goroutine(&of_go, last.go))
        })
        .column(Column::function("last.function", "Start function", "of the last to stop").exported(), move |stop| {
            stop.last.map_or(Value::Missing, |last| columns::start_function(&of_name, last.go))
        })
        .column(Column::id("last.proc", "Its proc", "where the last to stop ran").on_request(), move |stop| {
            stop.last.map_or(Value::Missing, |last| columns::proc(&of_proc, last.proc))
        })
        .column(Column::time("last.start_ns", "Ran from", "when the last to stop began to run").on_request(), {
            move |stop| stop.last.map_or(Value::Missing, |last| columns::time(&of_start, last.range.start))
        })
        .column(Column::duration("last.duration_ns", "Ran for", "how long the last to stop had run").on_request(), {
            |stop| stop.last.map_or(Value::Missing, |last| columns::length(last.range))
        })
        .column(Column::stack("last.stack", "Stopped at", "where the last to stop stopped"), move |stop| {
            stop.last.map_or(Value::Missing, |last| columns::stack(&of_stack, last.stack))
        })
}
