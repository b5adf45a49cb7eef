//! The widget for tables of reports: only visible rows are made. Rows are sorted (several keys with Shift), filtered, selected
//! and copied; columns are dragged to other widths and places, turned on and off; cells lead to what they name.

mod cells;
mod columns;
mod data;
mod heading;
pub mod keys;
mod toolbar;
mod widths;

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Id, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::report::value::Value;
use crate::report::view::{TableAction, TableSelection};
use crate::theme::{space, tokens};
use crate::widget::content;
pub use crate::widget::data_table::data::{DataTable, Touched};
use crate::widget::data_table::data::{Shown, column_at};
use crate::widget::data_table::widths::Widths;
use crate::widget::key_focus;
use crate::widget::menu::context_menu;
use crate::widget::section::empty;

/// An entry of the context menu of a cell, and what it stands for.
pub type MenuEntry<T> = (String, T);

/// Left edge and width of each column, and the width of the whole row, points.
type Placed<'a> = (&'a [(f32, f32)], f32);

impl DataTable<'_> {
    /// Shows it. `lead` adds to the left of its filter. `menu` says what a cell of the table offers on a right click; what
    /// was chosen there is returned.
    pub fn ui<T>(
        self,
        ui: &mut Ui,
        lead: impl FnOnce(&mut Ui),
        menu: impl Fn(usize, usize, &Value) -> Vec<MenuEntry<T>>,
        out: &mut Vec<TableAction>,
    ) -> (Touched, Option<T>) {
        let id = Id::unique(("data-table", self.key));
        let mut touched = Touched::default();
        let mut chosen = None;
        if self.table.is_empty() {
            ui.horizontal_wrapped(lead);
            empty(ui, self.table.empty);
            return (touched, chosen);
        }
        let (rows, is_current) = self.session.rows(self.table);
        let wanted = self.session.arrangement();
        if !is_current && self.session.pending.as_ref().is_none_or(|pending| pending.0 != wanted) {
            out.push(TableAction::Arrange(Arc::clone(self.table), wanted));
        }
        let shown = Shown { table: self.table, rows: rows.map(|rows| &**rows) };
        let columns = self.layout.columns(self.table);
        toolbar::ui(ui, id, (self, shown, &columns), lead, out);
        let mut widths = Widths::of(ui, id, self.table);
        let room = ui.available_width() - self.bar_room(ui, shown.len());
        let places = columns::places(self.table, &columns, (self.layout, &widths), room);
        let end = places.last().map_or(0.0, |(x, width)| x + width);
        let is_wide = end > room + 0.5;
        let (width, offset) = if is_wide { (end, keys::offset_of(ui, id)) } else { (ui.available_width(), 0.0) };
        if is_wide {
            // The bar below the rows must not lie on the last of them.
            ui.spacing_mut().scroll.floating_allocated_width = ui.spacing().scroll.bar_width;
        }
        heading::ui(ui, id, self, &columns, (&places, offset), out);
        ui.spacing_mut().item_spacing.y = 0.0;
        let has_focus = key_focus::take(ui) || ui.memory(|memory| memory.has_focus(id));
        let total = self.table.total.as_ref().filter(|_| self.table.len() > 1);
        let height = ui.available_height() - if total.is_some() { space::ROW } else { 0.0 };
        let mut area = ScrollArea::new([is_wide, true])
            .id_salt(id.with("rows"))
            .auto_shrink([false, true])
            .max_height(height)
            .min_scrolled_height(0.0);
        if let Some(marked) = self.marked.filter(|marked| keys::is_new_mark(ui, id, *marked))
            && let Some(at) = u32::try_from(marked).ok().and_then(|row| shown.place_of(row))
        {
            area = keys::scrolled_to(ui, area, id, at);
        }
        if has_focus {
            keys::focus(ui, id, self.has_filter());
            let page = (height / space::ROW).floor().max(1.0);
            if let Some(at) = keys::apply(ui, (self, shown, &columns), page, &mut touched, out) {
                area = keys::scrolled_to(ui, area, id, at);
            }
        }
        let room = Rect::from_min_size(ui.cursor().min, vec2(1.0, height.max(0.0)));
        content::note_height(ui.ctx(), room, shown.len() as f32 * space::ROW);
        let scrolled = area.show_rows(ui, space::ROW, shown.len(), |ui, range| {
            for at in range {
                let Some(row) = shown.row(at) else { continue };
                let values: Vec<Value> = columns.iter().map(|column| self.table.value(row, *column)).collect();
                widths.fit(ui, self.table, &columns, &values);
                let picked =
                    self.row_ui(ui, id, (at, row), (&columns, (&places, width), &values), &menu, &mut touched, out);
                chosen = picked.or(chosen.take());
            }
        });
        // What has the focus must be a widget.
        let rows = ui.interact(scrolled.inner_rect, id, Sense::focusable_noninteractive());
        rows.widget_info(|| WidgetInfo::labeled(Role::List, true, &self.table.title));
        keys::remember_scroll(ui, id, scrolled.state.clamped_offset(), scrolled.inner_rect.height());
        if let Some(total) = total {
            let values: Vec<Value> = columns.iter().filter_map(|column| total.1.get(*column).cloned()).collect();
            widths.fit(ui, self.table, &columns, &values);
            self.total_ui(ui, &total.1, &columns, (&places, offset));
        }
        widths.remember(ui, id);
        (touched, chosen)
    }

    #[expect(clippy::too_many_arguments, reason = "a row needs the table, its place, its columns and where answers go")]
    fn row_ui<T>(
        self,
        ui: &mut Ui,
        id: Id,
        (at, row): (usize, usize),
        (columns, (places, width), values): (&[usize], Placed<'_>, &[Value]),
        menu: &impl Fn(usize, usize, &Value) -> Vec<MenuEntry<T>>,
        touched: &mut Touched,
        out: &mut Vec<TableAction>,
    ) -> Option<T> {
        let tokens = tokens::of(ui.ctx());
        let (rect, response) = ui.allocate_exact_size(vec2(width, space::ROW), Sense::click());
        let selection = self.session.selection_in(self.table);
        let index = u32::try_from(row).unwrap_or(u32::MAX);
        let is_selected =
            self.marked == Some(row) || selection.is_some_and(|selection| selection.rows.contains(&index));
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, name_of(values)));
        if is_selected {
            ui.painter().rect_filled(rect, space::RADIUS, tokens.accent.gamma_multiply(0.22));
        } else if response.contains_pointer() {
            ui.painter().rect_filled(rect, space::RADIUS, tokens.raised);
        }
        if selection.is_some_and(|selection| selection.cursor == Some(index))
            && ui.memory(|memory| memory.has_focus(id))
        {
            ui.painter().rect_stroke(
                rect,
                space::RADIUS,
                egui::Stroke::new(1.0, tokens.accent),
                egui::StrokeKind::Inside,
            );
        }
        let mut is_link = false;
        // The menu of the row opens on its links, too.
        let mut with_links = response.clone();
        for ((value, column), (x, width)) in values.iter().zip(columns).zip(places) {
            let room = Rect::from_min_size(pos2(rect.min.x + x, rect.min.y), vec2(*width, space::ROW));
            let Some(kind) = self.table.columns.get(*column).map(|column| column.kind) else { continue };
            let leads = cells::is_link(value, self.table.links_places);
            if let Some(link) = cells::ui(ui, id.with((row, *column)), room, (value, leads), kind) {
                if link.clicked() {
                    touched.link = Some((row, *column));
                    is_link = true;
                }
                with_links = with_links.union(link);
            }
        }
        if response.clicked() && !is_link {
            keys::focus(ui, id, self.has_filter());
            let modifiers = ui.input(|input| input.modifiers);
            out.push(TableAction::Select(self.clicked(at, index, modifiers)));
            if !modifiers.command && !modifiers.shift {
                touched.activated = Some(row);
            }
        }
        let column = response.hover_pos().and_then(|at| column_at(at.x - rect.min.x, places));
        if response.contains_pointer() {
            touched.hovered = Some(row);
            touched.hovered_column = column.and_then(|at| columns.get(at)).copied();
        }
        hovered_ui(response, column.and_then(|at| values.get(at)));
        self.menu_ui(&with_links, id, (row, index), columns, places, menu, out)
    }

    /// The width that the scroll bar takes at the right of `rows` rows, points: none where all of them show.
    fn bar_room(self, ui: &Ui, rows: usize) -> f32 {
        let lines = rows + 1 + usize::from(self.table.total.is_some() && self.table.len() > 1);
        let scroll = ui.spacing().scroll;
        let fits = lines as f32 * space::ROW <= ui.available_height();
        if fits { 0.0 } else { scroll.floating_width.max(scroll.bar_width) + scroll.bar_inner_margin }
    }

    /// What is selected after a click on a row: it alone, it too (Ctrl), or all from the cursor to it (Shift).
    fn clicked(self, at: usize, row: u32, modifiers: egui::Modifiers) -> TableSelection {
        let before = self.session.selection_in(self.table);
        let mut rows = BTreeSet::from([row]);
        if modifiers.command {
            rows = before.map(|before| before.rows.clone()).unwrap_or_default();
            if !rows.remove(&row) {
                rows.insert(row);
            }
        } else if modifiers.shift {
            let shown = Shown { table: self.table, rows: self.session.rows(self.table).0.map(|rows| &**rows) };
            let from = before.and_then(|before| before.cursor).and_then(|cursor| shown.place_of(cursor)).unwrap_or(at);
            rows = (from.min(at)..=from.max(at)).filter_map(|at| shown.index(at)).collect();
            let cursor = before.and_then(|before| before.cursor).or(Some(row));
            return TableSelection { table: Arc::clone(self.table), rows, cursor };
        }
        TableSelection { table: Arc::clone(self.table), rows, cursor: Some(row) }
    }

    #[expect(clippy::too_many_arguments, reason = "a menu needs the cell it is about and where answers go")]
    fn menu_ui<T>(
        self,
        response: &Response,
        id: Id,
        (row, index): (usize, u32),
        columns: &[usize],
        places: &[(f32, f32)],
        menu: &impl Fn(usize, usize, &Value) -> Vec<MenuEntry<T>>,
        out: &mut Vec<TableAction>,
    ) -> Option<T> {
        let cell_id = id.with("menu-cell");
        if response.secondary_clicked() {
            let at = response.interact_pointer_pos().map_or(0.0, |at| at.x - response.rect.min.x);
            let column = column_at(at, places).and_then(|at| columns.get(at)).copied().unwrap_or(0);
            response.ctx.data_mut(|data| data.insert_temp(cell_id, (row, column)));
            let is_selected =
                self.session.selection_in(self.table).is_some_and(|selection| selection.rows.contains(&index));
            if !is_selected {
                // The cursor stays: what shows beside the table for it must not come or go under the menu.
                let cursor = self.session.selection_in(self.table).and_then(|selection| selection.cursor);
                let (table, rows) = (Arc::clone(self.table), BTreeSet::from([index]));
                out.push(TableAction::Select(TableSelection { table, rows, cursor }));
            }
        }
        let mut chosen = None;
        context_menu(response, |ui| {
            let known: Option<(usize, usize)> = ui.ctx().data(|data| data.get_temp(cell_id));
            let Some((row, column)) = known.filter(|known| known.0 == row) else { return };
            let value = self.table.value(row, column);
            for (title, what) in menu(row, column, &value) {
                if crate::widget::menu::menu_entry(ui, &title, "", true, false).clicked() {
                    chosen = Some(what);
                    ui.close();
                }
            }
            if let Some(column) = self.table.columns.get(column) {
                ui.separator();
                toolbar::filter_menu_ui(ui, self, (column, &value), out);
            }
            ui.separator();
            toolbar::copy_menu_ui(ui, self, columns, Some(&value), out);
        });
        chosen
    }

    fn total_ui(self, ui: &mut Ui, total: &[Value], columns: &[usize], (places, offset): (&[(f32, f32)], f32)) {
        let tokens = tokens::of(ui.ctx());
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), space::ROW), Sense::hover());
        let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
        inside.set_clip_rect(rect.intersect(ui.clip_rect()));
        let ui = &mut inside;
        ui.painter().hline(rect.x_range(), rect.top(), egui::Stroke::new(1.0, tokens.line));
        let named = columns
            .iter()
            .position(|column| self.table.columns.get(*column).is_some_and(|column| !column.kind.is_right()));
        let mut texts = vec!["Total".to_owned()];
        for (at, ((column, (x, width)), value)) in
            columns.iter().zip(places).zip(columns.iter().map(|column| total.get(*column))).enumerate()
        {
            let room = Rect::from_min_size(pos2(rect.min.x - offset + x, rect.min.y), vec2(*width, space::ROW));
            let Some(kind) = self.table.columns.get(*column).map(|column| column.kind) else { continue };
            if Some(at) == named {
                cells::label(ui, room, "Total", kind);
            } else if let Some(value) = value.filter(|_| kind.is_right()) {
                texts.push(value.text());
                cells::label(ui, room, &value.text(), kind);
            }
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, texts.join(" · ")));
    }
}

/// A row's accessible name: the texts of its cells.
fn name_of(values: &[Value]) -> String {
    values.iter().map(Value::text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Shows all digits, or the whole name or stack, under the pointer.
fn hovered_ui(response: Response, value: Option<&Value>) {
    if let Some(exact) = value.and_then(Value::exact) {
        response.on_hover_text(egui::RichText::new(exact).font(crate::theme::fonts::mono_small()));
    }
}
