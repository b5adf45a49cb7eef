//! Units of work, and what those of one family have in common.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::analysis::parts::{self, Part, PartKey};
use crate::analysis::place_time::{KEPT, PlaceTime, keep_first, longer, sort_first};
use crate::analysis::places::{Op, Places};
use crate::analysis::work_unit::WorkUnit;
use crate::analysis::work_unit::is_answer;
use crate::analysis::work_unit::is_timed;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;

/// Units kept as examples.
const EXAMPLES: usize = 8;

/// A unit as an example: who, when, and its waits.
pub type Example = (GoroutineIdx, TimeRange, Vec<(StackId, TimeRange)>);

/// Waits one after the other in units of a family.
#[derive(Clone, Debug, Default)]
pub struct Serial {
    /// Units that consist of them.
    pub units: u64,
    /// Waits of all units together.
    pub waits: u64,
    /// Nanoseconds waited in all.
    pub nanos: u64,
    /// Nanoseconds that would be saved if the waits of each unit overlapped.
    pub lost: u64,
    /// Some of the units: who, when, and the waits.
    pub examples: Vec<Example>,
}

impl Serial {
    /// Keeps the longest examples.
    pub(crate) fn shrink(&mut self) {
        self.examples.sort_by_key(|example| (Reverse(example.1.nanos()), example.0, example.1.start));
        self.examples.truncate(EXAMPLES);
    }
}

/// Sleeps at one place in units of a family.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sleeps {
    /// Count and time of all of them.
    pub place_time: PlaceTime,
    /// Units in which they happen.
    pub units: u64,
    /// The stack in which they sleep.
    pub stack: StackId,
    /// Series of several one after the other without any effect in between.
    pub series: u64,
    /// Sleeps in them; the longest is the longest series.
    pub polls: PlaceTime,
    /// Sleeps that stand alone in their unit.
    pub singles: PlaceTime,
    /// Of these, those after the creation of a goroutine that had ended before the sleep did.
    pub helped: PlaceTime,
}

/// Units about the same.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// How many units of work.
    pub units: u64,
    /// How many with beginning and end inside the trace.
    pub bounded: u64,
    /// Goroutines that did the units.
    pub gos: u64,
    last_go: Option<GoroutineIdx>,
    /// Time of the units, total, ns.
    pub nanos: u64,
    /// Time of the units by [`SpanClass`] index, ns.
    pub by_class: [u64; SpanClass::COUNT],
    /// A stack of one of them, for its name.
    pub stack: StackId,
    /// The longest unit; `None` if there is none.
    pub longest: Option<(GoroutineIdx, TimeRange)>,
    /// The longest ones, longest first, at most [`KEPT`].
    pub longest_units: Vec<(GoroutineIdx, TimeRange)>,
    /// Waits one after the other.
    pub serial: Serial,
    /// Sleeps by own function.
    pub sleeps: FxHashMap<u32, Sleeps>,
    /// What they wait at.
    pub parts: FxHashMap<PartKey, Part>,
}

impl Family {
    pub(crate) fn add(
        &mut self,
        unit: &WorkUnit,
        go: GoroutineIdx,
        is_bounded: bool,
        places: &Places<'_>,
        created: &dyn Fn(GoroutineIdx) -> Option<TraceTime>,
    ) {
        let Some(range) = unit.range else { return };
        self.units += 1;
        self.bounded += u64::from(is_bounded);
        self.gos += u64::from(self.last_go != Some(go));
        self.last_go = Some(go);
        self.nanos += range.nanos().unsigned_abs();
        for (sum, nanos) in self.by_class.iter_mut().zip(unit.nanos) {
            *sum += nanos;
        }
        self.stack = unit.own_stack.unwrap_or_default().max(self.stack);
        self.longest = longer(self.longest, Some((go, range)));
        self.longest_units.push((go, range));
        keep_first(&mut self.longest_units, KEPT, by_length);
        parts::add(&mut self.parts, unit, range, places);
        self.add_sleeps(unit, places);
        self.add_serial(unit, (go, range), places, created);
    }

    /// Puts the longest units first.
    pub(crate) fn sort(&mut self) {
        sort_first(&mut self.longest_units, KEPT, by_length);
    }

