//! What was wrong with a span file: counted by kind, the first of each kind with its place.

use std::fmt;

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The file ends inside a value.
    Truncated,
    /// Bytes that are not what the format has there; reading goes on at the next line, if there are lines.
    Syntax,
    /// A line of text between spans, as a program prints it.
    Foreign,
    /// A span whose ids are missing, zero or unreadable.
    BadId,
    /// A span without a readable start or end.
    BadTime,
    /// A span that ends before it starts; read as one that takes no time.
    EndBeforeStart,
    /// Spans behind the most that are read.
    TooMany,
    /// Spans behind those that memory suffices for.
    MemoryLimit,
    /// Values nested too deeply, or a message that claims to be too long.
    TooLarge,
}

impl FaultKind {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Truncated,
        Self::Syntax,
        Self::Foreign,
        Self::BadId,
        Self::BadTime,
        Self::EndBeforeStart,
        Self::TooMany,
        Self::MemoryLimit,
        Self::TooLarge,
    ];

    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Syntax => "syntax",
            Self::Foreign => "foreign_text",
            Self::BadId => "bad_id",
            Self::BadTime => "bad_time",
            Self::EndBeforeStart => "end_before_start",
            Self::TooMany => "too_many",
            Self::MemoryLimit => "memory_limit",
            Self::TooLarge => "too_large",
        }
    }

    /// Whether spans are lost by it.
    #[must_use]
    pub const fn loses_spans(self) -> bool {
        !matches!(self, Self::Foreign | Self::EndBeforeStart)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Truncated => "the file ends inside a value",
            Self::Syntax => "malformed value",
            Self::Foreign => "line of other text",
            Self::BadId => "span without a valid ID",
            Self::BadTime => "span without a valid start and end",
            Self::EndBeforeStart => "span that ends before it starts",
            Self::TooMany => "span beyond the 20,000,000 that are read",
            Self::MemoryLimit => "span left out: reading it would take more memory than is available",
            Self::TooLarge => "value that is nested too deeply or too long",
        }
    }
}

/// All faults of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// How many of the kind there are.
    pub count: u64,
    /// Byte offset of the first one in the unpacked file.
    pub offset: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, count, offset } = self;
        match (kind, count) {
            (FaultKind::Truncated, _) => write!(f, "{} (byte {offset})", kind.words()),
            (_, 1) => write!(f, "1 {} (byte {offset})", kind.words()),
            _ => write!(f, "{count} times: {} (first at byte {offset})", kind.words()),
        }
    }
}

/// The faults of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    known: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, kind: FaultKind, offset: u64) {
        match self.known.iter_mut().find(|fault| fault.kind == kind) {
            Some(fault) => fault.count = fault.count.saturating_add(1),
            None => self.known.push(Fault { kind, count: 1, offset }),
        }
    }

    /// Those there are, by first appearance.
    pub fn iter(&self) -> impl Iterator<Item = Fault> + '_ {
        self.known.iter().copied()
    }

    /// How many of a kind.
    #[must_use]
    pub fn count(&self, kind: FaultKind) -> u64 {
        self.known.iter().find(|fault| fault.kind == kind).map_or(0, |fault| fault.count)
    }

    /// Whether spans are lost.
    #[must_use]
    pub fn lose_spans(&self) -> bool {
        self.known.iter().any(|fault| fault.kind.loses_spans())
    }
}
