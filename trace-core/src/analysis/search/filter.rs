//! Which goroutines a query leaves: what lanes are filtered by.

use rayon::prelude::*;

use crate::analysis::search::bits::Bits;
use crate::analysis::search::life::{life, touches};
use crate::analysis::search::logic::Match;
use crate::analysis::search::matcher::{Candidate, Matcher};
use crate::analysis::search::query::Query;
use crate::analysis::search::spans::Walker;
use crate::base::ids::{GoroutineIdx, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// The goroutines with time in `range` that a query leaves, by index: those that match, by themselves or by what they
/// worked for, and those with a hit of any kind within `range`. An empty query leaves all with time in it. `None` if
/// cancelled.
#[must_use]
pub fn goroutines(trace: &Trace, query: &Query, range: TimeRange, monitor: &Monitor) -> Option<Vec<GoroutineIdx>> {
    let matcher = Matcher::of(trace, query, monitor)?;
    let range = trace.range().intersect(range);
    let marked = marked(trace, &matcher, range, monitor)?;
    let walker = Walker::new(trace, &matcher);
    let has_spans = matcher.most_of_spans(None) == Match::Own;
    let is_left = |go: GoroutineIdx| {
        let is_marked = || marked.has(go.index()) || matcher.value(&Candidate::Goroutine(go)) != Match::No;
        let may_have = || has_spans && matcher.most_of_spans(Some(go)) == Match::Own;
        !monitor.is_cancelled()
            && touches(life(trace, go), range)
            && (matcher.is_empty() || is_marked() || may_have() && has_hit(&walker, &matcher, go, range))
    };
    let all = (0..trace.goroutine_count()).into_par_iter().map(GoroutineIdx);
    let left: Vec<GoroutineIdx> = all.filter(|go| is_left(*go)).collect();
    (!monitor.is_cancelled()).then_some(left)
}

/// Whether a goroutine has a span in a range that is a hit.
fn has_hit(walker: &Walker<'_>, matcher: &Matcher, go: GoroutineIdx, range: TimeRange) -> bool {
    let mut has_hit = false;
    walker.walk(go, range, |_, seen| {
        has_hit = has_hit || touches(seen.range, range) && matcher.value(&Candidate::Span(seen)) == Match::Own;
    });
    has_hit
}

/// Goroutines with tasks, regions, logs, labels or samples in a range that are hits.
fn marked(trace: &Trace, matcher: &Matcher, range: TimeRange, monitor: &Monitor) -> Option<Bits> {
    let mut marked = Bits::empty(trace.goroutine_count() as usize);
    if matcher.is_empty() {
        return Some(marked);
    }
    let is_hit = |thing: &Candidate<'_>| matcher.value(thing) == Match::Own;
    let whole = trace.range();
    for task in (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))) {
        let lasts = TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end));
        if touches(lasts, range) && is_hit(&Candidate::Task(&task)) {
            marked.add(task.go.index());
        }
    }
    let mut mark = |found: Vec<GoroutineIdx>| found.into_iter().for_each(|go| marked.add(go.index()));
    let regions = trace.all_regions().par_iter();
    let regions = regions.filter(|region| touches(region.range, range) && is_hit(&Candidate::Region(region)));
    mark(regions.map(|region| region.go).collect());
    let at = |time| TimeRange::new(time, time);
    let logs = trace.all_logs().par_iter();
    let logs = logs.filter(|log| touches(at(log.time), range) && is_hit(&Candidate::Log(log)));
    mark(logs.map(|log| log.go).collect());
    let samples = trace.all_samples().par_iter();
    let samples = samples.filter(|sample| touches(at(sample.time), range) && is_hit(&Candidate::Sample(sample)));
    mark(samples.map(|sample| sample.go).collect());
    let labels = trace.all_labels();
    let labels =
        labels.filter(|(go, time, text)| touches(at(*time), range) && is_hit(&Candidate::GoLabel(*go, *time, *text)));
    mark(labels.map(|label| label.0).collect());
    (!monitor.is_cancelled()).then_some(marked)
}
