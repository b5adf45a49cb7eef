//! What an analysis looks at: the whole trace, a stretch of it, some goroutines, a task, a region.

use crate::analysis::go_set::GoSet;
use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::base::time::TimeRange;
use crate::model::trace::{Region, Task, Trace};

/// The goroutines whose time counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum GoroutineFilter {
    /// The time of every goroutine.
    #[default]
    All,
    /// That of goroutines with this start function.
    Named(StrId),
    /// One goroutine's. With a region's range: that region.
    One(GoroutineIdx),
    /// What goroutines spent in regions of a task or its descendants; for a task without regions, the
    /// time of the goroutine that began it.
    Task(TaskIdx),
    /// The same for all tasks of this type and their descendants.
    Tasks(StrId),
    /// What goroutines spent in regions of this type.
    Regions(StrId),
    /// These goroutines', however many.
    These(GoSet),
}

/// What an analysis looks at. Cheap to clone, compare and hash: a key for answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// When, clipped to the trace on use.
    pub range: TimeRange,
    /// The goroutines whose time counts.
    pub filter: GoroutineFilter,
}

impl Scope {
    /// Everything in the trace.
    #[must_use]
    pub fn whole(trace: &Trace) -> Self {
        Self { range: trace.range(), filter: GoroutineFilter::All }
    }

    /// A stretch of time of every goroutine.
    #[must_use]
    pub const fn during(range: TimeRange) -> Self {
        Self { range, filter: GoroutineFilter::All }
    }

    /// Whether this is the whole trace.
    #[must_use]
    pub fn is_whole(&self, trace: &Trace) -> bool {
        self.filter == GoroutineFilter::All
            && self.range.start <= trace.range().start
            && trace.range().end <= self.range.end
    }

    /// Works out the stretches. Looks at every goroutine once, except for [`GoroutineFilter::All`], [`GoroutineFilter::One`] and
    /// [`GoroutineFilter::These`].
    #[must_use]
    pub fn pieces(&self, trace: &Trace) -> ScopeRanges {
        let range = trace.range().intersect(self.range);
        let whole = |go: GoroutineIdx| (go, vec![range]);
        let only = match &self.filter {
            GoroutineFilter::All => None,
            &GoroutineFilter::Named(name) => Some(trace.goroutines_by_name(name).map(whole).collect()),
            &GoroutineFilter::One(go) => Some(vec![whole(go)]),
            GoroutineFilter::These(gos) => {
                let known = gos.iter().filter(|go| go.0 < trace.goroutine_count());
                Some(known.map(whole).collect())
            }
            &GoroutineFilter::Task(task) => Some(stretches_of_tasks(trace, &|idx, _| idx == task, range)),
            &GoroutineFilter::Tasks(name) => Some(stretches_of_tasks(trace, &|_, task| task.name == name, range)),
            &GoroutineFilter::Regions(name) => Some(stretches_of_regions(trace, range, &|region| region.name == name)),
        };
        ScopeRanges { range, count: trace.goroutine_count(), only }
    }
}

/// A scope worked out: which stretches of which goroutines.
#[derive(Clone, Debug)]
pub struct ScopeRanges {
    /// The whole range: no stretch lies outside.
    pub range: TimeRange,
    count: u32,
    /// By rising goroutine; the stretches of each by time, apart from each other. `None`: all of `range`
    /// of every goroutine.
    only: Option<Vec<(GoroutineIdx, Vec<TimeRange>)>>,
}

impl ScopeRanges {
    /// Made of stretches: by rising goroutine, those of each by time and apart from each other (see
    /// [`united`]).
    #[must_use]
    pub const fn of_stretches(range: TimeRange, only: Vec<(GoroutineIdx, Vec<TimeRange>)>) -> Self {
        Self { range, count: 0, only: Some(only) }
    }

    /// The stretches of a goroutine, by time, apart from each other; none if it is outside.
    #[must_use]
    pub fn of(&self, go: GoroutineIdx) -> &[TimeRange] {
        match &self.only {
            None => std::slice::from_ref(&self.range),
            Some(only) => only
                .binary_search_by_key(&go, |piece| piece.0)
                .ok()
                .and_then(|at| only.get(at))
                .map_or(&[], |piece| &piece.1),
        }
    }

    /// How many goroutines may be inside; for [`ScopeRanges::nth`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.only.as_ref().map_or(self.count as usize, Vec::len)
    }

    /// Whether no goroutine is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The goroutines inside with their stretches, by rising index: `0..len()`, for parallel passes.
    #[must_use]
    pub fn nth(&self, at: usize) -> Option<(GoroutineIdx, &[TimeRange])> {
        match &self.only {
            None => (at < self.count as usize).then(|| (GoroutineIdx(at as u32), std::slice::from_ref(&self.range))),
            Some(only) => only.get(at).map(|(go, ranges)| (*go, ranges.as_slice())),
        }
    }

    /// Whether all goroutines are inside.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.only.is_none()
    }
}

/// The time that goroutines spent in regions that `is_wanted`, by rising goroutine.
#[must_use]
pub fn stretches_of_regions(
    trace: &Trace,
    range: TimeRange,
    is_wanted: &dyn Fn(&Region) -> bool,
) -> Vec<(GoroutineIdx, Vec<TimeRange>)> {
    let mut only = Vec::new();
    for regions in trace.all_regions().chunk_by(|one, next| one.go == next.go) {
        let wanted = regions.iter().filter(|region| is_wanted(region));
        let stretches = united(wanted.map(|region| region.range.intersect(range)).collect());
        if let Some(first) = regions.first().filter(|_| !stretches.is_empty()) {
            only.push((first.go, stretches));
        }
    }
    only
}

