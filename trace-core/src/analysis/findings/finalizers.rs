//! Finalizers that take nearly all the time of the one goroutine that runs them: what they are to release piles up.

use std::collections::BTreeMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::{go_name, place_name};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;

/// The functions that the runtime starts to run finalizers, by Go version: one after the other, on one goroutine.
const RUNNERS: [&str; 2] = ["runtime.runfinq", "runtime.runFinalizers"];
/// In finalizers for less than this part of the trace, the goroutine keeps up.
const BUSY: f64 = 0.5;

const CHECK: &str = "Release resources explicitly (Close with defer). Let a finalizer neither wait nor do slow work: hand that to a \
                     goroutine of its own. Objects stay in memory until their finalizer has run.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let trace = context.trace;
    let is_runner =
        |go: &GoroutineIdx| trace.goroutine_name(*go).is_some_and(|(_, name)| RUNNERS.contains(&trace.str(name)));
    let runner = (0..trace.goroutine_count()).map(GoroutineIdx).find(is_runner);
    runner.and_then(|go| judge(context, go)).into_iter().collect()
}

fn judge(context: &Context<'_>, runner: GoroutineIdx) -> Option<Finding> {
    let trace = context.trace;
    // Stretches in the program's finalizers, by their outermost function; a run ends where it is seen.
    let mut by_function: BTreeMap<u32, (u64, Span, StackId)> = BTreeMap::new();
    let mut busy = 0;
    for span in trace.spans(LaneId::Goroutine(runner), trace.range()) {
        let stack = if span.state == GoState::Running { span.end_stack } else { span.start_stack };
        let Some(function) = context.places.outer_function(stack).filter(|_| context.places.has_own(stack)) else {
            continue;
        };
        let nanos = span.range.nanos().unsigned_abs();
        busy += nanos;
        let known = by_function.entry(function).or_insert((0, span, stack));
        known.0 += nanos;
        if span.range.nanos() > known.1.range.nanos() {
            (known.1, known.2) = (span, stack);
        }
    }
    if context.share(busy) < BUSY {
        return None;
    }
    let (nanos, longest, stack) = by_function.into_values().max_by_key(|known| known.0)?;
    let place = context.places.outer(stack);
    let mut evidence = Evidence::default();
    let title = format!(
        "{}, which runs all finalizers one after the other, was in them for {} ({}), for {} of that in {}; objects whose \
         finalizers have not run stay in memory",
        go_name(trace, runner),
        evidence.time("busy_ns", busy),
        evidence.share("busy_share", context.share(busy)),
        evidence.time("here_ns", nanos),
        place_name(place.as_ref()),
    );
    Some(
        Finding::new(Kind::ChannelBacklog, title, busy, context.duration, 0.8)
            .with(evidence)
            .cause(Cause::SlowFinalizer, CHECK)
            .culprit(trace, place, stack)
            .link(trace, runner, longest.range)
            .at_most(Severity::Warning),
    )
}
