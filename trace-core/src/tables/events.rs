//! Events of goroutines.

use crate::model::lanes::LaneId;
use crate::model::trace::EventRow;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::source::stack;
use crate::tables::value::Value;

/// Events, goroutine by goroutine.
pub(super) static EVENTS: Typed<EventRow> = Typed {
    name: "events",
    about: "An event that is about a goroutine, as in the Events panel.",
    fields: &[
        Field::id("g", "the goroutine that it is about", |source, row: &EventRow| source.lane_g(Some(row.lane)))
            .with(Role::Goroutine),
        Field::time("time_ns", "when", |source, row: &EventRow| source.at(row.time)).with(Role::Moment),
        Field::text("kind", "its name in Go's sources: GoUnblock", |_, row| Value::text(row.kind.name())),
        Field::text("text", "the reason, region, task, log text or label", |source, row| {
            Value::text(source.trace().str(row.text))
        }),
        Field::id("other_g", "the other goroutine: created, unblocked, or the one that did it", |source, row| {
            source.lane_g(row.other)
        }),
        Field::id("stack_id", "the stack recorded with it", |_, row| stack(row.stack)),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        Box::new(scan.goroutines(source).flat_map(move |go| source.trace().events(LaneId::Goroutine(go), range)))
    },
};
