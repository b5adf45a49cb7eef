//! Time in which the process got no CPU: a quota (`cpu_throttled`), or whatever else keeps the operating system from
//! running it (`cpu_descheduled`). It is nobody's fault in the program, and part of all that was measured meanwhile.

use rustc_hash::FxHashMap;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::time::TimeRange;
use crate::model::no_cpu::{NoCpu, NoCpuCause};
use crate::model::trace::Metric;

/// Part of the trace below which it is not the main trouble.
const MAIN: f64 = 0.25;
/// Stretches that are shown.
const LINKS: usize = 3;
/// Periods at whose end the process had to wait from which on that is no chance.
const SURE: u64 = 5;

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let known = context.trace.no_cpu();
    known.cause.map(|cause| judge(context, known, cause)).into_iter().collect()
}

fn judge(context: &Context<'_>, known: &NoCpu, cause: NoCpuCause) -> Finding {
    let total = known.total(context.trace.range());
    let longest = known.ranges.iter().map(|range| range.nanos().unsigned_abs()).max().unwrap_or(0);
    let lost = known.running + without_proc(context, known);
    let mut evidence = Evidence::default();
    let (kind, title, confidence) = match cause {
        NoCpuCause::Throttled => {
            let confidence = if known.in_rhythm >= SURE { 0.95 } else { 0.8 };
            (Kind::CpuThrottled, throttled(context, known, (total, longest), &mut evidence), confidence)
        }
        NoCpuCause::Descheduled => {
            let title = format!(
                "The process got no CPU {}, {} total ({} of the time, max {}), though goroutines were running; not at the \
                 regular intervals of a CPU quota",
                evidence.count("stretches", known.ranges.len() as u64, "time"),
                evidence.time("no_cpu_ns", total),
                evidence.share("no_cpu_share", context.share(total)),
                evidence.time("longest_ns", longest),
            );
            (Kind::CpuDescheduled, title, 0.6)
        }
    };
    let mut finding = Finding::new(kind, title, lost, context.duration, confidence)
        .with(evidence)
        .int("running_without_cpu_ns", known.running);
    let (gos, functions) = affected(context, known);
    for (name, count) in functions.into_iter().take(LINKS) {
        finding = finding.victim(context.trace.str(name), count);
    }
    finding = finding.goroutines(&gos);
    for (go, range) in known.longest(LINKS) {
        finding = finding.link(context.trace, go, range);
    }
    // The severity follows from the time lost, as of all findings; but goroutines lose as much as there are of them, so
    // that a small part of the trace could be severe. A busy host is no fault of the program, and a machine at work has
    // such gaps now and then.
    match cause {
        _ if context.share(total) >= MAIN => finding,
        NoCpuCause::Throttled => finding.at_most(Severity::Warning),
        NoCpuCause::Descheduled => finding.at_most(Severity::Note),
    }
}

/// The title where a quota is the cause; `times`: without a CPU, total and longest, ns.
fn throttled(context: &Context<'_>, known: &NoCpu, times: (u64, u64), evidence: &mut Evidence) -> String {
    let periods = (context.duration / known.period.max(1)).max(known.in_rhythm);
    format!(
        "The process was throttled by its CPU quota: in {} of {} of {} it got no CPU for part of the period, {} total ({} \
         of the time, max {}); it used at most {} CPUs per period, with GOMAXPROCS {}",
        evidence.whole("periods_throttled", known.in_rhythm),
        evidence.count("periods", periods, "period"),
        evidence.time("period_ns", known.period),
        evidence.time("no_cpu_ns", times.0),
        evidence.share("no_cpu_share", context.share(times.0)),
        evidence.time("longest_ns", times.1),
        evidence.number("quota_cpus_at_most", known.quota.max(0.1)),
        evidence.whole("procs", context.load.procs),
    )
}

/// How long goroutines were runnable meanwhile, added up, nanoseconds.
fn without_proc(context: &Context<'_>, known: &NoCpu) -> u64 {
    let mut columns = Vec::new();
    let waited = known.ranges.iter().map(|&range| {
        columns.clear();
        context.trace.metric(Metric::Runnable, range, 1, &mut columns);
        let low = columns.first().copied().flatten().map_or(0, |(low, _)| low);
        low.saturating_mul(range.nanos().unsigned_abs())
    });
    waited.sum()
}

/// Goroutines of the program that were running without a CPU, those that lost most first; and their start functions
/// with how many of them each has.
fn affected(context: &Context<'_>, known: &NoCpu) -> (Vec<GoroutineIdx>, Vec<(StrId, u64)>) {
    let mut gos: Vec<(GoroutineIdx, u64)> =
        known.goroutines().filter(|(go, _)| context.workload.go(*go).is_some()).collect();
    gos.sort_by_key(|&(go, nanos)| (std::cmp::Reverse(nanos), go));
    let mut functions: FxHashMap<StrId, (u64, u64)> = FxHashMap::default();
    for &(go, nanos) in &gos {
        if let Some(facts) = context.workload.go(go) {
            let sum = functions.entry(facts.name).or_default();
            *sum = (sum.0 + nanos, sum.1 + 1);
        }
    }
    let mut functions: Vec<(StrId, (u64, u64))> = functions.into_iter().collect();
    functions.sort_by_key(|&(name, (nanos, _))| (std::cmp::Reverse(nanos), name));
    (gos.into_iter().map(|go| go.0).collect(), functions.into_iter().map(|(name, sum)| (name, sum.1)).collect())
}

/// The same finding without the part of its time in which the process got no CPU anyway, as its examples show it.
pub(crate) fn without(context: &Context<'_>, finding: Finding) -> Finding {
    let known = context.trace.no_cpu();
    if known.is_empty() || matches!(finding.kind, Kind::CpuThrottled | Kind::CpuDescheduled | Kind::TraceDamage) {
        return finding;
    }
    let nanos = |range: TimeRange| range.nanos().unsigned_abs();
    let all: u64 = finding.links.iter().map(|link| nanos(link.range)).sum();
    let silent: u64 = finding.links.iter().map(|link| known.total(link.range)).sum();
    let left = 1.0 - silent as f64 / all.max(1) as f64;
    let lost = (finding.time_lost.as_f64() * left) as u64;
    finding.ratio("no_cpu_share", 1.0 - left).reduced(lost, context.duration)
}
