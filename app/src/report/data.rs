//! What tables are made of: values, columns, and rows that are made when they are asked for. They hold each other (a cell
//! may hold a table), so they stand in one file; what they can do is in `value.rs`, `column.rs` and `table.rs`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::ids::TaskIdx;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::report::figure::{Change, Figure, Lean};
use crate::report::frame::Frame;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Duration`]: a length of time in nanoseconds.
    Duration,
    /// [`Value::Time`]: nanoseconds from the start of the trace.
    Time,
    /// [`Value::Bytes`]: a size in bytes.
    Bytes,
    /// [`Value::Count`]: a number of things.
    Count,
    /// [`Value::Ratio`]: 0 to 1.
    Ratio,
    /// [`Value::Figure`]: nanoseconds, bytes or a number, as the row has it.
    Figure,
    /// [`Value::Change`]: one figure over another.
    Change,
    /// [`Value::Text`], [`Value::Word`] or [`Value::Named`]: short, and the same few in many rows.
    Word,
    /// [`Value::Text`], [`Value::Name`], [`Value::Word`] or [`Value::Named`].
    Text,
    /// [`Value::Flag`]: yes or no.
    Flag,
    /// [`Value::Lane`] or [`Value::Task`]: an id.
    Id,
    /// [`Value::Function`]: the full name of a function.
    Function,
    /// [`Value::Stack`]: frames, leaf first.
    Stack,
    /// [`Value::Bar`] or [`Value::Columns`]: a picture, in the window only.
    Bar,
    /// [`Value::List`]: several values in order.
    List,
    /// [`Value::Table`]: a table that belongs to the row.
    Table,
    /// [`Value::Fields`]: values by name, in JSON only.
    Fields,
}

/// Where a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In the window, text, Markdown, CSV and JSON.
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

/// A column: what it is called, what it holds, and where it shows.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in JSON and CSV, which stays as it is; dots make objects of JSON: `calls.count`.
    pub id: Cow<'static, str>,
    /// Its heading, where people read it.
    pub title: Cow<'static, str>,
    /// What its values mean, in a sentence; may be empty.
    pub help: Cow<'static, str>,
    /// What its values are.
    pub kind: Kind,
    /// Where it shows: window, text, or files for programs.
    pub shown: Shown,
    /// The columns of the tables in its cells, for [`Kind::Table`].
    pub nested: Vec<Self>,
    /// Rows of each table in its cells that text and Markdown list below the table, at most; 0 for none.
    pub unfolded: usize,
    /// What the parts of its bars stand for, for [`Kind::Bar`].
    pub legend: &'static [(&'static str, Shade)],
}

/// Where a row is on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// A stretch of a lane.
    Stretch(LaneId, TimeRange),
    /// A stretch of a lane, whose time is marked, too.
    Marked(LaneId, TimeRange),
    /// A span, which gets selected.
    Span(SpanRef),
    /// A point of a lane, and the span there, if it has one.
    End(FlowEnd),
    /// A lane, from its start to its end.
    Lane(LaneId),
    /// A stretch of time.
    Range(TimeRange),
}

/// Rows that are made when they are asked for; indices from 0.
pub(super) trait Rows: Send + Sync {
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
    /// People and programs: every renderer has it.
    #[default]
    All,
    /// Programs: people see what it holds in a chart, or in another table.
    Programs,
    /// People: JSON has what it holds in another table.
    People,
}

/// A table: columns, and rows that are made when they are asked for.
pub struct Table {
    /// Its name in JSON, and for what the window remembers of it; stays as it is. Dots make objects of JSON.
    pub id: &'static str,
    /// Its heading, where a report has several tables.
    pub title: String,
    /// The columns from left to right.
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
    /// Who reads it: people, programs, or both.
    pub readers: Readers,
    /// Whether its times and stacks are links, too.
    pub links_places: bool,
    pub(super) rows: Box<dyn Rows>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("id", &self.id).field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// What one cell holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Unknown, or not applicable: `–` in text, null in JSON, an empty field in CSV. Sorts last.
    Missing,
    /// A length of time.
    Duration(Nanos),
    /// A point in time, nanoseconds from the start of the trace.
    Time(i64),
    /// A size in bytes.
    Bytes(u64),
    /// A number of things.
    Count(u64),
    /// A part of a whole, 0 to 1.
    Ratio(f64),
    /// A figure that was computed.
    Figure(Figure),
    /// How much a figure changed.
    Change(Change),
    /// Words, as they are; escaped by whatever shows them.
    Text(String),
    /// A name that is not shortened: of a task or region, of a place of waiting. Code in Markdown.
    Name(String),
    /// One of a fixed set of words, as documented.
    Word(&'static str),
    /// The same with other words for people: first as documented, then as people read it.
    Named(&'static str, &'static str),
    /// Yes or no; true or false in JSON.
    Flag(bool),
    /// A goroutine, proc or thread, and its id in the runtime's numbering.
    Lane(LaneId, i64),
    /// A user task and its id.
    Task(TaskIdx, u64),
    /// The full name of a function; empty if the trace does not have it.
    Function(String),
    /// A stack, leaf first.
    Stack(Vec<Frame>),
    /// Parts of a bar and the amount that fills the cell. Only for the window.
    Bar(Vec<(u64, Shade)>, u64),
    /// Figures one after the other, as columns on one ground line. Only for the window.
    Columns(Vec<(Option<f64>, Option<Lean>)>),
    /// Several values, in order. Not in CSV.
    List(Vec<Self>),
    /// A table that belongs to the row.
    Table(Arc<Table>),
    /// Values by name: which names there are differs from row to row. Not in CSV.
    Fields(Vec<(&'static str, Self)>),
}

/// What the part of a bar stands for; the theme gives it a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Time in a class of states.
    Class(SpanClass),
    /// Time in which the process had no CPU.
    NoCpu,
    /// One of the colours for things that are only to be told apart, by its place.
    Series(u8),
    /// A colour that the user chose: red, green, blue.
    Chosen([u8; 3]),
    /// Anything else that stands out.
    Accent,
    /// Anything else that matters less.
    Muted,
    /// What is there, but unused: hardly visible.
    Faint,
}
