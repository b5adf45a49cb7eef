//! Answers that wait for the clock: others hand something over to one goroutine and wait until it has dealt with it,
//! which it does only when its timer fires; or they wait in a queue of which a goroutine takes a few each time its timer
//! fires; or they wait for goroutines that they have started, and which sleep.

use rustc_hash::FxHashMap;

use crate::analysis::blocked_by::{Blocked, Wakers};
use crate::analysis::findings::activity::{Activity, ActivityKind};
use crate::analysis::findings::backlog::SERVED_AT_ONCE;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::peers::{Relation, as_felt, related, waited};
use crate::analysis::findings::slow_requests::{PAUSE_NOTE_BELOW, PAUSE_WARNING_BELOW};
use crate::analysis::phrases::go_name;
use crate::analysis::phrases::where_at;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;

/// Waits that are looked into, spans of the other goroutine in each of them, and what the waiter did just before.
const LOOKED_AT: usize = 64;
const SPANS: usize = 512;
const ACTS: usize = 64;
/// Fewer waits are no rule.
const FEWEST: u64 = 6;
/// Whoever wakes another goroutine so shortly before it waits for it has asked it for something, ns.
const JUST_BEFORE: i64 = 1_000_000;

const CHECK: &str = "Let the timer only bound the wait: answer as soon as a batch is large enough or nothing more has come for \
                     a moment, or make the interval shorter.";

const CHECK_QUEUE: &str = "Take all that is waiting each time, or go on at once while there is more; the timer need only bound \
                           how long the first one waits.";

const CHECK_CHILD: &str = "Let goroutines that others wait for end as soon as they can: wait for a channel or a context instead of \
                           sleeping, and leave out the pause after the last piece of work.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let waits = context.waits(&[Op::Receive, Op::Select, Op::Cond, Op::WaitGroup]);
    waits.filter_map(|(wait, found)| judge(context, wait, found)).collect()
}

/// What was seen of the waits at a place.
#[derive(Default)]
struct Seen {
    /// Nanoseconds of those that were looked into.
    all: u64,
    /// Of those whose goroutine had asked the one that ended the wait.
    asked: u64,
    /// How often the timer of that one fired during them.
    fired: u64,
    /// How many were looked into.
    count: u64,
    /// Of time in which that one waited for its timer.
    timed: u64,
    /// The same by goroutine and the program's function, with the longest.
    by: FxHashMap<(GoroutineIdx, u32), (u64, TimeRange, StackId)>,
}

fn judge(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let is_such = wait.count >= FEWEST && !wait.is_prior && context.places.is_direct(wait.stack);
    if !is_such || context.share(wait.woken_nanos) < 0.05 || context.is_of_tests(wait) {
        return None;
    }
    let seen = look(context, wait);
    // One at a time is a rate, of which another finding tells.
    let is_queue = found.per_act >= SERVED_AT_ONCE && seen.fired * 2 >= 3 * seen.count && is_in_order(wait);
    // To start a goroutine is not to hand it something. One that goes on after it has sent something keeps a rhythm.
    let is_child = wait.op == Op::WaitGroup && related(context, wait, Relation::Child) >= 0.6;
    if seen.timed * 10 < seen.all * 7 || seen.asked * 2 < seen.all && !is_queue && !is_child {
        return None;
    }
    let (&(go, _), &(_, range, stack)) = seen.by.iter().max_by_key(|(key, sum)| (sum.0, **key))?;
    let function = context.places.own_function(stack);
    let parts = found.parts.iter().filter(|part| part.go == go && context.places.own_function(part.stack) == function);
    let done = Activity::of_parts(parts);
    let mut evidence = Evidence::default();
    let what = if is_queue {
        format!(
            ", which serves a few of them, in order, each time its timer fires (in these waits {} times on average): it \
             waited for the timer",
            evidence.number("fires_per_wait", seen.fired as f64 / seen.count.max(1) as f64)
        )
    } else if is_child {
        ", one of those that they had started, which waited for a timer".to_owned()
    } else {
        ", to which they had handed something over and which waited for its timer".to_owned()
    };
    let title = format!(
        "{} for {}{what}{} for {}",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        go_name(context.trace, go),
        where_at(context.places, stack),
        evidence.time("timer_ns", done.elapsed(ActivityKind::Waiting)),
    );
    let (name, check) = match (is_queue, is_child) {
        (true, _) => (Cause::BatchTimer, CHECK_QUEUE),
        (false, true) => (Cause::FixedSleep, CHECK_CHILD),
        (false, false) => (Cause::BatchTimer, CHECK),
    };
    let finding = Finding::new(Kind::PollingSleep, title, wait.woken_nanos, context.duration, 0.8)
        .with(evidence)
        .cause(name, check)
        .ratio("share_of_timer", seen.timed as f64 / seen.all.max(1) as f64)
        .culprit(context.trace, context.places.own(stack), stack)
        .act(done.act_of(ActivityKind::Waiting))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait)
        .link(context.trace, go, range);
    let finding = match wait.longest.first() {
        Some(longest) => finding.link(context.trace, longest.go, longest.range),
        None => finding,
    };
    let finding = as_felt(context, [wait], finding);
    // What they were started for may be to keep a rhythm.
    let finding = if name == Cause::FixedSleep { finding.at_most(Severity::Warning) } else { finding };
    Some(match wait.nanos / wait.count.max(1) {
        mean if mean < PAUSE_NOTE_BELOW => finding.at_most(Severity::Note),
        mean if mean < PAUSE_WARNING_BELOW => finding.at_most(Severity::Warning),
        _ => finding,
    })
}

