//! When the process got no CPU although goroutines ran: the operating system throttled it (a container's CPU
//! quota), stopped it, or ran others. A trace does not record that; it is inferred from silences.
//!
//! ```text
//! CPU quota of 30 ms in 100 ms, two busy procs:
//!   P0  ████░░░░░░░░████░░░░░░░░████░░░░░░░░      █ events every few µs to 20 ms
//!   P1  ███░░░░░░░░░███░░░░░░░░░████░░░░░░░░      ░ none at all, on no proc
//!       0           100         200 ms            all go on at once, when the next period begins
//! ```

mod period;
mod silence;

use std::sync::Arc;

use crate::base::ids::GoroutineIdx;
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;
use crate::model::no_cpu::period::PeriodicSilences;
use crate::model::no_cpu::silence::{Silence, silences};
use crate::model::trace::Trace;

/// Fewer silences, or less of the trace, are chance.
const FEWEST: usize = 3;
const SMALLEST_SHARE: f64 = 0.05;
/// A single silence as long as this is no chance, ns.
const LONG: u64 = 250_000_000;
/// Silences out of any rhythm must be longer than this, ns: shorter ones are everywhere on a machine that is shared.
const SHORTEST_ALONE: u64 = 20_000_000;
/// A goroutine alone in a loop may have run so long without an event when the silence began in earnest, ns.
const LONGEST_RUN: u64 = 20_000_000;

/// Why a process got no CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoCpuCause {
    /// A quota per period was used up: the process went on whenever a new period began.
    Throttled,
    /// It was taken off the CPU in no rhythm: others ran, or it was stopped, swapped out, or its virtual machine
    /// paused.
    Descheduled,
}

/// What a proc was in use for when the process got no CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// A goroutine was running on it.
    Running,
    /// A goroutine was in a system call, with the proc still its own.
    Syscall,
    /// Its thread looked for work.
    Looking,
}

/// When, and on which lanes, a process got no CPU.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoCpu {
    /// Why; `None` if the trace shows no such thing.
    pub cause: Option<NoCpuCause>,
    /// By time, apart from each other.
    pub ranges: Vec<TimeRange>,
    /// Of these, so many ended as a new period began; 0 if there is no rhythm.
    pub in_rhythm: u64,
    /// Length of the period, ns; 0 if there is no rhythm.
    pub period: u64,
    /// CPUs used per period in which the quota was used up, by how long goroutines were running: the quota, if no
    /// other process shares it and there are no more procs than CPUs, else more. 0 if there is no rhythm.
    pub quota: f64,
    /// Time that goroutines were running (or in system calls with their procs) without a CPU, added over procs, ns.
    pub running: u64,
    /// By lane, then by time.
    by_lane: Vec<(LaneId, TimeRange, Use)>,
}

impl NoCpu {
    /// Looks for it.
    pub(crate) fn of(trace: &Trace) -> Self {
        let silences = silences(trace);
        PeriodicSilences::of(trace, &silences)
            .and_then(|rhythm| Self::throttled(trace, silences.clone(), &rhythm))
            .or_else(|| Self::descheduled(trace, &silences))
            .unwrap_or_default()
    }

    fn throttled(trace: &Trace, mut silences: Vec<Silence>, rhythm: &PeriodicSilences) -> Option<Self> {
        let used = rhythm.used(trace, &silences);
        let mut sorted: Vec<u64> = used.iter().copied().flatten().collect();
        sorted.sort_unstable();
        // Where few events tell when a silence begins, some of what ran before it looks silent: then the periods
        // with most of it seen are nearest to the truth.
        let lively =
            silences.iter().enumerate().filter(|(at, silence)| rhythm.is_in(*at) && silence.is_cut_short).count();
        let rank = if lively * 2 >= rhythm.count() { sorted.len() / 2 } else { sorted.len() * 9 / 10 };
        let quota = sorted.get(rank).copied().unwrap_or(0);
        for (silence, used) in silences.iter_mut().zip(used) {
            if let (Some(used), false) = (used, silence.is_cut_short) {
                let unseen = quota.saturating_sub(used) / silence.runs.max(1);
                silence.range.start = silence.range.start.plus_nanos(unseen.min(LONGEST_RUN).cast_signed());
            }
        }
        let found = silences.iter().enumerate().filter(|(at, silence)| rhythm.is_in(*at) || silence.is_certain());
        let found: Vec<&Silence> = found.map(|found| found.1).collect();
        is_enough(trace, &found).then(|| Self {
            cause: Some(NoCpuCause::Throttled),
            in_rhythm: rhythm.count() as u64,
            period: rhythm.period.unsigned_abs(),
            quota: quota as f64 / rhythm.period as f64,
            ..Self::with(&found)
        })
    }

