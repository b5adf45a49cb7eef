//! A segment as a worker makes it, in the numbers of its generation, on its way to the stitcher.

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::model::annotation_marks::Annotations;
use crate::model::counters::{CountSeries, Counts, Steps};
use crate::model::lod::Lod;
use crate::model::packed::Packed;
use crate::model::proc_thread_entries::Entries;
use crate::model::segment::Rows;

/// Rows of procs or threads: for each local one, entries `starts[n]..starts[n + 1]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefDraft {
    pub(crate) starts: Vec<u32>,
    /// First rows of ownerships, or [`MARK`] + index into `marks`.
    pub(crate) entries: Entries,
    /// ns since the base.
    pub(crate) marks: Vec<u32>,
    pub(crate) lod: Lod,
}

/// Rows by who acted.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowDraft {
    /// Who, as in `other`, in the generation's numbers. Those known before the generation come first.
    pub(crate) actors: Vec<u32>,
    /// How many of `actors` (from the first) are in no particular order.
    pub(crate) unordered: u32,
    /// One more than `actors`.
    pub(crate) starts: Packed,
    /// Rows that were acted on, per actor in time order.
    pub(crate) rows: Packed,
}

/// What a worker hands over.
#[derive(Debug)]
pub(crate) struct SegmentDraft {
    /// Time of its first event; row times count from here.
    pub(crate) base: i64,
    /// Time of its last event.
    pub(crate) end: i64,
    pub(crate) rows: Rows,
    /// Local goroutine of each lane slot: first those that are older than the generation, then those
    /// created in it, by rising number.
    pub(crate) lanes: Vec<u32>,
    /// How many of `lanes` are older.
    pub(crate) old: u32,
    /// One more than `lanes`.
    pub(crate) row_starts: Vec<u32>,
    pub(crate) lod: Lod,
    pub(crate) procs: RefDraft,
    pub(crate) threads: RefDraft,
    pub(crate) flows: FlowDraft,
    pub(crate) counts: CountSeries,
    /// Goroutines at the start of the generation, as far as is known by now.
    pub(crate) base_counts: Counts,
    pub(crate) heap_live: Steps,
    pub(crate) heap_goal: Steps,
    pub(crate) max_procs: Steps,
    /// Goroutines first mentioned since the draft before, by local number.
    pub(crate) new_gos: Vec<GoId>,
    /// Whether each of `new_gos` was created here (as against: is older than the generation).
    pub(crate) new_created: Vec<bool>,
    pub(crate) new_procs: Vec<ProcId>,
    pub(crate) new_threads: Vec<ThreadId>,
    /// Stacks to take names from: (local goroutine, stack slot).
    pub(crate) names: Vec<(u32, u32)>,
    pub(crate) annotations: Annotations,
    pub(crate) events: u64,
    /// Events by the number of their kind.
    pub(crate) kinds: Box<[u64; 256]>,
}
