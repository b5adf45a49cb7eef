//! Cuts a stream of bytes into generations: reads batch headers only, so it is as fast as the disk.
//!
//! Damage is stepped over here: from a place that holds no batch, reading resumes at the next believable
//! chain of batches.

use std::io::Read;

use crate::base::error::{Error, Result};
use crate::base::limits;
use crate::base::warning::WarningKind;
use crate::input::cursor::Cursor;
use crate::wire::opening::{self, Head};
use crate::wire::v2::spec;
use crate::wire::v2::tables::Report;
use crate::wire::version::{HEADER_BYTES, Version};

/// How much is read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Room for the longest batch: code, experiment, four numbers, payload.
#[expect(clippy::cast_possible_truncation, reason = "64 KiB fit any usize")]
const MAX_BATCH_WITH_HEADER: usize = 2 + 4 * 10 + limits::MAX_BATCH_BYTES as usize;

/// A batch inside its [`Generation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRef {
    /// Thread id, 2^64-1 if none.
    pub thread: u64,
    /// Base time, ticks.
    pub ticks: u64,
    chunk: u32,
    start: u32,
    len: u32,
}

#[derive(Clone, Debug)]
struct Chunk {
    bytes: Vec<u8>,
    /// Offset of its first byte in the input.
    offset: u64,
}

/// How a generation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By its mark (1.26 and newer), or by the next generation or the end of the file (before).
    Complete,
    /// The file ends inside it: something is missing.
    Truncated,
}

/// What lies between a generation and the one before it in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Nothing: it is the first, or follows at once.
    Whole,
    /// Generations are missing: nothing that was going on before can be taken to go on.
    Gap,
    /// Another trace begins here, appended to the first.
    NewTrace,
}

/// The batches of one generation, undecoded.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Its number as in the file.
    pub number: u64,
    /// The file's version.
    pub version: Version,
    /// Offset of its first byte in the input.
    pub offset: u64,
    /// Offset of the first byte after it.
    pub end_offset: u64,
    /// How it ended.
    pub end: End,
    /// What lies before it.
    pub border: Border,
    /// Batches of ordinary events, in file order.
    pub events: Vec<BatchRef>,
    /// Batches of strings.
    pub strings: Vec<BatchRef>,
    /// Batches of stacks.
    pub stacks: Vec<BatchRef>,
    /// Batches of CPU samples.
    pub samples: Vec<BatchRef>,
    /// Batches of clock information.
    pub sync: Vec<BatchRef>,
    /// Batches of experiments, with the experiment's number.
    pub experimental: Vec<(u8, BatchRef)>,
    /// The smallest base time of all batches, ticks.
    pub min_ticks: u64,
    chunks: Vec<Chunk>,
}

impl Generation {
    /// The payload of one of its batches.
    #[must_use]
    pub fn payload(&self, batch: BatchRef) -> &[u8] {
        let start = batch.start as usize;
        self.chunks
            .get(batch.chunk as usize)
            .and_then(|chunk| chunk.bytes.get(start..start + batch.len as usize))
            .unwrap_or_default()
    }

    /// Offset in the input of the first byte of a batch's payload.
    #[must_use]
    pub fn offset_of(&self, batch: BatchRef) -> u64 {
        self.chunks.get(batch.chunk as usize).map_or(0, |chunk| chunk.offset) + u64::from(batch.start)
    }

    /// Its size in the input, bytes.
    #[must_use]
    pub const fn byte_len(&self) -> u64 {
        self.end_offset.saturating_sub(self.offset)
    }

    fn new(number: u64, version: Version, offset: u64) -> Self {
        Self {
            number,
            version,
            offset,
            end_offset: offset,
            end: End::Complete,
            border: Border::Whole,
            events: Vec::new(),
            strings: Vec::new(),
            stacks: Vec::new(),
            samples: Vec::new(),
            sync: Vec::new(),
            experimental: Vec::new(),
            min_ticks: 0,
            chunks: Vec::new(),
        }
    }

