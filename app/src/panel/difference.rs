//! One row of the comparison: how its durations are spread on both sides, its figures, where its slowest
//! and most typical instances are, and which row of the other trace is its partner.

use std::sync::Arc;

use egui::{Label, RichText, ScrollArea, Ui, vec2};
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::partners::Correction;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::series::{Instance, Series};
use trace_core::analysis::compare::words;

use crate::action::action::{Action, Actions, AnalysisAction, ComparisonAction};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::rounded;
use crate::fmt::words::capitalized;
use crate::panel::comparison::home;
use crate::panel::table::table_ui;
use crate::panel::{changes, kept};
use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::figure_name;
use crate::report::comparison::row::{self, Beside};
use crate::report::figure::{Figure, Form};
use crate::report::table::Table;
use crate::state::app::AppState;
use crate::state::compare_query::Changes;
use crate::state::comparison::{OpenComparison, RowKey, TimelineSpot};
use crate::state::document::Document;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::content;
use crate::widget::distribution::{self, Sample};
use crate::widget::link::link_in;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Plot, plot};
use crate::widget::section::{empty, heading};

/// The panel's name among what the window remembers.
const PANEL: &str = "difference";
/// Height of the picture, points.
const PICTURE: f32 = 190.0;
/// Partners that are offered at most.
const OFFERED: usize = 200;

/// Shows more of the changed row that was chosen.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let Some(home) = home(state, pair) else { return };
    let Some(change) = pair.row.as_ref().and_then(|row| chosen(found, row)) else {
        empty(ui, "A click on a row of \u{201c}Changes\u{201d} shows more of it here");
        return;
    };
    let shown = ScrollArea::vertical().id_salt("difference").auto_shrink([false, false]).show(ui, |ui| {
        title_ui(ui, change, &pair.per);
        let has_durations = change.kind != RowKind::Heap;
        if has_durations {
            picture_ui(ui, home, found, change, actions);
        }
        figures_ui(ui, (state, home, pair), found, change, actions);
        if has_durations {
            instances_ui(ui, (state, home), documents, (found, change), actions);
        }
        partner_ui(ui, pair, found, change, actions);
    });
    content::note(ui, &shown);
}

/// The row that was chosen; after a correction the one that has its name now.
fn chosen<'a>(found: &'a Changes, row: &RowKey) -> Option<&'a Change> {
    let all = || found.found.changes.iter();
    let is_named = |change: &&Change| change.kind == row.kind && change.name == row.name;
    // After a swap its name may be B's.
    let is_renamed = |change: &&Change| change.kind == row.kind && change.renamed.as_ref() == Some(&row.name);
    all().find(|change| row.is(change)).or_else(|| all().find(is_named)).or_else(|| all().find(is_renamed))
}

fn title_ui(ui: &mut Ui, change: &Change, per: &Divisor) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(change.kind.name()).color(tokens.muted));
        ui.add(Label::new(RichText::new(&change.name).font(fonts::strong())).wrap());
        if let Some(other) = &change.renamed {
            ui.add(Label::new(RichText::new(format!("→ {other}")).font(fonts::strong())).wrap());
        }
    });
    let is_more = change.has_grown();
    let color = match (change.is_significant || change.is_too_few, is_more) {
        (false, _) => tokens.muted,
        (true, true) => tokens.grown,
        (true, false) => tokens.shrunk,
    };
    ui.add(Label::new(RichText::new(sentence(change, per)).color(color)).wrap());
    ui.add_space(space::S);
}

/// What the test of the row shows, as one sentence.
fn sentence(change: &Change, per: &Divisor) -> String {
    let sure = match change.q {
        _ if change.is_too_few => return too_few(change),
        _ if change.a.is_none() => return "Only in B".to_owned(),
        _ if change.b.is_none() => return "Only in A".to_owned(),
        Some(q) if change.is_significant => {
            let figure = figure_name(change.tested.unwrap_or(Measure::Median), per);
            format!("{} {}, q {}", capitalized(&figure), moved(change), Figure::new(q, Form::Chance).text())
        }
        Some(_) => "~ no significant difference".to_owned(),
        None => "~ too little time to test".to_owned(),
    };
    if change.tested != Some(Measure::Median) {
        return sure;
    }
    let Some(shift) = change.shift else { return sure };
    let way = if shift.median > 0.0 { "longer" } else { "shorter" };
    let (low, high) = (shift.low.abs().min(shift.high.abs()), shift.low.abs().max(shift.high.abs()));
    let crosses = shift.low.signum() != shift.high.signum();
    let interval = if crosses {
        format!("{} to {}", rounded(shift.low), rounded(shift.high))
    } else {
        format!("{} to {}", rounded(low), rounded(high))
    };
    format!("B tends to be {} {way} (95 % interval {interval}); {sure}", rounded(shift.median.abs()))
}

