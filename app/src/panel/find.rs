//! Goroutines, tasks, regions and log messages by name; of two traces that are compared each in a column of
//! its own. A click leads there; of two traces, what was found can be laid under what was found in the other.

use std::sync::Arc;

use egui::{Id, Key, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo};
use trace_core::analysis::find::Finds;

use crate::action::action::{Action, Actions, ComparisonAction, SelectAction};
use crate::fmt::number::count;
use crate::panel::table::{shown, table_ui};
use crate::panel::{answer, kept, note_ui};
use crate::report::lists;
use crate::report::view::TableAction;
use crate::state::app::AppState;
use crate::state::comparison::Side;
use crate::state::document::Document;
use crate::state::query::ask;
use crate::theme::{fonts, space};
use crate::widget::badge::badge;
use crate::widget::field::line_field;
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// The key among tables under which the text is kept.
const TEXT: &str = "find.text";

/// Shows the field for a text, and what has it in its name.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    // What is looked for is kept as the filter of a table is; of two that are compared, with A.
    let keeper = state.shown_pair().map_or(document, |(_, [a, _])| a);
    let mut text = keeper.tables.get(TEXT).map(|session| session.filter.clone()).unwrap_or_default();
    let hint = "A start function, G13, a task, a region, a message";
    let field = line_field(&mut text).hint_text(hint).desired_width(ui.available_width().min(420.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find"));
    if text.is_empty() && !response.has_focus() && ui.input(|input| !input.key_down(Key::Escape)) {
        // Whoever opens this wants to type. That it was opened before is a matter of keyboard focus, not of the state.
        let opened = Id::unique("find-opened");
        let is_new = ui.ctx().data(|data| data.get_temp::<bool>(opened)).is_none();
        if is_new {
            ui.ctx().data_mut(|data| data.insert_temp(opened, true));
            response.request_focus();
        }
    }
    if response.changed() {
        actions.push(Action::Table(keeper.id, TEXT.to_owned(), TableAction::Filter(text.clone())));
    }
    ui.add_space(space::XS);
    if text.trim().is_empty() {
        empty(ui, "Type part of a name: matches are listed by kind and time");
        return;
    }
    match state.shown_pair() {
        None => results_ui(ui, (state, document), None, &text, actions),
        Some((_, documents)) => {
            let area = ui.available_rect_before_wrap();
            let half = ((area.width() - space::L) / 2.0).floor();
            for side in Side::BOTH {
                let left = area.min.x + side.at() as f32 * (half + space::L);
                let place = Rect::from_min_max(egui::pos2(left, area.min.y), egui::pos2(left + half, area.max.y));
                let mut part = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("find", side)));
                results_ui(&mut part, (state, documents[side.at()]), Some(side), &text, actions);
            }
            ui.allocate_rect(area, Sense::hover());
        }
    }
}

fn results_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    side: Option<Side>,
    text: &str,
    actions: &mut Actions,
) {
    let query = ask::Find(text.trim().to_owned());
    let Some(found) = answer(ui, document, &query, actions) else { return };
    let key = match side {
        None => "find",
        Some(Side::A) => "find.a",
        Some(Side::B) => "find.b",
    };
    let made_of = (Arc::as_ptr(&document.trace) as usize, Arc::as_ptr(found) as usize);
    let table = kept(ui, key, made_of, || Arc::new(lists::finds::finds(&document.trace, found)));
    let shown = shown(ui, document, key, &table);
    let cursor =
        document.tables.get(key).and_then(|session| session.selection_in(&shown)).and_then(|found| found.cursor);
    let chosen = cursor.and_then(|row| found.list.get(row as usize));
    let mut align = false;
    let lead = |ui: &mut Ui| {
        if let Some(side) = side {
            badge(ui, side.at());
        }
        note_ui(ui, &summary(found));
        if side.is_some() && chosen.is_some() {
            align = link_in(ui, "Align here", fonts::small()).clicked();
        }
    };
    let mut own = Actions::default();
    table_ui(ui, (state, document), (key, &table), None, lead, &mut own);
    for action in own.drain() {
        let is_there =
            matches!(action, Action::Select(SelectAction::GoToStretch(..)) | Action::Select(SelectAction::GoToLane(_)));
        // Each side of a comparison goes there by itself.
        actions.push(match side {
            Some(_) if is_there => Action::On(document.id, Box::new(action)),
            _ => action,
        });
    }
    if let (Some(side), Some(found), true) = (side, chosen, align) {
        actions.push(Action::Comparison(ComparisonAction::Anchor(side, found.range.start)));
    }
}

/// How much was found, and how much of it is listed.
fn summary(found: &Finds) -> String {
    match (found.count, found.list.len() as u64) {
        (0, _) => String::new(),
        (all, listed) if all > listed => format!("{} found, {} listed", count(all), count(listed)),
        (all, _) => format!("{} found", count(all)),
    }
}
