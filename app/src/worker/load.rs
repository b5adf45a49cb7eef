//! Reading traces: a thread for each, another that tells of its progress.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use trace_core::base::error::Error;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;

use crate::action::action::Action;
use crate::cache::{Cache, Fresh};
use crate::sample::SAMPLE;
use crate::state::document::{DocumentId, Source};
use crate::state::rows::{GoroutineOrder, Rows};
use crate::worker::office::Mailbox;

/// Between two readings of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// At least this long between two snapshots, and longer if making rows takes longer.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(80);

/// A trace to read.
pub struct Job {
    /// Under whose name to tell of it.
    pub document: DocumentId,
    /// Where it is.
    pub source: Source,
    /// For progress, and to be stopped.
    pub monitor: Monitor,
    /// Where it may be found ready, and is kept.
    pub cache: Cache,
}

/// Reads on a thread of its own.
pub fn start(job: Job, mailbox: Mailbox) {
    let document = job.document;
    let answer = mailbox.clone();
    let spawned = Builder::new().name(format!("load {}", document.0)).spawn(move || {
        let (ended, end) = channel::<()>();
        let (monitor, watched) = (job.monitor.clone(), mailbox.clone());
        let watch = Builder::new().name(format!("progress {}", document.0)).spawn(move || {
            while end.recv_timeout(PROGRESS_EVERY) == Err(RecvTimeoutError::Timeout) {
                watched.send(Action::LoadProgress(document, monitor.progress()));
            }
        });
        run(&job, &mailbox);
        drop(ended);
        if let Ok(watch) = watch {
            // It only sleeps and sends: nothing to learn from how it ended.
            drop(watch.join());
        }
    });
    if let Err(error) = spawned {
        answer.send(Action::LoadDone(document, Err(format!("no thread could be started: {error}"))));
    }
}

/// Reads on the calling thread.
pub fn run(job: &Job, mailbox: &Mailbox) {
    let mut next = Instant::now();
    let mut publish = |trace: Arc<Trace>| {
        let begin = Instant::now();
        if begin >= next {
            send_snapshot(job.document, trace, mailbox);
            next = Instant::now() + SNAPSHOT_EVERY.max(begin.elapsed() * 4);
        }
    };
    let read = catch_unwind(AssertUnwindSafe(|| match &job.source {
        Source::Path(path) => {
            job.cache.load(path, &job.monitor, &mut publish).map(|loaded| (loaded.trace, loaded.fresh))
        }
        Source::Sample => load_bytes(SAMPLE, &job.monitor, &mut publish).map(|trace| (trace, None)),
    }));
    let mut worth = None;
    let answer = match read {
        Ok(Ok((trace, fresh))) => {
            worth = fresh.map(|fresh| (fresh, Arc::clone(&trace)));
            send_snapshot(job.document, trace, mailbox);
            Ok(())
        }
        Ok(Err(Error::Cancelled)) => Err("loading was stopped".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the reader met a fault of its own; please report it along with the file".to_owned()),
    };
    mailbox.send(Action::LoadProgress(job.document, job.monitor.progress()));
    mailbox.send(Action::LoadDone(job.document, answer));
    if let Some((fresh, trace)) = worth {
        keep(fresh, trace);
    }
}

/// Keeps a model on a thread that nobody waits for. Where that fails, the next load takes as long as this.
fn keep(fresh: Fresh, trace: Arc<Trace>) {
    drop(Builder::new().name("cache".into()).spawn(move || drop(fresh.keep(&trace))));
}

fn send_snapshot(document: DocumentId, trace: Arc<Trace>, mailbox: &Mailbox) {
    let rows = Arc::new(Rows::build(&trace, GoroutineOrder::default()));
    mailbox.send(Action::Snapshot(document, trace, rows));
}
