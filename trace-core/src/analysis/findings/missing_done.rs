//! Waits for a WaitGroup that never end, though others at the same place take next to no time and those that began later
//! have ended: on some path nobody calls Done.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::stuck::is_long;
use crate::analysis::goroutine_stats::Stuck;
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, Place};
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;

const CHECK: &str = "Call Done on every path of the goroutine that does the work, also where it returns or goes on after an error: \
                     defer wg.Done() in a function of its own for each piece of work, or wg.Go.";
/// A wait that lasts so many times as long as the longest that ended is no longer one of them.
const LONGER: i64 = 5;
/// Waits that began after it and have ended: those before it in a queue are through.
const OVERTAKEN: usize = 5;

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut groups: FxHashMap<u32, Vec<(GoroutineIdx, Stuck)>> = FxHashMap::default();
    for (go, stuck) in &context.workload.stuck {
        let is_group = context.places.op(stuck.stack) == Op::WaitGroup && context.places.is_direct(stuck.stack);
        if let Some(function) = context.places.own_function(stuck.stack).filter(|_| is_group) {
            groups.entry(function).or_default().push((*go, *stuck));
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|group| group.0);
    groups.into_iter().filter_map(|(function, waiters)| judge(context, function, waiters)).collect()
}

fn judge(context: &Context<'_>, function: u32, mut waiters: Vec<(GoroutineIdx, Stuck)>) -> Option<Finding> {
    let (trace, end) = (context.trace, context.trace.range().end);
    let is_here =
        |stack| context.places.op(stack) == Op::WaitGroup && context.places.own_function(stack) == Some(function);
    let sites = context.workload.sites.iter().filter(|(key, _)| !key.is_prior && is_here(key.stack));
    let ended: Vec<Wait> =
        sites.flat_map(|(_, site)| site.longest.iter().copied()).filter(|wait| wait.waker.is_some()).collect();
    let longest = ended.iter().map(|wait| wait.range.nanos()).max()?;
    let overtaken = |since: TraceTime| ended.iter().filter(|wait| wait.range.start > since).count();
    waiters.retain(|(go, stuck)| {
        let waited = end.nanos_since(stuck.since);
        is_long(context, waited)
            && waited / LONGER >= longest
            && overtaken(stuck.since) >= OVERTAKEN
            && !may_end(context, *go, &ended, waited)
    });
    waiters.sort_unstable_by_key(|(go, stuck)| (stuck.since, *go));
    let (oldest, first) = *waiters.first()?;
    let nanos = |stuck: &Stuck| end.nanos_since(stuck.since).unsigned_abs();
    let total: u64 = waiters.iter().map(|(_, stuck)| nanos(stuck)).sum();
    let later = overtaken(first.since);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} {} in {} at {} until the end of the trace, {} total (max {}), though at least {} that began there later had \
         ended by then, after {} at most{}",
        evidence.count("stuck", waiters.len() as u64, "goroutine"),
        if waiters.len() == 1 { "waits" } else { "wait" },
        Op::WaitGroup.name(),
        place_name(context.places.own(first.stack).as_ref()),
        evidence.time("stuck_total_ns", total),
        evidence.time("stuck_max_ns", nanos(&first)),
        evidence.count("later_waits", later as u64, "wait"),
        evidence.time("longest_ended_ns", longest.unsigned_abs()),
        done_words(context, &ended),
    );
    let place = context.places.own(first.stack);
    let members: Vec<GoroutineIdx> = waiters.iter().map(|waiter| waiter.0).collect();
    Some(
        Finding::new(Kind::GoroutineLeak, title, total, context.duration, 0.8)
            .with(evidence)
            .cause(Cause::MissingDone, CHECK)
            .culprit(trace, place.clone(), first.stack)
            .victim(&place.map(|place| place.function).unwrap_or_default(), members.len() as u64)
            .goroutines(&members)
            .link(trace, oldest, TimeRange::new(first.since, end)),
    )
}

/// `, ended by Done at main.sender (main.go:51)`: where most of the waits that ended did.
fn done_words(context: &Context<'_>, ended: &[Wait]) -> String {
    let mut counts: BTreeMap<Place, usize> = BTreeMap::new();
    for place in ended.iter().filter_map(|wait| context.places.own(wait.waker_stack)) {
        *counts.entry(place).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or_else(String::new, |(place, _)| format!(", by Done at {}", place_name(Some(&place))))
}

/// Whether somebody may be at work for a goroutine that has waited for `waited` ns: one that it started, or one of those that
/// end such waits, which has done one and the same for most of the time since.
fn may_end(context: &Context<'_>, go: GoroutineIdx, ended: &[Wait], waited: i64) -> bool {
    let end = context.trace.range().end;
    let facts = |go: GoroutineIdx| context.workload.go(go);
    let workers: FxHashSet<StrId> = ended.iter().filter_map(|wait| Some(facts(wait.waker?)?.name)).collect();
    context.workload.gos.iter().filter(|facts| facts.ended().is_none() && facts.go != go).any(|facts| {
        let is_own = facts.creator() == Some(go);
        if !is_own && !workers.contains(&facts.name) {
            return false;
        }
        let idle = context.workload.stuck.get(&facts.go).is_some_and(|it| is_idle(context.places, it.stack, it.class));
        let last = context.trace.span_at(LaneId::Goroutine(facts.go), end.plus_nanos(-1));
        !idle && (is_own || last.is_some_and(|span| end.nanos_since(span.range.start) * 2 >= waited))
    })
}
