//! A table of the model as CSV (RFC 4180).

use std::io::{Result, Write};

use trace_core::tables::scan::Scan;
use trace_core::tables::source::Source;
use trace_core::tables::table::Table;
use trace_core::tables::value::Value;

use crate::fmt::escape::csv::field;

/// Writes all rows, names of columns first. NULL is an empty field.
pub(super) fn write(source: &Source, table: &dyn Table, out: &mut dyn Write) -> Result<()> {
    let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
    writeln!(out, "{}", names.join(","))?;
    let mut rows = table.rows(source, &Scan::default());
    while rows.advance() {
        let fields = (0..names.len()).map(|column| match rows.value(column) {
            Value::Null => String::new(),
            Value::Int(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => field(&text, ','),
        });
        writeln!(out, "{}", fields.collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}
