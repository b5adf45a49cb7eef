//! Goroutines created in masses for next to nothing.

use rustc_hash::FxHashMap;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::{grouped, place_name};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;

/// What creating and ending a goroutine costs at least, ns: creation, scheduling twice, exit.
const COST: u64 = 1_500;

#[derive(Default)]
struct Made {
    creation: StackId,
    count: u64,
    ended: u64,
    running: u64,
    runnable: u64,
    example: Option<(GoroutineIdx, TimeRange)>,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    // One line may be reached in several ways: by recursion, say.
    let mut made: FxHashMap<u32, Made> = FxHashMap::default();
    for facts in context.workload.gos.iter() {
        let (Some(created), Some(line)) = (facts.created(), context.places.own_line(facts.creation)) else { continue };
        let sum = made.entry(line).or_default();
        sum.creation = if sum.count == 0 { facts.creation } else { sum.creation.min(facts.creation) };
        sum.count += 1;
        sum.ended += u64::from(facts.ended().is_some());
        sum.running += facts.running;
        sum.runnable += facts.runnable;
        if let (None, Some(ended)) = (sum.example, facts.ended()) {
            sum.example = Some((facts.go, TimeRange::new(created, ended)));
        }
    }
    let mut made: Vec<Made> = made.into_values().collect();
    made.sort_by_key(|made| made.creation);
    made.iter().filter_map(|made| judge(context, made.creation, made)).collect()
}

fn judge(context: &Context<'_>, creation: StackId, made: &Made) -> Option<Finding> {
    let place = context.places.own(creation)?;
    let per_second = made.count as f64 * 1e9 / context.duration.max(1) as f64;
    let mean = made.running / made.count.max(1);
    if made.count < 1_000 || per_second < 5_000.0 || mean > 20_000 || made.ended * 2 < made.count {
        return None;
    }
    let lost = made.count * COST + made.runnable;
    let mut evidence = Evidence::default();
    let title = format!(
        "{} created at {} ({} per second): each ran for {} on average; they were runnable for {} total",
        evidence.count("created", made.count, "goroutine"),
        place_name(Some(&place)),
        grouped(per_second.round() as u64),
        evidence.time("mean_running_ns", mean),
        evidence.time("runnable_total_ns", made.runnable),
    );
    // Tiny goroutines are cheap: it is a finding where they take much of the procs' time.
    let share = (made.count * COST) as f64 / (context.load.procs * context.duration).max(1) as f64;
    let confidence = (0.4 + 5.0 * share).min(0.9);
    let finding = Finding::new(Kind::GoroutineChurn, title, lost, context.duration, confidence)
        .with(evidence)
        .ratio("per_second", per_second)
        .culprit(context.trace, Some(place.clone()), creation)
        .victim(&place.function, 1);
    // What a test starts at once is what it tests.
    let finding = if place.file.ends_with("_test.go") { finding.at_most(Severity::Note) } else { finding };
    Some(match made.example {
        Some((go, range)) => finding.link(context.trace, go, range),
        None => finding,
    })
}
