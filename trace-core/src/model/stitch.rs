//! Puts the segments of all generations together, in order: gives everything its place in the trace,
//! continues what crosses a border, and publishes snapshots.

mod losses;
mod newcomers;
mod times;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::base::ids::{GoId, GoroutineIdx, ProcId, ProcIdx, StackId, StrId, ThreadId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::{Warning, WarningKind};
use crate::event::kind::EventKind;
use crate::event::state::{GoState, SpanClass};
use crate::model::annotation_marks::Annotations;
use crate::model::counters::Counts;
use crate::model::draft::{FlowDraft, RefDraft, SegmentDraft};
use crate::model::gap::DataGap;
use crate::model::goroutine_records::{GoRecord, WideIds};
use crate::model::intern::Interner;
use crate::model::kinds::{self, Classes, SharedKinds};
use crate::model::last_running::LastRunning;
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD};
use crate::model::segment::{FlowIndex, KeyDir, Lanes, NO_SEGMENT, RefLanes, RowTimes, Segment};
use crate::model::stitch_annotations::{AnnotationStitcher, Locals};
use crate::model::symbols::Symbols;
use crate::model::table::Table;
use crate::model::trace::{ClockSnapshot, Totals, Trace};

/// What lies before a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// The generation before, or the start of the trace.
    Whole,
    /// A gap: nothing that went on before is known to go on.
    DataGap,
    /// Another trace: goroutines and clocks have nothing to do with those before.
    OtherTrace,
}

/// What is known of a generation before its events.
#[derive(Clone, Debug)]
pub(crate) struct GenerationHead {
    pub(crate) border: Before,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) clock: Option<ClockSnapshot>,
    /// The file ends inside it.
    pub(crate) is_cut: bool,
}

/// The generation in work.
#[derive(Debug, Default)]
struct Current {
    strings: Vec<StrId>,
    stacks: Arc<[StackId]>,
    /// The root function of each stack.
    roots: Vec<StrId>,
    gos: Vec<GoroutineIdx>,
    procs: Vec<ProcIdx>,
    threads: Vec<ThreadIdx>,
    proc_ixs: Arc<[ProcIdx]>,
    thread_ixs: Arc<[ThreadIdx]>,
    /// Nothing before it can be continued.
    begins_epoch: bool,
    /// The last warning of a missing generation is to be told the stretch of time.
    is_behind_hole: bool,
    /// Its clock is not that of what came before.
    must_shift: bool,
    go_ids: Vec<GoId>,
    /// The first goroutine that is new to the trace.
    first_go: usize,
    has_begun: bool,
    /// Time of its first event.
    start: TraceTime,
    /// The file ends inside it.
    is_cut: bool,
    /// Goroutines of the generation before that this one has mentioned.
    mentioned: usize,
    /// Goroutines that are announced in a state that they cannot have come to by what was told of them, and since
    /// when that is so.
    unseen: Vec<(GoroutineIdx, TimeRange)>,
}

impl Current {
    /// Procs and threads by local number.
    fn places(&self) -> (Vec<u32>, Vec<u32>) {
        (self.procs.iter().map(|idx| idx.0).collect(), self.threads.iter().map(|idx| idx.0).collect())
    }

    /// The name that a stack gives to its goroutine.
    fn name(&self, stack: u32) -> StrId {
        self.roots.get(stack as usize).copied().unwrap_or(StrId::EMPTY)
    }
}

/// Builds a [`Trace`] out of drafts in order.
#[derive(Debug)]
pub(crate) struct Stitcher {
    kinds: SharedKinds,
    interner: Interner,
    gos: Table<GoRecord>,
    wide_ids: Arc<WideIds>,
    id_bounds: Vec<(GoId, GoId)>,
    /// Goroutines that had not ended when the last generation did.
    live: FxHashMap<GoId, GoroutineIdx>,
    /// The kind of the last row of each goroutine.
    last_kinds: Vec<u8>,
    procs: Vec<ProcId>,
    proc_by_id: FxHashMap<ProcId, ProcIdx>,
    threads: Vec<ThreadId>,
    thread_by_id: FxHashMap<ThreadId, ThreadIdx>,
    segments: Vec<Arc<Segment>>,
    epochs: Vec<TimeRange>,
    /// Added to all times: of a second trace whose clock lies before the first one's end.
    shift: i64,
    /// Goroutines of earlier generations that ended in the one in work.
    dying: Vec<GoroutineIdx>,
    /// For goroutines whose last rows only continue: the segment that holds what they continue.
    skips: FxHashMap<GoroutineIdx, u32>,
    /// The first goroutine that is new in the segment in work.
    fresh_from: usize,
    on_procs: LastRunning,
    on_threads: LastRunning,
    generations: u32,
    current: Current,
    count_bases: Vec<Counts>,
    annotations: AnnotationStitcher,
    clocks: Vec<ClockSnapshot>,
    warnings: Vec<Warning>,
    /// Where those stand that may be counted when they are said again.
    warned: FxHashMap<(WarningKind, String), usize>,
    gaps: Vec<DataGap>,
    /// Goroutines looked at in search of those that a generation does not mention.
    unmentioned: u64,
    /// Memory taken by all segments.
    segment_bytes: u64,
    pub(crate) totals: Totals,
    kind_counts: Box<[u64; 256]>,
}

