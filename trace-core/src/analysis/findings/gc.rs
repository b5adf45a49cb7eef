//! The collector: too many cycles, and goroutines made to help it.

use rustc_hash::FxHashMap;

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, percent, place_name, time};
use crate::base::ids::StackId;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    judge(scene).into_iter().collect()
}

fn judge(scene: &Scene<'_>) -> Option<Finding> {
    let trace = scene.trace;
    let cycles: Vec<_> = trace.spans(LaneId::Gc, trace.range()).collect();
    let marking: u64 = cycles.iter().map(|cycle| cycle.range.nanos().unsigned_abs()).sum();
    let assist: u64 = scene.census.gos.iter().map(|facts| facts.assist).sum();
    let assists: u64 = scene.census.assists.values().map(|spot| spot.count).sum();
    let waiting: u64 = scene.census.gos.iter().filter_map(|facts| facts.nanos.get(SpanClass::Gc as usize)).sum();
    let background = scene.load.busy.saturating_sub(scene.load.running).min(marking * scene.load.procs);
    let is_frequent = cycles.len() >= 5 && scene.share(marking) >= 0.25;
    // An assist goes on while its goroutine waits for a proc; only so much of it can have been work.
    let helped = assist.min(marking * scene.load.procs);
    let is_helped = helped * 20 >= scene.load.running && scene.share(helped) >= 0.02;
    // Cycles this rare cost at most this part of the procs' time, whoever does the work.
    let is_rare = scene.share(marking) < 0.1;
    if !is_frequent && !is_helped {
        return None;
    }
    // Background marking on procs that nobody else wanted costs nobody.
    let contended = if scene.load.share > 0.5 { background } else { 0 };
    let lost = helped + waiting + contended;
    let (stack, forced) = culprit(scene, assist)?;
    let place = scene.places.own(stack);
    let confidence = if is_frequent && is_helped { 0.95 } else { 0.7 };
    let cause = if forced { "forced by" } else { "mostly for what is allocated at" };
    let title = format!(
        "{} marked during {} of the time; goroutines had to help for {} ({}) and waited {} for the collector, {cause} {}",
        counted(cycles.len() as u64, "GC cycle"),
        percent(marking, scene.duration),
        time(helped),
        counted(assists, "assist"),
        time(waiting),
        place_name(place.as_ref()),
    );
    let mut finding = Finding::new(Kind::GcPressure, title, lost, scene.duration, confidence)
        .int("cycles", cycles.len() as u64)
        .int("marking_ns", marking)
        .ratio("marking_share", scene.share(marking))
        .int("assist_total_ns", assist)
        .int("helped_ns", helped)
        .int("assists", assists)
        .int("gc_wait_total_ns", waiting)
        .int("background_ns", background)
        .int("forced", u64::from(forced))
        .culprit(trace, place, stack);
    let longest = scene.census.assists.values().filter_map(|spot| spot.longest).max_by_key(|longest| longest.1.nanos());
    if let Some((go, range)) = longest {
        let helpers = scene.census.gos.iter().filter(|facts| facts.assist > 0);
        let mut names: FxHashMap<&str, u64> = FxHashMap::default();
        for facts in helpers {
            *names.entry(trace.str(facts.name)).or_default() += 1;
        }
        let mut names: Vec<(&str, u64)> = names.into_iter().collect();
        names.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
        for (name, count) in names.into_iter().take(3) {
            finding = finding.victim(name, count);
        }
        finding = finding.link(trace, go, range);
    }
    if let Some(cycle) = cycles.iter().max_by_key(|cycle| cycle.range.nanos()) {
        finding = finding.link(trace, cycle.go, cycle.range);
    }
    Some(if is_rare { finding.at_most(Severity::Note) } else { finding })
}

/// The stack behind most of it, and whether it forces collections.
fn culprit(scene: &Scene<'_>, assist: u64) -> Option<(StackId, bool)> {
    let mut by_function: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
    let mut add = |stack: StackId, weight: u64| {
        let Some(function) = scene.places.own_function(stack) else { return };
        let sum = by_function.entry(function).or_default();
        sum.0 += weight;
        if (weight, stack) > (sum.1, sum.2) {
            (sum.1, sum.2) = (weight, stack);
        }
    };
    let trace = scene.trace;
    let mut forced = 0usize;
    let cycles: Vec<StackId> = trace.spans(LaneId::Gc, trace.range()).map(|cycle| cycle.start_stack).collect();
    let is_forced = |stack: StackId| {
        trace.frames(stack).any(|frame| matches!(frame.function, "runtime.GC" | "runtime/debug.FreeOSMemory"))
    };
    for &stack in &cycles {
        if is_forced(stack) {
            forced += 1;
            add(stack, u64::MAX >> 20);
        } else if assist == 0 {
            add(stack, 1);
        }
    }
    if forced * 2 < cycles.len() {
        by_function.clear();
        let mut add = |stack: StackId, weight: u64| {
            let Some(function) = scene.places.own_function(stack) else { return };
            let sum = by_function.entry(function).or_default();
            sum.0 += weight;
            if (weight, stack) > (sum.1, sum.2) {
                (sum.1, sum.2) = (weight, stack);
            }
        };
        for (&stack, spot) in &scene.census.assists {
            add(stack, spot.nanos);
        }
        for &stack in &cycles {
            add(stack, 1);
        }
    }
    let top = by_function.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
    Some((top.1.2, forced * 2 >= cycles.len() && forced > 0))
}
