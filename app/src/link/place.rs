//! What of a trace a link points at: times from the start of the trace and lanes by the runtime's ids, so that it holds for
//! the trace wherever it is read.

use trace_core::base::ids::TaskIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::place::{LaneName, OffsetRange};

/// A moment or a stretch of time, from the start of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A moment, ns from the start of the trace.
    Moment(i64),
    /// A stretch of time, from the start of the trace.
    Stretch(OffsetRange),
}

/// A place in a trace. Without anything it is the trace as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// When: the time of what is selected.
    pub time: Option<When>,
    /// The lanes; several of one kind with a stretch are rows on which time is selected.
    pub lanes: Vec<LaneName>,
    /// A user task, by the runtime's id.
    pub task: Option<u64>,
    /// What of the trace is in view; the time with air around it if `None`.
    pub view: Option<OffsetRange>,
    /// The panel that is open, by its name on the command line.
    pub panel: Option<String>,
}

impl Place {
    /// A stretch of time of a trace.
    #[must_use]
    pub fn stretch(trace: &Trace, range: TimeRange) -> Self {
        Self { time: Some(When::Stretch(offsets(trace, range))), ..Self::default() }
    }

    /// A moment of a trace.
    #[must_use]
    pub fn moment(trace: &Trace, time: TraceTime) -> Self {
        Self { time: Some(When::Moment(time.nanos_since(trace.range().start).max(0))), ..Self::default() }
    }

    /// A task of a trace.
    #[must_use]
    pub fn task(trace: &Trace, task: TaskIdx) -> Self {
        Self { task: trace.task(task).map(|task| task.id.0), ..Self::default() }
    }

    /// The same on a lane of the trace.
    #[must_use]
    pub fn on(mut self, trace: &Trace, lane: LaneId) -> Self {
        self.lanes.extend(LaneName::of(trace, lane));
        self
    }

    /// The same with a panel open.
    #[must_use]
    pub fn with_panel(self, panel: &str) -> Self {
        Self { panel: Some(panel.to_owned()), ..self }
    }

    /// The same with this in view.
    #[must_use]
    pub fn in_view(self, trace: &Trace, range: TimeRange) -> Self {
        Self { view: Some(offsets(trace, range)), ..self }
    }
}

fn offsets(trace: &Trace, range: TimeRange) -> OffsetRange {
    let all = trace.range();
    let range = range.intersect(all);
    let since = |time: TraceTime| time.nanos_since(all.start).max(0);
    let (start, end) = (since(range.start), since(range.end));
    // What takes no time is written as a stretch all the same.
    OffsetRange { start_nanos: Some(start), end_nanos: Some(end.max(start + 1)) }
}

/// A stretch on the clock of a trace, as far as it lies in there.
#[must_use]
pub fn on_clock(trace: &Trace, offsets: OffsetRange) -> TimeRange {
    let all = trace.range();
    let at = |nanos: i64| all.start.plus_nanos(nanos).clamp(all.start, all.end);
    TimeRange::new(offsets.start_nanos.map_or(all.start, at), offsets.end_nanos.map_or(all.end, at))
}
