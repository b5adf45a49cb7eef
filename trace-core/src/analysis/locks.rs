//! Probable locks. A trace does not say which lock a goroutine waits for; it says where it waits, who ends the wait,
//! and where. Lines that lock and lines that unlock are taken for the same lock when one of them ended a wait at the
//! other, and who holds it when follows from the hand-overs. All of it is inferred, and says how surely.
//!
//! ```text
//! g1  ──wait──●══════ holds ══════●──          ● a wake-up: g1 unlocks, g2's wait ends
//! g2     ──────────wait───────────●═══ holds ══●──
//! g3              ────────────wait─────────────●═══ …
//! ```

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::places::{Op, Place, Places};
use crate::analysis::prior::is_prior;
use crate::analysis::scope::ScopeRanges;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Holds that are kept of each lock, the longest.
const KEPT: usize = 64;
/// Waiters at once from which on a queue is a convoy: with two, each waits for one other only.
const CONVOY: u32 = 3;

/// A line of the program that locks or unlocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The line of the program.
    pub place: Place,
    /// What it does there.
    pub op: Op,
    /// Waits there, or waits ended from there.
    pub count: u64,
    /// How long these waits took in all.
    pub nanos: Nanos,
    /// A stack that leads there.
    pub stack: StackId,
}

/// A stretch in which somebody probably held the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The goroutine that held it.
    pub go: GoroutineIdx,
    /// From the end of the holder's own wait (or, if it did not wait, from when the one it lets go began to) to the
    /// hand-over.
    pub range: TimeRange,
    /// The stack in which it unlocked.
    pub release: StackId,
    /// It began with the holder's own wait, so its beginning is known.
    pub is_known: bool,
}

/// How long readers and writers of an `RWMutex` hold each other up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadersAndWriters {
    /// Of readers that waited for a writer to finish.
    pub readers: Nanos,
    /// Of writers that waited for readers to finish.
    pub writers: Nanos,
    /// The longest wait of a writer.
    pub longest_writer: Nanos,
    /// Waits of readers during which a writer waited, too: they queued behind one that had not even begun.
    pub behind_waiting: Nanos,
}

/// A lock that the program probably has.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// Lines that lock it, most waiting first.
    pub acquired: Vec<Site>,
    /// Lines that unlock it.
    pub released: Vec<Site>,
    /// How many waits for it there were.
    pub count: u64,
    /// How long these took in all.
    pub nanos: Nanos,
    /// Of these waits, those that began before the trace: without a stack, so that they are at none of the lines
    /// in `acquired`.
    pub prior: u64,
    /// How long the waits of `prior` took in all.
    pub prior_time: Nanos,
    /// The longest wait for it.
    pub max: Nanos,
    /// The longest wait, and whose.
    pub longest_wait: (GoroutineIdx, TimeRange),
    /// How many goroutines waited for it.
    pub gos: u64,
    /// Most waiters at once.
    pub most_waiting: u32,
    /// How long `CONVOY` or more waited at once.
    pub convoy: Nanos,
    /// The longest stretch in which the queue never ran empty.
    pub longest_queue: TimeRange,
    /// Holds whose both ends are known.
    pub holds: u64,
    /// How long it was held in all.
    pub held: Nanos,
    /// The longest of them.
    pub longest_holds: Vec<Hold>,
    /// Most that seemed to hold it at once: more than one are several locks of the same code (or readers).
    pub at_once: u32,
    /// Readers and writers apart; `None` if it is no `RWMutex`.
    pub rw: Option<ReadersAndWriters>,
    /// 0 to 1: how sure that this is one lock, and who held it.
    pub confidence: f64,
}

/// One wait for a lock.
#[derive(Clone, Copy)]
struct Wait {
    go: GoroutineIdx,
    range: TimeRange,
    stack: StackId,
    waker: Option<GoroutineIdx>,
    waker_stack: StackId,
    /// It began before the trace, and so has no stack.
    is_prior: bool,
}

impl Wait {
    /// The line by which its lock is known: where it waits, or where it was woken.
    const fn line(&self) -> StackId {
        if self.is_prior { self.waker_stack } else { self.stack }
    }
}

