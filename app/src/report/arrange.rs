//! The rows of a table as the user wants to see them: some of them, in an order.

use rayon::prelude::*;
use trace_core::base::monitor::Monitor;

use crate::report::table::{Column, Table};
use crate::report::value::Value;

/// Rows that are sorted between two looks at the monitor, about.
const CHUNK: usize = 16 * 1024;

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The id of the column to sort by.
    pub column: String,
    /// Whether the largest come first.
    pub descending: bool,
}

/// What rows a table shows, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Arrangement {
    /// The most important key first; none for the order in which rows come.
    pub sort: Vec<SortKey>,
    /// Words of which each has to be in some cell of a row, without regard to case; `kind:wait` in that of a column.
    pub filter: String,
}

impl Arrangement {
    /// Whether it leaves the rows as they come.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.sort.is_empty() && self.filter.trim().is_empty()
    }
}

/// The rows that show, by their place in the table, in order. `None` if it was cancelled. Columns that the table does
/// not have are skipped; equal rows stay in the order in which they come.
#[must_use]
pub fn arrange(table: &Table, arrangement: &Arrangement, monitor: &Monitor) -> Option<Vec<u32>> {
    let filter = arrangement.filter.to_lowercase();
    let words: Vec<Wanted<'_>> = filter.split_whitespace().map(|word| wanted(table, word)).collect();
    let shows = |row: &u32| !monitor.is_cancelled() && has_words(table, *row as usize, &words);
    let count = u32::try_from(table.len()).unwrap_or(u32::MAX);
    let mut rows: Vec<u32> = if words.is_empty() {
        (0..count).collect()
    } else {
        (0..count).into_par_iter().with_min_len(256).filter(shows).collect()
    };
    let keys: Vec<(usize, bool)> = arrangement
        .sort
        .iter()
        .filter_map(|key| table.column(&key.column).map(|column| (column, key.descending)))
        .collect();
    // Least important key first: each stable sort keeps what the one before has done.
    for (column, descending) in keys.into_iter().rev() {
        if monitor.is_cancelled() {
            return None;
        }
        let value = |row: u32| (table.value(row as usize, column), row);
        let mut values: Vec<(Value, u32)> = rows.into_par_iter().with_min_len(CHUNK).map(value).collect();
        if descending {
            values.par_sort_by(|one, other| one.0.compare_reversed(&other.0));
        } else {
            values.par_sort_by(|one, other| one.0.compare(&other.0));
        }
        rows = values.into_iter().map(|value| value.1).collect();
    }
    (!monitor.is_cancelled()).then_some(rows)
}

/// A word of a filter, and the column that it has to be in: any if `None`.
type Wanted<'a> = (&'a str, Option<usize>);

/// Whether each word is in some cell that the window may show.
fn has_words(table: &Table, row: usize, words: &[Wanted<'_>]) -> bool {
    let columns = table.columns.iter().enumerate().filter(|(_, column)| column.is_in_window());
    let mut missing = words.to_vec();
    for (at, _) in columns {
        if missing.is_empty() {
            return true;
        }
        let value = table.value(row, at);
        let (shown, full) = (value.text().to_lowercase(), value.raw().to_lowercase());
        let is_here = |(word, column): &Wanted<'_>| {
            column.is_none_or(|column| column == at) && (shown.contains(word) || full.contains(word))
        };
        missing.retain(|wanted| !is_here(wanted));
    }
    missing.is_empty()
}

/// What a filter calls a column: `countb` of `Count B`.
#[must_use]
pub fn filter_name(title: &str) -> String {
    title.to_lowercase().split_whitespace().collect()
}

/// The word and the column that a part of a filter asks for: `kind:wait`. What names no column is a word as it is.
fn wanted<'a>(table: &Table, word: &'a str) -> Wanted<'a> {
    let named = word.split_once(':').and_then(|(name, word)| {
        let is_it = |column: &Column| column.is_in_window() && filter_name(&column.title) == name;
        Some((word, Some(table.columns.iter().position(is_it)?)))
    });
    named.unwrap_or((word, None))
}

#[cfg(test)]
mod tests {
    use super::{Arrangement, SortKey, arrange};
    use crate::report::table::tests::sample;
    use trace_core::base::monitor::Monitor;

    fn rows(sort: &[(&str, bool)], filter: &str) -> Option<Vec<u32>> {
        let sort =
            sort.iter().map(|(column, descending)| SortKey { column: (*column).to_owned(), descending: *descending });
        let arrangement = Arrangement { sort: sort.collect(), filter: filter.to_owned() };
        arrange(&sample(), &arrangement, &Monitor::new())
    }

    #[test]
    fn rows_are_sorted_and_filtered() {
        assert_eq!(rows(&[], ""), Some(vec![0, 1]));
        assert_eq!(rows(&[("calls.total_ns", false)], ""), Some(vec![1, 0]));
        assert_eq!(rows(&[("calls.count", false)], ""), Some(vec![0, 1]), "what is missing comes last");
        assert_eq!(rows(&[("calls.count", true)], ""), Some(vec![0, 1]));
        assert_eq!(rows(&[("cut", true), ("name", false)], ""), Some(vec![1, 0]), "the second key decides");
        assert_eq!(rows(&[], "CMD µs"), Some(vec![1]));
        assert_eq!(rows(&[], "cmd ms"), Some(vec![]));
        assert_eq!(rows(&[], "count:2"), Some(vec![0]), "in that column");
        assert_eq!(rows(&[], "count:cmd"), Some(vec![]));
        assert_eq!(rows(&[], "gone:cmd"), Some(vec![]), "no column, so a word");
        assert_eq!(rows(&[("gone", true)], ""), Some(vec![0, 1]));
    }

    #[test]
    fn a_cancelled_one_gives_nothing() {
        let monitor = Monitor::new();
        monitor.cancel();
        assert_eq!(arrange(&sample(), &Arrangement::default(), &monitor), None);
    }
}
