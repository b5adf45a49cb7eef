//! Procs that idle although goroutines are ready.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Act, Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::procs::IdleWhileReady;
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoroutineIdx, ThreadIdx};
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;
use crate::model::transitions::Transition;

/// Less than this part of the time, or no stretch of so many nanoseconds, is what it takes to wake a thread.
const LEAST_SHARE: f64 = 0.02;
const LEAST_STRETCH: u64 = 500_000;
/// Procs idle so long at a stretch while goroutines are runnable only where their threads get no CPU, ns.
const STARVED: u64 = 100_000_000;
/// Runs on one thread from which on it is no chance.
const SURE: usize = 32;
/// Runs in which a goroutine was passed over by a thread that could have run it, from which on it is no chance.
const PASSED: usize = 8;
/// How long after that a run must begin not to have been on its way already, ns.
const ON_ITS_WAY: i64 = 10_000;
/// Runs of a goroutine, and of its thread, that are looked at.
const RUNS: usize = 1_000;

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    judge(context, context.idle).into_iter().collect()
}

/// Whether procs idled so long beside runnable goroutines that their threads must have waited for CPUs: on a host that
/// other processes use, or with more procs than CPUs. A goroutine that the trace shows as running may then have waited
/// as well.
pub(crate) fn is_short_of_cpus(context: &Context<'_>) -> bool {
    let longest = context.idle.worst.first().map_or(0, |longest| longest.nanos().unsigned_abs());
    context.share(context.idle.nanos.0) >= LEAST_SHARE && longest >= LEAST_STRETCH
}

fn judge(context: &Context<'_>, idle: &IdleWhileReady) -> Option<Finding> {
    let longest = *idle.worst.first()?;
    let longest_ns = longest.nanos().unsigned_abs();
    if !is_short_of_cpus(context) {
        return None;
    }
    let (name, place_time) =
        context.workload.runnable.iter().max_by_key(|(name, place_time)| (place_time.nanos, **name))?;
    let (go, wait) = place_time.longest?;
    let stack = context.trace.span_at(LaneId::Goroutine(go), wait.start).map(|span| span.start_stack);
    let place = stack.and_then(|stack| context.places.own(stack));
    // On a machine that others use, too, such gaps are everywhere: a proc is not idle for want of work, its
    // thread for want of a CPU. The program's own doing is a goroutine locked to a thread.
    let is_locked = has_own_thread(context.trace, go);
    // That for so long no thread takes what lies there, a shared machine does not do.
    let is_starved = !is_locked && longest_ns >= STARVED && context.share(idle.nanos.0) >= 0.5;
    let limit = match () {
        () if is_locked && context.share(idle.nanos.0) >= 0.1 => Severity::Severe,
        () if is_starved => Severity::Warning,
        () => Severity::Note,
    };
    let first = go_name(context.trace, go);
    let mut evidence = Evidence::default();
    let total = evidence.time("idle_while_ready_ns", idle.nanos.0);
    let share = evidence.share("idle_share", context.share(idle.nanos.0));
    let longest_time = evidence.time("longest_ns", longest_ns);
    let who = match (&place, context.trace.str(*name)) {
        (Some(place), _) => format!("{first} at {}", place_name(Some(place))),
        (None, "") => first,
        (None, name) => format!("{first} ({name})"),
    };
    let waited = evidence.time("runnable_max_ns", wait.nanos().unsigned_abs());
    let title = format!(
        "Procs idle for {total} ({share}) while goroutines were runnable (longest {longest_time}); {who} waited up to \
         {waited}{}",
        match () {
            () if is_locked => ", always for the same thread, to which it is locked".to_owned(),
            () if is_starved => format!(
                "; the threads of idle procs probably got no CPU, with GOMAXPROCS {}",
                evidence.int("procs", context.load.procs)
            ),
            () => String::new(),
        },
    );
    let confidence = if is_locked {
        0.75
    } else if is_starved {
        0.6
    } else {
        0.1
    };
    let nanos = wait.nanos().unsigned_abs();
    let mut finding = Finding::new(Kind::IdleProcs, title, idle.nanos.0, context.duration, confidence)
        .with(evidence)
        .int("runnable_total_ns", place_time.nanos)
        .culprit(context.trace, place, stack.unwrap_or_default())
        .act(Some(Act { go, doing: StepKind::Runnable, within: wait, total: Nanos(nanos) }))
        .victim(context.trace.str(*name), context.goroutines(*name))
        .link(context.trace, go, wait);
    if let Some(waiting) = runnable_at(context, longest) {
        finding = finding.link(context.trace, waiting, longest);
    }
    if is_locked {
        finding = finding
            .cause(Cause::LockedToThread, Kind::IdleProcs.check())
            .inferred("the threads that the goroutine ran on, and those that did not take it");
    }
    if is_starved {
        finding = finding.inferred("how long procs were idle beside runnable goroutines").cause(
            Cause::ThreadsWithoutCpu,
            "Set GOMAXPROCS to the number of CPUs that the process may use, or find out what else keeps them busy.",
        );
    }
    Some(finding.at_most(limit))
}

/// The goroutine of the program that was runnable longest in the middle of a stretch.
fn runnable_at(context: &Context<'_>, range: TimeRange) -> Option<GoroutineIdx> {
    let middle = TraceTime(range.start.0 + range.nanos() / 2);
    let states = context.trace.states_at(middle).filter(|(_, span)| span.state == GoState::Runnable);
    states.min_by_key(|(go, span)| (span.range.start, *go)).map(|(go, _)| go)
}

/// Whether a goroutine is locked to a thread (`runtime.LockOSThread`), as far as its runs show: it always ran on the
/// same thread, on which nobody else did from its second run on, and threads that had made it ready and had nothing
/// else to do passed it over. (A goroutine that is not locked runs on the thread of its waker as soon as that one
/// blocks.) Below so many runs that may be chance.
fn has_own_thread(trace: &Trace, go: GoroutineIdx) -> bool {
    let moves: Vec<Transition> = trace.transitions(go, trace.range()).take(4 * RUNS).collect();
    let runs: Vec<(ThreadIdx, TraceTime)> = moves
        .iter()
        .filter(|found| found.span.state == GoState::Running)
        .map(|found| (found.span.thread, found.span.range.start))
        .take(RUNS)
        .collect();
    let Some(&(thread, since)) = runs.get(1).filter(|_| runs.len() >= SURE) else { return false };
    let is_alone = || {
        let mut others = trace.spans(LaneId::Thread(thread), TimeRange::new(since, trace.range().end)).take(RUNS);
        others.all(|span| span.go == go || !span.go.is_some())
    };
    let passed = || {
        let pairs = moves.windows(2).filter(|pair| matches!(pair, [ready, run] if was_passed_over(trace, ready, run)));
        pairs.count()
    };
    runs.iter().skip(1).all(|run| run.0 == thread) && is_alone() && passed() >= PASSED
}

/// Whether the goroutine that made another ready left its own thread before that one ran elsewhere.
fn was_passed_over(trace: &Trace, ready: &Transition, run: &Transition) -> bool {
    let (Some(LaneId::Goroutine(waker)), GoState::Runnable, GoState::Running) =
        (ready.by, ready.span.state, run.span.state)
    else {
        return false;
    };
    let Some(own) = trace.span_at(LaneId::Goroutine(waker), ready.span.range.start) else { return false };
    own.state == GoState::Running
        && own.thread != run.span.thread
        && own.range.end.plus_nanos(ON_ITS_WAY) <= run.span.range.start
}
