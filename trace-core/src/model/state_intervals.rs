//! A goroutine's life, state by state, with the stack that was recorded when each began: the cheapest walk
//! that analyses of all goroutines can take.

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_chain::{Pos, RowChain};
use crate::model::trace::Trace;

/// What a goroutine did for a while. The same as its [`crate::model::spans::Span`], with less about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateInterval {
    /// The same span, by its name.
    pub at: SpanRef,
    /// When. Clipped to the trace's own range, not to the range asked for.
    pub range: TimeRange,
    /// When the event happened that told of it: later than the start of `range` if it began before.
    pub seen: TraceTime,
    /// It began before the trace, or inside a gap.
    pub began_before: bool,
    /// It was going on when the trace ended, or a gap began.
    pub goes_on: bool,
    /// A system call that returned while the goroutine still had its proc.
    pub returns_with_proc: bool,
    /// Family of the state.
    pub class: SpanClass,
    /// The state that it was in.
    pub state: GoState,
    /// How it came to be in it.
    pub cause: Cause,
    /// Its number in the trace's table of kinds; see [`Trace::reasons_by_kind`].
    pub kind: u8,
    /// The stack recorded with that event: the goroutine's own, or of who created or unblocked it. None for
    /// [`GoState::Running`].
    pub stack: StackId,
    /// The goroutine's stack as a later generation recorded it, the first that did so while this went on; none for
    /// [`GoState::Running`].
    pub later_stack: StackId,
}

impl Trace {
    /// State and reason of every [`StateInterval::kind`] that can be, by kind.
    #[must_use]
    pub fn reasons_by_kind(&self) -> Vec<(GoState, StrId)> {
        let reason = |kind: usize| self.reasons.get(kind).copied().unwrap_or(StrId::EMPTY);
        (0..kinds::COUNT).map(|kind| (self.kinds.sense(kind as u8).state, reason(kind))).collect()
    }

    /// Calls `visit` with every stretch of a goroutine that touches `range`, in time order.
    pub fn state_intervals(&self, go: GoroutineIdx, range: TimeRange, mut visit: impl FnMut(&StateInterval)) {
        let Some(chain) = self.chain(go, range) else { return };
        let until = range.end.0.max(range.start.0.saturating_add(1));
        // What may go on in the next piece.
        let mut open: Option<StateInterval> = None;
        for (at, piece) in chain.pieces.iter().enumerate() {
            let Some(segment) = self.seg(piece.segment) else { return };
            let first = if at == 0 { chain.row } else { piece.first };
            // Each row ends where the next begins, so time and kind are read once a row.
            let mut starts = segment.rows.start.range(first, piece.end).map(|start| segment.at(start));
            let Some(mut next_time) = starts.next() else { continue };
            let mut next_shape = segment.rows.shapes.at(first);
            for row in first..piece.end {
                let (time, shape) = (next_time, next_shape);
                let kind = shape.kind() & kinds::MASK;
                let following = starts.next();
                let is_last = following.is_none();
                let (end, next) = if let Some(start) = following {
                    next_shape = segment.rows.shapes.at(row + 1);
                    (start, next_shape.kind() & kinds::MASK)
                } else {
                    (self.row_end(&chain, Pos { piece: at, row }), kinds::CONTINUED)
                };
                next_time = end;
                let is_open = is_last && !self.goes_over(&chain, at, segment.epoch);
                if kinds::is_continued(kind)
                    && let Some(stretch) = open.as_mut()
                {
                    stretch.range.end = stretch.range.end.max(TraceTime(end));
                    stretch.goes_on = is_open;
                    if !stretch.later_stack.is_some() && stretch.state != GoState::Running {
                        stretch.later_stack = segment.stack_of(shape);
                    }
                    continue;
                }
                if let Some(mut stretch) = open.take() {
                    stretch.returns_with_proc = kind == kinds::SYSCALL_BACK;
                    visit(&stretch);
                }
                let sense = self.kinds.sense(kind);
                let start = if kinds::is_status(kind) { self.row_start(segment, row) } else { time };
                if start >= until {
                    return;
                }
                if matches!(sense.state, GoState::Dead | GoState::Unknown) {
                    continue;
                }
                let stretch = StateInterval {
                    at: SpanRef { lane: LaneId::Goroutine(go), segment: piece.segment, row },
                    range: TimeRange::new(TraceTime(start), TraceTime(end)),
                    seen: TraceTime(time),
                    began_before: kinds::is_status(kind),
                    goes_on: is_open,
                    returns_with_proc: next == kinds::SYSCALL_BACK,
                    class: sense.class,
                    state: sense.state,
                    cause: sense.cause,
                    kind,
                    stack: match sense.state {
                        GoState::Running => StackId::NONE,
                        _ if matches!(kind, kinds::SYSCALL_EXIT | kinds::CREATED_SYSCALL) => StackId::NONE,
                        _ => segment.stack_of(shape),
                    },
                    later_stack: StackId::NONE,
                };
                if kinds::is_continued(next) {
                    open = Some(stretch);
                } else {
                    visit(&stretch);
                }
            }
        }
        if let Some(stretch) = open {
            visit(&stretch);
        }
    }

    /// Whether a chain has rows behind a piece that tell how its last row ended.
    fn goes_over(&self, chain: &RowChain, piece: usize, epoch: u32) -> bool {
        let next = chain.pieces.get(piece + 1).and_then(|next| self.seg(next.segment));
        next.is_some_and(|next| next.epoch == epoch)
    }

    /// When a goroutine in a system call lost its proc: the first time within `range`.
    #[must_use]
    pub fn proc_lost(&self, go: GoroutineIdx, range: TimeRange) -> Option<TraceTime> {
        self.annotations.steals.touching(go.0, range).map(|steal| steal.time).next()
    }
}
