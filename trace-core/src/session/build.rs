//! Makes a session of its files, step by step.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::GoroutineIdx;
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::trace::Trace;
use crate::session::activity::{Activities, Activity, What};
use crate::session::calls::{Call, Calls, JoinBy, by_carried_id, by_request_id};
use crate::session::clock::{Bounds, ClockMap, Pair};
use crate::session::join::{Joins, TasksByName, offset_by_names};
use crate::session::model::{Content, Input, Service, Session, Tally};
use crate::session::name::{Told, main_package, of_file, told, told_apart};
use crate::session::pattern::Patterns;
use crate::session::place::{Clock, Pairs, Placement, TICK, place, same_boot};
use crate::session::records::{RecordRef, Records};
use crate::session::timely::by_time;
use crate::session::tree::{Children, SessionSpan, Sources, break_circles, callers, requests};
use crate::spans::{SpanFile, SpanKind};

/// Goroutines that are looked at to see whether two traces are of one process.
const LOOKED_AT: u32 = 10_000;

/// The first release whose traces count time from an instant that all processes of a host share: Go 1.22.
const FIRST_WITH_HOST_TIME: u32 = 22;
/// Calls found by time alone from which on two clocks are taken to be one.
const LEAST_BY_TIME: usize = 12;
/// Goroutines that two traces must have in common where no reading of a clock tells that they are of one boot.
const ALIKE: usize = 3;

/// The traces and span files among the inputs.
struct Parts {
    traces: Vec<Arc<Trace>>,
    /// The inputs that the traces are from.
    trace_inputs: Vec<usize>,
    files: Vec<Arc<SpanFile>>,
    told: Vec<Told>,
    /// Trace clocks to trace clocks of the same boot.
    boots: FxHashMap<(u32, u32), ClockMap>,
}

impl Parts {
    fn of(inputs: &[Input]) -> Self {
        let mut parts = Self {
            traces: Vec::new(),
            trace_inputs: Vec::new(),
            files: Vec::new(),
            told: Vec::new(),
            boots: FxHashMap::default(),
        };
        for (at, input) in inputs.iter().enumerate() {
            match &input.content {
                Content::Trace(trace) => {
                    parts.traces.push(Arc::clone(trace));
                    parts.trace_inputs.push(at);
                    parts.told.push(told(trace));
                }
                Content::Spans(file) => parts.files.push(Arc::clone(file)),
            }
        }
        for (a, from) in (0_u32..).zip(&parts.traces) {
            for (b, to) in (0_u32..).zip(&parts.traces).filter(|(b, _)| *b != a) {
                if let Some(map) = same_boot(from.clock_snapshots(), to.clock_snapshots()) {
                    parts.boots.insert((a, b), map);
                }
            }
        }
        parts
    }

    /// Which of two times is earlier, where both traces have one time base.
    fn order(&self, (a, one): (u32, i64), (b, other): (u32, i64)) -> Option<Ordering> {
        let one = if a == b { one } else { self.boots.get(&(a, b))?.apply(one) };
        (one.abs_diff(other) >= TICK.unsigned_abs()).then(|| one.cmp(&other))
    }
}

