//! Where the time of requests went, through all processes, and what was found in each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::Finding;
use trace_core::analysis::phrases::where_at;
use trace_core::analysis::places::{Op, Places};
use trace_core::analysis::wait_chain::StepKind;
use trace_core::base::ids::StackId;
use trace_core::session::path::{Explained, Part, Sum};
use trace_core::session::{Request, Session};

use crate::fmt::number::percent;
use crate::report::analyses::blocked::DOING;
use crate::report::analyses::columns::{self, Lines};
use crate::report::frame::Frame;
use crate::report::report::Report;
use crate::report::session::cells::{length, service_name, time};
use crate::report::table::{Builder, Column, Cut, Table};
use crate::report::value::Value;

/// What is said of a service's stacks.
#[derive(Default)]
struct OfService {
    /// The lines of code.
    lines: Lines,
    /// Of waits, what the goroutine waited in: ` in sync.(*Mutex).Lock at main.get (main.go:12)`.
    waits: BTreeMap<StackId, String>,
    /// Those of them that waited for a connection of a library's pool.
    pools: BTreeSet<StackId>,
}

/// The same of all services.
type ServiceLines = Arc<Vec<OfService>>;

fn lines_of<'a>(session: &Session, parts: impl Iterator<Item = &'a Part> + Clone) -> ServiceLines {
    let of_service = |(service, at): (&trace_core::session::Service, u32)| {
        let own = || parts.clone().filter(move |part| part.service == at);
        let Some(trace) = service.trace.as_ref() else { return OfService::default() };
        let waits: BTreeSet<StackId> = own().filter_map(|part| part.behind).map(|behind| behind.stack).collect();
        let stacks = || own().map(|part| part.stack).chain(waits.iter().copied());
        let places = Places::of(trace, stacks());
        OfService {
            lines: Lines::of(trace, &places, stacks()),
            waits: waits.iter().map(|stack| (*stack, where_at(&places, *stack))).collect(),
            pools: waits.iter().copied().filter(|stack| places.op(*stack) == Op::Pool).collect(),
        }
    };
    Arc::new(session.services.iter().zip(0_u32..).map(of_service).collect())
}

/// The line of code of a part.
fn frame_of<'a>(lines: &'a ServiceLines, part: &Part) -> Option<&'a Frame> {
    lines.get(part.service as usize).and_then(|of| of.lines.frame(part.stack))
}

/// What the goroutine of the span waited in while another one did this: `sync.(*Mutex).Lock at main.get (main.go:12)`. Empty
/// where it did this itself; a library's own goroutines count as that.
fn waited_in<'a>(lines: &'a ServiceLines, part: &Part) -> &'a str {
    let of = lines.get(part.service as usize);
    let behind = part.behind.filter(|behind| Some(behind.go) != part.go || is_for_pool(lines, part));
    let text = of.zip(behind).and_then(|(of, behind)| of.waits.get(&behind.stack));
    text.map_or("", |text| text.strip_prefix(" in ").unwrap_or(text))
}

/// Whether the goroutine of the span waited for a connection of a library's pool.
fn is_for_pool(lines: &ServiceLines, part: &Part) -> bool {
    let of = lines.get(part.service as usize);
    of.zip(part.behind).is_some_and(|(of, behind)| of.pools.contains(&behind.stack))
}

/// The report on why a request took as long as it did.
#[must_use]
pub fn report(session: &Arc<Session>, request: &Request, why: &Explained) -> Report {
    let root = session.spans.get(request.root as usize);
    let lines = lines_of(session, why.parts.iter());
    let name = root.map_or(Value::Missing, |span| Value::Name(span.name.to_string()));
    let service = root.map_or(Value::Missing, |span| service_name(session, span.service));
    let start = root.map_or(Value::Missing, |span| time(session, span.start));
    Report::default()
        .headline("sentence", &why.sentence)
        .fact("request.id", "Request", Value::Text(request.id.clone()))
        .fact("request.name", "Name", name)
        .fact("request.service", "Service", service)
        .fact("start_ns", "From", start)
        .fact("total_ns", "Total", length(why.nanos))
        .table(added_up(session, &why.sums, why.nanos, &lines))
        .table(in_order(session, &why.parts, &lines))
}

