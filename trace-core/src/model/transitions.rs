//! The spans of a goroutine together with who brought each about: what analyses walk over.

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::flow_query::lane_of_actor;
use crate::model::go_spans::GoSpans;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_shapes::Shape;
use crate::model::segment::{RowTimes, Segment};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// A span and who brought it about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// The span that begins with it.
    pub span: Span,
    /// Who created, unblocked or switched to the goroutine, which began the span.
    pub by: Option<LaneId>,
    /// The stack of that one.
    pub by_stack: StackId,
}

/// Who brought about what begins with a row, with their stack.
#[inline]
fn maker_in(segment: &Segment, row: u32, shape: Shape) -> (Option<LaneId>, StackId) {
    if !kinds::has_actor(shape.kind()) {
        return (None, StackId::NONE);
    }
    (lane_of_actor(segment.actor(row)), segment.stack_of(shape))
}

impl Trace {
    /// The spans of a goroutine that touch `range`, in time order, each with who brought it about. Lazy.
    pub fn transitions(&self, go: GoroutineIdx, range: TimeRange) -> impl Iterator<Item = Transition> + '_ {
        let mut spans = GoSpans::new(self, go, range);
        std::iter::from_fn(move || {
            let (span, segment, row) = spans.next_with_row()?;
            let (by, by_stack) = maker_in(segment, row.at, row.shape);
            Some(Transition { span, by, by_stack })
        })
    }

    /// Who brought a goroutine's span about, with their stack.
    #[must_use]
    #[inline]
    pub fn maker(&self, at: SpanRef) -> (Option<LaneId>, StackId) {
        let Some(segment) = self.seg(at.segment).filter(|segment| at.row < segment.rows.len()) else {
            return (None, StackId::NONE);
        };
        maker_in(segment, at.row, segment.rows.shapes.at(at.row))
    }

    /// Who ended a wait, with their stack: a goroutine, or the proc or thread on which none ran. `None` if the trace does
    /// not tell, and for spans of other kinds.
    #[must_use]
    pub fn ended_by(&self, span: &Span) -> Option<(LaneId, StackId)> {
        if span.state != GoState::Waiting || span.goes_on {
            return None;
        }
        let segment = self.seg(span.at.segment).filter(|segment| span.at.row < segment.rows.len())?;
        let kind = segment.rows.kind_bits(span.at.row);
        // Mostly it is the next row; what goes on in another segment has to be looked for.
        let near = SpanRef { row: span.at.row.saturating_add(1), ..span.at };
        let next = if kind & kinds::LAST == 0 {
            near
        } else {
            self.next_span(span.at).filter(|next| next.range.start == span.range.end)?.at
        };
        let kind = self.seg(next.segment)?.kind(next.row);
        let (by, stack) = self.maker(next);
        by.filter(|_| !kinds::is_creation(kind)).map(|by| (by, stack))
    }
}
