//! Goroutines that spin: they poll in a loop with next to nothing in between, instead of blocking. Traces show two kinds:
//! loops around `runtime.Gosched`, since each yield is recorded, and, by CPU samples, loops around operations that do
//! not block (`select` with `default`, `TryLock`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Act, Evidence, Finding, Kind, Severity};
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::place_name;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::yields::Yields;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Fewer yields, or samples, are no loop.
const FEWEST_YIELDS: u64 = 1_000;
const FEWEST_SAMPLES: u64 = 20;
/// Longest run between two yields, on average, that counts as spinning, ns.
const LONGEST_RUN: u64 = 20_000;
/// The same of goroutines that do nothing which others could notice: they may poll, or compute and let others have a turn.
const LONGEST_LOOP: u64 = 1_000_000;
/// They take at least such a part of the procs' time,
const PART: f64 = 0.2;
/// and wake somebody at most once in so many yields.
const WAKES: usize = 100;
/// Share of the trace that a goroutine must spend so.
const SHARE: f64 = 0.1;
/// Share of a function's samples in operations that do not block, from which on the function does little else.
const MOSTLY: f64 = 0.25;
/// Part of a goroutine's preemptions, and of the trace.
const HALF: f64 = 0.5;
/// Part of the trace for which it may wait.
const LITTLE: f64 = 0.01;
/// Others wait for a proc for so large a part of the trace, total over goroutines, that the spinning is their trouble.
const CROWDED_OUT: f64 = 0.1;

/// See [`blocks`].
const BLOCKS: u64 = 10;
/// Spans of a goroutine that are looked at to see whether it waits.
const SPANS: usize = 50_000;
/// Goroutines that were runnable meanwhile, of which the finding knows.
const AFFECTED: usize = 64;

const CHECK: &str = "Block instead of polling: receive from a channel, wait on a sync.Cond, select without default, or call \
                     Lock instead of TryLock.";

const CHECK_LOOP: &str = "If this loop waits for something, block instead: receive from a channel, or wait on a sync.Cond. If it \
                          computes, let fewer goroutines do so than there are procs.";

/// Operations that return at once whether or not they could be done.
const NON_BLOCKING: &[&str] = &[
    "runtime.selectnbrecv",
    "runtime.selectnbsend",
    "sync.(*Mutex).TryLock",
    "internal/sync.(*Mutex).TryLock",
    "sync.(*RWMutex).TryLock",
    "sync.(*RWMutex).TryRLock",
];

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut found = yielding(context);
    let polling = polling(context);
    // Samples tell more than preemptions.
    found.extend(if polling.is_empty() { never_waiting(context) } else { polling });
    found
}

/// Loops around `runtime.Gosched`, by function.
fn yielding(context: &Context<'_>) -> Vec<Finding> {
    let mut stacks: Vec<(&StackId, &Yields)> = context.workload.yields.iter().collect();
    stacks.sort_by_key(|(stack, _)| **stack);
    // The function, with the stack of most yields.
    let mut loops: BTreeMap<u32, (StackId, u64, Yields)> = BTreeMap::new();
    let mut runnable = 0;
    for (&stack, yields) in stacks {
        runnable += yields.runnable;
        let Some(function) = context.places.own_function(stack) else { continue };
        let sum = loops.entry(function).or_insert((stack, 0, Yields::default()));
        if yields.count > sum.1 {
            (sum.0, sum.1) = (stack, yields.count);
        }
        sum.2.merge(yields.clone());
    }
    let others = context.load.runnable.0.saturating_sub(runnable);
    loops.into_values().filter_map(|(stack, _, yields)| judge(context, stack, &yields, others)).collect()
}

