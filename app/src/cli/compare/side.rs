//! One side of a comparison, loaded and measured.

use std::path::{Path, PathBuf};

use trace_core::analysis::compare::measure::{Measured, measure};
use trace_core::analysis::compare::per::Per;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::findings::{Findings, find};
use trace_core::analysis::mmu::{Mutator, Point, ShareKind, Takes, window_lengths};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;
use trace_core::session::measure::measured;

use crate::cli::compare::align::Align;
use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::report::SideSummary;
use crate::cli::exit::CliError;
use crate::cli::load::load;
use crate::cli::session;
use crate::fmt::place::OffsetRange;
use crate::report::comparison::divisor::Divisor;
use crate::session::is_session;

/// One side, loaded and measured.
pub(super) struct Side {
    pub(super) measured: Measured,
    /// One entry for each recording of the side.
    pub(super) findings: Vec<Findings>,
    /// Minimum mutator utilisation of the first recording, for the page.
    pub(super) utilisation: Vec<Point>,
    /// Per recording: time zero, in the time of its trace.
    pub(super) origins: Vec<TraceTime>,
    pub(super) summary: SideSummary,
    /// How many of its files are sessions.
    pub(super) sessions: usize,
}

pub(super) fn per(options: &CompareOptions, a: &Measured, b: &Measured) -> Result<Per, CliError> {
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
    pub(super) fn load(
        files: &[PathBuf],
        stretch: Option<OffsetRange>,
        options: &CompareOptions,
    ) -> Result<Self, CliError> {
        let align = &options.align;
        let monitor = Monitor::new();
        let mut side = Self {
            measured: Measured::default(),
            findings: Vec::new(),
            utilisation: Vec::new(),
            origins: Vec::new(),
            summary: SideSummary::default(),
            sessions: 0,
        };
        let mut runs = Vec::new();
        for file in files {
            if is_session(file) {
                side.add_session(file, stretch, options, &mut runs)?;
                continue;
            }
            let trace = load(file)?;
            let origin = align.origin(&trace).ok_or_else(|| unaligned(file, align))?;
            let range = stretch.map_or(trace.range(), |stretch| within(&trace, origin, stretch));
            if stretch.is_some() && range.nanos() == 0 && trace.range().nanos() > 0 {
                let length = trace.range().length();
                let sentence = format!("nothing of {} lies in that range: it lasts {length}", file.display());
                return Err(CliError::usage(sentence));
            }
            // Nobody cancels.
            let (measured, found) = rayon::join(|| measure(&trace, range, &monitor), || find(&trace, &monitor));
            let (measured, found) = (measured.unwrap_or_default(), found.unwrap_or_default());
            let is_same = |other: &Measured| is_same_recording(other, &measured);
            if measured.nanos > 0 && runs.iter().any(is_same) {
                let sentence = format!("{} is the same recording as one before it on its side", file.display());
                return Err(CliError::usage(sentence));
            }
            runs.push(measured);
            if options.html.path.is_some() && side.utilisation.is_empty() {
                side.utilisation = utilisation(&trace, range, &monitor).unwrap_or_default();
            }
            side.summary.add(file, &trace, range, origin);
            side.origins.push(origin);
            if files.len() == 1 {
                side.summary.findings = found.list.iter().map(|finding| finding.kind.name()).collect();
            }
            side.findings.push(found);
        }
        if side.sessions != 0 && side.sessions != files.len() {
            return Err(CliError::usage("a session is compared with sessions only, not with single traces"));
        }
        side.measured = Measured::pooled(runs);
        Ok(side)
    }

    /// Adds a session: its requests, what each service takes of them, and the calls between services.
    fn add_session(
        &mut self,
        file: &Path,
        stretch: Option<OffsetRange>,
        options: &CompareOptions,
        runs: &mut Vec<Measured>,
    ) -> Result<(), CliError> {
        if stretch.is_some() || options.align != Align::Start || options.html.path.is_some() {
            return Err(CliError::usage("--range-a, --range-b, --align and --html are for traces, not for sessions"));
        }
        let loaded = session::load(&[file.to_path_buf()], None)?;
        runs.push(measured(&loaded.session));
        self.sessions += 1;
        self.origins.push(TraceTime::default());
        self.findings.push(Findings::default());
        self.summary.add_session(file, &loaded.session, session::is_partial(&loaded));
        Ok(())
    }
}

/// Whether they last and run equally long to the nanosecond, with the same rows of as many events and as much time: no
/// two recordings do.
fn is_same_recording(one: &Measured, other: &Measured) -> bool {
    let rows = |side: &'_ Measured| -> Vec<_> { side.rows.iter().map(|row| (row.1.count, row.1.total)).collect() };
    let lengths = |side: &Measured| (side.nanos, side.running);
    let names = || one.rows.iter().map(|row| &row.0).eq(other.rows.iter().map(|row| &row.0));
    lengths(one) == lengths(other) && rows(one) == rows(other) && names()
}

/// Four points a decade are enough for a picture. `None`: cancelled.
fn utilisation(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<Point>> {
    let mutator = Mutator::of(trace, range, ShareKind::System, Takes::default(), monitor)?;
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

fn within(trace: &Trace, origin: TraceTime, stretch: OffsetRange) -> TimeRange {
    let whole = trace.range();
    let at = |nanos: Option<i64>, border| nanos.map_or(border, |nanos| origin.plus_nanos(nanos));
    whole.intersect(TimeRange::new(at(stretch.start_nanos, whole.start), at(stretch.end_nanos, whole.end)))
}
