//! What a trace holds of each goroutine, task, region, log, sample and range, as queries give it out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, StackId, StrId, TaskId, TaskIdx, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::visible::visible;
use crate::event::kind::EventKind;
use crate::event::state::SpanClass;
use crate::model::lanes::{LaneId, SpanRef};

/// How a goroutine came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// It was there before the trace, or the events that tell of its creation are lost.
    #[default]
    BeforeTrace,
    /// A goroutine created it.
    Goroutine,
    /// It was created in the trace, on a proc that ran no goroutine: the function of a timer (`time.AfterFunc`) begins
    /// so.
    Timer,
    /// C code called into Go.
    C,
    /// It was created in the trace, nothing tells by what.
    Unknown,
}

impl Origin {
    /// In words that go after "created": `by a timer`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BeforeTrace => "before the trace",
            Self::Goroutine => "by a goroutine",
            Self::Timer => "by a timer",
            Self::C => "by a call from C",
            Self::Unknown => "by an unknown creator",
        }
    }

    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeTrace => "before_trace",
            Self::Goroutine => "goroutine",
            Self::Timer => "timer",
            Self::C => "c",
            Self::Unknown => "unknown",
        }
    }
}

/// A goroutine as the model knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goroutine {
    /// Its place in the model.
    pub idx: GoroutineIdx,
    /// The runtime's id of the goroutine.
    pub id: GoId,
    /// The function it was started with, or the root of the first stack seen; empty if never seen.
    pub name: StrId,
    /// How it came to be.
    pub origin: Origin,
    /// The goroutine that created it, if the trace saw that.
    pub creator: Option<GoroutineIdx>,
    /// The creator's stack at that moment.
    pub creation_stack: StackId,
    /// When it was created; `None` if before the trace.
    pub created: Option<TraceTime>,
    /// When it first ran; `None` if it never ran inside the trace.
    pub started: Option<TraceTime>,
    /// When it ended; `None` if it outlived the trace.
    pub ended: Option<TraceTime>,
    /// A goroutine of the runtime's own (GC workers, finalizer, …).
    pub is_system: bool,
    /// How deep its regions nest: lines to reserve under its lane.
    pub region_depth: u32,
}

/// One frame of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Fully qualified function, as in the trace.
    pub function: &'a str,
    /// Source file, as in the trace.
    pub file: &'a str,
    /// Line in the file; 0 if unknown.
    pub line: u64,
    /// Program counter; 0 in old traces.
    pub pc: u64,
}

/// `main.work (/src/main.go:12)`, on one line; without what is not known.
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", visible(self.function))?;
        match (self.file, self.line) {
            ("", _) => Ok(()),
            (file, 0) => write!(f, " ({})", visible(file)),
            (file, line) => write!(f, " ({}:{line})", visible(file)),
        }
    }
}

/// A user task: `trace.NewTask`, until `Task.End`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its place in the model.
    pub idx: TaskIdx,
    /// The id that the runtime gave it.
    pub id: TaskId,
    /// Its type, as given to `trace.NewTask`.
    pub name: StrId,
    /// The task it belongs to.
    pub parent: Option<TaskIdx>,
    /// The goroutine that began it; none if it began before the trace.
    pub go: GoroutineIdx,
    /// Where it was begun.
    pub stack: StackId,
    /// When it began; `None` if before the trace.
    pub began: Option<TraceTime>,
    /// When it ended; `None` if after the trace.
    pub ended: Option<TraceTime>,
}

/// A user region on a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// The goroutine that is in it.
    pub go: GoroutineIdx,
    /// The task it belongs to; `None` for the background task or an unknown one.
    pub task: Option<TaskIdx>,
    /// Its type, as the program calls it.
    pub name: StrId,
    /// When, clipped to the trace.
    pub range: TimeRange,
    /// It began before the trace.
    pub began_before: bool,
    /// It was open when the trace (or the goroutine) ended.
    pub goes_on: bool,
    /// Nesting level on its goroutine, outermost 0.
    pub depth: u32,
    /// The stack where it began.
    pub start_stack: StackId,
    /// The stack where it ended.
    pub end_stack: StackId,
}

