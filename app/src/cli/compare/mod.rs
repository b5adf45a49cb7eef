//! `tracelane compare`: what changed between two recordings, for people, pull requests and CI.

pub mod align;
pub mod args;
pub mod guard;
mod html;
pub mod report;
mod series;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::compare::causes::steady;
use trace_core::analysis::compare::limits::limits;
use trace_core::analysis::compare::measure::{Measured, RowKind, measure};
use trace_core::analysis::compare::{Per, compare, units};
use trace_core::analysis::findings::{Findings, find};
use trace_core::analysis::mmu::{Mutator, Point, Takes, Whose, window_lengths};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::cli::compare::align::Align;
use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::report::{Report, Told};
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::out::Checked;
use crate::cli::place::Stretch;
use crate::cli::print::{Csv, Output, json, print};
use crate::report::comparison::divisor::Divisor;
use crate::report::format::Format;

/// One side, loaded and measured.
struct Side {
    measured: Measured,
    /// One entry for each recording of the side.
    findings: Vec<Findings>,
    /// Minimum mutator utilisation of the first recording, for the page.
    utilisation: Vec<Point>,
    /// Per recording: time zero, in the time of its trace.
    origins: Vec<TraceTime>,
    told: Told,
}

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
    let [range_a, range_b] = options.ranges;
    let a = Side::load(files_a, range_a, options)?;
    let b = Side::load(files_b, range_b, options)?;
    let per = per(options, &a.measured, &b.measured)?;
    let findings = [steady(&a.findings, &b.findings), steady(&b.findings, &a.findings)];
    let found = compare(&a.measured, &b.measured, &per.into(), Some((&findings[0], &findings[1])));
    let mut conditions = Vec::new();
    for guard in &options.guards {
        conditions.extend(guard.check(&found.changes, [&a.measured, &b.measured], per)?);
    }
    let damaged = a.told.is_damaged || b.told.is_damaged;
    let units = <[f64; 2]>::from(units(&a.measured, &b.measured, per));
    let limits = limits(&a.measured, &b.measured, &found);
    let found = Arc::new(found);
    let report = Report::of(&found, [&a.told, &b.told], options, conditions, (limits, units));
    if let Some(out) = &page {
        let page = html::page(&report, &found, ([&a, &b], &findings), options, per);
        out.write(|file| file.write_all(page.as_bytes()))?;
    }
    // The page may take the place of the text, but not stand before it.
    if !page.is_some_and(|page| page.is_standard_output()) {
        print(match options.format {
            Format::Json => Output::from(json(&report)?),
            Format::Markdown => report.markdown().into(),
            Format::Csv => Output::Csv(Csv::of(Some(&report.listed.table))),
            Format::Text => report.text().into(),
        })?;
    }
    Ok(match (report.crossed.is_empty(), damaged) {
        (false, _) => Exit::Found,
        (true, true) => Exit::Damaged,
        (true, false) => Exit::Fine,
    })
}

fn per(options: &CompareOptions, a: &Measured, b: &Measured) -> Result<Per, CliError> {
    let place =
        |side: &Measured, name: &str| side.rows.iter().position(|row| row.0.0 == RowKind::Task && row.0.1 == name);
    Ok(match &options.per {
        Divisor::Second => Per::Second,
        Divisor::CpuSecond => Per::ProcessorSecond,
        Divisor::Nothing => Per::Nothing,
        Divisor::Task(name) => match (place(a, name), place(b, name)) {
            (Some(a), Some(b)) => Per::Row(a, b),
            _ => {
                let sentence = format!("--per task:{name}: no task of this type begins and ends on both sides");
                return Err(CliError::usage(sentence));
            }
        },
    })
}

impl Side {
    fn load(files: &[PathBuf], stretch: Option<Stretch>, options: &CompareOptions) -> Result<Self, CliError> {
        let align = &options.align;
        let monitor = Monitor::new();
        let mut side = Self {
            measured: Measured::default(),
            findings: Vec::new(),
            utilisation: Vec::new(),
            origins: Vec::new(),
            told: Told::default(),
        };
        let mut runs = Vec::new();
        for file in files {
            let trace = load(file)?;
            let origin = align.origin(&trace).ok_or_else(|| unaligned(file, align))?;
            let range = stretch.map_or(trace.range(), |stretch| within(&trace, origin, stretch));
            // Nobody cancels.
            let (measured, found) = rayon::join(|| measure(&trace, range, &monitor), || find(&trace, &monitor));
            let (measured, found) = (measured.unwrap_or_default(), found.unwrap_or_default());
            runs.push(measured);
            if options.html.path.is_some() && side.utilisation.is_empty() {
                side.utilisation = utilisation(&trace, range, &monitor).unwrap_or_default();
            }
            side.told.add(file, &trace, range, origin);
            side.origins.push(origin);
            if files.len() == 1 {
                side.told.findings = found.list.iter().map(|finding| finding.kind.name()).collect();
            }
            side.findings.push(found);
        }
        side.measured = Measured::pooled(runs);
        Ok(side)
    }
}

/// Four points a decade are enough for a picture. `None`: cancelled.
fn utilisation(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<Point>> {
    let mutator = Mutator::of(trace, range, Whose::System, Takes::default(), monitor)?;
    mutator.curve(&window_lengths(mutator.longest(), 4), monitor)
}

fn unaligned(file: &Path, align: &Align) -> CliError {
    let file = file.display();
    CliError::usage(match align {
        Align::Wall => format!("--align wall: {file} has no wall clock; Go 1.25 and newer record one"),
        Align::Task(name) => format!("--align task:{name}: no such task begins in {file}"),
        Align::Region(name) => format!("--align region:{name}: no such region begins in {file}"),
        Align::Log(text) => format!("--align log:{text}: no log message of {file} contains this"),
        Align::Start | Align::Stretch => format!("{file} has no beginning"),
    })
}

fn within(trace: &Trace, origin: TraceTime, stretch: Stretch) -> TimeRange {
    let whole = trace.range();
    let at = |nanos: Option<i64>, border| nanos.map_or(border, |nanos| origin.plus_nanos(nanos));
    whole.intersect(TimeRange::new(at(stretch.start_nanos, whole.start), at(stretch.end_nanos, whole.end)))
}
