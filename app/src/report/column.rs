//! What a column is, and where it shows.

use std::borrow::Cow;

use crate::report::data::{Column, Kind, Shade, Shown, Table};

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
            Self::Fields => "object {name: value}",
        }
    }
}

impl Column {
    /// A column of values of a kind.
    #[must_use]
    pub const fn new(kind: Kind, id: &'static str, title: &'static str, help: &'static str) -> Self {
        let (id, title, help) = (Cow::Borrowed(id), Cow::Borrowed(title), Cow::Borrowed(help));
        Self { id, title, help, kind, shown: Shown::Always, nested: Vec::new(), unfolded: 0, legend: &[] }
    }

    /// The same with a name, a heading and a help that are made while the program runs.
    #[must_use]
    pub fn named([id, title, help]: [Cow<'static, str>; 3], kind: Kind) -> Self {
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

    /// A column of values by name, for programs.
    #[must_use]
    pub fn fields(id: &'static str, title: &'static str, help: &'static str) -> Self {
        Self { shown: Shown::Exported, ..Self::new(Kind::Fields, id, title, help) }
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
            && !matches!(self.kind, Kind::Bar | Kind::Table | Kind::Fields)
    }

    /// Whether it is a field of CSV.
    #[must_use]
    pub fn is_in_csv(&self) -> bool {
        self.is_in_json() && !matches!(self.kind, Kind::List | Kind::Table | Kind::Fields)
    }

    /// Whether it is a field of JSON.
    #[must_use]
    pub fn is_in_json(&self) -> bool {
        !matches!(self.shown, Shown::Window | Shown::People) && self.kind != Kind::Bar
    }

    /// Whether the window offers it.
    #[must_use]
    pub fn is_in_window(&self) -> bool {
        self.shown != Shown::Exported && !matches!(self.kind, Kind::Table | Kind::Fields)
    }
}
