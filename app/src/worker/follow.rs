//! Following a file that is still being written: reads it as far as it goes, waits, goes on.
//!
//! While the file keeps growing it is read once, and generations are added as they land. When it rests for
//! [`IDLE`] the reading is ended, so that what its last, torn generation holds is shown, too; if it grows
//! after that it is read anew from its start, and the new trace takes the old one's place as soon as it
//! holds as much.

use std::fs::{File, metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use trace_core::base::error::Error;
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::input::source::Source;
use trace_core::load::load_source;
use trace_core::model::trace::Trace;

use crate::action::action::Action;
use crate::state::document::DocumentId;
use crate::worker::load::{Publisher, read_guarded, watched};
use crate::worker::office::Mailbox;

/// Between two looks at the file's size.
const POLL: Duration = Duration::from_millis(200);
/// A file that rests as long is shown with its torn end. Go ends a generation every second.
const IDLE: Duration = Duration::from_secs(3);
/// At least this long between two snapshots once the file is caught up with.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(2);
/// No trace is shorter: a header, and something behind it.
const LEAST_BYTES: u64 = 17;

/// A file to follow.
pub struct Job {
    /// Under whose name to tell of it.
    pub document: DocumentId,
    /// Where it is.
    pub path: PathBuf,
    /// For progress of the first reading, and to break it off.
    pub monitor: Monitor,
    /// Ends the following: what is there is read to its end.
    pub stop: Monitor,
    /// Events that are shown already: nothing less takes their place.
    pub shown: u64,
    /// What a packed file may unpack to.
    pub limits: Limits,
}

/// Follows on a thread of its own.
pub fn start(job: Job, mailbox: Mailbox) {
    let (document, answer) = (job.document, mailbox.clone());
    let spawned = Builder::new().name(format!("follow {}", document.0)).spawn(move || run(job, &mailbox));
    if let Err(error) = spawned {
        answer.send(Action::FollowEnded(document, Some(format!("no thread could be started: {error}"))));
    }
}

/// Tells once when a file is longer than now, until `stop`.
pub fn watch(document: DocumentId, path: PathBuf, stop: Monitor, mailbox: Mailbox) {
    let Ok(before) = metadata(&path).map(|known| known.len()) else { return };
    let look = move || {
        while !stop.is_cancelled() {
            thread::sleep(POLL * 5);
            match metadata(&path) {
                Ok(now) if now.len() > before => {
                    mailbox.send(Action::Grew(document));
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    };
    // Without a thread nothing is offered.
    drop(Builder::new().name(format!("growth {}", document.0)).spawn(look));
}

/// Follows on the calling thread.
fn run(mut job: Job, mailbox: &Mailbox) {
    let mut is_known = job.shown > 0;
    loop {
        let (read, caught_up) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let result = read_once(&job, is_known, &read, &caught_up, mailbox);
        match result {
            Ok(trace) => {
                job.shown = trace.totals().events;
                is_known = true;
            }
            Err(_) if read.load(Ordering::Relaxed) < LEAST_BYTES && !job.stop.is_cancelled() => {}
            Err(sentence) => {
                mailbox.send(Action::LoadDone(job.document, Err(sentence.clone())));
                mailbox.send(Action::FollowEnded(job.document, Some(sentence)));
                return;
            }
        }
        if let Err(why) = wait_for_growth(&job, read.load(Ordering::Relaxed)) {
            mailbox.send(Action::FollowEnded(job.document, why));
            return;
        }
        job.monitor = Monitor::new();
    }
}

/// Reads the file from its start until it rests.
fn read_once(
    job: &Job,
    is_known: bool,
    read: &Arc<AtomicU64>,
    caught_up: &Arc<AtomicBool>,
    mailbox: &Mailbox,
) -> Result<Arc<Trace>, String> {
    let tail = Tail {
        file: File::open(&job.path).map_err(|error| Error::from(error).to_string())?,
        read: Arc::clone(read),
        caught_up: Arc::clone(caught_up),
        stop: job.stop.clone(),
    };
    let publisher = Publisher::new(job.document, mailbox.clone());
    let publish = publisher.clone();
    let told = AtomicBool::new(is_known);
    let tell = || {
        if caught_up.load(Ordering::Relaxed) {
            publisher.slow_down(SNAPSHOT_EVERY);
            // From here on all that the file holds is in sight.
            if publisher.has_sent() && !told.swap(true, Ordering::Relaxed) {
                mailbox.send(Action::LoadDone(job.document, Ok(())));
            }
        }
        if !is_known {
            mailbox.send(Action::LoadProgress(job.document, job.monitor.progress()));
        }
        publisher.flush();
    };
    let size = metadata(&job.path).map_or(0, |known| known.len());
    let loaded = watched(tell, || {
        read_guarded(|| {
            let source = Source { len: Some(size), ..Source::packed(tail, job.limits) };
            load_source(source, &job.monitor, &mut |trace| {
                if trace.totals().events >= job.shown {
                    publish.offer(trace);
                }
            })
        })
    })?;
    publisher.send(Arc::clone(&loaded));
    if !told.load(Ordering::Relaxed) {
        mailbox.send(Action::LoadDone(job.document, Ok(())));
    }
    Ok(loaded)
}

/// Waits until the file's size is another one; `Err` with what there is to say if that will never be.
fn wait_for_growth(job: &Job, read: u64) -> Result<(), Option<String>> {
    loop {
        if job.stop.is_cancelled() || job.monitor.is_cancelled() {
            return Err(None);
        }
        match metadata(&job.path) {
            Ok(known) if known.len() != read => return Ok(()),
            Ok(_) => thread::sleep(POLL),
            Err(error) => return Err(Some(format!("{} cannot be followed any more: {error}", name(&job.path)))),
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file's bytes, and those that are yet to be written. Ends when the file rests, when it is cut, and when
/// nobody wants to follow it any more.
struct Tail {
    file: File,
    read: Arc<AtomicU64>,
    caught_up: Arc<AtomicBool>,
    stop: Monitor,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begin = Instant::now();
        loop {
            let count = self.file.read(buffer)?;
            if count > 0 {
                self.read.fetch_add(count as u64, Ordering::Relaxed);
                return Ok(count);
            }
            self.caught_up.store(true, Ordering::Relaxed);
            let at = self.file.stream_position()?;
            let is_cut = self.file.metadata()?.len() < at;
            if is_cut || self.stop.is_cancelled() || begin.elapsed() > IDLE {
                return Ok(0);
            }
            thread::sleep(POLL);
        }
    }
}
