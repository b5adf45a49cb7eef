//! Moving through one document: view, selection, history, flows.

use std::sync::Arc;

use trace_core::analysis::tasks::life;
use trace_core::base::ids::TaskIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::spans::Span;
use trace_core::model::trace::Region;

use crate::action::action::{RowsAction, SelectAction, ViewAction};
use crate::action::effect::{Effect, notify};
use crate::state::app::AppState;
use crate::state::document::{Document, DocumentId};
use crate::state::edges;
use crate::state::grouping::GroupBy;
use crate::state::groups::Groups;
use crate::state::lane_filter::LaneFilter;
use crate::state::order::GoroutineOrder;
use crate::state::pinned::Pin;
use crate::state::row::{MAX_FRAME_LINES, Row, RowKind, RowSizes};
use crate::state::section::Section;
use crate::state::view::{FIT_AIR, Place, Selection, View};

/// Places that the history keeps.
const MAX_HISTORY: usize = 500;
/// Air left of the first and right of the last instant after a jump there, as a fraction of the view.
const EDGE_AIR: f64 = 0.02;

/// Moves the view of a document.
pub(super) fn view(document: &mut Document, action: ViewAction) {
    match action {
        ViewAction::SetView(view) => set_view(document, view),
        ViewAction::RememberPlace => remember(document),
        ViewAction::Zoom { factor, at } => {
            let at = at.or(document.pointer_nanos);
            move_view(document, |view, bounds| view.zoom(factor, at, bounds));
        }
        ViewAction::Pan(fraction) => move_view(document, |view, bounds| view.pan(fraction, bounds)),
        ViewAction::ScrollRows(points) => scroll(document, points),
        ViewAction::ShowRange(range) => {
            remember(document);
            move_view(document, |view, bounds| view.show(range, bounds));
        }
        ViewAction::ShowAll => {
            remember(document);
            show_all(document);
        }
        ViewAction::FitSelection => fit_selection(document),
        ViewAction::Reveal { lane, time } => reveal(document, lane, time),
        ViewAction::Centre(time) => centre(document, time),
        ViewAction::JumpToEdge(side) => jump_to_edge(document, side),
        ViewAction::Back => travel(document, true),
        ViewAction::Forward => travel(document, false),
        ViewAction::LanesHeight(points) => resize(document, points),
        ViewAction::Widen { from, to } => widen(document, from, to),
        ViewAction::PointerAt(at) => {
            document.pointer_nanos = at.map(|at| at.0);
            document.pointer_points = at.map(|at| at.1);
        }
    }
}

/// Selects, marks and goes somewhere. Says so if there is no flow to follow.
pub(super) fn selection(state: &mut AppState, action: SelectAction) -> Vec<Effect> {
    if let SelectAction::FollowFlow { outgoing } = action {
        return follow(state, outgoing);
    }
    let Some(document) = state.document_mut() else { return Vec::new() };
    match action {
        SelectAction::SelectSpan(span) => select(document, Selection::Span(span)),
        SelectAction::SelectLane(lane) => select(document, Selection::Lane(lane)),
        SelectAction::SelectTask(task) => select(document, Selection::Task(task)),
        SelectAction::ClearSelection => select(document, Selection::None),
        SelectAction::StepSpan(step) => step_span(document, step),
        SelectAction::SelectRegion(region) => select(document, Selection::Region(region)),
        SelectAction::Mark(range) => {
            document.marked = range;
            document.area = None;
        }
        // See `area` and `landmark`.
        SelectAction::SelectArea(..)
        | SelectAction::SelectItsTime
        | SelectAction::ClearArea
        | SelectAction::MoveEdge(..)
        | SelectAction::StepEdge(..)
        | SelectAction::StepTo(..) => {}
        SelectAction::Highlight(range) => document.highlight = range,
        SelectAction::FollowFlow { .. } => {}
        SelectAction::ChooseFlow { outgoing } => choose(document, outgoing),
        SelectAction::HoverFlow(flow) => document.hovered_flow = flow,
        SelectAction::PointTo(range) => document.pointed = range,
        SelectAction::GoTo(span) => go_to_span(document, span, None),
        SelectAction::GoToEnd(end) => go_to_end(document, end),
        SelectAction::GoToLane(lane) => {
            select(document, Selection::Lane(lane));
            reveal(document, lane, None);
        }
        SelectAction::GoToTask(task) => {
            select(document, Selection::Task(task));
            reveal_task(document, task);
        }
        SelectAction::GoToStretch(lane, range) => go_to_stretch(document, lane, range),
    }
    Vec::new()
}

