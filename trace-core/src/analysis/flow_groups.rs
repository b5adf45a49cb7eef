//! Flows between functions: which start functions create and wake goroutines of which, how often, and how long those
//! had waited.

use rustc_hash::FxHashMap;

use crate::analysis::parallel::{GOROUTINES, gather};
use crate::analysis::scope::ScopeRanges;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::flows::FlowKind;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Who is at the beginning of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Goroutines with this start function.
    Function(StrId),
    /// The network poller, which no goroutine stands for.
    Poller,
    /// A timer that fired.
    Timer,
    /// The runtime, for another reason.
    Runtime,
}

/// Flows of a kind from one function's goroutines to another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowGroup {
    /// What the flows mean: created, unblocked, ...
    pub kind: FlowKind,
    /// Who acted: the function that created or unblocked.
    pub from: Actor,
    /// The start function of the goroutines that were acted on.
    pub to: StrId,
    /// What these had waited for; empty for creations, and if unknown.
    pub reason: StrId,
    /// How many flows there are.
    pub count: u64,
    /// The waits that the flows ended, nanoseconds; none for creations.
    pub waited: Nanos,
    /// The longest of these waits, nanoseconds.
    pub longest: Nanos,
    /// Whose that was, and when; of creations, the first goroutine at its creation.
    pub example: Option<(GoroutineIdx, TimeRange)>,
    /// Where the actor was then.
    pub stack: StackId,
}

type Key = (FlowKind, Actor, StrId, StrId);

#[derive(Default)]
struct Found(FxHashMap<Key, FlowGroup>);

impl Found {
    fn add(&mut self, key: Key, (go, wait, stack): (GoroutineIdx, TimeRange, StackId)) {
        let (kind, from, to, reason) = key;
        let waited = wait.length();
        let group = self.0.entry(key).or_insert_with(|| FlowGroup {
            kind,
            from,
            to,
            reason,
            count: 0,
            waited: Nanos::ZERO,
            longest: Nanos::ZERO,
            example: None,
            stack: StackId::NONE,
        });
        group.count += 1;
        group.waited += waited;
        group.take_example(waited, Some((go, wait)), stack);
    }

    fn merged(mut self, other: Self) -> Self {
        for (key, group) in other.0 {
            match self.0.get_mut(&key) {
                Some(known) => {
                    known.count += group.count;
                    known.waited += group.waited;
                    known.take_example(group.longest, group.example, group.stack);
                }
                None => drop(self.0.insert(key, group)),
            }
        }
        self
    }
}

impl FlowGroup {
    /// Keeps the longest wait; of equal ones the first.
    fn take_example(&mut self, waited: Nanos, example: Option<(GoroutineIdx, TimeRange)>, stack: StackId) {
        let order = |example: Option<(GoroutineIdx, TimeRange)>| example.map(|(go, range)| (range.start, go));
        let is_first = self.example.is_none() || order(example) < order(self.example);
        if waited > self.longest || (waited == self.longest && is_first) {
            (self.longest, self.example, self.stack) = (waited, example, stack);
        }
    }
}

/// The flows within a scope's range that end, or begin, at goroutines of the scope: most first. `None` if cancelled.
#[must_use]
pub fn flow_groups(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Vec<FlowGroup>> {
    let take = |found: &mut Found, at: usize| {
        let Some((go, ranges)) = pieces.nth(at) else { return };
        for &range in ranges {
            into(trace, go, range, found);
            if !pieces.is_all() {
                out_of(trace, pieces, (go, range), found);
            }
        }
    };
    let found: Found = gather((pieces.len(), GOROUTINES), monitor, take, Found::merged).unwrap_or_default();
    if monitor.is_cancelled() {
        return None;
    }
    let mut groups: Vec<FlowGroup> = found.0.into_values().collect();
    groups.sort_by_key(|group| {
        (std::cmp::Reverse((group.waited, group.count)), group.kind, group.from, group.to, group.reason)
    });
    Some(groups)
}

/// Flows that end at a goroutine.
fn into(trace: &Trace, go: GoroutineIdx, range: TimeRange, found: &mut Found) {
    let to = name_of(trace, go);
    let mut before: Option<Span> = None;
    for step in trace.transitions(go, range) {
        let prior = before.replace(step.span);
        let (Some(by), Some(kind)) = (step.by, flow_kind(step.span.cause)) else { continue };
        if !range.contains(step.span.range.start) {
            continue;
        }
        let prior = prior.or_else(|| trace.prev_span(step.span.at));
        add(trace, (kind, by, to), (&step.span, prior, step.by_stack), found);
    }
}

/// Flows that begin at a goroutine and end outside of the scope.
fn out_of(trace: &Trace, pieces: &ScopeRanges, (go, range): (GoroutineIdx, TimeRange), found: &mut Found) {
    for (segment, row) in trace.acted_on(LaneId::Goroutine(go), range) {
        let Some(other) = trace.affected(segment, row).filter(|other| pieces.of(*other).is_empty()) else { continue };
        let at = SpanRef { lane: LaneId::Goroutine(other), segment, row };
        let Some(span) = trace.span(at) else { continue };
        let Some(kind) = flow_kind(span.cause) else { continue };
        let (_, stack) = trace.maker(at);
        let to = name_of(trace, other);
        add(trace, (kind, LaneId::Goroutine(go), to), (&span, trace.prev_span(at), stack), found);
    }
}

fn add(
    trace: &Trace,
    (kind, by, to): (FlowKind, LaneId, StrId),
    (span, prior, stack): (&Span, Option<Span>, StackId),
    found: &mut Found,
) {
    let ended = prior.filter(|prior| prior.range.end == span.range.start && prior.state == GoState::Waiting);
    let wait = if kind == FlowKind::Create { None } else { ended };
    let from = match by {
        LaneId::Goroutine(by) => Actor::Function(name_of(trace, by)),
        _ => waker(trace, wait.as_ref()),
    };
    let start = span.range.start;
    let range = wait.map_or_else(|| TimeRange::new(start, start), |wait| wait.range);
    let reason = wait.map_or(StrId::EMPTY, |wait| wait.reason);
    found.add((kind, from, to, reason), (span.go, range, stack));
}

/// Who ended a wait that no goroutine ended.
#[must_use]
pub fn waker(trace: &Trace, wait: Option<&Span>) -> Actor {
    match wait.map(|wait| (wait.class, trace.str(wait.reason))) {
        Some((SpanClass::WaitNet, _)) => Actor::Poller,
        // Other waits of the class are those of the runtime's own goroutines, which the runtime wakes.
        Some((SpanClass::WaitChan, _) | (SpanClass::WaitSleep, "sleep")) => Actor::Timer,
        _ => Actor::Runtime,
    }
}

fn name_of(trace: &Trace, go: GoroutineIdx) -> StrId {
    trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name)
}

const fn flow_kind(cause: Cause) -> Option<FlowKind> {
    match cause {
        Cause::Created => Some(FlowKind::Create),
        Cause::Unblocked => Some(FlowKind::Unblock),
        Cause::Switched => Some(FlowKind::Switch),
        Cause::Status
        | Cause::Stopped
        | Cause::SyscallExit
        | Cause::Started
        | Cause::SyscallEnter
        | Cause::Blocked
        | Cause::Ended => None,
    }
}
