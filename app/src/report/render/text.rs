//! Reports for a terminal: numbers and short words in aligned columns, names after them, so that long ones do no harm.

use std::ops::Range;

use crate::fmt::number::count;
use crate::fmt::text::{Text, padded};
use crate::report::report::{Report, Section};
use crate::report::table::Table;
use crate::report::value::Value;

/// How to see rows that are left out.
pub(super) const LIMIT: &str = "--limit sets how many are listed";
/// The same where no option says how many are listed.
pub(super) const MORE: &str = "--format csv or json lists more";

/// Parts of the line of a section that are shown.
const PARTS: usize = 2;

/// A report: what it is about, headline, sentences, facts, sections, tables, notes.
#[must_use]
pub fn report(report: &Report) -> Text {
    let mut text = Text::new();
    report.about.iter().for_each(|line| text.line(line));
    if !report.headline.is_empty() {
        text.line(&report.headline);
    }
    let indent = if report.headline.is_empty() { "" } else { "  " };
    report.sentences.iter().for_each(|sentence| text.line(&format!("{indent}{sentence}")));
    let facts: Vec<_> = report.shown_facts().collect();
    let widest = facts.iter().map(|fact| fact.title.chars().count() + 1).max().unwrap_or(0);
    if !facts.is_empty() {
        apart(&mut text);
    }
    for fact in &facts {
        text.line(&format!("{}  {}", padded(&format!("{}:", fact.title), widest, false), fact.value.text()));
    }
    for (at, told) in report.sections.iter().enumerate() {
        apart(&mut text);
        section(&mut text, at, told);
    }
    let more = if report.has_limit { LIMIT } else { MORE };
    for found in report.listed() {
        apart(&mut text);
        if report.listed().count() > 1 {
            text.line(&found.title);
        }
        table(&mut text, found, found.listed(), more);
        unfold(&mut text, found);
    }
    for note in &report.notes {
        apart(&mut text);
        text.line(note);
    }
    text
}

/// An empty line between what is there and what comes.
fn apart(text: &mut Text) {
    if !text.as_str().is_empty() {
        text.blank();
    }
}

/// Adds a section with its number, from 0.
fn section(text: &mut Text, at: usize, told: &Section) {
    text.line(&format!("{}. {}: {} [{}]", at + 1, told.rank, told.heading, told.kind));
    told.sentences.iter().for_each(|sentence| text.line(&format!("   {sentence}")));
    let widest = told.lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    for line in &told.lines {
        let parts = line.parts.iter().take(PARTS).map(String::as_str).collect::<Vec<_>>().join("; ");
        let between = if line.name.is_empty() || parts.is_empty() || parts.starts_with(',') { "" } else { " " };
        text.line(&format!("   {}  {}{between}{parts}", padded(line.label, widest, false), line.name));
    }
}

/// Adds the tables in the cells of a table, each under the name of its row.
fn unfold(text: &mut Text, of: &Table) {
    for (row, column, most) in of.unfolded() {
        let Value::Table(nested) = of.value(row, column) else { continue };
        if nested.is_empty() {
            continue;
        }
        text.blank();
        text.line(&of.heading_of(row, &nested));
        let rows = 0..nested.listed().len().min(most);
        let is_limited = nested.exported().len() <= rows.len();
        let more = if is_limited { LIMIT } else { "JSON lists more" };
        table(text, &nested, rows, more);
    }
}

/// Adds rows of a table with its headings, and a line for all rows together. `more` says how to see what is left out.
pub fn table(text: &mut Text, table: &Table, rows: Range<usize>, more: &str) {
    if table.is_empty() {
        text.line(table.empty);
        return;
    }
    let in_text = || table.columns.iter().enumerate().filter(|(_, column)| column.is_in_text());
    let short = in_text().filter(|(_, column)| column.kind.is_short());
    let order: Vec<usize> =
        short.chain(in_text().filter(|(_, column)| !column.kind.is_short())).map(|(at, _)| at).collect();
    let column = |at: usize| table.columns.get(at);
    let title = |at: &usize| column(*at).map_or("", |column| &*column.title).to_owned();
    let cell = |value: Value| value.text();
    let mut lines: Vec<Vec<String>> = vec![order.iter().map(title).collect()];
    lines.extend(rows.clone().map(|row| order.iter().map(|at| cell(table.value(row, *at))).collect()));
    if let Some((_, total)) = table.total.as_ref().filter(|_| table.len() > 1) {
        let of = |at: &usize| total.get(*at).map(Value::text).filter(|text| text != "–").unwrap_or_default();
        let mut cells: Vec<String> = order.iter().map(of).collect();
        // The first name's place says what the line is.
        let name = order.iter().position(|at| column(*at).is_some_and(|column| !column.kind.is_right()));
        if let Some(cell) = name.and_then(|at| cells.get_mut(at)) {
            "total".clone_into(cell);
        }
        lines.push(cells);
    }
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..order.len()).map(|at| width(at).unwrap_or(0)).collect();
    for line in &lines {
        let cells =
            line.iter().zip(&widths).zip(&order).map(|((cell, width), at)| {
                padded(cell, *width, column(*at).is_some_and(|column| column.kind.is_right()))
            });
        text.line(&cells.collect::<Vec<_>>().join("  "));
    }
    if rows.len() < table.len() {
        let left = table.len() - rows.len();
        text.line(&format!("({} more; {more})", count(left as u64)));
    }
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::report::report::Report;
    use crate::report::table::tests::sample;
    use crate::report::value::Value;

    #[test]
    fn numbers_align_and_names_do_no_harm() {
        let found = Report::default().fact("n", "Calls", Value::Count(2)).note("A note.").table(sample());
        let found = found.headline("sentence", "Two calls.");
        let expected = "Two calls.\n\nCalls:  2\n\n  Total  Count  Name\n3.00 ms      2  a|b\\x1b[2J\n5.00 µs      –  =cmd\n\
                        3.00 ms      2  total\n\nA note.\n";
        // 3.005 ms is 3.00 ms in three digits.
        assert_eq!(report(&found).as_str().replace("3.01 ms", "3.00 ms"), expected);
    }

    #[test]
    fn a_limit_says_what_is_left_out() {
        let mut found = Report::default().table(sample());
        found.limit(1);
        assert!(report(&found).as_str().ends_with("(1 more; --limit sets how many are listed)\n"));
        // Where the command has no such option, the limit is the table's own.
        let fixed = Report::default().table(sample().limited(Some(1)));
        assert!(report(&fixed).as_str().ends_with("(1 more; --format csv or json lists more)\n"));
    }
}