/// Folds, unfolds and chooses rows; those that a worker makes anew are due after that.
pub(super) fn rows(state: &mut AppState, action: RowsAction) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    let (rows, folds) = (&document.rows, &mut document.folds);
    let tasks = rows.tasks().groups();
    match action {
        RowsAction::GroupGoroutines(group) => return group_goroutines(state, group),
        RowsAction::OrderGoroutines(order) => return order_goroutines(state, order),
        RowsAction::ReverseOrder => return reverse(state),
        RowsAction::ShowOnly(lane_filter) => {
            show_only(document, lane_filter);
            return Vec::new();
        }
        RowsAction::TogglePin(pin) => {
            toggle_pin(document, pin);
            return Vec::new();
        }
        RowsAction::ToggleFrames(lane) => {
            toggle_frames(document, lane);
            return Vec::new();
        }
        RowsAction::ToggleSection(section) => folds.toggle(section),
        RowsAction::ToggleGroup(at) => {
            if let Some(group) = rows.groups().and_then(|groups| groups.list().get(at as usize)) {
                folds.toggle_group(group);
            }
        }
        RowsAction::ToggleTaskGroup(at) => {
            if let Some(group) = rows.tasks().group(at) {
                folds.toggle_group(group);
            }
        }
        RowsAction::ToggleTaskRow(row) => {
            if let Some(group) = tasks.list().get(tasks.group_of(row)) {
                folds.toggle_row(group, row);
            }
        }
        RowsAction::FoldGroups(fold) => {
            let groups = rows.groups().map_or(&[][..], Groups::list);
            folds.fold_groups(groups, fold);
            folds.fold_groups(tasks.list(), fold);
        }
        RowsAction::ToggleIdleRows => document.hides_idle ^= true,
    }
    scroll(document, 0.0);
    Vec::new()
}

/// Goroutines, or their groups, in this order.
fn order_goroutines(state: &mut AppState, order: GoroutineOrder) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    document.goroutine_order = Some(order);
    document.rows_due = Some(document.selection.lane());
    Vec::new()
}

/// The same order the other way round.
fn reverse(state: &mut AppState) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    document.is_reversed ^= true;
    document.rows_due = Some(document.selection.lane());
    Vec::new()
}

/// Other groups of goroutines.
fn group_goroutines(state: &mut AppState, group: GroupBy) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    document.group_by = group;
    document.rows_due = Some(document.selection.lane());
    Vec::new()
}

/// Spans and samples of a lane that its deepest stack is looked for in.
const STACKS_LOOKED_AT: usize = 2_000;

/// Shows the stack frames of a lane below it, where it is pinned, or hides them.
fn toggle_frames(document: &mut Document, lane: LaneId) {
    if document.stack_lines.remove(&lane).is_some() {
        scroll(document, 0.0);
        return;
    }
    let trace = &document.trace;
    let stacks = trace.spans(lane, trace.range()).take(STACKS_LOOKED_AT).map(|span| span.start_stack);
    let samples = trace.samples(lane, trace.range()).take(STACKS_LOOKED_AT).map(|sample| sample.stack);
    let deepest = stacks.chain(samples).map(|stack| trace.frames(stack).count()).max().unwrap_or(0);
    let lines = u32::try_from(deepest).unwrap_or(u32::MAX).clamp(1, MAX_FRAME_LINES);
    document.stack_lines.insert(lane, lines);
    if !document.pins.contains(&Pin::Lane(lane)) {
        toggle_pin(document, Pin::Lane(lane));
    }
    document.folds.unfold(Section::Pinned);
    // What was asked for is in view.
    if let Some(view) = &mut document.view {
        view.scroll_points = 0.0;
    }
    scroll(document, 0.0);
}

