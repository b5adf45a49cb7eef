//! How long those who end the waits at a place had passed it themselves: what a place in a semaphore, a pool or
//! behind a channel used as a lock is held for.

use crate::analysis::blocked_by::Blocked;
use crate::analysis::findings::context::Context;
use crate::base::ids::GoroutineIdx;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// How far back in a goroutine's spans its own wait at the place is looked for.
const BACK: usize = 64;

/// Fewer waits say nothing of who ends them.
const FEWEST: usize = 20;

/// What is known of the holders of a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holds {
    /// From the end of the holder's own wait to its release.
    list: Vec<(GoroutineIdx, TimeRange)>,
    /// Waits that were looked into.
    looked: usize,
    /// The median of these, nanoseconds.
    wait: i64,
    /// From when on until when there were such waits, nanoseconds.
    elapsed: i64,
    /// All waits there are.
    count: u64,
}

impl Holds {
    pub(crate) fn of(context: &Context<'_>, wait: &Blocked) -> Self {
        let own = context.places.own_function(wait.stack);
        let mut holds = Self { count: wait.count, ..Self::default() };
        let mut waits: Vec<i64> = Vec::new();
        for one in &wait.longest {
            let Some(waker) = one.waker else { continue };
            waits.push(one.range.nanos());
            let mut span = context.trace.span_at(LaneId::Goroutine(waker), one.range.end);
            for _ in 0..BACK {
                let Some(found) = span else { break };
                let is_here = found.state == GoState::Waiting
                    && found.range.end <= one.range.end
                    && context.places.op(found.start_stack) == wait.op
                    && context.places.own_function(found.start_stack) == own;
                if is_here {
                    holds.list.push((waker, TimeRange::new(found.range.end, one.range.end)));
                    break;
                }
                span = context.trace.prev_span(found.at);
            }
        }
        let woken = || wait.longest.iter().filter(|one| one.waker.is_some()).map(|one| one.range);
        let (first, last) = (woken().map(|range| range.start).min(), woken().map(|range| range.end).max());
        holds.elapsed = last.zip(first).map_or(0, |(last, first)| last.nanos_since(first));
        holds.looked = waits.len();
        holds.wait = median(&mut waits);
        holds
    }

    /// Whether nothing is held: those who pass the place let the next one pass at once. So it is in a ring or a
    /// pipeline, where all are stuck behind something further on. (Under a fiftieth of the waits, nobody waits
    /// for what is done in between; unless many wait for few places, which are in use for a good part of the time.)
    pub(crate) fn is_handed_on(&self) -> bool {
        let mut held: Vec<i64> = self.list.iter().map(|hold| hold.1.nanos()).collect();
        let known: f64 = held.iter().map(|nanos| *nanos as f64).sum();
        let in_use = known * self.count as f64 / self.looked.max(1) as f64;
        held.len() * 2 >= self.looked && median(&mut held) * 50 < self.wait && in_use * 4.0 < self.elapsed as f64
    }

    /// Whether next to none of those who end the waits ever waited there themselves: they have nothing that they give back.
    pub(crate) fn is_by_strangers(&self) -> bool {
        self.looked >= FEWEST && self.list.len() * 10 < self.looked
    }

    /// Whether never two held it at once, as far as is known; `false` if too few are known (four fifths).
    pub(crate) fn is_exclusive(&self) -> bool {
        let mut list = self.list.clone();
        list.sort_unstable_by_key(|hold| (hold.1.start, hold.1.end));
        list.dedup();
        let is_known = self.list.len() as u64 * 5 >= self.count * 4;
        let overlap = list.windows(2).any(|pair| match pair {
            [(one, first), (other, second)] => one != other && second.start < first.end,
            _ => false,
        });
        is_known && !overlap
    }
}

fn median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}
