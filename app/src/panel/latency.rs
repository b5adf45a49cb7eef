//! Scheduler latency, and who was running instead: in the scope, and in the selected wait.

use egui::Ui;

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Actions, AnalysisAction};
use crate::panel::analysis::{ask_of, chips_beside_ui, report_beside_ui};
use crate::panel::scope::scope_line_ui;
use crate::report::analyses::antagonists::Antagonists;
use crate::report::analyses::latency::SchedulerLatency;
use crate::report::analyses::{Analysis, Ask};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::view::Selection;

/// What the window remembers the chosen view by.
const VIEW: &str = "latency-view";
/// The views; the first ones are the options of how waits are grouped.
const TITLES: [&str; 4] =
    ["Waits by function", "Waits by goroutine", "Running instead", "Running instead in the selected wait"];
/// The views of [`TITLES`] about what was running instead.
const INSTEAD: [usize; 2] = [2, 3];

/// Shows the waits for a proc, and what was running instead.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let selected = selected_wait(document);
    let offered = if selected.is_some() { TITLES.len() } else { TITLES.len() - 1 };
    let chosen = document.analyses.get(VIEW).map_or(0, |view| view.table).min(offered - 1);
    let end = scope_line_ui(ui, document, actions, |ui, actions| {
        let Some(at) = chips_beside_ui(ui, TITLES.into_iter().take(offered), chosen) else { return };
        actions.push(AnalysisAction::ShowTable(VIEW, at));
        if let Some(option) = u8::try_from(at).ok().filter(|_| !INSTEAD.contains(&at)) {
            actions.push(AnalysisAction::Choose(SchedulerLatency.info().id, 0, option));
        }
    });
    let analysis: &dyn Analysis = if INSTEAD.contains(&chosen) { &Antagonists } else { &SchedulerLatency };
    let ask = match selected {
        Some(wait) if chosen == INSTEAD[1] => Ask::about(wait),
        _ => ask_of(document, analysis),
    };
    report_beside_ui(ui, (state, document), (analysis, Some(end)), ask, actions);
}

/// The selected span, if it is one of a goroutine that is runnable.
fn selected_wait(document: &Document) -> Option<Scope> {
    let Selection::Span(at) = document.selection else { return None };
    let span = document.trace.span(at)?;
    let LaneId::Goroutine(go) = at.lane else { return None };
    (span.state == GoState::Runnable).then_some(Scope { range: span.range, filter: GoroutineFilter::One(go) })
}
