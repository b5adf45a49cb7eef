//! The trace that a command is about.

use std::path::Path;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cache;
use crate::cli::exit::CliError;
use crate::output::Inputs;

/// Takes the trace from the user's cache, or else loads it.
///
/// # Errors
/// When the file is unreadable, or standard output goes into it.
pub fn load(file: &Path) -> Result<Arc<Trace>, CliError> {
    load_with(file, &Monitor::new())
}

/// As [`load`], until `monitor` is cancelled: then only part of the trace may be returned.
///
/// # Errors
/// As [`load`].
pub fn load_with(file: &Path, monitor: &Monitor) -> Result<Arc<Trace>, CliError> {
    refuse_own_output(file)?;
    cache::load(file, monitor).map_err(|error| CliError::unreadable(file, &error))
}

/// Fails if what a command prints goes into the very file that it reads.
///
/// # Errors
/// With a sentence that says so.
pub fn refuse_own_output(file: &Path) -> Result<(), CliError> {
    let checked = Inputs::of([file]).check_standard_output();
    checked.map_err(|error| CliError::unwritten("to standard output", &error))
}
