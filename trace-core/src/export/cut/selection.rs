//! What is kept of a trace, and what came of it.

use crate::base::ids::{GoId, TaskId};
use crate::base::time::{TimeRange, TraceTime};

/// Whose events are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Those of all goroutines.
    #[default]
    All,
    /// Those of these goroutines.
    Goroutines(Vec<GoId>),
    /// Those of the goroutines that take part in these tasks or their descendants inside the range.
    Tasks(Vec<TaskId>),
}

/// What is kept of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Start of the range in ns from the start of the trace; `None` for its start.
    pub start_nanos: Option<i64>,
    /// End of the range (exclusive), likewise.
    pub end_nanos: Option<i64>,
    /// Whose events. Goroutines that start or end GC cycles or STW pauses in the range stay in any case.
    pub who: Who,
    /// Also the goroutines that wake, create or are handed over to by those inside the range, or the other way round.
    pub with_related: bool,
    /// Replace the names that are not Go's own; see [`crate::export::cut::anonymise`].
    pub anonymise: bool,
}

/// What a cut came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutSummary {
    /// Events written, among them those that tell the state at the start of the range.
    pub events: u64,
    /// Events in the range that could not be told in a valid trace: of damaged sources.
    pub refused: u64,
    /// Tasks and regions that began before the range. A log of the category [`crate::export::cut::CATEGORY`] says when.
    pub tasks_before: u64,
    /// Regions that began before the range, likewise.
    pub regions_before: u64,
    /// Goroutines kept; `None` if all are.
    pub goroutines: Option<u64>,
}

impl Selection {
    /// The range on the trace's own clock, if it starts at `start`.
    pub(super) fn range(&self, start: TraceTime) -> TimeRange {
        let at = |nanos: Option<i64>, otherwise| nanos.map_or(otherwise, |nanos| start.plus_nanos(nanos));
        TimeRange::new(at(self.start_nanos, TraceTime::MIN), at(self.end_nanos, TraceTime::MAX))
    }
}
