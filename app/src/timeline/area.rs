//! Selecting time on rows: what a drag selects, edges that snap to spans and can be moved, and how the selection looks.

use egui::{Color32, CursorIcon, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;

use crate::action::action::{Actions, SelectAction};
use crate::fmt::time::duration;
use crate::state::row::{Row, RowKind};
use crate::timeline::cache::TimelineCache;
use crate::timeline::drag::Drag;
use crate::timeline::frame::{Frame, TimelineSlot};
use crate::timeline::visible::Visible;

/// An edge snaps to the start or end of a span that is at most so far away, points.
const SNAP: f32 = 5.0;
/// Steps of the glow at the edge that what is pointed to lies beyond.
const GLOW: u8 = 8;
/// An edge is caught from this far, points.
const REACH: f32 = 4.0;
/// Spans that are looked at around an edge at most, for one to snap to.
const NEAR: usize = 16;

/// The time of a place, or of the start or end of a span near it on the row there. With Alt held, the time itself.
#[must_use]
pub fn snapped(ui: &Ui, frame: &Frame<'_>, at: Pos2) -> f64 {
    let x = at.x.clamp(frame.axis.left, frame.axis.right());
    let nanos = frame.axis.nanos_from_x(x);
    let is_free = ui.input(|input| input.modifiers.alt) || !frame.strips.lanes.contains(at);
    let row = if is_free { None } else { frame.row_at(at) };
    row.and_then(|row| edge_near(frame, &row, x)).map_or(nanos, |time| time.0 as f64)
}

/// The start or end of a span (or task) on a row that is nearest to a place.
fn edge_near(frame: &Frame<'_>, row: &Row, x: f32) -> Option<TraceTime> {
    let (start, end) = (frame.axis.time_from_x(x - SNAP), frame.axis.time_from_x(x + SNAP));
    let range = TimeRange::new(start, end.plus_nanos(1));
    let spans = |lane: LaneId| frame.trace.spans(lane, range).take(NEAR).map(|span| span.range).collect::<Vec<_>>();
    let ranges = match row.kind {
        RowKind::Lane(lane) => spans(lane),
        RowKind::Shared(shared) => {
            let gos = frame.document.rows.groups()?.alive_on(shared, range).take(NEAR);
            gos.flat_map(|go| spans(LaneId::Goroutine(go))).take(NEAR).collect()
        }
        RowKind::Tasks(row) => {
            let tasks = frame.document.rows.tasks().alive_on(row, 0, range).take(NEAR);
            let tasks = tasks.filter_map(|idx| frame.trace.task(idx));
            tasks.map(|task| trace_core::analysis::tasks::life(frame.trace, &task)).collect()
        }
        RowKind::Heading(_) | RowKind::Group(_) | RowKind::TaskGroup(_) => Vec::new(),
    };
    let edges = ranges.into_iter().flat_map(|range| [range.start, range.end]);
    let away = |time: &TraceTime| (frame.axis.x_from_time(*time) - x).abs();
    edges.filter(|time| away(time) <= SNAP).min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// The rows between two heights, points below the upper edge of the first row.
#[must_use]
pub fn rows_between(frame: &Frame<'_>, one: f64, other: f64) -> Vec<RowKind> {
    let (top, bottom) = (one.min(other), one.max(other));
    frame.layout.rows_between(top, bottom + 0.5).map(|row| row.kind).collect()
}

/// How far a place is below the upper edge of the first row, points.
#[must_use]
pub fn height_at(frame: &Frame<'_>, at: Pos2) -> f64 {
    let y = at.y.clamp(frame.strips.lanes.top(), frame.strips.lanes.bottom() - 1.0);
    f64::from(y - frame.strips.lanes.top()) + frame.view.scroll_points
}

/// The edges of the selected time, which can be dragged.
pub fn edges_ui(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache, actions: &mut Actions) {
    let Some(marked) = frame.document.marked else { return };
    let strip = frame.strips.on_axis();
    for (is_end, time) in [(false, marked.start), (true, marked.end)] {
        let x = frame.axis.x_from_time(time);
        let moves = matches!(cache.drag, Some(Drag::AreaEdge(moved)) if moved == is_end);
        if !moves && (x < strip.left() || x > strip.right()) {
            continue;
        }
        let x = x.clamp(strip.left(), strip.right());
        let rect = Rect::from_min_max(pos2(x - REACH, strip.top()), pos2(x + REACH, strip.bottom()));
        let response = ui.interact(rect, frame.id(("edge", is_end)), Sense::drag());
        let name = if is_end { "End of the selected time" } else { "Start of the selected time" };
        let at = frame.document.offset_of(time);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Splitter, true, format!("{name}, {at}")));
        drag_edge(ui, frame, cache, (&response, is_end, marked), actions);
    }
}

