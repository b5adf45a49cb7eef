//! Semaphores and pools: how many slots they have, and what the holders of slots do. Often the goroutines that wait are
//! not the ones that keep others waiting.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::blocked_by::{Blocked, Meanwhile, Wakers};
use crate::analysis::findings::activity::{Activity, ActivityKind};
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Act, Evidence};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::site_waits::every_wait;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::go_name;
use crate::analysis::phrases::where_at;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::scope::united;
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};

/// Waits of each goroutine, on average, from which on it shows who lets in whom.
const OFTEN: usize = 4;
/// Parts of the time with waits in which slots are counted.
const PARTS: i64 = 5;

/// What the holders of slots do most of the time.
pub(crate) struct Held {
    pub(crate) named: Named,
    pub(crate) stack: StackId,
    /// The goroutine that did so longest.
    pub(crate) act: Option<Act>,
    pub(crate) link: (GoroutineIdx, TimeRange),
    /// Nanoseconds during which at least one slot was used so.
    elapsed: u64,
    /// The holders are other requests, or other goroutines, than the waiters.
    pub(crate) is_other: bool,
    is_team: bool,
    /// Not all waits were looked into.
    is_part: bool,
}

impl Held {
    /// `for 1.10 s at least one holder was in net/http.Get at main.load (main.go:12), G7 the longest`
    pub(crate) fn sentence(&self, context: &Context<'_>, evidence: &mut Evidence) -> String {
        let doing = format!("{}{}", where_at(context.places, self.stack), self.named.called_from());
        let who = go_name(context.trace, self.link.0);
        let elapsed = evidence.time("held_slow_ns", self.elapsed);
        let more = if self.is_part { " or more" } else { "" };
        let holder = if self.is_team { "of them" } else { "holder" };
        format!("for {elapsed}{more} at least one {holder} was{doing}, {who} the longest")
    }
}

/// What the goroutines that ended the waits did while they held a slot; `None` if nothing takes at least a third of the
/// time. `is_team`: they are workers that take one piece of work after the other, so that all they do counts.
pub(crate) fn held(context: &Context<'_>, wait: &Blocked, found: &Wakers, is_team: bool) -> Option<Held> {
    let is_use = |part: &Meanwhile| {
        let op = context.places.op(part.stack);
        let is_such =
            (part.is_held || is_team) && context.places.has_own(part.stack) && op != Op::Pool && op != wait.op;
        is_such && part.doing != StepKind::Runnable
    };
    let mut sums: FxHashMap<u32, (u64, Vec<&Meanwhile>)> = FxHashMap::default();
    for part in found.parts.iter().filter(|part| is_use(part)) {
        let Some(function) = context.places.own_function(part.stack) else { continue };
        let sum = sums.entry(function).or_default();
        sum.0 += part.nanos;
        sum.1.push(part);
    }
    let (_, (nanos, parts)) = sums.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
    if nanos * 3 < found.examined {
        return None;
    }
    let top = *parts.iter().max_by_key(|part| (part.nanos, part.longest.start, part.go))?;
    let named = context.named(top.stack, parts.iter().map(|part| (part.stack, part.nanos)))?;
    let done = Activity::of_parts(parts);
    let outer = context.places.outer_function(top.release);
    let same: u64 =
        wait.longest.iter().filter(|one| context.places.outer_function(one.stack) == outer).map(Wait::nanos).sum();
    let all: u64 = wait.longest.iter().map(Wait::nanos).sum();
    let elapsed = [ActivityKind::Running, ActivityKind::Syscall, ActivityKind::Waiting]
        .map(|way| done.elapsed(way))
        .into_iter()
        .max()
        .unwrap_or(0);
    let (stack, is_other) = (top.stack, same * 3 < all);
    let (act, link) = (done.act(top.go, top.doing), (top.go, top.longest));
    let is_part = found.waits < wait.count;
    Some(Held { named, stack, act, link, elapsed, is_other, is_team, is_part })
}

