//! Three traces and more in their order: a column each and the trend. A click on a row shows its slowest
//! instances in the two on show; a click on a trace shows that one below.

use std::sync::Arc;

use egui::{Align, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};
use trace_core::analysis::compare::Figures;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::trend::{Trend, Trends};

use crate::action::action::{Action, Actions};
use crate::action::pairs::PairAction;
use crate::fmt::number::count;
use crate::panel::figure::{is_tested, ratio, tested, title_per, words};
use crate::panel::{ask_for, kept, series};
use crate::state::app::AppState;
use crate::state::contrast::{Contrast, PairAnswer, SeriesChanges};
use crate::state::pair::{MOST_IN_SERIES, Pair, PerChoice, RowKey};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, space, tokens};
use crate::widget::badge::{paint_badge, paint_number};
use crate::widget::chip::chip;
use crate::widget::link::copy_button;
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, Sorting, number, sorted, sorting, text};

/// Width of recordings and sentences beside the table, points.
const STEPS: f32 = 300.0;
/// Columns before those of recordings.
const BEFORE: usize = 3;
/// Headings of recordings.
const NUMBERS: [&str; MOST_IN_SERIES] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

/// Which rows show, and what of them.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    /// The figure of the columns; of each row the one that was tested if `None`.
    figure: Option<Figure>,
    only_significant: bool,
    text: String,
}

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, found)) = series(ui, state, actions) else { return };
    // A click on a row shows what the two on show have of it.
    if let Some((pair, [a, b])) = state.shown_pair()
        && pair.contrasts.get(&pair.question(a, b)).is_none()
    {
        ask_for(state, pair.question(a, b), actions);
    }
    let area = ui.available_rect_before_wrap();
    let middle = area.min.x + STEPS.min(area.width() * 0.4);
    let mut part = ui.new_child(UiBuilder::new().max_rect(area.with_max_x(middle)).id_salt("steps"));
    steps_ui(&mut part, state, pair, found, actions);
    let mut part = ui.new_child(UiBuilder::new().max_rect(area.with_min_x(middle + space::L)).id_salt("rows"));
    rows_ui(&mut part, state, pair, found, actions);
    ui.allocate_rect(area, Sense::hover());
}

/// The recordings, and what changed from one to the next.
fn steps_ui(ui: &mut Ui, state: &AppState, pair: &Pair, found: &SeriesChanges, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for at in 0..pair.series.len() {
            recording_ui(ui, state, pair, at, actions);
        }
        ui.add_space(space::S);
        ui.spacing_mut().item_spacing.y = space::XS;
        let last = found.found.steps.len();
        ui.horizontal(|ui| {
            ui.label(RichText::new("What changed").font(fonts::small_strong()).color(tokens.muted));
            if copy_button(ui, "what changed") {
                let said = sentences(&found.found).into_iter().map(|(_, _, said)| said);
                actions.push(Action::Copy(said.collect::<Vec<_>>().join("\n")));
            }
        });
        for (from, to, said) in sentences(&found.found) {
            let font = if to == last && from == 0 { fonts::strong() } else { fonts::body() };
            let lead =
                RichText::new(format!("{} → {}", from + 1, to + 1)).font(fonts::small_strong()).color(tokens.muted);
            ui.label(lead);
            ui.add(Label::new(RichText::new(said).font(font)).wrap());
        }
    });
}

/// The first sentence of all and of each step: from which recording to which, from 0.
fn sentences(found: &Trends) -> Vec<(usize, usize, &str)> {
    let whole = found.overall.verdict.first().map(|said| (0, found.steps.len(), said.as_str()));
    let mut all: Vec<_> = whole.into_iter().collect();
    for (at, step) in found.steps.iter().enumerate() {
        all.extend(step.verdict.first().map(|said| (at, at + 1, said.as_str())));
    }
    all
}

/// One recording: its number, its name, its letter if it is on show.
fn recording_ui(ui: &mut Ui, state: &AppState, pair: &Pair, at: usize, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let Some(id) = pair.series.get(at).copied() else { return };
    let title = state.document_by_id(id).map(|document| document.source.title()).unwrap_or_default();
    let side = pair.side_of(id);
    let sense = if side.is_none() { Sense::click() } else { Sense::hover() };
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, side.is_some(), format!("{} {title}", at + 1)));
    if side.is_none() && response.hovered() {
        ui.painter().rect_filled(row, space::RADIUS, tokens.raised);
    }
    let badge = |left: f32| Rect::from_min_size(row.min + vec2(left, 0.0), vec2(16.0, row.height()));
    paint_number(ui.painter(), badge(0.0), at, tokens);
    if let Some(side) = side {
        paint_badge(ui.painter(), badge(20.0), side.at(), tokens);
    }
    let room = Rect::from_min_max(row.min + vec2(42.0, 0.0), row.max);
    let color = if side.is_some() { tokens.text } else { tokens.muted };
    let mut inside = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::left_to_right(Align::Center)));
    inside.add(Label::new(RichText::new(&title).color(color)).truncate().selectable(false).sense(Sense::empty()));
    if response.clicked() {
        actions.push(Action::Pair(PairAction::Lower(id)));
    }
    if side.is_none() {
        response.on_hover_text("Show it below, as B").on_hover_cursor(egui::CursorIcon::PointingHand);
    }
}

