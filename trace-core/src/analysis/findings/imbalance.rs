//! Work shared out among goroutines of which one gets far more than the others, while their creator waits
//! for all of them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::blocked_by::{Blocked, Wakers};
use crate::analysis::findings::activity::{Activity, ActivityKind};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, MOST_GOROUTINES, Severity};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::peers::{Relation, life, related, waited};
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::places::{Op, Place, is_test_function};
use crate::analysis::procs::busy;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::Frame;

/// More than this are no team.
pub(crate) const TEAM: usize = 256;

/// Fewer rounds may be uneven by chance, and fewer members may have different things to do.
const ROUNDS: u64 = 3;
const MEMBERS: u64 = 3;
/// A round that loses less than this, ns, which is less than this part of the time of those who wait, is no trouble.
const SHORT: (u64, f64) = (10_000_000, 0.15);
/// Rounds that are looked into.
const LOOKED_AT: usize = 8;

/// Goroutines created together whose creator waits for the last.
pub(crate) struct Round<'a> {
    pub(crate) workers: Vec<&'a GoroutineStats>,
}

/// What is lost by the goroutines that one function makes.
#[derive(Default)]
struct Loss {
    rounds: u64,
    uneven: u64,
    workers: u64,
    /// Some of the workers in them, and who waited for them.
    gos: Vec<GoroutineIdx>,
    lost: u64,
    longest: u64,
    all: u64,
    last: Vec<(GoroutineIdx, TimeRange)>,
    parents: Vec<GoroutineIdx>,
    waiting: StackId,
    /// Where the one with most work was created, last time.
    creation: StackId,
    /// Uneven rounds of goroutines created at more than one place: they do different things.
    mixed: u64,
    /// In how many uneven rounds the one with most work was created first, second, and so on (counted from 0).
    places: BTreeMap<usize, u64>,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut losses: FxHashMap<u32, Loss> = FxHashMap::default();
    for ((creator, by), workers) in created(context) {
        let loss = losses.entry(by).or_default();
        for round in rounds(workers) {
            add(context, loss, creator, &round);
        }
    }
    let mut losses: Vec<(u32, Loss)> = losses.into_iter().collect();
    losses.sort_by_key(|loss| loss.0);
    let rounds = losses.iter().filter_map(|(_, loss)| judge(context, loss));
    rounds.chain(context.blocked.iter().filter_map(|(wait, found)| gather(context, wait, found))).collect()
}

/// Goroutines that were created and have ended within the trace, by who created them and in which function of the program, in
/// this order.
pub(crate) fn created<'a>(context: &Context<'a>) -> BTreeMap<(GoroutineIdx, u32), Vec<&'a GoroutineStats>> {
    let mut groups: BTreeMap<(GoroutineIdx, u32), Vec<&GoroutineStats>> = BTreeMap::new();
    // Tests are as long as they are.
    for facts in context.workload.gos.iter().filter(|facts| !is_test_function(context.trace.str(facts.name))) {
        let by = context.places.own_function(facts.creation);
        if let (Some(creator), Some(by), Some(_), Some(_)) = (facts.creator(), by, facts.created(), facts.ended()) {
            groups.entry((creator, by)).or_default().push(facts);
        }
    }
    groups
}