    fn add(&mut self, head: &BatchHead, batch: BatchRef, first: Option<u8>) {
        if self.min_ticks == 0 || batch.ticks < self.min_ticks {
            self.min_ticks = batch.ticks;
        }
        let sync_code = if self.version >= Version::GO_1_25 { spec::SYNC } else { spec::FREQUENCY };
        match (head.experiment, first) {
            (Some(experiment), _) => self.experimental.push((experiment, batch)),
            (None, Some(spec::STRINGS)) => self.strings.push(batch),
            (None, Some(spec::STACKS)) => self.stacks.push(batch),
            (None, Some(spec::CPU_SAMPLES)) => self.samples.push(batch),
            (None, Some(code)) if code == sync_code => self.sync.push(batch),
            (None, _) => self.events.push(batch),
        }
    }
}

/// A decoded batch header.
#[derive(Clone, Copy, Debug)]
struct BatchHead {
    experiment: Option<u8>,
    generation: u64,
    thread: u64,
    ticks: u64,
    size: usize,
    /// Bytes of the header itself.
    len: usize,
}

enum Item {
    Batch(BatchHead),
    EndOfGeneration,
}

/// What lies at a place in the input.
enum Look {
    Item(Item),
    /// The input ends before the item does.
    Short,
    /// No batch.
    Bad,
}

fn look(bytes: &[u8], version: Version) -> Look {
    let mut cursor = Cursor::new(bytes);
    let experimental = match cursor.u8() {
        None => return Look::Short,
        Some(spec::EVENT_BATCH) => false,
        Some(spec::EXPERIMENTAL_BATCH) => true,
        Some(spec::END_OF_GENERATION) if version >= Version::GO_1_26 => return Look::Item(Item::EndOfGeneration),
        Some(_) => return Look::Bad,
    };
    let experiment = if experimental { cursor.u8() } else { None };
    let mut numbers = [0u64; 4];
    for number in &mut numbers {
        let Some(value) = cursor.uvarint() else {
            return if bytes.len() - cursor.pos() < 10 { Look::Short } else { Look::Bad };
        };
        *number = value;
    }
    let [generation, thread, ticks, size] = numbers;
    if generation == 0 || size > limits::MAX_BATCH_BYTES {
        return Look::Bad;
    }
    let Ok(size) = usize::try_from(size) else { return Look::Bad };
    let head = BatchHead { experiment, generation, thread, ticks, size, len: cursor.pos() };
    if bytes.len() - head.len < size { Look::Short } else { Look::Item(Item::Batch(head)) }
}

/// Reads generations one after another.
pub struct GenerationReader<R> {
    input: R,
    version: Version,
    /// Bytes read and not yet given out. The part before `pos` belongs to the generation in work.
    buffer: Vec<u8>,
    pos: usize,
    /// Offset of `buffer[0]` in the input.
    offset: u64,
    at_end: bool,
    current: Option<Generation>,
    /// The earliest base time of the generation in work or, before it has one, of the last one; ticks.
    known_ticks: u64,
    /// Number of the generation that ended last.
    last_number: Option<u64>,
    /// A header has been met in the midst of the file; no generation has begun since.
    is_new_trace: bool,
}

impl<R> std::fmt::Debug for GenerationReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GenerationReader").field("version", &self.version).finish_non_exhaustive()
    }
}

impl<R: Read> GenerationReader<R> {
    /// Reads the file header. Text before it, as a program's own output leaves there, is stepped over.
    ///
    /// # Errors
    /// If the input is no trace, or of a version that cannot be read, or cannot be read at all.
    pub fn new(mut input: R, report: &mut Report<'_>) -> Result<Self> {
        let head = opening::head(&mut input, report)?;
        if head.version < Version::GO_1_22 {
            return Err(Error::UnsupportedVersion { minor: head.version.0, cure: "which has no generations" });
        }
        Ok(Self::behind(head, input))
    }

    /// Behind a header that has been read.
    pub(in crate::wire) fn behind(head: Head, input: R) -> Self {
        Self {
            input,
            version: head.version,
            buffer: head.bytes,
            pos: head.start + HEADER_BYTES,
            offset: 0,
            at_end: false,
            current: None,
            known_ticks: 0,
            last_number: None,
            is_new_trace: false,
        }
    }

