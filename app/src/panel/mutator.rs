//! Mutator utilisation: the share that the GC leaves to the program in windows of any length, over time, and in the
//! worst windows, which lead to the timeline.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui, vec2};

use trace_core::analysis::scope::GoroutineFilter;

use crate::action::action::{Actions, AnalysisAction, SelectAction};
use crate::fmt::name;
use crate::fmt::time::duration;
use crate::panel::analysis::{ask_of, view_of};
use crate::panel::chart::chart_ui;
use crate::panel::scope::scope_ui;
use crate::panel::table::table_ui;
use crate::panel::{answer, partial_ui};
use crate::report::analyses::mmu::{MutatorUtilisation, PLACES, SHARE_OF, TAKES, WorstWindows};
use crate::report::analyses::{Analysis, Ask};
use crate::report::chart::{Across, Chart};
use crate::report::report::Report;
use crate::report::table::Target;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::content;
use crate::widget::section::empty;

/// Panels at least so wide show all side by side, points.
const WIDE: f32 = 860.0;
/// Heights where they stand below each other, points.
const STACKED: f32 = 210.0;
/// The length of windows that is shown until one is chosen, nanoseconds.
const USUAL_WINDOW: i64 = 10_000_000;

/// Shows the curve of mutator utilisation, and the worst windows.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    choices_ui(ui, document, actions);
    // What the answer shows is the same for every length of windows.
    let ask = Ask { length: None, ..ask_of(document, &MutatorUtilisation) };
    let query = query::ask::Report(MutatorUtilisation.info().id, ask.clone());
    let Some(found) = answer(ui, document, &query, actions) else { return };
    let [curve, over_time] = &found.charts[..] else { return };
    match curve.across {
        Across::Lengths(_, longest) if curve.lines.iter().any(|line| !line.points.is_empty()) => {
            let window = window_of(document, longest);
            let ask = Ask { length: Some(window), ..ask };
            parts_ui(ui, (state, document), (curve, over_time), ask, actions);
        }
        _ => empty(ui, "No time in the selected range"),
    }
}

/// The row of chips: whose share, and what counts as taken.
fn choices_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let id = MutatorUtilisation.info().id;
    let view = view_of(document, &MutatorUtilisation);
    let [share_of, taken] = PLACES.map(|at| view.chosen.get(at).copied().unwrap_or(0));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let quiet = |text: &str| RichText::new(text).font(fonts::small()).color(tokens.muted);
        ui.label(quiet("Share of"));
        if let GoroutineFilter::One(go) = document.scope_choice.filter {
            chip(ui, &name::goroutine(&document.trace, go), true);
        } else {
            for (at, option) in (0_u8..).zip(SHARE_OF.options) {
                if chip(ui, option.title, share_of == at).clicked() {
                    actions.push(AnalysisAction::Choose(id, PLACES[0], at));
                }
            }
        }
        ui.add_space(space::S);
        ui.label(quiet("taken by"));
        for (bit, option) in (0_u8..).zip(TAKES.options) {
            let is_on = (TAKES.bits(taken.into()) >> bit) & 1 == 1;
            if chip(ui, option.title, is_on).clicked() {
                actions.push(AnalysisAction::Choose(id, PLACES[1], taken ^ (1 << bit)));
            }
        }
        ui.add_space(space::S);
        partial_ui(ui, document);
    });
    ui.add_space(space::XS);
}

/// The length of windows that is shown, nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "nanoseconds within the trace")]
fn window_of(document: &Document, longest: f64) -> i64 {
    let limit = longest as i64;
    let usual = if limit > 2 * USUAL_WINDOW { USUAL_WINDOW } else { round_window(longest / 10.0) };
    view_of(document, &MutatorUtilisation).length.unwrap_or(usual).clamp(1, limit.max(1))
}

/// Curve, share over time and worst windows: side by side, or below each other where it is narrow.
fn parts_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (curve, over_time): (&Chart, &Chart),
    ask: Ask,
    actions: &mut Actions,
) {
    let (width, height) = (ui.available_width(), ui.available_height());
    let window = ask.length.unwrap_or(USUAL_WINDOW);
    if width < WIDE {
        let shown = ScrollArea::vertical().id_salt("mutator").auto_shrink([false, false]).show(ui, |ui| {
            curve_ui(ui, document, (curve, window), STACKED, actions);
            chart_ui(ui, document, over_time, (&[], STACKED), actions);
            ui.allocate_ui(vec2(ui.available_width(), STACKED), |ui| {
                worst_ui(ui, (state, document), ask, actions);
            });
        });
        content::note(ui, &shown);
        return;
    }
    let charts = ((width - 2.0 * space::L) * 0.37).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        ui.allocate_ui(vec2(charts, height), |ui| curve_ui(ui, document, (curve, window), height, actions));
        ui.allocate_ui(vec2(charts, height), |ui| chart_ui(ui, document, over_time, (&[], height), actions));
        ui.vertical(|ui| worst_ui(ui, (state, document), ask, actions));
    });
}

/// The curve over lengths of windows; a click chooses one.
#[expect(clippy::cast_precision_loss, reason = "a place on screen")]
fn curve_ui(ui: &mut Ui, document: &Document, (curve, window): (&Chart, i64), height: f32, actions: &mut Actions) {
    if let Some(length) = chart_ui(ui, document, curve, (&[window as f64], height), actions) {
        actions.push(AnalysisAction::ChooseLength(MutatorUtilisation.info().id, round_window(length)));
    }
}

/// A length as people would choose it: two digits.
#[expect(clippy::cast_possible_truncation, reason = "nanoseconds within the trace")]
fn round_window(nanos: f64) -> i64 {
    let unit = 10f64.powf(nanos.max(1.0).log10().floor() - 1.0).max(1.0);
    ((nanos / unit).round() * unit) as i64
}

/// The worst windows of the chosen length; a click leads there and marks the window.
fn worst_ui(ui: &mut Ui, (state, document): (&AppState, &Document), ask: Ask, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let title = format!("Worst windows of {}", duration(ask.length.unwrap_or(USUAL_WINDOW)));
    ui.label(RichText::new(title).font(fonts::small_strong()).color(tokens.text));
    let query = query::ask::Report(WorstWindows.info().id, ask);
    let Some(found) = answer(ui, document, &query, actions) else { return };
    let report: &Arc<Report> = found;
    let Some(table) = report.tables.first() else { return };
    let touched = table_ui(ui, (state, document), ("worst-windows.worst", table), None, |_| (), actions);
    if let Some(Target::Stretch(_, range)) = touched.activated.and_then(|row| table.target(row)) {
        actions.push(SelectAction::Highlight(Some(range)));
    }
}

#[cfg(test)]
mod tests {
    use super::round_window;

    #[test]
    fn chosen_lengths_have_two_digits() {
        assert_eq!([1.0, 9.7, 1_234.0, 98_765.0, 99_700.0].map(round_window), [1, 10, 1_200, 99_000, 100_000]);
    }
}
