//! The states of goroutines and procs, and why a goroutine is in one.

use serde::{Deserialize, Serialize};

/// What a goroutine does, as the model knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum GoState {
    /// The trace does not say (before the first mention, or inside a gap).
    Unknown = 0,
    /// Ready, waiting for a proc.
    Runnable = 1,
    /// Executing on a proc.
    Running = 2,
    /// In a system call.
    Syscall = 3,
    /// Blocked; the reason says on what.
    Waiting = 4,
    /// It has ended, or its id was given to another.
    Dead = 5,
}

impl GoState {
    /// Its stable name in queries: as Go's own reader calls it, but `dead` where that has `NotExist`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "undetermined",
            Self::Runnable => "runnable",
            Self::Running => "running",
            Self::Syscall => "syscall",
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }
}

/// What a lane is coloured by: state and, for waiting, the family of the reason. Index of colour tables
/// and of time sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SpanClass {
    /// Nothing is known, or nothing is there (not born, ended, idle proc).
    None = 0,
    /// Executing code on a proc.
    Running = 1,
    /// Ready, waiting for a proc.
    Runnable = 2,
    /// In a system call.
    Syscall = 3,
    /// Waiting for a mutex, condition variable, wait group, …
    WaitSync = 4,
    /// Waiting for a channel or select.
    WaitChan = 5,
    /// Waiting for the network poller.
    WaitNet = 6,
    /// Sleeping, or a system goroutine waiting for work.
    WaitSleep = 7,
    /// The collector: GC work, mark assist, waiting for the GC, stop-the-world.
    Gc = 8,
    /// Waiting for anything else.
    WaitOther = 9,
}

impl SpanClass {
    /// How many classes there are: the length of per-class tables.
    pub const COUNT: usize = 10;

    /// All but [`Self::None`], in the order in which charts stack them, from the base line up.
    pub const STACKED: [Self; Self::COUNT - 1] = [
        Self::WaitSleep,
        Self::WaitOther,
        Self::WaitNet,
        Self::WaitChan,
        Self::WaitSync,
        Self::Running,
        Self::Syscall,
        Self::Gc,
        Self::Runnable,
    ];

    /// All classes, in index order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::None,
        Self::Running,
        Self::Runnable,
        Self::Syscall,
        Self::WaitSync,
        Self::WaitChan,
        Self::WaitNet,
        Self::WaitSleep,
        Self::Gc,
        Self::WaitOther,
    ];
}

/// Why a goroutine is in its state: how it came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// It was so when first mentioned; it may have begun earlier.
    Status = 0,
    /// It was just created, by another goroutine.
    Created = 1,
    /// Another goroutine, the poller or a timer unblocked it.
    Unblocked = 2,
    /// Stopped running but stays ready (preempted, Gosched, …); the reason text says which.
    Stopped = 3,
    /// Came back from a system call. If it is then ready, not running, it had lost its proc.
    SyscallExit = 4,
    /// Switched to, or away from, as a coroutine (`iter.Pull`).
    Switched = 5,
    /// It got a proc to run on.
    Started = 6,
    /// Entered a system call.
    SyscallEnter = 7,
    /// Blocked by itself; the reason text says on what.
    Blocked = 8,
    /// It returned from its function.
    Ended = 9,
}
