//! What has a line of its own in the picture, and how spans on it are named.

use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};

/// Something that has spans over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LaneId {
    /// GC cycles (mark phases).
    Gc,
    /// The lane of STW pauses.
    Stw,
    /// What a proc (P) ran.
    Proc(ProcIdx),
    /// What a thread (M) did.
    Thread(ThreadIdx),
    /// The states of a goroutine.
    Goroutine(GoroutineIdx),
}

/// Names one span for good: stays valid while the trace grows. Opaque outside the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanRef {
    /// The lane it lies on.
    pub lane: LaneId,
    /// Which segment holds its first row.
    pub segment: u32,
    /// The row in that segment.
    pub row: u32,
}
