//! Which part of the trace is in sight, and what is selected in it.

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::{LaneId, SpanRef};

/// The visible window on time and lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Time at the left edge, ns on the trace clock. Fractions matter when zoomed in below 1 ns per point.
    pub start_nanos: f64,
    /// Length of the visible stretch, ns; positive.
    pub span_nanos: f64,
    /// Distance scrolled down from the first row, points.
    pub scroll_points: f64,
}

impl View {
    /// The visible stretch, rounded outwards to whole nanoseconds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
    pub fn range(&self) -> TimeRange {
        TimeRange::new(
            TraceTime(self.start_nanos.floor() as i64),
            TraceTime((self.start_nanos + self.span_nanos).ceil() as i64),
        )
    }
}

/// What is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Selection {
    /// Nothing.
    #[default]
    None,
    /// One span.
    Span(SpanRef),
    /// A whole lane: goroutine, proc, thread.
    Lane(LaneId),
}

impl Selection {
    /// The lane that the selection is on.
    #[must_use]
    pub fn lane(self) -> Option<LaneId> {
        match self {
            Self::None => None,
            Self::Span(span) => Some(span.lane),
            Self::Lane(lane) => Some(lane),
        }
    }
}

/// A place to come back to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// What was in sight.
    pub view: View,
    /// What was selected.
    pub selection: Selection,
}

/// Where the user has been: back and forth like a browser.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Places before the present one, oldest first.
    pub back: Vec<Place>,
    /// Places after it, nearest last.
    pub forward: Vec<Place>,
}
