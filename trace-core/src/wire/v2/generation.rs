//! The batches of one generation, undecoded.

use std::ops::Range;

use crate::wire::v2::batch::BatchHead;
use crate::wire::v2::spec;
use crate::wire::version::Version;

/// A batch inside its [`Generation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRef {
    /// Thread id, 2^64-1 if none.
    pub thread: u64,
    /// Base time of its events, ticks.
    pub ticks: u64,
    pub(super) chunk: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// In place of a chunk: the batch could not be read, `start` tells which of the skipped stretches it was.
const LOST: u32 = u32::MAX;

/// Stretches between two batches of a thread that are looked at.
const MAX_LOOKED_AT: usize = 64;

/// A stretch of the input inside a generation that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Offsets in the input.
    pub bytes: Range<u64>,
    /// The thread whose batch it was, if its header could be read.
    pub thread: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// Offset of its first byte in the input.
    pub(super) offset: u64,
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
    /// The version in the file's header.
    pub version: Version,
    /// Offset of its first byte in the input.
    pub offset: u64,
    /// Offset of the first byte after it.
    pub end_offset: u64,
    /// How the generation ended: whole, cut or lost.
    pub end: End,
    /// What lies before it.
    pub border: Border,
    /// Batches of ordinary events, in file order.
    pub events: Vec<BatchRef>,
    /// Batches that hold the string table.
    pub strings: Vec<BatchRef>,
    /// Batches that hold the stack table.
    pub stacks: Vec<BatchRef>,
    /// Batches of CPU samples.
    pub samples: Vec<BatchRef>,
    /// Batches of clock information.
    pub sync: Vec<BatchRef>,
    /// Batches that experiments wrote, with the number of the experiment. What they hold is not looked at.
    pub experiments: Vec<(u8, BatchRef)>,
    /// Stretches inside it that could not be read, by rising offset.
    pub skipped: Vec<Skipped>,
    /// The smallest base time of all batches, ticks.
    pub min_ticks: u64,
    pub(super) chunks: Vec<Chunk>,
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
        match self.lost_bytes(batch) {
            Some(bytes) => bytes.start,
            None => {
                self.chunks.get(batch.chunk as usize).map_or(0, |chunk| chunk.offset).wrapping_add(batch.start.into())
            }
        }
    }

    /// Offsets in the input of a batch that could not be read, but that is known to have been there; `None` for
    /// all others.
    #[must_use]
    pub fn lost_bytes(&self, batch: BatchRef) -> Option<Range<u64>> {
        let at = (batch.chunk == LOST).then_some(batch.start)?;
        self.skipped.get(at as usize).map(|skipped| skipped.bytes.clone())
    }

    /// The first stretch between two places in the input that could not be read, and of which nobody knows whose
    /// it was.
    #[must_use]
    pub fn skipped_between(&self, from: u64, to: u64) -> Option<Range<u64>> {
        let first = self.skipped.partition_point(|skipped| skipped.bytes.start < from);
        let mut near =
            self.skipped.get(first..)?.iter().take_while(|skipped| skipped.bytes.start < to).take(MAX_LOOKED_AT);
        near.find(|skipped| skipped.thread.is_none()).map(|skipped| skipped.bytes.clone())
    }

    /// Whether it holds nothing at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.strings.is_empty()
            && self.stacks.is_empty()
            && self.samples.is_empty()
            && self.sync.is_empty()
            && self.skipped.is_empty()
    }

    /// Its size in the input, bytes.
    #[must_use]
    pub const fn byte_len(&self) -> u64 {
        self.end_offset.saturating_sub(self.offset)
    }

    /// The memory that holds its bytes.
    #[must_use]
    pub fn into_chunks(self) -> Vec<Vec<u8>> {
        self.chunks.into_iter().map(|chunk| chunk.bytes).collect()
    }

    pub(super) fn new(number: u64, version: Version, offset: u64) -> Self {
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
            experiments: Vec::new(),
            skipped: Vec::new(),
            min_ticks: 0,
            chunks: Vec::new(),
        }
    }

    /// A stretch could not be read; it was a batch of `owner` (thread and base time), if that can be told.
    pub(super) fn skip(&mut self, bytes: Range<u64>, owner: Option<(u64, u64)>) {
        if let (Some((thread, ticks)), Ok(start)) = (owner, u32::try_from(self.skipped.len())) {
            self.events.push(BatchRef { thread, ticks, chunk: LOST, start, len: 0 });
        }
        self.skipped.push(Skipped { bytes, thread: owner.map(|(thread, _)| thread) });
    }

    pub(super) fn add(&mut self, head: &BatchHead, batch: BatchRef, first: Option<u8>) {
        if self.min_ticks == 0 || batch.ticks < self.min_ticks {
            self.min_ticks = batch.ticks;
        }
        let sync_code = if self.version >= Version::GO_1_25 { spec::SYNC } else { spec::FREQUENCY };
        match (head.experiment, first) {
            (Some(experiment), _) => self.experiments.push((experiment, batch)),
            // A batch without bytes has nothing to tell but its time.
            (None, None) => {}
            (None, Some(spec::STRINGS)) => self.strings.push(batch),
            (None, Some(spec::STACKS)) => self.stacks.push(batch),
            (None, Some(spec::CPU_SAMPLES)) => self.samples.push(batch),
            (None, Some(code)) if code == sync_code => self.sync.push(batch),
            (None, Some(_)) => self.events.push(batch),
        }
    }
}
