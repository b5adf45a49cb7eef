//! The spans of a goroutine as searches see them, at the price of a walk over its states.

use crate::analysis::search::matcher::{Matcher, Seen, goroutine_of, has_own_stack};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState};
use crate::model::lanes::SpanRef;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::Trace;

/// What all walks of a search have in common.
#[derive(Debug)]
pub(crate) struct Walker<'a> {
    trace: &'a Trace,
    /// The reason by kind.
    reasons: Vec<StrId>,
    matcher: &'a Matcher,
    needs_waker: bool,
    needs_stacks: bool,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(trace: &'a Trace, matcher: &'a Matcher) -> Self {
        Self {
            trace,
            matcher,
            reasons: trace.reasons_by_kind().into_iter().map(|(_, reason)| reason).collect(),
            needs_waker: matcher.needs_waker(),
            needs_stacks: matcher.needs_stacks(),
        }
    }

    /// Calls `visit` with every span of a goroutine that touches `range`, in time order.
    pub(crate) fn walk(&self, go: GoroutineIdx, range: TimeRange, visit: impl FnMut(SpanRef, &Seen)) {
        let whole = self.trace.range();
        // A walk from the beginning knows all stacks that there were.
        let is_sure = range.start <= whole.start;
        let mut walk = Walk { walker: self, go, last: StackId::NONE, is_sure, pending: None, visit };
        self.trace.state_intervals(go, range, |stretch| walk.step(stretch));
        walk.finish(range.end >= whole.end);
    }
}

/// A walk along one goroutine: a span behind, as what ends it is part of it.
struct Walk<'a, F> {
    walker: &'a Walker<'a>,
    go: GoroutineIdx,
    /// The stack with which the goroutine left off.
    last: StackId,
    /// Whether `last` is all that is known.
    is_sure: bool,
    pending: Option<StateInterval>,
    visit: F,
}

impl<F: FnMut(SpanRef, &Seen)> Walk<'_, F> {
    fn step(&mut self, next: &StateInterval) {
        if let Some(stretch) = self.pending.replace(*next) {
            let joins = !stretch.goes_on && stretch.range.end == next.seen;
            self.give(&stretch, joins.then_some(next));
            if !joins {
                (self.last, self.is_sure) = (StackId::NONE, false);
            }
        }
    }

    /// Gives the last span. What ends it may lie behind the range, unless that reaches to the end.
    fn finish(&mut self, is_end: bool) {
        let Some(stretch) = self.pending.take() else { return };
        let Walker { trace, matcher, .. } = self.walker;
        match (!is_end && !stretch.goes_on).then(|| trace.span(stretch.at)).flatten() {
            Some(span) => (self.visit)(span.at, &matcher.seen(trace, &span)),
            None => self.give(&stretch, None),
        }
    }

    fn give(&mut self, stretch: &StateInterval, next: Option<&StateInterval>) {
        let is_own = has_own_stack(stretch.state, stretch.cause);
        let recorded = |stretch: &StateInterval| {
            if stretch.stack.is_some() { stretch.stack } else { stretch.later_stack }
        };
        if stretch.cause == Cause::Created {
            (self.last, self.is_sure) = (StackId::NONE, true);
        }
        let (mut own, mut near) = (StackId::NONE, [StackId::NONE; 2]);
        if is_own {
            own = recorded(stretch);
            if !own.is_some() && !self.is_sure {
                own = self.asked(stretch);
            }
        } else {
            let before = if self.last.is_some() || self.is_sure { self.last } else { self.asked(stretch) };
            near[0] = if before.is_some() { before } else { stretch.later_stack };
            let leaving =
                next.filter(|next| stretch.state == GoState::Running && has_own_stack(next.state, next.cause));
            near[1] = leaving.map_or(near[0], |next| next.stack);
        }
        let mut waker = None;
        if self.walker.needs_waker
            && stretch.state == GoState::Waiting
            && let Some(next) = next
            && matches!(next.cause, Cause::Unblocked | Cause::Switched)
            && let (Some(by), stack) = self.walker.trace.maker(next.at)
        {
            waker = Some((goroutine_of(by), stack));
        }
        let seen = Seen {
            go: self.go,
            range: stretch.range,
            state: stretch.state,
            reason: self.walker.reasons.get(usize::from(stretch.kind)).copied().unwrap_or(StrId::EMPTY),
            own,
            near,
            waker,
        };
        (self.visit)(stretch.at, &seen);
        let left = if is_own { recorded(stretch) } else { stretch.later_stack };
        if left.is_some() {
            (self.last, self.is_sure) = (left, true);
        }
    }

    /// The stack with which a span begins, looked up: for spans of which the walk has not seen what was before.
    fn asked(&self, stretch: &StateInterval) -> StackId {
        if !self.walker.needs_stacks {
            return StackId::NONE;
        }
        self.walker.trace.span(stretch.at).map_or(StackId::NONE, |span| span.start_stack)
    }
}
