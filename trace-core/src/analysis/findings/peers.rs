//! Workers that wait for each other: at a barrier for the last one (straggler, imbalance), or for a place
//! that another gives up (semaphore, pool).

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::blocked_by::{Blocked, Meanwhile, Wakers};
use crate::analysis::findings::activity::{Activity, ActivityKind};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{BASIS, Evidence, Finding, Kind, Severity};
use crate::analysis::findings::holds::Holds;
use crate::analysis::findings::named::Named;
use crate::analysis::findings::slots::{Held, alive, dwindling, held, is_queue, is_sql, size};
use crate::analysis::findings::stuck::SLOTS;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, is_test_function};
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// What there is to do where others keep the places than those who wait for one.
const HELD_BY_OTHERS: &str = "Release the connection or slot before the slow part (close the rows, end the transaction), or give \
                              slow work a pool of its own.";

/// What there is to do where a pool has too few connections for those who use them as they should.
const SQL_POOL: &str = "Hold each connection for less time, and give it back on every path (Rows.Close, Tx.Rollback); or raise \
                        the limit (SetMaxOpenConns).";
const HTTP_POOL: &str = "Raise the limit (Transport.MaxConnsPerHost; 0 is none), or make fewer requests at once: a connection is \
                         free again when the response body has been read to EOF and closed.";

/// What there is to do where workers that take one piece of work after the other are all waiting for something.
const BUSY_TEAM: &str = "Start more workers, or let each make fewer blocking calls one after the other: they spend their time \
                         waiting, not computing.";

/// What there is to do where each piece of work has a worker, but only one may work.
const HELD_OVER_WAIT: &str = "Give the slot back before that wait, or make it shorter; raise the limit only if what it protects \
                              can take more at once.";
const ONE_AT_A_TIME: &str = "Raise the limit if these may run at once: with a limit of 1 they run one after the other.";

/// Waits that are this short on average, ns, and take less than this part of the time of those who wait, are worth a
/// note; and so for a warning.
const NOTE_BELOW: (u64, f64) = (1_000_000, 0.05);
const WARNING_BELOW: (u64, f64) = (5_000_000, 0.15);

/// Workers that wait for locks for a larger part of their lives are too many already, not too few.
const LOCK_SHARE: f64 = 0.25;

/// Whoever asks for a connection starts to make one so shortly before it waits, ns.
const JUST_BEFORE: i64 = 1_000_000;

/// Waits per act of waking from which on it is a barrier that opens.
const BROADCAST: f64 = 1.4;

/// How the one who ends a wait stands to the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// There for the same, and created in the same way.
    Sibling,
    /// Created by the one who waits.
    Child,
    Other,
}

pub(crate) fn relation(context: &Context<'_>, waiter: GoroutineIdx, waker: GoroutineIdx) -> Relation {
    let (Some(waiter), Some(waker)) = (context.workload.go(waiter), context.workload.go(waker)) else {
        return Relation::Other;
    };
    if waker.creator() == Some(waiter.go) {
        Relation::Child
    } else if is_test_function(context.trace.str(waiter.name)) {
        // All tests are started by the same function; they have nothing else in common.
        Relation::Other
    } else if waiter.name == waker.name && have_same_origin(context, waiter, waker) {
        Relation::Sibling
    } else {
        Relation::Other
    }
}

/// Whether the same goroutine created both, or goroutines that are there for the same did so at the same line: requests
/// that each start goroutines for their parts.
fn have_same_origin(context: &Context<'_>, one: &GoroutineStats, other: &GoroutineStats) -> bool {
    let (Some(by), Some(by_other)) = (one.creator(), other.creator()) else { return true };
    let name = |go: GoroutineIdx| context.workload.go(go).map(|facts| facts.name);
    let line = |facts: &GoroutineStats| context.places.own_line(facts.creation);
    by == by_other || name(by) == name(by_other) && line(one).is_some() && line(one) == line(other)
}

/// Share of the woken time of the longest waits by a relation.
pub(crate) fn related(context: &Context<'_>, wait: &Blocked, wanted: Relation) -> f64 {
    let (mut all, mut matching) = (0u64, 0u64);
    for one in &wait.longest {
        let Some(waker) = one.waker else { continue };
        let nanos = one.range.nanos().unsigned_abs();
        all += nanos;
        matching += if relation(context, one.go, waker) == wanted { nanos } else { 0 };
    }
    if all == 0 { 0.0 } else { matching as f64 / all as f64 }
}

