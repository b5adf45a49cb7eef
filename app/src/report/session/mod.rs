//! What a session holds, as a report: its requests, services, calls between them, and what could not be joined.

mod cells;
pub mod map;
mod requests;
mod spans;
pub mod why;

use std::sync::Arc;

use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::session::{Content, Input, Method, Placement, Service, Session, SessionSpan};

use crate::fmt::number::count;
use crate::fmt::words::counted;
use crate::report::figure::{Figure, Form};
use crate::report::report::Report;
use crate::report::session::cells::{length, service_name, time};
use crate::report::session::map::{Edge, calls};
use crate::report::session::requests::requests;
use crate::report::table::{Column, Cut, Table};
use crate::report::value::Value;

/// The report on a session.
#[must_use]
pub fn report(session: &Arc<Session>) -> Report {
    colored_report(session, &[])
}

/// The same with the colours that the user chose, by the place of the service.
#[must_use]
pub fn colored_report(session: &Arc<Session>, colors: &[Option<[u8; 3]>]) -> Report {
    let (tasks, calls) = (session.tasks, session.served);
    let joins = Report::default()
        .headline("sentence", &sentence(session))
        .fact("joined", "Joined", Value::Count(tasks.joined + calls.joined))
        .fact("ambiguous", "Ambiguous", Value::Count(tasks.ambiguous + calls.ambiguous))
        .fact("unjoined", "Not joined", Value::Count(tasks.unjoined + calls.unjoined));
    let field = |report: Report, id, help, value| report.field(id, help, Value::Count(value));
    let fields = [
        ("tasks.joined", "spans of span files that were joined with a task", tasks.joined),
        ("tasks.ambiguous", "spans that fit several tasks", tasks.ambiguous),
        ("tasks.unjoined", "spans that fit no task", tasks.unjoined),
        ("calls.joined", "calls that were joined with what served them", calls.joined),
        ("calls.ambiguous", "calls that several may have served", calls.ambiguous),
        ("calls.unjoined", "calls that nothing in the traces served", calls.unjoined),
        ("spans", "all spans, of traces and of span files", session.spans.len() as u64),
        ("circles", "circles of parents that were broken", session.circles),
        ("orphans", "spans whose parent is in no file", session.orphans),
        ("doubles", "spans found more than once", session.doubles),
    ];
    let mut report = fields.into_iter().fold(joins, |report, (id, help, value)| field(report, id, help, value));
    report.notes = notes(session);
    report
        .table(requests(session, colors))
        .table(services(session))
        .table(edges(session))
        .table(files(session))
        .table(ambiguous(session))
        .table(dropped(session))
}

/// Calls that contradict what most others tell of a clock.
fn dropped(session: &Arc<Session>) -> Table {
    let of_service = |(service, at): (&Service, u32)| {
        let sides = service.clock.dropped.iter().copied();
        sides.map(move |sides| (at, sides)).collect::<Vec<_>>()
    };
    let rows: Vec<(u32, Option<(u32, u32)>)> = session.services.iter().zip(0_u32..).flat_map(of_service).collect();
    let [of_service, of_client, of_server] = [session; 3].map(Arc::clone);
    let name = |session: &Session, at: Option<u32>| {
        let act = at.and_then(|at| session.activities.get(at as usize));
        let trace = act.and_then(|act| session.services.get(act.trace as usize)?.trace.as_ref());
        act.zip(trace).map_or(Value::Missing, |(act, trace)| Value::Name(trace.str(act.name).to_owned()))
    };
    Table::of("dropped_pairs", "Calls that contradict a clock", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("service", "Service", "whose clock it is"), move |(at, _)| service_name(&of_service, *at))
        .column(Column::text("client", "Client", "null if only a span file has it"), move |(_, sides)| {
            name(&of_client, sides.map(|sides| sides.0))
        })
        .column(Column::text("server", "Server", "null if only a span file has it"), move |(_, sides)| {
            name(&of_server, sides.map(|sides| sides.1))
        })
        .optional()
        .build()
}

fn sentence(session: &Session) -> String {
    let plural = |many: usize, what: &str| {
        let ending = if many == 1 { "" } else { "s" };
        format!("{} {what}{ending}", count(many as u64))
    };
    let (requests, services) = (session.requests.len(), session.services.len());
    let (tasks, calls) = (session.tasks, session.served);
    let all = tasks.joined + tasks.ambiguous + tasks.unjoined;
    let joined = if all > 0 {
        format!("; {} of {} spans joined with tasks", count(tasks.joined), count(all))
    } else {
        String::new()
    };
    let called = calls.joined + calls.ambiguous + calls.unjoined;
    let called = if called > 0 {
        format!("; {} of {} calls with what served them", count(calls.joined), count(called))
    } else {
        String::new()
    };
    format!("{} through {}{joined}{called}", plural(requests, "request"), plural(services, "service"))
}