fn rows_ui(ui: &mut Ui, state: &AppState, pair: &Pair, found: &Arc<SeriesChanges>, actions: &mut Actions) {
    let list = &found.found.rows;
    let filter = controls_ui(ui, list, &pair.per);
    let usual = Sorting { column: usize::MAX, descending: true };
    let sorting = sorting(ui, "series", usual);
    let key = (Arc::as_ptr(found) as usize, sorting, filter.clone());
    let order = kept(ui, "series-order", key, || order(found, &filter, sorting));
    if order.is_empty() {
        empty(ui, if list.is_empty() { "None of the traces has anything to compare" } else { "No row is like that" });
        return;
    }
    let tokens = tokens::of(ui.ctx());
    let row_of = |row: usize| order.get(row).and_then(|at| list.get(*at));
    let is_chosen = |row: usize| {
        let chosen = pair.row.as_ref();
        row_of(row).is_some_and(|trend| chosen.is_some_and(|row| row.kind == trend.kind && row.name == trend.name))
    };
    let columns = columns(pair.series.len());
    let cells = |row: usize| {
        row_of(row).map(|trend| cells(tokens, trend, (filter.figure, &pair.per), &found.units)).unwrap_or_default()
    };
    let touched = sorted(ui, ("series", &columns), sorting, order.len(), is_chosen, cells);
    let Some(trend) = touched.clicked.and_then(row_of) else { return };
    let key = pair_row(state, pair, trend);
    actions.push(Action::Pair(PairAction::ShowRow(key)));
}

/// The row of the two on show that a trend is in.
fn pair_row(state: &AppState, pair: &Pair, trend: &Trend) -> RowKey {
    let place = |side: usize| {
        let at = pair.series.iter().position(|id| *id == pair.sides[side])?;
        trend.places.get(at).copied().flatten()
    };
    let places = [place(0), place(1)];
    let usual = RowKey { kind: trend.kind, name: trend.name.clone(), in_a: places[0].is_some() };
    let Some((_, [a, b])) = state.shown_pair() else { return usual };
    match pair.contrasts.get(&pair.question(a, b)) {
        Some(Contrast::Answered(PairAnswer::Changes(changes))) => {
            let is_it = |side: usize, known: [Option<usize>; 2]| known[side].is_some() && known[side] == places[side];
            let mut all = changes.found.changes.iter();
            let found = all.find(|change| is_it(0, change.places) || is_it(1, change.places));
            found.map_or(usual, RowKey::of)
        }
        _ => usual,
    }
}

/// Which figure, which rows; returns the choice.
fn controls_ui(ui: &mut Ui, list: &[Trend], per: &PerChoice) -> Filter {
    let id = ui.make_persistent_id("series-filter");
    let usual = || Filter { figure: None, only_significant: false, text: String::new() };
    let mut filter: Filter = ui.ctx().data(|data| data.get_temp(id)).unwrap_or_else(usual);
    let before = filter.clone();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if chip(ui, "Tested", filter.figure.is_none()).on_hover_text("Of each row the figure that was tested").clicked()
        {
            filter.figure = None;
        }
        for figure in Figure::ALL {
            if chip(ui, title_per(figure, per), filter.figure == Some(figure)).clicked() {
                filter.figure = Some(figure);
            }
        }
        ui.add_space(space::S);
        let changed = list.iter().filter(|trend| is_significant(trend)).count();
        if chip(ui, &format!("Significant {}", count(changed as u64)), filter.only_significant).clicked() {
            filter.only_significant ^= true;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let field = TextEdit::singleline(&mut filter.text).font(fonts::small()).hint_text("Filter names");
            ui.add(field.desired_width(120.0));
        });
    });
    ui.add_space(space::HAIR);
    if filter != before {
        ui.ctx().data_mut(|data| data.insert_temp(id, filter.clone()));
    }
    filter
}

fn is_significant(trend: &Trend) -> bool {
    trend.overall.is_significant || trend.steps.iter().any(|step| step.is_significant)
}

fn columns(recordings: usize) -> Vec<Column> {
    let mut columns = vec![text("Kind", 74.0), text("Name", 0.0), text("Figure", 82.0)];
    columns.extend(NUMBERS.iter().take(recordings).map(|title| number(title, 92.0)));
    columns.extend([text("Trend", 22.0 + 16.0 * recordings as f32), number("First to last", 92.0)]);
    columns
}

