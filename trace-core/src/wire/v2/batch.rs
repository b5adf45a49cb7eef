//! Batch headers, and what lies at a place in the file.

use crate::base::limits;
use crate::input::cursor::Cursor;
use crate::wire::v2::spec;
use crate::wire::version::Version;

/// Room for the longest batch: code, experiment, four numbers, payload.
#[expect(clippy::cast_possible_truncation, reason = "64 KiB fit any usize")]
pub(super) const MAX_BATCH_WITH_HEADER: usize = 2 + 4 * 10 + limits::MAX_BATCH_BYTES as usize;

/// A decoded batch header.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchHead {
    pub(super) experiment: Option<u8>,
    pub(super) generation: u64,
    pub(super) thread: u64,
    pub(super) ticks: u64,
    pub(super) size: usize,
    /// Bytes of the header itself.
    pub(super) len: usize,
}

pub(super) enum Item {
    Batch(BatchHead),
    EndOfGeneration,
}

/// What lies at a place in the input.
pub(super) enum BatchPeek {
    Item(Item),
    /// The input ends before the item does.
    Short,
    Bad,
}

pub(super) fn look(bytes: &[u8], version: Version) -> BatchPeek {
    let mut cursor = Cursor::new(bytes);
    let experimental = match cursor.u8() {
        None => return BatchPeek::Short,
        Some(spec::EVENT_BATCH) => false,
        Some(spec::EXPERIMENTAL_BATCH) => true,
        Some(spec::END_OF_GENERATION) if version >= Version::GO_1_26 => return BatchPeek::Item(Item::EndOfGeneration),
        Some(_) => return BatchPeek::Bad,
    };
    let experiment = if experimental { cursor.u8() } else { None };
    let mut numbers = [0u64; 4];
    for number in &mut numbers {
        let Some(value) = cursor.uvarint() else {
            return if bytes.len() - cursor.pos() < 10 { BatchPeek::Short } else { BatchPeek::Bad };
        };
        *number = value;
    }
    let [generation, thread, ticks, size] = numbers;
    if generation == 0 || size > limits::MAX_BATCH_BYTES {
        return BatchPeek::Bad;
    }
    let Ok(size) = usize::try_from(size) else { return BatchPeek::Bad };
    let head = BatchHead { experiment, generation, thread, ticks, size, len: cursor.pos() };
    if bytes.len() - head.len < size { BatchPeek::Short } else { BatchPeek::Item(Item::Batch(head)) }
}
