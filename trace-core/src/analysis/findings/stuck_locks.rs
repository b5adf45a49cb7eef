//! Locks that are not released: waits for them last until the end of the trace. The holder is inferred to be the
//! goroutine that last acquired the lock, or one that is inside code of the same type all the time; if there is neither,
//! it is one of the waiters: a deadlock.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::stuck::{EndState, end_state, is_long};
use crate::analysis::goroutine_stats::{GoroutineStats, Stuck};
use crate::analysis::phrases::where_at;
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, Place};
use crate::analysis::prior::{is_prior, resumed_at};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;

/// More goroutines than this are not looked at one by one.
const LOOKED_INTO: usize = 4_096;
/// Who waits so many times as long as others did who got the lock waits for a holder that does not release it.
const LONGER: i64 = 2;
/// A holder that made so many calls is not stuck in one.
const FEW_CALLS: u64 = 5;
const RETURNS_NOT: &str = "Bound the call with a deadline: it did not return. If the lock guards more than what the call uses, \
                           release it before.";
const MANY_CALLS: &str = "Copy what is needed under the lock, release it, and make the calls then.";
const MANY_CALLS_OF_READER: &str = "Copy what is needed under RLock, and make the calls after RUnlock: while a writer waits for a \
                                    reader of an RWMutex, new readers wait for the writer.";
/// Waits at one place that make a loop.
const ROUNDS: usize = 3;
/// Spans before a wait in which the one before it is looked for.
const STEPS_BACK: usize = 4;
/// Spans between two waits of a goroutine that are looked at.
const SPANS: usize = 256;

/// A wait for a lock that goes on at the end of the trace.
#[derive(Clone, Copy)]
struct Waiter {
    go: GoroutineIdx,
    since: TraceTime,
    stack: StackId,
}

/// Waiters for what is probably one lock: their functions belong to one type, or to one package if to none.
struct Group {
    owner: String,
    /// Those who wait for it, by the begin of their waits.
    waiters: Vec<Waiter>,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let groups = groups(context);
    let mut found = Vec::new();
    let mut unexplained: Vec<&Group> = Vec::new();
    for group in &groups {
        let members = cycle(context, group);
        if !members.is_empty() {
            found.extend(deadlock(context, &group.waiters, &members, KEPT));
            continue;
        }
        // Whoever was the last to get one of the locks, and waits for another, lets nobody else have it.
        let waits = |holder: &Holder| group.waiters.iter().any(|waiter| waiter.go == holder.go);
        let last = last_owner(context, group).filter(|holder| !waits(holder));
        let is_moving = is_moving(context, group);
        let nested = if last.is_some() && !is_moving { Vec::new() } else { at_second_lock(context, group) };
        if !nested.is_empty() {
            found.extend(deadlock(context, &group.waiters, &nested, SECOND));
            continue;
        }
        if is_moving {
            continue;
        }
        let holders = last.map_or_else(|| inferred_holders(context, group), |holder| vec![holder]);
        match holders.as_slice() {
            [holder] => found.extend(held(context, group, holder)),
            [] => unexplained.push(group),
            // Any of several may hold it: neither a holder nor a deadlock follows from that.
            _ => {}
        }
    }
    let mut waiters: Vec<Waiter> = unexplained.iter().flat_map(|group| &group.waiters).copied().collect();
    waiters.sort_unstable_by_key(|waiter| (waiter.since, waiter.go));
    waiters.truncate(LOOKED_INTO);
    found.extend(deadlock(context, &waiters, &members(context, &waiters), NOBODY));
    found
}

/// How it is known that those who wait hold the locks themselves.
const NOBODY: &str = "Nobody releases them in the trace, and no other goroutine is inside such code";
const KEPT: &str =
    "Each was in the same function before it waited there, where a lock is taken that it has not released";

const SECOND: &str = "They wait at a second lock of the function in which others wait for a first one, and no other goroutine is \
                      inside such code";

