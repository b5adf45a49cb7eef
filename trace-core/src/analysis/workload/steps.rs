//! What one span of a goroutine, or what comes between two of them, says of its work.

use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, Places};
use crate::analysis::request_borders::{Border, RequestBorders};
use crate::analysis::work_unit::{WorkUnit, is_timed};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;
use crate::model::transitions::Transition;

/// How many of the goroutines that one made or woke between two sleeps are looked at.
const ACTS: usize = 16;
/// Spans of a goroutine that are looked at for what it is there for.
const ROLE_SPANS: usize = 32;

/// Goes on to a goroutine's next span: the border between two requests of its connection, if one lies before it (or, if the
/// goroutine runs, before its end).
pub(super) fn next_request(
    places: &Places<'_>,
    span: &Span,
    requests: &mut RequestBorders,
    unit: &mut WorkUnit,
) -> Option<Border> {
    let stack = match span.state {
        GoState::Waiting | GoState::Syscall => span.start_stack,
        GoState::Running => span.end_stack,
        GoState::Runnable | GoState::Unknown | GoState::Dead => return None,
    };
    let was_served = requests.is_served();
    let border = requests.next(places.request_phase(stack));
    unit.is_first &= was_served || !requests.is_served();
    border
}

/// Notes a sleep in its unit, or that the unit did something other than sleep.
pub(super) fn sleep(trace: &Trace, places: &Places<'_>, (wait, class): (&Wait, SpanClass), unit: &mut WorkUnit) {
    let is_gc = class == SpanClass::Gc || places.op(wait.stack) == Op::Gc;
    // One that the GC keeps waiting inside of `time.Sleep` was about to sleep.
    let is_sleep = is_timed(places, wait) || is_gc && places.callee(wait.stack) == Some("time.Sleep");
    let function = places.own_function(wait.stack).filter(|_| is_sleep);
    if function.is_none() && !places.op(wait.stack).is_lock() && !is_gc {
        unit.end_series();
        return;
    }
    // What it did since it last waited.
    let since = unit.waits.last().map(|last| last.wait.range.end).or(unit.range.map(|range| range.start));
    let before = TimeRange::new(since.unwrap_or(wait.range.start), wait.range.start);
    let (mut acted, mut helper) = (false, false);
    for (segment, row) in trace.acted_on(LaneId::Goroutine(wait.go), before).take(ACTS) {
        let other = trace.affected(segment, row).and_then(|go| trace.goroutine(go));
        // Whoever allocates wakes the collector.
        if other.is_some_and(|other| is_system_function(trace.str(other.name))) {
            continue;
        }
        acted = true;
        helper |= other.is_some_and(|other| {
            other.created.is_some_and(|created| before.start <= created && created <= before.end)
                && other.ended.is_some_and(|ended| ended < wait.range.end)
        });
    }
    // A region of its own for each of them is there to be seen.
    let is_reported = || trace.regions(wait.go, before).any(|region| region.range.start >= before.start);
    if acted || is_reported() {
        unit.end_series();
    }
    if let Some(function) = function {
        let nanos = if is_gc { 0 } else { wait.range.nanos().unsigned_abs() };
        unit.sleep(function, (wait.go, wait.range), nanos, helper);
    }
}

/// The function that a goroutine is there for which a library started for whoever asked (`wg.Go(f)`): the program's function
/// that its start function calls.
pub(super) fn role(trace: &Trace, places: &Places<'_>, go: GoroutineIdx, start: StrId) -> StrId {
    let mut spans = trace.spans(LaneId::Goroutine(go), trace.range()).take(ROLE_SPANS);
    spans
        .find_map(|span| places.outer_name(span.start_stack).or_else(|| places.outer_name(span.end_stack)))
        .unwrap_or(start)
}

/// The other goroutine that brought about what comes after a wait of `go`, with its stack there.
pub(super) fn waker(go: GoroutineIdx, next: Option<&Transition>) -> (Option<GoroutineIdx>, StackId) {
    match next.map(|next| (next.by, next.by_stack)) {
        Some((Some(LaneId::Goroutine(waker)), stack)) if waker != go => (Some(waker), stack),
        _ => (None, StackId::NONE),
    }
}

/// Whether a goroutine that waits there has nothing to do: libraries wait for the outside, or its own loop
/// waits for work.
#[must_use]
pub fn is_idle(places: &Places<'_>, stack: StackId, class: SpanClass) -> bool {
    let op = places.op(stack);
    // A goroutine that waits for a lock has something to do, in a library, too.
    if class == SpanClass::Gc || op == Op::Gc || op.is_lock() {
        return false;
    }
    if !places.has_own(stack) || matches!(op, Op::Accept | Op::Test) {
        return true;
    }
    // A library that reads the next bytes is idle, whoever made the connection.
    if class == SpanClass::WaitNet && places.is_reader(stack) {
        return true;
    }
    // Whoever writes has something to do, and waits for the other side to read.
    if places.is_write(stack) {
        return false;
    }
    // A library that the loop calls waits for an answer.
    let is_own = places.is_direct(stack) || places.is_plain(stack);
    let waits_for_work = matches!(op, Op::Receive | Op::Select | Op::Sleep)
        || matches!(class, SpanClass::WaitChan | SpanClass::WaitNet | SpanClass::WaitSleep) && op != Op::Send;
    waits_for_work && is_own && places.is_root(stack)
}
