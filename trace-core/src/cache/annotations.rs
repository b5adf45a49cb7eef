//! What lies beside the rows as a block: regions, tasks, logs, labels, samples, ranges. Only the items are
//! kept; their indices are made again.

use serde::{Deserialize, Serialize};

use crate::base::ids::{GoIx, ProcIx, StackId, StrId, TaskIx};
use crate::cache::bytes::{In, Out};
use crate::cache::tables::Bounds;
use crate::model::grouped::{Grouped, Timed};
use crate::model::side_tables::{LabelRecord, SideTables, StealRecord, index_samples, index_tasks, nest_regions};
use crate::model::tenures::TenureRecord;
use crate::model::trace::{Log, Region, Sample, SpecialRange, Task};
use crate::model::tracks::{Track, TrackRange};

/// All items.
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
    tenures: Vec<(u32, TenureRecord)>,
}

/// Puts all tables.
pub(crate) fn put(side: &SideTables, out: &mut Out) {
    out.value(&Items {
        gc: side.gc.ranges.clone(),
        stw: side.stw.ranges.clone(),
        regions: side.regions.all().to_vec(),
        logs: side.logs.all().to_vec(),
        labels: pairs(&side.labels),
        tasks: side.tasks.clone(),
        samples: side.samples.clone(),
        specials_by_go: side.specials_by_go.all().to_vec(),
        specials_by_proc: side.specials_by_proc.all().to_vec(),
        steals: pairs(&side.steals),
        tenures: pairs(&side.tenures),
    });
}

fn pairs<T: Timed + Copy>(grouped: &Grouped<T>) -> Vec<(u32, T)> {
    grouped.pairs().map(|(key, item)| (key, *item)).collect()
}

/// Takes all tables, if what they name is there. The bounds of ids are not among them.
pub(crate) fn take(bytes: &mut In<'_>, bounds: &Bounds) -> Option<SideTables> {
    let items = bytes.value::<Items>()?;
    is_sound(&items, bounds).then(|| {
        let (regions, region_depths) = nest_regions(items.regions);
        SideTables {
            gc: Track::new(items.gc),
            stw: Track::new(items.stw),
            regions,
            logs: Grouped::new(items.logs.into_iter().map(|log| (log.go.0, log)).collect()),
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
            tenures: Grouped::new(items.tenures),
            id_bounds: Vec::new(),
            region_depths,
        }
    })
}

fn is_sound(items: &Items, bounds: &Bounds) -> bool {
    let tasks = items.tasks.len();
    let task = |ix: Option<TaskIx>| ix.is_none_or(|ix| ix.index() < tasks);
    let place = |go: GoIx, stack: StackId| bounds.is_go(go) && bounds.is_stack(stack);
    let proc = |proc: ProcIx| bounds.is_index(proc.0, bounds.procs);
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
            .all(|(go, label)| bounds.is_go(GoIx(*go)) && text(label.text) && bounds.is_time(label.time))
        && items.tasks.iter().zip(0..).all(|(known, ix)| {
            let times = known.began.iter().chain(&known.ended).all(|&time| bounds.is_time(time));
            known.ix == TaskIx(ix) && times && task(known.parent) && place(known.go, known.stack) && text(known.name)
        })
        && items.samples.is_sorted_by_key(|sample| sample.time)
        && items.samples.iter().all(|sample| {
            let lanes = proc(sample.proc) && thread(sample.thread.0);
            lanes && place(sample.go, sample.stack) && bounds.is_time(sample.time)
        })
        && items
            .tenures
            .iter()
            .all(|(ix, tenure)| proc(ProcIx(*ix)) && thread(tenure.thread.0) && bounds.is_time(tenure.time))
        && items
            .steals
            .iter()
            .all(|(go, steal)| bounds.is_go(GoIx(*go)) && thread(steal.thief) && bounds.is_time(steal.time))
}
