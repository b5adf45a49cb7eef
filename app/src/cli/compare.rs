//! `tracelane compare`: what changed between two recordings, for people, pull requests and CI.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use trace_core::analysis::compare::measure::{Measured, measure};
use trace_core::analysis::compare::stats::Shift;
use trace_core::analysis::compare::{Change, Comparison, Figures, Per, compare};
use trace_core::analysis::findings::{Findings, find};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::guard::Guard;
use crate::cli::place::Stretch;
use crate::cli::print;
use crate::cli::report::Form;
use crate::fmt::number::count;
use crate::fmt::time::duration;
use crate::remote;

/// Rows written as text or Markdown.
const ROWS: usize = 20;
/// Rows written as JSON, besides those that are significant.
const JSON_ROWS: usize = 500;

/// What durations and counts are divided by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds of the trace.
    Second,
    /// Seconds that goroutines ran.
    Processor,
    /// Tasks of a type that begin and end in range.
    Task(String),
    /// Nothing.
    Nothing,
}

/// Reads `second`, `cpu`, `nothing` or `task:TYPE`.
#[must_use]
pub fn unit(text: &str) -> Option<Unit> {
    Some(match text {
        "second" => Unit::Second,
        "cpu" => Unit::Processor,
        "nothing" => Unit::Nothing,
        _ => Unit::Task(text.strip_prefix("task:").filter(|name| !name.is_empty())?.to_owned()),
    })
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The files of A and of B, one or several each.
    pub sides: [Vec<PathBuf>; 2],
    /// The stretch of time looked at on each side; all if `None`.
    pub ranges: [Option<Stretch>; 2],
    /// How to write it.
    pub form: Form,
    /// What to divide by.
    pub unit: Unit,
    /// Changes that make the command fail.
    pub guards: Vec<Guard>,
}

/// One side, loaded and measured.
struct Side {
    measured: Measured,
    /// Only for a single recording.
    findings: Option<Findings>,
    told: Told,
}

/// Loads both sides, compares them and prints what changed.
///
/// # Errors
/// When a file is unreadable, or a task to divide by is not there.
pub fn run(asked: &Asked) -> Answer {
    let [files_a, files_b] = &asked.sides;
    let [range_a, range_b] = asked.ranges;
    let a = Side::load(files_a, range_a)?;
    let b = Side::load(files_b, range_b)?;
    let per = per(asked, &a.measured, &b.measured)?;
    let findings = a.findings.as_ref().zip(b.findings.as_ref());
    let found = compare(&a.measured, &b.measured, &per.into(), findings);
    let crossed: Vec<String> = asked.guards.iter().flat_map(|guard| guard.crossed(&found.changes)).collect();
    let damaged = a.told.is_damaged || b.told.is_damaged;
    let report = Report::of(&found, a.told, b.told, &asked.unit, crossed);
    let text = match asked.form {
        Form::Json => {
            let mut text =
                serde_json::to_string_pretty(&report).map_err(|error| Failure::unwritten("the JSON", &error))?;
            text.push('\n');
            text
        }
        Form::Markdown => report.markdown(),
        Form::Text => report.text(),
    };
    print(&text)?;
    Ok(match (report.crossed.is_empty(), damaged) {
        (false, _) => Exit::Found,
        (true, true) => Exit::Damaged,
        (true, false) => Exit::Fine,
    })
}

fn per(asked: &Asked, a: &Measured, b: &Measured) -> Result<Per, Failure> {
    let Unit::Task(name) = &asked.unit else {
        return Ok(match asked.unit {
            Unit::Processor => Per::ProcessorSecond,
            Unit::Nothing => Per::Nothing,
            _ => Per::Second,
        });
    };
    let counted = |side: &Measured| {
        let found = side.rows.iter().find(|row| row.0.0.name() == "task" && row.0.1 == *name);
        found.map(|row| row.1.count)
    };
    match (counted(a), counted(b)) {
        (Some(a), Some(b)) => Ok(Per::Requests(a, b)),
        _ => Err(Failure::usage(format!("--per task:{name}: no task of this type begins and ends on both sides"))),
    }
}

