//! The symbols of one generation: strings, stacks, CPU samples, and its clock.
//!
//! Damaged tables give what can be read, with warnings.

use rustc_hash::FxHashMap;

use crate::base::limits;
use crate::base::pdqsort;
use crate::base::warning::WarningKind;
use crate::input::cursor::Cursor;
use crate::wire::v2::generation::{BatchRef, Generation};
use crate::wire::v2::id_table::IdTable;
use crate::wire::v2::spec;
use crate::wire::version::Version;

/// A frame as the generation's tables hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawFrame {
    /// Program counter of the frame.
    pub pc: u64,
    /// String id of the function.
    pub function: u64,
    /// String id of the file.
    pub file: u64,
    /// Line in the file.
    pub line: u64,
}

/// A CPU profile sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSample {
    /// ns on the trace clock.
    pub time: i64,
    /// Thread id, 2^64-1 if none.
    pub thread: u64,
    /// Proc id, 2^64-1 if none.
    pub proc: u64,
    /// Goroutine id, 2^64-1 if none.
    pub go: u64,
    /// The id of its stack in the generation.
    pub stack: u64,
}

/// A reading of all clocks (Go 1.25 and newer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSnapshot {
    /// ns on the trace clock.
    pub trace: i64,
    /// The monotonic clock, ns.
    pub mono: u64,
    /// Unix time: whole seconds.
    pub wall_secs: u64,
    /// The rest of the Unix time, nanoseconds.
    pub wall_nanos: u64,
}

/// Turns ticks into nanoseconds, exactly as the reference reader does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    nanos_per_tick: f64,
}

impl Clock {
    /// For a clock of `ticks_per_second`. 0 is taken as one tick per nanosecond.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the reference reader computes in f64 too")]
    pub fn from_frequency(ticks_per_second: u64) -> Self {
        let nanos_per_tick = if ticks_per_second == 0 { 1.0 } else { 1.0 / (ticks_per_second as f64 / 1e9) };
        Self { nanos_per_tick }
    }

    /// Nanoseconds, truncated (Go: `frequency.mul`).
    #[must_use]
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the reference reader computes in f64 and truncates"
    )]
    pub fn nanos(self, ticks: u64) -> i64 {
        // The processor turns a signed number into a float at once, an unsigned one in several steps.
        let ticks = i64::try_from(ticks).map_or(ticks as f64, |ticks| ticks as f64);
        (ticks * self.nanos_per_tick) as i64
    }
}

/// The symbols of one generation.
#[derive(Clone, Debug)]
pub struct Tables {
    text: Vec<u8>,
    strings: IdTable<(u32, u32)>,
    pcs: Vec<u64>,
    stacks: IdTable<(u32, u32)>,
    frames: FxHashMap<u64, RawFrame>,
    /// Samples by rising time.
    pub samples: Vec<RawSample>,
    /// The clock; a guess if the generation does not tell.
    pub clock: Clock,
    /// Whether the generation tells its frequency.
    pub has_frequency: bool,
    /// Its clock reading, if it holds one.
    pub snapshot: Option<RawSnapshot>,
}

/// Where a table's damage is told.
pub type Report<'a> = dyn FnMut(WarningKind, String, u64) + 'a;

impl Tables {
    /// No strings but the empty one, no stacks.
    #[must_use]
    pub fn empty() -> Self {
        let mut tables = Self {
            text: Vec::new(),
            strings: IdTable::default(),
            pcs: Vec::new(),
            stacks: IdTable::default(),
            frames: FxHashMap::default(),
            samples: Vec::new(),
            // What Go uses on Linux: a tick of 64 ns.
            clock: Clock::from_frequency(15_625_000),
            has_frequency: false,
            snapshot: None,
        };
        tables.strings.insert(0, (0, 0));
        tables.stacks.insert(0, (0, 0));
        tables
    }