fn notes(session: &Session) -> Vec<String> {
    let mut notes = Vec::new();
    let unplaced: Vec<&str> =
        session.services.iter().filter(|of| of.clock.method == Method::Unplaced).map(|of| of.name.as_str()).collect();
    if !unplaced.is_empty() {
        notes.push(format!(
            "Nothing ties the clock of {} to the others: each starts where the session starts. Set the offset by hand.",
            unplaced.join(", ")
        ));
    }
    let trusted: Vec<&str> = session
        .services
        .iter()
        .filter(|of| matches!(of.clock.method, Method::WallClock | Method::LogClock))
        .map(|of| of.name.as_str())
        .collect();
    if !trusted.is_empty() {
        notes.push(format!("The wall clocks of all hosts are trusted to place {}.", trusted.join(", ")));
    }
    notes.extend(far_apart(session));
    let spans = |number: u64, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 span {one}")),
        _ => Some(format!("{} spans {many}", count(number))),
    };
    let circles = match session.circles {
        0 => None,
        1 => Some("The parents of some spans form a circle: one of them has none.".to_owned()),
        number => Some(format!("The parents of some spans form {} circles: one span of each has none.", count(number))),
    };
    notes.extend(circles);
    notes.extend(spans(
        session.orphans,
        "names a parent that is in none of the files: it begins a tree of its own.",
        "name a parent that is in none of the files: they begin trees of their own.",
    ));
    notes.extend(spans(
        session.doubles,
        "is in the files more than once, and counts once.",
        "are in the files more than once, and count once.",
    ));
    for (later, earlier) in &session.copies {
        let name = |at: &u32| session.services.get(*at as usize).map_or("", |service| service.name.as_str());
        notes.push(format!("{} is of the same process as {}: what both have counts once.", name(later), name(earlier)));
    }
    notes
}

/// Further apart than this no service calls another: nanoseconds.
const FAR: i64 = 3_600_000_000_000;