/// The locks for which goroutines of a scope waited, most waiting first. `None` if cancelled.
#[must_use]
pub fn locks(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Vec<Lock>> {
    let places = Places::new(trace);
    let mut waits: Vec<Wait> = (0..pieces.len())
        .into_par_iter()
        .filter(|_| !monitor.is_cancelled())
        .filter_map(|at| pieces.nth(at))
        .flat_map_iter(|(go, ranges)| ranges.iter().flat_map(move |range| waits_of(trace, go, *range)))
        .filter(|wait| if wait.is_prior { is_unlock(&places, wait) } else { places.op(wait.stack).is_lock() })
        .filter(|wait| places.near_function(wait.line()).is_some())
        .collect();
    if monitor.is_cancelled() {
        return None;
    }
    waits.sort_unstable_by_key(|wait| (wait.range.end, wait.go));
    let mut found: Vec<Lock> = groups(trace, &places, &waits).iter().map(|of| lock(&places, of)).collect();
    found.sort_by_key(|lock| (std::cmp::Reverse(lock.nanos), lock.longest_wait.1.start));
    Some(found)
}

/// The waits of a goroutine that touch a stretch, cut to it.
fn waits_of(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> impl Iterator<Item = Wait> + '_ {
    let is_own = trace.goroutine_name(go).is_some_and(|(_, name)| !is_system_function(trace.str(name)));
    let mut moves = trace.transitions(go, TimeRange::new(range.start, range.end.plus_nanos(1))).peekable();
    std::iter::from_fn(move || {
        let found = moves.next()?;
        let next = moves.peek().filter(|next| next.span.range.start == found.span.range.end);
        let (waker, waker_stack) = match next.map(|next| (next.by, next.by_stack)) {
            Some((Some(LaneId::Goroutine(waker)), stack)) if waker != go => (Some(waker), stack),
            _ => (None, StackId::NONE),
        };
        let (span, part) = (found.span, found.span.range.intersect(range));
        let is_wait = span.state == GoState::Waiting && part.nanos() > 0;
        let (stack, is_prior) = (span.start_stack, is_prior(&span));
        Some(is_wait.then_some(Wait { go, range: part, stack, waker, waker_stack, is_prior }))
    })
    .flatten()
    .take_while(move |_| is_own)
}

/// Lines of the program by a number.
struct Lines<'a> {
    places: &'a Places<'a>,
    numbers: FxHashMap<Place, usize>,
    by_stack: FxHashMap<StackId, usize>,
    /// For each line the one that stands for its lock.
    joined: Vec<usize>,
}

impl Lines<'_> {
    fn number(&mut self, stack: StackId) -> Option<usize> {
        if let Some(known) = self.by_stack.get(&stack) {
            return Some(*known);
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(self.places.near(stack)?).or_insert(next);
        if number == self.joined.len() {
            self.joined.push(number);
        }
        self.by_stack.insert(stack, number);
        Some(number)
    }

    fn root(&self, mut line: usize) -> usize {
        while let Some(&above) = self.joined.get(line).filter(|above| **above != line) {
            line = above;
        }
        line
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(mark) = self.joined.get_mut(one.max(other)) {
            *mark = one.min(other);
        }
    }
}

/// Waits by lock: lines are joined where one ends waits at the other by unlocking.
fn groups(trace: &Trace, places: &Places<'_>, waits: &[Wait]) -> Vec<Vec<Wait>> {
    let mut lines = Lines { places, numbers: FxHashMap::default(), by_stack: FxHashMap::default(), joined: Vec::new() };
    // Whoever got a lock that it had waited for since before the trace holds it until it first lets go.
    let mut got: FxHashMap<GoroutineIdx, usize> = FxHashMap::default();
    for wait in waits {
        let Some(acquired) = lines.number(wait.line()) else { continue };
        let before = wait.waker.and_then(|waker| got.remove(&waker));
        if let Some(before) = before.filter(|_| wait.is_prior && is_unlock(places, wait)) {
            lines.join(acquired, before);
        }
        if wait.is_prior {
            got.insert(wait.go, acquired);
        }
        if wait.waker.is_some_and(|waker| trace.goroutine(waker).is_some())
            && is_unlock(places, wait)
            && let Some(released) = lines.number(wait.waker_stack)
        {
            lines.join(acquired, released);
        }
    }
    let mut groups: BTreeMap<usize, Vec<Wait>> = BTreeMap::new();
    for wait in waits {
        if let Some(line) = lines.number(wait.line()) {
            groups.entry(lines.root(line)).or_default().push(*wait);
        }
    }
    groups.into_values().collect()
}

/// Whether unlocking ended it.
fn is_unlock(places: &Places<'_>, wait: &Wait) -> bool {
    places.op(wait.waker_stack).is_unlock()
}

