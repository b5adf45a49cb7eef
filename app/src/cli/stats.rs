//! `tracelane stats`: numbers about a trace and its loading.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use trace_core::base::monitor::Monitor;

use crate::cache::{Cache, Loaded, NotKept};
use crate::cli::exit::{CliError, CliResult, Exit, is_damaged};
use crate::cli::format::FormatArgs;
use crate::cli::load::refuse_own_output;
use crate::cli::print::{Head, Output, eprint_error, print};
use crate::cli::summary::{self, LoadCost};
use crate::cli::values;
use crate::report::render::schema;
use crate::state::settings::Settings;

/// What the long help says.
pub const ABOUT: &str = "\
Loads the whole trace as the window does and prints numbers about it and about the loading. The window keeps
the models of traces of 8 MB and more in the user's cache folder (TRACELANE_CACHE_DIR names another), found by
the content of the file; all commands use them.";

/// The fields of its JSON.
#[must_use]
pub fn fields() -> String {
    let report = summary::report("", &Arc::default(), &LoadCost::default());
    format!("With --format json, one JSON object:\n\n{}", schema::fields(&report).trim_end())
}

/// The arguments of `tracelane stats`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct StatsArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Load the trace even if its model is in the cache
    #[arg(long, conflicts_with = "keep")]
    no_cache: bool,
    /// Keep its model in the cache, as the window does; says why if it is not kept
    #[arg(long)]
    keep: bool,
}

/// What to do with the models that the window keeps of large traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// Use one if it is there.
    Read,
    /// Use one, or keep one for the next time, as the window does.
    Keep,
    /// Load the trace in any case.
    No,
}

impl StatsArgs {
    /// What to do with the cache.
    #[must_use]
    pub const fn cache(&self) -> CacheUse {
        match self {
            Self { no_cache: true, .. } => CacheUse::No,
            Self { keep: true, .. } => CacheUse::Keep,
            _ => CacheUse::Read,
        }
    }
}

/// Loads the file as the window does and prints its numbers, as JSON or for people.
///
/// # Errors
/// When the file is unreadable, or the model is to be kept and cannot be.
pub fn run(args: &StatsArgs) -> CliResult {
    let cache = match args.cache() {
        CacheUse::No => Cache::off(),
        CacheUse::Read | CacheUse::Keep => Cache::of_user(Settings::default().cache_bytes()),
    };
    if args.cache() == CacheUse::Keep {
        cache.remove_left_behind();
    }
    let file = &args.file;
    refuse_own_output(file)?;
    let begin = Instant::now();
    let loaded = cache.load(file, &Monitor::new(), None).map_err(|error| CliError::unreadable(file, &error))?;
    let wall = begin.elapsed();
    let Loaded { trace, from_cache, fresh } = loaded;
    // A pipe has no size: then it is what was read.
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let file_bytes = size.unwrap_or(trace.totals().bytes);
    let cost = LoadCost::measured(file_bytes, wall, from_cache);
    let name = file.display().to_string();
    let head = Head { schema: "stats", title: "Trace", file: &name, is_partial: is_damaged(&trace) };
    print(Output::of(args.format.chosen(), head, &summary::report(&name, &trace, &cost))?)?;
    if args.cache() == CacheUse::Keep {
        let not_kept = match fresh {
            Ok(fresh) => fresh.keep(&trace).map_err(|error| CliError::unwritten("the cache", &error))?,
            Err(why) => Some(why),
        };
        if let Some(why) = not_kept.filter(|why| *why != NotKept::Kept) {
            eprint_error(&format!("{}: not cached: {why}", file.display()));
        }
    }
    Ok(Exit::after(&trace))
}
