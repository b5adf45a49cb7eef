//! What is seen while files hang over the window, and the choice after one was dropped on an open trace.

use std::path::Path;

use egui::{Align2, Context, CornerRadius, Id, LayerId, Order, Stroke, StrokeKind, Ui, vec2};

use crate::action::action::{Actions, ComparisonAction, FileAction};
use crate::action::session_action::SessionAction;
use crate::fmt::name;
use crate::shell::dialog;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::{Kind, text_button};

/// Shows it while files hang over the window.
pub fn ui(ctx: &Context, state: &AppState) {
    let hovering = ctx.input(|input| input.raw.hovered_files.len());
    if hovering == 0 {
        return;
    }
    let tokens = tokens::of(ctx);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, tokens.background.gamma_multiply(0.88));
    let frame = rect.shrink(space::XL);
    painter.rect_stroke(frame, CornerRadius::same(12), Stroke::new(2.0, tokens.accent), StrokeKind::Inside);
    let is_open = state.document().is_some_and(Document::has_lanes);
    let text = match hovering {
        1 if is_open => "Drop to compare this trace, or to open it".to_owned(),
        1 => "Drop to open this trace".to_owned(),
        _ => format!("Drop to open {hovering} files as one session"),
    };
    let centre = rect.center();
    painter.text(centre - vec2(0.0, 30.0), Align2::CENTER_CENTER, icons::DROP, fonts::icon_sized(48.0), tokens.accent);
    painter.text(centre + vec2(0.0, 24.0), Align2::CENTER_CENTER, text, fonts::display(), tokens.text);
}

/// Asks what to do with a file that was dropped on an open trace. Until it is answered nothing else can be done.
pub fn offer_ui(ctx: &Context, state: &AppState, actions: &mut Actions) {
    let (Some(path), Some(document)) = (&state.dropped, state.document()) else { return };
    dialog::modal(ctx, "dropped", |ui| {
        dialog::title_ui(ui, &name::last_part(path));
        ui.add_space(space::M);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            answers_ui(ui, state, document, path, actions);
        });
    });
}

fn answers_ui(ui: &mut Ui, state: &AppState, document: &Document, path: &Path, actions: &mut Actions) {
    let (compare, action) = if state.shown_pair().is_some() {
        ("Add to the comparison".to_owned(), ComparisonAction::AddToComparison(path.to_path_buf()))
    } else {
        (format!("Compare with {}", document.title()), ComparisonAction::CompareWith(path.to_path_buf()))
    };
    let first = text_button(ui, Kind::Primary, icons::COMPARE, &compare);
    if ui.memory(|memory| memory.focused().is_none()) {
        // Enter presses it.
        first.request_focus();
    }
    if first.clicked() {
        actions.push(action);
    }
    if let Some(file) = document.file()
        && text_button(ui, Kind::Plain, icons::OPEN, "Open both as one session").clicked()
    {
        actions.push(SessionAction::Open(vec![file.to_path_buf(), path.to_path_buf()]));
    }
    if text_button(ui, Kind::Plain, icons::OPEN, "Open by itself").clicked() {
        actions.push(FileAction::OfferDropped(None));
        actions.push(FileAction::Open(path.to_path_buf()));
    }
    if text_button(ui, Kind::Quiet, "", "Cancel (Esc)").clicked() {
        actions.push(FileAction::OfferDropped(None));
    }
}
