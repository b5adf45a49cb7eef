//! Moments and flows between functions, held against slow counts over real traces.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use trace_core::analysis::alike::{Example, alike};
use trace_core::analysis::flow_groups::flow_groups;
use trace_core::analysis::go_set::GoSet;
use trace_core::analysis::instant::{difference, instant, last_moment, next_change};
use trace_core::analysis::representative::frame_of;
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TraceTime;
use trace_core::event::state::{Cause, GoState};
use trace_core::load::load_path;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fixtures;

/// Every fifth real trace.
fn traces() -> Vec<(String, Arc<Trace>)> {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "trace"));
    paths.sort();
    let one = |path: std::path::PathBuf| {
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).expect("a trace");
        (path.file_name().expect("a name").to_string_lossy().into_owned(), trace)
    };
    paths.into_iter().step_by(5).map(one).collect()
}

fn moments(trace: &Trace) -> [TraceTime; 4] {
    let range = trace.range();
    let part = |part: i64| range.start.plus_nanos(range.nanos() / 7 * part);
    [range.start, part(2), part(5), last_moment(trace)]
}

fn all_goroutines(trace: &Trace) -> impl Iterator<Item = GoroutineIdx> {
    (0..trace.goroutine_count()).map(GoroutineIdx)
}

#[test]
fn a_moment_is_that_of_a_slow_look_at_every_goroutine() {
    for (name, trace) in traces() {
        for at in moments(&trace) {
            let found = instant(&trace, at, &Monitor::new()).expect("not cancelled");
            let mut slow: BTreeMap<GoroutineIdx, GoState> = BTreeMap::new();
            for go in all_goroutines(&trace) {
                if let Some(span) = trace.span_at(LaneId::Goroutine(go), at)
                    && !matches!(span.state, GoState::Unknown | GoState::Dead)
                {
                    slow.insert(go, span.state);
                }
            }
            let fast: BTreeMap<GoroutineIdx, GoState> =
                found.all().map(|present| (present.go, present.state)).collect();
            assert_eq!(fast, slow, "{name} at {at}");
            assert_eq!(found.count(), slow.len(), "{name}");
            assert!(found.all().all(|present| present.since <= at), "{name}");
            let is_pile = found.piles.iter().all(|pile| {
                pile.members
                    .iter()
                    .all(|member| (member.state, member.reason, member.stack) == (pile.state, pile.reason, pile.stack))
            });
            assert!(is_pile, "{name}");
        }
    }
}

#[test]
fn the_next_change_is_the_nearest_start_of_a_span() {
    for (name, trace) in traces() {
        let range = trace.range();
        let mut starts: Vec<TraceTime> = all_goroutines(&trace)
            .flat_map(|go| trace.spans(LaneId::Goroutine(go), range).map(|span| span.range.start).collect::<Vec<_>>())
            .filter(|time| range.start < *time && *time < range.end)
            .collect();
        starts.sort_unstable();
        for at in moments(&trace) {
            let later = next_change(&trace, at, true);
            let earlier = next_change(&trace, at, false);
            assert!(later.is_none_or(|later| later > at) && earlier.is_none_or(|earlier| earlier < at), "{name}");
            // Ends of goroutines are changes, too, and begin no span.
            let next = starts.iter().copied().find(|time| *time > at);
            assert!(later <= next || next.is_none(), "{name}: {later:?} {next:?}");
            assert!(later.is_some() || next.is_none(), "{name}");
            let before = starts.iter().copied().rfind(|time| *time < at);
            assert!(earlier >= before, "{name}: {earlier:?} {before:?}");
        }
    }
}

#[test]
fn a_difference_names_all_that_came_went_or_changed() {
    for (name, trace) in traces() {
        let [_, from, to, _] = moments(&trace).map(|at| instant(&trace, at, &Monitor::new()).expect("not cancelled"));
        let spans = |found: &trace_core::analysis::instant::Instant| -> BTreeMap<GoroutineIdx, _> {
            found.all().map(|present| (present.go, present.at)).collect()
        };
        let (before, after) = (spans(&from), spans(&to));
        let changed = all_goroutines(&trace).filter(|go| {
            let (was, is) = (before.get(go), after.get(go));
            was.is_some() != is.is_some() || was != is
        });
        let mut named: Vec<GoroutineIdx> =
            difference(&trace, &from, &to).into_iter().flat_map(|change| change.gos).collect();
        named.sort_unstable();
        assert_eq!(named, changed.collect::<Vec<_>>(), "{name}");
        assert!(difference(&trace, &to, &to).is_empty(), "{name}");
    }
}

#[test]
fn flows_are_counted_once_each() {
    for (name, trace) in traces() {
        let whole = Scope::whole(&trace);
        let found = flow_groups(&trace, &whole.pieces(&trace), &Monitor::new()).expect("not cancelled");
        let mut slow = 0;
        for go in all_goroutines(&trace) {
            let made = trace.transitions(go, whole.range).filter(|step| {
                step.by.is_some() && matches!(step.span.cause, Cause::Created | Cause::Unblocked | Cause::Switched)
            });
            slow += made.filter(|step| whole.range.contains(step.span.range.start)).count() as u64;
        }
        assert_eq!(found.iter().map(|group| group.count).sum::<u64>(), slow, "{name}");
        // All goroutines by name are all goroutines.
        let these = Scope { filter: GoroutineFilter::These(GoSet::new(all_goroutines(&trace).collect())), ..whole };
        let same = flow_groups(&trace, &these.pieces(&trace), &Monitor::new()).expect("not cancelled");
        assert_eq!(same, found, "{name}");
    }
}

#[test]
fn those_alike_are_those_of_a_slow_look() {
    for (name, trace) in traces() {
        let with_waits = all_goroutines(&trace).find_map(|go| {
            let mut spans = trace.spans(LaneId::Goroutine(go), trace.range());
            spans.find(|span| span.state == GoState::Waiting && !span.began_before && !span.goes_on)
        });
        let Some(span) = with_waits else { continue };
        let found = alike(&trace, &Example::Span(span.at), &Monitor::new()).expect("it is in the trace");
        let start_function = |go: GoroutineIdx| trace.goroutine_name(go).map(|(_, name)| name);
        let place = |stack| frame_of(&trace, stack).map(|frame| (frame.function, frame.file, frame.line));
        let mut slow: Vec<Nanos> = all_goroutines(&trace)
            .filter(|go| start_function(*go) == start_function(span.go))
            .flat_map(|go| trace.spans(LaneId::Goroutine(go), trace.range()).collect::<Vec<_>>())
            .filter(|other| (other.state, other.reason) == (span.state, span.reason))
            .filter(|other| !other.began_before && !other.goes_on)
            .filter(|other| place(span.start_stack).is_none() || place(other.start_stack) == place(span.start_stack))
            .map(|other| other.range.length())
            .collect();
        slow.sort_unstable();
        assert_eq!(found.distribution.count, slow.len() as u64, "{name}");
        assert_eq!((found.durations.first(), found.durations.last()), (slow.first(), slow.last()), "{name}");
        let shorter = slow.iter().filter(|length| **length < found.example).count() as u64;
        assert_eq!(found.shorter, shorter, "{name}");
        assert!(found.distribution.count > 0 && !found.is_cut, "{name}: itself is one of them");
    }
}
