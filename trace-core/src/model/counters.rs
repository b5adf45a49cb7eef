//! Curves: step functions (heap, GOMAXPROCS) and goroutine counts by state, with lowest and highest
//! values per block so that drawing costs columns, not readings.

use crate::event::state::GoState;

/// Readings per block of the coarse level.
const STEP_BLOCK: usize = 64;
/// Rows per bucket of goroutine counts.
const COUNT_BUCKET: u32 = 256;
/// A quiet stretch of so many ns ends a bucket at once, so that a burst does not colour the calm after it…
pub(super) const LONG_CALM: u32 = 1_000_000;
/// …a shorter one only after so many rows, which bounds the memory that buckets take.
const SHORT_CALM: u32 = 50_000;
const SHORT_CALM_ROWS: u32 = 8;
/// Buckets of a level that make one of the next.
const COUNT_FAN: usize = 8;

/// A reading that says that there is no value from here on.
pub(super) const NONE: u64 = u64::MAX;
/// No heap is larger: Go's heap has 48 bits of address at most (`heapAddrBits` in `runtime/malloc.go`).
const HEAP_LIMIT: u64 = 1 << 48;

/// A step function in one segment: readings in time order. [`NONE`] is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    /// ns since the segment's base.
    pub(super) at: Vec<u32>,
    pub(super) value: Vec<u64>,
    /// Lowest and highest of each [`STEP_BLOCK`] readings; [`NOTHING`] if all of them say "none".
    pub(super) blocks: Vec<(u64, u64)>,
}

/// Lowest and highest of nothing.
const NOTHING: (u64, u64) = (u64::MAX, 0);

/// A reading as its own lowest and highest.
const fn span_of(value: u64) -> (u64, u64) {
    if value == NONE { NOTHING } else { (value, value) }
}

impl Steps {
    pub(crate) fn push(&mut self, at: u32, value: u64) {
        if self.value.len().is_multiple_of(STEP_BLOCK) {
            self.blocks.push(NOTHING);
        }
        let (low, high) = span_of(value);
        if let Some(block) = self.blocks.last_mut() {
            *block = (block.0.min(low), block.1.max(high));
        }
        self.at.push(at);
        self.value.push(value);
    }

    /// Adds the size at which the next GC cycle is to begin. The runtime writes 0 where the size of the heap begins
    /// none (GOGC=off), and what is left of the largest number where that is so because no memory limit is set; older
    /// ones may write that number itself.
    pub(crate) fn push_goal(&mut self, at: u32, bytes: u64) {
        self.push(at, if (1..HEAP_LIMIT).contains(&bytes) { bytes } else { NONE });
    }

    /// Moves its times `nanos` nearer to the base, or onto it.
    pub(crate) fn lower(&mut self, nanos: u32) {
        for time in &mut self.at {
            *time = time.saturating_sub(nanos);
        }
    }

    /// All readings, in time order.
    pub(crate) fn readings(&self) -> (&[u32], &[u64]) {
        (&self.at, &self.value)
    }

    /// Built of what [`Steps::readings`] gave; `None` if that is out of order.
    pub(crate) fn from_readings(at: &[u32], value: &[u64]) -> Option<Self> {
        let mut steps = Self::default();
        at.iter().zip(value).for_each(|(&at, &value)| steps.push(at, value));
        (at.len() == value.len() && at.is_sorted()).then_some(steps)
    }

    pub(super) fn max(&self) -> Option<u64> {
        self.blocks.iter().filter(|&&block| block != NOTHING).map(|block| block.1).max()
    }

    /// The reading in force at `at`, maybe [`NONE`].
    pub(super) fn value_at(&self, at: u32) -> Option<u64> {
        let next = self.at.partition_point(|&time| time <= at);
        self.value.get(next.checked_sub(1)?).copied()
    }

    /// Lowest and highest of the readings with `from <= at < to`.
    pub(super) fn extremes(&self, from: u32, to: u32) -> Option<(u64, u64)> {
        let first = self.at.partition_point(|&time| time < from);
        let end = first + self.at[first..].partition_point(|&time| time < to);
        let found = fold_blocks(first, end, STEP_BLOCK, &self.blocks, |at| span_of(self.value[at]));
        found.filter(|&found| found != NOTHING)
    }

