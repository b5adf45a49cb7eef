//! Leak suspects: goroutines that are still blocked when the trace ends, by where they wait and who created them.
//!
//! A trace ends while the program goes on, so that being blocked at its end proves nothing. What speaks for a leak:
//! they become more all the time, none of their kind ever ends, and none was ever woken by another at that place. What speaks
//! against it: they came back to the same place before, as workers do, or have only just begun to wait.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::scope::ScopeRanges;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::flows::Flow;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::{Goroutine, Origin, Trace};

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;
/// Fewer do not make a growing group.
const FEWEST: u64 = 6;
/// Fewer that were woken meanwhile do not, either.
const MANY: u64 = 16;
/// Goroutines told one by one, of a group.
pub const OLDEST: usize = 20;

/// What the trace says for and against a leak. From worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspicion {
    /// In at least three quarters of the range some are created that stay.
    Growing,
    /// They wait since long, and were never woken at this place.
    Stuck,
    /// The same, but about as many, created by the same function, read from connections: clients that come and stay.
    Connections,
    /// They have waited no longer than a twentieth of the range.
    Recent,
    /// They wait for something outside (network, timer), which may come at any time.
    External,
    /// They were woken at this place before and came back: a pool, a server's loop.
    Parked,
}

impl Suspicion {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Growing => "growing",
            Self::Stuck => "stuck",
            Self::Connections => "connections",
            Self::Recent => "recent",
            Self::External => "external",
            Self::Parked => "parked",
        }
    }

    /// What it means, as a sentence without a full stop.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Growing => "more and more of them all through the trace: probably a leak",
            Self::Stuck => "not woken during the trace; the trace cannot show whether they would ever be woken",
            Self::Connections => {
                "more and more of them, as many as new connections that are being read: no leak if the clients are still there"
            }
            Self::Recent => "waiting only since shortly before the end: the trace just ends here",
            Self::External => "waiting for the network or a timer, which may wake them at any time",
            Self::Parked => "woken here before and back again, as workers are: no leak",
        }
    }
}

/// Goroutines that wait at the same place and were created at the same place.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspects {
    /// Where they wait; `NONE` if the trace does not tell.
    pub wait: StackId,
    /// The runtime's word for it.
    pub reason: StrId,
    /// The stack that created them; `NONE` unless a goroutine did.
    pub creation: StackId,
    /// How they came to be.
    pub origin: Origin,
    /// The function that they were started with.
    pub name: StrId,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many wait there.
    pub count: u64,
    /// Of those, created in the range.
    pub created: u64,
    /// Of those, created in each quarter of it.
    pub by_quarter: [u64; 4],
    /// Of those, woken at this place before by another goroutine.
    pub returning: u64,
    /// Goroutines of the same start function and creation stack that ended in the range.
    pub ended: u64,
    /// How long they have waited, added up, nanoseconds.
    pub waited: Nanos,
    /// The median of that.
    pub median: Nanos,
    /// Since when the one waits that has waited longest.
    pub since: TraceTime,
    /// Those that have waited longest: who, and since when; at most [`OLDEST`].
    pub oldest: Vec<(GoroutineIdx, TraceTime)>,
    /// What the trace says.
    pub suspicion: Suspicion,
    /// How likely it is a leak, by these signs: 0 to 1.
    pub confidence: f64,
}

#[derive(Default)]
struct Growing {
    waits: Vec<(TraceTime, GoroutineIdx)>,
    created: u64,
    by_quarter: [u64; 4],
    returning: u64,
    /// How long they have lived in the range, added up.
    lived: Nanos,
    class: Option<SpanClass>,
}

/// Wake-ups looked at for somebody who woke a goroutine.
const WAKES: usize = 64;

/// Whether another goroutine ever ended a wait of this one at a place; a timer of its own changes nothing.
fn is_woken(trace: &Trace, go: GoroutineIdx, range: TimeRange, stack: StackId) -> bool {
    let mut waited = false;
    let after = trace.spans(LaneId::Goroutine(go), range).filter(|span| {
        let is_after = waited;
        waited = span.state == GoState::Waiting && span.start_stack == stack;
        is_after
    });
    let by_goroutine = |flow: &Flow| matches!(flow.from.lane, LaneId::Goroutine(by) if by != go);
    after.take(WAKES).any(|span| trace.flows_into(span.at).iter().any(by_goroutine))
}

type Key = (StackId, StrId, (StackId, Origin), StrId);

#[derive(Default)]
struct Found {
    groups: FxHashMap<Key, Growing>,
    /// Goroutines that ended, by creation stack and start function.
    ended: FxHashMap<((StackId, Origin), StrId), u64>,
}