/// A finding about such waits, no worse than those who wait feel it: by how long a wait is, and by the part of their
/// own time that the waits take.
pub(crate) fn as_felt<'a>(
    context: &Context<'_>,
    waits: impl IntoIterator<Item = &'a Blocked>,
    finding: Finding,
) -> Finding {
    let (mut count, mut nanos, mut gos) = (0, 0, BTreeSet::new());
    for wait in waits {
        (count, nanos) = (count + wait.count, nanos + wait.nanos);
        gos.extend(wait.longest.iter().map(|one| one.go));
    }
    // Where not all waits are known these are part of those who waited, and their share is estimated too high.
    let life: u64 = gos.iter().map(|go| life(context, *go)).sum();
    let (mean, share) = (nanos / count.max(1), (nanos as f64 / life.max(1) as f64).min(1.0));
    let is_below = |(longest, most): (u64, f64)| mean < longest && share < most;
    let finding = finding.ratio("share_of_waiters_time", share);
    match () {
        () if is_below(NOTE_BELOW) => finding.at_most(Severity::Note),
        () if is_below(WARNING_BELOW) => finding.at_most(Severity::Warning),
        () => finding,
    }
}

/// How long a goroutine lived within the trace, nanoseconds.
pub(crate) fn life(context: &Context<'_>, go: GoroutineIdx) -> u64 {
    let all = context.trace.range();
    let Some(facts) = context.workload.go(go) else { return context.duration };
    let (created, ended) = (facts.created().unwrap_or(all.start), facts.ended().unwrap_or(all.end));
    ended.nanos_since(created).unsigned_abs()
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let others = context.blocked.iter().filter(|(wait, _)| !wait.op.is_lock() && wait.op != Op::Sleep);
    let judge = |(wait, found): &(Blocked, Wakers)| match wait.op {
        Op::Pool => pool(context, wait, found),
        _ => barrier(context, wait, found).or_else(|| limit(context, wait, found)),
    };
    others.filter_map(judge).collect()
}

/// Waits for a free connection of a library's pool. (One that waits for a new connection is woken by who makes it.)
fn pool(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let trace = context.trace;
    let is_given = |one: &&Wait| one.waker.is_some() && !makes_connection(trace, one.waker_stack);
    let given: u64 = wait.longest.iter().filter(is_given).map(Wait::nanos).sum();
    let all: u64 = wait.longest.iter().map(Wait::nanos).sum();
    if wait.count < 6 || context.share(wait.nanos) < 0.05 || given * 3 < all * 2 || is_dialing(context, wait) {
        return None;
    }
    let mut evidence = Evidence::default();
    let waits = waited((wait, found), &format!("at {}", place_name(Some(&wait.place))), &mut evidence);
    let free = match size(context, wait) {
        Some(slots) => match evidence.int("slots", slots) {
            1 => "the only connection in a pool".to_owned(),
            slots => format!("one of the {slots} connections in a pool"),
        },
        None => "a connection from an exhausted pool".to_owned(),
    };
    let held = held(context, wait, found, false);
    let uses = held.as_ref().map_or_else(String::new, |held| format!("; {}", held.sentence(context, &mut evidence)));
    let title = format!("{waits} for {free}{uses}");
    let other = held.filter(|held| held.is_other);
    let (named, stack) = other
        .as_ref()
        .map_or_else(|| (Named::direct(wait.place.clone()), wait.stack), |held| (held.named.clone(), held.stack));
    let mut finding = Finding::new(Kind::LimitedConcurrency, title, wait.nanos, context.duration, 0.85)
        .with(evidence)
        .int("holders", found.by_go.len() as u64)
        .ratio("procs_busy", context.load.share)
        .culprit_named(trace, Some(named), stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    finding = match other {
        Some(held) => {
            finding.cause(Cause::HeldByOthers, HELD_BY_OTHERS).act(held.act).link(trace, held.link.0, held.link.1)
        }
        None => finding.cause(Cause::PoolExhausted, if is_sql(context, wait) { SQL_POOL } else { HTTP_POOL }),
    };
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(trace, longest.go, longest.range);
    }
    Some(finding)
}

