//! The curves of counters over columns of time.

use crate::base::time::{TimeRange, TraceTime};
use crate::model::counters::Counts;
use crate::model::counters::LONG_CALM;
use crate::model::counters::NONE;
use crate::model::counters::offset;
use crate::model::segment::Segment;
use crate::model::trace::{Metric, Trace};

/// The places in [`Counts`] that a metric adds up; empty for step functions.
pub(super) const fn places(metric: Metric) -> &'static [usize] {
    match metric {
        Metric::Running => &[0],
        Metric::Runnable => &[1],
        Metric::Waiting => &[2],
        Metric::Syscalls => &[3],
        Metric::Threads => &[0, 3],
        Metric::HeapLive | Metric::HeapGoal | Metric::Procs => &[],
    }
}

impl Trace {
    /// The lowest and highest value of a curve in each of `columns` equal columns of `range`. A column
    /// before the first reading is `None`, and so is one in a gap; behind a gap a step function (heap, GOMAXPROCS)
    /// is not known before its next reading. Cost follows columns. Goroutine counts are exact to within
    /// 256 state changes: a column narrower than that shows the extremes of its surroundings.
    pub fn metric(&self, metric: Metric, range: TimeRange, columns: u32, out: &mut Vec<Option<(u64, u64)>>) {
        let mut last = self.step_before(metric, range.start.0);
        let mut epoch = self.epoch_at(range.start.0);
        let width = range.nanos() as f64 / f64::from(columns.max(1));
        for column in 0..columns {
            let from = range.start.0.saturating_add((width * f64::from(column)) as i64);
            let to = range.start.0.saturating_add((width * f64::from(column + 1)) as i64).max(from.saturating_add(1));
            let mut value = None;
            let mut piece = from;
            while piece < to {
                let end = self.gap_after(epoch);
                if piece < end.min(to) {
                    let (found, after) = self.extremes_within(metric, piece, end.min(to));
                    // A step function holds its value until the next reading.
                    let held = if places(metric).is_empty() { last.filter(|&last| last != NONE) } else { None };
                    value = joined(joined(value, found), held.map(|held| (held, held)));
                    last = after.or(last);
                }
                if to <= end {
                    break;
                }
                // A gap begins in this column, or goes on.
                let Some(next) = self.epochs.get(epoch + 1) else { break };
                (last, piece) = (None, next.start.0.max(from));
                if piece < to {
                    epoch += 1;
                }
            }
            out.push(value);
        }
    }

    /// The stretch without gaps that a time lies in, or the last one before it; the first one is 0.
    fn epoch_at(&self, time: i64) -> usize {
        self.epochs.partition_point(|epoch| epoch.start.0 <= time).saturating_sub(1)
    }

    /// Where a gap begins behind a stretch.
    fn gap_after(&self, epoch: usize) -> i64 {
        let is_last = epoch + 1 >= self.epochs.len();
        self.epochs.get(epoch).filter(|_| !is_last).map_or(i64::MAX, |epoch| epoch.end.0.saturating_add(1))
    }

    /// The reading of a step function (heap, GOMAXPROCS) in force at `time`: the last one no later. `None`
    /// before the first one, where it says that there is no value (a heap goal with GOGC=off), in gaps and between a
    /// gap and the next one, and for goroutine counts.
    #[must_use]
    pub fn reading_at(&self, metric: Metric, time: TraceTime) -> Option<u64> {
        self.step_before(metric, time.0.saturating_add(1)).filter(|&value| value != NONE)
    }

