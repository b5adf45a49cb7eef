//! Procs: what each was used for, how often it changed hands, and when procs were idle although goroutines were
//! ready.

use rayon::prelude::*;

use crate::analysis::runqueue_depth::{Ready, WindowDepth, by_window};
use crate::analysis::scope::{Scope, nanos_in, parts, united, without};
use crate::base::ids::{GoroutineIdx, ProcId, ProcIdx};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::no_cpu::Use;
use crate::model::proc_changes::ProcChange;
use crate::model::trace::{Metric, SpecialKind, Trace};

/// Stretches that are told one by one.
pub const WORST: usize = 50;

/// What a proc was used for. Nanoseconds; `running`, `syscall`, `looking`, `no_cpu`, `idle` and `unknown` sum to the
/// range exactly, the others lie inside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcTimes {
    /// The proc that is measured.
    pub proc: ProcIdx,
    /// The runtime's id of the proc.
    pub id: ProcId,
    /// It ran a goroutine.
    pub running: Nanos,
    /// Its goroutine was in a system call and held it.
    pub syscall: Nanos,
    /// A thread had it but ran no goroutine: it looked for work, or switched.
    pub looking: Nanos,
    /// A thread had it, but the operating system gave the process no CPU (see [`Trace::no_cpu`]).
    pub no_cpu: Nanos,
    /// No thread had it.
    pub idle: Nanos,
    /// It was not in use (GOMAXPROCS was lower, or it was not there yet), or the trace does not tell.
    pub unknown: Nanos,
    /// Of `running`: workers of the collector.
    pub gc: Nanos,
    /// Sweeping on the proc, inside of its other times, ns.
    pub sweep: Nanos,
    /// Of `looking` and `idle`: the world was stopped.
    pub stopped: Nanos,
    /// Threads took it so often.
    pub starts: u64,
    /// They let it go so often, having nothing to run.
    pub stops: u64,
    /// They let it go so often for a system call that would block.
    pub handovers: u64,
    /// It was taken away from a system call so often.
    pub steals: u64,
}

/// How long procs ran goroutines or sat with them in system calls, added over procs, nanoseconds: what "busy" means
/// everywhere. Time without a CPU is not.
#[must_use]
pub fn busy(trace: &Trace, range: TimeRange) -> u64 {
    with_cpu(trace, range, &[(SpanClass::Running, Use::Running), (SpanClass::Syscall, Use::Syscall)])
}

/// How long procs sat with goroutines in system calls, added over procs, nanoseconds. Time without a CPU is not among it.
#[must_use]
pub fn in_syscalls(trace: &Trace, range: TimeRange) -> u64 {
    with_cpu(trace, range, &[(SpanClass::Syscall, Use::Syscall)])
}

/// How long procs were used for something, added over procs, less what had no CPU.
fn with_cpu(trace: &Trace, range: TimeRange, uses: &[(SpanClass, Use)]) -> u64 {
    let procs = (0..trace.proc_count()).map(|at| LaneId::Proc(ProcIdx(at)));
    let of_lane = |lane: LaneId| -> u64 {
        let sums = trace.time_by_class(lane, range).nanos;
        let of = |class: SpanClass| sums.get(class as usize).copied().unwrap_or(0);
        uses.iter().map(|&(class, what)| of(class).saturating_sub(trace.no_cpu().nanos_as(lane, range, what))).sum()
    };
    procs.map(of_lane).sum()
}

/// Procs that idled while goroutines were ready, the world not being stopped and the process having a CPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdleWhileReady {
    /// For how long in all, nanoseconds.
    pub nanos: Nanos,
    /// How many stretches that were.
    pub count: u64,
    /// How long goroutines were ready meanwhile, added up, nanoseconds.
    pub waiting: Nanos,
    /// The longest stretches, longest first, at most [`WORST`].
    pub worst: Vec<TimeRange>,
}

/// What procs were used for, each and all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Procs {
    /// What is looked at.
    pub range: TimeRange,
    /// By the runtime's id.
    pub each: Vec<ProcTimes>,
    /// For how long the world was stopped, nanoseconds.
    pub stopped: Nanos,
    /// Procs that idled while goroutines were ready.
    pub idle_while_ready: IdleWhileReady,
    /// Smallest and largest GOMAXPROCS; `None` if the trace does not tell.
    pub limits: Option<(u64, u64)>,
}

