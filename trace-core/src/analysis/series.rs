//! Sums over time in equal buckets, from stretches of time and from instants.

use crate::base::time::{TimeRange, TraceTime};

/// Equal buckets over a range of time; the last one may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// All of them together.
    pub range: TimeRange,
    /// Nanoseconds of each, at least 1.
    pub width: u64,
    /// How many equal buckets there are.
    pub count: usize,
}

impl Buckets {
    /// About so many buckets over a range.
    #[must_use]
    pub fn over(range: TimeRange, count: usize) -> Self {
        let nanos = range.nanos().unsigned_abs();
        let width = nanos.div_ceil(count.max(1) as u64).max(1);
        Self { range, width, count: usize::try_from(nanos.div_ceil(width)).unwrap_or(0).max(1) }
    }

    /// The bucket of an instant; the nearest one for those outside.
    #[must_use]
    pub fn at(&self, time: TraceTime) -> usize {
        let since = time.nanos_since(self.range.start).max(0).unsigned_abs();
        usize::try_from(since / self.width).unwrap_or(usize::MAX).min(self.count - 1)
    }

    /// From when to when a bucket reaches.
    #[must_use]
    pub fn range_of(&self, bucket: usize) -> TimeRange {
        let from = |bucket: u64| self.range.start.plus_nanos((self.width.saturating_mul(bucket)).cast_signed());
        TimeRange::new(from(bucket as u64), from(bucket as u64 + 1)).intersect(self.range)
    }

    /// Adds the parts of a stretch to the buckets in which they lie, nanoseconds.
    pub fn spread(&self, sums: &mut [u64], stretch: TimeRange) {
        let stretch = stretch.intersect(self.range);
        if stretch.nanos() <= 0 {
            return;
        }
        let (first, last) = (self.at(stretch.start), self.at(stretch.end.plus_nanos(-1)));
        for (bucket, sum) in sums.iter_mut().enumerate().take(last + 1).skip(first) {
            *sum += stretch.intersect(self.range_of(bucket)).nanos().unsigned_abs();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_spread_without_loss() {
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        let buckets = Buckets::over(range(100, 1_103), 10);
        assert_eq!((buckets.width, buckets.count), (101, 10));
        let mut sums = vec![0; buckets.count];
        buckets.spread(&mut sums, range(0, 5_000));
        assert_eq!(sums.iter().sum::<u64>(), 1_003);
        assert_eq!((sums[0], sums[9]), (101, 94));
        let mut sums = vec![0; buckets.count];
        buckets.spread(&mut sums, range(150, 310));
        assert_eq!(sums[..4], [51, 101, 8, 0]);
        assert_eq!((buckets.at(TraceTime(0)), buckets.at(TraceTime(9_999))), (0, 9));
    }
}
