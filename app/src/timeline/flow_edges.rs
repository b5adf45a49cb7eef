//! The flows that are drawn: those of the selected span, and those in view.

use trace_core::model::flows::Flow;
use trace_core::model::lanes::LaneId;

use crate::timeline::grid::Grid;

/// The edges of the selected span.
#[derive(Debug, Default)]
pub struct SelectedFlows {
    /// What made it what it is.
    pub incoming: Vec<Flow>,
    /// What it caused: the first of them.
    pub outgoing: Vec<Flow>,
    /// How many it caused in all.
    pub outgoing_count: u64,
}

/// What the edges in view depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewFlowsKey {
    /// The columns of time in view.
    pub grid: Grid,
    /// The lanes in view.
    pub lanes: Vec<LaneId>,
}