/// Pins a row, or no longer; the rows on screen stay where they are.
fn toggle_pin(document: &mut Document, pin: Pin) {
    let before = document.layout().height();
    match document.pins.iter().position(|known| *known == pin) {
        Some(at) => {
            document.pins.remove(at);
        }
        None => document.pins.push(pin),
    }
    document.folds.unfold(Section::Pinned);
    let grown = document.layout().height() - before;
    let is_at_top = document.view.is_none_or(|view| view.scroll_points <= 0.0);
    scroll(document, if is_at_top { 0.0 } else { grown });
}

/// A row that is to keep its place on screen when others come or go, since other times are in view.
pub(super) struct Anchor {
    document: DocumentId,
    view: View,
    row: Row,
}

/// The row under the pointer, else the uppermost one, of each document whose rows depend on the view.
pub(super) fn anchors(state: &AppState) -> Vec<Anchor> {
    let anchor = |document: &Document| {
        let has_trees = document.rows.groups().is_some() || document.rows.tasks().count() > 0;
        let view = document.view.filter(|_| document.hides_idle && has_trees)?;
        let row = document.layout().row_at(view.scroll_points + document.pointer_points.unwrap_or(0.0))?;
        // Pinned rows stay where they are anyhow.
        (!row.is_pinned).then_some(Anchor { document: document.id, view, row })
    };
    state.documents.iter().filter_map(anchor).collect()
}

/// Scrolls so that anchors are where they were, if an action has changed the times in view and did not scroll itself.
pub(super) fn keep(state: &mut AppState, anchors: &[Anchor]) {
    for anchor in anchors {
        let Some(document) = state.documents.iter_mut().find(|document| document.id == anchor.document) else {
            continue;
        };
        let Some(view) = document.view else { continue };
        let same_times = view.start_nanos == anchor.view.start_nanos && view.span_nanos == anchor.view.span_nanos;
        if same_times || view.scroll_points != anchor.view.scroll_points {
            continue;
        }
        let layout = document.layout();
        let (content, height) = (layout.height(), document.lanes_height_points);
        let moved = layout.find(anchor.row.kind).map_or(0.0, |row| row.top - anchor.row.top);
        document.view = Some(view.scroll(moved, content, height));
    }
}

/// Follows the chosen edge of the selected span; says so if there is none.
fn follow(state: &mut AppState, outgoing: bool) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    let Selection::Span(span) = document.selection else {
        notify(state, "Select a span first, then follow its flows");
        return Vec::new();
    };
    let end = if outgoing {
        let (flows, _) = edges::outgoing(&document.trace, span);
        chosen(&flows, document.flow_choice.0).map(|flow| flow.to)
    } else {
        let flows = edges::incoming(&document.trace, span);
        chosen(&flows, document.flow_choice.1).map(|flow| flow.from)
    };
    match end {
        Some(end) => go_to_end(document, end),
        None if outgoing => notify(state, "Nothing leads out of this span"),
        None => notify(state, "Nothing leads into this span"),
    }
    Vec::new()
}

fn chosen<T>(among: &[T], choice: usize) -> Option<&T> {
    among.get(choice.checked_rem(among.len())?)
}

/// Puts the present place into the history.
pub(super) fn remember(document: &mut Document) {
    let Some(place) = place(document) else { return };
    if document.history.back.last() != Some(&place) {
        document.history.back.push(place);
        if document.history.back.len() > MAX_HISTORY {
            document.history.back.remove(0);
        }
    }
    document.history.forward.clear();
}

/// Where the user is; `None` before anything is in view.
fn place(document: &Document) -> Option<Place> {
    Some(Place {
        view: document.view?,
        selection: document.selection,
        marked: document.marked,
        area: document.area.clone(),
        scope: document.scope_choice.clone(),
        fronts: document.fronts.clone(),
    })
}

