//! Why requests are slow at a place: what those that look for it hand to the finding.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::other_side::OtherSide;
use crate::analysis::place_time::Wait;
use crate::analysis::workload::Site;
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

/// The sites in the function in which somebody waits, for the same kind of thing.
pub(crate) fn sites_like<'a>(context: &'a Context<'_>, stack: StackId) -> impl Iterator<Item = &'a Site> {
    let key = |stack| (context.places.op(stack), context.places.near_function(stack));
    let wanted = key(stack);
    context.workload.sites.iter().filter(move |(known, _)| key(known.stack) == wanted).map(|(_, site)| site)
}

/// The longest waits at these sites.
pub(crate) fn waits_like(context: &Context<'_>, stack: StackId) -> Vec<Wait> {
    sites_like(context, stack).flat_map(|site| site.longest.iter().copied()).collect()
}
