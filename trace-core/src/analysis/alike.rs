//! How long spans, regions and tasks of one kind took, to see a single one among them.

use rustc_hash::FxHashMap;

use crate::analysis::distribution::Distribution;
use crate::analysis::parallel::{GOROUTINES, gather};
use crate::analysis::representative::frame_of;
use crate::analysis::tasks::life;
use crate::base::ids::{GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::trace::{Region, Trace};

/// Durations that are kept of a kind at most: for a picture, evenly by rank.
pub const KEPT: usize = 4_096;

/// One of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Example {
    /// A span of a goroutine: its kind are the spans of goroutines with the same start function in the same state, for the
    /// same reason and, where a stack tells, at the same line.
    Span(SpanRef),
    /// A region: its kind are those of the same type.
    Region(StrId, TimeRange),
    /// A task: its kind are those of the same type.
    Task(TaskIdx),
}

/// How long those of a kind took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// Count, mean and percentiles. Of those that begin and end in the trace.
    pub distribution: Distribution,
    /// Their durations by rising length; of many evenly by rank, with the shortest and the longest.
    pub durations: Vec<Nanos>,
    /// How many took less time than the example.
    pub shorter: u64,
    /// How long the example took, nanoseconds.
    pub example: Nanos,
    /// It is cut by an edge of the trace, so that it took at least so long.
    pub is_cut: bool,
}

/// Those of the kind of an example. `None` if cancelled, or if the example is not in the trace.
#[must_use]
pub fn alike(trace: &Trace, example: &Example, monitor: &Monitor) -> Option<Alike> {
    let (mut durations, example, is_cut) = match *example {
        Example::Span(at) => {
            let span = trace.span(at)?;
            let durations = spans_like(trace, span.go, (span.state, span.reason, span.start_stack), monitor)?;
            (durations, span.range, span.began_before || span.goes_on)
        }
        Example::Region(name, range) => {
            let is_whole = |region: &&Region| region.name == name && !region.began_before && !region.goes_on;
            let regions = trace.all_regions().iter().filter(is_whole).map(|region| region.range.length());
            let known = trace.all_regions().iter().find(|region| region.name == name && region.range == range);
            let is_cut = known.is_some_and(|region| region.began_before || region.goes_on);
            (regions.collect(), range, is_cut)
        }
        Example::Task(idx) => {
            let task = trace.task(idx)?;
            let all = (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at)));
            let whole = all.filter(|other| other.name == task.name && other.began.is_some() && other.ended.is_some());
            let durations = whole.map(|other| life(trace, &other).length()).collect();
            (durations, life(trace, &task), task.began.is_none() || task.ended.is_none())
        }
    };
    if monitor.is_cancelled() {
        return None;
    }
    durations.sort_unstable();
    let example = example.length();
    let shorter = durations.partition_point(|length| *length < example) as u64;
    let distribution = Distribution::of(&mut durations.clone());
    Some(Alike { distribution, durations: thinned(durations), shorter, example, is_cut })
}

/// The lengths of whole spans like one.
fn spans_like(
    trace: &Trace,
    go: GoroutineIdx,
    (state, reason, stack): (GoState, StrId, StackId),
    monitor: &Monitor,
) -> Option<Vec<Nanos>> {
    let (_, name) = trace.goroutine_name(go)?;
    let gos: Vec<GoroutineIdx> = trace.goroutines_by_name(name).collect();
    let reasons = trace.reasons_by_kind();
    // Only what blocked has a place of its own: runs are recorded where they end.
    let place = if matches!(state, GoState::Waiting | GoState::Syscall) { line(trace, stack) } else { None };
    let take = |found: &mut Found, at: usize| {
        let Some(&go) = gos.get(at) else { return };
        trace.state_intervals(go, trace.range(), |interval| {
            let Some(&(its_state, its_reason)) = reasons.get(usize::from(interval.kind)) else { return };
            if its_state != state || its_reason != reason || interval.began_before || interval.goes_on {
                return;
            }
            let is_there = match &place {
                Some(place) => *found
                    .places
                    .entry(interval.stack)
                    .or_insert_with(|| line(trace, interval.stack).is_some_and(|its| its == *place)),
                None => true,
            };
            if is_there {
                found.durations.push(interval.range.length());
            }
        });
    };
    let merged = |mut one: Found, other: Found| {
        one.durations.extend(other.durations);
        one
    };
    gather((gos.len(), GOROUTINES), monitor, take, merged).map(|found| found.durations)
}

/// What a thread has found.
#[derive(Default)]
struct Found {
    durations: Vec<Nanos>,
    /// Whether a stack is at the line in question.
    places: FxHashMap<StackId, bool>,
}

/// The line that represents a stack.
fn line(trace: &Trace, stack: StackId) -> Option<(&str, &str, u64)> {
    frame_of(trace, stack).map(|frame| (frame.function, frame.file, frame.line))
}

/// At most [`KEPT`] of sorted values, evenly by rank, with the first and the last.
fn thinned(sorted: Vec<Nanos>) -> Vec<Nanos> {
    let last = sorted.len().saturating_sub(1);
    if last < KEPT {
        return sorted;
    }
    (0..KEPT).filter_map(|at| sorted.get(at * last / (KEPT - 1)).copied()).collect()
}

/// The lane of an example's span, if it is one of a goroutine.
#[must_use]
pub const fn is_of_goroutine(at: SpanRef) -> bool {
    matches!(at.lane, LaneId::Goroutine(_))
}

#[cfg(test)]
mod tests {
    use super::{KEPT, thinned};
    use crate::base::nanos::Nanos;

    #[test]
    fn thinned_values_keep_both_ends_and_their_order() {
        let many: Vec<Nanos> = (0..100_000).map(Nanos).collect();
        let few = thinned(many);
        assert_eq!((few.len(), few.first(), few.last()), (KEPT, Some(&Nanos(0)), Some(&Nanos(99_999))));
        assert!(few.is_sorted());
        assert_eq!(thinned(vec![Nanos(3), Nanos(4)]), [Nanos(3), Nanos(4)]);
    }
}
