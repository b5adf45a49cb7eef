//! Requests that are slow though they neither compute nor wait for a lock: a call that takes long, a result that one
//! goroutine produces for many, a pause, a deadline that expires, a rate limit.

use std::collections::BTreeMap;

use crate::analysis::blocked_by::{Blocked, Meanwhile, Wakers, wakers};
use crate::analysis::findings::busy_team::BusyTeam;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::imbalance::{TEAM, team_of};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::other_side::{LOOK_AT_HANDLER, SLOW_HANDLER, other_side};
use crate::analysis::findings::peers::{analysed, makes_connection};
use crate::analysis::findings::rate_limit::interval;
use crate::analysis::findings::requests::{RequestKind, SlowRequests, is_explained, slow};
use crate::analysis::findings::site_waits::waits_like;
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::{counted, go_name, place_name, their, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::work_unit::is_timed;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TraceTime;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Less per request is the way of networks, ns.
const NOTE_BELOW: u64 = 40_000_000;
/// Less per request is no main trouble, ns.
const WARNING_BELOW: u64 = 60_000_000;
/// The same two limits for pauses that the program makes itself.
pub(crate) const PAUSE_NOTE_BELOW: u64 = 20_000_000;
pub(crate) const PAUSE_WARNING_BELOW: u64 = 40_000_000;
/// Waits that one act of waking ends, on average, from which on they wait for one result.
const SHARED: f64 = 1.4;
/// A wait in `select` that the clock ends, with nothing after it, is a long poll from here on, ns.
const LONG_POLL: u64 = 1_000_000_000;

/// Spans of a goroutine that are looked at to see whether it writes.
const LOOKED_THROUGH: usize = 10_000;

const OWN_WORKERS: &str = "If those wait for work that they have handed to these same workers, nobody is left to do it: do it \
                           in place, or on workers of its own. Otherwise find out why nothing comes before the timer fires.";
const FEWER_WORKERS: &str =
    "Raise the limit if what it protects can take more; otherwise fewer of these goroutines do as much.";
const RAISE_LIMIT: &str = "Raise the limit, allow bursts, or reject excess requests at once.";

pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for slow in slow(context).iter().filter(|slow| context.share(slow.part.place_time.nanos) >= 0.05) {
        if is_explained(slow, known) || is_explained(slow, &found) {
            continue;
        }
        found.extend(cause(context, slow).map(|cause| finding(context, slow, &cause)));
    }
    found
}

