//! Spans as queries give them out, whole or merged for drawing.

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId, ThreadIdx};
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::lanes::SpanRef;

/// One span of a lane, with all that is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// What it is found by in the trace.
    pub at: SpanRef,
    /// When. Clipped to the trace's own range if it began before or goes on after.
    pub range: TimeRange,
    /// It began before the trace (or inside a gap), so its true length is not known.
    pub began_before: bool,
    /// It was still going on when the trace ended (or a gap began).
    pub goes_on: bool,
    /// What it is coloured by.
    pub class: SpanClass,
    /// The goroutine's state. On proc and thread lanes: `Running`, `Syscall`, or `Unknown` (no goroutine).
    pub state: GoState,
    /// How it came to be in this state.
    pub cause: Cause,
    /// The runtime's word for it (`"chan receive"`, `"preempted"`, STW kind, …); empty if none.
    pub reason: StrId,
    /// The goroutine: the lane's own, or who ran on the proc or thread, or who stopped the world.
    pub go: GoroutineIdx,
    /// The proc it ran on (running, syscall); else `NONE`.
    pub proc: ProcIdx,
    /// The thread it ran on (running, syscall); else `NONE`.
    pub thread: ThreadIdx,
    /// The goroutine's stack when the span began: where it blocked, entered the call, yielded. For a
    /// running span: the stack at which it last left off (the end of the span before), since the
    /// runtime records none when it starts.
    pub start_stack: StackId,
    /// Its stack when the span ended: where a running goroutine blocked, yielded, … For a waiting
    /// span the same as `start_stack`.
    pub end_stack: StackId,
}

/// A piece of a lane as it is to be drawn: one span, or several that share less room than asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// What it covers; inside the asked range except that a single span keeps its full range.
    pub range: TimeRange,
    /// How many spans it stands for; 1 if `first` is all.
    pub count: u32,
    /// The first (or only) span in it.
    pub first: SpanRef,
    /// Class of the only span; of the one that takes most time if several.
    pub class: SpanClass,
    /// Nanoseconds by class inside `range`. All of `range` is accounted for, gaps as `None`.
    pub nanos: [u64; SpanClass::COUNT],
}
