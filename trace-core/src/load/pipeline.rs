//! The calling thread's part: keeps reader and workers busy, stitches what they send, publishes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError};
use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::base::warning::{Warning, WarningKind};
use crate::load::Publish;
use crate::load::message::Message;
use crate::load::message::Read;
use crate::load::message::{GenerationEnd, Work};
use crate::load::reader::ReaderChannels;
use crate::load::worker::{self, Shared};
use crate::model::stitch::{Before, Stitcher};
use crate::model::trace::Trace;
use crate::wire::v2::reader::STOPPED;

/// How often a wait for messages looks whether the load was cancelled.
const LOOK: Duration = Duration::from_millis(20);
/// The same on one of rayon's workers.
const NAP: Duration = Duration::from_millis(1);
/// A snapshot is published when there are this many times the events of the one before.
const GROWTH: f64 = 1.4;

/// The state of a load.
pub(crate) struct Pipeline {
    pub(crate) shared: Shared,
    messages: Receiver<Message>,
    sender: Sender<Message>,
    leaves: SyncSender<Vec<Vec<u8>>>,
    stitcher: Stitcher,
    /// What came too early, by generation.
    early: BTreeMap<usize, Vec<Work>>,
    /// Generations that workers have been given, and those that have been stitched.
    given: usize,
    stitched: usize,
    /// How the reader ended.
    read: Option<Result<()>>,
    /// Generations without content that are not counted yet.
    empty: u64,
    /// The reader's findings, until the generation they belong to is stitched.
    findings: BTreeMap<usize, Vec<Warning>>,
    published_events: u64,
    published_parts: usize,
    /// The source may make the reader wait: then all that is there is shown.
    is_live: bool,
    /// Somebody looks at snapshots.
    is_watched: bool,
    is_cancelled: bool,
    /// The trace takes all the memory that it may.
    is_full: bool,
}

impl Pipeline {
    /// A load, and the door for its reader.
    pub(crate) fn new(monitor: &Monitor) -> (Self, ReaderChannels) {
        // One for each worker: reading takes a fiftieth of what ordering does, and each is megabytes.
        let in_flight = rayon::current_num_threads().max(2);
        let (sender, messages) = mpsc::channel();
        let (leaves, taken) = mpsc::sync_channel(in_flight);
        for _ in 0..in_flight {
            // The channel has room for all of them.
            leaves.try_send(Vec::new()).unwrap_or_default();
        }
        let shared = Shared::new(monitor);
        let stitcher = Stitcher::new(shared.kinds.clone());
        let door = ReaderChannels { messages: sender.clone(), leaves: taken };
        let pipeline = Self {
            shared,
            messages,
            sender,
            leaves,
            stitcher,
            early: BTreeMap::new(),
            given: 0,
            stitched: 0,
            read: None,
            empty: 0,
            findings: BTreeMap::new(),
            published_events: 0,
            published_parts: 0,
            is_live: false,
            is_watched: true,
            is_cancelled: false,
            is_full: false,
        };
        (pipeline, door)
    }

    /// Of a source that may make the reader wait.
    pub(crate) fn live(self, is_live: bool) -> Self {
        Self { is_live, ..self }
    }

    /// For nobody who looks at snapshots.
    pub(crate) fn unwatched(self) -> Self {
        Self { is_watched: false, ..self }
    }

