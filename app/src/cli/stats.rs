//! `tracelane stats`: numbers about a trace and its loading.

use std::path::PathBuf;
use std::time::Instant;

use trace_core::base::monitor::Monitor;

use crate::cache::{Cache, Loaded};
use crate::cli::exit::{Answer, Failure};
use crate::cli::load::refuse_own_output;
use crate::cli::print::answer;
use crate::cli::summary::Summary;
use crate::cli::words::{Stop, Words, only_one, unexpected};
use crate::state::settings::Settings;

/// What `tracelane help stats` prints.
pub const HELP: &str = "\
tracelane stats FILE [--json] [--no-cache | --keep]

Loads the whole trace as the window does and prints numbers about it and about the loading. The window keeps
the models of traces of 8 MB and more in the user's cache folder (TRACELANE_CACHE_DIR names another), found by
the content of the file; all commands use them.

  --no-cache  load the trace even if its model is there
  --keep      keep its model for the next time, as the window does
  --json      as one JSON object with these fields, which stay as they are:
             file, file_bytes, version (NN of Go 1.NN), complete,
             generations, events, events_by_kind {name: count},
             goroutines, procs, threads, tasks,
             duration_ns, start (wall clock, RFC 3339, or null),
             warnings [{kind, message, offset, generation, count}],
             load {wall_s, events, events_per_s, from_cache, peak_rss_bytes (or null)}
";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The trace.
    pub file: PathBuf,
    /// As JSON.
    pub json: bool,
    /// What to do with the cache.
    pub cache: CacheUse,
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

impl Asked {
    /// Reads what follows `stats`.
    pub fn read(mut words: Words) -> Result<Self, Stop> {
        let (mut json, mut cache, mut given) = (false, CacheUse::Read, None);
        while let Some(option) = words.option()? {
            match option.as_str() {
                "--json" => json = true,
                "--no-cache" | "--keep" => {
                    only_one(&mut given, &option)?;
                    cache = if option == "--keep" { CacheUse::Keep } else { CacheUse::No };
                }
                _ => return Err(unexpected(&option).into()),
            }
        }
        Ok(Self { file: words.file()?, json, cache })
    }
}

/// Loads the file as the window does and prints its numbers, as JSON or for people.
///
/// # Errors
/// When the file is unreadable, or the model is to be kept and cannot be.
pub fn run(asked: &Asked) -> Answer {
    let cache = match asked.cache {
        CacheUse::No => Cache::off(),
        CacheUse::Read | CacheUse::Keep => Cache::of_user(Settings::default().cache_bytes()),
    };
    let file = &asked.file;
    refuse_own_output(file)?;
    let begin = Instant::now();
    let loaded = cache.load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
    let wall = begin.elapsed();
    let Loaded { trace, from_cache, fresh } = loaded;
    // A pipe has no size: then it is what was read.
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let file_bytes = size.unwrap_or(trace.totals().bytes);
    let mut summary = Summary::of(file.display().to_string(), file_bytes, &trace, wall);
    summary.load.from_cache = from_cache;
    let exit = answer(&trace, asked.json, &summary, || summary.text())?;
    if let (CacheUse::Keep, Some(fresh)) = (asked.cache, fresh) {
        fresh.keep(&trace).map_err(|error| Failure::unwritten("the cache", &error))?;
    }
    Ok(exit)
}