    /// The last reading with `from <= at < to`, maybe [`NONE`].
    pub(super) fn last_within(&self, from: u32, to: u32) -> Option<u64> {
        let next = self.at.partition_point(|&time| time < to).checked_sub(1)?;
        self.value.get(next).copied().filter(|_| self.at[next] >= from)
    }
}

/// Lowest and highest over `first..end`, whole blocks at once.
fn fold_blocks(
    first: usize,
    end: usize,
    block: usize,
    blocks: &[(u64, u64)],
    one: impl Fn(usize) -> (u64, u64),
) -> Option<(u64, u64)> {
    let mut found: Option<(u64, u64)> = None;
    let mut at = first;
    while at < end {
        let (next, part) = if at.is_multiple_of(block) && at + block <= end {
            (at + block, blocks[at / block])
        } else {
            (at + 1, one(at))
        };
        found = Some(found.map_or(part, |so_far| (so_far.0.min(part.0), so_far.1.max(part.1))));
        at = next;
    }
    found
}

/// The states that are counted, in this order.
const COUNTED: [GoState; 4] = [GoState::Running, GoState::Runnable, GoState::Waiting, GoState::Syscall];

/// Goroutines by counted state.
pub(crate) type Counts = [i32; COUNTED.len()];

/// Whether a count is small enough for a few of them to be added up.
pub(crate) const fn is_count(count: i32) -> bool {
    count.unsigned_abs() < 1 << 28
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    /// ns since the segment's base.
    start: u32,
    low: Counts,
    high: Counts,
}

/// Goroutine counts in one segment, relative to those at the start of its generation.
#[derive(Clone, Debug, Default)]
pub(crate) struct CountSeries {
    /// The finest level first; each further one sums up [`COUNT_FAN`] buckets of the one before.
    levels: Vec<Vec<Bucket>>,
}

/// Counts goroutines while events come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct CountBuilder {
    /// Changes since the start of the generation.
    now: Counts,
    /// Goroutines that turned out to have been there at its start.
    pub(crate) base: Counts,
    /// The bucket that is being filled, and its rows so far.
    bucket: Bucket,
    in_bucket: u32,
    last_at: u32,
    buckets: Vec<Bucket>,
}

/// Codes of [`crate::order::sink::Ordered`] to places in [`Counts`].
const fn place(state: u8) -> Option<usize> {
    match state {
        2 => Some(1),
        3 => Some(0),
        4 => Some(2),
        5 => Some(3),
        _ => None,
    }
}

impl CountBuilder {
    /// A goroutine moves; the states are those of [`crate::order::sink::Ordered`].
    #[inline(always)]
    pub(crate) fn step(&mut self, at: u32, from: u8, to: u8) {
        if from == 0 {
            if let Some(place) = place(to) {
                self.base[place] += 1;
            }
            return;
        }
        let calm = at.saturating_sub(self.last_at);
        if calm >= SHORT_CALM && (calm >= LONG_CALM || self.in_bucket >= SHORT_CALM_ROWS) {
            self.close_before_calm();
        }
        self.last_at = at;
        let (now, bucket) = (&mut self.now, &mut self.bucket);
        if self.in_bucket == 0 {
            *bucket = Bucket { start: at, low: *now, high: *now };
        }
        if let Some(place) = place(from) {
            now[place] -= 1;
            bucket.low[place] = bucket.low[place].min(now[place]);
        }
        if let Some(place) = place(to) {
            now[place] += 1;
            bucket.high[place] = bucket.high[place].max(now[place]);
        }
        self.in_bucket += 1;
        if self.in_bucket == COUNT_BUCKET {
            self.close();
        }
    }

    /// Ends the bucket, if there is one.
    fn close(&mut self) {
        if self.in_bucket > 0 {
            self.buckets.push(self.bucket);
            self.in_bucket = 0;
        }
    }

