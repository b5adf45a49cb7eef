//! The panel of an analysis that answers with a report: its choices, its figures, its charts, its tables. One for all of
//! them.

use std::sync::Arc;

use egui::{Align, Color32, Label, Layout, Pos2, Rect, RichText, Sense, Ui, UiBuilder, pos2};

use trace_core::analysis::scope::{GoroutineFilter, Scope};

use crate::action::action::{Action, Actions, AnalysisAction};
use crate::fmt::escape::visible;
use crate::fmt::number::count;
use crate::panel::chart::chart_ui;
use crate::panel::scope::{goroutine_filter_name, only_link, scope_line_ui};
use crate::panel::table::{shown, table_ui};
use crate::panel::{answer, kept, partial_ui};
use crate::report::analyses::analysis::LISTED;
use crate::report::analyses::{self, Analysis, Ask, Choice};
use crate::report::report::Report;
use crate::report::table::{Kind, Table};
use crate::report::value::Value;
use crate::state::analysis::AnalysisView;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::query;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::link::copy_button;
use crate::widget::proportion::proportion;
use crate::widget::shade::color;

/// The part of the width that the tables of the selected row get beside the main one.
const NESTED: f32 = 0.4;
/// The part of the width that a chart gets beside a table.
const BESIDE: f32 = 0.4;
/// Height of a chart above a table, points.
const CHART: f32 = 140.0;
/// Lower panels have no room for a table below a chart, points.
const LOW: f32 = 340.0;
/// Narrower ones have none beside it, points.
const WIDE: f32 = 900.0;

/// Shows the panel of an analysis.
pub fn ui(ui: &mut Ui, state: &AppState, analysis: &dyn Analysis, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let end = scope_line_ui(ui, document, actions, |ui, actions| choices_beside_ui(ui, document, analysis, actions));
    let ask = ask_of(document, analysis);
    report_beside_ui(ui, (state, document), (analysis, Some(end)), ask, actions);
}

/// Shows an analysis, or one of several with chips to choose which. `key` names the choice among what the window
/// remembers.
pub fn group_ui(ui: &mut Ui, state: &AppState, key: &'static str, analyses: &[&dyn Analysis], actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let chosen = document.analyses.get(key).map_or(0, |view| view.table);
    let Some(analysis) = analyses.get(chosen).or_else(|| analyses.first()) else { return };
    let end = scope_line_ui(ui, document, actions, |ui, actions| {
        let titles = analyses.iter().map(|analysis| analysis.info().title);
        if let Some(at) = chips_beside_ui(ui, titles, chosen).filter(|_| analyses.len() > 1) {
            actions.push(AnalysisAction::ShowTable(key, at));
        }
        choices_beside_ui(ui, document, *analysis, actions);
    });
    report_beside_ui(ui, (state, document), (*analysis, Some(end)), ask_of(document, *analysis), actions);
}

/// Adds chips to the current line, after a gap, with the one at `on` selected; adds none for a single title. Returns the index of
/// the clicked chip.
pub fn chips_beside_ui<'a>(ui: &mut Ui, titles: impl IntoIterator<Item = &'a str>, on: usize) -> Option<usize> {
    let titles: Vec<&str> = titles.into_iter().collect();
    if titles.len() < 2 {
        return None;
    }
    ui.add_space(space::L);
    let clicked = |(at, title): (usize, &str)| chip(ui, title, at == on).clicked().then_some(at);
    titles.into_iter().enumerate().filter_map(clicked).last()
}

/// A row of chips of which one is on; the one that was clicked.
pub fn chips_ui<'a>(ui: &mut Ui, titles: impl IntoIterator<Item = &'a str>, on: usize) -> Option<usize> {
    chips_line_ui(ui, titles, on).0
}

/// The same, and where the row ends.
pub fn chips_line_ui<'a>(ui: &mut Ui, titles: impl IntoIterator<Item = &'a str>, on: usize) -> (Option<usize>, Pos2) {
    let mut clicked = None;
    let shown = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, title) in titles.into_iter().enumerate() {
            if chip(ui, title, at == on).clicked() {
                clicked = Some(at);
            }
        }
        ui.cursor().min
    });
    (clicked, shown.inner)
}

