//! What the window remembers of a table: its layout between starts, and what is selected in it while the trace is open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trace_core::base::monitor::Monitor;

use crate::report::arrange::{Arrangement, SortKey};
use crate::report::table::{Shown, Table};

/// How the columns of a table stand. Columns go by their ids; unknown ones are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableLayout {
    /// Columns from left to right, as the user has ordered them; others follow in their own order.
    pub order: Vec<String>,
    /// Columns that the user has turned on (`true`) or off.
    pub shown: BTreeMap<String, bool>,
    /// Widths that the user has dragged, points.
    pub widths: BTreeMap<String, f32>,
}

/// Rows in the order in which they show.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// The table whose rows they are.
    pub table: Arc<Table>,
    /// The filter and the order that they were made with.
    pub arrangement: Arrangement,
    /// Rows of the table, by their place in it.
    pub rows: Arc<[u32]>,
}

/// Rows that are selected, and the one that keys start from, by their places in the table.
#[derive(Clone, Debug)]
pub struct TableSelection {
    /// The table whose rows are selected.
    pub table: Arc<Table>,
    /// The selected rows, by their places in the table.
    pub rows: BTreeSet<u32>,
    /// Where keys start from.
    pub cursor: Option<u32>,
}

/// What the user does with a table while its trace is open.
#[derive(Clone, Debug, Default)]
pub struct TableSession {
    /// Sorting; `None` for the order in which rows come.
    pub sort: Option<Vec<SortKey>>,
    /// What is typed into the filter.
    pub filter: String,
    /// What is selected; holds for the table that it was selected in.
    pub selection: Option<TableSelection>,
    /// The newest arrangement; shown until a newer one is there.
    pub arranged: Option<Arranged>,
    /// The arrangement that a worker is at, and what stops it.
    pub pending: Option<(Arrangement, Monitor)>,
}

/// What the user did with a table.
#[derive(Clone, Debug)]
pub enum TableAction {
    /// Sort by a column; added to the keys that are there, or instead of them.
    Sort {
        /// The id of the column to sort by.
        column: String,
        /// Whether the largest come first.
        descending: bool,
        /// The keys that are there stay, more important than this one.
        add: bool,
    },
    /// Show rows with these words only.
    Filter(String),
    /// Select these rows, and no others.
    Select(TableSelection),
    /// Turn a column on or off.
    ShowColumn(String, bool),
    /// Put columns into this order.
    OrderColumns(Vec<String>),
    /// Make a column this wide, points.
    Resize(String, f32),
    /// The columns as they come.
    ResetLayout,
    /// Have a worker arrange the rows.
    Arrange(Arc<Table>, Arrangement),
    /// A worker: the rows as arranged.
    Arranged(Arranged),
    /// Put text on the clipboard.
    Copy(String),
}

impl TableSession {
    /// The rows that are wanted.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        Arrangement { sort: self.sort.clone().unwrap_or_default(), filter: self.filter.trim().to_owned() }
    }

    /// The rows to show of `table`, and whether they are the ones that are wanted: `None` for all of them as they come.
    #[must_use]
    pub fn rows(&self, table: &Arc<Table>) -> (Option<&Arc<[u32]>>, bool) {
        let wanted = self.arrangement();
        if wanted.is_identity() {
            return (None, true);
        }
        match self.arranged.as_ref().filter(|arranged| Arc::ptr_eq(&arranged.table, table)) {
            Some(arranged) => (Some(&arranged.rows), arranged.arrangement == wanted),
            None => (None, false),
        }
    }

    /// What is selected in this table.
    #[must_use]
    pub fn selection_in(&self, table: &Arc<Table>) -> Option<&TableSelection> {
        self.selection.as_ref().filter(|selection| Arc::ptr_eq(&selection.table, table))
    }

    /// Has a worker begin with an arrangement, instead of what it is at: what stops it.
    pub fn begin(&mut self, arrangement: Arrangement) -> Monitor {
        let monitor = Monitor::new();
        if let Some((_, before)) = self.pending.replace((arrangement, monitor.clone())) {
            before.cancel();
        }
        monitor
    }

    /// Applies what concerns the session.
    pub fn apply(&mut self, action: TableAction) {
        match action {
            TableAction::Sort { column, descending, add } => {
                let keys = self.sort.get_or_insert_default();
                if !add {
                    keys.clear();
                }
                keys.retain(|key| key.column != column);
                keys.push(SortKey { column, descending });
            }
            TableAction::Filter(filter) => self.filter = filter,
            TableAction::Select(selection) => self.selection = Some(selection),
            TableAction::Arranged(arranged) => {
                if self.pending.as_ref().is_some_and(|pending| pending.0 == arranged.arrangement) {
                    self.pending = None;
                }
                self.arranged = Some(arranged);
            }
            TableAction::Arrange(..)
            | TableAction::ShowColumn(..)
            | TableAction::OrderColumns(_)
            | TableAction::Resize(..)
            | TableAction::ResetLayout
            | TableAction::Copy(_) => {}
        }
    }
}

impl TableLayout {
    /// The columns of a table that show, from left to right, by their places in it.
    #[must_use]
    pub fn columns(&self, table: &Table) -> Vec<usize> {
        let is_shown = |at: &usize| {
            table.columns.get(*at).is_some_and(|column| {
                let usual = !matches!(column.shown, Shown::OnRequest | Shown::Text);
                column.is_in_window() && *self.shown.get(&*column.id).unwrap_or(&usual)
            })
        };
        self.ordered(table).into_iter().filter(is_shown).collect()
    }

    /// All columns that the window offers, from left to right, by their places in the table.
    #[must_use]
    pub fn ordered(&self, table: &Table) -> Vec<usize> {
        let rank = |at: &usize| {
            let id = table.columns.get(*at).map_or("", |column| &*column.id);
            self.order.iter().position(|known| known == id).unwrap_or(self.order.len())
        };
        let offered = table.columns.iter().enumerate().filter(|(_, column)| column.is_in_window());
        let mut order: Vec<usize> = offered.map(|(at, _)| at).collect();
        order.sort_by_key(rank);
        order
    }

    /// Applies what concerns the layout; whether anything changed.
    pub fn apply(&mut self, action: &TableAction) -> bool {
        match action {
            TableAction::ShowColumn(column, shown) => drop(self.shown.insert(column.clone(), *shown)),
            TableAction::OrderColumns(order) => self.order.clone_from(order),
            TableAction::Resize(column, points) => drop(self.widths.insert(column.clone(), *points)),
            TableAction::ResetLayout => *self = Self::default(),
            _ => return false,
        }
        true
    }
}
