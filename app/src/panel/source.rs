//! The source code that a frame of a stack names, with its line marked; opens it in an editor.

use egui::{Align2, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};

use crate::action::action::{Actions, SourceAction};
use crate::fmt::escape::visible;
use crate::fmt::name;
use crate::state::app::AppState;
use crate::state::source::{SourceText, SourceView};
use crate::theme::{fonts, space, tokens};
use crate::widget::button::{Kind, text_button};
use crate::widget::content;
use crate::widget::section::empty;

/// Room for line numbers, points.
const NUMBERS: f32 = 52.0;
/// Height of a line, points.
const LINE: f32 = 17.0;

/// Shows the file that was asked for last.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(view) = &state.source else {
        empty(ui, "Click a file and line in a stack to see the source code here");
        return;
    };
    let tokens = tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        let title = name::line_of(&view.place.file, view.place.line);
        let shown = match &view.text {
            SourceText::Found(path, _) => name::path(path),
            _ => visible(&view.place.file).into_owned(),
        };
        ui.label(RichText::new(title).font(fonts::strong())).on_hover_text(&shown);
        if let SourceText::Found(path, _) = &view.text
            && text_button(ui, Kind::Plain, "", "Open in editor").clicked()
        {
            actions.push(SourceAction::OpenInEditor(path.clone(), view.place.line));
        }
        if text_button(ui, Kind::Quiet, "", "Add source folder…").clicked() {
            actions.push(SourceAction::SourceFolderDialog);
        }
        ui.label(RichText::new(shown).font(fonts::small()).color(tokens.muted));
    });
    ui.add_space(space::XS);
    match &view.text {
        SourceText::Asked => {
            ui.label(RichText::new("Looking for the file…").color(tokens.muted));
        }
        SourceText::Found(_, lines) => lines_ui(ui, view, lines),
        SourceText::Missing(places, why) => {
            ui.label(format!("The source file was not found: {}", visible(why)));
            ui.label(
                RichText::new("Add the folder that holds the program's source code, or set GOROOT or GOMODCACHE.")
                    .color(tokens.muted),
            );
            ui.add_space(space::S);
            let shown = ScrollArea::vertical().id_salt("source-places").auto_shrink([false, false]).show(ui, |ui| {
                ui.label(RichText::new("Searched in").font(fonts::small_strong()).color(tokens.muted));
                for place in places {
                    ui.label(RichText::new(name::path(place)).font(fonts::mono_small()).color(tokens.muted));
                }
            });
            content::note(ui, &shown);
        }
    }
}

fn lines_ui(ui: &mut Ui, view: &SourceView, lines: &[String]) {
    let tokens = tokens::of(ui.ctx());
    let marked = usize::try_from(view.place.line).unwrap_or(usize::MAX).checked_sub(1);
    ui.spacing_mut().item_spacing.y = 0.0;
    let shown_id = egui::Id::unique("source-shown");
    let is_new = ui.ctx().data(|data| data.get_temp::<u64>(shown_id)) != Some(view.number);
    let mut area = ScrollArea::both().id_salt("source").auto_shrink([false, false]);
    if let Some(marked) = marked.filter(|_| is_new) {
        let above = marked as f32 * LINE - ui.available_height() / 3.0;
        area = area.vertical_scroll_offset(above.max(0.0));
        ui.ctx().data_mut(|data| data.insert_temp(shown_id, view.number));
    }
    area.show_rows(ui, LINE, lines.len(), |ui, rows| {
        for at in rows {
            let Some(line) = lines.get(at) else { continue };
            let font = fonts::mono_small();
            let galley = ui.painter().layout_no_wrap(visible(line).into_owned(), font.clone(), tokens.text);
            let width = (NUMBERS + galley.size().x + space::S).max(ui.available_width());
            let (rect, _) = ui.allocate_exact_size(vec2(width, LINE), Sense::hover());
            if Some(at) == marked {
                ui.painter().rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.22));
                let edge = Rect::from_min_size(rect.min, vec2(3.0, LINE));
                ui.painter().rect_filled(edge, 0.0, tokens.accent);
            }
            let number = pos2(rect.min.x + NUMBERS - space::S, rect.center().y);
            ui.painter().text(number, Align2::RIGHT_CENTER, at + 1, font, tokens.muted);
            let at = pos2(rect.min.x + NUMBERS, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, tokens.text);
        }
    });
}