/// Those of the waiters who have passed the line at which others of the same function wait, the first two: each probably has
/// the lock of that line, and waits for another. Empty if they are fewer, if one of them gets what it waits for there long
/// after, or if somebody else is inside of code of the same type, who may have what they wait for.
fn at_second_lock(context: &Context<'_>, group: &Group) -> Vec<Waiter> {
    let places: Vec<(&Waiter, Place)> =
        group.waiters.iter().filter_map(|waiter| Some((waiter, context.places.near(waiter.stack)?))).collect();
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, place) in &places {
        let line = first.entry(&place.function).or_insert(place.line);
        *line = place.line.min(*line);
    }
    let is_later =
        |(_, place): &&(&Waiter, Place)| first.get(place.function.as_str()).is_some_and(|line| place.line > *line);
    let nested: Vec<Waiter> = places.iter().filter(is_later).map(|(waiter, _)| **waiter).take(2).collect();
    let [_, second] = nested.as_slice() else { return Vec::new() };
    // Locks that have nothing to do with it are handed on until the last of them is held by who waits, too.
    let end = context.trace.range().end;
    let half = TraceTime(second.since.0 + end.nanos_since(second.since) / 2);
    if ended(context, group).any(|wait| wait.range.end > half) {
        return Vec::new();
    }
    let waiting: FxHashSet<GoroutineIdx> = group.waiters.iter().map(|waiter| waiter.go).collect();
    let now = context.trace.range().end.plus_nanos(-1);
    let is_inside = |go: GoroutineIdx| {
        let span = context.trace.span_at(LaneId::Goroutine(go), now);
        // Who has just come waits like the others.
        let span = span.filter(|span| span.state != GoState::Waiting || !context.places.op(span.start_stack).is_lock());
        span.is_some_and(|span| {
            let functions = || context.places.near_frames(span.start_stack).map(|frame| frame.function);
            functions().any(|function| first.contains_key(function))
                || functions().any(|function| owner(function) == group.owner) && !comes_back(context, go, second.since)
        })
    };
    let others = context.workload.gos.iter().filter(|facts| facts.ended().is_none() && !waiting.contains(&facts.go));
    if { others }.any(|facts| is_inside(facts.go)) { Vec::new() } else { nested }
}

/// Those who hold one lock and wait for another to the end, where at least one of them is known to have been handed the
/// one that it holds; empty if there are fewer than two, or if others still get through where they wait. Locks that were
/// handed on before, or others of the same type that still are, speak not against it.
fn cycle(context: &Context<'_>, group: &Group) -> Vec<Waiter> {
    let is_nested = |waiter: &&Waiter| was_inside(context, waiter);
    let mut nested: Vec<Waiter> = group.waiters.iter().take(LOOKED_INTO).filter(is_nested).copied().collect();
    let Some(complete) = nested.get(1).map(|second| second.since) else { return Vec::new() };
    let is_here = |stack: StackId| {
        let line = context.places.near_line(stack);
        line.is_some() && nested.iter().any(|waiter| context.places.near_line(waiter.stack) == line)
    };
    let gets_through = ended(context, group)
        .any(|wait| wait.range.start <= complete && wait.range.end > complete && is_here(wait.stack));
    let keeps: Vec<GoroutineIdx> =
        nested.iter().filter(|waiter| has_kept(context, group, waiter)).map(|one| one.go).collect();
    if gets_through || keeps.is_empty() {
        return Vec::new();
    }
    nested.sort_by_key(|waiter| (!keeps.contains(&waiter.go), waiter.since, waiter.go));
    nested.truncate(2);
    nested
}

/// Whether somebody who waits was handed a lock earlier in the same function, and has neither left it nor released the
/// lock since.
fn has_kept(context: &Context<'_>, group: &Group, waiter: &Waiter) -> bool {
    let Some(place) = context.places.near(waiter.stack) else { return false };
    let earlier = |stack: StackId| {
        let mut frames = context.places.near_frames(stack);
        frames.any(|frame| frame.function == place.function && frame.line < place.line)
    };
    let own = ended(context, group).filter(|wait| wait.go == waiter.go && wait.range.end <= waiter.since);
    let Some(got) = own.max_by_key(|wait| wait.range.end).filter(|wait| earlier(wait.stack)) else { return false };
    let since = TimeRange::new(got.range.end, waiter.since);
    let has_released = ended(context, group).any(|wait| wait.waker == Some(waiter.go) && wait.range.end > since.start);
    let mut spans = context.trace.spans(LaneId::Goroutine(waiter.go), since).take(SPANS);
    let has_left = spans.any(|span| {
        let is_blocked = matches!(span.state, GoState::Waiting | GoState::Syscall);
        is_blocked && span.range.start >= since.start && span.range.end <= since.end && !earlier(span.start_stack)
    });
    !has_released && !has_left
}

