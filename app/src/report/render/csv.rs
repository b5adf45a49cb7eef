//! A table as CSV (RFC 4180) or TSV: plain numbers in the columns' units, ids of columns as headings.

use crate::fmt::escape::csv::field;
use crate::report::table::Table;

/// All exported columns of the rows that text has, fields between commas.
#[must_use]
pub fn table(table: &Table) -> String {
    let columns = exported(table);
    rows(table, table.exported(), &columns, ',')
}

/// The columns that CSV has, by their places.
#[must_use]
pub fn exported(table: &Table) -> Vec<usize> {
    table.columns.iter().enumerate().filter(|(_, column)| column.is_in_csv()).map(|(at, _)| at).collect()
}

/// These rows and columns with a heading, lines ended by `\n`.
#[must_use]
pub fn rows(table: &Table, rows: impl IntoIterator<Item = usize>, columns: &[usize], separator: char) -> String {
    let mut out = String::new();
    let mut line = |fields: &mut dyn Iterator<Item = String>| {
        for (at, field) in fields.enumerate() {
            if at > 0 {
                out.push(separator);
            }
            out.push_str(&field);
        }
        out.push('\n');
    };
    line(&mut columns.iter().filter_map(|at| table.columns.get(*at)).map(|column| field(&column.id, separator)));
    for row in rows {
        line(&mut columns.iter().map(|at| {
            let value = table.value(row, *at);
            // A number needs no guard against formulas, and an apostrophe would make text of it.
            if value.is_number() { value.raw() } else { field(&value.raw(), separator) }
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{rows, table};
    use crate::report::table::tests::sample;

    #[test]
    fn numbers_are_plain_and_formulas_are_text() {
        let expected = "name,calls.total_ns,calls.count,cut\na|b\\x1b[2J,3000000,2,0\n'=cmd,5000,,0\n";
        assert_eq!(table(&sample()), expected);
        assert_eq!(rows(&sample(), [1], &[0, 1], '\t'), "name\tcalls.total_ns\n'=cmd\t5000\n");
    }
}