/// `others`: how long goroutines were runnable without having yielded, total, ns.
fn judge(context: &Context<'_>, stack: StackId, yields: &Yields, others: u64) -> Option<Finding> {
    let mean = yields.running / yields.count.max(1);
    let &(go, spent, range) = yields.gos.iter().max_by_key(|(go, nanos, _)| (*nanos, std::cmp::Reverse(*go)))?;
    if yields.count < FEWEST_YIELDS || mean > LONGEST_LOOP || context.share(spent) < SHARE {
        return None;
    }
    let polls = mean <= LONGEST_RUN;
    let room = context.load.procs * context.duration;
    let is_loop = || yields.running as f64 >= PART * room as f64 && !is_noticed(context, go, range);
    if blocks(context, go, range) || !polls && !is_loop() {
        return None;
    }
    let (what, cause, check) = match polls {
        true => ("spinning on", Cause::GoschedLoop, CHECK),
        false => ("in a busy loop around", Cause::YieldLoop, CHECK_LOOP),
    };
    let place = context.places.own(stack)?;
    let per_second = u128::from(yields.count) * 1_000_000_000 / u128::from(context.duration.max(1));
    let mut evidence = Evidence::default();
    let title = format!(
        "{} {what} runtime.Gosched at {}: {} ({} per second), running for {} in between on average; {} running \
         total, {} of the procs' time, without what the scheduler does for each yield{}",
        evidence.count("spinning", yields.goroutines, "goroutine"),
        place_name(Some(&place)),
        evidence.count("yields", yields.count, "yield"),
        evidence.whole("yields_per_second", u64::try_from(per_second).unwrap_or(u64::MAX)),
        evidence.time("run_mean_ns", mean),
        evidence.time("spin_running_ns", yields.running),
        evidence.share("spin_share", yields.running as f64 / room.max(1) as f64),
        waiting(others, &mut evidence),
    );
    let gos: Vec<GoroutineIdx> = yields.gos.iter().map(|known| known.0).collect();
    let act = act(context, go, range);
    let finding = finding(context, title, evidence, (yields.running, others))
        .cause(cause, check)
        .int("spin_runnable_ns", yields.runnable)
        .culprit(context.trace, Some(place), stack)
        .act(act);
    Some(limited(context, finding, &gos, others).goroutines(&gos).link(context.trace, go, range))
}

