//! What the program does instead of opening a window in a build that has none.

use std::path::PathBuf;

use crate::cli::compare::args::CompareOptions;
use crate::cli::exit::{CliError, CliResult};
use crate::cli::instead;
use crate::cli::linked;

/// What a build without the feature `window` says of itself.
pub const NO_WINDOW: &str = "this build of Tracelane has commands only, and no window";

/// Prints a summary of the first of `files`, which may be links.
///
/// # Errors
/// When it is unreadable, looks like a misspelt command, or a link is none.
pub fn run(files: &[PathBuf], _follow: bool) -> CliResult {
    instead::refuse_misspelt_command(files)?;
    let (files, links) = linked::split(files)?;
    let files: Vec<PathBuf> = files.into_iter().chain(linked::files(links, Vec::new())?).collect();
    instead::summary(&files, NO_WINDOW)
}

/// Says that there is no window.
///
/// # Errors
/// Always, as this build has no window.
pub fn compare(_options: CompareOptions) -> CliResult {
    Err(CliError::usage(format!("{NO_WINDOW}; leave out --window")))
}
