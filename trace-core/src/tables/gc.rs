//! What the collector does, and when the world is stopped.

use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::source::nanos;
use crate::tables::value::Value;

/// `gc_cycles`: a row a GC cycle.
pub(super) static GC_CYCLES: Typed<Span> = Typed {
    name: "gc_cycles",
    about: "A GC cycle: concurrent marking, from its beginning to its end.",
    fields: &[
        Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start)).with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.range)),
        Field::flag("began_before", "it began before the trace", |_, row| Value::flag(row.began_before)),
        Field::flag("goes_on", "it was going on when the trace ended", |_, row| Value::flag(row.goes_on)),
    ],
    walk: |source, scan| Box::new(source.trace().spans(LaneId::Gc, scan.range(source))),
};

/// Stops of the world.
pub(super) static STW: Typed<Span> = Typed {
    name: "stw",
    about: "An STW pause: no goroutine runs.",
    fields: &[
        Field::text("reason", "what it was for", |source, row: &Span| Value::text(source.trace().str(row.reason))),
        Field::id("g", "the goroutine that stopped the world", |source, row| source.g(row.go)),
        Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start)).with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.range)),
    ],
    walk: |source, scan| Box::new(source.trace().spans(LaneId::Stw, scan.range(source))),
};
