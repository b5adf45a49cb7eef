//! A loaded trace, or as much of it as is loaded: read-only, shared, grown by whole snapshots.

use crate::base::ids::{GoId, GoIx, ProcId, ProcIx, StackId, StrId, TaskId, TaskIx, ThreadId, ThreadIx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::Warning;
use crate::event::kind::EventKind;
use crate::event::state::SpanClass;
use crate::model::flows::Flow;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::spans::{Cell, Span};

/// The indexed model of a trace. Cheap to share (`Arc`), never changed once published.
#[derive(Clone, Debug, Default)]
pub struct Trace {}

/// A goroutine as the model knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goroutine {
    /// Its place in the model.
    pub ix: GoIx,
    /// The runtime's id.
    pub id: GoId,
    /// The function it was started with, or the root of the first stack seen; empty if never seen.
    pub name: StrId,
    /// Who created it, if the trace saw that.
    pub creator: Option<GoIx>,
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
    /// Line in it.
    pub line: u64,
    /// Program counter.
    pub pc: u64,
}

/// A user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its place in the model.
    pub ix: TaskIx,
    /// The runtime's id.
    pub id: TaskId,
    /// Its type, as given to `trace.NewTask`.
    pub name: StrId,
    /// The task it belongs to.
    pub parent: Option<TaskIx>,
    /// Who began it.
    pub go: GoIx,
    /// Where it was begun.
    pub stack: StackId,
    /// When it began; `None` if before the trace.
    pub began: Option<TraceTime>,
    /// When it ended; `None` if after the trace.
    pub ended: Option<TraceTime>,
}

/// A user region on a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The goroutine.
    pub go: GoIx,
    /// The task it belongs to; `None` for the background task or an unknown one.
    pub task: Option<TaskIx>,
    /// Its type.
    pub name: StrId,
    /// When, clipped to the trace.
    pub range: TimeRange,
    /// It began before the trace.
    pub began_before: bool,
    /// It was open when the trace (or the goroutine) ended.
    pub goes_on: bool,
    /// Nesting level on its goroutine, outermost 0.
    pub depth: u32,
    /// Where it began.
    pub start_stack: StackId,
    /// Where it ended.
    pub end_stack: StackId,
}

/// A user log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// When.
    pub time: TraceTime,
    /// Who.
    pub go: GoIx,
    /// The task it belongs to.
    pub task: Option<TaskIx>,
    /// Its category (key).
    pub category: StrId,
    /// The text.
    pub message: StrId,
    /// Where.
    pub stack: StackId,
}

/// A CPU profile sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub time: TraceTime,
    /// The goroutine, or `NONE`.
    pub go: GoIx,
    /// The proc, or `NONE`.
    pub proc: ProcIx,
    /// The thread, or `NONE`.
    pub thread: ThreadIx,
    /// Where.
    pub stack: StackId,
}

/// A special range on a goroutine or proc: mark assist, sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialRange {
    /// What it is.
    pub kind: SpecialKind,
    /// When, clipped to the trace.
    pub range: TimeRange,
    /// The goroutine it is on, or that was running; `NONE` if none.
    pub go: GoIx,
    /// The proc; `NONE` if not known.
    pub proc: ProcIx,
    /// Where it began.
    pub stack: StackId,
    /// Sweep: bytes swept and bytes reclaimed.
    pub bytes: (u64, u64),
}

/// The kinds of [`SpecialRange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpecialKind {
    /// A goroutine is made to help the collector.
    MarkAssist,
    /// Sweeping for free spans.
    Sweep,
}

/// One line of the event table of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When.
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
    /// Heap goal, bytes.
    HeapGoal,
    /// GOMAXPROCS.
    Procs,
    /// Goroutines running.
    Running,
    /// Goroutines ready.
    Runnable,
    /// Goroutines waiting.
    Waiting,
    /// Threads in system calls.
    Syscalls,
    /// Threads that run Go code or sit in system calls.
    Threads,
}

/// Everything one goroutine's time went to, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeByClass {
    /// By [`SpanClass`] index.
    pub nanos: [u64; SpanClass::COUNT],
    /// Spans by [`SpanClass`] index.
    pub spans: [u64; SpanClass::COUNT],
}

/// A clock reading that ties the trace clock to the wall clock (Go 1.25 and newer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSnapshot {
    /// Trace time.
    pub trace: TraceTime,
    /// The monotonic clock, ns.
    pub mono: u64,
    /// Unix time, whole seconds.
    pub wall_secs: i64,
    /// and nanoseconds.
    pub wall_nanos: u32,
}

/// Numbers about the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// NN of `go 1.NN trace`.
    pub version: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Events.
    pub events: u64,
    /// Events by kind, by rising code.
    pub events_by_kind: Vec<(EventKind, u64)>,
    /// Generations.
    pub generations: u64,
    /// Whether the whole input has been read: no more snapshots will follow.
    pub complete: bool,
}

impl Trace {
    /// The whole range of time: first to last event.
    #[must_use]
    pub fn range(&self) -> TimeRange {
        TimeRange::default()
    }

