//! Tasks and regions: how long they took, by type, which were slowest, and where the time of each went.

use rustc_hash::FxHashMap;

use crate::analysis::distribution::{Bucket, Distribution, histogram};
use crate::analysis::go_set::GoSet;
use crate::analysis::goroutines::{Breakdown, breakdown};
use crate::analysis::scope::{GoroutineFilter, Scope, roots, united};
use crate::base::ids::{GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::{Frame, Log, Region, Task, Trace};

/// Which instances are wanted. Everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what touches this stretch.
    pub range: Option<TimeRange>,
    /// Only complete (both ends in the trace), or only incomplete ones.
    pub complete: Option<bool>,
    /// At least so long, nanoseconds.
    pub least: Option<Nanos>,
    /// At most so long, nanoseconds.
    pub most: Option<Nanos>,
    /// Tasks: a log of it contains this text.
    pub log: Option<String>,
    /// Tasks: it has to do with this goroutine. Regions: it is on it.
    pub go: Option<GoroutineIdx>,
    /// The same for goroutines with this start function.
    pub function: Option<StrId>,
    /// The same for any of these goroutines.
    pub gos: Option<GoSet>,
    /// Tasks: it is this one, or a descendant of it. Regions: it belongs to such a one.
    pub task: Option<TaskIdx>,
    /// Regions: it belongs to a task of this type, or to a descendant of one.
    pub task_type: Option<StrId>,
    /// Regions: so deep on their goroutine, outermost 0.
    pub depth: Option<u32>,
    /// Only tasks of this type; all if `None`.
    pub name: Option<StrId>,
}

/// What a filter says of goroutines and families of tasks, worked out once.
struct Chosen<'a> {
    trace: &'a Trace,
    filter: &'a Filter,
    /// For each task whether it or one above is wanted; `None`: all are.
    tasks: Option<Vec<bool>>,
}

impl<'a> Chosen<'a> {
    fn of(trace: &'a Trace, filter: &'a Filter) -> Self {
        let is_root = |idx: TaskIdx, task: &Task| {
            filter.task.is_none_or(|wanted| wanted == idx) && filter.task_type.is_none_or(|wanted| wanted == task.name)
        };
        let is_limited = filter.task.is_some() || filter.task_type.is_some();
        let tasks = is_limited.then(|| roots(trace, &is_root).iter().map(Option::is_some).collect());
        Self { trace, filter, tasks }
    }

    fn has_task(&self, task: Option<TaskIdx>) -> bool {
        let Some(tasks) = &self.tasks else { return true };
        task.is_some_and(|task| tasks.get(task.index()) == Some(&true))
    }

    fn has_go(&self, go: GoroutineIdx) -> bool {
        let is_named = |name| self.trace.goroutine_name(go).is_some_and(|(_, its)| its == name);
        self.filter.go.is_none_or(|wanted| wanted == go)
            && self.filter.function.is_none_or(is_named)
            && self.filter.gos.as_ref().is_none_or(|gos| gos.contains(go))
    }

    fn limits_gos(&self) -> bool {
        self.filter.go.is_some() || self.filter.function.is_some() || self.filter.gos.is_some()
    }
}

impl Filter {
    /// What of a scope can be said of tasks (or of regions): its range, and whose. Of tasks, a type of regions says
    /// nothing.
    #[must_use]
    pub fn of_scope(trace: &Trace, scope: &Scope, regions: bool) -> Self {
        let range = (scope.range != trace.range()).then_some(scope.range);
        let mut filter = Self { range, ..Self::default() };
        match &scope.filter {
            GoroutineFilter::All => {}
            &GoroutineFilter::Named(name) => filter.function = Some(name),
            &GoroutineFilter::One(go) => filter.go = Some(go),
            GoroutineFilter::These(gos) => filter.gos = Some(gos.clone()),
            &GoroutineFilter::Task(task) => filter.task = Some(task),
            &GoroutineFilter::Tasks(name) if regions => filter.task_type = Some(name),
            &GoroutineFilter::Tasks(name) => filter.name = Some(name),
            &GoroutineFilter::Regions(name) => filter.name = regions.then_some(name),
        }
        filter
    }

