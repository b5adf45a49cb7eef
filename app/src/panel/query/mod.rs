//! Questions in SQL: an editor, the tables there are, queries that are ready, saved or were run lately, and the answer.

mod editor;
mod menus;
mod tables;

use std::sync::Arc;

use egui::{Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, pos2};

use crate::action::action::{Action, Actions};
use crate::fmt::escape::visible;
use crate::fmt::number::count;
use crate::fmt::time;
use crate::fmt::words::counted;
use crate::panel::table::table_ui;
use crate::panel::{note_ui, partial_ui, working};
use crate::sql::library::LIBRARY;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::sql::{MOST_ROWS, RunState, SqlAction, SqlRun, TABLE};
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::content;
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// Panels at least so wide have the answer beside the editor, points.
const WIDE: f32 = 900.0;
/// Panels at least so high have it below the editor, points.
const HIGH: f32 = 560.0;
/// Panels less high have no room for the editor above its answer, nor for more than two names of tables, points.
const LOW: f32 = 180.0;
/// Width of the list of tables, points.
const TABLES: f32 = 216.0;
/// Height of the editor above its answer, points.
const EDITOR: f32 = 150.0;
/// A column of ready questions is at least so wide, points.
const QUESTION: f32 = 380.0;

/// Shows the editor, the list of tables and the answer.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    if !document.is_settled() {
        working(ui, "This starts once the trace is loaded");
        return;
    }
    let area = ui.available_rect_before_wrap();
    let mut left = area.left();
    if !document.sql.hides_tables && area.width() > 2.5 * TABLES && area.height() >= LOW {
        let place = area.with_max_x(left + TABLES);
        let mut part = part(ui, place, "tables");
        tables::ui(&mut part, document, actions);
        left += TABLES + space::L;
    }
    let rest = area.with_min_x(left);
    // In low panels the buttons above the editor say how wide it has to be.
    let (wide, editor) = if rest.height() < LOW { (2.0 * QUESTION, QUESTION) } else { (WIDE, 0.0) };
    let is_beside = rest.width() > wide && rest.height() < HIGH;
    let (above, below) = if is_beside {
        let middle = rest.left() + (rest.width() * 0.36).floor().max(editor);
        (rest.with_max_x(middle), Rect::from_min_max(pos2(middle + space::L, rest.top()), rest.max))
    } else {
        let edge = rest.top() + EDITOR.min((rest.height() * 0.45).floor());
        (rest.with_max_y(edge), Rect::from_min_max(pos2(rest.left(), edge + space::S), rest.max))
    };
    editor::ui(&mut part(ui, above, "editor"), state, document, actions);
    answer_ui(&mut part(ui, below, "answer"), (state, document), actions);
    ui.allocate_rect(area, Sense::hover());
}

fn part(ui: &mut Ui, place: Rect, id: &str) -> Ui {
    let mut part = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id.to_owned()));
    part.set_clip_rect(place.expand(2.0).intersect(ui.clip_rect()));
    part
}

/// The answer of the newest run; before the first, what could be asked.
fn answer_ui(ui: &mut Ui, (state, document): (&AppState, &Document), actions: &mut Actions) {
    let Some(run) = &document.sql.run else {
        questions_ui(ui, document, actions);
        return;
    };
    let lead = |ui: &mut Ui| {
        status_ui(ui, (state, document), run);
        partial_ui(ui, document);
    };
    let Some(table) = &run.table else {
        ui.horizontal_wrapped(lead);
        if run.state == RunState::Cancelled {
            empty(ui, "Stopped before the first row");
        }
        return;
    };
    let mut shows = None;
    let lead = |ui: &mut Ui| {
        lead(ui);
        if let Some(lane) = &run.lane {
            let is_on = document.sql.lane.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, lane));
            let response = chip(ui, "Show as lane", is_on);
            if response.on_hover_text("The rows that have a time, as a lane above all others").clicked() {
                shows = Some(!is_on);
            }
        }
    };
    table_ui(ui, (state, document), (TABLE, table), None, lead, actions);
    if let Some(shown) = shows {
        actions.push(Action::Sql(document.id, SqlAction::ShowLane(shown)));
    }
}

/// How far the run is, or how it ended.
fn status_ui(ui: &mut Ui, (state, document): (&AppState, &Document), run: &SqlRun) {
    let tokens = tokens::of(ui.ctx());
    let rows = run.table.as_ref().map_or(0, |table| table.len()) as u64;
    // How long it took is another time each time: no matter for pictures.
    let nanos = u64::try_from(run.elapsed.as_nanos()).ok().filter(|_| !state.wait_for_all);
    let took = nanos.map_or_else(String::new, |nanos| format!(" in {}", time::nanos(nanos)));
    match &run.state {
        RunState::Running if run.table.is_none() => note_ui(ui, "Running…"),
        RunState::Running => note_ui(ui, &format!("Running… {} so far", counted(rows, "row"))),
        RunState::Done if run.is_cut => {
            let text = format!("The first {} rows: a condition or a LIMIT shows others", count(MOST_ROWS as u64));
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.warning));
        }
        RunState::Done => note_ui(ui, &format!("{}{took}", counted(rows, "row"))),
        RunState::Cancelled => note_ui(ui, &format!("Stopped after {}", counted(rows, "row"))),
        RunState::Failed(fault) => {
            let place = fault.position.map(|at| place_of(&run.sql, at)).unwrap_or_default();
            let text = format!("{}{place}", visible(&fault.message));
            ui.label(RichText::new(text).color(tokens.error));
        }
    }
    if document.sql.text != run.sql && !matches!(run.state, RunState::Running) {
        note_ui(ui, "The query has been changed since");
    }
}

/// ` (line 2, column 8)` of a character of a query; nothing more in a query of one line.
fn place_of(sql: &str, position: usize) -> String {
    let before: String = sql.chars().take(position).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!(" (line {line}, column {column})")
}

/// The ready queries as questions, in as many columns as have room.
fn questions_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.label(RichText::new("Ready queries, to run and to change").font(fonts::small_strong()).color(tokens.muted));
    ui.add_space(space::XS);
    let area = ScrollArea::vertical().id_salt("questions").auto_shrink([false, false]);
    let shown = area.show(ui, |ui| {
        let columns = ((ui.available_width() / QUESTION).floor() as usize).clamp(1, 3);
        let each = LIBRARY.len().div_ceil(columns);
        ui.columns(columns, |parts| {
            for (part, queries) in parts.iter_mut().zip(LIBRARY.chunks(each)) {
                part.spacing_mut().item_spacing.y = space::XS;
                for query in queries {
                    if link_in(part, query.question, fonts::body()).on_hover_text(query.sql).clicked() {
                        actions.push(Action::Sql(document.id, SqlAction::Run(query.sql.to_owned())));
                    }
                }
            }
        });
    });
    content::note(ui, &shown);
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_fault_has_a_line_and_a_column() {
        assert_eq!(place_of("SELECT x", 7), " (line 1, column 8)");
        assert_eq!(place_of("SELECT g\nFROM é x", 16), " (line 2, column 8)");
    }
}
