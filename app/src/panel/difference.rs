//! One row of the comparison: how its durations are spread on both sides, its figures, where its slowest
//! and most typical instances are, and which row of the other trace is its partner.

use std::sync::Arc;

use egui::{Align2, Grid, Label, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::measure::RowKind;
use trace_core::analysis::compare::partners::Correction;
use trace_core::analysis::compare::series::{Instance, Series};
use trace_core::analysis::compare::words;
use trace_core::analysis::compare::{Change, Figures};

use crate::action::action::{Action, Actions};
use crate::action::pairs::PairAction;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, exact, offset, rounded};
use crate::panel::figure::{tested, title_per};
use crate::panel::{changes, kept};
use crate::state::app::AppState;
use crate::state::contrast::Changes;
use crate::state::document::Document;
use crate::state::pair::{Pair, PerChoice, RowKey, Spot};
use crate::theme::{fonts, space, tokens};
use crate::widget::badge::paint_badge;
use crate::widget::chip::chip;
use crate::widget::distribution::{self, Sample};
use crate::widget::link::link_in;
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Plot, plot};
use crate::widget::section::{empty, heading};

/// Height of the picture, points.
const PICTURE: f32 = 190.0;
/// Partners that are offered at most.
const OFFERED: usize = 200;

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let Some(change) = pair.row.as_ref().and_then(|row| chosen(found, row)) else {
        empty(ui, "A click on a row of \u{201c}Changes\u{201d} shows more of it here");
        return;
    };
    ScrollArea::vertical().id_salt("difference").auto_shrink([false, false]).show(ui, |ui| {
        title_ui(ui, change, &pair.per);
        let has_durations = change.kind != RowKind::Heap;
        if has_durations {
            picture_ui(ui, found, change);
        }
        figures_ui(ui, change, found, &pair.per);
        if has_durations {
            instances_ui(ui, documents, found, change, actions);
        }
        partner_ui(ui, pair, found, change, actions);
    });
}

/// The row that was chosen; after a correction the one that has its name now.
fn chosen<'a>(found: &'a Changes, row: &RowKey) -> Option<&'a Change> {
    let all = || found.found.changes.iter();
    let is_named = |change: &&Change| change.kind == row.kind && change.name == row.name;
    // After a swap its name may be B's.
    let is_renamed = |change: &&Change| change.kind == row.kind && change.renamed.as_ref() == Some(&row.name);
    all().find(|change| row.is(change)).or_else(|| all().find(is_named)).or_else(|| all().find(is_renamed))
}

