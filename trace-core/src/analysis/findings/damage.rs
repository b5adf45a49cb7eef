//! Parts of the trace that are missing.

use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Finding, Kind, Severity, counted, percent, time};

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let damage = || scene.trace.warnings().iter().filter(|warning| warning.kind.is_damage());
    let Some(first) = damage().next() else { return Vec::new() };
    let missing: u64 = scene.trace.holes().map(|hole| hole.nanos().unsigned_abs()).sum();
    let count: u64 = damage().map(|warning| warning.count.max(1)).sum();
    let silence = match missing {
        0 => String::new(),
        _ => format!(", and tells nothing of {} ({})", time(missing), percent(missing, scene.duration)),
    };
    let title = format!("The trace is damaged in {}{silence}: {}", counted(count, "place"), first.message);
    let finding = Finding::new(Kind::TraceDamage, title, missing, scene.duration, 1.0)
        .int("faults", count)
        .int("missing_ns", missing)
        .text("first", first.kind.name());
    // What is missing is no fault of the traced program.
    vec![finding.at_most(Severity::Warning)]
}
