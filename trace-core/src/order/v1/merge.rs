//! The streams of all procs into one: the earliest event goes next of those whose goroutine has come to
//! the state and the sequence number that the event needs.

use rustc_hash::FxHashMap;

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::base::warning::WarningKind;
use crate::order::v1::plan::{Plan, Planner};
use crate::order::v1::streams::Stream;
use crate::order::v1::streams::streams;
use crate::order::v1::style::Style;
use crate::order::{FEW_THREADS, is_too_much};
use crate::wire::v1::cursor::{Event, Faults, leaves};
use crate::wire::v1::recording::Recording;
use crate::wire::v1::spec;
use crate::wire::v2::tables::Report;

/// How many events go by between two looks at the monitor.
const EVENTS_PER_LOOK: usize = 1 << 14;

/// A goroutine's state, as far as the order depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Dead,
    Runnable,
    Running,
    Waiting,
}

/// Who must be in which state for an event to come next, and what it changes.
#[derive(Clone, Copy, Debug)]
struct Gate {
    who: Actor,
    /// The sequence number needed; any, if there is none.
    seq: Option<u64>,
    status: Status,
    next: Status,
    /// Whether the sequence number goes up.
    counts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Actor {
    Go(u64),
    Collector,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    seq: u64,
    status: Status,
    /// Ticks that the clock had reached by its last event.
    clock: i64,
}

impl Default for Known {
    fn default() -> Self {
        Self { seq: 0, status: Status::default(), clock: i64::MIN }
    }
}

impl Gate {
    const fn new(go: u64, seq: Option<u64>, status: Status, next: Status, counts: bool) -> Self {
        Self { who: Actor::Go(go), seq, status, next, counts }
    }

    /// The gate of an event; `None` if it may come any time.
    const fn of(event: &Event) -> Option<Self> {
        use Status::{Dead, Runnable, Running, Waiting};
        let [first, second, _] = event.args;
        Some(match event.kind {
            spec::GO_CREATE => Self::new(first, Some(0), Dead, Runnable, true),
            spec::GO_WAITING | spec::GO_IN_SYSCALL => Self::new(event.go, Some(1), Runnable, Waiting, true),
            spec::GO_START | spec::GO_START_LABEL => Self::new(event.go, Some(second), Runnable, Running, true),
            spec::GO_START_LOCAL => Self::new(event.go, None, Runnable, Running, true),
            spec::GO_UNBLOCK | spec::SYSCALL_EXIT => Self::new(first, Some(second), Waiting, Runnable, true),
            spec::GO_UNBLOCK_LOCAL | spec::SYSCALL_EXIT_LOCAL => Self::new(first, None, Waiting, Runnable, true),
            spec::GO_SCHED | spec::GO_PREEMPT => Self::new(event.go, None, Running, Runnable, false),
            // These two leave their goroutine as it is in the books.
            spec::GO_END | spec::GO_STOP => return None,
            spec::GC_START => Self { who: Actor::Collector, seq: Some(first), status: Dead, next: Dead, counts: true },
            kind if leaves(kind) => Self::new(event.go, None, Running, Waiting, false),
            _ => return None,
        })
    }
}

struct Merge<'a> {
    recording: &'a Recording,
    streams: Vec<(Stream<'a>, Option<Event>)>,
    /// Ticks that the clock had reached by the last event of each stream that has been taken, and by those that must
    /// come before it.
    clocks: Vec<i64>,
    known: FxHashMap<Actor, Known>,
    /// Streams whose next event may come.
    ready: Ready,
    /// Streams whose next event may not come yet, or has not been looked at.
    held: Vec<usize>,
    tries: u64,
    /// Events that claim to be earlier than the clock was at one that must come before them.
    early: Faults,
    out: Planner,
}

/// All events in an order that makes sense.
pub(super) fn merge<'a>(
    recording: &'a Recording,
    style: Style,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<Plan<'a>> {
    let streams = streams(recording);
    let held = (0..streams.len()).collect();
    let mut merge = Merge {
        recording,
        clocks: vec![i64::MIN; streams.len()],
        streams,
        known: FxHashMap::default(),
        ready: Ready::default(),
        held,
        tries: 0,
        early: Faults::default(),
        out: Planner::new(style),
    };
    for (stream, next) in &mut merge.streams {
        *next = stream.next(recording);
    }
    while merge.advance(report) {
        if merge.out.order.len().is_multiple_of(EVENTS_PER_LOOK) && monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
    }
    monitor.add_tries(merge.tries);
    merge.report_times(report);
    Ok(merge.out.finish(recording))
}

/// A heap of (time, stream). Among equal times the choice follows from its exact shape, so it sifts in
/// the manner of Go's reader.
#[derive(Debug, Default)]
struct Ready {
    heap: Vec<(i64, usize)>,
}

impl Ready {
    fn is_less(&self, one: usize, other: usize) -> bool {
        let time = |place: usize| self.heap.get(place).map_or(i64::MAX, |entry| entry.0);
        time(one) < time(other)
    }