/// Long-lived workers of which one is nearly always the last: they hand their results to whoever created them, or each
/// answers requests for its share of something.
fn gather(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let is_gathering = matches!(wait.op, Op::Receive | Op::Select | Op::WaitGroup | Op::Cond);
    if !is_gathering || wait.count < 6 {
        return None;
    }
    let &(last, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    let first = context.workload.go(last)?;
    let team = team_of(context, last);
    // Of those that were there before the trace nobody knows who made them.
    let is_of_waiter = first.creator().is_none() || related(context, wait, Relation::Child) >= 0.6;
    let is_service = serves(wait, found, &team);
    if !(wait.gos <= 2 && is_of_waiter || is_service) {
        return None;
    }
    let all: u64 = team.iter().map(|facts| facts.work).sum();
    let mean = all / (team.len() as u64).max(1);
    // Made anew for each round they are another case; two may well do different things.
    if !(3..=TEAM).contains(&team.len()) || share < 0.5 || first.work < 2 * mean {
        return None;
    }
    let lost = (wait.woken_nanos as f64 * share * (1.0 - context.load.share)) as u64;
    if context.share(lost) < 0.02 {
        return None;
    }
    let done = Activity::of_parts(found.parts.iter().filter(|part| part.go == last));
    let way = done.main();
    let hot = done.place(context, way)?;
    // One that has nothing to do itself, or no proc, is not late for what it does.
    if matches!(way, ActivityKind::Runnable | ActivityKind::Unknown) || done.is_idle(context) {
        return None;
    }
    let mut evidence = Evidence::default();
    let title = format!(
        "{} for {}, {} of it for {}, which did {} of {} of their work: {} {}",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        evidence.count("workers", team.len() as u64, "worker"),
        evidence.share("share_of_last", share),
        go_name(context.trace, last),
        evidence.time("longest_total_ns", first.work),
        evidence.time("work_total_ns", all),
        way.words(),
        hot.named.in_words(),
    );
    let finding = Finding::new(Kind::Imbalance, title, lost, context.duration, 0.5 + 0.4 * share)
        .with(evidence)
        .text("seen_in", hot.seen_in)
        .culprit_named(context.trace, Some(hot.named), hot.stack)
        .act(done.act_of(way))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    let range = wait.longest.first().map_or(context.trace.range(), |longest| longest.range);
    let finding = finding.link(context.trace, last, range);
    let finding = if is_service { finding.cause(Cause::HotShard, HOT_SHARD) } else { finding };
    Some(if context.is_of_tests(wait) { finding.at_most(Severity::Note) } else { finding })
}

/// All that were created by the same goroutine at the same place as this one, with the same start function; at most one
/// more than [`TEAM`].
pub(crate) fn team_of<'a>(context: &Context<'a>, go: GoroutineIdx) -> Vec<&'a GoroutineStats> {
    let key = |facts: &GoroutineStats| (facts.name, facts.creation, facts.creator());
    let Some(first) = context.workload.go(go) else { return Vec::new() };
    context.workload.gos.iter().filter(|facts| key(facts) == key(first)).take(TEAM + 1).collect()
}

/// Whether the goroutines of a team answer requests all the time, each of them some: what one is asked, another does not
/// do in its place.
fn serves(wait: &Blocked, found: &Wakers, team: &[&GoroutineStats]) -> bool {
    let begin = wait.longest.iter().map(|one| one.range.start).min();
    let end = wait.longest.iter().map(|one| one.range.end).max();
    let is_there = |facts: &&GoroutineStats| {
        let is_early = facts.created().is_none_or(|created| begin.is_some_and(|begin| created <= begin));
        is_early && facts.ended().is_none_or(|ended| end.is_some_and(|end| ended >= end))
    };
    let answers = |facts: &&&GoroutineStats| found.by_go.iter().any(|(go, _)| *go == facts.go);
    let answering = team.iter().filter(answers).count() as u64;
    wait.bounded_nanos * 2 >= wait.nanos && answering >= MEMBERS && team.iter().all(is_there)
}

/// Cuts the goroutines of one creator where all before have ended.
pub(crate) fn rounds(mut workers: Vec<&GoroutineStats>) -> Vec<Round<'_>> {
    workers.sort_by_key(|facts| (facts.created(), facts.go));
    let mut rounds: Vec<Round<'_>> = Vec::new();
    let mut end = TraceTime::MIN;
    for facts in workers {
        let (created, ended) = (facts.created().unwrap_or(TraceTime::MIN), facts.ended().unwrap_or(TraceTime::MAX));
        match rounds.last_mut().filter(|_| created < end) {
            Some(round) => round.workers.push(facts),
            None => rounds.push(Round { workers: vec![facts] }),
        }
        end = end.max(ended);
    }
    rounds
}