    /// Reads the tables of a generation. `fallback` is the clock of an earlier one, for a generation that
    /// has lost its own. Damage is told to `report` as (kind, sentence, byte offset).
    pub fn parse(generation: &Generation, fallback: Option<Clock>, report: &mut Report<'_>) -> Self {
        let mut tables = Self::empty();
        tables.clock = fallback.unwrap_or(tables.clock);
        for &batch in &generation.sync {
            tables.parse_sync(generation, batch, report);
        }
        if !tables.has_frequency {
            let cure = "times are scaled as in the generation before";
            report(WarningKind::Clock, format!("the generation lacks its clock frequency; {cure}"), generation.offset);
        }
        for &batch in &generation.strings {
            tables.parse_strings(generation, batch, report);
        }
        for &batch in &generation.stacks {
            tables.parse_stacks(generation, batch, report);
        }
        for &batch in &generation.samples {
            tables.parse_samples(generation, batch, report);
        }
        pdqsort::sort_by_key(&mut tables.samples, |sample| sample.time);
        tables
    }

    /// The bytes of a string; `None` if the generation does not hold it. They need not be UTF-8.
    #[must_use]
    pub fn string(&self, id: u64) -> Option<&[u8]> {
        let (start, len) = self.strings.get(id)?;
        self.text.get(start as usize..start as usize + len as usize)
    }