fn groups(context: &Context<'_>) -> Vec<Group> {
    let end = context.trace.range().end;
    let mut by_owner: BTreeMap<String, Vec<Waiter>> = BTreeMap::new();
    let locks =
        |stuck: &Stuck| context.places.op(stuck.stack).is_lock() && is_long(context, end.nanos_since(stuck.since));
    for (&go, stuck) in context.workload.stuck.iter().filter(|(_, stuck)| locks(stuck)) {
        let Some(place) = context.places.near(stuck.stack) else { continue };
        let waiter = Waiter { go, since: stuck.since, stack: stuck.stack };
        by_owner.entry(owner(&place.function).to_owned()).or_default().push(waiter);
    }
    let groups = by_owner.into_iter().map(|(owner, mut waiters)| {
        waiters.sort_unstable_by_key(|waiter| (waiter.since, waiter.go));
        Group { owner, waiters }
    });
    groups.collect()
}

/// The type that a function is a method (or a closure in a method) of, or its package.
pub(crate) fn owner(function: &str) -> &str {
    let package = function.rfind('/').map_or(0, |at| at + 1);
    let rest = function.get(package..).unwrap_or_default();
    let name = rest.find('.').map_or(function.len(), |at| package + at);
    let after = function.get(name..).unwrap_or_default();
    // `.(*T).method`, or `.T.method`: a type is written with a closing bracket or followed by one more name.
    match after.find(").") {
        Some(at) if after.starts_with(".(") => function.get(..name + at + 1).unwrap_or(function),
        _ => function.get(..name).unwrap_or(function),
    }
}

/// Whether the lock is still handed on: a goroutine that was queueing before the first of these waiters has got it since.
/// (Locks are handed on in the order of the queue, so a goroutine that came later and got one got another lock.)
fn is_moving(context: &Context<'_>, group: &Group) -> bool {
    let Some(first) = group.waiters.first() else { return true };
    ended(context, group).any(|wait| wait.range.end > first.since && wait.range.start <= first.since)
}

/// Waits for locks in the group's functions that an unlock ended.
fn ended<'a>(context: &'a Context<'_>, group: &'a Group) -> impl Iterator<Item = Wait> + 'a {
    let sites = context.workload.sites.iter().filter(|(key, site)| {
        let place = || context.places.near(key.stack);
        site.op.is_lock() && !key.is_prior && place().is_some_and(|place| owner(&place.function) == group.owner)
    });
    sites.flat_map(|(_, site)| site.longest.iter().copied()).filter(|wait| wait.waker.is_some())
}

/// The probable holder of a lock, and how it is inferred.
struct Holder {
    go: GoroutineIdx,
    /// Since when, as far as is known.
    since: Option<TraceTime>,
    /// Where it got it, or what it is in.
    stack: StackId,
    basis: &'static str,
}

/// The goroutine that was last to acquire the lock while one of the present waiters was already waiting.
fn last_owner(context: &Context<'_>, group: &Group) -> Option<Holder> {
    let last = ended(context, group).max_by_key(|wait| (wait.range.end, wait.go))?;
    let got = last.range.end;
    let is_still_waited_for = group.waiters.iter().any(|waiter| waiter.since <= got);
    let has_released = ended(context, group).any(|wait| wait.waker == Some(last.go) && wait.range.end > got);
    (is_still_waited_for && !has_released).then_some(Holder {
        go: last.go,
        since: Some(got),
        stack: last.stack,
        basis: "the last acquisition",
    })
}

