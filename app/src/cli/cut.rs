//! `tracelane cut`: a part of a trace as a trace of its own.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use trace_core::base::error::Error;
use trace_core::base::ids::{GoId, GoroutineIdx, TaskId, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::warning::WarningKind;
use trace_core::export::cut::{CutSummary, Selection, Who, cut};
use trace_core::input::source::Source;

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::print::{eprint_error, print};
use crate::cli::scope::task_named;
use crate::cli::values;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::place::OffsetRange;
use crate::fmt::text::Text;
use crate::remote;

/// What the long help says.
pub const ABOUT: &str = "\
Writes a part of FILE as a trace of its own, which go tool trace and all of Tracelane open: a range of time, some of the
goroutines, or all of it with other names. Traces of Go 1.21 and older become traces in the format of newer ones.

The new trace begins, a few nanoseconds before the range, with the state of each goroutine and proc: what it waits for
and since when is not kept, why and where is. Tasks and regions that began earlier begin there, too, each with a log of
the category \"tracelane cut\" that says how long before. Goroutines that start or end GC cycles and STW pauses in the
range are always kept.

--anonymise keeps the names of Go's runtime and libraries (golang.org/x among them) and replaces all others: functions,
files, tasks, regions and logs. The same name always becomes the same hash, so that a name that can be guessed can be
checked. Times, IDs, line numbers and the shape of names (package, type, method, closure) remain.";

/// The arguments of `tracelane cut`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CutArgs {
    /// Trace to read; it is never changed
    #[arg(value_name = "FILE", value_parser = values::file())]
    file: PathBuf,
    /// Where the new trace goes; - is standard output
    #[arg(short, long, value_name = "OUT", value_parser = values::path())]
    out: PathBuf,
    /// Replace OUT if it exists (never a trace)
    #[arg(long)]
    force: bool,
    /// Only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    range: Option<OffsetRange>,
    /// Only these goroutines: G25,G26
    #[arg(long = "goroutine", visible_alias = "goroutines", value_name = "G25,...", value_delimiter = ',', value_parser = values::goroutine)]
    goroutines: Vec<GoId>,
    /// Only the goroutines that take part in this task and its descendants, or in tasks of this type
    #[arg(long, value_name = "ID|TYPE", conflicts_with = "goroutines")]
    task: Option<String>,
    /// Also the goroutines that wake, create or are handed over to by the chosen ones, and those that do it to them
    #[arg(long)]
    only_related: bool,
    /// Replace all names but those of Go's runtime and libraries
    #[arg(long)]
    anonymise: bool,
}

impl CutArgs {
    /// What is kept of the trace.
    fn selection(&self) -> Result<Selection, CliError> {
        let who = match &self.task {
            Some(word) => Who::Tasks(self.tasks(word)?),
            None if self.goroutines.is_empty() => Who::All,
            None => Who::Goroutines(self.known_goroutines()?),
        };
        if self.only_related && who == Who::All {
            return Err(CliError::usage("--only-related needs --goroutine or --task: related to whom?"));
        }
        Ok(Selection {
            start_nanos: self.range.and_then(|range| range.start_nanos),
            end_nanos: self.range.and_then(|range| range.end_nanos),
            who,
            with_related: self.only_related,
            anonymise: self.anonymise,
        })
    }

