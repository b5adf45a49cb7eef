//! Maps from one clock to another, and how far off they may be: fitted to pairs of a call and what served it.
//!
//! ```text
//! client   send ├────────────────────────┤ receive        send ≤ begin, end ≤ receive on one clock, so that
//! server           begin ├────────┤ end                    send − begin ≤ offset ≤ receive − end
//! ```
//! Over time the offset is a line, since one clock may run faster: it lies above all lower bounds and below all upper
//! ones. All lines that do are a convex set; its outermost ones bound the error at each instant.

/// How much faster one clock may run than another: what adjusting a clock may do, with room to spare.
const MOST_DRIFT: f64 = 500e-6;
/// Steps of searches for the best of a curve with one peak.
const STEPS: u32 = 90;
/// Pairs that are looked at; of more, the tightest.
const MOST_PAIRS: usize = 4_000;
/// Slopes that are tried where pairs contradict each other.
const SLOPES: i32 = 20;

/// A time on one clock to the time on another: `t + offset + drift · (t − base)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockMap {
    /// Where the offset holds, nanoseconds on the first clock.
    pub base: i64,
    /// Nanoseconds to add there.
    pub offset: i64,
    /// Nanoseconds to add for each nanosecond after that.
    pub drift: f64,
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
const fn nanos(value: f64) -> i64 {
    value.round() as i64
}

impl ClockMap {
    /// A clock that is ahead by a constant.
    #[must_use]
    pub const fn shift(offset: i64) -> Self {
        Self { base: 0, offset, drift: 0.0 }
    }

    /// The time on the second clock.
    #[must_use]
    pub fn apply(self, time: i64) -> i64 {
        let drift = if self.drift == 0.0 { 0 } else { nanos(self.drift * time.saturating_sub(self.base) as f64) };
        time.saturating_add(self.offset).saturating_add(drift)
    }

    /// From the second clock to the first.
    #[must_use]
    pub fn inverse(self) -> Self {
        let base = self.base.saturating_add(self.offset);
        Self { base, offset: self.offset.saturating_neg(), drift: 1.0 / (1.0 + self.drift) - 1.0 }
    }

    /// From the first clock to that which `next` leads to.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let offset = next.apply(self.apply(self.base)).saturating_sub(self.base);
        Self { base: self.base, offset, drift: (1.0 + self.drift) * (1.0 + next.drift) - 1.0 }
    }

    /// What is added at a time.
    #[must_use]
    pub fn offset_at(self, time: i64) -> i64 {
        self.apply(time).saturating_sub(time)
    }
}

/// How far off a map may be: it is known at three times, and lies below the lines between these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Times on the first clock, rising, and nanoseconds.
    points: [(i64, i64); 3],
}

impl Bounds {
    /// The same at all times.
    #[must_use]
    pub const fn constant(error: i64) -> Self {
        Self { points: [(0, error); 3] }
    }

    /// The largest error at a time on the first clock, nanoseconds.
    #[must_use]
    pub fn at(&self, time: i64) -> i64 {
        let [first, middle, last] = self.points;
        let (from, to) = if time < middle.0 { (first, middle) } else { (middle, last) };
        let (width, part) = (to.0.saturating_sub(from.0) as f64, time.saturating_sub(from.0) as f64);
        if width <= 0.0 {
            return from.1.max(to.1);
        }
        let line = (to.1 as f64 - from.1 as f64).mul_add(part / width, from.1 as f64);
        // Beyond the ends it goes on to grow.
        nanos(line.max(from.1.min(to.1) as f64).ceil())
    }

    /// The least, which is where it is known best.
    #[must_use]
    pub fn least(&self) -> i64 {
        self.points.iter().map(|point| point.1).min().unwrap_or(0)
    }

    /// The largest offset that the bounds allow, ns.
    #[must_use]
    pub fn most(&self) -> i64 {
        self.points.iter().map(|point| point.1).max().unwrap_or(0)
    }

    /// With another error on top, which depends on the time (on the first clock).
    #[must_use]
    pub fn and(self, error: impl Fn(i64) -> i64) -> Self {
        // Both are known best in the middle, so that the sum lies below the lines, too.
        Self { points: self.points.map(|(time, own)| (time, own.saturating_add(error(time)))) }
    }
}

