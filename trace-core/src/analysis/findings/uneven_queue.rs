//! Queues of which each has a worker of its own, where nearly all that comes goes to one of them: those who send wait for
//! that one while the others have nothing to do.

use crate::analysis::blocked_by::{Blocked, Wakers};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::imbalance::{TEAM, team_of};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::peers::{Relation, related, waited};
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::go_name;
use crate::analysis::places::Op;
use crate::base::ids::GoroutineIdx;
use crate::event::state::GoState;

/// Workers that are looked at, and spans of each.
const LOOKED_AT: usize = 8;
const SPANS: usize = 2_000;
/// One that takes so many times as much as the others on average gets more than its share.
const UNEVEN: u64 = 3;
/// How little the others work, as a part of what this one does, each on average.
pub(crate) const IDLE: u64 = 4;

const SPREAD: &str = "Choose the worker so that all get their share: another key, or a hash of it; or one queue that all \
                      workers take from, if order does not matter.";

/// `None` if the consumer that these wait for is the only one, if the others are busy as well, or if it takes no more than
/// they do and is merely slower.
pub(crate) fn judge(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let &(consumer, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    if share < 0.5 || !is_sending(context, wait) || related(context, wait, Relation::Other) < 0.6 {
        return None;
    }
    // What goroutines send to the one that started them, no other could take.
    let creator = |go: GoroutineIdx| context.workload.go(go).and_then(GoroutineStats::creator);
    let to_creator = wait.longest.iter().filter(|one| one.waker.is_some() && creator(one.go) == one.waker).count();
    if to_creator * 2 > wait.longest.len() {
        return None;
    }
    let team = team_of(context, consumer);
    let first = context.workload.go(consumer)?;
    // Those that have ended take nothing any more.
    let until = wait.longest.iter().map(|one| one.range.end).max()?;
    let is_there = |facts: &&GoroutineStats| facts.ended().is_none_or(|ended| ended >= until);
    let others: Vec<&GoroutineStats> =
        team.iter().copied().filter(|facts| facts.go != consumer).filter(is_there).collect();
    let work: u64 = others.iter().map(|facts| facts.work).sum();
    let number = others.len() as u64;
    if !(2..TEAM).contains(&others.len()) || work * IDLE > first.work * number {
        return None;
    }
    // All of these waits ended when it took something; it took more without keeping anybody waiting.
    let by_it = wait.longest.iter().filter(|one| one.waker == Some(consumer)).count() as u64;
    let taken = wait.count * by_it / (wait.longest.len() as u64).max(1);
    let some = others.iter().take(LOOKED_AT);
    let by_others: u64 = some.clone().map(|facts| taken_by(context, facts.go)).sum();
    if taken * (some.len() as u64) < UNEVEN * by_others {
        return None;
    }
    let mut evidence = Evidence::default();
    let title = format!(
        "{}, {} of it for {}, one of {}: it did {} of the {} of their work, and the others had little to do",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        evidence.share("share_of_first_consumer", share),
        go_name(context.trace, consumer),
        evidence.count("workers", number + 1, "worker"),
        evidence.time("longest_total_ns", first.work),
        evidence.time("work_total_ns", work + first.work),
    );
    let mut finding = Finding::new(Kind::Imbalance, title, wait.woken_nanos, context.duration, 0.5 + 0.4 * share)
        .with(evidence)
        .cause(Cause::UnevenQueue, SPREAD)
        .culprit_named(context.trace, Some(Named::direct(wait.place.clone())), wait.stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(context.trace, consumer, longest.range).link(context.trace, longest.go, longest.range);
    }
    Some(finding)
}

/// Whether those who wait send: whoever ended their waits received.
fn is_sending(context: &Context<'_>, wait: &Blocked) -> bool {
    let ended = wait.longest.iter().filter(|one| one.waker.is_some());
    let received = ended.clone().filter(|one| {
        let op = context.places.op(one.waker_stack);
        op == Op::Receive || wait.op == Op::Send
    });
    received.count() * 2 > ended.count()
}

/// How often a worker was woken while it waited on a channel.
fn taken_by(context: &Context<'_>, go: GoroutineIdx) -> u64 {
    let spans = context.trace.transitions(go, context.trace.range()).take(SPANS);
    let is_wait =
        |state, stack| state == GoState::Waiting && matches!(context.places.op(stack), Op::Receive | Op::Select);
    spans.filter(|found| is_wait(found.span.state, found.span.start_stack)).count() as u64
}
