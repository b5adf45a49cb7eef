//! Damage and doubts met while reading a trace, with their place in the file.

use std::collections::BTreeSet;
use std::sync::Arc;

use trace_core::base::ids::ThreadIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::base::warning::Warning;
use trace_core::model::gap::DataGap;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::words;
use crate::report::analyses::analysis::{Analysis, Ask, Info};
use crate::report::analyses::columns;
use crate::report::report::Report;
use crate::report::table::{Column, Cut, Shown, Table, Target};
use crate::report::value::Value;

/// Damage found while loading: see [`INFO`].
pub struct Warnings;

const INFO: Info = Info {
    id: "warnings",
    title: "Warnings",
    about: "damage found while loading the trace, and what to do about it",
    help: "What is damaged, missing or doubtful in the trace: where in the file, how often, which time range it \
           concerns, and what can be done about it.",
    scope: &[],
    ..Info::USUAL
};

/// Gaps that people see at most.
const LISTED: usize = 20;

impl Analysis for Warnings {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, _ask: &Ask, _monitor: &Monitor) -> Option<Report> {
        let list = table(trace.range().start, trace.warnings().to_vec());
        let report = Report::default().table(list).table(gaps(trace));
        Some(cures(trace).fold(report, Report::note))
    }
}

/// What can be done about the warnings of a trace, each once.
pub fn cures(trace: &Trace) -> impl Iterator<Item = &'static str> {
    let cures: BTreeSet<&str> = trace.warnings().iter().filter_map(|warning| warning.kind.cure()).collect();
    cures.into_iter()
}

fn cure(warning: &Warning) -> Value {
    warning.kind.cure().map_or(Value::Missing, |cure| Value::Text(cure.to_owned()))
}

/// Warnings of a trace that begins at `origin`. A row leads to the stretch of time that it concerns.
#[must_use]
pub fn table(origin: TraceTime, warnings: Vec<Warning>) -> Table {
    let edge = move |warning: &Warning, of: fn(TimeRange) -> TraceTime| {
        warning.gap.map_or(Value::Missing, |gap| Value::Time(of(gap).nanos_since(origin)))
    };
    Table::of("warnings", "Warnings", &Arc::new(warnings), Vec::as_slice)
        .column(Column::text("title", "Kind", "").for_people(), |warning: &Warning| {
            Value::Text(words::sentence(&warning.kind.name().replace('_', " ")).trim_end_matches('.').to_owned())
        })
        .column(Column::text("kind", "Kind", "stable name").exported(), |warning| Value::Word(warning.kind.name()))
        .column(Column::flag("is_damage", "Data lost", "part of what was recorded is lost"), |warning| {
            Value::Flag(warning.kind.is_damage())
        })
        .column(Column::count("count", "Count", "warnings like it"), |warning| Value::Count(warning.count.max(1)))
        .column(Column::count("offset", "Byte", "offset in the file of the first"), |warning| {
            Value::Count(warning.offset)
        })
        .column(Column::count("generation", "Generation", "of the trace; null if unknown"), |warning| {
            Value::count((warning.generation > 0).then_some(warning.generation))
        })
        .column(
            Column::time("start_ns", "From", "start of what it concerns; null if unknown").on_request(),
            move |warning| edge(warning, |gap| gap.start),
        )
        .column(Column::time("end_ns", "To", "end of what it concerns; null if unknown").on_request(), move |warning| {
            edge(warning, |gap| gap.end)
        })
        .column(Column::text("message", "Message", ""), |warning| Value::Text(words::sentence(&warning.message)))
        .column(Column::text("what_to_do", "What to do", "").shown(Shown::Window), cure)
        .column(Column::text("cure", "What to do", "null if nothing can be done").exported(), cure)
        .target(|warning| warning.gap.map(Target::Range))
        .cut(Cut::ForPeople)
        .empty("No warnings: every byte of the trace was understood")
        .build()
}

/// The gaps in the order of the file; a row leads to the stretch of time.
#[must_use]
pub fn gaps(trace: &Arc<Trace>) -> Table {
    let [of_start, of_end, of_thread, of_go, of_proc] = [trace; 5].map(Arc::clone);
    let thread = move |idx: ThreadIdx| match of_thread.thread_id(idx).signed() {
        id @ 0.. => Value::Lane(LaneId::Thread(idx), id),
        _ => Value::Missing,
    };
    Table::of("holes", "Gaps: events of threads are lost", trace, |trace: &Trace| trace.thread_gaps())
        .column(Column::time("start_ns", "From", ""), move |gap: &DataGap| columns::time(&of_start, gap.range.start))
        .column(Column::time("end_ns", "To", ""), move |gap| columns::time(&of_end, gap.range.end))
        .column(Column::id("thread", "Thread", "whose events are lost"), move |gap| thread(gap.thread))
        .column(Column::id("goroutine", "Goroutine", "that ran there"), move |gap| columns::goroutine(&of_go, gap.go))
        .column(Column::id("proc", "Proc", "that the thread had"), move |gap| {
            if gap.proc.is_some() { columns::proc(&of_proc, gap.proc) } else { Value::Missing }
        })
        .column(Column::count("offset", "Byte", "offset in the file"), |gap| Value::Count(gap.bytes.start))
        .column(Column::count("bytes", "Bytes", "that cannot be read"), |gap| {
            Value::Count(gap.bytes.end.saturating_sub(gap.bytes.start))
        })
        .column(Column::count("generation", "Generation", ""), |gap| Value::Count(gap.generation))
        .target(|gap| Some(Target::Range(gap.range)))
        .cut(Cut::ForPeople)
        .optional()
        .build()
        .limited(Some(LISTED))
}