    /// The task with this ID, or all of this type.
    fn tasks(&self, word: &str) -> Result<Vec<TaskId>, CliError> {
        if let (true, Ok(id)) = (is_read_once(&self.file), word.parse()) {
            return Ok(vec![TaskId(id)]);
        }
        let trace = load(&self.file)?;
        let tasks = || (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at)));
        if let Ok(id) = word.parse().map(TaskId) {
            let is_known = tasks().any(|task| task.id == id);
            return if is_known { Ok(vec![id]) } else { Err(CliError::usage(format!("the trace has no task {word}"))) };
        }
        let name = task_named(&trace, word)?;
        Ok(tasks().filter(|task| task.name == name).map(|task| task.id).collect())
    }

    /// The goroutines that are chosen, all of which the trace has; what can be read only once is not asked.
    fn known_goroutines(&self) -> Result<Vec<GoId>, CliError> {
        if is_read_once(&self.file) {
            return Ok(self.goroutines.clone());
        }
        let trace = load(&self.file)?;
        let known: BTreeSet<GoId> = (0..trace.goroutine_count())
            .filter_map(|at| trace.goroutine(GoroutineIdx(at)))
            .map(|goroutine| goroutine.id)
            .collect();
        match self.goroutines.iter().find(|id| !known.contains(id)) {
            Some(id) => Err(CliError::usage(format!("the trace has no goroutine {}", id.0))),
            None => Ok(self.goroutines.clone()),
        }
    }
}

/// Writes the part, and says what it is.
///
/// # Errors
/// When the file is unreadable, nothing of it lies in the range, or the new trace cannot be written.
pub fn run(args: &CutArgs) -> CliResult {
    let out = Out { path: Some(args.out.clone()), force: args.force };
    let Some(out) = out.check([args.file.as_path()])? else { return Ok(Exit::Fine) };
    let selection = args.selection()?;
    let unreadable = |error: &Error| CliError::unreadable(&args.file, error);
    let bytes = read_once(&args.file).map_err(|error| unreadable(&error))?;
    let open = || match &bytes {
        Some(bytes) => Ok(Source::bytes(bytes)),
        None => remote::open(&args.file),
    };
    if args.file.is_dir() {
        return Err(CliError::usage(format!("{} is a folder, not a trace", name::path(&args.file))));
    }
    // Before anything is written it is known whether there is a file at all.
    open().map_err(|error| unreadable(&error))?;
    let (mut done, mut exit) = (None, Exit::Fine);
    let mut report = |kind: WarningKind, message: String, offset: u64| {
        if kind.is_damage() {
            exit = Exit::Damaged;
            eprint_error(&format!("{}: {message} (byte {offset})", args.file.display()));
        }
    };
    let written = out.write(|file| {
        // A file that fails, and an output that fails, are told apart.
        let result = cut(&open, &selection, file, &Monitor::new(), &mut report);
        let failed = result.as_ref().err().map(|_| io::Error::other("the trace cannot be cut"));
        done = Some(result);
        failed.map_or(Ok(()), Err)
    });
    match done {
        Some(Ok(summary)) => {
            written?;
            say(&out, &summary)?;
            Ok(if summary.refused > 0 { Exit::Damaged } else { exit })
        }
        Some(Err(Error::Io(_))) | None => written.and(Ok(exit)),
        Some(Err(error)) => Err(unreadable(&error)),
    }
}

/// What can be read only once, in memory: standard input, and what comes from a server. `None` for files.
fn read_once(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    if !is_read_once(file) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    remote::open(file)?.reader.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn is_read_once(file: &Path) -> bool {
    file.as_os_str() == "-" || remote::is_address(file) || is_stream(file)
}

fn is_stream(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|known| !known.is_file() && !known.is_dir())
}

/// Says what was written, unless it went where that would be said.
fn say(out: &Checked<'_>, summary: &CutSummary) -> CliResult {
    if out.is_standard_output() {
        return Ok(Exit::Fine);
    }
    let mut line = format!("{}: {} events", out.name(), count(summary.events));
    if let Some(goroutines) = summary.goroutines {
        let noun = if goroutines == 1 { "goroutine" } else { "goroutines" };
        line += &format!(" of {} {noun}", count(goroutines));
    }
    if summary.tasks_before + summary.regions_before > 0 {
        let (tasks, regions) = (count(summary.tasks_before), count(summary.regions_before));
        line += &format!("; began before the range: {tasks} tasks, {regions} regions");
    }
    if summary.refused > 0 {
        line += &format!("; left out as they contradict others: {} events", count(summary.refused));
    }
    let mut text = Text::new();
    text.line(&line);
    print(text)
}
