//! What the collector leaves to the program: the least share in windows of any length, the share over time, and the
//! worst windows to go to.

use egui::{RichText, ScrollArea, Ui, vec2};

use trace_core::analysis::mmu::{Takes, Whose, Window};
use trace_core::analysis::scope::Whom;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::time::{duration, offset};
use crate::panel::scope::scope_ui;
use crate::panel::{answer, partial_ui};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::scope::When;
use crate::state::study::{Answer, MutatorOf, MutatorStudy, Question};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::plot::axis::{Axis, Unit, words};
use crate::widget::plot::{Look, Plot, Series, plot};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const WORST: [Column; 3] = [number("Share", 72.0), number("From", 112.0), text("On", 0.0)];
/// Panels at least so wide show all side by side, points.
const WIDE: f32 = 860.0;
/// Heights where they stand below each other, points.
const STACKED: f32 = 210.0;
/// The length of windows that is looked at until one is chosen, nanoseconds.
const USUAL_WINDOW: i64 = 10_000_000;

/// What the user has chosen here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Chosen {
    each_proc: bool,
    takes: Takes,
    /// Length of windows, nanoseconds; one that suits the trace if `None`.
    window: Option<i64>,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    scope_ui(ui, document, actions);
    let id = ui.make_persistent_id("mutator");
    let before: Chosen = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_default();
    let mut chosen = before;
    choice_ui(ui, document, &mut chosen);
    let whose = match document.scope_choice.whom {
        Whom::One(go) => Whose::Goroutine(go),
        _ if chosen.each_proc => Whose::Procs,
        _ => Whose::System,
    };
    let of = MutatorOf { range: document.scope_range(), whose, takes: chosen.takes };
    if let Some(Answer::Mutator(found)) = answer(ui, document, &Question::Mutator(of), actions) {
        if found.curve.is_empty() {
            empty(ui, "There is no time to look at");
        } else {
            parts_ui(ui, document, of, found, &mut chosen, actions);
        }
    }
    if chosen != before {
        ui.ctx().data_mut(|data| data.insert_temp(id, chosen));
    }
}

/// The row of chips: whose share, and what counts as taken.
fn choice_ui(ui: &mut Ui, document: &Document, chosen: &mut Chosen) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let quiet = |text: &str| RichText::new(text).font(fonts::small()).color(tokens.muted);
        ui.label(quiet("Share of"));
        if let Whom::One(go) = document.scope_choice.whom {
            chip(ui, &name::goroutine(&document.trace, go), true);
        } else {
            for (text, each) in [("All procs", false), ("Each proc", true)] {
                if chip(ui, text, chosen.each_proc == each).clicked() {
                    chosen.each_proc = each;
                }
            }
        }
        ui.add_space(space::S);
        ui.label(quiet("taken by"));
        let takes = &mut chosen.takes;
        for (text, on) in [
            ("Its stops", &mut takes.stops),
            ("Mark workers", &mut takes.background),
            ("Assist", &mut takes.assist),
            ("Sweep", &mut takes.sweep),
            ("Other stops", &mut takes.other_stops),
        ] {
            if chip(ui, text, *on).clicked() {
                *on = !*on;
            }
        }
        ui.add_space(space::S);
        partial_ui(ui, document);
    });
    ui.add_space(space::XS);
}

/// Curve, share over time and worst windows: side by side, or below each other where it is narrow.
fn parts_ui(
    ui: &mut Ui,
    document: &Document,
    of: MutatorOf,
    found: &MutatorStudy,
    chosen: &mut Chosen,
    actions: &mut Actions,
) {
    let (width, height) = (ui.available_width(), ui.available_height());
    let longest = found.curve.last().map_or(USUAL_WINDOW, |point| point.window);
    let usual = if longest > 2 * USUAL_WINDOW { USUAL_WINDOW } else { round_window(longest as f64 / 10.0) };
    let window = chosen.window.unwrap_or(usual).clamp(1, longest);
    if width < WIDE {
        ScrollArea::vertical().id_salt("mutator").auto_shrink([false, false]).show(ui, |ui| {
            curve_ui(ui, found, (chosen, window), STACKED);
            over_time_ui(ui, document, found, STACKED, actions);
            ui.allocate_ui(vec2(ui.available_width(), STACKED), |ui| {
                worst_ui(ui, document, of, window, actions);
            });
        });
        return;
    }
    let plots = ((width - 2.0 * space::L) * 0.37).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        ui.allocate_ui(vec2(plots, height), |ui| curve_ui(ui, found, (chosen, window), height));
        ui.allocate_ui(vec2(plots, height), |ui| over_time_ui(ui, document, found, height, actions));
        ui.vertical(|ui| worst_ui(ui, document, of, window, actions));
    });
}

