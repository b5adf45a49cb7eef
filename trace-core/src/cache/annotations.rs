//! What lies beside the rows as a block: regions, tasks, logs, labels, samples, ranges. Only the items are
//! kept; their indices are made again.

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId, TaskIdx};
use crate::cache::bytes::{In, Out};
use crate::cache::tables::Bounds;
use crate::model::annotation_tables::{
    AnnotationTables, LabelRecord, StealRecord, index_samples, index_tasks, nest_regions,
};
use crate::model::grouped::{Grouped, Timed};
use crate::model::proc_changes::OwnershipRecord;
use crate::model::trace::{Log, Region, Sample, SpecialRange, Task};
use crate::model::tracks::{Track, TrackRange};

#[derive(Serialize, Deserialize)]
struct Items {
    gc: Vec<TrackRange>,
    stw: Vec<TrackRange>,
    regions: Vec<Region>,
    logs: Vec<Log>,
    labels: Vec<(u32, LabelRecord)>,
    tasks: Vec<Task>,
    samples: Vec<Sample>,
    specials_by_go: Vec<SpecialRange>,
    specials_by_proc: Vec<SpecialRange>,
    steals: Vec<(u32, StealRecord)>,
    proc_ownerships: Vec<(u32, OwnershipRecord)>,
}

pub(crate) fn put(annotations: &AnnotationTables, out: &mut Out) {
    out.value(&Items {
        gc: annotations.gc.ranges.clone(),
        stw: annotations.stw.ranges.clone(),
        regions: annotations.regions.all().to_vec(),
        logs: annotations.logs.all().to_vec(),
        labels: pairs(&annotations.labels),
        tasks: annotations.tasks.clone(),
        samples: annotations.samples.clone(),
        specials_by_go: annotations.specials_by_go.all().to_vec(),
        specials_by_proc: annotations.specials_by_proc.all().to_vec(),
        steals: pairs(&annotations.steals),
        proc_ownerships: pairs(&annotations.proc_ownerships),
    });
}

fn pairs<T: Timed + Copy>(grouped: &Grouped<T>) -> Vec<(u32, T)> {
    grouped.pairs().map(|(key, item)| (key, *item)).collect()
}

/// Takes all tables, if what they name is there. The bounds of ids are not among them.
pub(crate) fn take(bytes: &mut In<'_>, bounds: &Bounds) -> Option<AnnotationTables> {
    let items = bytes.value::<Items>()?;
    is_sound(&items, bounds).then(|| {
        let (regions, region_depths) = nest_regions(items.regions);
        AnnotationTables {
            gc: Track::new(items.gc),
            stw: Track::new(items.stw),
            regions,
            logs: Grouped::by(items.logs, |log| log.go.0),
            labels: Grouped::new(items.labels),
            samples_by_go: index_samples(&items.samples, |sample| sample.go.0),
            samples_by_proc: index_samples(&items.samples, |sample| sample.proc.0),
            samples_by_thread: index_samples(&items.samples, |sample| sample.thread.0),
            samples: items.samples,
            specials_by_go: Grouped::new(
                items.specials_by_go.into_iter().map(|special| (special.go.0, special)).collect(),
            ),
            specials_by_proc: Grouped::new(
                items.specials_by_proc.into_iter().map(|special| (special.proc.0, special)).collect(),
            ),
            tasks_by_id: index_tasks(&items.tasks),
            tasks: items.tasks,
            steals: Grouped::new(items.steals),
            proc_ownerships: Grouped::new(items.proc_ownerships),
            id_bounds: Vec::new(),
            region_depths,
        }
    })
}

fn is_sound(items: &Items, bounds: &Bounds) -> bool {
    let tasks = items.tasks.len();
    let task = |idx: Option<TaskIdx>| idx.is_none_or(|idx| idx.index() < tasks);
    let place = |go: GoroutineIdx, stack: StackId| bounds.is_go(go) && bounds.is_stack(stack);
    let proc = |proc: ProcIdx| bounds.is_index(proc.0, bounds.procs);
    let thread = |thread: u32| bounds.is_index(thread, bounds.threads);
    let text = |text: StrId| bounds.is_text(text);
    let track = |known: &TrackRange| bounds.is_range(known.range) && place(known.go, known.stack) && text(known.reason);
    let special =
        |known: &SpecialRange| bounds.is_range(known.range) && place(known.go, known.stack) && proc(known.proc);
    items.gc.iter().chain(&items.stw).all(track)
        && items.specials_by_go.iter().chain(&items.specials_by_proc).all(special)
        && items.regions.iter().all(|region| {
            let stacks = bounds.is_stack(region.end_stack) && place(region.go, region.start_stack);
            stacks && bounds.is_range(region.range) && task(region.task) && text(region.name)
        })
        && items.logs.iter().all(|log| {
            let texts = text(log.category) && text(log.message);
            texts && place(log.go, log.stack) && task(log.task) && bounds.is_time(log.time)
        })
        && items
            .labels
            .iter()
            .all(|(go, label)| bounds.is_go(GoroutineIdx(*go)) && text(label.text) && bounds.is_time(label.time))
        && items.tasks.iter().zip(0..).all(|(known, idx)| {
            let times = known.began.iter().chain(&known.ended).all(|&time| bounds.is_time(time));
            known.idx == TaskIdx(idx) && times && task(known.parent) && place(known.go, known.stack) && text(known.name)
        })
        && items.samples.is_sorted_by_key(|sample| sample.time)
        && items.samples.iter().all(|sample| {
            let lanes = proc(sample.proc) && thread(sample.thread.0);
            lanes && place(sample.go, sample.stack) && bounds.is_time(sample.time)
        })
        && items
            .proc_ownerships
            .iter()
            .all(|(idx, ownership)| proc(ProcIdx(*idx)) && thread(ownership.thread.0) && bounds.is_time(ownership.time))
        && items
            .steals
            .iter()
            .all(|(go, steal)| bounds.is_go(GoroutineIdx(*go)) && thread(steal.thief) && bounds.is_time(steal.time))
}
