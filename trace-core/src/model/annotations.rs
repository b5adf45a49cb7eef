//! What programs and profilers write along: regions, tasks, logs, labels, CPU samples, and the ranges of
//! the collector on goroutines and procs.

use crate::base::ids::{GoroutineIdx, StrId, TaskId, TaskIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::annotation_tables::SampleAt;
use crate::model::grouped::Grouped;
use crate::model::lanes::LaneId;
use crate::model::trace::{Log, Region, Sample, SpecialRange, Task, Trace};

impl Trace {
    /// Regions of a goroutine that touch `range`, by start, outer before inner. Lazy.
    pub fn regions(&self, go: GoroutineIdx, range: TimeRange) -> impl Iterator<Item = Region> + '_ {
        self.annotations.regions.touching(go.0, range).copied()
    }

    /// All regions, by goroutine, then by start, outer before inner.
    #[must_use]
    pub fn all_regions(&self) -> &[Region] {
        self.annotations.regions.all()
    }

    /// All logs, by goroutine, then by time.
    #[must_use]
    pub fn all_logs(&self) -> &[Log] {
        self.annotations.logs.all()
    }

    /// Logs of a goroutine within `range`, in time order. Lazy.
    pub fn logs(&self, go: GoroutineIdx, range: TimeRange) -> impl Iterator<Item = Log> + '_ {
        self.annotations.logs.touching(go.0, range).copied()
    }

    /// The labels of all goroutines, as (who, since when, text), by goroutine, then by time.
    pub fn all_labels(&self) -> impl Iterator<Item = (GoroutineIdx, TraceTime, StrId)> + '_ {
        self.annotations.labels.pairs().map(|(go, label)| (GoroutineIdx(go), label.time, label.text))
    }

    /// CPU samples of a lane within `range`, in time order. Lazy.
    pub fn samples(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = Sample> + '_ {
        let found: Option<(&Grouped<SampleAt>, u32)> = match lane {
            LaneId::Goroutine(go) => Some((&self.annotations.samples_by_go, go.0)),
            LaneId::Proc(proc) => Some((&self.annotations.samples_by_proc, proc.0)),
            LaneId::Thread(thread) => Some((&self.annotations.samples_by_thread, thread.0)),
            LaneId::Gc | LaneId::Stw => None,
        };
        let samples = found.into_iter().flat_map(move |(index, key)| index.touching(key, range));
        samples.filter_map(|sample| self.annotations.samples.get(sample.at as usize).copied())
    }

    /// All CPU samples, in time order.
    #[must_use]
    pub fn all_samples(&self) -> &[Sample] {
        &self.annotations.samples
    }

    /// Mark assist and sweep on a lane within `range`, by start. Lazy.
    pub fn special_ranges(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = SpecialRange> + '_ {
        let found = match lane {
            LaneId::Goroutine(go) => Some((&self.annotations.specials_by_go, go.0)),
            LaneId::Proc(proc) => Some((&self.annotations.specials_by_proc, proc.0)),
            _ => None,
        };
        found.into_iter().flat_map(move |(index, key)| index.touching(key, range)).copied()
    }

    /// All tasks: indices `0..count`, by first mention.
    #[must_use]
    pub fn task_count(&self) -> u32 {
        self.annotations.tasks.len() as u32
    }

    /// A task; `None` if there is no such one.
    #[must_use]
    pub fn task(&self, idx: TaskIdx) -> Option<Task> {
        self.annotations.tasks.get(idx.index()).copied()
    }

    /// The task with this id (the latest one if ids were reused).
    #[must_use]
    pub fn task_by_id(&self, id: TaskId) -> Option<TaskIdx> {
        let id_of = |idx: &TaskIdx| self.annotations.tasks.get(idx.index()).map(|task| task.id);
        let end = self.annotations.tasks_by_id.partition_point(|idx| id_of(idx) <= Some(id));
        let last = self.annotations.tasks_by_id.get(end.checked_sub(1)?).copied()?;
        (id_of(&last) == Some(id)).then_some(last)
    }

    /// A goroutine's labels over time, as (since when, text).
    pub fn labels(&self, go: GoroutineIdx) -> impl Iterator<Item = (TraceTime, StrId)> + '_ {
        self.annotations.labels.of(go.0).iter().map(|label| (label.time, label.text))
    }
}