/// The number of slots, from holders that waited for their slot and passed it on to a waiter. `None` if there are too
/// few of them. Exact only if all slots were always in use.
pub(crate) fn size(context: &Context<'_>, wait: &Blocked) -> Option<u64> {
    usual_overlap(&holds(&same_pool(context, wait)?, wait.count)?)
}

/// How many slots are in use at once in the first part of the time in which goroutines wait for one, and in the last part,
/// where these become fewer all the time though goroutines wait for them ever longer.
pub(crate) fn dwindling(context: &Context<'_>, wait: &Blocked) -> Option<(u64, u64)> {
    let all = same_pool(context, wait)?;
    let holds = holds(&all, wait.count)?;
    let start = all.iter().map(|one| one.range.start).min()?;
    let end = all.iter().map(|one| one.range.end).max()?;
    let length = end.nanos_since(start) / PARTS;
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for part in 0..PARTS {
        let from = start.plus_nanos(part * length);
        let part = TimeRange::new(from, from.plus_nanos(length));
        let held: Vec<TimeRange> =
            holds.iter().map(|hold| hold.intersect(part)).filter(|range| range.nanos() > 0).collect();
        let waited = all.iter().map(|one| one.range.intersect(part).nanos().max(0).unsigned_abs()).sum();
        parts.push((usual_overlap(&held)?, waited));
    }
    let falls = parts.windows(2).all(|pair| matches!(pair, [one, next] if next.0 <= one.0));
    let (first, last) = (parts.first()?, parts.last()?);
    (falls && first.0 >= last.0 * 2 && first.0 >= last.0 + 2 && last.1 >= first.1).then_some((first.0, last.0))
}

/// When slots were held, as far as is known from these waits; `None` if that is little of `count` waits.
fn holds(all: &[Wait], count: u64) -> Option<Vec<TimeRange>> {
    let mut ends: FxHashMap<GoroutineIdx, Vec<TraceTime>> = FxHashMap::default();
    let mut releases: FxHashMap<GoroutineIdx, Vec<TraceTime>> = FxHashMap::default();
    for one in all {
        ends.entry(one.go).or_default().push(one.range.end);
        if let Some(waker) = one.waker {
            releases.entry(waker).or_default().push(one.range.end);
        }
    }
    ends.values_mut().chain(releases.values_mut()).for_each(|list| list.sort_unstable());
    let mut holds: FxHashMap<GoroutineIdx, Vec<TimeRange>> = FxHashMap::default();
    let mut given: FxHashMap<GoroutineIdx, (TraceTime, TraceTime)> = FxHashMap::default();
    let mut explained = 0u64;
    for one in all {
        let Some(waker) = one.waker else { continue };
        let end = one.range.end;
        explained += 1;
        match ends.get(&waker).and_then(|list| last_before(list, end.plus_nanos(1))) {
            Some(got) => {
                // Whoever has released since then got it again without a wait: from when on is not known.
                let released = releases.get(&waker).and_then(|list| last_before(list, end));
                let from = released.filter(|released| *released > got).unwrap_or(got);
                holds.entry(waker).or_default().push(TimeRange::new(from, end));
            }
            // A library's goroutine that gives the same connection again and again.
            None => {
                let known = given.entry(waker).or_insert((end, end));
                *known = (known.0.min(end), known.1.max(end));
            }
        }
    }
    // Waits that a library's goroutine ended once tell nothing of how long it had the connection.
    let known = given.values().filter(|(first, last)| first == last).count() as u64;
    let explained = explained.saturating_sub(known);
    let libraries = given.into_values().map(|(first, last)| TimeRange::new(first, last));
    // A goroutine counts once, however often it is seen to have one.
    let holds = holds.into_values().flat_map(united);
    let holds: Vec<TimeRange> = holds.chain(libraries).filter(|range| range.nanos() > 0).collect();
    let enough = !holds.is_empty() && (explained >= 6 || explained * 2 >= count);
    enough.then_some(holds)
}

