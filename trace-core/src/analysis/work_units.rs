//! Units of work, and what those of one family have in common.

use rustc_hash::FxHashMap;

use crate::analysis::parts::{self, Part, PartKey};
use crate::analysis::places::{Op, Places};
use crate::analysis::workload::{KEPT, PlaceTime, Wait, longer};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;

/// Units kept as examples.
const EXAMPLES: usize = 8;
/// Waits one after the other beyond which a unit is a stream, not a list of steps.
const SERIAL_MOST: usize = 400;

/// What a unit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkUnitKey {
    /// Start function of the goroutine.
    pub name: StrId,
    /// The program's own function nearest to the root (a handler), as [`Places`] counts.
    pub outer: Option<u32>,
}

/// A wait in a unit.
#[derive(Clone, Copy, Debug)]
pub struct WorkUnitWait {
    pub(crate) wait: Wait,
    pub(crate) class: SpanClass,
    pub(crate) reason: StrId,
}

/// A unit while it goes on.
#[derive(Clone, Debug, Default)]
pub struct WorkUnit {
    pub(crate) range: Option<TimeRange>,
    pub(crate) has_begin: bool,
    /// It does not begin with something that came from outside: the goroutine has not been idle before, say.
    pub(crate) is_first: bool,
    pub(crate) nanos: [u64; SpanClass::COUNT],
    pub(crate) waits: Vec<WorkUnitWait>,
    pub(crate) syscalls: FxHashMap<StackId, PlaceTime>,
    pub(crate) own_stack: Option<StackId>,
    /// Nanoseconds spent recording or serving traces and profiles.
    pub(crate) recording: u64,
    /// Sleeps one after the other, of which nobody has taken notice so far.
    series: Option<Series>,
    /// Those that ended.
    ended: Vec<Series>,
}

/// Sleeps of one function, one after the other, between which their goroutine neither waited for anything
/// else (locks aside) nor woke or created anybody: it looked, saw nothing, and slept again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    function: u32,
    go: GoroutineIdx,
    range: TimeRange,
    /// Sleeps, and waits for the GC on the way to one.
    looks: u64,
    /// Sleeps.
    count: u64,
    nanos: u64,
    /// Just before, a goroutine was created that ended during the first sleep.
    helper: bool,
}

/// Whether the program itself waits for what a library's own goroutine hands over: the answer to a call on a connection
/// that the library reads, such as a `net/rpc` call's `Done`.
pub(crate) fn is_answer(places: &Places<'_>, wait: &Wait) -> bool {
    let is_channel = matches!(places.op(wait.stack), Op::Receive | Op::Select);
    is_channel && places.is_direct(wait.stack) && wait.waker.is_some() && places.is_of_library(wait.waker_stack)
}

impl WorkUnit {
    pub(crate) fn new(has_begin: bool) -> Self {
        Self { has_begin, is_first: true, ..Self::default() }
    }

    /// The next one, after an idle wait.
    pub(crate) fn restart(&mut self) {
        self.range = None;
        self.has_begin = true;
        self.is_first = false;
        self.nanos = [0; SpanClass::COUNT];
        self.waits.clear();
        self.syscalls.clear();
        self.own_stack = None;
        self.recording = 0;
        self.series = None;
        self.ended.clear();
    }

    /// Something other than a sleep has happened.
    pub(crate) fn end_series(&mut self) {
        self.ended.extend(self.series.take());
    }

    /// A sleep of `nanos`, 0 for a wait for the GC just before one; `helper` as in [`Series`].
    pub(crate) fn sleep(&mut self, function: u32, (go, range): (GoroutineIdx, TimeRange), nanos: u64, helper: bool) {
        if self.series.is_some_and(|series| series.function != function) {
            self.end_series();
        }
        let new = Series { function, go, range, looks: 0, count: 0, nanos: 0, helper };
        let series = self.series.get_or_insert(new);
        series.looks += 1;
        series.count += u64::from(nanos > 0);
        series.nanos += nanos;
        series.range = TimeRange::new(series.range.start, range.end);
    }

    /// Takes in what goes on next.
    pub(crate) fn add(&mut self, range: TimeRange, class: SpanClass) {
        self.add_part(range, class, range.nanos().unsigned_abs());
    }

