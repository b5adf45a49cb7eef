//! A row that is in view, with what it shows.

use std::sync::Arc;

use egui::{Rect, pos2, vec2};

use crate::state::row::Row;
use crate::timeline::frame::Frame;
use crate::timeline::scene::LaneScene;

/// A row in view.
#[derive(Clone, Debug)]
pub struct Visible {
    /// The row, with its kind and height.
    pub row: Row,
    /// Its upper edge on screen, points.
    pub top: f32,
    /// Its lane's scene; `None` for headings, and until it is made.
    pub scene: Option<Arc<LaneScene>>,
    /// Which scene of the lane.
    pub(super) number: u64,
}

impl Visible {
    /// Its height without lines of regions and stack frames, points.
    #[must_use]
    pub fn own(&self) -> f32 {
        self.row.own as f32
    }

    /// The whole row on screen, over the axis.
    #[must_use]
    pub fn rect(&self, frame: &Frame<'_>) -> Rect {
        let lanes = frame.strips.lanes;
        Rect::from_min_size(pos2(lanes.left(), self.top), vec2(lanes.width(), self.row.height as f32))
    }
}
