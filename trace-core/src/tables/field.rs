//! A table as a list of fields: each a column with the function that gives its value of a row.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use crate::tables::check::Check;
use crate::tables::column::{Column, Kind, Role, Unit};
use crate::tables::scan::Scan;
use crate::tables::source::Source;
use crate::tables::table::{Rows, Table};
use crate::tables::value::Value;

/// Gives the value of a column.
pub(super) type Read<R> = for<'a> fn(&'a Source, &R) -> Value<'a>;

/// Gives the rows that a scan may want.
pub(super) type Walk<R> = for<'a> fn(&'a Source, &Scan) -> Box<dyn Iterator<Item = R> + 'a>;

/// Gives a number that tells the value of a column: rows with equal numbers have equal values.
pub(super) type Code<R> = fn(&Source, &R) -> u64;

/// A column and how its value is found.
pub(super) struct Field<R> {
    pub(super) column: Column,
    pub(super) read: Read<R>,
    /// For columns that rows can be grouped by.
    pub(super) code: Option<Code<R>>,
}

impl<R> Field<R> {
    const fn new(kind: Kind, unit: Unit, name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self { column: Column { name, kind, unit, about, role: Role::None }, read, code: None }
    }

    /// An id, or another number that counts nothing.
    pub(super) const fn id(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::None, name, about, read)
    }

    /// A column of text.
    pub(super) const fn text(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Text, Unit::None, name, about, read)
    }

    /// A column of times, ns from the start of the trace.
    pub(super) const fn time(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::Time, name, about, read)
    }

    /// A length of time.
    pub(super) const fn nanos(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::Nanos, name, about, read)
    }

    /// A number of things.
    pub(super) const fn count(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::Count, name, about, read)
    }

    /// A number of bytes.
    pub(super) const fn bytes(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::Bytes, name, about, read)
    }

    /// A column of yes or no: 1 or 0.
    pub(super) const fn flag(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Int, Unit::Flag, name, about, read)
    }

    /// A part of a whole.
    pub(super) const fn ratio(name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self::new(Kind::Real, Unit::Ratio, name, about, read)
    }

    /// The same field, of which conditions are of use to the table.
    pub(super) const fn with(self, role: Role) -> Self {
        let Column { name, kind, unit, about, .. } = self.column;
        Self { column: Column { name, kind, unit, about, role }, read: self.read, code: self.code }
    }

    /// The same field, by which rows can be grouped: rows with equal codes have equal values.
    pub(super) const fn keyed(self, code: Code<R>) -> Self {
        Self { column: self.column, read: self.read, code: Some(code) }
    }
}

/// A table of rows of one type.
pub(super) struct Typed<R: 'static> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: &'static [Field<R>],
    pub(super) walk: Walk<R>,
}

impl<R: 'static> Table for Typed<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn columns(&self) -> Vec<&Column> {
        self.fields.iter().map(|field| &field.column).collect()
    }

    fn rows<'a>(&'a self, source: &'a Source, scan: &Scan) -> Box<dyn Rows<'a> + 'a> {
        Box::new(self.walked(source, scan))
    }
}

impl<R: 'static> Typed<R> {
    /// The rows that a scan wants.
    pub(super) fn walked<'a>(&self, source: &'a Source, scan: &Scan) -> Walked<'a, R> {
        let checks = scan.checks().to_vec();
        Walked { source, fields: self.fields, rows: (self.walk)(source, scan), row: None, checks }
    }

    /// Whether a row meets conditions.
    #[inline]
    pub(super) fn meets(&self, source: &Source, row: &R, checks: &[(usize, Check)]) -> bool {
        meets(self.fields, source, row, checks)
    }
}

#[inline]
fn meets<R>(fields: &[Field<R>], source: &Source, row: &R, checks: &[(usize, Check)]) -> bool {
    checks.iter().all(|(place, check)| fields.get(*place).is_some_and(|field| check.takes(&(field.read)(source, row))))
}

/// A hash of the values of all columns.
pub(super) fn row_hash<R>(fields: &[Field<R>], source: &Source, row: &R) -> u64 {
    let mut hasher = FxHasher::default();
    for field in fields {
        match (field.read)(source, row) {
            Value::Null => hasher.write_u8(0),
            Value::Int(number) => hasher.write_i64(number),
            Value::Real(number) => hasher.write_u64(number.to_bits()),
            Value::Text(text) => hasher.write(text.as_bytes()),
        }
    }
    hasher.finish()
}

/// Rows that meet the conditions of a scan, one by one.
pub(super) struct Walked<'a, R: 'static> {
    source: &'a Source,
    fields: &'static [Field<R>],
    rows: Box<dyn Iterator<Item = R> + 'a>,
    row: Option<R>,
    checks: Vec<(usize, Check)>,
}

impl<R: 'static> Walked<'_, R> {
    /// The next row.
    pub(super) fn next(&mut self) -> Option<R> {
        self.rows.by_ref().find(|row| meets(self.fields, self.source, row, &self.checks))
    }
}

impl<'a, R: 'static> Rows<'a> for Walked<'a, R> {
    fn advance(&mut self) -> bool {
        self.row = self.next();
        self.row.is_some()
    }

    fn id(&self) -> u64 {
        self.row.as_ref().map_or(0, |row| row_hash(self.fields, self.source, row))
    }

    fn value(&self, column: usize) -> Value<'a> {
        match (self.fields.get(column), &self.row) {
            (Some(field), Some(row)) => (field.read)(self.source, row),
            _ => Value::Null,
        }
    }
}