fn add(context: &Context<'_>, loss: &mut Loss, parent: GoroutineIdx, round: &Round<'_>) {
    let count = round.workers.len() as u64;
    if count < 2 {
        return;
    }
    loss.rounds += 1;
    let all: u64 = round.workers.iter().map(|facts| facts.work).sum();
    let Some(most) = round.workers.iter().max_by_key(|facts| (facts.work, facts.go)) else { return };
    let (longest, mean) = (most.work, all / count);
    let is_uneven = if count == 2 { longest * 4 >= all * 3 } else { longest >= 2 * mean };
    let (Some(begin), Some(end)) = (most.created(), most.ended()) else { return };
    if !is_uneven || longest < 200_000 {
        return;
    }
    let is_mixed = round.workers.iter().any(|facts| facts.creation != most.creation);
    if is_mixed && count < 3 {
        return;
    }
    // In the middle of the time after half of the others are done its creator must be waiting for it.
    let others = round.workers.iter().filter(|facts| facts.go != most.go).filter_map(|facts| facts.ended());
    let mut others: Vec<TraceTime> = others.collect();
    others.sort_unstable();
    let Some(&others) = others.get(others.len() / 2).filter(|others| **others < end) else { return };
    let middle = TraceTime(others.0 + end.nanos_since(others) / 2);
    let Some(span) = context.trace.span_at(LaneId::Goroutine(parent), middle) else { return };
    let next = context.trace.next_span(span.at).map(|next| context.trace.maker(next.at).0);
    // The last one to end, which may be another one with much to do, wakes it.
    let is_late = |facts: &&&GoroutineStats| next == Some(Some(LaneId::Goroutine(facts.go)));
    let last = round.workers.iter().find(is_late).filter(|facts| facts.work * 2 > longest);
    if span.state != GoState::Waiting || last.is_none() {
        return;
    }
    loss.uneven += 1;
    loss.mixed += u64::from(is_mixed);
    loss.creation = most.creation;
    let at = round.workers.iter().position(|facts| facts.go == most.go).unwrap_or(0);
    *loss.places.entry(at).or_default() += 1;
    loss.workers += count;
    if loss.gos.len() < MOST_GOROUTINES {
        loss.gos.push(parent);
        loss.gos.extend(round.workers.iter().map(|facts| facts.go));
    }
    // Only while procs idle would an even share have been faster.
    let alone = (longest - mean).min(end.nanos_since(begin).unsigned_abs());
    let alone = alone.min(waited_alike(context, parent, TimeRange::new(begin, end), span.start_stack));
    loss.lost += (alone as f64 * idle_share(context, TimeRange::new(others, end))) as u64;
    loss.longest += longest;
    loss.all += all;
    loss.waiting = span.start_stack;
    if !loss.parents.contains(&parent) {
        loss.parents.push(parent);
    }
    if loss.last.len() < 64 {
        loss.last.push((most.go, TimeRange::new(others, end)));
    }
}

/// Share of the procs' time that nobody of the program used, 0 to 1.
fn idle_share(context: &Context<'_>, range: TimeRange) -> f64 {
    let procs = context.load.procs.max(1);
    let room = range.nanos().unsigned_abs() * procs;
    let busy = busy(context.trace, range);
    1.0 - (busy as f64 / room.max(1) as f64).min(1.0)
}

/// Whether round after round one of several that do the same takes far longer than the others: work that could be shared
/// out otherwise, of however many waits it consists.
const fn is_team(loss: &Loss) -> bool {
    loss.uneven >= ROUNDS && loss.mixed == 0 && loss.workers >= MEMBERS * loss.uneven && loss.longest * 2 >= loss.all
}

