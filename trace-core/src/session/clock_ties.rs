//! What ties the clocks of a session's files to each other: spans that are tasks, calls whose both sides are known, and
//! calls found by time alone.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::model::trace::Trace;
use crate::session::activity::{Activities, Mention};
use crate::session::calls::Call;
use crate::session::clock::{Bounds, ClockMap, Pair};
use crate::session::connections::Connections;
use crate::session::exchange;
use crate::session::join::{Joins, TasksByName, offset_by_names};
use crate::session::parts::Parts;
use crate::session::place::{Clock, Pairs, Placement, TICK};
use crate::session::records::{RecordRef, Records};
use crate::session::timely::by_time;
use crate::session::wired::{self, Match};
use crate::spans::SpanKind;

/// The first release whose traces count time from an instant that all processes of a host share: Go 1.22.
const FIRST_WITH_HOST_TIME: u32 = 22;
/// Calls found by time alone from which on two clocks are taken to be one.
const LEAST_BY_TIME: usize = 12;

/// Pairs of two traces that are kept, the tightest, and that system calls are looked at of.
const MOST_SHARPENED: usize = 2_000;
/// What bounds nothing, nanoseconds: an hour.
const FAR: i64 = 3_600_000_000_000;

/// The clock of a service of span files as that of a trace: map and error.
pub(super) type Shares = Vec<Option<(u32, ClockMap, i64)>>;

/// Finds out which services of span files are the processes of traces, and joins their spans.
pub(super) fn share(
    parts: &Parts,
    records: &Records,
    acts: &Activities,
    clocks: &[Clock],
    joins: &mut Joins,
    monitor: &Monitor,
) -> Option<Shares> {
    let numbered = (0_u32..).zip(&parts.traces);
    let tasks: Vec<TasksByName<'_>> = numbered.map(|(number, trace)| TasksByName::new(acts, trace, number)).collect();
    let mut shares = Vec::new();
    for service in 0..u32::try_from(records.services.len()).unwrap_or(0) {
        if monitor.is_cancelled() {
            return None;
        }
        let resolution = records.services.get(service as usize).map_or(0, |known| known.resolution);
        let way = |number: u32, joins: &Joins| {
            let wall = clocks.get(number as usize).and_then(|clock| clock.wall);
            let exact = wall.map(|(map, error)| (map.inverse(), error + resolution));
            exact
                .or_else(|| by_joined(service, number, records, acts, joins))
                .or_else(|| offset_by_names(service, records, tasks.get(number as usize)?))
        };
        let known = joins.trace_of.get(service as usize).copied().flatten();
        let candidates = (0_u32..).zip(&parts.traces).filter(|(number, _)| known.is_none_or(|known| known == *number));
        let mut best: Option<(u64, u32, (ClockMap, i64))> = None;
        let mut second = 0;
        for (number, trace) in candidates {
            let (Some(way), Some(tasks)) = (way(number, joins), tasks.get(number as usize)) else { continue };
            let mut tried = Joins { trace_of: Vec::new(), ..Joins::default() };
            let (joined, of) = tried.by_name_and_time(service, (records, acts, trace, tasks), way);
            let counts = if known.is_some() { 1 + joined } else { joined };
            if counts == 0 || (known.is_none() && joined * 2 <= of) {
                continue;
            }
            match &best {
                Some((most, ..)) if counts <= *most => second = second.max(counts),
                before => {
                    second = before.as_ref().map_or(second, |(most, ..)| *most);
                    best = Some((counts, number, way));
                }
            }
        }
        let found = best.filter(|(most, ..)| *most > second * 2);
        if let Some((_, number, way)) = &found
            && let (Some(trace), Some(tasks)) = (parts.traces.get(*number as usize), tasks.get(*number as usize))
        {
            joins.by_name_and_time(service, (records, acts, trace, tasks), *way);
            if let Some(place) = joins.trace_of.get_mut(service as usize) {
                *place = Some(*number);
            }
        }
        shares.push(found.map(|(_, number, (map, error))| (number, map, error)));
    }
    Some(shares)
}

/// The way from a service's clock to a trace's by what ids have joined: a task begins right behind its span's start.
fn by_joined(service: u32, trace: u32, records: &Records, acts: &Activities, joins: &Joins) -> Option<(ClockMap, i64)> {
    let lag = |(record, joined): (&RecordRef, &crate::session::join::Joined)| {
        let act = acts.get(joined.act).filter(|act| joined.is_whole && act.began && act.trace == trace)?;
        let is_its = records.service_of(*record) == service;
        Some(act.range.start.0.saturating_sub(records.span(*record)?.start)).filter(|_| is_its)
    };
    let mut lags: Vec<i64> = joins.of_record.iter().filter_map(lag).collect();
    lags.sort_unstable();
    let (least, middle) = (*lags.first()?, *lags.get(lags.len() / 2)?);
    Some((ClockMap::shift(least), middle.saturating_sub(least).saturating_add(100_000)))
}

