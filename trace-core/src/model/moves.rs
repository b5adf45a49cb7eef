//! The spans of a goroutine together with who brought each about: what analyses walk over.

use crate::base::ids::{GoIx, StackId};
use crate::base::time::TimeRange;
use crate::model::flow_query::lane_of_actor;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// A span and who brought it about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// The span.
    pub span: Span,
    /// Who created, unblocked or switched to the goroutine, which began the span.
    pub by: Option<LaneId>,
    /// The stack of that one.
    pub by_stack: StackId,
}

impl Trace {
    /// The spans of a goroutine that touch `range`, in time order, each with who brought it about. Lazy.
    pub fn moves(&self, go: GoIx, range: TimeRange) -> impl Iterator<Item = Move> + '_ {
        self.spans(LaneId::Goroutine(go), range).map(|span| {
            let (by, by_stack) = self.maker(span.at);
            Move { span, by, by_stack }
        })
    }

    /// Who brought a goroutine's span about, with their stack.
    #[must_use]
    pub fn maker(&self, at: SpanRef) -> (Option<LaneId>, StackId) {
        let found = self.seg(at.segment).filter(|segment| (at.row as usize) < segment.rows.start.len());
        match found {
            Some(segment) if kinds::has_actor(segment.kind(at.row)) => {
                (lane_of_actor(segment.rows.actor(at.row)), segment.stack(at.row))
            }
            _ => (None, StackId::NONE),
        }
    }
}
