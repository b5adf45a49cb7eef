//! Findings that say once more what another one says better.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Finding, Kind, Severity};

/// Leaves out busy procs (`cpu_bound`, `cpu_starvation`) where other findings tell what keeps them busy: goroutines that
/// spin, for half of what the program ran; or the GC, for a third of what the procs did, if that weighs more.
pub(crate) fn fold(context: &Context<'_>, list: &mut Vec<Finding>) {
    let spins = list.iter().any(|finding| {
        let is_loop = matches!(finding.cause, Some(Cause::GoschedLoop | Cause::NonBlockingLoop));
        is_loop && finding.number("spin_running_ns").unwrap_or(0) * 2 >= context.load.running
    });
    let collects = list.iter().filter(|finding| finding.kind == Kind::GcPressure && finding.severity > Severity::Note);
    let collects = collects.filter(|finding| finding.number("gc_procs_ns").unwrap_or(0) * 3 >= context.load.busy);
    let weight = collects.map(Finding::weight).fold(0.0, f64::max);
    list.retain(|finding| !is_busy_procs(finding) || !(spins || finding.weight() < weight));
}

/// Whether a finding says that the procs are busy, and no more than where.
fn is_busy_procs(finding: &Finding) -> bool {
    let is_kind = matches!(finding.kind, Kind::CpuBound | Kind::CpuStarvation);
    is_kind && finding.cause.is_none() && finding.number("runnable_total_ns").is_some()
}