    /// The same, of which only so many nanoseconds count as of its class.
    pub(crate) fn add_part(&mut self, range: TimeRange, class: SpanClass, nanos: u64) {
        let start = self.range.map_or(range.start, |known| known.start);
        self.range = Some(TimeRange::new(start, range.end));
        if let Some(sum) = self.nanos.get_mut(class as usize) {
            *sum += nanos;
        }
    }

    /// Whether most of it recorded or served traces and profiles: not the program's own work.
    pub(crate) fn is_recording(&self) -> bool {
        self.recording * 2 > self.nanos.iter().sum::<u64>()
    }

    /// Notes a stack seen in it, in a state that lasted `nanos`.
    pub(crate) fn see(&mut self, places: &Places<'_>, stack: StackId, nanos: u64) {
        if places.is_recording(stack) {
            self.recording += nanos;
        }
        // What reads bytes for a library does not tell what the unit is about.
        if self.own_stack.is_none() && stack.is_some() && places.has_own(stack) && !places.is_reader(stack) {
            self.own_stack = Some(stack);
        }
    }

    /// Notes a system call, of which only so many nanoseconds count.
    pub(crate) fn syscall(&mut self, stack: StackId, (go, range): (GoroutineIdx, TimeRange), nanos: u64) {
        self.syscalls.entry(stack).or_default().add_part(go, range, nanos);
    }
}

/// A unit as an example: who, when, and its waits.
pub type Example = (GoroutineIdx, TimeRange, Vec<(StackId, TimeRange)>);

/// Waits one after the other in units of a family.
#[derive(Clone, Debug, Default)]
pub struct Serial {
    /// Units that consist of them.
    pub units: u64,
    /// Waits in all.
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
        self.examples.sort_by_key(|example| (std::cmp::Reverse(example.1.nanos()), example.0, example.1.start));
        self.examples.truncate(EXAMPLES);
    }
}

/// Sleeps at one place in units of a family.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sleeps {
    /// All of them.
    pub place_time: PlaceTime,
    /// Units in which they happen.
    pub units: u64,
    /// Where.
    pub stack: StackId,
    /// Series of several one after the other without any effect in between.
    pub series: u64,
    /// Sleeps in them; the longest is the longest series.
    pub polls: PlaceTime,
    /// Single sleeps.
    pub singles: PlaceTime,
    /// Of these, those after the creation of a goroutine that had ended before the sleep did.
    pub helped: PlaceTime,
}

/// Units about the same.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// How many.
    pub units: u64,
    /// How many with beginning and end inside the trace.
    pub bounded: u64,
    /// Goroutines.
    pub gos: u64,
    last_go: Option<GoroutineIdx>,
    /// Nanoseconds in all.
    pub nanos: u64,
    /// Nanoseconds by class.
    pub by_class: [u64; SpanClass::COUNT],
    /// A stack of one of them, for its name.
    pub stack: StackId,
    /// The longest.
    pub longest: Option<(GoroutineIdx, TimeRange)>,
    /// The longest ones, at most [`KEPT`].
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
        self.shrink_units(2 * KEPT);
        parts::add(&mut self.parts, unit, range, places);
        self.add_sleeps(unit, places);
        self.add_serial(unit, (go, range), places, created);
    }

    fn shrink_units(&mut self, limit: usize) {
        if self.longest_units.len() > limit {
            self.longest_units.sort_by_key(|&(go, range)| (std::cmp::Reverse(range.nanos()), range.start, go));
            self.longest_units.truncate(KEPT);
        }
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
            if places.is_for_client(wait.stack) || places.is_limiter(wait.stack) {
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
        self.shrink_units(KEPT);
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

/// Whether nobody but the clock ended a wait: a sleep, or a timer's channel that the program itself waited for.
pub(crate) fn is_timed(places: &Places<'_>, wait: &Wait) -> bool {
    let op = places.op(wait.stack);
    let is_timer = matches!(op, Op::Receive | Op::Select) && wait.waker.is_none() && !wait.is_cut;
    op == Op::Sleep || (is_timer && places.is_direct(wait.stack))
}
