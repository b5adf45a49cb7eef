//! Parts of the trace that are missing.

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let damage = || context.trace.warnings().iter().filter(|warning| warning.kind.is_damage());
    let Some(first) = damage().next() else { return Vec::new() };
    let missing: u64 = context.trace.gaps().map(|gap| gap.nanos().unsigned_abs()).sum();
    let count: u64 = damage().map(|warning| warning.count.max(1)).sum();
    let mut evidence = Evidence::default();
    let faults = evidence.count("faults", count, "place");
    let nanos = evidence.time("missing_ns", missing);
    let share = evidence.share("missing_share", context.share(missing));
    let silence = if missing == 0 { String::new() } else { format!(", and {nanos} ({share}) are missing") };
    let title = format!("The trace is damaged in {faults}{silence}: {}", first.message);
    let finding = Finding::new(Kind::TraceDamage, title, missing, context.duration, 1.0)
        .with(evidence)
        .text("first", first.kind.name());
    // What is missing is no fault of the traced program.
    vec![finding.at_most(Severity::Warning)]
}
