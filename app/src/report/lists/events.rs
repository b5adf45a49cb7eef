//! Events of a lane, one after the other.

use std::sync::Arc;

use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::SpanRef;
use trace_core::model::trace::{EventRow, Trace};

use crate::fmt::name;
use crate::report::analyses::columns;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// The events as a table, in their order; a row leads to its event, in `span` unless it knows its own.
#[must_use]
pub fn events(trace: &Arc<Trace>, events: &Arc<Vec<EventRow>>, span: Option<SpanRef>) -> Table {
    let [of_time, of_other, of_text, of_stack, of_span] = [(); 5].map(|()| Arc::clone(trace));
    Table::of("events", "Events", events, Vec::as_slice)
        .column(Column::time("time_ns", "Time", ""), move |event| columns::time(&of_time, event.time))
        .column(Column::text("event", "Event", ""), |event| Value::Text(event.kind.name().to_owned()))
        .column(Column::text("other", "Other", "the goroutine, proc or thread that it is about"), move |event| {
            event.other.map_or(Value::Missing, |other| Value::Text(name::lane(&of_other, other)))
        })
        .column(Column::text("text", "Text", "message, label, name"), move |event| match of_text.str(event.text) {
            "" => Value::Missing,
            text => Value::Text(text.to_owned()),
        })
        .column(Column::stack("stack", "Stack", ""), move |event| {
            if event.stack.is_some() { columns::stack(&of_stack, event.stack) } else { Value::Missing }
        })
        .target(move |event| {
            let own = event.span.or(span);
            let span = own.or_else(|| of_span.span_at(event.lane, event.time).map(|span| span.at));
            Some(Target::End(FlowEnd { lane: event.lane, time: event.time, span }))
        })
        .sorted_by("time_ns")
        .build()
}
