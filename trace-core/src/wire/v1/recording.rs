//! A whole v1 file in memory: where whose events are, and what stands anywhere in between.

use std::io::Read;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::pdqsort;
use crate::base::warning::WarningKind;
use crate::input::cursor::Cursor;
use crate::wire::v1::raw_event::{RawEvent, read_raw};
use crate::wire::v1::spec;
use crate::wire::v1::stacks::{Symbols, low_half};
use crate::wire::v2::tables::{Report, Tables};
use crate::wire::version::{HEADER_BYTES, Version};

/// Ticks per second of a processor of 3 GHz: the clock counts in 64ths of its cycles.
const USUAL_FREQUENCY: u64 = 3_000_000_000 / 64;
/// After damage, this many events in a row make a batch believable.
const BELIEVABLE_EVENTS: usize = 6;
/// After damage, a batch is believable up to this many ticks (days) after the first one.
const BELIEVABLE_TICKS: u64 = 1 << 44;

/// What is told of a file that names strings which it does not hold.
pub const LOST_TEXTS: &str = "the file has lost texts or names of functions; they show as unknown";

/// A run of events of one proc. The runtime writes CPU samples, strings and stacks into batches of their own, which
/// bear the number of a proc and begin at any time; those are not kept as batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The proc; -1 if none.
    pub proc: i32,
    /// Time of its beginning.
    pub ticks: i64,
    /// Its events, without the `BATCH` itself.
    start: usize,
    end: usize,
    /// Where the bytes end that follow it and could not be read; 0 if there are none.
    lost_to: usize,
}

/// A CPU profile sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken, in ticks of the clock.
    pub ticks: i64,
    /// The proc; -1 if none.
    pub proc: i32,
    /// The goroutine; 0 if none.
    pub go: u64,
    /// The id of its stack.
    pub stack: u32,
}

/// All that an old trace holds, decoded.
#[derive(Debug)]
pub struct Recording {
    version: Version,
    bytes: Vec<u8>,
    /// Offset in the input of the file's first byte.
    offset: u64,
    /// In the order of the file.
    pub batches: Vec<Batch>,
    /// CPU samples by rising time.
    pub samples: Vec<Sample>,
    /// Goroutines that serve timers.
    pub timer_gos: FxHashSet<u64>,
    /// Strings and stacks, by the ids of the file; the reasons and kinds that newer formats spell out have
    /// ids of their own.
    pub tables: Tables,
    /// Ticks per second; a guess if the file does not tell.
    pub frequency: u64,
    messages: FxHashMap<Vec<u8>, u64>,
    reasons: [u64; spec::REASONS.len()],
    stw_kinds: [u64; spec::STW_KINDS.len()],
}

impl Recording {
    /// Reads the rest of an input whose first bytes, from its header at `start` on, are in `head`.
    /// Damage is told to `report`.
    pub fn read(
        mut input: impl Read,
        mut head: Vec<u8>,
        start: usize,
        version: Version,
        report: &mut Report<'_>,
    ) -> Self {
        if let Err(error) = input.read_to_end(&mut head) {
            let what = format!("reading stopped before the end: {error}");
            report(WarningKind::Truncated, what, head.len() as u64);
        }
        head.drain(..start);
        Index::new(head, start as u64, version).build(report)
    }

