//! The slowest of many: whether one side has more of them. A median, and often p99, stays where it is when one
//! request in 200 becomes slow.

use crate::analysis::compare::evidence::{Evidence, Measure};
use crate::analysis::compare::series::{Instance, Series, TAIL, TOP};
use crate::analysis::compare::stats::same_rate;

/// Durations of a side of which the slowest are a tail.
const LEAST: u64 = 200;
/// So many of the slowest of both sides are looked at: where the tail begins is not known.
const DEPTHS: [usize; 4] = [8, 16, 32, 64];
/// Slow ones that are no further apart share a fate: a few slices of the operating system's scheduler, nanoseconds.
const ONE_STALL: i64 = 20_000_000;

/// Tests whether one side has more of the slowest than its share. `None` if a side has too few durations, or
/// if there is no slowest among them.
pub(super) fn slowest(a: &Series, b: &Series) -> Option<Evidence> {
    if a.count.min(b.count) < LEAST {
        return None;
    }
    let share = a.count as f64 / (a.count + b.count) as f64;
    let mut pooled: Vec<(Instance, bool)> =
        a.longest().map(|one| (one, true)).chain(b.longest().map(|one| (one, false))).collect();
    pooled.sort_by_key(|(one, _)| std::cmp::Reverse(one.nanos));
    // Either side has its longest only: below the shortest of a full list some are missing.
    let known = |side: bool, series: &Series| {
        let shortest = pooled.iter().rev().find(|one| one.1 == side).map_or(0, |one| one.0.nanos);
        if series.longest().count() as u64 == series.count { 0 } else { shortest }
    };
    let floor = known(true, a).max(known(false, b));
    let usable = pooled.iter().filter(|one| one.0.nanos >= floor).count();
    // At most 1 % of all are a tail.
    let most = (usable as u64).min((a.count + b.count) / 50) as usize;
    let mut best: Option<f64> = None;
    let mut looks = 0.0;
    for depth in DEPTHS.into_iter().filter(|depth| *depth <= most) {
        let part = pooled.get(..depth)?;
        let [stalls_a, stalls_b] = [true, false].map(|side| stalls(part, side));
        let p = same_rate(stalls_a, stalls_b, share);
        looks += 1.0;
        best = Some(best.map_or(p, |best: f64| best.min(p)));
    }
    // The same part of both.
    let part = (1.0 / TAIL as f64).min(TOP as f64 / a.count.max(b.count) as f64);
    let mean = |series: &Series| series.mean_of_slowest((series.count as f64 * part) as u64).filter(|tail| *tail > 0.0);
    let (tail_a, tail_b) = (mean(a)?, mean(b)?);
    let p = (best? * looks).min(1.0);
    Some(Evidence { measure: Measure::Tail, p, log_ratio: tail_b.ln() - tail_a.ln(), interval: None, precision: None })
}

/// How many times one side was slow: what is close in time counts once.
fn stalls(part: &[(Instance, bool)], side: bool) -> u64 {
    let mut starts: Vec<i64> = part.iter().filter(|one| one.1 == side).map(|one| one.0.range.start.0).collect();
    starts.sort_unstable();
    let apart = starts.windows(2).filter(|pair| matches!(pair, [one, next] if next.saturating_sub(*one) > ONE_STALL));
    u64::from(!starts.is_empty()) + apart.count() as u64
}
