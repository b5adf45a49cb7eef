//! Procs that idle although goroutines are ready.

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, percent, place_name, time};
use crate::base::ids::{GoIx, ThreadIx};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::{Metric, Trace};

/// Runs on one thread from which on it is no chance.
const SURE: usize = 32;
/// Stretches looked at.
const COLUMNS: u32 = 8_192;
/// Runs of a goroutine, and of its thread, that are looked at.
const RUNS: usize = 1_000;

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    judge(scene).into_iter().collect()
}

fn judge(scene: &Scene<'_>) -> Option<Finding> {
    let range = scene.trace.range();
    let column = (range.nanos() / i64::from(COLUMNS)).max(1).unsigned_abs();
    let read = |metric: Metric| {
        let mut columns = Vec::new();
        scene.trace.metric(metric, range, COLUMNS, &mut columns);
        columns
    };
    let (ready, running) = (read(Metric::Runnable), read(Metric::Running));
    let (calls, procs) = (read(Metric::Syscalls), read(Metric::Procs));
    let (mut idle, mut longest, mut current, mut at) = (0u64, (0u64, 0u32), 0u64, 0u32);
    for (((ready, running), calls), procs) in ready.iter().zip(&running).zip(&calls).zip(&procs) {
        at += 1;
        let lowest_procs = procs.map_or(0, |procs| procs.0);
        let in_use = running.map_or(0, |running| running.1) + calls.map_or(0, |calls| calls.1);
        // All through the column somebody was ready and some proc was free.
        if ready.is_some_and(|ready| ready.0 > 0) && in_use < lowest_procs {
            idle += column;
            current += column;
            if current > longest.0 {
                longest = (current, at);
            }
        } else {
            current = 0;
        }
    }
    // A stopped world leaves procs idle, too.
    let stopped: u64 = scene.trace.spans(LaneId::Stw, range).map(|stop| stop.range.nanos().unsigned_abs()).sum();
    let idle = idle.saturating_sub(stopped);
    if scene.share(idle) < 0.02 || longest.0 < 500_000 {
        return None;
    }
    let (name, spot) = scene.census.runnable.iter().max_by_key(|(name, spot)| (spot.nanos, **name))?;
    let (go, wait) = spot.longest?;
    let stack = scene.trace.span_at(LaneId::Goroutine(go), wait.start).map(|span| span.start_stack);
    let place = stack.and_then(|stack| scene.places.own(stack));
    // On a machine that others use, too, such gaps are everywhere: a proc is not idle for want of work, its
    // thread for want of a processor. The program's own doing is a goroutine locked to a thread.
    let is_locked = has_own_thread(scene.trace, go);
    let limit = if is_locked && scene.share(idle) >= 0.1 { Severity::Severe } else { Severity::Note };
    let number = scene.trace.goroutine(go).map_or(0, |known| known.id.0);
    let most = match &place {
        Some(place) => format!("longest wait: g{number} at {}", place_name(Some(place))),
        None => format!("longest wait: g{number} of {}", scene.trace.str(*name)),
    };
    let title = format!(
        "For {} ({}) goroutines were ready while procs idled (longest {}); {}{}",
        time(idle),
        percent(idle, scene.duration),
        time(longest.0),
        most,
        if is_locked { ", locked to a thread of its own" } else { "" },
    );
    let end = range.start.plus_nanos(i64::from(longest.1).saturating_mul(column.cast_signed()));
    let stretch = TimeRange::new(end.plus_nanos(-longest.0.cast_signed()), end);
    Some(
        Finding::new(Kind::IdleProcs, title, idle, scene.duration, if is_locked { 0.75 } else { 0.1 })
            .int("idle_while_ready_ns", idle)
            .int("longest_ns", longest.0)
            .int("runnable_total_ns", spot.nanos)
            .culprit(scene.trace, place, stack.unwrap_or_default())
            .victim(scene.trace.str(*name), spot.count)
            .link(scene.trace, go, wait)
            .link(scene.trace, go, stretch)
            .at_most(limit),
    )
}

/// Whether a goroutine always ran on the same thread, and nobody else did there, from its second run on: it has
/// called `runtime.LockOSThread`. Below so many runs that may be chance.
fn has_own_thread(trace: &Trace, go: GoIx) -> bool {
    let runs = trace.spans(LaneId::Goroutine(go), trace.range()).filter(|span| span.state == GoState::Running);
    let runs: Vec<(ThreadIx, TraceTime)> = runs.take(RUNS).map(|span| (span.thread, span.range.start)).collect();
    let Some(&(thread, since)) = runs.get(1).filter(|_| runs.len() >= SURE) else { return false };
    let is_alone = || {
        let mut others = trace.spans(LaneId::Thread(thread), TimeRange::new(since, trace.range().end)).take(RUNS);
        others.all(|span| span.go == go || !span.go.is_some())
    };
    runs.iter().skip(1).all(|run| run.0 == thread) && is_alone()
}
