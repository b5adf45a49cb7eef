//! What supports "no problems found": the largest waits, and what the detectors did not examine.

use crate::analysis::blocked_by::Blocked;
use crate::analysis::findings::finding::Finding;
use crate::analysis::places::{Place, Places};
use crate::analysis::workload::Workload;
use crate::base::nanos::Nanos;
use crate::model::trace::Trace;

/// How many of the largest wait sites are kept.
const LARGEST: usize = 3;

/// Waits last as long as the trace if no more than such a part of its length is missing, on average.
const LASTING: u64 = 10;

/// All waits for one thing at one line of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitSite {
    /// Where the program waits.
    pub place: Place,
    /// What it waits for, as Go spells it: `sync.(*Mutex).Lock`, or the runtime's reason if it is no known operation.
    pub operation: String,
    /// Number of waits at this site.
    pub count: u64,
    /// Their time, total over goroutines.
    pub total: Nanos,
    /// The longest of them.
    pub max: Nanos,
    /// Part of all goroutines' work time ([`Coverage::work`]), 0 to 1. `None` if it is not part of it.
    pub share: Option<f64>,
}

/// What the detectors looked at, and what they left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Work time: the time of the program's goroutines less their waits for something to do, and less waits that last
    /// as long as the trace, total.
    pub work: Nanos,
    /// The wait sites with most time, at most three, largest first. Waits that last as long as the trace are left out:
    /// what waits for the program to end, or sleeps until then, keeps nothing waiting.
    pub largest: Vec<WaitSite>,
    /// Wait sites whose wakers were not looked at: no goroutine ended the waits, they take less than a thousandth of
    /// the trace, or they are not among the largest.
    pub sites_skipped: u64,
    /// Time of the waits there, total.
    pub skipped: Nanos,
    /// Time of goroutines that recorded or served traces and profiles.
    pub recording: Nanos,
}

impl Coverage {
    /// Of all wait sites, most time first; none of them skipped so far.
    pub(crate) fn of(trace: &Trace, workload: &Workload, waits: &[Blocked]) -> Self {
        let length = trace.range().nanos().unsigned_abs();
        let is_lasting = |wait: &&Blocked| wait.nanos / wait.count.max(1) >= length - length / LASTING;
        let all: u64 = workload.families.values().map(|family| family.nanos).sum();
        let lasting: u64 = waits.iter().filter(is_lasting).map(|wait| wait.nanos).sum();
        let work = all.saturating_sub(lasting);
        let largest = waits.iter().filter(|wait| !is_lasting(wait)).take(LARGEST).map(|wait| WaitSite {
            place: wait.place.clone(),
            operation: wait.operation(trace).to_owned(),
            count: wait.count,
            total: Nanos(wait.nanos),
            max: Nanos(wait.max),
            share: (wait.nanos <= work).then(|| wait.nanos as f64 / work.max(1) as f64),
        });
        let largest = largest.collect();
        Self { work: Nanos(work), largest, recording: Nanos(workload.recording), ..Self::default() }
    }

    /// Counts the wait sites whose wakers were not looked at, but for those that a finding is about.
    pub(crate) fn skip(&mut self, places: &Places<'_>, waits: &[Blocked], findings: &[Finding]) {
        let is_known = |wait: &Blocked| findings.iter().any(|finding| is_about(places, finding, wait));
        let skipped = waits.iter().filter(|wait| !is_known(wait));
        for wait in skipped {
            self.sites_skipped += 1;
            self.skipped += Nanos(wait.nanos);
        }
    }
}

/// Whether a finding is about the waits at a place: its culprit is in them, or its victims wait there for a lock, and most
/// of the goroutines that wait there belong to it, or it counts as many waits as most of these are.
fn is_about(places: &Places<'_>, finding: &Finding, wait: &Blocked) -> bool {
    let function = finding.culprit.as_ref().map_or("", |culprit| culprit.place.function.as_str());
    let is_below = || places.near_frames(wait.stack).any(|frame| frame.function == function);
    let is_same = places.near_function(finding.stack).is_some()
        && places.near_function(finding.stack) == places.near_function(wait.stack);
    let is_culprit = places.op(finding.stack) == wait.op && (is_same || is_below());
    let is_counted =
        ["waits", "sleeps"].iter().any(|name| finding.number(name).is_some_and(|all| all * 2 >= wait.count));
    let is_victim = || wait.op.is_lock() && finding.victims.iter().any(|victim| victim.function == wait.place.function);
    let shared = wait.longest.iter().filter(|one| finding.goroutines.binary_search(&one.go).is_ok()).count();
    (is_culprit || is_victim()) && shared > 0 && (is_counted || shared * 2 >= wait.longest.len())
}
