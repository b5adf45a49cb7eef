//! Reading traces: a thread for each, another that tells of its progress.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use trace_core::base::error::{Error, Result};
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, FileAction, WorkerAction};
use crate::action::session_action::SessionAction;
use crate::cache::{Cache, Fresh};
use crate::output::file_id::FileId;
use crate::remote;
use crate::sample::SAMPLE;
use crate::session::is_of_session;
use crate::state::document::{DocumentId, RecordedAt, Source};
use crate::state::rows::{RowOptions, Rows};
use crate::worker::mailbox::Mailbox;
use crate::worker::opened::Opened;

/// Between two readings of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// At least this long between two snapshots, and longer if making rows takes longer.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(80);

/// Added for each event of a trace that is followed: questions about it take about as long.
const NANOS_PER_EVENT: u64 = 100;

/// A trace to read.
pub struct Job {
    /// Under whose name to tell of it.
    pub document: DocumentId,
    /// Where the trace comes from.
    pub source: Source,
    /// For progress, and to be stopped.
    pub monitor: Monitor,
    /// Where it may be found ready, and is kept.
    pub cache: Cache,
    /// Is told of the file, and takes the bytes of what can be read only once; `None`: nobody will ask for them.
    pub opened: Option<Opened>,
}

/// Reads on a thread of its own.
pub fn start(job: Job, mailbox: Mailbox) {
    let (document, answer) = (job.document, mailbox.clone());
    let spawned = Builder::new().name(format!("load {}", document.0)).spawn(move || {
        let publisher = Publisher::new(document, mailbox.clone());
        let tell = || {
            mailbox.send(Action::Worker(WorkerAction::LoadProgress(document, job.monitor.progress())));
            publisher.flush();
        };
        watched(tell, || read(&job, &publisher, &mailbox));
    });
    if let Err(error) = spawned {
        answer.send(Action::Worker(WorkerAction::LoadDone(
            document,
            Err(format!("no thread could be started: {error}")),
        )));
    }
}

/// Reads on the calling thread.
pub fn run(job: &Job, mailbox: &Mailbox) {
    read(job, &Publisher::new(job.document, mailbox.clone()), mailbox);
}

/// Whether a file is several as one: a folder, an archive of several, a session file, or a file of spans.
fn is_several(source: &Source) -> bool {
    matches!(source, Source::Path(path) if !source.is_stream() && !is_pipe(path) && is_of_session(path))
}

fn read(job: &Job, publisher: &Publisher, mailbox: &Mailbox) {
    if let Source::Path(path) = &job.source
        && is_several(&job.source)
    {
        // The session takes the place of the document.
        mailbox.send(Action::File(FileAction::CloseDocument(job.document)));
        mailbox.send(Action::Session(SessionAction::Open(vec![path.clone()])));
        return;
    }
    let is_stream = job.source.is_stream() || matches!(&job.source, Source::Path(path) if is_pipe(path));
    let spool = if is_stream { job.opened.as_ref().and_then(Opened::keep_bytes) } else { None };
    if is_stream {
        let is_standard_input = matches!(&job.source, Source::Path(path) if path.as_os_str() == "-");
        let is_on_disk = is_standard_input && FileId::of_standard_input().is_some();
        mailbox.send(Action::Worker(WorkerAction::Recorded(job.document, is_on_disk, Some(now()))));
    } else if let (Source::Path(path), Some(opened)) = (&job.source, &job.opened) {
        opened.look_at(path);
    }
    let mut publish = |trace: Arc<Trace>| publisher.offer(trace);
    let spooled = move |bytes: &[u8]| {
        if let Some(spool) = &spool {
            spool.keep(bytes);
        }
    };
    let read = read_guarded(|| match &job.source {
        Source::Path(path) if is_stream => {
            remote::record(path, &job.monitor, &mut publish, spooled).map(|trace| (trace, None))
        }
        Source::Path(path) => {
            job.cache.load(path, &job.monitor, Some(&mut publish)).map(|loaded| (loaded.trace, loaded.fresh.ok()))
        }
        Source::Sample => load_bytes(SAMPLE, &job.monitor, &mut publish).map(|trace| (trace, None)),
        // Its bytes are not in the file any more.
        Source::Earlier { .. } => Err(io::Error::from(io::ErrorKind::NotFound).into()),
    });
    let mut worth = None;
    let answer = read.map(|(trace, fresh)| {
        worth = fresh.map(|fresh| (fresh, Arc::clone(&trace)));
        publisher.send(trace);
    });
    mailbox.send(Action::Worker(WorkerAction::LoadProgress(job.document, job.monitor.progress())));
    mailbox.send(Action::Worker(WorkerAction::LoadDone(job.document, answer)));
    if let Some((fresh, trace)) = worth {
        keep(fresh, trace);
    }
}