/// When a proc was with a thread, and when it was idle though in use; each by time and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcUse {
    /// Some thread had it.
    pub with_thread: Vec<TimeRange>,
    /// Nobody had it, and it was one of the first GOMAXPROCS.
    pub idle: Vec<TimeRange>,
}

impl ProcUse {
    /// Of one proc within a range.
    #[must_use]
    pub fn of(trace: &Trace, proc: ProcIdx, range: TimeRange) -> Self {
        let (mut with_thread, mut idle) = (Vec::new(), Vec::new());
        for ownership in trace.proc_ownerships(proc, range) {
            if ownership.thread.is_some() { &mut with_thread } else { &mut idle }.push(ownership.range);
        }
        let idle = without(&united(idle), &out_of_use(trace, proc, range));
        Self { with_thread: united(with_thread), idle }
    }
}

/// When a proc was beyond GOMAXPROCS.
fn out_of_use(trace: &Trace, proc: ProcIdx, range: TimeRange) -> Vec<TimeRange> {
    let id = trace.proc_id(proc).0;
    let mut ranges = Vec::new();
    let mut since = None;
    for (time, limit) in trace.readings(Metric::Procs) {
        if limit <= id {
            since.get_or_insert(time);
        } else if let Some(start) = since.take() {
            ranges.push(TimeRange::new(start, time).intersect(range));
        }
    }
    ranges.extend(since.map(|start| TimeRange::new(start, TraceTime::MAX).intersect(range)));
    united(ranges)
}

/// When at least one proc was idle: by time, apart from each other.
#[must_use]
pub fn idle_ranges(trace: &Trace, range: TimeRange) -> Vec<TimeRange> {
    let of_proc = (0..trace.proc_count()).into_par_iter().map(|at| ProcUse::of(trace, ProcIdx(at), range).idle);
    united(of_proc.collect::<Vec<_>>().concat())
}

