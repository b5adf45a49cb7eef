//! Numbers about a trace and what loading it cost, as a report.

use std::sync::Arc;
use std::time::Duration;

use trace_core::base::warning::Warning;
use trace_core::model::trace::Trace;

use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, exact, rfc3339, unix_nanos};
use crate::report::analyses::warnings;
use crate::report::figure::{Figure, Form};
use crate::report::report::Report;
use crate::report::table::{Column, Kind, Readers, Table};
use crate::report::value::Value;

/// What loading a trace cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadCost {
    /// Size of the file, bytes.
    pub file_bytes: u64,
    /// How long it took.
    pub wall: Duration,
    /// Its model was in the cache.
    pub from_cache: bool,
    /// The most memory that the process held at any time, bytes; `None` where the system does not say.
    pub peak_memory: Option<u64>,
}

impl LoadCost {
    /// What was measured of a load, with the memory that this process has needed so far.
    #[must_use]
    pub fn measured(file_bytes: u64, wall: Duration, from_cache: bool) -> Self {
        Self { file_bytes, wall, from_cache, peak_memory: peak_memory() }
    }
}

/// The report on a file that was loaded: its size and contents, events by kind, warnings, and the cost.
#[must_use]
pub fn report(file: &str, trace: &Arc<Trace>, cost: &LoadCost) -> Report {
    let mut damage = warnings::table(trace.range().start, trace.warnings().to_vec());
    // A trace without warnings says so among its figures.
    damage.is_optional = true;
    damage.readers = Readers::People;
    let report = figures(file, trace, cost);
    let report = fields(report, file, trace, cost);
    let report = report.table(events(trace)).table(damage).table(for_programs(trace)).table(warnings::gaps(trace));
    warnings::cures(trace).fold(report, Report::note)
}

/// What people read of the whole.
fn figures(file: &str, trace: &Trace, cost: &LoadCost) -> Report {
    let totals = trace.totals();
    let nanos = trace.range().nanos();
    let mut report = Report::default()
        .figure("File", file)
        .figure("Size", format!("{} ({} bytes)", bytes(cost.file_bytes), count(cost.file_bytes)))
        .figure("Format", format!("Go 1.{}", totals.version));
    if let Some(start) = unix_nanos(trace, trace.range().start).map(rfc3339) {
        report = report.figure("Start", start);
    }
    let memory = cost.peak_memory.map_or_else(String::new, |peak| format!(", at most {} of memory", bytes(peak)));
    let speed = format!("{:.1} million events/s", per_second(totals.events, cost.wall) / 1e6);
    let cached = if cost.from_cache { " from the cache" } else { "" };
    report
        .figure("Duration", format!("{} ({})", duration(nanos), exact(nanos)))
        .figure("Generations", count(totals.generations))
        .figure("Goroutines", count(trace.goroutine_count().into()))
        .figure("Procs", count(trace.proc_count().into()))
        .figure("Threads", count(trace.thread_count().into()))
        .figure("Tasks", count(trace.task_count().into()))
        .figure("Events", count(totals.events))
        .figure("Warnings", count(trace.warnings().len() as u64))
        .figure("Loaded in", format!("{:.3} s{cached}, {speed}{memory}", cost.wall.as_secs_f64()))
}