/// Whether most of those who wait for a connection of net/http have one made meanwhile, and take what is there first: there is
/// no limit that they wait for.
fn is_dialing(context: &Context<'_>, wait: &Blocked) -> bool {
    let waiters: BTreeMap<GoroutineIdx, Vec<TimeRange>> = wait.longest.iter().fold(BTreeMap::new(), |mut all, one| {
        all.entry(one.go).or_insert_with(Vec::new).push(one.range);
        all
    });
    let mut dialing: BTreeSet<(GoroutineIdx, TraceTime)> = BTreeSet::new();
    for facts in context.workload.gos.iter() {
        let (Some(creator), Some(created)) = (facts.creator(), facts.created()) else { continue };
        let Some(ranges) = waiters.get(&creator) else { continue };
        let is_dialer = context.trace.str(facts.name).contains("net/http.(*Transport).");
        let range = ranges.iter().find(|range| range.start.plus_nanos(-JUST_BEFORE) <= created && created < range.end);
        dialing.extend(range.filter(|_| is_dialer).map(|range| (creator, range.start)));
    }
    dialing.len() * 2 > wait.longest.len()
}

/// Whether a stack makes a new connection for a pool of net/http or database/sql.
pub(crate) fn makes_connection(trace: &Trace, stack: StackId) -> bool {
    let mut frames = trace.frames(stack);
    frames.any(|frame| frame.function.contains(".dialConn") || frame.function.ends_with("DB).connectionOpener"))
}

fn barrier(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    // Requests do not meet: those that go on together have waited for one result.
    if found.per_act < BROADCAST
        // Who sends waits for a consumer, not for the others.
        || wait.op == Op::Send
        || !context.places.is_outer_root(wait.stack)
        || related(context, wait, Relation::Sibling) < 0.6
        || wait.count < 6
    {
        return None;
    }
    let alive: u64 = wait.gos * context.duration;
    if wait.woken_nanos * 10 < alive || is_signalled(context, wait) {
        return None;
    }
    let &(last, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    let kind = if share >= 0.5 { Kind::Straggler } else { Kind::Imbalance };
    let done = Activity::of_parts(found.parts.iter().filter(|part| part.go == last));
    let way = done.main();
    let is_idle = if meets(context, wait) { done.is_for_work(context) } else { done.is_idle(context) };
    // One that has no proc, or has nothing to do itself, is not late for what it does.
    if matches!(way, ActivityKind::Runnable | ActivityKind::Unknown) || is_idle {
        return None;
    }
    let hot = done.place(context, way)?;
    let mut evidence = Evidence::default();
    let title = format!(
        "{} for the others, {} of it for {}, {} {}",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        evidence.share("share_of_last", share),
        go_name(context.trace, last),
        way.words(),
        hot.named.followed_by(&format!("for {}{}", at_least(wait, found), evidence.time("last_ns", done.elapsed(way)))),
    );
    let mut finding = Finding::new(kind, title, wait.nanos, context.duration, 0.6 + 0.35 * share)
        .with(evidence)
        .ratio("waits_per_wakeup", found.per_act)
        .text("seen_in", hot.seen_in)
        .culprit_named(context.trace, Some(hot.named), hot.stack)
        .act(done.act_of(way))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(context.trace, last, longest.range).link(context.trace, longest.go, longest.range);
    }
    Some(if context.is_of_tests(wait) { finding.at_most(Severity::Note) } else { finding })
}

/// Whether a condition wakes those who wait one by one: each has something of its own to do.
fn is_signalled(context: &Context<'_>, wait: &Blocked) -> bool {
    let signals = |stack| context.trace.frames(stack).any(|frame| frame.function == "sync.(*Cond).Signal");
    let signalled = wait.longest.iter().filter(|one| signals(one.waker_stack)).count();
    wait.op == Op::Cond && signalled * 2 > wait.longest.len()
}

/// Whether those who end the waits do so in the function in which the others wait: all come to the same place.
fn meets(context: &Context<'_>, wait: &Blocked) -> bool {
    let function = context.places.own_function(wait.stack);
    let woken = wait.longest.iter().filter(|one| one.waker.is_some());
    let here = woken.clone().filter(|one| context.places.own_function(one.waker_stack) == function);
    function.is_some() && here.count() * 2 > woken.count()
}

/// `at least `, in front of how long somebody did something during the waits, where not all of these were looked into.
pub(crate) const fn at_least(wait: &Blocked, found: &Wakers) -> &'static str {
    if found.waits < wait.count { "at least " } else { "" }
}