/// The last of the times, which are in order, before this one.
fn last_before(times: &[TraceTime], end: TraceTime) -> Option<TraceTime> {
    times.get(times.partition_point(|time| *time < end).checked_sub(1)?).copied()
}

/// Whether those who wait there are never among those who let others pass, directly or through others: they hand work on
/// to the next stage through a full channel. Who takes and gives back a place lets in those who let in others. `false`
/// if each passes but a few times, as short goroutines do, and where it is no channel: a channel hands on to whoever has
/// waited longest, so that those who want a place again wait for it again. However few they are: values that are received until
/// the channel is closed are handed on.
pub(crate) fn is_queue(context: &Context<'_>, wait: &Blocked) -> bool {
    if !matches!(wait.op, Op::Send | Op::Receive | Op::Select) {
        return false;
    }
    if is_received_until_closed(context, wait) {
        return true;
    }
    let mut edges: Vec<(GoroutineIdx, GoroutineIdx, u64)> =
        wait.longest.iter().filter_map(|one| Some((one.waker?, one.go, one.nanos()))).collect();
    edges.sort_unstable();
    let waiters: BTreeSet<GoroutineIdx> = edges.iter().map(|edge| edge.1).collect();
    if edges.len() < waiters.len() * OFTEN {
        return false;
    }
    let round = in_rounds(&edges);
    let all: u64 = edges.iter().map(|edge| edge.2).sum();
    let mutual: u64 = edges.iter().filter(|edge| round.contains(&(edge.0, edge.1))).map(|edge| edge.2).sum();
    mutual * 2 < all
}

/// Whether most of the time is spent on channels that somebody receives from until they are closed: by `range`, or in two
/// values. Who gives back a place, or takes one, receives a single value.
fn is_received_until_closed(context: &Context<'_>, wait: &Blocked) -> bool {
    let receives = |stack: StackId| {
        let mut inner = context.trace.frames(stack).take_while(|frame| frame.function.starts_with("runtime."));
        inner.any(|frame| frame.function == "runtime.chanrecv2")
    };
    let (mut until_closed, mut all) = (0, 0);
    for one in wait.longest.iter().filter(|one| one.waker.is_some()) {
        all += one.nanos();
        until_closed += if receives(one.stack) || receives(one.waker_stack) { one.nanos() } else { 0 };
    }
    until_closed * 2 > all
}

/// Those of the pairs `(from, to)` from which one gets back to where one came from.
fn in_rounds(edges: &[(GoroutineIdx, GoroutineIdx, u64)]) -> BTreeSet<(GoroutineIdx, GoroutineIdx)> {
    let mut next: BTreeMap<GoroutineIdx, BTreeSet<GoroutineIdx>> = BTreeMap::new();
    for edge in edges {
        next.entry(edge.0).or_default().insert(edge.1);
    }
    let mut reached: BTreeMap<GoroutineIdx, BTreeSet<GoroutineIdx>> = BTreeMap::new();
    for &from in next.keys() {
        let mut seen: BTreeSet<GoroutineIdx> = BTreeSet::new();
        let mut open: Vec<GoroutineIdx> = vec![from];
        while let Some(at) = open.pop() {
            let new = next.get(&at).into_iter().flatten().filter(|to| seen.insert(**to));
            open.extend(new);
        }
        reached.insert(from, seen);
    }
    let comes_back =
        |(from, to): (GoroutineIdx, GoroutineIdx)| reached.get(&to).is_some_and(|seen| seen.contains(&from));
    edges.iter().map(|edge| (edge.0, edge.1)).filter(|edge| comes_back(*edge)).collect()
}

