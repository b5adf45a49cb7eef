//! Waits that began before the trace. A goroutine that waits when the trace begins, and is woken in its first
//! generation, is announced without a stack and without a reason. What it waited for follows from the operation that
//! woke it, and where (as far as it can be known) from the stack with which it went on.
//!
//! ```text
//!        trace begins                      next stack: main.(*store).get
//! g7  ──────┃──── wait, no stack ────●──run──┤
//! g1  ──────┃────────────────────────●──                sync.(*Mutex).Unlock in main.(*store).compact
//! ```

use crate::analysis::places::{Op, Origin, Places, origin};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Spans after the wait in which the next stack is looked for.
const SPANS: usize = 16;
/// Wakeups in each of them that are looked at.
const ACTS: usize = 16;

/// Whether a span is a wait of which the trace holds neither beginning nor stack.
#[must_use]
pub fn is_prior(span: &Span) -> bool {
    span.state == GoState::Waiting && span.began_before && !span.start_stack.is_some()
}

/// The operation in which a goroutine waited that was woken with this stack, as far as that tells: a lock by an
/// unlock, a wait group by its last `Done`. `None` for channels (a worker that waits for work is woken in the same
/// way as a request that waits for its result) and for wakers that are no goroutines.
#[must_use]
pub fn waited_in(places: &Places<'_>, waker_stack: StackId) -> Option<Op> {
    let op = places.op(waker_stack).counterpart();
    (op.is_lock() || op == Op::WaitGroup).then_some(op)
}

/// The first stack with a frame of the program that a goroutine leaves after `from`: of a wakeup, or where it next
/// waits, enters a system call or stops. `NONE` if it leaves none, or first waits in a library without the
/// program.
#[must_use]
pub fn resumed_at(trace: &Trace, go: GoroutineIdx, from: TraceTime) -> StackId {
    let is_own = |stack: &StackId| trace.frames(*stack).any(|frame| origin(&frame) != Origin::Standard);
    let lane = LaneId::Goroutine(go);
    let later = trace.spans(lane, TimeRange::new(from, TraceTime::MAX)).filter(|span| span.range.start >= from);
    for span in later.take(SPANS) {
        match span.state {
            GoState::Running => {
                let acts = trace.acted_on(lane, span.range).take(ACTS);
                let mut stacks = acts.filter_map(|(segment, row)| trace.seg(segment).map(|known| known.stack(row)));
                if let Some(stack) = stacks.find(is_own) {
                    return stack;
                }
                if is_own(&span.end_stack) {
                    return span.end_stack;
                }
            }
            GoState::Syscall | GoState::Runnable if is_own(&span.start_stack) => return span.start_stack,
            GoState::Waiting => return if is_own(&span.start_stack) { span.start_stack } else { StackId::NONE },
            _ => {}
        }
    }
    StackId::NONE
}