/// Finds all there is to find. `None` if cancelled.
#[must_use]
pub fn build(inputs: Vec<Input>, patterns: &Patterns, monitor: &Monitor) -> Option<Session> {
    let parts = Parts::of(&inputs);
    let mut acts = Activities::default();
    for trace in &parts.traces {
        acts.add(trace, patterns, monitor)?;
    }
    let copies = copies(&parts);
    let hidden = hide_copies(&copies, &parts, &mut acts);
    let records = Records::new(&parts.files);
    let order = |a: (u32, i64), b: (u32, i64)| parts.order(a, b);
    let carried = by_carried_id(&acts, &order);
    let early = by_request_id(&acts, &carried, &order);
    let mut joins = Joins::by_id(&records, &acts, &carried, &parts.traces);
    let mut clocks: Vec<Clock> = parts.traces.iter().map(|trace| Clock::of_trace(trace)).collect();
    for ((clock, told), at) in clocks.iter_mut().zip(&parts.told).zip(&parts.trace_inputs) {
        clock.log_wall = told.wall;
        clock.manual = inputs.get(*at).and_then(|input| input.offset);
    }
    for &(later, earlier) in &copies {
        let map = parts.boots.get(&(later, earlier)).copied().unwrap_or_default();
        if let Some(clock) = clocks.get_mut(later as usize) {
            clock.process = Some((earlier as usize, map, TICK));
        }
    }
    let shares = share(&parts, &records, &acts, &clocks, &mut joins, monitor)?;
    clocks.extend(service_clocks(&records, &joins, &shares));
    let known: Vec<&Call> = carried.list.iter().chain(&early.list).collect();
    let mut pairs = pairs(&acts, &records, &joins, &known, parts.traces.len());
    pairs_by_time((&acts, &hidden), &parts, (&records, &joins), &mut pairs);
    // A clock that the user moves moves alone: another one is the session's.
    let reference = clocks.iter().position(|clock| clock.manual.is_none()).unwrap_or(0);
    let places = place(&clocks, &pairs, reference);
    if monitor.is_cancelled() {
        return None;
    }
    let calls = all_calls((&acts, &hidden), carried, &records, &joins, &places);
    let mut session = Session { copies, doubles: records.doubles, ..Session::default() };
    let is_orphan = |record: &RecordRef| {
        records.span(*record).is_some_and(|span| span.parent.is_some()) && records.parent(*record).is_none()
    };
    session.orphans = records.all().filter(is_orphan).count() as u64;
    session.services = services(&inputs, &parts, &records, &joins, &places);
    let made = Made { acts: &acts, records: &records, joins: &joins, calls: &calls.list, hidden: &hidden };
    session.spans = made.spans(&session.services, &parts, &places);
    finish(session, inputs, (acts, calls), &records, joins, &parts).filter(|_| !monitor.is_cancelled())
}

/// Everything that follows from spans and their parents.
fn finish(
    mut session: Session,
    inputs: Vec<Input>,
    (acts, calls): (Activities, Calls),
    records: &Records,
    joins: Joins,
    parts: &Parts,
) -> Option<Session> {
    session.circles = break_circles(&mut session.spans);
    session.children = Children::of(&session.spans);
    let service_names: Vec<String> = session.services.iter().map(|service| service.name.clone()).collect();
    session.requests = requests(&Sources {
        spans: &session.spans,
        children: &session.children,
        acts: &acts,
        service_names: &service_names,
    });
    let ranges = session.services.iter().filter_map(Service::range);
    let ends = session.spans.iter().map(|span| TimeRange::new(TraceTime(span.start), TraceTime(span.end())));
    session.range = ranges.chain(ends).reduce(|a, b| TimeRange::new(a.start.min(b.start), a.end.max(b.end)))?;
    session.tasks = tally_of_tasks(records, &joins, parts, &session.services);
    let ids = calls.list.iter().filter(|call| call.by != JoinBy::ParentId).count() as u64;
    session.served = Tally {
        joined: ids,
        ambiguous: calls.ambiguous.len() as u64,
        unjoined: calls.single.iter().filter(|(act, _)| !joins.of_act.contains_key(act)).count() as u64,
    };
    session.ambiguous = joins.ambiguous;
    session.ambiguous_calls = calls.ambiguous;
    session.activities = acts.all;
    session.calls = calls.list;
    session.inputs = inputs;
    Some(session)
}

/// Traces of one process at one time: both have a goroutine that was created at the same time; several where nothing else
/// tells that their clocks are one.
fn copies(parts: &Parts) -> Vec<(u32, u32)> {
    let mut copies = Vec::new();
    for (b, later) in (0_u32..).zip(&parts.traces) {
        for (a, earlier) in (0_u32..).zip(&parts.traces).take(b as usize) {
            // Traces without readings of the clock tell no boot; what is of one process has one clock all the same.
            let boot = parts.boots.get(&(b, a));
            let has_clocks = !later.clock_snapshots().is_empty() && !earlier.clock_snapshots().is_empty();
            if boot.is_none() && has_clocks {
                continue;
            }
            let (map, enough) = boot.map_or((ClockMap::default(), ALIKE), |map| (*map, 1));
            let is_same = |go: &u32| {
                let known = later.goroutine(GoroutineIdx(*go))?;
                let other = earlier.goroutine(earlier.goroutine_by_id(known.id)?)?;
                let off = map.apply(known.created?.0).abs_diff(other.created?.0);
                (off <= TICK.unsigned_abs()).then_some(())
            };
            let first = later.goroutine_count().saturating_sub(LOOKED_AT);
            let starts = (0..LOOKED_AT.min(first)).chain(first..later.goroutine_count());
            let is_whole = later.range() == earlier.range() && later.totals().events == earlier.totals().events;
            if is_whole || starts.filter_map(|go| is_same(&go)).take(enough).count() == enough {
                copies.push((b, a));
                break;
            }
        }
    }
    copies
}

