//! Scheduler latency: how long goroutines were ready and waited for a proc, by start function.
//!
//! A wait is one stretch of being ready, from whatever made the goroutine so to the moment it runs; of one that
//! crosses the scope's border the part inside counts. The sums are those of [`crate::analysis::goroutines`]. Time in
//! which the process got no CPU (see [`Trace::no_cpu`]) is included: whoever was runnable then waited, too.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::distribution::Distribution;
use crate::analysis::scope::{ScopeRanges, nanos_in};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState};
use crate::model::goroutines::is_system_function;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::Trace;

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;
/// Waits told one by one, of a function and of all.
pub const WORST: usize = 20;

/// What made a goroutine ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Made {
    /// Its creation made it runnable.
    Created = 0,
    /// Somebody unblocked it, or switched to it.
    Unblocked = 1,
    /// It was stopped: preempted, or it yielded.
    Stopped = 2,
    /// It came back from a system call without its proc.
    Returned = 3,
    /// It was ready when the trace began, or a gap of it ended.
    Unknown = 4,
}

impl Made {
    /// All of them, by index.
    pub const ALL: [Self; 5] = [Self::Created, Self::Unblocked, Self::Stopped, Self::Returned, Self::Unknown];

    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Unblocked => "unblocked",
            Self::Stopped => "stopped",
            Self::Returned => "returned",
            Self::Unknown => "unknown",
        }
    }

    const fn of(cause: Cause) -> Self {
        match cause {
            Cause::Created => Self::Created,
            Cause::Unblocked | Cause::Switched => Self::Unblocked,
            Cause::Stopped => Self::Stopped,
            Cause::SyscallExit => Self::Returned,
            _ => Self::Unknown,
        }
    }
}

/// One wait for a proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyWait {
    /// The goroutine that was runnable.
    pub go: GoroutineIdx,
    /// When, from beginning to end (also outside of the scope).
    pub range: TimeRange,
    /// How long, inside the scope.
    pub nanos: Nanos,
    /// What made it ready.
    pub made: Made,
    /// The stack recorded with that: of who created or unblocked it, or its own.
    pub stack: StackId,
    /// It was ready when the trace began, or still when it ended: the true wait is longer.
    pub is_cut: bool,
}

/// The waits of goroutines with one start function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyGroup {
    /// The function; empty if the trace never tells.
    pub name: StrId,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many of them waited.
    pub goroutines: u64,
    /// How long the single waits were.
    pub waits: Distribution,
    /// Of those, cut by the edges of the trace or of the scope.
    pub cut: u64,
    /// Time by what made them runnable ([`Made`]), ns.
    pub made: [Nanos; Made::ALL.len()],
    /// The longest, longest first, at most [`WORST`].
    pub worst: Vec<ReadyWait>,
}

/// How long goroutines were runnable before they ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// By start function, most time first; only functions of which one waited.
    pub groups: Vec<LatencyGroup>,
    /// All of them together.
    pub all: LatencyGroup,
}

#[derive(Default)]
struct Growing {
    lengths: Vec<Nanos>,
    goroutines: u64,
    cut: u64,
    made: [Nanos; Made::ALL.len()],
    worst: Vec<ReadyWait>,
    /// Shorter ones are not among the longest.
    floor: Nanos,
    last: Option<GoroutineIdx>,
}

impl Growing {
    fn add(&mut self, wait: ReadyWait, is_cut: bool) {
        self.lengths.push(wait.nanos);
        self.cut += u64::from(is_cut);
        if self.last != Some(wait.go) {
            self.last = Some(wait.go);
            self.goroutines += 1;
        }
        if let Some(sum) = self.made.get_mut(wait.made as usize) {
            *sum += wait.nanos;
        }
        if wait.nanos >= self.floor {
            self.worst.push(wait);
            if self.worst.len() >= 2 * WORST {
                self.shrink();
            }
        }
    }

    /// Keeps only the longest.
    fn shrink(&mut self) {
        sort(&mut self.worst);
        self.worst.truncate(WORST);
        self.floor = self.worst.get(WORST - 1).map_or(Nanos::ZERO, |shortest| shortest.nanos);
    }

    fn merge(&mut self, other: &mut Self) {
        if self.lengths.len() < other.lengths.len() {
            std::mem::swap(&mut self.lengths, &mut other.lengths);
        }
        self.lengths.append(&mut other.lengths);
        self.goroutines += other.goroutines;
        self.cut += other.cut;
        for (sum, part) in self.made.iter_mut().zip(other.made) {
            *sum += part;
        }
        self.worst.append(&mut other.worst);
        self.shrink();
    }

    fn finished(mut self, trace: &Trace, name: StrId) -> (LatencyGroup, Vec<Nanos>) {
        self.shrink();
        let group = LatencyGroup {
            name,
            is_system: is_system_function(trace.str(name)),
            goroutines: self.goroutines,
            waits: Distribution::of(&mut self.lengths),
            cut: self.cut,
            made: self.made,
            worst: self.worst,
        };
        (group, self.lengths)
    }
}

fn sort(worst: &mut [ReadyWait]) {
    worst.sort_unstable_by_key(|wait| (std::cmp::Reverse(wait.nanos), wait.range.start, wait.go));
}

