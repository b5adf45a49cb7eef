//! Makes a session of its files, step by step.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::session::activity::{Activities, What};
use crate::session::calls::{Call, Calls, JoinBy, by_carried_id, by_request_id};
use crate::session::clock_ties::{pairs, pairs_by_connection, pairs_by_time, service_clocks, share, sharpen};
use crate::session::connections::Connections;
use crate::session::join::Joins;
use crate::session::model::{Input, Service, Session, Tally};
use crate::session::name::{main_package, of_file, told_apart};
use crate::session::parts::{Parts, copies, hide_copies};
use crate::session::pattern::Patterns;
use crate::session::place::{Clock, Placement, TICK, place};
use crate::session::records::{RecordRef, Records};
use crate::session::spans::{Made, tally_of_tasks};
use crate::session::timely::{by_time, told_by_ids};
use crate::session::tree::{Children, Sources, break_circles, requests};
use crate::session::wired::{self, Match, by_connection};

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
    let wires = wired::all(&parts, &copies);
    let tied = pairs_by_connection(&parts, &wires, &mut pairs);
    pairs_by_time((&acts, &hidden), &parts, (&records, &joins), &mut pairs);
    sharpen(&acts, &parts, &mut pairs);
    // A clock that the user moves moves alone: another one is the session's.
    let reference = clocks.iter().position(|clock| clock.manual.is_none()).unwrap_or(0);
    let places = place(&clocks, &pairs, reference);
    if monitor.is_cancelled() {
        return None;
    }
    let calls = all_calls((&mut acts, &hidden), carried, (&records, &joins), (&parts, &wires), (&places, &tied));
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

/// All calls, with those that need clocks.
pub(super) fn all_calls(
    (acts, hidden): (&mut Activities, &FxHashSet<u32>),
    mut calls: Calls,
    (records, joins): (&Records, &Joins),
    (parts, wires): (&Parts, &[Connections]),
    (places, tied): (&[Placement], &[Match]),
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
    let with_ids = told_by_ids(acts);
    let is_told = |act: u32| is_known(act) || with_ids.contains(&act);
    let told = (&is_told as &dyn Fn(u32) -> bool, records.len() > 0);
    let wired = by_connection(acts, (parts, wires), (places, tied), (&calls.list, hidden), told);
    calls.list.extend(wired.list);
    calls.ambiguous.extend(wired.ambiguous);
    // What lies inside of a call may have been called by a process in between, whose clock nothing ties to the others.
    let has_tasks = |trace: u32| acts.all.iter().any(|act| act.trace == trace && matches!(act.what, What::Task(_)));
    let traces = u32::try_from(acts.starts.len()).unwrap_or(u32::MAX);
    let is_placed = |trace: u32| places.get(trace as usize).is_some_and(|place| place.error.is_some());
    if (0..traces).all(|trace| is_placed(trace) || !has_tasks(trace)) {
        let timed = by_time(acts, &calls.list, places, (&is_known, hidden));
        calls.list.extend(timed.list);
        calls.ambiguous.extend(timed.ambiguous);
        calls.ambiguous.sort_unstable();
        calls.ambiguous.dedup();
        let served: FxHashSet<u32> = calls.list.iter().map(|call| call.server).collect();
        calls.ambiguous.retain(|act| !served.contains(act));
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
