//! `tracelane profile`: where time is lost, by stack, as a table, as JSON, for pprof or for flame graphs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use trace_core::analysis::profile::{Profile, profile};
use trace_core::base::monitor::Monitor;
use trace_core::export::{folded, pprof};
use trace_core::model::trace::Trace;

use crate::cli::analysis;
use crate::cli::command::AnalysisArgs;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::print::print;
use crate::cli::values;
use crate::fmt::number::count;
use crate::fmt::text::Text;
use crate::fmt::time::unix_nanos;
use crate::report::analyses::profile::{kind, pieces, report};
use crate::report::format::Format;

/// The arguments of `tracelane profile` beside those of its analysis.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ProfileArgs {
    /// Write the profile for go tool pprof; - is standard output
    #[arg(short, long, value_name = "FILE.pb.gz", value_parser = values::path(), conflicts_with_all = ["format", "json", "md", "top", "folded"])]
    out: Option<PathBuf>,
    /// Replace FILE.pb.gz if it exists (never the trace)
    #[arg(long, requires = "out")]
    force: bool,
    /// Also a table by line: time in the line itself (flat), and with all it called
    #[arg(long, conflicts_with_all = ["format", "json", "md", "folded"])]
    top: bool,
    /// Print folded stacks, root;...;leaf nanoseconds, for flame graph tools
    #[arg(long, conflicts_with_all = ["format", "json", "md"])]
    folded: bool,
}

/// Loads the file and prints or writes its profile.
///
/// # Errors
/// When the file is unreadable, the scope is not in it, or the profile cannot be written.
pub fn run(args: &AnalysisArgs, form: &ProfileArgs) -> CliResult {
    let out = Out { path: form.out.clone(), force: form.force };
    let out = out.check([args.file.as_path()])?;
    let trace = load(&args.file)?;
    let ask = args.ask(&trace)?;
    let pieces = pieces(&trace, &ask);
    let found = profile(&trace, &pieces, kind(ask.choice(0)), &Monitor::new())
        .ok_or_else(|| CliError { exit: Exit::Unreadable, message: "the profile was cancelled".to_owned() })?;
    if let Some(out) = out {
        write(&out, &trace, &found)?;
        return Ok(Exit::after(&trace));
    }
    if form.folded {
        let mut text = Text::new();
        folded::lines(&trace, &found).for_each(|line| text.line(&line));
        print(text)?;
        return Ok(Exit::after(&trace));
    }
    let mut report = report(&trace, &pieces, &Arc::new(found));
    if args.format.chosen() == Format::Text {
        // All tables at once would be too much to read.
        report.tables.retain(|table| if form.top { table.id != "stacks" } else { table.id == "functions" });
    }
    analysis::write(args, &trace, report)
}

/// Writes a profile for pprof, and says so, unless it goes where that would be said.
fn write(out: &Checked<'_>, trace: &Trace, found: &Profile) -> CliResult {
    let wall = unix_nanos(trace, trace.range().start).and_then(|nanos| i64::try_from(nanos).ok());
    out.write(|file| pprof::write(trace, found, wall, file))?;
    if out.is_standard_output() {
        return Ok(Exit::Fine);
    }
    let sums = format!("{} events, {}", count(found.count), found.nanos);
    let mut text = Text::new();
    text.line(&format!("{}: {} profile, {sums}; open with go tool pprof", out.name(), found.kind.name()));
    print(text)
}
