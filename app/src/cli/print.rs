//! Standard output and standard error, and what is written there: lines, reports, sentences.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;
use trace_core::model::trace::Trace;

use crate::cli::exit::{Answer, Exit, Failure, written};

/// Writes to standard output. A reader that went away is no failure.
///
/// # Errors
/// When it cannot be written.
pub fn print(text: &str) -> Answer {
    let mut out = std::io::stdout().lock();
    let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written(done)
}

/// Writes a sentence to standard error.
#[expect(clippy::print_stderr, reason = "the room that prints")]
pub fn complain(sentence: &str) {
    eprintln!("tracelane: {sentence}");
}

/// Prints what was found in a trace, as JSON or as text for people. The answer tells whether the trace is whole.
///
/// # Errors
/// When it cannot be written.
pub fn answer(trace: &Trace, is_json: bool, report: &impl Serialize, text: impl FnOnce() -> String) -> Answer {
    print(&if is_json { json(report)? } else { text() })?;
    Ok(Exit::after(trace))
}

/// One JSON object with a line end behind it.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(report: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failure::unwritten("the JSON", &error))?;
    Ok(text + "\n")
}

/// Adds a line to a text.
pub fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}
