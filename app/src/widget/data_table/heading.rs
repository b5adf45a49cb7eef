//! Headings: they sort, can be dragged to other places, and have borders that can be dragged.

use egui::{Align2, CursorIcon, Id, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::report::table::{Column, Kind};
use crate::report::view::TableAction;
use crate::theme::{fonts, space, tokens};
use crate::widget::data_table::cells::PADDING;
use crate::widget::data_table::columns::LEAST_WIDTH;
use crate::widget::data_table::data::{DataTable, column_at};
use crate::widget::data_table::toolbar;
use crate::widget::menu::context_menu;

pub(super) fn ui(
    ui: &mut Ui,
    id: Id,
    data: DataTable<'_>,
    columns: &[usize],
    (places, offset): (&[(f32, f32)], f32),
    out: &mut Vec<TableAction>,
) {
    let tokens = tokens::of(ui.ctx());
    let (shown, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
    let mut inside = ui.new_child(UiBuilder::new().max_rect(shown).id_salt(id.with("headings")));
    inside.set_clip_rect(shown.intersect(ui.clip_rect()));
    let ui = &mut inside;
    ui.painter().hline(shown.x_range(), shown.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    // Headings move along with rows that are scrolled to the right.
    let rect = Rect::from_min_max(pos2(shown.min.x - offset, shown.min.y), shown.max);
    for (at, (column, (x, width))) in columns.iter().zip(places).enumerate() {
        let Some(column) = data.table.columns.get(*column) else { continue };
        let (left, right) = (rect.min.x + x, rect.min.x + x + width);
        let room = Rect::from_min_max(pos2(left, rect.min.y), pos2(right - 4.0, rect.max.y));
        let sense = if column.kind == Kind::Bar { Sense::drag() } else { Sense::click_and_drag() };
        let response = ui.interact(room, id.with(("heading", &column.id)), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Sort by {}", column.title)));
        let place = sort_place(data, column);
        let is_lit = place.is_some() || response.hovered() || response.has_focus();
        title_ui(ui, (left, right, rect.center().y), column, is_lit, place);
        if response.clicked() {
            let descending = match place {
                Some((_, descending)) => !descending,
                None => is_largest_first(column.kind),
            };
            let add = ui.input(|input| input.modifiers.shift);
            out.push(TableAction::Sort { column: column.id.clone().into_owned(), descending, add });
        }
        if response.drag_stopped()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            moved(data, columns, at, column_at(pointer.x - rect.min.x, places), out);
        }
        if response.dragged()
            && let Some(to) = response.interact_pointer_pos().and_then(|at| column_at(at.x - rect.min.x, places))
        {
            let edge = places.get(to).map_or(0.0, |place| if to > at { place.0 + place.1 } else { place.0 });
            ui.painter().vline(rect.min.x + edge, rect.y_range(), Stroke::new(2.0, tokens.accent));
        }
        context_menu(&response, |ui| toolbar::columns_menu_ui(ui, data, out));
        if !column.help.is_empty() {
            response.on_hover_text(&*column.help);
        }
        if at + 1 < columns.len() {
            grip_ui(ui, id, (right, rect), column, *width, out);
        }
    }
}

/// Whether a click on a heading first shows the largest values: numbers do, names begin with A.
const fn is_largest_first(kind: Kind) -> bool {
    !matches!(kind, Kind::Text | Kind::Word | Kind::Function | Kind::Stack | Kind::Id | Kind::Time | Kind::Flag)
}

/// The place of a column among the keys of the order, and whether largest comes first; as the rows come if the user has
/// not sorted.
fn sort_place(data: DataTable<'_>, column: &Column) -> Option<(usize, bool)> {
    match &data.session.sort {
        Some(keys) => {
            let at = keys.iter().position(|key| key.column == column.id)?;
            keys.get(at).map(|key| (at, key.descending))
        }
        None => (data.table.sorted_by == Some(&*column.id)).then(|| (0, is_largest_first(column.kind))),
    }
}

fn title_ui(ui: &Ui, (left, right, y): (f32, f32, f32), column: &Column, is_lit: bool, place: Option<(usize, bool)>) {
    let tokens = tokens::of(ui.ctx());
    let color = if is_lit { tokens.text } else { tokens.muted };
    let galley = ui.painter().layout_no_wrap(column.title.clone().into_owned(), fonts::small(), color);
    let is_right = column.kind.is_right();
    let x = if is_right { right - PADDING - galley.size().x } else { left + PADDING };
    let room = Rect::from_min_max(pos2(left, y - space::ROW), pos2(right, y + space::ROW));
    let width = galley.size().x;
    ui.painter().with_clip_rect(room.intersect(ui.clip_rect())).galley(
        pos2(x, y - galley.size().y / 2.0),
        galley,
        color,
    );
    let Some((rank, descending)) = place else { return };
    let arrow = if is_right { x - 8.0 } else { x + width + 8.0 };
    arrow_ui(ui, pos2(arrow, y), descending);
    if rank > 0 {
        let number = pos2(if is_right { arrow - 7.0 } else { arrow + 7.0 }, y);
        ui.painter().text(number, Align2::CENTER_CENTER, rank + 1, fonts::small(), tokens.muted);
    }
}

/// A small triangle beside a heading: the order it gives.
fn arrow_ui(ui: &Ui, at: Pos2, descending: bool) {
    let tokens = tokens::of(ui.ctx());
    let up = if descending { 1.0 } else { -1.0 };
    let corner = |dx: f32, dy: f32| pos2(at.x + dx, at.y + dy * up);
    let corners = vec![corner(-3.0, -1.5), corner(3.0, -1.5), corner(0.0, 2.5)];
    ui.painter().add(Shape::convex_polygon(corners, tokens.text, Stroke::NONE));
}

fn grip_ui(ui: &Ui, id: Id, (x, rect): (f32, Rect), column: &Column, width: f32, out: &mut Vec<TableAction>) {
    let grip = Rect::from_min_max(pos2(x - 3.0, rect.min.y), pos2(x + 3.0, rect.max.y));
    let grip =
        ui.interact(grip, id.with(("grip", &column.id)), Sense::drag()).on_hover_cursor(CursorIcon::ResizeColumn);
    if grip.dragged() && grip.drag_delta().x != 0.0 {
        out.push(TableAction::Resize(column.id.clone().into_owned(), (width + grip.drag_delta().x).max(LEAST_WIDTH)));
    }
    if grip.hovered() || grip.dragged() {
        ui.painter().vline(x, rect.y_range(), Stroke::new(1.0, tokens::of(ui.ctx()).muted));
    }
}

/// Puts a column where another one is.
fn moved(data: DataTable<'_>, columns: &[usize], from: usize, to: Option<usize>, out: &mut Vec<TableAction>) {
    let (Some(to), Some(moving)) = (to.filter(|to| *to != from), columns.get(from)) else { return };
    let Some(goal) = columns.get(to) else { return };
    let mut order = data.layout.ordered(data.table);
    order.retain(|column| column != moving);
    let Some(at) = order.iter().position(|column| column == goal) else { return };
    order.insert(if to > from { at + 1 } else { at }, *moving);
    let names = order.iter().filter_map(|at| data.table.columns.get(*at)).map(|column| column.id.clone().into_owned());
    out.push(TableAction::OrderColumns(names.collect()));
}