    /// The version in the file's header.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Size of the file, bytes.
    #[must_use]
    pub const fn byte_len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether it holds no event at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.samples.is_empty()
    }

    /// Offset in the input of the first byte of a batch's events.
    #[must_use]
    pub const fn offset_of(&self, batch: Batch) -> u64 {
        self.offset + batch.start as u64
    }

    /// Offsets in the input of what could not be read at the end of a batch.
    #[must_use]
    pub fn lost_bytes(&self, batch: Batch) -> Option<Range<u64>> {
        let at = |place: usize| self.offset + place as u64;
        (batch.lost_to > 0).then(|| at(batch.end)..at(batch.lost_to))
    }

    /// The bytes of a batch's events.
    #[must_use]
    pub fn bytes(&self, batch: Batch) -> &[u8] {
        self.bytes.get(batch.start..batch.end).unwrap_or_default()
    }

    /// The id itself if the file holds such a stack, else 0.
    #[must_use]
    pub fn known_stack(&self, id: u32) -> u32 {
        if self.tables.stack(u64::from(id)).is_some() { id } else { 0 }
    }

    /// String id of the message of a log.
    #[must_use]
    pub fn message(&self, text: &[u8]) -> u64 {
        self.messages.get(text).copied().unwrap_or(0)
    }

    /// String id of the reason that an event of this kind means.
    #[must_use]
    pub fn reason(&self, kind: u8) -> u64 {
        let place = spec::REASONS.iter().position(|&(code, _)| code == kind);
        place.and_then(|place| self.reasons.get(place)).copied().unwrap_or(0)
    }

    /// String id of a kind of stop-the-world.
    #[must_use]
    pub fn stw_kind(&self, kind: u64) -> u64 {
        self.stw_kinds.get(spec::stw_kind(kind, self.version.0)).copied().unwrap_or(0)
    }
}

/// The first walk through the file.
struct Index {
    bytes: Vec<u8>,
    offset: u64,
    version: Version,
    batches: Vec<Batch>,
    samples: Vec<Sample>,
    timer_gos: FxHashSet<u64>,
    symbols: Symbols,
    frequency: Option<u64>,
    first_ticks: Option<u64>,
    /// The batch in work, and whether it has events that bear a time.
    current: Option<(Batch, bool)>,
}

impl Index {
    fn new(bytes: Vec<u8>, offset: u64, version: Version) -> Self {
        Self {
            bytes,
            offset,
            version,
            batches: Vec::new(),
            samples: Vec::new(),
            timer_gos: FxHashSet::default(),
            symbols: Symbols::new(),
            frequency: None,
            first_ticks: None,
            current: None,
        }
    }

    fn build(mut self, report: &mut Report<'_>) -> Recording {
        let bytes = std::mem::take(&mut self.bytes);
        self.walk(&bytes, report);
        if self.frequency.is_none() && self.first_ticks.is_some() {
            let what = "the clock's frequency is missing, as it is when the file has lost its end; times are scaled \
                        as on a processor of 3 GHz";
            report(WarningKind::Clock, what.to_owned(), self.offset + bytes.len() as u64);
        }
        pdqsort::sort_by_key(&mut self.samples, |sample| sample.ticks);
        let finished = self.symbols.finish(report);
        Recording {
            version: self.version,
            bytes,
            offset: self.offset,
            batches: self.batches,
            samples: self.samples,
            timer_gos: self.timer_gos,
            tables: finished.tables,
            frequency: self.frequency.unwrap_or(USUAL_FREQUENCY),
            messages: finished.messages,
            reasons: finished.reasons,
            stw_kinds: finished.stw_kinds,
        }
    }

    fn walk(&mut self, bytes: &[u8], report: &mut Report<'_>) {
        let mut pos = HEADER_BYTES;
        while let Some(rest) = bytes.get(pos..).filter(|rest| !rest.is_empty()) {
            let mut cursor = Cursor::new(rest);
            let taken = read_raw(&mut cursor, self.version.0).filter(|raw| self.take(raw, pos, cursor.pos(), report));
            if taken.is_some() {
                pos += cursor.pos();
                continue;
            }
            let found = (pos + 1..bytes.len()).find(|&at| self.is_believable(bytes.get(at..).unwrap_or_default()));
            self.report_damage(pos, found, bytes.len(), report);
            let lost_to = found.unwrap_or(bytes.len());
            self.end_batch(pos, lost_to);
            pos = lost_to;
            if found.is_none() {
                return;
            }
        }
        self.end_batch(bytes.len(), 0);
    }

