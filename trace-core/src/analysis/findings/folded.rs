//! Findings that say once more what another one says better.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity, Victim};
use crate::analysis::findings::made_anew;

/// Tells of the waits for one pool once, wherever they are: of pools with as many slots whose holders are at one place the
/// one that costs most, which names where else goroutines wait.
fn join_pools(list: &mut Vec<Finding>) {
    list.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
    let mut joined: Vec<Finding> = Vec::new();
    for finding in list.drain(..) {
        match joined.iter_mut().find(|known| is_same_pool(known, &finding)) {
            Some(known) => add_waits(known, finding),
            None => joined.push(finding),
        }
    }
    *list = joined;
}

fn is_same_pool(one: &Finding, other: &Finding) -> bool {
    let holder = |finding: &Finding| {
        let is_pool = matches!(finding.cause, Some(Cause::HeldByOthers | Cause::PoolExhausted));
        let place = finding.culprit.as_ref().filter(|_| is_pool).map(|culprit| culprit.place.clone());
        place.zip(finding.number("slots"))
    };
    holder(one).is_some_and(|one| Some(one) == holder(other))
}

/// Adds the waits of another finding to one about the same pool.
fn add_waits(known: &mut Finding, other: Finding) {
    let (Some(waits), Some(nanos)) = (other.number("waits"), other.number("wait_total_ns")) else { return };
    let mut joined = known.clone().goroutines(&other.goroutines);
    // Of several only the heaviest is named.
    if known.number("other_waits").is_none() {
        let mut evidence = Evidence::default();
        let place = other.victims.first().map_or("elsewhere", |victim| victim.function.as_str());
        joined.title += &format!(
            "; in {place} another {}, {} total, were for slots with the same holder",
            evidence.count("other_waits", waits, "wait"),
            evidence.time("other_wait_total_ns", nanos),
        );
        joined = joined.with(evidence);
    }
    joined.time_lost += other.time_lost;
    let is_new = |victim: &Victim| known.victims.iter().all(|known| known.function != victim.function);
    joined.victims.extend(other.victims.into_iter().filter(is_new));
    *known = joined;
}

/// Leaves out busy procs (`cpu_bound`, `cpu_starvation`) where other findings tell what keeps them busy: goroutines that
/// spin, for half of what the program ran; or the GC, for a third of what the procs did, if that weighs more.
pub(crate) fn fold(context: &Context<'_>, list: &mut Vec<Finding>) {
    join_pools(list);
    let spins = list.iter().any(|finding| {
        let is_loop = matches!(finding.cause, Some(Cause::GoschedLoop | Cause::YieldLoop | Cause::NonBlockingLoop));
        is_loop && finding.number("spin_running_ns").unwrap_or(0) * 2 >= context.load.running.0
    });
    let collects = list.iter().filter(|finding| finding.kind == Kind::GcPressure && finding.severity > Severity::Note);
    let collects = collects.filter(|finding| finding.number("gc_procs_ns").unwrap_or(0) * 3 >= context.load.busy.0);
    let weight = collects.map(Finding::weight).fold(0.0, f64::max);
    let leads = lead(context, list);
    list.retain(|finding| leads || !is_busy_procs(finding) || !(spins || finding.weight() < weight));
}

/// Where the function that computes most is the one that makes the GC work, by making again and again what could be made once:
/// puts what it computes before the GC, which it keeps busy. `false` if there is no such function.
fn lead(context: &Context<'_>, list: &mut [Finding]) -> bool {
    let place = |finding: &Finding| finding.culprit.as_ref().map(|culprit| culprit.place.clone());
    let gc = list.iter().position(|finding| finding.kind == Kind::GcPressure && finding.severity > Severity::Note);
    let cpu = list.iter().position(|finding| {
        is_busy_procs(finding)
            && made_anew::advice(context.trace, finding.stack).is_some_and(|advice| advice == finding.check)
    });
    let Some([gc, cpu]) = gc.zip(cpu).and_then(|(gc, cpu)| list.get_disjoint_mut([gc, cpu]).ok()) else { return false };
    if place(gc).is_none() || place(gc) != place(cpu) {
        return false;
    }
    cpu.severity = cpu.severity.max(gc.severity);
    gc.severity = gc.severity.min(Severity::Warning);
    // What the GC costs is due to it, too.
    if cpu.severity == gc.severity && cpu.weight() < gc.weight() {
        gc.severity = Severity::Note;
    }
    true
}

/// Whether a finding says that the procs are busy, and no more than where.
fn is_busy_procs(finding: &Finding) -> bool {
    let is_kind = matches!(finding.kind, Kind::CpuBound | Kind::CpuStarvation);
    is_kind && finding.cause.is_none() && finding.number("runnable_total_ns").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::findings::finding::Culprit;
    use crate::analysis::places::Place;

    const SECOND: u64 = 1_000_000_000;

    fn pool(slots: u64, holder: &str, waits: u64, nanos: u64) -> Finding {
        let place = Place { function: holder.to_owned(), ..Place::default() };
        let mut finding = Finding::new(Kind::LimitedConcurrency, "Waits".to_owned(), nanos, SECOND, 0.8)
            .cause(Cause::PoolExhausted, "")
            .int("slots", slots)
            .int("waits", waits)
            .int("wait_total_ns", nanos)
            .victim("app.read", 3);
        finding.culprit = Some(Culprit { place, ..Culprit::default() });
        finding
    }

    #[test]
    fn waits_for_one_pool_are_told_once() {
        let small = pool(2, "app.query", 40, SECOND);
        let mut list = vec![small, pool(2, "app.query", 90, 2 * SECOND), pool(3, "app.query", 9, SECOND)];
        join_pools(&mut list);
        let [first, other] = list.as_slice() else { panic!("{list:#?}") };
        let more = "Waits; in app.read another 40 waits, 1.00 s total, were for slots with the same holder";
        assert_eq!((first.title.as_str(), first.time_lost.0, first.victims.len()), (more, 3 * SECOND, 1));
        assert_eq!((first.number("waits"), first.number("other_waits")), (Some(90), Some(40)));
        assert_eq!(other.number("slots"), Some(3));
    }
}
