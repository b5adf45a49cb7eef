//! Where goroutines spend their running time: by CPU samples, else by where they were preempted, else by
//! where they left off or woke others. Only stacks seen inside the time in question count.
//!
//! Of the whole program each preemption counts once, like a sample: how long the run was that it ended says nothing of
//! where the rest of it was spent.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::analysis::calls::package_of;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::named::Named;
use crate::analysis::places::{Origin, Place, origin};
use crate::analysis::yields;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState};
use crate::model::lanes::{LaneId, SpanRef};

/// Spans of one goroutine that are looked at.
const SPANS: usize = 20_000;

/// Samples below which they are chance, if there is anything else to go by.
const FEWEST_SAMPLES: u64 = 10;

/// A function in which more of the time goes than this is the place.
const NEARLY_ALL: f64 = 0.9;
/// What a caller's other calls, and itself, take at least where it is named instead.
const OTHERS: f64 = 0.1;

/// A function of a dependency that so large a part of what was seen goes through is named, instead of the program's own
/// that called it from afar.
const MOST: f64 = 0.5;
/// Calls that are followed there.
const DEEPEST: usize = 64;
/// How runs are seen that neither samples nor preemptions show: each counts as long as it was.
pub(crate) const ENDS: &str = "ends of runs";

/// The place where most of the time goes.
#[derive(Clone, Debug)]
pub(crate) struct Hot {
    pub(crate) named: Named,
    pub(crate) stack: StackId,
    /// 0 to 1: its share of what was seen, with all that it calls where `helper` is known.
    pub(crate) share: f64,
    /// The function that `named` calls and in which more was seen than in any other, with its share.
    pub(crate) helper: Option<(Place, f64)>,
    /// How many times the program was seen running: samples, preemptions, or ends of runs.
    pub(crate) seen: u64,
    /// Of these in the function, or what it calls.
    pub(crate) here: u64,
    /// Of these in system calls, or in what the library does with connections: not in code that computes.
    pub(crate) in_calls: u64,
    /// How it was seen.
    pub(crate) seen_in: &'static str,
}

/// Stacks: their weights, and how many times they were seen.
#[derive(Default)]
struct Tally {
    by_stack: FxHashMap<StackId, (u64, u64)>,
    seen: u64,
    /// Whether stacks without a function of the program count as part of the whole.
    with_others: bool,
}

impl Tally {
    fn add(&mut self, stack: StackId, weight: u64, seen: u64) {
        if stack.is_some() {
            let sum = self.by_stack.entry(stack).or_default();
            *sum = (sum.0 + weight, sum.1 + seen);
            self.seen += seen;
        }
    }

    /// Weight and number of sightings by stack, in the order of stack ids.
    fn stacks(&self) -> Vec<(StackId, (u64, u64))> {
        let mut stacks: Vec<(StackId, (u64, u64))> = self.by_stack.iter().map(|(&stack, &sum)| (stack, sum)).collect();
        stacks.sort_unstable();
        stacks
    }

    /// The function with most weight, and its heaviest stack.
    fn top(&self, context: &Context<'_>, seen_in: &'static str) -> Option<Hot> {
        // Of the lines of a function the one with most weight stands for it.
        let mut by_line: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
        let mut by_function: FxHashMap<u32, u64> = FxHashMap::default();
        let mut total = 0;
        for (stack, (weight, _)) in self.stacks() {
            let places = context.places.own_function(stack).zip(context.places.own_line(stack));
            total += if places.is_some() || self.with_others { weight } else { 0 };
            let Some((function, line)) = places else { continue };
            *by_function.entry(function).or_default() += weight;
            let sum = by_line.entry(line).or_insert((0, 0, stack));
            sum.0 += weight;
            if weight > sum.1 {
                (sum.1, sum.2) = (weight, stack);
            }
        }
        let (&function, &weight) = by_function.iter().max_by_key(|(function, weight)| (**weight, **function))?;
        let lines = by_line.values().filter(|line| context.places.own_function(line.2) == Some(function));
        let stack = lines.max_by_key(|(weight, _, stack)| (*weight, std::cmp::Reverse(*stack)))?.2;
        let place = context.places.own(stack)?;
        let is_here = |stack: StackId| context.places.own_function(stack) == Some(function);
        let (here, in_calls) = self.seen_in(context, &place, is_here);
        let share = weight as f64 / total.max(1) as f64;
        let named = Named::direct(place);
        Some(Hot { named, stack, share, helper: None, seen: self.seen, here, in_calls, seen_in })
    }