/// What procs were used for within a range. `None` if cancelled.
#[must_use]
pub fn procs(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Procs> {
    let range = trace.range().intersect(range);
    let stops = united(trace.spans(LaneId::Stw, range).map(|stop| stop.range.intersect(range)).collect());
    let mut found = Procs { range, stopped: total(&stops), ..Procs::default() };
    for proc in (0..trace.proc_count()).map(ProcIdx) {
        found.each.push(times_of(trace, proc, range, &stops));
    }
    add_collector(trace, range, &mut found.each, monitor)?;
    found.each.sort_by_key(|times| times.id);
    found.limits = limits(trace, range);
    // A process without a CPU could not take a proc either.
    let excused = united(stops.iter().chain(&trace.no_cpu().ranges).copied().collect());
    found.idle_while_ready = idle_beside_ready(trace, range, &excused, monitor)?;
    Some(found)
}

/// When procs idled while goroutines were ready, the world not being stopped. `None` if cancelled.
#[must_use]
pub fn idle_procs(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<IdleWhileReady> {
    let stops = united(trace.spans(LaneId::Stw, range).map(|stop| stop.range.intersect(range)).collect());
    idle_beside_ready(trace, range, &stops, monitor)
}

fn idle_beside_ready(
    trace: &Trace,
    range: TimeRange,
    stops: &[TimeRange],
    monitor: &Monitor,
) -> Option<IdleWhileReady> {
    idle_while_ready(trace, range, &without(&idle_ranges(trace, range), stops), monitor)
}

fn times_of(trace: &Trace, proc: ProcIdx, range: TimeRange, stops: &[TimeRange]) -> ProcTimes {
    let used = ProcUse::of(trace, proc, range);
    let by_class = trace.time_by_class(LaneId::Proc(proc), range).nanos;
    let class = |class: SpanClass| Nanos(by_class.get(class as usize).copied().unwrap_or(0));
    let without = |what: Use| Nanos(trace.no_cpu().nanos_as(LaneId::Proc(proc), range, what));
    let (running, syscall, idle) = (class(SpanClass::Running), class(SpanClass::Syscall), total(&used.idle));
    let looking = total(&used.with_thread).saturating_sub(running + syscall);
    let told = running + syscall + looking + idle;
    let [no_run, no_call, no_look] = [Use::Running, Use::Syscall, Use::Looking].map(without);
    let mut times = ProcTimes {
        proc,
        id: trace.proc_id(proc),
        running: running.saturating_sub(no_run),
        syscall: syscall.saturating_sub(no_call),
        looking: looking.saturating_sub(no_look),
        no_cpu: no_run.min(running) + no_call.min(syscall) + no_look.min(looking),
        idle,
        unknown: range.length().saturating_sub(told),
        gc: Nanos::ZERO,
        sweep: Nanos::ZERO,
        stopped: Nanos::ZERO,
        starts: 0,
        stops: 0,
        handovers: 0,
        steals: 0,
    };
    for stop in stops {
        let busy = trace.time_by_class(LaneId::Proc(proc), *stop).nanos;
        let busy: u64 = [SpanClass::Running, SpanClass::Syscall].iter().filter_map(|at| busy.get(*at as usize)).sum();
        let there = nanos_in(&used.with_thread, *stop) + nanos_in(&used.idle, *stop);
        times.stopped += Nanos(there.saturating_sub(busy));
    }
    for (_, change, _) in trace.proc_changes(proc, range) {
        match change {
            ProcChange::Announced => {}
            ProcChange::Started => times.starts += 1,
            ProcChange::Stopped => times.stops += 1,
            ProcChange::HandedOver => times.handovers += 1,
            ProcChange::Stolen => times.steals += 1,
        }
    }
    for sweep in trace.special_ranges(LaneId::Proc(proc), range).filter(|found| found.kind == SpecialKind::Sweep) {
        times.sweep += sweep.range.intersect(range).length();
    }
    times
}

/// What workers of the collector ran on each proc.
fn add_collector(trace: &Trace, range: TimeRange, each: &mut [ProcTimes], monitor: &Monitor) -> Option<()> {
    for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
        let is_worker =
            trace.goroutine_name(go).is_some_and(|(_, name)| trace.str(name).starts_with("runtime.gcBgMarkWorker"));
        if !is_worker {
            continue;
        }
        for span in trace.spans(LaneId::Goroutine(go), range).filter(|span| span.state == GoState::Running) {
            if monitor.is_cancelled() {
                return None;
            }
            if let Some(times) = each.get_mut(span.proc.index()) {
                times.gc += Nanos(trace.no_cpu().with_cpu(go, span.range.intersect(range)));
            }
        }
    }
    Some(())
}

/// Smallest and largest GOMAXPROCS in force within a range.
fn limits(trace: &Trace, range: TimeRange) -> Option<(u64, u64)> {
    let mut found: Option<(u64, u64)> = None;
    for (time, limit) in trace.readings(Metric::Procs) {
        if time >= range.end && found.is_some() {
            break;
        }
        let so_far = found.filter(|_| time > range.start).unwrap_or((limit, limit));
        found = Some((so_far.0.min(limit), so_far.1.max(limit)));
    }
    found
}

/// When procs idled while goroutines were ready: stretches with how long those waited, added up.
fn idle_while_ready(trace: &Trace, range: TimeRange, idle: &[TimeRange], monitor: &Monitor) -> Option<IdleWhileReady> {
    let pieces = Scope::during(range).pieces(trace);
    let look = |found: &mut Vec<(TimeRange, u64)>, rush: &WindowDepth<'_>| {
        let ready = rush.runqueue_depth.ranges();
        let parts = parts(idle, rush.range).flat_map(|idle| parts(&ready, idle));
        found.extend(parts.map(|part| (part, rush.runqueue_depth.within(part))));
    };
    let both = |mut one: Vec<(TimeRange, u64)>, mut other| {
        one.append(&mut other);
        one
    };
    let mut stretches = by_window(trace, Ready::Of(&pieces), monitor, (|_| false, |_, _, _| {}), look, both)?;
    // Each thread's are by time already, which this sort makes use of.
    stretches.sort_by_key(|stretch| stretch.0.start);
    // Those that go on in the next window are one.
    stretches.dedup_by(|next, last| {
        let goes_on = last.0.end == next.0.start;
        if goes_on {
            *last = (TimeRange::new(last.0.start, next.0.end), last.1 + next.1);
        }
        goes_on
    });
    let mut found = IdleWhileReady::default();
    for (part, waiting) in &stretches {
        found.nanos += part.length();
        found.count += 1;
        found.waiting += Nanos(*waiting);
    }
    let longest_first = |(part, _): &(TimeRange, u64)| (std::cmp::Reverse(part.nanos()), part.start);
    if stretches.len() > WORST {
        stretches.select_nth_unstable_by_key(WORST, longest_first);
        stretches.truncate(WORST);
    }
    stretches.sort_unstable_by_key(longest_first);
    found.worst = stretches.iter().map(|stretch| stretch.0).collect();
    Some(found)
}

fn total(ranges: &[TimeRange]) -> Nanos {
    ranges.iter().map(|range| range.length()).sum()
}
