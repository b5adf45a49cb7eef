//! One recording a side: what differs between the two recordings by more than they vary within themselves, and by more
//! than recordings of one build usually differ. How much those of *this* build differ, two recordings cannot tell.

use crate::analysis::compare::change::SIGNIFICANT;
use crate::analysis::compare::evidence::{Evidence, Measure, usual_spread};
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::stats::{Z_95, mann_whitney, quantile, same_rate};
use crate::analysis::compare::tested_row::TestedRow;
use crate::analysis::compare::time_blocks;
use crate::analysis::compare::{student, tails};

/// What happens closer together than this shares a fate: another process had the processor, its clock was slow.
/// A few slices of the operating system's scheduler, nanoseconds.
const WITNESS: u64 = 5_000_000;
/// Fewer parts on either side never give a rank test its say.
pub(super) const LEAST_PARTS: usize = 8;
/// Counts up to this are tested as single events, larger ones by how they vary over the trace.
pub(super) const FEW: u64 = 20;
/// Medians of work whose durations do not scatter deviate by this much between recordings of one build, as logarithms:
/// those of regions that only compute, on a quiet machine and on a busy one (`tests/data/gen/compare`).
const STEADY: f64 = 0.013;
/// Where they scatter, medians deviate by about this part of what lies between the first tenth and the median, as
/// logarithms. (Above the median there are interruptions, too, which are the machine's.) Measured on the same programs,
/// in recordings of 1.5 and 5 s: 0.2 to 0.8.
const OF_LOWER_SCATTER: f64 = 0.4;
/// The most that is taken for it, about what was seen there: what is short for some and long for others scatters by far
/// more.
const MOST_OF_SCATTER: f64 = 0.15;
/// Added to both sides of a ratio where one has nothing, as a part of the larger: 1 against 100.
const LITTLE: f64 = 0.01;

/// Parts of a trace that are looked at as witnesses: sixteen, but none shorter than [`WITNESS`].
pub(super) fn parts(nanos: u64) -> usize {
    let mut parts = time_blocks::BLOCKS;
    while parts > 1 && nanos / (parts as u64) < WITNESS {
        parts /= 2;
    }
    parts
}

/// The tests of a row: durations, the slowest of them, and how many there are (or how much time they take).
pub(super) fn within(
    subject: TestedRow,
    (a, b): (Option<&Series>, Option<&Series>),
    parts: usize,
    (unit_a, unit_b): (f64, f64),
) -> Vec<Evidence> {
    let mut found = Vec::new();
    let kind = subject.kind;
    // Bytes have none, and of GC cycles the number is asked.
    let has_durations = !matches!(kind, RowKind::Heap | RowKind::Gc) || subject.is_level;
    if let (Some(a), Some(b), true) = (a, b, has_durations) {
        found.push(durations(kind, a, b, parts));
        if kind.is_work() {
            found.extend(tails::slowest(a, b));
        }
    }
    if subject.is_level {
        return found;
    }
    let count = |series: Option<&Series>| series.map_or(0, |series| series.count);
    let total = |series: Option<&Series>| series.map_or(0.0, |series| series.total as f64);
    // A burst of something that the other side never does is news, however short.
    let is_counted = count(a).max(count(b)) < FEW || count(a).min(count(b)) == 0;
    let (p, measure, figures) = if is_counted && (has_durations || kind == RowKind::Gc) {
        let p = same_rate(count(a), count(b), unit_a / (unit_a + unit_b));
        (p, Measure::Count, (count(a) as f64 / unit_a, count(b) as f64 / unit_b))
    } else {
        let is_number = kind == RowKind::Gc;
        let per_part = |series: Option<&Series>, unit: f64| -> Vec<f64> {
            let of = |series: &Series| if is_number { series.part_counts(parts) } else { series.part_totals(parts) };
            let sums = series.map_or_else(|| vec![0; parts], of);
            sums.into_iter().map(|sum| sum as f64 / unit).collect()
        };
        let within = mann_whitney(&per_part(a, unit_a), &per_part(b, unit_b));
        let (measure, figures) = if is_number {
            (Measure::Count, (count(a) as f64 / unit_a, count(b) as f64 / unit_b))
        } else {
            (Measure::Total, (total(a) / unit_a, total(b) / unit_b))
        };
        let usual = by_chance(log_ratio(figures), difference(usual_spread(kind, measure)));
        (judged(within, usual), measure, figures)
    };
    found.push(Evidence { measure, p, log_ratio: log_ratio(figures), interval: None, precision: None });
    found
}

