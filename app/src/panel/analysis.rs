//! The panel of an analysis that answers with a report: its choices, its figures, its tables. One for all of them.

use std::sync::Arc;

use egui::{Rect, RichText, Sense, Ui, UiBuilder, pos2};

use crate::action::action::{Action, Actions};
use crate::fmt::number::count;
use crate::panel::scope::scope_ui;
use crate::panel::table::table_ui;
use crate::panel::{answer, partial_ui};
use crate::report::analyses::Analysis;
use crate::report::report::Report;
use crate::report::table::{Kind, Table};
use crate::report::value::Value;
use crate::state::analysis::AnalysisView;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::study::{Answer, Question};
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;

/// The part of the width that the table of the selected row gets beside the main one.
const NESTED: f32 = 0.4;

/// Shows the panel of an analysis.
pub fn ui(ui: &mut Ui, state: &AppState, analysis: &dyn Analysis, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let info = analysis.info();
    let usual = AnalysisView::default();
    let view = document.analyses.get(info.id).unwrap_or(&usual);
    scope_ui(ui, document, actions);
    for (at, choice) in info.choices.iter().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for (option, (_, title)) in (0_u8..).zip(choice.options) {
                let is_on = view.chosen.get(at).copied().unwrap_or(0) == option;
                if chip(ui, title, is_on).clicked() {
                    actions.push(Action::Choose(info.id, at, option));
                }
            }
        });
    }
    let question = Question::Report(info.id, view.ask(document.scope()));
    let Some(Answer::Report(report)) = answer(ui, document, &question, actions) else { return };
    facts_ui(ui, document, report);
    let Some(table) = report.tables.get(view.table).or_else(|| report.tables.first()) else { return };
    let mut chosen = None;
    let tabs = |ui: &mut Ui| {
        if report.tables.len() < 2 {
            return;
        }
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, offered) in report.tables.iter().enumerate() {
            let title = format!("{} ({})", offered.title, count(offered.len() as u64));
            if chip(ui, &title, Arc::ptr_eq(offered, table)).clicked() {
                chosen = Some(at);
            }
        }
        ui.add_space(space::S);
    };
    tables_ui(ui, (state, document), (info.id, table), tabs, actions);
    if let Some(at) = chosen {
        actions.push(Action::ShowTable(info.id, at));
    }
}

/// Shows a table, and beside it the table of the row that is selected in it.
fn tables_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (analysis, table): (&str, &Arc<Table>),
    tabs: impl FnOnce(&mut Ui),
    actions: &mut Actions,
) {
    let key = format!("{analysis}.{}", table.id);
    let session = document.tables.get(&key);
    let cursor = session.and_then(|session| session.selection_in(table)).and_then(|selection| selection.cursor);
    let column = table.columns.iter().position(|column| column.kind == Kind::Table);
    let nested = cursor.zip(column).and_then(|(row, column)| match table.value(row as usize, column) {
        Value::Table(nested) if !nested.is_empty() => Some(nested),
        _ => None,
    });
    let Some(nested) = nested else {
        table_ui(ui, (state, document), (&key, table), None, tabs, actions);
        return;
    };
    let area = ui.available_rect_before_wrap();
    let middle = area.max.x - (area.width() * NESTED).floor();
    let left = Rect::from_min_max(area.min, pos2(middle - space::M, area.max.y));
    let mut part = ui.new_child(UiBuilder::new().max_rect(left).id_salt("main"));
    table_ui(&mut part, (state, document), (&key, table), None, tabs, actions);
    let right = Rect::from_min_max(pos2(middle, area.min.y), area.max);
    let mut part = ui.new_child(UiBuilder::new().max_rect(right).id_salt("nested"));
    let muted = tokens::of(part.ctx()).muted;
    part.label(RichText::new(&nested.title).font(fonts::small_strong()).color(muted));
    table_ui(&mut part, (state, document), (&format!("{key}.{}", nested.id), &nested), None, |_| (), actions);
    ui.allocate_rect(area, Sense::hover());
}

/// The single values of a report on a line, then what has to be known to read it.
fn facts_ui(ui: &mut Ui, document: &Document, report: &Report) {
    let tokens = tokens::of(ui.ctx());
    let facts = report.facts.iter().filter(|fact| !fact.title.is_empty());
    let facts: Vec<String> = facts.map(|fact| format!("{} {}", fact.title, fact.value.text())).collect();
    if facts.is_empty() && report.notes.is_empty() && !document.trace.is_damaged() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if !facts.is_empty() {
            ui.label(RichText::new(facts.join("  ·  ")).font(fonts::small()).color(tokens.text));
        }
        partial_ui(ui, document);
        for note in &report.notes {
            ui.label(RichText::new(note).font(fonts::small()).color(tokens.muted));
        }
    });
}
