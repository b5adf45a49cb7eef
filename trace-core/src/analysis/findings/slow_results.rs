//! Results of other goroutines for which requests wait most of their time.

use std::collections::BTreeMap;

use crate::analysis::blocked_by::{Meanwhile, Wakers};
use crate::analysis::findings::busy_team::BusyTeam;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::imbalance::{TEAM, team_of};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::requests::SlowRequests;
use crate::analysis::findings::site_waits::waits_like;
use crate::analysis::findings::slow_calls::{call, has, near};
use crate::analysis::findings::slow_pauses::{RAISE_LIMIT, mostly};
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::{go_name, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::work_unit::is_timed;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TraceTime;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Waits that one act of waking ends, on average, from which on they wait for one result.
const SHARED: f64 = 1.4;
/// Goroutines that end so shortly after they were woken did nothing more, ns.
const AT_ONCE: i64 = 1_000_000;
/// Spans of a goroutine that are looked at to see whether it writes.
const LOOKED_THROUGH: usize = 10_000;

const OWN_WORKERS: &str = "If those wait for work that they have handed to these same workers, nobody is left to do it: do it \
                           in place, or on workers of its own. Otherwise find out why nothing comes before the timer fires.";

/// Waits for what another goroutine hands over: what that one did meanwhile.
pub(crate) fn result(context: &Context<'_>, slow: &SlowRequests<'_>, found: &Wakers) -> Option<Reason> {
    let top = heaviest(context, found)?;
    let is_sibling = has_function(context, top.stack, slow.key.function);
    let is_shared = (found.per_act >= SHARED || is_sibling) && !only_reads(context, top);
    let is_waiting = matches!(top.doing, StepKind::Waiting(_) | StepKind::Syscall);
    let class = if let StepKind::Waiting(class) = top.doing { class } else { SpanClass::Syscall };
    let op = context.places.op(top.stack);
    // Whoever allocates may wait for the GC.
    let is_allocating =
        op == Op::Other && context.places.callee(top.stack).is_some_and(|callee| callee.starts_with("runtime."));
    if !is_waiting || is_allocating || op.is_lock() || class == SpanClass::Gc || !context.places.has_own(top.stack) {
        return None;
    }
    if context.places.is_direct(top.stack) && started_most(context, slow, top.go) {
        return None;
    }
    let others: Vec<GoroutineIdx> = found.by_go.iter().map(|by| by.0).collect();
    if class != SpanClass::Syscall && is_idle(context.places, top.stack, class) {
        // It had nothing to do until something came. Many that wait for what comes at a rhythm, one at a time, are
        // held back by it.
        let is_rhythm = op == Op::Sleep || matches!(op, Op::Receive | Op::Select);
        return (is_rhythm && found.per_act < SHARED && is_queue(slow)).then(|| limiter(context, slow, top, others));
    }
    let named = context.named(top.stack, same_stacks(context, found, top)).or_else(|| near(context, top.stack));
    let called_from = named.as_ref().map_or_else(String::new, Named::called_from);
    let doing = format!("{}{called_from}", where_at(context.places, top.stack));
    let at = where_at(context.places, slow.stack);
    // Whoever produced for the longest time.
    let same = alike(context, found, top);
    let mut by_go: BTreeMap<GoroutineIdx, u64> = BTreeMap::new();
    same.for_each(|part| *by_go.entry(part.go).or_default() += part.own_nanos());
    let producers = by_go.len() as u64;
    let producer =
        by_go.into_iter().max_by_key(|&(go, nanos)| (nanos, std::cmp::Reverse(go))).map_or(top.go, |by| by.0);
    if !is_shared && context.places.is_direct(top.stack) {
        return Some(other_wait(context, (slow, found), top, (named, others)));
    }
    if let Some(team) = BusyTeam::of(context, slow, top, is_shared) {
        return Some(team.reason((at, doing), named, (top.stack, others)));
    }
    if !is_shared {
        return Some(answer(context, (slow, found), (top, &doing), others));
    }
    if op == Op::WaitGroup && is_told_to_end(context, slow, found) {
        return None;
    }
    let check = "Compute the result before it is needed (refresh it early and serve the old one until then), or make it \
                 faster: all callers wait for it.";
    let who = go_name(context.trace, producer);
    let results = if (found.waits as f64) < found.per_act * 1.5 { "one result that" } else { "results that" };
    let mut evidence = Evidence::default();
    let gos = evidence.count("producers", producers, "goroutine");
    let by = if producers > 1 { format!("{gos} (the longest {who})") } else { who };
    let at = format!("{} for {results} {by} produced{doing}", at.trim_start());
    let (kind, stack) = (Kind::SerialWaits, top.stack);
    Some(Reason {
        kind,
        name: Cause::SharedResult,
        check,
        named,
        stack,
        at,
        others,
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    })
}

/// Whether most of those who wait are woken at once and end: who waited for others until then told them that nothing more
/// comes.
fn is_told_to_end(context: &Context<'_>, slow: &SlowRequests<'_>, found: &Wakers) -> bool {
    let waits = &slow.part.longest;
    let ends = |wait: &&Wait| {
        let ended = context.workload.go(wait.go).and_then(GoroutineStats::ended);
        ended.is_some_and(|ended| ended.nanos_since(wait.range.end) < AT_ONCE)
    };
    found.per_act >= SHARED && waits.iter().filter(ends).count() * 2 > waits.len()
}

/// Waits for what other goroutines make of the answer to a call. A goroutine that only reads from a connection answers
/// whatever call comes next: what takes long is the call that the requests made.
fn answer(
    context: &Context<'_>,
    (slow, found): (&SlowRequests<'_>, &Wakers),
    (top, doing): (&Meanwhile, &str),
    others: Vec<GoroutineIdx>,
) -> Reason {
    let waits = &slow.part.longest;
    let at = where_at(context.places, slow.stack);
    let mut cause = if only_reads(context, top) {
        let own = waits.iter().map(|wait| (wait.stack, wait.nanos()));
        let cause = call(context, slow.stack, own, waits);
        let at = format!("{}, for answers that goroutines read{doing}", at.trim_start());
        Reason { at, ..cause }
    } else {
        let cause = call(context, top.stack, same_stacks(context, found, top), waits);
        let at = format!("{}, for goroutines that were{doing}", at.trim_start());
        Reason { at, ..cause }
    };
    cause.evidence = Evidence::default();
    cause.others = others;
    cause.confidence = 0.7;
    cause
}

/// Whether a goroutine only reads from a connection, and hands each of those who wait the answer to its own call: it never
/// writes. Whoever produces a result asks for it first.
fn only_reads(context: &Context<'_>, reader: &Meanwhile) -> bool {
    if !matches!(reader.doing, StepKind::Waiting(SpanClass::WaitNet)) || !context.places.is_plain(reader.stack) {
        return false;
    }
    never_writes(context, reader.go)
}

/// Whether a goroutine waits for a connection to read from, and never writes to one.
pub(crate) fn only_waits_to_read(context: &Context<'_>, reader: &Meanwhile) -> bool {
    reader.doing == StepKind::Waiting(SpanClass::WaitNet)
        && has(context, reader.stack, "internal/poll.(*FD).Read")
        && never_writes(context, reader.go)
}

fn never_writes(context: &Context<'_>, go: GoroutineIdx) -> bool {
    let spans = context.trace.spans(LaneId::Goroutine(go), context.trace.range()).take(LOOKED_THROUGH);
    let mut calls = spans.filter(|span| span.state == GoState::Syscall);
    !calls.any(|call| has(context, call.start_stack, "(*FD).Write"))
}

/// Whether one goroutine started most of those who wait: it tells workers that there is no more to do.
fn started_most(context: &Context<'_>, slow: &SlowRequests<'_>, creator: GoroutineIdx) -> bool {
    let is_own = |wait: &&Wait| context.workload.go(wait.go).and_then(GoroutineStats::creator) == Some(creator);
    let all = &slow.part.longest;
    all.iter().filter(is_own).count() * 2 > all.len()
}

/// Goroutines whose result is waited for wait on a channel of the program's own: what for, the trace does not tell.
fn other_wait(
    context: &Context<'_>,
    (slow, found): (&SlowRequests<'_>, &Wakers),
    top: &Meanwhile,
    (named, others): (Option<Named>, Vec<GoroutineIdx>),
) -> Reason {
    let mut evidence = Evidence::default();
    let waits = waits_like(context, top.stack);
    let timed: u64 = waits.iter().filter(|wait| is_timed(context.places, wait)).map(Wait::nanos).sum();
    let is_by_clock = timed * 2 > waits.iter().map(Wait::nanos).sum();
    let team = team_of(context, top.go);
    let at_once = most_at_once(&waits, &team);
    let is_all = (2..=TEAM).contains(&team.len()) && at_once == team.len();
    let called_from = named.as_ref().map_or_else(String::new, Named::called_from);
    let doing = format!("{}{called_from}", where_at(context.places, top.stack));
    let timer = match is_by_clock {
        true => format!(" {}until a timer fired", mostly(timed, waits.iter().map(Wait::nanos).sum())),
        false => String::new(),
    };
    let all = if is_all {
        let all = evidence.count("workers", at_once as u64, "goroutine");
        format!(
            ": at times all {all} of {} at once",
            context.trace.str(team.first().map_or(StrId::EMPTY, |one| one.name))
        )
    } else {
        String::new()
    };
    let at = where_at(context.places, slow.stack);
    let at = format!("{}, for goroutines that were{doing}{timer}{all}", at.trim_start());
    let check = match (is_all, is_by_clock) {
        (true, true) => OWN_WORKERS,
        (false, true) => "Find out why nothing comes before the timer fires.",
        _ => "Find out who ends those waits, and why that takes so long.",
    };
    let is_own = is_all && is_by_clock;
    let (kind, name) =
        if is_own { (Kind::LimitedConcurrency, Cause::OwnWorkers) } else { (Kind::SerialWaits, Cause::SlowCall) };
    let confidence = if found.waits * 2 >= slow.part.place_time.count { 0.7 } else { 0.6 };
    let stack = top.stack;
    Reason { kind, name, check, named, stack, at, others, other: None, looked: None, evidence, confidence }
}

/// How many goroutines of a team are in such waits at once, at most.
fn most_at_once(waits: &[Wait], team: &[&GoroutineStats]) -> usize {
    let is_member = |wait: &&Wait| team.iter().any(|facts| facts.go == wait.go);
    let edges = waits.iter().filter(is_member).flat_map(|wait| [(wait.range.start, 1), (wait.range.end, -1)]);
    let mut edges: Vec<(TraceTime, i64)> = edges.collect();
    edges.sort_unstable();
    let counts = edges.iter().scan(0, |now, edge| {
        *now += edge.1;
        Some(*now)
    });
    usize::try_from(counts.max().unwrap_or(0)).unwrap_or(0)
}

/// Whether several wait at once.
fn is_queue(slow: &SlowRequests<'_>) -> bool {
    let mut waits: Vec<_> = slow.part.longest.iter().map(|wait| wait.range).collect();
    waits.sort_unstable_by_key(|range| (range.start, range.end));
    let overlapping = waits.windows(2).filter(|pair| matches!(pair, [one, other] if other.start < one.end)).count();
    overlapping * 3 >= waits.len() * 2 && waits.len() >= 6
}

fn limiter(context: &Context<'_>, slow: &SlowRequests<'_>, top: &Meanwhile, others: Vec<GoroutineIdx>) -> Reason {
    let who = go_name(context.trace, top.go);
    let at = where_at(context.places, slow.stack);
    let at = format!(
        "{} for {who}, which lets one through at a time, waiting{}",
        at.trim_start(),
        where_at(context.places, top.stack)
    );
    let check = RAISE_LIMIT;
    let (kind, named, stack) = (Kind::PollingSleep, near(context, slow.stack), slow.stack);
    Reason {
        kind,
        name: Cause::RateLimit,
        check,
        named,
        stack,
        at,
        others,
        other: None,
        looked: None,
        evidence: Evidence::default(),
        confidence: 0.75,
    }
}

/// What those who ended the waits did most of all, by function; `None` if nothing takes half of the time.
pub(crate) fn heaviest<'a>(context: &Context<'_>, found: &'a Wakers) -> Option<&'a Meanwhile> {
    let sum = |part: &Meanwhile| alike(context, found, part).map(|part| part.nanos).sum::<u64>();
    let first = found.parts.iter().max_by_key(|part| (sum(part), part.nanos))?;
    (sum(first) * 2 >= found.examined).then_some(first)
}

/// The parts in which the same was done in the same function, by whomever.
fn alike<'a>(context: &Context<'_>, found: &'a Wakers, one: &Meanwhile) -> impl Iterator<Item = &'a Meanwhile> {
    let key = |part: &Meanwhile| (part.doing, context.places.near_function(part.stack));
    let wanted = key(one);
    found.parts.iter().filter(move |part| key(part) == wanted)
}

/// The stacks of these parts, with their nanoseconds.
fn same_stacks(context: &Context<'_>, found: &Wakers, one: &Meanwhile) -> Vec<(StackId, u64)> {
    alike(context, found, one).map(|part| (part.stack, part.nanos)).collect()
}

fn has_function(context: &Context<'_>, stack: StackId, function: u32) -> bool {
    let Some(name) = context.places.name(function) else { return false };
    context.places.own_frames(stack).any(|frame| frame.function == name)
}