impl Stitcher {
    pub(crate) fn new(kinds: SharedKinds) -> Self {
        Self {
            kinds,
            interner: Interner::default(),
            gos: Table::default(),
            wide_ids: Arc::default(),
            id_bounds: Vec::new(),
            live: FxHashMap::default(),
            last_kinds: Vec::new(),
            procs: Vec::new(),
            proc_by_id: FxHashMap::default(),
            threads: Vec::new(),
            thread_by_id: FxHashMap::default(),
            segments: Vec::new(),
            epochs: Vec::new(),
            shift: 0,
            dying: Vec::new(),
            skips: FxHashMap::default(),
            fresh_from: 0,
            on_procs: LastRunning::default(),
            on_threads: LastRunning::default(),
            generations: 0,
            current: Current::default(),
            count_bases: Vec::new(),
            annotations: AnnotationStitcher::default(),
            clocks: Vec::new(),
            warnings: Vec::new(),
            warned: FxHashMap::default(),
            gaps: Vec::new(),
            unmentioned: 0,
            segment_bytes: 0,
            totals: Totals::default(),
            kind_counts: Box::new([0; 256]),
        }
    }

    /// A generation begins; its drafts follow.
    pub(crate) fn begin(&mut self, head: &GenerationHead) {
        let (strings, stacks) = self.interner.take(&head.symbols);
        let roots = stacks.iter().map(|&stack| self.interner.texts.root_function(stack)).collect();
        self.current = Current {
            strings,
            stacks,
            roots,
            first_go: self.gos.len(),
            begins_epoch: head.border != Before::Whole || self.epochs.is_empty(),
            is_cut: head.is_cut,
            ..Current::default()
        };
        self.on_threads.begin_generation();
        if head.border == Before::OtherTrace {
            self.live.clear();
            self.current.must_shift = true;
            self.shift = 0;
        }
        self.clocks.extend(head.clock);
    }

    /// The next stretch of the generation.
    pub(crate) fn segment(&mut self, mut draft: SegmentDraft) {
        let classes = self.kinds.snapshot().classes;
        self.shift(&mut draft);
        self.clamp(&mut draft, &classes);
        self.open_epoch(&draft);
        self.name_newcomers(&draft);
        let segment_ix = self.segments.len() as u32;
        let (gos, prev) = self.adopt_lanes(&mut draft, segment_ix, &classes);
        let flows = self.stitch_flows(std::mem::take(&mut draft.flows));
        let annotations = std::mem::take(&mut draft.annotations);
        let dead = self.bury(&draft, &gos);
        self.count_bases.resize(self.generations as usize + 1, Counts::default());
        if let Some(base) = self.count_bases.last_mut() {
            *base = draft.base_counts;
        }
        self.totals.events += draft.events;
        for (sum, count) in self.kind_counts.iter_mut().zip(draft.kinds.iter()) {
            *sum += count;
        }
        let segment = Segment {
            base: draft.base,
            generation: self.generations,
            epoch: (self.epochs.len() as u32).saturating_sub(1),
            lanes: Lanes::new(&gos, draft.old, &draft.row_starts, &prev),
            rows: draft.rows,
            lod: draft.lod,
            procs: ref_lanes(draft.procs, |local| self.current.procs.get(local).map(|idx| idx.0)),
            threads: ref_lanes(draft.threads, |local| self.current.threads.get(local).map(|idx| idx.0)),
            flows,
            counts: draft.counts,
            heap_live: draft.heap_live,
            heap_goal: draft.heap_goal,
            max_procs: draft.max_procs,
            stacks: Arc::clone(&self.current.stacks),
            proc_ixs: Arc::clone(&self.current.proc_ixs),
            thread_ixs: Arc::clone(&self.current.thread_ixs),
        };
        self.segment_bytes += segment.bytes() as u64;
        self.segments.push(Arc::new(segment));
        if let Some(epoch) = self.epochs.last_mut() {
            epoch.end = epoch.end.max(TraceTime(draft.end));
        }
        self.take_annotations(annotations, draft.base);
        for (go, at) in dead {
            self.annotations.goroutine_ended(go, at);
        }
    }

