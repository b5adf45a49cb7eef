//! Stretches about which a damaged trace says less than it should, thread by thread.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use crate::base::time::TimeRange;

/// Events that are lost inside a generation: of one thread, or about one goroutine or proc on a thread that
/// nobody knows. (Of whole generations see [`crate::model::trace::Trace::gaps`].)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataGap {
    /// From the thread's last event before to its next one, or to the end of the generation. (Of the goroutine
    /// or the proc, if the thread is not known.)
    pub range: TimeRange,
    /// Offsets in the input of the bytes that could not be read. Empty if the bytes are not there or cannot be
    /// told: then it is where the file shows that something is missing.
    pub bytes: Range<u64>,
    /// The generation's number as in the file.
    pub generation: u64,
    /// Whose events are lost; none if that cannot be told.
    pub thread: ThreadIdx,
    /// The goroutine that ran there when they were lost, if any, or whose numbers show a gap: what it did then is
    /// unknown until its next event.
    pub go: GoroutineIdx,
    /// The proc that the thread had, if any, or whose numbers show a gap.
    pub proc: ProcIdx,
}

/// A gap in the numbers of its generation, on the way to the stitcher.
#[derive(Clone, Debug)]
pub(crate) struct DataGapDraft {
    /// Start in the clock of the trace, ns.
    pub(crate) start: i64,
    /// ns; `None` is the end of the generation.
    pub(crate) end: Option<i64>,
    pub(crate) bytes: Range<u64>,
    pub(crate) thread: u32,
    pub(crate) go: u32,
    pub(crate) proc: u32,
    /// No gap if the generation before has left a goroutine running on the thread: that is who left it here.
    pub(crate) is_of_before: bool,
}

/// More than these in a generation are not kept.
pub(crate) const MAX_HOLES: usize = 1_000;