    /// Ends the bucket with the last row; what it left holds through the calm that follows.
    #[cold]
    fn close_before_calm(&mut self) {
        if self.in_bucket > 0 {
            self.close();
            self.buckets.push(Bucket { start: self.last_at, low: self.now, high: self.now });
        }
    }

    /// The curve of the segment that ends here.
    pub(crate) fn seal(&mut self) -> CountSeries {
        self.close();
        // What holds from the last change on.
        self.buckets.push(Bucket { start: std::mem::take(&mut self.last_at), low: self.now, high: self.now });
        let mut buckets = std::mem::take(&mut self.buckets);
        buckets.shrink_to_fit();
        CountSeries::new(buckets)
    }
}

/// A bucket of counts as numbers: start, lowest, highest.
pub(crate) const BUCKET_NUMBERS: usize = 1 + 2 * COUNTED.len();

impl CountSeries {
    fn new(buckets: Vec<Bucket>) -> Self {
        let mut levels = vec![buckets];
        while let Some(finer) = levels.last()
            && finer.len() > COUNT_FAN
        {
            let sums = finer.chunks(COUNT_FAN).map(|chunk| {
                let mut sum = chunk[0];
                for bucket in chunk {
                    for place in 0..COUNTED.len() {
                        sum.low[place] = sum.low[place].min(bucket.low[place]);
                        sum.high[place] = sum.high[place].max(bucket.high[place]);
                    }
                }
                sum
            });
            let coarser = sums.collect();
            levels.push(coarser);
        }
        Self { levels }
    }

    /// All that it is made of, as numbers.
    pub(crate) fn numbers(&self) -> Vec<i32> {
        let finest = self.levels.first().map_or(&[][..], |finest| finest);
        let start = |bucket: &Bucket| [bucket.start.cast_signed()];
        finest.iter().flat_map(|bucket| start(bucket).into_iter().chain(bucket.low).chain(bucket.high)).collect()
    }

    /// What [`CountSeries::numbers`] gave, if it can be: times that rise, counts that do not overflow.
    pub(crate) fn from_numbers(numbers: &[i32]) -> Option<Self> {
        let (buckets, rest) = numbers.as_chunks::<BUCKET_NUMBERS>();
        let buckets = buckets.iter().map(|numbers| {
            let (&start, counts) = numbers.split_first()?;
            let (low, high) = counts.split_first_chunk()?;
            counts.iter().all(|&count| is_count(count)).then_some(Bucket {
                start: start.cast_unsigned(),
                low: *low,
                high: high.try_into().ok()?,
            })
        });
        let buckets: Vec<Bucket> = buckets.collect::<Option<_>>()?;
        let is_sorted = buckets.is_sorted_by_key(|bucket| bucket.start);
        (rest.is_empty() && is_sorted).then(|| Self::new(buckets))
    }

    /// When buckets begin, ns since the base, and whether nothing changes in them (they last until the next one).
    pub(super) fn calms(&self) -> impl Iterator<Item = (u32, bool)> {
        let buckets = self.levels.first().into_iter().flatten();
        buckets.map(|bucket| (bucket.start, bucket.low == bucket.high))
    }

