//! What the merge has found, kept small: old traces take three bytes an event, so the events are not kept
//! but read a second time, in the order found.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::order::v1::streams::{Stream, streams};
use crate::order::v1::style::Style;
use crate::wire::v1::cursor::{Event, Faults};
use crate::wire::v1::recording::Recording;
use crate::wire::v1::spec;

/// A return from a system call at its true time. It is told when the goroutine runs again, but carries the
/// time of the return.
#[derive(Clone, Copy, Debug)]
struct Exit {
    time: i64,
    go: u64,
    /// Which one it is in the order of the merge, counted from 0.
    number: usize,
    /// Its true time is later than that of the event, which clocks that differ make possible.
    is_later: bool,
}

#[derive(Debug)]
pub(super) struct Planner {
    style: Style,
    /// The stream of each event.
    pub(super) order: Vec<u32>,
    last_time: i64,
    /// Returns from system calls whose true times cannot be.
    pub(super) strays: Faults,
    /// Since when goroutines are in system calls that have given up their proc, and what the clock had reached then.
    blocked: FxHashMap<u64, (i64, i64)>,
    exits: Vec<Exit>,
    exit_count: usize,
    /// By number of the system call: whether it gives up its proc.
    blocking: Vec<bool>,
    /// System calls whose goroutine has had no event since.
    undecided: FxHashMap<u64, usize>,
}

impl Planner {
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            order: Vec::new(),
            last_time: i64::MIN,
            strays: Faults::default(),
            blocked: FxHashMap::default(),
            exits: Vec::new(),
            exit_count: 0,
            blocking: Vec::new(),
            undecided: FxHashMap::default(),
        }
    }

    /// Notes the next event, which comes from stream `place`.
    pub(super) fn add(&mut self, place: usize, event: &mut Event) {
        self.order.push(u32::try_from(place).unwrap_or(u32::MAX));
        self.last_time = self.last_time.max(event.time);
        event.time = self.last_time;
        plain_form(event);
        self.decide(event);
        match event.kind {
            spec::SYSCALL_BLOCK | spec::GO_IN_SYSCALL => {
                self.blocked.insert(event.go, (event.time, event.clock));
            }
            spec::SYSCALL_EXIT => self.exit(event),
            _ => {}
        }
    }

    /// A system call gives up its proc if that is the next that its goroutine does.
    fn decide(&mut self, event: &Event) {
        // A sample tells nothing of the call. Go's reader takes it for an event like any other, though.
        if event.kind == spec::CPU_SAMPLE && self.style == Style::Model {
            return;
        }
        if !self.undecided.is_empty()
            && let Some(call) = self.undecided.remove(&event.go)
            && let Some(blocking) = self.blocking.get_mut(call)
        {
            *blocking = event.kind == spec::SYSCALL_BLOCK;
        }
        if event.kind == spec::SYSCALL {
            self.undecided.insert(event.go, self.blocking.len());
            self.blocking.push(false);
        }
    }

    fn exit(&mut self, event: &Event) {
        let number = self.exit_count;
        self.exit_count += 1;
        let time = event.args[2].cast_signed();
        if time == 0 || time == event.time {
            return;
        }
        match self.blocked.get(&event.go) {
            Some(&(since, clock)) if clock <= time => {
                let time = time.max(since);
                self.exits.push(Exit { time, go: event.go, number, is_later: time > event.time });
            }
            _ => self.strays.add(event.offset),
        }
    }

    pub(super) fn finish(mut self, recording: &Recording) -> Plan<'_> {
        let end = self.last_time;
        self.exits.retain(|exit| exit.time <= end);
        let mut moved = vec![false; self.exit_count];
        for exit in &self.exits {
            if let Some(moved) = moved.get_mut(exit.number) {
                *moved = true;
            }
        }
        // Stable: those of the same time keep their order.
        self.exits.sort_by_key(|exit| exit.time);
        let streams = streams(recording);
        Plan {
            recording,
            last_times: vec![i64::MIN; streams.len()],
            gaps: Vec::new(),
            streams,
            order: self.order.into_iter(),
            exits: self.exits.into_iter().peekable(),
            moved,
            exit_count: 0,
            blocking: self.blocking.into_iter(),
            nanos_per_tick: nanos_per_tick(recording.frequency),
            first_time: None,
            last_time: i64::MIN,
            next: None,
        }
    }
}

/// The local forms of events matter for their order only.
fn plain_form(event: &mut Event) {
    event.kind = match event.kind {
        spec::GO_START_LOCAL => spec::GO_START,
        spec::GO_UNBLOCK_LOCAL => spec::GO_UNBLOCK,
        spec::SYSCALL_EXIT_LOCAL => {
            // Its time is the second argument, that of the other form the third.
            event.args[2] = event.args[1];
            spec::SYSCALL_EXIT
        }
        kind => kind,
    };
    if event.kind == spec::SYSCALL_EXIT {
        event.go = event.args[0];
    }
}

