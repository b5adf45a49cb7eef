//! Many durations in little memory: exact sums, and a sample that does not depend on the order of adding.

use crate::analysis::compare::stats::quantile;
use crate::analysis::compare::time_blocks::{BLOCKS, TimeBlocks};
use crate::base::time::TimeRange;

/// Durations kept as a sample.
const KEPT: usize = 2_048;
/// The longest ones that are listed.
pub const LONGEST: usize = 8;
/// The longest ones that are kept: enough to tell whether there are more of them on one side.
pub(super) const TOP: usize = 64;
/// The slowest of so many are a tail.
pub(super) const TAIL: u64 = 100;

/// Durations of one kind of thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// How many events there are.
    pub count: u64,
    /// Their durations, total; ns or bytes.
    pub total: u64,
    /// The longest duration; ns or bytes.
    pub max: u64,
    /// How many began in each of [`BLOCKS`] equal parts of the range looked at.
    pub counts: [u64; BLOCKS],
    /// Time of those in each block, ns.
    pub totals: [u64; BLOCKS],
    /// Of several recordings: what each has. Else empty.
    pub runs: Vec<Run>,
    /// Those with the smallest lots, which are drawn from the value and its time.
    sample: Vec<Kept>,
    /// The largest lot that is kept, once some were dropped. No larger one can come in.
    bound: u64,
    /// The shortest of `top` once it is full. No shorter one can come in.
    floor: u64,
    /// The longest, by falling duration, at most [`TOP`].
    top: Vec<Kept>,
}

/// What one of several recordings has of a row. All 0 if it has none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    /// How many events there are.
    pub count: u64,
    /// Their durations, total; ns or bytes.
    pub total: u64,
    /// Mean duration; ns or bytes.
    pub mean: f64,
    /// Median duration; ns or bytes.
    pub p50: f64,
    /// Nine in ten are at most this long, nanoseconds.
    pub p90: f64,
    /// 99 in a hundred.
    pub p99: f64,
    /// The longest duration; ns or bytes.
    pub max: u64,
    /// Mean of the slowest 1 %, nanoseconds.
    pub tail: f64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            count: 0,
            total: 0,
            max: 0,
            counts: [0; BLOCKS],
            totals: [0; BLOCKS],
            runs: Vec::new(),
            sample: Vec::new(),
            bound: u64::MAX,
            floor: 0,
            top: Vec::new(),
        }
    }
}

/// One duration of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    lot: u64,
    nanos: u64,
    range: TimeRange,
    go: u32,
    block: u8,
}

impl Kept {
    const fn instance(&self) -> Instance {
        Instance { nanos: self.nanos, go: self.go, range: self.range }
    }
}

/// Where one of a series lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// How long it took, ns.
    pub nanos: u64,
    /// The goroutine's index; `u32::MAX` if it is none's.
    pub go: u32,
    /// When. Longer than `nanos` if the series counts parts of a time.
    pub range: TimeRange,
}

impl Series {
    /// Adds a duration of `go`, where `whole` is all that is looked at.
    pub fn add(&mut self, go: u32, range: TimeRange, whole: &TimeBlocks) {
        self.add_nanos(go, range, range.nanos().unsigned_abs(), whole);
    }

    /// The same with a duration of its own.
    pub fn add_nanos(&mut self, go: u32, range: TimeRange, nanos: u64, whole: &TimeBlocks) {
        self.add_in(go, range, nanos, whole.block(range.start));
    }

    /// The same for one that begins in a block.
    #[inline]
    pub(super) fn add_in(&mut self, go: u32, range: TimeRange, nanos: u64, block: usize) {
        self.count += 1;
        // Of a made-up heap the sum may be more than there is.
        self.total = self.total.saturating_add(nanos);
        self.max = self.max.max(nanos);
        if let (Some(count), Some(total)) = (self.counts.get_mut(block), self.totals.get_mut(block)) {
            *count += 1;
            *total = total.saturating_add(nanos);
        }
        let lot = lot(go, range, nanos);
        if lot <= self.bound || nanos >= self.floor {
            self.keep(Kept { lot, nanos, range, go, block: block as u8 });
        }
    }

