//! Blocking profiles: time by the stack at which it was lost, as `go tool trace -pprof=` gives it, and more.
//!
//! The kinds that Go has count as Go counts: from the event that began a state to the one that ended it, at
//! the stack of the first, and only from when the goroutine first ran (time from its creation to there is a
//! kind of its own). What has no end in the trace is not in the sums, but told beside them.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::scope::{ScopeRanges, nanos_in};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::{Sample, Trace};

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;

/// Time between CPU samples: the rate that `runtime/pprof` sets is 100 Hz; the trace does not tell it.
pub const SAMPLE_NANOS: u64 = 10_000_000;

/// What kind of time is summed by stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProfileKind {
    /// Waiting for the network (Go: `net`).
    Network,
    /// Waiting for channels, select and what package sync has (Go: `sync`).
    Sync,
    /// In system calls (Go: `syscall`).
    Syscall,
    /// Ready, but waiting for a proc, after the first run; by the stack of who made it ready (Go: `sched`).
    Scheduler,
    /// From creation to the first run, by the creator's stack.
    Start,
    /// Waits in `time.Sleep` and for tickers.
    Sleep,
    /// Waits in select statements of several cases.
    Select,
    /// Waiting for the collector, and its idle workers.
    GcWait,
    /// Waiting for whatever reason.
    Blocked,
    /// CPU samples, if the trace has any: each stands for [`SAMPLE_NANOS`].
    Cpu,
}

impl ProfileKind {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 10] = [
        Self::Sync,
        Self::Network,
        Self::Syscall,
        Self::Scheduler,
        Self::Start,
        Self::Sleep,
        Self::Select,
        Self::GcWait,
        Self::Blocked,
        Self::Cpu,
    ];

    /// Its name on the command line; the first four as in Go.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "net",
            Self::Sync => "sync",
            Self::Syscall => "syscall",
            Self::Scheduler => "sched",
            Self::Start => "start",
            Self::Sleep => "sleep",
            Self::Select => "select",
            Self::GcWait => "gc",
            Self::Blocked => "blocked",
            Self::Cpu => "cpu",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a state for a reason counts. The first four are Go's rules (`cmd/trace/pprof.go`).
    #[must_use]
    pub fn counts(self, state: GoState, reason: &str) -> bool {
        let has = |part: &str| reason.contains(part);
        match self {
            Self::Syscall => state == GoState::Syscall,
            Self::Scheduler | Self::Start => state == GoState::Runnable,
            Self::Cpu => false,
            _ if state != GoState::Waiting => false,
            Self::Network => reason == "network",
            Self::Sync => has("chan") || has("sync") || has("select"),
            Self::Sleep => reason == "sleep",
            Self::Select => reason == "select",
            Self::GcWait => reason.starts_with("GC ") || reason == "wait until GC ends",
            Self::Blocked => true,
        }
    }
}

/// All time lost at one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StackSum {
    /// Where; `NONE` if no stack was recorded (a return from a system call without a proc).
    pub stack: StackId,
    /// How many events there are.
    pub count: u64,
    /// Nanoseconds in all, inside the scope.
    pub nanos: Nanos,
    /// The longest, nanoseconds inside the scope.
    pub max: Nanos,
    /// Whose that was, and when; to jump to.
    pub longest: Option<(GoroutineIdx, TimeRange)>,
}

impl StackSum {
    fn add(&mut self, nanos: Nanos, go: GoroutineIdx, range: TimeRange) {
        self.count += 1;
        self.nanos += nanos;
        self.keep_longer(nanos, Some((go, range)));
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.nanos += other.nanos;
        self.keep_longer(other.max, other.longest);
    }

    /// Of equals the earliest, so that no order of adding matters.
    fn keep_longer(&mut self, nanos: Nanos, found: Option<(GoroutineIdx, TimeRange)>) {
        let key = |longest: Option<(GoroutineIdx, TimeRange)>| longest.map(|(go, range)| (range.start, go));
        if nanos > self.max || (nanos == self.max && (self.longest.is_none() || key(found) < key(self.longest))) {
            self.max = nanos;
            self.longest = found;
        }
    }
}

/// Time lost, summed by stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What kind of time it sums.
    pub kind: ProfileKind,
    /// The stacks, those with most time first.
    pub stacks: Vec<StackSum>,
    /// Events of all stacks together.
    pub count: u64,
    /// Time of all stacks together, ns.
    pub nanos: Nanos,
    /// Events that were still going on when the trace ended: in no sum above, as in Go.
    pub open_count: u64,
    /// Time of what is unfinished at the end, ns.
    pub open_nanos: Nanos,
}

