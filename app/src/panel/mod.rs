//! The panels around the timeline, one a file; none knows another.

pub mod details;
pub mod events;
pub mod flows;
pub mod lane_details;
pub mod spans;
pub mod stack;
pub mod warnings;

use std::sync::Arc;

use egui::{Id, Ui};

use trace_core::base::time::TimeRange;
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::state::document::Document;

/// Rows that a list of spans or events holds at most: enough to scroll, little enough to make at once.
pub const MAX_LISTED: usize = 2_000;

/// What a list was made of: as long as it is the same, the list stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListKey {
    snapshot: usize,
    lane: LaneId,
    span: Option<SpanRef>,
    range: TimeRange,
}

impl ListKey {
    /// A list about a lane, or one span of it, within a stretch of time.
    #[must_use]
    pub fn new(document: &Document, lane: LaneId, span: Option<SpanRef>, range: TimeRange) -> Self {
        Self { snapshot: Arc::as_ptr(&document.trace) as usize, lane, span, range }
    }
}

/// What was made for `key`; made anew only when the key has changed since the last frame.
pub fn kept<T: Send + Sync + 'static>(ui: &Ui, id: &str, key: ListKey, make: impl FnOnce() -> T) -> Arc<T> {
    let id = Id::unique(id);
    let known = ui.ctx().data(|data| data.get_temp::<(ListKey, Arc<T>)>(id));
    match known {
        Some((of, list)) if of == key => list,
        _ => {
            let list = Arc::new(make());
            ui.ctx().data_mut(|data| data.insert_temp(id, (key, Arc::clone(&list))));
            list
        }
    }
}