#[expect(clippy::cast_precision_loss, reason = "the reference computes in f64 too")]
fn nanos_per_tick(frequency: u64) -> f64 {
    1e9 / frequency as f64
}

/// All events in order, read once more. Times are ns since the first event, and do not fall. With each
/// event comes whether it is a system call that gives up its proc.
pub(super) struct Plan<'a> {
    recording: &'a Recording,
    streams: Vec<(Stream<'a>, Option<Event>)>,
    order: std::vec::IntoIter<u32>,
    exits: std::iter::Peekable<std::vec::IntoIter<Exit>>,
    /// By number: whether a return from a system call is among `exits`.
    moved: Vec<bool>,
    exit_count: usize,
    blocking: std::vec::IntoIter<bool>,
    nanos_per_tick: f64,
    first_time: Option<i64>,
    last_time: i64,
    /// Read already; returns from system calls may come before it.
    next: Option<Event>,
    /// Ticks of the last event of each stream.
    last_times: Vec<i64>,
    gaps: Vec<Gap>,
}

/// Events of a proc that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub(super) proc: i32,
    /// Offsets in the input.
    pub(super) bytes: Range<u64>,
    /// Time of the proc's last event before, ns since the first event.
    pub(super) since: i64,
    /// Time of its next one, if there is one.
    pub(super) until: Option<i64>,
}

impl Plan<'_> {
    /// What has been found to be lost since the last call.
    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }

    /// Looks whether bytes could not be read before the event of a stream at `until`, or at its end.
    fn look_for_gap(&mut self, place: usize, until: Option<i64>) {
        let Some((Stream::Proc(cursor), _)) = self.streams.get_mut(place) else { return };
        let (proc, Some(bytes)) = (cursor.proc(), cursor.take_gap()) else { return };
        let first = self.first_time.or(until).unwrap_or(0);
        let last = self.last_times.get(place).copied().unwrap_or(first).max(first);
        let since = self.nanos(last.wrapping_sub(first));
        let until = until.map(|until| self.nanos(until.wrapping_sub(first)));
        self.gaps.push(Gap { proc, bytes, since, until });
    }

    /// The next event that stays where it is.
    fn read(&mut self) -> Option<Event> {
        loop {
            let Some(place) = self.order.next() else {
                for place in 0..self.streams.len() {
                    if let Some((stream, _)) = self.streams.get_mut(place) {
                        stream.next(self.recording);
                    }
                    self.look_for_gap(place, None);
                }
                self.streams.clear();
                return None;
            };
            let (stream, _) = self.streams.get_mut(place as usize)?;
            let mut event = stream.next(self.recording)?;
            self.look_for_gap(place as usize, Some(event.time));
            if let Some(last) = self.last_times.get_mut(place as usize) {
                *last = event.time;
            }
            self.last_time = self.last_time.max(event.time);
            event.time = self.last_time;
            plain_form(&mut event);
            if event.kind == spec::SYSCALL_EXIT {
                let number = self.exit_count;
                self.exit_count += 1;
                if self.moved.get(number).copied().unwrap_or(false) {
                    continue;
                }
            }
            return Some(event);
        }
    }

    fn next_in_ticks(&mut self) -> Option<Event> {
        if self.next.is_none() {
            self.next = self.read();
        }
        let due = self.next.as_ref().map(|event| event.time);
        let is_before = |exit: &Exit| due.is_none_or(|due| exit.time < due || (exit.time == due && exit.is_later));
        match self.exits.next_if(is_before) {
            Some(Exit { time, go, .. }) => {
                let (kind, args) = (spec::SYSCALL_EXIT, [go, 0, 0]);
                Some(Event { time, go, args, stack: 0, proc: -1, kind, offset: 0, clock: time })
            }
            None => self.next.take(),
        }
    }

    /// Exactly as Go's reader computes it.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the reference computes in f64 too"
    )]
    fn nanos(&self, ticks: i64) -> i64 {
        (ticks as f64 * self.nanos_per_tick) as i64
    }
}

impl Iterator for Plan<'_> {
    type Item = (Event, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let mut event = self.next_in_ticks()?;
        let first = *self.first_time.get_or_insert(event.time);
        event.time = self.nanos(event.time.wrapping_sub(first));
        let is_blocking = event.kind == spec::SYSCALL && self.blocking.next().unwrap_or(false);
        Some((event, is_blocking))
    }
}
