//! Reads v1 events: raw ones wherever they are, and those of one proc through its batches.

use std::ops::Range;

use crate::input::cursor::Cursor;
use crate::wire::v1::raw_event::RawEvent;
use crate::wire::v1::raw_event::read_raw;
use crate::wire::v1::recording::{Batch, Recording};
use crate::wire::v1::spec::{self};
use crate::wire::v1::stacks::low_half;

/// An event of a proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Ticks; after ordering, ns since the first event.
    pub time: i64,
    /// The goroutine that acts, or that the event says to be so; 0 if none.
    pub go: u64,
    /// Arguments besides time and stack. A log's message is a string id in the third one.
    pub args: [u64; 3],
    /// Stack id; 0 if none, or not to be found.
    pub stack: u32,
    /// The proc; -1 if none.
    pub proc: i32,
    /// A code of [`spec`].
    pub kind: u8,
    /// Offset in the input; 0 if not known.
    pub offset: u64,
    /// Ticks that the clock had reached by then, which may be fewer than `time`: the runtime gives each event of a
    /// batch a time of its own, so a proc that writes faster than the clock ticks is ahead of it.
    pub clock: i64,
}

/// How many events were not as they should be, and where the first of them is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How many faults there were.
    pub count: u64,
    /// Offset in the input of the first; in the order in which they were met.
    pub offset: u64,
}

impl Faults {
    /// Counts a fault, and keeps the place of the first.
    pub const fn add(&mut self, offset: u64) {
        if self.count == 0 {
            self.offset = offset;
        }
        self.count += 1;
    }

    /// The faults of two parts of a file.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, offset: if self.count == 0 { other.offset } else { self.offset } }
    }
}

/// The place of one proc in its batches.
#[derive(Clone, Debug)]
pub struct ProcCursor<'a> {
    recording: &'a Recording,
    batches: Vec<Batch>,
    next_batch: usize,
    cursor: Cursor<'a>,
    /// Ticks of the last event.
    time: i64,
    /// Ticks of the last event that has the time the clock said.
    clock: i64,
    /// No event of this batch is later: the next batch begins then.
    latest: i64,
    go: u64,
    proc: i32,
    /// Times that had to be cut to `latest`.
    late: Faults,
    /// What could not be read before the next event.
    gap: Option<Range<u64>>,
    /// Offset in the input of the batch in work, and of the last event.
    batch_offset: u64,
    offset: u64,
}

impl<'a> ProcCursor<'a> {
    /// Before the first event of `proc`. `batches` are its own, in the order of the file.
    #[must_use]
    pub const fn new(recording: &'a Recording, proc: i32, batches: Vec<Batch>) -> Self {
        let cursor = Cursor::new(&[]);
        let late = Faults { count: 0, offset: 0 };
        Self {
            recording,
            batches,
            next_batch: 0,
            cursor,
            time: 0,
            clock: i64::MIN,
            latest: i64::MAX,
            go: 0,
            proc,
            late,
            gap: None,
            batch_offset: 0,
            offset: 0,
        }
    }

    /// Whose events they are; -1 if nobody's.
    #[must_use]
    pub const fn proc(&self) -> i32 {
        self.proc
    }

    /// How many events claimed to be later than the batch that follows theirs.
    #[must_use]
    pub const fn late(&self) -> Faults {
        self.late
    }

    /// Offsets in the input of what could not be read before the last event given out, or at the end.
    pub const fn take_gap(&mut self) -> Option<Range<u64>> {
        self.gap.take()
    }

    /// The next event; `None` at the end.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            self.offset = self.batch_offset + self.cursor.pos() as u64;
            let raw = match self.cursor.is_empty() {
                true => {
                    let over = self.next_batch.checked_sub(1).and_then(|over| self.batches.get(over));
                    if let Some(lost) = over.and_then(|&over| self.recording.lost_bytes(over)) {
                        let start = self.gap.as_ref().map_or(lost.start, |gap| gap.start);
                        self.gap = Some(start..lost.end);
                    }
                    let &batch = self.batches.get(self.next_batch)?;
                    self.next_batch += 1;
                    self.time = batch.ticks;
                    self.batch_offset = self.recording.offset_of(batch);
                    self.latest = self.batches.get(self.next_batch).map_or(i64::MAX, |next| next.ticks);
                    self.cursor = Cursor::new(self.recording.bytes(batch));
                    continue;
                }
                false => read_raw(&mut self.cursor, self.recording.version().0),
            };
            // Every batch has been gone through once; what cannot be read was left out.
            let Some(raw) = raw else {
                self.cursor = Cursor::new(&[]);
                continue;
            };
            if raw.is_timed() {
                return Some(self.event(&raw));
            }
        }
    }

    fn event(&mut self, raw: &RawEvent<'_>) -> Event {
        let mut numbers = Cursor::new(raw.body);
        let mut number = || numbers.uvarint().unwrap_or(0);
        let step = number().cast_signed();
        let ticks = self.time.wrapping_add(step);
        // An event one tick behind the one before may be ahead of the clock, and the next batch begin with the clock.
        let is_by_clock = step != 1;
        if ticks > self.latest && is_by_clock {
            self.late.add(self.offset);
        }
        self.time = ticks.min(self.latest);
        if is_by_clock {
            self.clock = self.time;
        }
        let mut args = [0; 3];
        for arg in args.iter_mut().take(usize::from(raw.shape.args)) {
            *arg = number();
        }
        let stack = if raw.shape.has_stack { self.recording.known_stack(low_half(number())) } else { 0 };
        let mut go = self.go;
        match raw.kind {
            spec::GO_START | spec::GO_START_LOCAL | spec::GO_START_LABEL => {
                self.go = args[0];
                go = args[0];
            }
            spec::SYSCALL_EXIT | spec::GO_WAITING | spec::GO_IN_SYSCALL => go = args[0],
            spec::LOG => args[2] = self.recording.message(raw.message),
            kind if leaves(kind) => self.go = 0,
            _ => {}
        }
        Event {
            time: self.time,
            go,
            args,
            stack,
            proc: self.proc,
            kind: raw.kind,
            offset: self.offset,
            clock: self.clock,
        }
    }
}

/// Whether the acting goroutine leaves its proc with an event of this kind.
#[must_use]
pub const fn leaves(kind: u8) -> bool {
    matches!(kind, spec::GO_END..=spec::GO_BLOCK | spec::BLOCK_SEND..=spec::BLOCK_NET | spec::SYSCALL_BLOCK | spec::BLOCK_GC)
}
