//! Writes v2 traces: generations with their batches and tables. Every event is offered to the reader's own judge
//! first, so that what is written is a valid trace.

use std::io::Write;

use crate::base::error::Result;
use crate::base::ids::{ProcId, ThreadId};
use crate::event::kind::EventKind;
use crate::export::cut::symbols::Symbols;
use crate::order::sched_state::{SchedState, go_state};
use crate::wire::text::push_uvarint;
use crate::wire::v2::cursor::RawEvent;
use crate::wire::v2::spec::{self, Shape};
use crate::wire::v2::tables::{RawSample, RawSnapshot};
use crate::wire::version::{HEADER_BYTES, Version};

/// A batch is closed when it is this full; the format allows 64 KiB.
const BATCH_BYTES: usize = 60 << 10;
/// A tick is a nanosecond, so that times stay exact.
const TICKS_PER_SECOND: u64 = 1_000_000_000;

/// An event that announces somebody, and its thread.
type Announcement = (ThreadId, EventKind, [u64; 4]);

/// A trace in the making.
pub(super) struct Writer<'a> {
    out: &'a mut dyn Write,
    version: Version,
    generation: u64,
    /// What a reader knows after the events so far.
    pub(super) sched: SchedState,
    /// Batches being filled, by the threads' numbers in `sched`, and that of events on no thread.
    batches: Vec<Batch>,
    unbound: Batch,
    samples: Vec<u8>,
    /// Finished batches of the generation.
    body: Vec<u8>,
    /// Strings and stacks of the generation.
    pub(super) symbols: Symbols,
    start: u64,
    /// Time of the latest event.
    last: i64,
    /// Events written so far.
    pub(super) written: u64,
}

#[derive(Clone, Debug, Default)]
struct Batch {
    payload: Vec<u8>,
    first: u64,
    last: u64,
}

impl<'a> Writer<'a> {
    /// Nothing is written yet.
    pub(super) fn new(out: &'a mut dyn Write, symbols: Symbols) -> Self {
        Self {
            out,
            version: Version::GO_1_22,
            generation: 0,
            sched: SchedState::new(true),
            batches: Vec::new(),
            unbound: Batch::default(),
            samples: Vec::new(),
            body: Vec::new(),
            symbols,
            start: 0,
            last: 0,
            written: 0,
        }
    }

    /// Whether a generation has been opened.
    pub(super) const fn has_begun(&self) -> bool {
        self.generation > 0
    }

    /// Begins the file, in the format of this version.
    pub(super) fn begin(&mut self, version: Version) {
        self.version = version;
        self.body = format!("go 1.{} trace", version.0).into_bytes();
        self.body.resize(HEADER_BYTES, 0);
    }

    pub(super) const fn version(&self) -> Version {
        self.version
    }

    /// Begins the next generation, whose events may now be offered.
    pub(super) fn open_generation(&mut self) {
        self.generation += 1;
        self.sched.begin_generation(self.generation);
    }

    /// Says when the generation starts, before the first of its events is written.
    pub(super) fn start_generation(&mut self, start: i64, snapshot: Option<RawSnapshot>) {
        self.start = ticks(start);
        let mut payload = Vec::new();
        if self.version >= Version::GO_1_25 {
            payload.push(spec::SYNC);
        }
        payload.push(spec::FREQUENCY);
        push_uvarint(&mut payload, TICKS_PER_SECOND);
        if let Some(snapshot) = snapshot.filter(|_| self.version >= Version::GO_1_25) {
            payload.push(spec::CLOCK_SNAPSHOT);
            // Readers let the sum overflow, so that a reading may also be from before.
            let after = ticks(snapshot.trace).wrapping_sub(self.start);
            for number in [after, snapshot.mono, snapshot.wall_secs, snapshot.wall_nanos] {
                push_uvarint(&mut payload, number);
            }
        }
        self.push_batch(ThreadId::NONE.0, self.start, &payload);
    }

    /// Whether an event is legal now; if so it has happened, and is to be given to [`Self::encode`].
    pub(super) fn offer(&mut self, thread: ThreadId, code: u8, args: [u64; 4]) -> bool {
        let time = self.sched.last_time().0.saturating_add(1);
        self.sched.offer(&RawEvent { time, args, code }, thread)
    }

    /// Writes an event that was offered.
    pub(super) fn encode(&mut self, thread: ThreadId, time: i64, code: u8, args: [u64; 4]) {
        self.last = self.last.max(time);
        let time = ticks(time).max(self.start);
        let idx = self.sched.thread_idx(thread.0);
        let batch = if thread.is_some() {
            let place = idx as usize;
            if self.batches.len() <= place {
                self.batches.resize(place + 1, Batch::default());
            }
            self.batches.get_mut(place)
        } else {
            Some(&mut self.unbound)
        };
        let Some(batch) = batch else { return };
        if batch.payload.is_empty() {
            (batch.first, batch.last) = (time, time);
        }
        batch.payload.push(code);
        push_uvarint(&mut batch.payload, time.saturating_sub(batch.last));
        for &arg in args.iter().take(Shape::of(code).args.into()) {
            push_uvarint(&mut batch.payload, arg);
        }
        batch.last = time;
        self.written += 1;
        if batch.payload.len() >= BATCH_BYTES {
            let (payload, first) = (std::mem::take(&mut batch.payload), batch.first);
            self.push_batch(thread.0, first, &payload);
        }
    }

