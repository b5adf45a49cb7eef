//! The whole trace in one strip: how many goroutines ran and waited to run, where the collector
//! worked, where nothing could be read; and the frame that shows which part is in view.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Align2, CursorIcon, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2};

use crate::action::action::{Actions, ViewAction};
use crate::fmt::time::duration;
use crate::state::view::View;
use crate::theme::lanes::mix;
use crate::timeline::axis::Axis;
use crate::timeline::cache::{Numbered, TimelineCache};
use crate::timeline::drag::Drag;
use crate::timeline::frame::{Frame, TimelineSlot};
use crate::timeline::shapes::hatched;

/// An edge of the frame is caught from this far, points.
const EDGE_REACH: f32 = 5.0;
/// Height of a tick where the search has hits, points.
const HIT: f32 = 7.0;
/// The frame is never painted narrower, points.
const FRAME_LEAST: f32 = 6.0;

/// How many columns the minimap has in a frame.
#[must_use]
pub fn columns(frame: &Frame<'_>) -> u32 {
    // A column is two pixels wide.
    (frame.strips.minimap.width() * frame.pixels / 2.0).max(1.0) as u32
}

/// The minimap, and what the pointer does on it.
pub fn ui(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache, actions: &mut Actions) {
    let strip = frame.strips.minimap;
    let whole = View {
        start_nanos: frame.overview().start.0 as f64,
        span_nanos: (frame.overview().nanos() as f64).max(1.0),
        scroll_points: 0.0,
    };
    let axis = Axis::new(&whole, strip.left(), strip.width());
    let painter = ui.painter_at(strip);
    let all = frame.strips.gutter_of(strip).union(strip).union(strip.with_max_x(frame.strips.scroll_bar.right()));
    ui.painter().rect_filled(all, 0.0, frame.tokens.panel);
    painter.rect_filled(strip, 0.0, frame.tokens.background);

    if let Some(Numbered { made: density, number }) = cache.density() {
        let key = (number, axis, strip, frame.pixels.to_bits(), frame.tokens.dark);
        let kept = cache.density_mesh.take().filter(|(made_of, _)| *made_of == key);
        let mesh =
            kept.map_or_else(|| Arc::new(density.mesh(strip, &axis, frame.colors, frame.pixel())), |(_, mesh)| mesh);
        painter.add(Shape::Mesh(Arc::clone(&mesh)));
        cache.density_mesh = Some((key, mesh));
    }
    for gap in frame.trace.warnings().iter().filter_map(|warning| warning.gap) {
        let (x0, x1) = (axis.x_from_time(gap.start), axis.x_from_time(gap.end));
        let rect = Rect::from_min_max(pos2(x0, strip.top()), pos2(x1.max(x0 + 2.0), strip.bottom()));
        painter.add(Shape::mesh(hatched(rect, frame.colors.hole_opaque, 6.0)));
    }
    hits(&painter, frame, strip, &axis);
    if let Some(marked) = frame.document.marked {
        let (x0, x1) = (axis.x_from_time(marked.start), axis.x_from_time(marked.end));
        let rect = Rect::from_min_max(pos2(x0, strip.top()), pos2(x1.max(x0 + 1.0), strip.bottom()));
        painter.rect_filled(rect, 0.0, frame.colors.marked);
    }
    if let Some(counted) = frame.counted {
        painter.rect_filled(strip.with_max_x(axis.x_from_time(counted.start)), 0.0, frame.colors.shade);
        painter.rect_filled(strip.with_min_x(axis.x_from_time(counted.end)), 0.0, frame.colors.shade);
    }
    let window = window(&axis, &frame.view, strip);
    paint_window(&painter, frame, strip, window);
    gutter(ui, frame);
    drag(ui, frame, cache, actions, &axis, window);
}

/// Where the search has hits: ticks at the lower edge.
fn hits(painter: &egui::Painter, frame: &Frame<'_>, strip: Rect, axis: &Axis) {
    let Some(found) = frame.document.search.found() else { return };
    let parts = found.over_time.len().max(1) as f64;
    let length = frame.bounds.nanos() as f64 / parts;
    let mut mesh = Mesh::default();
    for (at, _) in found.over_time.iter().enumerate().filter(|part| *part.1 > 0) {
        let x = frame.snap(axis.x_from_nanos(frame.bounds.start.0 as f64 + length * at as f64));
        let tick = Rect::from_min_max(pos2(x, strip.bottom() - HIT), pos2(x + 2.0 * frame.pixel(), strip.bottom()));
        mesh.add_colored_rect(tick, frame.tokens.outgoing);
    }
    painter.add(Shape::mesh(mesh));
}