/// `12 waits of 4 goroutines, 1.20 s total (max 130 ms), in chan receive at main.worker (main.go:75)`. Records how
/// many of them were looked into, if not all.
pub(crate) fn waited((wait, found): (&Blocked, &Wakers), place: &str, evidence: &mut Evidence) -> String {
    let text = format!(
        "{} of {}, {} total (max {}), {place}",
        evidence.count("waits", wait.count, "wait"),
        evidence.count("waiters", wait.gos, "goroutine"),
        evidence.time("wait_total_ns", wait.nanos),
        evidence.time("wait_max_ns", wait.max),
    );
    analysed(wait.count, (found.waits, found.examined), evidence);
    text
}

/// Records how many waits were looked into, of `count`, and their time, unless that is all there are.
pub(crate) fn analysed(count: u64, (waits, nanos): (u64, u64), evidence: &mut Evidence) {
    if waits < count {
        evidence.int("waits_analysed", waits);
        evidence.int("analysed_ns", nanos);
    }
}

/// Whether everyone is woken by always the same one: a ring or a pipeline, where nothing is shared. Looks at
/// all waits of a few.
fn has_fixed_partners(context: &Context<'_>, wait: &Blocked) -> bool {
    let waiters: BTreeSet<GoroutineIdx> = wait.longest.iter().map(|one| one.go).collect();
    let own = context.places.own_function(wait.stack);
    let (mut repeated, mut fixed) = (0, 0);
    for &go in waiters.iter().take(8) {
        let mut wakers: Vec<GoroutineIdx> = Vec::new();
        let mut moves = context.trace.transitions(go, context.trace.range()).take(2_000).peekable();
        while let Some(found) = moves.next() {
            let is_here =
                found.span.state == GoState::Waiting && context.places.own_function(found.span.start_stack) == own;
            if let (true, Some(LaneId::Goroutine(waker))) = (is_here, moves.peek().and_then(|next| next.by)) {
                wakers.push(waker);
            }
        }
        let different = wakers.iter().collect::<BTreeSet<_>>().len();
        repeated += usize::from(wakers.len() >= 4);
        fixed += usize::from(wakers.len() >= 4 && different == 1);
    }
    repeated > 0 && fixed * 2 > repeated
}

/// Nanoseconds of the waits in which those who ended them waited, too, but not for a lock.
fn outside(context: &Context<'_>, found: &Wakers) -> u64 {
    part_of(found, |part| {
        matches!(part.doing, StepKind::Waiting(_) | StepKind::Syscall | StepKind::CgoCall)
            && !context.places.op(part.stack).is_lock()
    })
}

/// Waits that were ended by goroutines which themselves wait for a connection of a library's pool that is used up.
fn pool_users(context: &Context<'_>, wait: &Blocked) -> u64 {
    let pools = context.waits(&[Op::Pool]).filter(|(wait, found)| pool(context, wait, found).is_some());
    let users: BTreeSet<GoroutineIdx> = pools.flat_map(|(pool, _)| pool.longest.iter().map(|one| one.go)).collect();
    wait.longest.iter().filter(|one| one.waker.is_some_and(|waker| users.contains(&waker))).count() as u64
}

/// Whether a place is no limit, or another one holds back those who have it, of which another finding tells.
fn is_otherwise_limited(context: &Context<'_>, wait: &Blocked, found: &Wakers, is_workers: bool) -> bool {
    // Workers that wait for a connection of a library's pool, or queue for a lock, are held back by that; and a full
    // channel between two stages is no semaphore.
    let is_held_back = if is_workers {
        lock_share(context, wait) > LOCK_SHARE || slot_share(context, wait) > LOCK_SHARE
    } else {
        is_queue(context, wait)
    };
    is_held_back || pool_users(context, wait) * 2 > found.waits
}

/// Part of the lives of those who ended the waits in which they waited for locks, as far as these waits are known.
fn lock_share(context: &Context<'_>, wait: &Blocked) -> f64 {
    let wakers: BTreeSet<GoroutineIdx> = wait.longest.iter().filter_map(|one| one.waker).collect();
    let locks = context.blocked.iter().filter(|(wait, _)| wait.op.is_lock()).flat_map(|(wait, _)| &wait.longest);
    let waited: u64 = locks.filter(|one| wakers.contains(&one.go)).map(Wait::nanos).sum();
    let lives: u64 = wakers.iter().map(|go| life(context, *go)).sum();
    waited as f64 / lives.max(1) as f64
}

