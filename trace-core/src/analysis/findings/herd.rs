//! Goroutines that `sync.(*Cond).Broadcast` wakes, most of which find nothing to do and wait again.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::blocked_by::{Blocked, Wakers};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::peers::waited;
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Fewer waits are no herd, nor are fewer that one act ends on average.
const FEWEST: u64 = 50;
const TOGETHER: f64 = 4.0;
/// Waits that are looked into, and spans after each.
const LOOKED_AT: usize = 128;
const SPANS: usize = 16;
/// Part of them that must come to nothing.
const IN_VAIN: f64 = 0.75;

const CHECK: &str = "Wake one goroutine for each thing that there is to do (Signal, or a channel); Broadcast is for news that \
                     all of them need.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    context.waits(&[Op::Cond]).filter_map(|(wait, found)| judge(context, wait, found)).collect()
}

/// What came of the waits that were looked into.
#[derive(Default)]
struct Seen {
    waits: u64,
    in_vain: u64,
    /// Nanoseconds from the end of the waits that came to nothing until the goroutine waited again.
    nanos: u64,
    /// How many of the waits each stack ended.
    by: FxHashMap<StackId, u64>,
    longest: Option<(TimeRange, Wait)>,
}

fn judge(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    if wait.count < FEWEST || found.per_act < TOGETHER || context.is_of_tests(wait) {
        return None;
    }
    let mut seen = Seen::default();
    let by_broadcast = |one: &&Wait| is_broadcast(context, one.waker_stack);
    for one in wait.longest.iter().filter(by_broadcast).take(LOOKED_AT) {
        seen.waits += 1;
        *seen.by.entry(one.waker_stack).or_default() += 1;
        let Some(again) = waits_again(context, one) else { continue };
        let lost = TimeRange::new(one.range.end, again);
        seen.in_vain += 1;
        seen.nanos += lost.nanos().unsigned_abs();
        if seen.longest.as_ref().is_none_or(|longest| lost.nanos() > longest.0.nanos()) {
            seen.longest = Some((lost, *one));
        }
    }
    let share = seen.in_vain as f64 / seen.waits.max(1) as f64;
    if seen.waits < FEWEST / 2 || share < IN_VAIN {
        return None;
    }
    let (&stack, _) = seen.by.iter().max_by_key(|&(stack, waits)| (*waits, std::cmp::Reverse(*stack)))?;
    let place = context.places.own(stack)?;
    let mean = seen.nanos / seen.in_vain.max(1);
    // Of those that were not looked into as many are taken to be ended by a Broadcast, and to come to nothing.
    let ended = wait.longest.iter().filter(|one| one.waker.is_some()).count();
    let broadcast_share = wait.longest.iter().filter(by_broadcast).count() as f64 / ended.max(1) as f64;
    let lost = (mean as f64 * share * broadcast_share * wait.count as f64) as u64;
    // The longest waits are not the usual ones: no more than what those goroutines did not wait there can be lost.
    let lost = lost.min((wait.gos * context.duration).saturating_sub(wait.nanos));
    let mut evidence = Evidence::default();
    let title = format!(
        "{}: Broadcast at {} wakes at most {} of them at once on average, and {} of the {} looked at waited again without having \
         woken anybody or waited for anything but the lock, after {} on average",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        place_name(Some(&place)),
        evidence.whole("woken_at_once", woken_at_once(context, stack).ceil() as u64),
        evidence.share("share_in_vain", share),
        evidence.whole("broadcasts_looked_at", seen.waits),
        evidence.time("mean_in_vain_ns", mean),
    );
    let finding = Finding::new(Kind::LockContention, title, lost, context.duration, 0.9)
        .with(evidence)
        .cause(Cause::Broadcast, CHECK)
        .culprit(context.trace, Some(place), stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    Some(match seen.longest {
        Some((range, one)) => finding.link(context.trace, one.go, range),
        None => finding,
    })
}

/// How many goroutines a Broadcast at the line of this stack wakes on average, at most. (Of waits that were picked more are
/// of broadcasts that woke many.) Two calls count as one if nothing that the trace records lies between them.
fn woken_at_once(context: &Context<'_>, stack: StackId) -> f64 {
    let trace = context.trace;
    let line = context.places.own_line(stack);
    let is_here = |other: StackId| is_broadcast(context, other) && context.places.own_line(other) == line;
    let (mut woken, mut broadcasts) = (0_u64, 0_u64);
    let mut of_this: FxHashSet<GoroutineIdx> = FxHashSet::default();
    for facts in context.workload.gos.iter() {
        let mut last = None;
        for (number, row) in trace.acted_on(LaneId::Goroutine(facts.go), trace.range()) {
            let Some(segment) = trace.seg(number).filter(|known| is_here(known.stack(row))) else {
                last = None;
                continue;
            };
            let time = TraceTime(segment.time(row));
            woken += 1;
            let is_same = last.is_some_and(|last| !is_other_act(context, facts.go, TimeRange::new(last, time)));
            let other = trace.affected(number, row).unwrap_or(GoroutineIdx::NONE);
            // One call wakes each of them once.
            if !is_same || of_this.contains(&other) {
                broadcasts += 1;
                of_this.clear();
            }
            of_this.insert(other);
            last = Some(time);
        }
    }
    woken as f64 / broadcasts.max(1) as f64
}

/// Whether a goroutine that woke others at both ends of a range did so in two calls: it waited or made a system call in
/// between. (In one call it may lose its proc.)
fn is_other_act(context: &Context<'_>, go: GoroutineIdx, between: TimeRange) -> bool {
    let mut spans = context.trace.spans(LaneId::Goroutine(go), between);
    spans.any(|span| matches!(span.state, GoState::Waiting | GoState::Syscall))
}

fn is_broadcast(context: &Context<'_>, stack: StackId) -> bool {
    context.trace.frames(stack).any(|frame| frame.function == "sync.(*Cond).Broadcast")
}

/// When the goroutine waits on the condition again, if it does not do anything before: it only waits for the lock, and wakes
/// nobody but by giving the lock up.
fn waits_again(context: &Context<'_>, wait: &Wait) -> Option<TraceTime> {
    let (trace, places) = (context.trace, context.places);
    let after = TimeRange::new(wait.range.end, trace.range().end);
    let function = places.near_function(wait.stack);
    for found in trace.transitions(wait.go, after).take(SPANS) {
        let span = found.span;
        if span.range.end <= wait.range.end {
            continue;
        }
        match span.state {
            GoState::Running | GoState::Runnable => {}
            GoState::Waiting if places.op(span.start_stack).is_lock() => {}
            GoState::Waiting => {
                let is_same =
                    places.op(span.start_stack) == Op::Cond && places.near_function(span.start_stack) == function;
                let between = TimeRange::new(wait.range.end, span.range.start);
                return (is_same && !has_acted(context, wait, between)).then_some(span.range.start);
            }
            _ => return None,
        }
    }
    None
}

/// Whether a goroutine woke or created another one, but for those that wait for the lock that it gives up.
fn has_acted(context: &Context<'_>, wait: &Wait, between: TimeRange) -> bool {
    context.trace.acted_on(LaneId::Goroutine(wait.go), between).take(SPANS).any(|(segment, row)| {
        let stack = context.trace.seg(segment).map_or(StackId::NONE, |segment| segment.stack(row));
        !context.places.op(stack).is_unlock()
    })
}