    /// Runs the load to its end.
    pub(crate) fn run(mut self, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
        rayon::in_place_scope(|scope| {
            while self.read.is_none() || self.stitched < self.given {
                let message = match self.next_message() {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                if self.is_cancelled || self.shared.monitor.is_cancelled() {
                    self.is_cancelled = true;
                    break;
                }
                match message {
                    None => {}
                    Some(Message::Read(read)) => self.on_read(read, scope),
                    Some(Message::Work(index, work)) => self.on_work(index, work, publish),
                }
                if self.is_full {
                    break;
                }
            }
            // Workers and reader notice that nobody listens.
            let (_sender, deaf) = mpsc::channel();
            self.messages = deaf;
        });
        self.conclude(publish)
    }

    /// Waits for a message. A caller that is itself one of rayon's workers does their work meanwhile: the
    /// others may all be waiting like this one.
    fn next_message(&self) -> std::result::Result<Message, RecvTimeoutError> {
        loop {
            match self.messages.try_recv() {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            match rayon::yield_now() {
                None => return self.messages.recv_timeout(LOOK),
                Some(rayon::Yield::Idle) => return self.messages.recv_timeout(NAP),
                Some(rayon::Yield::Executed) => {}
            }
        }
    }

    fn on_read<'s>(&mut self, read: Read, scope: &rayon::Scope<'s>) {
        match read {
            Read::Version(version) => self.stitcher.totals.version = version,
            Read::Part(part, warnings) => {
                let (index, shared, sender) = (self.given, self.shared.clone(), self.sender.clone());
                self.given += 1;
                self.findings.entry(index).or_default().extend(warnings);
                scope.spawn(move |_| worker::work(part, index, &shared, &sender));
            }
            Read::Empty(count) => self.empty += count,
            Read::End(result, warnings) => {
                self.findings.entry(self.given).or_default().extend(warnings);
                self.read = Some(result);
            }
        }
    }

    fn on_work(&mut self, index: usize, mut work: Work, publish: &mut Publish<'_>) {
        if let Work::End(end) = &mut work {
            // Its bytes are used up, whether its turn has come or not. The reader may have come to its end.
            self.leaves.try_send(std::mem::take(&mut end.chunks)).unwrap_or_default();
        }
        if index != self.stitched {
            self.early.entry(index).or_default().push(work);
            return;
        }
        self.stitch(work, publish);
        while !self.is_full
            && let Some(works) = self.early.remove(&self.stitched)
        {
            let index = self.stitched;
            for work in works {
                if !self.is_full {
                    self.stitch(work, publish);
                }
            }
            if self.stitched == index {
                break;
            }
        }
    }

    fn stitch(&mut self, work: Work, publish: &mut Publish<'_>) {
        match work {
            Work::Head(head) => {
                let findings = self.findings.remove(&self.stitched).unwrap_or_default();
                self.stitcher.warn(findings);
                self.stitcher.begin(&head);
                if head.border == Before::DataGap {
                    self.stitcher.expect_gap();
                }
            }
            Work::Segment(draft) => {
                self.shared.monitor.add(0, draft.events, 0);
                self.stitcher.segment(*draft);
                let limit = self.shared.monitor.memory_limit();
                self.is_full = limit.is_some_and(|limit| self.stitcher.memory() > limit);
                self.publish_if_grown(publish);
            }
            Work::End(end) => self.end_generation(end, publish),
        }
    }

    fn end_generation(&mut self, end: GenerationEnd, publish: &mut Publish<'_>) {
        let GenerationEnd { warnings, gaps, number, offset, bytes, result, .. } = end;
        // What is lost first: that is what matters most.
        self.stitcher.add_gaps(gaps, number, offset);
        self.stitcher.warn(warnings);
        self.stitcher.end();
        self.stitcher.count_empty(std::mem::take(&mut self.empty));
        self.stitcher.totals.bytes += bytes;
        self.stitched += 1;
        self.is_cancelled |= result.is_err();
        self.shared.monitor.add(bytes, 0, 1);
        self.publish_if_grown(publish);
    }

    fn publish_if_grown(&mut self, publish: &mut Publish<'_>) {
        if !self.is_watched {
            return;
        }
        let events = self.stitcher.totals.events;
        let grown = events as f64 >= self.published_events as f64 * GROWTH && !self.is_near_end();
        let waiting = self.is_live && self.stitched == self.given && self.stitched > self.published_parts;
        if !self.stitcher.is_empty() && (grown || waiting) {
            self.published_events = events.max(1);
            self.published_parts = self.stitched;
            publish(Arc::new(self.stitcher.snapshot(false)));
        }
    }

    /// Whether the whole trace comes soon. A snapshot has tables of its own, which would come on top of nearly all
    /// that the trace takes.
    fn is_near_end(&self) -> bool {
        let progress = self.shared.monitor.progress();
        let is_most = progress.bytes_done.saturating_mul(3) >= progress.bytes_total.saturating_mul(2);
        is_most && progress.bytes_total > 0 && !self.is_live
    }

    /// Says that the trace has become too large for the memory that there is, and where it ends therefore.
    fn warn_of_memory(&mut self) {
        let limit = self.shared.monitor.memory_limit().unwrap_or(0);
        let progress = self.shared.monitor.progress();
        let share = (100 * progress.bytes_done).checked_div(progress.bytes_total);
        let part = share.map_or_else(String::new, |share| format!(", about {share} % of it"));
        let message = format!(
            "the trace takes more memory than there is for it ({} MB); what is shown is its beginning{part}",
            limit / 1_000_000
        );
        let offset = self.stitcher.totals.bytes;
        self.stitcher.warn([Warning { kind: WarningKind::Limit, message, offset, generation: 0, gap: None, count: 1 }]);
    }

    fn conclude(mut self, publish: &mut Publish<'_>) -> Result<Arc<Trace>> {
        // What waits for its turn is not shown any more, and nothing is built any more.
        self.early.clear();
        self.shared.forget_scratch();
        if self.is_full {
            self.warn_of_memory();
            let trace = Arc::new(self.stitcher.snapshot(false));
            publish(Arc::clone(&trace));
            return Ok(trace);
        }
        if self.is_cancelled {
            if self.stitcher.is_empty() {
                return Err(Error::Cancelled);
            }
            return Ok(Arc::new(self.stitcher.snapshot(false)));
        }
        let findings = std::mem::take(&mut self.findings);
        let is_foreign = |warning: &Warning| warning.kind == WarningKind::SkippedBytes;
        let all = || findings.values().flatten();
        let stopped = all().find(|warning| warning.message.starts_with(STOPPED)).map(|warning| warning.message.clone());
        let nothing = match stopped {
            Some(why) => Error::StoppedReading { why },
            None if all().any(is_foreign) => Error::NothingReadable,
            None => Error::Empty,
        };
        self.stitcher.warn(findings.into_values().flatten());
        match self.read.take() {
            Some(Err(error)) if self.stitcher.is_empty() => return Err(error),
            Some(Err(error)) => self.stitcher.warn([Warning {
                kind: WarningKind::Truncated,
                message: format!("reading stopped: {error}"),
                offset: self.stitcher.totals.bytes,
                generation: 0,
                gap: None,
                count: 1,
            }]),
            Some(Ok(())) | None if self.stitcher.is_empty() => return Err(nothing),
            Some(Ok(())) | None => {}
        }
        self.stitcher.count_empty(self.empty);
        let trace = Arc::new(self.stitcher.snapshot(true));
        publish(Arc::clone(&trace));
        Ok(trace)
    }
}