/// Columns of who did what where.
fn who<S: Send + Sync + 'static, R: 'static>(
    table: Builder<S, R>,
    session: &Arc<Session>,
    lines: &ServiceLines,
    part: fn(&R) -> &Part,
) -> Builder<S, R> {
    let [of_service, of_span, of_go, of_name, of_reason] = [session; 5].map(Arc::clone);
    let [shown, of_function, of_file, of_line, of_wait] = [lines; 5].map(Arc::clone);
    let trace = |session: &Session, part: &Part| {
        session.services.get(part.service as usize).and_then(|service| service.trace.clone())
    };
    let frame = |lines: &ServiceLines, part: &Part| frame_of(lines, part).cloned();
    table
        .column(Column::text("service", "Service", ""), move |row| service_name(&of_service, part(row).service))
        .column(Column::text("span", "Span", ""), move |row| {
            let span = of_span.spans.get(part(row).span as usize);
            span.map_or(Value::Missing, |span| Value::Name(span.name.to_string()))
        })
        .column(Column::id("goroutine", "Goroutine", "of the service's trace"), move |row| {
            let found = trace(&of_go, part(row)).zip(part(row).go);
            found.map_or(Value::Missing, |(trace, go)| columns::goroutine(&trace, go))
        })
        .column(Column::function("name", "Start function", "").for_people(), move |row| {
            let found = trace(&of_name, part(row)).zip(part(row).go);
            found.map_or(Value::Missing, |(trace, go)| columns::start_function(&trace, go))
        })
        .column(Column::text("doing", "State", DOING), move |row| columns::doing(part(row).doing))
        .column(Column::text("reason", "Reason", "the runtime's word for it; may be empty"), move |row| {
            trace(&of_reason, part(row))
                .map_or(Value::Missing, |trace| Value::Text(trace.str(part(row).reason).to_owned()))
        })
        .column(Column::stack("at", "Place", "").for_people(), move |row| {
            frame(&shown, part(row)).map_or(Value::Missing, |frame| Value::Stack(vec![frame]))
        })
        .column(Column::function("place.function", "Function", "").exported(), move |row| {
            frame(&of_function, part(row)).map_or(Value::Missing, |frame| Value::Function(frame.function))
        })
        .column(Column::text("place.file", "File", "").exported(), move |row| {
            frame(&of_file, part(row)).map_or(Value::Missing, |frame| Value::Text(frame.file))
        })
        .column(Column::count("place.line", "Line", "").exported(), move |row| {
            frame(&of_line, part(row)).map_or(Value::Missing, |frame| Value::Count(frame.line))
        })
        .column(
            Column::text(
                "waited_in",
                "Waited in",
                "what the goroutine of the span waited in while another one did this",
            ),
            move |row| match waited_in(&of_wait, part(row)) {
                "" => Value::Missing,
                text => Value::Text(text.to_owned()),
            },
        )
        .column(
            Column::flag("is_lock_held", "Lock held", "a lock that it waited for was held during this (inferred)")
                .exported(),
            move |row| Value::Flag(part(row).behind.is_some_and(|behind| behind.is_lock_held)),
        )
}

fn added_up(session: &Arc<Session>, sums: &[Sum], whole: i64, lines: &ServiceLines) -> Table {
    let whole = whole.unsigned_abs();
    Table::of("parts", "Added up", &Arc::new(sums.to_vec()), Vec::as_slice)
        .column(Column::duration("total_ns", "Total", ""), |sum: &Sum| length(sum.nanos))
        .column(Column::ratio("share", "Share", "of all"), move |sum| Value::share(sum.nanos.unsigned_abs(), whole))
        .column(Column::count("count", "Steps", ""), |sum| Value::Count(sum.count))
        .with(|table| who(table, session, lines, |sum| &sum.part))
        .sorted_by("total_ns")
        .cut(Cut::ForPeople)
        .empty("Nothing is known of the request's time")
        .build()
}

