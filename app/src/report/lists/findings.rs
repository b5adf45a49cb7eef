//! What probably costs a program its time, as a table.

use std::sync::Arc;

use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Culprit, Finding, Link, Value as Number, Victim};
use trace_core::analysis::places::Place;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::columns;
use crate::report::frame::Frame;
use crate::report::table::{Builder, Column, Readers, Table, Target};
use crate::report::value::Value;

/// The findings, the worst first; a row leads to the first place that shows it.
#[must_use]
pub fn findings(trace: &Arc<Trace>, found: &Arc<Findings>) -> Table {
    let [of_go, of_start, of_end] = [trace; 3].map(Arc::clone);
    let of_links = Arc::clone(trace);
    let victims_of = Column::table("Affected", "who waits", victims(Vec::new()));
    let links_of = Column::table("Places", "that show it, from the start of the trace", links(trace, Vec::new()));
    Table::of("findings", "Findings", found, |found: &Findings| &found.list)
        .column(Column::text("severity", "Severity", "severe, warning or note"), |finding| {
            Value::Word(finding.severity.name())
        })
        .column(Column::text("kind", "Kind", KINDS), |finding| Value::Word(finding.kind.name()))
        .column(Column::duration("time_lost_ns", "Time lost", "total over goroutines"), |finding| {
            Value::Duration(finding.time_lost)
        })
        .column(Column::ratio("confidence", "Confidence", "that this is a cause"), |finding| {
            Value::Ratio(rounded(finding.confidence))
        })
        .column(Column::text("headline", "Finding", "what, how much and where"), |finding| {
            Value::Text(finding.headline.clone())
        })
        .column(Column::text("title", "Details", "what happened"), |finding| Value::Text(finding.title.clone()))
        .column(Column::function("culprit.function", "Function", "where the cause lies"), |finding| {
            culprit(finding, |culprit| Value::Function(culprit.place.function.clone()))
        })
        .column(Column::text("culprit.file", "File", "as in the trace"), |finding| {
            culprit(finding, |culprit| Value::Text(culprit.place.file.clone()))
        })
        .column(Column::count("culprit.line", "Line", ""), |finding| {
            culprit(finding, |culprit| Value::Count(culprit.place.line))
        })
        .column(Column::text("check", "Fix", "what to look at in the code"), |finding| {
            Value::Text(finding.check.to_owned())
        })
        .column(Column::id("goroutine", "Goroutine", "of the first place that shows it"), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::goroutine(&of_go, link.go))
        })
        .column(Column::time("start_ns", "From", "start of it there"), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::time(&of_start, link.range.start))
        })
        .column(Column::time("end_ns", "To", "end of it there"), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::time(&of_end, link.range.end))
        })
        .with(who_was_there)
        .column(Column::fields("evidence", "Evidence", "figures and names by stable name"), |finding| {
            Value::Fields(finding.evidence.iter().map(|(name, number)| (*name, figure(number))).collect())
        })
        .column(victims_of, |finding| Value::Table(Arc::new(victims(finding.victims.clone()))))
        .column(links_of, move |finding| Value::Table(Arc::new(links(&of_links, finding.links.clone()))))
        .target(|finding| finding.links.first().map(|link| Target::Stretch(LaneId::Goroutine(link.go), link.range)))
        .empty("No problems found")
        .build()
}

/// All kinds of findings.
const KINDS: &str = "lock_contention, lock_held_over_io, rwmutex_writer, goroutine_leak, gc_pressure, cpu_starvation, \
                     cpu_bound, cpu_throttled, cpu_descheduled, idle_procs, slow_syscall, channel_backlog, \
                     limited_concurrency, imbalance, straggler, serial_waits, stop_the_world, polling_sleep, \
                     goroutine_churn or trace_damage";

/// A part of a whole with four digits: more would be no more exact.
#[must_use]
pub fn rounded(ratio: f64) -> f64 {
    (ratio * 1e4).round() / 1e4
}

/// A figure of the evidence. The end of its name says what it counts.
fn figure(number: &Number) -> Value {
    match number {
        Number::Int(int) => Value::Count(*int),
        Number::Ratio(ratio) => Value::Ratio(*ratio),
        Number::Text(text) => Value::Text(text.clone()),
    }
}

/// What the culprit has; missing if there is none.
fn culprit(finding: &Finding, value: fn(&Culprit) -> Value) -> Value {
    finding.culprit.as_ref().map_or(Value::Missing, value)
}

/// Adds, for programs, what else is known of the place in the code.
fn who_was_there(table: Builder<Findings, Finding>) -> Builder<Findings, Finding> {
    fn through(culprit: &Culprit) -> Option<&Place> {
        culprit.through.as_ref()
    }
    fn caller(culprit: &Culprit) -> Option<&Place> {
        culprit.caller.as_ref()
    }
    let of = |place: fn(&Culprit) -> Option<&Place>, value: fn(&Place) -> Value| {
        move |finding: &Finding| finding.culprit.as_ref().and_then(place).map_or(Value::Missing, value)
    };
    let function = |place: &Place| Value::Function(place.function.clone());
    let file = |place: &Place| Value::Text(place.file.clone());
    let line = |place: &Place| Value::Count(place.line);
    let helper = "helper in which the time went, where the culprit is its caller; null if there is none";
    let called = "function of the program that called the culprit; null if there is none";
    table
        .column(Column::function("culprit.through.function", "", helper).exported(), of(through, function))
        .column(Column::text("culprit.through.file", "", "its file").exported(), of(through, file))
        .column(Column::count("culprit.through.line", "", "its line").exported(), of(through, line))
        .column(Column::function("culprit.caller.function", "", called).exported(), of(caller, function))
        .column(Column::text("culprit.caller.file", "", "its file").exported(), of(caller, file))
        .column(Column::count("culprit.caller.line", "", "its line").exported(), of(caller, line))
        .column(
            Column::text("culprit.callee", "", "what it had called: os.(*File).Sync, chan send; null if unknown")
                .exported(),
            |finding| culprit(finding, |culprit| culprit.callee.clone().map_or(Value::Missing, Value::Text)),
        )
        .column(Column::stack("culprit.stack", "", "in which it was seen").exported(), |finding| {
            culprit(finding, |culprit| Value::Stack(culprit.stack.iter().map(Frame::from).collect()))
        })
}

fn victims(of: Vec<Victim>) -> Table {
    Table::of("victims", "", &Arc::new(of), Vec::as_slice)
        .column(Column::function("function", "Function", "in which they wait"), |victim: &Victim| {
            Value::Function(victim.function.clone())
        })
        .column(Column::count("goroutines", "Goroutines", "how many"), |victim| Value::Count(victim.goroutines))
        .only_for(Readers::Programs)
        .build()
}

fn links(trace: &Arc<Trace>, of: Vec<Link>) -> Table {
    let [of_start, of_end] = [trace; 2].map(Arc::clone);
    Table::of("links", "", &Arc::new(of), Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), |link: &Link| {
            Value::Lane(LaneId::Goroutine(link.go), link.id.signed())
        })
        .column(Column::time("start_ns", "From", ""), move |link| columns::time(&of_start, link.range.start))
        .column(Column::time("end_ns", "To", ""), move |link| columns::time(&of_end, link.range.end))
        .only_for(Readers::Programs)
        .build()
}
