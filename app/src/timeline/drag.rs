//! What is dragged, and handles to drag by.

use egui::{CursorIcon, Id, Pos2, Rect, Sense, Ui, WidgetInfo};

use crate::state::view::View;

/// A drag going on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drag {
    /// Moves the view: where it was, and where the pointer was.
    Pan(View, Pos2),
    /// Marks a stretch from here (ns) that is zoomed to at the end.
    Zoom(f64),
    /// Selects time from here (ns), on all rows.
    Mark(f64),
    /// Selects time from here (ns), on rows from here (points below the first row's upper edge).
    Area(f64, f64),
    /// Moves the end (`true`) or the start of the selected time.
    AreaEdge(bool),
    /// Moves the minimap's frame: distance (ns) from the view's start to the pointer.
    Overview(f64),
    /// Moves an edge of the minimap's frame: the other one stays at this time (ns).
    OverviewEdge(f64),
    /// Moves the scroll bar's thumb: distance (points) from its top to the pointer.
    Scroll(f32),
}

/// A thin handle between two parts that can be dragged; returns the pointer while it is.
pub fn handle(ui: &Ui, id: Id, rect: Rect, name: &str, cursor: CursorIcon) -> Option<Pos2> {
    let response = ui.interact(rect, id, Sense::drag()).on_hover_and_drag_cursor(cursor);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Splitter, true, name));
    if response.dragged() { response.interact_pointer_pos() } else { None }
}
