//! Cuts a stream of bytes into generations: reads batch headers only, so it is as fast as the disk.
//!
//! Damage is stepped over here: from a place that holds no batch, reading resumes at the next believable
//! chain of batches.

mod resync;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::ops::Range;

use crate::base::error::{Error, Result};
use crate::base::warning::WarningKind;
use crate::input::cursor::Cursor;
use crate::wire::opening::{self, Head};
use crate::wire::v2::batch::{BatchHead, BatchPeek, Item, MAX_BATCH_WITH_HEADER, look};
use crate::wire::v2::generation::{BatchRef, Border, Chunk, End, Generation};
use crate::wire::v2::spec;
use crate::wire::v2::tables::Report;
use crate::wire::version::{HEADER_BYTES, Version};

/// How the warning of an input that failed before its end begins.
pub(crate) const STOPPED: &str = "reading stopped before the end: ";
/// How much is read at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// The same where bytes come while they are waited for.
const LIVE_BYTES: usize = 64 << 10;
/// How many chunks are kept to be read into again.
const SPARE_CHUNKS: usize = 16;

/// Reads generations one after another.
///
/// What many small generations cost must not depend on how much of the input is in the buffer: of a small one the
/// bytes are copied, of a large one the buffer is handed on.
pub struct GenerationReader<R> {
    input: R,
    version: Version,
    /// Bytes read and not yet given out. The part before `pos` belongs to the generation in work.
    buffer: Vec<u8>,
    pos: usize,
    /// Where the bytes of the generation in work begin: those before have been given out.
    begin: usize,
    /// Offset of `buffer[0]` in the input.
    offset: u64,
    /// Memory to read into: touching new one takes longer than reading.
    spare: Vec<Vec<u8>>,
    at_end: bool,
    /// Bytes come as they are written: what is there is looked at before more is waited for.
    is_live: bool,
    current: Option<Generation>,
    /// The earliest base time of the generation in work or, before it has one, of the last one; ticks.
    known_ticks: u64,
    /// Number of the generation that ended last.
    last_number: Option<u64>,
    /// A header has been met in the midst of the file; no generation has begun since.
    is_new_trace: bool,
    /// It has been told that the file ends too early.
    is_cut: bool,
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
            begin: 0,
            offset: 0,
            spare: Vec::new(),
            at_end: false,
            is_live: false,
            current: None,
            known_ticks: 0,
            last_number: None,
            is_new_trace: false,
            is_cut: false,
        }
    }

    /// Reads a source whose bytes are still being written: never waits for more than the next of them.
    #[must_use]
    pub fn live(self, is_live: bool) -> Self {
        Self { is_live, ..self }
    }

    /// Takes back what [`Generation::into_chunks`] gave, to read into it.
    pub fn reuse(&mut self, chunks: Vec<Vec<u8>>) {
        let room = SPARE_CHUNKS.saturating_sub(self.spare.len());
        let whole = chunks.into_iter().filter(|chunk| chunk.capacity() >= CHUNK_BYTES);
        self.spare.extend(whole.take(room));
    }

    /// The version in the file's header.
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
            if !self.at_end && !self.is_live && self.buffer.len() - self.pos < MAX_BATCH_WITH_HEADER {
                self.fill(report)?;
            }
            let rest = self.buffer.get(self.pos..).unwrap_or_default();
            let found = look(rest, self.version);
            if self.is_live && !self.at_end && self.must_wait(&found) {
                self.fill(report)?;
                continue;
            }
            match found {
                BatchPeek::Short if rest.is_empty() => return Ok(self.finish_at_end(report)),
                BatchPeek::Short => {
                    if let Some(found) = self.resync(report)? {
                        self.pos += found;
                        continue;
                    }
                    self.cut_short(report);
                }
                BatchPeek::Bad => {
                    if let Ok(version @ Version(22..)) = Version::parse(rest) {
                        if let Some(generation) = self.appended_trace(version, report) {
                            return Ok(Some(generation));
                        }
                    } else {
                        self.skip_damage(report)?;
                    }
                }
                BatchPeek::Item(Item::EndOfGeneration) => {
                    self.pos += 1;
                    if let Some(generation) = self.close(End::Complete) {
                        return Ok(Some(generation));
                    }
                }
                BatchPeek::Item(Item::Batch(head)) => {
                    if let Some(generation) = self.batch(head, report) {
                        return Ok(Some(generation));
                    }
                }
            }
        }
    }

    /// Whether what lies at `pos` can be told only when more has come.
    fn must_wait(&self, found: &BatchPeek) -> bool {
        let room = self.buffer.len() - self.pos;
        match found {
            BatchPeek::Short => room < MAX_BATCH_WITH_HEADER,
            // The header of another trace may be cut.
            BatchPeek::Bad => room < HEADER_BYTES,
            BatchPeek::Item(Item::EndOfGeneration) => false,
            // Damage is judged by what follows.
            BatchPeek::Item(Item::Batch(head)) => {
                let number = self.current.as_ref().map_or(head.generation, |generation| generation.number);
                let next = self.version < Version::GO_1_26 && head.generation == number.wrapping_add(1);
                head.generation != number && !next && room < 2 * MAX_BATCH_WITH_HEADER
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
                let owner = self.owner_of(&head);
                self.note_skipped(at..self.offset + next as u64, owner);
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
            (self.current.as_mut(), u32::try_from(start - self.begin), u32::try_from(head.size))
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
        let end = self.end_without_mark();
        let before = self.close(end);
        self.pos += HEADER_BYTES;
        self.version = version;
        self.is_new_trace = true;
        before
    }

    /// A stretch inside the generation in work cannot be read. `owner`: thread and base time of the batch it was.
    fn note_skipped(&mut self, bytes: Range<u64>, owner: Option<(u64, u64)>) {
        if let Some(generation) = self.current.as_mut() {
            generation.skip(bytes, owner);
        }
    }

    /// Thread and base time of a batch of events that must be left out.
    fn owner_of(&self, head: &BatchHead) -> Option<(u64, u64)> {
        let first = self.buffer.get(self.pos + head.len).copied();
        let is_table =
            matches!(first, Some(spec::STRINGS | spec::STACKS | spec::CPU_SAMPLES | spec::SYNC | spec::FREQUENCY));
        (head.experiment.is_none() && !is_table).then_some((head.thread, head.ticks))
    }

    /// Whether a batch of generation `number`, or its end mark, lies at `pos`.
    fn belongs_to(&self, pos: usize, number: u64) -> bool {
        match look(self.buffer.get(pos..).unwrap_or_default(), self.version) {
            BatchPeek::Item(Item::Batch(head)) => head.generation == number,
            BatchPeek::Item(Item::EndOfGeneration) => true,
            BatchPeek::Short | BatchPeek::Bad => false,
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

    /// Gives the bytes before `pos` to the generation in work (or drops them).
    fn retire_chunk(&mut self) {
        let end = self.pos.min(self.buffer.len());
        let offset = self.offset + self.begin as u64;
        let taken = end - self.begin;
        let has_owner = self.current.is_some() && taken > 0;
        let bytes = if has_owner && taken >= self.buffer.len() - end {
            let mut rest = self.spare.pop().unwrap_or_default();
            rest.clear();
            rest.extend_from_slice(self.buffer.get(end..).unwrap_or_default());
            let mut bytes = std::mem::replace(&mut self.buffer, rest);
            bytes.truncate(end);
            self.offset += end as u64;
            self.pos -= end;
            bytes.drain(..self.begin);
            self.begin = 0;
            if bytes.capacity() / 2 > bytes.len() {
                bytes.shrink_to_fit();
            }
            bytes
        } else {
            let bytes = if has_owner { self.buffer.get(self.begin..end).unwrap_or_default() } else { &[] };
            self.begin = end;
            bytes.to_vec()
        };
        if let Some(generation) = self.current.as_mut()
            && !bytes.is_empty()
        {
            generation.chunks.push(Chunk { bytes, offset });
        }
    }

    /// Drops what has been given out from the front of the buffer.
    fn free_front(&mut self) {
        self.retire_chunk();
        let taken = std::mem::take(&mut self.begin);
        self.buffer.drain(..taken);
        self.offset += taken as u64;
        self.pos -= taken;
    }

    /// Reads on, so that a whole batch fits behind `pos` unless the input ends.
    fn fill(&mut self, report: &mut Report<'_>) -> Result<()> {
        let read = if self.is_live { self.read_some() } else { self.read_much() };
        match read {
            Ok(count) => self.at_end = count == 0,
            // What came before an error (of the disk, of a packed file) is still worth looking at.
            Err(error) if self.offset + self.buffer.len() as u64 > HEADER_BYTES as u64 => {
                self.at_end = true;
                let what = format!("{STOPPED}{error}");
                report(WarningKind::Truncated, what, self.offset + self.buffer.len() as u64);
            }
            Err(error) => return Err(Error::Io(error)),
        }
        Ok(())
    }

    fn read_much(&mut self) -> io::Result<usize> {
        self.free_front();
        let wanted = CHUNK_BYTES.max(MAX_BATCH_WITH_HEADER);
        self.buffer.reserve_exact(wanted);
        self.input.by_ref().take((wanted - self.buffer.len()) as u64).read_to_end(&mut self.buffer)
    }

    /// What one read gives.
    fn read_some(&mut self) -> io::Result<usize> {
        if self.buffer.capacity() - self.buffer.len() < LIVE_BYTES {
            self.free_front();
            self.buffer.reserve_exact(CHUNK_BYTES.max(MAX_BATCH_WITH_HEADER + LIVE_BYTES));
        }
        let mut bytes = [0; LIVE_BYTES];
        loop {
            match self.input.read(&mut bytes) {
                Ok(count) => {
                    self.buffer.extend_from_slice(bytes.get(..count).unwrap_or_default());
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn finish_at_end(&mut self, report: &mut Report<'_>) -> Option<Generation> {
        let end = self.end_without_mark();
        if end == End::Truncated && self.current.is_some() && !self.is_cut {
            let before = if self.version >= Version::GO_1_26 { "end mark" } else { "strings" };
            let what = format!(
                "the file ends inside a generation, before its {before}; the program may have been killed, or have \
                 ended without trace.Stop, or the copy is not whole"
            );
            report(WarningKind::Truncated, what, self.offset + self.pos as u64);
        }
        self.close(end)
    }

    /// How the generation in work ends where nothing of it follows. Before there were end marks its strings came
    /// last, or nearly so; there are always some, since the runtime's own words for why a goroutine waits are strings.
    fn end_without_mark(&self) -> End {
        let has_strings = self.current.as_ref().is_some_and(|current| !current.strings.is_empty());
        if has_strings && self.version < Version::GO_1_26 { End::Complete } else { End::Truncated }
    }

    /// The input ends inside a batch.
    fn cut_short(&mut self, report: &mut Report<'_>) {
        let at = self.offset + self.pos as u64;
        let rest = self.buffer.len() - self.pos;
        let what = format!("the file ends inside a batch ({rest} bytes of it are there); the copy may be incomplete");
        report(WarningKind::Truncated, what, at);
        self.is_cut = true;
        self.salvage_tail();
        self.pos = self.buffer.len();
    }

    /// Uses what is there of a last batch of events.
    fn salvage_tail(&mut self) {
        let Some(head) = self.torn_head() else { return };
        let owner = self.owner_of(&head);
        let BatchHead { thread, ticks, .. } = head;
        let start = self.pos + head.len;
        let first = self.buffer.get(start).copied();
        let end = self.offset + self.buffer.len() as u64;
        if let (Some(current), Ok(start), Ok(len)) =
            (self.current.as_mut(), u32::try_from(start - self.begin), u32::try_from(head.size))
        {
            let chunk = u32::try_from(current.chunks.len()).unwrap_or(u32::MAX);
            if first.is_some() {
                current.add(&head, BatchRef { thread, ticks, chunk, start, len }, first);
            }
            // What the thread did after that is lost.
            if owner.is_some() {
                current.skip(end..end, owner);
            }
        }
    }

    /// The header of a batch of the generation in work that lies at `pos`, whose size is wrong or cut short. It
    /// claims what there is up to the end.
    fn torn_head(&self) -> Option<BatchHead> {
        let rest = self.buffer.get(self.pos..).unwrap_or_default();
        let mut cursor = Cursor::new(rest);
        if cursor.u8() != Some(spec::EVENT_BATCH) {
            return None;
        }
        let (generation, thread, ticks, _) =
            (cursor.uvarint()?, cursor.uvarint()?, cursor.uvarint()?, cursor.uvarint()?);
        let size = rest.len() - cursor.pos();
        let is_own = self.current.as_ref().is_some_and(|current| current.number == generation);
        is_own.then_some(BatchHead { experiment: None, generation, thread, ticks, size, len: cursor.pos() })
    }
}
