//! Following a file that is still being written: reads it as far as it goes, waits, goes on.
//!
//! While the file keeps growing it is read once, and generations are added as they land. When it rests for
//! [`IDLE`] the reading is ended, so that what its last, torn generation holds is shown, too; if it grows
//! after that it is read anew from its start, and the new trace takes the old one's place as soon as it
//! holds as much. A file that another takes the place of, be it as long, is read anew, too, and shown at once.

use std::fs::{File, metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
use crate::worker::face::{Change, Face};
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

/// Tells once when a file is longer than `before` (than now, if that is not known), until `stop`.
pub fn watch(document: DocumentId, path: PathBuf, before: Option<u64>, stop: Monitor, mailbox: Mailbox) {
    let now = || metadata(&path).map(|known| known.len());
    let Some(before) = before.or_else(|| now().ok()) else { return };
    let look = move || {
        while !stop.is_cancelled() {
            match metadata(&path).map(|known| known.len()) {
                Ok(now) if now > before => {
                    mailbox.send(Action::Grew(document));
                    break;
                }
                Ok(_) => thread::sleep(POLL * 5),
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
        let reading = Reading::default();
        let result = read_once(&job, is_known, &reading, mailbox);
        match result {
            Ok(trace) => {
                job.shown = trace.totals().events;
                is_known = true;
            }
            Err(_) if reading.bytes.load(Ordering::Relaxed) < LEAST_BYTES && !job.stop.is_cancelled() => {}
            Err(sentence) => {
                mailbox.send(Action::LoadDone(job.document, Err(sentence.clone())));
                mailbox.send(Action::FollowEnded(job.document, Some(sentence)));
                return;
            }
        }
        match wait_for_change(&job, reading.seen()) {
            Ok(Change::Grown) => {}
            // It may well hold less.
            Ok(Change::Replaced) => job.shown = 0,
            Err(why) => {
                mailbox.send(Action::FollowEnded(job.document, why));
                return;
            }
        }
        job.monitor = Monitor::new();
    }
}

/// Reads the file from its start until it rests.
fn read_once(job: &Job, is_known: bool, reading: &Reading, mailbox: &Mailbox) -> Result<Arc<Trace>, String> {
    let tail = Tail {
        file: File::open(&job.path).map_err(|error| Error::from(error).to_string())?,
        path: job.path.clone(),
        reading: reading.clone(),
        stop: job.stop.clone(),
    };
    let publisher = Publisher::new(job.document, mailbox.clone());
    let publish = publisher.clone();
    let told = AtomicBool::new(is_known);
    let tell = || {
        if reading.caught_up.load(Ordering::Relaxed) {
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

/// Waits until the file is another one than it was when all of it had been read; `Err` with what there is to say if
/// that will never be.
fn wait_for_change(job: &Job, seen: Option<Face>) -> Result<Change, Option<String>> {
    let mut seen = seen;
    loop {
        if job.stop.is_cancelled() || job.monitor.is_cancelled() {
            return Err(None);
        }
        match Face::of(&job.path) {
            Ok(now) => match seen.get_or_insert_with(|| now.clone()).change(&now) {
                Some(change) => return Ok(change),
                None => thread::sleep(POLL),
            },
            Err(error) => return Err(Some(format!("{} cannot be followed any more: {error}", name(&job.path)))),
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// How far a file has been read.
#[derive(Clone, Default)]
struct Reading {
    bytes: Arc<AtomicU64>,
    caught_up: Arc<AtomicBool>,
    /// The file when its end was reached.
    seen: Arc<Mutex<Option<Face>>>,
}

impl Reading {
    fn seen(&self) -> Option<Face> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_seen(&self, seen: Option<Face>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

/// A file's bytes, and those that are yet to be written. Ends when the file rests, when it is cut or another takes its
/// place, and when nobody wants to follow it any more.
struct Tail {
    file: File,
    path: PathBuf,
    reading: Reading,
    stop: Monitor,
}

impl Tail {
    /// Whether nothing will be added to what has been read, since the file at the path is another one by now.
    fn is_replaced(&mut self) -> io::Result<bool> {
        let at = self.file.stream_position()?;
        let own = self.file.metadata()?;
        // One that is gone may come back; that is found out by whoever waits for it.
        let Ok(now) = Face::of(&self.path) else { return Ok(own.len() < at) };
        let is_other = !now.is_same_file(&own) || now.len < at;
        let is_rewritten = now.len == at && self.reading.seen().is_some_and(|seen| seen.change(&now).is_some());
        if !is_other && !is_rewritten && now.len == at {
            self.reading.set_seen(Some(now));
        }
        Ok(is_other || is_rewritten)
    }
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begin = Instant::now();
        loop {
            let count = self.file.read(buffer)?;
            if count > 0 {
                self.reading.bytes.fetch_add(count as u64, Ordering::Relaxed);
                self.reading.set_seen(None);
                return Ok(count);
            }
            self.reading.caught_up.store(true, Ordering::Relaxed);
            if self.is_replaced()? || self.stop.is_cancelled() || begin.elapsed() > IDLE {
                return Ok(0);
            }
            thread::sleep(POLL);
        }
    }
}