/// The time of tasks that `is_root` and of their descendants: their regions, and for a root in whose family
/// there is none the time of the goroutine that began it.
fn stretches_of_tasks(
    trace: &Trace,
    is_root: &dyn Fn(TaskIdx, &Task) -> bool,
    range: TimeRange,
) -> Vec<(GoroutineIdx, Vec<TimeRange>)> {
    let roots = roots(trace, is_root);
    let root_of = |task: Option<TaskIdx>| task.and_then(|task| roots.get(task.index()).copied().flatten());
    let mut has_regions = vec![false; roots.len()];
    let mut all: std::collections::BTreeMap<GoroutineIdx, Vec<TimeRange>> = std::collections::BTreeMap::new();
    for region in trace.all_regions() {
        let Some(root) = root_of(region.task).filter(|_| touches(region.range, range)) else { continue };
        if let Some(mark) = has_regions.get_mut(root.index()) {
            *mark = true;
        }
        all.entry(region.go).or_default().push(region.range.intersect(range));
    }
    let whole = trace.range();
    for (at, root) in roots.iter().enumerate() {
        let Some(task) = trace.task(TaskIdx(at as u32)).filter(|task| *root == Some(task.idx) && task.go.is_some())
        else {
            continue;
        };
        if has_regions.get(at) == Some(&false) {
            let life = TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end));
            all.entry(task.go).or_default().push(life.intersect(range));
        }
    }
    let stretches = all.into_iter().map(|(go, ranges)| (go, united(ranges)));
    stretches.filter(|(_, ranges)| !ranges.is_empty()).collect()
}

/// Whether something that takes time, or happens at an instant, has to do with a range.
fn touches(found: TimeRange, range: TimeRange) -> bool {
    found.overlaps(range) || range.contains(found.start)
}

/// For each task the nearest one, itself or above, that `is_root`.
pub(crate) fn roots(trace: &Trace, is_root: &dyn Fn(TaskIdx, &Task) -> bool) -> Vec<Option<TaskIdx>> {
    let count = trace.task_count();
    let root = |at| trace.task(TaskIdx(at)).filter(|task| is_root(task.idx, task)).map(|task| task.idx);
    let mut found: Vec<Option<TaskIdx>> = (0..count).map(root).collect();
    // A child is nearly always mentioned after its parent: one round does, another one proves it.
    loop {
        let mut grew = false;
        for at in 0..count {
            let parent = trace.task(TaskIdx(at)).and_then(|task| task.parent);
            let above = parent.and_then(|parent| found.get(parent.index()).copied().flatten());
            if let Some(mark) = found.get_mut(at as usize).filter(|mark| mark.is_none() && above.is_some()) {
                *mark = above;
                grew = true;
            }
        }
        if !grew {
            return found;
        }
    }
}

/// What of `range` lies in `ranges` (by time, apart from each other): its parts by time, none of them empty.
pub fn parts(ranges: &[TimeRange], range: TimeRange) -> impl Iterator<Item = TimeRange> + '_ {
    let first = ranges.partition_point(|known| known.end <= range.start);
    let touching = ranges.get(first..).unwrap_or_default().iter().take_while(move |known| known.start < range.end);
    touching.map(move |known| known.intersect(range)).filter(|part| part.nanos() > 0)
}

/// How much of `range` lies in `ranges` (by time, apart from each other), nanoseconds.
#[must_use]
pub fn nanos_in(ranges: &[TimeRange], range: TimeRange) -> u64 {
    parts(ranges, range).map(|part| part.nanos().unsigned_abs()).sum()
}

/// What of `ranges` lies outside `gaps`; both by time and each apart from each other.
#[must_use]
pub fn without(ranges: &[TimeRange], gaps: &[TimeRange]) -> Vec<TimeRange> {
    let mut left = Vec::with_capacity(ranges.len());
    for &range in ranges {
        let mut start = range.start;
        for gap in parts(gaps, range) {
            left.push(TimeRange::new(start, gap.start));
            start = gap.end;
        }
        left.push(TimeRange::new(start, range.end));
    }
    left.retain(|range| range.nanos() > 0);
    left
}

/// Sorts, drops the empty ones and joins those that touch.
#[must_use]
pub fn united(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.retain(|range| range.nanos() > 0);
    // Mostly they are some stretches that are by time already, which a stable sort makes use of.
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<TimeRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TraceTime;

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(TraceTime(start), TraceTime(end))
    }

    #[test]
    fn ranges_that_touch_or_overlap_become_one() {
        let joined = united(vec![range(5, 7), range(0, 2), range(2, 3), range(6, 6), range(6, 9)]);
        assert_eq!(joined, [range(0, 3), range(5, 9)]);
    }

    #[test]
    fn parts_and_gaps_make_the_whole() {
        let ranges = [range(0, 10), range(20, 30), range(40, 50)];
        assert_eq!(parts(&ranges, range(5, 45)).collect::<Vec<_>>(), [range(5, 10), range(20, 30), range(40, 45)]);
        assert_eq!((nanos_in(&ranges, range(5, 45)), nanos_in(&ranges, range(10, 20))), (20, 0));
        let gaps = [range(2, 4), range(8, 25), range(30, 60)];
        assert_eq!(without(&ranges, &gaps), [range(0, 2), range(4, 8), range(25, 30)]);
    }
}