/// Goroutines that wait for something else and have been inside code of the same type since before the first waiter; at
/// most two.
fn inferred_holders(context: &Context<'_>, group: &Group) -> Vec<Holder> {
    let Some(first) = group.waiters.first() else { return Vec::new() };
    let trace = context.trace;
    let is_within =
        |stack: StackId| context.places.near_frames(stack).any(|frame| owner(frame.function) == group.owner);
    let waiting: FxHashSet<GoroutineIdx> = group.waiters.iter().map(|waiter| waiter.go).collect();
    let mut found: Vec<Holder> = Vec::new();
    for facts in context.workload.gos.iter().filter(|facts| facts.ended().is_none() && !waiting.contains(&facts.go)) {
        let lane = LaneId::Goroutine(facts.go);
        let Some(now) = trace.span_at(lane, trace.range().end.plus_nanos(-1)) else { continue };
        let is_busy = now.state != GoState::Waiting || !context.places.op(now.start_stack).is_lock();
        if !is_busy || !is_within(now.start_stack) || is_loop(context, facts.go, &now, first.since) {
            continue;
        }
        // It must have been there when the first one came, too.
        let then = if now.range.start <= first.since { Some(now) } else { trace.span_at(lane, first.since) };
        let Some(then) = then else { continue };
        let stack = if is_prior(&then) { resumed_at(trace, facts.go, then.range.end) } else { then.start_stack };
        if is_within(stack) {
            let (stack, basis) = (now.start_stack, "stacks inside code of the same type all the time");
            found.push(Holder { go: facts.go, since: None, stack, basis });
        }
        if found.len() > 1 {
            break;
        }
    }
    found
}

/// Whether a goroutine has waited on channels several times since then, as loops do.
fn comes_back(context: &Context<'_>, go: GoroutineIdx, since: TraceTime) -> bool {
    let is_turn = |span: &Span| {
        let is_channel = matches!(context.places.op(span.start_stack), Op::Select | Op::Receive);
        span.state == GoState::Waiting && is_channel && context.places.is_direct(span.start_stack)
    };
    let spans = context.trace.spans(LaneId::Goroutine(go), since_to_end(context, since)).take(SPANS);
    spans.filter(is_turn).take(ROUNDS).count() == ROUNDS
}

/// Whether a goroutine waits in a loop of its own: on a channel, where it has waited several times since then. Who keeps a lock
/// does not come back to that.
fn is_loop(context: &Context<'_>, go: GoroutineIdx, now: &Span, since: TraceTime) -> bool {
    let places = context.places;
    let is_here = |span: &Span| span.state == GoState::Waiting && span.start_stack == now.start_stack;
    if !is_here(now)
        || !matches!(places.op(now.start_stack), Op::Select | Op::Receive)
        || !places.is_direct(now.start_stack)
    {
        return false;
    }
    let mut spans = context.trace.spans(LaneId::Goroutine(go), since_to_end(context, since)).take(SPANS);
    spans.by_ref().filter(is_here).take(ROUNDS).count() == ROUNDS
}