fn order(found: &SeriesChanges, filter: &Filter, sorting: Sorting) -> Vec<usize> {
    let list = &found.found.rows;
    let wanted = filter.text.to_lowercase();
    let is_in = |trend: &Trend| {
        (!filter.only_significant || is_significant(trend)) && trend.name.to_lowercase().contains(&wanted)
    };
    let mut order: Vec<usize> = (0..list.len()).filter(|at| list.get(*at).is_some_and(is_in)).collect();
    let recordings = found.units.len();
    let value = |trend: &Trend| -> f64 {
        let at = sorting.column.saturating_sub(BEFORE);
        if at < recordings {
            let figures = trend.figures.get(at).and_then(Option::as_ref);
            return figures.map_or(-1.0, |figures| value_of(trend, filter.figure, figures, unit(found, at)));
        }
        trend.overall.impact
    };
    let compare = |one: &Trend, other: &Trend| match sorting.column {
        0 => one.kind.cmp(&other.kind),
        1 => one.name.cmp(&other.name),
        2 => one.measure().name().cmp(other.measure().name()),
        _ => value(one).total_cmp(&value(other)),
    };
    // As they come, those that matter most are first.
    if sorting.column < BEFORE + recordings + 2 {
        order.sort_by(|one, other| {
            let (Some(one), Some(other)) = (list.get(*one), list.get(*other)) else {
                return std::cmp::Ordering::Equal;
            };
            let rising = compare(one, other);
            if sorting.descending { rising.reverse() } else { rising }
        });
    }
    order
}

fn unit(found: &SeriesChanges, at: usize) -> f64 {
    found.units.get(at).copied().unwrap_or(1.0)
}

/// The figure, or that which was tested.
fn value_of(trend: &Trend, figure: Option<Figure>, figures: &Figures, unit: f64) -> f64 {
    figure.map_or_else(|| trend.measure().value(figures, unit), |figure| figure.value(figures, unit))
}