/// What the user has chosen in the panel of an analysis.
#[must_use]
pub fn view_of(document: &Document, analysis: &dyn Analysis) -> AnalysisView {
    document.analyses.get(analysis.info().id).cloned().unwrap_or_default()
}

/// What to ask an analysis, as the user has chosen it.
#[must_use]
pub fn ask_of(document: &Document, analysis: &dyn Analysis) -> Ask {
    let scope = if analysis.info().is_of_range() { Scope::during(document.scope_range()) } else { document.scope() };
    view_of(document, analysis).ask(scope)
}

/// Chips for each choice of an analysis, behind what is on the line.
fn choices_beside_ui(ui: &mut Ui, document: &Document, analysis: &dyn Analysis, actions: &mut Actions) {
    let (info, view) = (analysis.info(), view_of(document, analysis));
    for (at, choice) in info.choices.iter().enumerate().filter(|(_, choice)| choice.id != Choice::ORDER) {
        let on = view.chosen.get(at).copied().unwrap_or(0);
        let clicked = chips_beside_ui(ui, choice.options.iter().map(|option| option.title), on.into());
        if let Some(option) = clicked.and_then(|option| u8::try_from(option).ok()) {
            actions.push(AnalysisAction::Choose(info.id, at, option));
        }
    }
}

/// The answer of an analysis to what is asked.
pub fn report_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    analysis: &dyn Analysis,
    ask: Ask,
    actions: &mut Actions,
) {
    report_beside_ui(ui, (state, document), (analysis, None), ask, actions);
}

/// The same with its figures on the line that ends at `end`, if they have room there.
pub fn report_beside_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (analysis, end): (&dyn Analysis, Option<Pos2>),
    ask: Ask,
    actions: &mut Actions,
) {
    let id = analysis.info().id;
    if let Some(report) = answer(ui, document, &query::ask::Report(id, ask), actions) {
        found_ui(ui, (state, document), (id, report, end), actions);
    }
}

/// The report of the analysis with this id: headline, figures, charts, and the table that is chosen.
pub fn found_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (id, report, end): (&'static str, &Report, Option<Pos2>),
    actions: &mut Actions,
) {
    if !report.headline.is_empty() {
        copied_ui(ui, &report.headline, actions);
    }
    facts_ui(ui, document, (report, end.filter(|_| report.headline.is_empty())));
    let tables: Vec<&Arc<Table>> = report.listed().collect();
    // Before the user has chosen, the first one that has something to show.
    let first = tables.iter().position(|table| !table.is_empty()).unwrap_or(0);
    let shown = document.analyses.get(id).map_or(first, |view| view.table);
    let Some(table) = tables.get(shown).or_else(|| tables.first()) else { return };
    let mut chosen = None;
    let tabs = |ui: &mut Ui| {
        if tables.len() < 2 {
            return;
        }
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, offered) in tables.iter().enumerate() {
            let title = format!("{} ({})", offered.title, count(offered.len() as u64));
            if chip(ui, &title, Arc::ptr_eq(offered, table)).clicked() {
                chosen = Some(at);
            }
        }
        ui.add_space(space::S);
    };
    let area = ui.available_rect_before_wrap();
    let charts = if table.is_empty() { &[][..] } else { &report.charts[..] };
    if !charts.is_empty() && area.height() < LOW && area.width() > WIDE {
        let middle = area.min.x + (area.width() * BESIDE).floor();
        let left = Rect::from_min_max(area.min, pos2(middle - space::M, area.max.y));
        let height = left.height() / charts.len() as f32 - space::S;
        let mut part = ui.new_child(UiBuilder::new().max_rect(left).id_salt("charts"));
        for chart in charts {
            chart_ui(&mut part, document, chart, (&[], height), actions);
        }
        let right = Rect::from_min_max(pos2(middle, area.min.y), area.max);
        let mut part = ui.new_child(UiBuilder::new().max_rect(right).id_salt("tables"));
        tables_ui(&mut part, (state, document), (id, table), tabs, actions);
        ui.allocate_rect(area, Sense::hover());
    } else {
        for chart in charts {
            chart_ui(ui, document, chart, (&[], CHART), actions);
        }
        tables_ui(ui, (state, document), (id, table), tabs, actions);
    }
    if let Some(at) = chosen {
        actions.push(AnalysisAction::ShowTable(id, at));
    }
}