    fn fits(&self, name: StrId, range: TimeRange, complete: bool) -> bool {
        let length = range.length();
        self.name.is_none_or(|wanted| wanted == name)
            && self.range.is_none_or(|wanted| wanted.overlaps(range) || wanted.contains(range.start))
            && self.complete.is_none_or(|wanted| wanted == complete)
            && self.least.is_none_or(|least| length >= least)
            && self.most.is_none_or(|most| length <= most)
    }
}

/// Instances of one kind: tasks of a type, or regions of a type that begin at the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family<T> {
    /// The type that all of them have.
    pub name: StrId,
    /// Regions: the line that begins them; `None` for tasks and where no stack tells.
    pub place: Option<crate::analysis::places::Place>,
    /// How many, complete or not.
    pub count: u64,
    /// Of those, without beginning or end in the trace.
    pub incomplete: u64,
    /// Durations of the complete ones.
    pub latency: Distribution,
    /// The same as a histogram.
    pub histogram: Vec<Bucket>,
    /// All of them, slowest first.
    pub instances: Vec<T>,
}

/// A user task, with what it is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInstance {
    /// The task as the trace has it.
    pub task: Task,
    /// From beginning to end, clipped to the trace.
    pub range: TimeRange,
    /// Both ends lie in the trace.
    pub complete: bool,
}

/// A user region, with what it is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionInstance {
    /// The region as the trace has it.
    pub region: Region,
    /// Both ends lie in the trace.
    pub complete: bool,
}

/// All that belongs to one task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskDetails {
    /// Its regions, by start.
    pub regions: Vec<Region>,
    /// Its logs, by time.
    pub logs: Vec<Log>,
    /// Goroutines that began it, or have regions or logs of it, by index.
    pub goroutines: Vec<GoroutineIdx>,
    /// Tasks begun under it.
    pub children: Vec<TaskIdx>,
    /// Where goroutines' time in its regions went; without regions, that of the goroutine that began it, from
    /// beginning to end. Several goroutines at once count each.
    pub breakdown: Breakdown,
    /// Nanoseconds of that on other goroutines than the one that began it.
    pub on_others: Nanos,
    /// Nanoseconds from beginning to end in which no goroutine was in a region of it, so that the trace does not tell
    /// who worked on it; 0 without regions.
    pub outside_regions: Nanos,
}

/// Tasks by type, the type with most time first. `None` if cancelled.
#[must_use]
pub fn tasks(trace: &Trace, filter: &Filter, monitor: &Monitor) -> Option<Vec<Family<TaskInstance>>> {
    let chosen = Chosen::of(trace, filter);
    let marks = (filter.log.is_some() || chosen.limits_gos()).then(|| marks(trace, &chosen));
    let mut found: FxHashMap<StrId, Vec<TaskInstance>> = FxHashMap::default();
    for task in (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))) {
        if monitor.is_cancelled() {
            return None;
        }
        let range = life(trace, &task);
        let complete = task.began.is_some() && task.ended.is_some();
        let is_marked = marks.as_ref().is_none_or(|marks| {
            let (logged, on_go) = marks.get(task.idx.index()).copied().unwrap_or_default();
            (filter.log.is_none() || logged) && (on_go || chosen.has_go(task.go))
        });
        if is_marked && chosen.has_task(Some(task.idx)) && filter.fits(task.name, range, complete) {
            found.entry(task.name).or_default().push(TaskInstance { task, range, complete });
        }
    }
    let families = found.into_iter().map(|(name, mut instances)| {
        instances.sort_by_key(|found| (std::cmp::Reverse(found.range.nanos()), found.task.idx));
        let lengths = instances.iter().map(|found| (found.range.length(), found.complete)).collect();
        family(name, None, lengths, instances)
    });
    Some(sorted(trace, families.collect()))
}

