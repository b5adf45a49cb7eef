//! Findings: what probably costs this program its time, ranked. One kind (or family of kinds) a file; each
//! looks only at the structure of waiting and running.

pub mod cause;
pub mod coverage;
pub mod figures;
pub mod finding;

mod abandoned;
mod activity;
mod backlog;
mod barriers;
mod batches;
mod busy_team;
mod callers;
mod churn;
pub mod context;
mod cpu;
mod damage;
mod finalizers;
mod folded;
mod gc;
mod growth;
mod headline;
mod herd;
mod holder;
mod holds;
mod hot;
mod idle;
mod imbalance;
mod kept_connections;
mod leak;
mod lock_causes;
mod locks;
mod made_anew;
mod missing_done;
mod named;
mod new_connections;
mod no_cpu;
mod other_side;
mod peers;
mod polling;
mod rate_limit;
mod requests;
mod retries;
mod serial;
mod site_waits;
mod slots;
mod slow_calls;
mod slow_pauses;
mod slow_reader;
mod slow_reason;
mod slow_requests;
mod slow_results;
mod spin;
mod stampede;
mod stuck;
mod stuck_locks;
mod stw;
mod syscalls;
mod test_sleeps;
mod uneven_queue;
mod workers;

use rayon::prelude::*;

use crate::analysis::blocked_by::{Blocked, Wakers, blocked, wakers};
use crate::analysis::collector::cycles::Collector;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
pub use crate::analysis::findings::context::Load;
use crate::analysis::findings::coverage::Coverage;
use crate::analysis::findings::finding::{Finding, Severity};
use crate::analysis::places::Places;
use crate::analysis::procs::{busy, idle_procs};
use crate::analysis::workload::Workload;
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// What goroutines of tests lose, each on average, is worth a warning from this part of the trace on.
const TEST_SHARE: f64 = 0.05;
/// Places of waiting that are looked into.
const LOOKED_INTO: usize = 32;

/// The findings and the numbers that stand behind "nothing stands out".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// By severity, the worst first; among equals the weightiest first.
    pub list: Vec<Finding>,
    /// The largest waits, and what was not looked at.
    pub coverage: Coverage,
    /// How busy the procs were.
    pub load: Load,
    /// Time that goroutines waited for locks.
    pub lock_wait: Nanos,
    /// Time in which the GC was marking.
    pub gc: Nanos,
    /// Time in mark assists, total over goroutines.
    pub assist: Nanos,
    /// Time in which the world was stopped.
    pub stw: Nanos,
    /// Longest wait of a goroutine for a proc, the runtime's own among them.
    pub longest_runnable: Nanos,
    /// Length of the trace.
    pub duration: Nanos,
}

impl Findings {
    /// The severity of the worst finding; `None` if there is none.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|finding| finding.severity).max()
    }
}

