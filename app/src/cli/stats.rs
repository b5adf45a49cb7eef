//! `tracelane stats`: numbers about a trace and its loading.

use std::path::PathBuf;
use std::time::Instant;

use trace_core::base::monitor::Monitor;

use crate::cache::{Cache, Loaded};
use crate::cli::exit::{Answer, Exit, Failure};
use crate::cli::print;
use crate::cli::summary::Summary;
use crate::state::settings::Settings;

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
    let begin = Instant::now();
    let loaded = cache.load(file, &Monitor::new(), &mut |_| {}).map_err(|error| Failure::unreadable(file, &error))?;
    let wall = begin.elapsed();
    let Loaded { trace, from_cache, fresh } = loaded;
    // A pipe has no size: then it is what was read.
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let file_bytes = size.unwrap_or(trace.totals().bytes);
    let mut summary = Summary::of(file.display().to_string(), file_bytes, &trace, wall);
    summary.load.from_cache = from_cache;
    if asked.json {
        let mut text =
            serde_json::to_string_pretty(&summary).map_err(|error| Failure::unwritten("the JSON", &error))?;
        text.push('\n');
        print(&text)?;
    } else {
        print(&summary.text())?;
    }
    if let (CacheUse::Keep, Some(fresh)) = (asked.cache, fresh) {
        fresh.keep(&trace).map_err(|error| Failure::unwritten("the cache", &error))?;
    }
    Ok(Exit::after(trace.warnings()))
}
