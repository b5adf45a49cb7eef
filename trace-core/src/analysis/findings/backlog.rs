//! Many that wait for one consumer (or a few) that cannot keep up.

use crate::analysis::blocked_by::{Blocked, Releasers};
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, go_name, place_name, time};
use crate::analysis::findings::hot::hot;
use crate::analysis::findings::peers::{Relation, related};
use crate::analysis::places::{Op, Place};
use crate::analysis::wait_chain::Doing;
use crate::base::ids::{GoIx, StackId};

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
    // Several consumers that compute on procs that are all busy: a producer that waits for them is held
    // back as it should be.
    let is_pressure = scene.load.share > 0.85 && share < 0.9;
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
        .victim(&wait.place.function, wait.gos);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(scene.trace, consumer, longest.range).link(scene.trace, longest.go, longest.range);
    }
    Some(if is_pressure { finding.at_most(Severity::Note) } else { finding })
}

/// Whether no other goroutine was created at the same place.
fn is_only_one(scene: &Scene<'_>, go: GoIx) -> bool {
    let Some(facts) = scene.census.go(go) else { return false };
    let mut gos = scene.census.gos.iter();
    gos.all(|other| other.go == go || other.creation != facts.creation || other.creator != facts.creator)
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