    /// Numbers about the whole.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::default()
    }

    /// Damage met while reading.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &[]
    }

    /// Clock readings, in time order. Empty before Go 1.25.
    #[must_use]
    pub fn clock_snapshots(&self) -> &[ClockSnapshot] {
        &[]
    }

    /// The text of a string.
    #[must_use]
    pub fn str(&self, _id: StrId) -> &str {
        ""
    }

    /// The frames of a stack, leaf first. Empty for `StackId::NONE`.
    pub fn frames(&self, _id: StackId) -> impl Iterator<Item = Frame<'_>> {
        std::iter::empty()
    }

    /// How many goroutines there are; their indices are `0..count`, in order of first appearance.
    #[must_use]
    pub fn goroutine_count(&self) -> u32 {
        0
    }

    /// A goroutine. `None` only for an index that this snapshot does not hold yet.
    #[must_use]
    pub fn goroutine(&self, _ix: GoIx) -> Option<Goroutine> {
        None
    }

    /// The goroutine with this id (the latest one if ids were reused).
    #[must_use]
    pub fn goroutine_by_id(&self, _id: GoId) -> Option<GoIx> {
        None
    }

    /// How many procs there are; indices `0..count`.
    #[must_use]
    pub fn proc_count(&self) -> u32 {
        0
    }

    /// The runtime's id of a proc.
    #[must_use]
    pub fn proc_id(&self, _ix: ProcIx) -> ProcId {
        ProcId::NONE
    }

    /// How many threads there are; indices `0..count`.
    #[must_use]
    pub fn thread_count(&self) -> u32 {
        0
    }

    /// The runtime's id of a thread.
    #[must_use]
    pub fn thread_id(&self, _ix: ThreadIx) -> ThreadId {
        ThreadId::NONE
    }

    /// The span named by `at`.
    #[must_use]
    pub fn span(&self, _at: SpanRef) -> Option<Span> {
        None
    }

    /// The span of a lane at an instant; `None` where the lane shows nothing (not born, ended, idle).
    #[must_use]
    pub fn span_at(&self, _lane: LaneId, _time: TraceTime) -> Option<Span> {
        None
    }

    /// The next span on the same lane.
    #[must_use]
    pub fn next_span(&self, _at: SpanRef) -> Option<Span> {
        None
    }

    /// The span before on the same lane.
    #[must_use]
    pub fn prev_span(&self, _at: SpanRef) -> Option<Span> {
        None
    }

    /// The spans of a lane that touch `range`, in time order. Lazy: take as many as you need.
    pub fn spans(&self, _lane: LaneId, _range: TimeRange) -> impl Iterator<Item = Span> + '_ {
        std::iter::empty()
    }

    /// The lane as drawn into `columns` equal columns of `range`: spans wider than a column come one
    /// by one, narrower ones merged, a cell per column at most; in time order; appended to `out`.
    /// Cost follows columns, not spans.
    pub fn cells(&self, _lane: LaneId, _range: TimeRange, _columns: u32, _out: &mut Vec<Cell>) {}

    /// Time by class of a lane within `range`.
    #[must_use]
    pub fn time_by_class(&self, _lane: LaneId, _range: TimeRange) -> TimeByClass {
        TimeByClass::default()
    }

    /// The edges that end at this span: what made it what it is. Usually one.
    #[must_use]
    pub fn flows_into(&self, _at: SpanRef) -> Vec<Flow> {
        Vec::new()
    }

    /// The edges that leave from this span, in time order, at most `limit`; and how many there are in all.
    #[must_use]
    pub fn flows_out_of(&self, _at: SpanRef, _limit: usize) -> (Vec<Flow>, u64) {
        (Vec::new(), 0)
    }

    /// Edges within `range` that touch one of `lanes`, thinned evenly to at most `limit`; and how many
    /// there are in all (an estimate when there are many).
    #[must_use]
    pub fn flows_in_view(&self, _range: TimeRange, _lanes: &[LaneId], _limit: usize) -> (Vec<Flow>, u64) {
        (Vec::new(), 0)
    }

    /// The events about a lane within `range`, in time order. Lazy.
    pub fn events(&self, _lane: LaneId, _range: TimeRange) -> impl Iterator<Item = EventRow> + '_ {
        std::iter::empty()
    }

    /// Regions of a goroutine that touch `range`, by start. Lazy.
    pub fn regions(&self, _go: GoIx, _range: TimeRange) -> impl Iterator<Item = Region> + '_ {
        std::iter::empty()
    }

    /// Logs of a goroutine within `range`, in time order. Lazy.
    pub fn logs(&self, _go: GoIx, _range: TimeRange) -> impl Iterator<Item = Log> + '_ {
        std::iter::empty()
    }

    /// CPU samples of a lane within `range`, in time order. Lazy.
    pub fn samples(&self, _lane: LaneId, _range: TimeRange) -> impl Iterator<Item = Sample> + '_ {
        std::iter::empty()
    }

    /// Mark assist and sweep on a lane within `range`, by start. Lazy.
    pub fn special_ranges(&self, _lane: LaneId, _range: TimeRange) -> impl Iterator<Item = SpecialRange> + '_ {
        std::iter::empty()
    }

    /// All tasks: indices `0..count`, by first mention.
    #[must_use]
    pub fn task_count(&self) -> u32 {
        0
    }

    /// A task.
    #[must_use]
    pub fn task(&self, _ix: TaskIx) -> Option<Task> {
        None
    }

    /// A goroutine's labels over time, as (since when, text).
    pub fn labels(&self, _go: GoIx) -> impl Iterator<Item = (TraceTime, StrId)> + '_ {
        std::iter::empty()
    }

    /// The lowest and highest value of a curve in each of `columns` equal columns of `range`. A column
    /// before the first reading is `None`. Cost follows columns.
    pub fn metric(&self, _metric: Metric, _range: TimeRange, _columns: u32, _out: &mut Vec<Option<(u64, u64)>>) {}

    /// Highest value of a curve in the whole trace.
    #[must_use]
    pub fn metric_max(&self, _metric: Metric) -> u64 {
        0
    }
}