    fn add_sleeps(&mut self, unit: &WorkUnit, places: &Places<'_>) {
        let mut seen: Vec<u32> = Vec::new();
        for found in &unit.waits {
            let wait = &found.wait;
            let Some(function) = places.own_function(wait.stack).filter(|_| is_timed(places, wait)) else { continue };
            let sleeps = self.sleeps.entry(function).or_default();
            sleeps.place_time.add(wait.go, wait.range);
            sleeps.stack = sleeps.stack.max(wait.stack);
            if !seen.contains(&function) {
                seen.push(function);
                sleeps.units += 1;
            }
        }
        for series in unit.ended.iter().chain(&unit.series) {
            let sleeps = self.sleeps.entry(series.function).or_default();
            let place_time =
                PlaceTime { count: series.count, nanos: series.nanos, longest: Some((series.go, series.range)) };
            if series.looks > 1 {
                sleeps.series += 1;
                sleeps.polls.merge(place_time);
            } else {
                sleeps.singles.merge(place_time);
                if series.helper {
                    sleeps.helped.merge(place_time);
                }
            }
        }
    }

    fn add_serial(
        &mut self,
        unit: &WorkUnit,
        (go, range): (GoroutineIdx, TimeRange),
        places: &Places<'_>,
        created: &dyn Fn(GoroutineIdx) -> Option<TraceTime>,
    ) {
        if !(3..=SERIAL_MOST).contains(&unit.waits.len()) {
            return;
        }
        let mut last_end = range.start;
        let mut waits: Vec<(StackId, TimeRange)> = Vec::new();
        for found in &unit.waits {
            let wait = &found.wait;
            let op = places.op(wait.stack);
            // Who waits for his turn would do so as long if he asked for several at once.
            // Who waits for the GC asks nobody.
            if places.is_for_client(wait.stack) || places.is_limiter(wait.stack) || op == Op::Gc {
                continue;
            }
            let by_library =
                !op.is_lock() && op != Op::Sleep && !places.is_direct(wait.stack) || is_answer(places, wait);
            let is_outside = found.class == SpanClass::WaitNet || (by_library && !wait.is_cut);
            // A future that is awaited before the next one is started, with a deadline or without.
            let is_awaited = op == Op::Receive || op == Op::Select && places.is_direct(wait.stack);
            let is_asked = || is_awaited && wait.waker.and_then(created).is_some_and(|created| created >= last_end);
            if is_outside || is_asked() {
                waits.push((wait.stack, wait.range));
                last_end = wait.range.end;
            }
        }
        let longest = waits.iter().map(|wait| wait.1.nanos().unsigned_abs()).max().unwrap_or(0);
        waits.retain(|wait| wait.1.nanos().unsigned_abs() >= longest / 10);
        let total: u64 = waits.iter().map(|wait| wait.1.nanos().unsigned_abs()).sum();
        if waits.len() < 3 || total * 10 < range.nanos().unsigned_abs() * 6 {
            return;
        }
        self.serial.units += 1;
        self.serial.waits += waits.len() as u64;
        self.serial.nanos += total;
        self.serial.lost += total - longest;
        self.serial.examples.push((go, range, waits));
        if self.serial.examples.len() >= 4 * EXAMPLES {
            self.serial.shrink();
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.units += other.units;
        self.bounded += other.bounded;
        self.gos += other.gos;
        self.nanos += other.nanos;
        for (sum, nanos) in self.by_class.iter_mut().zip(other.by_class) {
            *sum += nanos;
        }
        self.stack = self.stack.max(other.stack);
        self.longest = longer(self.longest, other.longest);
        self.longest_units.extend(other.longest_units);
        keep_first(&mut self.longest_units, KEPT, by_length);
        self.serial.units += other.serial.units;
        self.serial.waits += other.serial.waits;
        self.serial.nanos += other.serial.nanos;
        self.serial.lost += other.serial.lost;
        self.serial.examples.extend(other.serial.examples);
        self.serial.shrink();
        for (key, part) in other.parts {
            self.parts.entry(key).or_default().merge(part);
        }
        for (function, sleeps) in other.sleeps {
            let mine = self.sleeps.entry(function).or_default();
            mine.place_time.merge(sleeps.place_time);
            mine.units += sleeps.units;
            mine.stack = mine.stack.max(sleeps.stack);
            mine.series += sleeps.series;
            mine.polls.merge(sleeps.polls);
            mine.singles.merge(sleeps.singles);
            mine.helped.merge(sleeps.helped);
        }
    }
}

/// Rises from the longest unit to the shortest; of equals the earlier comes first.
const fn by_length(&(go, range): &(GoroutineIdx, TimeRange)) -> (Reverse<i64>, TraceTime, GoroutineIdx) {
    (Reverse(range.nanos()), range.start, go)
}

/// Waits one after the other beyond which a unit is a stream, not a list of steps.
const SERIAL_MOST: usize = 400;
