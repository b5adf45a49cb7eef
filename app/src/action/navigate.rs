//! Moving through one document: what is selected, and going from there to spans, lanes, tasks and along flows.

use trace_core::analysis::tasks::life;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::spans::Span;
use trace_core::model::trace::Region;

use crate::action::action::{SelectAction, ViewAction};
use crate::action::effect::{Effect, notify};
use crate::action::history::{remember, travel};
use crate::action::reveal::{centre, jump_to_edge, move_view, resize, reveal, reveal_task, scroll, show_all, widen};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::edges;
use crate::state::row::RowKind;
use crate::state::view::{FIT_AIR, Selection, View};

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

/// Follows the chosen edge of the selected span; says so if there is none.
fn follow(state: &mut AppState, outgoing: bool) -> Vec<Effect> {
    let Some(document) = state.document_mut() else { return Vec::new() };
    let Selection::Span(span) = document.selection else {
        notify(state, "Select a span first, then follow its flows");
        return Vec::new();
    };
    let end = if outgoing {
        let flows = edges::outgoing(&document.trace, span).flows;
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

fn set_view(document: &mut Document, view: View) {
    document.view = Some(view.clamp(document.reach()));
    scroll(document, 0.0);
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
        edges::outgoing(&document.trace, span).flows.len()
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