/// A user log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// When the message was logged.
    pub time: TraceTime,
    /// The goroutine that logged it.
    pub go: GoroutineIdx,
    /// The task it belongs to.
    pub task: Option<TaskIdx>,
    /// The category that the program gave it; may be empty.
    pub category: StrId,
    /// The text of the message.
    pub message: StrId,
    /// The stack that logged it.
    pub stack: StackId,
}

/// A CPU profile sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When the sample was taken.
    pub time: TraceTime,
    /// The goroutine, or `NONE`.
    pub go: GoroutineIdx,
    /// The proc, or `NONE`.
    pub proc: ProcIdx,
    /// The thread, or `NONE`.
    pub thread: ThreadIdx,
    /// The stack that was running.
    pub stack: StackId,
}

/// A special range on a goroutine or proc: mark assist, sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialRange {
    /// What the goroutine or proc does in it.
    pub kind: SpecialKind,
    /// When, clipped to the trace.
    pub range: TimeRange,
    /// The goroutine it is on, or that was running; `NONE` if none.
    pub go: GoroutineIdx,
    /// The proc; `NONE` if not known.
    pub proc: ProcIdx,
    /// The stack where it began.
    pub stack: StackId,
    /// Sweep: bytes swept and bytes reclaimed.
    pub bytes: (u64, u64),
}

/// The kinds of [`SpecialRange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SpecialKind {
    /// A goroutine is made to help the collector.
    MarkAssist,
    /// Sweeping for free spans.
    Sweep,
}

/// One line of the event table of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When the event happened.
    pub time: TraceTime,
    /// What, as in Go's sources.
    pub kind: EventKind,
    /// The lane it is about.
    pub lane: LaneId,
    /// The span that begins with it, if one does.
    pub span: Option<SpanRef>,
    /// The other party: who was created or unblocked, or who did it.
    pub other: Option<LaneId>,
    /// The reason, region, task, log text or label that goes with it.
    pub text: StrId,
    /// The stack recorded with it.
    pub stack: StackId,
}

/// The curves over the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Heap in use, bytes.
    HeapLive,
    /// The heap goal, bytes.
    HeapGoal,
    /// The number of procs: GOMAXPROCS.
    Procs,
    /// How many goroutines are running.
    Running,
    /// How many goroutines are runnable.
    Runnable,
    /// How many goroutines are waiting.
    Waiting,
    /// Threads in system calls.
    Syscalls,
    /// Threads that run Go code or sit in system calls.
    Threads,
}

/// Everything one goroutine's time went to, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeByClass {
    /// Time by [`SpanClass`] index, ns.
    pub nanos: [u64; SpanClass::COUNT],
    /// Spans by [`SpanClass`] index.
    pub spans: [u64; SpanClass::COUNT],
}

impl TimeByClass {
    /// Adds the time of others.
    pub(crate) fn add(&mut self, more: &Self) {
        self.nanos.iter_mut().zip(more.nanos).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        self.spans.iter_mut().zip(more.spans).for_each(|(sum, more)| *sum += more);
    }
}

/// A clock reading that ties the trace clock to the wall clock (Go 1.25 and newer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSnapshot {
    /// The time in the trace.
    pub trace: TraceTime,
    /// The monotonic clock, ns.
    pub mono: u64,
    /// Unix time, whole seconds.
    pub wall_secs: i64,
    /// The rest of the Unix time, nanoseconds.
    pub wall_nanos: u32,
}

/// Numbers about the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// NN of `go 1.NN trace`.
    pub version: u32,
    /// Bytes read of the file, unpacked.
    pub bytes: u64,
    /// Events of all generations.
    pub events: u64,
    /// Events by kind, by rising code.
    pub events_by_kind: Vec<(EventKind, u64)>,
    /// Generations that were read.
    pub generations: u64,
    /// Whether the whole input has been read: no more snapshots will follow.
    pub complete: bool,
}
