//! How a long job tells of its progress and learns that it should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared between the one who waits and the workers. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Monitor {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    bytes_total: AtomicU64,
    bytes_done: AtomicU64,
    events: AtomicU64,
    generations: AtomicU64,
    tries: AtomicU64,
    /// Bytes that the job may take for what it makes; 0 if nobody said so.
    most_bytes: AtomicU64,
}

/// A moment's reading of a [`Monitor`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Size of the input in bytes; 0 if not known.
    pub bytes_total: u64,
    /// Bytes whose events are in the model.
    pub bytes_done: u64,
    /// Events in the model.
    pub events: u64,
    /// Generations in the model.
    pub generations: u64,
    /// Threads looked at where the earliest event could not be next: what the time of a load depends on besides
    /// its events.
    pub tries: u64,
}

impl Monitor {
    /// A fresh one: nothing done, not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the job to stop as soon as it can.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the job has been asked to stop. Long loops look at least every few milliseconds.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::Relaxed)
    }

    /// States how many bytes of memory the job may take for what it makes. One that would take more stops and keeps what
    /// it has; 0 means that it never does.
    pub fn limit_memory(&self, bytes: u64) {
        self.inner.most_bytes.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes of memory the job may take for what it makes; `None` if nobody said so.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        Some(self.inner.most_bytes.load(Ordering::Relaxed)).filter(|&bytes| bytes > 0)
    }

    /// States the size of the input in bytes.
    pub fn set_bytes_total(&self, bytes: u64) {
        self.inner.bytes_total.store(bytes, Ordering::Relaxed);
    }

    /// Adds to what is done.
    pub fn add(&self, bytes: u64, events: u64, generations: u64) {
        self.inner.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        self.inner.events.fetch_add(events, Ordering::Relaxed);
        self.inner.generations.fetch_add(generations, Ordering::Relaxed);
    }

    /// Adds threads that were looked at in search of the next event.
    pub fn add_tries(&self, tries: u64) {
        self.inner.tries.fetch_add(tries, Ordering::Relaxed);
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes_total: self.inner.bytes_total.load(Ordering::Relaxed),
            bytes_done: self.inner.bytes_done.load(Ordering::Relaxed),
            events: self.inner.events.load(Ordering::Relaxed),
            generations: self.inner.generations.load(Ordering::Relaxed),
            tries: self.inner.tries.load(Ordering::Relaxed),
        }
    }
}