/// The clocks of the services of span files.
pub(super) fn service_clocks(records: &Records, joins: &Joins, shares: &Shares) -> Vec<Clock> {
    let clock = |(at, service): (usize, &crate::session::records::RecordService)| {
        let share = shares.get(at).copied().flatten();
        let range = if service.spans == 0 { (0, 0) } else { service.range };
        Clock {
            range,
            wall: Some((ClockMap::default(), service.resolution)),
            process: share.map(|(trace, map, error)| (trace as usize, map, error)),
            ..Clock::default()
        }
    };
    debug_assert_eq!(records.services.len(), joins.trace_of.len(), "one each");
    records.services.iter().enumerate().map(clock).collect()
}

/// Calls whose both sides have a clock of their own: of tasks, and of spans in files.
pub(super) fn pairs(acts: &Activities, records: &Records, joins: &Joins, calls: &[&Call], traces: usize) -> Pairs {
    let mut pairs = Pairs::default();
    let mut add = |client: u32, server: u32| {
        let (Some(a), Some(b)) = (acts.get(client), acts.get(server)) else { return };
        if a.trace != b.trace && a.is_complete() && b.is_complete() {
            let (sent, served) = (a.range, b.range);
            let (send, receive) = (sent.start.0, sent.end.0);
            let pair = Pair { send, begin: served.start.0, end: served.end.0, receive, slack: TICK };
            pairs.entry((a.trace as usize, b.trace as usize)).or_default().push((pair, Some((client, server))));
        }
    };
    for call in calls {
        add(call.client, call.server);
    }
    let mut of_spans = Vec::new();
    for record in records.all() {
        let Some(parent) = records.parent(record) else { continue };
        let (own, other) = (records.service_of(record), records.service_of(parent));
        let (Some(served), Some(sent)) = (records.span(record), records.span(parent)) else { continue };
        let is_call = own != other
            && matches!(served.kind, SpanKind::Server | SpanKind::Unspecified)
            && matches!(sent.kind, SpanKind::Client | SpanKind::Unspecified);
        if !is_call {
            continue;
        }
        let act =
            |record: &RecordRef| joins.of_record.get(record).filter(|joined| joined.is_whole).map(|joined| joined.act);
        if let (Some(client), Some(server)) = (act(&parent), act(&record)) {
            add(client, server);
        }
        let slack = served.format.resolution_nanos().max(sent.format.resolution_nanos());
        let pair = Pair { send: sent.start, begin: served.start, end: served.end(), receive: sent.end(), slack };
        of_spans.push(((traces + other as usize, traces + own as usize), (pair, None)));
    }
    for (clocks, pair) in of_spans {
        pairs.entry(clocks).or_default().push(pair);
    }
    pairs
}

/// Calls between traces whose releases recorded no clocks, and that nothing else ties: since Go 1.22 the processes of one
/// host count time from one instant, so that tasks of one lie inside those of the other where these called them. If many
/// do, and each in an only one, that is no chance; how exact it is then follows from them as from any calls.
pub(super) fn pairs_by_time(
    (acts, hidden): (&Activities, &FxHashSet<u32>),
    parts: &Parts,
    (records, joins): (&Records, &Joins),
    pairs: &mut Pairs,
) {
    let is_known = |act: u32| joins.of_act.get(&act).is_some_and(|record| records.parent(*record).is_some());
    for (b, later) in (0_usize..).zip(&parts.traces) {
        for (a, earlier) in (0_usize..).zip(&parts.traces).take(b) {
            if !is_taken_for_one_host(((a, earlier), (b, later)), pairs) {
                continue;
            }
            let places: Vec<Placement> = (0..parts.traces.len()).map(|at| as_of_host(at == a || at == b)).collect();
            let found = by_time(acts, &[], &places, (&is_known, hidden));
            if found.list.len() < LEAST_BY_TIME {
                continue;
            }
            for call in &found.list {
                let (Some(client), Some(server)) = (acts.get(call.client), acts.get(call.server)) else { continue };
                let pair = Pair {
                    send: client.range.start.0,
                    begin: server.range.start.0,
                    end: server.range.end.0,
                    receive: client.range.end.0,
                    slack: TICK,
                };
                let clocks = (client.trace as usize, server.trace as usize);
                pairs.entry(clocks).or_default().push((pair, Some((call.client, call.server))));
            }
        }
    }
}

