//! Following a file that is still being written: reads it as far as it goes, waits, goes on.
//!
//! While the file keeps growing it is read once, and generations are added as they land. When it rests for
//! [`IDLE`] the reading is ended, so that what its last, torn generation holds is shown, too; if it grows
//! after that it is read anew from its start, and the new trace takes the old one's place as soon as it
//! holds as much. A copy of its bytes is kept: once the file does not begin with them any more it holds something
//! else, and the trace that was shown stays, savable, while another document follows the file.

use std::fs::{File, metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use trace_core::base::error::Error;
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::input::source as input;
use trace_core::load::load_source;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, WorkerAction};
use crate::cache::Cache;
use crate::state::document::{DocumentId, Source};
use crate::worker::fingerprint::{Change, FileFingerprint};
use crate::worker::load::{self, Publisher, is_pipe, read_guarded, watched};
use crate::worker::mailbox::Mailbox;
use crate::worker::opened::Opened;
use crate::worker::spool::{MOST_FOLLOWED, Spool};

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
    /// The file that grows.
    pub path: PathBuf,
    /// For progress of the first reading, and to break it off.
    pub monitor: Monitor,
    /// Ends the following: what is there is read to its end.
    pub stop: Monitor,
    /// Events that are shown already: nothing less takes their place.
    pub shown: u64,
    /// What is known of the file, and where its bytes are kept.
    pub opened: Opened,
    /// What a packed file may unpack to.
    pub limits: Limits,
}