    /// The batch in work ends; what follows it up to `lost_to` could not be read (0: nothing).
    fn end_batch(&mut self, end: usize, lost_to: usize) {
        match self.current.take() {
            Some((batch, has_events)) if has_events || lost_to > 0 => {
                self.batches.push(Batch { end, lost_to, ..batch });
            }
            Some(_) => {}
            // Behind what could not be read came no new batch.
            None if lost_to > 0 => {
                if let Some(batch) = self.batches.last_mut() {
                    batch.lost_to = lost_to;
                }
            }
            None => {}
        }
    }

    fn report_damage(&self, from: usize, to: Option<usize>, end: usize, report: &mut Report<'_>) {
        let at = self.offset + from as u64;
        match to {
            Some(to) => {
                let what = format!("{} bytes are no part of a trace; left out", to - from);
                report(WarningKind::SkippedBytes, what, at);
            }
            None => {
                let what = format!("the file ends inside an event, or its last {} bytes are no part of it", end - from);
                report(WarningKind::Truncated, what, at);
            }
        }
    }

    /// Whether a batch begins here that could go on the trace, or a run of strings and stacks.
    fn is_believable(&self, bytes: &[u8]) -> bool {
        let mut cursor = Cursor::new(bytes);
        let Some(batch) = read_raw(&mut cursor, self.version.0) else { return false };
        let is_table = |kind: u8| matches!(kind, spec::STRING | spec::STACK);
        if is_table(batch.kind) {
            return (1..BELIEVABLE_EVENTS)
                .all(|_| read_raw(&mut cursor, self.version.0).is_some_and(|raw| is_table(raw.kind)));
        }
        if batch.kind != spec::BATCH || (batch.id != u64::MAX && batch.id > 1 << 16) {
            return false;
        }
        let first = self.first_ticks.unwrap_or(batch.ticks);
        if !(first.saturating_sub(BELIEVABLE_TICKS)..=first.saturating_add(BELIEVABLE_TICKS)).contains(&batch.ticks) {
            return false;
        }
        (0..BELIEVABLE_EVENTS).all(|_| cursor.is_empty() || read_raw(&mut cursor, self.version.0).is_some())
    }

    /// Takes in an event that lies at `pos` and has `len` bytes; `false` if it makes no sense.
    fn take(&mut self, raw: &RawEvent<'_>, pos: usize, len: usize, report: &mut Report<'_>) -> bool {
        let at = self.offset + pos as u64;
        match raw.kind {
            spec::BATCH => {
                self.end_batch(pos, 0);
                self.first_ticks.get_or_insert(raw.ticks);
                let proc = i32::try_from(raw.id).unwrap_or(-1);
                let (ticks, start) = (raw.ticks.cast_signed(), pos + len);
                self.current = Some((Batch { proc, ticks, start, end: start, lost_to: 0 }, false));
            }
            spec::STRING => self.symbols.add_string(raw.id, raw.body, at, report),
            spec::LOG => self.symbols.add_message(raw.message),
            spec::STACK => {
                let numbers = raw.numbers();
                let Some((&[id, count], frames)) = numbers.split_first_chunk::<2>() else { return false };
                if count > spec::MAX_STACK_FRAMES || frames.len() as u64 != 4 * count {
                    return false;
                }
                self.symbols.add_stack(id, frames);
            }
            spec::FREQUENCY => match raw.numbers().first() {
                Some(&frequency) if i64::try_from(frequency).is_ok_and(|frequency| frequency > 0) => {
                    self.frequency = Some(frequency);
                }
                _ => return false,
            },
            spec::TIMER_GOROUTINE => self.timer_gos.extend(raw.numbers().first()),
            spec::CPU_SAMPLE => {
                let &[_, ticks, proc, go, stack] = raw.numbers().as_slice() else { return false };
                let proc = low_half(proc).cast_signed();
                self.samples.push(Sample { ticks: ticks.cast_signed(), proc, go, stack: low_half(stack) });
            }
            _ => {}
        }
        if let Some((_, has_events)) = self.current.as_mut() {
            *has_events |= raw.is_timed();
        }
        // Before the first batch nobody knows whose an event is.
        raw.kind == spec::STRING || self.first_ticks.is_some()
    }
}