/// Nanoseconds that a goroutine waited within a range in the function of a stack.
fn waited_alike(context: &Context<'_>, go: GoroutineIdx, range: TimeRange, stack: StackId) -> u64 {
    let function = context.places.own_function(stack);
    let mut nanos = 0;
    context.trace.state_intervals(go, range, |span| {
        if span.state == GoState::Waiting && context.places.own_function(span.stack) == function {
            nanos += span.range.intersect(range).nanos().unsigned_abs();
        }
    });
    nanos
}

/// Whether what is late consists of calls, each of which waits for its answer, where others of the same kind make far
/// fewer of them: it got more of the work.
fn is_calls(context: &Context<'_>, loss: &Loss) -> bool {
    let done = Activity::of_ranges(context, &loss.last);
    let hot = done.place(context, ActivityKind::Waiting);
    let is_call =
        hot.is_some_and(|hot| context.places.op(hot.stack) == Op::Select && !context.places.is_direct(hot.stack));
    is_call && loss.mixed == 0 && loss.workers >= MEMBERS * loss.uneven && loss.longest * 2 >= loss.all
}

/// Whether what is late consists, in most rounds, of many waits of which none stands out.
fn is_many_waits(context: &Context<'_>, loss: &Loss) -> bool {
    let some = loss.last.iter().take(LOOKED_AT);
    let many = some.clone().filter(|last| Activity::of_ranges(context, &[**last]).is_stream());
    many.count() * 2 > some.count()
}

/// The function that goes through a goroutine's share of the work: the program's outermost one, or, where that is a
/// closure whose work is done further below, the one it calls.
fn whole_share(context: &Context<'_>, stack: StackId) -> Option<Place> {
    let outer = context.places.outer(stack)?;
    let is_closure = outer.function.rsplit('.').next().is_some_and(|last| last.starts_with("func"));
    let below: Vec<Frame<'_>> =
        context.places.own_frames(stack).take_while(|frame| frame.function != outer.function).collect();
    match below.as_slice() {
        [_, .., called] if is_closure => Some(Place::from(*called)),
        _ => Some(outer),
    }
}

/// ` (in 2 of 3 rounds)`: in how many it was unbalanced; empty of a single round.
fn in_rounds(loss: &Loss, evidence: &mut Evidence) -> String {
    let uneven = evidence.whole("uneven_rounds", loss.uneven);
    let rounds = evidence.count("rounds", loss.rounds, "round");
    if loss.rounds == 1 { String::new() } else { format!(" (in {uneven} of {rounds})") }
}

/// `; in 3 rounds it was number 2 in order of creation`, where it is nearly always the same one; empty where it is not, or
/// where that is not known from several rounds.
fn which(loss: &Loss, evidence: &mut Evidence) -> String {
    let Some((at, rounds)) = same_one(loss) else { return String::new() };
    let at = evidence.whole("created_as_number", at as u64 + 1);
    let rounds = evidence.count("rounds_of_that_one", rounds, "round");
    format!("; in {rounds} it was number {at} in order of creation")
}

/// Whether what a round loses is little, and little of the time of those who wait for the last: some calls always take
/// longer than others, such as those that miss a cache.
fn is_short(context: &Context<'_>, loss: &Loss) -> bool {
    let lives: u64 = loss.parents.iter().map(|parent| life(context, *parent)).sum();
    let is_small_part = (loss.lost as f64) < SHORT.1 * lives as f64;
    loss.lost / loss.uneven.max(1) < SHORT.0 && is_small_part
}

/// Which one, in the order of creation, has most work in nearly all rounds (counted from 0), and in how many.
fn same_one(loss: &Loss) -> Option<(usize, u64)> {
    let most = loss.places.iter().max_by_key(|(_, rounds)| **rounds);
    most.map(|(at, rounds)| (*at, *rounds)).filter(|most| loss.uneven >= ROUNDS && most.1 * 10 >= loss.uneven * 8)
}

