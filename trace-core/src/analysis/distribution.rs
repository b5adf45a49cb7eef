//! How durations spread: sum, mean, percentiles, and a histogram whose buckets widen with the values.

use crate::base::nanos::Nanos;

/// Buckets per factor of ten.
const PER_DECADE: usize = 5;
/// Lower edges of the buckets within a decade, in tenths: about evenly spaced on a log scale.
const EDGES: [u64; PER_DECADE] = [10, 16, 25, 40, 63];

/// What many durations add up to; what none can have is `None` then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How many values there are.
    pub count: u64,
    /// The sum of the values.
    pub total: Nanos,
    /// Their mean, cut to whole nanoseconds.
    pub mean: Option<Nanos>,
    /// The smallest value; `None` if there is none.
    pub min: Option<Nanos>,
    /// Half of them are no longer (nearest rank, as all percentiles here).
    pub p50: Option<Nanos>,
    /// 95 % are no longer.
    pub p95: Option<Nanos>,
    /// 99 % are no longer.
    pub p99: Option<Nanos>,
    /// The largest value; `None` if there is none.
    pub max: Option<Nanos>,
}

impl Distribution {
    /// Of these durations; puts them in another order.
    #[must_use]
    pub fn of(nanos: &mut [Nanos]) -> Self {
        let total: Nanos = nanos.iter().sum();
        let count = nanos.len() as u64;
        Self {
            count,
            total,
            mean: (count > 0).then(|| total / count),
            min: nanos.iter().copied().min(),
            max: nanos.iter().copied().max(),
            p50: percentile(nanos, 50),
            p95: percentile(nanos, 95),
            p99: percentile(nanos, 99),
        }
    }
}

/// The smallest value that at least `percent` of all do not exceed (nearest rank); `None` of none.
fn percentile(nanos: &mut [Nanos], percent: usize) -> Option<Nanos> {
    let rank = (nanos.len() * percent).div_ceil(100).saturating_sub(1);
    (rank < nanos.len()).then(|| *nanos.select_nth_unstable(rank).1)
}

/// A bucket of a histogram: `from <= value < to`, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its lower edge, inclusive.
    pub from: Nanos,
    /// The lower edge of the next.
    pub to: Nanos,
    /// How many values lie inside.
    pub count: u64,
}

/// Counts durations in buckets, five to a decade, from the one with the smallest to the one with the largest,
/// those between that are empty too.
#[must_use]
pub fn histogram(nanos: impl IntoIterator<Item = Nanos>) -> Vec<Bucket> {
    let mut counts: Vec<u64> = Vec::new();
    for value in nanos {
        let at = bucket_of(value.0);
        if counts.len() <= at {
            counts.resize(at + 1, 0);
        }
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    let first = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let buckets = counts.iter().enumerate().skip(first);
    buckets.map(|(at, &count)| Bucket { from: Nanos(edge(at)), to: Nanos(edge(at + 1)), count }).collect()
}

/// Lower edge of a bucket: 0, then 10, 16, 25, 40, 63, 100, … ns.
fn edge(bucket: usize) -> u64 {
    let Some(at) = bucket.checked_sub(1) else { return 0 };
    let decade = u32::try_from(at / PER_DECADE).unwrap_or(u32::MAX);
    let tenths = EDGES.get(at % PER_DECADE).copied().unwrap_or(10);
    10_u64.checked_pow(decade).and_then(|decade| decade.checked_mul(tenths)).unwrap_or(u64::MAX)
}

fn bucket_of(value: u64) -> usize {
    let (mut low, mut high) = (0, PER_DECADE * 20);
    // The last bucket whose edge is not above the value.
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if edge(middle) <= value {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occur() {
        let mut nanos: Vec<Nanos> = (1..=200).rev().map(Nanos).collect();
        let spread = Distribution::of(&mut nanos);
        let ranks = [spread.min, spread.p50, spread.p95, spread.p99, spread.max];
        assert_eq!(ranks, [1, 100, 190, 198, 200].map(|nanos| Some(Nanos(nanos))));
        assert_eq!((spread.count, spread.total, spread.mean), (200, Nanos(20_100), Some(Nanos(100))));
        assert_eq!(Distribution::of(&mut []), Distribution::default());
        assert_eq!(Distribution::default().mean, None);
        assert_eq!(Distribution::of(&mut [Nanos(7)]).p50, Some(Nanos(7)));
    }

    #[test]
    fn every_value_is_in_its_bucket() {
        for value in [0, 9, 10, 15, 16, 99, 100, 1_000_000, 1_599_999, 1_600_000, u64::MAX].map(Nanos) {
            let buckets = histogram([value]);
            assert_eq!(buckets.len(), 1, "{value}");
            assert!(buckets[0].from <= value && (value < buckets[0].to || value == Nanos::MAX), "{value}: {buckets:?}");
        }
        let buckets = histogram([10, 12, 100].map(Nanos));
        assert_eq!(buckets.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [2, 0, 0, 0, 0, 1]);
    }
}
