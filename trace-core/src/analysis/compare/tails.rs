//! The slowest of many: whether one side has more of them. A median, and often p99, stays where it is when one
//! request in 200 becomes slow.

use crate::analysis::compare::evidence::{Evidence, Measure};
use crate::analysis::compare::series::{Series, TAIL, TOP};
use crate::analysis::compare::stats::{quantile, same_rate};

/// Durations of a side of which the slowest are a tail.
const LEAST: u64 = 200;
/// Slow is what takes so many times as long as the median.
const SLOW: f64 = 4.0;
/// Fewer slow ones on both sides together show nothing.
const LEAST_SLOW: u64 = 6;
/// Slow ones that are no further apart share a fate: a few slices of the operating system's scheduler, nanoseconds.
const ONE_STALL: i64 = 20_000_000;

/// Tails that differ by less are the operating system's, which interrupts now and then: between recordings of one build, the mean
/// of the slowest 1 % of regions of 9 µs differed by up to 94 µs. Nanoseconds.
const LEAST_APART: f64 = 1e5;

/// Whether the means of the slowest of both sides, nanoseconds, are further apart than interruptions make them.
pub(super) fn is_apart(a: f64, b: f64) -> bool {
    (a - b).abs() >= LEAST_APART
}

/// Tests whether one side has more slow ones than its share. `None` if a side has too few durations, if hardly any
/// are slow, or if both sides' take about as long.
pub(super) fn slowest(a: &Series, b: &Series) -> Option<Evidence> {
    if a.count.min(b.count) < LEAST {
        return None;
    }
    let median = |series: &Series| quantile(&series.values(), 0.5);
    let slow = SLOW * (median(a) * median(b)).sqrt();
    if slow <= 0.0 {
        return None;
    }
    // Either side has its longest only: below the shortest of a full list some are missing.
    let known = |series: &Series| {
        let is_whole = series.longest().count() as u64 == series.count;
        if is_whole { 0 } else { series.longest().last().map_or(0, |one| one.nanos) }
    };
    let floor = slow.max(known(a).max(known(b)) as f64);
    let (slow_a, slow_b) = (stalls(a, floor), stalls(b, floor));
    if slow_a + slow_b < LEAST_SLOW {
        return None;
    }
    let p = same_rate(slow_a, slow_b, a.count as f64 / (a.count + b.count) as f64);
    // The same part of both.
    let part = (1.0 / TAIL as f64).min(TOP as f64 / a.count.max(b.count) as f64);
    let mean = |series: &Series| series.mean_of_slowest((series.count as f64 * part) as u64).filter(|tail| *tail > 0.0);
    let (tail_a, tail_b) = (mean(a)?, mean(b)?);
    if !is_apart(tail_a, tail_b) {
        return None;
    }
    Some(Evidence { measure: Measure::Tail, p, log_ratio: tail_b.ln() - tail_a.ln(), interval: None, precision: None })
}

/// How many times a side was slower than `floor` nanoseconds: what is close in time counts once.
fn stalls(series: &Series, floor: f64) -> u64 {
    let slow = series.longest().filter(|one| one.nanos as f64 > floor);
    let mut starts: Vec<i64> = slow.map(|one| one.range.start.0).collect();
    starts.sort_unstable();
    let apart = starts.windows(2).filter(|pair| matches!(pair, [one, next] if next.saturating_sub(*one) > ONE_STALL));
    u64::from(!starts.is_empty()) + apart.count() as u64
}