/// A call and what served it. Which clock is which does not matter: see [`Pair::turned`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// When the client sent, on the client's clock.
    pub send: i64,
    /// When the server began, on the server's.
    pub begin: i64,
    /// When the server ended.
    pub end: i64,
    /// When the client had the answer.
    pub receive: i64,
    /// How inexact these times are, nanoseconds.
    pub slack: i64,
}

impl Pair {
    /// How much longer the call took than what served it: so far apart are the bounds. Negative if that cannot be.
    #[must_use]
    pub const fn room(self) -> i64 {
        let (call, service) = (self.receive.saturating_sub(self.send), self.end.saturating_sub(self.begin));
        call.saturating_sub(service).saturating_add(self.slack.saturating_mul(2))
    }

    /// The same with the clocks in each other's place: bounds of the way back.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { send: self.end, begin: self.receive, end: self.send, receive: self.begin, slack: self.slack }
    }
}

/// A map that was fitted to pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// From the server's clock to the client's.
    pub map: ClockMap,
    /// How far off it may be, if none of the pairs that it rests on is wrong.
    pub error: Bounds,
    /// The pairs that contradict the others, by their places.
    pub dropped: Vec<usize>,
    /// How many pairs it rests on.
    pub kept: usize,
}

/// Bounds of the offset as lines over time.
#[derive(Clone, Copy, Debug)]
struct Point {
    x: f64,
    y: f64,
}

/// Lower bounds and upper bounds.
#[derive(Clone, Debug, Default)]
struct Limits {
    lower: Vec<Point>,
    upper: Vec<Point>,
}

impl Limits {
    /// The offset at 0 of the lowest line with a slope that lies above all lower bounds.
    fn low(&self, slope: f64) -> f64 {
        self.lower.iter().map(|point| slope.mul_add(-point.x, point.y)).fold(f64::NEG_INFINITY, f64::max)
    }

    fn high(&self, slope: f64) -> f64 {
        self.upper.iter().map(|point| slope.mul_add(-point.x, point.y)).fold(f64::INFINITY, f64::min)
    }

    fn room(&self, slope: f64) -> f64 {
        self.high(slope) - self.low(slope)
    }

    /// The least and the largest slope of lines that keep to all bounds.
    fn slopes(&self) -> Option<(f64, f64)> {
        let best = peak((-MOST_DRIFT, MOST_DRIFT), |slope| self.room(slope));
        if self.room(best) < 0.0 {
            return None;
        }
        let edge = |mut bad: f64| {
            if self.room(bad) >= 0.0 {
                return bad;
            }
            let mut good = best;
            for _ in 0..STEPS {
                let middle = good.midpoint(bad);
                if self.room(middle) >= 0.0 { good = middle } else { bad = middle }
            }
            good
        };
        Some((edge(-MOST_DRIFT), edge(MOST_DRIFT)))
    }

    /// The lowest and the highest line at a time, as (offset at 0, slope).
    fn outermost(&self, slopes: (f64, f64), x: f64) -> [(f64, f64); 2] {
        let low = peak(slopes, |slope| -slope.mul_add(x, self.low(slope)));
        let high = peak(slopes, |slope| slope.mul_add(x, self.high(slope)));
        [(self.low(low), low), (self.high(high), high)]
    }

    /// Only those that can touch a line: corners of the hull.
    fn reduced(self) -> Self {
        let mirrored = |points: Vec<Point>| points.into_iter().map(|point| Point { y: -point.y, ..point }).collect();
        Self { lower: upper_hull(self.lower), upper: mirrored(upper_hull(mirrored(self.upper))) }
    }
}