#[derive(Default)]
struct Growing {
    stacks: FxHashMap<StackId, StackSum>,
    open_count: u64,
    open_nanos: Nanos,
}

/// Sums time by stack. `None` if cancelled.
#[must_use]
pub fn profile(trace: &Trace, pieces: &ScopeRanges, kind: ProfileKind, monitor: &Monitor) -> Option<Profile> {
    if kind == ProfileKind::Cpu {
        return Some(samples(trace, pieces));
    }
    let counts: Vec<bool> =
        trace.reasons_by_kind().into_iter().map(|(state, reason)| kind.counts(state, trace.str(reason))).collect();
    let chunks = pieces.len().div_ceil(CHUNK);
    let grown = (0..chunks).into_par_iter().fold(Growing::default, |mut grown, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                if let Some((go, ranges)) = pieces.nth(at) {
                    grown.look_at(trace, (&counts, kind.phase()), go, ranges);
                }
            }
        }
        grown
    });
    let grown = grown.reduce(Growing::default, Growing::merged);
    if monitor.is_cancelled() {
        return None;
    }
    let mut profile = finished(kind, grown.stacks);
    (profile.open_count, profile.open_nanos) = (grown.open_count, grown.open_nanos);
    Some(profile)
}

/// What of a goroutine's life counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// All of it, whenever it began.
    Any,
    /// From the first run on; of those that never ran all of it.
    Ran,
    /// What lies before the first run.
    Fresh,
}

impl ProfileKind {
    const fn phase(self) -> Phase {
        match self {
            // Go takes a goroutine's interval from its first run on, also where it asks for all.
            Self::Network | Self::Sync | Self::Syscall | Self::Scheduler => Phase::Ran,
            Self::Start => Phase::Fresh,
            _ => Phase::Any,
        }
    }
}

impl Growing {
    fn look_at(&mut self, trace: &Trace, (counts, phase): (&[bool], Phase), go: GoroutineIdx, ranges: &[TimeRange]) {
        let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return };
        let mut has_run = phase == Phase::Any;
        // What waits for word whether the goroutine ran before.
        let mut fresh: Vec<StateInterval> = Vec::new();
        let is_run = |kind: u8| trace.state_of_kind(kind) == GoState::Running;
        let is_counted = |kind: u8| counts.get(usize::from(kind)) == Some(&true);
        let is_wanted = |kind: u8| is_counted(kind) || phase != Phase::Any && is_run(kind);
        trace.state_intervals_of(go, TimeRange::new(first.start, last.end), is_wanted, |stretch| {
            if !has_run && stretch.state == GoState::Running {
                has_run = true;
                self.settle(trace, phase, (go, ranges), &mut fresh, Some(stretch.seen));
            }
            if is_counted(stretch.kind) {
                if !has_run {
                    fresh.push(*stretch);
                } else if phase != Phase::Fresh {
                    self.add(go, ranges, stretch);
                }
            }
            true
        });
        self.settle(trace, phase, (go, ranges), &mut fresh, None);
    }

    /// Counts, of what came before the first run in view, what is to be counted.
    fn settle(
        &mut self,
        trace: &Trace,
        phase: Phase,
        (go, ranges): (GoroutineIdx, &[TimeRange]),
        fresh: &mut Vec<StateInterval>,
        run: Option<TraceTime>,
    ) {
        let Some(first) = fresh.first() else { return };
        let is_from_start = ranges.first().is_some_and(|range| range.start <= trace.range().start);
        let is_to_end = ranges.last().is_some_and(|range| range.end >= trace.range().end);
        let is_known = is_from_start && (run.is_some() || is_to_end);
        let started = if is_known { run } else { trace.goroutine(go).and_then(|goroutine| goroutine.started).or(run) };
        let ran_before = started.is_some_and(|started| started <= first.seen);
        let is_fresh = !ran_before && started.is_some();
        if (phase == Phase::Fresh && !ran_before) || (phase == Phase::Ran && !is_fresh) {
            for stretch in fresh.iter() {
                self.add(go, ranges, stretch);
            }
        }
        fresh.clear();
    }

    fn add(&mut self, go: GoroutineIdx, ranges: &[TimeRange], stretch: &StateInterval) {
        let told = TimeRange::new(stretch.seen, stretch.range.end);
        let nanos = Nanos(nanos_in(ranges, told));
        if nanos.is_zero() {
            return;
        }
        if stretch.goes_on {
            self.open_count += 1;
            self.open_nanos += nanos;
            return;
        }
        let sum = self.stacks.entry(stretch.stack).or_default();
        sum.stack = stretch.stack;
        sum.add(nanos, go, told);
    }

    fn merged(mut self, other: Self) -> Self {
        for (stack, sum) in other.stacks {
            let mine = self.stacks.entry(stack).or_default();
            mine.stack = stack;
            mine.merge(&sum);
        }
        self.open_count += other.open_count;
        self.open_nanos += other.open_nanos;
        self
    }
}

