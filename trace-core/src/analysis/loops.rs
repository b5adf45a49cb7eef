//! Loops of goroutines that a closure starts: `go func() { errc <- c.run() }()`.
//!
//! A goroutine that waits for work in a loop of its own has nothing to do meanwhile. Where the loop is in a function that
//! the goroutine's closure calls, stacks alone do not show it: the closure may as well be the loop, and call a function
//! that waits for an answer each time. It is taken for the function's loop if the closure calls nothing else in any stack
//! of the trace, and never waits itself, and if one goroutine waits at the same stack again and again, not for an answer: not
//! for the network, and not for a goroutine that it has woken since it last waited.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Waits of one goroutine at one stack that make a loop.
const ROUNDS: u32 = 3;
/// Goroutines with the same start function that are looked at.
const GOROUTINES: usize = 64;
/// Spans of each of them that are looked at.
const SPANS: usize = 2_000;
/// Goroutines woken between two waits that are looked at.
const ACTS: usize = 16;

/// What a stack says about the root of its goroutine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    /// A number for the function of the program's frame nearest to the root.
    pub(crate) outer: u32,
    /// The program's function that it calls; `None` if it calls none.
    pub(crate) callee: Option<u32>,
    /// Whether it is in an operation with which goroutines end: `WaitGroup.Done`, closing a channel, sending a result.
    pub(crate) is_end: bool,
    /// Whether the function that it calls is the one that waits, and the root is a closure.
    pub(crate) is_below: bool,
    /// Frames of the stack.
    pub(crate) depth: usize,
}

/// The stacks, in order, that are waits in a loop which a closure calls. `roots` has what is known of each stack that was
/// looked through.
pub(crate) fn find(trace: &Trace, roots: &[(StackId, Root)]) -> Vec<StackId> {
    let callees = only_callees(roots);
    let is_thin = |root: &Root| root.is_below && callees.get(&root.outer).is_some_and(Option::is_some);
    let candidates: FxHashSet<StackId> = roots.iter().filter(|root| is_thin(&root.1)).map(|root| root.0).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let mut starts: FxHashMap<&str, usize> = FxHashMap::default();
    for &stack in &candidates {
        if let Some(frame) = trace.frames(stack).last() {
            starts.insert(frame.function, 0);
        }
    }
    let mut found: FxHashSet<StackId> = FxHashSet::default();
    for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
        let name = trace.goroutine(go).map_or("", |known| trace.str(known.name));
        let Some(seen) = starts.get_mut(name).filter(|seen| **seen < GOROUTINES) else { continue };
        *seen += 1;
        found.extend(repeated(trace, go, &candidates));
    }
    let mut found: Vec<StackId> = found.into_iter().collect();
    found.sort_unstable();
    found
}

/// At which of the stacks a goroutine waits again and again, and mostly for nobody's answer.
fn repeated(trace: &Trace, go: GoroutineIdx, candidates: &FxHashSet<StackId>) -> Vec<StackId> {
    let mut rounds: FxHashMap<StackId, (u32, u32)> = FxHashMap::default();
    let mut moves = trace.transitions(go, trace.range()).take(SPANS).peekable();
    let mut last_wait = trace.range().start;
    while let Some(found) = moves.next() {
        let span = found.span;
        if span.state != GoState::Waiting {
            continue;
        }
        let before = TimeRange::new(last_wait, span.range.start);
        last_wait = span.range.end;
        if span.class == SpanClass::WaitNet || !candidates.contains(&span.start_stack) {
            continue;
        }
        let waker = moves.peek().filter(|next| next.span.range.start == span.range.end).and_then(|next| next.by);
        let is_answer = waker.is_some_and(|waker| {
            let mut acts = trace.acted_on(LaneId::Goroutine(go), before).take(ACTS);
            acts.any(|(segment, row)| trace.affected(segment, row).map(LaneId::Goroutine) == Some(waker))
        });
        let (all, answers) = rounds.entry(span.start_stack).or_default();
        (*all, *answers) = (*all + 1, *answers + u32::from(is_answer));
    }
    let is_loop = |(all, answers): (u32, u32)| all >= ROUNDS && answers * 2 < all;
    rounds.into_iter().filter(|found| is_loop(found.1)).map(|found| found.0).collect()
}

/// The one function of the program that each outer function calls; `None` if there are several, or if it does something
/// itself. What it does as it ends (a deferred `WaitGroup.Done`, closing a channel, sending a result) does not count, nor
/// the stack of its creation.
fn only_callees(roots: &[(StackId, Root)]) -> FxHashMap<u32, Option<u32>> {
    let mut callees: FxHashMap<u32, Option<u32>> = FxHashMap::default();
    for (_, root) in roots {
        if root.callee.is_none() && (root.is_end || root.depth <= 1) {
            continue;
        }
        let known = callees.entry(root.outer).or_insert(root.callee);
        if *known != root.callee {
            *known = None;
        }
    }
    callees
}
