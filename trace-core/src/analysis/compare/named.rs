//! What a verdict on one recording a side may name. Two recordings of one build differ in much (above all in how
//! long goroutines wait for a proc), and no test inside of two recordings can tell that from a change of the build.
//! Some figures hardly differ, though: medians of tasks and regions whose durations lie close together, allocated
//! bytes, and waits that make up a part of the time that nobody overlooks. The rates of error are in the manual.
//!
//! Where procs had to wait for CPUs in either recording (see [`late`](super::late)), less can be named. What
//! another process takes, it takes here and there, and from one recording more than from the other: it makes some
//! requests slow, and whatever waits for them. So neither the slowest count as changed then nor the length of waits,
//! only how many waits there are, and medians, which a few interruptions do not move. A CPU whose caches and hardware
//! threads are shared is slower all the time as well: all of the interval of a median has to lie beyond 5 %.

use crate::analysis::compare::change::Change;
use crate::analysis::compare::evidence::Measure;
use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::measure::Measured;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::settings::Load;

/// Durations that a median needs to be named for.
const LEAST: u64 = 20;
/// A median has to move by this part of what durations differ by (p90 over the median, as logarithms).
const OF_SPREAD: f64 = 0.2;
/// The least that a median of a task or region has to move by.
const LEAST_MEDIAN: f64 = 0.05;
/// The slowest of them by this much, and more surely than other rows: one neighbour makes several requests slow.
const LEAST_TAIL: f64 = 0.5;
const SURE_TAIL: f64 = 0.02;
/// Other rows have to change by this part of the time of the trace, and of their own.
const LEAST_TIME: f64 = 0.01;
const LEAST_RATIO: f64 = 0.5;
/// Bytes allocated and heap goals by this part.
const LEAST_HEAP: f64 = 0.4;
/// The same beside other processes: the part that a median moves by for certain (the near end of its interval), the
/// part of the time, and how many times as many waits there are.
const LEAST_MEDIAN_SHARED: f64 = 0.05;
const LEAST_TIME_SHARED: f64 = 0.05;
const LEAST_COUNT_SHARED: f64 = 2.0;

/// Rows that are tested together, with one recording a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// What was to be done: tasks, regions, requests, units of work.
    Work,
    /// Heap, GC and STW pauses.
    Collector,
    /// Where goroutines ran and waited.
    Other,
}

/// The family of a row.
pub(super) const fn family(kind: RowKind) -> Family {
    match kind {
        RowKind::Task | RowKind::Region | RowKind::Work | RowKind::Request | RowKind::Call | RowKind::SelfTime => {
            Family::Work
        }
        RowKind::Heap | RowKind::Gc | RowKind::Stw | RowKind::Assist => Family::Collector,
        _ => Family::Other,
    }
}

/// Whether two recordings show this change well enough for the verdict to name it. The slowest count only under the same
/// load: requests that come faster than they are served are slow, too.
pub(super) fn by_two(change: &Change, sides: [&Measured; 2], load: Option<&Load>) -> bool {
    if !change.is_reported() {
        return false;
    }
    let nanos = |figures: &Option<Figures>| figures.map_or(0.0, |figures| figures.total as f64);
    let part = |figures: &Option<Figures>, side: &Measured| nanos(figures) / side.nanos.max(1) as f64;
    let [part_a, part_b] = [part(&change.a, sides[0]), part(&change.b, sides[1])];
    let is_shared = sides.iter().any(|side| side.late.is_short_of_cpus(side.nanos));
    let least_time = if is_shared && change.kind != RowKind::Stuck { LEAST_TIME_SHARED } else { LEAST_TIME };
    let is_much = (part_b - part_a).abs() >= least_time;
    let (Some(a), Some(b)) = (&change.a, &change.b) else {
        return is_much
            && !matches!(change.kind, RowKind::Sched | RowKind::Running | RowKind::Goroutine | RowKind::Work);
    };
    let moved = |least: f64| change.effect.is_some_and(|effect| effect.ln().abs() >= libm::log1p(least));
    match change.kind {
        // A unit of work stands for a task where the program has none; its median holds waits for a proc.
        RowKind::Work if change.tested != Some(Measure::Tail) => {
            let median = b.p50 / a.p50.max(1.0);
            is_much && moved(LEAST_RATIO) && (median - 1.0) * change.impact > 0.0 && stands_out(a, b)
        }
        RowKind::Task | RowKind::Region | RowKind::Request | RowKind::Call | RowKind::SelfTime | RowKind::Work => {
            match change.tested {
                Some(Measure::Median) if is_shared => moves_by(change, LEAST_MEDIAN_SHARED) && stands_out(a, b),
                Some(Measure::Median) => moved(LEAST_MEDIAN) && moves_by(change, 0.0) && stands_out(a, b),
                Some(Measure::Tail) => {
                    !is_shared
                        && !load.is_some_and(Load::differs)
                        && moved(LEAST_TAIL)
                        && change.q.is_some_and(|q| q <= SURE_TAIL)
                }
                _ => false,
            }
        }
        RowKind::Wait | RowKind::Sleep | RowKind::Syscall | RowKind::Assist => {
            let seconds = sides.map(|side| side.nanos.max(1) as f64);
            let is_more = is_manifold(a.count as f64 / seconds[0], b.count as f64 / seconds[1], LEAST_COUNT_SHARED);
            let is_longer = change.tested == Some(Measure::Median) && moves_by(change, LEAST_RATIO);
            is_much
                && is_manifold(part_a, part_b, 1.0 + LEAST_RATIO)
                && moves_by(change, 0.0)
                && (!is_shared || is_more || is_longer)
        }
        RowKind::Stuck => is_much && is_manifold(part_a, part_b, 1.0 + LEAST_RATIO),
        RowKind::Heap => moved(LEAST_HEAP),
        // Samples are a count of CPU time.
        RowKind::Samples => is_much && moved(LEAST_RATIO),
        RowKind::Sched | RowKind::Running | RowKind::Goroutine | RowKind::Gc | RowKind::Stw => false,
    }
}

/// Whether one is at least so many times the other.
fn is_manifold(one: f64, other: f64, times: f64) -> bool {
    one.max(other) >= times * one.min(other)
}

/// Whether what was tested changed by more than this part for certain: all of its interval lies beyond. True if the
/// interval is unknown.
fn moves_by(change: &Change, least: f64) -> bool {
    change.interval.is_none_or(|(low, high)| low.ln() > libm::log1p(least) || high.ln() < -libm::log1p(least))
}

/// Whether the median moved by a good part of what durations differ by anyway.
pub(super) fn stands_out(a: &Figures, b: &Figures) -> bool {
    let spread = |figures: &Figures| (figures.p90 / figures.p50.max(1.0)).max(1.0).ln();
    let moved = (b.p50.max(1.0) / a.p50.max(1.0)).ln().abs();
    a.count.min(b.count) >= LEAST && moved >= OF_SPREAD * spread(a).max(spread(b))
}