/// An obvious difference with too few events to test.
fn too_few(change: &Change) -> String {
    let counts = [&change.a, &change.b].map(|side| side.as_ref().map_or(0, |figures| figures.count));
    let lead = format!("Too few to test ({} and {})", count(counts[0]), count(counts[1]));
    match (&change.a, &change.b) {
        (Some(a), Some(b)) => {
            format!("{lead}, but they do not overlap: median {} → {}", rounded(a.p50), rounded(b.p50))
        }
        (Some(a), None) => format!("{lead}: only in A, {} total", rounded(a.total as f64)),
        (None, Some(b)) => format!("{lead}: only in B, {} total", rounded(b.total as f64)),
        (None, None) => lead,
    }
}

/// By how much it changed.
fn moved(change: &Change) -> String {
    let ratio = change.effect.map(words::change).unwrap_or_default();
    match change.interval {
        Some((low, high)) => {
            format!("{ratio} (95 % interval {} to {})", words::change(low), words::change(high))
        }
        None => ratio,
    }
}

fn series<'a>(found: &'a Changes, change: &Change, side: usize) -> Option<&'a Series> {
    found.measured.get(side)?.rows.get((*change.places.get(side)?)?).map(|row| &row.1)
}

fn picture_ui(ui: &mut Ui, home: &Document, found: &Arc<Changes>, change: &Change, actions: &mut Actions) {
    let look = Look::of(home);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let mut choose = |ui: &mut Ui, choice: usize, option: u8, title: &str, is_on: bool| {
            let response = chip(ui, title, is_on);
            if response.clicked() {
                let choose = Action::Analysis(AnalysisAction::Choose(PANEL, choice, option));
                actions.push(Action::On(home.id, Box::new(choose)));
            }
            response
        };
        choose(ui, 0, 0, "Histogram", !look.cumulated);
        choose(ui, 0, 1, "Cumulative", look.cumulated);
        ui.add_space(space::S);
        choose(ui, 1, 0, "Logarithmic", look.log);
        choose(ui, 1, 1, "Linear", !look.log);
        if !look.cumulated {
            ui.add_space(space::S);
            choose(ui, 2, u8::from(look.normalized), "Normalise", look.normalized)
                .on_hover_text("Draw both sides as if they had equally many");
        }
    });
    ui.add_space(space::XS);
    let key = (Arc::as_ptr(found) as usize, change.kind, change.name.clone(), change.places);
    let samples = kept(ui, "difference-samples", key, || {
        [0, 1].map(|side| {
            let series = series(found, change, side);
            series.map_or_else(Sample::default, |series| Sample { values: series.values(), count: series.count })
        })
    });
    let tokens = tokens::of(ui.ctx());
    let Some(x) = distribution::axis(&samples, look.log) else {
        empty(ui, "Neither side has a duration");
        return;
    };
    let named = |at: usize| (if at == 0 { "A" } else { "B" }, tokens.sides[at]);
    let series = [0, 1].map(|at| {
        let sample = &samples[at];
        if look.cumulated {
            distribution::cumulated(sample, &x, named(at))
        } else {
            distribution::histogram(sample, &x, look.normalized, named(at))
        }
    });
    let highest = series.iter().flat_map(|series| &series.points).map(|point| point[1]).fold(0.0, f64::max);
    let (name, y) = match (look.cumulated, look.normalized) {
        (true, _) => ("Cumulative", Axis::linear(Unit::Share, 0.0, 1.0)),
        (false, true) if highest > 0.95 => ("Duration", Axis::linear(Unit::Share, 0.0, 1.0)),
        (false, true) => ("Duration", Axis::up_to(Unit::Share, highest)),
        (false, false) => ("Duration", Axis::up_to(Unit::Count, highest)),
    };
    let shown = Plot { name, x, x_name: "", y, series: &series, marks: &[], height: PICTURE };
    plot(ui, &shown);
}

/// How durations are drawn.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// The part that is at most so long, instead of how many are about so long.
    cumulated: bool,
    /// Equal factors are equally far apart, instead of equal differences.
    log: bool,
    /// Both sides are equally large, however many they are.
    normalized: bool,
}

impl Look {
    /// As the user has chosen.
    fn of(home: &Document) -> Self {
        let view = home.analyses.get(PANEL).cloned().unwrap_or_default();
        let is_usual = |choice: usize| view.chosen.get(choice).is_none_or(|option| *option == 0);
        Self { cumulated: !is_usual(0), log: is_usual(1), normalized: is_usual(2) }
    }
}

/// Every figure of both sides, and how they differ.
fn figures_ui(
    ui: &mut Ui,
    (state, home, pair): (&AppState, &Document, &OpenComparison),
    found: &Arc<Changes>,
    change: &Change,
    actions: &mut Actions,
) {
    ui.add_space(space::S);
    let key = (Arc::as_ptr(found) as usize, RowKey::of(change));
    let load = found.found.load.as_ref();
    let table = kept(ui, "difference-figures", key, || Arc::new(row::figures(change, found.units, &pair.per, load)));
    whole_ui(ui, &table, |ui| table_ui(ui, (state, home), ("difference.figures", &table), None, |_| (), actions));
}

