//! Where goroutines spend their running time: by CPU samples, else by where they were preempted, else by
//! where they left off or woke others. Only stacks seen inside the time in question count.

use rustc_hash::FxHashMap;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::named::Named;
use crate::analysis::places::Place;
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
    /// How it was seen.
    pub(crate) seen_in: &'static str,
}

/// Weights of stacks.
#[derive(Default)]
struct Tally {
    by_stack: FxHashMap<StackId, u64>,
    seen: u64,
}

impl Tally {
    fn add(&mut self, stack: StackId, weight: u64, seen: u64) {
        if stack.is_some() {
            *self.by_stack.entry(stack).or_default() += weight;
            self.seen += seen;
        }
    }

    /// The function with most weight, and its heaviest stack.
    fn top(&self, context: &Context<'_>, seen_in: &'static str) -> Option<Hot> {
        let mut by_function: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
        let mut total = 0;
        let mut stacks: Vec<(StackId, u64)> = self.by_stack.iter().map(|(&stack, &weight)| (stack, weight)).collect();
        stacks.sort_unstable();
        for (stack, weight) in stacks {
            let Some(function) = context.places.own_function(stack) else { continue };
            total += weight;
            let sum = by_function.entry(function).or_default();
            sum.0 += weight;
            if weight > sum.1 {
                (sum.1, sum.2) = (weight, stack);
            }
        }
        let (_, &(weight, _, stack)) = by_function.iter().max_by_key(|(function, sum)| (sum.0, **function))?;
        let named = Named::direct(context.places.own(stack)?);
        let share = weight as f64 / total.max(1) as f64;
        Some(Hot { named, stack, share, helper: None, seen: self.seen, seen_in })
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
        let (mut inside, mut total) = (0, 0);
        for (&stack, &weight) in &self.by_stack {
            let mut frames = context.places.own_frames(stack).peekable();
            total += if frames.peek().is_some() { weight } else { 0 };
            inside += if frames.any(|frame| frame.function == caller.function) { weight } else { 0 };
        }
        let share = inside as f64 / total.max(1) as f64;
        if share < NEARLY_ALL || share < hot.share + OTHERS {
            return Some(hot);
        }
        // What of the time is the helper's is said with its own share: "in the helper" would claim all of it.
        let helper = Some((hot.named.place, hot.share));
        Some(Hot { named: Named::direct(caller), share, helper, ..hot })
    }
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
            let is_cut_short = moves
                .peek()
                .is_some_and(|next| next.span.state == GoState::Runnable && next.span.cause == Cause::Stopped);
            // A run that goes on beyond the range ends at a place that says nothing of it; nor does one say where it
            // was that had left off before.
            if span.range.end <= range.end {
                if is_cut_short {
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
    let mut samples = Tally::default();
    for sample in context.trace.all_samples() {
        if context.workload.go(sample.go).is_some() {
            samples.add(sample.stack, 1, 1);
        }
    }
    let (mut preempted, mut running) = (Tally::default(), Tally::default());
    for (&stack, place_time) in &context.workload.preempted {
        preempted.add(stack, place_time.nanos, place_time.count);
    }
    for (&stack, place_time) in &context.workload.running {
        running.add(stack, place_time.nanos, place_time.count);
    }
    best([&samples, &preempted, &running].map(|tally| move |seen_in| tally.top_or_caller(context, seen_in)))
}

/// By samples if they are enough, else by preemptions, else by where runs ended.
fn best([samples, preempted, left]: [impl Fn(&'static str) -> Option<Hot>; 3]) -> Option<Hot> {
    let by_samples = samples("CPU samples");
    let sure = by_samples.clone().filter(|hot| hot.seen >= FEWEST_SAMPLES);
    let others = || preempted("preemptions").or_else(|| left("ends of runs"));
    sure.or_else(others).or(by_samples)
}
