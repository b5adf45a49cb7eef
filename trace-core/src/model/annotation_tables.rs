//! What a snapshot holds besides rows: regions, tasks, logs, labels, samples, ranges, each indexed by whom
//! it belongs to.

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoId, GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::grouped::{Grouped, Timed, sort_by_key};
use crate::model::proc_changes::OwnershipRecord;
use crate::model::records::{Log, Region, Sample, SpecialRange, Task};
use crate::model::tracks::Track;

/// A label from a time on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LabelRecord {
    pub(crate) time: TraceTime,
    pub(crate) text: StrId,
}

/// A proc taken from, or let go by, a goroutine in a system call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct StealRecord {
    pub(crate) time: TraceTime,
    /// Thread that took it; `NONE` if it was let go.
    pub(crate) thief: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct AnnotationTables {
    pub(crate) gc: Track,
    pub(crate) stw: Track,
    pub(crate) regions: Grouped<Region>,
    pub(crate) logs: Grouped<Log>,
    pub(crate) labels: Grouped<LabelRecord>,
    pub(crate) tasks: Vec<Task>,
    /// All tasks by id, those that share one by index.
    pub(crate) tasks_by_id: Box<[TaskIdx]>,
    /// Samples by rising time.
    pub(crate) samples: Vec<Sample>,
    pub(crate) samples_by_go: Grouped<SampleAt>,
    pub(crate) samples_by_proc: Grouped<SampleAt>,
    pub(crate) samples_by_thread: Grouped<SampleAt>,
    pub(crate) specials_by_go: Grouped<SpecialRange>,
    pub(crate) specials_by_proc: Grouped<SpecialRange>,
    /// Steals by the proc that lost its thread.
    pub(crate) steals: Grouped<StealRecord>,
    /// Ownerships by proc, each by rising time.
    pub(crate) proc_ownerships: Grouped<OwnershipRecord>,
    /// Lowest and highest id per chunk of goroutine records.
    pub(crate) id_bounds: Vec<(GoId, GoId)>,
    /// Deepest nesting by goroutine, for those with regions, by rising index.
    pub(crate) region_depths: Vec<(GoroutineIdx, u16)>,
}

impl AnnotationTables {
    pub(crate) fn region_depth(&self, go: GoroutineIdx) -> u16 {
        self.region_depths.binary_search_by_key(&go, |depth| depth.0).map_or(0, |at| self.region_depths[at].1)
    }
}

/// A sample's place in the table, with its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SampleAt {
    pub(crate) time: TraceTime,
    pub(crate) at: u32,
}

impl Timed for Region {
    fn range(&self) -> TimeRange {
        self.range
    }
}

impl Timed for SpecialRange {
    fn range(&self) -> TimeRange {
        self.range
    }
}

macro_rules! instant {
    ($($name:ty),*) => {
        $(impl Timed for $name {
            fn range(&self) -> TimeRange {
                TimeRange::new(self.time, self.time)
            }
        })*
    };
}

instant!(Log, LabelRecord, StealRecord, OwnershipRecord, SampleAt);

/// Groups regions by goroutine and works out how they nest: a region that lies inside another is one
/// deeper, whatever order the file told them in (those that began before the trace become known only by
/// their ends).
pub(crate) fn nest_regions(mut regions: Vec<Region>) -> (Grouped<Region>, Vec<(GoroutineIdx, u16)>) {
    // There may be millions: they are sorted where they lie.
    sort_by_key(&mut regions, |region| region.go.0);
    let order = |region: &Region| (region.range.start, std::cmp::Reverse(region.range.end));
    let mut depths: Vec<(GoroutineIdx, u16)> = Vec::new();
    let mut open: Vec<TraceTime> = Vec::new();
    for group in regions.chunk_by_mut(|one, other| one.go == other.go) {
        if !group.is_sorted_by_key(order) {
            group.sort_by_key(order);
        }
        let mut deepest = 0;
        open.clear();
        for region in &mut *group {
            while open.last().is_some_and(|&end| end <= region.range.start) {
                open.pop();
            }
            region.depth = open.len() as u32;
            open.push(region.range.end);
            deepest = deepest.max(open.len());
        }
        let go = group.first().map_or(GoroutineIdx::NONE, |region| region.go);
        depths.push((go, u16::try_from(deepest).unwrap_or(u16::MAX)));
    }
    (Grouped::sorted(regions, |region| region.go.0), depths)
}

/// All tasks by id, those that share one by index.
pub(crate) fn index_tasks(tasks: &[Task]) -> Box<[TaskIdx]> {
    let mut indices: Box<[TaskIdx]> = tasks.iter().map(|task| task.idx).collect();
    // Most begin in the order of their ids.
    indices.sort_by_key(|idx| tasks.get(idx.index()).map(|task| task.id));
    indices
}

/// The samples that have a key, with that key.
pub(crate) fn index_samples(samples: &[Sample], key: impl Fn(&Sample) -> u32) -> Grouped<SampleAt> {
    let keyed =
        samples.iter().enumerate().map(|(at, sample)| (key(sample), SampleAt { time: sample.time, at: at as u32 }));
    Grouped::new(keyed.filter(|(key, _)| *key != u32::MAX).collect())
}

/// A task that is only known to exist.
pub(crate) const fn unknown_task(idx: TaskIdx, id: crate::base::ids::TaskId) -> Task {
    Task {
        idx,
        id,
        name: StrId::EMPTY,
        parent: None,
        go: GoroutineIdx::NONE,
        stack: StackId::NONE,
        began: None,
        ended: None,
    }
}
