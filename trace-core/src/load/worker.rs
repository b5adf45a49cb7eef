//! What becomes of one generation on a worker: its tables, its events in order, its segments.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::base::warning::WarningKind;
use crate::load::message::Damage;
use crate::load::message::GenerationEnd;
use crate::load::message::Message;
use crate::load::message::Part;
use crate::load::message::Work;
use crate::model::build::{BuildReport, Builder, SEGMENT_ROWS, Scratch};
use crate::model::draft::SegmentDraft;
use crate::model::gap::DataGapDraft;
use crate::model::kinds::SharedKinds;
use crate::model::stitch::{Before, GenerationHead};
use crate::model::symbols::Symbols;
use crate::model::trace::ClockSnapshot;
use crate::order::generation::order_generation;
use crate::order::sched_state::SchedState;
use crate::order::sink::Ids;
use crate::order::v1::order_v1;
use crate::order::v1::style::Style;
use crate::wire::v1::recording::{LOST_TEXTS, Recording};
use crate::wire::v2::generation::{Border, End, Generation};
use crate::wire::v2::tables::{Clock, Tables};
use crate::wire::v2::unknown::{self, Unknown};

/// What the workers of a load share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) monitor: Monitor,
    pub(crate) kinds: SharedKinds,
    pub(crate) segment_rows: usize,
    /// The clock of some generation, for one that has lost its own.
    clock: Arc<Mutex<Option<Clock>>>,
    /// What builders leave behind for others.
    scratch: Arc<Mutex<Vec<Scratch>>>,
}

impl Shared {
    pub(crate) fn new(monitor: &Monitor) -> Self {
        Self {
            monitor: monitor.clone(),
            kinds: SharedKinds::default(),
            segment_rows: SEGMENT_ROWS,
            clock: Arc::default(),
            scratch: Arc::default(),
        }
    }

    fn clock(&self) -> Option<Clock> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_scratch(&self) -> Scratch {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn leave_scratch(&self, scratch: Scratch) {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }

    /// Gives back the memory that builders have left behind.
    pub(crate) fn forget_scratch(&self) {
        *self.scratch.lock().unwrap_or_else(PoisonError::into_inner) = Vec::new();
    }

    fn set_clock(&self, clock: Clock) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock);
    }
}

/// Does the work on the `index`th part.
pub(crate) fn work(part: Part, index: usize, shared: &Shared, messages: &Sender<Message>) {
    let (mut damage, mut gaps) = (Damage::default(), Vec::new());
    // A fault of ours costs this part, not the whole load, and must not leave the stitcher waiting.
    let result = catch_unwind(AssertUnwindSafe(|| match &part {
        Part::Generation(generation) => {
            build(generation, index, shared, messages, &mut damage).map(|found| gaps = found)
        }
        Part::Recording(recording) => {
            build_recording(recording, index, shared, messages, &mut damage).map(|found| gaps = found)
        }
    }))
    .unwrap_or_else(|_panic| {
        let what = "this part could not be read because of a bug in Tracelane; please report it and attach the file";
        damage.add(WarningKind::Internal, what.to_owned(), part.offset());
        Ok(())
    });
    let warnings = damage.take(part.number());
    let (number, offset, bytes) = (part.number(), part.offset(), part.byte_len());
    let end = GenerationEnd { warnings, gaps, number, offset, bytes, chunks: part.into_chunks(), result };
    // Nobody listens: the load was cancelled.
    drop(messages.send(Message::Work(index, Work::End(end))));
}

