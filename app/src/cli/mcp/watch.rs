//! Stops what a call does when it is taken back, or takes too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use trace_core::base::monitor::Monitor;

/// How often it looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A thread that watches a call until this is dropped.
pub(super) struct Watch {
    /// Is cancelled when the call is to stop.
    pub(super) stop: Monitor,
    is_late: Arc<AtomicBool>,
    /// Its end wakes the thread.
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch a call that `request` stops, and that may take as long as `longest`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn begin(request: &Monitor, longest: Duration) -> Result<Self, String> {
        let (done, is_done) = mpsc::channel::<()>();
        let (stop, is_late) = (Monitor::new(), Arc::new(AtomicBool::new(false)));
        let (stops, late, request, begun) = (stop.clone(), Arc::clone(&is_late), request.clone(), Instant::now());
        let watching = thread::Builder::new().name("mcp-watch".to_owned()).spawn(move || {
            while is_done.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                late.store(begun.elapsed() >= longest, Ordering::Relaxed);
                if request.is_cancelled() || late.load(Ordering::Relaxed) {
                    stops.cancel();
                    return;
                }
            }
        });
        let thread = watching.map_err(|error| format!("the query cannot be watched: {error}"))?;
        Ok(Self { stop, is_late, done: Some(done), thread: Some(thread) })
    }

    /// Whether it took too long.
    pub(super) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
