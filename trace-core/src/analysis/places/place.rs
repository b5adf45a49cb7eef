//! A line in the traced program, in words.

use crate::model::trace::Frame;

/// A line in the traced program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The fully qualified function, as the trace has it: `main.(*server).load`.
    pub function: String,
    /// Source file, as in the trace.
    pub file: String,
    /// The line in the file, as in the trace.
    pub line: u64,
}

impl Place {
    /// `main.go:97`; empty if the file is not known.
    #[must_use]
    pub fn short(&self) -> String {
        line_of(last_part(&self.file), self.line)
    }

    /// `main.sendReport (main.go:97)`, or as much of it as is known.
    #[must_use]
    pub fn in_words(&self) -> String {
        in_words(&self.function, &self.file, self.line)
    }
}

/// A line of code in words, of the file only the last part of its path: `main.sendReport (main.go:97)`,
/// `main.sendReport`, `main.go:97`, `an unknown place`. Frames of damaged traces can lack each of them.
#[must_use]
pub fn in_words(function: &str, file: &str, line: u64) -> String {
    with_line(function, &line_of(last_part(file), line))
}

/// A function and, in parentheses, its line; as much of them as is known.
#[must_use]
pub fn with_line(function: &str, line: &str) -> String {
    match (function, line) {
        ("", "") => "an unknown place".to_owned(),
        (known, "") | ("", known) => known.to_owned(),
        (function, line) => format!("{function} ({line})"),
    }
}

/// `main.go:97`, `main.go` if the line is not known, nothing if the file is not.
#[must_use]
pub fn line_of(file: &str, line: u64) -> String {
    if file.is_empty() || line == 0 { file.to_owned() } else { format!("{file}:{line}") }
}

fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

impl From<Frame<'_>> for Place {
    fn from(frame: Frame<'_>) -> Self {
        Self { function: frame.function.to_owned(), file: frame.file.to_owned(), line: frame.line }
    }
}