/// The curve over lengths of windows; a click chooses one.
fn curve_ui(ui: &mut Ui, found: &MutatorStudy, (chosen, window): (&mut Chosen, i64), height: f32) {
    let tokens = tokens::of(ui.ctx());
    let (Some(first), Some(last)) = (found.curve.first(), found.curve.last()) else { return };
    let line = |name: &str, color, at: &dyn Fn(&trace_core::analysis::mmu::Point) -> f64| {
        Series::line(name, color, found.curve.iter().map(|point| [point.window as f64, at(point)]).collect())
    };
    let series = [
        line("p95", tokens.series(3), &|point| point.most[2]),
        line("p99", tokens.series(2), &|point| point.most[1]),
        line("p99.9", tokens.series(1), &|point| point.most[0]),
        line("Worst", tokens.series(0), &|point| point.least),
    ];
    let touched = plot(
        ui,
        &Plot {
            name: "Share by window",
            x: Axis::log(Unit::Nanos, first.window as f64, last.window as f64),
            x_name: "windows of ",
            y: Axis::linear(Unit::Share, 0.0, 1.0),
            series: &series,
            marks: &[window as f64],
            height,
        },
    );
    if let Some(window) = touched.clicked {
        chosen.window = Some(round_window(window));
    }
}

/// A length as people would choose it: two digits.
fn round_window(nanos: f64) -> i64 {
    let unit = 10f64.powf(nanos.max(1.0).log10().floor() - 1.0).max(1.0);
    ((nanos / unit).round() * unit) as i64
}

/// The share over time; dragging shows a stretch on the timeline.
fn over_time_ui(ui: &mut Ui, document: &Document, found: &MutatorStudy, height: f32, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let origin = document.trace.range().start;
    let range = document.trace.range().intersect(document.scope_range());
    let series = over_time(tokens, document, found);
    let title = format!("Share over time, mean {}", words(Unit::Share, found.mean));
    let touched = plot(
        ui,
        &Plot {
            name: &title,
            x: Axis::linear(Unit::Nanos, range.start.nanos_since(origin) as f64, range.end.nanos_since(origin) as f64),
            x_name: "at ",
            y: Axis::linear(Unit::Share, 0.0, 1.0),
            series: &series,
            marks: &[],
            height,
        },
    );
    if let Some((from, to)) = touched.chosen {
        let range = TimeRange::new(origin.plus_nanos(from as i64), origin.plus_nanos(to as i64));
        actions.push(Action::Mark(Some(range)));
        actions.push(Action::ShowRange(range));
    }
}

/// Mean and lowest share; new series where the trace tells nothing for a while.
fn over_time(tokens: &Tokens, document: &Document, found: &MutatorStudy) -> Vec<Series> {
    let origin = document.trace.range().start;
    let mut series = Vec::new();
    for run in found.over_time.chunk_by(|a, b| a.1.is_some() == b.1.is_some()).filter(|run| run[0].1.is_some()) {
        let is_first = series.is_empty();
        let points = |of: &dyn Fn((f64, f64)) -> f64| -> Vec<[f64; 2]> {
            let shares = run.iter().filter_map(|(at, share)| Some([at.nanos_since(origin) as f64, of((*share)?)]));
            shares.collect()
        };
        let name = |name: &str| if is_first { name.to_owned() } else { String::new() };
        series.push(Series::line(name("Mean"), tokens.series(2), points(&|share| share.0)).drawn_as(Look::Area));
        series.push(Series::line(name("Lowest"), tokens.muted, points(&|share| share.1)).drawn_as(Look::Steps));
    }
    series
}

/// The worst windows of the chosen length; a click leads there.
fn worst_ui(ui: &mut Ui, document: &Document, of: MutatorOf, window: i64, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let title = format!("Worst windows of {}", duration(window));
    ui.label(RichText::new(title).font(fonts::small_strong()).color(tokens.text));
    let question = Question::WorstWindows(of, window);
    let Some(Answer::WorstWindows(found)) = answer(ui, document, &question, actions) else { return };
    if found.is_empty() {
        empty(ui, "The program had all of its time in windows of this length");
        return;
    }
    let origin = document.trace.range().start;
    let on = |window: &Window| match (of.whose, window.proc) {
        (Whose::Goroutine(go), _) => name::goroutine(&document.trace, go),
        (_, Some(proc)) => name::lane(&document.trace, LaneId::Proc(proc)),
        _ => "all procs".to_owned(),
    };
    let touched = table(
        ui,
        ("worst-windows", &WORST),
        found.len(),
        None,
        |_| false,
        |row| {
            let Some(window) = found.get(row) else { return Vec::new() };
            vec![
                Cell::number(words(Unit::Share, window.share)),
                Cell::number(offset(window.range.start.nanos_since(origin))),
                Cell::text(on(window)).colored(tokens.muted),
            ]
        },
    );
    if let Some(window) = touched.clicked.and_then(|row| found.get(row)) {
        let lane = match (of.whose, window.proc) {
            (Whose::Goroutine(go), _) => LaneId::Goroutine(go),
            (_, Some(proc)) => LaneId::Proc(proc),
            _ => LaneId::Gc,
        };
        // If the mark is what is looked at, another one would have it all made anew.
        if document.scope_choice.when != When::Marked {
            actions.push(Action::Mark(Some(window.range)));
        }
        actions.push(Action::GoToStretch(lane, window.range));
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