    /// Takes in what the segment that came last tells besides states.
    fn take_annotations(&mut self, annotations: Annotations, base: i64) {
        let locals = Locals {
            gos: &self.current.gos,
            go_ids: &self.current.go_ids,
            procs: &self.current.procs,
            threads: &self.current.threads,
            strings: &self.current.strings,
            stacks: &self.current.stacks,
            epoch_start: self.epochs.last().map_or(base, |epoch| epoch.start.0),
            texts: &self.interner.texts,
        };
        let (gos, segments, epochs) = (&self.gos, &self.segments, self.epochs.len());
        let is_born = |go: GoroutineIdx| {
            let segment = gos.get(go.index()).and_then(|record| segments.get(record.first_segment as usize));
            let segment = segment.filter(|segment| segment.epoch as usize + 1 == epochs);
            segment.is_some_and(|segment| {
                segment.lane(go).is_some_and(|(_, row, _)| kinds::is_creation(segment.kind(row)))
            })
        };
        self.annotations.take(annotations, &locals, &is_born, &mut self.warnings);
    }

    /// The generation is over.
    pub(crate) fn end(&mut self) {
        self.generations += 1;
        let current = std::mem::take(&mut self.current);
        self.annotations.name_samples(&current.gos, &current.go_ids);
        for (&go, &id) in current.gos.iter().zip(&current.go_ids) {
            let is_new = go.is_some() && go.index() >= current.first_go;
            if is_new && self.last_kinds.get(go.index()) != Some(&kinds::DEAD) {
                self.live.insert(id, go);
            }
        }
        for go in self.dying.drain(..) {
            let id = self.gos.get(go.index()).map_or(GoId::NONE, |record| self.wide_ids.id(go, record));
            if self.live.get(&id) == Some(&go) {
                self.live.remove(&id);
            }
        }
    }

    /// Counts generations of which nothing is shown, since they hold nothing but their own beginning.
    pub(crate) fn count_empty(&mut self, count: u64) {
        self.generations = self.generations.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.totals.events += count;
        if let Some(syncs) = self.kind_counts.get_mut(usize::from(EventKind::SYNC.0)) {
            *syncs += count;
        }
    }

