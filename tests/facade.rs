//! The library's front door: what its iterators give agrees with the model behind them.

use std::collections::HashMap;
use std::time::Duration;

use trace_core::{Frame, GoState, Stack, Trace};

use crate::fixtures;

fn open(name: &str) -> Trace {
    Trace::open(fixtures::data().join("real").join(name)).expect("a trace")
}

#[test]
fn spans_of_a_goroutine_fill_its_life() {
    let trace = open("guessnumber-bug-go1.27.trace");
    let mut seen = 0;
    for goroutine in trace.goroutines() {
        let sums = goroutine.time_by_state();
        let known = goroutine.spans().filter(|span| !matches!(span.state(), GoState::Unknown | GoState::Dead));
        assert_eq!(known.map(|span| span.duration()).sum::<Duration>(), sums.total(), "{goroutine}");
        assert_eq!(goroutine.waits().map(|wait| wait.duration()).sum::<Duration>(), goroutine.blocked(), "{goroutine}");
        assert!(sums.total() <= trace.duration(), "{goroutine}");
        assert_eq!(trace.goroutine(goroutine.id()).map(|found| found.id()), Some(goroutine.id()));
        seen += 1;
    }
    assert_eq!(seen, trace.model().goroutine_count());
}

#[test]
fn waits_know_who_ended_them() {
    let trace = open("guessnumber-bug-go1.27.trace");
    let locks = trace.goroutines().flat_map(|goroutine| goroutine.waits()).filter(|wait| wait.reason() == "sync");
    let woken: Vec<_> = locks.filter_map(|wait| Some((wait.span().goroutine()?, wait.waker()?))).collect();
    assert!(!woken.is_empty());
    assert!(woken.iter().all(|(waiting, waker)| waiting.id() != waker.id()));
}

#[test]
fn problems_are_those_of_the_report() {
    let problems = open("guessnumber-bug-go1.27.trace").problems();
    let worst = problems.first().expect("a problem");
    assert!(worst.place().is_some_and(|(function, file, line)| !function.is_empty() && !file.is_empty() && line > 0));
    assert!(worst.to_string().contains(worst.headline()) && worst.time_lost() > Duration::ZERO);
}

#[test]
fn tasks_regions_and_messages_belong_together() {
    let trace = open("tasks-go1.27.trace");
    let tasks: Vec<u64> = trace.tasks().map(|task| task.id()).collect();
    assert!(!tasks.is_empty() && trace.logs().count() > 0);
    let of_tasks = trace.regions().filter_map(|region| region.task());
    assert!(of_tasks.map(|task| task.id()).all(|id| tasks.contains(&id)));
    let own: usize = trace.goroutines().map(|goroutine| goroutine.regions().count()).sum();
    assert_eq!(own, trace.regions().count());
}

#[test]
fn what_is_no_trace_is_an_error_and_bytes_are_as_good_as_a_file() {
    assert!(Trace::open("/nowhere/at/all.trace").is_err() && Trace::from_bytes(b"no trace").is_err());
    let path = fixtures::data().join("real/workers-go1.27.trace");
    let trace = Trace::from_bytes(&std::fs::read(&path).expect("a fixture")).expect("a trace");
    assert_eq!(trace.to_string(), Trace::open(path).expect("a trace").to_string());
    assert!(!trace.is_damaged() && trace.warnings().next().is_none());
}