/// Goroutines of a scope that are blocked when its range ends, the most suspicious groups first. `None` if cancelled.
#[must_use]
pub fn leaks(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Vec<Suspects>> {
    let range = pieces.range;
    let reasons = trace.reasons_by_kind();
    let chunks = pieces.len().div_ceil(CHUNK);
    let found = (0..chunks).into_par_iter().fold(Found::default, |mut found, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                let Some(go) = pieces.nth(at).and_then(|(go, _)| trace.goroutine(go)) else { continue };
                found.look_at(trace, &go, range, &reasons);
            }
        }
        found
    });
    let found = found.reduce(Found::default, Found::merged);
    if monitor.is_cancelled() {
        return None;
    }
    let ended = &found.ended;
    let readers = found.readers(trace);
    let groups = found.groups.into_iter().map(|(key, group)| {
        let ended = ended.get(&(key.2, key.3)).copied().unwrap_or(0);
        judged(trace, key, group, ended, range)
    });
    let mut groups: Vec<Suspects> = groups.collect();
    for group in groups.iter_mut().filter(|group| group.suspicion == Suspicion::Growing) {
        if readers.get(&creator(trace, group.creation)).is_some_and(|read| is_of_connections(group, *read)) {
            group.suspicion = Suspicion::Connections;
            group.confidence = confidence(group, trace.str(group.reason));
        }
    }
    groups.sort_by(|one, other| {
        let rank =
            |group: &Suspects| (group.is_system, group.suspicion, std::cmp::Reverse((group.count, group.waited)));
        let key = |group: &Suspects| (group.wait, group.creation, group.origin, group.name, group.reason);
        rank(one).cmp(&rank(other)).then_with(|| key(one).cmp(&key(other)))
    });
    Some(groups)
}

/// The function that created goroutines, by the innermost frame; empty if the trace does not tell.
fn creator(trace: &Trace, creation: StackId) -> String {
    trace.frames(creation).next().map_or_else(String::new, |frame| frame.function.to_owned())
}

/// Whether in each quarter about as many were created as goroutines of the same creator that read from connections.
fn is_of_connections(group: &Suspects, readers: [u64; 4]) -> bool {
    let created: u64 = readers.iter().sum();
    let has_few = |(own, read): (&u64, u64)| read * 2 < *own;
    created * 4 >= group.created * 3 && !group.by_quarter.iter().zip(readers).any(has_few)
}

impl Found {
    /// Goroutines that wait for the network, created in each quarter of the range, by the function that created them.
    fn readers(&self, trace: &Trace) -> FxHashMap<String, [u64; 4]> {
        let mut readers: FxHashMap<String, [u64; 4]> = FxHashMap::default();
        for (key, group) in self.groups.iter().filter(|(_, group)| group.class == Some(SpanClass::WaitNet)) {
            let name = creator(trace, key.2.0);
            if !name.is_empty() {
                let sums = readers.entry(name).or_default();
                sums.iter_mut().zip(group.by_quarter).for_each(|(sum, count)| *sum += count);
            }
        }
        readers
    }

    fn look_at(&mut self, trace: &Trace, go: &Goroutine, range: TimeRange, reasons: &[(GoState, StrId)]) {
        if let Some(ended) = go.ended.filter(|ended| *ended <= range.end) {
            if ended >= range.start {
                *self.ended.entry(((go.creation_stack, go.origin), go.name)).or_default() += 1;
            }
            return;
        }
        if go.created.is_some_and(|created| created >= range.end) {
            return;
        }
        let (mut last, mut woken_at): (Option<StateInterval>, Vec<StackId>) = (None, Vec::new());
        trace.state_intervals(go.idx, range, |stretch| {
            if let Some(before) = last.filter(|before| before.state == GoState::Waiting)
                && !woken_at.contains(&before.stack)
                && woken_at.len() < 64
            {
                woken_at.push(before.stack);
            }
            last = Some(*stretch);
        });
        let Some(wait) = last.filter(|last| last.state == GoState::Waiting && last.range.end >= range.end) else {
            return;
        };
        let reason = reasons.get(usize::from(wait.kind)).map_or(StrId::EMPTY, |kind| kind.1);
        let group = self.groups.entry((wait.stack, reason, (go.creation_stack, go.origin), go.name)).or_default();
        group.class = Some(wait.class);
        group.waits.push((wait.range.start, go.idx));
        let born = go.created.map_or(range.start, |created| created.max(range.start));
        group.lived += TimeRange::new(born, range.end).length();
        group.returning += u64::from(woken_at.contains(&wait.stack) && is_woken(trace, go.idx, range, wait.stack));
        if let Some(created) = go.created.filter(|created| *created >= range.start) {
            group.created += 1;
            let quarter = created.nanos_since(range.start) / (range.nanos() / 4).max(1);
            if let Some(count) = group.by_quarter.get_mut(usize::try_from(quarter).unwrap_or(0).min(3)) {
                *count += 1;
            }
        }
    }