/// How long goroutines waited for a proc. `None` if cancelled.
#[must_use]
pub fn latency(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Latency> {
    let chunks = pieces.len().div_ceil(CHUNK);
    let grown = (0..chunks).into_par_iter().fold(FxHashMap::<StrId, Growing>::default, |mut grown, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                if let Some((go, ranges)) = pieces.nth(at) {
                    look_at(trace, go, ranges, &mut grown);
                }
            }
        }
        grown
    });
    let mut grown = grown.reduce(FxHashMap::default, |mut one, other| {
        for (name, mut group) in other {
            one.entry(name).or_default().merge(&mut group);
        }
        one
    });
    if monitor.is_cancelled() {
        return None;
    }
    let mut all = Growing::default();
    let mut groups: Vec<LatencyGroup> = Vec::new();
    for (name, group) in grown.drain() {
        let mut summed =
            Growing { goroutines: group.goroutines, cut: group.cut, made: group.made, ..Growing::default() };
        let (group, lengths) = group.finished(trace, name);
        (summed.lengths, summed.worst) = (lengths, group.worst.clone());
        all.merge(&mut summed);
        groups.push(group);
    }
    groups.sort_by(|one, other| {
        let name = |group: &LatencyGroup| trace.str(group.name).to_owned();
        other.waits.total.cmp(&one.waits.total).then_with(|| name(one).cmp(&name(other)))
    });
    Some(Latency { groups, all: all.finished(trace, StrId::EMPTY).0 })
}

/// The waits of one goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoLatency {
    /// The goroutine that waited.
    pub go: GoroutineIdx,
    /// Start function; empty if the trace never tells.
    pub name: StrId,
    /// How long the single waits were.
    pub waits: Distribution,
    /// Time by what made it runnable ([`Made`]), ns.
    pub made: [Nanos; Made::ALL.len()],
    /// Its longest wait for a proc.
    pub longest: ReadyWait,
}

/// The goroutines of a scope that waited longest for a proc in sum, most first, at most `limit`. `None` if cancelled.
#[must_use]
pub fn latency_by_goroutine(
    trace: &Trace,
    pieces: &ScopeRanges,
    limit: usize,
    monitor: &Monitor,
) -> Option<Vec<GoLatency>> {
    let rank = |found: &GoLatency| (std::cmp::Reverse(found.waits.total), found.go);
    let kept = |mut found: Vec<GoLatency>| {
        found.sort_unstable_by_key(rank);
        found.truncate(limit);
        found
    };
    let chunks = pieces.len().div_ceil(CHUNK);
    let found = (0..chunks).into_par_iter().fold(Vec::new, |mut found: Vec<GoLatency>, chunk| {
        if !monitor.is_cancelled() {
            let gos = (chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len())).filter_map(|at| pieces.nth(at));
            found.extend(gos.filter_map(|(go, ranges)| of_one(trace, go, ranges)));
            if found.len() >= 2 * limit.max(CHUNK) {
                found = kept(found);
            }
        }
        found
    });
    let found = found.reduce(Vec::new, |mut one, mut other| {
        one.append(&mut other);
        kept(one)
    });
    (!monitor.is_cancelled()).then(|| kept(found))
}

fn of_one(trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange]) -> Option<GoLatency> {
    let (first, last) = (ranges.first()?, ranges.last()?);
    let (mut lengths, mut made): (Vec<Nanos>, [Nanos; Made::ALL.len()]) = (Vec::new(), [Nanos::ZERO; Made::ALL.len()]);
    let mut longest: Option<ReadyWait> = None;
    trace.state_intervals(go, TimeRange::new(first.start, last.end), |stretch| {
        let Some(wait) = wait_of(go, ranges, stretch) else { return };
        lengths.push(wait.nanos);
        if let Some(sum) = made.get_mut(wait.made as usize) {
            *sum += wait.nanos;
        }
        if longest.is_none_or(|longest| longest.nanos < wait.nanos) {
            longest = Some(wait);
        }
    });
    let name = trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name);
    Some(GoLatency { go, name, waits: Distribution::of(&mut lengths), made, longest: longest? })
}

fn look_at(trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange], grown: &mut FxHashMap<StrId, Growing>) {
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return };
    let mut group: Option<&mut Growing> = None;
    let mut groups = Some(grown);
    trace.state_intervals(go, TimeRange::new(first.start, last.end), |stretch| {
        let Some(wait) = wait_of(go, ranges, stretch) else { return };
        if let Some(groups) = groups.take() {
            let name = trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name);
            group = Some(groups.entry(name).or_default());
        }
        if let Some(group) = &mut group {
            group.add(wait, wait.is_cut || wait.nanos < stretch.range.length());
        }
    });
}

/// The wait that a stretch is, if it is one and touches the scope.
fn wait_of(go: GoroutineIdx, ranges: &[TimeRange], stretch: &StateInterval) -> Option<ReadyWait> {
    if stretch.state != GoState::Runnable {
        return None;
    }
    let nanos = Nanos(nanos_in(ranges, stretch.range));
    let is_instant = stretch.range.nanos() == 0;
    (!nanos.is_zero() || is_instant).then_some(ReadyWait {
        go,
        range: stretch.range,
        nanos,
        made: Made::of(stretch.cause),
        stack: stretch.stack,
        is_cut: stretch.began_before || stretch.goes_on,
    })
}