    fn push(&mut self, entry: (i64, usize)) {
        let mut place = self.heap.len();
        self.heap.push(entry);
        while place > 0 && self.is_less(place, (place - 1) / 2) {
            self.heap.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    fn pop(&mut self) -> Option<(i64, usize)> {
        let end = self.heap.len().checked_sub(1)?;
        self.heap.swap(0, end);
        let first = self.heap.pop();
        let mut place = 0;
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            let least = if right < end && self.is_less(right, left) { right } else { left };
            if least >= end || !self.is_less(least, place) {
                return first;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }
}

/// Whether an event may come next.
fn is_open(known: &FxHashMap<Actor, Known>, event: &Event) -> bool {
    Gate::of(event).is_none_or(|gate| {
        let known = known.get(&gate.who).copied().unwrap_or_default();
        gate.seq.is_none_or(|seq| seq == known.seq) && gate.status == known.status
    })
}

impl Merge<'_> {
    /// Takes one event; `false` at the end.
    fn advance(&mut self, report: &mut Report<'_>) -> bool {
        let mut at = 0;
        let most = self.most_held();
        while let Some(&place) = self.held.get(at).filter(|_| at < most) {
            self.tries += 1;
            match self.streams.get(place).and_then(|(_, next)| next.as_ref()) {
                Some(event) if is_open(&self.known, event) => self.ready.push((event.time, place)),
                Some(_) => {
                    at += 1;
                    continue;
                }
                None => {}
            }
            // The last one comes here, as in Go's reader: that decides between equal times.
            self.held.swap_remove(at);
        }
        let place = match self.ready.pop() {
            Some((_, place)) => place,
            None => match self.force(report) {
                Some(place) => place,
                None => return false,
            },
        };
        let Some((stream, next)) = self.streams.get_mut(place) else { return false };
        let event = std::mem::replace(next, stream.next(self.recording));
        self.held.push(place);
        if let Some(event) = event {
            self.take(place, event, report);
        }
        true
    }

    /// How many of the held streams are looked at.
    fn most_held(&self) -> usize {
        if is_too_much(self.tries, self.out.order.len() as u64) { FEW_THREADS } else { usize::MAX }
    }

    /// Nothing may come: the earliest event comes all the same.
    #[cold]
    fn force(&mut self, report: &mut Report<'_>) -> Option<usize> {
        let time = |&place: &usize| self.streams.get(place).and_then(|(_, next)| Some(next.as_ref()?.time));
        let most = self.held.len().min(self.most_held());
        self.tries += most as u64;
        let index = (0..most).min_by_key(|&index| self.held.get(index).and_then(time))?;
        let place = self.held.swap_remove(index);
        let at = self.streams.get(place).and_then(|(_, next)| Some(next.as_ref()?.offset)).unwrap_or(0);
        let what = "no event can be next by the rules; the earliest was taken";
        report(WarningKind::BrokenOrder, what.to_owned(), at);
        Some(place)
    }

    fn take(&mut self, place: usize, mut event: Event, report: &mut Report<'_>) {
        let mut clock = self.clocks.get(place).copied().unwrap_or(i64::MIN);
        let mut known = None;
        if let Some(gate) = Gate::of(&event) {
            if !is_open(&self.known, &event) {
                // Another event has shut the gate since, or it was forced.
                report_shut(&event, report);
            }
            let entry = self.known.entry(gate.who).or_default();
            if let Some(seq) = gate.seq {
                entry.seq = seq;
            }
            entry.seq = entry.seq.wrapping_add(u64::from(gate.counts));
            entry.status = gate.next;
            clock = clock.max(entry.clock);
            known = Some(entry);
        }
        // An earlier time than that of another event is no fault if that one, written fast, was ahead of the clock.
        if event.time < clock {
            self.early.add(event.offset);
        }
        clock = clock.max(event.clock);
        if let Some(entry) = known {
            entry.clock = clock;
        }
        if let Some(last) = self.clocks.get_mut(place) {
            *last = clock;
        }
        self.out.add(place, &mut event);
    }

    fn report_times(&self, report: &mut Report<'_>) {
        let moved = self.streams.iter().fold(self.early, |faults, (stream, _)| match stream {
            Stream::Proc(cursor) => faults.and(cursor.late()),
            Stream::Samples(_) => faults,
        });
        if moved.count > 0 {
            let what = format!("the times of {} events contradict the order of events; they were moved", moved.count);
            report(WarningKind::Clock, what, moved.offset);
        }
        let strays = self.out.strays;
        if strays.count > 0 {
            let count = strays.count;
            let what = format!("{count} returns from system calls have impossible times; they are shown late");
            report(WarningKind::Clock, what, strays.offset);
        }
    }
}

#[cold]
fn report_shut(event: &Event, report: &mut Report<'_>) {
    let what = format!("an event of kind {} comes when its goroutine is not ready for it", event.kind);
    report(WarningKind::BadEvent, what, event.offset);
}
