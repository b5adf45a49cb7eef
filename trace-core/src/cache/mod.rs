//! A loaded trace as a file, so that opening it again costs a fraction. Where such files lie, and for how
//! long, is not decided here. A file that is not exactly what was written is not read at all; one that was
//! made up to do harm finds its indices checked.
//!
//! ```text
//! header     64 bytes: magic, stamp of the sources, hash and length of what was loaded,
//!            where the directory begins, its blocks, its checksum (which covers the header)
//! blocks     each lz4, or as it is where that is hardly smaller, and all without a gap:
//!            tables, annotations, goroutines (65,536 a block), segments
//! directory  32 bytes a block: offset, bytes, bytes unpacked, checksum
//! ```
//! Numbers are in the machine's own order: on another machine the stamp differs.

mod annotations;
pub(crate) mod blocks;
pub(crate) mod bytes;
mod key;
mod segments;
mod tables;
#[cfg(test)]
mod tests;

use std::io::{self, Seek, Write};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::cache::blocks::{BlockWriter, Blocks, Buffers};
use crate::cache::bytes::In;
use crate::cache::tables::{GO_BLOCK, Tables};
use crate::model::annotation_tables::AnnotationTables;
use crate::model::goroutine_records::GoRecord;
use crate::model::segment::Segment;
use crate::model::trace::Trace;

pub use crate::cache::blocks::Stored;
pub use crate::cache::key::Key;

/// Writes a trace that was loaded from what `key` names. Takes little memory, and one thread.
///
/// # Errors
/// Whatever `out` says.
pub fn write(trace: &Trace, key: &Key, out: &mut (impl Write + Seek)) -> io::Result<()> {
    let mut writer = BlockWriter::begin(out)?;
    let shared = tables::Shared::of(trace);
    writer.block(|out| tables::put(trace, &shared, out))?;
    writer.block(|out| annotations::put(&trace.annotations, out))?;
    let chunks: Vec<&[GoRecord]> = trace.gos.chunks().collect();
    for block in chunks.chunks(GO_BLOCK) {
        writer.block(|out| tables::put_goroutines(block, out))?;
    }
    for (at, segment) in trace.segments.iter().enumerate() {
        writer.block(|out| segments::put(segment, shared.of_segment(at), out))?;
    }
    writer.finish(key)
}

/// Reads what [`write()`] wrote, if it is of what `key` names and all in order.
#[must_use]
pub fn read(stored: Stored<'_>, key: &Key) -> Option<Trace> {
    let blocks = Blocks::open(stored, key)?;
    let tables = blocks.read(0, &mut Buffers::default(), |mut bytes| tables::take(&mut bytes))?;
    let first_segment = 2 + tables.go_blocks();
    if blocks.len() != first_segment + tables.segments() {
        return None;
    }
    let part = |buffers: &mut Buffers, at: usize| {
        blocks.read(at, buffers, |mut bytes: In<'_>| {
            let part = match at {
                1 => Part::Annotations(Box::new(annotations::take(&mut bytes, &tables.bounds)?)),
                at if at < first_segment => Part::Goroutines(tables.take_goroutines(&mut bytes)?),
                at => Part::Segment(Box::new(segments::take(&mut bytes, at - first_segment, &tables)?)),
            };
            bytes.is_empty().then_some(part)
        })
    };
    let parts: Option<Vec<Part>> = (1..blocks.len()).into_par_iter().map_init(Buffers::default, part).collect();
    assemble(tables, parts?)
}

/// What a block holds.
enum Part {
    Annotations(Box<AnnotationTables>),
    Goroutines(Vec<Vec<GoRecord>>),
    Segment(Box<Segment>),
}

fn assemble(tables: Tables, parts: Vec<Part>) -> Option<Trace> {
    let (mut annotations, mut gos, mut segments) = (None, Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Annotations(found) => annotations = Some(*found),
            Part::Goroutines(chunks) => gos.extend(chunks),
            Part::Segment(segment) => segments.push(*segment),
        }
    }
    tables.into_trace(annotations?, gos, segments)
}
