//! A goroutine's life, state by state, with the stack that was recorded when each began: the cheapest walk
//! that analyses of all goroutines can take.

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::annotation_tables::StealRecord;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_chain::{Pos, RowChain};
use crate::model::segment::Row;
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

    /// The state that a row of this kind begins, or continues.
    pub(crate) fn state_of_kind(&self, kind: u8) -> GoState {
        self.kinds.sense(kind).state
    }

    /// Calls `visit` with every stretch of a goroutine that touches `range`, in time order.
    pub fn state_intervals(&self, go: GoroutineIdx, range: TimeRange, mut visit: impl FnMut(&StateInterval)) {
        self.state_intervals_while(go, range, |interval| {
            visit(interval);
            true
        });
    }

    /// The same until `visit` says no.
    pub fn state_intervals_while(&self, go: GoroutineIdx, range: TimeRange, visit: impl FnMut(&StateInterval) -> bool) {
        self.state_intervals_of(go, range, |_| true, visit);
    }

    /// The same, but only stretches of kinds that are wanted, by [`StateInterval::kind`]: quicker, as nothing is made of the
    /// others.
    #[inline]
    pub(crate) fn state_intervals_of(
        &self,
        go: GoroutineIdx,
        range: TimeRange,
        is_wanted: impl Fn(u8) -> bool,
        mut visit: impl FnMut(&StateInterval) -> bool,
    ) {
        let Some(chain) = self.chain(go, range) else { return };
        let until = range.end.0.max(range.start.0.saturating_add(1));
        // What may go on in the next piece.
        let mut open: Option<StateInterval> = None;
        let mut is_passed = false;
        for (at, piece) in chain.pieces.iter().enumerate() {
            let Some(segment) = self.seg(piece.segment) else { return };
            let first = if at == 0 { chain.row } else { piece.first };
            // Each row ends where the next begins, so each is read once.
            let mut rows = segment.rows.range(first, piece.end);
            let mut ahead = rows.next();
            while let Some(Row { at: row, start: time, shape }) = ahead {
                let (time, kind) = (segment.at(time), shape.kind() & kinds::MASK);
                ahead = rows.next();
                let is_continued = kinds::is_continued(kind);
                // Of what is not wanted, and of rows that continue it, only the beginning may be of use: to what came before.
                is_passed = if is_continued { is_passed } else { !is_wanted(kind) };
                if is_passed && open.is_none() {
                    if time >= until && !is_continued {
                        return;
                    }
                    continue;
                }
                let (end, next) = match ahead {
                    Some(next) => (segment.at(next.start), next.shape.kind() & kinds::MASK),
                    None => (self.row_end(&chain, Pos { piece: at, row }), kinds::CONTINUED),
                };
                let is_open = ahead.is_none() && !self.goes_over(&chain, at, segment.epoch);
                if is_continued && let Some(stretch) = open.as_mut() {
                    stretch.range.end = stretch.range.end.max(TraceTime(end));
                    stretch.goes_on = is_open;
                    if !stretch.later_stack.is_some() && stretch.state != GoState::Running {
                        stretch.later_stack = segment.stack_of(shape);
                    }
                    continue;
                }
                if let Some(mut stretch) = open.take() {
                    stretch.returns_with_proc = kind == kinds::SYSCALL_BACK;
                    if !visit(&stretch) {
                        return;
                    }
                }
                let sense = self.kinds.sense(kind);
                let start = if kinds::is_status(kind) { self.row_start(segment, row) } else { time };
                if start >= until {
                    return;
                }
                if matches!(sense.state, GoState::Dead | GoState::Unknown) || is_passed {
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
                } else if !visit(&stretch) {
                    return;
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
        self.proc_losses(go).first_in(range)
    }

    /// When a goroutine in system calls lost its procs: to be asked about many of its calls.
    #[must_use]
    pub fn proc_losses(&self, go: GoroutineIdx) -> ProcLosses<'_> {
        ProcLosses(self.annotations.steals.of(go.0))
    }
}

/// When a goroutine in system calls lost its procs.
#[derive(Clone, Copy, Debug)]
pub struct ProcLosses<'a>(&'a [StealRecord]);

impl ProcLosses<'_> {
    /// The first time within `range`.
    #[must_use]
    pub fn first_in(self, range: TimeRange) -> Option<TraceTime> {
        let first = self.0.partition_point(|steal| steal.time < range.start);
        self.0.get(first).map(|steal| steal.time).filter(|&time| time < range.end)
    }
}
