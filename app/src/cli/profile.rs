//! `tracelane profile`: where time is lost, by stack, as a table, as JSON, for pprof or for flame graphs.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use trace_core::analysis::profile::{FunctionSum, Profile, ProfileKind, StackSum, by_function, profile};
use trace_core::analysis::samples::{LineSum, by_goroutine, by_line};
use trace_core::analysis::scope::{Pieces, Scope, Whom, stretches_of_regions};
use trace_core::base::monitor::Monitor;
use trace_core::export::{folded, pprof};
use trace_core::model::trace::Trace;

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::format::FormatArgs;
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::place::Stretch;
use crate::cli::print::{Output, json, line, print};
use crate::cli::scope::ScopeArgs;
use crate::cli::text::Text;
use crate::cli::values;
use crate::fmt::name::{function, or_unknown};
use crate::fmt::number::{count, percent};
use crate::fmt::time::{nanos, unix_nanos};
use crate::report::format::Format;

/// Functions and stacks told of.
const TOLD: usize = 30;

/// What the long help says.
pub const ABOUT: &str = "\
Where goroutines of the trace lose time, by stack.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, kind, count, total_ns, open_count, open_ns (still going on at the end, in no sum),
  stacks [{count, total_ns, max_ns, stack [{function, file, line}] (leaf first)}],
  lines [{function, file, line, own_ns, total_ns, count}],
  goroutines [{function, label, count}] (of cpu: who was running)";

/// The arguments of `tracelane profile`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ProfileArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// What is profiled
    #[arg(long, value_name = "KIND", default_value = "blocked", value_parser = values::one_of(kinds(), ProfileKind::named))]
    pub kind: ProfileKind,
    /// Write the profile for go tool pprof; - is standard output
    #[arg(short, long, value_name = "FILE.pb.gz", value_parser = values::path(), conflicts_with_all = ["format", "json", "md", "top", "folded"])]
    out: Option<PathBuf>,
    /// Replace FILE.pb.gz if it exists (never the trace)
    #[arg(long, requires = "out")]
    force: bool,
    /// Also a table by line: time in the line itself (flat), and with all it called
    #[arg(long, conflicts_with_all = ["format", "json", "md", "folded"])]
    pub top: bool,
    /// Print folded stacks, root;...;leaf nanoseconds, for flame graph tools
    #[arg(long, conflicts_with_all = ["format", "json", "md"])]
    pub folded: bool,
    /// Only regions with this duration: 10ms.., ..1s
    #[arg(long, value_name = "A..B", requires = "region", value_parser = values::durations)]
    pub latency: Option<Stretch>,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Whose time, and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
}

/// The names of kinds.
fn kinds() -> impl Iterator<Item = &'static str> {
    ProfileKind::ALL.iter().map(|kind| kind.name())
}

impl ProfileArgs {
    /// Where the profile is written, if it is not printed.
    #[must_use]
    pub fn output(&self) -> Out {
        Out { path: self.out.clone(), force: self.force }
    }
}

/// Loads the file and prints or writes its profile.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the profile cannot be written.
pub fn run(args: &ProfileArgs) -> CliResult {
    let out = args.output();
    let out = out.check([args.file.as_path()])?;
    let trace = load(&args.file)?;
    let monitor = Monitor::new();
    let pieces = pieces(&trace, args.scope.scope(&trace)?, args.latency)?;
    let found = profile(&trace, &pieces, args.kind, &monitor)
        .ok_or_else(|| CliError { exit: Exit::Unreadable, message: "the profile was cancelled".to_owned() })?;
    if let Some(out) = out {
        write(&out, &trace, &found)?;
        return Ok(Exit::after(&trace));
    }
    print(match args.format.chosen() {
        _ if args.folded => Output::from(folded_text(&trace, &found)),
        Format::Json => json(&Report::of(&args.file, &trace, &pieces, &found))?.into(),
        Format::Text | Format::Csv | Format::Markdown => {
            let mut text = text(&trace, &found);
            if args.top {
                text.append(&top(&trace, &pieces, &found));
            }
            text.into()
        }
    })?;
    Ok(Exit::after(&trace))
}

/// Writes a profile for pprof, and says so, unless it goes where that would be said.
fn write(out: &Checked<'_>, trace: &Trace, found: &Profile) -> CliResult {
    let wall = unix_nanos(trace, trace.range().start).and_then(|nanos| i64::try_from(nanos).ok());
    out.write(|file| pprof::write(trace, found, wall, file))?;
    if out.is_standard_output() {
        return Ok(Exit::Fine);
    }
    let sums = format!("{} events, {}", count(found.count), nanos(found.nanos));
    let mut text = Text::new();
    line(&mut text, &format!("{}: {} profile, {sums}; open with go tool pprof", out.name(), found.kind.name()));
    print(text)
}

/// The stretches of a scope; regions only of the length asked for.
fn pieces(trace: &Trace, scope: Scope, latency: Option<Stretch>) -> Result<Pieces, CliError> {
    let Some(latency) = latency else { return Ok(scope.pieces(trace)) };
    let Whom::Regions(name) = scope.whom else {
        return Err(CliError::usage("--latency needs --region"));
    };
    let range = trace.range().intersect(scope.range);
    let fits = |nanos: i64| {
        latency.start_nanos.is_none_or(|least| nanos >= least) && latency.end_nanos.is_none_or(|most| nanos <= most)
    };
    let is_wanted = |region: &trace_core::model::trace::Region| region.name == name && fits(region.range.nanos());
    Ok(Pieces::of_stretches(range, stretches_of_regions(trace, range, &is_wanted)))
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// The kind by name.
    pub kind: &'static str,
    /// Events in all.
    pub count: u64,
    /// Their time in all.
    pub total_ns: u64,
    /// Events that were still going on when the trace ended; in no sum.
    pub open_count: u64,
    /// Their time.
    pub open_ns: u64,
    /// By falling time.
    pub stacks: Vec<Stack>,
    /// By line, by falling time in the line itself.
    pub lines: Vec<Line>,
    /// CPU samples by who was running, most first; empty for other kinds.
    pub goroutines: Vec<Running>,
}

