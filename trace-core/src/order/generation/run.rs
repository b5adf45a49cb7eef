//! What is known while the batches of a generation are put in order.

use crate::wire::v2::cursor::RawEvent;
use crate::wire::v2::tables::Tables;
use std::ops::Range;

use crate::order::frontier::Frontier;
use crate::wire::v2::cursor::ThreadCursor;
use crate::wire::v2::generation::Generation;
use crate::wire::v2::tables::RawSample;

/// Before the next event of a stream lie bytes that could not be read.
pub(super) struct Gap {
    pub(super) place: usize,
    pub(super) bytes: Range<u64>,
    /// Nothing of the thread need be among them: its next event tells.
    pub(super) is_doubtful: bool,
}

pub(super) struct Stream<'a> {
    pub(super) thread: u32,
    pub(super) cursor: ThreadCursor<'a>,
    pub(super) event: RawEvent,
    /// Time of its last event that has gone; before that, of the generation's start.
    pub(super) last: i64,
    /// The `last` after which a loss has been told.
    pub(super) told: i64,
    /// What could not be read before `event`, and may have been the thread's.
    pub(super) skipped: Option<Box<Range<u64>>>,
    pub(super) is_over: bool,
}

impl Stream<'_> {
    /// Offset in the input of what follows the event that it is at.
    pub(super) fn offset(&self, generation: &Generation) -> u64 {
        let place = self.cursor.place(generation);
        place.map_or(generation.offset, |(batch, pos)| generation.offset_of(batch) + pos as u64)
    }
}

pub(super) struct Run<'a> {
    pub(super) generation: &'a Generation,
    pub(super) tables: &'a Tables,
    pub(super) streams: Vec<Stream<'a>>,
    pub(super) frontier: Frontier,
    pub(super) samples: &'a [RawSample],
    /// Threads that are about to go on behind something that could not be read.
    pub(super) gaps: Vec<Gap>,
    /// Losses told of by what others wait for.
    pub(super) missing: usize,
    /// Threads looked at in search of the next event.
    pub(super) tries: u64,
    /// Events that the machine had given out before.
    pub(super) before: u64,
}
