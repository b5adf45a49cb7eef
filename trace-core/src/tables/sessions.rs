//! What several recordings together tell: services, requests, and the spans of requests. Without a session they have no
//! rows.

use crate::model::trace::Trace;
use crate::session::waterfall::{Breakdown, breakdown};
use crate::session::{Request, Service, Session, SessionSpan, What};
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::source::Source;
use crate::tables::value::Value;

/// The services of a session.
pub(super) static SERVICES: Typed<u32> = Typed {
    name: "services",
    about: "A service of a session: a process with a trace, or one that only span files know. Without a session no rows.",
    fields: &[
        Field::text("service", "what it is called", |source, row: &u32| {
            service(source, *row).map_or(Value::Null, |service| Value::text(&service.name))
        }),
        Field::text("file", "the file of its trace; NULL if it has spans only", |source, row| {
            let file = service(source, *row).and_then(|service| session(source)?.inputs.get(service.input?));
            file.map_or(Value::Null, |input| Value::text(&input.file))
        }),
        Field::id("service_trace_id", "the trace_id of its rows in other tables; NULL if it has no trace", trace_id),
        Field::count("spans", "its spans in span files", |source, row| {
            service(source, *row).map_or(Value::Null, |service| Value::count(service.spans))
        }),
        Field::text("clock", "how its clock was placed: reference, same_boot, pairs, wall_clock", |source, row| {
            service(source, *row).map_or(Value::Null, |service| Value::text(service.clock.method.name()))
        }),
        Field::time("start_ns", "when its trace starts, from the start of the session", |source, row| {
            service(source, *row).and_then(Service::range).map_or(Value::Null, |range| at(source, range.start.0))
        }),
        Field::time("end_time_ns", "when its trace ends, from the start of the session", |source, row| {
            service(source, *row).and_then(Service::range).map_or(Value::Null, |range| at(source, range.end.0))
        }),
    ],
    walk: |source, _| Box::new(0..session(source).map_or(0, |session| places(session.services.len()))),
};

/// A request, by its place, and what its time comes to.
pub(super) struct RequestRow {
    at: u32,
    found: Breakdown,
}

/// The requests of a session.
pub(super) static REQUESTS: Typed<RequestRow> = Typed {
    name: "requests",
    about: "A request of a session, through all services that it passes, the longest first. Without a session no rows.",
    fields: &[
        Field::id("request_id", "its place, from 1", |_, row: &RequestRow| Value::count(u64::from(row.at) + 1))
            .with(Role::Key),
        Field::text("id", "the id of its trace, else the program's own id", |source, row| {
            request(source, row.at).map_or(Value::Null, |request| Value::text(&request.id))
        }),
        Field::text("name", "the name of its first span", |source, row| {
            root(source, row.at).map_or(Value::Null, |span| Value::text(&span.name))
        }),
        Field::text("service", "the service of its first span", |source, row| {
            root(source, row.at).map_or(Value::Null, |span| service_name(source, span.service))
        }),
        Field::time("start_ns", "when it starts, from the start of the session", |source, row| {
            root(source, row.at).map_or(Value::Null, |span| at(source, span.start))
        }),
        Field::time("end_time_ns", "when it ends, from the start of the session", |source, row| {
            root(source, row.at).map_or(Value::Null, |span| at(source, span.end()))
        }),
        Field::nanos("duration_ns", "how long its first span takes", |source, row| {
            root(source, row.at).map_or(Value::Null, |span| Value::Int(span.nanos))
        }),
        Field::flag("is_error", "a span is marked as failed", |source, row| {
            request(source, row.at).map_or(Value::Null, |request| Value::flag(request.is_error))
        }),
        Field::count("spans", "how many spans it has", |source, row| {
            request(source, row.at).map_or(Value::Null, |request| Value::count(request.spans.len() as u64))
        }),
        Field::count("services", "how many services it passes", |source, row| {
            request(source, row.at).map_or(Value::Null, |request| Value::count(request.services.len() as u64))
        }),
        Field::text("own_service", "the service with the most time of its own", |source, row| {
            row.found.own.first().map_or(Value::Null, |(service, _)| service_name(source, *service))
        }),
        Field::nanos("own_ns", "that time: of its spans, without those below them", |_, row| {
            row.found.own.first().map_or(Value::Null, |(_, nanos)| Value::Int(*nanos))
        }),
        Field::text("slowest_service", "the service that served the slowest call", |source, row| {
            slowest(source, row).map_or(Value::Null, |span| service_name(source, span.service))
        }),
        Field::text("slowest_call", "what served it", |source, row| {
            slowest(source, row).map_or(Value::Null, |span| Value::text(&span.name))
        }),
        Field::nanos("slowest_call_ns", "how long that took; NULL if no service called another", |source, row| {
            slowest(source, row).map_or(Value::Null, |span| Value::Int(span.nanos))
        }),
    ],
    walk: |source, scan| {
        let Some(session) = session(source) else { return Box::new(std::iter::empty()) };
        let wanted = scan.key();
        let all = (0..).zip(&session.requests).take_while(|_| !source.monitor().is_cancelled());
        let all = all.filter(move |(at, _)| wanted.is_none_or(|id| id == i64::from(*at) + 1));
        Box::new(all.map(|(at, request)| RequestRow { at, found: breakdown(session, request) }))
    },
};

/// A span of a request: the request, by its place, the span, by its place, and how deep it is.
#[derive(Clone, Copy)]
pub(super) struct SpanRow {
    request: u32,
    span: u32,
    depth: u32,
}

