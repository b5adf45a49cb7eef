//! Where goroutines spend their running time: by CPU samples, else by where they were preempted, else by
//! where they left off.

use rustc_hash::FxHashMap;

use crate::analysis::findings::Scene;
use crate::analysis::places::Place;
use crate::base::ids::{GoIx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState};
use crate::model::lanes::LaneId;

/// Spans of one goroutine that are looked at.
const SPANS: usize = 20_000;

/// The place where most of the time goes.
#[derive(Clone, Debug)]
pub(crate) struct Hot {
    pub(crate) place: Place,
    pub(crate) stack: StackId,
    /// 0 to 1: its share of what was seen.
    pub(crate) share: f64,
    /// How it was seen.
    pub(crate) seen_in: &'static str,
}

/// Weights of stacks.
#[derive(Default)]
struct Tally {
    by_stack: FxHashMap<StackId, u64>,
}

impl Tally {
    fn add(&mut self, stack: StackId, weight: u64) {
        *self.by_stack.entry(stack).or_default() += weight;
    }

    /// The function with most weight, and its heaviest stack.
    fn top(&self, scene: &Scene<'_>, seen_in: &'static str) -> Option<Hot> {
        let mut by_function: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
        let mut total = 0;
        let mut stacks: Vec<(StackId, u64)> = self.by_stack.iter().map(|(&stack, &weight)| (stack, weight)).collect();
        stacks.sort_unstable();
        for (stack, weight) in stacks {
            let Some(function) = scene.places.own_function(stack) else { continue };
            total += weight;
            let sum = by_function.entry(function).or_default();
            sum.0 += weight;
            if weight > sum.1 {
                (sum.1, sum.2) = (weight, stack);
            }
        }
        let (_, &(weight, _, stack)) = by_function.iter().max_by_key(|(function, sum)| (sum.0, **function))?;
        let place = scene.places.own(stack)?;
        Some(Hot { place, stack, share: weight as f64 / total.max(1) as f64, seen_in })
    }
}

/// Of these goroutines, within these times.
pub(crate) fn hot(scene: &Scene<'_>, gos: &[(GoIx, TimeRange)]) -> Option<Hot> {
    let (mut samples, mut preempted, mut left) = (Tally::default(), Tally::default(), Tally::default());
    for &(go, range) in gos {
        for sample in scene.trace.samples(LaneId::Goroutine(go), range) {
            samples.add(sample.stack, 1);
        }
        let mut moves = scene.trace.moves(go, range).take(SPANS).peekable();
        while let Some(found) = moves.next() {
            if found.span.state != GoState::Running {
                continue;
            }
            let nanos = found.span.range.intersect(range).nanos().unsigned_abs();
            let is_cut_short = moves
                .peek()
                .is_some_and(|next| next.span.state == GoState::Runnable && next.span.cause == Cause::Stopped);
            if is_cut_short {
                preempted.add(found.span.end_stack, nanos);
            }
            left.add(found.span.end_stack, nanos);
            left.add(found.span.start_stack, nanos / 2);
        }
    }
    let by_samples = samples.top(scene, "CPU samples");
    by_samples.or_else(|| preempted.top(scene, "preemptions")).or_else(|| left.top(scene, "ends of runs"))
}

/// Of the whole program.
pub(crate) fn hottest(scene: &Scene<'_>) -> Option<Hot> {
    let mut samples = Tally::default();
    for sample in scene.trace.all_samples() {
        if scene.census.go(sample.go).is_some() {
            samples.add(sample.stack, 1);
        }
    }
    let (mut preempted, mut running) = (Tally::default(), Tally::default());
    for (&stack, spot) in &scene.census.preempted {
        preempted.add(stack, spot.nanos);
    }
    for (&stack, spot) in &scene.census.running {
        running.add(stack, spot.nanos);
    }
    let by_samples = samples.top(scene, "CPU samples");
    by_samples.or_else(|| preempted.top(scene, "preemptions")).or_else(|| running.top(scene, "ends of runs"))
}
