//! The only goroutines that have lanes, when not all have.

use trace_core::analysis::scope::Scope;
use trace_core::base::ids::GoroutineIdx;
use trace_core::model::trace::Trace;

/// The only goroutines that have lanes; all others are hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneFilter {
    /// What they are, for people: `12 goroutines of a finding: 28 waits…`.
    pub title: String,
    /// Which goroutines have lanes.
    pub which: Which,
}

/// Which goroutines are shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// Those with time in a scope.
    Of(Scope),
    /// Only these, by their indices.
    These(Vec<GoroutineIdx>),
}

impl Which {
    /// Their indices, rising, without repeats. For a scope costs in proportion to all goroutines: for workers.
    pub(super) fn indices(&self, trace: &Trace) -> Vec<u32> {
        let mut found: Vec<u32> = match self {
            Self::Of(scope) => {
                let pieces = scope.pieces(trace);
                (0..pieces.len()).filter_map(|at| pieces.nth(at)).map(|(go, _)| go.0).collect()
            }
            Self::These(gos) => gos.iter().map(|go| go.0).collect(),
        };
        found.retain(|&idx| idx < trace.goroutine_count());
        found.sort_unstable();
        found.dedup();
        found
    }
}
