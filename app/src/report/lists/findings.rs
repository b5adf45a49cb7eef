//! What probably costs a program its time, as a table.

use std::sync::Arc;

use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Culprit, Finding};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::columns;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// The findings, the worst first; a row leads to the first place that shows it.
#[must_use]
pub fn findings(trace: &Arc<Trace>, found: &Arc<Findings>) -> Table {
    let [of_go, of_start, of_end] = [trace; 3].map(Arc::clone);
    let culprit =
        |finding: &Finding, value: fn(&Culprit) -> Value| finding.culprit.as_ref().map_or(Value::Missing, value);
    Table::of("findings", "Findings", found, |found: &Findings| &found.list)
        .column(Column::text("severity", "Severity", "severe, warning or note"), |finding| {
            Value::Word(finding.severity.name())
        })
        .column(Column::text("kind", "Kind", ""), |finding| Value::Word(finding.kind.name()))
        .column(Column::duration("time_lost_ns", "Time lost", "total over goroutines"), |finding| {
            Value::Duration(finding.time_lost_ns)
        })
        .column(Column::ratio("confidence", "Confidence", ""), |finding| Value::Ratio(finding.confidence))
        .column(Column::text("headline", "Finding", "what, how much and where"), |finding| {
            Value::Text(finding.headline.clone())
        })
        .column(Column::text("title", "Details", "how it came about"), |finding| Value::Text(finding.title.clone()))
        .column(Column::function("culprit.function", "Function", "where the cause lies"), move |finding| {
            culprit(finding, |culprit| Value::Function(culprit.place.function.clone()))
        })
        .column(Column::text("culprit.file", "File", ""), move |finding| {
            culprit(finding, |culprit| Value::Text(culprit.place.file.clone()))
        })
        .column(Column::count("culprit.line", "Line", ""), move |finding| {
            culprit(finding, |culprit| Value::Count(culprit.place.line))
        })
        .column(Column::text("check", "Fix", "what to look at in the code"), |finding| {
            Value::Text(finding.check.to_owned())
        })
        .column(Column::id("goroutine", "Goroutine", "that shows it"), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::goroutine(&of_go, link.go))
        })
        .column(Column::time("start_ns", "From", "when it shows it"), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::time(&of_start, link.range.start))
        })
        .column(Column::time("end_ns", "To", ""), move |finding| {
            finding.links.first().map_or(Value::Missing, |link| columns::time(&of_end, link.range.end))
        })
        .target(|finding| finding.links.first().map(|link| Target::Stretch(LaneId::Goroutine(link.go), link.range)))
        .empty("No problems found")
        .build()
}