/// Where each goroutine of a team has its share of something, and one has far more to do for it.
const HOT_SHARD: &str = "Spread what this one is asked for over all of them: another key to distribute by, more and smaller \
                         shards, or several workers for this one. Or make each answer cheaper.";

/// Where always the same one has most to wait for, and there is nothing to be shared out otherwise.
const SAME_ONE: &str = "Find out why this one takes so much longer than the others: a slow shard, backend or key. Set a deadline \
                        for it, or answer without it.";

fn judge(context: &Context<'_>, loss: &Loss) -> Option<Finding> {
    if context.share(loss.lost) < 0.02 || loss.uneven * 2 < loss.rounds {
        return None;
    }
    // That different things take different time is news where it is so again and again.
    let is_mixed = loss.mixed * 2 > loss.uneven;
    if is_mixed && loss.uneven < 3 {
        return None;
    }
    let creation = loss.creation;
    let done = Activity::of_ranges(context, &loss.last);
    let way = done.main();
    if way == ActivityKind::Runnable {
        return None;
    }
    let hot = done.place(context, way);
    let seen_in = hot.as_ref().map_or("creation", |hot| hot.seen_in);
    let (named, stack) = match hot {
        // Of many waits none is to blame: the work is to be shared out, by who goes through its share.
        Some(hot) if is_many_waits(context, loss) => {
            (Some(whole_share(context, hot.stack).map_or(hot.named, Named::direct)), hot.stack)
        }
        Some(hot) => (Some(hot.named), hot.stack),
        None => (context.places.own(creation).map(Named::direct), creation),
    };
    let mut evidence = Evidence::default();
    let is_wait = way == ActivityKind::Waiting;
    let title = format!(
        "Unbalanced fan-out at {}{}: one of {} {}{}, {} total of the {} {}, {} {}, while {} waited{}",
        place_name(context.places.own(creation).as_ref()),
        in_rounds(loss, &mut evidence),
        evidence.whole("workers_per_round", loss.workers / loss.uneven.max(1)),
        // To wait is no work.
        if is_wait { "took longest" } else { "did most" },
        if loss.uneven == 1 { "" } else { " each time" },
        evidence.time("longest_total_ns", loss.longest),
        evidence.time("work_total_ns", loss.all),
        if is_wait { "of all of them" } else { "of work" },
        way.words(),
        named.as_ref().map_or_else(|| place_name(None), Named::in_words),
        place_name(context.places.own(loss.waiting).as_ref()),
        which(loss, &mut evidence),
    );
    let confidence = if loss.uneven >= 3 { 0.9 } else { 0.75 };
    let kind = if is_mixed { Kind::Straggler } else { Kind::Imbalance };
    let mut finding = Finding::new(kind, title, loss.lost, context.duration, confidence)
        .with(evidence)
        .int("workers", loss.workers)
        .text("seen_in", seen_in)
        .culprit_named(context.trace, named, stack)
        .act(done.act_of(way))
        .goroutines(&loss.gos);
    if same_one(loss).is_some() && way.is_slow() && !is_many_waits(context, loss) {
        finding = finding.cause(Cause::SameOne, SAME_ONE);
    }
    if let Some(waiting) = context.places.own(loss.waiting) {
        finding = finding.victim(&waiting.function, loss.parents.len() as u64);
    }
    if let Some(&(go, range)) = loss.last.iter().max_by_key(|last| last.1.nanos()) {
        finding = finding.link(context.trace, go, range);
    }
    // A stream is as long as what is copied; and tests wait for what they start.
    let is_due = done.is_stream() && !is_team(loss) && !is_calls(context, loss)
        || loss.parents.iter().all(|parent| context.is_test(*parent));
    let is_chance = way.is_slow() && same_one(loss).is_none() && is_short(context, loss);
    Some(if is_due || is_chance { finding.at_most(Severity::Note) } else { finding })
}