/// Whether a goroutine waits for something in one of so many of its runs, or more often: it yields on the way, to let others
/// do something first, and does not poll.
fn blocks(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> bool {
    let (mut waits, mut runs) = (0, 0);
    for span in context.trace.spans(LaneId::Goroutine(go), range).take(SPANS) {
        waits += u64::from(span.state == GoState::Waiting);
        runs += u64::from(span.state == GoState::Running);
    }
    waits * BLOCKS >= runs
}

/// Whether others could notice what a goroutine does: it makes system calls, or wakes or creates goroutines.
fn is_noticed(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> bool {
    let lane = LaneId::Goroutine(go);
    let (mut calls, mut runs) = (0, 0);
    for span in context.trace.spans(lane, range).take(SPANS) {
        calls += usize::from(span.state == GoState::Syscall);
        runs += usize::from(span.state == GoState::Running);
    }
    let woken = context.trace.acted_on(lane, range).take(runs).count();
    (calls + woken) * WAKES > runs
}

/// `, while other goroutines were runnable for 12.3 ms total`
fn waiting(others: u64, evidence: &mut Evidence) -> String {
    format!(", while others were runnable for {} total", evidence.time("others_runnable_ns", others))
}

/// A case of CPU starvation if other goroutines are runnable meanwhile, else of a CPU-bound program.
fn finding(context: &Context<'_>, title: String, evidence: Evidence, (running, others): (u64, u64)) -> Finding {
    let kind = if context.share(others) >= CROWDED_OUT { Kind::CpuStarvation } else { Kind::CpuBound };
    Finding::new(kind, title, running + others, context.duration, 0.8)
        .with(evidence)
        .ratio("procs_busy", context.load.share)
        .int("procs", context.load.procs)
}

/// With those who wait for a proc. At most a warning while few do; a note in tests, which may spin on purpose.
fn limited(context: &Context<'_>, finding: Finding, gos: &[GoroutineIdx], others: u64) -> Finding {
    let is_test = !gos.is_empty() && gos.iter().all(|go| context.is_under_test(*go));
    let finding = affected(context, finding, gos);
    match context.share(others) >= CROWDED_OUT {
        _ if is_test => finding.at_most(Severity::Note),
        true => finding,
        false => finding.at_most(Severity::Warning),
    }
}

/// With the others that were runnable longest, and the start function of the first.
fn affected(context: &Context<'_>, finding: Finding, gos: &[GoroutineIdx]) -> Finding {
    let others = context.workload.gos.iter().filter(|facts| facts.runnable > 0 && !gos.contains(&facts.go));
    let mut others: Vec<&GoroutineStats> = others.collect();
    others.sort_by_key(|facts| (std::cmp::Reverse(facts.runnable), facts.go));
    let Some(first) = others.first() else { return finding };
    let name = context.trace.str(first.name);
    let some: Vec<GoroutineIdx> = others.iter().take(AFFECTED).map(|facts| facts.go).collect();
    finding.victim(name, context.goroutines(first.name)).goroutines(&some)
}

/// How long a goroutine ran within a stretch.
fn act(context: &Context<'_>, go: GoroutineIdx, within: TimeRange) -> Option<Act> {
    let sums = context.trace.time_by_class(LaneId::Goroutine(go), within).nanos;
    let ran = sums.get(SpanClass::Running as usize).copied().unwrap_or(0);
    let nanos = ran.saturating_sub(context.trace.no_cpu().nanos(LaneId::Goroutine(go), within));
    (nanos > 0).then_some(Act { go, doing: StepKind::Running, within, total: Nanos(nanos) })
}

/// Samples of one function.
#[derive(Default)]
struct Seen {
    all: u64,
    non_blocking: u64,
    /// The stack of most of these.
    stacks: FxHashMap<StackId, u64>,
    gos: FxHashMap<GoroutineIdx, u64>,
}

/// Loops around operations that do not block, by CPU samples.
fn polling(context: &Context<'_>) -> Vec<Finding> {
    let mut functions: BTreeMap<u32, Seen> = BTreeMap::new();
    let mut known: FxHashMap<StackId, bool> = FxHashMap::default();
    for sample in context.trace.all_samples() {
        let Some(function) = context.places.own_function(sample.stack) else { continue };
        if context.workload.go(sample.go).is_none() {
            continue;
        }
        let seen = functions.entry(function).or_default();
        seen.all += 1;
        if *known.entry(sample.stack).or_insert_with(|| is_non_blocking(context, sample.stack)) {
            seen.non_blocking += 1;
            *seen.stacks.entry(sample.stack).or_default() += 1;
            *seen.gos.entry(sample.go).or_default() += 1;
        }
    }
    functions.into_values().filter_map(|seen| polls(context, &seen)).collect()
}

/// The same of goroutines that never wait, by the stacks at which they were preempted: those of a `select` that would wait
/// show it too.
fn never_waiting(context: &Context<'_>) -> Vec<Finding> {
    let mut by_go: BTreeMap<GoroutineIdx, (u64, u64, StackId, u64)> = BTreeMap::new();
    let mut stacks: Vec<_> = context.workload.preempted.iter().collect();
    stacks.sort_by_key(|(stack, _)| **stack);
    for (&stack, seen) in stacks {
        let Some((go, _)) = seen.longest else { continue };
        let sum = by_go.entry(go).or_default();
        sum.0 += seen.count;
        if is_non_blocking(context, stack) || is_within(context, stack, "runtime.selectgo") {
            sum.1 += seen.count;
            if seen.count > sum.3 {
                (sum.2, sum.3) = (stack, seen.count);
            }
        }
    }
    by_go.into_iter().filter_map(|(go, (all, there, stack, _))| loops(context, go, (all, there), stack)).collect()
}

/// A goroutine of whose preemptions, `all` of them, so many were in such an operation.
fn loops(context: &Context<'_>, go: GoroutineIdx, (all, there): (u64, u64), stack: StackId) -> Option<Finding> {
    let facts = context.workload.go(go)?;
    let whole = context.trace.range();
    let share = there as f64 / all.max(1) as f64;
    if there < FEWEST_SAMPLES || share < HALF || context.share(facts.running) < HALF {
        return None;
    }
    let (waits, waited) = waiting_of(context, go);
    if waits * BLOCKS > all || context.share(waited) > LITTLE {
        return None;
    }
    let place = context.places.own(stack)?;
    let others = context.load.runnable.0.saturating_sub(facts.runnable);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} in a loop around select or an operation that does not block, at {}: {} of {} were in it; running for {} total, \
         {} of the procs' time, and {}{}",
        evidence.count("spinning", 1, "goroutine"),
        place_name(Some(&place)),
        evidence.share("preemptions_share", share),
        evidence.count("preemptions", all, "preemption"),
        evidence.time("spin_running_ns", facts.running),
        evidence.share("spin_share", facts.running as f64 / (context.load.procs * context.duration).max(1) as f64),
        if waited == 0 {
            "never waiting".to_owned()
        } else {
            format!("waiting for {}", evidence.time("waited_ns", waited))
        },
        waiting(others, &mut evidence),
    );
    let finding = finding(context, title, evidence, (facts.running, others))
        .cause(Cause::NonBlockingLoop, CHECK)
        .culprit(context.trace, Some(place), stack)
        .act(act(context, go, whole));
    Some(limited(context, finding, &[go], others).goroutines(&[go]).link(context.trace, go, whole))
}