fn cause(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Reason> {
    let (places, stack, part) = (context.places, slow.stack, slow.part);
    let is_direct = places.is_direct(stack);
    let is_by_clock = part.clock.nanos * 2 > part.place_time.nanos;
    match slow.key.op {
        Op::Accept | Op::Send => None,
        Op::Pool => dial(context, slow),
        _ if places.is_for_client(stack) => None,
        Op::Sleep => Some(pause(context, slow)),
        Op::Receive | Op::Select if is_direct && is_by_clock => {
            (slow.who == RequestKind::Worker || is_pause(slow)).then(|| pause(context, slow))
        }
        Op::WaitGroup | Op::Receive | Op::Select | Op::Cond if is_direct => {
            let wait = blocked(context, slow)?;
            // What those did who ended a few of the waits says nothing of the others.
            let longest: u64 = part.longest.iter().map(Wait::nanos).sum();
            if wait.woken_nanos * 2 <= longest {
                return None;
            }
            let found = wakers(context.trace, context.places, &wait);
            let looked = Some((found.waits, found.examined));
            result(context, slow, &found).map(|cause| Reason { looked, ..cause })
        }
        _ if is_direct => None,
        _ if is_by_clock => Some(deadline(context, slow)),
        // Without a library's protocol it may be the next request that a goroutine of the program's own reads.
        _ if wakers_were_runnable(context, &part.longest) => None,
        _ => (slow.who == RequestKind::Handler || !places.is_plain(stack) || is_dial(context, stack))
            .then(|| call(context, stack, part.longest.iter().map(|wait| (wait.stack, wait.nanos())), &part.longest)),
    }
}

/// Whether the answer was there for a good part of the waits, and whoever was to hand it on had no proc: then it is not the
/// other side that is slow.
pub(crate) fn wakers_were_runnable(context: &Context<'_>, waits: &[Wait]) -> bool {
    let (mut all, mut runnable) = (0, 0);
    for wait in waits {
        let Some(waker) = wait.waker else { continue };
        let sums = context.trace.time_by_class(LaneId::Goroutine(waker), wait.range).nanos;
        runnable += sums.get(SpanClass::Runnable as usize).copied().unwrap_or(0);
        all += wait.nanos();
    }
    runnable * 3 > all
}

/// A timer or ticker that the request itself waits for is a pause, but a select that gives up after long is a long
/// poll.
fn is_pause(slow: &SlowRequests<'_>) -> bool {
    slow.key.op == Op::Receive
        || slow.part.grown > 0
        || slow.part.followed * 2 > slow.part.units
        || slow.mean() < LONG_POLL
}

fn has(context: &Context<'_>, stack: StackId, part: &str) -> bool {
    context.trace.frames(stack).any(|frame| frame.function.contains(part))
}

fn is_dial(context: &Context<'_>, stack: StackId) -> bool {
    ["net.(*sysDialer).", "net.(*netFD).connect", "tls.(*Conn).Handshake"].iter().any(|part| has(context, stack, part))
}

const SLOW_LOOKUP: &str =
    "Cache the result of the lookup, ask a nearer name server, or keep connections open and reuse them.";
const SLOW_DIAL: &str = "Keep connections open and reuse them (read response bodies to EOF, raise MaxIdleConnsPerHost), or dial \
                         with a shorter timeout and a fallback.";
/// Waits for a connection of which those who made it are looked at.
const LOOKUPS: usize = 64;

/// What kind of call takes long, by its cause, and what to look at.
pub(crate) fn call_of(context: &Context<'_>, stack: StackId) -> (Cause, &'static str) {
    if has(context, stack, "net.(*Resolver).") {
        (Cause::SlowLookup, SLOW_LOOKUP)
    } else if is_dial(context, stack) {
        (Cause::SlowDial, SLOW_DIAL)
    } else {
        (
            Cause::SlowCall,
            "Find out why the other side takes so long; cache the response, make the call earlier or concurrently, or set a \
             deadline.",
        )
    }
}

/// `alike` as in [`Context::named`].
fn call(
    context: &Context<'_>,
    stack: StackId,
    alike: impl IntoIterator<Item = (StackId, u64)>,
    waits: &[Wait],
) -> Reason {
    let (mut name, mut check) = call_of(context, stack);
    let named = context.named(stack, alike).or_else(|| near(context, stack));
    let (mut evidence, all) = (Evidence::default(), same_calls(context, stack));
    let called_from = named.as_ref().map(|named| context.called_from(named, &all, &mut evidence)).unwrap_or_default();
    let at = format!("{}{called_from}", where_at(context.places, stack).trim_start());
    let other = if name == Cause::SlowCall { other_side(context, stack, waits) } else { None };
    if other.is_some() {
        (name, check) = (SLOW_HANDLER, LOOK_AT_HANDLER);
    }
    Reason {
        kind: Kind::SerialWaits,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other,
        looked: None,
        evidence,
        confidence: 0.8,
    }
}

/// The stacks, with nanoseconds, of all waits in the same operation of the same function, of requests to the same handler.
fn same_calls(context: &Context<'_>, stack: StackId) -> Vec<(StackId, u64)> {
    let places = context.places;
    let key = |stack: StackId| (places.op(stack), places.near_function(stack), places.outer_function(stack));
    let sites = context.workload.sites.iter().filter(|(at, _)| at.class != SpanClass::Syscall && !at.is_prior);
    sites.filter(|(at, _)| key(at.stack) == key(stack)).map(|(at, site)| (at.stack, site.nanos)).collect()
}

/// Waits for a connection that is being made, not for one that another request has.
fn dial(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Reason> {
    let makes = |stack: StackId| makes_connection(context.trace, stack);
    let nanos = |is_such: &dyn Fn(StackId) -> bool| -> u64 {
        let waits = slow.part.longest.iter().filter(|wait| is_such(wait.waker_stack));
        waits.map(|wait| wait.range.nanos().unsigned_abs()).sum()
    };
    // Those that gave up before they had one tell nothing of who would have given it.
    let (made, all) = (nanos(&makes), nanos(&|stack| stack.is_some() && !has(context, stack, "context.(*cancelCtx).")));
    if made == 0 || made * 3 < all * 2 {
        return None;
    }
    let mut evidence = Evidence::default();
    let lookups = lookup_share(context, slow.part.longest.iter().filter(|wait| makes(wait.waker_stack)));
    let (name, check, which) = if lookups > 0.5 {
        let share = evidence.share("lookup_share", lookups);
        (Cause::SlowLookup, SLOW_LOOKUP, format!(", {share} of that for a name lookup,"))
    } else {
        (Cause::SlowDial, SLOW_DIAL, String::new())
    };
    let at = format!("for a new connection{which}{}", where_at(context.places, slow.stack));
    let (named, stack) = (near(context, slow.stack), slow.stack);
    Some(Reason {
        kind: Kind::SerialWaits,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    })
}

/// What part of waits for a connection, 0 to 1, those who made it spent on looking up a name.
fn lookup_share<'a>(context: &Context<'_>, waits: impl Iterator<Item = &'a Wait>) -> f64 {
    let (mut lookups, mut all) = (0, 0);
    for wait in waits.take(LOOKUPS) {
        let Some(maker) = wait.waker else { continue };
        all += wait.nanos();
        for span in context.trace.spans(LaneId::Goroutine(maker), wait.range) {
            let is_lookup = span.state != GoState::Running && has(context, span.start_stack, "net.(*Resolver).");
            lookups += if is_lookup { span.range.intersect(wait.range).nanos().unsigned_abs() } else { 0 };
        }
    }
    lookups as f64 / all.max(1) as f64
}

/// Waits that the clock ends, or an answer that comes in time: how many of them ran into the timeout, and for how long.
fn timeout(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let (part, mut evidence) = (slow.part, Evidence::default());
    let at = format!(
        "for an answer or a timeout{}; {} of {} timed out, after {} on average",
        where_at(context.places, slow.stack),
        evidence.whole("timeouts", part.clock.count),
        counted(part.place_time.count, "wait"),
        evidence.time("mean_timeout_ns", part.clock.nanos / part.clock.count.max(1)),
    );
    Reason {
        kind: Kind::PollingSleep,
        name: Cause::Timeout,
        check: "Find out who does not answer and stop asking it for a while, or ask another one before the timeout ends.",
        named: near(context, slow.stack),
        stack: slow.stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    }
}

fn pause(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let part = slow.part;
    let answered = part.place_time.count.saturating_sub(part.clock.count + part.cut.count);
    if slow.key.op == Op::Select && answered * 4 >= part.place_time.count {
        return timeout(context, slow);
    }
    if is_by_deadline(context, slow) {
        return expired(context, slow);
    }
    let is_growing = part.is_backoff();
    let limit = if is_growing { None } else { interval(context, slow.stack) };
    // Of those that the trace cuts nobody knows how long they take.
    let whole = || part.longest.iter().filter(|wait| !wait.is_cut).map(Wait::nanos);
    let (shortest, longest) = (whole().min().unwrap_or(0), whole().max().unwrap_or(0));
    let is_fixed = longest < shortest + shortest / 2 || slow.key.op == Op::Sleep;
    let (name, check) = if is_growing {
        (Cause::Backoff, "Find out why the earlier attempts fail; back off for less time, and give up sooner.")
    } else if limit.is_some() {
        (Cause::RateLimit, if slow.who == RequestKind::Worker { FEWER_WORKERS } else { RAISE_LIMIT })
    } else if is_fixed {
        (
            Cause::FixedSleep,
            "Take the pause off the request path: wait for the condition itself, or do the work asynchronously.",
        )
    } else {
        (Cause::RateLimit, RAISE_LIMIT)
    };
    let mut evidence = Evidence::default();
    let what = match limit {
        _ if is_growing => "in pauses that grow with each attempt (backoff)".to_owned(),
        Some(nanos) => {
            format!(
                "for a timer that lets one of them through about every {},",
                evidence.time("interval_ns", nanos.unsigned_abs())
            )
        }
        None => "for a timer".to_owned(),
    };
    let named = near(context, slow.stack);
    let at = format!("{what}{}", where_at(context.places, slow.stack));
    let (kind, stack) = (Kind::PollingSleep, slow.stack);
    let (others, other, looked) = (Vec::new(), None, None);
    Reason { kind, name, check, named, stack, at, others, other, looked, evidence, confidence: 0.8 }
}

/// Whether the deadline of a context ends most of the waits.
fn is_by_deadline(context: &Context<'_>, slow: &SlowRequests<'_>) -> bool {
    let whole = || slow.part.longest.iter().filter(|wait| !wait.is_cut);
    let all: u64 = whole().map(Wait::nanos).sum();
    let expired: u64 = whole().filter(|wait| context.places.is_deadline(wait.waker_stack)).map(Wait::nanos).sum();
    expired * 2 > all
}

/// `mostly `, where a sentence is true of a part only.
const fn mostly(part: u64, all: u64) -> &'static str {
    if part < all { "mostly " } else { "" }
}