fn finished(kind: ProfileKind, stacks: FxHashMap<StackId, StackSum>) -> Profile {
    let mut stacks: Vec<StackSum> = stacks.into_values().collect();
    stacks.sort_unstable_by_key(|sum| (std::cmp::Reverse(sum.nanos), sum.stack));
    let count = stacks.iter().map(|sum| sum.count).sum();
    let nanos = stacks.iter().map(|sum| sum.nanos).sum();
    Profile { kind, stacks, count, nanos, open_count: 0, open_nanos: Nanos::ZERO }
}

/// CPU samples by stack.
fn samples(trace: &Trace, pieces: &ScopeRanges) -> Profile {
    let mut stacks: FxHashMap<StackId, StackSum> = FxHashMap::default();
    for sample in samples_in(trace, pieces) {
        let sum = stacks.entry(sample.stack).or_default();
        sum.stack = sample.stack;
        sum.add(Nanos(SAMPLE_NANOS), sample.go, TimeRange::new(sample.time, sample.time));
    }
    finished(ProfileKind::Cpu, stacks)
}

/// The CPU samples of a scope, in time order; those of no goroutine only if all goroutines are in it.
pub(crate) fn samples_in<'a>(trace: &'a Trace, pieces: &'a ScopeRanges) -> impl Iterator<Item = &'a Sample> {
    trace.all_samples().iter().filter(move |sample| {
        let is_inside = if sample.go.is_some() {
            pieces.of(sample.go).iter().any(|range| range.contains(sample.time))
        } else {
            pieces.is_all() && pieces.range.contains(sample.time)
        };
        // The very last event of a trace lies on its end.
        is_inside || (pieces.is_all() && sample.time == trace.range().end && sample.time == pieces.range.end)
    })
}

/// What a profile's stacks sum to by function: time in it (flat, `own`) and in all it called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSum {
    /// Fully qualified name of the function.
    pub function: String,
    /// Source file of the first frame met.
    pub file: String,
    /// Nanoseconds of stacks with it at the leaf.
    pub own: Nanos,
    /// Nanoseconds of stacks that it is in, each once.
    pub total: Nanos,
    /// Events with the function anywhere on the stack.
    pub count: u64,
}

/// A profile by function, by falling own time, then total, then name.
#[must_use]
pub fn by_function(trace: &Trace, profile: &Profile) -> Vec<FunctionSum> {
    let mut sums: FxHashMap<&str, FunctionSum> = FxHashMap::default();
    let mut on_stack: Vec<&str> = Vec::new();
    for sum in &profile.stacks {
        on_stack.clear();
        for frame in trace.frames(sum.stack) {
            let is_leaf = on_stack.is_empty();
            if on_stack.contains(&frame.function) {
                continue;
            }
            on_stack.push(frame.function);
            let function = sums.entry(frame.function).or_insert_with(|| FunctionSum {
                function: frame.function.to_owned(),
                file: frame.file.to_owned(),
                own: Nanos::ZERO,
                total: Nanos::ZERO,
                count: 0,
            });
            if is_leaf {
                function.own += sum.nanos;
            }
            function.total += sum.nanos;
            function.count += sum.count;
        }
    }
    let mut sums: Vec<FunctionSum> = sums.into_values().collect();
    sums.sort_by(|one, other| {
        (other.own, other.total).cmp(&(one.own, one.total)).then_with(|| one.function.cmp(&other.function))
    });
    sums
}

/// Goroutines whose lane is worth a look for a profile's stack: `LaneId` and range of the longest.
#[must_use]
pub fn longest_of(sum: &StackSum) -> Option<(LaneId, TimeRange)> {
    sum.longest.filter(|(go, _)| go.is_some()).map(|(go, range)| (LaneId::Goroutine(go), range))
}
