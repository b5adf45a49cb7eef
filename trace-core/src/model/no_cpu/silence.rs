//! Silences: stretches without a single event. A program that waits is silent, and so is one that computes for a
//! short while; the signs kept here tell those from a process that got no CPU.
//!
//! While goroutines run, the runtime is never silent for long: its monitor thread (`sysmon`) looks every 10 ms at
//! the latest, preempts a goroutine that has run for 10 ms and takes the proc of a system call that lasts as long.
//! A goroutine alone in a loop shows an event every 20 ms. Only code that cannot be preempted (assembly, a page
//! fault, the GC's own workers) is silent for longer, each on a proc of its own.

use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::no_cpu::times::Use;
use crate::model::proc_changes::ProcChange;
use crate::model::spans::Span;
use crate::model::trace::{Metric, Trace};

/// Shorter silences are not looked at, ns.
const SHORTEST: i64 = 10_000_000;
/// Silences that goroutines which run could explain must be longer than this, ns: what is healthy lasts 20.0 to
/// 20.4 ms, and 21.5 ms where the machine is busy.
const SHORTEST_RUN: i64 = 24_000_000;
/// Procs looked at, over all silences: what a made-up trace can cost.
const MOST_LOOKS: usize = 1_000_000;
/// Time before a silence in which procs are asked for what they usually do, ns.
const BEFORE: i64 = 100_000_000;
/// After a silence, those that had no CPU show an event within this time, ns.
const SOON: i64 = 5_000_000;
/// Spans on a proc since the silence before (within [`BEFORE`]) from which on what it runs is known to show events.
const LIVELY: u64 = 6;

/// A proc in use all through a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) proc: ProcIdx,
    pub(crate) thread: ThreadIdx,
    /// Whose run or call; none if its thread looked for work.
    pub(crate) go: GoroutineIdx,
    pub(crate) what: Use,
    /// Since when: of a run, it may have lost its CPU then, while others still ran.
    pub(crate) since: TraceTime,
}

/// A stretch without events in which something should have happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Silence {
    pub(crate) range: TimeRange,
    /// Procs with a thread.
    pub(crate) held: Vec<Held>,
    /// The scheduler stood still: goroutines were runnable and a proc was idle, or one looked for work.
    pub(crate) is_scheduler_still: bool,
    /// The monitor thread stood still: a system call kept its proc.
    pub(crate) is_monitor_still: bool,
    /// All that ran stopped soon after it, on procs that are seldom without events.
    pub(crate) is_cut_short: bool,
    pub(crate) runs: u64,
}

impl Silence {
    /// Nothing that computes explains it: neither one that cannot be preempted nor several at once. (A system call
    /// alone, while all others wait, may just be long.)
    pub(crate) const fn is_certain(&self) -> bool {
        self.is_cut_short && (self.is_scheduler_still || self.runs > 1 || (self.is_monitor_still && self.runs > 0))
    }

    /// Some part of the runtime stood still.
    pub(crate) const fn is_runtime_still(&self) -> bool {
        self.is_scheduler_still || self.is_monitor_still
    }

    /// Its length in nanoseconds.
    pub(crate) const fn nanos(&self) -> u64 {
        self.range.nanos().unsigned_abs()
    }
}

/// All silences of a trace in which something should have happened, in time order.
pub(crate) fn silences(trace: &Trace) -> Vec<Silence> {
    let most = MOST_LOOKS / (trace.proc_count() as usize).max(1);
    let calms = trace.calms(SHORTEST).into_iter().take(most);
    let mut found: Vec<Silence> = Vec::new();
    for range in calms.flat_map(|calm| pieces(trace, calm)) {
        let before = found.last().map_or(TraceTime::MIN, |last| last.range.end);
        found.extend(look(trace, range, before));
    }
    found
}

/// A stretch without state changes of goroutines, cut at all other events.
fn pieces(trace: &Trace, calm: TimeRange) -> Vec<TimeRange> {
    let mut times: Vec<TraceTime> = Vec::new();
    for metric in [Metric::HeapLive, Metric::HeapGoal, Metric::Procs] {
        times.extend(trace.readings_within(metric, calm).map(|reading| reading.0));
    }
    let samples = trace.all_samples();
    let first = samples.partition_point(|sample| sample.time < calm.start);
    times.extend(samples.iter().skip(first).map(|sample| sample.time).take_while(|&time| time < calm.end));
    for lane in [LaneId::Gc, LaneId::Stw] {
        times.extend(trace.spans(lane, calm).flat_map(|span| [span.range.start, span.range.end]));
    }
    for proc in (0..trace.proc_count()).map(ProcIdx) {
        times.extend(trace.proc_changes(proc, calm).map(|change| change.0));
        times.extend(marks(trace, LaneId::Proc(proc), calm));
        let is_held = trace.proc_ownerships(proc, calm).any(|ownership| ownership.thread.is_some());
        let Some(span) = trace.span_at(LaneId::Proc(proc), calm.start).filter(|_| is_held) else { continue };
        times.extend(marks(trace, LaneId::Goroutine(span.go), calm));
        let regions = trace.regions(span.go, calm);
        times.extend(regions.flat_map(|region| [region.range.start, region.range.end]));
        times.extend(trace.logs(span.go, calm).map(|log| log.time));
    }
    times.retain(|&time| calm.start < time && time < calm.end);
    times.push(calm.end);
    times.sort_unstable();
    let mut start = calm.start;
    let mut pieces = Vec::new();
    for time in times {
        if time.nanos_since(start) > SHORTEST {
            pieces.push(TimeRange::new(start, time));
        }
        start = time;
    }
    pieces
}

