//! `tracelane stats`: numbers about a trace and its loading.

use std::path::Path;
use std::time::Instant;

use trace_core::base::monitor::Monitor;

use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::print;
use crate::cli::summary::Summary;
use crate::remote;

/// Loads `file` as the window does and prints its numbers, as JSON or for people.
///
/// # Errors
/// When the file is unreadable.
pub fn run(file: &Path, json: bool) -> Answer {
    let begin = Instant::now();
    let trace = remote::load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
    let wall = begin.elapsed();
    // A pipe has no size: then it is what was read.
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let file_bytes = size.unwrap_or(trace.totals().bytes);
    let summary = Summary::of(file.display().to_string(), file_bytes, &trace, wall);
    if json {
        let mut text =
            serde_json::to_string_pretty(&summary).map_err(|error| Failure::unwritten("the JSON", &error))?;
        text.push('\n');
        print(&text)?;
    } else {
        print(&summary.text())?;
    }
    Ok(Exit::after(trace.warnings()))
}
