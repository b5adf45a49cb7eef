//! Where the pointer can do something on a timeline.

use egui::{Pos2, Response, Sense, Ui, WidgetInfo};

use crate::timeline::frame::Frame;
use crate::widget::key_focus;

/// The places of the timeline that the pointer works on.
pub struct Canvas {
    /// The response of the area of lanes.
    pub lanes: Response,
    /// The ruler and, below it, the curves.
    pub ruler: Response,
}

impl Canvas {
    /// Where the pointer is, if it is on what shares the axis and nothing lies over it.
    #[must_use]
    pub fn pointer(&self, ui: &Ui) -> Option<Pos2> {
        let over = self.lanes.contains_pointer() || self.ruler.contains_pointer();
        let dragged = self.lanes.dragged() || self.ruler.dragged();
        (over || dragged).then(|| ui.input(|input| input.pointer.latest_pos())).flatten()
    }
}

/// Registers the places that the pointer works on. Before all smaller ones, which lie on top.
pub fn canvas(ui: &Ui, frame: &Frame<'_>) -> Canvas {
    let lanes = ui.interact(frame.strips.lanes, frame.id("lanes"), Sense::click_and_drag());
    lanes.widget_info(|| WidgetInfo::labeled(egui::Role::Canvas, true, frame.slot.name("Timeline")));
    key_focus::keep_on_arrows(ui, lanes.id);
    let above = frame.strips.ruler.union(frame.strips.counters);
    let ruler = ui.interact(above, frame.id("ruler"), Sense::click_and_drag());
    ruler.widget_info(|| WidgetInfo::labeled(egui::Role::Canvas, true, "Ruler: drag to measure"));
    Canvas { lanes, ruler }
}
