//! Work that sleeps until something has happened, instead of waiting for it.

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, place_name, time};
use crate::analysis::units::{Family, Sleeps};

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut found: Vec<(&Family, &Sleeps)> = scene
        .census
        .families
        .values()
        .flat_map(|family| family.sleeps.values().map(move |sleeps| (family, sleeps)))
        .collect();
    found.sort_by_key(|(family, sleeps)| (sleeps.stack, family.stack));
    found.into_iter().filter_map(|(family, sleeps)| judge(scene, family, sleeps)).collect()
}

fn judge(scene: &Scene<'_>, family: &Family, sleeps: &Sleeps) -> Option<Finding> {
    let spot = &sleeps.spot;
    let place = scene.places.own(sleeps.stack)?;
    if spot.count < 5 || scene.share(spot.nanos) < 0.02 || spot.nanos * 10 < family.nanos {
        return None;
    }
    // A goroutine that was there before and stays is a service with a rhythm of its own.
    let is_background = family.bounded == 0 && scene.places.is_outer_root(family.stack);
    let is_repeated = sleeps.repeated * 3 >= sleeps.units && !is_background;
    let title = format!(
        "{} sleeps, {} in sum (mean {}), at {} in {} units of work of {}: nobody wakes them but the clock",
        spot.count,
        time(spot.nanos),
        time(spot.nanos / spot.count),
        place_name(Some(&place)),
        sleeps.units,
        place_name(scene.places.outer(family.stack).as_ref()),
    );
    // A handler that does little else than sleep makes somebody wait, once or often.
    let is_handler = !scene.places.is_outer_root(family.stack) && spot.nanos * 10 >= family.nanos * 4;
    let confidence = match (is_repeated, is_handler) {
        (true, _) => 0.9,
        (false, true) => 0.75,
        (false, false) => 0.5,
    };
    let mut finding = Finding::new(Kind::PollingSleep, title, spot.nanos, scene.duration, confidence)
        .int("sleeps", spot.count)
        .int("sleep_total_ns", spot.nanos)
        .int("sleep_mean_ns", spot.nanos / spot.count)
        .int("units", sleeps.units)
        .int("units_with_several", sleeps.repeated)
        .culprit(scene.trace, Some(place), sleeps.stack);
    if let Some(outer) = scene.places.outer(family.stack) {
        finding = finding.victim(&outer.function, sleeps.units);
    }
    if let Some((go, range)) = spot.longest {
        finding = finding.link(scene.trace, go, range);
    }
    Some(if is_repeated || is_handler { finding } else { finding.at_most(Severity::Note) })
}