    /// The file's version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The next generation, in file order; `None` at the end.
    ///
    /// # Errors
    /// If the input cannot be read. Damage is told to `report` and stepped over.
    pub fn next_generation(&mut self, report: &mut Report<'_>) -> Result<Option<Generation>> {
        loop {
            if !self.at_end && self.buffer.len() - self.pos < MAX_BATCH_WITH_HEADER {
                self.fill(report)?;
            }
            let rest = self.buffer.get(self.pos..).unwrap_or_default();
            match look(rest, self.version) {
                Look::Short if rest.is_empty() => return Ok(self.finish_at_end(report)),
                Look::Short => {
                    if let Some(found) = self.resync(report)? {
                        self.pos += found;
                        continue;
                    }
                    self.cut_short(report);
                }
                Look::Bad => {
                    if let Ok(version @ Version(22..)) = Version::parse(rest) {
                        if let Some(generation) = self.appended_trace(version, report) {
                            return Ok(Some(generation));
                        }
                    } else {
                        self.skip_damage(report)?;
                    }
                }
                Look::Item(Item::EndOfGeneration) => {
                    self.pos += 1;
                    if let Some(generation) = self.close(End::Complete) {
                        return Ok(Some(generation));
                    }
                }
                Look::Item(Item::Batch(head)) => {
                    if let Some(generation) = self.batch(head, report) {
                        return Ok(Some(generation));
                    }
                }
            }
        }
    }

    /// Takes in a batch; gives out the generation before if this one begins another (the batch is then
    /// looked at again).
    fn batch(&mut self, head: BatchHead, report: &mut Report<'_>) -> Option<Generation> {
        let at = self.offset + self.pos as u64;
        let current = self.current.as_ref().map(|generation| generation.number);
        if let Some(number) = current
            && number != head.generation
        {
            let next = self.pos + head.len + head.size;
            let regular = self.version < Version::GO_1_26 && head.generation == number.wrapping_add(1);
            if !regular && self.belongs_to(next, number) {
                let what =
                    format!("a batch claims to be of generation {} in the midst of another; left out", head.generation);
                report(WarningKind::BadBatch, what, at);
                self.pos = next;
                return None;
            }
            if !regular && self.version >= Version::GO_1_26 {
                let what = "the generation's end mark is missing; the rest of it may be lost".to_owned();
                report(WarningKind::Truncated, what, at);
            }
            return self.close(End::Complete);
        }
        if current.is_none() {
            let border = self.border_before(head.generation, report);
            let mut generation = Generation::new(head.generation, self.version, at);
            generation.border = border;
            self.current = Some(generation);
        }
        let start = self.pos + head.len;
        let first = if head.size == 0 { None } else { self.buffer.get(start).copied() };
        if let (Some(generation), Ok(start), Ok(len)) =
            (self.current.as_mut(), u32::try_from(start), u32::try_from(head.size))
        {
            let chunk = u32::try_from(generation.chunks.len()).unwrap_or(u32::MAX);
            generation.add(&head, BatchRef { thread: head.thread, ticks: head.ticks, chunk, start, len }, first);
            self.known_ticks = generation.min_ticks;
        }
        self.pos += head.len + head.size;
        None
    }

    /// What lies before a generation that begins at `pos`.
    fn border_before(&mut self, number: u64, report: &mut Report<'_>) -> Border {
        if std::mem::take(&mut self.is_new_trace) {
            return Border::NewTrace;
        }
        let Some(last) = self.last_number else { return Border::Whole };
        if number == last.wrapping_add(1) {
            return Border::Whole;
        }
        let what = if number > last.saturating_add(2) {
            format!("generations {} to {} are missing", last.saturating_add(1), number.saturating_sub(1))
        } else if number > last {
            format!("generation {} is missing", last.saturating_add(1))
        } else {
            format!("generation {number} follows generation {last}; the file seems to be put together from parts")
        };
        report(WarningKind::MissingGeneration, what, self.offset + self.pos as u64);
        Border::Gap
    }

    /// Steps over a trace's header in the midst of the file; gives out the generation before it.
    fn appended_trace(&mut self, version: Version, report: &mut Report<'_>) -> Option<Generation> {
        let at = self.offset + self.pos as u64;
        report(
            WarningKind::AppendedTrace,
            "another trace is appended here; it is shown after the first".to_owned(),
            at,
        );
        let end = if self.version >= Version::GO_1_26 { End::Truncated } else { End::Complete };
        let before = self.close(end);
        self.pos += HEADER_BYTES;
        self.version = version;
        self.is_new_trace = true;
        before
    }

