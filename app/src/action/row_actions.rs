//! Which rows a document has: folded, grouped, ordered, pinned, filtered. What is on screen stays where it is.

use std::sync::Arc;

use trace_core::model::lanes::LaneId;

use crate::action::action::RowsAction;
use crate::action::effect::Effect;
use crate::action::reveal::scroll;
use crate::state::app::AppState;
use crate::state::document::{Document, DocumentId};
use crate::state::grouping::GroupBy;
use crate::state::groups::Groups;
use crate::state::lane_filter::LaneFilter;
use crate::state::order::GoroutineOrder;
use crate::state::pinned::Pin;
use crate::state::row::{MAX_FRAME_LINES, Row};
use crate::state::section::Section;
use crate::state::view::View;

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

/// Shows the lanes of some goroutines only, or all again. Keeps the selection in view, or else scrolls to the first of the
/// lanes.
pub(super) fn show_only(document: &mut Document, lane_filter: Option<Arc<LaneFilter>>) {
    if document.lane_filter == lane_filter {
        return;
    }
    document.folds.unfold(Section::Goroutines);
    document.rows_due = Some(document.selection.lane().filter(|_| lane_filter.is_none()));
    document.lane_filter = lane_filter;
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
