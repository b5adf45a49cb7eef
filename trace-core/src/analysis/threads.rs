//! Threads: how long each had a proc, ran Go code, and sat in system calls; how many were busy over time.

use rayon::prelude::*;

use crate::analysis::goroutines::held;
use crate::analysis::series::Buckets;
use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadId, ThreadIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::no_cpu::Use;
use crate::model::trace::Trace;

/// Goroutines that one task of a parallel pass takes.
const CHUNK: u32 = 256;
/// Buckets that the range is cut into.
pub const BUCKETS: usize = 240;

/// What a thread did. Nanoseconds; `running`, `syscall`, `looking` and `no_cpu` sum to `with_proc`, and with
/// `blocked` and `nothing` to the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadTimes {
    /// The thread that is measured.
    pub thread: ThreadIdx,
    /// The operating system's id of the thread.
    pub id: ThreadId,
    /// It had a proc.
    pub with_proc: u64,
    /// It ran a goroutine.
    pub running: u64,
    /// In system calls, holding its proc.
    pub syscall: u64,
    /// It had a proc but ran no goroutine: it looked for work, or switched.
    pub looking: u64,
    /// It had a proc, but the operating system gave the process no CPU (see [`Trace::no_cpu`]).
    pub no_cpu: u64,
    /// In system calls, its proc gone.
    pub blocked: u64,
    /// Nothing the trace tells of: parked, not there yet, gone, or in code that is not Go's.
    pub nothing: u64,
    /// It took a proc so often.
    pub starts: u64,
}

/// Threads in a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// What is looked at.
    pub range: TimeRange,
    /// Most time with a proc first.
    pub each: Vec<ThreadTimes>,
    /// The buckets of the series.
    pub buckets: Buckets,
    /// Nanoseconds with a proc, all threads, by bucket. Divided by a bucket's width: how many at once.
    pub with_proc: Vec<u64>,
    /// Nanoseconds in system calls without a proc, all threads, by bucket.
    pub blocked: Vec<u64>,
}

/// What threads did within a range. `None` if cancelled.
#[must_use]
pub fn threads(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Threads> {
    let range = trace.range().intersect(range);
    let buckets = Buckets::over(range, BUCKETS);
    let (mut had, mut lacked) = (vec![0; buckets.count], vec![0; buckets.count]);
    let count = trace.thread_count() as usize;
    let (mut with, mut without, mut starts) = (vec![0u64; count], vec![0u64; count], vec![0u64; count]);
    for proc in (0..trace.proc_count()).map(ProcIdx) {
        for ownership in trace.proc_ownerships(proc, range) {
            if let Some(sum) = with.get_mut(ownership.thread.index()) {
                *sum += ownership.range.nanos().unsigned_abs();
                buckets.spread(&mut had, ownership.range);
            }
        }
        for (_, _, thread) in trace.proc_changes(proc, range) {
            if let Some(count) = starts.get_mut(thread.index()) {
                *count += 1;
            }
        }
    }
    for (thread, call) in blocking_calls(trace, range, monitor)? {
        buckets.spread(&mut lacked, call);
        if let Some(sum) = without.get_mut(thread.index()) {
            *sum += call.nanos().unsigned_abs();
        }
    }
    let mut each: Vec<ThreadTimes> = (0..trace.thread_count())
        .map(ThreadIdx)
        .map(|thread| {
            let of = |sums: &[u64]| sums.get(thread.index()).copied().unwrap_or(0);
            let by_class = trace.time_by_class(LaneId::Thread(thread), range).nanos;
            let class = |class: SpanClass| by_class.get(class as usize).copied().unwrap_or(0);
            let (with_proc, blocked) = (of(&with), of(&without));
            let running = class(SpanClass::Running).min(with_proc);
            let syscall = class(SpanClass::Syscall).saturating_sub(blocked).min(with_proc - running);
            let looking = with_proc - running - syscall;
            let without = |what: Use| trace.no_cpu().nanos_as(LaneId::Thread(thread), range, what);
            let [no_run, no_call, no_look] = [Use::Running, Use::Syscall, Use::Looking].map(without);
            ThreadTimes {
                thread,
                id: trace.thread_id(thread),
                with_proc,
                running: running.saturating_sub(no_run),
                syscall: syscall.saturating_sub(no_call),
                looking: looking.saturating_sub(no_look),
                no_cpu: no_run.min(running) + no_call.min(syscall) + no_look.min(looking),
                blocked,
                nothing: range.nanos().unsigned_abs().saturating_sub(with_proc + blocked),
                starts: of(&starts),
            }
        })
        .collect();
    each.sort_by_key(|times| (std::cmp::Reverse(times.with_proc), times.thread));
    Some(Threads { range, each, buckets, with_proc: had, blocked: lacked })
}

/// The parts of system calls without a proc, with the thread that was in them. `None` if cancelled.
fn blocking_calls(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<(ThreadIdx, TimeRange)>> {
    let chunks = trace.goroutine_count().div_ceil(CHUNK);
    let found = (0..chunks).into_par_iter().fold(Vec::new, |mut found, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(trace.goroutine_count()) {
                add_blocking_calls(trace, GoroutineIdx(at), range, &mut found);
            }
        }
        found
    });
    let found = found.reduce(Vec::new, |mut one, other| {
        one.extend(other);
        one
    });
    (!monitor.is_cancelled()).then_some(found)
}

fn add_blocking_calls(trace: &Trace, go: GoroutineIdx, range: TimeRange, found: &mut Vec<(ThreadIdx, TimeRange)>) {
    let losses = trace.proc_losses(go);
    let mut calls = Vec::new();
    trace.state_intervals(go, range, |stretch| {
        if stretch.state == GoState::Syscall {
            let held = held(stretch, losses.first_in(stretch.range));
            let lacks = TimeRange::new(held.end.max(stretch.range.start), stretch.range.end).intersect(range);
            if lacks.nanos() > 0 {
                calls.push((stretch.range.start, lacks));
            }
        }
    });
    for (start, lacks) in calls {
        let thread = trace.span_at(LaneId::Goroutine(go), start).map_or(ThreadIdx::NONE, |span| span.thread);
        found.push((thread, lacks));
    }
}
