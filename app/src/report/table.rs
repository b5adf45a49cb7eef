//! A table: typed columns and rows that are made when they are asked for. Every list of the program is one, so each can
//! be sorted, filtered, copied and exported in the same ways.

use std::sync::Arc;

use trace_core::analysis::scope::GoroutineFilter;

pub use crate::report::data::{Column, Cut, Kind, Readers, Shown, Table, Target};

use crate::report::data::{Rows, Value};

impl Table {
    /// Begins a table whose rows are those that `pick` finds in `source`.
    pub fn of<S, R>(
        id: &'static str,
        title: impl Into<String>,
        source: &Arc<S>,
        pick: impl for<'a> Fn(&'a S) -> &'a [R] + Send + Sync + 'static,
    ) -> Builder<S, R>
    where
        S: Send + Sync + 'static,
        R: 'static,
    {
        Builder {
            id,
            title: title.into(),
            columns: Vec::new(),
            empty: "None",
            sorted_by: None,
            total: None,
            cut: Cut::default(),
            readers: Readers::All,
            is_optional: false,
            has_details: false,
            rows: Typed {
                source: Arc::clone(source),
                pick: Box::new(pick),
                cells: Vec::new(),
                target: None,
                subject: None,
            },
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows that text and Markdown have: the first ones.
    #[must_use]
    pub fn listed(&self) -> std::ops::Range<usize> {
        self.first(self.cut != Cut::Never)
    }

    /// The rows that CSV and JSON have: the first ones.
    #[must_use]
    pub fn exported(&self) -> std::ops::Range<usize> {
        self.first(self.cut == Cut::Everywhere)
    }

    fn first(&self, is_limited: bool) -> std::ops::Range<usize> {
        0..self.limit.filter(|_| is_limited).map_or(self.len(), |limit| limit.min(self.len()))
    }

    /// The value of a cell; [`Value::Missing`] where there is no such row or column.
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> Value {
        self.rows.value(row, column)
    }

    /// Where a row is on the timeline.
    #[must_use]
    pub fn target(&self, row: usize) -> Option<Target> {
        self.rows.target(row)
    }

    /// The goroutines that a row is about; `None` if that is no scope.
    #[must_use]
    pub fn subject(&self, row: usize) -> Option<GoroutineFilter> {
        self.rows.subject(row)
    }

    /// Whether people see it: not if only programs read it, or if it is optional and has no row.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        !(self.readers == Readers::Programs || self.is_optional && self.is_empty())
    }

    /// The place of a column among the columns.
    #[must_use]
    pub fn column(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    /// What a row is called: its first cell of words.
    #[must_use]
    pub fn name(&self, row: usize) -> String {
        let column = self.columns.iter().position(|column| column.is_in_text() && !column.kind.is_right());
        column.map(|column| self.value(row, column).text()).unwrap_or_default()
    }

    /// The heading of a table in a cell of a row: with what the row is called, unless it says that itself.
    #[must_use]
    pub fn heading_of(&self, row: usize, nested: &Self) -> String {
        let name = self.name(row);
        if nested.title.contains(&name) { nested.title.clone() } else { format!("{name}: {}", nested.title) }
    }

    /// The cells whose tables text and Markdown list below the table: row, column, and how many of their rows at most.
    pub fn unfolded(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let columns = move || self.columns.iter().enumerate().filter(|(_, column)| column.unfolded > 0);
        self.listed().flat_map(move |row| columns().map(move |(at, column)| (row, at, column.unfolded)))
    }

    /// With at most so many rows outside the window.
    #[must_use]
    pub fn limited(self, limit: Option<usize>) -> Self {
        Self { limit, ..self }
    }
}

type Cell<R> = Box<dyn Fn(&R) -> Value + Send + Sync>;
type Pick<S, R> = Box<dyn for<'a> Fn(&'a S) -> &'a [R] + Send + Sync>;
type FindSubject<R> = Box<dyn Fn(&R) -> Option<GoroutineFilter> + Send + Sync>;
type FindTarget<R> = Box<dyn Fn(&R) -> Option<Target> + Send + Sync>;

struct Typed<S, R> {
    source: Arc<S>,
    pick: Pick<S, R>,
    cells: Vec<Cell<R>>,
    target: Option<FindTarget<R>>,
    subject: Option<FindSubject<R>>,
}

impl<S: Send + Sync, R> Rows for Typed<S, R> {
    fn len(&self) -> usize {
        (self.pick)(&self.source).len()
    }

    fn value(&self, row: usize, column: usize) -> Value {
        match ((self.pick)(&self.source).get(row), self.cells.get(column)) {
            (Some(row), Some(cell)) => cell(row),
            _ => Value::Missing,
        }
    }

    fn target(&self, row: usize) -> Option<Target> {
        (self.pick)(&self.source).get(row).and_then(self.target.as_ref()?)
    }

    fn subject(&self, row: usize) -> Option<GoroutineFilter> {
        (self.pick)(&self.source).get(row).and_then(self.subject.as_ref()?)
    }
}