    /// Keeps what may belong to the sample or to the longest.
    #[cold]
    fn keep(&mut self, kept: Kept) {
        if kept.lot <= self.bound {
            self.sample.push(kept);
            self.shrink(2 * KEPT);
        }
        self.keep_top(kept);
    }

    /// Of equals the earlier stays, so that no order of adding matters.
    fn keep_top(&mut self, kept: Kept) {
        let key = |kept: &Kept| (std::cmp::Reverse(kept.nanos), kept.range.start, kept.go);
        if self.top.len() >= TOP && self.top.last().is_none_or(|last| key(last) <= key(&kept)) {
            return;
        }
        let place = self.top.partition_point(|other| key(other) <= key(&kept));
        self.top.insert(place, kept);
        self.top.truncate(TOP);
        self.floor = self.top.get(TOP - 1).map_or(0, |last| last.nanos);
    }

    /// Adds what another walk has counted of the same row.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.max = self.max.max(other.max);
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        for (mine, theirs) in self.totals.iter_mut().zip(other.totals) {
            *mine = mine.saturating_add(theirs);
        }
        self.sample.extend(other.sample);
        // What either has dropped is missing: only up to the smaller bound is the sample whole.
        self.bound = self.bound.min(other.bound);
        self.sample.retain(|kept| kept.lot <= self.bound);
        self.shrink(KEPT);
        other.top.into_iter().for_each(|kept| self.keep_top(kept));
    }

    /// Those of several recordings together.
    #[must_use]
    pub(super) fn pooled(all: Vec<Self>) -> Self {
        let mut pool = Self::default();
        for one in all {
            pool.runs.push(one.run());
            pool.merge(one);
        }
        // A place in one of them is no place in all.
        pool.top.clear();
        pool.floor = 0;
        pool
    }

    /// All of it as what one recording has.
    #[must_use]
    pub fn run(&self) -> Run {
        let values = self.values();
        Run {
            count: self.count,
            total: self.total,
            mean: self.total as f64 / self.count.max(1) as f64,
            p50: quantile(&values, 0.5),
            p90: quantile(&values, 0.9),
            p99: quantile(&values, 0.99),
            max: self.max,
            tail: self.tail().unwrap_or_default(),
        }
    }

    /// What each recording has: those of several, or the only one.
    #[must_use]
    pub fn each_run(&self) -> Vec<Run> {
        if self.runs.is_empty() { vec![self.run()] } else { self.runs.clone() }
    }

    /// Mean of the slowest 1 % (of the longest 64, if that is more), nanoseconds. `None` if there are fewer than 100.
    #[must_use]
    pub fn tail(&self) -> Option<f64> {
        self.mean_of_slowest(self.count / TAIL)
    }

    /// Mean of so many of the longest (of those that are kept), nanoseconds. `None` if that is none.
    pub(super) fn mean_of_slowest(&self, count: u64) -> Option<f64> {
        let slowest = self.top.get(..(count as usize).min(self.top.len()))?;
        let sum: f64 = slowest.iter().map(|one| one.nanos as f64).sum();
        (!slowest.is_empty()).then(|| sum / slowest.len() as f64)
    }

    fn shrink(&mut self, limit: usize) {
        if self.sample.len() > limit {
            self.sample.select_nth_unstable_by_key(KEPT, |kept| (kept.lot, kept.nanos, kept.range.start, kept.go));
            self.sample.truncate(KEPT);
            self.bound = self.sample.iter().map(|kept| kept.lot).max().unwrap_or(self.bound);
        }
    }

    /// A sample of the durations, at most 4,096, nanoseconds, rising.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.sample.iter().map(|kept| kept.nanos as f64).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The longest, by falling duration, at most [`LONGEST`]. Empty for several recordings.
    pub fn slowest(&self) -> impl Iterator<Item = Instance> + '_ {
        self.longest().take(LONGEST)
    }

    /// The same, as many as are kept.
    pub(super) fn longest(&self) -> impl Iterator<Item = Instance> + '_ {
        self.top.iter().map(Kept::instance)
    }

    /// The one of the sample that lies nearest to its median; of equals the first. `None` for several
    /// recordings.
    #[must_use]
    pub fn typical(&self) -> Option<Instance> {
        let median = quantile(&self.values(), 0.5);
        let away = |kept: &Kept| (kept.nanos as f64 - median).abs();
        let nearest = self.sample.iter().min_by(|one, other| {
            away(one)
                .total_cmp(&away(other))
                .then_with(|| (one.range.start, one.go).cmp(&(other.range.start, other.go)))
        });
        nearest.filter(|_| self.runs.is_empty()).map(Kept::instance)
    }

    /// Nanoseconds in each of `count` equal parts of the trace; a divisor of [`BLOCKS`].
    #[must_use]
    pub fn part_totals(&self, count: usize) -> Vec<u64> {
        self.totals.chunks(BLOCKS / count.clamp(1, BLOCKS)).map(|blocks| blocks.iter().sum()).collect()
    }

    /// How many in each of `count` equal parts of the trace; a divisor of [`BLOCKS`].
    #[must_use]
    pub fn part_counts(&self, count: usize) -> Vec<u64> {
        self.counts.chunks(BLOCKS / count.clamp(1, BLOCKS)).map(|blocks| blocks.iter().sum()).collect()
    }

    /// The median duration in each of `count` equal parts of the trace that has any in the sample.
    #[must_use]
    pub fn part_medians(&self, count: usize) -> Vec<f64> {
        let mut blocks: [Vec<f64>; BLOCKS] = Default::default();
        let merged = BLOCKS / count.clamp(1, BLOCKS);
        for kept in &self.sample {
            if let Some(block) = blocks.get_mut(usize::from(kept.block) / merged) {
                block.push(kept.nanos as f64);
            }
        }
        let full = blocks.iter_mut().filter(|block| !block.is_empty());
        full.map(|block| {
            block.sort_by(f64::total_cmp);
            quantile(block, 0.5)
        })
        .collect()
    }
}