    fn descheduled(trace: &Trace, silences: &[Silence]) -> Option<Self> {
        let found = silences.iter().filter(|silence| silence.is_certain() && silence.nanos() > SHORTEST_ALONE);
        let found: Vec<&Silence> = found.collect();
        is_enough(trace, &found).then(|| Self { cause: Some(NoCpuCause::Descheduled), ..Self::with(&found) })
    }

    fn with(silences: &[&Silence]) -> Self {
        let mut known = Self::default();
        for silence in silences {
            known.ranges.push(silence.range);
            for held in &silence.held {
                let (proc, thread) = (LaneId::Proc(held.proc), LaneId::Thread(held.thread));
                known.by_lane.extend([proc, thread].map(|lane| (lane, silence.range, held.what)));
                if held.go.is_some() {
                    known.by_lane.push((LaneId::Goroutine(held.go), silence.range, held.what));
                    known.running += silence.nanos();
                }
            }
        }
        known.by_lane.sort_unstable_by_key(|(lane, range, _)| (*lane, range.start));
        known
    }

    /// Whether the trace shows no such thing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// When within `range` a lane had no CPU: a goroutine that was running (or in a system call with its proc), a proc
    /// or thread in use. By time, apart from each other, none of them empty. Nothing for other lanes.
    pub fn parts(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = (TimeRange, Use)> + Clone + '_ {
        let first = self.by_lane.partition_point(|known| (known.0, known.1.end) <= (lane, range.start));
        let mine = self.by_lane.get(first..).unwrap_or_default().iter();
        let touching = mine.take_while(move |known| known.0 == lane && known.1.start < range.end);
        touching.map(move |known| (known.1.intersect(range), known.2))
    }

    /// How long within `range` a lane had no CPU, ns.
    #[must_use]
    pub fn nanos(&self, lane: LaneId, range: TimeRange) -> u64 {
        self.parts(lane, range).map(|part| part.0.nanos().unsigned_abs()).sum()
    }

    /// The same for one use of its proc.
    #[must_use]
    pub fn nanos_as(&self, lane: LaneId, range: TimeRange, what: Use) -> u64 {
        let parts = self.parts(lane, range).filter(|part| part.1 == what);
        parts.map(|part| part.0.nanos().unsigned_abs()).sum()
    }

    /// How long of a goroutine's `span` (a run, or a system call for as long as the goroutine has its proc) it really
    /// had a CPU, ns.
    #[must_use]
    pub fn with_cpu(&self, go: GoroutineIdx, span: TimeRange) -> u64 {
        let whole = span.nanos().unsigned_abs();
        if self.is_empty() { whole } else { whole.saturating_sub(self.nanos(LaneId::Goroutine(go), span)) }
    }

    /// Goroutines that were running (or in system calls with their procs) without a CPU, by index, and for how long, ns.
    pub fn goroutines(&self) -> impl Iterator<Item = (GoroutineIdx, u64)> + '_ {
        let all = self.by_lane.chunk_by(|one, next| one.0 == next.0);
        all.filter_map(|mine| {
            let LaneId::Goroutine(go) = mine.first()?.0 else { return None };
            Some((go, mine.iter().map(|known| known.1.nanos().unsigned_abs()).sum()))
        })
    }

    /// The longest stretches with a goroutine that was running in each, at most so many, longest first.
    #[must_use]
    pub fn longest(&self, most: usize) -> Vec<(GoroutineIdx, TimeRange)> {
        let mut found: Vec<(GoroutineIdx, TimeRange)> = Vec::new();
        for &(lane, range, _) in &self.by_lane {
            if let LaneId::Goroutine(go) = lane {
                found.push((go, range));
            }
        }
        found.sort_by_key(|&(go, range)| (std::cmp::Reverse(range.nanos()), range.start, go));
        found.dedup_by_key(|known| known.1);
        found.truncate(most);
        found
    }

    /// How long within `range` the process had no CPU, ns.
    #[must_use]
    pub fn total(&self, range: TimeRange) -> u64 {
        let first = self.ranges.partition_point(|known| known.end <= range.start);
        let touching = self.ranges.iter().skip(first).take_while(|known| known.start < range.end);
        touching.map(|known| known.intersect(range).nanos().unsigned_abs()).sum()
    }
}

/// Whether silences are many and long enough to tell.
fn is_enough(trace: &Trace, silences: &[&Silence]) -> bool {
    let total: u64 = silences.iter().map(|silence| silence.nanos()).sum();
    let longest = silences.iter().map(|silence| silence.nanos()).max().unwrap_or(0);
    let share = total as f64 / trace.range().nanos().max(1) as f64;
    share >= SMALLEST_SHARE && (silences.len() >= FEWEST || longest >= LONG)
}

impl Trace {
    /// When the process got no CPU although goroutines ran. Worked out once, when first asked for.
    #[must_use]
    pub fn no_cpu(&self) -> &NoCpu {
        self.no_cpu.get_or_init(|| Arc::new(NoCpu::of(self)))
    }
}
