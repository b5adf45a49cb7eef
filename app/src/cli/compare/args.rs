//! The arguments of a comparison.

use std::path::PathBuf;

use clap::Args;

use crate::cli::compare::align::Align;
use crate::cli::compare::guard::{self, Guard};
use crate::cli::exit::CliError;
use crate::cli::format::FormatArgs;
use crate::cli::out::Out;
use crate::cli::values::{self, Value};
use crate::fmt::place::OffsetRange;
use crate::report::comparison::divisor::Divisor;
use crate::report::format::Format;

/// What the long help says.
pub const ABOUT: &str = "\
Compares two recordings (before and after, good and bad): tasks and regions by type, units of work, waits, system
calls, scheduler waits, goroutines, CPU samples, GC cycles, and bytes allocated. Rows find their partner by name, also
when closures were renumbered or a module's version changed; a row that is gone and a new one with the same callers,
shape and size are shown as one (renamed?). Several files a side are recordings of the same thing: what differs between
those is no change. Three files and more without --a and --b are a series: a column each, each held against the one before, and
the last against the first.

Sessions (session files, folders and archives of traces; see tracelane session) are compared by their requests, by what
each service takes of these, and by the calls between services. Services go by name.

Record three or more of each side, in turns: --a old*.trace --b new*.trace. Each recording is one witness then; medians,
totals per unit and the mean of the slowest 1 % are tested between recordings (t test on logarithms, the spread averaged
with what recordings usually differ by), and the report says the smallest change that they would have shown.

One recording a side shows differences between two recordings, not between two builds. Rows are tested by Mann-Whitney
U on durations, on their medians and on their totals over sixteenths of the trace, and on who has more of the slowest;
and a change has to be larger than what recordings of one build usually differ by. The verdict names only what two of
these hardly differ in: medians of tasks and regions that moved by 5 %, by a fifth of their spread and by more than their
interval, their slowest 1 % under the same load, bytes allocated, waits and sleeps that changed by 1 % of the time.
Where procs waited for CPUs (goroutines stayed runnable for 1 ms and more beside an idle proc) it names less: medians
that moved by more than 5 % for certain, and waits that there are twice as many of.

GOMAXPROCS, Go release, CPU quota and load are compared first. Totals and counts are per second, and of rows that
changed, GC and heap also per request (the most frequent task, or else region or unit of work, of both sides).

A change is significant with q <= 0.05, corrected for the number of rows (Benjamini and Hochberg), if it is at least 5 %
of a median, 10 % of a total or count, or 20 % of the slowest 1 %. Other rows show ~. A change in parentheses is plain
to see, but happened too seldom to test: it is on one side only, or durations do not overlap. Recordings of less than
40 ms are too short to test durations. docs/comparing.md has measured rates of error.";