/// A lock with a holder that does not release it.
fn held(context: &Context<'_>, group: &Group, holder: &Holder) -> Option<Finding> {
    let end_state = end_state(context, holder.go);
    let who = go_name(context.trace, holder.go);
    let mut evidence = Evidence::default();
    let got = holder.since.map_or_else(String::new, |since| {
        let ago = context.trace.range().end.nanos_since(since).unsigned_abs();
        format!(
            "acquired it {} before the end{}",
            evidence.time("held_ns", ago),
            where_at(context.places, holder.stack)
        )
    });
    let began = since_created(context, holder);
    let (kind, name, check, did, stack) = match &end_state {
        EndState::Waiting { stack, .. } if context.places.op(*stack).is_lock() => return None,
        EndState::Waiting { stack, .. } | EndState::Busy { stack } if !is_left(context, group, *stack) => {
            // Whoever waited as long before has got it.
            if is_usual(context, group) {
                return None;
            }
            let has_readers = group.waiters.iter().any(|one| context.places.op(one.stack) == Op::ReadLock);
            let calls = calls_inside(context, group, holder.go, began);
            let is_waiting = matches!(end_state, EndState::Waiting { .. });
            let verb = if is_waiting { "is" } else { "was busy" };
            let calls = match calls {
                0..FEW_CALLS => String::new(),
                _ => format!(", one of {} waits and system calls there", evidence.whole("calls", calls)),
            };
            let did = format!("{verb}{}{calls}", where_at(context.places, *stack));
            let check = match (is_waiting, calls.is_empty()) {
                (true, true) => RETURNS_NOT,
                (_, false) if has_readers => MANY_CALLS_OF_READER,
                (_, false) => MANY_CALLS,
                (false, true) => Kind::LockContention.check(),
            };
            let kind = if is_waiting { Kind::LockHeldOverIo } else { Kind::LockContention };
            (kind, Cause::HeldToTheEnd, check, did, *stack)
        }
        _ => (
            Kind::LockContention,
            Cause::MissingUnlock,
            "Unlock on every return path: defer Unlock right after Lock.",
            format!("{}, without having released it", end_state.words(context, &mut evidence)),
            holder.stack,
        ),
    };
    let holds = [got, did].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" and ");
    let place = innermost(context, group, stack);
    let tail = format!("nobody releases it in the trace: {who}, which {holds}");
    let finding = finding(context, kind, &group.waiters, (&tail, evidence), 0.8)
        .cause(name, check)
        .culprit(context.trace, place, stack)
        .goroutines(&[holder.go])
        .inferred(holder.basis);
    Some(finding.link(context.trace, holder.go, since_to_end(context, began)))
}

/// Since when a holder may have had the lock: since it got it or else since it was created, or since the trace began.
fn since_created(context: &Context<'_>, holder: &Holder) -> TraceTime {
    let created = || context.workload.go(holder.go).and_then(GoroutineStats::created);
    holder.since.or_else(created).unwrap_or(context.trace.range().start)
}

/// Whether others waited about as long for locks of the group as those who wait now, and got them.
fn is_usual(context: &Context<'_>, group: &Group) -> bool {
    let end = context.trace.range().end;
    let now = group.waiters.iter().map(|waiter| end.nanos_since(waiter.since)).max().unwrap_or(0);
    ended(context, group).any(|wait| wait.range.nanos() * LONGER >= now)
}

/// System calls and waits of a goroutine inside the group's code from a time on: it gets on, slowly.
fn calls_inside(context: &Context<'_>, group: &Group, go: GoroutineIdx, since: TraceTime) -> u64 {
    let spans = context.trace.spans(LaneId::Goroutine(go), since_to_end(context, since)).take(LOOKED_INTO);
    let calls = spans.filter(|span| {
        matches!(span.state, GoState::Waiting | GoState::Syscall) && !is_left(context, group, span.start_stack)
    });
    calls.count() as u64
}

/// Whether a stack is outside of the group's code: the goroutine has gone on to something else.
fn is_left(context: &Context<'_>, group: &Group, stack: StackId) -> bool {
    !context.places.near_frames(stack).any(|frame| owner(frame.function) == group.owner)
}

/// The frame of the group's type nearest to the leaf, or the program's own.
fn innermost(context: &Context<'_>, group: &Group, stack: StackId) -> Option<Place> {
    let mut frames = context.places.near_frames(stack);
    frames.find(|frame| owner(frame.function) == group.owner).map(Place::from).or_else(|| context.places.near(stack))
}

fn since_to_end(context: &Context<'_>, since: TraceTime) -> TimeRange {
    TimeRange::new(since, context.trace.range().end)
}

