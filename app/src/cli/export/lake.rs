//! `tracelane export --parquet`: many traces as the tables of a lake.

use std::path::PathBuf;

use trace_core::base::monitor::Monitor;
use trace_core::tables::tier::Tier;

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::print::{eprint_error, eprint_progress, print};
use crate::fmt::number::{bytes, count, percent};
use crate::fmt::text::Text;
use crate::lake::LakeError;
use crate::lake::export::{ExportRequest, ExportSummary, SnapshotLabels, export};
use crate::remote;

/// At most so many problems are listed one by one; of more, their number is printed.
const MOST_PROBLEMS: usize = 10;

/// Adds the files to the lake, and says what came of it.
///
/// # Errors
/// When the lake cannot be written.
pub(super) fn run(lake: &std::path::Path, files: &[PathBuf], labels: &SnapshotLabels, tier: Tier) -> CliResult {
    if files.iter().any(|file| remote::is_address(file) || file.as_os_str() == "-") {
        return Err(CliError::usage("--parquet takes files and folders: a snapshot is read twice"));
    }
    let request = ExportRequest { lake: lake.to_path_buf(), files: files.to_vec(), labels: labels.clone(), tier };
    let mut tell = |done: usize, of: usize| {
        eprint_progress(&format!("{} of {} files", count(done as u64), count(of as u64)));
    };
    let done = export(&request, &Monitor::new(), &mut tell).map_err(failed)?;
    eprint_progress("");
    for (path, problem) in done.problems.iter().take(MOST_PROBLEMS) {
        eprint_error(&format!("{}: {problem}", path.display()));
    }
    if done.problems.len() > MOST_PROBLEMS {
        let more = count((done.problems.len() - MOST_PROBLEMS) as u64);
        eprint_error(&format!("{more} more; SELECT file, problem FROM traces WHERE problem IS NOT NULL lists all"));
    }
    print(summary(&done))?;
    Ok(if done.problems.is_empty() { Exit::Fine } else { Exit::Damaged })
}

fn summary(done: &ExportSummary) -> Text {
    let mut text = Text::new();
    let snapshots =
        |number: u64| if number == 1 { "1 snapshot".to_owned() } else { format!("{} snapshots", count(number)) };
    let mut line = format!("{} added", snapshots(done.added));
    if !done.problems.is_empty() {
        line.push_str(&format!(", {} of them with problems", count(done.problems.len() as u64)));
    }
    if done.known > 0 {
        line.push_str(&format!("; {} there already", snapshots(done.known)));
    }
    text.line(&line);
    if done.added > 0 {
        let share = percent(done.lake_bytes, done.trace_bytes);
        text.line(&format!("{} of traces, {} of Parquet ({share})", bytes(done.trace_bytes), bytes(done.lake_bytes)));
    }
    text
}

fn failed(error: LakeError) -> CliError {
    CliError { exit: Exit::Unreadable, message: error.0 }
}