    /// Adds to the damage. What has been said in the same words before is counted only.
    pub(crate) fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            let has_place = matches!(warning.kind, WarningKind::MissingGeneration | WarningKind::LostEvents);
            if !has_place
                && let Some(&at) = self.warned.get(&(warning.kind, warning.message.clone()))
                && let Some(known) = self.warnings.get_mut(at)
            {
                known.count = known.count.saturating_add(warning.count);
                continue;
            }
            if self.warnings.len() < crate::base::limits::MAX_WARNINGS {
                if !has_place {
                    self.warned.insert((warning.kind, warning.message.clone()), self.warnings.len());
                }
                self.warnings.push(warning);
            }
        }
    }

    /// The generation that begins lies behind a gap: the warning that tells of it learns how long it is.
    pub(crate) const fn expect_gap(&mut self) {
        self.current.is_behind_hole = true;
    }

    /// Memory that the trace takes so far, together with the tables that the next snapshot adds; about.
    pub(crate) fn memory(&self) -> u64 {
        let gos = self.gos.len() * (size_of::<GoRecord>() + size_of::<GoId>());
        self.segment_bytes + (gos as u64) + 2 * self.annotations.bytes()
    }

    /// Whether there is anything to show.
    pub(crate) const fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The trace as far as it is known; the complete one is the last that can be asked for.
    pub(crate) fn snapshot(&mut self, is_complete: bool) -> Trace {
        let range = match (self.epochs.first(), self.epochs.last()) {
            (Some(first), Some(last)) => TimeRange::new(first.start, last.end),
            _ => TimeRange::default(),
        };
        let kinds = self.kinds.snapshot();
        let mut totals = self.totals.clone();
        totals.complete = is_complete;
        totals.generations = u64::from(self.generations);
        totals.events_by_kind = (0..=u8::MAX)
            .zip(self.kind_counts.iter())
            .filter(|(_, count)| **count > 0)
            .map(|(code, &count)| (EventKind(code), count))
            .collect();
        let reasons = (0..kinds::COUNT as u8).map(|kind| self.interner.string(kinds.meaning(kind).reason)).collect();
        Trace {
            range,
            totals,
            warnings: self.warnings.clone().into(),
            thread_gaps: self.gaps.clone().into(),
            clocks: self.clocks.clone().into(),
            texts: self.interner.texts.clone(),
            kinds: Arc::new(kinds),
            reasons,
            gos: self.gos.clone(),
            wide_ids: Arc::clone(&self.wide_ids),
            procs: self.procs.clone().into(),
            threads: self.threads.clone().into(),
            segments: self.segments.clone(),
            epochs: self.epochs.clone().into(),
            count_bases: self.count_bases.clone().into(),
            annotations: Arc::new(self.annotations.tables(range, self.id_bounds.clone(), is_complete)),
            no_cpu: OnceLock::new(),
            has_c_calls: OnceLock::new(),
        }
    }

    fn open_epoch(&mut self, draft: &SegmentDraft) {
        if !self.current.has_begun {
            self.current.has_begun = true;
            self.current.start = TraceTime(draft.base);
            if self.current.begins_epoch {
                let start = TraceTime(draft.base);
                if let Some(before) = self.epochs.last()
                    && self.current.is_behind_hole
                    && let Some(warning) = self
                        .warnings
                        .iter_mut()
                        .rev()
                        .find(|warning| warning.kind == WarningKind::MissingGeneration && warning.gap.is_none())
                {
                    warning.gap = Some(TimeRange::new(before.end, start));
                }
                self.epochs.push(TimeRange::new(start, start));
                self.on_procs.clear();
                self.on_threads.clear();
                self.annotations.begin_epoch(start);
            }
        }
    }

    /// Chains the lanes to those of earlier segments and settles what their first rows mean.
    fn adopt_lanes(&mut self, draft: &mut SegmentDraft, segment: u32, classes: &Classes) -> (Vec<u32>, Vec<u32>) {
        let mut gos = Vec::with_capacity(draft.lanes.len());
        let mut prev = Vec::with_capacity(draft.lanes.len());
        let mut settled_kinds = Vec::new();
        let (procs, threads) = self.current.places();
        let before_on = [(&self.on_procs, &draft.procs, &procs), (&self.on_threads, &draft.threads, &threads)]
            .map(|(last_running, lanes, indices)| last_running.before(lanes, &draft.procs.entries, indices));
        for (slot, (&local, rows)) in draft.lanes.iter().zip(draft.row_starts.windows(2)).enumerate() {
            let (first, end) = (rows[0], rows[1]);
            let idx = self.current.gos.get(local as usize).copied().unwrap_or(GoroutineIdx::NONE);
            gos.push(idx.0);
            let is_fresh = idx.index() >= self.fresh_from;
            let before = if is_fresh {
                NO_SEGMENT
            } else {
                self.gos
                    .get_mut(idx.index())
                    .map_or(NO_SEGMENT, |record| std::mem::replace(&mut record.last_segment, segment))
            };
            // Segments in which it was only announced again are stepped over.
            let link = if is_fresh { NO_SEGMENT } else { self.skips.remove(&idx).unwrap_or(before) };
            prev.push(link);
            if !idx.is_some() {
                continue;
            }
            let kind = draft.rows.kind_bits(first);
            let mut last_kind = draft.rows.kind_bits(end - 1) & kinds::MASK;
            if kinds::is_status(kind) {
                // What went on before a gap is not known to go on, even where the next generation does not
                // mention the goroutine.
                let is_of_epoch = |segment: &Arc<Segment>| segment.epoch as usize + 1 == self.epochs.len();
                let is_of_another = before_on.iter().any(|on| on.get(&first).is_some_and(|&go| go != idx));
                let has_rows = self.segments.get(before as usize).is_some_and(is_of_epoch);
                let known = !self.current.begins_epoch && !is_of_another && has_rows;
                // A damaged trace may announce what has had events in this very generation.
                let is_first = self.current.begins_epoch && !has_rows;
                let settled = settle_status(kind, known.then(|| self.last_kinds[idx.index()]), is_first, classes);
                if settled != kind & kinds::MASK {
                    settled_kinds.push((first, settled | (kind & kinds::LAST)));
                }
                if end - first == 1 {
                    last_kind = settled;
                }
                let last = self.last_kinds.get(idx.index()).copied();
                let is_reported = known && last == Some(kinds::UNKNOWN);
                if !self.current.begins_epoch && !kinds::is_continued(settled) && !is_reported {
                    let time = draft.base.saturating_add(draft.rows.start(first).into());
                    self.note_unseen(idx, before, time);
                }
                let (from, to) = (classes[usize::from(kind & kinds::MASK)], classes[usize::from(settled)]);
                if kinds::is_continued(settled) && end - first == 1 {
                    self.skips.insert(idx, link);
                } else if kinds::is_continued(settled) {
                    let nanos = draft.rows.start(first + 1) - draft.rows.start(first);
                    draft.lod.recolour_first(slot as u32, from, to, nanos);
                }
            }
            self.last_kinds[idx.index()] = last_kind;
        }
        if !settled_kinds.is_empty() {
            draft.rows.shapes.set_kinds(&settled_kinds);
        }
        self.on_procs.take(&draft.procs, draft, &procs, &gos);
        self.on_threads.take(&draft.threads, draft, &threads, &gos);
        (gos, prev)
    }

    /// Forgets the goroutines that have ended; which those are, and when.
    fn bury(&mut self, draft: &SegmentDraft, gos: &[u32]) -> Vec<(GoroutineIdx, TraceTime)> {
        let mut dead = Vec::new();
        for (&go, rows) in gos.iter().zip(draft.row_starts.windows(2)) {
            let last = rows[1] - 1;
            if draft.rows.kind_bits(last) & kinds::MASK == kinds::DEAD {
                if (go as usize) < self.current.first_go {
                    self.dying.push(GoroutineIdx(go));
                }
                let at = TraceTime(draft.base).plus_nanos(i64::from(draft.rows.start(last)));
                dead.push((GoroutineIdx(go), at));
            }
        }
        dead
    }

    /// Turns the generation's numbers of those who acted into the trace's.
    fn stitch_flows(&self, draft: FlowDraft) -> FlowIndex {
        let actors: Vec<u32> = draft.actors.iter().map(|&actor| self.actor(actor)).collect();
        FlowIndex { dir: KeyDir::new(&actors, draft.unordered), starts: draft.starts, rows: draft.rows }
    }

    fn actor(&self, local: u32) -> u32 {
        if local < ACTOR_PROC {
            self.current.gos.get(local as usize).map_or(ACTOR_NONE, |idx| idx.0)
        } else if local < ACTOR_THREAD {
            self.current.procs.get((local & !ACTOR_PROC) as usize).map_or(ACTOR_NONE, |idx| ACTOR_PROC | idx.0)
        } else {
            let thread = self.current.threads.get((local & !ACTOR_THREAD) as usize);
            thread.map_or(ACTOR_NONE, |idx| ACTOR_THREAD | idx.0)
        }
    }
}

