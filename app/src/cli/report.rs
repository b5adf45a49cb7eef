//! `tracelane report`: what probably costs the traced program its time, for people, CI logs and programs.

mod page;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use trace_core::analysis::findings::find;
use trace_core::analysis::findings::finding::Severity;
use trace_core::base::monitor::Monitor;

use crate::cli::exit::{CliError, CliResult, Exit, is_damaged};
use crate::cli::format::FormatArgs;
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::print::{Head, Output, print};
use crate::cli::session;
use crate::cli::values;
use crate::fmt::place::OffsetRange;
use crate::report::diagnosis;
use crate::report::format::Format;
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

--html also writes the report as one file that needs nothing else and no network: with pictures of what the first findings
are about, or of --range, in the reader's light or dark colours, and links that open the places in Tracelane.

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
    /// Also write the report as an HTML page with pictures; - is standard output
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    html: Option<PathBuf>,
    /// The range that the page has a picture of, from the start of the trace: 100ms..1.2s
    #[arg(long, value_name = "A..B", requires = "html", value_parser = values::range)]
    range: Option<OffsetRange>,
    /// Replace the page if it exists (never a trace)
    #[arg(long, requires = "html")]
    force: bool,
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
        if args.html.is_some() {
            return Err(CliError::usage("--html is for one trace: a session has no page yet"));
        }
        return session::report(&args.file, args.format);
    }
    let html = Out { path: args.html.clone(), force: args.force };
    let html = html.check([args.file.as_path()])?;
    let format = args.format.chosen();
    if html.as_ref().is_some_and(Checked::is_standard_output) && format != Format::Text {
        return Err(CliError::usage("the page takes the place of the text on standard output: leave out the format"));
    }
    let trace = load(&args.file)?;
    // Never cancelled.
    let findings = Arc::new(find(&trace, &Monitor::new()).unwrap_or_default());
    let (file, is_partial) = (args.file.display().to_string(), is_damaged(&trace));
    let report = diagnosis::report(&file, &trace, &findings, args.all);
    if let Some(out) = &html {
        let subject = page::Subject { path: &args.file, trace: &trace, found: &findings, all: args.all };
        let made = page::page(&subject, &report, args.range)?;
        out.write(|file| file.write_all(made.as_bytes()))?;
    }
    // The page may take the place of the text, but not stand before it.
    if !html.is_some_and(|page| page.is_standard_output()) {
        let head = Head { schema: "report", title: "Trace report", file: &file, is_partial };
        print(Output::of(format, head, &report)?)?;
    }
    let has_failed = args.fail_on.is_some_and(|limit| findings.worst().is_some_and(|worst| worst >= limit));
    Ok(if has_failed { Exit::Found } else { Exit::after(&trace) })
}