/// Services that lie so far from the first that one of the clocks is probably wrong.
fn far_apart(session: &Session) -> Option<String> {
    let mut ranges: Vec<Option<TimeRange>> = session.services.iter().map(Service::range).collect();
    for span in &session.spans {
        let own = TimeRange::new(TraceTime(span.start), TraceTime(span.end()));
        if let Some(range) = ranges.get_mut(span.service as usize) {
            let known = range.unwrap_or(own);
            *range = Some(TimeRange::new(known.start.min(own.start), known.end.max(own.end)));
        }
    }
    let first = ranges.first().copied().flatten()?;
    let gap = |range: TimeRange| range.start.nanos_since(first.end).max(first.start.nanos_since(range.end));
    let gaps = session.services.iter().zip(&ranges).filter_map(|(of, range)| Some((of.name.as_str(), gap((*range)?))));
    let far: Vec<(&str, i64)> = gaps.filter(|(_, gap)| *gap > FAR).collect();
    let most = far.iter().map(|(_, gap)| *gap).max()?;
    let (names, first) = (far.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "), session.services.first()?);
    let (was, up_to) = if far.len() == 1 { ("was", "") } else { ("were", "up to ") };
    Some(format!(
        "By their clocks, {names} {was} recorded {up_to}{} before or after {}: if a clock was wrong, set the offset by \
         hand.",
        long_time(most),
        first.name,
    ))
}

/// A long time in one unit: `37 years`.
fn long_time(nanos: i64) -> String {
    let hours = nanos / 3_600_000_000_000;
    let hours = hours.unsigned_abs();
    let (number, unit) = match hours {
        ..48 => (hours, "hour"),
        48..17_532 => (hours / 24, "day"),
        _ => (hours / 8_766, "year"),
    };
    counted(number, unit)
}

fn services(session: &Arc<Session>) -> Table {
    let [of_file, of_start, of_length, of_at] = [session; 4].map(Arc::clone);
    let at = |clock: &Placement| clock.map.base;
    Table::of("services", "Services", session, |session: &Session| &session.services)
        .column(Column::text("name", "Name", ""), |service: &Service| Value::Name(service.name.clone()))
        .column(Column::text("file", "File", "of its trace; null if only span files have it"), move |service| {
            let input = service.input.and_then(|at| of_file.inputs.get(at));
            input.map_or(Value::Missing, |input| Value::Text(input.file.clone()))
        })
        .column(Column::time("start_ns", "Start", "of its trace, from the start of the session"), move |service| {
            service.range().map_or(Value::Missing, |range| time(&of_start, range.start.0))
        })
        .column(Column::duration("duration_ns", "Duration", "of its trace"), move |service| {
            debug_assert!(!of_length.services.is_empty(), "it has this one");
            service.range().map_or(Value::Missing, |range| length(range.nanos()))
        })
        .column(Column::count("spans", "Spans", "in span files"), |service| Value::Count(service.spans))
        .column(Column::word("clock.method", "Clock", METHODS), |service| Value::Word(service.clock.method.name()))
        .column(
            Column::time(
                "clock.offset_ns",
                "Offset",
                "what its own times need to become times of the session, at clock.at_ns",
            )
            .exported(),
            |service| Value::Time(service.clock.map.offset),
        )
        .column(
            Column::time("clock.at_ns", "At", "where the offset holds, from the start of the session").exported(),
            move |service| {
                let base = at(&service.clock);
                if base == 0 { Value::Missing } else { time(&of_at, service.clock.map.apply(base)) }
            },
        )
        .column(
            Column::duration(
                "clock.error_ns",
                "Error",
                "the offset is exact to plus or minus this at clock.at_ns; null if nothing bounds it",
            ),
            move |service| {
                let error = service.clock.error.map(|error| error.at(at(&service.clock)).unsigned_abs());
                Value::duration(error.map(Nanos))
            },
        )
        .column(Column::duration("clock.error_max_ns", "Largest error", "the same over the whole trace"), |service| {
            Value::duration(service.clock.error.map(|error| Nanos(error.most().unsigned_abs())))
        })
        .column(
            Column::figure(
                "clock.drift_ppm",
                "Drift",
                "how much slower its clock runs than the session's, in millionths",
            )
            .exported(),
            |service| Value::Figure(Figure::new(service.clock.map.drift * 1e6, Form::Number)),
        )
        .column(Column::count("clock.pairs", "Pairs", "calls that the offset rests on"), |service| {
            Value::Count(service.clock.pairs.into())
        })
        .column(Column::count("clock.dropped", "Dropped", "calls that contradict the others"), |service| {
            Value::Count(service.clock.dropped.len() as u64)
        })
        .cut(Cut::Never)
        .build()
}

const METHODS: &str = "reference (the session's clock), manual, same_boot (one time base), same_process, matched_pairs, \
                       wall_clock and log_clock (hosts are trusted), or unplaced";

fn edges(session: &Arc<Session>) -> Table {
    let rank = |edge: &Edge, part: usize| Value::duration(edge.rank(part).map(Nanos));
    let [of_from, of_to] = [session; 2].map(Arc::clone);
    Table::of("edges", "Calls between services", &Arc::new(calls(session)), Vec::as_slice)
        .column(Column::text("from", "From", ""), move |edge: &Edge| service_name(&of_from, edge.from))
        .column(Column::text("to", "To", ""), move |edge| service_name(&of_to, edge.to))
        .column(Column::text("name", "Name", "of what served it"), |edge| Value::Name(edge.name.to_string()))
        .column(Column::count("count", "Calls", ""), |edge| Value::Count(edge.nanos.len() as u64))
        .column(Column::count("errors", "Errors", ""), |edge| Value::Count(edge.errors))
        .column(Column::duration("total_ns", "Total", ""), |edge| Value::Duration(Nanos(edge.nanos.iter().sum())))
        .column(Column::duration("p50_ns", "p50", ""), move |edge| rank(edge, 50))
        .column(Column::duration("p99_ns", "p99", ""), move |edge| rank(edge, 99))
        .sorted_by("total_ns")
        .empty("No calls between services")
        .build()
}

fn files(session: &Arc<Session>) -> Table {
    Table::of("files", "Files", session, |session: &Session| &session.inputs)
        .column(Column::text("file", "File", ""), |input: &Input| Value::Text(input.file.clone()))
        .column(Column::text("kind", "Kind", "trace, or the formats of spans"), |input| match &input.content {
            Content::Trace(_) => Value::Text("trace".to_owned()),
            Content::Spans(file) => {
                Value::Text(file.formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", "))
            }
        })
        .column(Column::count("spans", "Spans", ""), |input| match &input.content {
            Content::Trace(_) => Value::Missing,
            Content::Spans(file) => Value::Count(file.spans.len() as u64),
        })
        .column(
            Column::list("faults", "Faults", "what is malformed or missing, with the place of the first"),
            |input| match &input.content {
                Content::Trace(trace) => {
                    Value::List(trace.warnings().iter().map(|warning| Value::Text(warning.to_string())).collect())
                }
                Content::Spans(file) => {
                    Value::List(file.faults.iter().map(|fault| Value::Text(fault.to_string())).collect())
                }
            },
        )
        .cut(Cut::Never)
        .build()
}

/// What could be joined in several ways.
fn ambiguous(session: &Arc<Session>) -> Table {
    let records: std::collections::BTreeSet<_> = session.ambiguous.iter().copied().collect();
    let acts: std::collections::BTreeSet<_> = session.ambiguous_calls.iter().copied().collect();
    let is_one = |span: &&SessionSpan| {
        let unjoined = span.record.is_some_and(|record| records.contains(&record)) && span.by.is_none();
        unjoined || (span.act.is_some_and(|act| acts.contains(&act)) && span.by.is_none())
    };
    let rows: Arc<Vec<SessionSpan>> = Arc::new(session.spans.iter().filter(is_one).cloned().collect());
    let [of_service, of_start] = [session; 2].map(Arc::clone);
    Table::of("ambiguous_spans", "Ambiguous", &rows, Vec::as_slice)
        .column(Column::text("service", "Service", ""), move |span: &SessionSpan| {
            service_name(&of_service, span.service)
        })
        .column(Column::text("name", "Name", ""), |span| Value::Name(span.name.to_string()))
        .column(Column::time("start_ns", "Start", "from the start of the session"), move |span| {
            time(&of_start, span.start)
        })
        .column(Column::duration("duration_ns", "Duration", ""), |span| length(span.nanos))
        .optional()
        .build()
}
