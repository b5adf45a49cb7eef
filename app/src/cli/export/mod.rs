//! `tracelane export`: a trace for other programs, or many as a lake.

mod chrome;
mod firefox;
mod lake;
mod otlp;
mod speedscope;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use trace_core::base::monitor::Monitor;
use trace_core::export::perfetto;
use trace_core::model::trace::Trace;
use trace_core::session::service_name;
use trace_core::tables::source::Source;
use trace_core::tables::tier::Tier;
use trace_core::tables::{TABLES, table as table_named};

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::out::Out;
use crate::cli::scope::range_of;
use crate::cli::values::{self, Value};
use crate::fmt::name;
use crate::fmt::place::OffsetRange;
use crate::lake::export::SnapshotLabels;

/// What the long help says.
pub const ABOUT: &str = "\
Writes FILE for another program.

  perfetto    Protocol buffers for ui.perfetto.dev: a track for each goroutine and proc, regions, wakeups as arrows, GC
              cycles, STW pauses, CPU samples, counters
  chrome      JSON for chrome://tracing, procs as go tool trace shows them
  firefox     The processed profile format of profiler.firefox.com: a thread for each goroutine, or for each start function of
              many; CPU samples, and waits, tasks, regions and logs as markers
  otlp        OTLP as JSON, for OpenTelemetry's collectors: tasks and regions as spans, with the ids that they logged; long
              waits and logs as their events
  speedscope  The profiles of tracelane profile, for speedscope.app
  csv         A table of tracelane query, named with --table

With --parquet, FILEs (traces, archives, folders of them) become rows of Parquet files in LAKE, for questions about many
traces: with tracelane query LAKE 'SELECT ...', DuckDB, Spark. LAKE is made if it is not there. What it has already, by
content, is passed over; what is interrupted goes on in the next run. Where snapshots of one flight recorder overlap, each
generation counts once. A file that cannot be read becomes a row of traces that says why.";

/// What FILE is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Perfetto,
    Chrome,
    Firefox,
    Otlp,
    Speedscope,
    Csv,
}

/// The names of targets on the command line.
const TARGETS: [(&str, Target); 6] = [
    ("perfetto", Target::Perfetto),
    ("chrome", Target::Chrome),
    ("firefox", Target::Firefox),
    ("otlp", Target::Otlp),
    ("speedscope", Target::Speedscope),
    ("csv", Target::Csv),
];

fn target(text: &str) -> Option<Target> {
    TARGETS.iter().find(|(name, _)| *name == text).map(|(_, target)| *target)
}

fn table_value(text: &str) -> Value<&'static str> {
    let names = || TABLES.iter().map(|table| table.name()).collect::<Vec<_>>().join(", ");
    table_named(text).map(|table| table.name()).ok_or_else(|| format!("expected one of {}", names()))
}

/// The arguments of `tracelane export`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ExportArgs {
    /// Trace to read; with --parquet several, or folders of them
    #[arg(value_name = "FILE", required = true, value_parser = values::file())]
    files: Vec<PathBuf>,
    /// For whom
    #[arg(long, value_name = "NAME", required_unless_present = "parquet", value_parser = values::one_of(TARGETS.iter().map(|target| target.0), target))]
    to: Option<Target>,
    /// Where it goes; - is standard output
    #[arg(short, long, value_name = "OUT", required_unless_present = "parquet", value_parser = values::path())]
    out: Option<PathBuf>,
    /// Replace OUT if it exists (never a trace)
    #[arg(long)]
    force: bool,
    /// Only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    range: Option<OffsetRange>,
    /// The table that csv writes
    #[arg(long, value_name = "NAME", value_parser = table_value)]
    table: Option<&'static str>,
    /// Add the files to this folder of Parquet files
    #[arg(long, value_name = "LAKE", value_parser = values::path(), conflicts_with_all = ["to", "out", "force", "range", "table"])]
    parquet: Option<PathBuf>,
    /// Also add every span, task, region and log, and all stacks
    #[arg(long, requires = "parquet")]
    detail: bool,
    /// What the process is called, for otlp, firefox and --parquet; else as folders like service=cart, traces or names of files say
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Where they ran; else as folders like host=web-3 say
    #[arg(long, value_name = "NAME", requires = "parquet")]
    host: Option<String>,
    /// Why the snapshots were recorded; else as folders like trigger=slow say
    #[arg(long, value_name = "TEXT", requires = "parquet")]
    trigger: Option<String>,
}

/// Loads the file and writes it for the other program.
///
/// # Errors
/// When the file is unreadable, the options do not fit together, or it cannot be written.
pub fn run(args: &ExportArgs) -> CliResult {
    if let Some(lake) = &args.parquet {
        let labels =
            SnapshotLabels { service: args.service.clone(), host: args.host.clone(), trigger: args.trigger.clone() };
        let tier = if args.detail { Tier::Detail } else { Tier::Summary };
        return lake::run(lake, &args.files, &labels, tier);
    }
    let [file] = args.files.as_slice() else {
        return Err(CliError::usage("--to takes one FILE; --parquet takes several"));
    };
    if (args.to == Some(Target::Csv)) != args.table.is_some() {
        return Err(CliError::usage("--to csv and --table NAME belong together"));
    }
    if args.to == Some(Target::Csv) && args.range.is_some() {
        return Err(CliError::usage("--range does not go with --to csv; tracelane query has WHERE"));
    }
    if args.service.is_some() && !matches!(args.to, Some(Target::Otlp | Target::Firefox)) {
        return Err(CliError::usage("--service goes with --to otlp, --to firefox or --parquet"));
    }
    let out = Out { path: args.out.clone(), force: args.force };
    let Some(out) = out.check([file.as_path()])? else { return Ok(Exit::Fine) };
    let trace = load(file)?;
    let range = args.range.map_or_else(|| trace.range(), |range| range_of(&trace, range));
    match (args.to, args.table.and_then(table_named)) {
        (Some(Target::Csv), Some(table)) => {
            let source = Source::new(Arc::clone(&trace), name::path(file), Monitor::new());
            out.write(|file| table::write(&source, table, file))?;
        }
        (Some(Target::Chrome), _) => out.write(|file| chrome::write(&trace, range, file))?,
        (Some(Target::Firefox), _) => {
            out.write(|out| firefox::write(&trace, range, &service_of(args, &trace, file), out))?;
        }
        (Some(Target::Otlp), _) => {
            let origin = otlp::Origin { service: service_of(args, &trace, file), end: end_of(file) };
            out.write(|file| otlp::write(&trace, range, &origin, file))?;
        }
        (Some(Target::Speedscope), _) => out.write(|file| speedscope::write(&trace, range, file))?,
        _ => out.write(|file| perfetto::write(&trace, range, file))?,
    }
    Ok(Exit::after(&trace))
}

/// What the process of a trace is called.
fn service_of(args: &ExportArgs, trace: &Trace, file: &Path) -> String {
    let service = args.service.clone().or_else(|| service_name(trace, &name::path(file)));
    service.unwrap_or_else(|| name::last_part(file))
}

/// When a file was written last: where a trace does not tell the time of day, it ended about then. Input that is
/// no file counts as written now.
fn end_of(file: &Path) -> (i128, &'static str) {
    let changed = file.metadata().and_then(|known| known.modified());
    let (time, what) = match changed {
        Ok(changed) => (changed, "the file was written when the trace ended"),
        Err(_not_a_file) => (SystemTime::now(), "the trace ended when it was exported"),
    };
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    (i128::try_from(since).unwrap_or(0), what)
}
