//! Goroutine analysis: what goroutines spent their time on, grouped by start function, and one by one.
//!
//! Differences from the goroutine pages of `go tool trace` are listed in `tracelane help analyses`.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::distribution::Distribution;
use crate::analysis::scope::ScopeRanges;
use crate::base::ids::{GoId, GoroutineIdx, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState};
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::{SpecialKind, Trace};

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;

/// Where time went. The first seven parts, `waits` summed, make up `total` exactly; the last
/// three lie inside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Presence in the scope: from the goroutine's creation (or the trace's start) to its end (or the trace's).
    pub total: Nanos,
    /// Executing on a proc.
    pub running: Nanos,
    /// Executing, or in a system call with its proc, as far as the runtime knows, but the operating system gave the
    /// process no CPU (see [`Trace::no_cpu`]).
    pub no_cpu: Nanos,
    /// Ready, waiting for a proc.
    pub runnable: Nanos,
    /// In a system call, holding its proc.
    pub syscall: Nanos,
    /// In a system call, its proc gone to others.
    pub syscall_blocked: Nanos,
    /// Blocked, by the runtime's reason (empty: not told), most first.
    pub waits: Vec<(StrId, Nanos)>,
    /// Nothing is known (gaps of damaged traces).
    pub unknown: Nanos,
    /// Running mark assists, inside of running, ns.
    pub assist: Nanos,
    /// Sweeping while it ran.
    pub sweep: Nanos,
    /// Holding the world stopped (or stopping it).
    pub stw: Nanos,
}

impl Breakdown {
    /// Blocked for whatever reason.
    #[must_use]
    pub fn blocked(&self) -> Nanos {
        self.waits.iter().map(|wait| wait.1).sum()
    }

    /// Adds another; call [`Breakdown::sort`] when done.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.running += other.running;
        self.no_cpu += other.no_cpu;
        self.runnable += other.runnable;
        self.syscall += other.syscall;
        self.syscall_blocked += other.syscall_blocked;
        self.unknown += other.unknown;
        self.assist += other.assist;
        self.sweep += other.sweep;
        self.stw += other.stw;
        for &(reason, nanos) in &other.waits {
            self.wait(reason, nanos);
        }
    }

    fn wait(&mut self, reason: StrId, nanos: Nanos) {
        match self.waits.iter_mut().find(|wait| wait.0 == reason) {
            Some(wait) => wait.1 += nanos,
            None => self.waits.push((reason, nanos)),
        }
    }

    /// Puts the reasons in order: most time first.
    pub fn sort(&mut self) {
        self.waits.sort_unstable_by_key(|wait| (std::cmp::Reverse(wait.1), wait.0));
    }
}

/// Goroutines with the same start function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The function; empty if the trace never tells.
    pub name: StrId,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many have time in the scope.
    pub count: u64,
    /// Of those: in existence when the trace (or the scope's range) began, so longer than told.
    pub began_before: u64,
    /// Of those: alive when it ended.
    pub goes_on: u64,
    /// Running time, a value for each goroutine.
    pub execution: Distribution,
    /// Presence in the scope by goroutine.
    pub lifetime: Distribution,
    /// The sum of all of them.
    pub breakdown: Breakdown,
}

/// The breakdown of one goroutine's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoTimes {
    /// The goroutine that is measured.
    pub go: GoroutineIdx,
    /// The runtime's id of the goroutine.
    pub id: GoId,
    /// First and last instant of it in the scope.
    pub range: TimeRange,
    /// It was there before.
    pub began_before: bool,
    /// It is there afterwards.
    pub goes_on: bool,
    /// Where its time went.
    pub breakdown: Breakdown,
}

/// What the groups are put in order by, most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// By time spent running, most first.
    #[default]
    Execution,
    /// By number of goroutines, most first.
    Count,
    /// Presence in the scope.
    Lifetime,
    /// Waiting for a proc.
    Runnable,
    /// System calls, with and without a proc.
    Syscall,
    /// Blocked for whatever reason.
    Blocked,
    /// By time of mark assists, most first.
    Assist,
    /// The start function's name, from A to Z (goroutines: by id).
    Name,
}

impl SortBy {
    /// What it sorts by, of a breakdown.
    #[must_use]
    pub fn value(self, breakdown: &Breakdown, count: u64) -> u64 {
        match self {
            Self::Execution => breakdown.running.0,
            Self::Count => count,
            Self::Lifetime => breakdown.total.0,
            Self::Runnable => breakdown.runnable.0,
            Self::Syscall => (breakdown.syscall + breakdown.syscall_blocked).0,
            Self::Blocked => breakdown.blocked().0,
            Self::Assist => breakdown.assist.0,
            Self::Name => 0,
        }
    }
}

/// All groups of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By falling execution time.
    pub groups: Vec<Group>,
    /// The sum of all.
    pub all: Breakdown,
    /// Goroutines of all groups together.
    pub count: u64,
}

impl Groups {
    /// Puts the groups in another order.
    pub fn sort(&mut self, trace: &Trace, by: SortBy) {
        self.groups.sort_by(|one, other| {
            let value = |group: &Group| by.value(&group.breakdown, group.count);
            value(other).cmp(&value(one)).then_with(|| trace.str(one.name).cmp(trace.str(other.name)))
        });
    }
}