fn title_ui(ui: &mut Ui, change: &Change, per: &PerChoice) {
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
fn sentence(change: &Change, per: &PerChoice) -> String {
    let sure = match change.q {
        _ if change.is_too_few => return too_few(change),
        _ if change.a.is_none() => return "Only in B".to_owned(),
        _ if change.b.is_none() => return "Only in A".to_owned(),
        Some(q) if change.is_significant => {
            format!("{} {}, q {}", tested(change.tested.unwrap_or(Measure::Median), per), moved(change), chance(q))
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
    let lead = format!("Too few to test ({} and {})", counts[0], counts[1]);
    match (&change.a, &change.b) {
        (Some(a), Some(b)) => {
            format!("{lead}, but they do not overlap: median {} → {}", rounded(a.p50), rounded(b.p50))
        }
        (Some(a), None) => format!("{lead}: only in A, {} total", rounded(a.total as f64)),
        (None, Some(b)) => format!("{lead}: only in B, {} total", rounded(b.total as f64)),
        (None, None) => lead,
    }
}

fn chance(q: f64) -> String {
    if q < 0.001 { "< 0.001".to_owned() } else { format!("{q:.3}") }
}

/// By how much it changed.
fn moved(change: &Change) -> String {
    let ratio = change.effect.map(words::change).unwrap_or_default();
    match change.interval {
        Some((low, high)) => {
            format!("{ratio} (95 % interval {} to {})", words::percent(low), words::percent(high))
        }
        None => ratio,
    }
}

fn series<'a>(found: &'a Changes, change: &Change, side: usize) -> Option<&'a Series> {
    found.measured.get(side)?.rows.get((*change.places.get(side)?)?).map(|row| &row.1)
}

fn picture_ui(ui: &mut Ui, found: &Arc<Changes>, change: &Change) {
    let id = egui::Id::unique("difference-look");
    let usual = Look { log: true, cumulated: false, normalized: true };
    let mut look: Look = ui.ctx().data(|data| data.get_temp(id)).unwrap_or(usual);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (title, cumulated) in [("Histogram", false), ("Cumulative", true)] {
            if chip(ui, title, look.cumulated == cumulated).clicked() {
                look.cumulated = cumulated;
            }
        }
        ui.add_space(space::S);
        for (title, log) in [("Logarithmic", true), ("Linear", false)] {
            if chip(ui, title, look.log == log).clicked() {
                look.log = log;
            }
        }
        if !look.cumulated {
            ui.add_space(space::S);
            if chip(ui, "Normalise", look.normalized)
                .on_hover_text("Draw both sides as if they had equally many")
                .clicked()
            {
                look.normalized ^= true;
            }
        }
    });
    ui.ctx().data_mut(|data| data.insert_temp(id, look));
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
    /// Equal factors are equally far apart, instead of equal differences.
    log: bool,
    /// The part that is at most so long, instead of how many are about so long.
    cumulated: bool,
    /// Both sides are equally large, however many they are.
    normalized: bool,
}

/// Every figure of both sides, and how they differ.
fn figures_ui(ui: &mut Ui, change: &Change, found: &Changes, per: &PerChoice) {
    let units = found.units;
    let tokens = tokens::of(ui.ctx());
    ui.add_space(space::S);
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    for side in [0, 1] {
        let right = head.min.x + head.width() * ENDS[side];
        let place = Rect::from_min_max(pos2(right - 16.0, head.min.y), pos2(right, head.max.y));
        paint_badge(ui.painter(), place, side, tokens);
    }
    for (title, end) in [("Difference", ENDS[2]), ("Ratio", ENDS[3])] {
        let at = pos2(head.min.x + head.width() * end, head.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, title, fonts::small(), tokens.muted);
    }
    ui.painter().hline(head.x_range(), head.max.y, Stroke::new(1.0, tokens.line));
    for figure in Figure::ALL {
        let of = |figures: &Option<Figures>, unit: f64| figures.as_ref().map(|figures| figure.value(figures, unit));
        let sides = [of(&change.a, units[0]), of(&change.b, units[1])];
        let is_time = !matches!(figure, Figure::Count | Figure::Rate);
        figure_ui(ui, title_per(figure, per), change.kind, is_time, sides);
    }
    if let Some((load, found)) = found.found.load.as_ref().and_then(|load| Some((load, load.per_request(change)?))) {
        let title = if found.measure == Measure::Count { "Count" } else { "Total" };
        let title = format!("{title} per {}", load.request());
        figure_ui(ui, &title, change.kind, found.measure != Measure::Count, found.values.map(Some));
    }
}

/// Where the columns of figures end, as parts of the width.
const ENDS: [f32; 4] = [0.43, 0.63, 0.84, 1.0];

