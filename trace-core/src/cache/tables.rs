//! What there is once in a trace as a block, and the goroutines.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoId, GoroutineIdx, ProcId, ProcIdx, StackId, StrId, ThreadId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::Warning;
use crate::cache::bytes::{In, Out};
use crate::event::state::GoState;
use crate::model::annotation_tables::AnnotationTables;
use crate::model::counters::{self, Counts};
use crate::model::gap::DataGap;
use crate::model::goroutine_records::{GO_NUMBERS, GoRecord, WideIds};
use crate::model::intern::{FrameRecord, Texts};
use crate::model::kinds::Kinds;
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD};
use crate::model::segment::Segment;
use crate::model::table::{CHUNK, Table};
use crate::model::trace::{ClockSnapshot, Totals, Trace};

/// Chunks of goroutines per block.
pub(crate) const GO_BLOCK: usize = 64;
/// No time lies further from 0, so that any two can be subtracted.
const LATEST: i64 = 1 << 62;

/// All but goroutines, annotations and segments.
#[derive(Serialize, Deserialize)]
struct Small {
    range: TimeRange,
    totals: Totals,
    warnings: Vec<Warning>,
    thread_gaps: Vec<DataGap>,
    clocks: Vec<ClockSnapshot>,
    strings: Vec<String>,
    /// The bytes of strings that are no UTF-8.
    raw: Vec<(StrId, Vec<u8>)>,
    /// pc, function, file, line.
    frames: Vec<(u64, u32, u32, u32)>,
    stacks: Vec<Vec<u32>>,
    discovered: Vec<(GoState, String)>,
    reasons: Vec<StrId>,
    gos: u32,
    wide_ids: Vec<(GoroutineIdx, GoId)>,
    procs: Vec<ProcId>,
    threads: Vec<ThreadId>,
    segments: u32,
    epochs: Vec<TimeRange>,
    count_bases: Vec<Counts>,
    stack_tables: Vec<Vec<StackId>>,
    proc_tables: Vec<Vec<ProcIdx>>,
    thread_tables: Vec<Vec<ThreadIdx>>,
}

/// Which of the shared tables a segment uses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SharedIndices {
    pub(crate) stacks: u32,
    pub(crate) procs: u32,
    pub(crate) threads: u32,
}

/// Tables that segments share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    stacks: Vec<Vec<StackId>>,
    procs: Vec<Vec<ProcIdx>>,
    threads: Vec<Vec<ThreadIdx>>,
    by_segment: Vec<SharedIndices>,
}

impl Shared {
    pub(crate) fn of(trace: &Trace) -> Self {
        let mut shared = Self::default();
        let mut before: Option<&Segment> = None;
        for segment in &trace.segments {
            // Those that share a table follow one another.
            if before.is_none_or(|before| !Arc::ptr_eq(&before.stacks, &segment.stacks)) {
                shared.stacks.push(segment.stacks.to_vec());
            }
            if before.is_none_or(|before| !Arc::ptr_eq(&before.proc_ixs, &segment.proc_ixs)) {
                shared.procs.push(segment.proc_ixs.to_vec());
            }
            if before.is_none_or(|before| !Arc::ptr_eq(&before.thread_ixs, &segment.thread_ixs)) {
                shared.threads.push(segment.thread_ixs.to_vec());
            }
            let last = |tables: usize| u32::try_from(tables - 1).unwrap_or(u32::MAX);
            shared.by_segment.push(SharedIndices {
                stacks: last(shared.stacks.len()),
                procs: last(shared.procs.len()),
                threads: last(shared.threads.len()),
            });
            before = Some(segment);
        }
        shared
    }

    pub(crate) fn of_segment(&self, at: usize) -> SharedIndices {
        self.by_segment.get(at).copied().unwrap_or_default()
    }
}

/// Puts all but goroutines, annotations and segments.
pub(crate) fn put(trace: &Trace, shared: &Shared, out: &mut Out) {
    let frame = |frame: &FrameRecord| (frame.pc, frame.function.0, frame.file.0, frame.line);
    out.value(&Small {
        range: trace.range,
        totals: trace.totals.clone(),
        warnings: trace.warnings.to_vec(),
        thread_gaps: trace.thread_gaps.to_vec(),
        clocks: trace.clocks.to_vec(),
        strings: trace.texts.strings.iter().map(|text| text.to_string()).collect(),
        raw: trace.texts.raw.iter().map(|(id, bytes)| (*id, bytes.to_vec())).collect(),
        frames: trace.texts.frames.iter().map(frame).collect(),
        stacks: trace.texts.stacks.iter().map(|stack| stack.to_vec()).collect(),
        discovered: trace.kinds.discovered().map(|(state, reason)| (state, reason.to_owned())).collect(),
        reasons: trace.reasons.to_vec(),
        gos: trace.goroutine_count(),
        wide_ids: trace.wide_ids.sorted(),
        procs: trace.procs.to_vec(),
        threads: trace.threads.to_vec(),
        segments: trace.segment_count(),
        epochs: trace.epochs.to_vec(),
        count_bases: trace.count_bases.to_vec(),
        stack_tables: shared.stacks.clone(),
        proc_tables: shared.procs.clone(),
        thread_tables: shared.threads.clone(),
    });
}