impl Side {
    fn load(files: &[PathBuf], stretch: Option<Stretch>) -> Result<Self, Failure> {
        let monitor = Monitor::new();
        let mut runs = Vec::new();
        let mut findings = None;
        let mut told = Told { files: Vec::new(), duration_ns: 0, events: 0, is_damaged: false, findings: Vec::new() };
        for file in files {
            let trace = remote::load(file, &monitor, &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
            let range = stretch.map_or(trace.range(), |stretch| within(&trace, stretch));
            // Nobody cancels.
            runs.push(measure(&trace, range, &monitor).unwrap_or_default());
            told.add(file, &trace, range);
            if files.len() == 1 {
                let found = find(&trace, &monitor).unwrap_or_default();
                told.findings = found.list.iter().map(|finding| finding.kind.name()).collect();
                findings = Some(found);
            }
        }
        Ok(Self { measured: Measured::pooled(runs), findings, told })
    }
}

fn within(trace: &Trace, stretch: Stretch) -> TimeRange {
    let whole = trace.range();
    let at = |nanos: Option<i64>, border| nanos.map_or(border, |nanos| whole.start.plus_nanos(nanos));
    whole.intersect(TimeRange::new(at(stretch.start_nanos, whole.start), at(stretch.end_nanos, whole.end)))
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Sentences, the most important first.
    pub verdict: Vec<String>,
    /// The first side.
    pub a: Told,
    /// The second side.
    pub b: Told,
    /// What `rate` figures are divided by: `second`, `cpu_second`, `task` or `nothing`.
    pub per: &'static str,
    /// Rows that were tested.
    pub tested: usize,
    /// Guards (`--fail-if`) that were crossed, significantly.
    pub crossed: Vec<String>,
    /// Those that matter most first: all that are significant, and at most 500 others.
    pub changes: Vec<Row>,
}

/// A side.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The files as given.
    pub files: Vec<String>,
    /// Length of what was looked at, in sum.
    pub duration_ns: u64,
    /// Events of the whole files.
    pub events: u64,
    /// Parts are missing: counts and sums are too small.
    pub is_damaged: bool,
    /// Kinds of findings, ranked; empty for several files.
    pub findings: Vec<&'static str>,
}

impl Told {
    fn add(&mut self, file: &Path, trace: &Trace, range: TimeRange) {
        self.files.push(file.display().to_string());
        self.duration_ns += range.nanos().unsigned_abs();
        self.events += trace.totals().events;
        self.is_damaged |= Exit::after(trace.warnings()) == Exit::Damaged;
    }
}

/// A row of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, stw or assist.
    pub kind: &'static str,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Its name in B, if another one.
    pub name_b: Option<String>,
    /// A's figures; null if A has no such thing.
    pub a: Option<Numbers>,
    /// B's.
    pub b: Option<Numbers>,
    /// Time in sum per unit, B over A; null if a side has none.
    pub ratio: Option<f64>,
    /// B's time in sum per unit less A's, nanoseconds.
    pub delta_ns: f64,
    /// By how much durations of B tend to be longer; null without durations on both sides.
    pub shift: Option<Interval>,
    /// Probability of such a difference by chance; null if too little to test.
    pub p_value: Option<f64>,
    /// The same corrected for the number of rows tested (Benjamini and Hochberg).
    pub q_value: Option<f64>,
    /// q is at most 0.05, and the change is at least 5 %.
    pub significant: bool,
}

/// Figures of one side.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Numbers {
    /// How many.
    pub count: u64,
    /// In sum.
    pub total_ns: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// Nine in ten are at most this long.
    pub p90_ns: f64,
    /// 99 in a hundred.
    pub p99_ns: f64,
    /// The longest.
    pub max_ns: u64,
}

/// A difference of durations (Hodges and Lehmann) with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// The median of all pairwise differences.
    pub median_ns: f64,
    /// Lower end.
    pub low_ns: f64,
    /// Upper end.
    pub high_ns: f64,
}

impl From<&Figures> for Numbers {
    fn from(of: &Figures) -> Self {
        Self {
            count: of.count,
            total_ns: of.total,
            mean_ns: of.mean,
            p50_ns: of.p50,
            p90_ns: of.p90,
            p99_ns: of.p99,
            max_ns: of.max,
        }
    }
}

impl From<Shift> for Interval {
    fn from(shift: Shift) -> Self {
        Self { median_ns: shift.median, low_ns: shift.low, high_ns: shift.high }
    }
}

impl From<&Change> for Row {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.kind.name(),
            name: change.name.clone(),
            name_b: change.renamed.clone(),
            a: change.a.as_ref().map(Numbers::from),
            b: change.b.as_ref().map(Numbers::from),
            ratio: change.ratio,
            delta_ns: change.impact,
            shift: change.shift.map(Interval::from),
            p_value: change.p,
            q_value: change.q,
            significant: change.is_significant,
        }
    }
}