    /// Whether a batch of generation `number`, or its end mark, lies at `pos`.
    fn belongs_to(&self, pos: usize, number: u64) -> bool {
        match look(self.buffer.get(pos..).unwrap_or_default(), self.version) {
            Look::Item(Item::Batch(head)) => head.generation == number,
            Look::Item(Item::EndOfGeneration) => true,
            Look::Short | Look::Bad => false,
        }
    }

    /// Ends the generation in work, handing it the bytes before `pos`.
    fn close(&mut self, end: End) -> Option<Generation> {
        self.retire_chunk();
        let mut generation = self.current.take()?;
        generation.end = end;
        generation.end_offset = self.offset + self.pos as u64;
        self.last_number = Some(generation.number);
        Some(generation)
    }

    /// Moves the bytes before `pos` into the generation in work (or drops them).
    fn retire_chunk(&mut self) {
        let rest = self.buffer.split_off(self.pos.min(self.buffer.len()));
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.pos = 0;
        if let Some(generation) = self.current.as_mut()
            && !bytes.is_empty()
        {
            generation.chunks.push(Chunk { bytes, offset });
        }
    }

    /// Reads on, so that a whole batch fits behind `pos` unless the input ends.
    fn fill(&mut self, report: &mut Report<'_>) -> Result<()> {
        self.retire_chunk();
        let wanted = CHUNK_BYTES.max(MAX_BATCH_WITH_HEADER);
        self.buffer.reserve_exact(wanted);
        let read = self.input.by_ref().take((wanted - self.buffer.len()) as u64).read_to_end(&mut self.buffer);
        match read {
            Ok(count) => self.at_end = count == 0,
            // What came before an error (of the disk, of a packed file) is still worth looking at.
            Err(error) if self.offset + self.buffer.len() as u64 > HEADER_BYTES as u64 => {
                self.at_end = true;
                let what = format!("reading stopped before the end: {error}");
                report(WarningKind::Truncated, what, self.offset + self.buffer.len() as u64);
            }
            Err(error) => return Err(Error::Io(error)),
        }
        Ok(())
    }

    fn finish_at_end(&mut self, report: &mut Report<'_>) -> Option<Generation> {
        let unmarked = self.version >= Version::GO_1_26 && self.current.is_some();
        if unmarked {
            let what = "the file ends inside a generation, before its end mark; the program may have been killed, or \
                        the copy is not whole";
            report(WarningKind::Truncated, what.to_owned(), self.offset + self.pos as u64);
        }
        self.close(if unmarked { End::Truncated } else { End::Complete })
    }

    /// The input ends inside a batch.
    fn cut_short(&mut self, report: &mut Report<'_>) {
        let at = self.offset + self.pos as u64;
        let rest = self.buffer.len() - self.pos;
        let what = format!("the file ends inside a batch ({rest} bytes of it are there); the copy may not be whole");
        report(WarningKind::Truncated, what, at);
        self.salvage_tail();
        self.pos = self.buffer.len();
    }

    /// Uses what is there of a last batch of events.
    fn salvage_tail(&mut self) {
        let rest = self.buffer.get(self.pos..).unwrap_or_default();
        let mut cursor = Cursor::new(rest);
        if cursor.u8() != Some(spec::EVENT_BATCH) {
            return;
        }
        let (Some(generation), Some(thread), Some(ticks), Some(_)) =
            (cursor.uvarint(), cursor.uvarint(), cursor.uvarint(), cursor.uvarint())
        else {
            return;
        };
        let len = rest.len() - cursor.pos();
        let head = BatchHead { experiment: None, generation, thread, ticks, size: len, len: cursor.pos() };
        let start = self.pos + head.len;
        let first = self.buffer.get(start).copied();
        if let (Some(current), Ok(start), Ok(len)) = (self.current.as_mut(), u32::try_from(start), u32::try_from(len))
            && current.number == generation
            && first.is_some()
        {
            let chunk = u32::try_from(current.chunks.len()).unwrap_or(u32::MAX);
            current.add(&head, BatchRef { thread, ticks, chunk, start, len }, first);
        }
    }

