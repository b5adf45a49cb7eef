//! Writes v2 traces, event by event: the bytes that a Go program would have written.

use std::collections::BTreeMap;

use crate::event::kind::EventKind;
use crate::wire::text::push_uvarint;
use crate::wire::v2::spec;

/// A batch is written out when it is this full; the format allows 64 KiB.
const BATCH_BYTES: usize = 60 << 10;

/// A stack frame to be written: function, file, line.
pub type FrameText<'a> = (&'a str, &'a str, u64);

/// A trace in the making. One tick is one nanosecond.
#[derive(Clone, Debug)]
pub struct TraceWriter {
    out: Vec<u8>,
    version: u32,
    generation: u64,
    batches: BTreeMap<u64, Batch>,
    strings: BTreeMap<Vec<u8>, u64>,
    stacks: Vec<Vec<(u64, u64, u64)>>,
    has_begun: bool,
}

#[derive(Clone, Debug, Default)]
struct Batch {
    payload: Vec<u8>,
    first: u64,
    last: u64,
}

impl TraceWriter {
    /// A trace in the format of Go 1.`version` (22 to 26).
    #[must_use]
    pub fn new(version: u32) -> Self {
        Self {
            out: format!("go 1.{version} trace\0\0\0").into_bytes(),
            version,
            generation: 1,
            batches: BTreeMap::new(),
            strings: BTreeMap::new(),
            stacks: Vec::new(),
            has_begun: false,
        }
    }

    /// The id of a string in the generation in work.
    pub fn string(&mut self, text: &str) -> u64 {
        self.bytes(text.as_bytes())
    }

    /// The same for bytes that need not be text.
    pub fn bytes(&mut self, text: &[u8]) -> u64 {
        if let Some(&id) = self.strings.get(text) {
            return id;
        }
        let id = self.strings.len() as u64 + 1;
        self.strings.insert(text.to_owned(), id);
        id
    }

    /// The id of a stack, leaf first, in the generation in work. Make each stack once per generation.
    pub fn stack(&mut self, frames: &[FrameText<'_>]) -> u64 {
        let frames = frames.iter().map(|&(function, file, line)| (self.string(function), self.string(file), line));
        let frames = frames.collect();
        self.stacks.push(frames);
        self.stacks.len() as u64
    }

    /// An event on a thread at `time` (ns); times of one thread must not fall. `args` as on the wire,
    /// without the time.
    pub fn event(&mut self, thread: u64, time: u64, kind: EventKind, args: &[u64]) {
        self.begin(time);
        let batch = self.batches.entry(thread).or_default();
        if batch.payload.is_empty() {
            (batch.first, batch.last) = (time, time);
        }
        batch.payload.push(kind.0);
        push_uvarint(&mut batch.payload, time.saturating_sub(batch.last));
        for &arg in args {
            push_uvarint(&mut batch.payload, arg);
        }
        batch.last = time;
        if batch.payload.len() >= BATCH_BYTES {
            let (payload, first) = (std::mem::take(&mut batch.payload), batch.first);
            self.push_batch(thread, first, &payload);
        }
    }

    /// Ends the batch of a thread: its next event begins another, whose time may be earlier.
    pub fn end_batch(&mut self, thread: u64) {
        if let Some(batch) = self.batches.remove(&thread).filter(|batch| !batch.payload.is_empty()) {
            self.push_batch(thread, batch.first, &batch.payload);
        }
    }

    /// A CPU sample at `time` (ns), on a thread and proc, of a goroutine.
    pub fn sample(&mut self, time: u64, (thread, proc, go): (u64, u64, u64), stack: u64) {
        self.begin(time);
        let mut payload = vec![spec::CPU_SAMPLES, spec::CPU_SAMPLE];
        for number in [time, thread, proc, go, stack] {
            push_uvarint(&mut payload, number);
        }
        self.push_batch(u64::MAX, time, &payload);
    }

    /// Ends the generation: what follows belongs to the next one, which has strings and stacks of its own.
    /// Does nothing if it holds no event.
    pub fn end_generation(&mut self) {
        if !self.has_begun {
            return;
        }
        for (thread, batch) in std::mem::take(&mut self.batches) {
            if !batch.payload.is_empty() {
                self.push_batch(thread, batch.first, &batch.payload);
            }
        }
        self.push_stacks();
        self.push_strings();
        if self.version >= 26 {
            self.out.push(spec::END_OF_GENERATION);
        }
        self.generation += 1;
        self.has_begun = false;
    }

    /// Leaves out so many generations, as if they had been lost.
    pub fn skip_generations(&mut self, count: u64) {
        self.end_generation();
        self.generation += count;
    }

    /// The whole trace as bytes of the file format.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.end_generation();
        self.out
    }

    fn begin(&mut self, time: u64) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let mut payload = Vec::new();
        if self.version >= 25 {
            payload.push(spec::SYNC);
        }
        payload.push(spec::FREQUENCY);
        push_uvarint(&mut payload, 1_000_000_000);
        if self.version >= 25 {
            payload.push(spec::CLOCK_SNAPSHOT);
            for number in [0, time, 1_767_225_600 + time / 1_000_000_000, time % 1_000_000_000] {
                push_uvarint(&mut payload, number);
            }
        }
        self.push_batch(u64::MAX, time, &payload);
    }

    fn push_stacks(&mut self) {
        let mut payload = vec![spec::STACKS];
        for (at, frames) in std::mem::take(&mut self.stacks).into_iter().enumerate() {
            payload.push(spec::STACK);
            push_uvarint(&mut payload, at as u64 + 1);
            push_uvarint(&mut payload, frames.len() as u64);
            for (function, file, line) in frames {
                let pc = 0x40_0000 + function * 0x1_0000 + line * 0x10;
                for number in [pc, function, file, line] {
                    push_uvarint(&mut payload, number);
                }
            }
            self.split_batch(&mut payload, spec::STACKS);
        }
        self.push_batch(u64::MAX, 0, &payload);
    }

    fn push_strings(&mut self) {
        let mut payload = vec![spec::STRINGS];
        for (text, id) in std::mem::take(&mut self.strings) {
            payload.push(spec::STRING);
            push_uvarint(&mut payload, id);
            push_uvarint(&mut payload, text.len() as u64);
            payload.extend_from_slice(&text);
            self.split_batch(&mut payload, spec::STRINGS);
        }
        self.push_batch(u64::MAX, 0, &payload);
    }

    fn split_batch(&mut self, payload: &mut Vec<u8>, kind: u8) {
        if payload.len() >= BATCH_BYTES {
            self.push_batch(u64::MAX, 0, payload);
            payload.clear();
            payload.push(kind);
        }
    }

    fn push_batch(&mut self, thread: u64, time: u64, payload: &[u8]) {
        self.out.push(spec::EVENT_BATCH);
        // A time of 0 would be the generation's earliest: tables carry a late one.
        let time = if time == 0 { 1 << 40 } else { time };
        for number in [self.generation, thread, time, payload.len() as u64] {
            push_uvarint(&mut self.out, number);
        }
        self.out.extend_from_slice(payload);
    }
}
