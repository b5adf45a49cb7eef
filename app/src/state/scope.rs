//! What the analyses on show look at: the user's choice, and the scope that follows from it.

use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::ids::StrId;
use trace_core::base::time::TimeRange;

use crate::state::document::Document;

/// When.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// All the time.
    #[default]
    Whole,
    /// The marked stretch, as long as there is one.
    Marked,
    /// While a region lasts: its time and its type.
    Region(TimeRange, StrId),
}

/// What the user wants analyses to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeChoice {
    /// When.
    pub when: When,
    /// Whose time.
    pub whom: Whom,
}

impl Document {
    /// The stretch of time that is chosen; all of it if a mark was chosen that is gone.
    #[must_use]
    pub fn scope_range(&self) -> TimeRange {
        match self.scope_choice.when {
            When::Whole => self.trace.range(),
            When::Marked => self.marked.unwrap_or_else(|| self.trace.range()),
            When::Region(range, _) => range,
        }
    }

    /// What analyses look at now.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { range: self.scope_range(), whom: self.scope_choice.whom }
    }
}