    /// The frames of a stack, leaf first; `None` if the generation does not hold it.
    #[must_use]
    pub fn stack(&self, id: u64) -> Option<impl ExactSizeIterator<Item = RawFrame> + '_> {
        let (start, len) = self.stacks.get(id)?;
        let pcs = self.pcs.get(start as usize..start as usize + len as usize)?;
        Some(
            pcs.iter()
                .map(|pc| self.frames.get(pc).copied().unwrap_or(RawFrame { pc: *pc, function: 0, file: 0, line: 0 })),
        )
    }

    /// Adds a string; `false`, and no change, if the id is taken or there is no room.
    pub fn insert_string(&mut self, id: u64, text: &[u8]) -> bool {
        let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u32::try_from(text.len())) else { return false };
        let is_new = self.strings.insert(id, (start, len));
        if is_new {
            self.text.extend_from_slice(text);
        }
        is_new
    }

    /// Adds a stack, leaf first; `false`, and no change, if the id is taken or there is no room. The first
    /// description of a pc holds for all stacks.
    pub fn insert_stack(&mut self, id: u64, frames: &[RawFrame]) -> bool {
        let (Ok(start), Ok(len)) = (u32::try_from(self.pcs.len()), u32::try_from(frames.len())) else { return false };
        let is_new = self.stacks.insert(id, (start, len));
        if is_new {
            for frame in frames {
                self.pcs.push(frame.pc);
                self.frames.entry(frame.pc).or_insert(*frame);
            }
        }
        is_new
    }

    /// The ids of all strings.
    pub fn string_ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.strings.iter().map(|(id, _)| id)
    }

    /// The ids of all stacks; 0, "no stack", among them.
    pub fn stack_ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.stacks.iter().map(|(id, _)| id)
    }

    /// The frames that stacks are made of, each once, in no order.
    pub fn frames(&self) -> impl Iterator<Item = RawFrame> + '_ {
        self.frames.values().copied()
    }

    fn parse_sync(&mut self, generation: &Generation, batch: BatchRef, report: &mut Report<'_>) {
        let payload = generation.payload(batch);
        let mut cursor = Cursor::new(payload);
        if generation.version >= Version::GO_1_25 {
            cursor.u8();
        }
        let mut ticks = batch.ticks;
        let mut snapshot = None;
        while let Some(code) = cursor.u8() {
            let ok = match code {
                spec::FREQUENCY => cursor.uvarint().is_some_and(|frequency| {
                    let fresh = !self.has_frequency && frequency != 0;
                    if fresh {
                        self.clock = Clock::from_frequency(frequency);
                        self.has_frequency = true;
                    }
                    fresh
                }),
                spec::CLOCK_SNAPSHOT if generation.version >= Version::GO_1_25 => {
                    let mut number = || cursor.uvarint();
                    if let (Some(diff), Some(mono), Some(secs), Some(nanos)) = (number(), number(), number(), number())
                    {
                        ticks = ticks.wrapping_add(diff);
                        snapshot = Some((ticks, mono, secs, nanos));
                        true
                    } else {
                        false
                    }
                }
                _ => false,
            };
            if !ok {
                report(WarningKind::Clock, "the clock batch is damaged".to_owned(), generation.offset_of(batch));
                break;
            }
        }
        if let Some((ticks, mono, wall_secs, wall_nanos)) = snapshot {
            let trace = self.clock.nanos(ticks);
            self.snapshot = Some(RawSnapshot { trace, mono, wall_secs, wall_nanos });
        }
    }

    fn parse_strings(&mut self, generation: &Generation, batch: BatchRef, report: &mut Report<'_>) {
        let mut cursor = Cursor::new(generation.payload(batch));
        cursor.u8();
        while !cursor.is_empty() {
            let at = generation.offset_of(batch) + cursor.pos() as u64;
            let Some((id, bytes)) = read_string(&mut cursor) else {
                let what = "a string table is damaged; texts after this place show as unknown";
                report(WarningKind::BadTable, what.to_owned(), at);
                return;
            };
            let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u32::try_from(bytes.len())) else {
                report(WarningKind::Limit, "more than 4 GiB of strings in one generation".to_owned(), at);
                return;
            };
            if self.strings.insert(id, (start, len)) {
                self.text.extend_from_slice(bytes);
            } else {
                report(WarningKind::BadTable, format!("string {id} is given twice; the first is used"), at);
            }
        }
    }

    fn parse_stacks(&mut self, generation: &Generation, batch: BatchRef, report: &mut Report<'_>) {
        let mut cursor = Cursor::new(generation.payload(batch));
        cursor.u8();
        while !cursor.is_empty() {
            let at = generation.offset_of(batch) + cursor.pos() as u64;
            let start = self.pcs.len();
            let Some((id, len)) = self.read_stack(&mut cursor) else {
                self.pcs.truncate(start);
                let what = "a stack table is damaged; stacks after this place are missing";
                report(WarningKind::BadTable, what.to_owned(), at);
                return;
            };
            let Ok(start_ix) = u32::try_from(start) else {
                report(WarningKind::Limit, "more than 4 G frames in one generation".to_owned(), at);
                return;
            };
            if !self.stacks.insert(id, (start_ix, len)) {
                self.pcs.truncate(start);
                report(WarningKind::BadTable, format!("stack {id} is given twice; the first is used"), at);
            }
        }
    }

    fn read_stack(&mut self, cursor: &mut Cursor<'_>) -> Option<(u64, u32)> {
        if cursor.u8()? != spec::STACK {
            return None;
        }
        let id = cursor.uvarint()?;
        let len = cursor.uvarint().filter(|&len| len <= limits::MAX_STACK_FRAMES)?;
        for _ in 0..len {
            let (pc, function, file, line) =
                (cursor.uvarint()?, cursor.uvarint()?, cursor.uvarint()?, cursor.uvarint()?);
            self.pcs.push(pc);
            // The first description of a pc holds for the whole generation.
            self.frames.entry(pc).or_insert(RawFrame { pc, function, file, line });
        }
        Some((id, u32::try_from(len).ok()?))
    }

    fn parse_samples(&mut self, generation: &Generation, batch: BatchRef, report: &mut Report<'_>) {
        let mut cursor = Cursor::new(generation.payload(batch));
        cursor.u8();
        while !cursor.is_empty() {
            let at = generation.offset_of(batch) + cursor.pos() as u64;
            let Some(sample) = read_sample(&mut cursor, self.clock) else {
                report(WarningKind::BadTable, "a batch of CPU samples is damaged".to_owned(), at);
                return;
            };
            self.samples.push(sample);
        }
    }
}

fn read_string<'a>(cursor: &mut Cursor<'a>) -> Option<(u64, &'a [u8])> {
    if cursor.u8()? != spec::STRING {
        return None;
    }
    let id = cursor.uvarint()?;
    let len = cursor.uvarint().filter(|&len| len <= limits::MAX_STRING_BYTES)?;
    Some((id, cursor.slice(usize::try_from(len).ok()?)?))
}

fn read_sample(cursor: &mut Cursor<'_>, clock: Clock) -> Option<RawSample> {
    if cursor.u8()? != spec::CPU_SAMPLE {
        return None;
    }
    let time = clock.nanos(cursor.uvarint()?);
    let (thread, proc, go) = (cursor.uvarint()?, cursor.uvarint()?, cursor.uvarint()?);
    let stack = cursor.uvarint()?;
    Some(RawSample { time, thread, proc, go: if go == 0 { u64::MAX } else { go }, stack })
}
