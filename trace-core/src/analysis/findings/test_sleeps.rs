//! Tests that sleep: where one place takes most of a test run's time.

use std::collections::BTreeMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, Place};
use crate::analysis::scope::united;
use crate::analysis::workload::Site;
use crate::base::ids::GoroutineIdx;

/// Parts of the trace's time in which somebody sleeps there, from which on the sleep is what the run takes.
const LEAST_PART: f64 = 0.5;
/// Fewer sleeps may be what a test is about.
const FEWEST: u64 = 3;

const CHECK: &str = "Wait on a channel that the code under test closes in place of sleeping, or use testing/synctest, in whose \
                     bubbles time passes at once.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut by_place: BTreeMap<Place, Site> = BTreeMap::new();
    for (key, site) in &context.workload.sites {
        let is_of_tests = !site.longest.is_empty() && site.longest.iter().all(|wait| context.is_test(wait.go));
        if site.op != Op::Sleep || key.is_prior || !is_of_tests {
            continue;
        }
        if let Some(place) = context.places.own(key.stack) {
            by_place.entry(place).or_default().merge(site.clone());
        }
    }
    by_place.into_iter().filter_map(|(place, site)| judge(context, place, &site)).collect()
}

fn judge(context: &Context<'_>, place: Place, site: &Site) -> Option<Finding> {
    let waits = &site.longest;
    let asleep: u64 =
        united(waits.iter().map(|wait| wait.range).collect()).iter().map(|range| range.nanos().unsigned_abs()).sum();
    if site.count < FEWEST || context.share(asleep) < LEAST_PART {
        return None;
    }
    // Of more sleeps than are kept only the longest are known.
    let least = if site.count > waits.len() as u64 { "at least " } else { "" };
    let longest = waits.iter().min_by_key(|wait| Wait::by_length(wait))?;
    let mut gos: Vec<GoroutineIdx> = waits.iter().map(|wait| wait.go).collect();
    gos.sort_unstable();
    gos.dedup();
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {}, {} total (max {}), in time.Sleep at {}: during {least}{} of the trace a test slept there, and procs were {} busy",
        evidence.count("waits", site.count, "sleep"),
        evidence.count("tests", gos.len() as u64, "test"),
        evidence.time("wait_total_ns", site.nanos),
        evidence.time("wait_max_ns", site.max),
        place_name(Some(&place)),
        evidence.share("asleep_share", context.share(asleep)),
        evidence.share("procs_busy", context.load.share),
    );
    Some(
        Finding::new(Kind::PollingSleep, title, site.nanos, context.duration, 0.9)
            .with(evidence)
            .cause(Cause::TestSleeps, CHECK)
            .culprit(context.trace, Some(place), longest.stack)
            .goroutines(&gos)
            .link(context.trace, longest.go, longest.range),
    )
}
