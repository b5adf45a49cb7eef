//! A table as a list of fields: each a column with the function that gives its value of a row.

use crate::tables::column::{Column, Kind, Role, Unit};
use crate::tables::scan::Scan;
use crate::tables::source::Source;
use crate::tables::table::{Rows, Table};
use crate::tables::value::Value;

/// Gives the value of a column.
type Read<R> = for<'a> fn(&'a Source, &R) -> Value<'a>;

/// Gives the rows that a scan may want.
type Walk<R> = for<'a> fn(&'a Source, &Scan) -> Box<dyn Iterator<Item = R> + 'a>;

/// A column and how its value is found.
pub(super) struct Field<R> {
    column: Column,
    read: Read<R>,
}

impl<R> Field<R> {
    const fn new(kind: Kind, unit: Unit, name: &'static str, about: &'static str, read: Read<R>) -> Self {
        Self { column: Column { name, kind, unit, about, role: Role::None }, read }
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
        Self { column: Column { name, kind, unit, about, role }, read: self.read }
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
        Box::new(Walked { source, fields: self.fields, rows: (self.walk)(source, scan), row: None })
    }
}

struct Walked<'a, R: 'static> {
    source: &'a Source,
    fields: &'static [Field<R>],
    rows: Box<dyn Iterator<Item = R> + 'a>,
    row: Option<R>,
}

impl<'a, R: 'static> Rows<'a> for Walked<'a, R> {
    fn advance(&mut self) -> bool {
        self.row = self.rows.next();
        self.row.is_some()
    }

    fn value(&self, column: usize) -> Value<'a> {
        match (self.fields.get(column), &self.row) {
            (Some(field), Some(row)) => (field.read)(self.source, row),
            _ => Value::Null,
        }
    }
}