/// Puts some chunks of goroutines.
pub(crate) fn put_goroutines(chunks: &[&[GoRecord]], out: &mut Out) {
    let records = chunks.iter().copied().flatten();
    let numbers: Vec<[u32; GO_NUMBERS]> = records.map(|record| record.to_numbers()).collect();
    out.slice(&numbers);
}

/// What may be named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    strings: u32,
    stacks: u32,
    pub(crate) gos: u32,
    pub(crate) procs: u32,
    pub(crate) threads: u32,
}

impl Bounds {
    /// Whether an index names one of so many, or none.
    pub(crate) const fn is_index(&self, idx: u32, count: u32) -> bool {
        idx < count || idx == u32::MAX
    }

    pub(crate) const fn is_go(&self, idx: GoroutineIdx) -> bool {
        self.is_index(idx.0, self.gos)
    }

    pub(crate) const fn is_text(&self, id: StrId) -> bool {
        id.0 < self.strings
    }

    pub(crate) const fn is_stack(&self, id: StackId) -> bool {
        id.0 < self.stacks
    }

    /// Whether this can be who acted.
    pub(crate) const fn is_actor(&self, actor: u32) -> bool {
        match actor {
            ACTOR_NONE => true,
            go if go < ACTOR_PROC => go < self.gos,
            proc if proc < ACTOR_THREAD => proc & !ACTOR_PROC < self.procs,
            thread => thread & !ACTOR_THREAD < self.threads,
        }
    }

    pub(crate) const fn is_time(&self, time: TraceTime) -> bool {
        -LATEST < time.0 && time.0 < LATEST
    }

    pub(crate) fn is_range(&self, range: TimeRange) -> bool {
        self.is_time(range.start) && self.is_time(range.end) && range.start <= range.end
    }
}

/// What [`put`] put, looked at.
pub(crate) struct Tables {
    small: Small,
    kinds: Kinds,
    wide_ids: WideIds,
    pub(crate) bounds: Bounds,
    pub(crate) stacks: Vec<Arc<[StackId]>>,
    pub(crate) proc_ixs: Vec<Arc<[ProcIdx]>>,
    pub(crate) thread_ixs: Vec<Arc<[ThreadIdx]>>,
}

/// Takes what [`put`] put, if what it names is there.
pub(crate) fn take(bytes: &mut In<'_>) -> Option<Tables> {
    let mut small = bytes.value::<Small>()?;
    let len = |len: usize| u32::try_from(len).ok();
    let bounds = Bounds {
        strings: len(small.strings.len())?,
        stacks: len(small.stacks.len())?,
        gos: small.gos,
        procs: len(small.procs.len())?,
        threads: len(small.threads.len())?,
    };
    let kinds = Kinds::with_discovered(small.discovered.iter().map(|(state, reason)| (*state, reason.as_str())))?;
    let mut wide_ids = WideIds::default();
    small.wide_ids.iter().for_each(|&(idx, id)| wide_ids.add(idx, id));
    let stacks: Vec<Arc<[StackId]>> = std::mem::take(&mut small.stack_tables).into_iter().map(Arc::from).collect();
    let proc_ixs: Vec<Arc<[ProcIdx]>> = std::mem::take(&mut small.proc_tables).into_iter().map(Arc::from).collect();
    let thread_ixs: Vec<Arc<[ThreadIdx]>> =
        std::mem::take(&mut small.thread_tables).into_iter().map(Arc::from).collect();
    let named = stacks.iter().flat_map(|table| table.iter()).all(|&stack| bounds.is_stack(stack))
        && proc_ixs.iter().flat_map(|table| table.iter()).all(|idx| bounds.is_index(idx.0, bounds.procs))
        && thread_ixs.iter().flat_map(|table| table.iter()).all(|idx| bounds.is_index(idx.0, bounds.threads));
    let is_sound = bytes.is_empty() && named && is_sound(&small, &bounds);
    is_sound.then_some(Tables { small, kinds, wide_ids, bounds, stacks, proc_ixs, thread_ixs })
}

