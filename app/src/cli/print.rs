//! Standard output and standard error, and what may be written there: text, Markdown and JSON that are safe to print
//! whatever a trace holds, and sentences.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use crate::cli::exit::{CliError, CliResult, written};
use crate::fmt::escape::json::ascii_where_hidden;
use crate::fmt::escape::{self, visible};
use crate::fmt::markdown::Markdown;
use crate::fmt::text::Text;
use crate::remote;
use crate::report::format::Format;
use crate::report::render::{self, csv};
use crate::report::report::Report;
use crate::report::table::Table;

/// One JSON value with a line end behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// A value on one line.
    #[must_use]
    pub fn line(value: &serde_json::Value) -> Self {
        Self(ascii_where_hidden(&value.to_string()) + "\n")
    }

    /// Items of an array of JSON values, each on a line, with the beginning of the array before the first ones.
    #[must_use]
    pub fn items(items: impl Iterator<Item = serde_json::Value>, is_first: bool) -> Self {
        let mut json = String::new();
        for (at, item) in items.enumerate() {
            json.push_str(if is_first && at == 0 { "[\n  " } else { ",\n  " });
            json.push_str(&item.to_string());
        }
        Self(ascii_where_hidden(&json))
    }

    /// The end of an array that has items, or has none: then it is the whole array.
    #[must_use]
    pub fn end_of_items(has_items: bool) -> Self {
        Self(if has_items { "\n]\n" } else { "[]\n" }.to_owned())
    }
}

/// A table as CSV, whose fields are safe for a terminal and a spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv(String);

impl Csv {
    /// The rows of a table; nothing without one.
    #[must_use]
    pub fn of(table: Option<&Table>) -> Self {
        Self(table.map(csv::table).unwrap_or_default())
    }

    /// Lines of fields, each with whether it is a number: those need no guard against formulas.
    #[must_use]
    pub fn lines(lines: impl Iterator<Item = Vec<(String, bool)>>) -> Self {
        let field = |(text, is_number): (String, bool)| if is_number { text } else { escape::csv::field(&text, ',') };
        let line = |fields: Vec<(String, bool)>| fields.into_iter().map(field).collect::<Vec<_>>().join(",") + "\n";
        Self(lines.map(line).collect())
    }
}

/// What may be printed. There is no way to print a string as it is: it has to become one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Lines for people, at a terminal.
    Text(Text),
    /// Markdown, for issue trackers and pull requests.
    Markdown(Markdown),
    /// One JSON value, for programs.
    Json(Json),
    /// Comma-separated values, for spreadsheets.
    Csv(Csv),
}

/// What a report is printed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// What kind of JSON object it is, which stays as it is.
    pub schema: &'a str,
    /// The heading in Markdown.
    pub title: &'a str,
    /// The files as given.
    pub file: &'a str,
    /// Parts of what they should hold are lost.
    pub is_partial: bool,
}

impl Output {
    /// A report in a format; as CSV its first table.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(format: Format, head: Head<'_>, report: &Report) -> Result<Self, CliError> {
        Ok(match format {
            Format::Json => Self::Json(json(&render::json::report(head.schema, head.file, head.is_partial, report))?),
            Format::Csv => Self::Csv(Csv::of(report.tables.first().map(|table| &**table))),
            Format::Markdown => Self::Markdown(render::markdown::report(head.title, report)),
            Format::Text => Self::Text(render::text::report(report)),
        })
    }
}

impl From<Text> for Output {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<Markdown> for Output {
    fn from(markdown: Markdown) -> Self {
        Self::Markdown(markdown)
    }
}

impl From<Json> for Output {
    fn from(json: Json) -> Self {
        Self::Json(json)
    }
}

/// Writes to standard output. A reader that went away is no failure.
///
/// # Errors
/// When it cannot be written.
pub fn print(output: impl Into<Output>) -> CliResult {
    let output = output.into();
    let text = match &output {
        Output::Text(text) => text.as_str(),
        Output::Markdown(markdown) => markdown.as_str(),
        Output::Json(json) => &json.0,
        Output::Csv(csv) => &csv.0,
    };
    let mut out = std::io::stdout().lock();
    let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written(done)
}

/// Writes a message to standard error, on one line. It may quote the command line, a file, a server or a library, so
/// what looks like a password in it is left out.
pub fn eprint_error(message: &str) {
    // Nothing can be said of a standard error that takes nothing.
    drop(writeln!(std::io::stderr(), "tracelane: {}", visible(&remote::without_secrets(message))));
}

/// Columns that the line with progress has.
const PROGRESS: usize = 78;

/// Shows how far something is on the last line of a terminal, in the place of what it showed before; empty to take that
/// away. Nothing where standard error is no terminal.
pub fn eprint_progress(text: &str) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let text = remote::without_secrets(text);
        let line: String = visible(&text).chars().take(PROGRESS).collect();
        // As above.
        drop(write!(stderr, "\r{line:<PROGRESS$}\r").and_then(|()| stderr.flush()));
    }
}

/// Prints an internal error (a panic, on any thread) as other errors are: it may quote a name.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("no reason given");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprint_error(&format!("internal error at {place}: {what}; please report it along with the file"));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            backtrace.to_string().lines().for_each(eprint_error);
        }
    }));
}

/// A value as JSON.
fn json(report: &impl Serialize) -> Result<Json, CliError> {
    let text = serde_json::to_string_pretty(report).map_err(|error| CliError::unwritten("the JSON", &error))?;
    Ok(Json(ascii_where_hidden(&text) + "\n"))
}

/// Adds a line to a text.
pub fn line(text: &mut Text, line: &str) {
    text.line(line);
}
