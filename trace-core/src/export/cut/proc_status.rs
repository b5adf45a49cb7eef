//! A proc's status as the wire has it.

pub(super) const RUNNING: u64 = 1;
pub(super) const IDLE: u64 = 2;
/// Its thread is in a system call.
pub(super) const SYSCALL: u64 = 3;
/// The same, and which thread it was is not known.
pub(super) const ABANDONED: u64 = 4;