/// Goroutines that wait for locks which, as far as can be known, some of them hold themselves: `members`. `basis`: how
/// that is known.
fn deadlock(context: &Context<'_>, waiters: &[Waiter], members: &[Waiter], basis: &str) -> Option<Finding> {
    let (first, rest) = members.split_first()?;
    let waited = |waiter: &Waiter| {
        format!("{} waits{}", go_name(context.trace, waiter.go), where_at(context.places, waiter.stack))
    };
    let behind = waiters.len() - members.len();
    let mut evidence = Evidence::default();
    let queue = match evidence.count("queued", behind as u64, "goroutine") {
        _ if behind == 0 => String::new(),
        queued => format!("; {queued} queue behind them"),
    };
    let (name, check, tail) = match rest.first() {
        Some(other) if let Some(outer) = read_twice(context, waiters, first, other) => (
            Cause::Deadlock,
            "Do not take a read lock again while the goroutine holds one (move the inner code to a function that expects the \
             lock to be held): a writer that waits in between keeps new readers out.",
            format!(
                "a deadlock: {}, called from {}, where others wait for a read lock, too, so that it probably holds one, \
                 and {}, which keeps new readers out{queue}. {basis}",
                waited(first),
                place_name(Some(&outer)),
                waited(other)
            ),
        ),
        Some(other) => (
            Cause::Deadlock,
            "Acquire the locks in the same order everywhere, or hold only one at a time.",
            format!(
                "a deadlock: {} and {}, each probably for a lock that another one of them holds{queue}. {basis}",
                waited(first),
                waited(other)
            ),
        ),
        None => (
            Cause::NeverReleased,
            "Look for a second Lock in the same goroutine, and for return paths without Unlock.",
            format!(
                "nobody releases it in the trace: {}{queue}. No other goroutine is inside such code: the lock was never \
                 unlocked, or is locked twice by the same goroutine",
                waited(first)
            ),
        ),
    };
    let confidence = if rest.is_empty() { 0.7 } else { 0.85 };
    let mut finding = finding(context, Kind::LockContention, waiters, (&tail, evidence), confidence)
        .cause(name, check)
        .int("members", members.len() as u64)
        .inferred("stacks: traces do not record lock identity")
        .culprit(context.trace, context.places.near(first.stack), first.stack);
    for member in members.iter().take(2) {
        finding = finding.link(context.trace, member.go, since_to_end(context, member.since));
    }
    Some(finding)
}

/// Where a goroutine that waits for a read lock was called from, if others wait for one in that very function, while
/// `other` waits to write: it probably has taken the lock there, and takes it again.
fn read_twice(context: &Context<'_>, waiters: &[Waiter], first: &Waiter, other: &Waiter) -> Option<Place> {
    let is_pair = context.places.op(first.stack) == Op::ReadLock && context.places.op(other.stack) == Op::WriteLock;
    let same_lock = |one: &Place, other: &Place| owner(&one.function) == owner(&other.function);
    let (inner, writer) = (context.places.near(first.stack)?, context.places.near(other.stack)?);
    if !is_pair || !same_lock(&inner, &writer) {
        return None;
    }
    let readers = waiters.iter().filter(|waiter| context.places.op(waiter.stack) == Op::ReadLock);
    let lines: Vec<Place> = readers.filter_map(|waiter| context.places.near(waiter.stack)).collect();
    let mut callers = context.places.near_frames(first.stack).skip(1).map(Place::from);
    callers.find(|caller| {
        let takes = |line: &&Place| line.function == caller.function && line.line < caller.line;
        same_lock(caller, &inner) && lines.iter().any(|line| takes(&line))
    })
}

/// The waiters that probably hold what the others wait for: first those at the second lock of a function, then those inside
/// code that takes a lock on its way, then those at rare places, where a crowd waits elsewhere. Two of them; one if only
/// one is likely to, and if none is, the first who waited.
fn members(context: &Context<'_>, waiters: &[Waiter]) -> Vec<Waiter> {
    let place = |waiter: &Waiter| context.places.near(waiter.stack);
    let mut counts: BTreeMap<Option<Place>, usize> = BTreeMap::new();
    for waiter in waiters {
        *counts.entry(place(waiter)).or_default() += 1;
    }
    let is_rare = |waiter: &Waiter| {
        let count = counts.get(&place(waiter)).copied().unwrap_or(0);
        count <= 2 && (count * 3 <= waiters.len() || counts.len() == 1)
    };
    let locks: BTreeSet<(String, u64)> =
        waiters.iter().filter_map(place).map(|place| (place.function, place.line)).collect();
    // Others wait further up in the same function: it has the lock that is taken there.
    let is_second = |waiter: &Waiter| {
        place(waiter).is_some_and(|at| locks.iter().any(|(function, line)| *function == at.function && *line < at.line))
    };
    let mut all: Vec<(u8, Waiter)> = Vec::new();
    for waiter in waiters {
        let reasons = [is_second(waiter), was_inside(context, waiter), is_nested(context, waiter), is_rare(waiter)];
        if let Some(rank) = reasons.iter().position(|is_so| *is_so) {
            all.push((rank as u8, *waiter));
        }
    }
    all.sort_by_key(|(rank, waiter)| (*rank, waiter.since, waiter.go));
    let mut members: Vec<Waiter> = all.into_iter().take(2).map(|found| found.1).collect();
    if members.len() < 2 {
        members = waiters.first().copied().into_iter().collect();
    }
    members
}