/// Regions by type and by the line that begins them, those with most time first. `None` if cancelled.
#[must_use]
pub fn regions(trace: &Trace, filter: &Filter, monitor: &Monitor) -> Option<Vec<Family<RegionInstance>>> {
    let mut found: FxHashMap<(StrId, StackId), Vec<RegionInstance>> = FxHashMap::default();
    let chosen = Chosen::of(trace, filter);
    for regions in trace.all_regions().chunk_by(|one, next| one.go == next.go) {
        if monitor.is_cancelled() {
            return None;
        }
        if !regions.first().is_some_and(|first| chosen.has_go(first.go)) {
            continue;
        }
        for &region in regions {
            let complete = !region.began_before && !region.goes_on;
            let fits = filter.fits(region.name, region.range, complete) && chosen.has_task(region.task);
            if fits && filter.depth.is_none_or(|depth| depth == region.depth) {
                let instance = RegionInstance { region, complete };
                found.entry((region.name, region.start_stack)).or_default().push(instance);
            }
        }
    }
    // Many stacks have the same line at their head.
    let mut by_line: FxHashMap<_, Vec<RegionInstance>> = FxHashMap::default();
    for ((name, stack), instances) in found {
        let place = beginning(trace, stack).map(crate::analysis::places::Place::from);
        by_line.entry((name, place)).or_default().extend(instances);
    }
    let families = by_line.into_iter().map(|((name, place), mut instances)| {
        let key = |found: &RegionInstance| (found.region.range.start, found.region.go, found.region.depth);
        instances.sort_by_key(|found| (std::cmp::Reverse(found.region.range.nanos()), key(found)));
        let lengths = instances.iter().map(|found| (found.region.range.length(), found.complete)).collect();
        family(name, place, lengths, instances)
    });
    Some(sorted(trace, families.collect()))
}

/// The frame that begins a region: the innermost that is not of package runtime/trace.
#[must_use]
pub fn beginning(trace: &Trace, stack: StackId) -> Option<Frame<'_>> {
    trace.frames(stack).find(|frame| !frame.function.starts_with("runtime/trace."))
}

/// Which regions, logs and tasks belong to which task: made once for many questions.
#[derive(Clone, Debug, Default)]
pub struct TaskIndex {
    regions: Lists,
    logs: Lists,
    children: Lists,
}

/// Lists of numbers, one for each task.
#[derive(Clone, Debug, Default)]
struct Lists {
    /// One more than tasks.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// `owners`: whose list each number is on, in the order of numbers.
    fn of(count: u32, owners: impl Iterator<Item = Option<TaskIdx>> + Clone) -> Self {
        let mut starts = vec![0u32; count as usize + 1];
        for owner in owners.clone().flatten() {
            if let Some(start) = starts.get_mut(owner.index() + 1) {
                *start += 1;
            }
        }
        for at in 1..starts.len() {
            let before = starts.get(at - 1).copied().unwrap_or(0);
            if let Some(start) = starts.get_mut(at) {
                *start += before;
            }
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts.last().map_or(0, |&end| end as usize)];
        for (number, owner) in owners.enumerate() {
            let place = owner.and_then(|owner| next.get_mut(owner.index()));
            if let Some(place) = place
                && let Some(item) = items.get_mut(*place as usize)
            {
                *item = number as u32;
                *place += 1;
            }
        }
        Self { starts, items }
    }

    fn list(&self, task: TaskIdx) -> &[u32] {
        let bound = |at: usize| self.starts.get(at).map(|&at| at as usize);
        let (from, to) = (bound(task.index()), bound(task.index() + 1));
        from.zip(to).and_then(|(from, to)| self.items.get(from..to)).unwrap_or_default()
    }
}

impl TaskIndex {
    /// Of all tasks of a trace. Looks once at every region, log and task.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let count = trace.task_count();
        let parents = (0..count).map(|at| trace.task(TaskIdx(at)).and_then(|task| task.parent));
        Self {
            regions: Lists::of(count, trace.all_regions().iter().map(|region| region.task)),
            logs: Lists::of(count, trace.all_logs().iter().map(|log| log.task)),
            children: Lists::of(count, parents),
        }
    }
}