    /// Writes a CPU sample; `stack` is of the generation's own.
    pub(super) fn sample(&mut self, sample: RawSample, stack: u64) {
        if self.samples.is_empty() {
            self.samples.push(spec::CPU_SAMPLES);
        }
        self.samples.push(spec::CPU_SAMPLE);
        let go = if sample.go == u64::MAX { 0 } else { sample.go };
        for number in [ticks(sample.time), sample.thread, sample.proc, go, stack] {
            push_uvarint(&mut self.samples, number);
        }
        self.written += 1;
        if self.samples.len() >= BATCH_BYTES {
            self.close_samples();
        }
    }

    /// Writes a batch of an experiment as it is.
    pub(super) fn experiment(&mut self, experiment: u8, thread: u64, payload: &[u8]) {
        self.body.extend([spec::EXPERIMENTAL_BATCH, experiment]);
        for number in [self.generation, thread, self.start, payload.len() as u64] {
            push_uvarint(&mut self.body, number);
        }
        self.body.extend_from_slice(payload);
    }

    /// Announces what the generation has not, as the runtime does at the end of each: for one that is cut off at `end`,
    /// up to which the trace then lasts. `more` are announcements of others.
    pub(super) fn announce_rest(&mut self, end: i64, more: &[Announcement]) {
        let mut ops = more.to_vec();
        for proc in self.sched.unannounced_procs() {
            ops.extend(self.proc_status(proc));
        }
        for (go, state, thread) in self.sched.unannounced_gos() {
            let status = match state {
                go_state::RUNNABLE => 1,
                go_state::RUNNING => 2,
                go_state::SYSCALL => 3,
                _ => 4,
            };
            ops.push((thread, EventKind::GO_STATUS, [go.0, thread.0, status, 0]));
        }
        if ops.is_empty() {
            // It is told twice what a proc does, so that there is an event.
            let procs = self.sched.ids.procs.clone();
            ops.extend(procs.into_iter().find_map(|proc| self.proc_status(proc)));
        }
        let count = i64::try_from(ops.len()).unwrap_or(0);
        let first = end.saturating_sub(count).max(self.last.saturating_add(1));
        for (time, (thread, kind, args)) in (first..).zip(ops) {
            if self.offer(thread, kind.0, args) {
                self.encode(thread, time, kind.0, args);
            }
        }
    }

    /// What announces a proc as it is; `None` if it is not known.
    fn proc_status(&mut self, proc: ProcId) -> Option<Announcement> {
        let status = self.sched.wire_status_of(proc)?;
        let holder = self.sched.thread_with(proc).unwrap_or(ThreadId::NONE);
        Some((holder, EventKind::PROC_STATUS, [proc.0, status, 0, 0]))
    }

    /// Ends the generation and hands its bytes on.
    ///
    /// # Errors
    /// When the output fails.
    pub(super) fn end_generation(&mut self) -> Result<()> {
        for place in 0..self.batches.len() {
            let Some(batch) = self.batches.get_mut(place) else { break };
            let (payload, first) = (std::mem::take(&mut batch.payload), batch.first);
            let thread = u32::try_from(place).map_or(ThreadId::NONE, |place| self.sched.ids.thread(place));
            if !payload.is_empty() {
                self.push_batch(thread.0, first, &payload);
            }
        }
        let (payload, first) = (std::mem::take(&mut self.unbound.payload), self.unbound.first);
        if !payload.is_empty() {
            self.push_batch(ThreadId::NONE.0, first, &payload);
        }
        if !self.samples.is_empty() {
            self.close_samples();
        }
        let symbols = std::mem::take(&mut self.symbols);
        self.push_items(spec::STACKS, symbols.stack_items());
        self.push_items(spec::STRINGS, symbols.string_items());
        self.symbols = symbols;
        self.symbols.clear();
        if self.version >= Version::GO_1_26 {
            self.body.push(spec::END_OF_GENERATION);
        }
        self.out.write_all(&self.body)?;
        self.body.clear();
        Ok(())
    }

    fn close_samples(&mut self) {
        let payload = std::mem::take(&mut self.samples);
        self.push_batch(ThreadId::NONE.0, self.start, &payload);
    }

    /// Writes items in as many batches as they need.
    fn push_items(&mut self, kind: u8, items: &[Vec<u8>]) {
        let mut payload = vec![kind];
        for item in items {
            if payload.len() > 1 && payload.len() + item.len() > BATCH_BYTES {
                self.push_batch(ThreadId::NONE.0, self.start, &payload);
                payload.truncate(1);
            }
            payload.extend_from_slice(item);
        }
        // Readers take a generation without tables for one that is cut off.
        self.push_batch(ThreadId::NONE.0, self.start, &payload);
    }

    fn push_batch(&mut self, thread: u64, time: u64, payload: &[u8]) {
        self.body.push(spec::EVENT_BATCH);
        for number in [self.generation, thread, time, payload.len() as u64] {
            push_uvarint(&mut self.body, number);
        }
        self.body.extend_from_slice(payload);
    }
}

/// A time in ticks. The clock of traces of Go 1.21 and older begins a nanosecond before 0.
fn ticks(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}
