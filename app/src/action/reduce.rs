//! Applies actions to the state. The only place that changes it.

use crate::action::action::Action;
use crate::state::app::AppState;

/// What has to be done outside the state: work for workers, the desktop, the disk.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {}

/// Applies one action; returns what is to be done outside.
pub fn reduce(_state: &mut AppState, _action: Action) -> Vec<Effect> {
    Vec::new()
}