fn travel(document: &mut Document, back: bool) {
    let Some(present) = place(document) else { return };
    let history = &mut document.history;
    let (from, to) =
        if back { (&mut history.back, &mut history.forward) } else { (&mut history.forward, &mut history.back) };
    // A place equal to the present one would look like a key that does nothing.
    while let Some(place) = from.pop() {
        if place == present {
            continue;
        }
        to.push(present);
        document.view = Some(place.view);
        document.selection = place.selection;
        document.marked = place.marked;
        document.area = place.area;
        document.scope_choice = place.scope;
        document.highlight = None;
        // Panels that were opened for another reason meanwhile stay as they are.
        document.fronts_due = (place.fronts != document.fronts && !place.fronts.is_empty()).then_some(place.fronts);
        document.flow_choice = (0, 0);
        return;
    }
}

fn select(document: &mut Document, selection: Selection) {
    if document.selection == selection {
        return;
    }
    remember(document);
    document.selection = selection;
    document.flow_choice = (0, 0);
    document.hovered_flow = None;
    document.highlight = None;
}

fn move_view(document: &mut Document, change: impl FnOnce(View, TimeRange) -> View) {
    let bounds = document.reach();
    document.view = document.view.map(|view| change(view, bounds));
}

fn set_view(document: &mut Document, view: View) {
    document.view = Some(view.clamp(document.reach()));
    scroll(document, 0.0);
}

fn show_all(document: &mut Document) {
    move_view(document, |view, bounds| View { scroll_points: view.scroll_points, ..View::whole(bounds) });
}