impl Report {
    fn of(found: &Comparison, a: Told, b: Told, unit: &Unit, crossed: Vec<String>) -> Self {
        let mut others = 0;
        let told = found.changes.iter().filter(|change| {
            others += usize::from(!change.is_significant);
            change.is_significant || others <= JSON_ROWS
        });
        Self {
            verdict: found.verdict.clone(),
            a,
            b,
            per: match unit {
                Unit::Second => "second",
                Unit::Processor => "cpu_second",
                Unit::Task(_) => "task",
                Unit::Nothing => "nothing",
            },
            tested: found.tested,
            crossed,
            changes: told.map(Row::from).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for sentence in &self.verdict {
            line(&mut text, sentence);
        }
        self.notes(&mut text, "");
        line(&mut text, "");
        line(
            &mut text,
            &format!(
                "{:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}  name",
                "kind", "A median", "B median", "A p99", "B p99", "A sum", "B sum", "change"
            ),
        );
        for row in self.changes.iter().take(ROWS) {
            let cells = row.cells();
            let [a50, b50, a99, b99, a_sum, b_sum, change] = &cells;
            line(
                &mut text,
                &format!(
                    "{:<10} {a50:>9} {b50:>9} {a99:>9} {b99:>9} {a_sum:>9} {b_sum:>9} {change:>8}  {}",
                    row.kind,
                    row.named()
                ),
            );
        }
        line(&mut text, "");
        line(
            &mut text,
            &format!(
                "~ not significant ({} rows tested, false discoveries held to 5 %); change: time in sum {}",
                count(self.tested as u64),
                self.per_words()
            ),
        );
        text
    }

    /// For a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from("### What changed\n\n");
        for sentence in &self.verdict {
            line(&mut text, &format!("- {}", escaped(sentence)));
        }
        self.notes(&mut text, "- ");
        text.push_str("\n| | name | A median | B median | A p99 | B p99 | A sum | B sum | change |\n");
        text.push_str("|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for row in self.changes.iter().take(ROWS) {
            line(&mut text, &format!("| {} | `{}` | {} |", row.kind, row.named(), row.cells().join(" | ")));
        }
        line(
            &mut text,
            &format!(
                "\n~ is not significant ({} rows tested). Change is of the time in sum {}.",
                count(self.tested as u64),
                self.per_words()
            ),
        );
        text
    }

    fn notes(&self, text: &mut String, bullet: &str) {
        for (side, told) in [("A", &self.a), ("B", &self.b)] {
            if told.is_damaged {
                line(text, &format!("{bullet}Parts of {side} are damaged: its counts and sums are too small."));
            }
        }
        for crossed in &self.crossed {
            line(text, &format!("{bullet}Crossed: {crossed}"));
        }
    }

    fn per_words(&self) -> &'static str {
        match self.per {
            "second" => "per second of the trace",
            "cpu_second" => "per second of running",
            "task" => "per task",
            _ => "as it is",
        }
    }
}

impl Row {
    fn named(&self) -> String {
        match &self.name_b {
            Some(other) => format!("{} → {other}", self.name),
            None => self.name.clone(),
        }
    }

    /// Medians, 99th percentiles, sums, change.
    fn cells(&self) -> [String; 7] {
        let of = |side: &Option<Numbers>, figure: fn(&Numbers) -> f64| {
            side.as_ref().map_or_else(|| "–".to_owned(), |side| nanos(figure(side)))
        };
        let change = match (self.ratio, self.significant) {
            (_, false) => "~".to_owned(),
            (Some(ratio), true) if ratio >= 10.0 => format!("×{ratio:.0}"),
            (Some(ratio), true) => format!("{:+.1} %", (ratio - 1.0) * 100.0),
            (None, true) if self.a.is_some() => "gone".to_owned(),
            (None, true) => "new".to_owned(),
        };
        [
            of(&self.a, |side| side.p50_ns),
            of(&self.b, |side| side.p50_ns),
            of(&self.a, |side| side.p99_ns),
            of(&self.b, |side| side.p99_ns),
            of(&self.a, |side| side.total_ns as f64),
            of(&self.b, |side| side.total_ns as f64),
            change,
        ]
    }
}

fn nanos(nanos: f64) -> String {
    duration(nanos.round() as i64)
}

fn escaped(text: &str) -> String {
    text.replace('*', "\\*").replace('_', "\\_").replace('|', "\\|")
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    writeln!(text, "{line}").unwrap_or_default();
}
