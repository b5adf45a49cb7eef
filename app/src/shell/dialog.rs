//! Questions over the window that have to be answered before anything else: whether traces are saved before they are
//! closed, whether a file is replaced.

use egui::{Context, Frame, Id, Label, Margin, Modal, RichText, Stroke, Ui};

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::dialog::{Dialog, Leave, Reply};
use crate::state::document::{Document, DocumentId};
use crate::theme::{fonts, space, tokens};
use crate::widget::button::{Kind, text_button};

/// Traces that are named one by one.
const MOST_NAMED: usize = 6;

/// Shows the question that is open.
pub fn ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let Some(dialog) = &state.dialog else { return };
    let tokens = tokens::of(ctx);
    let frame = Frame::NONE
        .fill(tokens.popup)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(8)
        .inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("dialog")).frame(frame).backdrop_color(tokens.background.gamma_multiply(0.6));
    modal.show(ctx, |ui| {
        ui.set_max_width(space::TEXT_WIDTH);
        match dialog {
            Dialog::Unsaved { documents, then } => unsaved_ui(ui, state, documents, *then, actions),
            Dialog::Replace { path, .. } => {
                let folder = path.parent().map(name::path).unwrap_or_default();
                title_ui(ui, &format!("Replace {}?", name::last_part(path)));
                text_ui(ui, &format!("{folder} contains a file of this name. What it holds would be lost."));
                let answers = [(Kind::Primary, "Replace", Reply::Replace), CANCEL];
                answers_ui(ui, &answers, actions);
            }
        }
    });
}

const CANCEL: (Kind, &str, Reply) = (Kind::Quiet, "Cancel (Esc)", Reply::Cancel);

fn unsaved_ui(ui: &mut Ui, state: &AppState, ids: &[DocumentId], then: Leave, actions: &mut Actions) {
    let documents: Vec<&Document> = ids.iter().filter_map(|id| state.document_by_id(*id)).collect();
    let when = match then {
        Leave::Close(_) => "before closing it",
        Leave::Quit => "before quitting",
    };
    let can_save = documents.iter().any(|document| document.has_lanes());
    let title = match documents.as_slice() {
        [only] if can_save => format!("Save {} {when}?", only.source.title()),
        [only] => format!("Stop recording {}?", only.source.title()),
        several => format!("Save {} traces {when}?", several.len()),
    };
    title_ui(ui, &title);
    text_ui(
        ui,
        match documents.as_slice() {
            [_] => "This trace is not stored anywhere else.",
            _ => "These traces are not stored anywhere else:",
        },
    );
    if documents.len() > 1 {
        for document in documents.iter().take(MOST_NAMED) {
            let note = if document.is_loading() { " (still recording)" } else { "" };
            text_ui(ui, &format!("• {}{note}", document.source.title()));
        }
        if documents.len() > MOST_NAMED {
            text_ui(ui, &format!("and {} more", documents.len() - MOST_NAMED));
        }
    }
    let save = (Kind::Primary, if documents.len() > 1 { "Save all…" } else { "Save…" }, Reply::Save);
    let discard = (Kind::Plain, if documents.len() > 1 { "Discard all" } else { "Discard" }, Reply::Discard);
    if can_save {
        answers_ui(ui, &[save, discard, CANCEL], actions);
    } else {
        answers_ui(ui, &[discard, CANCEL], actions);
    }
}

fn title_ui(ui: &mut Ui, title: &str) {
    ui.add(Label::new(RichText::new(title).font(fonts::title())).wrap());
    ui.add_space(space::XS);
}

fn text_ui(ui: &mut Ui, text: &str) {
    ui.add(Label::new(text).wrap());
}

/// Buttons in a row. The first has the focus, so that Enter chooses it.
fn answers_ui(ui: &mut Ui, answers: &[(Kind, &str, Reply)], actions: &mut Actions) {
    ui.add_space(space::L);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for (at, (kind, text, reply)) in answers.iter().enumerate() {
            let button = text_button(ui, *kind, "", text);
            if at == 0 && ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            if button.clicked() {
                actions.push(Action::Reply(*reply));
            }
        }
    });
}
