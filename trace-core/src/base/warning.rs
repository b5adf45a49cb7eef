//! Damage that was survived: collected while reading goes on, shown to the user, carried in reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::time::TimeRange;

/// The kinds of damage, stable names for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WarningKind {
    /// The file ends inside a batch or a generation.
    Truncated,
    /// Bytes that are no batch were skipped.
    SkippedBytes,
    /// A batch could not be decoded to its end.
    BadBatch,
    /// An event that breaks the rules of order was skipped or forced.
    BadEvent,
    /// Events could not be put in a consistent order; they were taken by time.
    BrokenOrder,
    /// Events of some threads are lost inside a generation.
    LostEvents,
    /// A generation is missing, or unreadable.
    MissingGeneration,
    /// Another trace follows in the same file.
    AppendedTrace,
    /// A string or stack that does not exist was named.
    UnknownId,
    /// A table (strings, stacks) is damaged, or holds an id twice.
    BadTable,
    /// A region or task was ended out of order by the program.
    Misuse,
    /// The clock information is missing or doubtful.
    Clock,
    /// The trace comes from a Go newer than this reader knows.
    NewerVersion,
    /// A tool for text had changed the file, which was undone.
    Reencoded,
    /// A limit of this reader was met.
    Limit,
    /// This program failed on a part that it should have survived.
    Internal,
}

impl WarningKind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::SkippedBytes => "skipped_bytes",
            Self::BadBatch => "bad_batch",
            Self::BadEvent => "bad_event",
            Self::BrokenOrder => "broken_order",
            Self::LostEvents => "lost_events",
            Self::MissingGeneration => "missing_generation",
            Self::AppendedTrace => "appended_trace",
            Self::UnknownId => "unknown_id",
            Self::BadTable => "bad_table",
            Self::Misuse => "misuse",
            Self::Clock => "clock",
            Self::NewerVersion => "newer_version",
            Self::Reencoded => "reencoded",
            Self::Limit => "limit",
            Self::Internal => "internal",
        }
    }

    /// What can be done about it, as a sentence; `None` where nothing can.
    #[must_use]
    pub const fn cure(self) -> Option<&'static str> {
        match self {
            Self::Truncated => Some(
                "Copy the file again, and end the trace in the program (trace.Stop, or FlightRecorder.WriteTo) before \
                 it exits.",
            ),
            Self::SkippedBytes => Some(
                "Let nothing else write to the trace's file or stream: a program that prints to standard output must \
                 not send its trace there. Else copy the file again.",
            ),
            Self::BadBatch | Self::BadTable | Self::UnknownId | Self::Clock | Self::LostEvents => {
                Some("Copy the file again in binary mode and compare checksums, or record it again.")
            }
            Self::BadEvent | Self::BrokenOrder => Some(
                "Copy the file again; if the copy is whole, the runtime's own order is broken: record it again with the \
                 newest Go release.",
            ),
            Self::MissingGeneration => {
                Some("Put the parts of the recording together in their order, leaving none out, or record it again.")
            }
            Self::AppendedTrace => Some("Write each trace to a separate file."),
            Self::Misuse => Some("End each region once, in the goroutine that began it, the last begun first."),
            Self::NewerVersion => Some("A newer Tracelane may show more."),
            Self::Reencoded => Some(
                "Save traces as bytes: with curl -o FILE or go test -trace=FILE rather than PowerShell's >, and copy \
                 them in binary mode (in .gitattributes: *.trace binary).",
            ),
            Self::Internal => Some("Report it together with the file."),
            Self::Limit => None,
        }
    }

    /// Whether part of what was recorded is lost (as against a fault of the traced program or a
    /// curiosity that costs nothing).
    #[must_use]
    pub const fn is_damage(self) -> bool {
        !matches!(self, Self::Misuse | Self::NewerVersion | Self::Reencoded)
    }
}

/// One survived fault, or several like it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What kind of damage.
    pub kind: WarningKind,
    /// One sentence: what happened, what is missing, the cure if there is one.
    pub message: String,
    /// Byte offset in the (decoded) input where it was first seen.
    pub offset: u64,
    /// Generation number as in the file; 0 if not known.
    pub generation: u64,
    /// The stretch of trace time that suffers, when it is known: drawn as a gap.
    pub gap: Option<TimeRange>,
    /// How many faults of this kind, in this generation, the entry stands for.
    pub count: u64,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {}", self.message, self.offset)?;
        if self.generation != 0 {
            write!(f, ", generation {}", self.generation)?;
        }
        if self.count > 1 {
            write!(f, ", {} times", self.count)?;
        }
        write!(f, ")")
    }
}
