//! Waits for the outside one after the other, in units of work that consist of them.

use std::collections::BTreeSet;

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, percent, place_name, time};
use crate::analysis::places::Place;
use crate::analysis::units::Family;
use crate::base::ids::StackId;
use crate::base::time::TimeRange;
use crate::model::trace::Frame;

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut families: Vec<&Family> = scene.census.families.values().collect();
    families.sort_by_key(|family| (family.stack, family.nanos));
    families.into_iter().filter_map(|family| judge(scene, family)).collect()
}

fn judge(scene: &Scene<'_>, family: &Family) -> Option<Finding> {
    let serial = &family.serial;
    let (_, range, waits) = serial.examples.first()?;
    if serial.units * 2 < family.units || scene.share(serial.lost) < 0.02 {
        return None;
    }
    let (place, stack) = common(scene, waits)?;
    let per_unit = serial.waits as f64 / serial.units as f64;
    let title = format!(
        "{} units of work of {} spent {} of their time in {per_unit:.1} waits one after the other below {}: \
         side by side the waits would take {} less",
        serial.units,
        place_name(scene.places.outer(family.stack).as_ref()),
        percent(serial.nanos, family.nanos),
        place_name(Some(&place)),
        time(serial.lost / serial.units.max(1)),
    );
    // A single long stream of waits may well need each result before the next.
    let is_repeated = serial.units >= 3 && per_unit <= 60.0;
    let confidence = if is_repeated { 0.85 } else { 0.55 };
    let mut finding = Finding::new(Kind::SerialWaits, title, serial.lost, scene.duration, confidence)
        .int("units", serial.units)
        .int("waits", serial.waits)
        .int("wait_total_ns", serial.nanos)
        .int("unit_total_ns", family.nanos)
        .int("longest_unit_ns", range.nanos().unsigned_abs())
        .culprit(scene.trace, Some(place), stack);
    if let Some(outer) = scene.places.outer(family.stack) {
        finding = finding.victim(&outer.function, family.units);
    }
    for (go, range, _) in serial.examples.iter().take(3) {
        finding = finding.link(scene.trace, *go, *range);
    }
    Some(if is_repeated { finding } else { finding.at_most(Severity::Note) })
}

/// The line at which a function of the program calls on, and the function of the program that it calls.
fn call<'a>(scene: &Scene<'a>, stack: StackId, function: &str) -> Option<(u64, &'a str)> {
    let mut callee = "";
    for frame in scene.places.own_frames(stack) {
        if frame.function == function {
            return Some((frame.line, callee));
        }
        callee = frame.function;
    }
    None
}

/// The frame that makes the waits follow one another: of the functions in all their stacks, the one nearest
/// to the leaf that goes on from call to call; or, where all lines are the same, a loop: the caller of the
/// function that waits.
fn common(scene: &Scene<'_>, waits: &[(StackId, TimeRange)]) -> Option<(Place, StackId)> {
    let (stack, _) = *waits.first()?;
    let mut shared: Option<Vec<&str>> = None;
    for (stack, _) in waits {
        let frames: Vec<&str> = scene.places.own_frames(*stack).map(|frame| frame.function).collect();
        shared = Some(match shared {
            None => frames,
            Some(shared) => shared.into_iter().filter(|function| frames.contains(function)).collect(),
        });
    }
    let find = |stack: StackId, function: &str| -> Option<Frame<'_>> {
        scene.places.own_frames(stack).find(|frame| frame.function == function)
    };
    for function in shared.iter().flatten() {
        let calls: BTreeSet<(u64, &str)> = waits.iter().filter_map(|wait| call(scene, wait.0, function)).collect();
        if calls.len() > 1 {
            let longest = waits.iter().max_by_key(|wait| wait.1.nanos())?;
            return Some((Place::from(find(longest.0, function)?), longest.0));
        }
    }
    let place = scene.places.caller(stack).or_else(|| scene.places.own(stack))?;
    Some((place, stack))
}