/// How often a goroutine waits or makes system calls, and for how long, ns, as far as its spans are looked at.
fn waiting_of(context: &Context<'_>, go: GoroutineIdx) -> (u64, u64) {
    let spans = context.trace.spans(LaneId::Goroutine(go), context.trace.range()).take(SPANS);
    let waits = spans.filter(|span| matches!(span.state, GoState::Waiting | GoState::Syscall));
    waits.fold((0, 0), |(count, nanos), span| (count + 1, nanos + span.range.nanos().unsigned_abs()))
}

/// Whether this function lies between the leaf and the program's own frame.
fn is_within(context: &Context<'_>, stack: StackId, function: &str) -> bool {
    let Some(own) = context.places.own(stack) else { return false };
    let mut inner = context.trace.frames(stack).take_while(|frame| frame.function != own.function);
    inner.any(|frame| frame.function == function)
}

/// Whether nothing but the runtime and such an operation lies between the leaf and the program's own frame.
fn is_non_blocking(context: &Context<'_>, stack: StackId) -> bool {
    let Some(own) = context.places.own(stack) else { return false };
    let mut inner = context.trace.frames(stack).take_while(|frame| frame.function != own.function);
    inner.any(|frame| NON_BLOCKING.contains(&frame.function))
}

fn polls(context: &Context<'_>, seen: &Seen) -> Option<Finding> {
    let share = seen.non_blocking as f64 / seen.all.max(1) as f64;
    if seen.non_blocking < FEWEST_SAMPLES || share < MOSTLY {
        return None;
    }
    let (&stack, _) = seen.stacks.iter().max_by_key(|(stack, count)| (**count, **stack))?;
    let place = context.places.own(stack)?;
    let mut gos: Vec<GoroutineIdx> = seen.gos.keys().copied().collect();
    gos.sort_unstable();
    let ran = |go: &GoroutineIdx| context.workload.go(*go).map_or(0, |facts| facts.running);
    let running: u64 = gos.iter().map(ran).sum();
    let longest = *gos.iter().max_by_key(|go| (ran(go), **go))?;
    if context.share(ran(&longest)) < SHARE {
        return None;
    }
    let own: u64 = gos.iter().filter_map(|go| context.workload.go(*go)).map(|facts| facts.runnable).sum();
    let others = context.load.runnable.0.saturating_sub(own);
    let operation = context.trace.frames(stack).map(|frame| frame.function).find(|name| NON_BLOCKING.contains(name))?;
    let operation = if operation.starts_with("runtime.") { "select with default" } else { operation };
    let mut evidence = Evidence::default();
    let title = format!(
        "{} spinning on {operation}, which does not block, at {}: {} of the {} there were in it; {} running total, {} of \
         the procs' time{}",
        evidence.count("spinning", gos.len() as u64, "goroutine"),
        place_name(Some(&place)),
        evidence.share("samples_share", share),
        evidence.count("samples", seen.all, "CPU sample"),
        evidence.time("spin_running_ns", running),
        evidence.share("spin_share", running as f64 / (context.load.procs * context.duration).max(1) as f64),
        waiting(others, &mut evidence),
    );
    let whole = context.trace.range();
    let finding = finding(context, title, evidence, (running, others))
        .cause(Cause::NonBlockingLoop, CHECK)
        .culprit(context.trace, Some(place), stack)
        .act(act(context, longest, whole));
    Some(limited(context, finding, &gos, others).goroutines(&gos).link(context.trace, longest, whole))
}