/// A number that looks drawn at random, but is the same for the same duration (Steele et al., `SplitMix64`).
fn lot(go: u32, range: TimeRange, nanos: u64) -> u64 {
    let mut mixed = (range.start.0.unsigned_abs() ^ u64::from(go).rotate_left(40)).wrapping_add(nanos.rotate_left(20));
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TraceTime;

    fn range(start: i64, nanos: i64) -> TimeRange {
        TimeRange::new(TraceTime(start), TraceTime(start + nanos))
    }

    #[test]
    fn the_sample_is_the_same_in_any_order_and_cut() {
        let whole = TimeBlocks::new(range(0, 1_000_000));
        let (mut all, mut front, mut back) = (Series::default(), Series::default(), Series::default());
        for at in 0..10_000 {
            let one = range(at * 100, 10 + at % 977);
            all.add(1, one, &whole);
            if at % 3 == 0 { &mut front } else { &mut back }.add(1, one, &whole);
        }
        back.merge(front);
        all.shrink(KEPT);
        assert_eq!(all.values(), back.values());
        assert_eq!((all.count, all.total, all.max), (back.count, back.total, back.max));
        assert!(all.slowest().eq(back.slowest()) && all.slowest().all(|one| one.nanos == 986), "{all:?}");
        assert_eq!(all.typical(), back.typical());
        assert_eq!(all.counts, [625; BLOCKS]);
        let median = quantile(&all.values(), 0.5);
        assert!((450.0..550.0).contains(&median), "{median}");
    }
}
