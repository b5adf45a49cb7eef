//! Stopping the world: often, or for long; and goroutines that did not let it stop.

use std::collections::BTreeMap;

use crate::analysis::collector::stops::Stop;
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, go_name, percent, place_name, time};
use crate::base::ids::{GoIx, StackId};
use crate::base::time::TimeRange;

/// A stop this long is worth telling, ns.
const LONG: u64 = 10_000_000;

/// Stops with the same cause.
#[derive(Default)]
struct Stops<'a> {
    count: u64,
    stopping: u64,
    held: u64,
    is_collectors: bool,
    longest: Option<&'a Stop>,
}

impl<'a> Stops<'a> {
    fn add(&mut self, stop: &'a Stop) {
        self.count += 1;
        self.stopping += stop.stopping();
        self.held += stop.held();
        self.is_collectors = stop.is_collectors;
        if self.longest.is_none_or(|longest| length(longest) < length(stop)) {
            self.longest = Some(stop);
        }
    }
}

/// Until somebody ran again, nanoseconds: what the runtime says of it later is nobody's loss.
fn length(stop: &Stop) -> u64 {
    stop.stopping() + stop.held()
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut by_cause: BTreeMap<(String, String), Stops<'_>> = BTreeMap::new();
    for stop in &scene.collector.stops {
        let reason = scene.trace.str(stop.reason);
        // Those of the recording itself are no fault of the program.
        if matches!(reason, "start trace" | "stop trace") {
            continue;
        }
        let function = scene.places.own(stop.stack).map(|place| place.function).unwrap_or_default();
        by_cause.entry((function, reason.to_owned())).or_default().add(stop);
    }
    by_cause.iter().filter_map(|((_, reason), stops)| judge(scene, reason, stops)).collect()
}

/// Whoever was the last to stop, in stops that took longer to begin than they then were held: the function, a
/// stack, who, and how long all waited for it in sum.
fn late(scene: &Scene<'_>, reason: &str, stops: &Stops<'_>) -> Option<(StackId, GoIx, TimeRange)> {
    if stops.stopping <= stops.held || stops.stopping < LONG / 10 {
        return None;
    }
    let mut by_function: BTreeMap<u32, (u64, u64, StackId, GoIx, TimeRange)> = BTreeMap::new();
    for stop in scene.collector.stops.iter().filter(|stop| scene.trace.str(stop.reason) == reason) {
        let Some(last) = stop.last else { continue };
        let Some(function) = scene.places.own_function(last.stack) else { continue };
        let sum = by_function.entry(function).or_insert((0, 0, last.stack, last.go, stop.range));
        sum.0 += stop.stopping();
        if stop.stopping() > sum.1 {
            (sum.1, sum.2, sum.3, sum.4) = (stop.stopping(), last.stack, last.go, stop.range);
        }
    }
    let (_, top) = by_function.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
    (top.0 * 2 > stops.stopping).then_some((top.2, top.3, top.4))
}

fn judge(scene: &Scene<'_>, reason: &str, stops: &Stops<'_>) -> Option<Finding> {
    let longest = stops.longest?;
    let (max, nanos) = (length(longest), stops.stopping + stops.held);
    if scene.share(nanos) < 0.01 && max < LONG {
        return None;
    }
    let late = late(scene, reason, stops);
    let asker = scene.places.own(longest.stack);
    let (stack, place) = match late {
        Some((stack, _, _)) => (stack, scene.places.own(stack)),
        None => (longest.stack, asker.clone()),
    };
    // Every proc stands still while it is held; until then those that have stopped wait for the last.
    let lost = nanos * scene.load.procs.max(1);
    let mut title = format!(
        "The world was stopped {} ({reason}), {} in sum = {} of the time (max {}), asked for by {}",
        counted(stops.count, "time"),
        time(nanos),
        percent(nanos, scene.duration),
        time(max),
        place_name(asker.as_ref()),
    );
    if let Some((_, go, _)) = late {
        let who = place_name(place.as_ref());
        title += &format!(
            "; of that {} it waited for goroutines like {} in {who}",
            time(stops.stopping),
            go_name(scene.trace, go)
        );
    }
    // The collector's own stops are its business: what there is to do about them is to collect less. Before Go 1.22
    // a trace does not tell who else asked.
    let is_collectors = stops.is_collectors || asker.is_none();
    let is_minor = stops.is_collectors || asker.is_none() && scene.share(stops.held) < 0.25;
    let mut finding =
        Finding::new(Kind::StopTheWorld, title, lost, scene.duration, if is_collectors { 0.6 } else { 0.85 })
            .int("stops", stops.count)
            .int("stopped_total_ns", nanos)
            .int("stopped_max_ns", max)
            .int("stopping_ns", stops.stopping)
            .int("held_ns", stops.held)
            .ratio("stopped_share", scene.share(nanos))
            .text("reason", reason)
            .culprit(scene.trace, place, stack);
    let all = scene.collector.stops.iter().filter(|stop| scene.trace.str(stop.reason) == reason);
    let all: Vec<GoIx> = all.flat_map(|stop| [Some(stop.go), stop.last.map(|last| last.go)]).flatten().collect();
    finding = finding.goroutines(all.iter().filter(|go| go.is_some()));
    if let Some((_, go, range)) = late {
        finding = finding.link(scene.trace, go, range);
    }
    if longest.go.is_some() {
        finding = finding.link(scene.trace, longest.go, longest.range);
    }
    Some(if is_minor { finding.at_most(Severity::Note) } else { finding })
}
