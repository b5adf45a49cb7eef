//! Requests that make the same call at about the same time, again and again, while nearly all others do without it: what they
//! need has expired, and each of them gets it anew.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::requests::RequestKind;
use crate::analysis::parts::{Part, PartKey};
use crate::analysis::phrases::where_at;
use crate::analysis::place_time::Wait;
use crate::analysis::work_unit::WorkUnitKey;
use crate::analysis::work_units::Family;
use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};

/// Calls, and bursts of them, from which on they are a pattern; and calls of one burst.
const FEWEST: u64 = 8;
const BURSTS: usize = 2;
const IN_BURST: usize = 3;
/// At most one request in so many makes the call.
const RARE: u64 = 5;
/// The least part of the requests' time that the calls take.
const SHARE: f64 = 0.2;
/// Part of the waits that belong to bursts, at least, and part of the time that bursts take, at most.
const MOST: f64 = 0.8;
const BRIEF: f64 = 0.5;

const CHECK: &str = "If they all get the same, as after a cache entry has expired, let one make the call and the others wait for its \
                     result (singleflight), or renew the entry before it expires and serve the old one until then.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut families: Vec<(&WorkUnitKey, &Family)> = context.workload.families.iter().collect();
    families.sort_by_key(|(key, _)| **key);
    families.into_iter().filter_map(|(key, family)| judge(context, key, family)).collect()
}

fn judge(context: &Context<'_>, key: &WorkUnitKey, family: &Family) -> Option<Finding> {
    let is_request =
        matches!(RequestKind::of(context, key, family), Some(RequestKind::Handler | RequestKind::Connection));
    let all = family.units + context.workload.unseen.get(&key.name).copied().unwrap_or(0);
    let is_such = |(key, part): &(&PartKey, &Part)| {
        let is_call = !context.places.is_direct(part.stack()) && !key.op.is_lock();
        let is_rare = part.units >= FEWEST && part.units * RARE <= all;
        is_call && is_rare && part.place_time.nanos as f64 >= SHARE * family.nanos as f64
    };
    let (_, part) = family.parts.iter().filter(is_such).max_by_key(|(key, part)| (part.place_time.nanos, **key))?;
    let bursts = bursts(&part.longest);
    let in_bursts: usize = bursts.iter().map(|burst| burst.waits.len()).sum();
    let largest = bursts.iter().map(Burst::at_once).max()?;
    let (first, last) = (bursts.first()?.range.start, bursts.last()?.range.end);
    let elapsed: i64 = bursts.iter().map(|burst| burst.range.nanos()).sum();
    let waits = part.longest.len();
    let is_pattern = is_request && bursts.len() >= BURSTS && in_bursts as f64 >= MOST * waits as f64;
    if !is_pattern || elapsed as f64 > BRIEF * last.nanos_since(first) as f64 {
        return None;
    }
    let saved = bursts.iter().map(Burst::beyond_one).sum();
    let (stack, outer) = (part.stack(), context.places.outer(family.stack));
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {} made the same call, {} total (mean {}),{}: {} of up to {} at once, hardly any in between",
        evidence.whole("calls", part.units),
        evidence.count("requests", all, "request"),
        evidence.time("wait_total_ns", part.place_time.nanos),
        evidence.time("wait_mean_ns", part.place_time.nanos / part.units.max(1)),
        where_at(context.places, stack),
        evidence.count("bursts", bursts.len() as u64, "burst"),
        evidence.whole("at_once", largest as u64),
    );
    let known = waits as u64;
    let title = if part.place_time.count > known {
        format!("{title} (of the longest {})", evidence.count("known_waits", known, "wait"))
    } else {
        title
    };
    let gos = waiting(&part.longest);
    let mut finding = Finding::new(Kind::SerialWaits, title, saved, context.duration, 0.75)
        .with(evidence)
        .cause(Cause::Stampede, CHECK)
        .culprit(context.trace, context.places.own(stack), stack)
        .goroutines(&gos);
    if let Some(outer) = outer {
        finding = finding.victim(&outer.function, gos.len() as u64);
    }
    for burst in bursts.iter().take(2) {
        let longest = burst.waits.iter().max_by_key(|wait| (wait.nanos(), wait.go))?;
        finding = finding.link(context.trace, longest.go, longest.range);
    }
    Some(finding)
}

/// Waits of which each begins before those in front of it have ended.
struct Burst<'a> {
    waits: Vec<&'a Wait>,
    range: TimeRange,
}

impl Burst<'_> {
    /// How many wait at the same time, at most.
    fn at_once(&self) -> usize {
        let begun = |wait: &&&Wait, at: TraceTime| wait.range.start <= at && wait.range.end > at;
        let at = |time: TraceTime| self.waits.iter().filter(|wait| begun(wait, time)).count();
        self.waits.iter().map(|wait| at(wait.range.start)).max().unwrap_or(0)
    }

    /// Nanoseconds of the waits less those of the longest.
    fn beyond_one(&self) -> u64 {
        let longest = self.waits.iter().map(|wait| wait.nanos()).max().unwrap_or(0);
        self.waits.iter().map(|wait| wait.nanos()).sum::<u64>().saturating_sub(longest)
    }
}

/// The goroutines that wait, each once.
fn waiting(waits: &[Wait]) -> Vec<GoroutineIdx> {
    let mut gos: Vec<GoroutineIdx> = waits.iter().map(|wait| wait.go).collect();
    gos.sort_unstable();
    gos.dedup();
    gos
}

/// Bursts in which enough wait at the same time, in order.
fn bursts(waits: &[Wait]) -> Vec<Burst<'_>> {
    let mut waits: Vec<&Wait> = waits.iter().collect();
    waits.sort_unstable_by_key(|wait| (wait.range.start, wait.go));
    let mut bursts: Vec<Burst<'_>> = Vec::new();
    for wait in waits {
        match bursts.last_mut().filter(|burst| wait.range.start < burst.range.end) {
            Some(burst) => {
                burst.range.end = burst.range.end.max(wait.range.end);
                burst.waits.push(wait);
            }
            None => bursts.push(Burst { waits: vec![wait], range: wait.range }),
        }
    }
    bursts.retain(|burst| burst.at_once() >= IN_BURST);
    bursts
}
