//! The trace itself, what is wrong with it, and what was found in it.

use crate::session::service_name;
use crate::tables::field::{Field, Typed};
use crate::tables::source::nanos;
use crate::tables::value::Value;

/// `traces`: one row about the trace as a whole.
pub(super) static TRACES: Typed<()> = Typed {
    name: "traces",
    about: "The trace that is asked; one row. A lake has a row for each snapshot.",
    fields: &[
        Field::text("file", "the file, as it was called", |source, (): &()| Value::text(source.file())),
        Field::text("service", "what the process is called", |source, ()| {
            let told = source.origin().service.clone();
            told.or_else(|| service_name(source.trace(), source.file()))
                .map_or(Value::Null, |name| Value::Text(name.into()))
        }),
        Field::text("host", "where it ran; lakes only, as told when the snapshot was exported", |source, ()| {
            source.origin().host.as_deref().map_or(Value::Null, Value::text)
        }),
        Field::text(
            "trigger",
            "why it was recorded; lakes only, as told when the snapshot was exported",
            |source, ()| source.origin().trigger.as_deref().map_or(Value::Null, Value::text),
        ),
        Field::text("hash", "XXH3 (128 bits) of the unpacked file; lakes only", |source, ()| {
            source.origin().hash.as_deref().map_or(Value::Null, Value::text)
        }),
        Field::text("format", "the version of Go in the file's header: go 1.26", |source, ()| {
            Value::Text(format!("go 1.{}", source.trace().totals().version).into())
        }),
        Field::nanos("duration_ns", "from the first event to the last", |source, ()| nanos(source.trace().range())),
        Field::id(
            "start_unix_ns",
            "the time of day of its start, nanoseconds since 1970; Go 1.25 and newer",
            |source, ()| source.unix_nanos(source.trace().range().start).map_or(Value::Null, Value::Int),
        ),
        Field::id("end_unix_ns", "the time of day of its end, likewise", |source, ()| {
            source.unix_nanos(source.trace().range().end).map_or(Value::Null, Value::Int)
        }),
        Field::nanos(
            "counted_ns",
            "how much of it the lake's other tables tell of: less than duration_ns where snapshots of one process overlap",
            |source, ()| source.origin().counted_ns.map_or_else(|| nanos(source.trace().range()), Value::Int),
        ),
        Field::bytes("bytes", "size of the file, unpacked", |source, ()| Value::count(source.trace().totals().bytes)),
        Field::count("events", "how many events it has", |source, ()| Value::count(source.trace().totals().events)),
        Field::count("generations", "how many generations it has", |source, ()| {
            Value::count(source.trace().totals().generations)
        }),
        Field::count("goroutines", "how many goroutines there are", |source, ()| {
            Value::count(source.trace().goroutine_count().into())
        }),
        Field::count("procs", "how many procs there are", |source, ()| {
            Value::count(source.trace().proc_count().into())
        }),
        Field::flag("is_damaged", "parts of what it should hold are lost", |source, ()| {
            Value::flag(source.trace().is_damaged())
        }),
        Field::text("generation_ids", "number and hash of the generations that count; lakes only", |source, ()| {
            source.origin().generation_ids.as_deref().map_or(Value::Null, Value::text)
        }),
        Field::text(
            "link",
            "opens it in the window where the file is known, by its contents; lakes only",
            |source, ()| source.origin().link.as_deref().map_or(Value::Null, Value::text),
        ),
        Field::text("problem", "why it could not be read, or not as it should; lakes only", |source, ()| {
            source.origin().problem.as_deref().map_or(Value::Null, Value::text)
        }),
    ],
    walk: |_, _| Box::new(std::iter::once(())),
};

/// `warnings`: a row a warning about the file.
pub(super) static WARNINGS: Typed<usize> = Typed {
    name: "warnings",
    about: "Something about the file that a reader should know, such as damage.",
    fields: &[
        Field::text("kind", "a stable name", |source, row: &usize| {
            source.trace().warnings().get(*row).map_or(Value::Null, |warning| Value::text(warning.kind.name()))
        }),
        Field::text("message", "what happened, and what is missing", |source, row| {
            source.trace().warnings().get(*row).map_or(Value::Null, |warning| Value::text(&warning.message))
        }),
        Field::bytes("offset", "where in the file, unpacked", |source, row| {
            source.trace().warnings().get(*row).map_or(Value::Null, |warning| Value::count(warning.offset))
        }),
        Field::count("count", "how many such faults", |source, row| {
            source.trace().warnings().get(*row).map_or(Value::Null, |warning| Value::count(warning.count))
        }),
        Field::flag("is_damage", "it means that something is lost", |source, row| {
            source.trace().warnings().get(*row).map_or(Value::Null, |warning| Value::flag(warning.kind.is_damage()))
        }),
        Field::time("start_ns", "where what is missing begins, if that is known", |source, row| {
            let gap = source.trace().warnings().get(*row).and_then(|warning| warning.gap);
            source.at_if(gap.map(|gap| gap.start))
        }),
        Field::time("end_time_ns", "where it ends", |source, row| {
            let gap = source.trace().warnings().get(*row).and_then(|warning| warning.gap);
            source.at_if(gap.map(|gap| gap.end))
        }),
    ],
    walk: |source, _| Box::new(0..source.trace().warnings().len()),
};

/// `findings`: a row a finding.
pub(super) static FINDINGS: Typed<usize> = Typed {
    name: "findings",
    about: "A probable cause of lost time, as in the Findings panel. The first query that asks for them looks for them.",
    fields: &[
        Field::id("rank", "1 is the worst", |_, row: &usize| Value::count(*row as u64 + 1)),
        Field::text("severity", "note, warning or severe", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::text(found.severity.name()))
        }),
        Field::text("kind", "a stable name: lock_contention", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::text(found.kind.name()))
        }),
        Field::text("headline", "what, how much and where", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::text(&found.headline))
        }),
        Field::text("detail", "how it came about", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::text(&found.title))
        }),
        Field::text("function", "the function to look at", |source, row| {
            let culprit = source.findings().list.get(*row).and_then(|found| found.culprit.as_ref());
            culprit.map_or(Value::Null, |culprit| Value::text(&culprit.place.function))
        }),
        Field::text("file", "its source file", |source, row| {
            let culprit = source.findings().list.get(*row).and_then(|found| found.culprit.as_ref());
            culprit.map_or(Value::Null, |culprit| Value::text(&culprit.place.file))
        }),
        Field::id("line", "the line to look at", |source, row| {
            let culprit = source.findings().list.get(*row).and_then(|found| found.culprit.as_ref());
            culprit
                .filter(|culprit| culprit.place.line > 0)
                .map_or(Value::Null, |culprit| Value::count(culprit.place.line))
        }),
        Field::nanos("time_lost_ns", "what it costs, added over goroutines", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::nanos(found.time_lost))
        }),
        Field::ratio("confidence", "how sure", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::Real(found.confidence))
        }),
        Field::text("advice", "what to do", |source, row| {
            source.findings().list.get(*row).map_or(Value::Null, |found| Value::text(found.check))
        }),
    ],
    walk: |source, _| Box::new(0..source.findings().list.len()),
};
