//! How many goroutines of a scope are ready at each instant: a step function that can be integrated over any
//! stretch of time.

use rayon::prelude::*;

use crate::analysis::scope::{Pieces, parts};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::trace::Trace;

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;

/// The step function. Takes 28 bytes a step, of which a wait makes two.
#[derive(Clone, Debug, Default)]
pub struct Pressure {
    /// Times count from here.
    base: i64,
    /// Where it changes, by rising time, no two alike.
    steps: Vec<Step>,
    /// For each stretch of `1 << shift` nanoseconds the first place in `steps` that lies in it or later.
    grid: Vec<u32>,
    shift: u32,
}

/// A change.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// Nanoseconds since the base.
    at: u64,
    /// The integral up to there, nanoseconds times goroutines.
    area: u64,
    /// How many are ready from there on.
    level: u32,
}

impl Pressure {
    /// Of the goroutines of a scope, while they are in it. `None` if cancelled.
    #[must_use]
    pub fn of(trace: &Trace, pieces: &Pieces, monitor: &Monitor) -> Option<Self> {
        let chunks = pieces.len().div_ceil(CHUNK);
        let base = pieces.range.start.0;
        let found = (0..chunks).into_par_iter().fold(Vec::new, |mut found: Vec<u64>, chunk| {
            if !monitor.is_cancelled() {
                for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                    let Some((go, ranges)) = pieces.nth(at) else { continue };
                    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { continue };
                    trace.stretches(go, TimeRange::new(first.start, last.end), |stretch| {
                        if stretch.state == GoState::Runnable {
                            found.extend(parts(ranges, stretch.range).flat_map(|part| moves(part, base)));
                        }
                    });
                }
            }
            found
        });
        let found = found.reduce(Vec::new, |mut one, mut other| {
            if one.is_empty() {
                return other;
            }
            one.append(&mut other);
            one
        });
        (!monitor.is_cancelled()).then(|| Self::of_moves(base, found))
    }

    /// Of these stretches of time, of one goroutine each.
    #[must_use]
    pub fn of_ranges(ranges: &[TimeRange]) -> Self {
        let base = ranges.iter().map(|range| range.start.0).min().unwrap_or(0);
        Self::of_moves(base, ranges.iter().flat_map(|&range| moves(range, base)).collect())
    }

    fn of_moves(base: i64, mut moves: Vec<u64>) -> Self {
        moves.par_sort_unstable();
        let mut made = Self { base, ..Self::default() };
        let mut last = Step::default();
        for step in moves {
            let at = step >> 1;
            if last.at != at || made.steps.is_empty() {
                last.area += u64::from(last.level) * (at - last.at);
                last.at = at;
                made.steps.push(last);
            }
            last.level = if step & 1 == 1 { last.level.saturating_add(1) } else { last.level.saturating_sub(1) };
            if let Some(known) = made.steps.last_mut() {
                known.level = last.level;
            }
        }
        made.make_grid();
        made
    }

    fn make_grid(&mut self) {
        let Some(&end) = self.steps.last() else { return };
        while end.at >> self.shift > self.steps.len() as u64 {
            self.shift += 1;
        }
        let mut place = 0;
        for (at, step) in self.steps.iter().enumerate() {
            while place <= step.at >> self.shift {
                self.grid.push(at as u32);
                place += 1;
            }
        }
        self.grid.push(self.steps.len() as u32);
    }

    /// Nanoseconds times goroutines before a time.
    fn area_before(&self, time: TraceTime) -> u64 {
        let since = time.0.saturating_sub(self.base).max(0).unsigned_abs();
        let cell = (since >> self.shift) as usize;
        let first = |cell: usize| self.grid.get(cell).map_or(self.steps.len(), |&first| first as usize);
        let (from, to) = (first(cell), first(cell + 1));
        let within = self.steps.get(from..to).unwrap_or_default();
        let next = from + within.partition_point(|step| step.at <= since);
        let step = next.checked_sub(1).and_then(|last| self.steps.get(last)).copied().unwrap_or_default();
        step.area + u64::from(step.level) * (since - step.at)
    }

    /// Something that asks about stretches one after the other, the end of one often being the start of the next.
    pub(crate) const fn meter(&self) -> Meter<'_> {
        Meter { pressure: self, time: TraceTime::MIN, area: 0 }
    }

    /// How long goroutines were ready in a stretch of time, added up, nanoseconds.
    #[must_use]
    pub fn within(&self, range: TimeRange) -> u64 {
        self.area_before(range.end).saturating_sub(self.area_before(range.start))
    }

    /// How long they were ready in all, added up, nanoseconds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.steps.last().map_or(0, |last| last.area)
    }

    /// When at least one was ready: by time, apart from each other.
    #[must_use]
    pub fn ranges(&self) -> Vec<TimeRange> {
        let time = |at: u64| TraceTime(self.base.saturating_add(at.cast_signed()));
        let (mut ranges, mut since) = (Vec::new(), None);
        for &Step { at, level, .. } in &self.steps {
            if level > 0 {
                since.get_or_insert(at);
            } else if let Some(start) = since.take() {
                ranges.push(TimeRange::new(time(start), time(at)));
            }
        }
        ranges
    }
}

/// See [`Pressure::meter`].
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    pressure: &'a Pressure,
    /// The end of the last stretch, and the integral up to there.
    time: TraceTime,
    area: u64,
}

impl Meter<'_> {
    /// As [`Pressure::within`].
    pub(crate) fn within(&mut self, range: TimeRange) -> u64 {
        let start = if range.start == self.time { self.area } else { self.pressure.area_before(range.start) };
        (self.time, self.area) = (range.end, self.pressure.area_before(range.end));
        self.area.saturating_sub(start)
    }
}

/// Where a stretch begins and ends, packed so that they sort by time.
fn moves(range: TimeRange, base: i64) -> [u64; 2] {
    let pack = |time: TraceTime, up: u64| time.0.saturating_sub(base).max(0).unsigned_abs() << 1 | up;
    [pack(range.start, 1), pack(range.end, 0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_is_that_of_counting() {
        let range = |start, end| TimeRange::new(TraceTime(start), TraceTime(end));
        let ranges: Vec<TimeRange> =
            (0..500).map(|n| range(1_000 + n * 37 % 4_000, 1_001 + n * 37 % 4_000 + n * 91 % 700)).collect();
        let pressure = Pressure::of_ranges(&ranges);
        let slow = |within: TimeRange| -> u64 {
            ranges.iter().map(|range| range.intersect(within).nanos().unsigned_abs()).sum()
        };
        for start in (0..6_000).step_by(113) {
            for len in [0, 1, 50, 3_000, 9_000] {
                let within = range(start, start + len);
                assert_eq!(pressure.within(within), slow(within), "{within:?}");
                let mut meter = pressure.meter();
                let next = range(start + len, start + len + 77);
                assert_eq!((meter.within(within), meter.within(next)), (slow(within), slow(next)), "{within:?}");
            }
        }
        assert_eq!(pressure.total(), slow(range(0, 100_000)));
        let busy: i64 = pressure.ranges().iter().map(|range| range.nanos()).sum();
        let counted = (0..10_000).filter(|&at| ranges.iter().any(|range| range.contains(TraceTime(at)))).count();
        assert_eq!(busy, i64::try_from(counted).unwrap());
        assert_eq!(Pressure::default().within(range(0, 10)), 0);
    }
}