fn drag_edge(
    ui: &Ui,
    frame: &Frame<'_>,
    cache: &mut TimelineCache,
    (response, is_end, marked): (&Response, bool, TimeRange),
    actions: &mut Actions,
) {
    if response.hovered() || response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    if response.drag_started() {
        cache.drag = Some(Drag::AreaEdge(is_end));
    }
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
        && let Some(Drag::AreaEdge(is_end)) = cache.drag
    {
        #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
        let to = TraceTime(snapped(ui, frame, at).round() as i64);
        let crosses = if is_end { to < marked.start } else { to > marked.end };
        if crosses {
            cache.drag = Some(Drag::AreaEdge(!is_end));
        }
        if to != if is_end { marked.end } else { marked.start } {
            actions.push(SelectAction::MoveEdge(is_end, to));
        }
    }
    if response.drag_stopped() {
        cache.drag = None;
    }
}

/// Paints the selected time on the selected rows, or on all.
pub fn paint(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], range: TimeRange) {
    let rows = frame.document.area.as_ref().map_or(&[][..], |area| &area.rows);
    let lanes = frame.strips.lanes;
    let Some(band) = frame.band(range, lanes) else { return };
    if frame.document.area.is_none() {
        return stretch(ui, frame, range, (lanes, ""));
    }
    stretch(ui, frame, range, (lanes.with_max_y(lanes.top()), ""));
    let painter = ui.painter_at(lanes);
    let chosen = visible.iter().filter(|row| rows.contains(&row.row.kind));
    let mut outline: Option<Rect> = None;
    for row in chosen {
        let rect = row.rect(frame).intersect(band);
        painter.rect_filled(rect, 0.0, frame.colors.marked);
        outline = Some(match outline {
            Some(known) if (known.bottom() - rect.top()).abs() < 1.0 => known.union(rect),
            Some(known) => {
                painter.rect_stroke(known, 0.0, Stroke::new(1.0, frame.tokens.accent), StrokeKind::Inside);
                rect
            }
            None => rect,
        });
    }
    if let Some(outline) = outline {
        painter.rect_stroke(outline, 0.0, Stroke::new(1.0, frame.tokens.accent), StrokeKind::Inside);
    }
}

/// Paints what a drag that goes on will select.
pub fn paint_drag(ui: &Ui, frame: &Frame<'_>, range: TimeRange, [one, other]: [f64; 2]) {
    let lanes = frame.strips.lanes;
    stretch(ui, frame, range, (lanes.with_max_y(lanes.top()), ""));
    let Some(band) = frame.band(range, lanes) else { return };
    let (top, bottom) = (one.min(other), one.max(other));
    let mut rows = frame.layout.rows_between(top, bottom + 0.5);
    let Some(first) = rows.next() else { return };
    let last = rows.last().unwrap_or(first);
    let rect = Rect::from_min_max(
        pos2(band.left(), frame.y_of(&first)),
        pos2(band.right(), frame.y_of(&last) + last.height as f32),
    );
    let painter = ui.painter_at(lanes);
    painter.rect_filled(rect, 0.0, frame.colors.marked);
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, frame.tokens.accent), StrokeKind::Inside);
}

/// Paints a range over ruler, counters and the part of the lanes that `lanes` is, with the times of its edges and its
/// length. `verb` stands before the length.
pub fn stretch(ui: &Ui, frame: &Frame<'_>, range: TimeRange, (lanes, verb): (Rect, &str)) {
    let strip = frame.strips.ruler.union(lanes);
    let Some(rect) = frame.band(range, strip) else { return };
    let painter = ui.painter_at(strip);
    painter.rect_filled(rect, 0.0, frame.colors.marked);
    let whole = frame.strips.on_axis();
    let edges = ui.painter_at(whole);
    for x in [rect.left(), rect.right()] {
        if x > strip.left() && x < strip.right() {
            painter.vline(x, strip.y_range(), Stroke::new(1.0, frame.tokens.accent));
            if strip.bottom() < whole.bottom() {
                // Where only some rows are selected, the edges still show where they can be dragged.
                let faint = frame.tokens.accent.gamma_multiply(0.35);
                edges.vline(x, strip.bottom()..=whole.bottom(), Stroke::new(1.0, faint));
            }
        }
    }
    let text = format!("{verb}{}", duration(range.nanos()));
    let middle = frame.strips.ruler.bottom() + 12.0;
    pill(ui, frame, (text, rect.center().x, middle));
    let step = 10i64.pow((frame.axis.nanos_per_point().max(1.0).log10().floor() as u32).min(15));
    let y = frame.strips.ruler.center().y;
    for (time, x, side) in [(range.start, rect.left(), -1.0_f32), (range.end, rect.right(), 1.0)] {
        // Two timelines have no room for them.
        if frame.slot == TimelineSlot::Alone && x > strip.left() && x < strip.right() {
            let text = frame.origin.text(frame.on_ruler(time), step);
            let width = ui.painter().layout_no_wrap(text.clone(), frame.font(), Color32::PLACEHOLDER).size().x + 10.0;
            pill(ui, frame, (text, x + side * (width / 2.0 + 1.0), y));
        }
    }
}

