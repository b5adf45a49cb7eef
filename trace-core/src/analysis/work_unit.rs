//! One unit of work while it goes on: what lies between two idle waits.

use rustc_hash::FxHashMap;

use crate::analysis::place_time::{PlaceTime, Wait};
use crate::analysis::places::{Op, Places};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;

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
    pub(super) series: Option<Series>,
    pub(super) ended: Vec<Series>,
}

/// Sleeps of one function, one after the other, between which their goroutine neither waited for anything
/// else (locks aside) nor woke or created anybody: it looked, saw nothing, and slept again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    pub(super) function: u32,
    pub(super) go: GoroutineIdx,
    pub(super) range: TimeRange,
    /// Sleeps, and waits for the GC on the way to one.
    pub(super) looks: u64,
    pub(super) count: u64,
    pub(super) nanos: u64,
    /// Just before, a goroutine was created that ended during the first sleep.
    pub(super) helper: bool,
}

/// Whether the program itself waits for what a library's own goroutine hands over: the answer to a call on a connection
/// that the library reads, such as a `net/rpc` call's `Done`.
pub(crate) fn is_answer(places: &Places<'_>, wait: &Wait) -> bool {
    let is_channel = matches!(places.op(wait.stack), Op::Receive | Op::Select);
    is_channel && places.is_direct(wait.stack) && wait.waker.is_some() && places.is_of_library(wait.waker_stack)
}

impl WorkUnit {
    /// The first one of a goroutine.
    pub(crate) fn begin(&mut self, has_begin: bool) {
        self.restart();
        (self.has_begin, self.is_first) = (has_begin, true);
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

/// Whether nobody but the clock ended a wait: a sleep, or a timer's channel that the program itself waited for.
pub(crate) fn is_timed(places: &Places<'_>, wait: &Wait) -> bool {
    let op = places.op(wait.stack);
    let is_timer = matches!(op, Op::Receive | Op::Select) && wait.waker.is_none() && !wait.is_cut;
    op == Op::Sleep || (is_timer && places.is_direct(wait.stack))
}
