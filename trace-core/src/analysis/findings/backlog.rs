//! Many that wait for one consumer (or a few) that cannot keep up.

use crate::analysis::blocked_by::{Blocked, Meanwhile, Releasers};
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, go_name, place_name, time};
use crate::analysis::findings::hot::hot;
use crate::analysis::findings::peers::{Relation, related};
use crate::analysis::places::{Op, Place};
use crate::analysis::wait_chain::Doing;
use crate::base::ids::{GoIx, StackId};
use crate::event::state::SpanClass;

/// Waits ended at once from which on they are served together.
const SERVED_AT_ONCE: f64 = 1.4;

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let waits = scene.waits(&[Op::Send, Op::Receive, Op::Select, Op::Cond]);
    waits.filter_map(|(wait, found)| judge(scene, wait, found)).collect()
}

fn judge(scene: &Scene<'_>, wait: &Blocked, found: &Releasers) -> Option<Finding> {
    let &(consumer, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    // A goroutine of the waiter's own is a consumer like any other if it is the only one.
    let is_only_child = wait.op == Op::Send
        && share >= 0.9
        && related(scene, wait, Relation::Child) >= 0.6
        && is_only_one(scene, consumer);
    let is_other = is_only_child || related(scene, wait, Relation::Other) >= 0.6;
    if scene.share(wait.woken_nanos) < 0.02 || wait.count < 6 || !is_other {
        return None;
    }
    let queued = wait.woken_nanos as f64 / scene.duration.max(1) as f64;
    if wait.op == Op::Send {
        if share < 0.3 {
            return None;
        }
    } else if share < 0.9 || queued < 1.5 || wait.gos < 3 || wait.bounded_nanos * 2 < wait.nanos {
        // An answer that is waited for: a backlog only if several wait for the same one all the time.
        return None;
    }
    if !scene.places.is_direct(wait.stack) {
        return None;
    }
    let (place, stack, doing) = busy_with(scene, found)?;
    if let Some(polling) = polls(scene, wait, found, &place, stack) {
        return Some(polling);
    }
    // Several consumers that compute on procs that are mostly busy: a producer that waits for them is held
    // back as it should be. One that has no proc itself is another finding's business.
    let is_held_back = share < 0.9 && scene.load.share > if share < 0.5 { 0.5 } else { 0.85 };
    let without_proc = part(found, |part| part.doing == Doing::Runnable);
    let is_pressure = is_held_back || without_proc * 2 > found.examined;
    let title = format!(
        "{}, {} in sum (max {}), at {} in {} for {}, which could not keep up: it was {doing} {}",
        counted(wait.count, "wait"),
        time(wait.nanos),
        time(wait.max),
        wait.op.name(),
        place_name(Some(&wait.place)),
        go_name(scene.trace, consumer),
        place_name(Some(&place)),
    );
    let mut finding = Finding::new(Kind::ChannelBacklog, title, wait.nanos, scene.duration, 0.55 + 0.4 * share)
        .int("waits", wait.count)
        .int("wait_total_ns", wait.nanos)
        .int("wait_max_ns", wait.max)
        .int("consumers", found.by_go.len() as u64)
        .ratio("share_of_first_consumer", share)
        .ratio("mean_waiting", queued)
        .culprit(scene.trace, Some(place), stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(scene.trace, consumer, longest.range).link(scene.trace, longest.go, longest.range);
    }
    Some(if is_pressure { finding.at_most(Severity::Note) } else { finding })
}

/// Nanoseconds of the waits in which those who ended them did such a thing.
fn part(found: &Releasers, is_such: impl Fn(&Meanwhile) -> bool) -> u64 {
    found.parts.iter().filter(|part| is_such(part)).map(|part| part.nanos).sum()
}

/// A consumer that sleeps until there is something to do: several are served after one sleep. (One that sleeps in
/// place of work does so for each.)
fn polls(scene: &Scene<'_>, wait: &Blocked, found: &Releasers, place: &Place, stack: StackId) -> Option<Finding> {
    let asleep = |part: &Meanwhile| {
        part.doing == Doing::Waiting(SpanClass::WaitSleep) && scene.places.op(part.stack) == Op::Sleep
    };
    let slept = part(found, asleep);
    if slept * 10 < found.examined * 7 || found.per_act < SERVED_AT_ONCE {
        return None;
    }
    let title = format!(
        "{} waits, {} in sum (max {}), at {} in {} for {}, which sleeps at {} and then looks whether there is something \
         to do",
        wait.count,
        time(wait.nanos),
        time(wait.max),
        wait.op.name(),
        place_name(Some(&wait.place)),
        go_name(scene.trace, found.by_go.first()?.0),
        place_name(Some(place)),
    );
    let mut finding = Finding::new(Kind::PollingSleep, title, wait.nanos, scene.duration, 0.8)
        .int("waits", wait.count)
        .int("wait_total_ns", wait.nanos)
        .int("wait_max_ns", wait.max)
        .int("asleep_meanwhile_ns", slept)
        .ratio("waits_per_wakeup", found.per_act)
        .culprit(scene.trace, Some(place.clone()), stack)
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(scene.trace, found.by_go.first()?.0, longest.range);
        finding = finding.link(scene.trace, longest.go, longest.range);
    }
    Some(finding)
}

/// Whether no other goroutine was created at the same place.
fn is_only_one(scene: &Scene<'_>, go: GoIx) -> bool {
    let Some(facts) = scene.census.go(go) else { return false };
    let mut gos = scene.census.gos.iter();
    gos.all(|other| other.go == go || other.creation != facts.creation || other.creator() != facts.creator())
}

/// What the consumer did while others waited for it.
fn busy_with(scene: &Scene<'_>, found: &Releasers) -> Option<(Place, StackId, &'static str)> {
    let consumer = found.by_go.first()?.0;
    let slow = found.parts.iter().filter(|part| part.go == consumer);
    let most = slow.max_by_key(|part| part.nanos)?;
    let doing = match most.doing {
        Doing::Running | Doing::MarkAssist => "computing in",
        Doing::Runnable => "waiting for a proc in",
        Doing::Syscall => "in a system call of",
        _ => "waiting in",
    };
    if matches!(most.doing, Doing::Running | Doing::Runnable | Doing::MarkAssist)
        && let Some(hot) = hot(scene, &[(consumer, scene.trace.range())])
    {
        return Some((hot.place, hot.stack, doing));
    }
    scene.places.own(most.stack).map(|place| (place, most.stack, doing))
}
