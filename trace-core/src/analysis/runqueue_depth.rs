//! How many goroutines of a scope are ready at each instant: a step function that can be integrated over any
//! stretch of time. That of a whole trace would take more memory than the trace, so it is made for one window after
//! the other.

use crate::analysis::parallel::gather;
use crate::analysis::scope::{ScopeRanges, parts};
use crate::base::ids::GoroutineIdx;
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::Trace;

/// The step function. Takes 28 bytes a step, of which a wait makes two.
#[derive(Clone, Debug, Default)]
pub struct RunqueueDepth {
    /// Times count from here.
    base: i64,
    /// Where it changes, by rising time, no two alike.
    steps: Vec<Step>,
    /// For each stretch of `1 << shift` nanoseconds the first place in `steps` that lies in it or later.
    grid: Vec<u32>,
    shift: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// Nanoseconds since the base.
    at: u64,
    /// The integral up to there, nanoseconds times goroutines.
    area: u64,
    /// How many are ready from there on.
    level: u32,
}

/// Whose waits for a proc count.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ready<'a> {
    /// Those of the goroutines of a scope, while they are in it.
    Of(&'a ScopeRanges),
    /// Only this stretch of waiting.
    Wait(TimeRange),
}

impl Ready<'_> {
    /// Nothing counts outside of this.
    pub(crate) const fn range(&self) -> TimeRange {
        match self {
            Self::Of(pieces) => pieces.range,
            Self::Wait(range) => *range,
        }
    }
}

/// One window of time while it is looked at.
pub(crate) struct WindowDepth<'a> {
    pub(crate) range: TimeRange,
    /// How many are ready. Nothing outside of the window.
    pub(crate) runqueue_depth: &'a RunqueueDepth,
}

/// What a thread needs to look at windows, and what it finds.
#[derive(Default)]
struct Scratch<T> {
    steps: Vec<u64>,
    runqueue_depth: RunqueueDepth,
    found: T,
}

/// Works out how many are ready, window by window, and has `look` add to what is found. Before that, `note` is shown
/// all goroutines' stretches that touch the window and whose state `is_noted`. Windows come in no order; `merged` puts together what threads
/// found. `None` if cancelled.
pub(crate) fn by_window<T: Default + Send>(
    trace: &Trace,
    ready: Ready<'_>,
    monitor: &Monitor,
    (is_noted, note): (impl Fn(GoState) -> bool + Sync, impl Fn(&mut T, GoroutineIdx, &StateInterval) + Sync),
    look: impl Fn(&mut T, &WindowDepth<'_>) + Sync,
    merged: impl Fn(T, T) -> T + Sync + Send,
) -> Option<T> {
    let windows = trace.windows();
    let is_wanted = |kind: u8| {
        let state = trace.state_of_kind(kind);
        state == GoState::Runnable || is_noted(state)
    };
    let take = |scratch: &mut Scratch<T>, at: usize| {
        let range = windows.range(at).intersect(ready.range());
        if range.nanos() == 0 {
            return;
        }
        scratch.steps.clear();
        if let Ready::Wait(wait) = ready {
            scratch.steps.extend(steps(wait.intersect(range), range.start.0));
        }
        for go in windows.goroutines(at) {
            let ranges = if let Ready::Of(pieces) = ready { pieces.of(go) } else { &[] };
            trace.state_intervals_of(go, range, is_wanted, |stretch| {
                if stretch.state == GoState::Runnable {
                    let parts = parts(ranges, stretch.range.intersect(range));
                    scratch.steps.extend(parts.flat_map(|part| steps(part, range.start.0)));
                }
                if is_noted(stretch.state) {
                    note(&mut scratch.found, go, stretch);
                }
                true
            });
        }
        scratch.runqueue_depth.set(range.start.0, &mut scratch.steps);
        look(&mut scratch.found, &WindowDepth { range, runqueue_depth: &scratch.runqueue_depth });
    };
    let both =
        |one: Scratch<T>, other: Scratch<T>| Scratch { found: merged(one.found, other.found), ..Scratch::default() };
    gather((windows.len(), 1), monitor, take, both).map(|scratch| scratch.found)
}

impl RunqueueDepth {
    /// Of these stretches of time, of one goroutine each.
    #[must_use]
    pub fn of_ranges(ranges: &[TimeRange]) -> Self {
        let base = ranges.iter().map(|range| range.start.0).min().unwrap_or(0);
        let mut made = Self::default();
        made.set(base, &mut ranges.iter().flat_map(|&range| steps(range, base)).collect());
        made
    }

    fn set(&mut self, base: i64, moves: &mut Vec<u64>) {
        moves.sort_unstable();
        self.base = base;
        self.steps.clear();
        self.steps.reserve_exact(moves.len());
        let mut last = Step::default();
        for &step in &*moves {
            let at = step >> 1;
            if last.at != at || self.steps.is_empty() {
                last.area += u64::from(last.level) * (at - last.at);
                last.at = at;
                self.steps.push(last);
            }
            last.level = if step & 1 == 1 { last.level.saturating_add(1) } else { last.level.saturating_sub(1) };
            if let Some(known) = self.steps.last_mut() {
                known.level = last.level;
            }
        }
        self.make_grid();
    }

    fn make_grid(&mut self) {
        self.shift = 0;
        self.grid.clear();
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
        Meter { runqueue_depth: self, time: TraceTime::MIN, area: 0 }
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

#[derive(Debug)]
pub(crate) struct Meter<'a> {
    runqueue_depth: &'a RunqueueDepth,
    /// The end of the last stretch, and the integral up to there.
    time: TraceTime,
    area: u64,
}

impl Meter<'_> {
    pub(crate) fn within(&mut self, range: TimeRange) -> u64 {
        let start = if range.start == self.time { self.area } else { self.runqueue_depth.area_before(range.start) };
        (self.time, self.area) = (range.end, self.runqueue_depth.area_before(range.end));
        self.area.saturating_sub(start)
    }
}

/// Where a stretch begins and ends, packed so that they sort by time.
fn steps(range: TimeRange, base: i64) -> [u64; 2] {
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
        let runqueue_depth = RunqueueDepth::of_ranges(&ranges);
        let slow = |within: TimeRange| -> u64 {
            ranges.iter().map(|range| range.intersect(within).nanos().unsigned_abs()).sum()
        };
        for start in (0..6_000).step_by(113) {
            for len in [0, 1, 50, 3_000, 9_000] {
                let within = range(start, start + len);
                assert_eq!(runqueue_depth.within(within), slow(within), "{within:?}");
                let mut meter = runqueue_depth.meter();
                let next = range(start + len, start + len + 77);
                assert_eq!((meter.within(within), meter.within(next)), (slow(within), slow(next)), "{within:?}");
            }
        }
        assert_eq!(runqueue_depth.total(), slow(range(0, 100_000)));
        let busy: i64 = runqueue_depth.ranges().iter().map(|range| range.nanos()).sum();
        let counted = (0..10_000).filter(|&at| ranges.iter().any(|range| range.contains(TraceTime(at)))).count();
        assert_eq!(busy, i64::try_from(counted).unwrap());
        assert_eq!(RunqueueDepth::default().within(range(0, 10)), 0);
    }
}