/// The program waits for something, and gives up when its context's deadline has passed.
fn expired(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    Reason {
        kind: Kind::PollingSleep,
        name: Cause::Deadline,
        check: "Find out why nothing comes before the deadline. If it is a slot or a connection of a pool: see whether \
                every path gives it back, errors included, before you make the pool larger.",
        named: near(context, slow.stack),
        stack: slow.stack,
        at: format!(
            "{}until a context's deadline passed,{}",
            mostly(slow.part.clock.count, slow.part.place_time.count),
            where_at(context.places, slow.stack)
        ),
        others: Vec::new(),
        other: None,
        looked: None,
        evidence: Evidence::default(),
        confidence: 0.8,
    }
}

/// A library gave up by the clock: a deadline, a timeout, a limiter.
fn deadline(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let is_limiter = context.places.is_limiter(slow.stack);
    let (name, check) = if is_limiter {
        (Cause::RateLimit, RAISE_LIMIT)
    } else {
        (
            Cause::Deadline,
            "The call takes longer than its deadline: raise the deadline, make the call faster, or do without it.",
        )
    };
    let what = if is_limiter { "for a limiter" } else { "until a deadline expired," };
    let at = format!("{what}{}", where_at(context.places, slow.stack));
    let named = near(context, slow.stack);
    let (kind, stack) = (Kind::PollingSleep, slow.stack);
    Reason {
        kind,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence: Evidence::default(),
        confidence: 0.8,
    }
}