/// How many workers of the kind that ended the waits each of those who wait had at once most of the time, where each worker
/// lives for one piece of work. `None` if they were all there all the time.
pub(crate) fn alive(context: &Context<'_>, wait: &Blocked) -> Option<u64> {
    let all = context.trace.range();
    let kind = |facts: &GoroutineStats| (facts.name, facts.creation, facts.creator());
    let wakers = wait.longest.iter().filter_map(|one| context.workload.go(one.waker?));
    // Only the longest waits are known, but all workers.
    let kinds: FxHashSet<_> = wakers.map(kind).collect();
    let workers = context.workload.gos.iter().filter(|facts| kinds.contains(&kind(facts)));
    let life =
        |facts: &GoroutineStats| TimeRange::new(facts.created().unwrap_or(all.start), facts.ended().unwrap_or(all.end));
    let mut by_creator: BTreeMap<Option<GoroutineIdx>, Vec<TimeRange>> = BTreeMap::new();
    workers.for_each(|facts| by_creator.entry(facts.creator()).or_default().push(life(facts)));
    let is_short = by_creator.values().flatten().any(|life| *life != all);
    most_of_the_time(by_creator.values()).filter(|_| is_short)
}

/// All waits for the same semaphore or pool; for a pool of a library, at any place. `None` if not all are to be had: with a few
/// missing, one who seems to have kept a slot may have given it back and got it again.
fn same_pool(context: &Context<'_>, wait: &Blocked) -> Option<Vec<Wait>> {
    let others = context.blocked.iter().filter(|(other, _)| {
        let is_it = std::ptr::eq(other, wait);
        is_it || wait.op == Op::Pool && other.op == Op::Pool && is_sql(context, other) == is_sql(context, wait)
    });
    let mut all: Vec<Wait> = Vec::new();
    for (other, _) in others {
        let kept = other.longest.len() as u64 >= other.count;
        all.extend(if kept { other.longest.clone() } else { every_wait(context, other.stack)? });
    }
    all.sort_unstable_by_key(|one| (one.go, one.range.start));
    all.dedup_by_key(|one| (one.go, one.range.start));
    Some(all)
}

/// Whether a pool is of `database/sql`, or of `net/http`.
pub(crate) fn is_sql(context: &Context<'_>, wait: &Blocked) -> bool {
    context.trace.frames(wait.stack).any(|frame| frame.function.starts_with("database/sql."))
}

/// How many ranges there are at once for the largest part of the time in which there is any.
fn usual_overlap(ranges: &[TimeRange]) -> Option<u64> {
    most_of_the_time([ranges])
}

/// The same of several lists of ranges, each by itself.
fn most_of_the_time(lists: impl IntoIterator<Item = impl AsRef<[TimeRange]>>) -> Option<u64> {
    let mut time_at: FxHashMap<i64, i64> = FxHashMap::default();
    for ranges in lists {
        let edges = ranges.as_ref().iter().flat_map(|range| [(range.start, 1), (range.end, -1)]);
        let mut edges: Vec<(TraceTime, i64)> = edges.collect();
        edges.sort_unstable();
        let (mut now, mut before) = (0, TraceTime::MIN);
        for (at, step) in edges {
            if now > 0 {
                *time_at.entry(now).or_default() += at.nanos_since(before);
            }
            (now, before) = (now + step, at);
        }
    }
    let most = time_at.into_iter().max_by_key(|&(number, time)| (time, number))?.0;
    u64::try_from(most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_number_is_the_one_that_lasts() {
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        let three = [range(0, 100), range(5, 90), range(10, 95), range(94, 96)];
        assert_eq!(usual_overlap(&three), Some(3));
        assert_eq!(usual_overlap(&[]), None);
        assert_eq!(usual_overlap(&[range(0, 10), range(10, 20)]), Some(1));
    }

    #[test]
    fn only_those_who_let_in_each_other_are_in_a_round() {
        let edge = |from, to| (GoroutineIdx(from), GoroutineIdx(to), 1);
        let stages = [edge(3, 1), edge(3, 2), edge(4, 3)];
        assert!(in_rounds(&stages).is_empty());
        let slots = [edge(1, 2), edge(2, 3), edge(3, 1), edge(4, 3)];
        assert_eq!(
            in_rounds(&slots),
            [(1, 2), (2, 3), (3, 1)].map(|(one, other)| (GoroutineIdx(one), GoroutineIdx(other))).into()
        );
    }
}
