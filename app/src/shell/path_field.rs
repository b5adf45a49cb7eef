//! The field for a path: for desktops without a file dialog, and for those who paste.

use egui::text::CCursorRange;
use egui::text_edit::TextEditState;
use egui::{Frame, Id, Key, Margin, Panel, TextEdit, Ui};

use crate::action::action::{Action, Actions, FileAction};
use crate::state::app::{AppState, FieldFor};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, icon_button, text_button};
use crate::widget::link::link;

/// Addresses, or files, that are offered.
const MOST_RECENT: usize = 5;

/// Shows it while it is open.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(known) = &state.path_field else { return };
    let tokens = tokens::of(ui.ctx());
    let (hint, verb) = match state.field_for {
        FieldFor::Open => ("Path of a trace file, or a link to a place in one", "Open"),
        FieldFor::Together => {
            ("Paths of traces, span files, folders or a session file; quote those with spaces", "Open")
        }
        FieldFor::Contrast => ("Path of a session file, a folder or an archive to compare the session with", "Compare"),
        FieldFor::Compare => ("Path of the trace to compare this one with", "Compare"),
        FieldFor::Add => ("Path of one more trace to compare", "Add"),
        FieldFor::SourceFolder => ("Path of a folder with source code", "Add"),
        FieldFor::Fleet => ("Path of a lake, or of a folder of traces", "Open"),
        FieldFor::Linked => ("Path of the file that the link is about", "Open"),
        FieldFor::Address => ("Address of a server with net/http/pprof, such as localhost:6060", "Record"),
        FieldFor::Save(_) => ("Path to save the trace under", "Save"),
    };
    Panel::top("path-field").frame(Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(12, 8))).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                let mut text = known.clone();
                let room = ui.available_width() - 130.0;
                let field = TextEdit::singleline(&mut text)
                    .id_salt("path")
                    .hint_text(hint)
                    .font(fonts::mono())
                    .desired_width(room)
                    .margin(Margin::symmetric(8, 6));
                let response = ui.add(field);
                response.widget_info(|| egui::WidgetInfo::text_edit(true, known, &text, hint));
                let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if !response.has_focus() && !entered && !state.is_asking() {
                    response.request_focus();
                }
                if response.gained_focus() && matches!(state.field_for, FieldFor::Address) {
                    select_all(ui, response.id, &text);
                }
                if response.changed() {
                    actions.push(FileAction::PathField(Some(text.clone())));
                }
                ui.spacing_mut().item_spacing.x = space::XS;
                let pressed = text_button(ui, Kind::Plain, "", verb).clicked();
                if icon_button(ui, icons::CLOSE, "Close the field", "Esc", true).clicked() {
                    actions.push(FileAction::PathField(None));
                } else if (pressed || entered) && !text.trim().is_empty() {
                    actions.push(match state.field_for {
                        FieldFor::Save(document) => Action::File(FileAction::SaveTrace(document, Some(text))),
                        FieldFor::Open
                        | FieldFor::Address
                        | FieldFor::Together
                        | FieldFor::Compare
                        | FieldFor::Contrast
                        | FieldFor::Add
                        | FieldFor::Fleet
                        | FieldFor::Linked
                        | FieldFor::SourceFolder => Action::File(FileAction::OpenTyped(text)),
                    });
                }
            });
            match state.field_for {
                FieldFor::Address => recent_ui(ui, state, actions),
                FieldFor::Compare | FieldFor::Add => recent_files_ui(ui, state, actions),
                FieldFor::Open
                | FieldFor::Together
                | FieldFor::Contrast
                | FieldFor::Save(_)
                | FieldFor::Fleet
                | FieldFor::Linked
                | FieldFor::SourceFolder => {}
            }
        },
    );
}

/// Selects all of a field's text, so that typing replaces it.
fn select_all(ui: &Ui, id: Id, text: &str) {
    if let Some(mut field) = TextEditState::load(ui.ctx(), id) {
        field.cursor.set_char_range(Some(CCursorRange::select_all_str(text)));
        field.store(ui.ctx(), id);
    }
}

/// Files that were opened before and are not compared yet.
fn recent_files_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let is_shown = |path: &std::path::Path| {
        let known = state.documents.iter().find(|document| document.file() == Some(path));
        known.is_some_and(|document| {
            state.active == Some(document.id) || state.pair.as_ref().is_some_and(|pair| pair.has(document.id))
        })
    };
    let recent = state.settings.recent_files.iter().filter(|path| !is_shown(path));
    for path in recent.take(MOST_RECENT) {
        if link(ui, &crate::fmt::name::path(path)).clicked() {
            actions.push(FileAction::OpenTyped(path.display().to_string()));
        }
    }
}

/// Addresses that were opened before.
fn recent_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    for address in state.settings.recent_addresses.iter().take(MOST_RECENT) {
        if link(ui, address).clicked() {
            actions.push(FileAction::OpenTyped(address.clone()));
        }
    }
}