/// Text on a ground, around a place but within the axis.
fn pill(ui: &Ui, frame: &Frame<'_>, (text, x, y): (String, f32, f32)) {
    let strip = frame.strips.on_axis();
    let painter = ui.painter_at(strip);
    let galley = painter.layout_no_wrap(text, frame.font(), frame.tokens.background);
    let size = galley.size() + vec2(10.0, 4.0);
    let left = (x - size.x / 2.0).clamp(strip.left() + 1.0, (strip.right() - size.x - 1.0).max(strip.left() + 1.0));
    let rect = Rect::from_min_size(pos2(left, y - size.y / 2.0), size);
    painter.rect_filled(rect, 4.0, frame.tokens.accent);
    painter.galley(rect.min + vec2(5.0, 2.0), galley, frame.tokens.background);
}

/// Shows the time that is under the pointer in a panel: a band, or where it lies if that is out of view.
pub fn pointed(ui: &Ui, frame: &Frame<'_>) {
    let Some(range) = frame.document.pointed else { return };
    let (strip, color) = (frame.strips.on_axis(), frame.tokens.accent);
    let painter = ui.painter_at(strip);
    let (x0, x1) = (frame.axis.x_from_time(range.start), frame.axis.x_from_time(range.end));
    if x1 < strip.left() || x0 > strip.right() {
        let (edge, inward) = if x1 < strip.left() { (strip.left(), 1.0) } else { (strip.right(), -1.0) };
        for step in 0_u8..GLOW {
            let x = edge + f32::from(step) * 2.0 * inward;
            let part = f32::from(GLOW - step) / f32::from(GLOW);
            let bar = Rect::from_two_pos(pos2(x, strip.top()), pos2(x + 2.0 * inward, strip.bottom()));
            painter.rect_filled(bar, 0.0, color.gamma_multiply(0.4 * part * part));
        }
        return;
    }
    if let Some(band) = frame.band(range, strip) {
        painter.rect_filled(band, 0.0, color.gamma_multiply(0.12));
    }
    for x in [x0, x1].into_iter().filter(|x| strip.x_range().contains(*x)) {
        painter.vline(frame.snap(x), strip.y_range(), Stroke::new(1.5, color));
    }
}

/// The moment that the instant view shows, and the one that it is compared with.
pub fn moments(ui: &Ui, frame: &Frame<'_>) {
    let Some(moment) = frame.document.instant else { return };
    let strip = frame.strips.on_axis();
    for (time, color) in [(moment.against, frame.tokens.muted), (Some(moment.at), frame.tokens.outgoing)] {
        let Some(x) = time.map(|time| frame.snap(frame.axis.x_from_time(time))) else { continue };
        if x >= strip.left() && x <= strip.right() {
            ui.painter_at(strip).vline(x, strip.y_range(), Stroke::new(1.5, color));
        }
    }
}

/// Points out a range that a panel is about, without selecting it.
pub fn highlight(ui: &Ui, frame: &Frame<'_>) {
    let Some(range) = frame.document.highlight else { return };
    let strip = frame.strips.on_axis();
    let Some(rect) = frame.band(range, strip) else { return };
    let painter = ui.painter_at(strip);
    painter.rect_filled(rect, 0.0, frame.tokens.warning.gamma_multiply(0.10));
    for x in [rect.left(), rect.right()] {
        if x > strip.left() && x < strip.right() {
            painter.vline(x, strip.y_range(), Stroke::new(1.0, frame.tokens.warning));
        }
    }
}
