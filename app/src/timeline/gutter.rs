//! The labels left of the lanes: names to read, click and hear; fold triangles; the handle that sets
//! the gutter's width.

use egui::{Align2, CursorIcon, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::action::action::{Action, Actions};
use crate::fmt::number;
use crate::state::rows::{LANE_HEIGHT, RowKind, Section};
use crate::state::view::Selection;
use crate::theme::lanes::mix;
use crate::timeline::frame::Frame;
use crate::timeline::input::handle;
use crate::timeline::labels;
use crate::timeline::lanes::Visible;
use crate::timeline::store::Store;
use crate::timeline::words;
use trace_core::model::lanes::LaneId;

/// Left edge of lane labels, points from the gutter's.
const INDENT: f32 = 12.0;

/// The gutter left of the lanes.
pub fn ui(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], store: &mut Store, actions: &mut Actions) {
    let place = frame.strips.gutter_of(frame.strips.lanes);
    ui.painter().rect_filled(place, 0.0, frame.tokens.panel);
    for row in visible {
        let rect = Rect::from_min_size(pos2(place.left(), row.top), vec2(place.width(), row.row.height as f32));
        match row.row.kind {
            RowKind::Heading(section) => heading(ui, frame, section, rect, place, actions),
            RowKind::Lane(lane) => label(ui, frame, lane, rect, store, actions),
        }
    }
    let below = frame.strips.gutter_of(frame.strips.on_axis());
    let edge = Rect::from_min_max(pos2(below.right() - 3.0, below.top()), pos2(below.right() + 2.0, below.bottom()));
    if let Some(pointer) =
        handle(ui, frame.id("gutter"), edge, "Width of the lane labels", CursorIcon::ResizeHorizontal)
    {
        actions.push(Action::SetGutter(pointer.x - frame.strips.gutter_left));
        ui.ctx().request_repaint();
    }
    ui.painter().vline(
        below.right() - frame.pixel() / 2.0,
        below.y_range(),
        Stroke::new(frame.pixel(), frame.tokens.line),
    );
}

fn heading(ui: &Ui, frame: &Frame<'_>, section: Section, rect: Rect, place: Rect, actions: &mut Actions) {
    let count = frame.document.rows.lanes_in(section);
    let folded = frame.document.folds.folded(section);
    let response = ui.interact(rect.intersect(place), frame.id(("section", section)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, section.title()));
    if response.clicked() {
        actions.push(Action::ToggleSection(section));
    }
    let painter = ui.painter_at(place);
    let color = if response.hovered() { frame.tokens.text } else { frame.tokens.muted };
    triangle(&painter, pos2(rect.left() + 14.0, rect.center().y), folded, color);
    let title = painter.text(
        pos2(rect.left() + 24.0, rect.center().y),
        Align2::LEFT_CENTER,
        section.title(),
        frame.font(),
        frame.tokens.text,
    );
    painter.text(
        pos2(title.right() + 6.0, rect.center().y),
        Align2::LEFT_CENTER,
        number::count(u64::from(count)),
        frame.font(),
        frame.tokens.muted,
    );
}

/// A fold triangle: down when unfolded.
pub fn triangle(painter: &egui::Painter, at: egui::Pos2, folded: bool, color: egui::Color32) {
    let corners = if folded {
        vec![at + vec2(-2.5, -4.0), at + vec2(2.5, 0.0), at + vec2(-2.5, 4.0)]
    } else {
        vec![at + vec2(-4.0, -2.5), at + vec2(4.0, -2.5), at + vec2(0.0, 2.5)]
    };
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

fn label(ui: &Ui, frame: &Frame<'_>, lane: LaneId, rect: Rect, store: &mut Store, actions: &mut Actions) {
    let place = frame.strips.gutter_of(frame.strips.lanes);
    let response = ui.interact(rect.intersect(place), frame.id(("lane", lane)), Sense::click());
    let selected = frame.document.selection.lane() == Some(lane);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, words::lane_name(frame.trace, lane)));
    if response.clicked() {
        actions.push(Action::SelectLane(lane));
    }
    let painter = ui.painter_at(place);
    if frame.document.selection == Selection::Lane(lane) || response.hovered() || selected {
        let amount = if selected { 0.20 } else { 0.08 };
        let over = if selected { frame.tokens.accent } else { frame.tokens.text };
        painter.rect_filled(rect, 0.0, mix(frame.tokens.panel, over, amount));
    }
    if !store.names.contains_key(&lane) {
        if store.names.len() > 4096 {
            store.names.clear();
        }
        let (id, function) = words::lane_parts(frame.trace, lane);
        store.names.insert(lane, (id, function.to_owned()));
    }
    let Some((id, function)) = store.names.get(&lane) else { return };
    let advance = |c: char| store.advances.advance(c);
    let room = rect.width() - INDENT - 8.0;
    let (id, function) = labels::lane_label(id, function, room, &advance);
    let y = rect.top() + LANE_HEIGHT as f32 / 2.0;
    let plain = function.is_empty();
    let color = if plain { frame.tokens.text } else { frame.tokens.muted };
    let left = pos2(rect.left() + INDENT, y);
    let after = painter.text(left, Align2::LEFT_CENTER, id, frame.font(), color);
    let at = pos2(after.right() + advance(' ') + 1.0, y);
    painter.text(at, Align2::LEFT_CENTER, function, frame.font(), frame.tokens.text);
    let line = rect.bottom() - frame.pixel() / 2.0;
    painter.hline(rect.x_range(), line, Stroke::new(frame.pixel(), frame.hairline()));
    if response.hovered() {
        response.on_hover_ui(|ui| {
            let (id, function) = words::lane_parts(frame.trace, lane);
            ui.label(if function.is_empty() { id } else { format!("{id} {function}") });
        });
    }
}
