//! Findings: what probably costs this program its time, ranked. One kind (or family of kinds) a file; each
//! looks only at the structure of waiting and running.

pub mod cause;
pub mod coverage;
pub mod figures;
pub mod finding;

mod activity;
mod backlog;
mod batches;
mod churn;
mod cpu;
mod damage;
mod gc;
mod headline;
mod holder;
mod holds;
mod hot;
mod idle;
mod imbalance;
mod leak;
mod lock_causes;
mod locks;
mod named;
mod no_cpu;
mod other_side;
mod peers;
mod polling;
mod requests;
mod serial;
mod slots;
mod slow_requests;
mod spin;
mod stuck;
mod stuck_locks;
mod stw;
mod syscalls;
mod uneven_queue;
mod workers;

use rayon::prelude::*;

use crate::analysis::blocked_by::{Blocked, Wakers, blocked, wakers};
use crate::analysis::collector::cycles::Collector;
use crate::analysis::findings::coverage::Coverage;
use crate::analysis::findings::finding::{Finding, Severity};
use crate::analysis::places::{Op, Places, is_test_function};
use crate::analysis::procs::{IdleWhileReady, busy, idle_procs};
use crate::analysis::workload::Workload;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::event::state::SpanClass;
use crate::model::cgo::c_function;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Places of waiting that are looked into.
const LOOKED_INTO: usize = 32;

/// Fewer waits of others in a function do not make it a helper.
const FEWEST_CALLS: u64 = 6;

/// Creators of creators that are followed.
const ANCESTORS: usize = 8;

/// What the files of this room look at.
pub(crate) struct Context<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) places: &'a Places<'a>,
    pub(crate) workload: &'a Workload,
    /// Places of waiting with what the wakers did.
    pub(crate) blocked: &'a [(Blocked, Wakers)],
    pub(crate) collector: &'a Collector,
    /// Procs that idled while goroutines were runnable.
    pub(crate) idle: &'a IdleWhileReady,
    /// Of the whole trace, nanoseconds.
    pub(crate) duration: u64,
    pub(crate) monitor: &'a Monitor,
    pub(crate) load: Load,
}

/// How busy the procs were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// GOMAXPROCS, or the procs seen.
    pub procs: u64,
    /// Nanoseconds that procs were busy, in all; see [`busy`].
    pub busy: u64,
    /// Nanoseconds that goroutines of the program ran.
    pub running: u64,
    /// Nanoseconds that goroutines of the program were ready without a proc.
    pub runnable: u64,
    /// 0 to 1: share of the procs' time in use.
    pub share: f64,
}

/// The findings and the numbers that stand behind "nothing stands out".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// By severity, the worst first; among equals the weightiest first.
    pub list: Vec<Finding>,
    /// The largest waits, and what was not looked at.
    pub coverage: Coverage,
    /// How busy the procs were.
    pub load: Load,
    /// Nanoseconds that goroutines waited for locks.
    pub lock_wait_ns: u64,
    /// Nanoseconds of collector cycles.
    pub gc_ns: u64,
    /// Nanoseconds of mark assist.
    pub assist_ns: u64,
    /// Nanoseconds of stopped world.
    pub stw_ns: u64,
    /// Longest wait of a goroutine for a proc, the runtime's own among them, nanoseconds.
    pub longest_runnable_ns: u64,
    /// Length of the trace, nanoseconds.
    pub duration_ns: u64,
}

impl Findings {
    /// The worst severity.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|finding| finding.severity).max()
    }
}

