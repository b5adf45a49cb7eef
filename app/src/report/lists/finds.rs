//! What has a text in its name.

use std::sync::Arc;

use trace_core::analysis::find::{Finds, Found, FoundKind};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::columns;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// What was found as a table; a row leads there.
#[must_use]
pub fn finds(trace: &Arc<Trace>, found: &Arc<Finds>) -> Table {
    let [of_name, of_go, of_time] = [(); 3].map(|()| Arc::clone(trace));
    Table::of("found", "Found", found, |found: &Finds| &found.list)
        .column(Column::text("kind", "Kind", ""), |found: &Found| Value::Word(kind(found.kind)))
        .column(Column::text("name", "Name", ""), move |found| {
            Value::Text(match found.kind {
                FoundKind::Goroutine => name::goroutine(&of_name, found.go),
                _ => of_name.str(found.name).to_owned(),
            })
        })
        .column(Column::id("goroutine", "Goroutine", ""), move |found| columns::goroutine(&of_go, found.go))
        .column(Column::time("start_ns", "Start", ""), move |found| columns::time(&of_time, found.range.start))
        .column(Column::duration("duration_ns", "Duration", ""), |found| match found.kind {
            FoundKind::Log => Value::Missing,
            _ => columns::length(found.range),
        })
        .target(|found| {
            let end = found.range.end.max(found.range.start.plus_nanos(1));
            Some(Target::Stretch(LaneId::Goroutine(found.go), TimeRange::new(found.range.start, end)))
        })
        .empty("No start function, task, region or message has this in its name")
        .build()
}

const fn kind(kind: FoundKind) -> &'static str {
    match kind {
        FoundKind::Goroutine => "goroutine",
        FoundKind::Task => "task",
        FoundKind::Region => "region",
        FoundKind::Log => "message",
    }
}