/// What a status row means after `last` (the kind of the row before it, if that is known and holds still).
fn settle_status(kind: u8, last: Option<u8>, begins_epoch: bool, classes: &Classes) -> u8 {
    let status = (kind & kinds::MASK) - kinds::STATUS;
    let class = last.map_or(SpanClass::None, |last| classes[usize::from(last & kinds::MASK)]);
    let says = match status {
        0 => GoState::Runnable,
        1 => GoState::Running,
        2 => GoState::Syscall,
        _ => GoState::Waiting,
    };
    if last.is_some() && kinds::state_of(class) == says {
        kinds::continued(class)
    } else if begins_epoch {
        kinds::STATUS + status
    } else {
        kinds::STATUS_HERE + status
    }
}

fn ref_lanes(draft: RefDraft, idx: impl Fn(usize) -> Option<u32>) -> RefLanes {
    let lanes = draft.starts.len().saturating_sub(1);
    let has_entries = |slot: usize| draft.starts[slot] < draft.starts[slot + 1];
    let mut slots: Vec<(u32, u32)> =
        (0..lanes).filter(|&slot| has_entries(slot)).filter_map(|slot| Some((idx(slot)?, slot as u32))).collect();
    slots.sort_unstable();
    RefLanes {
        slots: slots.into(),
        starts: draft.starts.into(),
        entries: draft.entries,
        marks: draft.marks.into(),
        lod: draft.lod,
    }
}
