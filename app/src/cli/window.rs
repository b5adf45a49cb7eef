//! The window, or what stands in for it where there is no display.

use std::path::PathBuf;
use std::time::Instant;

use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;

use crate::cli::args::definition;
use crate::cli::compare;
use crate::cli::compare::args::CompareOptions;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::overview;
use crate::cli::print::print;
use crate::cli::summary::{self, LoadCost};
use crate::cli::usage::similar_command;
use crate::fmt::text::Text;
use crate::report::render;
use crate::sample::SAMPLE;
use crate::shell::native::{self, Compared};
use crate::state::comparison::{Align, PendingAlign};
use crate::state::document::Source;

/// Opens the window with `files`, to follow them if so asked. Without a display, says so and prints a summary instead.
///
/// # Errors
/// When there is no display and the file is unreadable, or the first file looks like a misspelt command.
pub fn run(files: &[PathBuf], follow: bool) -> CliResult {
    refuse_misspelt_command(files)?;
    if !display_present() {
        return without_display(files, "there is no display");
    }
    let sources = files.iter().cloned().map(Source::Path).collect();
    match native::run(sources, follow, None) {
        Ok(()) => Ok(Exit::Fine),
        Err(reason) => without_display(files, &format!("the desktop gives none ({})", last_clause(&reason))),
    }
}

/// Opens the window with the files of a comparison, A over B. Without a display, says so and prints a summary
/// of A instead.
///
/// # Errors
/// When there is no display and the file is unreadable.
pub fn compare(options: CompareOptions) -> CliResult {
    let pending_align = pending_align(&options);
    let [a, b] = options.sides;
    let mut files = if options.series.is_empty() { [a, b].concat() } else { options.series };
    let others = files.split_off(1.min(files.len()));
    if !display_present() {
        return without_display(&files, "there is no display");
    }
    let sources = files.iter().cloned().map(Source::Path).collect();
    match native::run(sources, false, Some(Compared { others, per: options.per, pending_align })) {
        Ok(()) => Ok(Exit::Fine),
        Err(reason) => without_display(&files, &format!("the desktop gives none ({})", last_clause(&reason))),
    }
}

/// What the window is to do once the traces are loaded; `None` if nothing.
fn pending_align(options: &CompareOptions) -> Option<PendingAlign> {
    let anchor = options.align.anchor();
    let align = match options.align {
        _ if anchor.is_some() => Align::Anchors,
        compare::align::Align::Wall => Align::WallClock,
        compare::align::Align::Stretch => Align::Stretch,
        _ => Align::Start,
    };
    let stretches = options.ranges.map(|range| range.map(|stretch| [stretch.start_nanos, stretch.end_nanos]));
    let pending_align = PendingAlign { align, anchor, stretches };
    (pending_align != PendingAlign::default()).then_some(pending_align)
}

/// Fails if the first of `files` is no file, but much like the name of a command.
fn refuse_misspelt_command(files: &[PathBuf]) -> Result<(), CliError> {
    let Some(word) = files.first().filter(|file| !file.exists()).and_then(|file| file.to_str()) else { return Ok(()) };
    let names: Vec<&str> = overview::names().collect();
    match similar_command(word, &names).filter(|_| word.chars().all(char::is_alphabetic)) {
        Some(name) => Err(CliError::usage(format!("there is no command or file '{word}'; did you mean {name}?"))),
        None => Ok(()),
    }
}

/// What went wrong at the bottom of it: libraries put their own names and source lines before it.
fn last_clause(reason: &str) -> &str {
    reason.rsplit(": ").next().unwrap_or(reason)
}

/// Whether the environment names a display server. Only Unix desktops have to.
fn display_present() -> bool {
    let named = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

fn without_display(files: &[PathBuf], why: &str) -> CliResult {
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
