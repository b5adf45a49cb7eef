//! Reports and tables as Markdown, for issue trackers.

use crate::fmt::markdown::{Align, Inline, Markdown};
use crate::fmt::number::count;
use crate::report::render::text::{LIMIT, MORE};
use crate::report::report::{Report, Section};
use crate::report::table::{Kind, Table};
use crate::report::value::Value;

/// A report under a heading.
#[must_use]
pub fn report(title: &str, report: &Report) -> Markdown {
    let mut page = Markdown::new();
    page.heading(2, title);
    report.about.iter().for_each(|line| page.paragraph(line));
    if !report.headline.is_empty() {
        page.paragraph(&report.headline);
    }
    report.sentences.iter().for_each(|sentence| page.item(&[Inline::Text(sentence)]));
    for fact in report.shown_facts() {
        page.item(&[Inline::Text(&format!("{}: {}", fact.title, fact.value.text()))]);
    }
    report.sections.iter().enumerate().for_each(|(at, told)| section(&mut page, at, told));
    let more = if report.has_limit { LIMIT } else { MORE };
    for table in report.listed() {
        page.heading(3, &table.title);
        if table.is_empty() {
            page.paragraph(table.empty);
        } else {
            let columns = in_text(table);
            rows(&mut page, table, table.listed(), &columns);
            left_out(&mut page, table.len().saturating_sub(table.listed().len()), more);
        }
        for (row, column, most) in table.unfolded() {
            let Value::Table(nested) = table.value(row, column) else { continue };
            if !nested.is_empty() {
                page.heading(4, &table.heading_of(row, &nested));
                let listed = nested.listed().len().min(most);
                rows(&mut page, &nested, 0..listed, &in_text(&nested));
                left_out(&mut page, nested.len().saturating_sub(listed), "JSON lists more");
            }
        }
    }
    report.notes.iter().for_each(|note| page.paragraph(note));
    page
}

/// Says how many rows are left out, and how to see them; nothing if none are.
fn left_out(page: &mut Markdown, rows: usize, how: &str) {
    if rows > 0 {
        page.paragraph(&format!("{} more; {how}.", count(rows as u64)));
    }
}

/// Adds a section with its number, from 0.
fn section(page: &mut Markdown, at: usize, told: &Section) {
    page.heading(3, &format!("{}. {}", at + 1, told.heading));
    page.paragraph(&told.sentences.join(" "));
    page.item(&[Inline::Text(&format!("{},", told.rank)), Inline::Code(told.kind)]);
    for line in &told.lines {
        let (label, parts) = (format!("{}:", line.label), line.parts.join("; "));
        if line.name.is_empty() {
            page.item(&[Inline::Text(&format!("{label} {parts}"))]);
        } else {
            page.item(&[Inline::Text(&label), Inline::Code(&line.name), Inline::Text(parts.trim_start_matches(", "))]);
        }
    }
}

/// The columns that people see, by their places.
#[must_use]
pub fn in_text(table: &Table) -> Vec<usize> {
    table.columns.iter().enumerate().filter(|(_, column)| column.is_in_text()).map(|(at, _)| at).collect()
}

/// Adds these rows and columns as a table.
pub fn rows(page: &mut Markdown, table: &Table, rows: impl IntoIterator<Item = usize>, columns: &[usize]) {
    let shown: Vec<_> = columns.iter().filter_map(|at| table.columns.get(*at).map(|column| (*at, column))).collect();
    let align = |kind: Kind| if kind.is_right() { Align::Right } else { Align::Left };
    let heads: Vec<_> = shown.iter().map(|(_, column)| (&*column.title, align(column.kind))).collect();
    page.table(&heads);
    for row in rows {
        let values: Vec<(bool, String)> = shown.iter().map(|(at, _)| cell(&table.value(row, *at))).collect();
        let cells: Vec<Inline<'_>> = values
            .iter()
            .map(|(is_code, text)| if *is_code { Inline::Code(text) } else { Inline::Text(text) })
            .collect();
        page.row(&cells);
    }
}

/// Whether a value is a name, and its text.
fn cell(value: &Value) -> (bool, String) {
    (matches!(value, Value::Name(_) | Value::Function(_) | Value::Stack(_)), value.text())
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::report::report::Report;
    use crate::report::table::tests::sample;

    #[test]
    fn names_do_no_harm() {
        let page = report("Calls", &Report::default().table(sample()));
        let expected = "## Calls\n\n### Calls\n\n| Name | Total | Count |\n|---|--:|--:|\n\
                        | `a\\|b\\x1b[2J` | 3.00 ms | 2 |\n| =cmd | 5.00 µs | – |\n";
        assert_eq!(page.as_str().replace("`=cmd`", "=cmd"), expected);
    }
}