/// Leaves out of copies what the earlier trace of the process has, or has more of.
fn hide_copies(copies: &[(u32, u32)], parts: &Parts, acts: &mut Activities) -> FxHashSet<u32> {
    let mut hidden = FxHashSet::default();
    for &(later, earlier) in copies {
        let (Some(copy), Some(first)) = (parts.traces.get(later as usize), parts.traces.get(earlier as usize)) else {
            continue;
        };
        let map = parts.boots.get(&(later, earlier)).copied().unwrap_or_default();
        let mut regions: Vec<(i64, GoroutineIdx, u32)> = (0_u32..)
            .zip(&acts.all)
            .filter(|(_, act)| act.trace == earlier && matches!(act.what, What::Region(_)))
            .map(|(at, act)| (act.range.start.0, act.go, at))
            .collect();
        regions.sort_unstable();
        let twin = |act: &Activity| match act.what {
            What::Task(task) => acts.of_task(earlier, first.task_by_id(copy.task(task)?.id)?),
            What::Region(_) => {
                let start = map.apply(act.range.start.0);
                let go = first.goroutine_by_id(copy.goroutine(act.go)?.id)?;
                let near = regions.partition_point(|(time, ..)| *time < start.saturating_sub(TICK));
                let near = regions.get(near..)?.iter().take_while(|(time, ..)| *time <= start.saturating_add(TICK));
                near.filter(|(_, other, _)| *other == go).map(|(.., at)| *at).next()
            }
        };
        for (at, act) in (0_u32..).zip(&acts.all).filter(|(_, act)| act.trace == later) {
            let Some(other) = twin(act) else { continue };
            let is_less = act.is_complete() && acts.get(other).is_some_and(|other| !other.is_complete());
            hidden.insert(if is_less { other } else { at });
        }
    }
    acts.mentions.retain(|mention| !hidden.contains(&mention.act));
    hidden
}

/// The clock of a service of span files as that of a trace: map and error.
type Shares = Vec<Option<(u32, ClockMap, i64)>>;