/// The corners of the hull of points as seen from above.
fn upper_hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let mut hull: Vec<Point> = Vec::new();
    for point in points {
        while let [.., before, last] = hull.as_slice() {
            let turn = (last.x - before.x) * (point.y - before.y) - (last.y - before.y) * (point.x - before.x);
            if turn < 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// Where a curve with one peak has it.
fn peak((mut low, mut high): (f64, f64), value: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..STEPS {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if value(left) < value(right) { low = left } else { high = right }
    }
    low.midpoint(high)
}

/// The map from the server's clock to the client's that the pairs allow, with its error from `start` to `end` on the
/// server's clock. `None` without pairs, and where half of them or more contradict the others.
#[must_use]
pub fn fit(pairs: &[Pair], (start, end): (i64, i64)) -> Option<Fit> {
    let (chosen, loose) = tightest(pairs);
    let &first = chosen.first().and_then(|at| pairs.get(*at))?;
    let x0 = middle(chosen.iter().filter_map(|at| pairs.get(*at)).map(|pair| pair.begin))?;
    let y0 = first.send.saturating_sub(first.begin);
    let bounds: Vec<(usize, Point, Point)> = chosen
        .iter()
        .filter_map(|&at| {
            let pair = pairs.get(at)?;
            let x = |time: i64| time.saturating_sub(x0) as f64;
            let y = |client: i64, server: i64| client.saturating_sub(server).saturating_sub(y0) as f64;
            let slack = pair.slack as f64;
            let lower = Point { x: x(pair.begin), y: y(pair.send, pair.begin) - slack };
            Some((at, lower, Point { x: x(pair.end), y: y(pair.receive, pair.end) + slack }))
        })
        .collect();
    let (limits, mut dropped) = agreeing(bounds)?;
    let kept = chosen.len() - dropped.len();
    dropped.extend(loose);
    dropped.sort_unstable();
    if kept <= dropped.len() {
        return None;
    }
    let slopes = limits.slopes()?;
    let (from, to) = (start.saturating_sub(x0).min(0) as f64, end.saturating_sub(x0).max(0) as f64);
    let ends = [limits.outermost(slopes, from), limits.outermost(slopes, to)];
    // Each is one of the lines, and so is what lies in the middle of them.
    let sum = ends.iter().flatten().fold((0.0, 0.0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
    let (offset, drift) = (sum.0 / 4.0, sum.1 / 4.0);
    let error = |x: f64| {
        let [low, high] = limits.outermost(slopes, x).map(|(offset, slope)| slope.mul_add(x, offset));
        let own = drift.mul_add(x, offset);
        // Two for rounding, of the bounds and of what is mapped.
        nanos((high - own).max(own - low).max(0.0).ceil()).saturating_add(2)
    };
    let times = [from, 0.0, to];
    let points = times.map(|x| (x0.saturating_add(nanos(x)), error(x)));
    let map = ClockMap { base: x0, offset: y0.saturating_add(nanos(offset)), drift };
    Some(Fit { map, error: Bounds { points }, dropped, kept })
}

/// The places of the pairs that bound most (all of them if they are few), and of those that cannot be: what serves a call
/// takes no longer than the call.
fn tightest(pairs: &[Pair]) -> (Vec<usize>, Vec<usize>) {
    let width = |at: &usize| pairs.get(*at).map_or(i64::MIN, |pair| pair.room());
    let (mut chosen, wrong): (Vec<usize>, Vec<usize>) = (0..pairs.len()).partition(|at| width(at) >= 0);
    if chosen.len() > MOST_PAIRS {
        chosen.sort_by_key(width);
        chosen.truncate(MOST_PAIRS);
        chosen.sort_unstable();
    }
    (chosen, wrong)
}

fn middle(times: impl Iterator<Item = i64>) -> Option<i64> {
    let (low, high) = times.fold((i64::MAX, i64::MIN), |(low, high), time| (low.min(time), high.max(time)));
    (low <= high).then(|| low.midpoint(high))
}

fn limits_of<'a>(bounds: impl Iterator<Item = &'a (usize, Point, Point)>) -> Limits {
    let mut limits = Limits::default();
    for (_, lower, upper) in bounds {
        limits.lower.push(*lower);
        limits.upper.push(*upper);
    }
    limits.reduced()
}

/// The bounds that most pairs agree on, and the places of the other pairs.
fn agreeing(mut bounds: Vec<(usize, Point, Point)>) -> Option<(Limits, Vec<usize>)> {
    let count = bounds.len();
    let all = limits_of(bounds.iter());
    if all.slopes().is_some() {
        return Some((all, Vec::new()));
    }
    let mut dropped = Vec::new();
    let kept = best_agreement(&bounds);
    let mut places = kept.iter();
    bounds.retain(|(at, ..)| {
        let is_kept = *places.next().unwrap_or(&false);
        if !is_kept {
            dropped.push(*at);
        }
        is_kept
    });
    loop {
        if bounds.len() * 2 <= count {
            return None;
        }
        let limits = limits_of(bounds.iter());
        if limits.slopes().is_some() {
            dropped.sort_unstable();
            return Some((limits, dropped));
        }
        // The pair whose bounds stand out most from the line in the middle.
        let slope = peak((-MOST_DRIFT, MOST_DRIFT), |slope| limits.room(slope));
        let offset = limits.low(slope).midpoint(limits.high(slope));
        let off = |(_, lower, upper): &(usize, Point, Point)| {
            let line = |x: f64| slope.mul_add(x, offset);
            (lower.y - line(lower.x)).max(line(upper.x) - upper.y)
        };
        let worst = bounds.iter().enumerate().max_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)));
        let worst = worst.map(|(place, _)| place)?;
        dropped.push(bounds.remove(worst).0);
    }
}