/// The same of waits for each other, which they end for each other: for a semaphore that is theirs.
fn slot_share(context: &Context<'_>, wait: &Blocked) -> f64 {
    let wakers: BTreeSet<GoroutineIdx> = wait.longest.iter().filter_map(|one| one.waker).collect();
    let is_channel = |op| matches!(op, Op::Send | Op::Receive | Op::Select | Op::Cond);
    let slots = context.blocked.iter().filter(|(other, _)| is_channel(other.op) && other.place != wait.place);
    let slots = slots.filter(|(other, _)| related(context, other, Relation::Sibling) >= 0.6);
    let waits = slots.flat_map(|(other, _)| &other.longest).filter(|one| wakers.contains(&one.go));
    let lives: u64 = wakers.iter().map(|go| life(context, *go)).sum();
    waits.map(Wait::nanos).sum::<u64>() as f64 / lives.max(1) as f64
}

/// Nanoseconds of the waits in which those who ended them did such a thing.
fn part_of(found: &Wakers, is_such: impl Fn(&Meanwhile) -> bool) -> u64 {
    found.parts.iter().filter(|part| is_such(part)).map(|part| part.nanos).sum()
}

/// What is limited, and to how many: `slot: 3 in use at once`.
fn limit_words(
    (is_workers, is_lock): (bool, bool),
    (slots, waiters): (Option<u64>, u64),
    evidence: &mut Evidence,
) -> String {
    let (what, in_use) = if is_workers { ("worker", "busy") } else { ("slot", "in use") };
    evidence.text("unit", what);
    match slots {
        _ if is_lock => {
            evidence.text(BASIS, "inferred from when slots were acquired and released");
            format!("{what}: never more than one {in_use}, like a lock")
        }
        Some(slots) if is_workers && waiters > 1 => {
            format!("{what}: {} {in_use} at once for each of them", evidence.whole("slots", slots))
        }
        Some(slots) => format!("{what}: {} {in_use} at once", evidence.whole("slots", slots)),
        None => format!("{what}: their number is limited"),
    }
}

/// How many slots are in use at once at first, and at last.
fn fewer_words((first, last): (u64, u64), evidence: &mut Evidence) -> String {
    format!(
        "slot: {} in use at once in the first fifth of that time, {} in the last, as where some are not given back",
        evidence.whole("slots_first", first),
        evidence.whole("slots_last", last),
    )
}

/// `the workers were waiting in main.load (main.go:9)`
fn used_by(context: &Context<'_>, top: &Meanwhile, is_workers: bool) -> String {
    let who = if is_workers { "the workers were" } else { "their holders were" };
    let place = context.places.own(top.stack);
    format!("{who} {} {}", ActivityKind::of(top.doing).words(), place_name(place.as_ref()))
}

