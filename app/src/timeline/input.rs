//! What the pointer does to the view: wheel, drags, clicks. Keys are the shell's.

use egui::{CursorIcon, Pos2, Ui};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, RowsAction, SelectAction, ViewAction};
use crate::state::row::RowKind;
use crate::state::view::{FIT_AIR, View};
use crate::timeline::area;
use crate::timeline::arrows::{Arrow, Arrows};
use crate::timeline::cache::TimelineCache;
use crate::timeline::canvas::Canvas;
use crate::timeline::drag::Drag;
use crate::timeline::frame::Frame;
use crate::timeline::hit::Hit;
use crate::timeline::hit::pointed_span;

/// The view as the pointer has moved it in this frame, if it has.
pub fn moved_view(
    ui: &Ui,
    frame: &Frame<'_>,
    canvas: &Canvas,
    cache: &mut TimelineCache,
    actions: &mut Actions,
) -> Option<View> {
    let wheeled = wheel(ui, frame);
    let moved = drag(ui, frame, canvas, cache, actions).or(wheeled).filter(|view| *view != frame.view)?;
    cache.motion.set_directly(moved);
    actions.push(ViewAction::SetView(moved));
    ui.ctx().request_repaint();
    Some(moved)
}

fn wheel(ui: &Ui, frame: &Frame<'_>) -> Option<View> {
    let strips = &frame.strips;
    let reach = strips.gutter_of(strips.on_axis()).union(strips.on_axis()).union(strips.scroll_bar);
    if !ui.rect_contains_pointer(reach) {
        return None;
    }
    let (scroll, zoom, pointer) =
        ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.pointer.hover_pos()));
    let content = frame.layout.height();
    let height = f64::from(strips.lanes.height());
    let mut view = frame.view;
    if (zoom - 1.0).abs() > 1e-4 {
        let at = pointer.filter(|at| strips.on_axis().x_range().contains(at.x)).map(|at| frame.axis.nanos_from_x(at.x));
        view = view.zoom(1.0 / f64::from(zoom), at, frame.reach);
    }
    if scroll.x != 0.0 {
        view = view.pan(-f64::from(scroll.x / frame.axis.width), frame.reach);
    }
    if scroll.y != 0.0 {
        view = view.scroll(-f64::from(scroll.y), content, height);
    }
    (view != frame.view).then_some(view)
}

fn drag(ui: &Ui, frame: &Frame<'_>, canvas: &Canvas, cache: &mut TimelineCache, actions: &mut Actions) -> Option<View> {
    let (modifiers, origin, now) =
        ui.input(|input| (input.modifiers, input.pointer.press_origin(), input.pointer.latest_pos()));
    let time_at = |at: Pos2| frame.axis.nanos_from_x(at.x.clamp(frame.axis.left, frame.axis.right()));
    if canvas.lanes.drag_started()
        && let Some(origin) = origin
    {
        cache.drag = Some(if modifiers.command {
            Drag::Zoom(time_at(origin))
        } else if modifiers.shift {
            Drag::Area(area::snapped(ui, frame, origin), area::height_at(frame, origin))
        } else {
            Drag::Pan(frame.view, origin)
        });
    } else if canvas.ruler.drag_started()
        && let Some(origin) = origin
    {
        cache.drag = Some(if modifiers.command { Drag::Zoom(time_at(origin)) } else { Drag::Mark(time_at(origin)) });
    }
    let now = now?;
    if canvas.lanes.drag_stopped() || canvas.ruler.drag_stopped() {
        match cache.drag.take() {
            Some(Drag::Zoom(from)) => actions.push(ViewAction::ShowRange(between(from, time_at(now)))),
            Some(Drag::Mark(from)) => actions.push(SelectAction::SelectArea(between(from, time_at(now)), Vec::new())),
            Some(Drag::Area(from, height)) => {
                let rows = area::rows_between(frame, height, area::height_at(frame, now));
                actions.push(SelectAction::SelectArea(between(from, area::snapped(ui, frame, now)), rows));
            }
            _ => {}
        }
        return None;
    }
    match cache.drag {
        Some(Drag::Pan(from, origin)) if canvas.lanes.dragged() => {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            let moved = now - origin;
            let pan = -f64::from(moved.x / frame.axis.width);
            let height = f64::from(frame.strips.lanes.height());
            Some(from.pan(pan, frame.reach).scroll(-f64::from(moved.y), frame.layout.height(), height))
        }
        Some(Drag::Zoom(_) | Drag::Mark(_) | Drag::Area(..)) if canvas.lanes.dragged() || canvas.ruler.dragged() => {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
            None
        }
        Some(Drag::Pan(..) | Drag::Zoom(_) | Drag::Mark(_) | Drag::Area(..)) => {
            // The release was lost, or Esc took it.
            cache.drag = None;
            None
        }
        _ => None,
    }
}

/// What a drag over time does at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Marking {
    /// Zooms to the time.
    Zoom,
    /// Selects time, on whatever rows.
    Time,
    /// Selects the time on the rows between these heights, points below the first row's upper edge.
    Rows([f64; 2]),
}

