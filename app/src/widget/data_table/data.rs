//! What a table of the window is given and gives back, and the order in which its rows show.

use std::sync::Arc;

use crate::report::table::Table;
use crate::report::view::{TableLayout, TableSession};

/// A table and what the window remembers of it.
#[derive(Clone, Copy)]
pub struct DataTable<'a> {
    /// Its name among all tables of the window.
    pub key: &'a str,
    /// The table that is shown.
    pub table: &'a Arc<Table>,
    /// How its columns stand.
    pub layout: &'a TableLayout,
    /// What the user does with it.
    pub session: &'a TableSession,
    /// A row to mark beside those that are selected, and to scroll to once it is another: one that is selected elsewhere,
    /// say.
    pub marked: Option<usize>,
}

/// What the user did with a table beside what [`TableAction`]s say.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// The row that was activated: clicked, or Enter on it.
    pub activated: Option<usize>,
    /// The cell whose link was clicked: row and column.
    pub link: Option<(usize, usize)>,
    /// The row under the pointer.
    pub hovered: Option<usize>,
    /// The column under the pointer.
    pub hovered_column: Option<usize>,
}

/// The rows of a table in the order in which they show.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) table: &'a Table,
    pub(super) rows: Option<&'a [u32]>,
}

impl Shown<'_> {
    pub(super) fn len(self) -> usize {
        self.rows.map_or(self.table.len(), <[u32]>::len)
    }

    /// The row of the table that shows at this place.
    pub(super) fn row(self, at: usize) -> Option<usize> {
        self.index(at).map(|row| row as usize)
    }

    pub(super) fn index(self, at: usize) -> Option<u32> {
        match self.rows {
            Some(rows) => rows.get(at).copied(),
            None => u32::try_from(at).ok().filter(|_| at < self.table.len()),
        }
    }

    /// Where a row of the table shows.
    pub(super) fn place_of(self, row: u32) -> Option<usize> {
        match self.rows {
            Some(rows) => rows.iter().position(|known| *known == row),
            None => Some(row as usize).filter(|row| *row < self.table.len()),
        }
    }
}

/// The place among the columns of what is so far from the left edge.
pub(super) fn column_at(x: f32, places: &[(f32, f32)]) -> Option<usize> {
    places.iter().position(|(left, width)| (*left..left + width).contains(&x))
}

impl DataTable<'_> {
    /// Whether rows that a filter leaves out do not show.
    pub(super) fn has_filter(self) -> bool {
        !self.session.filter.is_empty()
    }
}
