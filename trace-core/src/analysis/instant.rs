//! Everything at one moment: who runs on which proc, who is runnable and since when, who is blocked where; the next
//! moment at which something changes; and what differs between two moments.

use rustc_hash::FxHashMap;

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::event::state::{GoState, SpanClass};
use crate::model::kinds;
use crate::model::lanes::SpanRef;
use crate::model::spans::Span;
use crate::model::trace::{Metric, Trace};

/// A goroutine at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// The goroutine that is there.
    pub go: GoroutineIdx,
    /// What it is doing.
    pub at: SpanRef,
    /// Its state at that moment.
    pub state: GoState,
    /// Family of the state.
    pub class: SpanClass,
    /// The runtime's word for it; empty if there is none.
    pub reason: StrId,
    /// Since when; of what began before the trace, the trace's start.
    pub since: TraceTime,
    /// It has been so since before the trace.
    pub began_before: bool,
    /// The proc that it runs on; `NONE` if it has none.
    pub proc: ProcIdx,
    /// Its stack: where it is blocked, or in a system call; of a running or runnable goroutine where it last left off.
    pub stack: StackId,
}

/// Goroutines that are in one state at one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pile {
    /// Their state: waiting, or in a system call.
    pub state: GoState,
    /// Family of the state.
    pub class: SpanClass,
    /// The runtime's word for it.
    pub reason: StrId,
    /// Where; `NONE` if it has been so since before the trace.
    pub stack: StackId,
    /// The goroutines: the one that has been there longest first.
    pub members: Vec<Present>,
}

/// Everything at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instant {
    /// The moment that was looked at.
    pub at: TraceTime,
    /// `GOMAXPROCS` then; `None` if unknown.
    pub procs: Option<u64>,
    /// Goroutines that run, by proc.
    pub running: Vec<Present>,
    /// Those that wait for a proc, longest first.
    pub runnable: Vec<Present>,
    /// Those that wait or are in system calls, by state and stack: most first.
    pub piles: Vec<Pile>,
}

/// What a goroutine did, as far as it counts for a difference: its state and the runtime's word.
pub type What = (GoState, StrId);

/// Goroutines with one start function that did one thing at one moment and another at another moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What they did; `None` if they did not exist.
    pub from: Option<What>,
    /// What they do at the later moment; `None` if they have ended.
    pub to: Option<What>,
    /// The function that they were started with.
    pub name: StrId,
    /// Which they are, by index.
    pub gos: Vec<GoroutineIdx>,
}

/// The last moment of a trace of which something is known.
#[must_use]
pub fn last_moment(trace: &Trace) -> TraceTime {
    let range = trace.range();
    range.end.plus_nanos(-1).max(range.start)
}

/// Everything at `at`. Looks at every goroutine of the generation. `None` if cancelled.
#[must_use]
pub fn instant(trace: &Trace, at: TraceTime, monitor: &Monitor) -> Option<Instant> {
    let mut found = Instant { at, procs: trace.reading_at(Metric::Procs, at), ..Instant::default() };
    let mut piles: FxHashMap<(GoState, StrId, StackId), Pile> = FxHashMap::default();
    for (go, span) in trace.states_at(at) {
        if monitor.is_cancelled() {
            return None;
        }
        let present = Present::of(go, &span);
        match span.state {
            GoState::Running => found.running.push(present),
            GoState::Runnable => found.runnable.push(present),
            GoState::Waiting | GoState::Syscall => {
                let pile = piles.entry((span.state, span.reason, present.stack)).or_insert_with(|| Pile {
                    state: span.state,
                    class: span.class,
                    reason: span.reason,
                    stack: present.stack,
                    members: Vec::new(),
                });
                pile.members.push(present);
            }
            GoState::Unknown | GoState::Dead => {}
        }
    }
    found.running.sort_by_key(|present| (present.proc, present.go));
    found.runnable.sort_by_key(Present::order);
    found.piles = piles.into_values().collect();
    for pile in &mut found.piles {
        pile.members.sort_by_key(Present::order);
    }
    found.piles.sort_by_key(|pile| {
        let first = pile.members.first().map(Present::order);
        (std::cmp::Reverse(pile.members.len()), first, pile.stack, pile.reason)
    });
    Some(found)
}

