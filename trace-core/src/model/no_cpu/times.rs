//! When, and on which lanes, a process got no CPU, and questions about it.

use crate::base::ids::GoroutineIdx;
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;

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
    pub(super) by_lane: Vec<(LaneId, TimeRange, Use)>,
}

impl NoCpu {
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
