//! A loaded trace, or as much of it as is loaded: read-only, shared, grown by whole snapshots. Here: what
//! it is made of, and the plain look-ups; the queries are beside it, one concept a file.

use std::sync::{Arc, OnceLock};

use crate::base::ids::{ProcId, ProcIdx, StackId, StrId, ThreadId, ThreadIdx};
use crate::base::time::TimeRange;
use crate::base::visible::{has_hidden, visible};
use crate::base::warning::Warning;
use crate::model::annotation_tables::AnnotationTables;
use crate::model::counters::Counts;
use crate::model::gap::DataGap;
use crate::model::goroutine_records::{GoRecord, WideIds};
use crate::model::intern::Texts;
use crate::model::kinds::Kinds;
use crate::model::no_cpu::times::NoCpu;
pub use crate::model::records::{
    ClockSnapshot, EventRow, Frame, Goroutine, Log, Metric, Origin, Region, Sample, SpecialKind, SpecialRange, Task,
    TimeByClass, Totals,
};
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
    /// Segments by rising base time.
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

    /// The functions of a stack's frames, leaf first.
    pub(crate) fn functions(&self, id: StackId) -> impl Iterator<Item = StrId> + '_ {
        self.texts.stack(id).iter().filter_map(|&frame| Some(self.texts.frames.get(frame as usize)?.function))
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
            ("row starts", sum(&|segment| segment.rows.start.bytes())),
            ("row kinds, stacks, threads, procs", sum(&|segment| segment.rows.shapes.bytes())),
            ("row actors", sum(&|segment| segment.rows.actors.bytes())),
            ("goroutine lanes", sum(&|segment| segment.lanes.bytes())),
            ("proc entries", sum(&|segment| segment.procs.entries.bytes())),
            ("thread entries", sum(&|segment| segment.threads.entries.bytes())),
            ("flows", sum(&|segment| segment.flows.bytes())),
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
