//! A table: typed columns and rows that are made when they are asked for. Every list of the program is one, so each can
//! be sorted, filtered, copied and exported in the same ways.

use std::fmt;
use std::sync::Arc;

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::time::TimeRange;
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::report::value::{Shade, Value};

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Duration`]: nanoseconds.
    Duration,
    /// [`Value::Time`]: nanoseconds from the start of the trace.
    Time,
    /// [`Value::Bytes`].
    Bytes,
    /// [`Value::Count`].
    Count,
    /// [`Value::Ratio`]: 0 to 1.
    Ratio,
    /// [`Value::Figure`]: nanoseconds, bytes or a number, as the row has it.
    Figure,
    /// [`Value::Change`].
    Change,
    /// [`Value::Text`], [`Value::Word`] or [`Value::Named`]: short, and the same few in many rows.
    Word,
    /// [`Value::Text`], [`Value::Name`], [`Value::Word`] or [`Value::Named`].
    Text,
    /// [`Value::Flag`].
    Flag,
    /// [`Value::Lane`] or [`Value::Task`]: an id.
    Id,
    /// [`Value::Function`].
    Function,
    /// [`Value::Stack`].
    Stack,
    /// [`Value::Bar`] or [`Value::Columns`].
    Bar,
    /// [`Value::List`].
    List,
    /// [`Value::Table`].
    Table,
}

impl Kind {
    /// Whether values stand at the right of their column, so that digits align.
    #[must_use]
    pub const fn is_right(self) -> bool {
        matches!(
            self,
            Self::Duration
                | Self::Time
                | Self::Bytes
                | Self::Count
                | Self::Ratio
                | Self::Figure
                | Self::Change
                | Self::Id
        )
    }

    /// Whether its values are short, so that text has them before what may be long.
    #[must_use]
    pub const fn is_short(self) -> bool {
        self.is_right() || matches!(self, Self::Word)
    }

    /// The type in JSON, for the documentation.
    #[must_use]
    pub const fn json(self) -> &'static str {
        match self {
            Self::Duration => "nanoseconds",
            Self::Time => "nanoseconds from the start of the trace",
            Self::Bytes => "bytes",
            Self::Count => "number",
            Self::Ratio => "number, 0 to 1",
            Self::Figure | Self::Change => "number",
            Self::Text | Self::Word | Self::Function => "text",
            Self::Flag => "true or false",
            Self::Id => "id",
            Self::Stack => "list of {function, file, line}, leaf first",
            Self::Bar => "",
            Self::List | Self::Table => "list",
        }
    }
}

/// Where a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everywhere.
    Always,
    /// In text, CSV and JSON; in the window if the user turns it on.
    Text,
    /// In the window if the user turns it on, and in CSV and JSON.
    OnRequest,
    /// In CSV and JSON only.
    Exported,
    /// In the window only: pictures.
    Window,
    /// Where people read: in the window, text and Markdown. CSV and JSON have it in another column.
    People,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in JSON and CSV, which stays as it is; dots make objects of JSON: `calls.count`.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What its values mean, in a sentence; may be empty.
    pub help: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Where it shows.
    pub shown: Shown,
    /// The columns of the tables in its cells, for [`Kind::Table`].
    pub nested: Vec<Self>,
    /// Rows of each table in its cells that text and Markdown list below the table, at most; 0 for none.
    pub unfolded: usize,
    /// What the parts of its bars stand for, for [`Kind::Bar`].
    pub legend: &'static [(&'static str, Shade)],
}

impl Column {
    /// A column of values of a kind.
    #[must_use]
    pub const fn new(kind: Kind, id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self { id, title, help, kind, shown: Shown::Always, nested: Vec::new(), unfolded: 0, legend: &[] }
    }

    /// A column of durations.
    #[must_use]
    pub const fn duration(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Duration, id, title, help)
    }

    /// A column of points in time.
    #[must_use]
    pub const fn time(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Time, id, title, help)
    }

    /// A column of sizes.
    #[must_use]
    pub const fn bytes(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Bytes, id, title, help)
    }

    /// A column of counts.
    #[must_use]
    pub const fn count(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Count, id, title, help)
    }

    /// A column of parts of a whole.
    #[must_use]
    pub const fn ratio(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Ratio, id, title, help)
    }

    /// A column of figures that were computed.
    #[must_use]
    pub const fn figure(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Figure, id, title, help)
    }

    /// A column of changes, for people: programs have them in other columns.
    #[must_use]
    pub fn change(title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Change, "change", title, help).for_people()
    }

    /// A column of words of which there are few.
    #[must_use]
    pub const fn word(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Word, id, title, help)
    }

    /// A column of words.
    #[must_use]
    pub const fn text(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Text, id, title, help)
    }

    /// A column of yes or no.
    #[must_use]
    pub const fn flag(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Flag, id, title, help)
    }

    /// A column of ids.
    #[must_use]
    pub const fn id(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Id, id, title, help)
    }

    /// A column of functions.
    #[must_use]
    pub const fn function(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Function, id, title, help)
    }

    /// A column of stacks.
    #[must_use]
    pub const fn stack(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::Stack, id, title, help)
    }

    /// A column of bars, for the window only.
    #[must_use]
    pub fn bar(title: &'static str) -> Self {
        Self { shown: Shown::Window, ..Self::new(Kind::Bar, "bar", title, "") }
    }

    /// A column of lists.
    #[must_use]
    pub const fn list(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self::new(Kind::List, id, title, help)
    }

    /// A column of tables like this one.
    #[must_use]
    pub fn table(title: &'static str, help: &'static str, like: Table) -> Self {
        Self { nested: like.columns, ..Self::new(Kind::Table, like.id, title, help) }
    }

    /// The same; text and Markdown list the tables in its cells below the table, so many rows of each at most.
    #[must_use]
    pub fn unfolded(self, rows: usize) -> Self {
        Self { unfolded: rows, ..self }
    }

    /// The same, in the window only if the user turns it on.
    #[must_use]
    pub fn on_request(self) -> Self {
        self.shown(Shown::OnRequest)
    }

    /// The same, always in text, and in the window only if the user turns it on.
    #[must_use]
    pub fn in_text(self) -> Self {
        self.shown(Shown::Text)
    }

    /// The same, only in CSV and JSON.
    #[must_use]
    pub fn exported(self) -> Self {
        self.shown(Shown::Exported)
    }

    /// The same, only where people read.
    #[must_use]
    pub fn for_people(self) -> Self {
        self.shown(Shown::People)
    }

    /// The same, with what the parts of its bars stand for.
    #[must_use]
    pub fn legend(self, legend: &'static [(&'static str, Shade)]) -> Self {
        Self { legend, ..self }
    }

    /// The same, shown only there.
    #[must_use]
    pub fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// Whether people see it in text and Markdown.
    #[must_use]
    pub fn is_in_text(&self) -> bool {
        matches!(self.shown, Shown::Always | Shown::Text | Shown::People)
            && !matches!(self.kind, Kind::Bar | Kind::Table)
    }

    /// Whether it is a field of CSV.
    #[must_use]
    pub fn is_in_csv(&self) -> bool {
        self.is_in_json() && !matches!(self.kind, Kind::List | Kind::Table)
    }

    /// Whether it is a field of JSON.
    #[must_use]
    pub fn is_in_json(&self) -> bool {
        !matches!(self.shown, Shown::Window | Shown::People) && self.kind != Kind::Bar
    }

    /// Whether the window offers it.
    #[must_use]
    pub fn is_in_window(&self) -> bool {
        self.shown != Shown::Exported && self.kind != Kind::Table
    }
}

/// Where a row is on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// A stretch of a lane.
    Stretch(LaneId, TimeRange),
    /// A stretch of a lane, whose time is marked, too.
    Marked(LaneId, TimeRange),
    /// A span.
    Span(SpanRef),
    /// A point of a lane, and the span there, if it has one.
    End(FlowEnd),
    /// A whole lane.
    Lane(LaneId),
    /// A stretch of time.
    Range(TimeRange),
}

/// Rows that are made when they are asked for; indices from 0.
trait Rows: Send + Sync {
    fn len(&self) -> usize;
    fn value(&self, row: usize, column: usize) -> Value;
    fn target(&self, row: usize) -> Option<Target>;
    fn subject(&self, row: usize) -> Option<GoroutineFilter>;
}

/// Where a limit on rows holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// In text, Markdown, CSV and JSON.
    #[default]
    Everywhere,
    /// In text and Markdown.
    ForPeople,
    /// Nowhere: the table has few rows, and all of them matter.
    Never,
}

/// Who reads a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readers {
    /// People and programs.
    #[default]
    All,
    /// Programs: people see what it holds in a chart, or in another table.
    Programs,
    /// People: JSON has what it holds in another table.
    People,
}

/// A table.
pub struct Table {
    /// Its name in JSON, and for what the window remembers of it; stays as it is. Dots make objects of JSON.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// What it says if it has no row.
    pub empty: &'static str,
    /// The column, by id, that rows come sorted by, largest first for numbers.
    pub sorted_by: Option<&'static str>,
    /// All rows together, column by column, under this id in JSON.
    pub total: Option<(&'static str, Vec<Value>)>,
    /// Rows that are listed at most outside of the window, where [`Self::cut`] says.
    pub limit: Option<usize>,
    /// Where the limit holds.
    pub cut: Cut,
    /// Whether it is left out of text, Markdown and the window while it has no row.
    pub is_optional: bool,
    /// Whether the analysis has details of what a row is about: see
    /// [`Analysis::details`](crate::report::analyses::Analysis::details).
    pub has_details: bool,
    /// Who reads it.
    pub readers: Readers,
    rows: Box<dyn Rows>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("id", &self.id).field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

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
    /// Adds a column.
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

    /// The table.
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
            rows: Box::new(self.rows),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::{Column, Cut, Table};
    use crate::report::value::Value;

    /// Two rows, one of them with a name that is hostile everywhere.
    pub(crate) fn sample() -> Table {
        let rows = Arc::new(vec![("a|b\u{1b}[2J", 3_000_000_u64, Some(2_u64)), ("=cmd", 5_000, None)]);
        Table::of("calls", "Calls", &rows, Vec::as_slice)
            .column(Column::text("name", "Name", "What was called"), |row| Value::Text(row.0.to_owned()))
            .column(Column::duration("calls.total_ns", "Total", ""), |row| Value::Duration(row.1))
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
