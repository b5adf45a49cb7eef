//! How wide numbers and short words are, so that none of them is cut.

use std::sync::Arc;

use egui::{Color32, Id, Ui};

use crate::report::table::{Kind, Table};
use crate::report::value::Value;
use crate::theme::fonts;
use crate::widget::data_table::cells::PADDING;

/// Widest that a column gets by itself, points.
const WIDEST: f32 = 240.0;

/// The widest of what was shown so far in each column of a table, points. It only grows, so that columns stay where they
/// are while rows scroll.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Widths {
    table: usize,
    columns: Vec<f32>,
    has_grown: bool,
}

impl Widths {
    /// What is known of the table with this id.
    pub(super) fn of(ui: &Ui, id: Id, table: &Arc<Table>) -> Self {
        let known: Option<Self> = ui.ctx().data(|data| data.get_temp(id.with("widths")));
        let table = Arc::as_ptr(table) as usize;
        known.filter(|known| known.table == table).unwrap_or(Self { table, ..Self::default() })
    }

    /// Widths of columns, by their places.
    #[cfg(test)]
    pub(super) fn known(columns: &[f32]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// What a column of the table needs.
    pub(super) fn of_column(&self, column: usize) -> f32 {
        self.columns.get(column).copied().unwrap_or(0.0).min(WIDEST)
    }

    /// Takes in what is shown in these columns.
    pub(super) fn fit(&mut self, ui: &Ui, table: &Table, columns: &[usize], values: &[Value]) {
        self.columns.resize(table.columns.len(), 0.0);
        for (at, value) in columns.iter().zip(values) {
            let Some(kind) = table.columns.get(*at).map(|column| column.kind) else { continue };
            if !kind.is_short() {
                continue;
            }
            let font = if kind == Kind::Word { fonts::body() } else { fonts::mono() };
            let size = ui.painter().layout_no_wrap(value.text(), font, Color32::PLACEHOLDER).size();
            let needed = (size.x + 2.0 * PADDING).ceil();
            if let Some(known) = self.columns.get_mut(*at).filter(|known| **known < needed) {
                *known = needed;
                self.has_grown = true;
            }
        }
    }

    /// Keeps them for the next frame, which comes at once if one has grown. They are measured anew wherever they are not
    /// known; widths that the user chose are in the settings.
    pub(super) fn remember(mut self, ui: &Ui, id: Id) {
        if std::mem::take(&mut self.has_grown) {
            ui.ctx().request_repaint();
        }
        ui.ctx().data_mut(|data| data.insert_temp(id.with("widths"), self));
    }
}