fn in_order(session: &Arc<Session>, parts: &[Part], lines: &ServiceLines) -> Table {
    let of_start = Arc::clone(session);
    Table::of("path", "In order", &Arc::new(parts.to_vec()), Vec::as_slice)
        .column(Column::time("start_ns", "Start", "from the start of the session"), move |part: &Part| {
            time(&of_start, part.start)
        })
        .column(Column::duration("duration_ns", "Duration", ""), |part| length(part.nanos))
        .column(Column::count("calls", "Calls", "between the request's first service and this"), |part| {
            Value::Count(part.hops.into())
        })
        .with(|table| who(table, session, lines, |part| part))
        .sorted_by("start_ns")
        .cut(Cut::ForPeople)
        .build()
}

/// What takes at least this part of the time of the slowest requests (one in so many) leads the findings.
const LEADS: i64 = 4;

/// A finding of a service.
#[derive(Clone, Debug)]
struct ServiceFinding {
    service: u32,
    rank: usize,
    finding: Finding,
}

/// The report on a whole session: where the time of its slowest requests went, and what was found in each process. `why`:
/// of these requests; `findings`: of each service that has a trace.
#[must_use]
pub fn causes(session: &Arc<Session>, why: &[Explained], findings: &[(u32, Findings)]) -> Report {
    causes_listed(session, why, findings).report
}

/// The report on a whole session, and what its rows stand for.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// What was found, as tables.
    pub report: Report,
    /// The rows of its first table.
    pub parts: Vec<Sum>,
    /// The rows of its second table: the service, by place, and the finding's rank there.
    pub findings: Vec<(u32, usize)>,
}

/// The same as [`causes`], with what the rows stand for.
#[must_use]
pub fn causes_listed(session: &Arc<Session>, why: &[Explained], findings: &[(u32, Findings)]) -> Causes {
    let (mut sums, whole) = (Vec::new(), why.iter().map(|why| why.nanos).sum::<i64>());
    for sum in why.iter().flat_map(|why| &why.sums) {
        sums.push(*sum);
    }
    let lines = lines_of(session, sums.iter().map(|sum| &sum.part));
    let added = of_all(session, &sums, &lines);
    let sentence = added.first().map_or_else(String::new, |sum| sentence(session, sum, whole, why.len(), &lines));
    let mut list: Vec<ServiceFinding> = findings
        .iter()
        .flat_map(|(service, found)| {
            let ranked = found.list.iter().enumerate();
            ranked.map(|(rank, finding)| ServiceFinding { service: *service, rank, finding: finding.clone() })
        })
        .collect();
    // What the requests' time goes to comes before all that is else amiss, and before calls that wait for it.
    let most = added.first().filter(|sum| sum.nanos.saturating_mul(LEADS) >= whole);
    let culprit = most.and_then(|sum| Some((sum.part.service, frame_of(&lines, &sum.part)?)));
    let is_culprit = |of: &ServiceFinding| {
        let place = of.finding.culprit.as_ref().map(|culprit| &culprit.place);
        culprit.is_some_and(|(service, frame)| {
            service == of.service && place.is_some_and(|place| place.function == frame.function)
        })
    };
    list.sort_by_key(|of| std::cmp::Reverse((is_culprit(of), of.finding.severity, of.finding.time_lost)));
    let ranks = list.iter().map(|of| (of.service, of.rank)).collect();
    let report = Report::default()
        .headline("sentence", &sentence)
        .fact("requests", "Slowest requests", Value::Count(why.len() as u64))
        .fact("total_ns", "Total", length(whole))
        .table(added_up(session, &added, whole, &lines))
        .table(found(session, list));
    Causes { report, parts: added, findings: ranks }
}

/// Adds up the parts of several requests by service, state and line of code.
fn of_all(session: &Session, sums: &[Sum], lines: &ServiceLines) -> Vec<Sum> {
    let mut all: Vec<Sum> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for sum in sums {
        let place = frame_of(lines, &sum.part).map(|frame| (frame.function.clone(), frame.line));
        let span = session.spans.get(sum.part.span as usize).map(|span| Arc::clone(&span.name));
        let key = (sum.part.service, span, sum.part.doing, place, waited_in(lines, &sum.part));
        let at = *places.entry(key).or_insert(all.len());
        match all.get_mut(at) {
            Some(known) => {
                known.nanos += sum.nanos;
                known.count += sum.count;
                if sum.part.nanos > known.part.nanos {
                    known.part = sum.part;
                }
            }
            None => all.push(*sum),
        }
    }
    all.sort_by_key(|sum| std::cmp::Reverse(sum.nanos));
    all
}