fn scroll(document: &mut Document, points: f64) {
    let content = document.layout().height();
    let height = document.lanes_height_points;
    document.view = document.view.map(|view| view.scroll(points, content, height));
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

/// The lane area has another width. What is selected and in view stays in view: the panels that open with the first
/// selection must not hide it.
fn widen(document: &mut Document, from: View, to: View) {
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
fn resize(document: &mut Document, points: f64) {
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

/// Shows an instant that is out of view in the middle.
fn centre(document: &mut Document, time: TraceTime) {
    if document.view.is_none_or(|view| view.range().contains(time)) {
        return;
    }
    remember(document);
    move_view(document, |view, bounds| {
        View { start_nanos: time.0 as f64 - view.span_nanos / 2.0, ..view }.clamp(bounds)
    });
}

fn jump_to_edge(document: &mut Document, side: i32) {
    remember(document);
    move_view(document, |view, bounds| {
        let air = view.span_nanos * EDGE_AIR;
        let start = if side < 0 { bounds.start.0 as f64 - air } else { bounds.end.0 as f64 + air - view.span_nanos };
        View { start_nanos: start, ..view }.clamp(bounds)
    });
}

/// Lanes for some goroutines only, or for all again: what is selected stays in view, or the first of them comes
/// into sight.
pub(super) fn show_only(document: &mut Document, lane_filter: Option<Arc<LaneFilter>>) {
    if document.lane_filter == lane_filter {
        return;
    }
    document.folds.unfold(Section::Goroutines);
    document.rows_due = Some(document.selection.lane().filter(|_| lane_filter.is_none()));
    document.lane_filter = lane_filter;
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

fn reveal(document: &mut Document, lane: LaneId, time: Option<TraceTime>) {
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
fn reveal_task(document: &mut Document, idx: TaskIdx) {
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

pub(super) fn go_to_span(document: &mut Document, span: SpanRef, time: Option<TraceTime>) {
    let start = document.trace.span(span).map(|span| span.range.start);
    select(document, Selection::Span(span));
    reveal(document, span.lane, time.or(start));
}

fn go_to_end(document: &mut Document, end: FlowEnd) {
    match end.span {
        Some(span) => go_to_span(document, span, Some(end.time)),
        None => {
            select(document, Selection::Lane(end.lane));
            reveal(document, end.lane, Some(end.time));
        }
    }
}

/// The stretch with air around it, and the span that fills most of its beginning.
pub(super) fn go_to_stretch(document: &mut Document, lane: LaneId, range: TimeRange) {
    let span = document.trace.span_at(lane, range.start);
    select(document, span.map_or(Selection::Lane(lane), |span| Selection::Span(span.at)));
    remember(document);
    move_view(document, |view, bounds| view.fit(range, FIT_AIR, bounds));
    reveal(document, lane, None);
}

/// The first span that is in view on the uppermost lane in view that has one.
fn first_in_view(document: &Document) -> Option<Span> {
    let view = document.view?;
    let layout = document.layout();
    let bottom = view.scroll_points + document.lanes_height_points;
    let mut y = view.scroll_points;
    while y < bottom {
        let row = layout.row_at(y)?;
        let lane = match row.kind {
            RowKind::Lane(lane) => Some(lane),
            _ => None,
        };
        if let Some(span) = lane.and_then(|lane| document.trace.spans(lane, view.range()).next()) {
            return Some(span);
        }
        y = row.top + row.height.max(1.0);
    }
    None
}

fn step_span(document: &mut Document, step: i32) {
    let next = match document.selection {
        Selection::Span(span) if step < 0 => document.trace.prev_span(span),
        Selection::Span(span) => document.trace.next_span(span),
        Selection::Lane(lane) => {
            let range = document.view.map_or_else(|| document.trace.range(), |view| view.range());
            document.trace.spans(lane, range).next()
        }
        Selection::Task(task) => {
            if let Some(next) = document.rows.tasks().neighbour(&document.trace, task, step) {
                document.selection = Selection::Task(next);
                reveal_task(document, next);
            }
            None
        }
        Selection::Region(region) => {
            if let Some(next) = next_region(document, &region, step) {
                document.selection = Selection::Region(next);
                reveal(document, LaneId::Goroutine(next.go), Some(next.range.start));
            }
            None
        }
        Selection::None if step > 0 => first_in_view(document),
        Selection::None => None,
    };
    if let Some(span) = next {
        document.selection = Selection::Span(span.at);
        document.flow_choice = (0, 0);
        reveal(document, span.at.lane, Some(span.range.start));
    }
}

/// The region of the same depth that is next on the same goroutine.
fn next_region(document: &Document, region: &Region, step: i32) -> Option<Region> {
    let trace = &document.trace;
    let beside = |found: &Region| found.depth == region.depth;
    if step > 0 {
        let later = TimeRange::new(region.range.end, TraceTime::MAX);
        return trace.regions(region.go, later).find(|found| beside(found) && found.range.start >= region.range.end);
    }
    let earlier = TimeRange::new(TraceTime::MIN, region.range.start);
    trace.regions(region.go, earlier).filter(|found| beside(found) && found.range.end <= region.range.start).last()
}

fn choose(document: &mut Document, outgoing: bool) {
    let Selection::Span(span) = document.selection else { return };
    let count = if outgoing {
        edges::outgoing(&document.trace, span).0.len()
    } else {
        edges::incoming(&document.trace, span).len()
    };
    let choice = if outgoing { &mut document.flow_choice.0 } else { &mut document.flow_choice.1 };
    *choice = (*choice + 1).checked_rem(count).unwrap_or(0);
}

/// The selection with air around it; if it is fitted already, everything.
fn fit_selection(document: &mut Document) {
    let bounds = document.reach();
    let Some(view) = document.view else { return };
    remember(document);
    let range = match document.selection {
        Selection::Span(span) => document.trace.span(span).map(|span| span.range),
        Selection::Lane(lane) => lane_range(document, lane),
        Selection::Task(task) => document.trace.task(task).map(|task| life(&document.trace, &task)),
        Selection::Region(region) => Some(region.range),
        Selection::None => document.marked,
    };
    let fitted = range.map(|range| view.fit(range, FIT_AIR, bounds));
    let already = fitted.is_none_or(|fitted| {
        let tolerance = fitted.span_nanos * 1e-3;
        (fitted.start_nanos - view.start_nanos).abs() <= tolerance
            && (fitted.span_nanos - view.span_nanos).abs() <= tolerance
    });
    if already {
        show_all(document);
    } else {
        document.view = fitted;
    }
    if let Some(lane) = document.selection.lane() {
        reveal(document, lane, None);
    }
}

/// From a goroutine's birth to its end as far as the trace saw it; all of it for other lanes.
fn lane_range(document: &Document, lane: LaneId) -> Option<TimeRange> {
    let bounds = document.trace.range();
    let LaneId::Goroutine(idx) = lane else { return Some(bounds) };
    let go = document.trace.goroutine(idx)?;
    Some(TimeRange::new(go.created.unwrap_or(bounds.start), go.ended.unwrap_or(bounds.end)))
}
