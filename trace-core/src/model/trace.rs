//! A loaded trace, or as much of it as is loaded: read-only, shared, grown by whole snapshots. Here: what
//! it is made of, and the plain look-ups; the queries are beside it, one concept a file.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoId, GoroutineIdx, ProcId, ProcIdx, StackId, StrId, TaskId, TaskIdx, ThreadId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::visible::{has_hidden, visible};
use crate::base::warning::Warning;
use crate::event::kind::EventKind;
use crate::event::state::SpanClass;
use crate::model::annotation_tables::AnnotationTables;
use crate::model::counters::Counts;
use crate::model::gap::DataGap;
use crate::model::goroutines::{GoRecord, WideIds};
use crate::model::intern::Texts;
use crate::model::kinds::Kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::no_cpu::NoCpu;
use crate::model::segment::Segment;
use crate::model::table::Table;

/// The indexed model of a trace. Cheap to share (`Arc`), never changed once published.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub(crate) range: TimeRange,
    pub(crate) totals: Totals,
    pub(crate) warnings: Arc<[Warning]>,
    pub(crate) thread_gaps: Arc<[DataGap]>,
    pub(crate) clocks: Arc<[ClockSnapshot]>,
    pub(crate) texts: Texts,
    pub(crate) kinds: Arc<Kinds>,
    /// The reason text of each kind.
    pub(crate) reasons: Arc<[StrId]>,
    pub(crate) gos: Table<GoRecord>,
    pub(crate) wide_ids: Arc<WideIds>,
    pub(crate) procs: Arc<[ProcId]>,
    pub(crate) threads: Arc<[ThreadId]>,
    /// By rising base.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Stretches without gaps, in time order.
    pub(crate) epochs: Arc<[TimeRange]>,
    /// Goroutines by state at the start of each generation.
    pub(crate) count_bases: Arc<[Counts]>,
    pub(crate) annotations: Arc<AnnotationTables>,
    /// Worked out when first asked for.
    pub(crate) no_cpu: OnceLock<Arc<NoCpu>>,
    pub(crate) has_c_calls: OnceLock<bool>,
}

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
    /// The runtime's id.
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
    /// Line in it.
    pub line: u64,
    /// Program counter.
    pub pc: u64,
}

/// A user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its place in the model.
    pub idx: TaskIdx,
    /// The runtime's id.
    pub id: TaskId,
    /// Its type, as given to `trace.NewTask`.
    pub name: StrId,
    /// The task it belongs to.
    pub parent: Option<TaskIdx>,
    /// Who began it.
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
    /// The goroutine.
    pub go: GoroutineIdx,
    /// The task it belongs to; `None` for the background task or an unknown one.
    pub task: Option<TaskIdx>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// When.
    pub time: TraceTime,
    /// Who.
    pub go: GoroutineIdx,
    /// The task it belongs to.
    pub task: Option<TaskIdx>,
    /// Its category (key).
    pub category: StrId,
    /// The text.
    pub message: StrId,
    /// Where.
    pub stack: StackId,
}

/// A CPU profile sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When.
    pub time: TraceTime,
    /// The goroutine, or `NONE`.
    pub go: GoroutineIdx,
    /// The proc, or `NONE`.
    pub proc: ProcIdx,
    /// The thread, or `NONE`.
    pub thread: ThreadIdx,
    /// Where.
    pub stack: StackId,
}

