//! What a generation tells besides the states of goroutines: records in the order of events, in the
//! generation's own numbers, on their way from a worker to the stitcher.

use crate::model::proc_changes::ProcChange;

/// Begin or end of a region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegionMark {
    pub(crate) time: i64,
    pub(crate) go: u32,
    pub(crate) name: u32,
    pub(crate) task: u64,
    pub(crate) stack: u32,
    pub(crate) is_begin: bool,
    /// Offset in the input.
    pub(crate) offset: u64,
}

/// Begin or end of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskMark {
    pub(crate) time: i64,
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) go: u32,
    pub(crate) name: u32,
    pub(crate) stack: u32,
    pub(crate) is_begin: bool,
    /// Offset in the input.
    pub(crate) offset: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LogMark {
    pub(crate) time: i64,
    pub(crate) go: u32,
    pub(crate) category: u32,
    pub(crate) message: u32,
    pub(crate) stack: u32,
    pub(crate) task: u64,
}

/// A label set on a goroutine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelMark {
    pub(crate) time: i64,
    pub(crate) go: u32,
    pub(crate) text: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SampleMark {
    pub(crate) time: i64,
    pub(crate) go: u32,
    pub(crate) proc: u32,
    pub(crate) thread: u32,
    pub(crate) stack: u32,
}

/// Which range begins, goes on or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RangeKind {
    Gc,
    Stw,
    MarkAssist,
    Sweep,
}

/// What happens to a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeMove {
    Begin,
    /// It is said to be going on; it began before.
    Active,
    End,
}

/// A move of a range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeMark {
    pub(crate) time: i64,
    pub(crate) kind: RangeKind,
    pub(crate) step: RangeMove,
    /// The goroutine it is on or that was running.
    pub(crate) go: u32,
    pub(crate) proc: u32,
    pub(crate) stack: u32,
    /// String slot: the kind of a stop-the-world.
    pub(crate) reason: u32,
    /// Sweep: bytes swept and reclaimed.
    pub(crate) bytes: (u64, u64),
}

/// A proc taken from, or let go by, a thread in a system call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StealMark {
    pub(crate) time: i64,
    /// The goroutine that sat in the system call.
    pub(crate) victim: u32,
    /// The thread that took it; none if it was let go.
    pub(crate) thief: u32,
}

/// A proc comes to a thread, or leaves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnershipMark {
    pub(crate) time: i64,
    pub(crate) proc: u32,
    /// Who has it from here on; none if nobody.
    pub(crate) thread: u32,
    pub(crate) change: ProcChange,
}

/// All of them, each in time order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    pub(crate) regions: Vec<RegionMark>,
    pub(crate) tasks: Vec<TaskMark>,
    pub(crate) logs: Vec<LogMark>,
    pub(crate) labels: Vec<LabelMark>,
    pub(crate) samples: Vec<SampleMark>,
    pub(crate) ranges: Vec<RangeMark>,
    pub(crate) steals: Vec<StealMark>,
    pub(crate) proc_ownerships: Vec<OwnershipMark>,
}

impl Annotations {
    /// Moves what lies before `floor` onto it.
    pub(crate) fn raise(&mut self, floor: i64) {
        self.for_each_time(|time| *time = (*time).max(floor));
    }

    pub(crate) fn shift(&mut self, nanos: i64) {
        self.for_each_time(|time| *time = time.saturating_add(nanos));
    }

    fn for_each_time(&mut self, change: impl FnMut(&mut i64)) {
        let regions = self.regions.iter_mut().map(|mark| &mut mark.time);
        let tasks = self.tasks.iter_mut().map(|mark| &mut mark.time);
        let logs = self.logs.iter_mut().map(|mark| &mut mark.time);
        let labels = self.labels.iter_mut().map(|mark| &mut mark.time);
        let samples = self.samples.iter_mut().map(|mark| &mut mark.time);
        let ranges = self.ranges.iter_mut().map(|mark| &mut mark.time);
        let steals = self.steals.iter_mut().map(|mark| &mut mark.time);
        let proc_ownerships = self.proc_ownerships.iter_mut().map(|mark| &mut mark.time);
        let marks = regions.chain(tasks).chain(logs).chain(labels).chain(samples).chain(ranges);
        marks.chain(steals).chain(proc_ownerships).for_each(change);
    }
}
