//! The moment that the instant view shows.

use trace_core::base::time::TraceTime;

/// The moment that the instant view shows, and the one that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time that is looked at.
    pub at: TraceTime,
    /// The moment to compare it with, if there is one.
    pub against: Option<TraceTime>,
}
