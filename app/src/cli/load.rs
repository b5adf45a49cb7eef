//! The trace that a command is about.

use std::path::Path;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cache;
use crate::cli::exit::Failure;

/// Takes the trace from the user's cache, or else loads it.
///
/// # Errors
/// When the file is unreadable.
pub fn load(file: &Path) -> Result<Arc<Trace>, Failure> {
    cache::load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))
}
