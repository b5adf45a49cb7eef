//! What changed from A to B: the verdict in sentences, then every row, those that matter most first. A
//! click shows a row's slowest instances beside each other.

use std::sync::Arc;

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Label, PopupCloseBehavior, RichText, ScrollArea, Ui, UiBuilder};
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::row_kind::RowKind;

use crate::action::action::{Action, Actions, ComparisonAction};
use crate::fmt::number::count;
use crate::fmt::words;
use crate::panel::comparison::{choose, chosen, home};
use crate::panel::table::table_ui;
use crate::panel::{changes, kept, partial_pair_ui};
use crate::report::comparison::Listed;
use crate::report::comparison::divisor::Divisor;
use crate::state::app::AppState;
use crate::state::compare_query::Changes;
use crate::state::comparison::{OpenComparison, RowKey};
use crate::state::document::Document;
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::content;
use crate::widget::link::{copy_button, link_in};
use crate::widget::menu::menu_entry;
use crate::widget::section::empty;

/// The panel's name among what the window remembers.
const PANEL: &str = "changes";
/// Width of the verdict beside the table, points.
const VERDICT: f32 = 272.0;
/// Narrower panels show the verdict above the table, points.
const WIDE: f32 = 860.0;
/// Height of the verdict above the table, points.
const VERDICT_HEIGHT: f32 = 92.0;
/// Width of a menu, points.
const MENU_WIDTH: f32 = 200.0;
/// Types of tasks that are offered to divide by.
const TASKS: usize = 3;

/// Shows the verdict, and the rows that changed.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((pair, documents, found)) = changes(ui, state, actions) else { return };
    let area = ui.available_rect_before_wrap();
    let (verdict, table) = if area.width() >= WIDE {
        let middle = area.min.x + VERDICT;
        (area.with_max_x(middle), area.with_min_x(middle + space::L))
    } else {
        let middle = area.min.y + VERDICT_HEIGHT;
        (area.with_max_y(middle), area.with_min_y(middle + space::S))
    };
    let mut part = ui.new_child(UiBuilder::new().max_rect(verdict).id_salt("verdict"));
    verdict_ui(&mut part, documents, found, actions);
    let mut part = ui.new_child(UiBuilder::new().max_rect(table).id_salt("rows"));
    rows_ui(&mut part, (state, pair), found, actions);
    ui.allocate_rect(area, egui::Sense::hover());
}

fn verdict_ui(ui: &mut Ui, documents: [&Document; 2], found: &Changes, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(RichText::new("Verdict").font(fonts::small_strong()).color(tokens.muted));
        if copy_button(ui, "the verdict") {
            let said = [found.found.settings.as_slice(), &found.found.verdict].concat();
            actions.push(Action::Copy(said.join("\n")));
        }
        partial_pair_ui(ui, documents);
    });
    let shown = ScrollArea::vertical().id_salt("verdict").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for sentence in &found.found.settings {
            ui.add(Label::new(RichText::new(sentence).color(tokens.warning)).wrap());
        }
        for (at, sentence) in found.found.verdict.iter().enumerate() {
            let font = if at == 0 { fonts::strong() } else { fonts::body() };
            ui.add(Label::new(RichText::new(sentence).font(font)).wrap());
        }
        for sentence in &found.limits {
            ui.add(Label::new(RichText::new(sentence).color(tokens.muted)).wrap());
        }
    });
    content::note(ui, &shown);
}

fn rows_ui(ui: &mut Ui, (state, pair): (&AppState, &OpenComparison), found: &Arc<Changes>, actions: &mut Actions) {
    let Some(home) = home(state, pair) else { return };
    if found.found.changes.is_empty() {
        empty(ui, "Neither trace has anything to compare");
        return;
    }
    let at = chosen(home, PANEL);
    let Some(listed) = found.tables.get(at).or_else(|| found.tables.first()) else { return };
    let key = (Arc::as_ptr(&listed.table) as usize, pair.row.clone());
    let marked = kept(ui, "changes-marked", key, || marked(found, listed, pair.row.as_ref()));
    let mut own = Actions::default();
    let lead = |ui: &mut Ui| lead_ui(ui, (pair, home), found, listed, &mut own);
    let touched = table_ui(ui, (state, home), (PANEL, &listed.table), *marked, lead, actions);
    own.drain().into_iter().for_each(|action| actions.push(action));
    let activated = touched.activated.and_then(|row| found.found.changes.get(listed.place(row)?));
    if let Some(change) = activated {
        actions.push(Action::Comparison(ComparisonAction::ShowRow(RowKey::of(change))));
    }
}

/// The row of a table that the comparison shows more of.
fn marked(found: &Changes, listed: &Listed, row: Option<&RowKey>) -> Option<usize> {
    let row = row?;
    listed.row_of(found.found.changes.iter().position(|change| row.is(change))?)
}

/// Which rows, and what to divide by.
fn lead_ui(
    ui: &mut Ui,
    (pair, home): (&OpenComparison, &Document),
    found: &Changes,
    shown: &Listed,
    actions: &mut Actions,
) {
    ui.spacing_mut().item_spacing.x = space::XS;
    for (at, listed) in found.tables.iter().enumerate() {
        let text = format!("{} {}", listed.table.title, count(listed.rows.len() as u64));
        if chip(ui, &text, Arc::ptr_eq(&listed.table, &shown.table)).clicked() {
            choose(home, PANEL, at, actions);
        }
    }
    ui.add_space(space::S);
    per_ui(ui, pair, found, actions);
    if !pair.corrections.is_empty() {
        ui.add_space(space::S);
        let text = format!("Undo {}", words::counted(pair.corrections.len() as u64, "correction"));
        if link_in(ui, &text, fonts::small()).clicked() {
            actions.push(Action::Comparison(ComparisonAction::ForgetCorrections));
        }
    }
    ui.add_space(space::S);
}

/// What figures are divided by.
fn per_ui(ui: &mut Ui, pair: &OpenComparison, found: &Changes, actions: &mut Actions) {
    let text = RichText::new(format!("Per {} ▾", pair.per.title())).font(fonts::small());
    let behavior = PopupCloseBehavior::CloseOnClickOutside;
    MenuButton::new(text).config(MenuConfig::new().close_behavior(behavior)).ui(ui, |ui| {
        ui.set_width(MENU_WIDTH);
        for per in offered(pair, &found.measured) {
            if menu_entry(ui, &format!("Per {}", per.title()), "", true, pair.per == per).clicked() {
                actions.push(Action::Comparison(ComparisonAction::Per(per)));
                ui.close();
            }
        }
    });
}

/// What figures can be divided by: the types of tasks with most time on both sides are offered, too.
fn offered(pair: &OpenComparison, [a, b]: &[Arc<Measured>; 2]) -> Vec<Divisor> {
    let mut offered = vec![Divisor::Second, Divisor::CpuSecond, Divisor::Nothing];
    let mut tasks: Vec<(u64, &str)> = a
        .rows
        .iter()
        .filter(|row| row.0.0 == RowKind::Task && b.rows.iter().any(|other| other.0 == row.0))
        .map(|row| (row.1.total, row.0.1.as_str()))
        .collect();
    tasks.sort_by(|one, other| other.cmp(one));
    offered.extend(tasks.into_iter().take(TASKS).map(|(_, name)| Divisor::Task(name.to_owned())));
    if !offered.contains(&pair.per) {
        offered.push(pair.per.clone());
    }
    offered
}
