//! Rows of a table as columns in memory.

use std::ops::Range;

use parquet::data_type::ByteArray;
use rustc_hash::FxHashMap;
use trace_core::tables::column::{Column, Kind, Unit};
use trace_core::tables::scan::Scan;
use trace_core::tables::source::Source;
use trace_core::tables::table::{Rows, Table};
use trace_core::tables::value::Value;

use crate::lake::layout::{OWN_COLUMNS, kept_columns};

/// Rough bytes of memory that a cell takes.
const CELL_BYTES: usize = 16;

/// The values of a column that are not NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Whole numbers, signed, 64 bits.
    Int(Vec<i64>),
    /// Numbers with a fraction.
    Real(Vec<f64>),
    /// Texts, each different one once.
    Text(Texts),
}

/// Texts of which many are equal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    /// For each value its place among the different ones.
    codes: Vec<u32>,
    different: Vec<ByteArray>,
    places: FxHashMap<Box<str>, u32>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        // Rows beside each other often have the same one.
        let last = self.codes.last().copied();
        let is_it =
            |code: &u32| self.different.get(*code as usize).is_some_and(|known| known.data() == text.as_bytes());
        let code = last.filter(is_it).unwrap_or_else(|| self.code(text));
        self.codes.push(code);
    }

    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.places.get(text) {
            return *code;
        }
        let code = self.different.len() as u32;
        self.different.push(ByteArray::from(text.as_bytes().to_vec()));
        self.places.insert(text.into(), code);
        code
    }

    /// The values at these places.
    pub(super) fn values(&self, places: Range<usize>) -> impl Iterator<Item = ByteArray> + '_ {
        let codes = self.codes.get(places).unwrap_or_default();
        codes.iter().filter_map(|code| self.different.get(*code as usize).cloned())
    }

    fn append(&mut self, other: &Self) {
        let own: Vec<u32> =
            other.different.iter().map(|text| self.code(&String::from_utf8_lossy(text.data()))).collect();
        self.codes.extend(other.codes.iter().filter_map(|code| own.get(*code as usize)));
    }
}

/// A column: which of its rows have a value, and those values.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnData {
    /// 1 for each row with a value, 0 for NULL.
    pub valid: Vec<i16>,
    /// The values, one after the other.
    pub cells: Cells,
}

impl ColumnData {
    /// A column of a kind, without rows.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let cells = match kind {
            Kind::Int => Cells::Int(Vec::new()),
            Kind::Real => Cells::Real(Vec::new()),
            Kind::Text => Cells::Text(Texts::default()),
        };
        Self { valid: Vec::new(), cells }
    }

    /// One more row. A value of another kind is NULL.
    pub fn push(&mut self, value: Value<'_>) {
        let is_there = match (&mut self.cells, value) {
            (Cells::Int(cells), Value::Int(number)) => {
                cells.push(number);
                true
            }
            (Cells::Real(cells), Value::Real(number)) => {
                cells.push(number);
                true
            }
            (Cells::Text(cells), Value::Text(text)) => {
                cells.push(&text);
                true
            }
            _ => false,
        };
        self.valid.push(i16::from(is_there));
    }

    fn append(&mut self, other: Self) {
        self.valid.extend(other.valid);
        match (&mut self.cells, other.cells) {
            (Cells::Int(cells), Cells::Int(more)) => cells.extend(more),
            (Cells::Real(cells), Cells::Real(more)) => cells.extend(more),
            (Cells::Text(cells), Cells::Text(more)) => cells.append(&more),
            _ => {}
        }
    }
}

/// Rows of a table of a lake: the columns that it keeps, and which snapshot each is of.
#[derive(Clone, Debug, PartialEq)]
pub struct TableData {
    /// How many rows there are.
    pub rows: usize,
    /// The kept columns, then the trace id.
    pub columns: Vec<ColumnData>,
}

impl TableData {
    /// No rows of a table.
    #[must_use]
    pub fn empty(table: &'static dyn Table) -> Self {
        let mut columns: Vec<_> = kept_columns(table).iter().map(|(_, column)| ColumnData::new(column.kind)).collect();
        columns.push(ColumnData::new(Kind::Int));
        Self { rows: 0, columns }
    }

    /// All rows of a table. `shift` is added to all times.
    #[must_use]
    pub fn of(table: &'static dyn Table, source: &Source, trace_id: i64, shift: i64) -> Self {
        Stretches::new(table, source, (trace_id, shift), usize::MAX).next().unwrap_or_else(|| Self::empty(table))
    }

    /// Ends a row of which all kept columns have been pushed.
    pub(super) fn end_row(&mut self, trace_id: i64) {
        if let Some(id) = self.columns.last_mut() {
            id.push(Value::Int(trace_id));
        }
        self.rows += 1;
    }

    /// Adds the rows of another one of the same table.
    pub fn append(&mut self, other: Self) {
        self.rows += other.rows;
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            column.append(more);
        }
    }

    /// About how many bytes of memory it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.rows.saturating_mul(self.columns.len()).saturating_mul(CELL_BYTES)
    }
}

/// Names and kinds of the columns of a table's files.
#[must_use]
pub fn file_columns(table: &'static dyn Table) -> Vec<(&'static str, Kind, Unit)> {
    let kept = kept_columns(table).into_iter().map(|(_, column)| (column.name, column.kind, column.unit));
    kept.chain(OWN_COLUMNS.iter().take(1).map(|column| (column.name, column.kind, column.unit))).collect()
}

/// The rows of a table, at most so many at a time; none without rows.
pub(super) struct Stretches<'a> {
    table: &'static dyn Table,
    kept: Vec<(usize, &'static Column)>,
    rows: Box<dyn Rows<'a> + 'a>,
    trace_id: i64,
    /// Is added to all times.
    shift: i64,
    most: usize,
}

impl<'a> Stretches<'a> {
    pub(super) fn new(
        table: &'static dyn Table,
        source: &'a Source,
        (trace_id, shift): (i64, i64),
        most: usize,
    ) -> Self {
        let rows = table.rows(source, &Scan::default());
        Self { table, kept: kept_columns(table), rows, trace_id, shift, most }
    }
}

impl Iterator for Stretches<'_> {
    type Item = TableData;

    fn next(&mut self) -> Option<TableData> {
        let mut made = TableData::empty(self.table);
        while made.rows < self.most && self.rows.advance() {
            for ((place, column), data) in self.kept.iter().zip(&mut made.columns) {
                data.push(match self.rows.value(*place) {
                    Value::Int(time) if column.unit == Unit::Time => Value::Int(time.saturating_add(self.shift)),
                    value => value,
                });
            }
            made.end_row(self.trace_id);
        }
        (made.rows > 0).then_some(made)
    }
}