/// The time that a drag has gone over so far, and what it will do.
#[must_use]
pub fn marking(
    ui: &Ui,
    frame: &Frame<'_>,
    cache: &TimelineCache,
    pointer: Option<Pos2>,
) -> Option<(TimeRange, Marking)> {
    let at = pointer?;
    let now = frame.axis.nanos_from_x(at.x.clamp(frame.axis.left, frame.axis.right()));
    match cache.drag {
        Some(Drag::Zoom(from)) => Some((between(from, now), Marking::Zoom)),
        Some(Drag::Mark(from)) => Some((between(from, now), Marking::Time)),
        Some(Drag::Area(from, height)) => {
            let range = between(from, area::snapped(ui, frame, at));
            Some((range, Marking::Rows([height, area::height_at(frame, at)])))
        }
        _ => None,
    }
}

/// The whole nanoseconds between two places.
fn between(a: f64, b: f64) -> TimeRange {
    TimeRange::new(TraceTime(a.min(b).floor() as i64), TraceTime(a.max(b).ceil() as i64))
}

/// Clicks on the lanes. One click does one thing.
pub fn clicks(ui: &Ui, frame: &Frame<'_>, canvas: &Canvas, hit: &Hit, arrows: &Arrows, actions: &mut Actions) {
    if canvas.lanes.hovered()
        && matches!(
            hit,
            Hit::Cell { .. } | Hit::Region(_) | Hit::Frame(_) | Hit::Task(_) | Hit::Arrow(_) | Hit::Marker(_)
        )
    {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    if canvas.ruler.clicked() {
        actions.push(SelectAction::ClearArea);
    }
    if canvas.lanes.double_clicked() {
        if let Some(range) = whole_range(frame, hit) {
            actions.push(ViewAction::ShowRange(frame.view.fit(range, FIT_AIR, frame.reach).range()));
        }
        return;
    }
    if !canvas.lanes.clicked() {
        return;
    }
    match hit {
        Hit::Arrow(index) => arrows.list.get(*index).into_iter().for_each(|arrow| follow(arrow, actions)),
        Hit::Marker(index) => {
            let first = arrows.markers.get(*index).and_then(|marker| marker.arrows.first());
            first.and_then(|&first| arrows.list.get(first)).into_iter().for_each(|arrow| follow(arrow, actions));
        }
        Hit::Cell { lane, cell, .. } => {
            let at = canvas.lanes.interact_pointer_pos();
            actions.push(SelectAction::SelectSpan(pointed_span(frame, at, *lane, cell)));
        }
        Hit::Task(bar) if bar.count == 1 => actions.push(SelectAction::SelectTask(bar.task)),
        // Zooming in tells them apart.
        Hit::Task(bar) => actions.push(ViewAction::ShowRange(frame.view.fit(bar.range, FIT_AIR, frame.reach).range())),
        Hit::Log(log) => select_at(frame, log.go, log.time, actions),
        Hit::Sample(sample) => select_at(frame, sample.go, sample.time, actions),
        Hit::Region(region) => actions.push(SelectAction::SelectRegion(*region)),
        Hit::Frame(_) => {
            let lane = canvas.lanes.interact_pointer_pos().and_then(|at| Some((at, frame.row_at(at)?.lane()?)));
            let span = lane.and_then(|(at, lane)| frame.trace.span_at(lane, frame.axis.time_from_x(at.x)));
            actions.push(span.map_or(SelectAction::ClearSelection, |span| SelectAction::SelectSpan(span.at)));
        }
        Hit::Empty(_) | Hit::Nowhere => match heading_at(frame, canvas) {
            Some(action) => actions.push(action),
            None => actions.push(SelectAction::ClearSelection),
        },
    }
}

/// Folds or unfolds what the heading under the pointer heads.
fn heading_at(frame: &Frame<'_>, canvas: &Canvas) -> Option<Action> {
    match frame.row_at(canvas.lanes.interact_pointer_pos()?)?.kind {
        RowKind::Heading(section) => Some(Action::Rows(RowsAction::ToggleSection(section))),
        RowKind::Group(group) => Some(Action::Rows(RowsAction::ToggleGroup(group))),
        RowKind::TaskGroup(group) => Some(Action::Rows(RowsAction::ToggleTaskGroup(group))),
        RowKind::Lane(_) | RowKind::Shared(_) | RowKind::Tasks(_) => None,
    }
}

/// Goes to the other end of an edge.
pub fn follow(arrow: &Arrow, actions: &mut Actions) {
    let end = arrow.far_end();
    match end.span {
        Some(span) => actions.push(SelectAction::GoTo(span)),
        None => {
            actions.push(SelectAction::SelectLane(end.lane));
            actions.push(ViewAction::Reveal { lane: end.lane, time: Some(end.time) });
        }
    }
}

fn select_at(frame: &Frame<'_>, go: GoroutineIdx, time: TraceTime, actions: &mut Actions) {
    let lane = LaneId::Goroutine(go);
    if let Some(span) = frame.trace.span_at(lane, time) {
        actions.push(SelectAction::SelectSpan(span.at));
    }
}

/// What a double click zooms to.
fn whole_range(frame: &Frame<'_>, hit: &Hit) -> Option<TimeRange> {
    match hit {
        Hit::Cell { cell, .. } if cell.count == 1 => frame.trace.span(cell.first).map(|span| span.range),
        Hit::Cell { cell, .. } => Some(cell.range),
        Hit::Region(region) => Some(region.range),
        Hit::Frame(bar) => Some(bar.range),
        Hit::Task(bar) => Some(bar.range),
        _ => None,
    }
}