fn limit(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let is_channel = matches!(wait.op, Op::Send | Op::Receive | Op::Select | Op::Cond);
    let by_siblings = related(context, wait, Relation::Sibling);
    let by_children = if wait.op == Op::Send { related(context, wait, Relation::Child) } else { 0.0 };
    let share = by_siblings.max(by_children);
    let is_bounded = by_children > by_siblings || wait.bounded_nanos * 3 >= wait.nanos;
    // Where all procs are busy, more at once would not be faster.
    if !is_channel || share < 0.6 || !is_bounded || context.load.share > 0.85 || wait.count < 6 {
        return None;
    }
    if context.share(wait.woken_nanos) < 0.02 || found.per_act >= BROADCAST || has_fixed_partners(context, wait) {
        return None;
    }
    let holds = Holds::of(context, wait);
    if holds.is_handed_on() {
        return None;
    }
    let is_workers = by_children > by_siblings;
    if !is_workers && holds.is_by_strangers() {
        return None;
    }
    if is_otherwise_limited(context, wait, found, is_workers) {
        return None;
    }
    let holders = found.by_go.len() as u64;
    // Those who have the places are themselves kept from using them: another finding's business.
    if part_of(found, |part| part.doing == StepKind::Runnable) * 2 > found.examined {
        return None;
    }
    // Whoever hands work to goroutines of his own waits for them as he should, unless they wait themselves.
    if by_children > by_siblings && (holders < 2 || outside(context, found) * 2 < found.examined) {
        return None;
    }
    let is_doing =
        |part: &&Meanwhile| !matches!(ActivityKind::of(part.doing), ActivityKind::Runnable | ActivityKind::Unknown);
    let mut doing = found.parts.iter().filter(is_doing);
    let top = doing.find(|part| context.places.has_own(part.stack))?;
    // One place, and those who had it computed: a lock by other means.
    let is_lock = holds.is_exclusive() && outside(context, found) * 2 < found.examined;
    let kind = if is_lock { Kind::LockContention } else { Kind::LimitedConcurrency };
    let mut evidence = Evidence::default();
    let waits = waited((wait, found), &format!("at {}", place_name(Some(&wait.place))), &mut evidence);
    let held = held(context, wait, found, by_children > by_siblings);
    let slots = if is_workers { alive(context, wait) } else { size(context, wait) };
    let fewer = if is_workers { None } else { dwindling(context, wait) };
    let limit = match fewer {
        Some(fewer) => fewer_words(fewer, &mut evidence),
        None => limit_words((is_workers, is_lock), (slots, wait.gos), &mut evidence),
    };
    let uses = match &held {
        Some(held) => held.sentence(context, &mut evidence),
        None => used_by(context, top, is_workers),
    };
    let title = format!("{waits} for a free {limit}, and {uses}");
    // One worker at a time is a call with more to it: what there is to mend is the limit, not what the worker does.
    let is_serial = is_workers && slots == Some(1);
    let other = held.filter(|held| held.is_other && !is_lock);
    let limiter = || {
        let alike = wait.longest.iter().map(|one| (one.stack, one.nanos()));
        context.named(wait.stack, alike).filter(|_| is_serial).unwrap_or_else(|| Named::direct(wait.place.clone()))
    };
    let (named, stack) = match &other {
        Some(held) if !is_serial && fewer.is_none() => (held.named.clone(), held.stack),
        _ => (limiter(), wait.stack),
    };
    let mut finding = Finding::new(kind, title, wait.nanos, context.duration, 0.5 + 0.4 * share)
        .with(evidence)
        .int("holders", holders)
        .ratio("ended_by_equals", share)
        .ratio("procs_busy", context.load.share)
        .culprit_named(context.trace, Some(named), stack)
        .act(Activity::of_parts([top]).act(top.go, top.doing))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(context.trace, longest.go, longest.range);
    }
    let finding = match fewer {
        Some(_) => finding.cause(Cause::SlotsKept, SLOTS).inferred("how many goroutines had a slot at once"),
        None => held_by(finding, other, (is_workers, is_serial, is_lock), top.doing),
    };
    let finding = as_felt(context, [wait], finding.link(context.trace, top.go, top.longest));
    let finding = if context.is_of_tests(wait) { finding.at_most(Severity::Note) } else { finding };
    Some(if is_workers { fed(context, (wait, found), finding) } else { finding })
}

/// The finding with why slots are not free, if others hold them than those who wait; else with what helps where the
/// holders wait.
fn held_by(
    finding: Finding,
    other: Option<Held>,
    (is_workers, is_serial, is_lock): (bool, bool, bool),
    doing: StepKind,
) -> Finding {
    let Some(held) = other else {
        let is_waiting = matches!(doing, StepKind::Waiting(_) | StepKind::Syscall);
        return if is_waiting && !is_workers && !is_lock { finding.with_check(HELD_OVER_WAIT) } else { finding };
    };
    let (cause, check) = match (is_workers, is_serial) {
        (_, true) => (Cause::OneAtATime, ONE_AT_A_TIME),
        (true, false) => (Cause::WorkersWait, BUSY_TEAM),
        (false, false) => (Cause::HeldByOthers, HELD_BY_OTHERS),
    };
    finding.cause(cause, check).act(held.act)
}

/// Workers that are fed by the one goroutine that made them, a fixed team or one for each piece of work: the limit was
/// chosen on purpose.
fn fed(context: &Context<'_>, (wait, found): (&Blocked, &Wakers), finding: Finding) -> Finding {
    let wakers: BTreeSet<GoroutineIdx> = wait.longest.iter().filter_map(|one| one.waker).collect();
    if wakers.len() * 2 >= wait.longest.len() && wait.gos != 1 {
        return finding;
    }
    // It is worth a word where those wait for somebody else nearly all the time, and so does who feeds them.
    let waited = part_of(found, |part| matches!(part.doing, StepKind::Waiting(_)));
    let is_short = waited * 4 >= found.examined * 3 && context.share(wait.nanos) >= 0.3;
    finding.at_most(if is_short { Severity::Warning } else { Severity::Note })
}
