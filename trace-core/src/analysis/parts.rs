//! What units of work wait at: for each function of the program and operation, how much of the time of how many
//! units. Units shorter than a millisecond are counted, not looked into.

use crate::analysis::place_time::{PlaceTime, Wait, keep_first, sort_first};
use crate::analysis::places::{Op, Places};
use crate::analysis::work_unit::{WorkUnit, WorkUnitWait, is_timed};
use crate::base::ids::StackId;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;

/// A shorter unit is nobody's trouble, ns.
const LOOKED_INTO: u64 = 1_000_000;
/// The longest waits of a part that are kept.
const KEPT: usize = 64;

/// Where a unit waits: the function as [`Places`] counts, and the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartKey {
    /// The program's function nearest to the leaf.
    pub function: u32,
    /// The operation at the leaf.
    pub op: Op,
}

/// Waits of the units of a family at one place.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Count and time of all of them.
    pub place_time: PlaceTime,
    /// Those that nobody but the clock ended: sleeps, timers and deadlines.
    pub clock: PlaceTime,
    /// Those that were going on when the trace began or ended.
    pub cut: PlaceTime,
    /// Units with such waits.
    pub units: u64,
    /// Units that spend more than half of their time in them.
    pub dominated: u64,
    /// Nanoseconds of those units.
    pub dominated_nanos: u64,
    /// Units that wait for something else after it.
    pub followed: u64,
    /// Waits ended by the clock that took at least 1.5 times as long as the one before them in the unit.
    pub grown: u64,
    /// Waits ended by the clock that no series of growing pauses explains: neither near the shortest of the unit, from
    /// which such a series begins, nor near the longest, at which it may stop growing, nor grown.
    pub irregular: u64,
    /// The longest ones, longest first.
    pub longest: Vec<Wait>,
}

impl Part {
    /// The stack of the longest wait.
    #[must_use]
    pub fn stack(&self) -> StackId {
        self.longest.first().map_or(StackId::NONE, |wait| wait.stack)
    }

    /// Whether the clock ends most of them, each time later: pauses between tries. Pauses of random length grow at times,
    /// too, but do not begin anew from the same one.
    #[must_use]
    pub const fn is_backoff(&self) -> bool {
        let is_growing = self.grown > 0 && self.grown * 4 >= self.clock.count;
        is_growing && self.irregular * 6 <= self.clock.count && self.clock.nanos * 2 > self.place_time.nanos
    }

    /// Puts the longest waits first.
    pub(crate) fn sort(&mut self) {
        sort_first(&mut self.longest, KEPT, Wait::by_length);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.place_time.merge(other.place_time);
        self.clock.merge(other.clock);
        self.cut.merge(other.cut);
        self.units += other.units;
        self.dominated += other.dominated;
        self.dominated_nanos += other.dominated_nanos;
        self.followed += other.followed;
        self.grown += other.grown;
        self.irregular += other.irregular;
        self.longest.extend(other.longest);
        keep_first(&mut self.longest, KEPT, Wait::by_length);
    }
}

/// Waits of one unit at one place.
struct Sum {
    key: PartKey,
    nanos: u64,
    /// How long each took that the clock ended.
    timed: Vec<u64>,
    last: usize,
}

/// Adds the waits of a unit to the parts of its family.
pub(crate) fn add(
    parts: &mut rustc_hash::FxHashMap<PartKey, Part>,
    unit: &WorkUnit,
    range: TimeRange,
    places: &Places<'_>,
) {
    let nanos = range.nanos().unsigned_abs();
    if nanos < LOOKED_INTO || unit.waits.is_empty() {
        return;
    }
    let mut sums: Vec<Sum> = Vec::new();
    for (at, found) in unit.waits.iter().enumerate() {
        let Some(function) = places.near_function(found.wait.stack).filter(|_| found.class != SpanClass::Gc) else {
            continue;
        };
        let key = PartKey { function, op: places.op(found.wait.stack) };
        let known = sums.iter().position(|sum| sum.key == key).unwrap_or_else(|| {
            sums.push(Sum { key, nanos: 0, timed: Vec::new(), last: 0 });
            sums.len() - 1
        });
        let (Some(sum), part) = (sums.get_mut(known), parts.entry(key).or_default()) else { continue };
        add_wait(part, sum, found, places);
        sum.last = at;
    }
    for sum in sums {
        let Some(part) = parts.get_mut(&sum.key) else { continue };
        part.units += 1;
        let (grown, irregular) = growth(&sum.timed);
        part.grown += grown;
        part.irregular += irregular;
        part.followed += u64::from(is_followed(unit.waits.get(sum.last + 1..).unwrap_or_default(), sum.key, places));
        if sum.nanos * 2 > nanos {
            part.dominated += 1;
            part.dominated_nanos += nanos;
        }
    }
}

