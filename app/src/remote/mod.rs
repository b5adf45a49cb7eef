//! Traces by address: what `FILE` means where it may also be `http://…/debug/pprof/trace?seconds=5`. The
//! only place that speaks to a network. Recorded bytes go straight to the reader.

mod address;
mod fetch;
mod header;
mod secret;
mod trust;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use trace_core::base::error::Result;
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::input::source::Source;
use trace_core::load::{Publish, load_source, load_unwatched};
use trace_core::model::trace::Trace;

use crate::memory;
pub use crate::remote::address::{completed, is_address, named, recording, with_path, without_secrets};
use crate::remote::fetch::Remote;
pub use crate::remote::header::Header;
pub use crate::remote::trust::set_insecure;

/// Bytes that a server may send; 0 for what is usual.
static MAX_DOWNLOADED: AtomicU64 = AtomicU64::new(0);
/// Bytes that packed files may unpack to; 0 for what is usual.
static MAX_UNPACKED: AtomicU64 = AtomicU64::new(0);
/// Whether packed files may unpack to any size.
static UNLIMITED: AtomicBool = AtomicBool::new(false);

/// Lets packed files unpack to so many bytes from now on, in all of the program.
pub fn set_max_unpacked(bytes: u64) {
    MAX_UNPACKED.store(bytes, Ordering::Relaxed);
}

/// Lets them unpack to any size from now on, or not.
pub fn set_unlimited(unlimited: bool) {
    UNLIMITED.store(unlimited, Ordering::Relaxed);
}

/// Lets servers send so many bytes from now on, in all of the program.
pub fn set_max_download(bytes: u64) {
    MAX_DOWNLOADED.store(bytes, Ordering::Relaxed);
}

/// Bytes that a server may send; `None` for what is usual.
fn max_download() -> Option<u64> {
    Some(MAX_DOWNLOADED.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
}

/// What packed files may unpack to.
#[must_use]
pub fn limits() -> Limits {
    if UNLIMITED.load(Ordering::Relaxed) {
        return Limits { unpack_free: u64::MAX, unpack_ratio: 0 };
    }
    match MAX_UNPACKED.load(Ordering::Relaxed) {
        0 => Limits::default(),
        bytes => Limits { unpack_free: bytes, unpack_ratio: 0 },
    }
}

/// A file as [`Source::open`] takes it, or an address as [`named`] gives it. Nothing is asked of the server before
/// the first read.
///
/// # Errors
/// As [`Source::open`]; an address fails on the first read, with the server's own words.
pub fn open(path: &Path) -> Result<Source<'static>> {
    open_with_headers(path, &[])
}

/// The same, with headers for the server.
///
/// # Errors
/// As [`open`].
pub fn open_with_headers(path: &Path, headers: &[Header]) -> Result<Source<'static>> {
    match path.to_str() {
        Some(address) if is_address(path) => {
            Ok(Source::packed(Remote::new(address, max_download(), headers), limits()))
        }
        _ => Source::open_with(path, limits()),
    }
}

/// The same as [`trace_core::load::load_path`], for addresses, too. Without `publish` no snapshots are made.
///
/// # Errors
/// As [`open`], and when nothing is readable.
pub fn load(path: &Path, monitor: &Monitor, publish: Option<&mut Publish<'_>>) -> Result<Arc<Trace>> {
    let source = open(path)?;
    memory::limit(monitor, 1);
    match publish {
        Some(publish) => load_source(source, monitor, publish),
        None => load_unwatched(source, monitor),
    }
}

/// The same for what can be read only once: gives every byte to `keep`, too, and tells how many have come
/// as the monitor's total.
///
/// # Errors
/// As [`load`].
pub fn record(
    path: &Path,
    monitor: &Monitor,
    publish: &mut Publish<'_>,
    keep: impl FnMut(&[u8]) + Send + 'static,
) -> Result<Arc<Trace>> {
    let source = open(path)?;
    memory::limit(monitor, 1);
    let reader = Tee { reader: source.reader, monitor: monitor.clone(), come: 0, keep };
    load_source(Source { reader: Box::new(reader), ..source }, monitor, publish)
}

/// Hands bytes on and gives them away, too.
struct Tee<K> {
    reader: Box<dyn Read + Send>,
    monitor: Monitor,
    come: u64,
    keep: K,
}

impl<K: FnMut(&[u8])> Read for Tee<K> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        (self.keep)(buffer.get(..count).unwrap_or_default());
        self.come += count as u64;
        self.monitor.set_bytes_total(self.come);
        Ok(count)
    }
}