/// Time at one line.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Which.
    #[serde(flatten)]
    pub frame: Frame,
    /// In the line itself.
    pub own_ns: u64,
    /// In it and all it called.
    pub total_ns: u64,
    /// Events of those.
    pub count: u64,
}

/// CPU samples of goroutines with one start function and label.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// Start function; empty for samples of no goroutine.
    pub function: String,
    /// Label; empty for none.
    pub label: String,
    /// Samples.
    pub count: u64,
}

/// Time at one stack.
#[derive(Clone, Debug, Serialize)]
pub struct Stack {
    /// How often.
    pub count: u64,
    /// In all.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Frames, leaf first; empty if no stack was recorded.
    pub stack: Vec<Frame>,
}

impl Report {
    /// Of a profile.
    #[must_use]
    pub fn of(file: &Path, trace: &Trace, pieces: &Pieces, profile: &Profile) -> Self {
        Self {
            file: file.display().to_string(),
            kind: profile.kind.name(),
            count: profile.count,
            total_ns: profile.nanos,
            open_count: profile.open_count,
            open_ns: profile.open_nanos,
            stacks: profile.stacks.iter().map(|sum| Stack::of(trace, sum)).collect(),
            lines: by_line(trace, profile).into_iter().map(Line::of).collect(),
            goroutines: running(trace, pieces, profile),
        }
    }
}

impl Stack {
    fn of(trace: &Trace, sum: &StackSum) -> Self {
        let stack = Frame::all(trace, sum.stack);
        Self { count: sum.count, total_ns: sum.nanos, max_ns: sum.max, stack }
    }
}

impl Line {
    fn of(sum: LineSum) -> Self {
        let frame = Frame { function: sum.function, file: sum.file, line: sum.line };
        Self { frame, own_ns: sum.own, total_ns: sum.total, count: sum.count }
    }
}

/// Who was running when samples were taken.
fn running(trace: &Trace, pieces: &Pieces, profile: &Profile) -> Vec<Running> {
    if profile.kind != ProfileKind::Cpu {
        return Vec::new();
    }
    let text = |id| trace.str(id).to_owned();
    let groups = by_goroutine(trace, pieces).into_iter();
    groups.map(|group| Running { function: text(group.name), label: text(group.label), count: group.count }).collect()
}

/// The table by line, and of CPU samples who was running.
fn top(trace: &Trace, pieces: &Pieces, profile: &Profile) -> Text {
    let mut text = Text::new();
    text.blank();
    line(&mut text, "      flat              total     events  line");
    let lines = by_line(trace, profile);
    for sum in lines.iter().take(TOLD) {
        let frame = Line::of(sum.clone()).frame.in_short();
        let (own, total) = (percent(sum.own, profile.nanos), percent(sum.total, profile.nanos));
        let times = format!("{:>10} {own:>8} {:>9} {total:>8}", nanos(sum.own), nanos(sum.total));
        line(&mut text, &format!("{times} {:>7}  {frame}", count(sum.count)));
    }
    if lines.len() > TOLD {
        line(&mut text, &format!("and {} more lines; --json has all", lines.len() - TOLD));
    }
    let groups = running(trace, pieces, profile);
    if !groups.is_empty() {
        text.blank();
        line(&mut text, "   samples  goroutines of");
    }
    for group in groups.iter().take(TOLD) {
        let name = if group.function.is_empty() { "(no goroutine)" } else { function(&group.function) };
        let label = if group.label.is_empty() { String::new() } else { format!(", labelled {}", group.label) };
        line(&mut text, &format!("{:>10}  {name}{label}", count(group.count)));
    }
    text
}

/// Folded stacks, one a line.
fn folded_text(trace: &Trace, profile: &Profile) -> Text {
    let mut text = Text::new();
    for stack in folded::lines(trace, profile) {
        line(&mut text, &stack);
    }
    text
}

fn text(trace: &Trace, profile: &Profile) -> Text {
    let mut text = Text::new();
    let sums = format!("{} events, {} total", count(profile.count), nanos(profile.nanos));
    line(&mut text, &format!("{}: {sums}", profile.kind.name()));
    if profile.open_count > 0 {
        let open = (count(profile.open_count), nanos(profile.open_nanos));
        line(&mut text, &format!("not counted: {} more, still going on at the end, {}", open.0, open.1));
    }
    if !trace.warnings().is_empty() {
        line(&mut text, "parts of the trace are damaged: the sums are partial");
    }
    line(&mut text, "      flat              total     events  function");
    let mut functions = by_function(trace, profile);
    functions.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| other.own.cmp(&one.own)));
    for function in functions.iter().take(TOLD) {
        line(&mut text, &row(function, profile.nanos));
    }
    if functions.len() > TOLD {
        line(&mut text, &format!("and {} more functions; --json has all stacks", functions.len() - TOLD));
    }
    text
}

fn row(function: &FunctionSum, whole: u64) -> String {
    format!(
        "{:>10} {:>8} {:>9} {:>8} {:>7}  {}",
        nanos(function.own),
        percent(function.own, whole),
        nanos(function.total),
        percent(function.total, whole),
        count(function.count),
        or_unknown(&function.function)
    )
}
