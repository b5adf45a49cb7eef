//! Answers as text, JSON, CSV and Markdown, some rows at a time.

use serde_json::{Map, Number, Value as JsonValue};

use crate::cli::print::{Csv, Json, Output};
use crate::fmt::escape::visible;
use crate::fmt::markdown::{Align, Inline, Markdown};
use crate::fmt::text::{Text, padded};
use crate::report::format::Format;
use crate::sql::answer::{Cell, distinct};

/// Characters of a text's cell beyond which it is cut where people read it.
const WIDEST: usize = 80;

/// Prints an answer. The widths of text's columns are those of the first rows that it gets.
pub(super) struct Printer {
    format: Format,
    columns: Vec<String>,
    /// For text: how wide each column is, and whether its values stand at the right.
    shape: Vec<(usize, bool)>,
    has_rows: bool,
}

impl Printer {
    /// For an answer with these columns.
    #[must_use]
    pub(super) fn new(format: Format, columns: Vec<String>) -> Self {
        Self { format, columns: distinct(columns), shape: Vec::new(), has_rows: false }
    }

    /// The next rows, with the heading before the first ones.
    #[must_use]
    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> Output {
        let is_first = !std::mem::replace(&mut self.has_rows, true);
        match self.format {
            Format::Text => self.text(rows, is_first).into(),
            Format::Json => {
                let objects = rows.iter().map(|row| self.object(row));
                Output::Json(Json::items(objects, is_first))
            }
            Format::Csv => {
                let heading = is_first.then(|| self.columns.iter().cloned().map(Cell::Text).collect::<Vec<_>>());
                let lines = heading.iter().map(Vec::as_slice).chain(rows.iter().map(Vec::as_slice));
                let fields = lines.map(|line| line.iter().map(|cell| (cell.raw(), cell.is_number())).collect());
                Output::Csv(Csv::lines(fields))
            }
            Format::Markdown => self.markdown(rows, is_first).into(),
        }
    }

    /// What comes behind the last row.
    #[must_use]
    pub(super) fn end(&mut self) -> Output {
        if !self.has_rows {
            return match self.format {
                Format::Json => Output::Json(Json::end_of_items(false)),
                Format::Text => {
                    let mut text = Text::new();
                    text.line("No rows");
                    text.into()
                }
                _ => self.rows(&[]),
            };
        }
        match self.format {
            Format::Json => Output::Json(Json::end_of_items(true)),
            _ => Output::Text(Text::new()),
        }
    }

    fn object(&self, row: &[Cell]) -> JsonValue {
        let mut object = Map::new();
        for (column, cell) in self.columns.iter().zip(row) {
            let value = match cell {
                Cell::Null => JsonValue::Null,
                Cell::Int(number) => JsonValue::from(*number),
                Cell::Real(number) => Number::from_f64(*number).map_or(JsonValue::Null, JsonValue::Number),
                Cell::Text(text) => JsonValue::from(text.clone()),
            };
            object.insert(column.clone(), value);
        }
        JsonValue::Object(object)
    }

    fn text(&mut self, rows: &[Vec<Cell>], is_first: bool) -> Text {
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        if is_first {
            let column = |at: usize, name: &String| {
                let widths = cells.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
                let mut known =
                    rows.iter().filter_map(|row| row.get(at)).filter(|cell| **cell != Cell::Null).peekable();
                let is_right = known.peek().is_some() && known.all(Cell::is_number);
                (widths.max().unwrap_or(0).max(visible(name).chars().count()), is_right)
            };
            self.shape = self.columns.iter().enumerate().map(|(at, name)| column(at, name)).collect();
        }
        let mut text = Text::new();
        let mut line = |cells: &[String]| {
            let padded = cells.iter().zip(&self.shape).map(|(cell, (width, is_right))| padded(cell, *width, *is_right));
            text.line(&padded.collect::<Vec<_>>().join("  "));
        };
        if is_first {
            line(&self.columns.iter().map(|name| visible(name).into_owned()).collect::<Vec<_>>());
        }
        cells.iter().for_each(|row| line(row));
        text
    }

    fn markdown(&mut self, rows: &[Vec<Cell>], is_first: bool) -> Markdown {
        let mut page = Markdown::new();
        if is_first {
            let align = |at: usize| {
                let is_number = rows.first().and_then(|row| row.get(at)).is_some_and(Cell::is_number);
                if is_number { Align::Right } else { Align::Left }
            };
            let heads: Vec<(&str, Align)> =
                self.columns.iter().enumerate().map(|(at, name)| (name.as_str(), align(at))).collect();
            page.table(&heads);
        }
        for row in rows {
            let cells: Vec<String> = row.iter().map(Cell::raw).collect();
            page.row(&cells.iter().map(|cell| Inline::Text(cell)).collect::<Vec<_>>());
        }
        page
    }
}

/// A cell for a terminal: on one line, and not too long.
fn shown(cell: &Cell) -> String {
    let text = match cell {
        Cell::Null => return "–".to_owned(),
        Cell::Real(number) => return format!("{number:.3}"),
        Cell::Text(text) => visible(text).into_owned(),
        Cell::Int(_) => cell.raw(),
    };
    if text.chars().count() <= WIDEST { text } else { text.chars().take(WIDEST - 1).chain(['…']).collect() }
}
