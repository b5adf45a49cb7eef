//! Puts all clocks on one time line: the reference's. Each clock is tied to one that has been placed, by the best there
//! is: one time base, one process, matched pairs, wall clocks, a wall clock in a log, or what the user says.

use rustc_hash::FxHashMap;

use crate::model::trace::{ClockSnapshot, Trace};
use crate::session::clock::{Bounds, ClockMap, Fit, Pair, fit};

/// How exact trace time is, nanoseconds: the runtime counts in steps of so many.
pub(super) const TICK: i64 = 64;
/// Wall and monotonic clock of two traces of one boot differ by the same, up to so many nanoseconds.
const SAME_BOOT: i64 = 1_000;
/// Trace time and monotonic clock that are no further apart than this are one clock, nanoseconds.
const LATE: i64 = 100_000_000;
/// Wall and monotonic clock are read one after the other; how far apart, nanoseconds.
const READING: i64 = 1_000;

/// How a clock was tied to the session's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// It is the session's clock.
    Reference,
    /// The user gave the offset.
    Manual,
    /// Both traces have one time base: the same boot of the same host.
    SameBoot,
    /// The spans are those of a process whose trace is placed.
    SameProcess,
    /// Calls and what served them bound the offset.
    Pairs,
    /// Both hosts' wall clocks are trusted.
    WallClock,
    /// A wall clock in a log is trusted.
    LogClock,
    /// Nothing ties it to the others: its start is put where the session starts.
    #[default]
    Unplaced,
}

impl Method {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Manual => "manual",
            Self::SameBoot => "same_boot",
            Self::SameProcess => "same_process",
            Self::Pairs => "matched_pairs",
            Self::WallClock => "wall_clock",
            Self::LogClock => "log_clock",
            Self::Unplaced => "unplaced",
        }
    }
}

/// Where a clock lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// How it was found.
    pub method: Method,
    /// From this clock to the session's.
    pub map: ClockMap,
    /// How far off that may be, by time on this clock; `None` if nothing bounds it.
    pub error: Option<Bounds>,
    /// Pairs that it rests on.
    pub pairs: u32,
    /// Pairs that contradict the others: the activities of client and server, by place; none where only span files have
    /// them.
    pub dropped: Vec<Option<(u32, u32)>>,
}

/// What is known of a clock before it is placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// From the first time to the last.
    pub(super) range: (i64, i64),
    pub(super) snapshots: Vec<ClockSnapshot>,
    /// To Unix time, and how exact that is.
    pub(super) wall: Option<(ClockMap, i64)>,
    /// To Unix time, as far as a log tells.
    pub(super) log_wall: Option<ClockMap>,
    /// To the session's clock, as the user says.
    pub(super) manual: Option<i64>,
    /// To another clock of the same process, and how exact.
    pub(super) process: Option<(usize, ClockMap, i64)>,
}

impl Clock {
    /// The clock of a trace.
    pub(super) fn of_trace(trace: &Trace) -> Self {
        let range = (trace.range().start.0, trace.range().end.0);
        let snapshots = trace.clock_snapshots().to_vec();
        let wall = wall_of(&snapshots);
        Self { range, snapshots, wall, ..Self::default() }
    }
}

/// Unix time of a reading, nanoseconds.
fn unix(reading: &ClockSnapshot) -> i64 {
    reading.wall_secs.saturating_mul(1_000_000_000).saturating_add(i64::from(reading.wall_nanos))
}

/// The line through the first and the last reading, and how far the others are off.
fn wall_of(snapshots: &[ClockSnapshot]) -> Option<(ClockMap, i64)> {
    let (first, last) = (snapshots.first()?, snapshots.last()?);
    let (from, to) = (unix(first), unix(last));
    let base = first.trace.0;
    let length = last.trace.0.saturating_sub(base);
    let offset = from.saturating_sub(base);
    let gained = to.saturating_sub(last.trace.0).saturating_sub(offset);
    // Over less than that a reading's own error would count as drift.
    let drift = if length > 100_000_000 { gained as f64 / length as f64 } else { 0.0 };
    let map = ClockMap { base, offset, drift };
    let off = snapshots.iter().map(|reading| map.apply(reading.trace.0).saturating_sub(unix(reading)).saturating_abs());
    Some((map, off.max().unwrap_or(0).saturating_add(READING)))
}