/// Finds out which services of span files are the processes of traces, and joins their spans.
fn share(
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
fn service_clocks(records: &Records, joins: &Joins, shares: &Shares) -> Vec<Clock> {
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
fn pairs(acts: &Activities, records: &Records, joins: &Joins, calls: &[&Call], traces: usize) -> Pairs {
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

/// All calls, with those that need clocks.
fn all_calls(
    (acts, hidden): (&Activities, &FxHashSet<u32>),
    mut calls: Calls,
    records: &Records,
    joins: &Joins,
    places: &[Placement],
) -> Calls {
    let order = |(a, one): (u32, i64), (b, other): (u32, i64)| {
        if a == b {
            return Some(one.cmp(&other));
        }
        let (from, to) = (places.get(a as usize)?, places.get(b as usize)?);
        let error = from.error?.at(one).saturating_add(to.error?.at(other));
        let (one, other) = (from.map.apply(one), to.map.apply(other));
        // Within the error a caller is taken to contain what it called.
        Some(if one <= other.saturating_add(error) { Ordering::Less } else { Ordering::Greater })
    };
    // What would have served a call before that was made belongs to another one.
    let is_late = |call: &Call| {
        let begin = |at: u32| acts.get(at).filter(|act| act.began).map(|act| (act.trace, act.range.start.0));
        let (client, server) = (begin(call.client), begin(call.server));
        client.zip(server).is_some_and(|(client, server)| order(client, server).is_some_and(Ordering::is_gt))
    };
    let (late, list): (Vec<Call>, Vec<Call>) = std::mem::take(&mut calls.list).into_iter().partition(is_late);
    calls.list = list;
    calls.ambiguous.extend(late.iter().map(|call| call.server));
    settle(acts, &mut calls, places);
    let asked = by_request_id(acts, &calls, &order);
    calls.list.extend(asked.list);
    calls.ambiguous.extend(asked.ambiguous);
    // A span file tells who called.
    let is_known = |act: u32| joins.of_act.get(&act).is_some_and(|record| records.parent(*record).is_some());
    // What lies inside of a call may have been called by a process in between, whose clock nothing ties to the others.
    let has_tasks = |trace: u32| acts.all.iter().any(|act| act.trace == trace && matches!(act.what, What::Task(_)));
    let traces = u32::try_from(acts.starts.len()).unwrap_or(u32::MAX);
    let is_placed = |trace: u32| places.get(trace as usize).is_some_and(|place| place.error.is_some());
    if (0..traces).all(|trace| is_placed(trace) || !has_tasks(trace)) {
        let timed = by_time(acts, &calls.list, places, (&is_known, hidden));
        calls.list.extend(timed.list);
        calls.ambiguous.extend(timed.ambiguous);
    }
    calls
}

/// Which of two activities with one id called is clear where clocks tell which began first, beyond their errors.
fn settle(acts: &Activities, calls: &mut Calls, places: &[Placement]) {
    if calls.ambiguous.is_empty() {
        return;
    }
    let order = |(a, one): (u32, i64), (b, other): (u32, i64)| {
        let (from, to) = (places.get(a as usize)?, places.get(b as usize)?);
        let error = if a == b { 0 } else { from.error?.at(one).saturating_add(to.error?.at(other)) };
        let (one, other) = (from.map.apply(one), to.map.apply(other));
        (one.abs_diff(other) > error.unsigned_abs()).then(|| one.cmp(&other))
    };
    let again = by_carried_id(acts, &order);
    let served: FxHashSet<u32> = calls.list.iter().map(|call| call.server).collect();
    calls.list.extend(again.list.into_iter().filter(|call| !served.contains(&call.server)));
    let served: FxHashSet<u32> = calls.list.iter().map(|call| call.server).collect();
    let called: FxHashSet<u32> = calls.list.iter().map(|call| call.client).collect();
    calls.ambiguous.retain(|act| !served.contains(act) && !called.contains(act));
    calls.single.retain(|(act, _)| !served.contains(act) && !called.contains(act));
}

/// Calls between traces whose releases recorded no clocks, and that nothing else ties: since Go 1.22 the processes of one
/// host count time from one instant, so that tasks of one lie inside those of the other where these called them. If many
/// do, and each in an only one, that is no chance; how exact it is then follows from them as from any calls.
fn pairs_by_time(
    (acts, hidden): (&Activities, &FxHashSet<u32>),
    parts: &Parts,
    (records, joins): (&Records, &Joins),
    pairs: &mut Pairs,
) {
    let is_known = |act: u32| joins.of_act.get(&act).is_some_and(|record| records.parent(*record).is_some());
    let has_no_clock =
        |trace: &Trace| trace.clock_snapshots().is_empty() && trace.totals().version >= FIRST_WITH_HOST_TIME;
    for (b, later) in (0_usize..).zip(&parts.traces) {
        for (a, earlier) in (0_usize..).zip(&parts.traces).take(b) {
            let is_tied = pairs.contains_key(&(a, b)) || pairs.contains_key(&(b, a));
            let overlaps = earlier.range().overlaps(later.range());
            if is_tied || !overlaps || !has_no_clock(earlier) || !has_no_clock(later) {
                continue;
            }
            let mut places = vec![Placement::default(); parts.traces.len()];
            for at in [a, b] {
                if let Some(place) = places.get_mut(at) {
                    *place = Placement { error: Some(Bounds::constant(TICK)), ..Placement::default() };
                }
            }
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

/// The services: traces first, then what only span files know.
fn services(inputs: &[Input], parts: &Parts, records: &Records, joins: &Joins, places: &[Placement]) -> Vec<Service> {
    let mut services = Vec::new();
    let mut names = Vec::new();
    let of_trace = |trace: u32| {
        let own = joins.trace_of.iter().zip(0_usize..).filter(move |(of, _)| **of == Some(trace));
        own.filter_map(|(_, at)| Some((at, records.services.get(at)?)))
    };
    // Several services of one program are told apart by the names of their files.
    let mains: Vec<Option<String>> = parts.traces.iter().map(|trace| main_package(trace)).collect();
    let is_only = |name: &String| mains.iter().flatten().filter(|other| *other == name).count() == 1;
    for ((number, (trace, &input)), told) in
        (0_u32..).zip(parts.traces.iter().zip(&parts.trace_inputs)).zip(&parts.told)
    {
        let spans = of_trace(number).max_by_key(|(_, service)| service.spans);
        let given = inputs.get(input).and_then(|input| input.name.clone());
        let by_spans = || spans.map(|(_, service)| service.known.name.to_string()).filter(|name| !name.is_empty());
        let by_main = || mains.get(number as usize).cloned().flatten().filter(is_only);
        let by_file = || inputs.get(input).map(|input| of_file(&input.file)).unwrap_or_default();
        let name = given.or_else(by_spans).or_else(|| told.name.clone()).or_else(by_main);
        names.push(name.unwrap_or_else(by_file));
        let clock = places.get(number as usize).cloned().unwrap_or_default();
        let span_clock = spans.and_then(|(at, _)| places.get(parts.traces.len() + at).cloned());
        let count = of_trace(number).map(|(_, service)| u64::from(service.spans)).sum();
        services.push(Service {
            name: String::new(),
            input: Some(input),
            trace: Some(Arc::clone(trace)),
            clock,
            span_clock,
            spans: count,
        });
    }
    for (at, known) in records.services.iter().enumerate() {
        let has_trace = joins.trace_of.get(at).copied().flatten().is_some();
        if !has_trace && known.spans > 0 {
            let name = if known.known.name.is_empty() { "unnamed service" } else { &known.known.name };
            names.push(name.to_owned());
            let clock = places.get(parts.traces.len() + at).cloned().unwrap_or_default();
            let (span_clock, spans) = (Some(clock.clone()), known.spans.into());
            services.push(Service { name: String::new(), input: None, trace: None, clock, span_clock, spans });
        }
    }
    for (service, name) in services.iter_mut().zip(told_apart(names)) {
        service.name = name;
    }
    services
}

/// What spans are made of.
struct Made<'a> {
    acts: &'a Activities,
    records: &'a Records,
    joins: &'a Joins,
    calls: &'a [Call],
    hidden: &'a FxHashSet<u32>,
}

impl Made<'_> {
    /// The place among the session's services of each of the span files' services.
    fn service_places(&self, traces: usize) -> Vec<u32> {
        let mut next = traces;
        let place = |(of, known): (&Option<u32>, &crate::session::records::RecordService)| match of {
            Some(trace) => *trace,
            None if known.spans > 0 => {
                next += 1;
                u32::try_from(next - 1).unwrap_or(u32::MAX)
            }
            None => u32::MAX,
        };
        self.joins.trace_of.iter().zip(&self.records.services).map(place).collect()
    }

    /// Spans of files first, then activities that are none of these.
    fn spans(&self, services: &[Service], parts: &Parts, places: &[Placement]) -> Vec<SessionSpan> {
        let of_service = self.service_places(parts.traces.len());
        let mut spans = Vec::with_capacity(self.records.len() + self.acts.all.len());
        let mut of_act: FxHashMap<u32, u32> = FxHashMap::default();
        let place_of = |service: u32| places.get(parts.traces.len() + service as usize);
        for record in self.records.all() {
            let service = self.records.service_of(record);
            let map = place_of(service).map_or(ClockMap::default(), |place| place.map);
            let joined = self.joins.of_record.get(&record);
            if let Some(joined) = joined.filter(|joined| joined.is_whole) {
                of_act.insert(joined.act, u32::try_from(spans.len()).unwrap_or(u32::MAX));
            }
            spans.push(self.of_record(record, map, of_service.get(service as usize).copied().unwrap_or(u32::MAX)));
        }
        for (at, act) in (0_u32..).zip(&self.acts.all) {
            if !self.hidden.contains(&at) && !of_act.contains_key(&at) {
                of_act.insert(at, u32::try_from(spans.len()).unwrap_or(u32::MAX));
                spans.push(self.of_act(at, act, services));
            }
        }
        self.find_parents(&mut spans, &of_act);
        self.name_ids(&mut spans, &of_act);
        spans
    }

    fn of_record(&self, record: RecordRef, map: ClockMap, service: u32) -> SessionSpan {
        let joined = self.joins.of_record.get(&record).copied();
        let span = self.records.span(record);
        let (start, end) = span.map_or((0, 0), |span| (map.apply(span.start), map.apply(span.end())));
        SessionSpan {
            service,
            name: self.records.shared_name(record),
            start,
            nanos: end.saturating_sub(start).max(0),
            parent: None,
            record: Some(record),
            act: joined.map(|joined| joined.act),
            go: joined.map(|joined| joined.go).filter(|go| go.is_some()),
            by: joined.map(|joined| joined.by),
            ids: (span.map(|span| span.trace), span.map(|span| span.id)),
            kind: span.map_or(SpanKind::Unspecified, |span| span.kind),
            is_error: span.is_some_and(|span| span.is_error),
            is_complete: true,
        }
    }

    fn of_act(&self, at: u32, act: &Activity, services: &[Service]) -> SessionSpan {
        let service = services.get(act.trace as usize);
        let time = |time: TraceTime| service.map_or(time.0, |service| service.session_time(time));
        let (start, end) = (time(act.range.start), time(act.range.end));
        let name = service.and_then(|service| service.trace.as_ref()).map_or("", |trace| trace.str(act.name));
        debug_assert!(self.acts.get(at).is_some(), "a place");
        SessionSpan {
            service: act.trace,
            name: name.into(),
            start,
            nanos: end.saturating_sub(start).max(0),
            parent: None,
            record: None,
            act: Some(at),
            go: Some(act.go).filter(|go| go.is_some()),
            by: None,
            ids: (None, None),
            kind: SpanKind::Unspecified,
            is_error: false,
            is_complete: act.is_complete(),
        }
    }

    /// What each span belongs to: as the file says, else what called it, else the task around it.
    fn find_parents(&self, spans: &mut [SessionSpan], of_act: &FxHashMap<u32, u32>) {
        let callers = callers(self.calls);
        for at in 0..spans.len() {
            let Some(span) = spans.get(at) else { continue };
            let by_file = span.record.and_then(|record| self.records.parent(record));
            let parent =
                by_file.and_then(|parent| self.records.place(parent)).and_then(|place| u32::try_from(place).ok());
            let call = span.act.and_then(|act| callers.get(&act));
            let called = || call.and_then(|call| of_act.get(&call.client).copied());
            let around = || {
                let act = self.acts.get(span.act?)?;
                of_act.get(&act.parent?).copied()
            };
            let by_call = parent.is_none() && called().is_some();
            let parent = parent.or_else(called).or_else(around).filter(|parent| *parent as usize != at);
            let by = call.map(|call| call.by).filter(|_| by_call && span.by.is_none());
            if let Some(span) = spans.get_mut(at) {
                span.parent = parent;
                span.by = span.by.or(by);
            }
        }
        for call in self.calls {
            for (act, kind) in [(call.client, SpanKind::Client), (call.server, SpanKind::Server)] {
                let span = of_act.get(&act).and_then(|at| spans.get_mut(*at as usize));
                if let Some(span) = span.filter(|span| span.kind == SpanKind::Unspecified) {
                    span.kind = kind;
                }
            }
        }
    }

    /// The ids that activities logged.
    fn name_ids(&self, spans: &mut [SessionSpan], of_act: &FxHashMap<u32, u32>) {
        for mention in &self.acts.mentions {
            let ids = &mention.found.ids;
            let Some(span) = of_act.get(&mention.act).and_then(|at| spans.get_mut(*at as usize)) else { continue };
            span.ids.0 = span.ids.0.or(ids.trace.filter(|_| !ids.is_half));
            span.ids.1 = span.ids.1.or(ids.span.filter(|_| !ids.is_carried));
        }
    }
}

/// The spans of services with a trace that lie in it: joined, ambiguous, and neither.
fn tally_of_tasks(records: &Records, joins: &Joins, parts: &Parts, services: &[Service]) -> Tally {
    let mut tally = Tally { ambiguous: 0, ..Tally::default() };
    let ambiguous: FxHashSet<RecordRef> = joins.ambiguous.iter().copied().collect();
    for record in records.all() {
        if joins.of_record.contains_key(&record) {
            tally.joined += 1;
            continue;
        }
        let trace = joins.trace_of.get(records.service_of(record) as usize).copied().flatten();
        let Some(trace) = trace else { continue };
        let service = services.get(trace as usize);
        let (Some(known), Some(span)) = (parts.traces.get(trace as usize), records.span(record)) else { continue };
        let back = service.map(|service| service.clock.map.inverse()).unwrap_or_default();
        let in_trace = service.and_then(|service| service.span_clock.as_ref()).is_some_and(|clock| {
            let error = clock.error.map_or(0, |error| error.most());
            let range = known.range();
            let time = |time: i64| TraceTime(back.apply(clock.map.apply(time)));
            time(span.start) >= range.start.plus_nanos(-error) && time(span.end()) <= range.end.plus_nanos(error)
        });
        if ambiguous.contains(&record) {
            tally.ambiguous += 1;
        } else if in_trace {
            tally.unjoined += 1;
        }
    }
    tally
}