/// The same, of calls that no task tells of: by the connections they were on. Those that tie clocks.
pub(super) fn pairs_by_connection(parts: &Parts, wires: &[Connections], pairs: &mut Pairs) -> Vec<Match> {
    let ranges: Vec<_> = parts.traces.iter().map(|trace| trace.range()).collect();
    // All of them at once: who is called by one may be nearer to another one.
    let places: Vec<Placement> = parts.traces.iter().map(|trace| as_of_host(has_host_time(trace))).collect();
    let (matches, _) = wired::matched(wires, &ranges, &places);
    let mut by_clocks: FxHashMap<(usize, usize), Vec<Match>> = FxHashMap::default();
    for found in matches {
        by_clocks.entry((found.client.0 as usize, found.server.0 as usize)).or_default().push(found);
    }
    let mut by_clocks: Vec<_> = by_clocks.into_iter().collect();
    by_clocks.sort_unstable_by_key(|(clocks, _)| *clocks);
    let mut tied = Vec::new();
    for ((a, b), matches) in by_clocks {
        let (Some(calling), Some(serving)) = (parts.traces.get(a), parts.traces.get(b)) else { continue };
        let count: usize = matches.iter().map(|found| found.calls.len()).sum();
        if count < LEAST_BY_TIME || !is_taken_for_one_host(((a, calling), (b, serving)), pairs) {
            continue;
        }
        let of = matches.iter().flat_map(|found| wired::pairs(wires, found)).map(|pair| (pair, None));
        pairs.entry((a, b)).or_default().extend(of);
        tied.extend(matches);
    }
    tied
}

/// A trace of a release that records no clocks, and whose time is its host's.
fn has_host_time(trace: &Trace) -> bool {
    trace.clock_snapshots().is_empty() && trace.totals().version >= FIRST_WITH_HOST_TIME
}

/// A place as if the host's clock were the session's.
fn as_of_host(is: bool) -> Placement {
    Placement { error: is.then(|| Bounds::constant(TICK)), ..Placement::default() }
}

/// Whether nothing ties two traces, but both are of releases whose clocks are their host's, and were recorded at one time.
fn is_taken_for_one_host(((a, earlier), (b, later)): ((usize, &Trace), (usize, &Trace)), pairs: &Pairs) -> bool {
    let is_tied = pairs.contains_key(&(a, b)) || pairs.contains_key(&(b, a));
    !is_tied && earlier.range().overlaps(later.range()) && has_host_time(earlier) && has_host_time(later)
}

/// Bounds the clocks of traces by what was sent and received, where system calls tell, instead of by tasks: see
/// [`exchange`](crate::session::exchange). Traces of one boot need no pairs.
pub(super) fn sharpen(acts: &Activities, parts: &Parts, pairs: &mut Pairs) {
    let foreign: FxHashSet<u32> = {
        let is_foreign = |mention: &&Mention| acts.get(mention.act).is_some_and(|act| act.go != mention.go);
        acts.mentions.iter().filter(is_foreign).map(|mention| mention.act).collect()
    };
    let mut unique: Vec<(u32, u32)> = pairs.values().flatten().filter_map(|(_, sides)| *sides).collect();
    unique.sort_unstable();
    unique.dedup();
    let mut called: FxHashMap<u32, u32> = FxHashMap::default();
    for (client, _) in unique {
        *called.entry(client).or_default() += 1;
    }
    let mut by_clocks: Vec<(&(usize, usize), &mut Vec<_>)> = pairs.iter_mut().collect();
    by_clocks.sort_unstable_by_key(|(clocks, _)| **clocks);
    for (&(a, b), list) in by_clocks {
        let is_tied = |a: usize, b: usize| {
            let key = u32::try_from(a).ok().zip(u32::try_from(b).ok());
            key.is_some_and(|key| parts.boots.contains_key(&key))
        };
        let (Some(calling), Some(serving)) = (parts.traces.get(a), parts.traces.get(b)) else { continue };
        if is_tied(a, b) {
            continue;
        }
        list.sort_by_key(|(pair, _)| pair.room());
        list.truncate(MOST_SHARPENED);
        for (pair, sides) in list.iter_mut() {
            let Some((client, server)) = *sides else { continue };
            let (Some(calls), Some(serves)) = (acts.get(client), acts.get(server)) else { continue };
            // The call must be one that the goroutine itself made.
            let is_own = called.get(&client) == Some(&1)
                && !foreign.contains(&client)
                && !exchange::has_helpers(calling, calls.go, calls.range);
            let sent = if is_own { exchange::sent(calling, calls) } else { exchange::Sent::default() };
            *pair = sharper(*pair, sent, exchange::served(serving, serves));
        }
    }
}

/// A pair with what system calls tell of it.
fn sharper(pair: Pair, sent: exchange::Sent, served: exchange::Served) -> Pair {
    let nanos = |time: Option<TraceTime>, else_by: i64| time.map_or(else_by, |time| time.0);
    // Who gave up waiting may have done so before the server ended.
    let bound = if sent.may_have_given_up { pair.receive.saturating_add(FAR) } else { pair.receive };
    let found = Pair {
        send: nanos(sent.send, pair.send),
        begin: nanos(served.begin, pair.begin),
        end: nanos(served.end, pair.end),
        receive: nanos(sent.receive, bound),
        slack: pair.slack,
    };
    if found.room() < 0 { Pair { receive: bound, ..pair } } else { found }
}
