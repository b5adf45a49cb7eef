//! Leak suspects: goroutines that are blocked when the trace ends, with what speaks for and against a leak.

use std::sync::Arc;

use trace_core::analysis::leaks::{Suspects, Suspicion, leaks};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::words::counted;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::{self, counts};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Shown, Table, Target};
use crate::report::value::Value;

/// Goroutines that may leak: see [`INFO`].
pub struct Leaks;

const INFO: Info = Info {
    id: "leaks",
    title: "Leak suspects",
    panel: "population",
    topic: Topic::Goroutines,
    about: "goroutines still blocked at the end, most likely leaks first",
    help: "Goroutines that are blocked when the trace ends, by where they wait and where they were created. The program \
           goes on after the trace ends: the evidence for and against a leak is shown, with a confidence.\n\
           Growing: more and more of them throughout the trace, probably a leak. Never woken: never woken at this \
           place in the trace. Open connections: growing, but about as many, created by the same function, read \
           from connections, as with clients that stay. Recent: waiting for less than a twentieth of the trace. External: waiting for the \
           network or a timer. Parked: woken at this place before, and back again, as workers and servers' loops are.",
    limit: 40,
    ..Info::USUAL
};

impl Analysis for Leaks {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = Arc::new(leaks(trace, &ask.scope.pieces(trace), monitor)?);
        let report = if found.is_empty() { Report::default() } else { Report::default().note(verdict(&found)) };
        let end = trace.range().intersect(ask.scope.range).end;
        Some(report.table(suspects(trace, &found, end)))
    }
}

/// What the list comes down to.
fn verdict(found: &[Suspects]) -> String {
    let sum = |suspicion: Suspicion| {
        let some = found.iter().filter(|group| group.suspicion == suspicion && !group.is_system);
        some.map(|group| group.count).sum::<u64>()
    };
    match (sum(Suspicion::Growing), sum(Suspicion::Stuck)) {
        (0, 0) => "Nothing looks like a leak: the trace ends while the program goes on.".to_owned(),
        (0, stuck) => format!("{} never woken in the trace, but not growing in number.", counted(stuck, "goroutine")),
        (growing, _) => format!("{} in groups that keep growing: probably leaked.", counted(growing, "goroutine")),
    }
}

const fn assessment(group: &Suspects) -> &'static str {
    match group.suspicion {
        _ if group.is_system => "Runtime",
        Suspicion::Growing => "Growing",
        Suspicion::Stuck => "Never woken",
        Suspicion::Connections => "Open connections",
        Suspicion::Recent => "Recent",
        Suspicion::External => "External",
        Suspicion::Parked => "Parked",
    }
}

fn suspects(trace: &Arc<Trace>, found: &Arc<Vec<Suspects>>, end: TraceTime) -> Table {
    let [of_reason, of_name, of_wait, of_gos, of_oldest] = [trace; 5].map(Arc::clone);
    let table = Table::of("suspects", "Leak suspects", found, Vec::as_slice)
        .column(
            Column::text("suspicion", "Assessment", "growing, stuck, connections, recent, external or parked"),
            |group: &Suspects| Value::Named(group.suspicion.name(), assessment(group)),
        )
        .column(Column::text("meaning", "Meaning", "what the assessment means").on_request(), |group| {
            Value::Word(group.suspicion.meaning())
        })
        .column(Column::ratio("confidence", "Confidence", "that it is a leak"), |group| Value::Ratio(group.confidence))
        .column(Column::flag("runtime", "Runtime", "they belong to the runtime").on_request(), |group| {
            Value::Flag(group.is_system)
        });
    let old = Column::table("Blocked longest", "", oldest(trace, &Arc::default(), end)).shown(Shown::Window);
    numbers(table, trace)
        .column(Column::text("reason", "Reason", "the wait reason of the runtime; empty if unknown"), move |group| {
            Value::Text(of_reason.str(group.reason).to_owned())
        })
        .column(Column::function("function", "Start function", ""), move |group| {
            Value::Function(of_name.str(group.name).to_owned())
        })
        .column(Column::stack("wait", "Blocked at", ""), move |group| columns::stack(&of_wait, group.wait))
        .with(|table| created(table, trace))
        .column(
            Column::list("goroutines", "Goroutines", "those that have waited longest, at most 20").exported(),
            move |group| Value::List(group.oldest.iter().map(|(go, _)| columns::goroutine(&of_gos, *go)).collect()),
        )
        .column(old, move |group| Value::Table(Arc::new(oldest(&of_oldest, &Arc::new(group.oldest.clone()), end))))
        .empty("No goroutine is blocked at the end of the selected scope")
        .build()
}

fn numbers(table: Builder<Vec<Suspects>, Suspects>, trace: &Arc<Trace>) -> Builder<Vec<Suspects>, Suspects> {
    let of_since = Arc::clone(trace);
    table
        .column(Column::count("count", "Count", "goroutines blocked there"), |group| Value::Count(group.count))
        .column(Column::count("created", "Created", "of those, created in the range"), |group| {
            Value::Count(group.created)
        })
        .column(Column::list("by_quarter", "Created by quarter", "of the range").on_request(), |group| {
            counts(&group.by_quarter)
        })
        .column(
            Column::count("returning", "Woken before", "of those, woken at this place before").on_request(),
            |group| Value::Count(group.returning),
        )
        .column(Column::count("ended", "Ended", "goroutines of the same kind that ended in the range"), |group| {
            Value::Count(group.ended)
        })
        .column(Column::duration("waited_ns", "Total wait", "").on_request(), |group| Value::Duration(group.waited))
        .column(Column::duration("median_ns", "Median wait", ""), |group| Value::Duration(group.median))
        .column(Column::time("since_ns", "Blocked since", "the one that has waited longest"), move |group| {
            columns::time(&of_since, group.since)
        })
}

fn created(table: Builder<Vec<Suspects>, Suspects>, trace: &Arc<Trace>) -> Builder<Vec<Suspects>, Suspects> {
    let [of_place, of_creation] = [trace; 2].map(Arc::clone);
    table
        .column(Column::stack("created_at", "Created at", "").for_people(), move |group: &Suspects| {
            columns::created_at(&of_place, group.creation, group.origin)
        })
        .column(
            Column::stack("creation", "Created at", "the stack that created them; empty unless a goroutine did")
                .exported(),
            move |group| columns::stack(&of_creation, group.creation),
        )
        .column(Column::text("origin", "Origin", "before_trace, goroutine, timer, c or unknown").exported(), |group| {
            Value::Named(group.origin.name(), group.origin.words())
        })
}

/// The goroutines of a group that have waited longest.
fn oldest(trace: &Arc<Trace>, found: &Arc<Vec<(GoroutineIdx, TraceTime)>>, end: TraceTime) -> Table {
    let [of_go, of_name, of_since] = [trace; 3].map(Arc::clone);
    Table::of("oldest", "Blocked longest", found, Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), move |one| columns::goroutine(&of_go, one.0))
        .column(Column::function("function", "Start function", ""), move |one| columns::start_function(&of_name, one.0))
        .column(Column::duration("waited_ns", "Blocked for", ""), move |one| {
            columns::length(TimeRange::new(one.1, end))
        })
        .column(Column::time("since_ns", "Blocked since", ""), move |one| columns::time(&of_since, one.1))
        .target(move |one| Some(Target::Stretch(LaneId::Goroutine(one.0), TimeRange::new(one.1, end))))
        .sorted_by("waited_ns")
        .build()
}
