//! Connections that are made for one call and not used for another. Of net/http: nobody shares the transport, keep-alives are
//! off, too few idle connections are kept, or bodies of responses are left open. Of database/sql: too few idle ones are kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::slow_calls::has;
use crate::analysis::findings::stuck::is_long;
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::flows::{Flow, FlowKind};
use crate::model::lanes::LaneId;

/// Fewer connections may be a pool that fills.
const FEWEST: usize = 50;
/// Connections of one place of which the answers are counted.
const LOOKED_AT: usize = 64;
/// Goroutines woken in one run that are looked at.
const FLOWS: usize = 8;
/// The part of the waits for connections and answers from which on making connections is what costs most.
const MAIN_SHARE: f64 = 0.25;

/// Where database/sql has a driver open a connection.
const OPENERS: [&str; 2] = ["database/sql.(*DB).conn", "database/sql.(*DB).openNewConnection"];

/// Each connection of a client has one such goroutine.
const READER: &str = "net/http.(*persistConn).readLoop";

const REUSE: &str = "Use one http.Client for all calls: a new Transport for each call has no connection to use again. Read the body of \
                     each response to its end and close it; leave keep-alives on; raise Transport.MaxIdleConnsPerHost (2 by \
                     default) to the number of concurrent calls to one host.";
const SQL_REUSE: &str = "Keep connections open: raise SetMaxIdleConns (2 by default) to the number in use at once, and \
                         SetConnMaxIdleTime and SetConnMaxLifetime if connections are closed before they are used again. Use \
                         one sql.DB for all queries.";
const CLOSE: &str = "Close the body of each response (defer resp.Body.Close()), also where only its status is of interest: until \
                     then the connection, its two goroutines and its file descriptor are kept.";

/// The connections that were made for calls at one place.
struct Made {
    /// A stack that asked for one.
    stack: StackId,
    /// Who reads from each.
    readers: Vec<GoroutineIdx>,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut places: BTreeMap<u32, Made> = BTreeMap::new();
    for facts in context.workload.gos.iter() {
        let is_reader = facts.created().is_some() && context.trace.str(facts.name) == READER;
        // Whoever asks for a connection starts a goroutine that makes it; that one starts the reader.
        let maker = facts.creator().filter(|_| is_reader).and_then(|maker| context.workload.go(maker));
        let Some(maker) = maker.filter(|maker| maker.created().is_some()) else { continue };
        let Some(line) = context.places.near_line(maker.creation) else { continue };
        let made = places.entry(line).or_insert(Made { stack: maker.creation, readers: Vec::new() });
        made.readers.push(facts.go);
    }
    places.into_iter().filter_map(|(line, made)| judge(context, line, &made)).chain(sql(context)).collect()
}

/// Waits of drivers while they open a connection for database/sql, all through the trace, that take a good part of the time
/// of all waits inside of it.
fn sql(context: &Context<'_>) -> Option<Finding> {
    let (mut opening, mut all, mut count, mut max) = (0, 0, 0, 0);
    let mut longest: Vec<Wait> = Vec::new();
    for (key, site) in context.workload.sites.iter().filter(|(key, _)| !key.is_prior) {
        if site.op == Op::Pool
            || !context.trace.frames(key.stack).any(|frame| frame.function.starts_with("database/sql."))
        {
            continue;
        }
        all += site.nanos;
        if opens(context, key.stack) {
            (opening, count, max) = (opening + site.nanos, count + site.count, max.max(site.max));
            longest.extend(&site.longest);
        }
    }
    longest.sort_unstable_by_key(|wait| (std::cmp::Reverse(wait.range.nanos()), wait.go, wait.range.start));
    let top = *longest.first()?;
    let share = opening as f64 / all.max(1) as f64;
    // A pool that fills does so at the beginning.
    let middle = TraceTime(context.trace.range().start.0 + context.trace.range().nanos() / 2);
    let late = longest.iter().filter(|wait| wait.range.start > middle).count();
    if count < FEWEST as u64 || share < MAIN_SHARE || late * 4 < longest.len() {
        return None;
    }
    let place = context.places.own(top.stack);
    let gos: Vec<GoroutineIdx> = longest.iter().map(|wait| wait.go).collect();
    let waiters = gos.iter().collect::<BTreeSet<_>>().len() as u64;
    let mut evidence = Evidence::default();
    let title = format!(
        "{} while connections of database/sql were opened, {} total (max {}), {} of the time of all waits in its calls; the \
         longest in {}",
        evidence.count("waits", count, "wait"),
        evidence.time("wait_total_ns", opening),
        evidence.time("wait_max_ns", max),
        evidence.share("share_of_call_time", share),
        place_name(place.as_ref()),
    );
    Some(
        Finding::new(Kind::SerialWaits, title, opening, context.duration, 0.8)
            .with(evidence)
            .cause(Cause::NotReused, SQL_REUSE)
            .culprit(context.trace, place.clone(), top.stack)
            .without_callee()
            .victim(&place.map(|place| place.function).unwrap_or_default(), waiters)
            .goroutines(&gos)
            .link(context.trace, top.go, top.range),
    )
}

/// Whether a driver opens a connection there: the same functions of database/sql also look whether one that is idle still works.
fn opens(context: &Context<'_>, stack: StackId) -> bool {
    let mut inner = "";
    context.trace.frames(stack).any(|frame| {
        let is_open = OPENERS.contains(&frame.function) && inner.ends_with(".Connect");
        inner = frame.function;
        is_open
    })
}

/// Waits of the calls at a line for answers and for connections, nanoseconds.
#[derive(Default)]
struct Calls {
    answers: u64,
    connections: u64,
    longest: u64,
    waiters: u64,
}