    /// The readings of a step function within `range`, in time order, but those that say that there is no value from
    /// there on. Lazy; none for goroutine counts.
    pub fn readings_within(&self, metric: Metric, range: TimeRange) -> impl Iterator<Item = (TraceTime, u64)> + '_ {
        let end = self.segments.partition_point(|segment| segment.base < range.end.0);
        let first = self.segments.partition_point(|segment| segment.base <= range.start.0).saturating_sub(1);
        let segments = if places(metric).is_empty() { self.segments.get(first..end) } else { None };
        let readings = segments.unwrap_or_default().iter().flat_map(move |segment| {
            let steps = segment.steps(metric);
            let from = steps.at.partition_point(|&at| segment.at(at) < range.start.0);
            let pairs = steps.at.iter().zip(&steps.value).skip(from);
            pairs.map(|(&at, &value)| (TraceTime(segment.at(at)), value))
        });
        readings.take_while(move |(time, _)| *time < range.end).filter(|&(_, value)| value != NONE)
    }

    /// The value that the first reading of a step function within `range` gives; `None` if there is no reading, or it
    /// says that there is no value.
    #[must_use]
    pub fn first_reading(&self, metric: Metric, range: TimeRange) -> Option<u64> {
        self.first_report(metric, range).flatten()
    }

    /// The first that the runtime says of a curve in `range`: `Some(None)` if that is that there is no value, as of the heap goal
    /// while GOGC is off.
    pub(crate) fn first_report(&self, metric: Metric, range: TimeRange) -> Option<Option<u64>> {
        let end = self.segments.partition_point(|segment| segment.base < range.end.0);
        let first = self.segments.partition_point(|segment| segment.base <= range.start.0).saturating_sub(1);
        let segments = self.segments.get(first..end)?.iter();
        let mut found = segments.filter_map(|segment| {
            let steps = segment.steps(metric);
            let at = steps.at.partition_point(|&at| segment.at(at) < range.start.0);
            Some((segment.at(*steps.at.get(at)?), *steps.value.get(at)?))
        });
        found
            .next()
            .filter(|&(time, _)| time < range.end.0)
            .map(|(_, value)| Some(value).filter(|value| *value != NONE))
    }

    /// Highest value of a curve in the whole trace.
    #[must_use]
    pub fn metric_max(&self, metric: Metric) -> u64 {
        let places = places(metric);
        let by_segment = self.segments.iter().filter_map(|segment| {
            if places.is_empty() {
                segment.steps(metric).max()
            } else {
                segment.counts.extremes(0, u32::MAX, places, &self.count_base(segment)).map(|found| found.1)
            }
        });
        by_segment.max().unwrap_or(0)
    }

    /// The readings of a step function (heap, GOMAXPROCS) as (since when, value), in time order; none for counts.
    /// Lazy.
    pub fn readings(&self, metric: Metric) -> impl Iterator<Item = (TraceTime, u64)> + '_ {
        let segments = self.segments.iter().filter(move |_| places(metric).is_empty());
        segments.flat_map(move |segment| {
            let steps = segment.steps(metric);
            let pairs = steps.at.iter().zip(&steps.value).filter(|&(_, &value)| value != NONE);
            pairs.map(|(&at, &value)| (TraceTime(segment.at(at)), value))
        })
    }

    /// Stretches longer than `shortest` ns (1 ms at least) in which no goroutine changed its state, in time order,
    /// with a change at both ends. Cost follows a 256th of the state changes. What follows the last change is no
    /// such stretch.
    pub(crate) fn calms(&self, shortest: i64) -> Vec<TimeRange> {
        let shortest = shortest.max(i64::from(LONG_CALM));
        let mut calms = Vec::new();
        let mut before: Option<(i64, bool, u32)> = None;
        for segment in &self.segments {
            for (start, is_calm) in segment.counts.calms() {
                let start = segment.at(start);
                // Behind a gap nothing is known of what was before.
                if let Some((since, true, epoch)) = before
                    && epoch == segment.epoch
                    && start.saturating_sub(since) > shortest
                {
                    calms.push(TimeRange::new(TraceTime(since), TraceTime(start)));
                }
                before = Some((start, is_calm, segment.epoch));
            }
        }
        calms
    }

    fn count_base(&self, segment: &Segment) -> Counts {
        self.count_bases.get(segment.generation as usize).copied().unwrap_or_default()
    }

    /// The reading of a step function in force just before `time`, maybe [`NONE`].
    fn step_before(&self, metric: Metric, time: i64) -> Option<u64> {
        if !places(metric).is_empty() {
            return None;
        }
        let epoch = self.epoch_at(time.saturating_sub(1));
        if time > self.gap_after(epoch) {
            return None;
        }
        let end = self.segments.partition_point(|segment| segment.base < time);
        let first = self.segments.partition_point(|segment| (segment.epoch as usize) < epoch);
        let before = |at: usize| {
            let segment = self.segments.get(at)?;
            let offset = u32::try_from(time.saturating_sub(segment.base).saturating_sub(1)).unwrap_or(u32::MAX);
            segment.steps(metric).value_at(offset)
        };
        (first..end).rev().find_map(before)
    }

    /// Lowest and highest of the readings within `from..to`, and the last one of them, maybe [`NONE`].
    fn extremes_within(&self, metric: Metric, from: i64, to: i64) -> (Option<(u64, u64)>, Option<u64>) {
        let places = places(metric);
        let end = self.segments.partition_point(|segment| segment.base < to);
        let first = self.segments.partition_point(|segment| segment.base <= from).saturating_sub(1);
        let (mut found, mut last) = (None::<(u64, u64)>, None);
        for segment in self.segments.get(first..end).unwrap_or_default() {
            let Some(low) = offset(from.max(segment.base), segment.base) else { continue };
            let high = offset(to, segment.base).unwrap_or(u32::MAX);
            let part = if places.is_empty() {
                let steps = segment.steps(metric);
                last = steps.last_within(low, high).or(last);
                steps.extremes(low, high)
            } else {
                segment.counts.extremes(low, high, places, &self.count_base(segment))
            };
            found = joined(found, part);
        }
        (found, last)
    }
}

/// Lowest and highest of both.
fn joined(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (one, other) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}
