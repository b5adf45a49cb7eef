//! Above a table: its filter, how many rows show, and menus to copy and to choose columns.

use egui::{Align, Color32, Id, Key, Layout, Pos2, Rect, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2};

use crate::fmt::escape::json::ascii_where_hidden;
use crate::fmt::markdown::Markdown;
use crate::fmt::number::count;
use crate::report::arrange::filter_name;
use crate::report::render::{csv, json, markdown};
use crate::report::table::{Column, Kind, Table};
use crate::report::value::Value;
use crate::report::view::TableAction;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::data_table::data::{DataTable, Shown};
use crate::widget::field::line_field;
use crate::widget::legend::{legend, legend_width};
use crate::widget::menu::menu_entry;
use crate::widget::shade::color;

/// Width of the filter, points.
const FILTER: f32 = 180.0;
/// Rows from which on a filter is worth its room.
const WORTH_FILTERING: usize = 6;

pub(super) fn ui(
    ui: &mut Ui,
    id: Id,
    (data, shown, columns): (DataTable<'_>, Shown<'_>, &[usize]),
    lead: impl FnOnce(&mut Ui),
    out: &mut Vec<TableAction>,
) {
    // A line with nothing on it takes no room.
    let area = ui.available_rect_before_wrap();
    let layout = Layout::left_to_right(Align::Center).with_main_wrap(true);
    let mut line = ui.new_child(UiBuilder::new().max_rect(area.with_max_y(area.min.y + space::ROW)).layout(layout));
    lead(&mut line);
    line.spacing_mut().item_spacing.x = space::S;
    let all = data.table.len();
    if all >= WORTH_FILTERING || !data.session.filter.is_empty() {
        filter_ui(&mut line, id, (data, shown, columns), out);
    }
    let used = line.min_rect();
    let end = line.cursor().min;
    let is_used = used.width() > 1.0;
    if is_used {
        ui.allocate_rect(used, Sense::hover());
    }
    legend_ui(ui, data.table, if is_used { end } else { area.max });
    ui.add_space(space::HAIR);
}

/// What the colours of the bars in a table stand for: behind what ends at `end` if that has room, else on a line of its own.
fn legend_ui(ui: &mut Ui, table: &Table, end: Pos2) {
    let named = table.columns.iter().map(|column| column.legend).find(|legend| !legend.is_empty());
    let Some(named) = named else { return };
    let tokens = tokens::of(ui.ctx());
    let entries: Vec<(&str, Color32)> = named.iter().map(|(name, shade)| (*name, color(tokens, *shade))).collect();
    let (right, width) = (ui.max_rect().right(), legend_width(ui, &entries));
    if end.x + space::L + width <= right {
        let line = Rect::from_min_max(end, pos2(right, end.y + space::ROW));
        ui.new_child(UiBuilder::new().max_rect(line).id_salt("legend")).horizontal(|ui| legend(ui, &entries));
    } else {
        ui.horizontal(|ui| legend(ui, &entries));
    }
}

/// The filter, how many rows show, and the menus.
fn filter_ui(
    ui: &mut Ui,
    id: Id,
    (data, shown, columns): (DataTable<'_>, Shown<'_>, &[usize]),
    out: &mut Vec<TableAction>,
) {
    let tokens = tokens::of(ui.ctx());
    let all = data.table.len();
    let mut text = data.session.filter.clone();
    let field = line_field(&mut text).id(id.with("filter")).hint_text("Filter rows").desired_width(FILTER);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("Filter {}", data.table.title)));
    // Esc in the field takes the filter off; egui itself gives up the focus.
    let escaped = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
    if escaped {
        text.clear();
    }
    if text != data.session.filter {
        out.push(TableAction::Filter(text));
    }
    let said = match (shown.len(), data.session.selection_in(data.table).map_or(0, |selection| selection.rows.len())) {
        (rows, selected) if selected > 1 => {
            format!("{} of {} selected", count(selected as u64), count(rows as u64))
        }
        (rows, _) if rows == all => format!("{} rows", count(all as u64)),
        (rows, _) => format!("{} of {} rows", count(rows as u64), count(all as u64)),
    };
    ui.label(RichText::new(said).font(fonts::small()).color(tokens.muted));
    let copy = ui.menu_button(RichText::new(icons::COPY).font(fonts::icon_sized(14.0)), |ui| {
        copy_menu_ui(ui, data, columns, None, out);
    });
    copy.response.on_hover_text("Copy rows");
    let choose = ui.menu_button(RichText::new(icons::LIST).font(fonts::icon_sized(14.0)), |ui| {
        columns_menu_ui(ui, data, out);
    });
    choose.response.on_hover_text("Choose columns");
}

