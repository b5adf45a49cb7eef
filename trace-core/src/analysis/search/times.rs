//! Stretches of time by goroutine: when each worked for a task, or was in a region.

use rayon::prelude::*;

use crate::analysis::scope::united;
use crate::base::ids::GoroutineIdx;
use crate::base::time::TimeRange;

/// Stretches of goroutines; those of one are apart from each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    gos: Vec<GoroutineIdx>,
    /// One more than `gos`.
    starts: Vec<usize>,
    ranges: Vec<TimeRange>,
}

impl Times {
    pub(crate) fn new(mut found: Vec<(GoroutineIdx, TimeRange)>) -> Self {
        let order = |(go, range): &(GoroutineIdx, TimeRange)| (*go, range.start);
        if !found.is_sorted_by_key(order) {
            found.par_sort_unstable_by_key(order);
        }
        let mut times = Self::default();
        for of_one in found.chunk_by(|one, next| one.0 == next.0) {
            let Some(&(go, _)) = of_one.first() else { continue };
            times.gos.push(go);
            times.starts.push(times.ranges.len());
            times.ranges.extend(united(of_one.iter().map(|pair| pair.1).collect()));
        }
        times.starts.push(times.ranges.len());
        times
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.gos.is_empty()
    }

    /// Those of a goroutine, by time.
    pub(crate) fn of(&self, go: GoroutineIdx) -> &[TimeRange] {
        let Ok(at) = self.gos.binary_search(&go) else { return &[] };
        let bounds = (self.starts.get(at), self.starts.get(at + 1));
        let (Some(&start), Some(&end)) = bounds else { return &[] };
        self.ranges.get(start..end).unwrap_or_default()
    }

    /// Whether one of a goroutine's has an instant in common with `range`.
    pub(crate) fn touch(&self, go: GoroutineIdx, range: TimeRange) -> bool {
        if self.is_empty() {
            return false;
        }
        let ranges = self.of(go);
        let at = ranges.partition_point(|known| known.end <= range.start);
        ranges.get(at).is_some_and(|known| known.start < range.end || known.contains(range.start))
    }
}