fn window(axis: &Axis, view: &View, strip: Rect) -> Rect {
    let (x0, x1) = (axis.x_from_nanos(view.start_nanos), axis.x_from_nanos(view.end_nanos()));
    let (x0, x1) = (x0.max(strip.left()), x1.min(strip.right()));
    let air = (FRAME_LEAST - (x1 - x0)).max(0.0) / 2.0;
    Rect::from_min_max(pos2(x0 - air, strip.top()), pos2(x1 + air, strip.bottom()))
}

fn paint_window(painter: &egui::Painter, frame: &Frame<'_>, strip: Rect, window: Rect) {
    painter.rect_filled(strip.with_max_x(window.left()), 0.0, frame.colors.shade);
    painter.rect_filled(strip.with_min_x(window.right()), 0.0, frame.colors.shade);
    painter.rect_stroke(window, 2.0, Stroke::new(1.0, frame.tokens.accent), StrokeKind::Inside);
    for x in [window.left(), window.right()] {
        let grip = Rect::from_center_size(pos2(x, strip.center().y), egui::vec2(4.0, 14.0));
        painter.rect_filled(grip, 2.0, frame.tokens.accent);
    }
    painter.hline(strip.x_range(), strip.bottom() - frame.pixel() / 2.0, Stroke::new(frame.pixel(), frame.tokens.line));
}

fn gutter(ui: &Ui, frame: &Frame<'_>) {
    if frame.slot != TimelineSlot::Alone {
        // The name of the trace stands there.
        return;
    }
    let place = frame.strips.gutter_of(frame.strips.minimap);
    let painter = ui.painter_at(place);
    let at = pos2(place.left() + 12.0, place.center().y);
    painter.text(at, Align2::LEFT_CENTER, "Whole trace", frame.font(), frame.tokens.muted);
    let at = pos2(place.right() - 8.0, place.center().y);
    let color = mix(frame.tokens.panel, frame.tokens.text, 0.9);
    painter.text(at, Align2::RIGHT_CENTER, duration(frame.bounds.nanos()), frame.font(), color);
}

fn drag(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache, actions: &mut Actions, axis: &Axis, window: Rect) {
    let response = ui.interact(frame.strips.minimap, frame.id("overview"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Slider, true, "Overview of the whole trace"));
    let Some(pointer) = response.interact_pointer_pos().or_else(|| response.hover_pos()) else { return };
    let (left, right) =
        ((pointer.x - window.left()).abs() < EDGE_REACH, (pointer.x - window.right()).abs() < EDGE_REACH);
    let edge = (left || right) && window.width() > 3.0 * EDGE_REACH;
    ui.ctx().set_cursor_icon(match (response.dragged(), edge, window.contains(pointer)) {
        (true, ..) | (_, false, true) => CursorIcon::Grab,
        (_, true, _) => CursorIcon::ResizeHorizontal,
        _ => CursorIcon::PointingHand,
    });
    let time = axis.nanos_from_x(pointer.x);
    if response.drag_started() {
        cache.drag =
            Some(begin(frame, ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer), axis, window));
    }
    let moved = match cache.drag {
        _ if response.clicked() => Some(View { start_nanos: time - frame.view.span_nanos / 2.0, ..frame.view }),
        Some(Drag::Overview(grip)) if response.dragged() => Some(View { start_nanos: time - grip, ..frame.view }),
        Some(Drag::OverviewEdge(fixed)) if response.dragged() => {
            Some(View { start_nanos: fixed.min(time), span_nanos: (fixed - time).abs().max(1.0), ..frame.view })
        }
        _ => None,
    };
    if response.drag_stopped() {
        cache.drag = None;
    }
    if let Some(view) = moved.map(|view| view.clamp(frame.reach)).filter(|view| *view != frame.view) {
        if response.dragged() {
            cache.motion.set_directly(view);
        } else {
            actions.push(ViewAction::RememberPlace);
        }
        actions.push(ViewAction::SetView(view));
        ui.ctx().request_repaint();
    }
}

/// What a drag that begins at `pointer` moves: the edge or the frame that it is on, or a frame that
/// jumps there.
fn begin(frame: &Frame<'_>, pointer: Pos2, axis: &Axis, window: Rect) -> Drag {
    let time = axis.nanos_from_x(pointer.x);
    if window.width() > 3.0 * EDGE_REACH {
        if (pointer.x - window.left()).abs() < EDGE_REACH {
            return Drag::OverviewEdge(frame.view.end_nanos());
        }
        if (pointer.x - window.right()).abs() < EDGE_REACH {
            return Drag::OverviewEdge(frame.view.start_nanos);
        }
    }
    Drag::Overview(if window.contains(pointer) { time - frame.view.start_nanos } else { frame.view.span_nanos / 2.0 })
}