/// The spans of the requests of a session.
pub(super) static REQUEST_SPANS: Typed<SpanRow> = Typed {
    name: "request_spans",
    about: "A span of a request of a session, behind what it belongs to. Without a session no rows.",
    fields: &[
        Field::id("request_id", "the request", |_, row: &SpanRow| Value::count(u64::from(row.request) + 1))
            .with(Role::Key),
        Field::id("span", "the span, by a number of its own", |_, row| Value::count(row.span.into())),
        Field::id("parent_span", "the span that it belongs to", |source, row| {
            span(source, row).and_then(|span| span.parent).map_or(Value::Null, |parent| Value::count(parent.into()))
        }),
        Field::count("depth", "how many spans it lies in", |_, row| Value::count(row.depth.into())),
        Field::text("service", "its service", |source, row| {
            span(source, row).map_or(Value::Null, |span| service_name(source, span.service))
        }),
        Field::id("service_trace_id", "the trace_id of that service's rows in other tables", |source, row| {
            span(source, row).map_or(Value::Null, |span| trace_id(source, &span.service))
        }),
        Field::text("name", "its name", |source, row| {
            span(source, row).map_or(Value::Null, |span| Value::text(&span.name))
        }),
        Field::text("kind", "internal, server, client, producer, consumer or unspecified", |source, row| {
            span(source, row).map_or(Value::Null, |span| Value::text(span.kind.name()))
        }),
        Field::time("start_ns", "when it starts, from the start of the session", |source, row| {
            span(source, row).map_or(Value::Null, |span| at(source, span.start))
        }),
        Field::time("end_time_ns", "when it ends, from the start of the session", |source, row| {
            span(source, row).map_or(Value::Null, |span| at(source, span.end()))
        }),
        Field::nanos("duration_ns", "how long it takes", |source, row| {
            span(source, row).map_or(Value::Null, |span| Value::Int(span.nanos))
        }),
        Field::flag("is_error", "it is marked as failed", |source, row| {
            span(source, row).map_or(Value::Null, |span| Value::flag(span.is_error))
        }),
        Field::id("g", "the goroutine that works for it, of the service's trace", |source, row| {
            span(source, row).map_or(Value::Null, |span| goroutine(source, span))
        }),
        Field::id("task_id", "the task that it is, of the service's trace", |source, row| {
            span(source, row).map_or(Value::Null, |span| task(source, span))
        }),
        Field::text(
            "joined_by",
            "how a file's span and a task, or a call and what served it, were joined",
            |s, row| span(s, row).and_then(|span| span.by).map_or(Value::Null, |by| Value::text(by.name())),
        ),
    ],
    walk: |source, scan| {
        let Some(session) = session(source) else { return Box::new(std::iter::empty()) };
        let wanted = scan.key();
        let all = (0..).zip(&session.requests).take_while(|_| !source.monitor().is_cancelled());
        let all = all.filter(move |(at, _)| wanted.is_none_or(|id| id == i64::from(*at) + 1));
        Box::new(all.flat_map(|(request, of)| {
            of.spans.iter().map(move |(span, depth)| SpanRow { request, span: *span, depth: *depth })
        }))
    },
};

fn session(source: &Source) -> Option<&Session> {
    source.session().map(|session| &**session)
}

fn places(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn service(source: &Source, at: u32) -> Option<&Service> {
    session(source)?.services.get(at as usize)
}

fn service_name(source: &Source, at: u32) -> Value<'_> {
    service(source, at).map_or(Value::Null, |service| Value::text(&service.name))
}

/// The place of a service's trace among those of the session that are asked, from 1: services with a trace come first.
fn trace_id(source: &Source, at: &u32) -> Value<'static> {
    let has_trace = service(source, *at).is_some_and(|service| service.trace.is_some());
    let before = session(source).map_or(&[][..], |session| &session.services);
    let before = before.iter().take(*at as usize).filter(|service| service.trace.is_some()).count();
    if has_trace { Value::count(before as u64 + 1) } else { Value::Null }
}

/// Nanoseconds from the start of the session.
fn at(source: &Source, time: i64) -> Value<'static> {
    session(source).map_or(Value::Null, |session| Value::Int(time.saturating_sub(session.range.start.0)))
}

fn request(source: &Source, at: u32) -> Option<&Request> {
    session(source)?.requests.get(at as usize)
}

fn root(source: &Source, at: u32) -> Option<&SessionSpan> {
    session(source)?.spans.get(request(source, at)?.root as usize)
}

fn slowest<'a>(source: &'a Source, row: &RequestRow) -> Option<&'a SessionSpan> {
    session(source)?.spans.get(row.found.slowest? as usize)
}

fn span<'a>(source: &'a Source, row: &SpanRow) -> Option<&'a SessionSpan> {
    session(source)?.spans.get(row.span as usize)
}

/// The trace of a span's service.
fn trace_of<'a>(source: &'a Source, span: &SessionSpan) -> Option<&'a Trace> {
    service(source, span.service)?.trace.as_deref()
}

fn goroutine(source: &Source, span: &SessionSpan) -> Value<'static> {
    let name = trace_of(source, span).zip(span.go).and_then(|(trace, go)| trace.goroutine_name(go));
    name.map_or(Value::Null, |(id, _)| Value::Int(id.signed()))
}

fn task(source: &Source, span: &SessionSpan) -> Value<'static> {
    let act = session(source).zip(span.act).and_then(|(session, act)| session.activities.get(act as usize));
    match (act.map(|act| act.what), trace_of(source, span)) {
        (Some(What::Task(task)), Some(trace)) => {
            trace.task(task).map_or(Value::Null, |task| Value::Int(task.id.signed()))
        }
        _ => Value::Null,
    }
}