/// Whether the function that waits for the lock was called by a method: it may have locked its own value before.
fn is_nested(context: &Context<'_>, waiter: &Waiter) -> bool {
    let mut frames = context.places.near_frames(waiter.stack).map(|frame| frame.function);
    let Some(first) = frames.next() else { return false };
    let caller = frames.find(|function| *function != first && !function.contains(".func"));
    caller.is_some_and(|caller| owner(caller).ends_with(')') && !caller.ends_with(".ServeHTTP"))
}

/// Whether a goroutine was seen in the same function before it waited there: it may have taken another lock on the way.
fn was_inside(context: &Context<'_>, waiter: &Waiter) -> bool {
    let Some(place) = context.places.near(waiter.stack) else { return false };
    let is_before = |stack: StackId| {
        let mut frames = context.places.near_frames(stack);
        frames.any(|frame| frame.function == place.function && frame.line < place.line)
    };
    let mut span = context.trace.span_at(LaneId::Goroutine(waiter.go), waiter.since);
    for _ in 0..STEPS_BACK {
        span = span.and_then(|span| context.trace.prev_span(span.at));
        let Some(before) = span else { return false };
        if matches!(before.state, GoState::Waiting | GoState::Syscall) {
            return is_before(before.start_stack);
        }
    }
    false
}

/// `tail`: what follows in the title, with its numbers.
fn finding(
    context: &Context<'_>,
    kind: Kind,
    waiters: &[Waiter],
    (tail, more): (&str, Evidence),
    confidence: f64,
) -> Finding {
    let end = context.trace.range().end;
    let nanos = |waiter: &Waiter| end.nanos_since(waiter.since).unsigned_abs();
    let lost: u64 = waiters.iter().map(nanos).sum();
    let mut evidence = Evidence::default();
    let title = format!(
        "{} {} for a lock until the end of the trace, {} total (max {}); {tail}",
        evidence.count("stuck", waiters.len() as u64, "goroutine"),
        if waiters.len() == 1 { "waits" } else { "wait" },
        evidence.time("wait_total_ns", lost),
        evidence.time("wait_max_ns", waiters.iter().map(nanos).max().unwrap_or(0)),
    );
    evidence.append(more);
    let mut finding = Finding::new(kind, title, lost, context.duration, confidence).with(evidence);
    let gos: Vec<GoroutineIdx> = waiters.iter().map(|waiter| waiter.go).collect();
    let mut by_function: BTreeMap<String, u64> = BTreeMap::new();
    for waiter in waiters {
        if let Some(place) = context.places.near(waiter.stack) {
            *by_function.entry(place.function).or_default() += 1;
        }
    }
    for (function, gos) in by_function {
        finding = finding.victim(&function, gos);
    }
    finding.goroutines(&gos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_to_their_type_or_package() {
        assert_eq!(owner("main.(*account).transfer"), "main.(*account)");
        assert_eq!(owner("main.(*account).transfer.func1"), "main.(*account)");
        assert_eq!(owner("main.handle"), "main");
        assert_eq!(owner("example.com/shop/cart.(*Cart).Add"), "example.com/shop/cart.(*Cart)");
        assert_eq!(owner("example.com/shop/cart.sum.func2"), "example.com/shop/cart");
        assert_eq!(owner("main.(*table[...]).get"), "main.(*table[...])");
    }
}