    fn skip_damage(&mut self, report: &mut Report<'_>) -> Result<()> {
        match self.resync(report)? {
            Some(found) => self.pos += found,
            None => self.pos = self.buffer.len(),
        }
        Ok(())
    }

    /// Looks for the next believable place behind `pos`, reading on as needed; says what it stepped over.
    /// `None` if there is none up to the end (nothing is said then if the rest is a batch cut short).
    fn resync(&mut self, report: &mut Report<'_>) -> Result<Option<usize>> {
        let from = self.offset + self.pos as u64;
        let is_short = matches!(look(self.buffer.get(self.pos..).unwrap_or_default(), self.version), Look::Short);
        let mut skipped = 1;
        loop {
            let place = self.pos + skipped;
            if place >= self.buffer.len() {
                if self.at_end {
                    break;
                }
                // Drop what is known to be no batch.
                self.pos = self.buffer.len();
                skipped = 0;
                self.fill(report)?;
                continue;
            }
            if !self.at_end && self.buffer.len() - place < 2 * MAX_BATCH_WITH_HEADER {
                self.pos = place;
                skipped = 0;
                let before = self.buffer.len() - self.pos;
                self.fill(report)?;
                if self.buffer.len() == before {
                    self.at_end = true;
                }
                continue;
            }
            if self.is_believable(place) {
                let to = self.offset + place as u64;
                let what = format!("{} bytes are no part of a trace; left out", to - from);
                report(WarningKind::SkippedBytes, what, from);
                return Ok(Some(skipped));
            }
            skipped += 1;
        }
        if !is_short {
            let to = self.offset + self.buffer.len() as u64;
            let what = format!("the last {} bytes are no part of a trace; left out", to - from);
            report(WarningKind::SkippedBytes, what, from);
        }
        Ok(None)
    }