fn look(context: &Context<'_>, wait: &Blocked) -> Seen {
    let mut seen = Seen::default();
    for one in wait.longest.iter().take(LOOKED_AT) {
        let Some(waker) = one.waker else { continue };
        let nanos = one.range.nanos().unsigned_abs();
        seen.all += nanos;
        seen.asked += if has_asked(context, one, waker) { nanos } else { 0 };
        let Some(Timer { function, nanos: timed, fired, range, stack }) = timer(context, waker, one.range) else {
            continue;
        };
        seen.timed += timed;
        (seen.fired, seen.count) = (seen.fired + fired, seen.count + 1);
        let sum = seen.by.entry((waker, function)).or_insert((0, range, stack));
        sum.0 += timed;
        if range.nanos() > sum.1.nanos() {
            (sum.1, sum.2) = (range, stack);
        }
    }
    seen
}

/// Whether the one who waits has woken the other just before.
fn has_asked(context: &Context<'_>, wait: &Wait, other: GoroutineIdx) -> bool {
    let trace = context.trace;
    let before = TimeRange::new(wait.range.start.plus_nanos(-JUST_BEFORE), wait.range.start);
    let mut acts = trace.acted_on(LaneId::Goroutine(wait.go), before).take(ACTS);
    acts.any(|(segment, row)| trace.affected(segment, row) == Some(other))
}

/// Whether those who wait are served one after the other, in the order in which they began to wait, and others still wait
/// when one is served: a queue, not an event that all of them wait for.
fn is_in_order(wait: &Blocked) -> bool {
    let mut waits: Vec<TimeRange> = wait.longest.iter().map(|one| one.range).collect();
    waits.sort_unstable_by_key(|range| (range.start, range.end));
    let (mut together, mut in_order, mut apart) = (0_usize, 0_usize, 0_usize);
    for (at, one) in waits.iter().enumerate() {
        for other in waits.iter().skip(at + 1).take_while(|other| other.start < one.end).take(LOOKED_AT) {
            together += 1;
            in_order += usize::from(one.end.nanos_since(other.end) < JUST_BEFORE);
            apart += usize::from(other.end.nanos_since(one.end) > JUST_BEFORE);
        }
    }
    together >= wait.longest.len() && in_order * 10 >= together * 9 && apart * 2 >= together
}

/// What a goroutine with nothing to do waited for until the clock told.
struct Timer {
    /// The program's function in which it waited so.
    function: u32,
    /// For how many nanoseconds of the time in question.
    nanos: u64,
    /// How many such waits ended in it.
    fired: u64,
    /// The longest of them, as far as it lies in the time.
    range: TimeRange,
    stack: StackId,
}

/// If a goroutine waited, for most of this time, in a function in which it last had nothing to do until the clock told.
/// (What it then did for those who wait may end with a timer, too.)
fn timer(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> Option<Timer> {
    let trace = context.trace;
    let inside = |span: &Span| span.range.intersect(range).nanos().unsigned_abs();
    let mut waits: Vec<(Span, Option<LaneId>)> = Vec::new();
    let mut moves = trace.transitions(go, range).take(SPANS).peekable();
    while let Some(found) = moves.next() {
        if found.span.state == GoState::Waiting {
            waits.push((found.span, moves.peek().and_then(|next| next.by)));
        }
    }
    let mut by_function: FxHashMap<u32, u64> = FxHashMap::default();
    for (span, _) in &waits {
        if let Some(function) = context.places.own_function(span.start_stack) {
            *by_function.entry(function).or_default() += inside(span);
        }
    }
    let (function, nanos) = by_function.into_iter().max_by_key(|&(function, nanos)| (nanos, function))?;
    // The network tells by itself, too, and is no clock.
    waits.retain(|(span, _)| {
        span.class != SpanClass::WaitNet && context.places.own_function(span.start_stack) == Some(function)
    });
    let (last, by) = waits.iter().rev().find(|(span, _)| span.range.end <= range.end)?;
    // A loop that something else calls may wait for a timer, too.
    let is_own = context.places.is_direct(last.start_stack)
        && matches!(context.places.op(last.start_stack), Op::Receive | Op::Select);
    let is_for_work = is_own || is_idle(context.places, last.start_stack, last.class);
    if !is_for_work || matches!(by, Some(LaneId::Goroutine(_))) {
        return None;
    }
    let fired = waits.iter().filter(|(span, _)| span.range.end <= range.end).count() as u64;
    let (longest, _) = waits.iter().max_by_key(|(span, _)| (inside(span), span.range.start))?;
    Some(Timer { function, nanos, fired, range: longest.range.intersect(range), stack: longest.start_stack })
}
