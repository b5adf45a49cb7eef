//! Who did the collector's work, where and when: mark workers, goroutines made to assist, sweeps.
//!
//! A mark worker is a goroutine started by `runtime.gcBgMarkWorker`, whatever labels say: since Go 1.26 labels of
//! workers turn up on other goroutines. A worker's own labels tell its mode; each run of it begins with one.

use rayon::prelude::*;

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::{SpecialKind, SpecialRange, Trace};

/// How a mark worker was meant to run (`runtime.gcMarkWorkerMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkerMode {
    /// It has a proc for itself.
    Dedicated,
    /// It makes up for what dedicated workers leave of the collector's quarter of all procs.
    Fractional,
    /// It uses a proc that has nothing else to do.
    Idle,
    /// The trace does not tell: it began before the trace did, or it starts up.
    Unlabelled,
}

impl WorkerMode {
    /// All modes, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Dedicated, Self::Fractional, Self::Idle, Self::Unlabelled];

    /// From the text of a label (`runtime.gcMarkWorkerModeStrings`).
    fn of_label(text: &str) -> Self {
        match text {
            "GC (dedicated)" => Self::Dedicated,
            "GC (fractional)" => Self::Fractional,
            "GC (idle)" => Self::Idle,
            _ => Self::Unlabelled,
        }
    }

    /// Its stable name, one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dedicated => "dedicated",
            Self::Fractional => "fractional",
            Self::Idle => "idle",
            Self::Unlabelled => "unlabelled",
        }
    }
}

/// A stretch of a mark worker on a proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerRun {
    /// The goroutine that is the mark worker.
    pub go: GoroutineIdx,
    /// The proc that it ran on.
    pub proc: ProcIdx,
    /// When, clipped to what was asked for.
    pub range: TimeRange,
    /// How it was meant to run.
    pub mode: WorkerMode,
}

/// A goroutine that is made to help marking, from begin to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assist {
    /// The goroutine that did the mark assist.
    pub go: GoroutineIdx,
    /// From begin to end; it may have waited in between.
    pub range: TimeRange,
    /// Where it began: what it allocated.
    pub stack: StackId,
    /// When and where it ran meanwhile, by time.
    pub runs: Vec<(ProcIdx, TimeRange)>,
}

impl Assist {
    /// How long it ran.
    #[must_use]
    pub fn run_time(&self) -> Nanos {
        self.runs.iter().map(|(_, range)| range.length()).sum()
    }
}

/// The goroutines that are mark workers, by index.
#[must_use]
pub fn workers(trace: &Trace) -> Vec<GoroutineIdx> {
    let names = (0..trace.string_count()).map(StrId).filter(|&name| is_worker(trace.str(name)));
    let mut workers: Vec<GoroutineIdx> = names.flat_map(|name| trace.goroutines_by_name(name)).collect();
    workers.sort_unstable();
    workers
}

/// Whether goroutines started with this function are mark workers. The second form is what `go` with arguments
/// makes of the first.
fn is_worker(function: &str) -> bool {
    function == "runtime.gcBgMarkWorker" || function.starts_with("runtime.gcBgMarkStartWorkers.gowrap")
}

/// When mark workers ran, by start. `None`: cancelled.
#[must_use]
pub fn worker_runs(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<WorkerRun>> {
    let of_one = |go: GoroutineIdx| {
        let labels: Vec<(TraceTime, WorkerMode)> =
            trace.labels(go).map(|(time, text)| (time, WorkerMode::of_label(trace.str(text)))).collect();
        let mut runs = Vec::new();
        for span in trace.spans(LaneId::Goroutine(go), range) {
            if monitor.is_cancelled() {
                return None;
            }
            let clipped = span.range.intersect(range);
            if span.state != GoState::Running || clipped.nanos() == 0 {
                continue;
            }
            // The label comes right after the start; a run without one goes on as the one before.
            let first = labels.partition_point(|label| label.0 < span.range.start);
            let own = labels.get(first).filter(|label| label.0 < span.range.end);
            let label = own.or_else(|| labels.get(first.checked_sub(1)?));
            let mode = label.map_or(WorkerMode::Unlabelled, |label| label.1);
            runs.push(WorkerRun { go, proc: span.proc, range: clipped, mode });
        }
        Some(runs)
    };
    let runs: Option<Vec<Vec<WorkerRun>>> = workers(trace).into_par_iter().map(of_one).collect();
    let mut runs = runs?.concat();
    runs.sort_unstable_by_key(|run| (run.range.start, run.go));
    Some(runs)
}

/// Mark assists that touch `range`, by start, whole ones, with what of them was running. `None`: cancelled.
#[must_use]
pub fn assists(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<Assist>> {
    let ranges = specials(trace, range, SpecialKind::MarkAssist);
    let assists: Option<Vec<Assist>> = ranges
        .into_par_iter()
        .map(|special| {
            if monitor.is_cancelled() {
                return None;
            }
            let spans = trace.spans(LaneId::Goroutine(special.go), special.range);
            let running = spans.filter(|span| span.state == GoState::Running);
            let runs = running.map(|span| (span.proc, span.range.intersect(special.range)));
            let mut runs: Vec<_> = runs.filter(|(_, range)| range.nanos() > 0).collect();
            // Most have a single one, of which there may be very many.
            runs.shrink_to_fit();
            Some(Assist { go: special.go, range: special.range, stack: special.stack, runs })
        })
        .collect();
    assists
}

/// Sweeps that touch `range`, by start. `go` is who swept (where the trace tells), `proc` where.
#[must_use]
pub fn sweeps(trace: &Trace, range: TimeRange) -> Vec<SpecialRange> {
    specials(trace, range, SpecialKind::Sweep)
}

/// All of a kind, by start. They are listed by the proc they began on; those that began before the trace may
/// have none.
fn specials(trace: &Trace, range: TimeRange, kind: SpecialKind) -> Vec<SpecialRange> {
    let procs = (0..trace.proc_count()).map(ProcIdx).chain(std::iter::once(ProcIdx::NONE));
    let all = procs.flat_map(|proc| trace.special_ranges(LaneId::Proc(proc), range));
    let mut found: Vec<SpecialRange> = all.filter(|special| special.kind == kind).collect();
    found.sort_by_key(|special| (special.range.start, special.proc, special.go));
    found
}