/// Adds what programs read of the whole.
fn fields(report: Report, file: &str, trace: &Trace, cost: &LoadCost) -> Report {
    let totals = trace.totals();
    let mut kinds: Vec<_> =
        totals.events_by_kind.iter().map(|&(kind, count)| (kind.name(), Value::Count(count))).collect();
    kinds.sort_unstable_by_key(|kind| kind.0);
    let start = unix_nanos(trace, trace.range().start).map(rfc3339);
    let number = |value: f64| Value::Figure(Figure::new(value, Form::Number));
    report
        .field("file", "the file as given", Value::Text(file.to_owned()))
        .field("file_bytes", "its size", Value::Bytes(cost.file_bytes))
        .field(
            "version",
            "NN of Go 1.NN: the format of the trace, not of this object",
            Value::Count(totals.version.into()),
        )
        .field("complete", "whether reading came to the end of the file", Value::Flag(totals.complete))
        .field("generations", "parts that the runtime cuts traces into", Value::Count(totals.generations))
        .field("events", "in the trace", Value::Count(totals.events))
        .field("events_by_kind", "numbers, by names as in Go's sources", Value::Fields(kinds))
        .field("goroutines", "that the trace mentions", Value::Count(trace.goroutine_count().into()))
        .field("procs", "that the trace mentions", Value::Count(trace.proc_count().into()))
        .field("threads", "that the trace mentions", Value::Count(trace.thread_count().into()))
        .field("tasks", "that the trace mentions", Value::Count(trace.task_count().into()))
        .field("duration_ns", "from the first to the last event", Value::Duration(trace.range().length()))
        .field_of(
            Kind::Text,
            "start",
            "wall clock at the first event, RFC 3339 in UTC; null before Go 1.25",
            start.map_or(Value::Missing, Value::Text),
        )
        .field("load.wall_s", "seconds that loading took", number(cost.wall.as_secs_f64()))
        .field("load.events", "that were loaded", Value::Count(totals.events))
        .field("load.events_per_s", "events loaded in a second", number(per_second(totals.events, cost.wall)))
        .field("load.from_cache", "its model was in the cache", Value::Flag(cost.from_cache))
        .field_of(
            Kind::Bytes,
            "load.peak_rss_bytes",
            "the most memory the process held; null where the system does not say",
            Value::bytes(cost.peak_memory),
        )
}

/// The warnings with the fields that stats has always had: an unknown generation is 0 there.
fn for_programs(trace: &Arc<Trace>) -> Table {
    Table::of("warnings", "Warnings", trace, |trace: &Trace| trace.warnings())
        .column(Column::text("kind", "Kind", "stable name"), |warning: &Warning| Value::Word(warning.kind.name()))
        .column(Column::text("message", "Message", ""), |warning| Value::Text(warning.message.clone()))
        .column(Column::count("offset", "Byte", "offset in the file of the first"), |warning| {
            Value::Count(warning.offset)
        })
        .column(Column::count("generation", "Generation", "0 if unknown"), |warning| Value::Count(warning.generation))
        .column(Column::count("count", "Count", "warnings like it"), |warning| Value::Count(warning.count))
        .column(Column::flag("is_damage", "Data lost", "part of what was recorded is lost"), |warning| {
            Value::Flag(warning.kind.is_damage())
        })
        .column(Column::text("cure", "What to do", "null if nothing can be done"), |warning| {
            warning.kind.cure().map_or(Value::Missing, |cure| Value::Text(cure.to_owned()))
        })
        .only_for(Readers::Programs)
        .build()
}

/// How many events of each kind, the most frequent first.
fn events(trace: &Trace) -> Table {
    let mut kinds: Vec<_> = trace.totals().events_by_kind.iter().map(|&(kind, count)| (kind.name(), count)).collect();
    kinds.sort_by_key(|(kind, number)| (std::cmp::Reverse(*number), *kind));
    Table::of("events_by_kind", "Events", &Arc::new(kinds), Vec::as_slice)
        .column(Column::count("count", "Count", ""), |(_, number)| Value::Count(*number))
        .column(Column::text("kind", "Kind", "as in Go's sources"), |(kind, _)| Value::Word(kind))
        .sorted_by("count")
        .only_for(Readers::People)
        .build()
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(events: u64, wall: Duration) -> f64 {
    let seconds = wall.as_secs_f64();
    if seconds > 0.0 { events as f64 / seconds } else { 0.0 }
}

/// The most memory this process ever held, bytes; Linux says so in its process file system.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
