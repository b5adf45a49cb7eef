//! How faithfully the old format is converted.

/// What the events are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// To be compared with Go's own reader, oddities and all: events of the network poller, of timers and
    /// of returns from system calls happen on procs that do not exist (from 1,000,000 on).
    Reference,
    /// To be looked at: events happen where they happened, goroutines that were there from the start have
    /// their entry function as a stack, and a proc that is given up in a system call is stolen.
    Model,
}