/// A special range on a goroutine or proc: mark assist, sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialRange {
    /// What it is.
    pub kind: SpecialKind,
    /// When, clipped to the trace.
    pub range: TimeRange,
    /// The goroutine it is on, or that was running; `NONE` if none.
    pub go: GoroutineIdx,
    /// The proc; `NONE` if not known.
    pub proc: ProcIdx,
    /// Where it began.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub const fn range(&self) -> TimeRange {
        self.range
    }

    /// Numbers about the whole.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals.clone()
    }

    /// Damage met while reading.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether parts of the trace are lost, so that what is counted in it is too small.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.warnings.iter().any(|warning| warning.kind.is_damage())
    }

    /// Stretches of time about which the trace says nothing, because generations are missing.
    pub fn gaps(&self) -> impl Iterator<Item = TimeRange> + '_ {
        self.epochs.windows(2).map(|pair| TimeRange::new(pair[0].end, pair[1].start))
    }

    /// Where events of single threads are lost, in the order of the file.
    #[must_use]
    pub fn thread_gaps(&self) -> &[DataGap] {
        &self.thread_gaps
    }

    /// Clock readings, in time order. Empty before Go 1.25.
    #[must_use]
    pub fn clock_snapshots(&self) -> &[ClockSnapshot] {
        &self.clocks
    }

    /// The text of a string.
    #[must_use]
    pub fn str(&self, id: StrId) -> &str {
        self.texts.str(id)
    }

    /// The bytes of a string as they are in the file: what a program logs need not be text. [`Self::str`] has
    /// replacement characters where these bytes are no UTF-8.
    #[must_use]
    pub fn bytes(&self, id: StrId) -> &[u8] {
        self.texts.bytes(id)
    }

    /// The same trace for showing: names, logs and warnings are lines in which every character can be seen (see
    /// [`visible`]), whoever asks for them. It shares everything else with this one, and is this one if there is
    /// nothing to hide.
    #[must_use]
    pub fn shown(self: &Arc<Self>) -> Arc<Self> {
        if self.texts.shown.is_some() {
            return Arc::clone(self);
        }
        let forms = self.texts.visible_forms();
        if forms.is_empty() && !self.warnings.iter().any(|warning| has_hidden(&warning.message)) {
            return Arc::clone(self);
        }
        let mut shown = Self::clone(self);
        shown.texts.shown = Some(Arc::new(forms));
        let seen = |warning: &Warning| Warning { message: visible(&warning.message).into_owned(), ..warning.clone() };
        shown.warnings = self.warnings.iter().map(seen).collect();
        Arc::new(shown)
    }

    /// How many strings there are: the ids are `0..count`.
    #[must_use]
    pub const fn string_count(&self) -> u32 {
        self.texts.strings.len() as u32
    }

    /// The frames of a stack, leaf first. Empty for `StackId::NONE`.
    pub fn frames(&self, id: StackId) -> impl Iterator<Item = Frame<'_>> {
        self.frames_with(id, |text| self.texts.str(text))
    }

    /// The same with functions and files as they are in the file, also in a trace for showing ([`Self::shown`]).
    pub fn recorded_frames(&self, id: StackId) -> impl Iterator<Item = Frame<'_>> {
        self.frames_with(id, |text| self.texts.recorded(text))
    }

    fn frames_with<'a>(&'a self, id: StackId, text: impl Fn(StrId) -> &'a str) -> impl Iterator<Item = Frame<'a>> {
        self.texts.stack(id).iter().filter_map(move |&frame| {
            let frame = self.texts.frames.get(frame as usize)?;
            let (function, file) = (text(frame.function), text(frame.file));
            Some(Frame { function, file, line: u64::from(frame.line), pc: frame.pc })
        })
    }

    /// How many stacks there are: the ids are `0..count`, the first is "no stack".
    #[must_use]
    pub const fn stack_count(&self) -> u32 {
        self.texts.stacks.len() as u32
    }

    /// How many procs there are; indices `0..count`.
    #[must_use]
    pub fn proc_count(&self) -> u32 {
        self.procs.len() as u32
    }

    /// The runtime's id of a proc.
    #[must_use]
    pub fn proc_id(&self, idx: ProcIdx) -> ProcId {
        self.procs.get(idx.index()).copied().unwrap_or(ProcId::NONE)
    }

    /// How many threads there are; indices `0..count`.
    #[must_use]
    pub fn thread_count(&self) -> u32 {
        self.threads.len() as u32
    }

    /// The runtime's id of a thread.
    #[must_use]
    pub fn thread_id(&self, idx: ThreadIdx) -> ThreadId {
        self.threads.get(idx.index()).copied().unwrap_or(ThreadId::NONE)
    }

    /// Bytes of memory by part of the model, for reports.
    #[must_use]
    pub fn memory(&self) -> Vec<(&'static str, u64)> {
        let sum = |part: &dyn Fn(&Segment) -> usize| self.segments.iter().map(|segment| part(segment) as u64).sum();
        vec![
            ("row starts and kinds", sum(&|segment| 5 * segment.rows.start.len())),
            ("row stacks and threads", sum(&|segment| segment.rows.aux.bytes())),
            ("row procs", sum(&|segment| segment.rows.place.bytes())),
            ("row actors", sum(&|segment| segment.rows.actors.bytes())),
            ("goroutine lanes", sum(&|segment| 12 * segment.lanes.prev.len())),
            ("proc entries", sum(&|segment| segment.procs.entries.bytes())),
            ("thread entries", sum(&|segment| segment.threads.entries.bytes())),
            ("flows", sum(&|segment| 4 * segment.flows.rows.len() + 8 * segment.flows.starts.len())),
            ("goroutine sums", sum(&|segment| segment.lod.bytes())),
            ("proc and thread sums", sum(&|segment| segment.procs.lod.bytes() + segment.threads.lod.bytes())),
            ("goroutine counts", sum(&|segment| segment.counts.bytes())),
            ("goroutines", (self.gos.len() * size_of::<GoRecord>()) as u64),
        ]
    }

    /// How many segments the trace is made of.
    #[must_use]
    pub const fn segment_count(&self) -> u32 {
        self.segments.len() as u32
    }
}
