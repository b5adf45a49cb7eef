//! What the facade is made of: each a trace, or a part of one together with it. What they answer stands in the files beside
//! this one.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::findings::finding::Finding;
use crate::base::ids::{GoroutineIdx, StackId, TaskIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::{spans, trace as model};

/// An execution trace that has been read. Cheap to clone, and to be shared between threads.
///
/// Times are [`Duration`]s since the start of the trace: since its first event.
#[derive(Clone)]
pub struct Trace {
    pub(super) model: Arc<model::Trace>,
}

impl Trace {
    /// The time from the start of the trace.
    pub(super) fn since_start(&self, time: TraceTime) -> Duration {
        length(TimeRange::new(self.model.range().start, time))
    }

    /// The time so long after the start of the trace.
    pub(super) fn after_start(&self, duration: Duration) -> TraceTime {
        self.model.range().start.plus_nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// The length of a range.
pub(super) fn length(range: TimeRange) -> Duration {
    Duration::from_nanos(range.nanos().unsigned_abs())
}

/// Something that probably costs the program its time, with the place to look at.
#[derive(Clone)]
pub struct Problem {
    pub(super) found: Finding,
}

/// A goroutine of a trace.
#[derive(Clone, Copy)]
pub struct Goroutine<'t> {
    pub(super) trace: &'t Trace,
    pub(super) known: model::Goroutine,
}

impl<'t> Goroutine<'t> {
    pub(super) fn of(trace: &'t Trace, idx: GoroutineIdx) -> Option<Self> {
        let known = trace.model.goroutine(idx)?;
        Some(Self { trace, known })
    }
}

/// How long a goroutine was in each of its states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeByState {
    /// Time it executed on a proc.
    pub running: Duration,
    /// It could have executed, and had no proc.
    pub runnable: Duration,
    /// It waited for something.
    pub waiting: Duration,
    /// It was in a system call, or in C.
    pub syscall: Duration,
}

/// A stretch of time in which a goroutine was in one state.
#[derive(Clone, Copy)]
pub struct Span<'t> {
    pub(super) trace: &'t Trace,
    pub(super) known: spans::Span,
}

/// A span in which a goroutine waited for something.
#[derive(Clone, Copy)]
pub struct Wait<'t> {
    pub(super) span: Span<'t>,
}

/// A stack of calls.
#[derive(Clone, Copy)]
pub struct Stack<'t> {
    pub(super) trace: &'t Trace,
    pub(super) id: StackId,
}

/// A task: `trace.NewTask` until `Task.End`.
#[derive(Clone, Copy)]
pub struct Task<'t> {
    pub(super) trace: &'t Trace,
    pub(super) known: model::Task,
}

impl<'t> Task<'t> {
    pub(super) fn of(trace: &'t Trace, idx: TaskIdx) -> Option<Self> {
        Some(Self { trace, known: trace.model.task(idx)? })
    }
}

/// A region: `trace.StartRegion` until `Region.End`.
#[derive(Clone, Copy)]
pub struct Region<'t> {
    pub(super) trace: &'t Trace,
    pub(super) known: model::Region,
}

/// A message that the program logged with `trace.Log`.
#[derive(Clone, Copy)]
pub struct Log<'t> {
    pub(super) trace: &'t Trace,
    pub(super) known: model::Log,
}
