//! What stands in for the window where there is none: a summary of the trace.

use std::path::PathBuf;
use std::time::Instant;

use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;

use crate::cli::args::definition;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::overview;
use crate::cli::print::print;
use crate::cli::summary::{self, LoadCost};
use crate::cli::usage::similar_command;
use crate::fmt::text::Text;
use crate::report::render;
use crate::sample::SAMPLE;

/// Refuses a word that is no file, but much like the name of a command.
///
/// # Errors
/// When the first of `files` is such a word.
pub fn refuse_misspelt_command(files: &[PathBuf]) -> Result<(), CliError> {
    let Some(word) = files.first().filter(|file| !file.exists()).and_then(|file| file.to_str()) else { return Ok(()) };
    let names: Vec<&str> = overview::names().collect();
    match similar_command(word, &names).filter(|_| word.chars().all(char::is_alphabetic)) {
        Some(name) => Err(CliError::usage(format!("there is no command or file '{word}'; did you mean {name}?"))),
        None => Ok(()),
    }
}

/// A summary of the first file, or of the sample, and the commands that need no window. `why` goes on after "since".
///
/// # Errors
/// When the file is unreadable.
pub fn summary(files: &[PathBuf], why: &str) -> CliResult {
    let begin = Instant::now();
    let (name, trace) = match files.first() {
        Some(file) => (file.display().to_string(), load(file)?),
        None => {
            let trace = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {});
            let name = "the sample that comes with Tracelane";
            (name.to_owned(), trace.map_err(|error| CliError::unreadable(name.as_ref(), &error))?)
        }
    };
    let wall = begin.elapsed();
    let file_bytes = match files.first() {
        Some(file) => file.metadata().map_or(0, |metadata| metadata.len()),
        None => SAMPLE.len() as u64,
    };
    let mut text = Text::new();
    text.line(&format!("Tracelane cannot open its window, since {why}; here is a summary of {name} instead."));
    text.blank();
    let cost = LoadCost::measured(file_bytes, wall, false);
    text.append(&render::text::report(&summary::report(&name, &trace, &cost)));
    text.blank();
    text.line("These commands need no display:");
    overview::command_lines(&mut text, &definition());
    print(text)?;
    Ok(Exit::Fine)
}