/// A sentence with a button that copies it.
fn copied_ui(ui: &mut Ui, sentence: &str, actions: &mut Actions) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if copy_button(ui, "this sentence") {
            actions.push(Action::Copy(visible(sentence).into_owned()));
        }
        ui.add(Label::new(visible(sentence)).wrap());
    });
    ui.add_space(space::XS);
}

/// Shows a table, and beside it the tables of the row that is selected in it, or what its analysis knows of its subject.
pub fn tables_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (analysis, table): (&str, &Arc<Table>),
    tabs: impl FnOnce(&mut Ui),
    actions: &mut Actions,
) {
    let key = format!("{analysis}.{}", table.id);
    let session = document.tables.get(&key);
    let cursor = session
        .and_then(|session| session.selection_in(&shown(ui, document, &key, table)))
        .and_then(|selection| selection.cursor);
    let subject = cursor.and_then(|row| table.subject(row as usize));
    let details = subject.clone().filter(|_| table.has_details);
    let nested = match (&details, cursor) {
        (None, Some(row)) => {
            let of = (Arc::as_ptr(table) as usize, row);
            kept(ui, &format!("nested.{key}"), of, || nested_of(table, row as usize))
        }
        _ => Arc::default(),
    };
    let is_alone = nested.is_empty() && subject.is_none();
    let area = ui.available_rect_before_wrap();
    let middle = area.max.x - (area.width() * NESTED).floor();
    let left = if is_alone { area } else { Rect::from_min_max(area.min, pos2(middle - space::M, area.max.y)) };
    // The same place among widgets with and without tables beside it, so that its rows stay the widgets they were.
    let mut part = ui.new_child(UiBuilder::new().max_rect(left).id_salt("main"));
    table_ui(&mut part, (state, document), (&key, table), None, tabs, actions);
    if is_alone {
        ui.allocate_rect(part.min_rect(), Sense::hover());
        return;
    }
    let mut right = Rect::from_min_max(pos2(middle, area.min.y), area.max);
    if let Some(filter) = subject {
        let mut part = ui.new_child(UiBuilder::new().max_rect(right).id_salt("subject"));
        let title = goroutine_filter_name(document, &filter);
        let text = format!("Show only lanes: {title}");
        only_link(&mut part, document, (Scope { filter, ..document.scope() }, title), &text, actions);
        right.min.y = part.min_rect().max.y;
    }
    if let Some((analysis, filter)) = analyses::by_id(analysis).zip(details) {
        let mut part = ui.new_child(UiBuilder::new().max_rect(right).id_salt("details"));
        details_ui(&mut part, (state, document), (analysis, &key), filter, actions);
    }
    let height = right.height() / nested.len().max(1) as f32;
    for (at, inner) in nested.iter().enumerate() {
        let top = right.min.y + at as f32 * height;
        let right = Rect::from_min_max(pos2(middle, top), pos2(area.max.x, top + height));
        let mut part = ui.new_child(UiBuilder::new().max_rect(right).id_salt(("nested", at)));
        part.set_clip_rect(right.intersect(ui.clip_rect()));
        nested_ui(&mut part, (state, document), (&key, inner), actions);
    }
    ui.allocate_rect(area, Sense::hover());
}

