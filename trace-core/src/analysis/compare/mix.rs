//! What goroutines of the program did over time, in equal parts of a range.

use crate::base::time::TimeRange;
use crate::event::state::SpanClass;

/// Parts of the range.
pub const PARTS: usize = 64;

/// Time of the program's goroutines by state and part of the range. Idle waits, such as a pool's for work,
/// are counted apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMix {
    /// Nanoseconds by part and [`SpanClass`] index; those of `SpanClass::None` are idle waits.
    pub parts: Vec<[u64; SpanClass::COUNT]>,
}

impl Default for StateMix {
    fn default() -> Self {
        Self { parts: vec![[0; SpanClass::COUNT]; PARTS] }
    }
}

impl StateMix {
    /// Adds a span of `class` (`SpanClass::None` for idle waits), cut to `whole`, which is cut into parts.
    pub(super) fn add(&mut self, class: SpanClass, range: TimeRange, whole: TimeRange) {
        let range = whole.intersect(range);
        let (length, from) = (whole.nanos().unsigned_abs(), range.start.nanos_since(whole.start).unsigned_abs());
        let to = from + range.nanos().unsigned_abs();
        if to <= from {
            return;
        }
        let count = PARTS as u64;
        let (step, left) = (length / count, length % count);
        let border = |part: u64| step * part + left * part / count;
        // At least the part it is in: borders are `step` apart, or one more.
        let mut part = (from / step.max(1)).min(count - 1);
        while part > 0 && border(part) > from {
            part -= 1;
        }
        let mut at = from;
        while at < to && part < count {
            let end = to.min(border(part + 1));
            if let Some(sum) = self.parts.get_mut(part as usize).and_then(|sums| sums.get_mut(class as usize)) {
                *sum += end.saturating_sub(at);
            }
            at = at.max(end);
            part += 1;
        }
    }

    /// Adds another's times, part by part.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.parts.iter_mut().zip(&other.parts) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
    }

    /// Nanoseconds of a class in all parts.
    #[must_use]
    pub fn total(&self, class: SpanClass) -> u64 {
        self.parts.iter().filter_map(|sums| sums.get(class as usize)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TraceTime;

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(TraceTime(start), TraceTime(end))
    }

    #[test]
    fn every_nanosecond_is_in_one_part() {
        for length in [1_i64, 63, 64, 65, 1_000, 999_983] {
            let whole = range(5, 5 + length);
            let mut mix = StateMix::default();
            mix.add(SpanClass::Running, range(0, 5 + length / 3), whole);
            mix.add(SpanClass::Running, range(5 + length / 3, 2_000_000), whole);
            assert_eq!(mix.total(SpanClass::Running), length.unsigned_abs(), "{length}");
            let widths: Vec<u64> = mix.parts.iter().map(|sums| sums[SpanClass::Running as usize]).collect();
            assert!(widths.iter().all(|width| width.abs_diff(length.unsigned_abs() / 64) <= 1), "{widths:?}");
        }
    }

    #[test]
    fn what_lies_outside_is_not_counted() {
        let mut mix = StateMix::default();
        mix.add(SpanClass::Syscall, range(0, 5), range(5, 100));
        mix.add(SpanClass::Syscall, range(100, 105), range(5, 100));
        assert_eq!(mix, StateMix::default());
    }
}
