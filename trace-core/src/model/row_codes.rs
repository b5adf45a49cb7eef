//! Numbers with a meaning of their own in the columns of rows: who acted, and marks among entries.

/// In `other` of a row that names who acted: a proc, not a goroutine.
pub(crate) const ACTOR_PROC: u32 = 1 << 31;

/// In `other` of a row that names who acted: a thread without a proc.
pub(crate) const ACTOR_THREAD: u32 = 3 << 30;

/// Nobody is known to have acted.
pub(crate) const ACTOR_NONE: u32 = u32::MAX;

/// An entry of a proc's lane that says that it has lost its goroutine, plus the index of the time.
pub(crate) const MARK: u32 = 1 << 31;
