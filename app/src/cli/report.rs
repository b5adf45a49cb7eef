//! `tracelane report`: what probably costs the traced program its time, for people, CI logs and programs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use trace_core::analysis::findings::find;
use trace_core::analysis::findings::finding::Severity;
use trace_core::base::monitor::Monitor;

use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::format::FormatArgs;
use crate::cli::load::load;
use crate::cli::print::{Head, Output, print};
use crate::cli::session;
use crate::cli::values;
use crate::report::diagnosis;
use crate::report::render::schema;
use crate::session::is_session;

/// What the long help says.
pub const ABOUT: &str = "\
Finds likely causes of lost time: locks held during slow calls, goroutines that wait for each other,
starve, leak or poll, the GC, system calls, unbalanced work. Each finding has a headline, a sentence that explains it,
advice, the line to look at, figures, and places in the trace that show it. Locks are inferred from wakeups: traces do not record lock identity.

The worst findings come first. If none is a warning or severe, the three largest wait sites follow, each with its
share of work time: the time of the program's goroutines less their waits for something to do. What was not analysed
is listed at the end.

Of a session (a session file, a folder or an archive of traces; see tracelane session), it tells where the time of the
slowest requests went, across services, and what was found in each.";

/// The fields of its JSON.
#[must_use]
pub fn fields() -> String {
    let report = diagnosis::report("", &Arc::default(), &Arc::default(), true);
    format!("With --format json, one JSON object:\n\n{}", schema::fields(&report).trim_end())
}

/// The arguments of `tracelane report`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ReportArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Also show notes of low confidence (JSON and CSV have them in any case)
    #[arg(long)]
    pub all: bool,
    /// Exit with code 4 if there is a finding this bad or worse
    #[arg(long, value_name = "SEVERITY", value_parser = values::one_of(SEVERITIES, severity))]
    pub fail_on: Option<Severity>,
}

/// The names of severities.
const SEVERITIES: [&str; 3] = ["severe", "warning", "note"];

/// The severity of a name.
#[must_use]
pub fn severity(name: &str) -> Option<Severity> {
    [Severity::Note, Severity::Warning, Severity::Severe].into_iter().find(|severity| severity.name() == name)
}

/// Loads the file, looks for causes and prints them.
///
/// # Errors
/// When the file is unreadable.
pub fn run(args: &ReportArgs) -> CliResult {
    if is_session(&args.file) {
        return session::report(&args.file, args.format);
    }
    let trace = load(&args.file)?;
    // Never cancelled.
    let findings = Arc::new(find(&trace, &Monitor::new()).unwrap_or_default());
    let (file, is_partial) = (args.file.display().to_string(), is_damaged(&trace));
    let report = diagnosis::report(&file, &trace, &findings, args.all);
    print(Output::of(
        args.format.chosen(),
        Head { schema: "report", title: "Trace report", file: &file, is_partial },
        &report,
    )?)?;
    let has_failed = args.fail_on.is_some_and(|limit| findings.worst().is_some_and(|worst| worst >= limit));
    Ok(if has_failed { Exit::Found } else { Exit::after(&trace) })
}