impl Present {
    fn of(go: GoroutineIdx, span: &Span) -> Self {
        Self {
            go,
            at: span.at,
            state: span.state,
            class: span.class,
            reason: span.reason,
            since: span.range.start,
            began_before: span.began_before,
            proc: span.proc,
            stack: span.start_stack,
        }
    }

    /// Longest first; of equal ones the lowest index.
    const fn order(&self) -> (TraceTime, GoroutineIdx) {
        (self.since, self.go)
    }
}

impl Instant {
    /// All goroutines that are there: running, runnable, then the others as they come in [`Self::piles`].
    pub fn all(&self) -> impl Iterator<Item = &Present> {
        self.running.iter().chain(&self.runnable).chain(self.piles.iter().flat_map(|pile| &pile.members))
    }

    /// How many goroutines are there.
    #[must_use]
    pub fn count(&self) -> usize {
        let blocked: usize = self.piles.iter().map(|pile| pile.members.len()).sum();
        self.running.len() + self.runnable.len() + blocked
    }

    /// How many of them are in system calls.
    #[must_use]
    pub fn in_syscalls(&self) -> usize {
        let calls = self.piles.iter().filter(|pile| pile.state == GoState::Syscall);
        calls.map(|pile| pile.members.len()).sum()
    }
}

/// The nearest moment after (or before) `at` at which a goroutine changes its state; `None` if there is none.
#[must_use]
pub fn next_change(trace: &Trace, at: TraceTime, later: bool) -> Option<TraceTime> {
    let first = trace.segments.partition_point(|segment| segment.base <= at.0).saturating_sub(1);
    let mut best: Option<i64> = None;
    let near = |best: Option<i64>, time: i64| match best {
        Some(known) if later => Some(known.min(time)),
        Some(known) => Some(known.max(time)),
        None => Some(time),
    };
    let range = trace.range();
    let is_wanted = |time: i64| {
        let is_beyond = if later { time > at.0 } else { time < at.0 };
        is_beyond && range.start.0 < time && time < range.end.0
    };
    let order: Box<dyn Iterator<Item = usize>> =
        if later { Box::new(first..trace.segments.len()) } else { Box::new((0..=first).rev()) };
    for segment in order.filter_map(|at| trace.segments.get(at)) {
        // Segments come by time; what follows one that begins behind the best cannot be nearer.
        if later && best.is_some_and(|best| segment.base > best) {
            break;
        }
        for (row, start) in (0..).zip(segment.rows.start.iter()) {
            let time = segment.at(start);
            if is_wanted(time) && !kinds::is_continued(segment.kind(row)) && !kinds::is_status(segment.kind(row)) {
                best = near(best, time);
            }
        }
        if !later && best.is_some() {
            break;
        }
    }
    best.map(TraceTime)
}

/// What differs between two moments: goroutines by start function, what they did and what they do: most first.
#[must_use]
pub fn difference(trace: &Trace, from: &Instant, to: &Instant) -> Vec<Change> {
    let what = |present: &Present| -> What { (present.state, present.reason) };
    let mut before: FxHashMap<GoroutineIdx, &Present> = from.all().map(|present| (present.go, present)).collect();
    let mut changes: FxHashMap<(Option<What>, Option<What>, StrId), Vec<GoroutineIdx>> = FxHashMap::default();
    let name = |go: GoroutineIdx| trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name);
    for present in to.all() {
        let was = before.remove(&present.go);
        // Another span of the same kind is a change, too: it went on and came back.
        if was.is_none_or(|was| was.at != present.at) {
            changes.entry((was.map(what), Some(what(present)), name(present.go))).or_default().push(present.go);
        }
    }
    for (go, was) in before {
        changes.entry((Some(what(was)), None, name(go))).or_default().push(go);
    }
    let change = |((from, to, name), mut gos): ((Option<What>, Option<What>, StrId), Vec<GoroutineIdx>)| {
        gos.sort_unstable();
        Change { from, to, name, gos }
    };
    let mut changes: Vec<Change> = changes.into_iter().map(change).collect();
    changes.sort_by_key(|change| (std::cmp::Reverse(change.gos.len()), change.gos.first().copied(), change.name));
    changes
}