/// From one trace's clock to another's, and how exact that is, if both were recorded in one boot of one host.
pub(super) fn same_boot(from: &[ClockSnapshot], to: &[ClockSnapshot]) -> Option<(ClockMap, i64)> {
    // How long before the reading the host was booted, by its wall clock: a step of that clock changes it.
    let boot = |reading: &ClockSnapshot| unix(reading).saturating_sub(reading.mono.cast_signed());
    let (a, b) = from.iter().find_map(|a| {
        let b = to.iter().find(|b| boot(a).saturating_sub(boot(b)).saturating_abs() <= SAME_BOOT)?;
        Some((a, b))
    })?;
    let lag = |reading: &ClockSnapshot| reading.mono.cast_signed().saturating_sub(reading.trace.0);
    let offset = lag(a).saturating_sub(lag(b));
    // Trace time is the monotonic clock but for its steps; what lies between the two readings of it is how long the thread
    // had to wait for a CPU in between.
    let is_monotonic = |reading: &ClockSnapshot| lag(reading).saturating_abs() < LATE;
    let is_one = is_monotonic(a) && is_monotonic(b);
    Some(if is_one { (ClockMap::default(), TICK) } else { (ClockMap::shift(offset), READING) })
}

/// The activities of a pair, client and server, if there are any.
pub(super) type Sides = Option<(u32, u32)>;

/// Pairs of calls between two clocks: (client's clock, server's clock).
pub(super) type Pairs = FxHashMap<(usize, usize), Vec<(Pair, Sides)>>;

/// How good a tie is, the best first: its method, whether its error is unknown, and how large that is.
type Rank = (Method, bool, i64);

/// Places all clocks on that of `reference`.
pub(super) fn place(clocks: &[Clock], pairs: &Pairs, reference: usize) -> Vec<Placement> {
    let mut placed: Vec<Option<Placement>> = vec![None; clocks.len()];
    if let Some(place) = placed.get_mut(reference) {
        let error = Some(Bounds::constant(0));
        *place = Some(Placement { method: Method::Reference, error, ..Placement::default() });
    }
    for (place, clock) in placed.iter_mut().zip(clocks) {
        if let (None, Some(offset)) = (&place, clock.manual) {
            *place = Some(Placement { method: Method::Manual, map: ClockMap::shift(offset), ..Placement::default() });
        }
    }
    // Of each clock that is not placed yet the best tie to one that is.
    let mut ties: Vec<Option<(Rank, Placement)>> = vec![None; clocks.len()];
    let mut new: Vec<usize> = (0..clocks.len()).filter(|at| placed.get(*at).is_some_and(Option::is_some)).collect();
    loop {
        for to in std::mem::take(&mut new) {
            let (Some(Some(base)), Some(other)) = (placed.get(to), clocks.get(to)) else { continue };
            for (at, clock) in clocks.iter().enumerate().filter(|(at, _)| placed.get(*at).is_some_and(Option::is_none))
            {
                let Some(link) = link((at, clock), (to, other), pairs) else { continue };
                let found = onto(link, base);
                let error = found.error.map_or(i64::MAX, |error| error.least());
                let rank = (found.method, found.error.is_none(), error);
                if let Some(tie) = ties.get_mut(at)
                    && tie.as_ref().is_none_or(|(known, _)| rank < *known)
                {
                    *tie = Some((rank, found));
                }
            }
        }
        let known = ties.iter().enumerate().filter_map(|(at, tie)| Some((tie.as_ref()?.0, at)));
        let Some((_, at)) = known.min() else { break };
        if let (Some(place), Some(tie)) = (placed.get_mut(at), ties.get_mut(at)) {
            *place = tie.take().map(|(_, found)| found);
        }
        new.push(at);
    }
    let start = clocks.get(reference).map_or(0, |clock| clock.range.0);
    let unplaced =
        |clock: &Clock| Placement { map: ClockMap::shift(start.saturating_sub(clock.range.0)), ..Placement::default() };
    placed.into_iter().zip(clocks).map(|(place, clock)| place.unwrap_or_else(|| unplaced(clock))).collect()
}

/// A placement relative to another clock, as one of the session.
fn onto(link: Placement, base: &Placement) -> Placement {
    let error = match (link.error, base.error) {
        (Some(own), Some(other)) => Some(own.and(|time| other.at(link.map.apply(time)))),
        _ => None,
    };
    Placement { map: link.map.then(base.map), error, ..link }
}

