//! `tracelane locks`: locks that the program probably has, who held them and who queued.

use serde::Serialize;
use trace_core::analysis::locks::{Hold, Lock, Site, locks};
use trace_core::base::ids::GoIx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{id_of, since_start};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::time::{duration, nanos, offset};
use crate::fmt::words::counted;

/// What the long help says.
pub const ABOUT: &str = "\
Traces do not record lock identity. A line that locks and a line that unlocks are taken to be of the same lock if a
wait at the first was ended at the second; the holder, and how long it held the lock, follow from these hand-overs.
All of it is inferred. Confidence falls with waits that were not ended by an unlock, and with holds that overlap
(several locks, locked at the same lines). Covers sync.Mutex, sync.RWMutex and sync.Once; a lock that no goroutine
waited for does not appear.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, basis, locks [{confidence, acquired_at and released_at [{function, file, line, on, count,
  total_ns}], waits, wait_total_ns, waits_since_before_trace (they have no stacks), wait_since_before_trace_ns,
  wait_max_ns, longest_wait {stretch}, goroutines, most_waiting, convoy_ns
  (three or more waiting), longest_queue_ns, longest_queue_start_ns, holds, held_ns, held_at_once,
  longest_holds [{stretch}] (at most 64), rwmutex {readers_ns, writers_ns (for readers), longest_writer_ns,
  behind_waiting_ns (readers, while a writer waited, too)} or null}]
  stretch {goroutine, start_ns, duration_ns, released_at or null, known (its beginning)}";

/// What every answer says of itself.
const BASIS: &str = "inferred from the stacks of waits and wakeups: traces do not record lock identity";
/// Holds told of in text.
const HOLDS: usize = 3;

/// Loads the file and prints its probable locks.
///
/// # Errors
/// When the file is unreadable, or has nothing of what is asked about.
pub fn run(args: &CommonArgs) -> CliResult {
    let trace = load(&args.file)?;
    let scope = args.scope.scope(&trace)?;
    // Nobody cancels.
    let mut found = locks(&trace, &scope.pieces(&trace), &Monitor::new()).unwrap_or_default();
    found.truncate(args.limit);
    let report = Report {
        file: args.file.display().to_string(),
        partial: is_damaged(&trace),
        basis: BASIS,
        locks: found.iter().map(|lock| Inferred::of(&trace, lock)).collect(),
    };
    answer(&trace, args.format(), &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are lost, so that waits and holds may be missing.
    pub partial: bool,
    /// How locks are known.
    pub basis: &'static str,
    /// Most waiting first.
    pub locks: Vec<Inferred>,
}

/// A lock that the program probably has.
#[derive(Clone, Debug, Serialize)]
pub struct Inferred {
    /// 0 to 1: how sure that this is one lock, and who held it.
    pub confidence: f64,
    /// Lines that lock it, most waiting first.
    pub acquired_at: Vec<Line>,
    /// Lines that unlock it.
    pub released_at: Vec<Line>,
    /// Waits.
    pub waits: u64,
    /// In sum.
    pub wait_total_ns: u64,
    /// Waits that began before the trace, which therefore has no stacks of them: they are in no line of `acquired_at`.
    pub waits_since_before_trace: u64,
    /// These in sum.
    pub wait_since_before_trace_ns: u64,
    /// The longest.
    pub wait_max_ns: u64,
    /// The longest.
    pub longest_wait: Stretch,
    /// Goroutines that waited.
    pub goroutines: u64,
    /// Most waiters at once.
    pub most_waiting: u32,
    /// Time in which three or more waited at once: a convoy.
    pub convoy_ns: u64,
    /// The longest time in which the queue never ran empty.
    pub longest_queue_ns: i64,
    /// When that began, from the start of the trace.
    pub longest_queue_start_ns: i64,
    /// Hand-overs after which somebody is known to have held it.
    pub holds: u64,
    /// How long, in sum.
    pub held_ns: u64,
    /// Most that seemed to hold it at once; more than one: several locks of the same code, or readers.
    pub held_at_once: u32,
    /// The longest holds, at most 64.
    pub longest_holds: Vec<Stretch>,
    /// Of an `RWMutex`; null of others.
    pub rwmutex: Option<Rw>,
}

/// A line that locks or unlocks.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Which.
    #[serde(flatten)]
    pub frame: Frame,
    /// What it calls: `sync.(*Mutex).Lock`.
    pub on: &'static str,
    /// Waits there, or ended from there.
    pub count: u64,
    /// These in sum.
    pub total_ns: u64,
}

/// A stretch of a goroutine.
#[derive(Clone, Debug, Serialize)]
pub struct Stretch {
    /// Whose.
    pub goroutine: i64,
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long.
    pub duration_ns: i64,
    /// Of a hold: `function (file:line)` that unlocked; null of a wait.
    pub released_at: Option<String>,
    /// Of a hold: its beginning is known; else it may have begun before.
    pub known: bool,
}

/// How readers and writers hold each other up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rw {
    /// Readers that waited.
    pub readers_ns: u64,
    /// Writers that waited for readers.
    pub writers_ns: u64,
    /// The longest wait of a writer.
    pub longest_writer_ns: u64,
    /// Readers that waited while a writer waited, too.
    pub behind_waiting_ns: u64,
}

