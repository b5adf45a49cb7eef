//! Findings of both sides: which are gone, which are new, which stayed.

use crate::analysis::compare::partners::bare;
use crate::analysis::findings::Findings;
use crate::analysis::findings::finding::{Finding, Kind};

/// What became of a cause. Places in the lists of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseChange {
    /// It is only in A, so it is gone.
    Gone(usize),
    /// It is only in B, so it is new.
    New(usize),
    /// In both, A's and B's: the same kind with the same culprit.
    Stayed(usize, usize),
}

/// Pairs the findings of both sides by kind and culprit: those that are gone, then those that are new, then
/// those that stayed, each in the order of the findings.
#[must_use]
pub fn causes(a: &Findings, b: &Findings) -> Vec<CauseChange> {
    let mut left: Vec<_> = b.list.iter().map(|finding| Some(key(finding))).collect();
    let (mut gone, mut stayed) = (Vec::new(), Vec::new());
    for (at, finding) in a.list.iter().enumerate() {
        let wanted = Some(key(finding));
        match left.iter().position(|known| *known == wanted) {
            Some(other) => {
                if let Some(known) = left.get_mut(other) {
                    *known = None;
                }
                stayed.push(CauseChange::Stayed(at, other));
            }
            None => gone.push(CauseChange::Gone(at)),
        }
    }
    let new = left.iter().enumerate().filter(|(_, known)| known.is_some()).map(|(at, _)| CauseChange::New(at));
    gone.extend(new);
    gone.extend(stayed);
    gone
}

/// Kind and culprit: what makes two findings one.
fn key(finding: &Finding) -> (Kind, Option<String>) {
    // What is wrong with the whole program has the largest share as its culprit, which changes by chance.
    let is_of_all = matches!(finding.kind, Kind::GcPressure | Kind::StopTheWorld | Kind::IdleProcs);
    let culprit = finding.culprit.as_ref().map(|culprit| bare(&culprit.place.function));
    (finding.kind, culprit.filter(|_| !is_of_all))
}

/// The findings of several recordings of one side, each once. One that not all of them have counts only if the
/// other side has it, too: findings have thresholds, and a figure close to one crosses it by chance.
#[must_use]
pub fn steady(all: &[Findings], other: &[Findings]) -> Findings {
    let has = |findings: &Findings, finding: &Finding| findings.list.iter().any(|known| key(known) == key(finding));
    let mut kept = Findings::default();
    for finding in all.iter().flat_map(|findings| &findings.list) {
        let counts = all.iter().all(|findings| has(findings, finding)) || other.iter().any(|one| has(one, finding));
        if counts && !has(&kept, finding) {
            kept.list.push(finding.clone());
        }
    }
    kept
}
