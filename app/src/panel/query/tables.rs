//! The tables that queries know, with their columns, and the functions: a click puts a name into the query.

use egui::{Align2, Response, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use trace_core::tables::TABLES;
use trace_core::tables::table::Table;

use crate::action::action::{Action, Actions};
use crate::panel::query::editor;
use crate::sql::functions::FUNCTIONS;
use crate::state::document::Document;
use crate::state::sql::SqlAction;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::code_editor::inserted;

/// Height of a line, points.
const LINE: f32 = 20.0;
/// Room of the triangle, points.
const TRIANGLE: f32 = 16.0;
/// Width of the button that shows rows, points.
const BUTTON: f32 = 20.0;

/// Shows the tables, and the columns of those that are unfolded.
pub(super) fn ui(ui: &mut Ui, document: &Document, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let mut push = |action: SqlAction| actions.push(Action::Sql(document.id, action));
    let heading = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).font(fonts::small_strong()).color(tokens.muted));
    };
    let area = ScrollArea::vertical().id_salt("query-tables").auto_shrink([false, false]);
    area.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        heading(ui, "Tables");
        for table in TABLES {
            table_ui(ui, document, *table, &mut push);
        }
        ui.add_space(space::S);
        heading(ui, "Functions");
        for function in FUNCTIONS {
            let response = line_ui(ui, (TRIANGLE, function.call), "", Role::Button);
            if response.on_hover_text(format!("{}\n{}", function.call, function.about)).clicked() {
                let word = format!("{}(", function.name());
                push(SqlAction::Text(inserted(ui.ctx(), editor::id(), &document.sql.text, &word)));
            }
        }
    });
}

fn table_ui(ui: &mut Ui, document: &Document, table: &'static dyn Table, push: &mut impl FnMut(SqlAction)) {
    let tokens = tokens::of(ui.ctx());
    let is_open = document.sql.unfolded.contains(table.name());
    let response = line_ui(ui, (TRIANGLE, table.name()), "", Role::DisclosureTriangle);
    let rect = response.rect;
    let mark = if is_open { icons::UNFOLDED } else { icons::FOLDED };
    let at = pos2(rect.left() + 6.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, mark, fonts::icon_sized(10.0), tokens.muted);
    let over = response.contains_pointer();
    let button = egui::Rect::from_min_max(pos2(rect.right() - BUTTON, rect.top()), rect.max);
    let shows = ui.interact(button, response.id.with("rows"), Sense::click());
    let name = format!("Show the first rows of {}", table.name());
    shows.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if over || shows.hovered() || shows.has_focus() {
        let color = if shows.hovered() { tokens.accent } else { tokens.muted };
        ui.painter().text(button.center(), Align2::CENTER_CENTER, icons::RUN, fonts::icon_sized(12.0), color);
    }
    if shows.on_hover_text(&name).clicked() {
        push(SqlAction::Run(format!("SELECT *\nFROM {}\nLIMIT 100", table.name())));
    } else if response.on_hover_text(table.about()).clicked() {
        push(SqlAction::ToggleTable(table.name()));
    }
    if !is_open {
        return;
    }
    for column in table.columns() {
        let unit = column.unit.words();
        let unit = if unit.is_empty() { column.kind.sql().to_lowercase() } else { unit.to_owned() };
        let response = line_ui(ui, (TRIANGLE + space::M, column.name), &unit, Role::Button);
        let about = format!("{}.{}: {}\n{}", table.name(), column.name, column.about, unit);
        if response.on_hover_text(about).clicked() {
            push(SqlAction::Text(inserted(ui.ctx(), editor::id(), &document.sql.text, column.name)));
        }
    }
}

/// A line of the list: a name, and something quiet at its right.
fn line_ui(ui: &mut Ui, (indent, name): (f32, &str), quiet: &str, role: Role) -> Response {
    let tokens = tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hovered);
    }
    let painter = ui.painter_at(rect);
    let middle = rect.center().y;
    let at = pos2(rect.left() + indent, middle);
    painter.text(at, Align2::LEFT_CENTER, name, fonts::mono_small(), tokens.text);
    let end = pos2(rect.right() - space::XS, middle);
    painter.text(end, Align2::RIGHT_CENTER, quiet, fonts::tiny(), tokens.muted);
    response
}