fn cells(tokens: &Tokens, trend: &Trend, (figure, per): (Option<Figure>, &PerChoice), units: &[f64]) -> Vec<Cell> {
    let measure = trend.measure();
    // What was found out about one figure does not colour another.
    let is_tested = figure.is_none_or(|figure| is_tested(figure, measure));
    let known: Vec<Option<(f64, String)>> = trend
        .figures
        .iter()
        .zip(units)
        .map(|(figures, unit): (&Option<Figures>, _)| {
            figures.as_ref().map(|figures| {
                let words = match figure {
                    Some(figure) => words(trend.kind, figure, figures, *unit),
                    None => measure.words(trend.kind, figures, *unit),
                };
                (value_of(trend, figure, figures, *unit), words)
            })
        })
        .collect();
    let highest = known.iter().flatten().map(|value| value.0).fold(0.0, f64::max);
    // A step's colour: what came of the recording before.
    let color = |at: usize| match at.checked_sub(1).filter(|_| is_tested).and_then(|step| trend.steps.get(step)) {
        Some(step) if step.is_told() && step.has_grown => Some(tokens.grown),
        Some(step) if step.is_told() => Some(tokens.shrunk),
        _ => None,
    };
    let title = figure.map_or_else(|| tested(measure, per), |figure| title_per(figure, per));
    let mut cells = vec![Cell::text(trend.kind.name()).colored(tokens.muted), Cell::text(&trend.name)];
    cells.push(Cell::text(title).colored(tokens.muted));
    cells.extend(known.iter().enumerate().map(|(at, value)| {
        let text = value.as_ref().map_or("–", |value| value.1.as_str());
        Cell::number(text).colored(color(at).unwrap_or(if value.is_some() { tokens.text } else { tokens.muted }))
    }));
    let part = |value: &Option<(f64, String)>| value.as_ref().map(|value| share(value.0, highest));
    let bars = known.iter().enumerate().map(|(at, value)| (part(value), color(at).unwrap_or(tokens.muted)));
    cells.push(Cell::columns(bars.collect()));
    let overall = trend.overall;
    let color = match () {
        () if !overall.is_told() || !is_tested => tokens.muted,
        () if overall.has_grown => tokens.grown,
        () => tokens.shrunk,
    };
    let was_there = trend.figures.first().is_some_and(Option::is_some);
    let is_there = trend.figures.last().is_some_and(Option::is_some);
    // Of the figure that the columns show.
    let ends = known.first().zip(known.last());
    let change = ends.and_then(|(first, last)| Some((first.as_ref()?.0, last.as_ref()?.0)));
    let change = change.filter(|(first, _)| *first > 0.0).map(|(first, last)| last / first);
    let words = match overall {
        _ if !was_there && !is_there => "–".to_owned(),
        _ if was_there && is_there && change.is_none() => "–".to_owned(),
        _ if !is_tested => ratio(change, was_there),
        step if step.is_significant => ratio(change, was_there),
        step if step.is_too_few => format!("({})", ratio(change, was_there)),
        _ => "~".to_owned(),
    };
    cells.push(Cell::number(words).colored(color));
    cells
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a height on screen")]
fn share(value: f64, highest: f64) -> f32 {
    if highest > 0.0 { (value / highest) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{Filter, cells, order, sentences};
    use crate::state::contrast::SeriesChanges;
    use crate::state::pair::PerChoice;
    use crate::theme::tokens::DARK;
    use crate::widget::table::Sorting;
    use trace_core::analysis::compare::evidence::Measure;
    use trace_core::analysis::compare::figure::Figure;
    use trace_core::analysis::compare::measure::RowKind;
    use trace_core::analysis::compare::trend::{Step, Trend, Trends};
    use trace_core::analysis::compare::{Comparison, Figures};

    fn row(name: &str, totals: [Option<u64>; 3]) -> Trend {
        let figures = |total: u64| Figures { count: 1, total, ..Figures::default() };
        let step = |is_significant, impact| Step { is_significant, has_grown: impact > 0.0, impact, ..Step::default() };
        let [first, _, last] = totals.map(|total| total.unwrap_or(0) as f64);
        Trend {
            kind: RowKind::Wait,
            name: name.to_owned(),
            figures: totals.map(|total| total.map(figures)).to_vec(),
            places: vec![None; 3],
            steps: vec![step(true, -1.0), step(false, 1.0)],
            overall: step(totals[0].is_some(), last - first),
            ratio: totals[0].zip(totals[2]).map(|(a, b)| b as f64 / a as f64),
        }
    }

    fn found() -> SeriesChanges {
        let rows = vec![row("one", [Some(100), Some(50), Some(25)]), row("two", [None, Some(70), None])];
        let step = |said: &str| Comparison { verdict: vec![said.to_owned()], ..Comparison::default() };
        let found = Trends { steps: vec![step("s1"), step("s2")], overall: step("all"), rows };
        SeriesChanges { found, units: vec![1.0, 1.0, 1.0], ..SeriesChanges::default() }
    }

    #[test]
    fn a_row_has_a_column_each_and_its_trend() {
        let found = found();
        let cells = cells(&DARK, &found.found.rows[0], (Some(Figure::Total), &PerChoice::Second), &found.units);
        let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts, ["wait", "one", "Total/s", "100 ns", "50 ns", "25 ns", "", "\u{2212}75.0 %"]);
        let heights: Vec<_> = cells[6].columns.as_ref().expect("a trend").iter().map(|column| column.0).collect();
        assert_eq!(heights, [Some(1.0), Some(0.5), Some(0.25)]);
        let missing =
            super::cells(&DARK, &found.found.rows[1], (Some(Figure::Total), &PerChoice::Second), &found.units);
        assert_eq!(missing.iter().map(|cell| cell.text.as_str()).nth(3), Some("–"));
        assert!(missing.iter().all(|cell| !cell.text.contains("NaN") && !cell.text.contains("inf")));
    }

    #[test]
    fn the_columns_and_the_change_are_of_the_figure_that_was_tested() {
        let mut found = found();
        let row = &mut found.found.rows[0];
        row.overall.tested = Some(Measure::Median);
        for (figures, p50) in row.figures.iter_mut().flatten().zip([10.0, 20.0, 40.0]) {
            figures.p50 = p50;
        }
        let row = &found.found.rows[0];
        let texts = |figure| -> Vec<String> {
            cells(&DARK, row, (figure, &PerChoice::Second), &found.units).into_iter().map(|cell| cell.text).collect()
        };
        assert_eq!(texts(None)[2..], ["Median", "10 ns", "20 ns", "40 ns", "", "×4.00"]);
        let other = cells(&DARK, row, (Some(Figure::Total), &PerChoice::Second), &found.units);
        assert!(other.iter().skip(3).all(|cell| cell.color.is_none_or(|color| color != DARK.shrunk)), "not tested");
    }

    #[test]
    fn rows_are_sorted_by_any_recording() {
        let found = found();
        let filter = Filter { figure: Some(Figure::Total), only_significant: false, text: String::new() };
        let by = |column| order(&found, &filter, Sorting { column, descending: true });
        assert_eq!((by(usize::MAX), by(3), by(4)), (vec![0, 1], vec![0, 1], vec![1, 0]));
        assert_eq!(sentences(&found.found), [(0, 2, "all"), (0, 1, "s1"), (1, 2, "s2")]);
    }
}
