//! The table of a request's spans.

use std::sync::Arc;

use trace_core::session::{Session, SessionSpan, What};

use crate::report::analyses::columns;
use crate::report::session::cells::{length, service_name, time};
use crate::report::table::{Column, Cut, Table};
use crate::report::value::Value;

/// The spans of a request, with how deep they are.
pub(super) fn spans(session: &Arc<Session>, list: &[(u32, u32)]) -> Table {
    let rows: Arc<Vec<(SessionSpan, u32)>> = Arc::new(
        list.iter().filter_map(|(at, depth)| Some((session.spans.get(*at as usize)?.clone(), *depth))).collect(),
    );
    let [of_service, of_start, of_go, of_task] = [session; 4].map(Arc::clone);
    Table::of("spans", "Spans", &rows, Vec::as_slice)
        .column(Column::text("service", "Service", ""), move |(span, _): &(SessionSpan, u32)| {
            service_name(&of_service, span.service)
        })
        .column(Column::text("name", "Name", "").exported(), |(span, _)| Value::Name(span.name.to_string()))
        .column(Column::text("shown", "Name", "").for_people(), |(span, depth)| {
            Value::Name(format!("{}{}", "  ".repeat(*depth as usize), span.name))
        })
        .column(Column::count("depth", "Depth", "").exported(), |(_, depth)| Value::Count((*depth).into()))
        .column(Column::time("start_ns", "Start", "from the start of the session"), move |(span, _)| {
            time(&of_start, span.start)
        })
        .column(Column::duration("duration_ns", "Duration", ""), |(span, _)| length(span.nanos))
        .column(Column::flag("complete", "Complete", "both ends are known").exported(), |(span, _)| {
            Value::Flag(span.is_complete)
        })
        .column(
            Column::word("kind", "Kind", "internal, server, client, producer, consumer or unspecified").exported(),
            |(span, _)| Value::Word(span.kind.name()),
        )
        .column(Column::flag("error", "Error", "marked as failed").exported(), |(span, _)| Value::Flag(span.is_error))
        .column(Column::text("span_id", "Span ID", "hex").exported(), |(span, _)| {
            span.ids.1.map_or(Value::Missing, |id| Value::Text(id.to_string()))
        })
        .column(Column::id("goroutine", "Goroutine", "of the service's trace"), move |(span, _)| {
            let trace = of_go.services.get(span.service as usize).and_then(|service| service.trace.as_ref());
            trace.zip(span.go).map_or(Value::Missing, |(trace, go)| columns::goroutine(trace, go))
        })
        .column(Column::id("task", "Task", "the runtime's ID of it"), move |(span, _)| task(&of_task, span))
        .column(
            Column::word(
                "join.by",
                "Joined by",
                "span_id, carried_id, parent_id, request_id, name_and_time, connection or time; null if nothing was joined",
            ),
            |(span, _)| span.by.map_or(Value::Missing, |by| Value::Word(by.name())),
        )
        .column(Column::word("join.confidence", "Confidence", "certain, high or inferred"), |(span, _)| {
            span.by.map_or(Value::Missing, |by| Value::Word(by.confidence()))
        })
        .cut(Cut::ForPeople)
        .build()
}

fn task(session: &Session, span: &SessionSpan) -> Value {
    let act = span.act.and_then(|act| session.activities.get(act as usize));
    let trace = session.services.get(span.service as usize).and_then(|service| service.trace.as_ref());
    match (act.map(|act| act.what), trace) {
        (Some(What::Task(ix)), Some(trace)) => trace.task(ix).map_or(Value::Missing, |task| Value::Task(ix, task.id.0)),
        _ => Value::Missing,
    }
}