    /// How many times stacks were seen for which `is_here` holds, and in how many of these the place called the system, or
    /// the library on a connection.
    fn seen_in(&self, context: &Context<'_>, place: &Place, is_here: impl Fn(StackId) -> bool) -> (u64, u64) {
        let here = self.by_stack.iter().filter(|(stack, _)| is_here(**stack));
        here.fold((0, 0), |(all, calls), (&stack, &(_, seen))| {
            let mut inner = context.trace.frames(stack).take_while(|frame| frame.function != place.function);
            (all + seen, calls + if inner.any(|frame| is_outside(frame.function)) { seen } else { 0 })
        })
    }

    /// The same; or, where other functions take time, too, in calls from one that calls all of them, that one: the loop
    /// is the place to look at, not the part of it that takes longest.
    fn top_or_caller(&self, context: &Context<'_>, seen_in: &'static str) -> Option<Hot> {
        let hot = self.top(context, seen_in)?;
        let outer = context.places.outer(hot.stack);
        // What a goroutine is there for always takes all of its time.
        let is_part = |caller: &Place| outer.is_some_and(|outer| outer.function != caller.function);
        let caller = context.places.caller(hot.stack).filter(|_| hot.share < NEARLY_ALL);
        let Some(caller) = caller.filter(is_part) else { return Some(hot) };
        let is_inside =
            |stack: StackId| context.places.own_frames(stack).any(|frame| frame.function == caller.function);
        let share = self.share(context, is_inside);
        if share < NEARLY_ALL || share < hot.share + OTHERS {
            return Some(hot);
        }
        // What of the time is the helper's is said with its own share: "in the helper" would claim all of it.
        let helper = Some((hot.named.place, hot.share));
        let (here, in_calls) = self.seen_in(context, &caller, is_inside);
        Some(Hot { named: Named::direct(caller), share, helper, here, in_calls, ..hot })
    }

    /// The part of the weight that stacks have for which `is_meant` holds, 0 to 1.
    fn share(&self, context: &Context<'_>, is_meant: impl Fn(StackId) -> bool) -> f64 {
        let (mut inside, mut total) = (0, 0);
        for (&stack, &(weight, _)) in &self.by_stack {
            total += if self.with_others || context.places.has_own(stack) { weight } else { 0 };
            inside += if is_meant(stack) { weight } else { 0 };
        }
        inside as f64 / total.max(1) as f64
    }

    /// Where most of it is in stacks without a function of the program, as of what a server of the library does before it
    /// calls a handler: the library's function nearest to the leaf in which more than half of all was seen. The runtime and
    /// internal packages are left out. `None` if there is no such function.
    fn library(&self, context: &Context<'_>, seen_in: &'static str) -> Option<Hot> {
        let mut by_function: FxHashMap<&str, u64> = FxHashMap::default();
        let (mut total, mut most, mut heaviest) = (0, 0, None);
        for (stack, (weight, _)) in self.stacks() {
            total += weight;
            if context.places.has_own(stack) {
                continue;
            }
            let functions: BTreeSet<&str> = context.trace.frames(stack).map(|frame| frame.function).collect();
            functions.into_iter().for_each(|function| *by_function.entry(function).or_default() += weight);
        }
        let is_most = |function: &str| by_function.get(function).is_some_and(|weight| weight * 2 > total);
        for (stack, (weight, _)) in self.stacks().into_iter().filter(|(stack, _)| !context.places.has_own(*stack)) {
            let mut frames = context.trace.frames(stack).filter(|frame| is_library(frame.function));
            if let Some(frame) = frames.find(|frame| is_most(frame.function)).filter(|_| weight > most) {
                (most, heaviest) = (weight, Some((stack, Place::from(frame))));
            }
        }
        let (stack, place) = heaviest?;
        let is_here = |stack: StackId| {
            !context.places.has_own(stack)
                && context.trace.frames(stack).any(|frame| frame.function == place.function.as_str())
        };
        let (here, in_calls) = self.seen_in(context, &place, is_here);
        let share = self.share(context, is_here);
        let named = Named::direct(place);
        Some(Hot { named, stack, share, helper: None, seen: self.seen, here, in_calls, seen_in })
    }