    /// Whether a chain of two batches (or one up to the end of the input) begins at `place`, of a
    /// generation that could come next.
    fn is_believable(&self, place: usize) -> bool {
        let rest = self.buffer.get(place..).unwrap_or_default();
        match rest.first() {
            Some(b'g') => return matches!(Version::parse(rest), Ok(Version(22..))),
            Some(&(spec::EVENT_BATCH | spec::EXPERIMENTAL_BATCH)) => {}
            _ => return false,
        }
        let Look::Item(Item::Batch(head)) = look(rest, self.version) else { return false };
        if head.size == 0 || head.experiment.is_some_and(|experiment| experiment > 8) {
            return false;
        }
        let known = self.current.as_ref().map(|generation| generation.number).or(self.last_number);
        let plausible = known.is_none_or(|number| {
            head.generation == 1 || (number..=number.saturating_add(64)).contains(&head.generation)
        });
        // Damage seldom looks like a time: clocks count from the machine's start, so times are large and
        // close together.
        if !plausible || head.ticks < self.known_ticks / 2 {
            return false;
        }
        match rest.get(head.len + head.size..) {
            Some([]) => self.at_end,
            Some(next) => match look(next, self.version) {
                Look::Item(Item::EndOfGeneration) => true,
                Look::Item(Item::Batch(second)) => {
                    second.generation == head.generation || second.generation == head.generation.wrapping_add(1)
                }
                Look::Short => self.at_end && next.first() == Some(&spec::EVENT_BATCH),
                Look::Bad => false,
            },
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uv(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        out.push(u8::try_from(value).unwrap());
    }

    fn batch(generation: u64, thread: u64, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![spec::EVENT_BATCH];
        for value in [generation, thread, 1_000 * generation, payload.len() as u64] {
            uv(&mut out, value);
        }
        out.extend_from_slice(payload);
        out
    }

    const STOP: &[u8] = &[11, 1]; // ProcStop
    const EOG: &[u8] = &[spec::END_OF_GENERATION];

    fn file(version: u32, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = format!("go 1.{version} trace\0\0\0").into_bytes();
        parts.iter().for_each(|part| out.extend_from_slice(part));
        out
    }

    fn read(bytes: &[u8]) -> (Vec<Generation>, Vec<(WarningKind, u64)>) {
        let mut warnings = Vec::new();
        let mut report = |kind, _what, at| warnings.push((kind, at));
        let mut reader = GenerationReader::new(bytes, &mut report).unwrap();
        let mut all = Vec::new();
        while let Some(generation) = reader.next_generation(&mut report).unwrap() {
            all.push(generation);
        }
        (all, warnings)
    }

    fn shape(all: &[Generation]) -> Vec<(u64, usize)> {
        all.iter().map(|generation| (generation.number, generation.events.len())).collect()
    }

    #[test]
    fn cuts_at_the_mark_or_at_the_next_number() {
        let (one, two) = (batch(1, 7, STOP), batch(2, 7, STOP));
        let (all, warnings) = read(&file(26, &[&one, &one, EOG, &two, EOG]));
        assert_eq!((shape(&all), warnings), (vec![(1, 2), (2, 1)], vec![]));
        assert_eq!(all[0].payload(all[0].events[1]), STOP);
        assert_eq!(all[1].offset, all[0].end_offset);
        let (all, warnings) = read(&file(22, &[&one, &one, &two]));
        assert_eq!((shape(&all), warnings), (vec![(1, 2), (2, 1)], vec![]));
    }

    #[test]
    fn a_missing_mark_is_told_and_costs_nothing() {
        let bytes = file(26, &[&batch(1, 7, STOP)]);
        let (all, warnings) = read(&bytes);
        assert_eq!(shape(&all), [(1, 1)]);
        assert_eq!(all[0].end, End::Truncated);
        assert_eq!(warnings, [(WarningKind::Truncated, bytes.len() as u64)]);
    }

    #[test]
    fn text_in_between_is_stepped_over() {
        let (one, noise) = (batch(1, 7, STOP), b"hello from fmt.Println\n");
        let (all, warnings) = read(&file(26, &[&one, noise, &one, EOG]));
        assert_eq!(shape(&all), [(1, 2)]);
        assert_eq!(warnings, [(WarningKind::SkippedBytes, 16 + one.len() as u64)]);
        let mut bytes = noise.to_vec();
        bytes.extend(file(26, &[&one, EOG]));
        let (all, warnings) = read(&bytes);
        assert_eq!((shape(&all), warnings), (vec![(1, 1)], vec![(WarningKind::SkippedBytes, 0)]));
    }

    #[test]
    fn the_head_of_a_batch_cut_short_is_used() {
        let mut long = batch(1, 7, &STOP.repeat(50));
        long.truncate(long.len() - 11);
        let bytes = file(22, &[&batch(1, 7, STOP), &long]);
        let (all, warnings) = read(&bytes);
        assert_eq!(shape(&all), [(1, 2)]);
        assert_eq!(all[0].payload(all[0].events[1]).len(), 89);
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn gaps_and_appended_traces_are_marked() {
        let (one, four) = (batch(1, 7, STOP), batch(4, 7, STOP));
        let (all, warnings) = read(&file(26, &[&one, EOG, &four, EOG]));
        assert_eq!(all[1].border, Border::Gap);
        assert_eq!(warnings[0].0, WarningKind::MissingGeneration);
        let second = file(26, &[&one, EOG]);
        let (all, warnings) = read(&file(22, &[&one, &second]));
        assert_eq!(shape(&all), [(1, 1), (1, 1)]);
        assert_eq!((all[1].border, all[1].version), (Border::NewTrace, Version(26)));
        assert_eq!(warnings, [(WarningKind::AppendedTrace, 16 + one.len() as u64)]);
    }

    #[test]
    fn a_batch_of_a_wrong_generation_is_left_out() {
        let (one, wild) = (batch(1, 7, STOP), batch(99, 7, STOP));
        let (all, warnings) = read(&file(26, &[&one, &wild, &one, EOG]));
        assert_eq!(shape(&all), [(1, 2)]);
        assert_eq!(warnings[0].0, WarningKind::BadBatch);
    }

    #[test]
    fn batches_over_chunk_borders_are_whole() {
        let big = batch(1, 7, &STOP.repeat(30_000));
        let parts: Vec<&[u8]> = std::iter::repeat_n(big.as_slice(), 60).collect();
        let (all, warnings) = read(&file(22, &parts));
        assert_eq!((shape(&all), warnings), (vec![(1, 60)], vec![]));
        for &batch in &all[0].events {
            assert_eq!(all[0].payload(batch), STOP.repeat(30_000));
        }
    }
}