/// `61 % of the time of the slowest 20 requests went to backend, in GET /price: waiting in sync.(*Mutex).Lock at main.get
/// (main.go:7); the lock was held by a goroutine sleeping at main.refresh (main.go:12).`
fn sentence(session: &Session, sum: &Sum, whole: i64, requests: usize, lines: &ServiceLines) -> String {
    let service = session.services.get(sum.part.service as usize).map_or("", |service| service.name.as_str());
    let span = session.spans.get(sum.part.span as usize).map_or("", |span| &span.name);
    let share = percent(sum.nanos.unsigned_abs(), whole.unsigned_abs());
    let of = if requests == 1 { "the slowest request".to_owned() } else { format!("the slowest {requests} requests") };
    let part = &sum.part;
    let at = frame_of(lines, part).map_or_else(String::new, |frame| format!(" at {}", frame.in_full()));
    let doing = gerund(part.doing);
    let what = match (waited_in(lines, part), part.behind) {
        ("", _) | (_, None) => format!("{doing}{at}"),
        (_, Some(_)) if is_for_pool(lines, part) => {
            format!("waiting for a connection of a pool{at}, in use by other requests")
        }
        (wait, Some(behind)) if behind.is_lock_held => {
            format!("waiting in {wait}; the lock was held by a goroutine {doing}{at}")
        }
        (wait, Some(_)) => format!("waiting in {wait}; the goroutine that ended the wait was {doing}{at}"),
    };
    format!("{share} of the time of {of} went to {service}, in {span}: {what}.")
}

/// What a goroutine was at, in a sentence: `sleeping`.
fn gerund(doing: StepKind) -> String {
    match doing {
        StepKind::MarkAssist => "in a mark assist".to_owned(),
        StepKind::NoCpu => "without a CPU".to_owned(),
        StepKind::Syscall => "in a system call".to_owned(),
        StepKind::CgoCall => "in a cgo call".to_owned(),
        StepKind::Unknown => "at something that the trace does not show".to_owned(),
        _ => columns::doing(doing).text().to_lowercase(),
    }
}

/// The line of code of a finding.
fn place(finding: &Finding) -> Option<Frame> {
    let frame = finding.culprit.as_ref().map(|culprit| Frame::from(&culprit.place));
    frame.filter(Frame::is_known)
}

fn found(session: &Arc<Session>, list: Vec<ServiceFinding>) -> Table {
    let of_name = Arc::clone(session);
    Table::of("findings", "Findings", &Arc::new(list), Vec::as_slice)
        .column(Column::text("service", "Service", ""), move |of: &ServiceFinding| service_name(&of_name, of.service))
        .column(Column::text("severity", "Severity", "severe, warning or note"), |of| {
            Value::Word(of.finding.severity.name())
        })
        .column(Column::text("kind", "Kind", "").exported(), |of| Value::Word(of.finding.kind.name()))
        .column(Column::duration("time_lost_ns", "Time lost", "total over goroutines"), |of| {
            Value::Duration(of.finding.time_lost)
        })
        .column(Column::text("headline", "Finding", "what, how much and where"), |of| {
            Value::Text(of.finding.headline.clone())
        })
        .column(Column::stack("at", "Place", "where the cause lies").for_people(), |of| {
            place(&of.finding).map_or(Value::Missing, |frame| Value::Stack(vec![frame]))
        })
        .column(Column::function("place.function", "Function", "where the cause lies").exported(), |of| {
            place(&of.finding).map_or(Value::Missing, |frame| Value::Function(frame.function))
        })
        .column(Column::text("place.file", "File", "").exported(), |of| {
            place(&of.finding).map_or(Value::Missing, |frame| Value::Text(frame.file))
        })
        .column(Column::count("place.line", "Line", "").exported(), |of| {
            place(&of.finding).map_or(Value::Missing, |frame| Value::Count(frame.line))
        })
        .column(Column::text("title", "Details", "what happened").exported(), |of| {
            Value::Text(of.finding.title.clone())
        })
        .column(Column::text("check", "Fix", "what to look at in the code").exported(), |of| {
            Value::Text(of.finding.check.to_owned())
        })
        .empty("No problems found")
        .build()
}