/// Waits for what another goroutine hands over: what that one did meanwhile.
fn result(context: &Context<'_>, slow: &SlowRequests<'_>, found: &Wakers) -> Option<Reason> {
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
    if let Some(team) = BusyTeam::of(context, slow, top) {
        return Some(team.reason((at, doing), named, (top.stack, others)));
    }
    if !is_shared {
        return Some(answer(context, (slow, found), (top, &doing), others));
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

/// Whether the program itself reads from connections there, and nothing came from any of them in the whole trace.
fn never_answered(context: &Context<'_>, slow: &SlowRequests<'_>) -> bool {
    context.places.is_plain(slow.stack) && slow.part.cut.count >= slow.part.place_time.count
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

/// The frame nearest to the leaf, whoever called it.
fn near(context: &Context<'_>, stack: StackId) -> Option<Named> {
    context.places.near(stack).map(Named::direct)
}

fn has_function(context: &Context<'_>, stack: StackId, function: u32) -> bool {
    let Some(name) = context.places.name(function) else { return false };
    context.places.own_frames(stack).any(|frame| frame.function == name)
}

/// The waits as [`wakers`] takes them.
fn blocked(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Blocked> {
    let part = slow.part;
    let woken = part.longest.iter().filter(|wait| wait.waker.is_some());
    Some(Blocked {
        place: context.places.near(slow.stack)?,
        stack: slow.stack,
        op: slow.key.op,
        class: SpanClass::WaitOther,
        reason: crate::base::ids::StrId::EMPTY,
        count: part.place_time.count,
        nanos: part.place_time.nanos,
        max: part.place_time.longest.map_or(0, |longest| longest.1.nanos().unsigned_abs()),
        woken_nanos: woken.map(|wait| wait.range.nanos().unsigned_abs()).sum(),
        bounded_nanos: 0,
        gos: part.units,
        longest: part.longest.clone(),
        is_prior: false,
    })
}

/// `12 requests of main.handle (main.go:20)`, and of how many that is known.
fn whose(slow: &SlowRequests<'_>, evidence: &mut Evidence) -> String {
    let place = place_name(slow.outer.as_ref());
    if slow.unseen == 0 {
        return format!("{} of {place}", evidence.count("requests", slow.count(), slow.name()));
    }
    let some = evidence.whole("requests", slow.count());
    let all = evidence.count("requests_in_all", slow.count() + slow.unseen, slow.name());
    format!("{some} of {all}, those seen in {place},")
}

/// `; 264 waits there in the whole trace, 10.1 s total`: where others, too, wait in the same operation of the same
/// function.
fn elsewhere(context: &Context<'_>, slow: &SlowRequests<'_>, evidence: &mut Evidence) -> String {
    let is_there = |stack| context.places.near_function(stack) == Some(slow.key.function);
    let sites = context.workload.sites.iter().filter(|(key, _)| key.class != SpanClass::Syscall);
    let sites = sites.filter(|(key, site)| site.op == slow.key.op && is_there(key.stack));
    let (count, nanos) = sites.fold((0, 0), |sum, (_, site)| (sum.0 + site.count, sum.1 + site.nanos));
    // Short requests are not looked into: a few waits more are theirs.
    if count * 4 <= slow.part.place_time.count * 5 {
        return String::new();
    }
    let waits = evidence.count("waits_there", count, "wait");
    format!("; {waits} there in the whole trace, {} total", evidence.time("wait_there_total_ns", nanos))
}

fn finding(context: &Context<'_>, slow: &SlowRequests<'_>, cause: &Reason) -> Finding {
    let (part, family) = (slow.part, slow.family);
    let mut evidence = Evidence::default();
    let whose = whose(slow, &mut evidence);
    let share = evidence.share("share_of_request_time", slow.share());
    let waiting = evidence.whole("requests_waiting", part.units);
    let mean = evidence.time("wait_per_request_ns", slow.mean());
    let rest = format!(
        "{}{}{}",
        cause.at,
        elsewhere(context, slow, &mut evidence),
        cause.other.as_ref().map_or_else(String::new, |other| other.sentence(&mut evidence)),
    );
    let their = their(slow.count() + slow.unseen);
    // A few that take far longer than all the others are told first.
    let title = if part.units * 2 < slow.count() {
        let whose = whose.trim_end_matches(',');
        format!("Of {whose}, {waiting} waited {mean} on average, together {share} of the time of all of them, {rest}")
    } else {
        format!(
            "{whose} spent {share} of {their} time in one place: {waiting} of them waited {mean} on average, {rest}"
        )
    };
    if let Some(looked) = cause.looked {
        analysed(part.place_time.count, looked, &mut evidence);
    }
    evidence.text("unit", slow.name());
    evidence.append(cause.evidence.clone());
    let mut finding = Finding::new(cause.kind, title, part.place_time.nanos, context.duration, cause.confidence)
        .with(evidence)
        .int("requests_total_ns", family.nanos)
        .int("waits", part.place_time.count)
        .int("wait_total_ns", part.place_time.nanos)
        .int("wait_max_ns", part.place_time.longest.map_or(0, |longest| longest.1.nanos().unsigned_abs()))
        .cause(cause.name, cause.check)
        .culprit_named(context.trace, cause.named.clone(), cause.stack);
    if let Some(outer) = &slow.outer {
        finding = finding.victim(&outer.function, family.gos);
    }
    let waiting: Vec<GoroutineIdx> = part.longest.iter().map(|wait| wait.go).collect();
    finding = finding.goroutines(&waiting).goroutines(&cause.others);
    for wait in part.longest.iter().take(2) {
        finding = finding.link(context.trace, wait.go, wait.range);
    }
    let (note, warning) = match cause.kind {
        Kind::PollingSleep => (PAUSE_NOTE_BELOW, PAUSE_WARNING_BELOW),
        _ => (NOTE_BELOW, WARNING_BELOW),
    };
    // Bytes that come late are a slow source, which nobody is known to wait for; and what never came may be the next
    // message of a client that keeps its connection open.
    if (slow.is_stream() || never_answered(context, slow)) && cause.kind == Kind::SerialWaits {
        return finding.at_most(Severity::Note);
    }
    let is_own_goroutine = matches!(slow.who, RequestKind::Goroutine | RequestKind::Worker);
    match slow.mean() {
        mean if mean < note => finding.at_most(Severity::Note),
        mean if mean < warning || slow.is_stream() || is_own_goroutine && !part.is_backoff() => {
            finding.at_most(Severity::Warning)
        }
        _ => finding,
    }
}
