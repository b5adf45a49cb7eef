//! The table of a session's requests: how long each took, where its time went, and its spans.

use std::sync::Arc;

use trace_core::session::waterfall::{Breakdown, breakdown};
use trace_core::session::{Request, Session, SessionSpan};

use crate::report::session::cells::{length, service_name, time};
use crate::report::session::spans::spans;
use crate::report::table::{Builder, Column, Cut, Table};
use crate::report::value::{Shade, Value};

/// Spans of a request that text lists.
const LISTED: usize = 40;

/// A request, by its place, and what its time comes to.
#[derive(Clone, Debug)]
struct Row {
    request: u32,
    found: Breakdown,
}

type Rows = Vec<Row>;

fn request<'a>(session: &'a Session, row: &Row) -> Option<&'a Request> {
    session.requests.get(row.request as usize)
}

fn root<'a>(session: &'a Session, row: &Row) -> Option<&'a SessionSpan> {
    session.spans.get(request(session, row)?.root as usize)
}

fn slowest<'a>(session: &'a Session, row: &Row) -> Option<&'a SessionSpan> {
    session.spans.get(row.found.slowest? as usize)
}

/// The requests, a row each in their order. `colors`: that the user chose, by the place of the service.
pub(super) fn requests(session: &Arc<Session>, colors: &[Option<[u8; 3]>]) -> Table {
    let rows: Rows = session
        .requests
        .iter()
        .zip(0..)
        .map(|(request, at)| Row { request: at, found: breakdown(session, request) })
        .collect();
    let most = session.requests.first().and_then(|request| session.spans.get(request.root as usize));
    let most = most.map_or(1, |span| span.nanos.unsigned_abs().max(1));
    Table::of("requests", "Requests", &Arc::new(rows), Vec::as_slice)
        .with(|table| first_span(table, session))
        .with(|table| breakdowns(table, session, (most, colors.to_vec())))
        .with(|table| rest(table, session))
        .sorted_by("duration_ns")
        .empty("No requests")
        .build()
}

fn first_span(table: Builder<Rows, Row>, session: &Arc<Session>) -> Builder<Rows, Row> {
    let [of_id, of_name, of_service, of_start, of_nanos] = [session; 5].map(Arc::clone);
    table
        .column(Column::text("id", "ID", "the trace ID, else the program's own ID"), move |row: &Row| {
            request(&of_id, row).map_or(Value::Missing, |request| Value::Text(request.id.clone()))
        })
        .column(Column::text("name", "Name", "of the first span"), move |row| {
            root(&of_name, row).map_or(Value::Missing, |span| Value::Name(span.name.to_string()))
        })
        .column(Column::text("service", "Service", "of the first span"), move |row| {
            root(&of_service, row).map_or(Value::Missing, |span| service_name(&of_service, span.service))
        })
        .column(Column::time("start_ns", "Start", "from the start of the session"), move |row| {
            root(&of_start, row).map_or(Value::Missing, |span| time(&of_start, span.start))
        })
        .column(Column::duration("duration_ns", "Duration", "of the first span"), move |row| {
            root(&of_nanos, row).map_or(Value::Missing, |span| length(span.nanos))
        })
}

fn breakdowns(
    table: Builder<Rows, Row>,
    session: &Arc<Session>,
    (most, colors): (u64, Vec<Option<[u8; 3]>>),
) -> Builder<Rows, Row> {
    let [of_own, of_service, of_name, of_nanos] = [session; 4].map(Arc::clone);
    let own = Column::table("Own time", "of its spans without those below them, by service", own(session, &[]));
    table
        .column(Column::bar("Own time by service"), move |row: &Row| {
            let shade = |service: u32| {
                let chosen = colors.get(service as usize).copied().flatten();
                chosen.map_or_else(|| Shade::Series(u8::try_from(service % 6).unwrap_or(0)), Shade::Chosen)
            };
            let mut parts = row.found.own.clone();
            // The same order in all rows.
            parts.sort_unstable();
            Value::Bar(parts.iter().map(|(at, nanos)| (nanos.unsigned_abs(), shade(*at))).collect(), most)
        })
        .column(own.exported(), move |row| Value::Table(Arc::new(self::own(&of_own, &row.found.own))))
        .column(
            Column::text("slowest_call.service", "Slowest in", "the service that served the slowest call"),
            move |row| slowest(&of_service, row).map_or(Value::Missing, |span| service_name(&of_service, span.service)),
        )
        .column(Column::text("slowest_call.name", "Call", "what served it").exported(), move |row| {
            slowest(&of_name, row).map_or(Value::Missing, |span| Value::Name(span.name.to_string()))
        })
        .column(
            Column::duration("slowest_call.duration_ns", "Slowest call", "from one service to another"),
            move |row| slowest(&of_nanos, row).map_or(Value::Missing, |span| length(span.nanos)),
        )
}

fn rest(table: Builder<Rows, Row>, session: &Arc<Session>) -> Builder<Rows, Row> {
    let [of_error, of_services, of_count, of_spans] = [session; 4].map(Arc::clone);
    let nested = Column::table("Spans", "each behind what it belongs to", spans(session, &[])).unfolded(LISTED);
    table
        .column(Column::flag("error", "Error", "a span is marked as failed"), move |row: &Row| {
            request(&of_error, row).map_or(Value::Missing, |request| Value::Flag(request.is_error))
        })
        .column(Column::list("services", "Services", ""), move |row| {
            let services = request(&of_services, row).map_or(&[][..], |request| &request.services);
            Value::List(services.iter().map(|at| service_name(&of_services, *at)).collect())
        })
        .column(Column::count("span_count", "Spans", "how many it has").exported(), move |row| {
            request(&of_count, row).map_or(Value::Missing, |request| Value::Count(request.spans.len() as u64))
        })
        .column(nested, move |row| {
            let list = request(&of_spans, row).map_or(&[][..], |request| &request.spans);
            Value::Table(Arc::new(spans(&of_spans, list)))
        })
}

fn own(session: &Arc<Session>, list: &[(u32, i64)]) -> Table {
    let of_name = Arc::clone(session);
    Table::of("own", "Own time", &Arc::new(list.to_vec()), Vec::as_slice)
        .column(Column::text("service", "Service", ""), move |(at, _): &(u32, i64)| service_name(&of_name, *at))
        .column(Column::duration("own_ns", "Own time", "of its spans, without those below them"), |(_, nanos)| {
            length(*nanos)
        })
        .cut(Cut::ForPeople)
        .build()
}
