//! Which rows come first: those a person can act on, the largest change first, a part before the whole it explains.

use crate::analysis::compare::change::Change;
use crate::analysis::compare::row_kind::RowKind;

/// A change of a part that makes up at least this much of what a whole changed by explains it.
const EXPLAINS: f64 = 0.2;

/// Sorts by weight; a whole that changed (a task, a unit of work, a life) comes behind the part of it (a
/// region, a wait) that changed more in proportion and explains it.
pub(super) fn ranked(changes: &mut Vec<Change>) {
    let parts: Vec<(f64, f64, f64)> = changes
        .iter()
        .filter(|change| change.is_significant && !is_whole(change.kind))
        .map(|change| (change.impact, relative(change), weight(change)))
        .collect();
    let behind = |change: &Change| {
        let own = weight(change);
        if !is_whole(change.kind) || !change.is_significant {
            return own;
        }
        let explains = |part: &&(f64, f64, f64)| {
            part.0 * change.impact > 0.0 && part.0.abs() >= EXPLAINS * change.impact.abs() && part.1 >= relative(change)
        };
        let best = parts.iter().filter(explains).map(|part| part.2).fold(0.0, f64::max);
        if best > 0.0 { own.min(best * 0.999) } else { own }
    };
    let mut keyed: Vec<(f64, Change)> = changes.drain(..).map(|change| (behind(&change), change)).collect();
    keyed.sort_by(|(one_weight, one), (other_weight, other)| {
        other_weight.total_cmp(one_weight).then_with(|| (one.kind, &one.name).cmp(&(other.kind, &other.name)))
    });
    changes.extend(keyed.into_iter().map(|(_, change)| change));
}

const fn is_whole(kind: RowKind) -> bool {
    matches!(kind, RowKind::Task | RowKind::Work | RowKind::Goroutine | RowKind::Running | RowKind::Request)
}

/// By how much of its own a row changed, from 0 to 1.
fn relative(change: &Change) -> f64 {
    let away = |ratio: Option<f64>| ratio.map_or(1.0, |ratio| ratio.ln().abs().min(1.0));
    change.effect.map_or(0.0, |effect| away(Some(effect))).max(away(change.ratio))
}

/// What brings a row up in the list: time, how much of its own it changed by, and how directly a person can
/// act on such a row.
fn weight(change: &Change) -> f64 {
    let direct = match change.kind {
        RowKind::Region | RowKind::SelfTime => 1.3,
        RowKind::Wait | RowKind::Stuck => 1.25,
        RowKind::Task | RowKind::Request | RowKind::Call => 1.2,
        RowKind::Syscall | RowKind::Sleep | RowKind::Assist | RowKind::Samples | RowKind::Heap => 1.1,
        RowKind::Work => 0.9,
        RowKind::Sched | RowKind::Gc | RowKind::Stw => 0.8,
        RowKind::Running => 0.6,
        // One that lives as long as the trace ends inside it by chance.
        RowKind::Goroutine => 0.1,
    };
    let sure = match (change.is_named, change.is_significant, change.is_too_few) {
        (true, ..) => 1e9,
        (_, true, _) => 1e6,
        (.., true) => 1e3,
        _ => 1.0,
    };
    change.impact.abs() * (0.1 + relative(change)) * direct * sure
}
