//! Bookmarks with their notes: a click goes there, a field takes the note.

use egui::{RichText, Role, ScrollArea, Ui, WidgetInfo};

use crate::action::action::{Actions, BookmarkAction};
use crate::fmt::escape::visible;
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::panel::point_to;
use crate::state::app::AppState;
use crate::state::bookmarks::Bookmark;
use crate::state::document::Document;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::button::icon_button;
use crate::widget::content;
use crate::widget::field::line_field;
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// Height of a row, points.
const ROW: f32 = 28.0;
/// Widths of the time, and of the length and lane, points.
const COLUMNS: [f32; 2] = [110.0, 150.0];

/// Shows the bookmarks, which can be renamed, removed and exported.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let bookmarks = &document.noted.notes.bookmarks;
    head_ui(ui, document, actions);
    if bookmarks.is_empty() {
        empty(ui, "Press B to bookmark the selection, or the time under the pointer");
        return;
    }
    let shown = ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, ROW, bookmarks.len(), |ui, rows| {
        for at in rows {
            if let Some(bookmark) = bookmarks.get(at) {
                ui.push_id(at, |ui| row_ui(ui, document, (at, bookmark), actions));
            }
        }
    });
    content::note(ui, &shown);
}

fn head_ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label(counted(document.noted.notes.bookmarks.len() as u64, "bookmark"));
        if link_in(ui, "Add", fonts::small()).on_hover_text("Bookmark the selection  (B)").clicked() {
            actions.push(BookmarkAction::Add);
        }
        if link_in(ui, "Import…", fonts::small()).clicked() {
            actions.push(BookmarkAction::Import);
        }
        if !document.noted.notes.bookmarks.is_empty() && link_in(ui, "Export…", fonts::small()).clicked() {
            actions.push(BookmarkAction::Export);
        }
        if document.noted.key.is_none() {
            let text = "Lost when this trace is closed: export them";
            ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
        }
    });
    ui.add_space(space::XS);
}

fn row_ui(ui: &mut Ui, document: &Document, (at, bookmark): (usize, &Bookmark), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let is_current = document.noted.current == Some(at);
    ui.horizontal(|ui| {
        ui.set_height(ROW);
        ui.spacing_mut().item_spacing.x = space::S;
        let range = bookmark.range(document.trace.range());
        let start = document.offset_of(range.start);
        let font = if is_current { fonts::strong() } else { fonts::mono() };
        ui.allocate_ui(egui::vec2(COLUMNS[0], ROW), |ui| {
            ui.set_min_width(COLUMNS[0]);
            let response = link_in(ui, &start, font);
            if response.contains_pointer() {
                point_to(document, Some(range), actions);
            }
            if response.clicked() {
                actions.push(BookmarkAction::GoTo(at));
            }
        });
        let length = if bookmark.is_moment() { String::new() } else { duration(range.nanos()) };
        let about = [length, bookmark.lane.to_uppercase()].into_iter().filter(|part| !part.is_empty());
        let about = visible(&about.collect::<Vec<_>>().join(" · ")).into_owned();
        ui.allocate_ui(egui::vec2(COLUMNS[1], ROW), |ui| {
            ui.set_min_width(COLUMNS[1]);
            ui.label(RichText::new(about).font(fonts::mono_small()).color(tokens.muted));
        });
        let mut note = bookmark.note.clone();
        let width = (ui.available_width() - 40.0).max(80.0);
        let field = line_field(&mut note).id_salt("note").hint_text("Note").desired_width(width);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("Note on {start}")));
        // A new one is there to be written about.
        if is_current
            && document.noted.typing > 0
            && bookmark.note.is_empty()
            && ui.memory(|all| all.focused().is_none())
        {
            response.request_focus();
        }
        if note != bookmark.note {
            actions.push(BookmarkAction::Note(at, note));
        }
        if icon_button(ui, icons::CLOSE, &format!("Remove the bookmark at {start}"), "", true).clicked() {
            actions.push(BookmarkAction::Remove(at));
        }
    });
}
