//! Goroutine population and leak suspects: identities over all real traces, a slow count, and traces made by hand.

use std::fs;
use std::sync::Arc;

use trace_core::analysis::leaks::{Suspects, Suspicion, leaks};
use trace_core::analysis::population::{Population, life, population};
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::kind::EventKind;
use trace_core::event::state::GoState;
use trace_core::load::{load_bytes, load_path};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::TraceWriter;

use crate::fixtures;

fn real_traces() -> Vec<(String, Arc<Trace>)> {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "trace"));
    paths.sort();
    assert!(paths.len() > 75, "only {} traces", paths.len());
    let one = |path: std::path::PathBuf| {
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).expect("a trace");
        (path.file_name().expect("a name").to_string_lossy().into_owned(), trace)
    };
    paths.into_iter().map(one).collect()
}

fn of(trace: &Trace, scope: Scope) -> Population {
    population(trace, &scope.pieces(trace), &Monitor::new()).expect("not cancelled")
}

#[test]
fn groups_sum_to_all_and_series_to_groups() {
    for (name, trace) in real_traces() {
        let whole = trace.range();
        let third = whole.nanos() / 3;
        let middle = TimeRange::new(whole.start.plus_nanos(third), whole.end.plus_nanos(-third));
        for range in [whole, middle] {
            let found = of(&trace, Scope { range, filter: GoroutineFilter::All });
            let mut sums = (0, 0, 0, 0);
            for group in found.groups.iter().chain([&found.all]) {
                assert_eq!(group.before + group.created, group.alive + group.ended, "{name}: {group:?}");
                assert_eq!(group.created_in.iter().map(|&count| u64::from(count)).sum::<u64>(), group.created);
                assert_eq!(group.ended_in.iter().map(|&count| u64::from(count)).sum::<u64>(), group.ended);
                assert_eq!(group.alive_at.last().map(|&count| u64::from(count)), Some(group.alive), "{name}");
                assert!(group.alive_at.iter().all(|&count| u64::from(count) <= group.peak));
                assert!(group.peak >= group.alive.max(group.before));
                let mut alive = group.before;
                for ((at, created), ended) in group.alive_at.iter().zip(&group.created_in).zip(&group.ended_in) {
                    alive = alive + u64::from(*created) - u64::from(*ended);
                    assert_eq!(alive, u64::from(*at), "{name}");
                }
            }
            for group in &found.groups {
                sums.0 += group.before;
                sums.1 += group.created;
                sums.2 += group.ended;
                sums.3 += group.alive;
            }
            let all = &found.all;
            assert_eq!(sums, (all.before, all.created, all.ended, all.alive), "{name}");
            if range == whole {
                assert_eq!(all.before + all.created, u64::from(trace.goroutine_count()), "{name}");
            }
        }
    }
}

#[test]
fn the_population_is_that_of_a_slow_count() {
    for (name, trace) in real_traces().into_iter().step_by(7) {
        let found = of(&trace, Scope::whole(&trace));
        let lives: Vec<TimeRange> = (0..trace.goroutine_count())
            .map(|at| trace.goroutine(GoroutineIdx(at)).expect("a goroutine"))
            .map(|go| life(&trace, &go))
            .collect();
        for bucket in (0..found.buckets.count - 1).step_by(13) {
            let end = found.buckets.range_of(bucket).end;
            // What happens at the border happens in the bucket after.
            let alive = lives.iter().filter(|life| life.start < end && life.end >= end).count();
            assert_eq!(found.all.alive_at[bucket] as usize, alive, "{name} bucket {bucket}");
        }
        let most = lives.iter().map(|one| lives.iter().filter(|life| life.contains(one.start)).count()).max();
        if lives.len() < 3_000 {
            let peak = found.all.peak as usize;
            assert!(most.is_some_and(|most| most == peak || peak == most + 1), "{name}: {most:?}, {peak}");
        }
    }
}

#[test]
fn whoever_is_blocked_at_the_end_is_a_suspect() {
    for (name, trace) in real_traces() {
        let found = suspects(&trace);
        let mut blocked = 0;
        for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
            let alive = trace.goroutine(go).is_some_and(|go| go.ended.is_none());
            let last = trace.spans(LaneId::Goroutine(go), trace.range()).last();
            blocked += u64::from(alive && last.is_some_and(|span| span.state == GoState::Waiting && span.goes_on));
        }
        assert_eq!(found.iter().map(|group| group.count).sum::<u64>(), blocked, "{name}");
        for group in &found {
            assert!((0.0..=1.0).contains(&group.confidence), "{name}: {group:?}");
            assert!(group.created <= group.count && group.returning <= group.count, "{name}: {group:?}");
            assert_eq!(group.by_quarter.iter().sum::<u64>(), group.created, "{name}");
            assert!(group.oldest.iter().all(|(_, since)| *since >= group.since), "{name}");
        }
        let last = found.partition_point(|group| !group.is_system);
        assert!(found[..last].is_sorted_by_key(|group| group.suspicion), "{name}");
    }
}

fn suspects(trace: &Trace) -> Vec<Suspects> {
    leaks(trace, &Scope::whole(trace).pieces(trace), &Monitor::new()).expect("not cancelled")
}

const SECOND: u64 = 1_000_000_000;