/// The date and time now, in the zone of this computer.
fn now() -> RecordedAt {
    let now = jiff::Zoned::now();
    RecordedAt { date: now.strftime("%Y-%m-%d").to_string(), time: now.strftime("%H:%M:%S").to_string() }
}

/// Whether it is something that can be read only once.
pub(super) fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|known| !known.is_file() && !known.is_dir())
}

/// Keeps a model on a thread that nobody waits for. Where that fails, the next load takes as long as this.
fn keep(fresh: Fresh, trace: Arc<Trace>) {
    drop(Builder::new().name("cache".into()).spawn(move || drop(fresh.keep(&trace))));
}

/// What came of reading; why nothing came of it, in a sentence.
pub(super) fn read_guarded<T>(read: impl FnOnce() -> Result<T>) -> std::result::Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(Error::Cancelled)) => Err("loading was stopped".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the reader failed (internal error); please report it along with the file".to_owned()),
    }
}

/// Does `work` while another thread calls `tell` again and again.
pub(super) fn watched<T>(tell: impl Fn() + Sync, work: impl FnOnce() -> T) -> T {
    let (ended, end) = channel::<()>();
    thread::scope(|scope| {
        let watch = || {
            let end = end;
            while end.recv_timeout(PROGRESS_EVERY) == Err(RecvTimeoutError::Timeout) {
                tell();
            }
        };
        // Without it nothing is told before the end.
        drop(Builder::new().name("progress".to_owned()).spawn_scoped(scope, watch));
        let done = work();
        drop(ended);
        done
    })
}

/// Sends snapshots, not too often, and none is lost that nothing follows. Cheap to clone.
#[derive(Clone)]
pub(super) struct Publisher {
    document: DocumentId,
    mailbox: Mailbox,
    inner: Arc<Mutex<Pending>>,
}

struct Pending {
    /// What waits to be sent.
    trace: Option<Arc<Trace>>,
    next: Instant,
    every: Duration,
    has_sent: bool,
}

impl Publisher {
    pub(super) fn new(document: DocumentId, mailbox: Mailbox) -> Self {
        let pending = Pending { trace: None, next: Instant::now(), every: SNAPSHOT_EVERY, has_sent: false };
        Self { document, mailbox, inner: Arc::new(Mutex::new(pending)) }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A newer snapshot, sent now or later.
    pub(super) fn offer(&self, trace: Arc<Trace>) {
        self.pending().trace = Some(trace);
        self.flush();
    }

    /// Sends what waits, if it is time.
    pub(super) fn flush(&self) {
        let mut pending = self.pending();
        if Instant::now() >= pending.next
            && let Some(trace) = pending.trace.take()
        {
            self.send_now(trace, &mut pending);
        }
    }

    /// The last snapshot, sent at once.
    pub(super) fn send(&self, trace: Arc<Trace>) {
        let mut pending = self.pending();
        pending.trace = None;
        self.send_now(trace, &mut pending);
    }

    /// At least this long between two snapshots from now on, and longer for large traces: each is a new
    /// one to those who answer questions about it.
    pub(super) fn slow_down(&self, every: Duration) {
        self.pending().every = every;
    }

    pub(super) fn has_sent(&self) -> bool {
        self.pending().has_sent
    }

    fn send_now(&self, trace: Arc<Trace>, pending: &mut Pending) {
        let begin = Instant::now();
        let trace = trace.shown();
        let settled = pending.every > SNAPSHOT_EVERY;
        let size = Duration::from_nanos(if settled { trace.totals().events * NANOS_PER_EVENT } else { 0 });
        let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
        self.mailbox.send(Action::Worker(WorkerAction::Snapshot(self.document, trace, rows)));
        pending.has_sent = true;
        pending.next = Instant::now() + pending.every.max(begin.elapsed() * 4).max(size);
    }
}