/// A group while it grows.
#[derive(Default)]
struct Growing {
    execution: Vec<Nanos>,
    lifetime: Vec<Nanos>,
    breakdown: Breakdown,
    began_before: u64,
    goes_on: u64,
}

impl Growing {
    fn add(&mut self, times: &GoTimes) {
        self.execution.push(times.breakdown.running);
        self.lifetime.push(times.breakdown.total);
        self.breakdown.add(&times.breakdown);
        self.began_before += u64::from(times.began_before);
        self.goes_on += u64::from(times.goes_on);
    }

    fn merge(&mut self, other: Self) {
        self.execution.extend(other.execution);
        self.lifetime.extend(other.lifetime);
        self.breakdown.add(&other.breakdown);
        self.began_before += other.began_before;
        self.goes_on += other.goes_on;
    }
}

/// Goroutines by start function. `None` if cancelled.
#[must_use]
pub fn groups(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Groups> {
    let clock = Clock::new(trace, pieces);
    let chunks = pieces.len().div_ceil(CHUNK);
    let grown = (0..chunks)
        .into_par_iter()
        .fold(FxHashMap::<StrId, Growing>::default, |mut grown, chunk| {
            if monitor.is_cancelled() {
                return grown;
            }
            let mut times = GoTimes::none();
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                let Some((go, ranges)) = pieces.nth(at) else { continue };
                if clock.read(go, ranges, &mut times) {
                    let name = trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name);
                    grown.entry(name).or_default().add(&times);
                }
            }
            grown
        })
        .reduce(FxHashMap::default, |mut one, other| {
            for (name, group) in other {
                one.entry(name).or_default().merge(group);
            }
            one
        });
    if monitor.is_cancelled() {
        return None;
    }
    let mut groups: Vec<Group> = grown.into_par_iter().map(|(name, group)| finished(trace, name, group)).collect();
    groups.sort_by_key(|group| group.name);
    let mut found = Groups::default();
    for group in &groups {
        found.all.add(&group.breakdown);
        found.count += group.count;
    }
    found.all.sort();
    found.groups = groups;
    found.sort(trace, SortBy::Execution);
    Some(found)
}

fn finished(trace: &Trace, name: StrId, mut grown: Growing) -> Group {
    grown.breakdown.sort();
    Group {
        name,
        is_system: is_system_function(trace.str(name)),
        count: grown.lifetime.len() as u64,
        began_before: grown.began_before,
        goes_on: grown.goes_on,
        execution: Distribution::of(&mut grown.execution),
        lifetime: Distribution::of(&mut grown.lifetime),
        breakdown: grown.breakdown,
    }
}

/// Goroutines one by one: of a start function, or all; the first `limit` by `by`. `None` if cancelled.
#[must_use]
pub fn goroutines(
    trace: &Trace,
    pieces: &ScopeRanges,
    name: Option<StrId>,
    (by, limit): (SortBy, usize),
    monitor: &Monitor,
) -> Option<Vec<GoTimes>> {
    let clock = Clock::new(trace, pieces);
    let key = |times: &GoTimes| (std::cmp::Reverse(by.value(&times.breakdown, 1)), times.id);
    let shrink = |found: &mut Vec<GoTimes>| {
        found.sort_by_key(key);
        found.truncate(limit);
    };
    let chunks = pieces.len().div_ceil(CHUNK);
    let found = (0..chunks).into_par_iter().fold(Vec::new, |mut found: Vec<GoTimes>, chunk| {
        if monitor.is_cancelled() {
            return found;
        }
        let mut times = GoTimes::none();
        for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
            let Some((go, ranges)) = pieces.nth(at) else { continue };
            let Some((id, its_name)) = trace.goroutine_name(go) else { continue };
            if name.is_none_or(|name| name == its_name) && clock.read(go, ranges, &mut times) {
                times.id = id;
                times.breakdown.sort();
                found.push(times.clone());
            }
        }
        if found.len() > limit.saturating_mul(2) {
            shrink(&mut found);
        }
        found
    });
    let mut found = found.reduce(Vec::new, |mut one, other| {
        one.extend(other);
        shrink(&mut one);
        one
    });
    shrink(&mut found);
    (!monitor.is_cancelled()).then_some(found)
}

/// One goroutine's time, in stretches by time and apart from each other. `None` if it has none there.
#[must_use]
pub fn breakdown(trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange]) -> Option<Breakdown> {
    let within = TimeRange::new(ranges.first()?.start, ranges.last()?.end);
    let clock = Clock::new(trace, &ScopeRanges::of_stretches(within, vec![(go, ranges.to_vec())]));
    let mut times = GoTimes::none();
    clock.read(go, ranges, &mut times).then(|| {
        times.breakdown.sort();
        times.breakdown
    })
}

impl GoTimes {
    fn none() -> Self {
        Self {
            go: GoroutineIdx::NONE,
            id: GoId::NONE,
            range: TimeRange::default(),
            began_before: false,
            goes_on: false,
            breakdown: Breakdown::default(),
        }
    }
}

