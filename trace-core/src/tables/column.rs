//! What a column is.

/// What the values of a column are. Any of them may be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, 64 bits with a sign.
    Int,
    /// Numbers with a fraction.
    Real,
    /// Text in UTF-8; control characters are not escaped.
    Text,
}

impl Kind {
    /// The type in SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Int => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
        }
    }
}

/// What the numbers of a column count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: text, or an id.
    None,
    /// Nanoseconds from the start of the trace.
    Time,
    /// A length of time in nanoseconds.
    Nanos,
    /// A number of bytes.
    Bytes,
    /// A number of things.
    Count,
    /// A ratio, from 0 to 1.
    Ratio,
    /// 0 for no, 1 for yes.
    Flag,
}

impl Unit {
    /// As the manual has it; empty for [`Unit::None`].
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Time => "ns from the start",
            Self::Nanos => "ns",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Ratio => "0 to 1",
            Self::Flag => "0 or 1",
        }
    }
}

/// What a table can make of a condition on a column: which rows it need not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing that a row could be found by.
    None,
    /// When the row begins.
    Start,
    /// When the row ends.
    End,
    /// The one moment of the row.
    Moment,
    /// The goroutine that the row is about: rows come by rising id.
    Goroutine,
    /// A number that names the row, or the few rows about one thing.
    Key,
    /// The state of a goroutine, as a name.
    State,
}

/// A column: what it is called, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in queries.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What its numbers count.
    pub unit: Unit,
    /// What its values mean, in a phrase.
    pub about: &'static str,
    /// What the table can make of a condition on it.
    pub role: Role,
}