fn is_sound(small: &Small, bounds: &Bounds) -> bool {
    let epochs = &small.epochs;
    let text = |id: u32| bounds.is_text(StrId(id));
    let frames = small.frames.len();
    bounds.is_range(small.range)
        && epochs.iter().all(|&epoch| bounds.is_range(epoch))
        && epochs.is_sorted_by(|a, b| a.end <= b.start)
        && small.thread_gaps.iter().all(|gap| {
            let lanes = bounds.is_index(gap.proc.0, bounds.procs) && bounds.is_index(gap.thread.0, bounds.threads);
            lanes && bounds.is_go(gap.go) && bounds.is_range(gap.range) && gap.bytes.start <= gap.bytes.end
        })
        && small.warnings.iter().all(|warning| warning.gap.is_none_or(|gap| bounds.is_range(gap)))
        && small.clocks.iter().all(|clock| bounds.is_time(clock.trace) && clock.wall_nanos < 1_000_000_000)
        && small.strings.first().is_some_and(String::is_empty)
        && small.raw.is_sorted_by_key(|(id, _)| *id)
        && small.raw.iter().all(|(id, _)| bounds.is_text(*id))
        && small.stacks.first().is_some_and(Vec::is_empty)
        && small.frames.iter().all(|&(_, function, file, _)| text(function) && text(file))
        && small.stacks.iter().flatten().all(|&frame| (frame as usize) < frames)
        && small.reasons.iter().all(|&reason| bounds.is_text(reason))
        && small.count_bases.iter().flatten().all(|&count| counters::is_count(count))
}

impl Tables {
    pub(crate) const fn go_blocks(&self) -> usize {
        (self.small.gos as usize).div_ceil(GO_BLOCK * CHUNK)
    }

    pub(crate) const fn segments(&self) -> usize {
        self.small.segments as usize
    }

    /// Whether a segment can lie there.
    pub(crate) fn is_place(&self, base: i64, generation: u32, epoch: u32) -> bool {
        let epoch = self.small.epochs.get(epoch as usize);
        epoch.is_some_and(|epoch| epoch.start.0 <= base && base <= epoch.end.0)
            && (generation as usize) < self.small.count_bases.len()
    }

    /// Takes a block of goroutines.
    pub(crate) fn take_goroutines(&self, bytes: &mut In<'_>) -> Option<Vec<Vec<GoRecord>>> {
        let (records, _) = bytes.raw::<[u32; GO_NUMBERS]>()?.as_chunks::<{ 4 * GO_NUMBERS }>();
        let record = |bytes: &[u8; 4 * GO_NUMBERS]| GoRecord::from_numbers(bytemuck::cast(*bytes));
        let chunk = |chunk: &[[u8; 4 * GO_NUMBERS]]| -> Option<Vec<GoRecord>> {
            let records: Vec<GoRecord> = chunk.iter().map(record).collect();
            records.iter().all(|record| self.bounds.is_text(record.name)).then_some(records)
        };
        records.chunks(CHUNK).map(chunk).collect()
    }

    pub(crate) fn into_trace(
        self,
        mut annotations: AnnotationTables,
        gos: Vec<Vec<GoRecord>>,
        segments: Vec<Segment>,
    ) -> Option<Trace> {
        let small = self.small;
        if !segments.is_sorted_by_key(|segment| segment.base) {
            return None;
        }
        let mut indices = (0..).map(GoroutineIdx);
        annotations.id_bounds = gos
            .iter()
            .map(|records| {
                let ids = records.iter().zip(&mut indices).map(|(record, idx)| self.wide_ids.id(idx, record));
                ids.fold((GoId(u64::MAX), GoId(0)), |(low, high), id| (low.min(id), high.max(id)))
            })
            .collect();
        let gos = Table::from_chunks(gos)?;
        let frame = |(pc, function, file, line)| FrameRecord { pc, function: StrId(function), file: StrId(file), line };
        let texts = Texts {
            strings: small.strings.into_iter().map(Arc::from).collect(),
            raw: small.raw.into_iter().map(|(id, bytes)| (id, Arc::from(bytes))).collect(),
            frames: small.frames.into_iter().map(frame).collect(),
            stacks: small.stacks.into_iter().map(Arc::from).collect(),
            shown: None,
        };
        (gos.len() == small.gos as usize).then(|| Trace {
            range: small.range,
            totals: small.totals,
            warnings: small.warnings.into(),
            thread_gaps: small.thread_gaps.into(),
            clocks: small.clocks.into(),
            texts,
            kinds: Arc::new(self.kinds),
            reasons: small.reasons.into(),
            gos,
            wide_ids: Arc::new(self.wide_ids),
            procs: small.procs.into(),
            threads: small.threads.into(),
            segments: segments.into_iter().map(Arc::new).collect(),
            epochs: small.epochs.into(),
            count_bases: small.count_bases.into(),
            annotations: Arc::new(annotations),
            no_cpu: OnceLock::new(),
            has_c_calls: OnceLock::new(),
        })
    }
}