/// The logarithm of b over a, both above 0 by [`LITTLE`] of the larger if one has nothing. 0 if both have nothing.
fn log_ratio((a, b): (f64, f64)) -> f64 {
    let little = if a > 0.0 && b > 0.0 { 0.0 } else { LITTLE * a.max(b) };
    let (a, b) = (a + little, b + little);
    if a > 0.0 && b > 0.0 { b.ln() - a.ln() } else { 0.0 }
}

/// Durations close in time are alike (a burst, a busy neighbour, goroutines that share a fate): a thousand of
/// them are not a thousand witnesses. The medians of parts of the trace have to differ as well. And recordings of one
/// build differ by more than either varies within itself: by what is usual for such a row, by a part of what its durations
/// scatter by, and by as much again as the interval within them is wide.
pub(super) fn durations(kind: RowKind, a: &Series, b: &Series, parts: usize) -> Evidence {
    let (values_a, values_b) = (a.values(), b.values());
    let (parts_a, parts_b) = (a.part_medians(parts), b.part_medians(parts));
    let log_ratio = log_ratio((quantile(&values_a, 0.5), quantile(&values_b, 0.5)));
    let within = mann_whitney(&values_a, &values_b).max(mann_whitney(&parts_a, &parts_b));
    let is_steady =
        matches!(kind, RowKind::Task | RowKind::Region | RowKind::Request | RowKind::Call | RowKind::SelfTime);
    let usual = if is_steady { STEADY } else { usual_spread(kind, Measure::Median) };
    let scatter = OF_LOWER_SCATTER * lower_scatter(&values_a).max(lower_scatter(&values_b));
    let usual = libm::hypot(usual, scatter.min(MOST_OF_SCATTER));
    let error = reach(&parts_a, &parts_b).map(|reach| difference(libm::hypot(usual, reach)));
    let interval = error.map(|error| ((log_ratio - Z_95 * error).exp(), (log_ratio + Z_95 * error).exp()));
    let between = by_chance(log_ratio, error.unwrap_or_else(|| difference(usual)));
    let p = judged(within, between);
    Evidence { measure: Measure::Median, p, log_ratio, interval, precision: None }
}

/// The p of a difference that is this improbable within the recordings, and this improbable between recordings of one
/// build: what these may well show is none.
fn judged(within: f64, between: f64) -> f64 {
    if between <= SIGNIFICANT { within } else { within.max(between) }
}

/// How far the first tenth lies below the median, as a logarithm. Values are sorted; 0 for what has none.
fn lower_scatter(values: &[f64]) -> f64 {
    let [low, middle] = [0.1, 0.5].map(|part| quantile(values, part));
    if low > 0.0 { (middle / low).ln() } else { 0.0 }
}

/// The standard error of the difference of two recordings, each of which deviates by this much.
fn difference(deviation: f64) -> f64 {
    deviation * std::f64::consts::SQRT_2
}

/// The probability of so large a difference of two logarithms by chance, where they have this standard error and are
/// normally distributed.
fn by_chance(log_ratio: f64, error: f64) -> f64 {
    libm::erfc(log_ratio.abs() / error / std::f64::consts::SQRT_2).min(1.0)
}

/// Half the 95 % interval of the ratio of two medians, as a logarithm, by how much medians of parts of the traces
/// scatter. `None` for fewer than [`LEAST_PARTS`] parts of a side.
fn reach(a: &[f64], b: &[f64]) -> Option<f64> {
    let logs = |values: &[f64]| values.iter().filter(|value| **value > 0.0).map(|value| value.ln()).collect::<Vec<_>>();
    let (a, b) = (logs(a), logs(b));
    if a.len().min(b.len()) < LEAST_PARTS {
        return None;
    }
    let error = |values: &[f64]| {
        let (count, mean) = (values.len() as f64, values.iter().sum::<f64>() / values.len() as f64);
        values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0) / count
    };
    let freedom = (a.len().min(b.len()) - 1) as f64;
    Some(student::quantile(0.05, freedom) * (error(&a) + error(&b)).sqrt())
}