fn add_wait(part: &mut Part, sum: &mut Sum, found: &WorkUnitWait, places: &Places<'_>) {
    let wait = found.wait;
    let nanos = wait.range.nanos().unsigned_abs();
    part.place_time.add(wait.go, wait.range);
    sum.nanos += nanos;
    if wait.is_cut {
        part.cut.add(wait.go, wait.range);
    } else if is_by_clock(places, found) {
        part.clock.add(wait.go, wait.range);
        sum.timed.push(nanos);
    }
    part.longest.push(wait);
    keep_first(&mut part.longest, KEPT, Wait::by_length);
}

/// How many pauses took at least 1.5 times as long as the one before, and how many are irregular (see
/// [`Part::irregular`]).
fn growth(pauses: &[u64]) -> (u64, u64) {
    let shortest = pauses.iter().copied().min().unwrap_or(0);
    let longest = pauses.iter().copied().max().unwrap_or(0);
    let (mut grown, mut irregular, mut before) = (0, 0, u64::MAX);
    for &nanos in pauses {
        let is_grown = before != u64::MAX && nanos * 2 >= before.saturating_mul(3);
        let is_border = nanos * 5 <= shortest * 6 || nanos * 10 >= longest * 9;
        grown += u64::from(is_grown);
        irregular += u64::from(!is_grown && !is_border);
        before = nanos;
    }
    (grown, irregular)
}

/// Whether nobody but the clock ended a wait of which the end is known: a sleep, a timer's channel, a deadline.
fn is_by_clock(places: &Places<'_>, found: &WorkUnitWait) -> bool {
    let wait = &found.wait;
    let is_channel =
        found.class == SpanClass::WaitChan && (wait.waker.is_none() || places.is_deadline(wait.waker_stack));
    is_timed(places, wait) || found.class == SpanClass::WaitSleep || is_channel
}

/// Whether a unit waits for something else than this, and than a lock, in what comes after.
fn is_followed(later: &[WorkUnitWait], key: PartKey, places: &Places<'_>) -> bool {
    later.iter().any(|found| {
        let op = places.op(found.wait.stack);
        let is_same = op == key.op && places.near_function(found.wait.stack) == Some(key.function);
        found.class != SpanClass::Gc && !op.is_lock() && !is_same
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_backoff(pauses: &[u64]) -> bool {
        let (grown, irregular) = growth(pauses);
        let clock = PlaceTime { count: pauses.len() as u64, nanos: pauses.iter().sum(), longest: None };
        Part { place_time: clock, clock, grown, irregular, ..Part::default() }.is_backoff()
    }

    #[test]
    fn pauses_between_tries_grow_and_begin_anew() {
        assert!(is_backoff(&[12, 24, 48]));
        assert!(is_backoff(&[12, 12, 24, 12, 24, 48, 12, 12, 24]), "one request after the other");
        assert!(is_backoff(&[10, 20, 40, 80, 80, 80, 10, 20, 40, 80, 80]), "up to a limit");
    }

    #[test]
    fn pauses_of_random_length_are_no_tries() {
        assert!(!is_backoff(&[1, 4, 2, 3, 1, 3, 3, 2, 4, 1, 2, 3, 2, 4, 3, 1, 4, 3]), "of four lengths");
        assert!(!is_backoff(&[31, 62, 44, 80, 55, 37, 71, 40, 66, 35, 88, 52, 77, 41, 60]), "of any length");
        assert!(!is_backoff(&[20, 20, 21, 20, 20]), "the same");
        assert!(!is_backoff(&[20]));
    }
}
