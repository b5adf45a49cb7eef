//! Stopping the world: often, or for long.

use std::collections::BTreeMap;

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, percent, place_name, time};
use crate::base::ids::{GoIx, StackId};
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;

/// A stop this long is worth telling, ns.
const LONG: u64 = 10_000_000;

#[derive(Default)]
struct Stops {
    count: u64,
    nanos: u64,
    longest: TimeRange,
    go: Option<GoIx>,
    stack: StackId,
    reason: String,
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let trace = scene.trace;
    let mut by_cause: BTreeMap<(String, String), Stops> = BTreeMap::new();
    for span in trace.spans(LaneId::Stw, trace.range()) {
        let reason = trace.str(span.reason);
        // Those of the recording itself are no fault of the program.
        if matches!(reason, "start trace" | "stop trace") {
            continue;
        }
        let function = scene.places.own(span.start_stack).map(|place| place.function).unwrap_or_default();
        let stops = by_cause.entry((function, reason.to_owned())).or_default();
        stops.count += 1;
        stops.nanos += span.range.nanos().unsigned_abs();
        if span.range.nanos() > stops.longest.nanos() || stops.count == 1 {
            stops.longest = span.range;
            stops.go = Some(span.go);
            stops.stack = span.start_stack;
            reason.clone_into(&mut stops.reason);
        }
    }
    by_cause.values().filter_map(|stops| judge(scene, stops)).collect()
}

fn judge(scene: &Scene<'_>, stops: &Stops) -> Option<Finding> {
    let max = stops.longest.nanos().unsigned_abs();
    if scene.share(stops.nanos) < 0.01 && max < LONG {
        return None;
    }
    let place = scene.places.own(stops.stack);
    // Every proc stands still.
    let lost = stops.nanos * scene.load.procs.max(1);
    let title = format!(
        "The world was stopped {} ({}), {} in sum = {} of the time (max {}), asked for by {}",
        counted(stops.count, "time"),
        stops.reason,
        time(stops.nanos),
        percent(stops.nanos, scene.duration),
        time(max),
        place_name(place.as_ref()),
    );
    // The collector's own stops are short; they are its business unless they add up.
    let is_collector = stops.reason.starts_with("GC ") || place.is_none();
    let is_minor = is_collector && scene.share(stops.nanos) < 0.25;
    let finding = Finding::new(Kind::StopTheWorld, title, lost, scene.duration, if is_collector { 0.6 } else { 0.85 })
        .int("stops", stops.count)
        .int("stopped_total_ns", stops.nanos)
        .int("stopped_max_ns", max)
        .ratio("stopped_share", scene.share(stops.nanos))
        .text("reason", stops.reason.clone())
        .culprit(scene.trace, place, stops.stack);
    let finding = match stops.go {
        Some(go) => finding.link(scene.trace, go, stops.longest),
        None => finding,
    };
    Some(if is_minor { finding.at_most(Severity::Note) } else { finding })
}
