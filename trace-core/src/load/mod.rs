//! The pipeline: source → generations → ordered events → segments → growing [`Trace`] snapshots.
//!
//! ```text
//! reader thread ─ generations ─▶ calling thread ─ spawns ─▶ rayon: order and build, one task a generation
//!      ▲                           │      ▲                                      │
//!      └── leave for another ◀─────┘      └──────── heads, segments, ends ◀──────┘
//! ```
//! The calling thread stitches what comes, in the order of the file. Only a few generations are in flight,
//! so the file's bytes are gone as soon as they have become columns.

mod message;
mod pipeline;
mod reader;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
mod worker;

use std::path::Path;
use std::sync::Arc;

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::input::source::Source;
use crate::load::pipeline::Pipeline;
use crate::model::trace::Trace;

/// Takes growing snapshots while a load goes on.
pub type Publish<'a> = dyn FnMut(Arc<Trace>) + 'a;

/// Loads a trace on the calling thread (and rayon's workers), calling `publish` with growing
/// snapshots; the returned one is complete. A load that is cancelled after the first snapshot returns
/// what there is.
///
/// # Errors
/// When nothing is readable, or `monitor` was cancelled before the first snapshot.
pub fn load_path(path: &Path, monitor: &Monitor, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
    load_source(Source::open(path)?, monitor, publish)
}

/// The same for any source of bytes. A read that blocks (a pipe) does not hold up a cancel.
///
/// # Errors
/// As [`load_path`].
pub fn load_source(source: Source<'static>, monitor: &Monitor, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
    monitor.set_bytes_total(source.len.unwrap_or(0));
    let (pipeline, door) = Pipeline::new(monitor);
    let pipeline = pipeline.live(source.live);
    let own = monitor.clone();
    // Not scoped: it may sit in a read for ever.
    reader::named().spawn(move || reader::read(source, &own, &door))?;
    pipeline.run(publish)
}

/// As [`load_source`], for those who look at nothing but the complete trace: no snapshots are made on the way, which
/// saves their time and memory.
///
/// # Errors
/// As [`load_path`].
pub fn load_unwatched(source: Source<'static>, monitor: &Monitor) -> Result<Arc<Trace>> {
    monitor.set_bytes_total(source.len.unwrap_or(0));
    let (pipeline, door) = Pipeline::new(monitor);
    let own = monitor.clone();
    reader::named().spawn(move || reader::read(source, &own, &door))?;
    pipeline.unwatched().run(&mut |_| {})
}

/// The same for bytes in memory (the embedded sample).
///
/// # Errors
/// As [`load_path`].
pub fn load_bytes(bytes: &[u8], monitor: &Monitor, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
    monitor.set_bytes_total(bytes.len() as u64);
    let (pipeline, door) = Pipeline::new(monitor);
    std::thread::scope(|scope| {
        let own = monitor.clone();
        reader::named().spawn_scoped(scope, move || reader::read(Source::bytes(bytes), &own, &door))?;
        pipeline.run(publish)
    })
}
