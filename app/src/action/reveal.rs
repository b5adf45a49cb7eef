//! Which times and rows of a document are in view: moving there, and keeping what matters in view while the window changes.

use trace_core::analysis::tasks::life;
use trace_core::base::ids::TaskIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;

use crate::action::history::remember;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::row::{RowKind, RowSizes};
use crate::state::section::Section;
use crate::state::view::{Selection, View};

/// Air left of the first and right of the last instant after a jump there, as a fraction of the view.
const EDGE_AIR: f64 = 0.02;

/// Changes what is in view: `change` gets it with the times that can be. Nothing happens before anything is in view.
pub(super) fn move_view(document: &mut Document, change: impl FnOnce(View, TimeRange) -> View) {
    let bounds = document.reach();
    document.view = document.view.map(|view| change(view, bounds));
}

/// Scrolls the rows by so many points, no further than there are any. By 0 it mends what other rows made wrong.
pub(super) fn scroll(document: &mut Document, points: f64) {
    let content = document.layout().height();
    let height = document.lanes_height_points;
    document.view = document.view.map(|view| view.scroll(points, content, height));
}

/// Shows all times; rows stay where they are.
pub(super) fn show_all(document: &mut Document) {
    move_view(document, |view, bounds| View { scroll_points: view.scroll_points, ..View::whole(bounds) });
}

/// Shows an instant that is out of view in the middle.
pub(super) fn centre(document: &mut Document, time: TraceTime) {
    if document.view.is_none_or(|view| view.range().contains(time)) {
        return;
    }
    remember(document);
    move_view(document, |view, bounds| {
        View { start_nanos: time.0 as f64 - view.span_nanos / 2.0, ..view }.clamp(bounds)
    });
}

/// Shows the start (-1) or the end (+1) of the trace, as close as now.
pub(super) fn jump_to_edge(document: &mut Document, side: i32) {
    remember(document);
    move_view(document, |view, bounds| {
        let air = view.span_nanos * EDGE_AIR;
        let start = if side < 0 { bounds.start.0 as f64 - air } else { bounds.end.0 as f64 + air - view.span_nanos };
        View { start_nanos: start, ..view }.clamp(bounds)
    });
}

/// Brings the row of a lane into view, unfolded and with the others back if it was filtered out; and the time, if one is given.
pub(super) fn reveal(document: &mut Document, lane: LaneId, time: Option<TraceTime>) {
    document.folds.unfold(Section::of(lane));
    // Whoever wants to see a hidden lane wants to see more than the others.
    if document.lane_filter.is_some()
        && document.rows.lane_filter() == document.lane_filter.as_ref()
        && !document.rows.has(lane)
    {
        document.lane_filter = None;
        document.rows_due = Some(Some(lane));
    }
    unfold_group_of(document, lane);
    // Only then is it known which rows there are.
    move_view(document, |view, bounds| {
        // What is in view already stays where it is, however near the edge.
        let unseen = time.filter(|time| {
            let at = time.0 as f64;
            at < view.start_nanos || at > view.end_nanos() - view.span_nanos * EDGE_AIR
        });
        unseen.map_or(view, |time| view.reveal_time(time, bounds))
    });
    let layout = document.layout();
    let (row, content, height) = (layout.row_of(lane), layout.height(), document.lanes_height_points);
    move_view(document, |view, _| row.map_or(view, |row| view.reveal_row(row.top, row.height, content, height)));
}

/// Brings a task into sight: its row, and its beginning.
pub(super) fn reveal_task(document: &mut Document, idx: TaskIdx) {
    let Some(task) = document.trace.task(idx) else { return };
    document.folds.unfold(Section::Tasks);
    if document.lane_filter.is_some()
        && document.rows.lane_filter() == document.lane_filter.as_ref()
        && document.rows.tasks().row_of(idx).is_none()
    {
        document.lane_filter = None;
        document.rows_due = Some(None);
    }
    let groups = document.rows.tasks().groups();
    let group = document.rows.tasks().row_of(idx).and_then(|row| groups.list().get(groups.group_of(row)));
    if let Some(group) = group.filter(|group| document.folds.folded_group(group)) {
        document.folds.toggle_group(group);
    }
    let life = life(&document.trace, &task);
    move_view(document, |view, bounds| {
        let is_seen = view.range().overlaps(life) && view.range().contains(life.start);
        if is_seen { view } else { view.reveal_time(life.start, bounds) }
    });
    let layout = document.layout();
    let (row, content, height) = (layout.row_of_task(idx), layout.height(), document.lanes_height_points);
    move_view(document, |view, _| row.map_or(view, |row| view.reveal_row(row.top, row.height, content, height)));
}

