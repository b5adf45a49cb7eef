//! What a comparison is asked with.

use std::path::PathBuf;

use crate::cli::compare::align::Align;
use crate::cli::compare::guard::{self, Guard};
use crate::cli::exit::Failure;
use crate::cli::out::Out;
use crate::cli::place::{Stretch, parse_stretch};
use crate::cli::report::Form;
use crate::cli::words::{Stop, Word, Words, unexpected};
use crate::state::pair::PerChoice;

/// What `tracelane help compare` prints.
pub const HELP: &str = "\
tracelane compare A B [options]
tracelane compare --a FILE… --b FILE… [options]
tracelane compare A B C… [--json|--md|--window] [--per …] [--align …]

Compares two recordings (before and after, good and bad): tasks and regions by type, units of work, waits, system
calls, scheduler waits, goroutines, CPU samples, GC cycles, and bytes allocated. Rows find their partner by name, also
when closures were renumbered or a module's version changed; a row that is gone and a new one of the same shape and
size are shown as one (renamed?). Several files a side are recordings of the same thing: what differs between those is
no change. Three files and more without --a and --b are a series: a column each, each held against the one before, and
the last against the first.

Record three or more of each side, in turns: --a old*.trace --b new*.trace. Each recording is one witness then; medians,
totals per unit and the mean of the slowest 1 % are tested between recordings (t test on logarithms, the spread averaged
with what recordings usually differ by), and the report says the smallest change that they would have shown.

One recording a side shows differences between two recordings, not between two builds. Rows are tested by Mann-Whitney
U on durations, on their medians and on their totals over sixteenths of the trace, and on who has more of the slowest.
The verdict names only what two recordings of one build hardly differ in: medians of tasks and regions that moved by
5 % and by a fifth of their spread, their slowest 1 %, bytes allocated, waits and sleeps that changed by 1 % of the time.

A change is significant with q <= 0.05, corrected for the number of rows (Benjamini and Hochberg), if it is at least 5 %
of a median, 10 % of a total or count, or 20 % of the slowest 1 %. Other rows show ~. A change in parentheses is plain
to see, but happened too seldom to test: it is on one side only, or durations do not overlap. Recordings of less than
40 ms are too short to test durations. docs/comparing.md has measured rates of error.

  --window             show it in the window: A over B, linked, with the changes below; of a series a table with a
                       column each; --align, --range-a, --range-b (of the two on show at first) and --per count there
  --html FILE          write a page with the pictures, in one file: distributions, flame graphs of what grew and
                       shrank, states, heap and goroutines over time; with --force it replaces FILE if it exists
                       (never a trace); - is standard output, in place of the text
  --align start        lay both over each other by their start; or: wall (clock), stretch (to equal length),
                       task:TYPE, region:TYPE (where the first of these begins), log:TEXT (the first such message)
  --range-a A..B, --range-b A..B    the stretch of time looked at: 100ms..1.2s, from the start of each trace or,
                       with --align task, region or log, from there
  --per second         divide totals and counts by seconds of the trace; or: cpu (seconds of running), task:TYPE, nothing
                       (--by is the same)
  --fail-if COND       exit with code 4 if the recordings show that COND is met; may be given again. COND is
                       KIND:NAME METRIC > LIMIT (or <): METRIC count, total (both per --per), mean, p50, p90, p99 or
                       max of B; LIMIT is +10% or -5% of A, or a budget: 5ms, or a count (a budget needs no test).
                       A region is found by its type alone, too. A name that is not there is an error (2).
                       Example: 'task:/checkout p99 > +10%'
  --require COND       exit with code 4 unless the recordings show that COND is met: 'task:/checkout p50 < -5%'
  --md                 as Markdown for a pull request
  --json               as one JSON object with these fields, which stay as they are:
      settings [sentence], verdict [sentence], a and b {files, origin_ns, duration_ns, events, is_damaged, findings
      [kind]}, per, align, limits [sentence], tested, crossed [sentence],
      conditions [{condition, option, kind, name, a, b, ratio, interval [low, high] or null, decision (met, not_met,
                   undecided), failed, recordings_needed or null}],
      changes [{kind, unit (ns or bytes: then the fields _ns are bytes), name, name_b or null, renamed_inferred,
                a and b {count, total_ns, mean_ns, p50_ns, p90_ns, p99_ns, max_ns, tail_ns} or null, ratio or null,
                delta_ns, tested (median, tail, total, count) or null, effect or null, effect_interval [low, high] or
                null, spread [a, b], shift {median_ns, low_ns, high_ns} or null, p_value or null, q_value or null,
                significant, named, too_few}], ranked
      of a series: verdict, sides [as a], steps [[sentence]], rows [{kind, name, figures [numbers or null],
      steps [{significant, too_few, delta_ns}], overall {the same}, ratio or null}]
      kind is one of task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, heap,
      stw, assist
";

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