fn build(
    generation: &Generation,
    index: usize,
    shared: &Shared,
    messages: &Sender<Message>,
    damage: &mut Damage,
) -> Result<Vec<DataGapDraft>> {
    let tables = Tables::parse(generation, shared.clock(), &mut |kind, what, at| damage.add(kind, what, at));
    if tables.has_frequency {
        shared.set_clock(tables.clock);
    }
    let border = match generation.border {
        Border::Whole => Before::Whole,
        Border::Gap => Before::DataGap,
        Border::NewTrace => Before::OtherTrace,
    };
    let is_cut = generation.end == End::Truncated;
    let met = build_with(&tables, (border, is_cut), index, shared, messages, |builder| {
        let mut sched = SchedState::new(false);
        let mut report = |kind, what, at| damage.add(kind, what, at);
        order_generation(&mut sched, generation, &tables, &shared.monitor, &mut report, builder)?;
        Ok(sched.ids)
    })?;
    report_pauses(&met, generation.offset, damage);
    if met.has_unknown
        && let Some(Unknown { message, offset, count }) = unknown::find(generation, &tables)
    {
        damage.add_many(WarningKind::UnknownId, message, offset, count);
    }
    Ok(met.gaps)
}

fn build_recording(
    recording: &Recording,
    index: usize,
    shared: &Shared,
    messages: &Sender<Message>,
    damage: &mut Damage,
) -> Result<Vec<DataGapDraft>> {
    let met = build_with(&recording.tables, (Before::Whole, false), index, shared, messages, |builder| {
        let mut report = |kind, what, at| damage.add(kind, what, at);
        order_v1(recording, Style::Model, &shared.monitor, &mut report, builder)
    })?;
    report_pauses(&met, 0, damage);
    if met.has_unknown {
        damage.add(WarningKind::UnknownId, LOST_TEXTS.to_owned(), recording.byte_len());
    }
    Ok(met.gaps)
}

/// Warns of pauses that were left out.
fn report_pauses(met: &BuildReport, offset: u64, damage: &mut Damage) {
    if met.left_out > 0 {
        let what = "times jump ahead by seconds again and again; all but the first pauses are left out";
        damage.add(WarningKind::Clock, what.to_owned(), offset);
    }
}

/// Sends a head, then what `order` gives to the builder. `order` returns the ids that it has given out.
/// Tells what the builder has met.
fn build_with(
    tables: &Tables,
    (border, is_cut): (Before, bool),
    index: usize,
    shared: &Shared,
    messages: &Sender<Message>,
    order: impl FnOnce(&mut Builder<'_>) -> Result<Ids>,
) -> Result<BuildReport> {
    let is_nameless = |id| tables.string(id).is_none();
    let has_nameless = tables.frames().any(|frame| is_nameless(frame.function) || is_nameless(frame.file));
    let symbols = Arc::new(symbols(tables));
    let send = |work: Work| messages.send(Message::Work(index, work)).map_err(|_gone| Error::Cancelled);
    send(Work::Head(GenerationHead { border, symbols: Arc::clone(&symbols), clock: snapshot(tables), is_cut }))?;
    let mut emit = |draft: SegmentDraft| send(Work::Segment(Box::new(draft)));
    let mut builder = Builder::new(symbols, shared.kinds.clone(), shared.take_scratch(), &mut emit)
        .with_segment_rows(shared.segment_rows);
    let ids = order(&mut builder)?;
    let (mut met, scratch) = builder.finish(&ids)?;
    shared.leave_scratch(scratch);
    met.has_unknown |= has_nameless;
    Ok(met)
}

fn symbols(tables: &Tables) -> Symbols {
    let mut symbols = Symbols::default();
    for id in tables.string_ids() {
        symbols.add_string(id, tables.string(id).unwrap_or_default());
    }
    for id in tables.stack_ids() {
        let frames = tables.stack(id).into_iter().flatten();
        symbols.add_stack(id, frames.map(|frame| (frame.pc, frame.function, frame.file, frame.line)));
    }
    symbols
}

fn snapshot(tables: &Tables) -> Option<ClockSnapshot> {
    let known = tables.snapshot?;
    Some(ClockSnapshot {
        trace: TraceTime(known.trace),
        mono: known.mono,
        wall_secs: known.wall_secs.cast_signed(),
        wall_nanos: u32::try_from(known.wall_nanos).unwrap_or(0),
    })
}
