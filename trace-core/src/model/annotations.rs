//! What programs and profilers write along: regions, tasks, logs, labels, CPU samples, and the ranges of
//! the collector on goroutines and procs.

use crate::base::ids::{GoIx, StrId, TaskId, TaskIx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::grouped::Grouped;
use crate::model::lanes::LaneId;
use crate::model::side_tables::SampleAt;
use crate::model::trace::{Log, Region, Sample, SpecialRange, Task, Trace};

impl Trace {
    /// Regions of a goroutine that touch `range`, by start, outer before inner. Lazy.
    pub fn regions(&self, go: GoIx, range: TimeRange) -> impl Iterator<Item = Region> + '_ {
        self.side.regions.touching(go.0, range).copied()
    }

    /// All regions, by goroutine, then by start, outer before inner.
    #[must_use]
    pub fn all_regions(&self) -> &[Region] {
        self.side.regions.all()
    }

    /// All logs, by goroutine, then by time.
    #[must_use]
    pub fn all_logs(&self) -> &[Log] {
        self.side.logs.all()
    }

    /// Logs of a goroutine within `range`, in time order. Lazy.
    pub fn logs(&self, go: GoIx, range: TimeRange) -> impl Iterator<Item = Log> + '_ {
        self.side.logs.touching(go.0, range).copied()
    }

    /// The labels of all goroutines, as (who, since when, text), by goroutine, then by time.
    pub fn all_labels(&self) -> impl Iterator<Item = (GoIx, TraceTime, StrId)> + '_ {
        self.side.labels.pairs().map(|(go, label)| (GoIx(go), label.time, label.text))
    }

    /// CPU samples of a lane within `range`, in time order. Lazy.
    pub fn samples(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = Sample> + '_ {
        let found: Option<(&Grouped<SampleAt>, u32)> = match lane {
            LaneId::Goroutine(go) => Some((&self.side.samples_by_go, go.0)),
            LaneId::Proc(proc) => Some((&self.side.samples_by_proc, proc.0)),
            LaneId::Thread(thread) => Some((&self.side.samples_by_thread, thread.0)),
            LaneId::Gc | LaneId::Stw => None,
        };
        let samples = found.into_iter().flat_map(move |(index, key)| index.touching(key, range));
        samples.filter_map(|sample| self.side.samples.get(sample.at as usize).copied())
    }

    /// All CPU samples, in time order.
    #[must_use]
    pub fn all_samples(&self) -> &[Sample] {
        &self.side.samples
    }

    /// Mark assist and sweep on a lane within `range`, by start. Lazy.
    pub fn special_ranges(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = SpecialRange> + '_ {
        let found = match lane {
            LaneId::Goroutine(go) => Some((&self.side.specials_by_go, go.0)),
            LaneId::Proc(proc) => Some((&self.side.specials_by_proc, proc.0)),
            _ => None,
        };
        found.into_iter().flat_map(move |(index, key)| index.touching(key, range)).copied()
    }

    /// All tasks: indices `0..count`, by first mention.
    #[must_use]
    pub fn task_count(&self) -> u32 {
        self.side.tasks.len() as u32
    }

    /// A task.
    #[must_use]
    pub fn task(&self, ix: TaskIx) -> Option<Task> {
        self.side.tasks.get(ix.index()).copied()
    }

    /// The task with this id (the latest one if ids were reused).
    #[must_use]
    pub fn task_by_id(&self, id: TaskId) -> Option<TaskIx> {
        let id_of = |ix: &TaskIx| self.side.tasks.get(ix.index()).map(|task| task.id);
        let end = self.side.tasks_by_id.partition_point(|ix| id_of(ix) <= Some(id));
        let last = self.side.tasks_by_id.get(end.checked_sub(1)?).copied()?;
        (id_of(&last) == Some(id)).then_some(last)
    }

    /// A goroutine's labels over time, as (since when, text).
    pub fn labels(&self, go: GoIx) -> impl Iterator<Item = (TraceTime, StrId)> + '_ {
        self.side.labels.of(go.0).iter().map(|label| (label.time, label.text))
    }
}
