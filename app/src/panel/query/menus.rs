//! Queries to choose from: ready ones, saved ones, and those that were run lately.

use egui::{RichText, ScrollArea, Ui};

use crate::action::action::{Action, Actions};
use crate::fmt::escape::{visible, visible_lines};
use crate::sql::library::LIBRARY;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::sql::SqlAction;
use crate::theme::{fonts, tokens};
use crate::widget::menu::menu_entry;

/// Widths of the menus, points.
const WIDTH: f32 = 640.0;
/// Their height at most, points.
const HEIGHT: f32 = 560.0;
/// Letters of a query that a menu shows.
const LETTERS: usize = 80;

/// Shows the menus of ready, saved and recent queries.
pub(super) fn ui(ui: &mut Ui, state: &AppState, document: &Document, actions: &mut Actions) {
    let mut push = |action: SqlAction| actions.push(Action::Sql(document.id, action));
    menu(ui, "Ready", |ui| {
        for query in LIBRARY {
            if menu_entry(ui, query.question, query.name, true, false).on_hover_text(query.sql).clicked() {
                push(SqlAction::Run(query.sql.to_owned()));
                ui.close();
            }
        }
    });
    let saved = &state.settings.saved_queries;
    menu(ui, "Saved", |ui| {
        if saved.is_empty() {
            note(ui, "The star saves a query under a name");
        }
        for (name, sql) in saved {
            let response = menu_entry(ui, &visible(name), "", true, *sql == document.sql.text);
            if response.on_hover_text(visible_lines(sql)).clicked() {
                push(SqlAction::Put(sql.clone()));
                ui.close();
            }
        }
        if let Some((name, _)) = saved.iter().find(|(_, sql)| **sql == document.sql.text) {
            ui.separator();
            if menu_entry(ui, &format!("Remove {}", visible(name)), "", true, false).clicked() {
                push(SqlAction::RemoveSaved(name.clone()));
                ui.close();
            }
        }
    });
    let history = &state.settings.query_history;
    menu(ui, "History", |ui| {
        if history.is_empty() {
            note(ui, "Queries that were run are listed here");
            return;
        }
        for sql in history {
            if menu_entry(ui, &line(sql), "", true, *sql == document.sql.text)
                .on_hover_text(visible_lines(sql))
                .clicked()
            {
                push(SqlAction::Put(sql.clone()));
                ui.close();
            }
        }
        ui.separator();
        if menu_entry(ui, "Clear this list", "", true, false).clicked() {
            push(SqlAction::ClearHistory);
            ui.close();
        }
    });
}

fn menu(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    ui.menu_button(RichText::new(title).font(fonts::body()), |ui| {
        ui.set_width(WIDTH);
        ScrollArea::vertical().max_height(HEIGHT).show(ui, content);
    });
}

fn note(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
}

/// A query on one line, cut if it is long.
fn line(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let text = words.join(" ");
    let shown: String = text.chars().take(LETTERS).collect();
    visible(&if shown.len() < text.len() { format!("{shown}…") } else { shown }).into_owned()
}