/// All that belongs to a task.
#[must_use]
pub fn details(trace: &Trace, index: &TaskIndex, task: &Task) -> TaskDetails {
    let mut details = TaskDetails::default();
    let regions = index.regions.list(task.idx).iter().filter_map(|&at| trace.all_regions().get(at as usize));
    let logs = index.logs.list(task.idx).iter().filter_map(|&at| trace.all_logs().get(at as usize));
    details.regions.extend(regions);
    details.logs.extend(logs);
    // They come by goroutine.
    for own in details.regions.chunk_by(|one, next| one.go == next.go) {
        let stretches = united(own.iter().map(|region| region.range).collect());
        let go = own.first().map_or(GoroutineIdx::NONE, |first| first.go);
        if let Some(times) = breakdown(trace, go, &stretches) {
            details.breakdown.add(&times);
            if go != task.go {
                details.on_others += times.total;
            }
        }
    }
    if !details.regions.is_empty() {
        let life = life(trace, task);
        let inside = details.regions.iter().map(|region| region.range.intersect(life));
        let inside = united(inside.filter(|range| range.nanos() > 0).collect());
        details.outside_regions = life.length().saturating_sub(inside.into_iter().map(TimeRange::length).sum());
    }
    if details.regions.is_empty()
        && let Some(times) = breakdown(trace, task.go, &[life(trace, task)])
    {
        details.breakdown.add(&times);
    }
    details.breakdown.sort();
    let of_regions = details.regions.iter().map(|region| region.go);
    details.goroutines = of_regions.chain(details.logs.iter().map(|log| log.go)).collect();
    details.goroutines.extend(task.go.is_some().then_some(task.go));
    details.goroutines.sort_unstable();
    details.goroutines.dedup();
    details.regions.sort_by_key(|region| (region.range.start, region.go, region.depth));
    details.logs.sort_by_key(|log| (log.time, log.go));
    details.children = index.children.list(task.idx).iter().map(|&at| TaskIdx(at)).collect();
    details
}

/// A stretch of a band, relative to where its instance begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandPart {
    /// From, nanoseconds since the instance's start.
    pub start: u64,
    /// Its end (exclusive), ns from the start of the task.
    pub end: u64,
    /// What the goroutine mostly did meanwhile.
    pub class: SpanClass,
}

/// What a goroutine did in a stretch of time, as at most `columns` parts for a band that begins at zero: for many
/// instances under one another. Nothing where the goroutine was not there.
#[must_use]
pub fn band(trace: &Trace, go: GoroutineIdx, range: TimeRange, columns: u32) -> Vec<BandPart> {
    let mut cells = Vec::new();
    trace.cells(LaneId::Goroutine(go), range, columns.max(1), &mut cells);
    let mut parts: Vec<BandPart> = Vec::with_capacity(cells.len());
    for cell in &cells {
        let inside = cell.range.intersect(range);
        let from = |time: crate::base::time::TraceTime| time.nanos_since(range.start).max(0).unsigned_abs();
        let part = BandPart { start: from(inside.start), end: from(inside.end), class: cell.class };
        match parts.last_mut() {
            Some(last) if last.class == part.class && last.end == part.start => last.end = part.end,
            _ if part.end > part.start => parts.push(part),
            _ => {}
        }
    }
    parts
}

/// From when to when a task was under way, clipped to the trace.
#[must_use]
pub fn life(trace: &Trace, task: &Task) -> TimeRange {
    let whole = trace.range();
    TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end))
}

/// For each task whether a log of it has the text, and whether a wanted goroutine has regions or logs of it.
fn marks(trace: &Trace, chosen: &Chosen<'_>) -> Vec<(bool, bool)> {
    let mut marks = vec![(false, false); trace.task_count() as usize];
    for log in trace.all_logs() {
        let Some(mark) = log.task.and_then(|task| marks.get_mut(task.index())) else { continue };
        let text = chosen.filter.log.as_deref().unwrap_or_default();
        mark.0 |= trace.str(log.message).contains(text) || trace.str(log.category).contains(text);
        mark.1 |= chosen.has_go(log.go);
    }
    for region in trace.all_regions() {
        if let Some(mark) = region.task.and_then(|task| marks.get_mut(task.index())) {
            mark.1 |= chosen.has_go(region.go);
        }
    }
    marks
}

/// `lengths`: nanoseconds of each, and whether it is complete.
fn family<T>(
    name: StrId,
    place: Option<crate::analysis::places::Place>,
    lengths: Vec<(Nanos, bool)>,
    instances: Vec<T>,
) -> Family<T> {
    let count = lengths.len() as u64;
    let mut complete: Vec<Nanos> = lengths.into_iter().filter(|length| length.1).map(|length| length.0).collect();
    Family {
        name,
        place,
        count,
        incomplete: count - complete.len() as u64,
        histogram: histogram(complete.iter().copied()),
        latency: Distribution::of(&mut complete),
        instances,
    }
}

fn sorted<T>(trace: &Trace, mut families: Vec<Family<T>>) -> Vec<Family<T>> {
    families.sort_by(|one, other| {
        let name = |family: &Family<T>| (trace.str(family.name).to_owned(), family.place.clone());
        other.latency.total.cmp(&one.latency.total).then_with(|| name(one).cmp(&name(other)))
    });
    families
}