impl Unit {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Processor => "cpu_second",
            Self::Task(_) => "task",
            Self::Nothing => "nothing",
        }
    }

    /// What stands behind a total that is divided by it.
    #[must_use]
    pub const fn behind_figures(&self) -> &'static str {
        match self {
            Self::Second => "/s",
            Self::Processor => "/CPU s",
            Self::Task(_) => "/task",
            Self::Nothing => "",
        }
    }

    /// The same as the window calls it.
    #[must_use]
    pub fn choice(self) -> PerChoice {
        match self {
            Self::Second => PerChoice::Second,
            Self::Processor => PerChoice::ProcessorSecond,
            Self::Task(name) => PerChoice::Task(name),
            Self::Nothing => PerChoice::Nothing,
        }
    }
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
    /// Three files and more, in their order; then the sides are empty.
    pub series: Vec<PathBuf>,
    /// The stretch of time looked at on each side; all if `None`.
    pub ranges: [Option<Stretch>; 2],
    /// How to write it.
    pub form: Form,
    /// Where to write a page with pictures, besides.
    pub html: Out,
    /// Where time zero lies.
    pub align: Align,
    /// What to divide by.
    pub unit: Unit,
    /// Changes that make the command fail.
    pub guards: Vec<Guard>,
}

/// Reads what follows the name of the command, and whether it is to be shown in the window.
///
/// # Errors
/// When help is wanted, or the words make no sense.
pub fn read(mut words: Words) -> Result<(Asked, bool), Stop> {
    let (mut plain, mut in_window) = (Vec::new(), false);
    let mut asked = Asked {
        sides: [Vec::new(), Vec::new()],
        series: Vec::new(),
        ranges: [None, None],
        form: Form::Text,
        html: Out::default(),
        align: Align::Start,
        unit: Unit::Second,
        guards: Vec::new(),
    };
    while let Some(word) = words.word()? {
        match word {
            Word::File(file) => plain.push(file),
            Word::Option(option) if option == "--window" => in_window = true,
            Word::Option(option) => asked.take(&mut words, &option)?,
        }
    }
    asked.html.refuse_lone_force("--html")?;
    asked.divide(plain, in_window)?;
    if in_window {
        asked.refuse_for_window()?;
    }
    Ok((asked, in_window))
}

impl Asked {
    fn take(&mut self, words: &mut Words, option: &str) -> Result<(), Failure> {
        let [side_a, side_b] = &mut self.sides;
        let [range_a, range_b] = &mut self.ranges;
        match option {
            "--json" => self.form = Form::Json,
            "--md" => self.form = Form::Markdown,
            "--html" => self.html.path = Some(words.path()?),
            "--force" => self.html.force = true,
            "--align" => {
                let example = "start, wall, stretch, task:TYPE, region:TYPE or log:TEXT";
                self.align = words.value(option, example, Align::parse)?;
            }
            "--a" => side_a.extend(words.inputs()?),
            "--b" => side_b.extend(words.inputs()?),
            "--range-a" => *range_a = Some(words.value(option, "100ms..1.2s", parse_stretch)?),
            "--range-b" => *range_b = Some(words.value(option, "100ms..1.2s", parse_stretch)?),
            "--per" | "--by" => self.unit = words.value("--per", "second, cpu, task:TYPE or nothing", unit)?,
            "--fail-if" => self.guards.push(words.value(option, "'task:/checkout p99 > +10%'", guard::fail_if)?),
            "--require" => self.guards.push(words.value(option, "'task:/checkout p50 < -5%'", guard::require)?),
            _ => return Err(unexpected(option)),
        }
        Ok(())
    }

    /// Says which of the FILEs that stood by themselves are A and B, or that they are a series.
    fn divide(&mut self, plain: Vec<PathBuf>, in_window: bool) -> Result<(), Failure> {
        match (&self.sides, plain.len()) {
            ([a, b], 2) if a.is_empty() && b.is_empty() => {
                let sides: Vec<Vec<PathBuf>> = plain.into_iter().map(|file| vec![file]).collect();
                self.sides = sides.try_into().unwrap_or_default();
            }
            ([a, b], 0) if !a.is_empty() && !b.is_empty() => {}
            ([a, b], 3..) if a.is_empty() && b.is_empty() => {
                let has_ranges = self.ranges != [None, None] && !in_window;
                if has_ranges || self.html.path.is_some() || !self.guards.is_empty() {
                    return Err(Failure::usage(
                        "--range-a, --range-b, --html, --fail-if and --require are for two sides, not a series",
                    ));
                }
                self.series = plain;
            }
            _ => return Err(Failure::usage("compare needs two files, or --a FILE… --b FILE…")),
        }
        Ok(())
    }

    fn refuse_for_window(&self) -> Result<(), Failure> {
        if self.sides.iter().any(|side| side.len() > 1) {
            return Err(Failure::usage("--window shows one file a side; several without --a and --b are a series"));
        }
        if self.html.path.is_some() || !self.guards.is_empty() || self.form != Form::Text {
            return Err(Failure::usage(
                "--window writes nothing: leave --html, --md, --json, --fail-if and --require out",
            ));
        }
        Ok(())
    }
}
