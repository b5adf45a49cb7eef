//! The field for a path: for desktops without a file dialog, and for those who paste.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Frame, Id, Key, Margin, Panel, RichText, Ui};

use crate::action::action::{Action, Actions, FileAction};
use crate::fmt::escape::visible;
use crate::state::app::{AppState, FieldFor};
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, icon_button, text_button};
use crate::widget::field::line_field;
use crate::widget::link::{link, link_in};

/// Addresses, or files, that are offered.
const MOST_RECENT: usize = 5;
/// Paths that are offered at a time.
const MOST_OFFERED: usize = 8;

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
                let offers = state.path_offers.as_deref().unwrap_or_default();
                let taken = keyed(ui, known, offers);
                let field = line_field(&mut text)
                    .id_salt("path")
                    .hint_text(hint)
                    .font(fonts::mono())
                    .desired_width(room)
                    // Tab completes, as in a shell; it moves the focus where there is nothing to complete.
                    .lock_focus(!offers.is_empty())
                    .margin(Margin::symmetric(8, 6));
                let response = ui.add(field);
                response.widget_info(|| egui::WidgetInfo::text_edit(true, known, &text, hint));
                let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if !response.has_focus() && !entered && !state.is_asking() {
                    response.request_focus();
                    // The frame around it shows with the next one.
                    ui.ctx().request_repaint();
                }
                if response.gained_focus() && matches!(state.field_for, FieldFor::Address) {
                    select_all(ui, response.id, &text);
                }
                if let Some(taken) = taken {
                    put_cursor_behind(ui, response.id, &taken);
                    actions.push(FileAction::PathField(Some(taken)));
                } else if response.changed() {
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
            offers_ui(ui, state.path_offers.as_deref().unwrap_or_default(), actions);
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

/// What Tab makes of the text: as much as all offers begin with, or the first of them where that is no more than the text.
fn keyed(ui: &Ui, typed: &str, offers: &[String]) -> Option<String> {
    let first = offers.first()?;
    ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Tab)).then_some(())?;
    let common = offers.iter().skip(1).fold(first.as_str(), |common, offer| {
        let same = common.char_indices().zip(offer.chars()).find(|((_, one), other)| one != other);
        let end = same.map_or(common.len().min(offer.len()), |((at, _), _)| at);
        &common[..end]
    });
    Some(if common.len() > typed.len() { common.to_owned() } else { first.clone() })
}

/// The paths that begin with what is typed: a click, or Tab, goes on with one.
fn offers_ui(ui: &mut Ui, offers: &[String], actions: &mut Actions) {
    if offers.is_empty() {
        return;
    }
    ui.add_space(space::XS);
    for offer in offers.iter().take(MOST_OFFERED) {
        if link_in(ui, &visible(offer), fonts::mono_small()).clicked() {
            actions.push(FileAction::PathField(Some(offer.clone())));
        }
    }
    let more = match offers.len().saturating_sub(MOST_OFFERED) {
        0 => "Tab completes".to_owned(),
        more => format!("{more} more; Tab completes"),
    };
    ui.label(RichText::new(more).font(fonts::small()).color(tokens::of(ui.ctx()).muted));
}

/// Puts the cursor of a field behind this text, which it is about to have.
fn put_cursor_behind(ui: &Ui, id: Id, text: &str) {
    let mut field = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    field.cursor.set_char_range(Some(CCursorRange::one(end)));
    field.store(ui.ctx(), id);
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