    fn merged(mut self, other: Self) -> Self {
        for (key, count) in other.ended {
            *self.ended.entry(key).or_default() += count;
        }
        for (key, group) in other.groups {
            let mine = self.groups.entry(key).or_default();
            mine.waits.extend(group.waits);
            mine.created += group.created;
            mine.returning += group.returning;
            mine.lived += group.lived;
            mine.class = mine.class.or(group.class);
            for (count, more) in mine.by_quarter.iter_mut().zip(group.by_quarter) {
                *count += more;
            }
        }
        self
    }
}

fn judged(trace: &Trace, key: Key, mut group: Growing, ended: u64, range: TimeRange) -> Suspects {
    let (wait, reason, (creation, origin), name) = key;
    group.waits.sort_unstable();
    let waited = |since: TraceTime| TimeRange::new(since.max(range.start), range.end).length();
    let middle = group.waits.get(group.waits.len() / 2).map_or(range.end, |wait| wait.0);
    let mut found = Suspects {
        wait,
        reason,
        creation,
        origin,
        name,
        is_system: is_system_function(trace.str(name)),
        count: group.waits.len() as u64,
        created: group.created,
        by_quarter: group.by_quarter,
        returning: group.returning,
        ended,
        waited: group.waits.iter().map(|wait| waited(wait.0)).sum(),
        median: waited(middle),
        since: group.waits.first().map_or(range.end, |wait| wait.0),
        oldest: group.waits.iter().take(OLDEST).map(|&(since, go)| (go, since)).collect(),
        suspicion: Suspicion::Parked,
        confidence: 0.0,
    };
    found.suspicion = suspicion(&found, &group, range);
    found.confidence = confidence(&found, trace.str(reason));
    found
}

fn suspicion(found: &Suspects, group: &Growing, range: TimeRange) -> Suspicion {
    let is_external = matches!(group.class, Some(SpanClass::WaitNet | SpanClass::WaitSleep | SpanClass::Gc));
    let returns = found.returning * 2 >= found.count;
    if !found.is_system && !is_external && grows(found, returns, group.lived) {
        Suspicion::Growing
    } else if returns {
        Suspicion::Parked
    } else if is_external {
        Suspicion::External
    } else if found.median * 20 < range.length() {
        Suspicion::Recent
    } else {
        Suspicion::Stuck
    }
}

/// Whether some of each part of the range are still there. Of those that were woken meanwhile there have to be many,
/// and hardly one may have ended, or they have done little else than wait where they are now: else they are workers, of
/// which a few more were started.
fn grows(found: &Suspects, returns: bool, lived: Nanos) -> bool {
    // Some of a quarter: a twelfth of them all, a third of an even share.
    let quarters = found.by_quarter.iter().filter(|&&count| count > 0 && count * 12 >= found.created).count();
    let has_more = found.created * 2 >= found.count;
    if returns {
        let is_last = found.ended <= found.count && found.waited * 4 >= lived * 3;
        return has_more && quarters == 4 && found.created >= MANY && (found.ended * 8 <= found.count || is_last);
    }
    // A few that happen to be there at the end, while most of their kind end, are not.
    let is_most = found.created >= MANY || found.ended <= found.count;
    has_more && quarters >= 3 && found.created >= FEWEST && is_most
}

/// How likely a leak is, from what was seen in programs with and without planted ones: a rule of thumb.
fn confidence(found: &Suspects, reason: &str) -> f64 {
    if found.is_system {
        return 0.0;
    }
    match found.suspicion {
        Suspicion::Growing => {
            let stay = found.count as f64 / (found.count + found.ended).max(1) as f64;
            let many = (found.created as f64 / 32.0).min(1.0);
            let returns = found.returning as f64 / found.count.max(1) as f64;
            0.4 + 0.3 * stay + 0.25 * many - 0.2 * returns
        }
        Suspicion::Connections => 0.1,
        Suspicion::Stuck if reason == "forever" => 0.4,
        Suspicion::Stuck if found.created >= FEWEST && found.ended == 0 => 0.3,
        Suspicion::Stuck => 0.15,
        Suspicion::Recent | Suspicion::External => 0.05,
        Suspicion::Parked => 0.02,
    }
}