/// Follows on a thread of its own.
pub fn start(job: Job, mailbox: Mailbox) {
    let (document, answer) = (job.document, mailbox.clone());
    let spawned = Builder::new().name(format!("follow {}", document.0)).spawn(move || run(job, &mailbox));
    if let Err(error) = spawned {
        answer.send(Action::Worker(WorkerAction::FollowEnded(
            document,
            Some(format!("no thread could be started: {error}")),
        )));
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
                    mailbox.send(Action::Worker(WorkerAction::Grew(document)));
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
    let document = job.document;
    if !is_there_sometime(&job) {
        mailbox.send(Action::Worker(WorkerAction::FollowEnded(document, None)));
        return;
    }
    if is_pipe(&job.path) {
        // It is shown as it comes, anyway.
        let Job { path, monitor, opened, .. } = job;
        let (source, cache, opened) = (Source::Path(path), Cache::off(), Some(opened));
        load::run(&load::Job { document, source, monitor, cache, opened }, mailbox);
        mailbox.send(Action::Worker(WorkerAction::FollowEnded(document, None)));
        return;
    }
    if job.shown > 0
        && let Some(is_kept) = was_rewritten_since(&job)
    {
        mailbox.send(Action::Worker(WorkerAction::Rewritten(document, is_kept)));
        return;
    }
    job.opened.look_at(&job.path);
    let is_small = metadata(&job.path).is_ok_and(|known| known.len() <= MOST_FOLLOWED);
    let spool = if is_small { job.opened.keep_bytes() } else { None };
    let mut is_known = job.shown > 0;
    loop {
        let reading = Reading { spool: spool.clone(), ..Reading::default() };
        let result = read_once(&job, is_known, &reading, mailbox);
        match result {
            Ok(trace) => {
                job.shown = job.shown.max(trace.totals().events);
                is_known = true;
            }
            Err(_) if reading.is_replaced() => {}
            Err(_) if reading.bytes.load(Ordering::Relaxed) < LEAST_BYTES && !job.stop.is_cancelled() => {}
            Err(sentence) => {
                mailbox.send(Action::Worker(WorkerAction::LoadDone(document, Err(sentence.clone()))));
                mailbox.send(Action::Worker(WorkerAction::FollowEnded(document, Some(sentence))));
                return;
            }
        }
        job.opened.set_fingerprint(reading.seen());
        let change = if reading.is_replaced() { Ok(Change::Replaced) } else { wait_for_change(&job, reading.seen()) };
        match change {
            Ok(change) if change == Change::Replaced && !goes_on(&job.path, spool.as_ref()) => {
                let is_kept = spool.as_ref().is_some_and(Spool::is_whole);
                if is_known {
                    mailbox.send(Action::Worker(WorkerAction::Rewritten(document, is_kept)));
                    return;
                }
                // Nothing of it was ever shown.
                spool.iter().for_each(Spool::clear);
                thread::sleep(POLL);
            }
            Ok(_) => {}
            Err(why) => {
                if why.is_some() && is_known && spool.as_ref().is_some_and(Spool::is_whole) {
                    mailbox.send(Action::Worker(WorkerAction::Recorded(document, false, None)));
                }
                mailbox.send(Action::Worker(WorkerAction::FollowEnded(document, why)));
                return;
            }
        }
        job.monitor = Monitor::new();
    }
}

/// Waits until a file is there, which a program may only be about to write. False if nobody waits for it any more.
fn is_there_sometime(job: &Job) -> bool {
    while !job.path.exists() {
        if job.stop.is_cancelled() || job.monitor.is_cancelled() {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

/// Whether a file that was read before it is followed holds something else by now, and what it held is kept; `None` if
/// it goes on from there, or that cannot be known.
fn was_rewritten_since(job: &Job) -> Option<bool> {
    if let Some(spool) = job.opened.spool().filter(Spool::is_whole) {
        return (!goes_on(&job.path, Some(&spool))).then_some(true);
    }
    let (before, now) = (job.opened.fingerprint()?, FileFingerprint::of(&job.path).ok()?);
    (before.change(&now) == Some(Change::Replaced)).then_some(false)
}

/// Whether a file still begins with the bytes that are kept, so that it has only been touched, or written anew with the
/// same content.
fn goes_on(path: &Path, spool: Option<&Spool>) -> bool {
    let Some(spool) = spool.filter(|spool| spool.is_whole()) else { return false };
    FileFingerprint::of(path).and_then(|_| File::open(path)).is_ok_and(|file| spool.begins(file))
}

/// Reads the file from its start until it rests.
fn read_once(job: &Job, is_known: bool, reading: &Reading, mailbox: &Mailbox) -> Result<Arc<Trace>, String> {
    let file = File::open(&job.path).map_err(|error| Error::from(error).to_string())?;
    let begin = FileFingerprint::of(&job.path).ok();
    let (path, stop) = (job.path.clone(), job.stop.clone());
    let tail = Tail { file, path, begin, at: 0, reading: reading.clone(), stop };
    let publisher = Publisher::new(job.document, mailbox.clone());
    let publish = publisher.clone();
    let told = AtomicBool::new(is_known);
    let tell = || {
        if reading.caught_up.load(Ordering::Relaxed) {
            publisher.slow_down(SNAPSHOT_EVERY);
            // From here on all that the file holds is in view.
            if publisher.has_sent() && !told.swap(true, Ordering::Relaxed) {
                mailbox.send(Action::Worker(WorkerAction::LoadDone(job.document, Ok(()))));
            }
        }
        if !is_known {
            mailbox.send(Action::Worker(WorkerAction::LoadProgress(job.document, job.monitor.progress())));
        }
        publisher.flush();
    };
    let size = metadata(&job.path).map_or(0, |known| known.len());
    let loaded = watched(tell, || {
        read_guarded(|| {
            let source = input::Source { len: Some(size), ..input::Source::packed(tail, job.limits) };
            load_source(source, &job.monitor, &mut |trace| {
                if trace.totals().events >= job.shown {
                    publish.offer(trace);
                }
            })
        })
    })?;
    // Of a file that was rewritten while it was read anew, less may be there than was shown before.
    if !reading.is_replaced() || loaded.totals().events >= job.shown {
        publisher.send(Arc::clone(&loaded));
    }
    if !told.load(Ordering::Relaxed) {
        mailbox.send(Action::Worker(WorkerAction::LoadDone(job.document, Ok(()))));
    }
    Ok(loaded)
}

/// Waits until the file is another one than it was when all of it had been read; `Err` with what there is to say if
/// that will never be.
fn wait_for_change(job: &Job, seen: Option<FileFingerprint>) -> Result<Change, Option<String>> {
    let mut seen = seen;
    loop {
        if job.stop.is_cancelled() || job.monitor.is_cancelled() {
            return Err(None);
        }
        match FileFingerprint::of(&job.path) {
            Ok(now) => match seen.get_or_insert_with(|| now.clone()).change(&now) {
                Some(change) => return Ok(change),
                None => thread::sleep(POLL),
            },
            // Nothing of it has been shown: it may come back.
            Err(error) if error.kind() == io::ErrorKind::NotFound && job.shown == 0 => thread::sleep(POLL),
            Err(error) => return Err(Some(format!("following {} has ended: {error}", name(&job.path)))),
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
    /// The file does not hold any more what was read of it.
    replaced: Arc<AtomicBool>,
    /// The file when its end was reached.
    seen: Arc<Mutex<Option<FileFingerprint>>>,
    /// Where its bytes are kept.
    spool: Option<Spool>,
}

impl Reading {
    fn seen(&self) -> Option<FileFingerprint> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_seen(&self, seen: Option<FileFingerprint>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    fn is_replaced(&self) -> bool {
        self.replaced.load(Ordering::Relaxed)
    }
}

/// A file's bytes, and those that are yet to be written. Ends when the file rests, when it is cut or another takes its
/// place, and when nobody wants to follow it any more.
struct Tail {
    file: File,
    path: PathBuf,
    /// The file when it was opened.
    begin: Option<FileFingerprint>,
    /// Bytes read so far.
    at: u64,
    reading: Reading,
    stop: Monitor,
}

impl Tail {
    /// Whether nothing will be added to what has been read, since the file at the path holds something else by now.
    fn is_replaced(&mut self) -> io::Result<bool> {
        let own = self.file.metadata()?;
        // One that is gone may come back; that is found out by whoever waits for it.
        let Ok(now) = FileFingerprint::of(&self.path) else { return Ok(own.len() < self.at) };
        let begins_otherwise = self.begin.as_ref().is_some_and(|begin| !now.goes_on_from(begin));
        let is_other = !now.is_same_file(&own) || now.len < self.at || begins_otherwise;
        let is_rewritten = now.len == self.at && self.reading.seen().is_some_and(|seen| seen.change(&now).is_some());
        if !is_other && !is_rewritten && now.len == self.at {
            self.reading.set_seen(Some(now));
        }
        Ok(is_other || is_rewritten)
    }

    fn end_replaced(&self) -> io::Result<usize> {
        self.reading.replaced.store(true, Ordering::Relaxed);
        Ok(0)
    }
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begin = Instant::now();
        loop {
            // Once all was read, whatever comes next may be the rest of something else.
            if self.reading.caught_up.load(Ordering::Relaxed) && self.is_replaced()? {
                return self.end_replaced();
            }
            let count = self.file.read(buffer)?;
            if count > 0 {
                let bytes = buffer.get(..count).unwrap_or_default();
                let spool = self.reading.spool.as_ref();
                if spool.is_some_and(|spool| !spool.keep_at(self.at, bytes, MOST_FOLLOWED)) {
                    return self.end_replaced();
                }
                self.at += count as u64;
                self.reading.bytes.fetch_add(count as u64, Ordering::Relaxed);
                self.reading.set_seen(None);
                return Ok(count);
            }
            if !self.reading.caught_up.swap(true, Ordering::Relaxed) && self.is_replaced()? {
                return self.end_replaced();
            }
            if self.stop.is_cancelled() || begin.elapsed() > IDLE {
                return Ok(0);
            }
            thread::sleep(POLL);
        }
    }
}