/// For each pair whether it is one of those, as many as there can be, that one of the slopes tried satisfies.
fn best_agreement(bounds: &[(usize, Point, Point)]) -> Vec<bool> {
    let step = MOST_DRIFT / f64::from(SLOPES);
    let mut best = (0, 0.0, 0.0);
    let interval = |(_, lower, upper): &(usize, Point, Point), slope: f64| {
        // Between the slopes that are tried.
        let room = step / 2.0 * lower.x.abs().max(upper.x.abs());
        (slope.mul_add(-lower.x, lower.y) - room, slope.mul_add(-upper.x, upper.y) + room)
    };
    for slope in (-SLOPES..=SLOPES).map(|at| f64::from(at) * step) {
        let mut edges: Vec<(f64, i32)> = Vec::with_capacity(2 * bounds.len());
        for (low, high) in bounds.iter().map(|pair| interval(pair, slope)).filter(|(low, high)| low <= high) {
            edges.extend([(low, -1), (high, 1)]);
        }
        // Beginnings before ends.
        edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut inside = 0;
        for (offset, edge) in edges {
            inside -= edge;
            if inside > best.0 {
                best = (inside, slope, offset);
            }
        }
    }
    let (_, slope, offset) = best;
    let holds = |pair: &(usize, Point, Point)| {
        let (low, high) = interval(pair, slope);
        low <= offset && offset <= high
    };
    bounds.iter().map(holds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// Around `mean`, with a long tail.
        fn delay(&mut self, mean: f64) -> i64 {
            nanos(-mean * self.next().max(1e-9).ln())
        }
    }

    /// True time to the server's clock.
    fn server_clock(shift: i64, ppm: f64) -> impl Fn(i64) -> i64 {
        move |time| nanos(time as f64 * (1.0 + ppm * 1e-6)) + shift
    }

    fn pairs(random: &mut Random, count: usize, length: i64, clock: &impl Fn(i64) -> i64) -> Vec<Pair> {
        let quantum = |time: i64| time / 64 * 64;
        let mut all = Vec::new();
        for _ in 0..count {
            let send = 7_000_000_000 + nanos(random.next() * length as f64);
            let begin = send + 8_000 + random.delay(20_000.0);
            let end = begin + 50_000 + random.delay(2_000_000.0);
            let receive = end + 5_000 + random.delay(35_000.0);
            all.push(Pair {
                send: quantum(send),
                begin: quantum(clock(begin)),
                end: quantum(clock(end)),
                receive: quantum(receive),
                slack: 64,
            });
        }
        all
    }

    /// The largest distance from the truth, and whether it is always inside of what is stated.
    fn check(found: &Fit, clock: &impl Fn(i64) -> i64, length: i64) {
        for part in 0..=40 {
            let truth = 7_000_000_000 + length / 40 * part;
            let own = clock(truth);
            let off = (found.map.apply(own) - truth).abs();
            assert!(off <= found.error.at(own) + 2, "{off} at {part}: {:?}", found.error);
        }
    }

    #[test]
    fn the_true_offset_is_always_inside() {
        let mut random = Random(1);
        for round in 0..400 {
            let shift = nanos((random.next() - 0.5) * 6e9);
            let ppm = (random.next() - 0.5) * 200.0;
            let length = 50_000_000 + nanos(random.next() * 8e9);
            let count = 1 + nanos(random.next() * 60.0) as usize;
            let clock = server_clock(shift, ppm);
            let pairs = pairs(&mut random, count, length, &clock);
            let range = (clock(7_000_000_000), clock(7_000_000_000 + length));
            let found = fit(&pairs, range).unwrap_or_else(|| panic!("round {round}"));
            assert_eq!((found.dropped.len(), found.kept), (0, count));
            check(&found, &clock, length);
            // The way back is the same.
            let turned: Vec<Pair> = pairs.iter().map(|pair| pair.turned()).collect();
            let back = fit(&turned, (7_000_000_000, 7_000_000_000 + length)).unwrap();
            for part in 0..=10 {
                let truth = 7_000_000_000 + length / 10 * part;
                let off = (back.map.apply(truth) - clock(truth)).abs();
                assert!(off <= back.error.at(truth) + 2, "{off} at {part}: {:?}", back.error);
            }
        }
    }

    #[test]
    fn twenty_pairs_give_a_narrow_interval() {
        let mut random = Random(2);
        for round in 0..50 {
            let clock = server_clock(-3_000_000_000, 100.0);
            let pairs = pairs(&mut random, 20 + round, 300_000_000, &clock);
            let found = fit(&pairs, (clock(7_000_000_000), clock(7_300_000_000))).unwrap();
            assert!(found.error.least() * 2 <= 50_000, "{round}: {:?}", found.error);
            check(&found, &clock, 300_000_000);
        }
    }

    #[test]
    fn contradicting_pairs_are_dropped_and_named() {
        let mut random = Random(3);
        for round in 0..60 {
            let clock = server_clock(3_000_000_000, -100.0);
            let mut pairs = pairs(&mut random, 40, 4_000_000_000, &clock);
            let wrong = [3, 17, 30];
            for at in wrong {
                let off = 40_000_000 * if random.next() < 0.5 { -1 } else { 1 };
                pairs[at].begin += off;
                pairs[at].end += off;
            }
            let found = fit(&pairs, (clock(7_000_000_000), clock(11_000_000_000))).unwrap();
            assert_eq!(found.dropped, wrong, "round {round}");
            check(&found, &clock, 4_000_000_000);
        }
    }

    #[test]
    fn pairs_that_agree_on_nothing_give_nothing() {
        let mut random = Random(4);
        let clock = server_clock(0, 0.0);
        let mut pairs = pairs(&mut random, 10, 1_000_000_000, &clock);
        for (at, pair) in (0..).zip(&mut pairs) {
            pair.begin += at * 1_000_000_000;
            pair.end += at * 1_000_000_000;
        }
        assert_eq!(fit(&pairs, (0, 1)), None);
        assert_eq!(fit(&[], (0, 1)), None);
        let longer = Pair { send: 5, begin: 5, end: 9, receive: 8, slack: 0 };
        assert_eq!(fit(&[longer], (0, 1)), None);
    }

    #[test]
    fn extreme_times_do_no_harm() {
        for (send, begin) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, i64::MAX)] {
            let pair = Pair { send, begin, end: begin, receive: send, slack: 64 };
            if let Some(found) = fit(&[pair, pair], (i64::MIN, i64::MAX)) {
                let back = found.map.inverse().then(found.map).apply(i64::MAX);
                assert!(found.error.at(0) >= 0 && back != 0);
            }
        }
    }

    #[test]
    fn maps_go_back_and_forth() {
        let map = ClockMap { base: 1_000_000_000, offset: -3_000_000_123, drift: 1e-4 };
        for time in [0, 1_000_000_000, 5_000_000_007, -77] {
            assert!((map.inverse().apply(map.apply(time)) - time).abs() <= 1);
            assert!((map.then(map.inverse()).apply(time) - time).abs() <= 1);
            let twice = map.then(ClockMap::shift(500));
            assert_eq!(twice.apply(time), map.apply(time) + 500);
        }
    }
}
