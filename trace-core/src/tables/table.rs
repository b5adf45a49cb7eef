//! What a table is, and what walks over its rows.

use crate::tables::column::Column;
use crate::tables::grouping::{Grouped, Grouping};
use crate::tables::scan::Scan;
use crate::tables::source::Source;
use crate::tables::value::Value;

/// A table: what it is called, what its columns are, and how its rows are made.
pub trait Table: Sync {
    /// Its name in queries.
    fn name(&self) -> &'static str;

    /// What a row is, in a sentence.
    fn about(&self) -> &'static str;

    /// The columns from left to right.
    fn columns(&self) -> Vec<&Column>;

    /// The rows that `scan` wants; where [`Scan::require`] said so, perhaps some more, so that each is looked at once more.
    fn rows<'a>(&'a self, source: &'a Source, scan: &Scan) -> Box<dyn Rows<'a> + 'a>;

    /// Whether rows can be grouped by a column.
    fn can_group_by(&self, _column: usize) -> bool {
        false
    }

    /// The rows that `scan` wants in groups, with sums. `None` if the table cannot group its rows so.
    fn groups<'a>(&'a self, _: &'a Source, _: &Scan, _: &Grouping) -> Option<Box<dyn Grouped<'a> + 'a>> {
        None
    }
}

/// Rows of a table, one at a time.
pub trait Rows<'a> {
    /// Goes to the next row (at first to the first one). False if there is none.
    fn advance(&mut self) -> bool;

    /// The value of a column of the row; NULL beyond the last column and behind the last row.
    fn value(&self, column: usize) -> Value<'a>;

    /// A number that tells the row from the others of its table, the same in every scan.
    fn id(&self) -> u64;
}
