//! Three traces and more in their order: a column each and the trend. A click on a row shows its slowest
//! instances in the two on show; a click on a trace shows that one below.

use std::sync::Arc;

use egui::{Align, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};
use trace_core::analysis::compare::trend::{Trend, Trends};

use crate::action::action::{Action, Actions, ComparisonAction};
use crate::fmt::number::count;
use crate::panel::comparison::{choose, chosen, home};
use crate::panel::table::table_ui;
use crate::panel::{ask_for, kept, series};
use crate::report::comparison::series::title;
use crate::state::app::AppState;
use crate::state::compare_query::{FIGURES, SeriesChanges};
use crate::state::comparison::{OpenComparison, RowKey};
use crate::theme::{fonts, space, tokens};
use crate::widget::badge::{paint_badge, paint_number};
use crate::widget::chip::chip;
use crate::widget::content;
use crate::widget::link::copy_button;
use crate::widget::section::empty;

/// Width of recordings and sentences beside the table, points.
const STEPS: f32 = 300.0;
/// The choice of a figure among what the window remembers.
const FIGURE: &str = "series.figure";
/// The choice of rows.
const ROWS: &str = "series.rows";

/// Shows a row for each trend, with a column a recording.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, found)) = series(ui, state, actions) else { return };
    // A click on a row shows what the two on show have of it.
    if let Some((pair, [a, b])) = state.shown_pair()
        && pair.queries.get(&pair.query(a, b)).is_none()
    {
        ask_for(state, pair.query(a, b).into(), actions);
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
fn steps_ui(ui: &mut Ui, state: &AppState, pair: &OpenComparison, found: &SeriesChanges, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let shown = ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(ui, |ui| {
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
    content::note(ui, &shown);
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
fn recording_ui(ui: &mut Ui, state: &AppState, pair: &OpenComparison, at: usize, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let Some(id) = pair.series.get(at).copied() else { return };
    let title = state.document_by_id(id).map(|document| document.title()).unwrap_or_default();
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
        actions.push(Action::Comparison(ComparisonAction::Lower(id)));
    }
    if side.is_none() {
        response.on_hover_text("Show it below, as B").on_hover_cursor(egui::CursorIcon::PointingHand);
    }
}

fn rows_ui(ui: &mut Ui, state: &AppState, pair: &OpenComparison, found: &Arc<SeriesChanges>, actions: &mut Actions) {
    let Some(home) = home(state, pair) else { return };
    if found.found.rows.is_empty() {
        empty(ui, "None of the traces has anything to compare");
        return;
    }
    let figure = chosen(home, FIGURE).min(FIGURES.len() - 1);
    let only_significant = chosen(home, ROWS) > 0;
    let Some([all, significant]) = found.tables.get(figure) else { return };
    let listed = if only_significant { significant } else { all };
    let row = pair.row.as_ref();
    let is_it = |trend: &Trend| row.is_some_and(|row| row.kind == trend.kind && row.name == trend.name);
    let key = (Arc::as_ptr(&listed.table) as usize, pair.row.clone());
    let marked =
        kept(ui, "series-marked", key, || row.and_then(|_| listed.row_of(found.found.rows.iter().position(is_it)?)));
    let mut own = Actions::default();
    let lead = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, offered) in FIGURES.iter().enumerate() {
            let text = offered.map_or_else(|| "Tested".to_owned(), |figure| title(figure, &pair.per));
            let response = chip(ui, &text, at == figure);
            let response =
                if at == 0 { response.on_hover_text("Of each row the figure that was tested") } else { response };
            if response.clicked() {
                choose(home, FIGURE, at, &mut own);
            }
        }
        ui.add_space(space::S);
        let text = format!("Significant {}", count(significant.rows.len() as u64));
        if chip(ui, &text, only_significant).clicked() {
            choose(home, ROWS, usize::from(!only_significant), &mut own);
        }
        ui.add_space(space::S);
    };
    let touched = table_ui(ui, (state, home), ("series", &listed.table), *marked, lead, actions);
    own.drain().into_iter().for_each(|action| actions.push(action));
    let activated = touched.activated.and_then(|row| found.found.rows.get(listed.place(row)?));
    if let Some(trend) = activated {
        actions.push(Action::Comparison(ComparisonAction::ShowRow(pair_row(state, pair, trend))));
    }
}

/// The row of the two on show that a trend is in.
fn pair_row(state: &AppState, pair: &OpenComparison, trend: &Trend) -> RowKey {
    let place = |side: usize| {
        let at = pair.series.iter().position(|id| *id == pair.sides[side])?;
        trend.places.get(at).copied().flatten()
    };
    let places = [place(0), place(1)];
    let usual = RowKey { kind: trend.kind, name: trend.name.clone(), in_a: places[0].is_some() };
    let Some((_, [a, b])) = state.shown_pair() else { return usual };
    let Some(changes) = pair.queries.answer(&pair.query(a, b)) else { return usual };
    let is_it = |side: usize, known: [Option<usize>; 2]| known[side].is_some() && known[side] == places[side];
    let mut all = changes.found.changes.iter();
    let found = all.find(|change| is_it(0, change.places) || is_it(1, change.places));
    found.map_or(usual, RowKey::of)
}

#[cfg(test)]
mod tests {
    use super::sentences;
    use trace_core::analysis::compare::Comparison;
    use trace_core::analysis::compare::trend::Trends;

    #[test]
    fn all_and_then_each_step_have_a_sentence() {
        let step = |said: &str| Comparison { verdict: vec![said.to_owned()], ..Comparison::default() };
        let found = Trends { steps: vec![step("s1"), step("s2")], overall: step("all"), rows: Vec::new() };
        assert_eq!(sentences(&found), [(0, 2, "all"), (0, 1, "s1"), (1, 2, "s2")]);
    }
}
