//! Work shared out among goroutines of which one gets far more than the others, while their creator waits
//! for all of them.

use rustc_hash::FxHashMap;

use crate::analysis::census::GoFacts;
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, place_name, time};
use crate::analysis::findings::hot::hot;
use crate::base::ids::{GoIx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Goroutines created together whose creator waits for the last.
struct Round<'a> {
    workers: Vec<&'a GoFacts>,
}

/// What a site of creation has lost.
#[derive(Default)]
struct Loss {
    rounds: u64,
    uneven: u64,
    workers: u64,
    lost: u64,
    longest: u64,
    all: u64,
    last: Vec<(GoIx, TimeRange)>,
    parents: Vec<GoIx>,
    waiting: StackId,
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut groups: FxHashMap<(GoIx, StackId), Vec<&GoFacts>> = FxHashMap::default();
    for facts in &scene.census.gos {
        if let (Some(creator), Some(_), Some(_)) = (facts.creator, facts.created, facts.ended) {
            groups.entry((creator, facts.creation)).or_default().push(facts);
        }
    }
    let mut losses: FxHashMap<StackId, Loss> = FxHashMap::default();
    let mut keys: Vec<(GoIx, StackId)> = groups.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        let Some(workers) = groups.remove(&key) else { continue };
        let loss = losses.entry(key.1).or_default();
        for round in rounds(workers) {
            add(scene, loss, key.0, &round);
        }
    }
    let mut losses: Vec<(StackId, Loss)> = losses.into_iter().collect();
    losses.sort_by_key(|loss| loss.0);
    losses.iter().filter_map(|(creation, loss)| judge(scene, *creation, loss)).collect()
}

/// Cuts the goroutines of one creator where all before have ended.
fn rounds(mut workers: Vec<&GoFacts>) -> Vec<Round<'_>> {
    workers.sort_by_key(|facts| (facts.created, facts.go));
    let mut rounds: Vec<Round<'_>> = Vec::new();
    let mut end = TraceTime::MIN;
    for facts in workers {
        let (created, ended) = (facts.created.unwrap_or(TraceTime::MIN), facts.ended.unwrap_or(TraceTime::MAX));
        match rounds.last_mut().filter(|_| created < end) {
            Some(round) => round.workers.push(facts),
            None => rounds.push(Round { workers: vec![facts] }),
        }
        end = end.max(ended);
    }
    rounds
}

/// Nanoseconds of work, of whatever kind.
fn work(facts: &GoFacts) -> u64 {
    let of = |class: SpanClass| facts.nanos.get(class as usize).copied().unwrap_or(0);
    of(SpanClass::Running) + of(SpanClass::Syscall) + of(SpanClass::WaitNet) + of(SpanClass::WaitSleep)
}

fn add(scene: &Scene<'_>, loss: &mut Loss, parent: GoIx, round: &Round<'_>) {
    let count = round.workers.len() as u64;
    if count < 2 {
        return;
    }
    loss.rounds += 1;
    let all: u64 = round.workers.iter().map(|facts| work(facts)).sum();
    let Some(most) = round.workers.iter().max_by_key(|facts| (work(facts), facts.go)) else { return };
    let (longest, mean) = (work(most), all / count);
    let is_uneven = if count == 2 { longest * 4 >= all * 3 } else { longest >= 2 * mean };
    let (Some(begin), Some(end)) = (most.created, most.ended) else { return };
    if !is_uneven || longest < 200_000 {
        return;
    }
    // In the middle of the time that the longest has for itself its creator must be waiting for it.
    let others = round.workers.iter().filter(|facts| facts.go != most.go).filter_map(|facts| facts.ended).max();
    let Some(others) = others.filter(|&others| others < end) else { return };
    let middle = TraceTime(others.0 + end.nanos_since(others) / 2);
    let Some(span) = scene.trace.span_at(LaneId::Goroutine(parent), middle) else { return };
    let next = scene.trace.next_span(span.at).map(|next| scene.trace.maker(next.at).0);
    if span.state != GoState::Waiting || next != Some(Some(LaneId::Goroutine(most.go))) {
        return;
    }
    loss.uneven += 1;
    loss.workers += count;
    loss.lost += (longest - mean).min(end.nanos_since(begin).unsigned_abs());
    loss.longest += longest;
    loss.all += all;
    loss.waiting = span.start_stack;
    if !loss.parents.contains(&parent) {
        loss.parents.push(parent);
    }
    if loss.last.len() < 64 {
        loss.last.push((most.go, TimeRange::new(begin, end)));
    }
}

fn judge(scene: &Scene<'_>, creation: StackId, loss: &Loss) -> Option<Finding> {
    if scene.share(loss.lost) < 0.02 || loss.uneven * 2 < loss.rounds {
        return None;
    }
    let hot = hot(scene, &loss.last);
    let (place, stack) = match hot {
        Some(hot) => (Some(hot.place), hot.stack),
        None => (scene.places.own(creation), creation),
    };
    let title = format!(
        "In {} of {} rounds one of the goroutines made at {} had far more to do than the others: {} of {} of work \
         in {}, while {} waited",
        loss.uneven,
        loss.rounds,
        place_name(scene.places.own(creation).as_ref()),
        time(loss.longest),
        time(loss.all),
        place_name(place.as_ref()),
        place_name(scene.places.own(loss.waiting).as_ref()),
    );
    let confidence = if loss.uneven >= 3 { 0.9 } else { 0.75 };
    let mut finding = Finding::new(Kind::Imbalance, title, loss.lost, scene.duration, confidence)
        .int("rounds", loss.rounds)
        .int("uneven_rounds", loss.uneven)
        .int("workers", loss.workers)
        .int("longest_total_ns", loss.longest)
        .int("work_total_ns", loss.all)
        .culprit(scene.trace, place, stack);
    if let Some(waiting) = scene.places.own(loss.waiting) {
        finding = finding.victim(&waiting.function, loss.parents.len() as u64);
    }
    if let Some(&(go, range)) = loss.last.iter().max_by_key(|last| last.1.nanos()) {
        finding = finding.link(scene.trace, go, range);
    }
    Some(finding)
}