fn lock(places: &Places<'_>, waits: &[Wait]) -> Lock {
    let length = |wait: &Wait| wait.range.length();
    let longest = waits.iter().max_by_key(|wait| (wait.range.nanos(), std::cmp::Reverse(wait.range.start)));
    let mut gos: Vec<GoroutineIdx> = waits.iter().map(|wait| wait.go).collect();
    gos.sort_unstable();
    gos.dedup();
    let holds = holds(waits);
    let known: Vec<Hold> = holds.iter().copied().filter(|hold| hold.is_known).collect();
    let (at_once, overlapping) = overlap(&known);
    let held: Nanos = holds.iter().map(|hold| hold.range.length()).sum();
    let queue = queue(waits);
    let all: Nanos = waits.iter().map(length).sum();
    let ended: Nanos = waits.iter().filter(|wait| is_unlock(places, wait)).map(length).sum();
    let prior = || waits.iter().filter(|wait| wait.is_prior);
    let mut longest_holds = holds.clone();
    longest_holds.sort_by_key(|hold| (std::cmp::Reverse(hold.range.nanos()), hold.range.start, hold.go));
    longest_holds.truncate(KEPT);
    let ended_share = ended.as_f64() / all.as_f64().max(1.0);
    let alone_share = 1.0 - overlapping as f64 / held.as_f64().max(1.0);
    Lock {
        acquired: sites(places, waits.iter().map(|wait| (wait.stack, length(wait)))),
        released: sites(
            places,
            waits.iter().filter(|w| w.waker.is_some()).map(|wait| (wait.waker_stack, length(wait))),
        ),
        count: waits.len() as u64,
        nanos: all,
        prior: prior().count() as u64,
        prior_time: prior().map(length).sum(),
        max: longest.map_or(Nanos::ZERO, length),
        longest_wait: longest.map_or((GoroutineIdx::NONE, TimeRange::default()), |wait| (wait.go, wait.range)),
        gos: gos.len() as u64,
        most_waiting: queue.most,
        convoy: queue.convoy,
        longest_queue: queue.longest,
        holds: holds.len() as u64,
        held,
        longest_holds,
        at_once,
        rw: readers_and_writers(places, waits),
        // Waits that no unlocking ended tell nothing of the lock; holds that overlap tell of several.
        confidence: 0.3 + 0.35 * ended_share + 0.3 * ended_share * alone_share.clamp(0.0, 1.0),
    }
}

fn sites(places: &Places<'_>, seen: impl Iterator<Item = (StackId, Nanos)>) -> Vec<Site> {
    let mut sums: FxHashMap<StackId, (u64, Nanos)> = FxHashMap::default();
    for (stack, nanos) in seen {
        let sum = sums.entry(stack).or_default();
        *sum = (sum.0 + 1, sum.1 + nanos);
    }
    let mut by_place: BTreeMap<(Place, Op), Site> = BTreeMap::new();
    for (stack, (count, nanos)) in sums {
        let (Some(place), op) = (places.near(stack), places.op(stack)) else { continue };
        let new = Site { place: place.clone(), op, count: 0, nanos: Nanos::ZERO, stack };
        let site = by_place.entry((place, op)).or_insert(new);
        site.count += count;
        site.nanos += nanos;
        site.stack = site.stack.min(stack);
    }
    let mut sites: Vec<Site> = by_place.into_values().collect();
    sites.sort_by(|a, b| b.nanos.cmp(&a.nanos).then_with(|| a.place.cmp(&b.place)));
    sites
}

/// From the hand-overs: whoever unlocked held it since its own last wait for it ended, or, if it had not waited
/// since it last let go, at least since the one it woke began to wait. Waits by rising end.
fn holds(waits: &[Wait]) -> Vec<Hold> {
    let mut since: FxHashMap<GoroutineIdx, TraceTime> = FxHashMap::default();
    let mut holds: Vec<Hold> = Vec::new();
    for wait in waits {
        if let Some(waker) = wait.waker {
            let known = since.remove(&waker);
            let range = TimeRange::new(known.unwrap_or(wait.range.start), wait.range.end);
            // Waiters that one act of unlocking woke (readers) are one hold.
            let is_same = |last: &&Hold| last.go == waker && known.is_none() && last.range.end >= wait.range.start;
            match holds.last().filter(is_same).copied() {
                Some(_) => {
                    if let Some(last) = holds.last_mut() {
                        last.range.end = wait.range.end;
                    }
                }
                None => holds.push(Hold { go: waker, range, release: wait.waker_stack, is_known: known.is_some() }),
            }
        }
        since.insert(wait.go, wait.range.end);
    }
    holds
}

/// How many of the holds there were at once at most, and the nanoseconds in which there was more than one.
fn overlap(holds: &[Hold]) -> (u32, u64) {
    let mut edges: Vec<(TraceTime, i32)> =
        holds.iter().flat_map(|hold| [(hold.range.start, 1), (hold.range.end, -1)]).collect();
    edges.sort_unstable();
    let (mut now, mut most, mut over, mut before) = (0i32, 0i32, 0u64, TraceTime::MIN);
    for (at, step) in edges {
        if now > 1 {
            over += at.nanos_since(before).unsigned_abs();
        }
        (now, before) = (now + step, at);
        most = most.max(now);
    }
    (most.unsigned_abs(), over)
}