/// What finds the causes of one kind each; what is found by those that look at others' findings comes after.
const DETECTORS: [fn(&Context<'_>) -> Vec<Finding>; 17] = [
    locks::find,
    peers::find,
    backlog::find,
    batches::find,
    imbalance::find,
    serial::find,
    polling::find,
    syscalls::find,
    cpu::find,
    spin::find,
    no_cpu::find,
    gc::find,
    stw::find,
    idle::find,
    leak::find,
    churn::find,
    damage::find,
];

/// Looks for causes in the whole trace. `None` if cancelled.
#[must_use]
pub fn find(trace: &Trace, monitor: &Monitor) -> Option<Findings> {
    let places = Places::new(trace);
    let workload = Workload::take(trace, &places, monitor)?;
    let duration = trace.range().nanos().unsigned_abs();
    let mut waits = blocked(&workload, &places);
    let lock_wait_ns = waits.iter().filter(|wait| wait.op.is_lock()).map(|wait| wait.nanos).sum();
    let mut coverage = Coverage::of(trace, &workload, &waits);
    let mut examined = 0;
    waits.retain(|wait| {
        let is_examined = examined < LOOKED_INTO && wait.woken_nanos * 1_000 >= duration;
        if is_examined {
            examined += 1;
        } else {
            coverage.skip(wait);
        }
        is_examined
    });
    let looked: Vec<(Blocked, Wakers)> = waits
        .into_par_iter()
        .map(|wait| {
            let found = if monitor.is_cancelled() { Wakers::default() } else { wakers(trace, &places, &wait) };
            (wait, found)
        })
        .collect();
    if monitor.is_cancelled() {
        return None;
    }
    let load = load(trace, &workload, duration);
    let collector = Collector::of(trace, trace.range(), monitor)?;
    let (places, workload, collector) = (&places, &workload, &collector);
    let idle = idle_procs(trace, trace.range(), monitor)?;
    let context =
        Context { trace, places, workload, blocked: &looked, collector, idle: &idle, duration, monitor, load };
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
    let stuck = stuck::find(&context, &list);
    list.extend(stuck);
    let list = ranked(&context, list);
    let total = |lane| trace.spans(lane, trace.range()).map(|span| span.range.nanos().unsigned_abs()).sum();
    Some(Findings {
        list,
        coverage,
        load,
        lock_wait_ns,
        gc_ns: total(LaneId::Gc),
        assist_ns: collector.assist_run(),
        stw_ns: total(LaneId::Stw),
        longest_runnable_ns: workload.longest_runnable,
        duration_ns: duration,
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
/// put a load on they mean to.
fn limited(context: &Context<'_>, finding: Finding) -> Finding {
    let some = finding.goroutines.iter().filter(|go| context.workload.go(**go).is_some()).take(LOOKED_INTO);
    let (mut all, mut tests) = (0, 0);
    for go in some {
        (all, tests) = (all + 1, tests + usize::from(context.is_under_test(*go)));
    }
    if tests > 0 && tests == all { finding.at_most(Severity::Warning) } else { finding }
}

fn load(trace: &Trace, workload: &Workload, duration: u64) -> Load {
    use crate::model::trace::Metric;
    let seen = u64::from(trace.proc_count());
    let max = trace.metric_max(Metric::Procs);
    let procs = if max == 0 { seen } else { max };
    let busy = busy(trace, trace.range());
    let of = |class: SpanClass| workload.nanos.get(class as usize).copied().unwrap_or(0);
    let share = busy as f64 / (procs * duration).max(1) as f64;
    Load { procs, busy, running: of(SpanClass::Running), runnable: of(SpanClass::Runnable), share }
}

impl Context<'_> {
    /// Part of the trace's length, 0 to 1 (or more, for time added over goroutines).
    pub(crate) fn share(&self, nanos: u64) -> f64 {
        nanos as f64 / self.duration.max(1) as f64
    }

    /// What the program was in, as Go spells it: `net/http.Post`, `chan send`, `C.render`. `None` if it is not known, or
    /// was code of its own.
    fn callee(&self, stack: StackId) -> Option<String> {
        let callee = self.places.callee(stack).filter(|callee| !callee.is_empty())?;
        if let Some(function) = c_function(callee) {
            return Some(format!("C.{function}"));
        }
        if !callee.starts_with("runtime.") {
            return Some(callee.to_owned());
        }
        let op = self.places.op(stack);
        matches!(op, Op::Send | Op::Receive | Op::Select).then(|| op.name().to_owned())
    }

    /// How many goroutines of the program have this start function.
    pub(crate) fn goroutines(&self, name: StrId) -> u64 {
        self.workload.gos.iter().filter(|facts| facts.name == name).count() as u64
    }

    /// Whether a goroutine was started by package `testing`, to run a test.
    pub(crate) fn is_test(&self, go: GoroutineIdx) -> bool {
        self.workload.go(go).is_some_and(|facts| is_test_function(self.trace.str(facts.name)))
    }

    /// Whether a goroutine runs a test or benchmark, or was started by one that does, however many steps in between.
    pub(crate) fn is_under_test(&self, go: GoroutineIdx) -> bool {
        let mut next = Some(go);
        for _ in 0..ANCESTORS {
            let Some(facts) = next.and_then(|go| self.workload.go(go)) else { return false };
            if is_test_function(self.trace.str(facts.name)) {
                return true;
            }
            next = facts.creator();
        }
        false
    }

    /// Whether tests alone waited there: for what they themselves started, as they should.
    pub(crate) fn is_of_tests(&self, wait: &Blocked) -> bool {
        !wait.longest.is_empty() && wait.longest.iter().all(|one| self.is_test(one.go))
    }

    /// Places where the program waits by `ops`.
    pub(crate) fn waits(&self, ops: &'static [Op]) -> impl Iterator<Item = &(Blocked, Wakers)> {
        self.blocked.iter().filter(|(wait, _)| ops.contains(&wait.op))
    }
}
