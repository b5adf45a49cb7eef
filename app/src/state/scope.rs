//! What the analyses on show look at: the user's choice, and the scope that follows from it.

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::ids::StrId;
use trace_core::base::time::TimeRange;

/// The stretch of time that analyses look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// All the time of the trace.
    #[default]
    Whole,
    /// The marked stretch, as long as there is one.
    Marked,
    /// While a region lasts: its time and its type.
    Region(TimeRange, StrId),
}

/// What the user wants analyses to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeChoice {
    /// The stretch of time that counts.
    pub when: When,
    /// The goroutines whose time counts.
    pub filter: GoroutineFilter,
}