    /// The same; or, where the program's own function calls a dependency that does the work, the dependency's function
    /// nearest to the leaf through which most of it goes.
    fn top_or_worker(&self, context: &Context<'_>, seen_in: &'static str) -> Option<Hot> {
        // Where nothing of the program is seen at all, as in tests of a library, nothing is said of it.
        let hot = self.top_or_caller(context, seen_in)?;
        if let Some(hot) = self.library(context, seen_in) {
            return Some(hot);
        }
        let stacks: Vec<(StackId, u64)> = self.stacks().into_iter().map(|(stack, sum)| (stack, sum.0)).collect();
        let (mut found, mut least) = (None, None);
        for _ in 0..DEEPEST {
            let place = found.as_ref().map_or(&hot.named.place, |(place, _)| place);
            let (all, callee) = heaviest_dependency(context, &stacks, &place.function);
            let least = *least.get_or_insert(MOST * all as f64);
            let Some((function, _, stack)) = callee.filter(|callee| callee.1 as f64 > least) else { break };
            let Some(next) = context.places.frame_of(stack, function) else { break };
            found = Some((next, stack));
        }
        let Some((place, stack)) = found else { return Some(hot) };
        let is_inside = |stack: StackId| context.trace.frames(stack).any(|frame| frame.function == place.function);
        let (here, in_calls) = self.seen_in(context, &place, is_inside);
        let share = self.share(context, is_inside);
        Some(Hot { named: Named::direct(place), stack, share, helper: None, here, in_calls, ..hot })
    }
}

