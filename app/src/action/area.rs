//! What selecting time and rows does: analyses follow, edges can be moved, and what was selected before can be gone
//! back to.

use std::sync::Arc;

use trace_core::analysis::go_set::GoSet;
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::analysis::tasks::life;
use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::effect::{Effect, WindowEffect};
use crate::action::history::remember;
use crate::action::panel::Panel;
use crate::fmt::name;
use crate::fmt::words::counted;
use crate::state::app::AppState;
use crate::state::area::Area;
use crate::state::document::Document;
use crate::state::row::RowKind;
use crate::state::rows::Rows;
use crate::state::scope::{ScopeChoice, When};
use crate::state::section::Section;
use crate::state::view::Selection;

/// Part of the view by which a key moves an edge.
const STEP: f64 = 0.005;

/// Selects a range on these rows; on all of them if there are none.
pub(super) fn select(state: &mut AppState, range: TimeRange, rows: Vec<RowKind>) -> Vec<Effect> {
    let Some(document) = state.document_mut().filter(|document| document.has_lanes()) else { return Vec::new() };
    remember(document);
    document.marked = Some(range);
    document.highlight = None;
    document.area = (!rows.is_empty()).then(|| Area { title: title(document, &rows), rows: rows.clone(), gos: None });
    follow(document);
    let mut effects = Vec::new();
    if !rows.is_empty() {
        let (trace, all) = (Arc::clone(&document.trace), Arc::clone(&document.rows));
        effects.push(Effect::FindRowGoroutines { document: document.id, trace, all, rows, range });
    }
    if !std::mem::replace(&mut document.area_shown, true) {
        effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Selection)));
    }
    effects
}

/// Lets analyses look at what is selected. Until the goroutines of rows are known, at the time alone.
fn follow(document: &mut Document) {
    let limits = document.area.as_ref().and_then(Area::limits);
    let filter = limits.map_or(GoroutineFilter::All, |gos| GoroutineFilter::These(gos.clone()));
    document.scope_choice = ScopeChoice { when: When::Marked, filter };
}

/// The goroutines of the rows that are selected, if these still are.
pub(super) fn found(document: &mut Document, rows: &[RowKind], gos: GoSet) {
    let Some(area) = document.area.as_mut().filter(|area| area.rows == rows && area.gos.is_none()) else { return };
    area.gos = Some(gos);
    if document.scope_choice == (ScopeChoice { when: When::Marked, filter: GoroutineFilter::All }) {
        follow(document);
    }
}

/// Selects no time and no rows; analyses look at everything again.
pub(super) fn clear(document: &mut Document) {
    if document.marked.is_some() {
        remember(document);
    }
    document.marked = None;
    document.area = None;
    document.highlight = None;
    if document.scope_choice.when == When::Marked {
        document.scope_choice.when = When::Whole;
    }
    if matches!(document.scope_choice.filter, GoroutineFilter::These(_)) {
        document.scope_choice.filter = GoroutineFilter::All;
    }
}

/// Changes the document in front.
pub(super) fn change(state: &mut AppState, change: impl FnOnce(&mut Document)) -> Vec<Effect> {
    if let Some(document) = state.document_mut() {
        change(document);
    }
    Vec::new()
}

/// Moves the start or the end of the range to a time.
pub(super) fn move_edge(document: &mut Document, is_end: bool, to: TraceTime) {
    let Some(range) = document.marked else { return };
    let (start, end) = if is_end { (range.start, to) } else { (to, range.end) };
    document.marked = Some(TimeRange::new(start.min(end), start.max(end)));
}

/// Moves the start or the end of the range by steps of the view, positive for later.
pub(super) fn step_edge(document: &mut Document, is_end: bool, steps: i32) {
    let (Some(range), Some(view)) = (document.marked, document.view) else { return };
    let edge = if is_end { range.end } else { range.start };
    #[expect(clippy::cast_possible_truncation, reason = "a part of the view")]
    let length = (view.span_nanos * STEP).max(1.0) as i64;
    let bounds = document.trace.range();
    let to = edge.plus_nanos(length.saturating_mul(steps.into())).max(bounds.start).min(bounds.end);
    move_edge(document, is_end, to);
}

