//! Work that goes on after whoever started it has given up: a deadline ended the wait for its result, and nothing told it to
//! stop.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;

/// Fewer are no rule.
const FEWEST: usize = 5;
/// The least part of the running time that they take after nobody waits for them any more.
const SHARE: f64 = 0.1;

const CHECK: &str = "Pass the context to the work and let it return when ctx.Done() is closed; look at ctx.Err() between its steps. \
                     Otherwise work that nobody waits for takes procs, connections and locks from work that is waited for.";

/// What the goroutines did that one function started and left.
#[derive(Default)]
struct Left {
    stack: StackId,
    /// Who gave up, and when: once may be on purpose.
    acts: BTreeSet<(GoroutineIdx, TraceTime)>,
    /// Who went on, and from when to when.
    went_on: Vec<(GoroutineIdx, TimeRange)>,
    running: u64,
    /// From when they were created until they ended, total, nanoseconds.
    lived: u64,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut given_up: FxHashMap<GoroutineIdx, Vec<Wait>> = FxHashMap::default();
    for (_, site) in context.workload.sites.iter().filter(|(_, site)| matches!(site.op, Op::Select | Op::Receive)) {
        let expired = site.longest.iter().filter(|wait| context.places.is_deadline(wait.waker_stack));
        expired.for_each(|wait| given_up.entry(wait.go).or_default().push(*wait));
    }
    if given_up.is_empty() {
        return Vec::new();
    }
    let mut started: FxHashMap<u32, u64> = FxHashMap::default();
    let mut by_function: BTreeMap<u32, Left> = BTreeMap::new();
    let end = context.trace.range().end;
    for facts in context.workload.gos.iter() {
        let (Some(creator), Some(created)) = (facts.creator(), facts.created()) else { continue };
        let Some(function) = context.places.own_function(facts.creation) else { continue };
        *started.entry(function).or_default() += 1;
        let Some(waits) = given_up.get(&creator) else { continue };
        let Some(gave_up) = end_of_wait(context, waits, created, function) else { continue };
        let left = by_function.entry(function).or_default();
        left.stack = facts.creation;
        // One that is blocked until the trace ends does nothing any more: a leak.
        let stuck = context.workload.stuck.get(&facts.go).filter(|stuck| stuck.class == SpanClass::WaitChan);
        let ended = facts.ended().or_else(|| stuck.map(|stuck| stuck.since)).unwrap_or(end);
        if ended > gave_up {
            let range = TimeRange::new(gave_up, ended);
            let sums = context.trace.time_by_class(LaneId::Goroutine(facts.go), range).nanos;
            left.running += sums.get(SpanClass::Running as usize).copied().unwrap_or(0);
            left.lived += ended.nanos_since(created).unsigned_abs();
            left.went_on.push((facts.go, range));
            left.acts.insert((creator, gave_up));
        }
    }
    let all = |function| started.get(&function).copied().unwrap_or(0);
    by_function.into_iter().filter_map(|(function, left)| judge(context, &left, all(function))).collect()
}

/// When a goroutine gave up that waited in a function, next after it had started another there.
fn end_of_wait(context: &Context<'_>, waits: &[Wait], created: TraceTime, function: u32) -> Option<TraceTime> {
    let here = waits.iter().filter(|wait| context.places.own_function(wait.stack) == Some(function));
    let next = here.filter(|wait| wait.range.start >= created).min_by_key(|wait| wait.range.start)?;
    // One that was started long before belongs to another wait, which something else ended.
    (next.range.start.nanos_since(created) <= next.range.nanos()).then_some(next.range.end)
}

/// `started`: how many goroutines the function started in all.
fn judge(context: &Context<'_>, left: &Left, started: u64) -> Option<Finding> {
    let share = left.running as f64 / context.load.running.0.max(1) as f64;
    let after: u64 = left.went_on.iter().map(|(_, range)| range.nanos().unsigned_abs()).sum();
    let is_most = after * 2 > left.lived;
    if left.acts.len() < FEWEST || share < SHARE && !is_most {
        return None;
    }
    let (longest, range) = *left.went_on.iter().max_by_key(|(go, range)| (range.nanos(), *go))?;
    let place = context.places.own(left.stack);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {} that {} started went on after it had given up at a context's deadline, for up to {} and {} total: they ran for \
         {} of that, {} of all running time",
        evidence.whole("went_on", left.went_on.len() as u64),
        evidence.count("started", started, "goroutine"),
        place_name(place.as_ref()),
        evidence.time("longest_ns", range.nanos().unsigned_abs()),
        evidence.time("after_total_ns", after),
        evidence.time("running_after_ns", left.running),
        evidence.share("share_of_running", share),
    );
    // Others wait for the procs that they have; where procs are free, their own time is all that is lost.
    let lost = left.running.max((context.load.runnable.0 as f64 * share) as u64);
    // Nor does anybody wait for what they wait for.
    let lost = if is_most { lost.max(after) } else { lost };
    let gos: Vec<GoroutineIdx> = left.went_on.iter().map(|one| one.0).collect();
    let finding = Finding::new(Kind::CpuStarvation, title, lost, context.duration, 0.85)
        .with(evidence)
        .ratio("procs_busy", context.load.share)
        .cause(Cause::AbandonedWork, CHECK)
        .culprit(context.trace, place, left.stack)
        .goroutines(&gos)
        .link(context.trace, longest, range);
    // They take little from anybody as long as they wait.
    Some(if share < SHARE { finding.at_most(Severity::Warning) } else { finding })
}
