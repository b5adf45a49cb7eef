//! Bookmarks on the ruler and in the overview: a click goes there, hovering shows the note.

use egui::{CursorIcon, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};

use crate::action::action::{Actions, BookmarkAction, PanelAction};
use crate::action::panel::Panel;
use crate::fmt::escape::visible;
use crate::state::bookmarks::Bookmark;
use crate::state::view::View;
use crate::timeline::axis::Axis;
use crate::timeline::frame::Frame;

/// Bookmarks that are painted at most.
const MOST: usize = 500;
/// Width and height of a flag, points.
const SIZE: [f32; 2] = [8.0, 7.0];

/// Paints flags on both strips, and listens to clicks on them.
pub fn ui(ui: &Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let bookmarks = &frame.document.noted.notes.bookmarks;
    if bookmarks.is_empty() {
        return;
    }
    let whole = View {
        start_nanos: frame.bounds.start.0 as f64,
        span_nanos: (frame.bounds.nanos() as f64).max(1.0),
        scroll_points: 0.0,
    };
    let overview = Axis::new(&whole, frame.strips.minimap.left(), frame.strips.minimap.width());
    let painter = ui.painter_at(frame.strips.minimap);
    for (at, bookmark) in bookmarks.iter().enumerate().take(MOST) {
        let range = bookmark.range(frame.bounds);
        let x = frame.snap(overview.x_from_time(range.start));
        painter.vline(x, frame.strips.minimap.y_range(), Stroke::new(1.0, frame.tokens.outgoing));
        flag(ui, frame, (at, bookmark), actions);
    }
}

/// A flag at the upper edge of the ruler, with a line along the ruler for a range.
fn flag(ui: &Ui, frame: &Frame<'_>, (at, bookmark): (usize, &Bookmark), actions: &mut Actions) {
    let strip = frame.strips.ruler;
    let range = bookmark.range(frame.bounds);
    let color = frame.tokens.outgoing;
    if !bookmark.is_moment()
        && let Some(band) = frame.band(range, strip)
    {
        let line = Rect::from_min_max(pos2(band.left(), strip.top()), pos2(band.right(), strip.top() + 2.0));
        ui.painter_at(strip).rect_filled(line, 0.0, color);
    }
    let x = frame.snap(frame.axis.x_from_time(range.start));
    if !strip.x_range().contains(x) {
        return;
    }
    let [width, height] = SIZE;
    let rect = Rect::from_min_max(pos2(x, strip.top()), pos2(x + width, strip.top() + height));
    let response = ui.interact(rect.expand(3.0), frame.id(("bookmark", at)), Sense::click());
    let time = frame.document.offset_of(range.start);
    let name = format!("Bookmark at {time}: {}", visible(&bookmark.note));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    let painter = ui.painter_at(strip);
    painter.vline(x, strip.y_range(), Stroke::new(1.0, color));
    let corners = vec![rect.left_top(), pos2(rect.right(), rect.center().y), rect.left_bottom()];
    let edge = if frame.document.noted.current == Some(at) { frame.tokens.text } else { frame.tokens.background };
    painter.add(Shape::convex_polygon(corners, color, Stroke::new(1.0, edge)));
    let note = if bookmark.note.is_empty() { "Bookmark".to_owned() } else { visible(&bookmark.note).into_owned() };
    let hint = format!("{note}\n{time}");
    if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint).clicked() {
        actions.push(PanelAction::OpenPanel(Panel::Bookmarks));
        actions.push(BookmarkAction::GoTo(at));
    }
}
