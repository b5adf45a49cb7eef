//! Workers that wait for each other: at a barrier for the last one (straggler, imbalance), or for a place
//! that another gives up (semaphore, pool).

use std::collections::BTreeSet;

use crate::analysis::blocked_by::{Blocked, Meanwhile, Releasers};
use crate::analysis::census::Wait;
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, go_name, place_name, time};
use crate::analysis::findings::holds::Holds;
use crate::analysis::findings::hot::hot;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::Doing;
use crate::base::ids::{GoIx, StackId};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Waits per act of waking from which on it is a barrier that opens.
const BROADCAST: f64 = 1.4;

/// How the one who ends a wait stands to the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Started by the same function.
    Sibling,
    /// Created by the one who waits.
    Child,
    Other,
}

pub(crate) fn relation(scene: &Scene<'_>, waiter: GoIx, waker: GoIx) -> Relation {
    let (Some(waiter), Some(waker)) = (scene.census.go(waiter), scene.census.go(waker)) else { return Relation::Other };
    if waker.creator() == Some(waiter.go) {
        Relation::Child
    } else if waiter.name == waker.name
        && (waiter.creator() == waker.creator() || waiter.creator().is_none() || waker.creator().is_none())
    {
        Relation::Sibling
    } else {
        Relation::Other
    }
}

/// Share of the woken time of the longest waits by a relation.
pub(crate) fn related(scene: &Scene<'_>, wait: &Blocked, wanted: Relation) -> f64 {
    let (mut all, mut matching) = (0u64, 0u64);
    for one in &wait.longest {
        let Some(waker) = one.waker else { continue };
        let nanos = one.range.nanos().unsigned_abs();
        all += nanos;
        matching += if relation(scene, one.go, waker) == wanted { nanos } else { 0 };
    }
    if all == 0 { 0.0 } else { matching as f64 / all as f64 }
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let others = scene.blocked.iter().filter(|(wait, _)| !wait.op.is_lock() && wait.op != Op::Sleep);
    let judge = |(wait, found): &(Blocked, Releasers)| match wait.op {
        Op::Pool => pool(scene, wait, found),
        _ => barrier(scene, wait, found).or_else(|| limit(scene, wait, found)),
    };
    others.filter_map(judge).collect()
}

/// Waits for a free connection of a library's pool. (One that waits for a new connection is woken by who makes it.)
fn pool(scene: &Scene<'_>, wait: &Blocked, found: &Releasers) -> Option<Finding> {
    let trace = scene.trace;
    let makes = |stack: StackId| {
        let mut frames = trace.frames(stack);
        frames.any(|frame| frame.function.contains(".dialConn") || frame.function.ends_with("DB).connectionOpener"))
    };
    let given: u64 = wait.longest.iter().filter(|one| one.waker.is_some() && !makes(one.waker_stack)).map(nanos).sum();
    let all: u64 = wait.longest.iter().map(nanos).sum();
    if wait.count < 6 || scene.share(wait.nanos) < 0.05 || given * 3 < all * 2 {
        return None;
    }
    let title = format!(
        "{}, {} in sum (max {}), at {} for a free connection of a pool that is used up",
        counted(wait.count, "wait"),
        time(wait.nanos),
        time(wait.max),
        place_name(Some(&wait.place)),
    );
    let mut finding = Finding::new(Kind::LimitedConcurrency, title, wait.nanos, scene.duration, 0.85)
        .int("waits", wait.count)
        .int("wait_total_ns", wait.nanos)
        .int("wait_max_ns", wait.max)
        .int("holders", found.by_go.len() as u64)
        .ratio("procs_busy", scene.load.share)
        .culprit(trace, Some(wait.place.clone()), wait.stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(trace, longest.go, longest.range);
    }
    Some(finding)
}

fn nanos(wait: &Wait) -> u64 {
    wait.range.nanos().unsigned_abs()
}

