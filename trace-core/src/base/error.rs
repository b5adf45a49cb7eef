//! Why bytes could not be read as a trace at all. Damage that was survived is a
//! [`crate::base::warning::Warning`].

use thiserror::Error;

/// A file that yields nothing: what it is instead, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system would not give the bytes.
    #[error("cannot read it: {0}")]
    Io(#[source] std::io::Error),
    /// Not a single byte came.
    #[error("it is empty; a program that ended before trace.Stop leaves an empty file")]
    Empty,
    /// A sound header, and nothing of a trace behind it.
    #[error(
        "it has the header of a Go trace, but nothing behind it can be read as one; copy the file again in binary \
         mode, or record it again"
    )]
    NothingReadable,
    /// The same, and reading stopped before the end: what was read is no trace, and there was more of it than is read.
    #[error("it has the header of a Go trace, but nothing behind it can be read as one, and {why}")]
    StoppedReading {
        /// Why, a clause that says what was met: `reading stopped before the end: the server sent more than …`.
        why: String,
    },
    /// Some other kind of file.
    #[error("it is not a Go execution trace: {found}")]
    NotATrace {
        /// What it seems to be and the cure, a clause: `it begins with text; if …`.
        found: String,
    },
    /// An archive with several traces, none of which is meant more than another.
    #[error("{found}")]
    SeveralTraces {
        /// What it is and what to open instead, a clause: `it is a zip archive with 2 traces; open one of …`.
        found: String,
    },
    /// A part of a trace was asked for that holds no event.
    #[error("no event of the trace lies in this range")]
    NothingInRange,
    /// A Go trace of which a tool for text lost too much.
    #[error("{found}")]
    Reencoded {
        /// What was done to it and the cure, a clause: `it is a Go trace that was saved as …`.
        found: String,
    },
    /// A Go trace of a version that this reader does not know.
    #[error("it is a Go trace of format 1.{minor}, {cure}")]
    UnsupportedVersion {
        /// NN of `go 1.NN trace`.
        minor: u32,
        /// What can be done, a clause.
        cure: &'static str,
    },
    /// The trace breaks the format where the caller asked for strictness (`dump`).
    #[error("{message} (generation {generation}, byte {offset})")]
    Malformed {
        /// What was wanted and what was found.
        message: String,
        /// Byte offset in the (decoded) input.
        offset: u64,
        /// Generation number as in the file, 0 if not known.
        generation: u64,
    },
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
}

impl From<std::io::Error> for Error {
    /// Streams that find out what a file is can only say so as an error of reading: they wrap this type.
    fn from(error: std::io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}

/// The library's result: its errors are [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