/// The best tie between two clocks.
fn link((at, clock): (usize, &Clock), (to, other): (usize, &Clock), pairs: &Pairs) -> Option<Placement> {
    if let Some((map, error)) = same_boot(&clock.snapshots, &other.snapshots) {
        let error = Some(Bounds::constant(error));
        return Some(Placement { method: Method::SameBoot, map, error, ..Placement::default() });
    }
    let process = clock.process.filter(|process| process.0 == to).map(|(_, map, error)| (map, error));
    let turned = || other.process.filter(|process| process.0 == at).map(|(_, map, error)| (map.inverse(), error));
    if let Some((map, error)) = process.or_else(turned) {
        let error = Some(Bounds::constant(error));
        return Some(Placement { method: Method::SameProcess, map, error, ..Placement::default() });
    }
    let served = pairs.get(&(to, at)).into_iter().flatten().copied();
    let called = pairs.get(&(at, to)).into_iter().flatten().map(|(pair, call)| (pair.turned(), *call));
    let (all, calls): (Vec<Pair>, Vec<Sides>) = served.chain(called).unzip();
    if let Some(Fit { map, error, dropped, kept }) = fit(&all, clock.range) {
        let dropped = dropped.iter().filter_map(|at| calls.get(*at).copied()).collect();
        let pairs = u32::try_from(kept).unwrap_or(u32::MAX);
        return Some(Placement { method: Method::Pairs, map, error: Some(error), pairs, dropped });
    }
    let wall = |clock: &Clock| clock.wall.map(|(map, _)| map);
    if let (Some(own), Some(its)) = (wall(clock), wall(other)) {
        return Some(Placement { method: Method::WallClock, map: own.then(its.inverse()), ..Placement::default() });
    }
    let any = |clock: &Clock| wall(clock).or(clock.log_wall);
    let (own, its) = (any(clock)?, any(other)?);
    Some(Placement { method: Method::LogClock, map: own.then(its.inverse()), ..Placement::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TraceTime;

    fn reading(trace: i64, mono: u64, wall: i64) -> ClockSnapshot {
        let wall_nanos = u32::try_from(wall % 1_000_000_000).unwrap();
        ClockSnapshot { trace: TraceTime(trace), mono, wall_secs: wall / 1_000_000_000, wall_nanos }
    }

    fn clock(trace: i64, mono: u64, wall: i64) -> Clock {
        let snapshots = vec![reading(trace, mono, wall)];
        Clock { range: (trace, trace + 1_000_000_000), wall: wall_of(&snapshots), snapshots, ..Clock::default() }
    }

    const WALL: i64 = 1_764_439_200_000_000_000;

    #[test]
    fn one_boot_is_one_time_base() {
        let clocks = [clock(5_000_000, 5_000_013, WALL), clock(9_000_000, 9_000_040, WALL + 4_000_027 + 900)];
        let placed = place(&clocks, &Pairs::default(), 0);
        assert_eq!((placed[0].method, placed[1].method), (Method::Reference, Method::SameBoot));
        assert_eq!((placed[1].map.apply(77), placed[1].error.unwrap().most()), (77, TICK));
        // Where trace time is not the monotonic clock, the readings tell the difference.
        let other = clock(700, 900_000_040, WALL + 895_000_027);
        let placed = place(&[clocks[0].clone(), other], &Pairs::default(), 0);
        assert_eq!((placed[1].map.apply(700), placed[1].error.unwrap().most()), (900_000_027, READING));
        // A thread that waited for a CPU between the readings of one clock is told apart from another clock.
        let late = clock(8_000_000, 9_000_040, WALL + 4_000_027);
        let placed = place(&[clocks[0].clone(), late], &Pairs::default(), 0);
        assert_eq!((placed[1].map.apply(77), placed[1].error.unwrap().most()), (77, TICK));
    }

    #[test]
    fn hosts_with_other_boots_are_trusted_only_without_pairs() {
        let clocks = [clock(5_000_000, 5_000_000, WALL), clock(100, 100, WALL + 7_000)];
        let placed = place(&clocks, &Pairs::default(), 0);
        assert_eq!((placed[1].method, placed[1].error), (Method::WallClock, None));
        assert_eq!(placed[1].map.apply(100), 5_007_000);
        let pair = Pair { send: 6_000_000, begin: 200, end: 1_000_200, receive: 7_100_000, slack: TICK };
        for (key, pair) in [((0, 1), pair), ((1, 0), pair.turned())] {
            let placed = place(&clocks, &Pairs::from_iter([(key, vec![(pair, None)])]), 0);
            assert_eq!((placed[1].method, placed[1].pairs), (Method::Pairs, 1));
            let off = placed[1].map.apply(200) - 6_050_000;
            assert!(off.abs() <= 600, "{off}");
            let error = placed[1].error.unwrap();
            assert!(error.at(200) >= 50_000 && error.at(1_000_000_000) > 200_000, "{error:?}");
        }
    }

    #[test]
    fn what_nothing_ties_is_told_apart() {
        let lonely = Clock { range: (50, 90), ..Clock::default() };
        let by_user = Clock { manual: Some(-40), ..lonely.clone() };
        let logged = Clock { log_wall: Some(ClockMap::shift(WALL)), ..lonely.clone() };
        let clocks = [clock(5_000_000, 5_000_000, WALL), lonely, by_user, logged];
        let placed = place(&clocks, &Pairs::default(), 0);
        let methods: Vec<Method> = placed.iter().map(|place| place.method).collect();
        assert_eq!(methods, [Method::Reference, Method::Unplaced, Method::Manual, Method::LogClock]);
        assert_eq!((placed[1].map.apply(50), placed[2].map.apply(50)), (5_000_000, 10));
    }
}