/// Where mark assists and sweeps begin and end.
fn marks(trace: &Trace, lane: LaneId, range: TimeRange) -> impl Iterator<Item = TraceTime> {
    trace.special_ranges(lane, range).flat_map(|special| [special.range.start, special.range.end])
}

/// What the procs were in. `None` if nothing was due to happen, or the trace is damaged there. `before`: where the
/// silence before it ended.
fn look(trace: &Trace, range: TimeRange, before: TraceTime) -> Option<Silence> {
    let is_damaged = trace.thread_gaps().iter().any(|gap| gap.range.intersect(range).nanos() > 0)
        || trace.gaps().any(|gap| gap.intersect(range).nanos() > 0);
    if is_damaged {
        return None;
    }
    let middle = range.start.plus_nanos(range.nanos() / 2);
    let limit = trace.reading_at(Metric::Procs, middle).unwrap_or(u64::MAX);
    let (mut held, mut runs, mut is_proc_idle) = (Vec::new(), Vec::new(), false);
    for proc in (0..trace.proc_count()).map(ProcIdx) {
        // It does not change hands in a silence.
        let Some(ownership) = trace.proc_ownerships(proc, range).next().filter(|ownership| ownership.range == range)
        else {
            continue;
        };
        if !ownership.thread.is_some() {
            is_proc_idle |= trace.proc_id(proc).0 < limit;
            continue;
        }
        let span = trace.span_at(LaneId::Proc(proc), middle);
        let what = match span.map(|span| span.state) {
            None => Use::Looking,
            Some(GoState::Syscall) => Use::Syscall,
            Some(_) => Use::Running,
        };
        let (go, since) = span.map_or((GoroutineIdx::NONE, range.start), |span| (span.go, span.range.start));
        held.push(Held { proc, thread: ownership.thread, go, what, since });
        runs.extend(span.filter(|_| what == Use::Running));
    }
    let is = |what: Use| held.iter().any(|held| held.what == what);
    let is_looking = held.iter().any(|held| held.what == Use::Looking && is_ever_idle(trace, held.proc));
    // In a stopped world procs and runnable goroutines wait for the last one to stop, and the monitor thread sleeps.
    let is_stopped = trace.span_at(LaneId::Stw, middle).is_some();
    let is_scheduler_still = !is_stopped && (is_looking || (is_proc_idle && is_any_runnable(trace, range)));
    let is_monitor_still = !is_stopped && is(Use::Syscall) && range.nanos() > SHORTEST_RUN;
    let silence = Silence {
        range,
        is_scheduler_still,
        is_monitor_still,
        is_cut_short: runs.iter().all(|run| is_cut_short(trace, run, range, before)),
        runs: runs.len() as u64,
        held,
    };
    let is_due = silence.is_runtime_still() || (silence.is_cut_short && silence.runs > 1);
    (is_due || (range.nanos() > SHORTEST_RUN && silence.runs > 0)).then_some(silence)
}

/// Whether a proc is let go where its thread finds nothing to run. (A trace made by hand may leave that out.)
fn is_ever_idle(trace: &Trace, proc: ProcIdx) -> bool {
    trace.proc_changes(proc, trace.range()).any(|change| change.1 == ProcChange::Stopped)
}

/// Whether goroutines were runnable all through a silence.
fn is_any_runnable(trace: &Trace, range: TimeRange) -> bool {
    let inside = TimeRange::new(range.start.plus_nanos(1), range.end.plus_nanos(-1));
    let mut columns = Vec::new();
    trace.metric(Metric::Runnable, inside, 1, &mut columns);
    columns.first().copied().flatten().is_some_and(|(low, _)| low > 0)
}

/// Whether a run stopped soon after a silence, on a proc that showed many events since the silence before it. The
/// GC's workers run without an event for as long as they mark.
fn is_cut_short(trace: &Trace, run: &Span, range: TimeRange, before: TraceTime) -> bool {
    let is_worker = || {
        let name = trace.goroutine_name(run.go).map_or("", |(_, name)| trace.str(name));
        name.starts_with("runtime.gcBgMarkWorker")
    };
    let lately = TimeRange::new(before.max(range.start.plus_nanos(-BEFORE)), range.start);
    let spans = || trace.time_by_class(LaneId::Proc(run.proc), lately).spans.iter().sum::<u64>();
    run.range.end.nanos_since(range.end) <= SOON && !is_worker() && spans() >= LIVELY
}
