//! How procs change hands.

use serde::{Deserialize, Serialize};

use crate::base::ids::ThreadIdx;
use crate::base::time::TraceTime;

/// How a proc came to a thread, or left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum ProcChange {
    /// It was so when first mentioned.
    Announced,
    /// A thread took it to run Go code.
    Started,
    /// Its thread let it go, having nothing to run.
    Stopped,
    /// Its thread let it go for a system call that will block.
    HandedOver,
    /// Another thread took it away from a system call.
    Stolen,
}

/// From a time on a proc is with a thread, or with none.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct OwnershipRecord {
    pub(crate) time: TraceTime,
    /// `NONE` if nobody has it.
    pub(crate) thread: ThreadIdx,
    pub(crate) change: ProcChange,
}