/// What is needed to read off times, made once.
pub(crate) struct Clock<'a> {
    trace: &'a Trace,
    /// State and reason by kind of stretch.
    kinds: Vec<(GoState, StrId)>,
    /// Stops of the world by who held them.
    stops: FxHashMap<GoroutineIdx, Vec<TimeRange>>,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(trace: &'a Trace, pieces: &ScopeRanges) -> Self {
        let mut stops: FxHashMap<GoroutineIdx, Vec<TimeRange>> = FxHashMap::default();
        for stop in trace.spans(LaneId::Stw, pieces.range) {
            stops.entry(stop.go).or_default().push(stop.range);
        }
        Self { trace, kinds: trace.reasons_by_kind(), stops }
    }

    /// Reads a goroutine's times in `ranges`. `false` if it has none there.
    pub(crate) fn read(&self, go: GoroutineIdx, ranges: &[TimeRange], times: &mut GoTimes) -> bool {
        let mut waits = std::mem::take(&mut times.breakdown.waits);
        waits.clear();
        *times = GoTimes { go, breakdown: Breakdown { waits, ..Breakdown::default() }, ..GoTimes::none() };
        let mut seen: Option<TimeRange> = None;
        let mut losses = None;
        for &range in ranges {
            let mut last: Option<TraceTime> = None;
            self.trace.state_intervals(go, range, |stretch| {
                let part = stretch.range.intersect(range);
                let is_empty_part = part.nanos() == 0 && stretch.range.nanos() > 0;
                if is_empty_part {
                    return;
                }
                let first = seen.get_or_insert(part);
                first.end = first.end.max(part.end);
                if last.is_none() && part == *first {
                    let is_cut = stretch.range.start < part.start;
                    times.began_before = is_cut || stretch.began_before;
                }
                // What lies between stretches is a gap.
                let gap = last.map_or(Nanos::ZERO, |last| TimeRange::new(last, part.start).length());
                times.breakdown.unknown += gap;
                times.breakdown.total += gap + part.length();
                times.goes_on = stretch.goes_on || stretch.range.end > range.end;
                last = Some(part.end);
                let lost = || losses.get_or_insert_with(|| self.trace.proc_losses(go)).first_in(stretch.range);
                self.add(go, (stretch, part), lost, &mut times.breakdown);
            });
            self.add_ranges(go, range, &mut times.breakdown);
        }
        if let Some(seen) = seen {
            times.range = seen;
        }
        seen.is_some()
    }

    /// Adds `part` of a stretch; `lost` tells when the goroutine lost its proc in it, if it is a system call.
    fn add(
        &self,
        go: GoroutineIdx,
        (stretch, part): (&StateInterval, TimeRange),
        lost: impl FnOnce() -> Option<TraceTime>,
        breakdown: &mut Breakdown,
    ) {
        match stretch.state {
            GoState::Running => {
                let with_cpu = Nanos(self.trace.no_cpu().with_cpu(go, part));
                breakdown.running += with_cpu;
                breakdown.no_cpu += part.length().saturating_sub(with_cpu);
            }
            GoState::Runnable => breakdown.runnable += part.length(),
            GoState::Syscall => {
                let held = held(stretch, lost()).intersect(part);
                let with_cpu = Nanos(self.trace.no_cpu().with_cpu(go, held));
                breakdown.syscall += with_cpu;
                breakdown.no_cpu += held.length().saturating_sub(with_cpu);
                breakdown.syscall_blocked += part.length().saturating_sub(held.length());
            }
            GoState::Waiting => {
                let reason = self.kinds.get(usize::from(stretch.kind)).map_or(StrId::EMPTY, |kind| kind.1);
                if part.nanos() > 0 {
                    breakdown.wait(reason, part.length());
                }
            }
            GoState::Unknown | GoState::Dead => breakdown.unknown += part.length(),
        }
    }

    fn add_ranges(&self, go: GoroutineIdx, range: TimeRange, breakdown: &mut Breakdown) {
        for special in self.trace.special_ranges(LaneId::Goroutine(go), range) {
            let part = special.range.intersect(range).length();
            match special.kind {
                SpecialKind::MarkAssist => breakdown.assist += part,
                SpecialKind::Sweep => breakdown.sweep += part,
            }
        }
        for stop in self.stops.get(&go).map_or(&[][..], Vec::as_slice) {
            breakdown.stw += stop.intersect(range).length();
        }
    }
}

/// The part of a system call in which the goroutine still has its proc, which it lost at `lost`, if it did. Of a call that
/// began before the trace: until the proc is lost; without such a loss all of it if it returned with its proc, else nothing.
pub(crate) fn held(call: &StateInterval, lost: Option<TraceTime>) -> TimeRange {
    let kept = |end: TraceTime| TimeRange::new(call.range.start, end);
    if let Some(lost) = lost {
        return kept(lost.max(call.range.start));
    }
    let entered_here = call.cause == Cause::SyscallEnter;
    kept(if entered_here || call.returns_with_proc { call.range.end } else { call.range.start })
}