impl Inferred {
    fn of(trace: &Trace, lock: &Lock) -> Self {
        Self {
            confidence: (lock.confidence * 100.0).round() / 100.0,
            acquired_at: lock.acquired.iter().map(Line::of).collect(),
            released_at: lock.released.iter().map(Line::of).collect(),
            waits: lock.count,
            wait_total_ns: lock.nanos,
            waits_since_before_trace: lock.prior,
            wait_since_before_trace_ns: lock.prior_ns,
            wait_max_ns: lock.max,
            longest_wait: Stretch::of(trace, lock.longest_wait),
            goroutines: lock.gos,
            most_waiting: lock.most_waiting,
            convoy_ns: lock.convoy_ns,
            longest_queue_ns: lock.longest_queue.nanos(),
            longest_queue_start_ns: since_start(trace, lock.longest_queue.start),
            holds: lock.holds,
            held_ns: lock.held_ns,
            held_at_once: lock.at_once,
            longest_holds: lock.longest_holds.iter().map(|hold| Stretch::of_hold(trace, lock, hold)).collect(),
            rwmutex: lock.rw.map(|rw| Rw {
                readers_ns: rw.readers_ns,
                writers_ns: rw.writers_ns,
                longest_writer_ns: rw.longest_writer_ns,
                behind_waiting_ns: rw.behind_waiting_ns,
            }),
        }
    }
}

impl Line {
    fn of(site: &Site) -> Self {
        Self { frame: Frame::from(&site.place), on: site.op.name(), count: site.count, total_ns: site.nanos }
    }
}

impl Stretch {
    fn of(trace: &Trace, (go, range): (GoIx, TimeRange)) -> Self {
        Self {
            goroutine: id_of(trace, go),
            start_ns: since_start(trace, range.start),
            duration_ns: range.nanos(),
            released_at: None,
            known: true,
        }
    }

    fn of_hold(trace: &Trace, lock: &Lock, hold: &Hold) -> Self {
        let site = lock.released.iter().find(|site| site.stack == hold.release).or_else(|| lock.released.first());
        let released_at = site.map(|site| Frame::from(&site.place).in_full());
        Self { released_at, known: hold.is_known, ..Self::of(trace, (hold.go, hold.range)) }
    }
}

impl Report {
    fn text(&self) -> Text {
        let mut text = Text::new();
        if self.locks.is_empty() {
            line(&mut text, "No goroutine of the program waited for a lock.");
            return text;
        }
        line(
            &mut text,
            &format!("Locks, {BASIS}.{}", if self.partial { " Partial: the trace is damaged." } else { "" }),
        );
        for lock in &self.locks {
            let released = || lock.released_at.first().map_or("", |site| site.on);
            let on =
                lock.acquired_at.first().map_or_else(|| format!("a lock ({})", released()), |site| site.on.to_owned());
            text.blank();
            line(
                &mut text,
                &format!(
                    "{} of {} for {on}, {} total (max {}), confidence {:.2}",
                    counted(lock.waits, "wait"),
                    counted(lock.goroutines, "goroutine"),
                    nanos(lock.wait_total_ns),
                    nanos(lock.wait_max_ns),
                    lock.confidence
                ),
            );
            if lock.waits_since_before_trace > 0 {
                let (waits, time) =
                    (counted(lock.waits_since_before_trace, "wait"), nanos(lock.wait_since_before_trace_ns));
                line(&mut text, &format!("  locked    at unknown lines, in {waits} ({time}) since before the trace"));
            }
            for (what, sites) in [("locked", &lock.acquired_at), ("unlocked", &lock.released_at)] {
                for site in sites.iter().take(4) {
                    line(
                        &mut text,
                        &format!("  {what:<9} at {}, {}", site.frame.in_full(), counted(site.count, "time")),
                    );
                }
            }
            lock.say_queue(&mut text);
            for hold in lock.longest_holds.iter().take(HOLDS) {
                let at_least = if hold.known { "" } else { "at least " };
                let release = hold.released_at.as_ref().map_or_else(String::new, |at| format!(", released at {at}"));
                line(
                    &mut text,
                    &format!(
                        "  held      by G{} for {at_least}{} at {}{release}",
                        hold.goroutine,
                        duration(hold.duration_ns),
                        offset(hold.start_ns)
                    ),
                );
            }
        }
        text
    }
}

impl Inferred {
    fn say_queue(&self, text: &mut Text) {
        let queue = duration(self.longest_queue_ns);
        let convoy = match self.convoy_ns {
            0 => String::new(),
            nanoseconds => format!("; three or more for {}: a convoy", nanos(nanoseconds)),
        };
        line(
            text,
            &format!("  queue     at most {} waiting, never empty for up to {queue}{convoy}", self.most_waiting),
        );
        if let Some(rw) = self.rwmutex {
            let told = format!(
                "  rwmutex   readers waited {}, {} of it behind a waiting writer; writers waited {} for readers \
                 (max {})",
                nanos(rw.readers_ns),
                nanos(rw.behind_waiting_ns),
                nanos(rw.writers_ns),
                nanos(rw.longest_writer_ns)
            );
            line(text, &told);
        }
        if self.held_at_once > 1 {
            line(
                text,
                &format!(
                    "  probably several locks, locked at the same lines: up to {} held at once",
                    self.held_at_once
                ),
            );
        }
    }
}
