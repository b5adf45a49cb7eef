//! `tracelane profile`: where time is lost, by stack, as a table, as JSON, for pprof or for flame graphs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use trace_core::analysis::profile::{Profile, ProfileKind, profile};
use trace_core::analysis::scope::{Pieces, Scope, Whom, stretches_of_regions};
use trace_core::base::monitor::Monitor;
use trace_core::export::{folded, pprof};
use trace_core::model::trace::Trace;

use crate::cli::analysis;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::format::FormatArgs;
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::place::Stretch;
use crate::cli::print::{line, print};
use crate::cli::scope::ScopeArgs;
use crate::cli::text::Text;
use crate::cli::values;
use crate::fmt::number::count;
use crate::fmt::time::{nanos, unix_nanos};
use crate::report::analyses::Analysis;
use crate::report::analyses::profile::{Profiles, report};
use crate::report::format::Format;

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
    /// Maximum number of rows of each table of text and Markdown
    #[arg(long, value_name = "N", default_value = "30", value_parser = values::limit)]
    pub limit: usize,
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
    if args.folded {
        print(folded_text(&trace, &found))?;
        return Ok(Exit::after(&trace));
    }
    let mut report = report(&trace, &pieces, &Arc::new(found));
    report.limit(args.limit);
    let format = args.format.chosen();
    if format == Format::Text {
        // All tables at once would be too much to read.
        report.tables.retain(|table| if args.top { table.id != "stacks" } else { table.id == "functions" });
    }
    analysis::write(Profiles.info(), &trace, &args.file, &report, format)
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

/// Folded stacks, one a line.
fn folded_text(trace: &Trace, profile: &Profile) -> Text {
    let mut text = Text::new();
    for stack in folded::lines(trace, profile) {
        line(&mut text, &stack);
    }
    text
}
