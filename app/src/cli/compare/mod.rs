//! `tracelane compare`: what changed between two recordings, for people, pull requests and CI.

pub mod align;
pub mod args;
mod conditions;
pub mod fields;
pub mod guard;
mod html;
pub mod report;
mod series;
mod side;

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::compare::causes::steady;
use trace_core::analysis::compare::limits::limits;
use trace_core::analysis::compare::per::{Per, units};
use trace_core::analysis::compare::{Comparison, compare};
use trace_core::analysis::findings::Findings;

use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::report::Compared;
use crate::cli::compare::side::{Side, per};
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::out::Checked;
use crate::cli::print::{Head, Output, print};
use crate::report::format::Format;
use crate::report::report::Report;

/// The heading of a comparison.
const TITLE: &str = "What changed";

/// Loads both sides, compares them and prints what changed.
///
/// # Errors
/// When a file is unreadable, or a task to divide by is not there.
pub fn run(options: &CompareOptions) -> CliResult {
    if !options.series.is_empty() {
        return series::run(options);
    }
    let [files_a, files_b] = &options.sides;
    let page = options.html.check(files_a.iter().chain(files_b).map(PathBuf::as_path))?;
    if page.as_ref().is_some_and(Checked::is_standard_output) && options.format != Format::Text {
        return Err(CliError::usage(
            "the page takes the place of the text on standard output: --json and --md are too much",
        ));
    }
    let Outcome { a, b, per, findings, found, report } = outcome(options)?;
    let damaged = a.summary.is_damaged || b.summary.is_damaged;
    if let Some(out) = &page {
        let page = html::page(&report, &found, ([&a, &b], &findings), options, per);
        out.write(|file| file.write_all(page.as_bytes()))?;
    }
    // The page may take the place of the text, but not stand before it.
    if !page.is_some_and(|page| page.is_standard_output()) {
        let files: Vec<String> = files_a.iter().chain(files_b).map(|file| file.display().to_string()).collect();
        let head = Head { schema: "compare", title: TITLE, file: &files.join(" "), is_partial: damaged };
        print(Output::of(options.format, head, &report.report())?)?;
    }
    Ok(match (report.crossed().is_empty(), damaged) {
        (false, _) => Exit::Found,
        (true, true) => Exit::Damaged,
        (true, false) => Exit::Fine,
    })
}

/// What two sides come to.
struct Outcome {
    a: Side,
    b: Side,
    per: Per,
    findings: [Findings; 2],
    found: Arc<Comparison>,
    report: Compared,
}

/// Loads both sides and compares them.
fn outcome(options: &CompareOptions) -> Result<Outcome, CliError> {
    let [files_a, files_b] = &options.sides;
    let [range_a, range_b] = options.ranges;
    let a = Side::load(files_a, range_a, options)?;
    let b = Side::load(files_b, range_b, options)?;
    if (a.sessions == 0) != (b.sessions == 0) {
        return Err(CliError::usage("a session is compared with sessions only, not with single traces"));
    }
    let per = per(options, &a.measured, &b.measured)?;
    let findings = [steady(&a.findings, &b.findings), steady(&b.findings, &a.findings)];
    let found = compare(&a.measured, &b.measured, &per.into(), Some((&findings[0], &findings[1])));
    let mut conditions = Vec::new();
    for guard in &options.guards {
        conditions.extend(guard.check(&found.changes, [&a.measured, &b.measured], (per, &options.per))?);
    }
    let units = <[f64; 2]>::from(units(&a.measured, &b.measured, per));
    let limits = limits(&a.measured, &b.measured, &found);
    let found = Arc::new(found);
    let report = Compared::of(&found, [&a.summary, &b.summary], options, conditions, (limits, units));
    Ok(Outcome { a, b, per, findings, found, report })
}

/// The report on what changed between two sides.
///
/// # Errors
/// When a file is unreadable, or a task to divide by is not there.
pub fn report_of(options: &CompareOptions) -> Result<Report, CliError> {
    Ok(outcome(options)?.report.report())
}