/// The time of what is selected: of the span, region, task or goroutine; of the view if there is none.
pub(super) fn range_of_selection(document: &Document) -> Option<TimeRange> {
    let trace = &document.trace;
    let range = match document.selection {
        Selection::Span(at) => Some(trace.span(at)?.range),
        Selection::Region(region) => Some(region.range),
        Selection::Task(task) => Some(life(trace, &trace.task(task)?)),
        Selection::Lane(LaneId::Goroutine(go)) => Some(trace.life(go)?.0),
        Selection::Lane(_) | Selection::None => None,
    };
    let range = range.or_else(|| document.view.map(|view| view.range()))?;
    Some(range.intersect(trace.range()))
}

/// What rows are called together.
fn title(document: &Document, rows: &[RowKind]) -> String {
    let one = |row: RowKind| match row {
        RowKind::Lane(lane) => Some(name::lane(&document.trace, lane)),
        RowKind::Group(at) => document.rows.groups()?.list().get(at as usize).map(|group| group.title.clone()),
        RowKind::TaskGroup(at) => document.rows.tasks().group(at).map(|group| format!("Tasks {}", group.title)),
        RowKind::Heading(section) => Some(section.title().to_owned()),
        RowKind::Shared(_) | RowKind::Tasks(_) => None,
    };
    match rows {
        [row] => one(*row).unwrap_or_else(|| "1 row".to_owned()),
        rows => counted(rows.len() as u64, "row"),
    }
}

/// Who ran on a proc or thread within a range.
fn ran_on(trace: &Trace, lane: LaneId, range: TimeRange) -> Vec<GoroutineIdx> {
    let mut found: Vec<GoroutineIdx> = trace.spans(lane, range).map(|span| span.go).filter(|go| go.is_some()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// All goroutines on rows, whether they are alive in view or not; of rows of procs and threads those that ran there within
/// the range. Costs in proportion to them: for workers.
#[must_use]
pub fn goroutines_of(trace: &Trace, all: &Rows, (rows, range): (&[RowKind], TimeRange)) -> GoSet {
    let mut found: Vec<GoroutineIdx> = Vec::new();
    let everybody = || (0..trace.goroutine_count()).map(GoroutineIdx);
    let groups = all.groups();
    let mut tasks = Vec::new();
    for row in rows {
        match *row {
            RowKind::Lane(LaneId::Goroutine(go)) => found.push(go),
            RowKind::Heading(Section::Goroutines) => found.extend(everybody()),
            RowKind::Shared(row) => found.extend(groups.iter().flat_map(|groups| groups.on_row(row))),
            RowKind::Group(at) => {
                if let Some((groups, group)) = groups.and_then(|groups| Some((groups, groups.list().get(at as usize)?)))
                {
                    found.extend((group.first..group.end).flat_map(|row| groups.on_row(row)));
                }
            }
            RowKind::Tasks(row) => tasks.extend(all.tasks().alive_on(row, 0, trace.range())),
            RowKind::TaskGroup(at) => {
                let rows = all.tasks().group(at).map_or(0..0, |group| group.first..group.end);
                tasks.extend(rows.flat_map(|row| all.tasks().alive_on(row, 0, trace.range())));
            }
            RowKind::Lane(lane @ (LaneId::Proc(_) | LaneId::Thread(_))) => found.extend(ran_on(trace, lane, range)),
            RowKind::Heading(Section::Procs) => {
                let procs = (0..trace.proc_count()).map(|idx| LaneId::Proc(ProcIdx(idx)));
                found.extend(procs.flat_map(|lane| ran_on(trace, lane, range)));
            }
            RowKind::Heading(Section::Threads) => {
                let threads = (0..trace.thread_count()).map(|idx| LaneId::Thread(ThreadIdx(idx)));
                found.extend(threads.flat_map(|lane| ran_on(trace, lane, range)));
            }
            RowKind::Heading(_) | RowKind::Lane(_) => {}
        }
    }
    if !tasks.is_empty() {
        tasks.sort_unstable();
        let began = tasks.iter().filter_map(|idx| trace.task(*idx)).map(|task| task.go).filter(|go| go.is_some());
        found.extend(began);
        let is_theirs = |task| tasks.binary_search(&task).is_ok();
        let worked = trace.all_regions().iter().filter(|region| region.task.is_some_and(is_theirs));
        found.extend(worked.map(|region| region.go));
    }
    GoSet::new(found)
}
