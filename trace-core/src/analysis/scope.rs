//! What an analysis looks at: the whole trace, a stretch of it, some goroutines, a task, a region.

use crate::base::ids::{GoIx, StrId, TaskIx};
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// Whose time counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Whom {
    /// Every goroutine's.
    #[default]
    All,
    /// That of goroutines with this start function.
    Named(StrId),
    /// One goroutine's. With a region's range: that region.
    One(GoIx),
    /// What goroutines spent in regions of a task or its descendants; for a task without regions, the
    /// time of the goroutine that began it.
    Task(TaskIx),
}

/// What an analysis looks at. Cheap to copy, compare and hash: a key for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// When, clipped to the trace on use.
    pub range: TimeRange,
    /// Whose.
    pub whom: Whom,
}

impl Scope {
    /// Everything in the trace.
    #[must_use]
    pub fn whole(trace: &Trace) -> Self {
        Self { range: trace.range(), whom: Whom::All }
    }

    /// A stretch of time of every goroutine.
    #[must_use]
    pub const fn during(range: TimeRange) -> Self {
        Self { range, whom: Whom::All }
    }

    /// Whether this is the whole trace.
    #[must_use]
    pub fn is_whole(&self, trace: &Trace) -> bool {
        self.whom == Whom::All && self.range.start <= trace.range().start && trace.range().end <= self.range.end
    }

    /// Works out the stretches. Looks at every goroutine once, except for [`Whom::All`] and [`Whom::One`].
    #[must_use]
    pub fn pieces(&self, trace: &Trace) -> Pieces {
        let range = trace.range().intersect(self.range);
        let whole = |go: GoIx| (go, vec![range]);
        let only = match self.whom {
            Whom::All => None,
            Whom::Named(name) => Some(trace.goroutines_by_name(name).map(whole).collect()),
            Whom::One(go) => Some(vec![whole(go)]),
            Whom::Task(task) => Some(stretches_of_task(trace, task, range)),
        };
        Pieces { range, count: trace.goroutine_count(), only }
    }
}

/// A scope worked out: which stretches of which goroutines.
#[derive(Clone, Debug)]
pub struct Pieces {
    /// Nothing lies outside.
    pub range: TimeRange,
    count: u32,
    /// By rising goroutine; the stretches of each by time, apart from each other. `None`: all of `range`
    /// of every goroutine.
    only: Option<Vec<(GoIx, Vec<TimeRange>)>>,
}

impl Pieces {
    /// The stretches of a goroutine, by time, apart from each other; none if it is outside.
    #[must_use]
    pub fn of(&self, go: GoIx) -> &[TimeRange] {
        match &self.only {
            None => std::slice::from_ref(&self.range),
            Some(only) => only
                .binary_search_by_key(&go, |piece| piece.0)
                .ok()
                .and_then(|at| only.get(at))
                .map_or(&[], |piece| &piece.1),
        }
    }

    /// How many goroutines may be inside; for [`Pieces::nth`].
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
    pub fn nth(&self, at: usize) -> Option<(GoIx, &[TimeRange])> {
        match &self.only {
            None => (at < self.count as usize).then(|| (GoIx(at as u32), std::slice::from_ref(&self.range))),
            Some(only) => only.get(at).map(|(go, ranges)| (*go, ranges.as_slice())),
        }
    }

    /// Whether all goroutines are inside.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.only.is_none()
    }
}

fn stretches_of_task(trace: &Trace, task: TaskIx, range: TimeRange) -> Vec<(GoIx, Vec<TimeRange>)> {
    let family = family(trace, task);
    let is_of = |found: Option<TaskIx>| found.is_some_and(|found| family.get(found.index()) == Some(&true));
    let mut only = Vec::new();
    for at in 0..trace.goroutine_count() {
        let go = GoIx(at);
        let regions = trace.regions(go, range).filter(|region| is_of(region.task));
        let stretches = united(regions.map(|region| region.range.intersect(range)).collect());
        if !stretches.is_empty() {
            only.push((go, stretches));
        }
    }
    if only.is_empty()
        && let Some(task) = trace.task(task)
        && task.go.is_some()
    {
        let whole = trace.range();
        let life = TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end));
        let stretches = united(vec![life.intersect(range)]);
        if !stretches.is_empty() {
            only.push((task.go, stretches));
        }
    }
    only
}

/// Which tasks are `root` or descend from it, by task index.
fn family(trace: &Trace, root: TaskIx) -> Vec<bool> {
    let count = trace.task_count();
    let mut inside = vec![false; count as usize];
    if let Some(mark) = inside.get_mut(root.index()) {
        *mark = true;
    }
    // A child is nearly always mentioned after its parent: one round does, another one proves it.
    loop {
        let mut grew = false;
        for at in 0..count {
            let parent = trace.task(TaskIx(at)).and_then(|task| task.parent);
            let joins = parent.is_some_and(|parent| inside.get(parent.index()) == Some(&true));
            if let Some(mark) = inside.get_mut(at as usize).filter(|mark| joins && !**mark) {
                *mark = true;
                grew = true;
            }
        }
        if !grew {
            return inside;
        }
    }
}

/// Sorts, drops the empty ones and joins those that touch.
#[must_use]
pub fn united(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.retain(|range| range.nanos() > 0);
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
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
}
