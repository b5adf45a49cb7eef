//! What goroutines of the program did over time, in equal parts of a range.

use crate::analysis::compare::time_blocks::{PARTS, TimeBlocks};
use crate::event::state::SpanClass;

/// Time of the program's goroutines by state and part of the range. Idle waits, such as a pool's for work,
/// are counted apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateComposition {
    /// Nanoseconds by part ([`PARTS`] of them) and [`SpanClass`] index; those of `SpanClass::None` are idle waits.
    pub parts: Vec<[u64; SpanClass::COUNT]>,
}

impl Default for StateComposition {
    fn default() -> Self {
        Self { parts: vec![[0; SpanClass::COUNT]; PARTS] }
    }
}

impl StateComposition {
    /// Adds a span of `class` (`SpanClass::None` for idle waits) from one offset to another (see
    /// [`TimeBlocks::offset`]), the first of them in `part`.
    #[inline]
    pub(super) fn add(&mut self, class: SpanClass, offsets: (u64, u64), part: usize, time_blocks: &TimeBlocks) {
        time_blocks.spread(offsets, part, |part, nanos| {
            if let Some(sum) = self.parts.get_mut(part).and_then(|sums| sums.get_mut(class as usize)) {
                *sum += nanos;
            }
        });
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
    use crate::base::time::{TimeRange, TraceTime};

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(TraceTime(start), TraceTime(end))
    }

    #[test]
    fn every_nanosecond_is_in_one_part() {
        for length in [1_i64, 63, 64, 65, 1_000, 999_983] {
            let whole = TimeBlocks::new(range(5, 5 + length));
            let mut composition = StateComposition::default();
            let middle = 5 + length / 3;
            let offset = |time| whole.offset(TraceTime(time));
            composition.add(SpanClass::Running, (offset(0), offset(middle)), 0, &whole);
            let part = whole.part(offset(middle));
            composition.add(SpanClass::Running, (offset(middle), offset(2_000_000)), part, &whole);
            assert_eq!(composition.total(SpanClass::Running), length.unsigned_abs(), "{length}");
            let widths: Vec<u64> = composition.parts.iter().map(|sums| sums[SpanClass::Running as usize]).collect();
            assert!(widths.iter().all(|width| width.abs_diff(length.unsigned_abs() / 64) <= 1), "{widths:?}");
        }
    }

    #[test]
    fn what_lies_outside_is_not_counted() {
        let mut composition = StateComposition::default();
        let whole = TimeBlocks::new(range(5, 100));
        let offset = |time| whole.offset(TraceTime(time));
        composition.add(SpanClass::Syscall, (offset(0), offset(5)), 0, &whole);
        composition.add(SpanClass::Syscall, (offset(100), offset(105)), 63, &whole);
        assert_eq!(composition, StateComposition::default());
    }
}
