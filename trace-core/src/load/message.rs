//! What the reader and the workers of a load tell the thread that puts everything together.

use crate::base::error::Result;
use crate::base::warning::{Warning, WarningKind};
use crate::model::draft::SegmentDraft;
use crate::model::gap::DataGapDraft;
use crate::model::stitch::GenerationHead;
use crate::wire::v1::recording::Recording;
use crate::wire::v2::generation::Generation;

/// What reader and workers tell.
#[derive(Debug)]
pub(crate) enum Message {
    Read(Read),
    /// About the generation with this place in the file.
    Work(usize, Work),
}

/// Damage met, one warning per kind.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    warnings: Vec<Warning>,
}

impl Damage {
    pub(crate) fn add(&mut self, kind: WarningKind, message: String, offset: u64) {
        self.add_many(kind, message, offset, 1);
    }

    /// Notes `count` faults, the first of them at `offset`.
    pub(super) fn add_many(&mut self, kind: WarningKind, message: String, offset: u64, count: u64) {
        match self.warnings.iter_mut().find(|warning| warning.kind == kind) {
            Some(known) => known.count += count,
            None => self.warnings.push(Warning { kind, message, offset, generation: 0, gap: None, count }),
        }
    }

    /// Hands over what was met, as of a generation.
    pub(crate) fn take(&mut self, generation: u64) -> Vec<Warning> {
        for warning in &mut self.warnings {
            warning.generation = generation;
        }
        std::mem::take(&mut self.warnings)
    }
}

/// What a worker tells of its generation, in this order: a head, segments, an end.
#[derive(Debug)]
pub(crate) enum Work {
    Head(GenerationHead),
    Segment(Box<SegmentDraft>),
    End(GenerationEnd),
}

/// The last word on a generation.
#[derive(Debug)]
pub(crate) struct GenerationEnd {
    pub(crate) warnings: Vec<Warning>,
    pub(crate) gaps: Vec<DataGapDraft>,
    pub(crate) number: u64,
    /// Offset of its first byte in the input.
    pub(crate) offset: u64,
    /// Its size in the input.
    pub(crate) bytes: u64,
    /// The memory that held it, for the reader to use again.
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) result: Result<()>,
}

/// What the reader gives out.
#[derive(Debug)]
pub(crate) enum Read {
    /// The file's version, first of all.
    Version(u32),
    /// A part, with the damage met on the way to its end.
    Part(Part, Vec<Warning>),
    /// So many generations that hold nothing, behind the last part.
    Empty(u64),
    /// No more will come.
    End(Result<()>, Vec<Warning>),
}

/// What a worker is given.
#[derive(Debug)]
pub(crate) enum Part {
    Generation(Box<Generation>),
    /// All of a trace of Go 1.21 or older.
    Recording(Box<Recording>),
}

impl Part {
    /// The generation's number; 0 if there are none.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.number,
            Self::Recording(_) => 0,
        }
    }

    /// The memory that holds it, for another to be read into.
    pub(crate) fn into_chunks(self) -> Vec<Vec<u8>> {
        match self {
            Self::Generation(generation) => generation.into_chunks(),
            Self::Recording(_) => Vec::new(),
        }
    }

    /// Offset of its first byte in the input.
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.offset,
            Self::Recording(_) => 0,
        }
    }

    /// Its size in the input.
    pub(crate) fn byte_len(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.byte_len(),
            Self::Recording(recording) => recording.byte_len(),
        }
    }
}
