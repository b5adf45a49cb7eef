//! Findings of both sides: which are gone, which are new, which stayed.

use crate::analysis::compare::partners::bare;
use crate::analysis::findings::Findings;
use crate::analysis::findings::finding::{Finding, Kind};

/// What became of a cause. Places in the lists of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseChange {
    /// Only in A.
    Gone(usize),
    /// Only in B.
    New(usize),
    /// In both, A's and B's: the same kind with the same culprit.
    Stayed(usize, usize),
}

/// Pairs the findings of both sides by kind and culprit: those that are gone, then those that are new, then
/// those that stayed, each in the order of the findings.
#[must_use]
pub fn causes(a: &Findings, b: &Findings) -> Vec<CauseChange> {
    // What is wrong with the whole program has the largest share as its culprit, which changes by chance.
    let is_of_all = |kind: Kind| matches!(kind, Kind::GcPressure | Kind::StopTheWorld | Kind::IdleProcs);
    let culprit = |finding: &Finding| finding.culprit.as_ref().map(|culprit| bare(&culprit.place.function));
    let key = |finding: &Finding| (finding.kind, culprit(finding).filter(|_| !is_of_all(finding.kind)));
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