/// How many waited at once.
#[derive(Default)]
struct Queue {
    most: u32,
    convoy: Nanos,
    longest: TimeRange,
}

fn queue(waits: &[Wait]) -> Queue {
    let mut edges: Vec<(TraceTime, bool)> =
        waits.iter().flat_map(|wait| [(wait.range.start, true), (wait.range.end, false)]).collect();
    // At the same instant one comes before another goes: the queue did not run empty.
    edges.sort_unstable_by_key(|&(at, comes)| (at, !comes));
    let (mut queue, mut now, mut before, mut begin) = (Queue::default(), 0u32, TraceTime::MIN, TraceTime::MIN);
    for (at, comes) in edges {
        if now >= CONVOY {
            queue.convoy += TimeRange::new(before, at).length();
        }
        if comes {
            begin = if now == 0 { at } else { begin };
            now += 1;
        } else {
            now = now.saturating_sub(1);
            let stretch = TimeRange::new(begin, at);
            if now == 0 && stretch.nanos() > queue.longest.nanos() {
                queue.longest = stretch;
            }
        }
        queue.most = queue.most.max(now);
        before = at;
    }
    queue
}

/// Readers that wait for writers and the other way round; `None` if nobody locks for reading.
fn readers_and_writers(places: &Places<'_>, waits: &[Wait]) -> Option<ReadersAndWriters> {
    let mut found = ReadersAndWriters::default();
    let op = |wait: &Wait| places.op(wait.stack);
    let is_rw = waits.iter().any(|wait| op(wait) == Op::ReadLock || places.op(wait.waker_stack) == Op::ReadUnlock);
    if !is_rw {
        return None;
    }
    let mut writers: Vec<TimeRange> = Vec::new();
    for wait in waits.iter().filter(|wait| !wait.is_prior) {
        let waited = wait.range.length();
        if op(wait) == Op::ReadLock {
            found.readers += waited;
        } else {
            writers.push(wait.range);
            found.longest_writer = found.longest_writer.max(waited);
            if places.op(wait.waker_stack) == Op::ReadUnlock {
                found.writers += waited;
            }
        }
    }
    let writers = crate::analysis::scope::united(writers);
    for wait in waits.iter().filter(|wait| op(wait) == Op::ReadLock) {
        let first = writers.partition_point(|writer| writer.end <= wait.range.start);
        let behind = writers.iter().skip(first).take_while(|writer| writer.start < wait.range.end);
        found.behind_waiting += behind.map(|writer| writer.intersect(wait.range).length()).sum();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(go: u32, range: (i64, i64), waker: u32) -> Wait {
        let range = TimeRange::new(TraceTime(range.0), TraceTime(range.1));
        Wait {
            go: GoroutineIdx(go),
            range,
            stack: StackId(1),
            waker: Some(GoroutineIdx(waker)),
            waker_stack: StackId(2),
            is_prior: false,
        }
    }

    #[test]
    fn holders_follow_from_hand_overs() {
        let holds = holds(&[wait(2, (0, 10), 1), wait(3, (4, 25), 2), wait(1, (12, 40), 3)]);
        let told: Vec<(u32, i64, i64, bool)> =
            holds.iter().map(|hold| (hold.go.0, hold.range.start.0, hold.range.end.0, hold.is_known)).collect();
        assert_eq!(told, [(1, 0, 10, false), (2, 10, 25, true), (3, 25, 40, true)]);
        assert_eq!(overlap(&holds), (1, 0), "one after the other");
    }

    #[test]
    fn two_locks_of_the_same_code_overlap() {
        let holds = holds(&[wait(2, (0, 10), 1), wait(4, (0, 12), 3), wait(5, (3, 30), 2), wait(6, (4, 31), 4)]);
        let known: Vec<Hold> = holds.into_iter().filter(|hold| hold.is_known).collect();
        assert_eq!(overlap(&known), (2, 18));
    }

    #[test]
    fn queues_are_counted() {
        let queue = queue(&[wait(2, (0, 10), 1), wait(3, (4, 25), 2), wait(4, (5, 40), 3), wait(5, (50, 51), 1)]);
        assert_eq!((queue.most, queue.convoy), (3, Nanos(5)));
        assert_eq!(queue.longest, TimeRange::new(TraceTime(0), TraceTime(40)));
    }
}
