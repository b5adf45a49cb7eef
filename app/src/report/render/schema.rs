//! The fields of a report's JSON, in words: help and manual are made of them.

use std::fmt::Write as _;

use crate::report::report::Report;
use crate::report::table::Column;

/// One line a field: its name, its type, what it means.
#[must_use]
pub fn fields(report: &Report) -> String {
    let mut out = String::from(
        "  schema, version      text, number: what the object is, and the version of its fields\n  \
         file                 text: the file as given\n  \
         partial              true or false: parts of the trace are missing, so that totals are too low\n",
    );
    // `stats` has the file among its own values.
    for fact in report.facts.iter().filter(|fact| !matches!(fact.id, "" | "file" | "partial")) {
        line(&mut out, 2, fact.id, fact.kind.json(), if fact.help.is_empty() { fact.title } else { fact.help });
    }
    for table in report.exported() {
        if let Some((id, _)) = &table.total {
            line(&mut out, 2, id, "object", &format!("all rows of {} together", table.id));
        }
        line(&mut out, 2, table.id, "list", &table.title);
        columns(&mut out, 4, &table.columns);
    }
    out
}

/// The same of columns alone.
#[must_use]
pub fn of_columns(indent: usize, of: &[Column]) -> String {
    let mut out = String::new();
    columns(&mut out, indent, of);
    out
}

fn columns(out: &mut String, indent: usize, columns_of: &[Column]) {
    for column in columns_of.iter().filter(|column| column.is_in_json()) {
        let help = if column.help.is_empty() { &column.title } else { &column.help };
        line(out, indent, &column.id, column.kind.json(), help);
        columns(out, indent + 2, &column.nested);
    }
}

fn line(out: &mut String, indent: usize, name: &str, kind: &str, help: &str) {
    let head = format!("{:indent$}{name}", "");
    let help = if help.is_empty() { String::new() } else { format!(": {help}") };
    // A String takes all that is written to it.
    let _written = writeln!(out, "{head:<23}{}{kind}{help}", if head.len() >= 23 { "  " } else { "" });
}
