//! The editor of a query with its buttons.

use std::ops::Range;

use egui::{Color32, Id, Key, Ui, WidgetInfo};

use crate::action::action::{Action, Actions};
use crate::panel::query::menus;
use crate::sql::complete::completions;
use crate::sql::lexer::{self, WordKind, words};
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::sql::{SqlAction, SqlConsole};
use crate::theme::tokens::Tokens;
use crate::theme::{icons, space, tokens};
use crate::widget::button::{Kind, icon_button, icon_toggle, text_button};
use crate::widget::code_editor::{CodeEditor, Suggestion, Suggestions};
use crate::widget::field::line_field;

/// What the editor says while it is empty.
const HINT: &str =
    "SELECT function, count(*), dur(sum(duration_ns))\nFROM waits GROUP BY 1 ORDER BY sum(duration_ns) DESC";

/// The editor's name among all widgets.
pub(super) fn id() -> Id {
    Id::unique("query-editor")
}

/// Shows the buttons, and the editor in the rest of the room.
pub(super) fn ui(ui: &mut Ui, state: &AppState, document: &Document, actions: &mut Actions) {
    let sql = &document.sql;
    let push = |actions: &mut Actions, action: SqlAction| actions.push(Action::Sql(document.id, action));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if sql.is_running() {
            if text_button(ui, Kind::Plain, icons::STOP, "Stop").on_hover_text("Stop the query  (Esc)").clicked() {
                push(actions, SqlAction::Stop);
            }
        } else {
            let run = |ui: &mut Ui| text_button(ui, Kind::Plain, icons::RUN, "Run");
            let button = ui.add_enabled_ui(!sql.text.trim().is_empty(), run).inner;
            if button.on_hover_text("Run the query  (Ctrl+Enter)").clicked() {
                push(actions, SqlAction::RunText);
            }
        }
        menus::ui(ui, state, document, actions);
        if icon_toggle(ui, icons::TABLE, "Tables and columns", "", !sql.hides_tables).clicked() {
            push(actions, SqlAction::ToggleTables);
        }
        if icon_button(ui, icons::STAR, "Save this query under a name", "", !sql.text.trim().is_empty()).clicked() {
            push(actions, SqlAction::SaveAs(sql.save_as.is_none().then(String::new)));
        }
        if let Some(name) = &sql.save_as {
            name_ui(ui, name, |action| push(actions, action));
        }
    });
    ui.add_space(space::XS);
    let tokens = tokens::of(ui.ctx());
    let editor = CodeEditor {
        id: id(),
        name: "Query",
        hint: HINT,
        text: &sql.text,
        colors: &|text| colors(tokens, text),
        wrong: wrong(sql),
        suggest: &suggestions,
        focus: sql.focus,
    };
    let edited = editor.ui(ui);
    if let Some(text) = edited.text {
        push(actions, SqlAction::Text(text));
    }
    if edited.runs {
        push(actions, SqlAction::RunText);
    }
}

/// The field for the name of a query that is to be saved.
fn name_ui(ui: &mut Ui, name: &str, mut push: impl FnMut(SqlAction)) {
    let mut typed = name.to_owned();
    let field = line_field(&mut typed).id_salt("save-as").hint_text("Name").desired_width(140.0);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Name of the query"));
    let (enter, escape) = ui.input(|input| (input.key_pressed(Key::Enter), input.key_pressed(Key::Escape)));
    if response.lost_focus() && escape {
        push(SqlAction::SaveAs(None));
        return;
    }
    if typed != name {
        push(SqlAction::SaveAs(Some(typed.clone())));
    }
    let saves = text_button(ui, Kind::Quiet, "", "Save").clicked();
    if !typed.trim().is_empty() && (saves || (response.lost_focus() && enter)) {
        push(SqlAction::Save);
    } else if name.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
        response.request_focus();
    }
}

/// The colours of the words of a query.
fn colors(tokens: &Tokens, text: &str) -> Vec<(Range<usize>, Color32)> {
    let color = |kind: WordKind| match kind {
        WordKind::Keyword => tokens.accent,
        WordKind::Table => tokens.series(2),
        WordKind::Function => tokens.series(3),
        WordKind::Number => tokens.outgoing,
        WordKind::Text => tokens.shrunk,
        WordKind::Comment | WordKind::Sign => tokens.muted,
        WordKind::Name => tokens.text,
    };
    words(text).into_iter().map(|word| (word.range, color(word.kind))).collect()
}

/// The word that is wrong, in bytes: from where it begins to its end.
fn wrong(sql: &SqlConsole) -> Option<Range<usize>> {
    let position = sql.fault()?.position?;
    let text = &sql.text;
    let start = text.char_indices().nth(position).map_or(text.len(), |(at, _)| at);
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.find(|c| !lexer::is_name(c)).unwrap_or(rest.len());
    let one = rest.chars().next().map_or(0, char::len_utf8);
    if rest.is_empty() {
        // It ends too early: the last word is marked.
        return words(text).pop().map(|word| word.range);
    }
    Some(start..start + length.max(one))
}

/// What a query can go on with.
fn suggestions(text: &str, cursor: usize) -> Suggestions {
    let found = completions(text, cursor);
    let list = found.list.into_iter().map(|one| Suggestion { insert: one.insert, what: one.what, about: one.about });
    Suggestions { range: found.range, list: list.collect() }
}
