//! Shares as step functions: the mean over any window, and the worst windows of a length, exactly. Making one
//! from a trace is left to others.
//!
//! The mean over a window is piecewise linear in where the window begins, and bends only where an edge of
//! the window meets a step. So its minimum lies at one of those places (or at an end of the range).

use crate::analysis::mmu::shares::ShareHistogram;
use crate::base::time::{TimeRange, TraceTime};

/// The share of processor time left to the program, as a function of time: steps by rising time, each in
/// force until the next, the last until the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utilisation {
    /// When each step begins, by rising time, without repeats.
    at: Vec<TraceTime>,
    /// The share from then on, 0 to 1.
    share: Vec<f64>,
    /// The sum of share × nanoseconds before each step.
    before: Vec<f64>,
    end: TraceTime,
}

/// The window of some length in which the program got least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// When; the first one of equals.
    pub range: TimeRange,
    /// The mean share in it, 0 to 1.
    pub share: f64,
}

impl Utilisation {
    /// From steps (since when, which share of 0 to 1) by rising time. Steps at or behind `end`, and those
    /// that go back in time, are left out; of steps at the same time the last counts.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = (TraceTime, f64)>, end: TraceTime) -> Self {
        let mut made = Self { end, ..Self::default() };
        for (time, share) in steps {
            if made.at.last() == Some(&time) {
                made.share.pop();
                made.at.pop();
            }
            if time < end && made.at.last().is_none_or(|&last| last < time) {
                made.at.push(time);
                made.share.push(share.clamp(0.0, 1.0));
            }
        }
        let mut sum = 0.0;
        let ends = made.at.iter().skip(1).chain(std::iter::once(&end));
        for ((&start, &end), &share) in made.at.iter().zip(ends).zip(&made.share) {
            made.before.push(sum);
            sum += share * end.nanos_since(start) as f64;
        }
        made
    }

    /// From the first step to the end; `None` without steps.
    #[must_use]
    pub fn range(&self) -> Option<TimeRange> {
        self.at.first().map(|&start| TimeRange::new(start, self.end))
    }

    /// Share × nanoseconds from the first step to `time`, where `step` is the step in force.
    fn sum_at(&self, step: usize, time: TraceTime) -> f64 {
        let known = self.at.get(step).zip(self.share.get(step)).zip(self.before.get(step));
        known.map_or(0.0, |((&at, &share), &before)| before + share * time.nanos_since(at) as f64)
    }

    /// The steps: since when, which share.
    pub fn steps(&self) -> impl Iterator<Item = (TraceTime, f64)> + '_ {
        self.at.iter().copied().zip(self.share.iter().copied())
    }

    /// Share × nanoseconds within `range`, as far as the function goes.
    #[must_use]
    pub fn sum(&self, range: TimeRange) -> f64 {
        let Some(whole) = self.range() else { return 0.0 };
        let range = whole.intersect(range);
        let to = |time: TraceTime| {
            let step = self.at.partition_point(|&at| at <= time).saturating_sub(1);
            self.sum_at(step, time)
        };
        if range.nanos() == 0 { 0.0 } else { to(range.end) - to(range.start) }
    }

    /// The mean share within `range`, as far as the function goes; `None` outside.
    #[must_use]
    pub fn mean(&self, range: TimeRange) -> Option<f64> {
        let within = self.range()?.intersect(range);
        (within.nanos() > 0).then(|| self.sum(within) / within.nanos() as f64)
    }

    /// The lowest share within `range`, as far as the function goes; `None` outside. Costs the steps inside.
    #[must_use]
    pub fn lowest(&self, range: TimeRange) -> Option<f64> {
        let within = self.range()?.intersect(range);
        if within.nanos() == 0 {
            return None;
        }
        let first = self.at.partition_point(|&at| at <= within.start).saturating_sub(1);
        let steps = self.at.iter().zip(&self.share).skip(first).take_while(|(at, _)| **at < within.end);
        steps.map(|(_, &share)| share).reduce(f64::min)
    }

    /// Calls `visit` with window starts by rising time, and the mean share there, wherever that may bend: between
    /// two of them it goes evenly. Windows are of `nanos` (at least 1; ones longer than the range are cut to it).
    fn for_each_bend(&self, nanos: i64, mut visit: impl FnMut(TimeRange, f64)) {
        let Some(whole) = self.range() else { return };
        let width = nanos.clamp(1, whole.nanos().max(1));
        let last = self.end.plus_nanos(-width);
        // Window starts at which an edge meets a step: two rising lists, merged.
        let mut lefts = self.at.iter().copied().filter(|&at| at <= last).peekable();
        let ends = self.at.iter().copied().chain(std::iter::once(self.end));
        let mut rights = ends.map(|at| at.plus_nanos(-width)).filter(|&at| at >= whole.start).peekable();
        let (mut low, mut high) = (0, 0);
        loop {
            let start = match (lefts.peek(), rights.peek()) {
                (Some(&left), Some(&right)) if left <= right => lefts.next(),
                (_, Some(_)) => rights.next(),
                (_, None) => lefts.next(),
            };
            let Some(start) = start else { return };
            let end = start.plus_nanos(width);
            while self.at.get(low + 1).is_some_and(|&at| at <= start) {
                low += 1;
            }
            while self.at.get(high + 1).is_some_and(|&at| at <= end) {
                high += 1;
            }
            let share = (self.sum_at(high, end) - self.sum_at(low, start)) / width as f64;
            visit(TimeRange::new(start, end), share.clamp(0.0, 1.0));
        }
    }

    /// The worst window of `nanos` (at least 1; one longer than the range is cut to it). `None` without
    /// steps. Costs one pass over the steps.
    #[must_use]
    pub fn worst(&self, nanos: i64) -> Option<Worst> {
        let mut worst: Option<Worst> = None;
        self.for_each_bend(nanos, |range, share| {
            if worst.is_none_or(|worst| share < worst.share) {
                worst = Some(Worst { range, share });
            }
        });
        worst
    }

    /// Windows of `nanos` that share no time, worst first, at most `count`: each is the worst that lies apart from
    /// those before and has an edge at a step. Windows with all of their time are left out.
    #[must_use]
    pub fn worst_apart(&self, nanos: i64, count: usize) -> Vec<Worst> {
        let mut all: Vec<Worst> = Vec::new();
        self.for_each_bend(nanos, |range, share| {
            if share < 1.0 - 1e-12 {
                all.push(Worst { range, share });
            }
        });
        all.sort_by(|a, b| a.share.total_cmp(&b.share).then(a.range.start.cmp(&b.range.start)));
        let mut apart: Vec<Worst> = Vec::new();
        for worst in all {
            if apart.len() == count {
                break;
            }
            if apart.iter().all(|taken| !taken.range.overlaps(worst.range)) {
                apart.push(worst);
            }
        }
        apart
    }

    /// Adds how mean shares spread over all windows of `nanos`.
    pub fn spread(&self, nanos: i64, spread: &mut ShareHistogram) {
        let mut before: Option<(TraceTime, f64)> = None;
        let mut only = true;
        self.for_each_bend(nanos, |range, share| {
            if let Some((start, from)) = before {
                let between = range.start.nanos_since(start) as f64;
                spread.add(from, share, between);
                only &= between <= 0.0;
            }
            before = Some((range.start, share));
        });
        // There is but one such window.
        if let Some((_, share)) = before.filter(|_| only) {
            spread.add(share, share, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(steps: &[(i64, f64)], end: i64) -> Utilisation {
        Utilisation::new(steps.iter().map(|&(at, share)| (TraceTime(at), share)), TraceTime(end))
    }

    /// Every window at every nanosecond, nanosecond by nanosecond.
    fn by_hand(steps: &[(i64, f64)], end: i64, width: i64) -> f64 {
        let share = |time: i64| steps.iter().rev().find(|step| step.0 <= time).unwrap().1;
        let mean = |start: i64| (start..start + width).map(share).sum::<f64>() / width as f64;
        (steps[0].0..=end - width).map(mean).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_worst_window_is_the_one_found_by_trying_all() {
        let mut seed = 7_u64;
        let mut random = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % limit
        };
        for _ in 0..60 {
            let (mut at, mut steps) = (random(20) as i64, Vec::new());
            for _ in 0..=random(12) {
                steps.push((at, random(5) as f64 / 4.0));
                at += 1 + random(15) as i64;
            }
            let utilisation = made(&steps, at);
            for width in 1..=at - steps[0].0 {
                let found = utilisation.worst(width).unwrap();
                assert!((found.share - by_hand(&steps, at, width)).abs() < 1e-9, "{steps:?} end {at} width {width}");
                assert_eq!(found.range.nanos(), width);
            }
        }
    }

    #[test]
    fn pauses_count_fully_and_long_windows_are_cut() {
        let pause = made(&[(0, 1.0), (40, 0.0), (50, 1.0)], 100);
        assert_eq!(pause.worst(10).map(|worst| (worst.range.start.0, worst.share)), Some((40, 0.0)));
        assert_eq!(pause.worst(20).map(|worst| worst.share), Some(0.5));
        assert_eq!(pause.worst(1_000).map(|worst| worst.share), Some(0.9));
        assert_eq!(made(&[], 100).worst(10), None);
    }

    /// What Go's own test of its curve expects (internal/trace/gc_test.go, TestMMU): one second of each in turn.
    #[test]
    fn the_examples_that_go_publishes_come_out() {
        const SECOND: i64 = 1_000_000_000;
        let turns = made(&[0, 1, 2, 3, 4].map(|at| (at * SECOND, if at % 2 == 0 { 1.0 } else { 0.0 })), 5 * SECOND);
        let published = [
            (SECOND / 1000, 0.0),
            (SECOND, 0.0),
            (2 * SECOND, 0.5),
            (3 * SECOND, 1.0 / 3.0),
            (4 * SECOND, 0.5),
            (5 * SECOND, 0.6),
            (6 * SECOND, 0.6),
        ];
        for (nanos, least) in published {
            let found = turns.worst(nanos).unwrap().share;
            assert!((found - least).abs() < 1e-8, "{nanos} ns: {found}, not {least}");
        }
        let apart: Vec<f64> = turns.worst_apart(SECOND, 2).iter().map(|worst| worst.share).collect();
        assert_eq!(apart, [0.0, 0.0]);
        let apart: Vec<f64> = turns.worst_apart(2 * SECOND, 2).iter().map(|worst| worst.share).collect();
        assert_eq!(apart, [0.5, 0.5]);
    }

    /// Mean shares of all windows that begin at a nanosecond, sorted.
    fn all_means(steps: &[(i64, f64)], end: i64, width: i64) -> Vec<f64> {
        let share = |time: i64| steps.iter().rev().find(|step| step.0 <= time).unwrap().1;
        let mean = |start: i64| (start..start + width).map(share).sum::<f64>() / width as f64;
        let mut means: Vec<f64> = (steps[0].0..=end - width).map(mean).collect();
        means.sort_by(f64::total_cmp);
        means
    }

    #[test]
    fn percentiles_are_those_of_trying_all_windows() {
        let steps: Vec<(i64, f64)> =
            (0..400).map(|at| (at * 10 + at % 7, [1.0, 0.5, 0.0, 0.75, 1.0, 0.25][(at * at % 6) as usize])).collect();
        let (utilisation, end) = (made(&steps, 4_003), 4_003);
        for width in [3, 40, 333, 2_000] {
            let means = all_means(&steps, end, width);
            let mut spread = ShareHistogram::default();
            utilisation.spread(width, &mut spread);
            for part in [0.01, 0.05, 0.3, 0.9] {
                let found = spread.quantile(part);
                // A nanosecond's slide changes a mean by 1/width at most.
                let reach = 1.0 / width as f64 + 1e-4;
                let below = means.partition_point(|mean| *mean < found - reach) as f64 / means.len() as f64;
                let upto = means.partition_point(|mean| *mean <= found + reach) as f64 / means.len() as f64;
                assert!(below <= part + 0.01 && part - 0.01 <= upto, "{width} {part}: {found}, {below} to {upto}");
            }
        }
    }

    #[test]
    fn percentiles_of_one_window_are_its_share() {
        let mut spread = ShareHistogram::default();
        made(&[(0, 0.25)], 100).spread(100, &mut spread);
        assert_eq!([spread.quantile(0.001), spread.quantile(0.9)], [0.25, 0.25]);
        assert_eq!(ShareHistogram::default().quantile(0.5), 1.0);
    }

    #[test]
    fn worst_windows_lie_apart_and_leave_out_those_with_all() {
        let pauses = made(&[(0, 1.0), (40, 0.0), (50, 1.0), (200, 0.5), (230, 1.0)], 1_000);
        let found = pauses.worst_apart(20, 9);
        let places: Vec<(i64, f64)> = found.iter().map(|worst| (worst.range.start.0, worst.share)).collect();
        assert_eq!(places[..2], [(30, 0.5), (200, 0.5)]);
        assert!(found.iter().all(|worst| worst.share < 1.0));
        let apart = |a: &Worst, b: &Worst| a == b || !a.range.overlaps(b.range);
        assert!(found.iter().all(|a| found.iter().all(|b| apart(a, b))), "{found:?}");
        assert_eq!(pauses.worst_apart(20, 1).len(), 1);
        assert_eq!(pauses.lowest(TimeRange::new(TraceTime(60), TraceTime(210))), Some(0.5));
        assert_eq!(pauses.mean(TimeRange::new(TraceTime(190), TraceTime(210))), Some(0.75));
    }
}
