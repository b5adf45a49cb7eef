//! Questions over the window that have to be answered before anything else: whether traces are saved before they are
//! closed, whether a file is replaced.

use egui::{Context, Frame, Id, Label, Margin, Modal, RichText, Stroke, Ui};

use crate::action::action::{Actions, FileAction};
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::link::find::Missing;
use crate::state::app::AppState;
use crate::state::dialog::{Dialog, Leave, LeaveSession, Reply};
use crate::state::document::{Document, DocumentId};
use crate::state::session::OpenSession;
use crate::theme::{fonts, space, tokens};
use crate::widget::button::{Kind, text_button};

/// Traces that are named one by one.
const MOST_NAMED: usize = 6;

/// Shows the question that is open.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let Some(dialog) = &state.dialog else { return };
    modal(ctx, "dialog", |ui| match dialog {
        Dialog::Unsaved { documents, then } => unsaved_ui(ui, state, documents, *then, actions),
        Dialog::UnsavedSession { then } => session_ui(ui, state, then, actions),
        Dialog::Replace { path, .. } => {
            let folder = path.parent().map(name::path).unwrap_or_default();
            title_ui(ui, &format!("Replace {}?", name::last_part(path)));
            text_ui(
                ui,
                &format!("A file with this name already exists in {folder}. Replacing it discards its contents."),
            );
            // Enter, which ended the path, must not go on to replace the file.
            answers_ui(ui, &[(Kind::Primary, "Replace", Reply::Replace), CANCEL], 1, actions);
        }
        Dialog::Linked(missing) => linked_ui(ui, missing, actions),
    });
}

/// A question in the middle of the window; what lies behind it takes no clicks.
pub fn modal(ctx: &Context, id: &'static str, add: impl FnOnce(&mut Ui)) {
    let tokens = tokens::of(ctx);
    let frame = Frame::NONE
        .fill(tokens.popup)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(8)
        .inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique(id)).frame(frame).backdrop_color(tokens.background.gamma_multiply(0.6));
    modal.show(ctx, |ui| {
        ui.set_max_width(space::TEXT_WIDTH);
        add(ui);
    });
}

/// A link whose trace is not to be found, or has other contents.
fn linked_ui(ui: &mut Ui, missing: &Missing, actions: &mut Actions) {
    let file = visible(&missing.link.file);
    let wanted = missing.link.sha256.short();
    if let Some((path, found)) = &missing.other {
        title_ui(ui, &format!("{} has other contents", name::last_part(path)));
        let found = found.short();
        text_ui(
            ui,
            &format!(
                "The link is about a file with the SHA-256 {wanted}; {} has {found}. Times, goroutines and tasks of the \
                 link may mean something else there.",
                name::path(path)
            ),
        );
    } else {
        title_ui(ui, &format!("{file} was not found"));
        text_ui(
            ui,
            &format!("No file with the contents that the link is about (SHA-256 {wanted}) is in these folders:"),
        );
    }
    if missing.other.is_none() || !missing.folders.is_empty() {
        ui.add_space(space::XS);
        if missing.other.is_some() {
            text_ui(ui, "No file with the right contents is in these folders:");
        }
        for folder in missing.folders.iter().take(MOST_NAMED) {
            text_ui(ui, &format!("• {}", name::path(folder)));
        }
        match missing.folders.len() {
            0 => text_ui(ui, "• (no folder is known yet: no trace was opened)"),
            all if all > MOST_NAMED => text_ui(ui, &format!("and {} more", all - MOST_NAMED)),
            _ => {}
        }
    }
    ui.add_space(space::XS);
    text_ui(
        ui,
        "Links look in the folders of traces that were opened before, and in Downloads. Choose the file if it is elsewhere.",
    );
    let choose = (Kind::Primary, "Choose file…", Reply::ChooseFile);
    if missing.other.is_some() {
        answers_ui(ui, &[choose, (Kind::Plain, "Open anyway", Reply::OpenAnyway), CANCEL], 0, actions);
    } else {
        answers_ui(ui, &[choose, CANCEL], 0, actions);
    }
}

const CANCEL: (Kind, &str, Reply) = (Kind::Quiet, "Cancel (Esc)", Reply::Cancel);

fn session_ui(ui: &mut Ui, state: &AppState, then: &LeaveSession, actions: &mut Actions) {
    let when = match then {
        LeaveSession::Open(_) => "opening another one",
        LeaveSession::Close => "closing it",
        LeaveSession::Leave => "showing its traces separately",
        LeaveSession::Quit => "quitting",
    };
    let title = state.session.as_ref().map_or_else(String::new, OpenSession::title);
    title_ui(ui, &format!("Save the session before {when}?"));
    text_ui(ui, &format!("Names, offsets or colours that were set in {title} are in no session file."));
    let save = (Kind::Primary, "Save…", Reply::Save);
    answers_ui(ui, &[save, (Kind::Plain, "Discard", Reply::Discard), CANCEL], 0, actions);
}

fn unsaved_ui(ui: &mut Ui, state: &AppState, ids: &[DocumentId], then: Leave, actions: &mut Actions) {
    let documents: Vec<&Document> = ids.iter().filter_map(|id| state.document_by_id(*id)).collect();
    let when = match then {
        Leave::Close(_) => "closing it",
        Leave::Quit => "quitting",
    };
    let can_save = documents.iter().any(|document| document.has_lanes());
    match documents.as_slice() {
        [only] => {
            let is_saved_first = format!("Save this trace before {when}?");
            title_ui(ui, if can_save { &is_saved_first } else { "Stop recording?" });
            text_ui(ui, &format!("{}{} is not saved anywhere else.", only.title(), progress(only)));
        }
        several => {
            title_ui(ui, &format!("Save {} traces before {when}?", several.len()));
            text_ui(ui, "They are not saved anywhere else:");
            for document in several.iter().take(MOST_NAMED) {
                text_ui(ui, &format!("• {}{}", document.title(), progress(document)));
            }
            if several.len() > MOST_NAMED {
                text_ui(ui, &format!("and {} more", several.len() - MOST_NAMED));
            }
        }
    }
    let save = (Kind::Primary, if documents.len() > 1 { "Save all…" } else { "Save…" }, Reply::Save);
    let discard = (Kind::Plain, if documents.len() > 1 { "Discard all" } else { "Discard" }, Reply::Discard);
    if can_save {
        answers_ui(ui, &[save, discard, CANCEL], 0, actions);
    } else {
        answers_ui(ui, &[discard, CANCEL], 1, actions);
    }
}

fn progress(document: &Document) -> &'static str {
    if document.is_loading() { " (still recording)" } else { "" }
}

/// What the question is about.
pub fn title_ui(ui: &mut Ui, title: &str) {
    ui.add(Label::new(RichText::new(title).font(fonts::title())).wrap());
    ui.add_space(space::XS);
}

fn text_ui(ui: &mut Ui, text: &str) {
    ui.add(Label::new(text).wrap());
}

/// Buttons in a row. The one at `chosen` has the focus, so that Enter presses it.
fn answers_ui(ui: &mut Ui, answers: &[(Kind, &str, Reply)], chosen: usize, actions: &mut Actions) {
    ui.add_space(space::L);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for (at, (kind, text, reply)) in answers.iter().enumerate() {
            let button = text_button(ui, *kind, "", text);
            if at == chosen && ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            if button.clicked() {
                actions.push(FileAction::Reply(*reply));
            }
        }
    });
}
