//! Edges between lanes: who created, unblocked, switched to, stole.

use crate::base::ids::{StackId, StrId};
use crate::base::time::TraceTime;
use crate::model::lanes::{LaneId, SpanRef};

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKind {
    /// One goroutine created another.
    Create,
    /// One goroutine (or the network poller, a timer, …) made another ready.
    Unblock,
    /// Coroutine switch: one handed over to the other.
    Switch,
    /// A system call returned without its proc; leads to the span in which the goroutine goes on.
    SyscallExit,
    /// A thread took the proc of another that sat in a system call.
    ProcSteal,
}

/// One end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowEnd {
    /// The lane it touches: a goroutine where there was one, else the proc, else the thread.
    pub lane: LaneId,
    /// When it touches it.
    pub time: TraceTime,
    /// The span of that lane at that time; `None` if the lane shows nothing there.
    pub span: Option<SpanRef>,
}

/// An edge between two lanes: one made the other runnable, or created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What the edge means.
    pub kind: FlowKind,
    /// The end that caused it. Its time is when it acted.
    pub from: FlowEnd,
    /// The end that was acted on: the span that begins there (runnable after create, unblock).
    pub to: FlowEnd,
    /// The stack of the one who acted.
    pub stack: StackId,
    /// What the receiver was waiting for, for unblocks; else empty.
    pub reason: StrId,
}

/// Some edges, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowList {
    /// The edges, as many as were asked for.
    pub flows: Vec<Flow>,
    /// How many there are in all.
    pub total: u64,
}