#[test]
fn a_region_knows_what_its_goroutine_did_meanwhile() {
    let trace = open("tasks-go1.27.trace");
    let (mut whole, mut of_tasks) = (0, 0);
    for region in trace.regions() {
        assert_eq!(region.end() - region.start(), region.duration());
        let goroutine = region.goroutine().expect("a goroutine");
        let times = region.time_by_state();
        assert_eq!(times, goroutine.time_between(region.start(), region.end()));
        assert!(times.total() <= region.duration(), "{region}");
        if region.is_whole() {
            assert_eq!(times.total(), region.duration(), "{region}");
            whole += 1;
        }
        of_tasks += usize::from(region.task().is_some());
    }
    assert!(whole > 0);
    assert_eq!(trace.tasks().map(|task| task.regions().count()).sum::<usize>(), of_tasks);
    let logs = trace.logs().filter(|log| log.task().is_some()).count();
    assert_eq!(trace.tasks().map(|task| task.logs().count()).sum::<usize>(), logs);
    let longest = trace.goroutines().flat_map(|goroutine| goroutine.waits()).max_by_key(|wait| wait.duration());
    let longest = longest.expect("a wait");
    assert_eq!(longest.end() - longest.start(), longest.duration());
}

#[test]
fn newer_traces_know_when_they_were_recorded() {
    let started = open("workers-go1.27.trace").started_at().expect("Go 1.25 and newer write it");
    let seconds = started.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let stats = open("workers-go1.27.trace");
    let known = stats.model().clock_snapshots().first().expect("a reading").wall_secs;
    assert!(known.unsigned_abs().abs_diff(seconds) <= stats.duration().as_secs() + 1);
    assert_eq!(open("workers-go1.22.trace").started_at(), None);
}

#[test]
fn parts_of_a_trace_are_equal_by_an_index_which_is_a_key_of_maps() {
    let trace = open("guessnumber-bug-go1.27.trace");
    let (clone, again) = (trace.clone(), open("guessnumber-bug-go1.27.trace"));
    for (at, goroutine) in trace.goroutines().enumerate() {
        assert_eq!(goroutine.index(), at);
        assert_eq!(clone.goroutine(goroutine.id()), Some(goroutine), "a clone is the same trace");
        assert_ne!(again.goroutine(goroutine.id()), Some(goroutine), "another one, if of the same file");
    }
    let mut stacks: HashMap<usize, Stack<'_>> = HashMap::new();
    for span in trace.goroutines().flat_map(|goroutine| goroutine.spans()) {
        let stack = *stacks.entry(span.stack().index()).or_insert(span.stack());
        assert!(stack == span.stack() && stack.frames().eq(span.stack().frames()));
    }
    let different: Vec<Vec<Frame<'_>>> = stacks.values().map(|stack| stack.frames().collect()).collect();
    assert!(different.iter().enumerate().all(|(at, frames)| !different[..at].contains(frames)));
    let tasks = open("tasks-go1.27.trace");
    assert!(tasks.tasks().enumerate().all(|(at, task)| task.index() == at));
    assert!(tasks.regions().any(|region| region.task() == tasks.tasks().next()));
}

#[test]
fn debug_prints_a_part_alone_and_not_its_trace() {
    let trace = open("tasks-go1.27.trace");
    let goroutine = trace.goroutines().next().expect("one");
    assert_eq!(format!("{goroutine:?}"), format!("Goroutine({goroutine})"));
    let (span, wait) = (goroutine.spans().next(), goroutine.waits().next());
    let (task, region, log) = (trace.tasks().next(), trace.regions().next(), trace.logs().next());
    let all = format!("{trace:?} {span:?} {wait:?} {task:?} {region:?} {log:?} {:?}", trace.problems().first());
    assert!(all.len() < 2_000 && !all.contains("None"), "{all}");
    assert!(format!("{:?}", goroutine.creation_stack()).starts_with('['));
}

#[test]
fn frames_print_on_one_line() {
    let trace = open("guessnumber-bug-go1.27.trace");
    let wait = trace.goroutines().flat_map(|goroutine| goroutine.waits()).find(|wait| wait.reason() == "sync");
    let place = wait.and_then(|wait| wait.place()).expect("a place");
    assert_eq!(place.to_string(), format!("{} ({}:{})", place.function, place.file, place.line));
    assert_eq!(Frame { function: "main.a\nb", file: "", line: 0, pc: 0 }.to_string(), "main.a\\nb");
}
