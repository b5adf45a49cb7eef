//! A range of time in equal parts: in which of them a time lies, found without a division.
#![expect(clippy::indexing_slicing, reason = "a part is below PARTS")]

use crate::base::time::{TimeRange, TraceTime};

/// Parts of a range.
pub const PARTS: usize = 64;
/// Coarser ones, several parts each: enough to see how much a figure varies by itself.
pub const BLOCKS: usize = 16;

const _: () = assert!(PARTS.is_multiple_of(BLOCKS), "a block is some parts");

/// A range cut into [`PARTS`].
#[derive(Clone, Debug)]
pub struct TimeBlocks {
    range: TimeRange,
    length: u64,
    /// Where parts begin, nanoseconds from the start of the range; then its length.
    borders: [u64; PARTS + 1],
    /// Blocks in a nanosecond, for finding a time's block.
    scale: f64,
}

impl TimeBlocks {
    /// The parts of `range`. Of one shorter than there are parts some are empty.
    #[must_use]
    pub fn new(range: TimeRange) -> Self {
        let length = range.nanos().unsigned_abs();
        let border = |part: usize| (u128::from(length) * part as u128).div_ceil(PARTS as u128) as u64;
        let borders = std::array::from_fn(border);
        Self { range, length, borders, scale: PARTS as f64 / length.max(1) as f64 }
    }

    /// The range that is cut into blocks.
    #[must_use]
    pub const fn range(&self) -> TimeRange {
        self.range
    }

    /// Nanoseconds from the start of the range to a time, which is taken into the range if it lies outside.
    #[must_use]
    pub fn offset(&self, time: TraceTime) -> u64 {
        time.nanos_since(self.range.start).max(0).unsigned_abs().min(self.length)
    }

    /// The offsets of what `intersect` cut to the range: one that is not empty lies inside of it, and needs none of the
    /// checks that [`TimeBlocks::offset`] makes.
    #[must_use]
    #[inline]
    pub fn offsets_within(&self, cut: TimeRange) -> (u64, u64) {
        if cut.start >= cut.end {
            return (self.offset(cut.start), self.offset(cut.end));
        }
        let offset = |time: TraceTime| time.0.wrapping_sub(self.range.start.0).cast_unsigned();
        debug_assert!(self.range.start <= cut.start && cut.end <= self.range.end, "it was cut");
        (offset(cut.start), offset(cut.end))
    }

    /// The part in which an offset lies; that of the end is the last one.
    #[must_use]
    pub fn part(&self, offset: u64) -> usize {
        // Rounding may lead one too far, or not far enough.
        self.part_near((offset as f64 * self.scale) as usize, offset)
    }

    /// The same, looked for from a part that is likely to be it, or to lie close to it: cheaper where times rise.
    #[must_use]
    #[inline]
    pub fn part_near(&self, near: usize, offset: u64) -> usize {
        let mut part = near.min(PARTS - 1);
        while part > 0 && self.borders[part] > offset {
            part -= 1;
        }
        while part + 1 < PARTS && self.borders[part + 1] <= offset && offset < self.length {
            part += 1;
        }
        part
    }

    /// The block in which a time lies.
    #[must_use]
    pub fn block(&self, time: TraceTime) -> usize {
        Self::block_of(self.part(self.offset(time)))
    }

    /// The block to which a part belongs.
    #[must_use]
    pub const fn block_of(part: usize) -> usize {
        part / (PARTS / BLOCKS)
    }

    /// Calls `add(part, nanoseconds)` for each part that the offsets `at..to` touch, where `part` is the one in which
    /// `at` lies.
    #[inline]
    pub fn spread(&self, (mut at, to): (u64, u64), mut part: usize, mut add: impl FnMut(usize, u64)) {
        while at < to && part < PARTS {
            let end = to.min(self.borders[part + 1]);
            add(part, end - at);
            at = end;
            part += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_what_was_cut_are_those_of_its_ends() {
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        let time_blocks = TimeBlocks::new(range(100, 900));
        for span in [(0, 50), (0, 100), (0, 500), (100, 900), (300, 300), (400, 950), (900, 950), (950, 990)] {
            let cut = range(span.0, span.1).intersect(time_blocks.range());
            let exact = (time_blocks.offset(cut.start), time_blocks.offset(cut.end));
            assert_eq!(time_blocks.offsets_within(cut), exact, "{span:?}");
        }
    }

    #[test]
    fn a_part_is_what_division_says() {
        for length in [0_u64, 1, 5, 63, 64, 65, 999, 123_456_789, 7 << 40, i64::MAX as u64] {
            let time_blocks = TimeBlocks::new(TimeRange::new(TraceTime(0), TraceTime(length as i64)));
            let near_borders = (0..PARTS as u64).flat_map(|part| {
                let border = (u128::from(length) * u128::from(part) / PARTS as u128) as u64;
                [border.saturating_sub(1), border, border + 1]
            });
            for offset in near_borders.filter(|&offset| offset < length) {
                let exact = (u128::from(offset) * PARTS as u128 / u128::from(length)) as usize;
                assert_eq!(time_blocks.part(offset), exact, "{offset} of {length}");
                for near in [0, exact, PARTS, usize::MAX] {
                    assert_eq!(time_blocks.part_near(near, offset), exact, "{offset} of {length} from {near}");
                }
            }
            assert_eq!(time_blocks.block(TraceTime::MAX), if length == 0 { 0 } else { BLOCKS - 1 }, "{length}");
        }
    }
}