/// Goroutine 1 on proc 0 makes a hundred goroutines, one `every` so many nanoseconds, each of which runs and blocks at
/// once; the trace takes a second. `wakes`: how often it is woken and comes back. `ends`: then it ends, except for the
/// last one.
fn blockers(every: u64, wakes: u64, ends: bool) -> Arc<Trace> {
    let mut writer = TraceWriter::new(26);
    writer.event(0, SECOND, EventKind::PROC_STATUS, &[0, 1]);
    writer.event(0, SECOND + 1, EventKind::GO_STATUS, &[1, 0, 2]);
    let spawn = writer.stack(&[("main.spawn", "main.go", 10), ("main.main", "main.go", 5)]);
    let entry = writer.stack(&[("main.worker", "main.go", 20)]);
    let wait = writer.stack(&[("runtime.chanrecv1", "chan.go", 9), ("main.worker", "main.go", 21)]);
    let (receive, yields) = (writer.string("chan receive"), writer.string("runtime.Gosched"));
    let mut seq = 0;
    for at in 0..100 {
        let (id, mut time) = (at + 10, SECOND + 10 + at * every);
        let mut emit = |kind, args: &[u64]| {
            time += 1_000;
            writer.event(0, time, kind, args);
        };
        emit(EventKind::GO_CREATE, &[id, entry, spawn]);
        for round in 0..=wakes {
            if round > 0 {
                emit(EventKind::GO_UNBLOCK, &[id, 2 * round, spawn]);
            }
            emit(EventKind::GO_STOP, &[yields, spawn]);
            emit(EventKind::GO_START, &[id, 2 * round + 1]);
            if ends && round == wakes && at < 99 {
                emit(EventKind::GO_DESTROY, &[]);
            } else {
                emit(EventKind::GO_BLOCK, &[receive, wait]);
            }
            seq += 1;
            emit(EventKind::GO_START, &[1, seq]);
        }
    }
    writer.event(0, 2 * SECOND, EventKind::HEAP_ALLOC, &[1]);
    load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace")
}

#[test]
fn a_growing_pile_is_suspected_and_workers_are_not() {
    let often = 10_000_000;
    let trace = blockers(often, 0, false);
    assert_eq!(trace.warnings(), []);
    let found = suspects(&trace);
    let pile = &found[0];
    assert_eq!((pile.suspicion, pile.count, pile.created, pile.ended), (Suspicion::Growing, 100, 100, 0));
    assert!(pile.confidence > 0.9 && pile.by_quarter.iter().all(|&count| count >= 24), "{pile:?}");
    assert_eq!((trace.str(pile.name), trace.str(pile.reason)), ("main.worker", "chan receive"));
    assert_eq!(trace.goroutine(pile.oldest[0].0).map(|go| go.id.0), Some(10));
    let group = &of(&trace, Scope::whole(&trace)).groups[0];
    assert_eq!((group.created, group.ended, group.alive, group.peak), (100, 0, 100, 100));

    let found = suspects(&blockers(often, 2, false));
    assert_eq!((found[0].suspicion, found[0].returning), (Suspicion::Growing, 100), "none ever ends");
    assert!(found[0].confidence < 0.8, "but all were woken now and then");
    let found = suspects(&blockers(often / 10, 2, false));
    assert_eq!((found[0].suspicion, found[0].returning), (Suspicion::Parked, 100), "a pool made at first");
    assert!(found[0].confidence < 0.1);
    let found = suspects(&blockers(often / 10, 0, false));
    assert_eq!(found[0].suspicion, Suspicion::Stuck, "nobody woke them, but they do not become more");

    let found = suspects(&blockers(often, 0, true));
    assert_eq!((found[0].count, found[0].ended), (1, 99));
    assert_eq!(found[0].suspicion, Suspicion::Recent, "the last one has only just begun to wait");
    let trace = blockers(often, 0, true);
    let group = of(&trace, Scope::whole(&trace)).groups.into_iter().find(|group| group.created == 100);
    assert_eq!(group.map(|group| (group.ended, group.alive, group.peak)), Some((99, 1, 1)));
    let early = TimeRange::new(trace.range().start, TraceTime((SECOND + 300_000_000).cast_signed()));
    let found = leaks(&trace, &Scope::during(early).pieces(&trace), &Monitor::new()).expect("not cancelled");
    assert!(found.iter().all(|group| trace.str(group.name) != "main.worker"), "all had ended by then: {found:?}");
}

#[test]
fn planted_leaks_are_suspected_first_and_healthy_programs_are_not() {
    let text = fs::read_to_string(fixtures::data().join("causes/truth.json")).expect("what is planted");
    let truth: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let cases = truth.as_array().expect("a list");
    let mut leaky = 0;
    for case in cases {
        let word = |field: &str| case[field].as_str().unwrap_or_default();
        let path = fixtures::data().join("causes").join(word("trace"));
        let trace = load_path(&path, &Monitor::new(), &mut |_| {}).expect("a trace");
        let found = suspects(&trace);
        let growing: Vec<&Suspects> = found.iter().filter(|group| group.suspicion == Suspicion::Growing).collect();
        if word("kind") == "goroutine_leak" {
            leaky += 1;
            let first = growing.first().unwrap_or_else(|| panic!("{}: {:?}", word("case"), found.first()));
            let function = trace.str(first.name);
            assert_eq!(function, word("culprit_function"), "{}", word("case"));
            assert!(first.confidence > 0.6, "{first:?}");
        } else {
            let names = || growing.iter().map(|group| trace.str(group.name)).collect::<Vec<_>>();
            assert!(growing.is_empty(), "{}: {:?} {growing:?}", word("case"), names());
        }
    }
    assert!(leaky >= 2 && cases.len() > 30);
}