/// Offers the selected rows (all that show, if none is selected) in several forms, and the value of a cell.
pub(super) fn copy_menu_ui(
    ui: &mut Ui,
    data: DataTable<'_>,
    columns: &[usize],
    value: Option<&Value>,
    out: &mut Vec<TableAction>,
) {
    let entry = |ui: &mut Ui, title: &str, key: &str| menu_entry(ui, title, key, true, false).clicked();
    if let Some(value) = value.filter(|value| !value.text().is_empty())
        && entry(ui, "Copy value", "")
    {
        out.push(TableAction::Copy(value.raw()));
        ui.close();
    }
    let forms = [
        ("Copy rows as TSV", "Ctrl+C", Form::Tsv),
        ("Copy rows as CSV", "", Form::Csv),
        ("Copy rows as JSON", "", Form::Json),
        ("Copy rows as Markdown", "", Form::Markdown),
    ];
    for (title, key, form) in forms {
        if entry(ui, title, key) {
            out.push(TableAction::Copy(copied(data, columns, form)));
            ui.close();
        }
    }
}

/// Filters by what a cell of a column shows; by a word of a few in its column only.
pub(super) fn filter_menu_ui(
    ui: &mut Ui,
    data: DataTable<'_>,
    (column, value): (&Column, &Value),
    out: &mut Vec<TableAction>,
) {
    let text = value.text();
    let is_one_word = !text.contains(char::is_whitespace);
    let text = match column.kind {
        Kind::Word if is_one_word && !text.is_empty() => format!("{}:{text}", filter_name(&column.title)),
        _ => text,
    };
    if !text.is_empty() && menu_entry(ui, "Filter rows by this value", "", true, false).clicked() {
        out.push(TableAction::Filter(text));
        ui.close();
    }
    if !data.session.filter.is_empty() && menu_entry(ui, "Clear filter", "", true, false).clicked() {
        out.push(TableAction::Filter(String::new()));
        ui.close();
    }
}

/// Turns columns on and off.
pub(super) fn columns_menu_ui(ui: &mut Ui, data: DataTable<'_>, out: &mut Vec<TableAction>) {
    let shown = data.layout.columns(data.table);
    for at in data.layout.ordered(data.table) {
        let Some(column) = data.table.columns.get(at) else { continue };
        let is_shown = shown.contains(&at);
        let may_change = !is_shown || shown.len() > 1;
        if menu_entry(ui, &column.title, "", may_change, is_shown).clicked() {
            out.push(TableAction::ShowColumn(column.id.clone().into_owned(), !is_shown));
        }
    }
    ui.separator();
    if menu_entry(ui, "Reset columns", "", true, false).clicked() {
        out.push(TableAction::ResetLayout);
        ui.close();
    }
}

/// A form in which rows are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Tsv,
    Csv,
    Json,
    Markdown,
}

/// The selected rows, or all that show, with the visible columns; JSON has all columns.
pub(super) fn copied(data: DataTable<'_>, columns: &[usize], form: Form) -> String {
    let shown = Shown { table: data.table, rows: data.session.rows(data.table).0.map(|rows| &**rows) };
    let selected = data.session.selection_in(data.table).filter(|selection| !selection.rows.is_empty());
    let is_in = |row: &usize| {
        selected.is_none_or(|selection| u32::try_from(*row).is_ok_and(|row| selection.rows.contains(&row)))
    };
    let rows = (0..shown.len()).filter_map(|at| shown.row(at)).filter(is_in);
    let is_data = |at: &usize| {
        let is_field = |column: &Column| !matches!(column.kind, Kind::Bar | Kind::List | Kind::Table);
        data.table.columns.get(*at).is_some_and(is_field)
    };
    let columns: Vec<usize> = columns.iter().copied().filter(is_data).collect();
    match form {
        Form::Tsv => csv::rows(data.table, rows, &columns, '\t'),
        Form::Csv => csv::rows(data.table, rows, &columns, ','),
        Form::Json => ascii_where_hidden(&format!("{:#}\n", json::rows(data.table, rows))),
        Form::Markdown => {
            let mut page = Markdown::new();
            markdown::rows(&mut page, data.table, rows, &columns);
            page.as_str().to_owned()
        }
    }
}