    /// Moves its times `nanos` nearer to the base, or onto it.
    pub(crate) fn lower(&mut self, nanos: u32) {
        for bucket in self.levels.iter_mut().flatten() {
            bucket.start = bucket.start.saturating_sub(nanos);
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.levels.iter().map(Vec::len).sum::<usize>() * size_of::<Bucket>()
    }

    /// Lowest and highest within `from..to` (ns since the base) of the sum over `places`.
    pub(super) fn extremes(&self, from: u32, to: u32, places: &[usize], base: &Counts) -> Option<(u64, u64)> {
        let buckets = self.levels.first()?;
        let first = buckets.partition_point(|bucket| bucket.start <= from).saturating_sub(1);
        let end = buckets.partition_point(|bucket| bucket.start < to).max(first + 1).min(buckets.len());
        let base: i32 = places.iter().map(|&place| base[place]).sum();
        let value = |bucket: &Bucket| {
            let low: i32 = places.iter().map(|&place| bucket.low[place]).sum();
            let high: i32 = places.iter().map(|&place| bucket.high[place]).sum();
            ((base + low).max(0) as u64, (base + high).max(0) as u64)
        };
        let mut found: Option<(u64, u64)> = None;
        let mut at = first;
        while at < end {
            // The largest bucket that begins here and lies inside.
            let (mut level, mut size) = (0, 1);
            while at.is_multiple_of(size * COUNT_FAN) && at + size * COUNT_FAN <= end && level + 1 < self.levels.len() {
                level += 1;
                size *= COUNT_FAN;
            }
            let part = value(&self.levels[level][at / size]);
            let next = at + size;
            found = Some(found.map_or(part, |so_far| (so_far.0.min(part.0), so_far.1.max(part.1))));
            at = next;
        }
        found
    }
}

pub(super) fn offset(time: i64, base: i64) -> Option<u32> {
    u32::try_from(time.checked_sub(base)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::counter_query::places;
    use crate::model::records::Metric;

    #[test]
    fn steps_hold_and_find_extremes() {
        let mut steps = Steps::default();
        for n in 0..1_000u32 {
            steps.push(n * 10, u64::from(if n == 500 { 9_999 } else { n % 7 }));
        }
        assert_eq!(steps.value_at(5_005), Some(9_999));
        assert_eq!(steps.value_at(0), Some(0));
        assert_eq!(steps.extremes(0, 10_000), Some((0, 9_999)));
        assert_eq!(steps.extremes(5_010, 10_000), Some((0, 6)));
        assert_eq!(steps.extremes(5_001, 5_009), None);
        assert_eq!(steps.max(), Some(9_999));
    }

    #[test]
    fn a_goal_of_nothing_is_no_goal() {
        let mut steps = Steps::default();
        for (at, bytes) in [(10, 4 << 20), (20, 0), (30, 8 << 20), (40, u64::MAX), (50, i64::MAX as u64 - 12_345_678)] {
            steps.push_goal(at, bytes);
        }
        assert_eq!(steps.extremes(0, 100), Some((4 << 20, 8 << 20)));
        assert_eq!((steps.extremes(20, 30), steps.last_within(20, 30)), (None, Some(NONE)));
        assert_eq!((steps.max(), steps.last_within(0, 10)), (Some(8 << 20), None));
    }

    #[test]
    fn counts_agree_with_counting() {
        let mut builder = CountBuilder::default();
        builder.step(0, 0, 4);
        let (mut running, mut high) = (0, 0);
        for n in 0..10_000u32 {
            let starts = n % 7 != 0 || running == 0;
            builder.step(n, if starts { 2 } else { 3 }, if starts { 3 } else { 2 });
            running += if starts { 1 } else { -1 };
            high = high.max(running);
        }
        let series = builder.seal();
        let base = builder.base;
        assert_eq!(series.extremes(0, u32::MAX, &[0], &base).unwrap().1, high as u64);
        assert_eq!(series.extremes(20_000, u32::MAX, &[0], &base), Some((running as u64, running as u64)));
        assert_eq!(series.extremes(0, u32::MAX, &[2], &base), Some((1, 1)));
    }

    #[test]
    fn a_burst_does_not_colour_the_calm_after_it() {
        let mut builder = CountBuilder::default();
        for at in 0..20 {
            builder.step(at, 4, 2); // twenty goroutines become ready at once,
        }
        for at in 20..40 {
            builder.step(at, 2, 4); // and wait again
        }
        builder.step(90_000_000, 4, 2);
        let series = builder.seal();
        let runnable = places(Metric::Runnable);
        let base = Counts::default();
        assert_eq!(series.extremes(0, 100, runnable, &base), Some((0, 20)));
        assert_eq!(series.extremes(1_000, 80_000_000, runnable, &base), Some((0, 0)));
        assert_eq!(series.extremes(89_000_000, 91_000_000, runnable, &base), Some((0, 1)));
    }
}
