//! Walks the events of one thread through its batches of one generation.

use crate::input::cursor::uvarint;
use crate::wire::v2::generation::{BatchRef, Generation};
use crate::wire::v2::spec::{NOT_TIMED, Shape};
use crate::wire::v2::tables::Clock;

/// An event as the wire has it, its time made absolute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawEvent {
    /// ns on the trace clock.
    pub time: i64,
    /// Arguments without the time.
    pub args: [u64; 4],
    /// The event's code in the wire format.
    pub code: u8,
}

/// What came of an attempt to read an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// An event was decoded and stands ready.
    Event,
    /// The thread has no more.
    End,
    /// A batch of the thread is lost; ask again for the next one.
    Lost,
    /// The next batch begins so many ns before the thread is known to have been at the end of the one before, which
    /// no clock of Go's runtime does; ask again.
    Back(i64),
    /// The batch cannot be read on: an unknown event code (given), or a number cut short (`None`). The
    /// rest of the batch is left out; ask again for the next one.
    Bad(Option<u8>),
}

/// The place of one thread in its batches.
///
/// A thread's clock may legally go back where a batch begins. The runtime gives each event of a batch a time of its
/// own: where the clock has not moved since the event before, it takes the next tick, so a thread that writes fast (the
/// states of thousands of goroutines at once) is ahead of the clock. A new batch begins with what the clock says, or
/// with the tick behind the last event of whichever batch its buffer held before, if that is later (`refill` in
/// `runtime/tracebuf.go`). But an event more than one tick behind the one before has the time that the clock said, and
/// the clock itself does not go back: no later batch of the thread begins before that.
#[derive(Clone, Debug)]
pub struct ThreadCursor<'a> {
    /// Indices of its batches in the generation, in file order.
    batches: &'a [u32],
    next_batch: usize,
    payload: &'a [u8],
    pos: usize,
    last_time: i64,
    /// Time of the last event that has the time the clock said.
    clock_time: i64,
}

impl<'a> ThreadCursor<'a> {
    /// Before the first event. `batches`: which of the generation's batches of events are the thread's, in file order.
    #[must_use]
    pub const fn new(batches: &'a [u32]) -> Self {
        Self { batches, next_batch: 0, payload: &[], pos: 0, last_time: 0, clock_time: i64::MIN }
    }

    /// The batch in work and the place inside its payload; `None` before the first event.
    #[must_use]
    pub fn place(&self, generation: &Generation) -> Option<(BatchRef, usize)> {
        let &batch = self.batches.get(self.next_batch.checked_sub(1)?)?;
        Some((*generation.events.get(batch as usize)?, self.pos))
    }

    /// Reads the next event into `event`.
    #[inline(always)]
    pub fn next(&mut self, generation: &'a Generation, clock: Clock, event: &mut RawEvent) -> Next {
        if self.pos >= self.payload.len()
            && let Some(next) = self.next_payload(generation, clock)
        {
            return next;
        }
        let mut rest = self.payload.get(self.pos..).unwrap_or_default();
        let Some((&code, after)) = rest.split_first() else { return Next::End };
        rest = after;
        let shape = Shape::of(code);
        if shape.args == NOT_TIMED {
            self.pos = self.payload.len();
            return Next::Bad(Some(code));
        }
        let Some((ticks, args)) = numbers(&mut rest, shape.args) else {
            self.pos = self.payload.len();
            return Next::Bad(None);
        };
        self.pos = self.payload.len() - rest.len();
        self.last_time = self.last_time.wrapping_add(clock.nanos(ticks));
        if ticks > 1 {
            self.clock_time = self.last_time;
        }
        *event = RawEvent { time: self.last_time, args, code };
        Next::Event
    }

    /// Goes on to the next batch that has bytes; `None` if there is one, and nothing is to be told about it.
    #[inline(never)]
    fn next_payload(&mut self, generation: &'a Generation, clock: Clock) -> Option<Next> {
        while self.pos >= self.payload.len() {
            let Some(&batch) =
                self.batches.get(self.next_batch).and_then(|&batch| generation.events.get(batch as usize))
            else {
                return Some(Next::End);
            };
            self.next_batch += 1;
            self.payload = generation.payload(batch);
            self.pos = 0;
            self.last_time = clock.nanos(batch.ticks);
            if self.payload.is_empty() && generation.lost_bytes(batch).is_some() {
                return Some(Next::Lost);
            }
            if self.last_time < self.clock_time {
                let back = self.clock_time.saturating_sub(self.last_time);
                // Told once: what follows is measured by the new clock.
                self.clock_time = i64::MIN;
                return Some(Next::Back(back));
            }
        }
        None
    }
}

/// Ticks and so many arguments (at most four; the others are 0); `None` if the bytes end before, or a number is too
/// large. One by one, so that they need not be in memory.
#[inline(always)]
fn numbers(rest: &mut &[u8], count: u8) -> Option<(u64, [u64; 4])> {
    let ticks = number(rest)?;
    let (mut a, mut b, mut c, mut d) = (0, 0, 0, 0);
    if count > 0 {
        a = number(rest)?;
        if count > 1 {
            b = number(rest)?;
            if count > 2 {
                c = number(rest)?;
                if count > 3 {
                    d = number(rest)?;
                }
            }
        }
    }
    Some((ticks, [a, b, c, d]))
}

#[inline(always)]
fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, len) = uvarint(rest)?;
    *rest = rest.get(len..)?;
    Some(number)
}
