//! How long others of the kind of what is selected took, with itself marked among them.

use egui::{RichText, Ui};

use trace_core::analysis::alike::{Alike, Example};

use crate::action::action::{Action, Actions, AnalysisAction};
use crate::fmt::number::{count, percent};
use crate::fmt::time::nanos_or_dash;
use crate::panel::answer;
use crate::state::document::Document;
use crate::state::query::ask;
use crate::state::search::SearchAction;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::distribution::{Sample, axis, histogram};
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Plot, plot};
use crate::widget::section::heading;

/// What the window remembers of it goes by this name.
const KEY: &str = "alike";
/// Height of the picture, points.
const HEIGHT: f32 = 120.0;
/// So few are no distribution.
const FEW: u64 = 3;

/// Shows it. `query` is the search that finds all of the kind; a drag over the picture adds the durations.
pub fn alike_ui(ui: &mut Ui, document: &Document, (example, query): (Example, String), actions: &mut Actions) {
    heading(ui, "Others like it");
    let Some(found) = answer(ui, document, &ask::Alike(example), actions) else { return };
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(words(found)).font(fonts::small()).color(tokens.muted));
    if found.distribution.count < FEW {
        return;
    }
    let is_linear = document.analyses.get(KEY).and_then(|view| view.chosen.first()).is_some_and(|on| *on == 1);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, title) in [(0, "Logarithmic"), (1, "Linear")] {
            if chip(ui, title, is_linear == (at == 1)).clicked() {
                actions.push(AnalysisAction::Choose(KEY, 0, at));
            }
        }
    });
    let values: Vec<f64> = found.durations.iter().map(|length| length.as_f64().max(1.0)).collect();
    let sample = Sample { values, count: found.distribution.count };
    let samples = [sample, Sample::default()];
    let Some(x) = axis(&samples, !is_linear) else { return };
    let series = [histogram(&samples[0], &x, false, ("", tokens.accent))];
    let most = series[0].points.iter().map(|point| point[1]).fold(1.0, f64::max);
    let marks = [found.example.as_f64().max(1.0)];
    let y = Axis::up_to(Unit::Count, most);
    let shown = Plot { name: "Durations", x, x_name: "", y, series: &series, marks: &marks, height: HEIGHT };
    let touched = plot(ui, &shown).chosen;
    if let Some((from, to)) = touched.filter(|_| !query.is_empty()) {
        let text = format!("{query} dur>={from:.0}ns dur<={to:.0}ns");
        actions.push(Action::Search(document.id, SearchAction::Text(text)));
    }
}

/// How many there are, and where this one stands among them.
fn words(found: &Alike) -> String {
    let all = &found.distribution;
    if all.count == 0 {
        return "None begins and ends in the trace".to_owned();
    }
    let least = if found.is_cut { "at least " } else { "" };
    let percentiles = format!(
        "median {}, p95 {}, longest {}",
        nanos_or_dash(all.p50),
        nanos_or_dash(all.p95),
        nanos_or_dash(all.max)
    );
    let place = format!("this one, {least}{}, is longer than {}", found.example, percent(found.shorter, all.count));
    format!("{} of this kind: {percentiles}; {place}", count(all.count))
}