/// Room for all rows of a table, with its headings and the line above.
fn whole_ui<T>(ui: &mut Ui, table: &Table, show: impl FnOnce(&mut Ui) -> T) -> T {
    let height = (table.len() as f32 + 3.0) * space::ROW;
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui(size, |ui| {
        ui.set_max_height(height);
        show(ui)
    })
    .inner
}

/// Instances beside each other, the most typical, then the slowest; a click shows them on both timelines.
fn instances_ui(
    ui: &mut Ui,
    (state, home): (&AppState, &Document),
    documents: [&Document; 2],
    (found, change): (&Arc<Changes>, &Change),
    actions: &mut Actions,
) {
    let key = (Arc::as_ptr(found) as usize, RowKey::of(change));
    let listed = kept(ui, "difference-instances", key, || {
        let all = instances(found, change);
        let beside = all.iter().map(|(title, instances)| {
            let side = |side: usize| instances[side].map(|one| (one.nanos, place(documents[side], change.kind, one)));
            Beside { title: title.clone(), sides: [side(0), side(1)] }
        });
        let table = Arc::new(row::instances(beside.collect()));
        (all, table)
    });
    let (all, table) = &*listed;
    if table.is_empty() {
        return;
    }
    heading(ui, &table.title);
    let show = |ui: &mut Ui| table_ui(ui, (state, home), ("difference.instances", table), None, |_| (), actions);
    let touched = whole_ui(ui, table, show);
    if let Some((_, instances)) = touched.activated.and_then(|row| all.get(row)) {
        let spot = |side: usize| {
            instances[side].map(|instance| TimelineSpot::of(change.kind, instance, &documents[side].trace))
        };
        actions.push(Action::Comparison(ComparisonAction::Show([spot(0), spot(1)])));
    }
}

/// What is shown beside each other, and what it is called; nothing if neither side has an instance.
fn instances(found: &Changes, change: &Change) -> Vec<(String, [Option<Instance>; 2])> {
    let sides = [series(found, change, 0), series(found, change, 1)];
    let mut rows = vec![("Most typical".to_owned(), sides.map(|series| series.and_then(Series::typical)))];
    let slowest = sides.map(|series| series.map(|series| series.slowest().collect::<Vec<_>>()).unwrap_or_default());
    for rank in 0..slowest[0].len().max(slowest[1].len()) {
        let title = if rank == 0 { "Slowest".to_owned() } else { format!("{}. slowest", rank + 1) };
        rows.push((title, [slowest[0].get(rank).copied(), slowest[1].get(rank).copied()]));
    }
    if rows.iter().all(|row| row.1 == [None, None]) { Vec::new() } else { rows }
}

fn place(document: &Document, kind: RowKind, instance: Instance) -> String {
    let start = document.offset_of(instance.range.start);
    match TimelineSpot::of(kind, instance, &document.trace).lane {
        Some(lane) => format!("{} at {start}", name::lane(&document.trace, lane)),
        None => format!("At {start}"),
    }
}

/// Takes a wrong partner away, or gives a row that has none one by hand.
fn partner_ui(ui: &mut Ui, pair: &OpenComparison, found: &Changes, change: &Change, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    heading(ui, "Partner");
    let kind = change.kind;
    let correct = |actions: &mut Actions, a: Option<String>, b: Option<String>| {
        actions.push(Action::Comparison(ComparisonAction::Correct(Correction { kind, a, b })));
    };
    let name_b = change.renamed.clone().unwrap_or_else(|| change.name.clone());
    if change.a.is_some() && change.b.is_some() {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format!("{name_b} in B")).color(tokens.muted));
            if link_in(ui, "Not the same", fonts::body()).clicked() {
                correct(actions, Some(change.name.clone()), None);
                correct(actions, None, Some(name_b.clone()));
            }
        });
    } else {
        let (own, other) = if change.a.is_some() { ("A", "B") } else { ("B", "A") };
        ui.label(RichText::new(format!("Only in {own}. The same as this row of {other}:")).color(tokens.muted));
        let is_alone =
            |row: &&Change| row.kind == kind && if change.a.is_some() { row.a.is_none() } else { row.b.is_none() };
        let alone: Vec<&Change> = found.found.changes.iter().filter(is_alone).take(OFFERED).collect();
        if alone.is_empty() {
            ui.label(RichText::new(format!("Every {} of {other} has a partner", kind.name())).color(tokens.muted));
        }
        for row in alone {
            if link_in(ui, &row.name, fonts::body()).clicked() {
                let (a, b) = if change.a.is_some() { (change, row) } else { (row, change) };
                correct(actions, Some(a.name.clone()), Some(b.name.clone()));
            }
        }
    }
    if !pair.corrections.is_empty() && link_in(ui, "Undo all corrections", fonts::small()).clicked() {
        actions.push(Action::Comparison(ComparisonAction::ForgetCorrections));
    }
}
