//! The library's front door: what its iterators give agrees with the model behind them.

use std::time::Duration;

use trace_core::{GoState, Trace};

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