/// What finds the causes of one kind each; what is found by those that look at others' findings comes after.
const DETECTORS: [fn(&Context<'_>) -> Vec<Finding>; 27] = [
    locks::find,
    peers::find,
    backlog::find,
    finalizers::find,
    batches::find,
    imbalance::find,
    serial::find,
    polling::find,
    test_sleeps::find,
    retries::find,
    stampede::find,
    syscalls::find,
    cpu::find,
    abandoned::find,
    spin::find,
    no_cpu::find,
    gc::find,
    stw::find,
    idle::find,
    leak::find,
    kept_connections::find,
    new_connections::find,
    missing_done::find,
    growth::find,
    churn::find,
    herd::find,
    damage::find,
];

/// Looks for causes in the whole trace. `None` if cancelled.
#[must_use]
pub fn find(trace: &Trace, monitor: &Monitor) -> Option<Findings> {
    let places = Places::new(trace);
    let workload = Workload::take(trace, &places, monitor)?;
    find_in(trace, &places, &workload, monitor)
}

/// The same where what is done in the whole trace is known already. `None` if cancelled.
#[must_use]
pub fn find_in(trace: &Trace, places: &Places<'_>, workload: &Workload, monitor: &Monitor) -> Option<Findings> {
    let duration = trace.range().nanos().unsigned_abs();
    let waits = blocked(workload, places);
    let lock_wait = waits.iter().filter(|wait| wait.op.is_lock()).map(|wait| Nanos(wait.nanos)).sum();
    let mut coverage = Coverage::of(trace, workload, &waits);
    let mut examined = 0;
    let (waits, skipped): (Vec<Blocked>, Vec<Blocked>) = waits.into_iter().partition(|wait| {
        let is_examined = examined < LOOKED_INTO && wait.woken_nanos * 1_000 >= duration;
        examined += usize::from(is_examined);
        is_examined
    });
    let looked: Vec<(Blocked, Wakers)> = waits
        .into_par_iter()
        .map(|wait| {
            let found = if monitor.is_cancelled() { Wakers::default() } else { wakers(trace, places, &wait) };
            (wait, found)
        })
        .collect();
    if monitor.is_cancelled() {
        return None;
    }
    let (load, collector, idle) = {
        let (idle, (load, collector)) = rayon::join(
            || idle_procs(trace, trace.range(), monitor),
            || (load(trace, workload, duration), Collector::of(trace, trace.range(), monitor)),
        );
        (load, collector?, idle?)
    };
    let collector = &collector;
    let context = Context { trace, places, workload, blocked: &looked, collector, idle: &idle, duration, load };
    // They do not depend on each other, and some look at every goroutine.
    let found: Vec<Vec<Finding>> = DETECTORS
        .par_iter()
        .map(|detect| {
            if monitor.is_cancelled() {
                return Vec::new();
            }
            detect(&context).into_iter().map(|finding| no_cpu::without(&context, finding)).collect()
        })
        .collect();
    if monitor.is_cancelled() {
        return None;
    }
    let mut list: Vec<Finding> = found.into_iter().flatten().collect();
    let slow = slow_requests::find(&context, &list);
    list.extend(slow);
    let workers = workers::find(&context, &list);
    list.extend(workers);
    let barriers = barriers::find(&context, &list);
    list.extend(barriers);
    let readers = slow_reader::find(&context, &list);
    list.extend(readers);
    let stuck = stuck::find(&context, &list);
    list.extend(stuck);
    folded::fold(&context, &mut list);
    let list = ranked(&context, list);
    coverage.skip(places, &skipped, &list);
    let total = |lane| trace.spans(lane, trace.range()).map(|span| Nanos(span.range.nanos().unsigned_abs())).sum();
    Some(Findings {
        list,
        coverage,
        load,
        lock_wait,
        gc: total(LaneId::Gc),
        assist: collector.assist_run(),
        stw: total(LaneId::Stw),
        longest_runnable: Nanos(workload.longest_runnable),
        duration: Nanos(duration),
    })
}

/// The findings as they are told, the worst first.
fn ranked(context: &Context<'_>, list: Vec<Finding>) -> Vec<Finding> {
    let mut list: Vec<Finding> = list.into_iter().map(|finding| limited(context, finding)).collect();
    other_side::refer(&mut list);
    list.iter_mut().for_each(|finding| complete(context, finding));
    list.sort_by(|a, b| {
        let by_weight = || b.weight().total_cmp(&a.weight());
        b.severity.cmp(&a.severity).then_with(by_weight).then_with(|| a.kind.cmp(&b.kind))
    });
    list
}

/// Adds what follows from the rest: what the culprit was in, and the headline.
fn complete(context: &Context<'_>, finding: &mut Finding) {
    if let Some(culprit) = &mut finding.culprit {
        culprit.callee = context.callee(finding.stack);
    }
    finding.headline = headline::headline(finding);
}

/// What is about goroutines of tests and benchmarks alone is at most a warning: nobody else waits for them, and what they
/// put a load on they mean to. A deadlock nobody means to make.
fn limited(context: &Context<'_>, finding: Finding) -> Finding {
    let some = finding.goroutines.iter().filter(|go| context.workload.go(**go).is_some()).take(LOOKED_INTO);
    let (mut all, mut tests) = (0, 0);
    for go in some {
        (all, tests) = (all + 1, tests + usize::from(context.is_under_test(*go)));
    }
    if tests == 0 || tests < all || finding.cause == Some(Cause::Deadlock) {
        return finding;
    }
    // A test of many that makes its own goroutines wait for a moment.
    let gos = finding.victims.iter().map(|victim| victim.goroutines).sum::<u64>().max(1);
    let is_short = context.share(finding.time_lost.0 / gos) < TEST_SHARE;
    finding.at_most(if is_short { Severity::Note } else { Severity::Warning })
}

fn load(trace: &Trace, workload: &Workload, duration: u64) -> Load {
    use crate::model::trace::Metric;
    let seen = u64::from(trace.proc_count());
    let max = trace.metric_max(Metric::Procs);
    let procs = if max == 0 { seen } else { max };
    let busy = busy(trace, trace.range());
    let of = |class: SpanClass| Nanos(workload.nanos.get(class as usize).copied().unwrap_or(0));
    let share = busy as f64 / (procs * duration).max(1) as f64;
    Load { procs, busy: Nanos(busy), running: of(SpanClass::Running), runnable: of(SpanClass::Runnable), share }
}