fn barrier(scene: &Scene<'_>, wait: &Blocked, found: &Releasers) -> Option<Finding> {
    if found.per_act < BROADCAST || related(scene, wait, Relation::Sibling) < 0.6 || wait.count < 6 {
        return None;
    }
    let alive: u64 = wait.gos * scene.duration;
    if wait.woken_nanos * 10 < alive {
        return None;
    }
    let &(last, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    let kind = if share >= 0.5 { Kind::Straggler } else { Kind::Imbalance };
    let hot = hot(scene, &[(last, scene.trace.range())])?;
    let title = format!(
        "{} goroutines waited {} in sum at {} in {} for the others; {:.0} % of it for {}, busy in {}",
        wait.gos,
        time(wait.nanos),
        wait.op.name(),
        place_name(Some(&wait.place)),
        100.0 * share,
        go_name(scene.trace, last),
        place_name(Some(&hot.place)),
    );
    let mut finding = Finding::new(kind, title, wait.nanos, scene.duration, 0.6 + 0.35 * share)
        .int("waits", wait.count)
        .int("wait_total_ns", wait.nanos)
        .int("wait_max_ns", wait.max)
        .ratio("share_of_last", share)
        .ratio("waits_per_wakeup", found.per_act)
        .text("seen_in", hot.seen_in)
        .culprit(scene.trace, Some(hot.place), hot.stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(scene.trace, last, longest.range).link(scene.trace, longest.go, longest.range);
    }
    Some(finding)
}

/// Whether everyone is woken by always the same one: a ring or a pipeline, where nothing is shared. Looks at
/// all waits of a few.
fn has_fixed_partners(scene: &Scene<'_>, wait: &Blocked) -> bool {
    let waiters: BTreeSet<GoIx> = wait.longest.iter().map(|one| one.go).collect();
    let own = scene.places.own_function(wait.stack);
    let (mut repeated, mut fixed) = (0, 0);
    for &go in waiters.iter().take(8) {
        let mut wakers: Vec<GoIx> = Vec::new();
        let mut moves = scene.trace.moves(go, scene.trace.range()).take(2_000).peekable();
        while let Some(found) = moves.next() {
            let is_here =
                found.span.state == GoState::Waiting && scene.places.own_function(found.span.start_stack) == own;
            if let (true, Some(LaneId::Goroutine(waker))) = (is_here, moves.peek().and_then(|next| next.by)) {
                wakers.push(waker);
            }
        }
        let different = wakers.iter().collect::<BTreeSet<_>>().len();
        repeated += usize::from(wakers.len() >= 4);
        fixed += usize::from(wakers.len() >= 4 && different == 1);
    }
    repeated > 0 && fixed * 2 > repeated
}

/// Nanoseconds of the waits in which those who ended them waited, too, but not for a lock.
fn outside(scene: &Scene<'_>, found: &Releasers) -> u64 {
    part_of(found, |part| {
        matches!(part.doing, Doing::Waiting(_) | Doing::Syscall) && !scene.places.op(part.stack).is_lock()
    })
}

/// Nanoseconds of the waits in which those who ended them did such a thing.
fn part_of(found: &Releasers, is_such: impl Fn(&Meanwhile) -> bool) -> u64 {
    found.parts.iter().filter(|part| is_such(part)).map(|part| part.nanos).sum()
}

fn limit(scene: &Scene<'_>, wait: &Blocked, found: &Releasers) -> Option<Finding> {
    let is_channel = matches!(wait.op, Op::Send | Op::Receive | Op::Select | Op::Cond);
    let by_siblings = related(scene, wait, Relation::Sibling);
    let by_children = if wait.op == Op::Send { related(scene, wait, Relation::Child) } else { 0.0 };
    let share = by_siblings.max(by_children);
    let is_bounded = by_children > by_siblings || wait.bounded_nanos * 3 >= wait.nanos;
    // Where all procs are busy, more at once would not be faster.
    if !is_channel || share < 0.6 || !is_bounded || scene.load.share > 0.85 || wait.count < 6 {
        return None;
    }
    if scene.share(wait.woken_nanos) < 0.02 || found.per_act >= BROADCAST || has_fixed_partners(scene, wait) {
        return None;
    }
    let holds = Holds::of(scene, wait);
    if holds.is_handed_on() {
        return None;
    }
    let holders = found.by_go.len() as u64;
    // Those who have the places are themselves kept from using them: another finding's business.
    if part_of(found, |part| part.doing == Doing::Runnable) * 2 > found.examined {
        return None;
    }
    // Whoever hands work to goroutines of his own waits for them as he should, unless they wait themselves.
    if by_children > by_siblings && (holders < 2 || outside(scene, found) * 2 < found.examined) {
        return None;
    }
    let top = found.parts.iter().find(|part| scene.places.has_own(part.stack))?;
    // One place, and those who had it computed: a lock by other means.
    let is_lock = holds.is_exclusive() && outside(scene, found) * 2 < found.examined;
    let kind = if is_lock { Kind::LockContention } else { Kind::LimitedConcurrency };
    let title = format!(
        "{}, {} in sum (max {}), for a free place at {}: {} at once, and those who did were in {}",
        counted(wait.count, "wait"),
        time(wait.nanos),
        time(wait.max),
        place_name(Some(&wait.place)),
        if is_lock { "never two worked (a lock, inferred)" } else { "at most so many work" },
        place_name(scene.places.own(top.stack).as_ref()),
    );
    let mut finding = Finding::new(kind, title, wait.nanos, scene.duration, 0.5 + 0.4 * share)
        .int("waits", wait.count)
        .int("wait_total_ns", wait.nanos)
        .int("wait_max_ns", wait.max)
        .int("holders", holders)
        .ratio("ended_by_equals", share)
        .ratio("procs_busy", scene.load.share)
        .culprit(scene.trace, Some(wait.place.clone()), wait.stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(scene.trace, longest.go, longest.range);
    }
    let finding = finding.link(scene.trace, top.go, top.longest);
    // A fixed team of workers that is fed by whoever made it: the limit is its size, chosen on purpose.
    let wakers: BTreeSet<GoIx> = wait.longest.iter().filter_map(|one| one.waker).collect();
    let is_team = by_children > by_siblings && wakers.len() * 2 < wait.longest.len();
    if !is_team {
        return Some(finding);
    }
    // It is worth a word where those wait for somebody else nearly all the time, and so does who feeds them.
    let waited = part_of(found, |part| matches!(part.doing, Doing::Waiting(_)));
    let is_short = waited * 4 >= found.examined * 3 && scene.share(wait.nanos) >= 0.3;
    Some(finding.at_most(if is_short { Severity::Warning } else { Severity::Note }))
}