fn figure_ui(ui: &mut Ui, title: &str, kind: RowKind, is_time: bool, sides: [Option<f64>; 2]) {
    let tokens = tokens::of(ui.ctx());
    let text = |value: f64| if is_time { words::value(kind, value) } else { number(value) };
    let [a, b] = sides.map(|value| value.map_or("–".to_owned(), text));
    let (delta, ratio, color) = match sides {
        [Some(a), Some(b)] => {
            let sign = if b > a { "+" } else { "" };
            let ratio = if a > 0.0 && b > 0.0 { words::change(b / a) } else { "–".to_owned() };
            let color = match () {
                () if b > a * 1.05 => tokens.grown,
                () if b < a * 0.95 => tokens.shrunk,
                () => tokens.muted,
            };
            (format!("{sign}{}", text(b - a)), ratio, color)
        }
        _ => ("–".to_owned(), "–".to_owned(), tokens.muted),
    };
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}: A {a}, B {b}, {delta}, {ratio}")));
    let left = pos2(row.min.x, row.center().y);
    ui.painter().text(left, Align2::LEFT_CENTER, title, fonts::body(), tokens.muted);
    for ((text, end), color) in [a, b, delta, ratio].iter().zip(ENDS).zip([tokens.text, tokens.text, color, color]) {
        let at = pos2(row.min.x + row.width() * end, row.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, fonts::mono(), color);
    }
    if is_time {
        let exactly = sides.map(|value| value.map_or("–".to_owned(), |value| exact(whole(value))));
        response.on_hover_text(RichText::new(format!("A {}\nB {}", exactly[0], exactly[1])).font(fonts::mono()));
    }
}

/// Links to instances beside each other: the most typical, then the slowest.
fn instances_ui(ui: &mut Ui, documents: [&Document; 2], found: &Changes, change: &Change, actions: &mut Actions) {
    let sides = [series(found, change, 0), series(found, change, 1)];
    let mut rows: Vec<(String, [Option<Instance>; 2])> =
        vec![("Most typical".to_owned(), sides.map(|series| series.and_then(Series::typical)))];
    let slowest = sides.map(|series| series.map(|series| series.slowest().collect::<Vec<_>>()).unwrap_or_default());
    for rank in 0..slowest[0].len().max(slowest[1].len()) {
        let title = if rank == 0 { "Slowest".to_owned() } else { format!("{}. slowest", rank + 1) };
        rows.push((title, [slowest[0].get(rank).copied(), slowest[1].get(rank).copied()]));
    }
    if rows.iter().all(|row| row.1 == [None, None]) {
        return;
    }
    heading(ui, "Side by side, aligned at start");
    let tokens = tokens::of(ui.ctx());
    Grid::new("difference-instances").num_columns(3).spacing([space::M, space::HAIR]).show(ui, |ui| {
        for (title, instances) in rows {
            let spots = [0, 1]
                .map(|side| instances[side].map(|instance| Spot::of(change.kind, instance, &documents[side].trace)));
            if link_in(ui, &title, fonts::body()).clicked() {
                actions.push(Action::Pair(PairAction::Show(spots)));
            }
            for side in [0, 1] {
                let text = instances[side].map_or("–".to_owned(), |of| duration(whole(of.nanos as f64)));
                let label = ui.label(RichText::new(text).font(fonts::mono()).color(tokens.sides[side]));
                if let Some(instance) = instances[side] {
                    label.on_hover_text(place(documents[side], change.kind, instance));
                }
            }
            ui.end_row();
        }
    });
}

fn place(document: &Document, kind: RowKind, instance: Instance) -> String {
    let start = offset(instance.range.start.nanos_since(document.trace.range().start));
    match Spot::of(kind, instance, &document.trace).lane {
        Some(lane) => format!("{} at {start}", name::lane(&document.trace, lane)),
        None => format!("At {start}"),
    }
}

/// Takes a wrong partner away, or gives a row that has none one by hand.
fn partner_ui(ui: &mut Ui, pair: &Pair, found: &Changes, change: &Change, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    heading(ui, "Partner");
    let kind = change.kind;
    let correct = |actions: &mut Actions, a: Option<String>, b: Option<String>| {
        actions.push(Action::Pair(PairAction::Correct(Correction { kind, a, b })));
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
        actions.push(Action::Pair(PairAction::ForgetCorrections));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
fn whole(nanos: f64) -> i64 {
    nanos.round() as i64
}

/// A count, or a rate.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(whole(value.abs()).unsigned_abs()));
    }
    format!("{value:.1}")
}