/// Of stacks with their weights: the weight of those in which `function` is, and the function of a dependency that it calls
/// in most of them, with the weight and the heaviest of these.
fn heaviest_dependency<'a>(
    context: &Context<'a>,
    stacks: &[(StackId, u64)],
    function: &str,
) -> (u64, Option<(&'a str, u64, StackId)>) {
    let mut callees: BTreeMap<&str, (u64, u64, StackId)> = BTreeMap::new();
    let mut all = 0;
    for &(stack, weight) in stacks {
        let (mut callee, mut is_there) = (None, false);
        for frame in context.trace.frames(stack) {
            is_there = frame.function == function;
            if is_there {
                break;
            }
            // What the library calls on the way, such as a handler, is called from there all the same.
            if origin(&frame) == Origin::Dependency {
                callee = Some(frame);
            }
        }
        if !is_there {
            continue;
        }
        all += weight;
        let Some(callee) = callee else { continue };
        let sum = callees.entry(callee.function).or_insert((0, 0, stack));
        sum.0 += weight;
        if weight > sum.1 {
            (sum.1, sum.2) = (weight, stack);
        }
    }
    let most = callees.into_iter().max_by_key(|(_, sum)| sum.0);
    (all, most.map(|(function, (weight, _, stack))| (function, weight, stack)))
}

/// Whether a function is one that programs call: none of the runtime, of package `sync`, or of an internal package.
fn is_library(function: &str) -> bool {
    let package = package_of(function);
    let is_inner = package.starts_with("internal/") || package.contains("/internal/") || package.ends_with("/internal");
    !is_inner && !matches!(package, "" | "runtime" | "sync" | "sync/atomic")
}

/// Whether a function of the standard library is about what is outside of the process.
fn is_outside(function: &str) -> bool {
    matches!(
        package_of(function),
        "net" | "syscall" | "internal/poll" | "internal/runtime/syscall" | "internal/syscall/unix"
    )
}

/// Of these goroutines, within these times and nowhere else.
pub(crate) fn hot(context: &Context<'_>, gos: &[(GoroutineIdx, TimeRange)]) -> Option<Hot> {
    let (mut samples, mut preempted) = (Tally::default(), Tally::default());
    let (mut left, mut woke) = (Tally::default(), Tally::default());
    for &(go, range) in gos {
        for sample in context.trace.samples(LaneId::Goroutine(go), range) {
            samples.add(sample.stack, 1, 1);
        }
        // What comes right after shows why a run ended, and a wakeup ends a wait.
        let and_after = TimeRange::new(range.start, range.end.plus_nanos(1));
        let mut moves = context.trace.transitions(go, and_after).take(SPANS).peekable();
        while let Some(found) = moves.next() {
            let span = &found.span;
            if span.state != GoState::Running {
                continue;
            }
            let nanos = context.trace.no_cpu().with_cpu(go, span.range.intersect(range));
            if nanos == 0 {
                continue;
            }
            let stopped = moves.peek().map(|next| next.span).filter(|next| next.cause == Cause::Stopped);
            let stopped = stopped.filter(|next| next.state == GoState::Runnable);
            let reason = stopped.map_or("", |next| context.trace.str(next.reason));
            // The runtime's own loops say nothing of what the program does.
            if reason == yields::REASON && yields::is_of_runtime(context.trace, span.end_stack) {
                continue;
            }
            // A run that goes on beyond the range ends at a place that says nothing of it; nor does one say where it
            // was that had left off before.
            if span.range.end <= range.end {
                if yields::is_preemption(context.trace, reason, span.end_stack) {
                    preempted.add(span.end_stack, nanos, 1);
                }
                left.add(span.end_stack, nanos, 1);
            }
            if range.start <= span.range.start {
                left.add(span.start_stack, nanos / 2, 0);
            }
        }
        let lane = LaneId::Goroutine(go);
        for (segment, row) in context.trace.acted_on(lane, and_after).take(SPANS) {
            let other = context.trace.affected(segment, row).map(LaneId::Goroutine).unwrap_or(lane);
            woke.add(context.trace.maker(SpanRef { lane: other, segment, row }).1, 1, 1);
        }
    }
    let best = best([&samples, &preempted, &left].map(|tally| move |seen_in| tally.top_or_caller(context, seen_in)));
    best.or_else(|| woke.top(context, "wakeups"))
}

/// Of the whole program.
pub(crate) fn hottest(context: &Context<'_>) -> Option<Hot> {
    let new = || Tally { with_others: true, ..Tally::default() };
    let mut samples = new();
    for sample in context.trace.all_samples() {
        if context.workload.go(sample.go).is_some() {
            samples.add(sample.stack, 1, 1);
        }
    }
    let (mut preempted, mut running) = (new(), new());
    for (&stack, place_time) in &context.workload.preempted {
        preempted.add(stack, place_time.count, place_time.count);
    }
    for (&stack, place_time) in &context.workload.running {
        running.add(stack, place_time.nanos, place_time.count);
    }
    best([&samples, &preempted, &running].map(|tally| move |seen_in| tally.top_or_worker(context, seen_in)))
}

/// By samples if they are enough, else by preemptions, else by where runs ended.
fn best([samples, preempted, left]: [impl Fn(&'static str) -> Option<Hot>; 3]) -> Option<Hot> {
    let by_samples = samples("CPU samples");
    let sure = by_samples.clone().filter(|hot| hot.seen >= FEWEST_SAMPLES);
    let others = || preempted("preemptions").or_else(|| left(ENDS));
    sure.or_else(others).or(by_samples)
}