fn calls(context: &Context<'_>, line: u32) -> Calls {
    let mut sums = Calls::default();
    for (key, site) in &context.workload.sites {
        if key.is_prior || key.class == SpanClass::Syscall || context.places.near_line(key.stack) != Some(line) {
            continue;
        }
        if has(context, key.stack, "net/http.(*persistConn).roundTrip") {
            sums.answers += site.nanos;
        } else if site.op == Op::Pool && has(context, key.stack, "net/http.(*Transport).getConn") {
            sums.connections += site.nanos;
            sums.longest = sums.longest.max(site.max);
            sums.waiters = sums.waiters.max(context.workload.waiters(context.places, key, site.op));
        }
    }
    sums
}

fn judge(context: &Context<'_>, line: u32, made: &Made) -> Option<Finding> {
    let number = made.readers.len();
    if number < FEWEST {
        return None;
    }
    let open = open_bodies(context, &made.readers);
    if open.len() >= FEWEST && open.len() * 2 >= number {
        return Some(bodies_open(context, made, &open));
    }
    let step = number.div_ceil(LOOKED_AT).max(1);
    let looked_at = made.readers.iter().step_by(step);
    let once = looked_at.clone().filter(|go| answers(context, **go, 2) == 1).count();
    if once * 4 < looked_at.len() * 3 {
        return None;
    }
    let (calls, place) = (calls(context, line), context.places.near(made.stack));
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of net/http were made for calls at {}; of {} looked at, {} were seen to answer one call only; {} waited for them {} total \
         (max {})",
        evidence.count("connections", number as u64, "connection"),
        place_name(place.as_ref()),
        evidence.whole("looked_at", looked_at.len() as u64),
        evidence.whole("used_once", once as u64),
        evidence.count("waiters", calls.waiters, "goroutine"),
        evidence.time("wait_total_ns", calls.connections),
        evidence.time("wait_max_ns", calls.longest),
    );
    let share = calls.connections as f64 / (calls.connections + calls.answers).max(1) as f64;
    let finding = Finding::new(Kind::SerialWaits, title, calls.connections, context.duration, 0.85)
        .with(evidence)
        .ratio("share_of_call_time", share)
        .cause(Cause::NotReused, REUSE)
        .culprit(context.trace, place.clone(), made.stack)
        .without_callee()
        .victim(&place.map(|place| place.function).unwrap_or_default(), calls.waiters)
        .goroutines(&made.readers);
    // What it costs is more than these waits: handshakes, ports, the other side.
    Some(if share < MAIN_SHARE { finding.at_most(Severity::Warning) } else { finding })
}

/// How many answers the reader of a connection handed to calls that waited for them; at most `most`.
fn answers(context: &Context<'_>, reader: GoroutineIdx, most: usize) -> usize {
    let trace = context.trace;
    let spans = trace.spans(LaneId::Goroutine(reader), trace.range()).filter(|span| span.state == GoState::Running);
    let hands_over = |flow: &Flow| {
        let inner = trace.frames(flow.stack).next();
        flow.kind == FlowKind::Unblock && inner.is_some_and(|frame| frame.function == "runtime.selectgo")
    };
    let given = spans.flat_map(|span| trace.flows_out_of(span.at, FLOWS).flows);
    given.filter(hands_over).take(most).count()
}

/// Those of the readers that wait, and have for long, until a response's body is read or closed: who is in it reads from the
/// connection itself.
fn open_bodies(context: &Context<'_>, readers: &[GoroutineIdx]) -> Vec<GoroutineIdx> {
    let end = context.trace.range().end;
    let waits = |go: &&GoroutineIdx| {
        let stuck = context.workload.stuck.get(go);
        stuck.is_some_and(|stuck| {
            stuck.class == SpanClass::WaitChan
                && context.places.op(stuck.stack) == Op::Select
                && context.trace.frames(stuck.stack).any(|frame| frame.function == READER)
                && is_long(context, end.nanos_since(stuck.since))
        })
    };
    readers.iter().filter(waits).copied().collect()
}

/// Connections that cannot be used again, nor closed, as nobody has read or closed the body.
fn bodies_open(context: &Context<'_>, made: &Made, open: &[GoroutineIdx]) -> Finding {
    let (trace, end) = (context.trace, context.trace.range().end);
    let since = |go: &GoroutineIdx| context.workload.stuck.get(go).map_or(end, |stuck| stuck.since);
    let waited = |go: &GoroutineIdx| end.nanos_since(since(go)).unsigned_abs();
    let total: u64 = open.iter().map(waited).sum();
    let oldest = open.iter().copied().min_by_key(|go| (since(go), *go));
    let place = context.places.near(made.stack);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {} made for calls at {} wait at the end of the trace for the body of their response to be read or closed, and \
         have for up to {}; each keeps two goroutines",
        evidence.whole("stuck", open.len() as u64),
        evidence.count("connections", made.readers.len() as u64, "connection"),
        place_name(place.as_ref()),
        evidence.time("stuck_max_ns", oldest.as_ref().map_or(0, waited)),
    );
    let finding = Finding::new(Kind::GoroutineLeak, title, total, context.duration, 0.85)
        .with(evidence)
        .cause(Cause::BodiesOpen, CLOSE)
        .culprit(trace, place.clone(), made.stack)
        .without_callee()
        .victim(READER, open.len() as u64)
        .goroutines(open);
    match oldest {
        Some(oldest) => finding.link(trace, oldest, TimeRange::new(since(&oldest), end)),
        None => finding,
    }
}