fn nested_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (key, inner): (&str, &Arc<Table>),
    actions: &mut Actions,
) {
    let muted = tokens::of(ui.ctx()).muted;
    ui.label(RichText::new(&inner.title).font(fonts::small_strong()).color(muted));
    table_ui(ui, (state, document), (&format!("{key}.{}", inner.id), inner), None, |_| (), actions);
}

/// What the analysis knows of the goroutines that a row is about, and the order that decides which of many it lists.
fn details_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (analysis, key): (&dyn Analysis, &str),
    filter: GoroutineFilter,
    actions: &mut Actions,
) {
    let (info, ask) = (analysis.info(), ask_of(document, analysis));
    let order = info.choices.iter().position(|choice| choice.id == Choice::ORDER);
    let on = order.map_or(0, |order| ask.choice(order));
    let query = query::ask::Details(info.id, ask, filter);
    let Some(report) = answer(ui, document, &query, actions) else { return };
    let Some(table) = report.tables.first() else { return };
    if let Some((at, choice)) = order.and_then(|at| Some((at, info.choices.get(at)?)))
        && table.len() >= LISTED
    {
        let first = format!("The first {} by", count(table.len() as u64));
        ui.label(RichText::new(first).font(fonts::small()).color(tokens::of(ui.ctx()).muted));
        let clicked = chips_ui(ui, choice.options.iter().map(|option| option.title), on);
        if let Some(option) = clicked.and_then(|option| u8::try_from(option).ok()) {
            actions.push(AnalysisAction::Choose(info.id, at, option));
        }
    }
    nested_ui(ui, (state, document), (key, table), actions);
}

/// The tables that belong to a row and have rows themselves.
fn nested_of(table: &Table, row: usize) -> Vec<Arc<Table>> {
    let columns = table.columns.iter().enumerate().filter(|(_, column)| column.kind == Kind::Table);
    let tables = columns.filter_map(|(at, _)| match table.value(row, at) {
        Value::Table(nested) if !nested.is_empty() => Some(nested),
        _ => None,
    });
    tables.collect()
}

/// The single values of a report on a line, then what has to be known to read it, then what makes up a whole. Where a line
/// ends at `end` and the values have room behind it, they stand there.
pub fn facts_ui(ui: &mut Ui, document: &Document, (report, end): (&Report, Option<Pos2>)) {
    let tokens = tokens::of(ui.ctx());
    let facts: Vec<String> = report
        .shown_facts()
        .map(|fact| format!("{} {}", fact.title, document.shown_value(&fact.value).text()))
        .collect();
    let text = facts.join("  ·  ");
    let width = ui.painter().layout_no_wrap(text.clone(), fonts::small(), tokens.text).size().x;
    let has_room = |end: &Pos2| end.x + space::L + width < ui.max_rect().right();
    let is_alone = report.notes.is_empty() && !document.trace.is_damaged();
    if let Some(end) = end.filter(has_room).filter(|_| is_alone && !facts.is_empty()) {
        let line = Rect::from_min_max(end, pos2(ui.max_rect().right(), end.y + space::ROW));
        let place = UiBuilder::new().max_rect(line).layout(Layout::left_to_right(Align::Center));
        let mut beside = ui.new_child(place.id_salt("facts"));
        beside.add_space(space::L);
        beside.label(RichText::new(text).font(fonts::small()).color(tokens.text));
    } else if !facts.is_empty() || !report.notes.is_empty() || document.trace.is_damaged() {
        ui.horizontal_wrapped(|ui| {
            if !facts.is_empty() {
                ui.label(RichText::new(&text).font(fonts::small()).color(tokens.text));
            }
            partial_ui(ui, document);
            for note in &report.notes {
                ui.label(RichText::new(note).font(fonts::small()).color(tokens.muted));
            }
        });
    }
    for fact in &report.facts {
        if let Value::Bar(parts, _) = &fact.value {
            let parts: Vec<(u64, Color32)> = parts.iter().map(|(size, shade)| (*size, color(tokens, *shade))).collect();
            proportion(ui, &parts, fact.title);
            ui.add_space(space::XS);
        }
    }
}
