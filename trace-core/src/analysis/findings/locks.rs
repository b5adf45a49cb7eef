//! Locks: held over something slow, fought over, or an `RWMutex` whose writers and readers hold each other
//! up. A trace has no lock identities: what is held is inferred from who ends the waits, and where.

use rustc_hash::FxHashMap;

use crate::analysis::blocked_by::{Blocked, Meanwhile, Releasers};
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, counted, go_name, place_name, time};
use crate::analysis::findings::holder::Holders;
use crate::analysis::places::{Op, Place};
use crate::analysis::wait_chain::Doing;
use crate::base::ids::StackId;

const LOCKS: &[Op] = &[Op::MutexLock, Op::WriteLock, Op::ReadLock];

/// Waits for what is probably one lock (or several that one function holds).
struct Case<'a> {
    waits: Vec<(&'a Blocked, &'a Releasers)>,
    release: StackId,
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut cases: FxHashMap<String, Case<'_>> = FxHashMap::default();
    if scene.waits(LOCKS).next().is_none() {
        return Vec::new();
    }
    let holders = Holders::of(scene);
    for (wait, found) in scene.waits(LOCKS) {
        let Some(release) = main_release(scene, &holders, found) else { continue };
        let Some(place) = holders.of_release(scene, release) else { continue };
        let case = cases.entry(place.function).or_insert_with(|| Case { waits: Vec::new(), release });
        case.waits.push((wait, found));
    }
    let mut cases: Vec<(String, Case<'_>)> = cases.into_iter().collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases.iter().filter_map(|(function, case)| judge(scene, &holders, function, case)).collect()
}

/// The stack of release behind most of the waiting.
fn main_release(scene: &Scene<'_>, holders: &Holders<'_>, found: &Releasers) -> Option<StackId> {
    let mut sums: FxHashMap<String, (u64, StackId)> = FxHashMap::default();
    for part in found.parts.iter().filter(|part| part.is_held) {
        let Some(place) = holders.of_release(scene, part.release) else { continue };
        let sum = sums.entry(place.function).or_insert((0, part.release));
        sum.0 += part.nanos;
    }
    let most = sums.into_iter().max_by(|one, other| (one.1.0, &one.0).cmp(&(other.1.0, &other.0)));
    most.map(|(_, sum)| sum.1)
}

fn is_slow(doing: Doing) -> bool {
    matches!(doing, Doing::Syscall | Doing::Waiting(_))
}

fn judge(scene: &Scene<'_>, holders: &Holders<'_>, function: &str, case: &Case<'_>) -> Option<Finding> {
    let lost: u64 = case.waits.iter().map(|(wait, _)| wait.nanos).sum();
    let max = case.waits.iter().map(|(wait, _)| wait.max).max().unwrap_or(0);
    if scene.share(lost) < 0.005 || max < 20_000 {
        return None;
    }
    let parts = || {
        let held = case.waits.iter().flat_map(|(_, found)| &found.parts).filter(|part| part.is_held);
        held.filter(|part| holders.of_release(scene, part.release).is_some_and(|place| place.function == function))
    };
    let examined: u64 = case.waits.iter().map(|(_, found)| found.examined).sum();
    let held: u64 = parts().map(|part| part.nanos).sum();
    let slow: u64 = parts().filter(|part| is_slow(part.doing)).map(|part| part.nanos).sum();
    let top = parts().max_by_key(|part| (is_slow(part.doing) == (slow * 5 >= held * 2), part.nanos))?;
    let rw: u64 =
        case.waits.iter().filter(|(wait, _)| is_rw(scene, wait, case.release)).map(|(wait, _)| wait.nanos).sum();
    let kind = if rw * 2 > lost {
        Kind::RwmutexWriter
    } else if slow * 5 >= held * 2 {
        Kind::LockHeldOverIo
    } else {
        Kind::LockContention
    };
    let confidence = 0.5 + 0.45 * held as f64 / examined.max(1) as f64;
    let release = holders.of_release(scene, top.release);
    let culprit = culprit(scene, (function, release.as_ref()), top, is_slow(top.doing));
    let (waiting, count) = (case.waits.first()?.0, case.waits.iter().map(|(wait, _)| wait.count).sum::<u64>());
    let meanwhile = meanwhile(scene, top, kind, slow, held);
    let title = format!(
        "{}, {} in sum (max {}), at {} in {}; released by {} at {}, {meanwhile} (lock inferred)",
        counted(count, "wait"),
        time(lost),
        time(max),
        waiting.op.name(),
        place_name(Some(&waiting.place)),
        go_name(scene.trace, top.go),
        place_name(release.as_ref()),
    );
    let mut finding = Finding::new(kind, title, lost, scene.duration, confidence)
        .int("waits", count)
        .int("wait_total_ns", lost)
        .int("wait_max_ns", max)
        .int("examined_ns", examined)
        .int("held_ns", held)
        .int("held_slow_ns", slow)
        .text("lock", waiting.op.name())
        .text("confidence_basis", "inferred from wait and unlock stacks: traces carry no lock identity")
        .culprit(scene.trace, culprit, if is_slow(top.doing) { top.stack } else { top.release })
        .link(scene.trace, top.go, top.longest);
    for (wait, _) in &case.waits {
        finding = finding.victim(&wait.place.function, wait.gos).waiting(wait);
        if let Some(longest) = wait.longest.first() {
            finding = finding.link(scene.trace, longest.go, longest.range);
        }
    }
    Some(finding)
}

/// Readers that wait for a writer, or a writer for readers.
fn is_rw(scene: &Scene<'_>, wait: &Blocked, release: StackId) -> bool {
    wait.op == Op::ReadLock || (wait.op == Op::WriteLock && scene.places.op(release) == Op::ReadUnlock)
}

/// The frame to look at: in what was done under the lock, the function that both did it and released.
fn culprit(
    scene: &Scene<'_>,
    (function, release): (&str, Option<&Place>),
    top: &Meanwhile,
    is_slow: bool,
) -> Option<Place> {
    if !is_slow {
        return release.cloned();
    }
    let direct = scene.places.frame_of(top.stack, function);
    let shared = || {
        let releasing: Vec<&str> = scene.places.own_frames(top.release).map(|frame| frame.function).collect();
        let mut frames = scene.places.own_frames(top.stack);
        frames.find(|frame| releasing.contains(&frame.function)).map(Place::from)
    };
    direct.or_else(shared).or_else(|| release.cloned())
}

fn meanwhile(scene: &Scene<'_>, top: &Meanwhile, kind: Kind, slow: u64, held: u64) -> String {
    if kind == Kind::LockContention || slow == 0 {
        return format!("which was computing under it for {}", time(held.saturating_sub(slow)));
    }
    let callee = scene.places.callee(top.stack).unwrap_or("a slow call");
    let place = scene.places.own(top.stack);
    format!("which meanwhile was in {callee} at {} ({} of the waiting)", place_name(place.as_ref()), time(slow))
}