/// Unfolds the group of a goroutine, which is to be seen.
fn unfold_group_of(document: &mut Document, lane: LaneId) {
    let (LaneId::Goroutine(go), Some(groups)) = (lane, document.rows.groups()) else { return };
    let group = groups.row_of(go).and_then(|row| groups.list().get(groups.group_of(row)));
    if let Some(group) = group.filter(|group| document.folds.folded_group(group)) {
        document.folds.toggle_group(group);
    }
}

/// Once new rows are there: the lane that was asked for, or the first goroutine's.
pub(super) fn reveal_in_new_rows(document: &mut Document) {
    let lane = document.reveal_later.take();
    let first = || document.lane_filter.as_ref().and_then(|_| document.rows.first_in(Section::Goroutines));
    match lane.or_else(first) {
        Some(lane) => reveal(document, lane, None),
        None => scroll(document, 0.0),
    }
}

/// The lane area has another width. What is selected and in view stays in view: the panels that open with the first
/// selection must not hide it.
pub(super) fn widen(document: &mut Document, from: View, to: View) {
    let Some(view) = &mut document.view else { return };
    if !view.shows_times_of(&from) {
        return;
    }
    (view.start_nanos, view.span_nanos) = (to.start_nanos, to.span_nanos);
    let selected = match document.selection {
        Selection::Span(at) => document.trace.span(at).map(|span| span.range),
        Selection::Region(region) => Some(region.range),
        Selection::Task(task) => document.trace.task(task).map(|task| life(&document.trace, &task)),
        Selection::Lane(_) | Selection::None => None,
    };
    let is_hidden = |range: &TimeRange| range.overlaps(from.range()) && !range.overlaps(to.range());
    if let Some(range) = selected.filter(is_hidden) {
        move_view(document, |view, bounds| view.reveal_time(range.start, bounds));
    }
}

/// The lane area has another height. A selected lane in view stays in view: the panels that open with
/// the first selection must not hide it.
pub(super) fn resize(document: &mut Document, points: f64) {
    let before = std::mem::replace(&mut document.lanes_height_points, points);
    if points < before {
        keep_area_in_sight(document);
    }
    let (Some(lane), Some(view)) = (document.selection.lane(), document.view) else { return };
    let row = document.layout().row_of(lane);
    let seen =
        row.is_some_and(|row| row.top + row.height > view.scroll_points && row.top < view.scroll_points + before);
    if seen && points < before {
        reveal(document, lane, None);
    }
}

/// Scrolls as far as the selected rows need it: the panel about them must not hide them.
fn keep_area_in_sight(document: &mut Document) {
    let Some(area) = &document.area else { return };
    let layout = document.layout();
    let find = |row: Option<&RowKind>| row.and_then(|row| layout.find(*row));
    let Some((first, last)) = find(area.rows.first()).zip(find(area.rows.last())) else { return };
    let (content, height) = (layout.height(), document.lanes_height_points);
    let rows = (last.top + last.height - first.top).min(height);
    move_view(document, |view, _| view.reveal_row(first.top, rows, content, height));
}

/// Gives rows the height that the settings say; the uppermost row in view stays there.
pub(super) fn resize_rows(state: &mut AppState) {
    let sizes = RowSizes::of(state.settings.compact_rows);
    for document in &mut state.documents {
        let first = document.view.and_then(|view| document.layout().row_at(view.scroll_points));
        document.sizes = sizes;
        let Some(row) = first else { continue };
        let top = document.layout().find(row.kind).map(|now| now.top);
        if let (Some(view), Some(top)) = (&mut document.view, top.filter(|_| !row.is_pinned)) {
            view.scroll_points = top;
        }
        scroll(document, 0.0);
    }
}