/// A table in the making: columns from left to right, each with the function that gives its value of a row.
pub struct Builder<S, R> {
    id: &'static str,
    title: String,
    columns: Vec<Column>,
    empty: &'static str,
    sorted_by: Option<&'static str>,
    total: Option<(&'static str, Vec<Value>)>,
    cut: Cut,
    readers: Readers,
    is_optional: bool,
    has_details: bool,
    rows: Typed<S, R>,
}

impl<S: Send + Sync + 'static, R: 'static> Builder<S, R> {
    /// Adds a column, and the function that gives its value of a row.
    #[must_use]
    pub fn column(mut self, column: Column, cell: impl Fn(&R) -> Value + Send + Sync + 'static) -> Self {
        self.columns.push(column);
        self.rows.cells.push(Box::new(cell));
        self
    }

    /// Adds the columns that `add` adds: for columns that several tables have.
    #[must_use]
    pub fn with(self, add: impl FnOnce(Self) -> Self) -> Self {
        add(self)
    }

    /// Says where rows are on the timeline.
    #[must_use]
    pub fn target(mut self, target: impl Fn(&R) -> Option<Target> + Send + Sync + 'static) -> Self {
        self.rows.target = Some(Box::new(target));
        self
    }

    /// Says which goroutines rows are about: the window offers to look at these alone.
    #[must_use]
    pub fn subject(mut self, subject: impl Fn(&R) -> Option<GoroutineFilter> + Send + Sync + 'static) -> Self {
        self.rows.subject = Some(Box::new(subject));
        self
    }

    /// Says that the analysis has details of the subjects of rows.
    #[must_use]
    pub fn with_details(self) -> Self {
        Self { has_details: true, ..self }
    }

    /// Says that text, Markdown and the window leave the table out while it has no row.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Says what the table says if it has no row.
    #[must_use]
    pub fn empty(self, empty: &'static str) -> Self {
        Self { empty, ..self }
    }

    /// Says where a limit on rows holds.
    #[must_use]
    pub fn cut(self, cut: Cut) -> Self {
        Self { cut, ..self }
    }

    /// Says that only these read the table, all of it.
    #[must_use]
    pub fn only_for(self, readers: Readers) -> Self {
        Self { cut: Cut::Never, readers, ..self }
    }

    /// Says what column, by its id, the rows come sorted by.
    #[must_use]
    pub fn sorted_by(self, column: &'static str) -> Self {
        Self { sorted_by: Some(column), ..self }
    }

    /// Adds a row for all rows together, which JSON has under this id. After all columns.
    #[must_use]
    pub fn total(mut self, id: &'static str, row: &R) -> Self {
        let of = |(column, cell): (&Column, &Cell<R>)| {
            // A name of all rows together would be that of none.
            if column.kind.is_right() || matches!(column.kind, Kind::List | Kind::Table) {
                cell(row)
            } else {
                Value::Missing
            }
        };
        self.total = Some((id, self.columns.iter().zip(&self.rows.cells).map(of).collect()));
        self
    }

    /// The table with all columns so far.
    #[must_use]
    pub fn build(self) -> Table {
        Table {
            id: self.id,
            title: self.title,
            columns: self.columns,
            empty: self.empty,
            sorted_by: self.sorted_by,
            total: self.total,
            limit: None,
            cut: self.cut,
            readers: self.readers,
            is_optional: self.is_optional,
            has_details: self.has_details,
            links_places: false,
            rows: Box::new(self.rows),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use trace_core::base::nanos::Nanos;

    use super::{Column, Cut, Table};
    use crate::report::value::Value;

    /// Two rows, one of them with a name that is hostile everywhere.
    pub(crate) fn sample() -> Table {
        let rows = Arc::new(vec![("a|b\u{1b}[2J", 3_000_000_u64, Some(2_u64)), ("=cmd", 5_000, None)]);
        Table::of("calls", "Calls", &rows, Vec::as_slice)
            .column(Column::text("name", "Name", "What was called"), |row| Value::Text(row.0.to_owned()))
            .column(Column::duration("calls.total_ns", "Total", ""), |row| Value::Duration(Nanos(row.1)))
            .column(Column::count("calls.count", "Count", ""), |row| Value::count(row.2))
            .column(Column::count("cut", "Cut", "").exported(), |_| Value::Count(0))
            .sorted_by("calls.total_ns")
            .total("all", &("", 3_005_000, Some(2)))
            .build()
    }

    #[test]
    fn cells_come_from_their_columns() {
        let table = sample();
        assert_eq!(
            (table.len(), table.value(1, 1).text(), table.value(1, 2).text()),
            (2, "5.00 µs".into(), "–".into())
        );
        assert_eq!(table.value(7, 0).text(), "–");
        assert_eq!(table.column("calls.count"), Some(2));
        let mut table = table.limited(Some(1));
        assert_eq!((table.listed(), table.exported()), (0..1, 0..1));
        table.cut = Cut::ForPeople;
        assert_eq!((table.listed(), table.exported()), (0..1, 0..2));
        table.cut = Cut::Never;
        assert_eq!((table.listed(), table.exported()), (0..2, 0..2));
    }
}
