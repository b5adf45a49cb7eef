//! Answers as a Parquet file. A column has one type for all its rows, so the query runs twice: first to learn the types.

use std::borrow::Cow;
use std::io::{self, Write};
use std::mem;

use trace_core::tables::column::{Kind, Unit};
use trace_core::tables::value::Value;

use crate::cli::exit::CliError;
use crate::cli::out::Checked;
use crate::lake::columns::ColumnData;
use crate::lake::parquet::{Untaken, Writer};
use crate::sql::answer::{Cell, QueryError, distinct};
use crate::sql::engine::{Engine, Sink};

/// Rows of a row group: as many are in memory.
const GROUP_ROWS: usize = 100_000;

/// Writes the first `limit` rows of an answer.
///
/// # Errors
/// When the query is wrong, or the file cannot be written.
pub(super) fn write(
    engine: &Engine,
    sql: &str,
    limit: usize,
    out: &Checked<'_>,
    failed: fn(QueryError) -> CliError,
) -> Result<(), CliError> {
    let mut types = Types { names: Vec::new(), kinds: Vec::new(), left: limit };
    engine.run(sql, &mut types).map_err(failed)?;
    let columns: Vec<(String, Kind, Unit)> = distinct(types.names)
        .into_iter()
        .zip(types.kinds)
        // Of a column that is NULL everywhere nothing is known.
        .map(|(name, kind)| (name, kind.unwrap_or(Kind::Text), Unit::None))
        .collect();
    let mut wrong = None;
    let written = out.write(|file| {
        let written = Untaken::default();
        let writer = Writer::begin(written.clone(), &columns).map_err(|error| io::Error::other(error.0))?;
        let data = columns.iter().map(|column| ColumnData::new(column.1)).collect();
        let mut rows = Rows { columns: &columns, writer, written, file, data, rows: 0, left: limit, done: Ok(()) };
        match engine.run(sql, &mut rows) {
            Ok(()) => rows.end(),
            Err(error) => {
                let said = error.to_string();
                wrong = Some(error);
                Err(io::Error::other(said))
            }
        }
    });
    match wrong {
        Some(error) => Err(failed(error)),
        None => written,
    }
}

/// Learns the types of columns: whole numbers, numbers if some have a fraction, else text.
struct Types {
    names: Vec<String>,
    kinds: Vec<Option<Kind>>,
    left: usize,
}

impl Sink for Types {
    fn begin(&mut self, columns: Vec<String>) {
        self.kinds = vec![None; columns.len()];
        self.names = columns;
    }

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        for (known, cell) in self.kinds.iter_mut().zip(cells) {
            *known = match (*known, cell) {
                (known, Cell::Null) => known,
                (Some(Kind::Text), _) | (_, Cell::Text(_)) => Some(Kind::Text),
                (Some(Kind::Real), _) | (_, Cell::Real(_)) => Some(Kind::Real),
                (_, Cell::Int(_)) => Some(Kind::Int),
            };
        }
        true
    }
}

/// Writes rows, one row group after the other.
struct Rows<'a> {
    columns: &'a [(String, Kind, Unit)],
    writer: Writer<Untaken>,
    written: Untaken,
    file: &'a mut dyn Write,
    data: Vec<ColumnData>,
    rows: usize,
    left: usize,
    done: io::Result<()>,
}

impl Sink for Rows<'_> {
    fn begin(&mut self, _columns: Vec<String>) {}

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        for ((column, data), cell) in self.columns.iter().zip(&mut self.data).zip(cells) {
            data.push(value(column.1, cell));
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS {
            self.done = self.flush();
        }
        self.done.is_ok()
    }
}

impl Rows<'_> {
    fn flush(&mut self) -> io::Result<()> {
        let empty = self.columns.iter().map(|column| ColumnData::new(column.1)).collect();
        let (data, rows) = (mem::replace(&mut self.data, empty), mem::take(&mut self.rows));
        if rows > 0 {
            self.writer.add(&data, rows).map_err(|error| io::Error::other(error.0))?;
        }
        self.file.write_all(&self.written.take())
    }

    fn end(mut self) -> io::Result<()> {
        mem::replace(&mut self.done, Ok(()))?;
        self.flush()?;
        self.writer.end().map_err(|error| io::Error::other(error.0))?;
        self.file.write_all(&self.written.take())
    }
}

/// A cell as a value of its column's type; NULL if it cannot be one, which only happens if a query gives other rows each time.
fn value(kind: Kind, cell: Cell) -> Value<'static> {
    match (kind, cell) {
        (Kind::Int, Cell::Int(number)) => Value::Int(number),
        (Kind::Real, Cell::Real(number)) => Value::Real(number),
        #[expect(clippy::cast_precision_loss, reason = "the column has fractions")]
        (Kind::Real, Cell::Int(number)) => Value::Real(number as f64),
        (_, Cell::Null) | (Kind::Int | Kind::Real, _) => Value::Null,
        (Kind::Text, cell) => Value::Text(Cow::Owned(cell.raw())),
    }
}