/// The arguments of `tracelane compare`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct CompareArgs {
    /// Recordings: A and B, or three and more as a series
    #[arg(value_name = "FILE", value_parser = values::file())]
    files: Vec<PathBuf>,
    /// Recordings of A
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "b", conflicts_with = "files", value_parser = values::file())]
    a: Vec<PathBuf>,
    /// Recordings of B
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "a", conflicts_with = "files", value_parser = values::file())]
    b: Vec<PathBuf>,
    /// Show the comparison in the window
    ///
    /// A over B, linked, with the changes below; a series as a table with a column each. --align, --range-a, --range-b
    /// (of the two shown first) and --per count there.
    #[arg(long, verbatim_doc_comment, conflicts_with_all = ["html", "fail_if", "require", "format", "json", "md"])]
    pub window: bool,
    /// Write a page with charts, in one file; - is standard output, in place of the text
    ///
    /// Distributions, flame graphs of what grew and shrank, states, heap and goroutines over time.
    #[arg(long, value_name = "FILE", verbatim_doc_comment, value_parser = values::path())]
    html: Option<PathBuf>,
    /// Replace the page if it exists (never a trace)
    #[arg(long, requires = "html")]
    force: bool,
    /// Align both by: start, wall (clock), stretch, task:TYPE, region:TYPE, log:TEXT
    ///
    /// start    by their start
    /// wall     by the wall clock (Go 1.25 and newer record it)
    /// stretch  by their start, stretched to equal length
    /// task:TYPE, region:TYPE, log:TEXT
    ///          where the first of these begins
    #[arg(long, value_name = "ALIGN", default_value = "start", verbatim_doc_comment, value_parser = align_value)]
    align: Align,
    /// Only this range of A: 100ms..1.2s
    ///
    /// From the start of the trace or, with --align task, region or log, from there.
    #[arg(long, value_name = "A..B", verbatim_doc_comment, value_parser = values::range)]
    range_a: Option<OffsetRange>,
    /// Only this range of B
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    range_b: Option<OffsetRange>,
    /// Divide totals and counts by: second, cpu (seconds of running), task:TYPE, nothing
    #[arg(long, alias = "by", value_name = "UNIT", default_value = "second", value_parser = divisor)]
    per: Divisor,
    /// Exit with code 4 if the recordings show that COND is met: 'task:/checkout p99 > +10%'
    ///
    /// COND is KIND:NAME METRIC > LIMIT (or <). METRIC is count, total (both per --per), mean, p50, p90, p99 or max
    /// of B. LIMIT is +10% or -5% of A, or a budget: 5ms, or a count (a budget needs no test). A region is also
    /// found by its type alone. A name that does not exist is an error (2). May be given again.
    #[arg(long, value_name = "COND", verbatim_doc_comment, value_parser = fail_if_value)]
    fail_if: Vec<Guard>,
    /// Exit with code 4 unless the recordings show that COND is met: 'task:/checkout p50 < -5%'
    #[arg(long, value_name = "COND", value_parser = require_value)]
    require: Vec<Guard>,
    /// How the comparison is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What a comparison is about, and how it is printed.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// The files of A and of B, one or several each.
    pub sides: [Vec<PathBuf>; 2],
    /// Three files and more, in their order; then the sides are empty.
    pub series: Vec<PathBuf>,
    /// The range of time looked at on each side; all if `None`.
    pub ranges: [Option<OffsetRange>; 2],
    /// The format to print in.
    pub format: Format,
    /// Where to write a page with pictures, besides.
    pub html: Out,
    /// Where time zero lies.
    pub align: Align,
    /// What to divide by.
    pub per: Divisor,
    /// Changes that make the command fail.
    pub guards: Vec<Guard>,
}

fn align_value(text: &str) -> Value<Align> {
    values::or_expected(Align::parse(text), "start, wall, stretch, task:TYPE, region:TYPE or log:TEXT")
}

fn divisor(text: &str) -> Value<Divisor> {
    values::or_expected(Divisor::parse(text), "second, cpu, task:TYPE or nothing")
}

fn fail_if_value(text: &str) -> Value<Guard> {
    guard::fail_if(text)
}

fn require_value(text: &str) -> Value<Guard> {
    guard::require(text)
}

impl CompareArgs {
    /// What these arguments say together.
    ///
    /// # Errors
    /// When there are neither two sides nor a series, or an option is not for these: with the usage exit code.
    pub fn options(&self) -> Result<CompareOptions, CliError> {
        let (sides, series) = self.sides()?;
        Ok(CompareOptions {
            sides,
            series,
            ranges: [self.range_a, self.range_b],
            format: self.format.chosen(),
            html: Out { path: self.html.clone(), force: self.force },
            align: self.align.clone(),
            per: self.per.clone(),
            guards: [&self.fail_if[..], &self.require[..]].concat(),
        })
    }

    /// The files of A and of B, or those of a series.
    fn sides(&self) -> Result<([Vec<PathBuf>; 2], Vec<PathBuf>), CliError> {
        match &self.files[..] {
            [] if !self.a.is_empty() && !self.b.is_empty() => {
                if self.window && (self.a.len() > 1 || self.b.len() > 1) {
                    let message = "--window shows one file a side; several without --a and --b are a series";
                    return Err(CliError::usage(message));
                }
                Ok(([self.a.clone(), self.b.clone()], Vec::new()))
            }
            [a, b] => Ok(([vec![a.clone()], vec![b.clone()]], Vec::new())),
            [_, _, _, ..] => {
                let has_ranges = (self.range_a.is_some() || self.range_b.is_some()) && !self.window;
                let has_guards = !self.fail_if.is_empty() || !self.require.is_empty();
                if has_ranges || has_guards || self.html.is_some() {
                    return Err(CliError::usage(
                        "--range-a, --range-b, --html, --fail-if and --require are for two sides, not a series",
                    ));
                }
                Ok(([Vec::new(), Vec::new()], self.files.clone()))
            }
            _ => Err(CliError::usage("compare needs two files, or --a FILE... --b FILE...")),
        }
    }
}
