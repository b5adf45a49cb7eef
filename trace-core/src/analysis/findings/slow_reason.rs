//! Why requests are slow at a place: what those that look for it hand to the finding.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::other_side::OtherSide;
use crate::base::ids::{GoroutineIdx, StackId};

/// Why a place takes long.
pub(crate) struct Reason {
    pub(crate) kind: Kind,
    /// What it is due to.
    pub(crate) name: Cause,
    pub(crate) check: &'static str,
    pub(crate) named: Option<Named>,
    pub(crate) stack: StackId,
    /// Where the requests are meanwhile, and for what: `in net/http.Get at main.load (main.go:12)`.
    pub(crate) at: String,
    /// Goroutines on the other side.
    pub(crate) others: Vec<GoroutineIdx>,
    /// The other side of a call, where it is in the trace.
    pub(crate) other: Option<OtherSide>,
    /// Waits of which it is known who ended them, and their nanoseconds, where that is what the cause follows from.
    pub(crate) looked: Option<(u64, u64)>,
    /// The numbers in `at`.
    pub(crate) evidence: Evidence,
    pub(crate) confidence: f64,
}
