//! Procs, threads, system calls and scheduler latency over all real traces: parts sum to wholes, and sums of one
//! analysis are those of another, or of a slower and simpler count.

use std::fs;
use std::sync::Arc;

use trace_core::analysis::antagonists::{Antagonists, antagonists, antagonists_of};
use trace_core::analysis::goroutines::groups;
use trace_core::analysis::latency::{Made, latency};
use trace_core::analysis::procs::{ProcUse, idle_ranges, procs};
use trace_core::analysis::scope::{GoroutineFilter, Scope, nanos_in};
use trace_core::analysis::syscalls::syscalls;
use trace_core::analysis::threads::threads;
use trace_core::base::ids::{GoroutineIdx, ProcIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::kind::EventKind;
use trace_core::event::state::GoState;
use trace_core::load::{load_bytes, load_path};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::TraceWriter;

use crate::fixtures;

fn load(file: &str) -> Arc<Trace> {
    load_path(&fixtures::data().join(file), &Monitor::new(), &mut |_| {}).expect("a trace")
}

/// All real traces, and the damaged ones that open.
fn every_trace() -> Vec<(String, Arc<Trace>)> {
    let mut found = Vec::new();
    for folder in ["real", "broken"] {
        for entry in fs::read_dir(fixtures::data().join(folder)).expect("the traces") {
            let path = entry.expect("a file").path();
            if let Ok(trace) = load_path(&path, &Monitor::new(), &mut |_| {}) {
                found.push((path.display().to_string(), trace));
            }
        }
    }
    assert!(found.len() > 100, "only {}", found.len());
    found
}

#[test]
fn damaged_traces_give_answers_that_stay_within_their_time() {
    for (name, trace) in every_trace() {
        for scope in scopes(&trace) {
            let pieces = scope.pieces(&trace);
            let monitor = Monitor::new();
            let waits = latency(&trace, &pieces, &monitor).expect("not cancelled").all.waits;
            let others = antagonists(&trace, &pieces, 10, &monitor).expect("not cancelled");
            assert_eq!(others.ready, waits.total, "{name}");
            assert!(others.avoidable + others.stopped <= others.ready, "{name}: {others:?}");
            let calls = syscalls(&trace, &pieces, &monitor).expect("not cancelled");
            assert!(calls.all.blocked <= calls.all.calls.total, "{name}");
            let range = pieces.range.length();
            let found = procs(&trace, scope.range, &monitor).expect("not cancelled");
            for times in &found.each {
                // Where a thread's events are lost, what its proc ran is told as it was before.
                let told = times.running + times.syscall + times.looking + times.idle;
                assert!(times.idle <= range && times.running <= range, "{name}: {times:?} of {range}");
                assert!(told <= range || !trace.warnings().is_empty(), "{name}: {times:?} of {range}");
            }
            assert!(found.idle_while_ready.nanos <= range, "{name}");
            let found = threads(&trace, scope.range, &monitor).expect("not cancelled");
            for times in &found.each {
                assert!(times.running + times.syscall + times.looking == times.with_proc, "{name}: {times:?}");
            }
        }
    }
}

/// Two procs. Goroutine 1 runs on P0 from 100; it makes goroutine 2 at 200, which waits; P1 is idle until thread 1
/// takes it at 500 and runs goroutine 2 from 520. Goroutine 2 goes into a system call at 600, loses P1 to thread 2
/// at 700, returns at 900 and is ready until 1_000, when goroutine 1 blocks and it runs on P0 to the end at 1_200.
fn by_hand() -> Arc<Trace> {
    let mut writer = TraceWriter::new(26);
    let entry = writer.stack(&[("main.worker", "main.go", 20)]);
    let spawn = writer.stack(&[("main.main", "main.go", 5)]);
    let read =
        writer.stack(&[("syscall.Syscall", "s.go", 1), ("syscall.read", "s.go", 9), ("main.worker", "main.go", 21)]);
    let receive = writer.string("chan receive");
    writer.event(0, 100, EventKind::PROC_STATUS, &[0, 1]);
    writer.event(0, 100, EventKind::PROC_STATUS, &[1, 2]);
    writer.event(0, 100, EventKind::GO_STATUS, &[1, 0, 2]);
    writer.event(0, 100, EventKind::PROCS_CHANGE, &[2, 0]);
    writer.event(0, 200, EventKind::GO_CREATE, &[2, entry, spawn]);
    writer.event(1, 500, EventKind::PROC_START, &[1, 1]);
    writer.event(1, 520, EventKind::GO_START, &[2, 1]);
    writer.event(1, 600, EventKind::GO_SYSCALL_BEGIN, &[2, read]);
    writer.event(2, 700, EventKind::PROC_STEAL, &[1, 3, 1]);
    writer.event(1, 900, EventKind::GO_SYSCALL_END_BLOCKED, &[]);
    writer.event(0, 1_000, EventKind::GO_BLOCK, &[receive, spawn]);
    writer.event(0, 1_000, EventKind::GO_START, &[2, 2]);
    writer.event(0, 1_200, EventKind::HEAP_ALLOC, &[1]);
    load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace")
}

#[test]
fn a_trace_made_by_hand_has_the_numbers_it_was_made_with() {
    let trace = by_hand();
    assert_eq!(trace.warnings(), []);
    let start = trace.range().start.0;
    let pieces = Scope::whole(&trace).pieces(&trace);
    let monitor = Monitor::new();
    // Events at the same time are told apart by nanoseconds.
    let near = |found: Nanos, expected: u64| assert!(found.0.abs_diff(expected) <= 6, "{found}, not {expected} ns");
    let waits = latency(&trace, &pieces, &monitor).expect("not cancelled").all;
    assert_eq!(waits.waits.count, 2);
    near(waits.waits.max.unwrap_or_default(), 320);
    near(waits.waits.total, 420);
    near(waits.made[Made::Created as usize], 320);
    near(waits.made[Made::Returned as usize], 100);
    let others = antagonists(&trace, &pieces, 5, &monitor).expect("not cancelled");
    near(others.proc_nanos, 840);
    near(others.running, 420);
    near(others.idle, 400);
    near(others.looking, 20);
    near(others.avoidable, 400);
    assert_eq!(others.functions.len(), 1, "only goroutine 1 ran meanwhile");
    let found = procs(&trace, trace.range(), &monitor).expect("not cancelled");
    let p1 = &found.each[1];
    near(p1.running, 80);
    near(p1.syscall, 100);
    near(p1.looking, 20);
    near(p1.idle, 900);
    assert_eq!((p1.starts, p1.steals, p1.stops, p1.handovers), (1, 1, 0, 0));
    assert_eq!((found.limits, found.idle_while_ready.count), (Some((2, 2)), 2));
    near(found.idle_while_ready.nanos, 400);
    near(Nanos((found.idle_while_ready.worst[0].start.0 - start).unsigned_abs()), 100);
    let calls = syscalls(&trace, &pieces, &monitor).expect("not cancelled");
    assert_eq!((calls.functions[0].function.as_str(), calls.all.blocking), ("syscall.read", 1));
    near(calls.all.calls.total, 300);
    near(calls.all.blocked, 200);
    let found = threads(&trace, trace.range(), &monitor).expect("not cancelled");
    let blocked: u64 = found.each.iter().map(|times| times.blocked).sum();
    near(Nanos(blocked), 200);
    assert_eq!(found.each[1].starts, 1);
}

/// Fails with all that `check` has to say about the real traces.
fn check_all(check: impl Fn(&Trace) -> Vec<String>) {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let names = folder.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".trace")).collect();
    names.sort();
    assert!(names.len() > 75, "only {} traces", names.len());
    let faults: Vec<String> = names
        .iter()
        .flat_map(|name| {
            let found = check(&load(&format!("real/{name}")));
            found.into_iter().map(move |fault| format!("{name}: {fault}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(30)].join("\n"));
}

/// The whole trace, a third of it, and the time of one start function.
fn scopes(trace: &Trace) -> Vec<Scope> {
    let whole = trace.range();
    let third = whole.nanos() / 3;
    let middle = TimeRange::new(whole.start.plus_nanos(third), whole.end.plus_nanos(-third));
    let name = trace.goroutine_name(GoroutineIdx(trace.goroutine_count() / 2)).expect("a goroutine").1;
    vec![Scope::whole(trace), Scope::during(middle), Scope { range: middle, filter: GoroutineFilter::Named(name) }]
}

#[test]
fn the_parts_of_a_procs_time_are_the_range() {
    check_all(|trace| {
        let mut faults = Vec::new();
        for range in scopes(trace).into_iter().take(2).map(|scope| scope.range) {
            let found = procs(trace, range, &Monitor::new()).expect("not cancelled");
            for times in &found.each {
                let sum = times.running + times.syscall + times.looking + times.idle + times.unknown;
                let used = ProcUse::of(trace, times.proc, range);
                let had = Nanos(nanos_in(&used.with_thread, range));
                let spans = trace.spans(LaneId::Proc(times.proc), range);
                let busy: Nanos = spans.map(|span| span.range.intersect(range).length()).sum();
                let is_right = sum == range.length()
                    && busy == times.running + times.syscall
                    && had == busy + times.looking
                    && times.gc <= times.running
                    && times.stopped <= times.looking + times.idle;
                if !is_right {
                    faults.push(format!("{times:?}: {sum} of {}, busy {busy}, had {had}", range.nanos()));
                }
            }
        }
        faults
    });
}

#[test]
fn goroutines_run_on_the_thread_that_has_their_proc() {
    check_all(|trace| {
        let mut faults = Vec::new();
        for proc in (0..trace.proc_count()).map(ProcIdx) {
            let proc_ownerships: Vec<_> = trace.proc_ownerships(proc, trace.range()).collect();
            if !proc_ownerships.is_sorted_by(|one, next| one.range.end <= next.range.start) {
                faults.push(format!("proc {proc:?}: not one after the other"));
            }
            for span in trace.spans(LaneId::Proc(proc), trace.range()).filter(|span| span.range.nanos() > 0) {
                let known = proc_ownerships.iter().find(|ownership| ownership.range.contains(span.range.start));
                let is_inside = known.is_some_and(|ownership| {
                    let is_thread = span.state != GoState::Running || ownership.thread == span.thread;
                    is_thread && ownership.thread.is_some() && span.range.end <= ownership.range.end
                });
                if !is_inside {
                    faults.push(format!("proc {proc:?}: {span:?} in {known:?}"));
                }
            }
        }
        faults
    });
}

#[test]
fn latency_and_system_calls_sum_to_the_goroutines_breakdown() {
    check_all(|trace| {
        let mut faults = Vec::new();
        for scope in scopes(trace) {
            let pieces = scope.pieces(trace);
            let all = groups(trace, &pieces, &Monitor::new()).expect("not cancelled");
            let waits = latency(trace, &pieces, &Monitor::new()).expect("not cancelled");
            for group in &all.groups {
                let known = waits.groups.iter().find(|known| known.name == group.name);
                let total = known.map_or(Nanos::ZERO, |known| known.waits.total);
                if total != group.breakdown.runnable {
                    faults.push(format!("{}: {total}, not {}", trace.str(group.name), group.breakdown.runnable));
                }
            }
            let longest = waits.groups.iter().filter_map(|group| group.waits.max).max().unwrap_or_default();
            let made: Nanos = waits.all.made.iter().sum();
            let is_right = waits.all.waits.total == all.all.runnable
                && waits.all.waits.max.unwrap_or_default() == longest
                && waits.all.worst.first().map_or(Nanos::ZERO, |wait| wait.nanos) == longest
                && waits.all.worst.is_sorted_by(|one, next| one.nanos >= next.nanos)
                && made == all.all.runnable;
            if !is_right {
                faults.push(format!("{:?}, not {}", waits.all, all.all.runnable));
            }
            let calls = syscalls(trace, &pieces, &Monitor::new()).expect("not cancelled");
            let sum = |groups: &[trace_core::analysis::syscalls::CallGroup]| {
                groups.iter().map(|group| group.calls.total).sum::<Nanos>()
            };
            let in_calls = all.all.syscall + all.all.syscall_blocked;
            let is_right = calls.all.calls.total == in_calls
                && calls.all.blocked == all.all.syscall_blocked
                && sum(&calls.stacks) == in_calls
                && sum(&calls.functions) == in_calls;
            if !is_right {
                let ours = (calls.all.calls.total, calls.all.blocked);
                faults.push(format!("{ours:?}, not {in_calls} and {}", all.all.syscall_blocked));
            }
        }
        faults
    });
}

#[test]
fn the_longest_are_the_longest() {
    check_all(|trace| {
        let (mut ready, mut calls) = (Vec::new(), Vec::new());
        for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
            trace.state_intervals(go, trace.range(), |stretch| match stretch.state {
                GoState::Runnable => ready.push(stretch.range.length()),
                GoState::Syscall => calls.push(stretch.range.length()),
                _ => {}
            });
        }
        for list in [&mut ready, &mut calls] {
            list.sort_unstable_by(|one, other| other.cmp(one));
            list.truncate(20);
        }
        let pieces = Scope::whole(trace).pieces(trace);
        let waits = latency(trace, &pieces, &Monitor::new()).expect("not cancelled").all.worst;
        let found = syscalls(trace, &pieces, &Monitor::new()).expect("not cancelled").all.worst;
        let is_right = waits.iter().map(|wait| wait.nanos).eq(ready) && found.iter().map(|call| call.nanos).eq(calls);
        if is_right { Vec::new() } else { vec![format!("{waits:?}, {found:?}")] }
    });
}

#[test]
fn what_threads_did_is_what_procs_did() {
    check_all(|trace| {
        let range = trace.range();
        let found = threads(trace, range, &Monitor::new()).expect("not cancelled");
        let on_procs = procs(trace, range, &Monitor::new()).expect("not cancelled");
        let all = groups(trace, &Scope::whole(trace).pieces(trace), &Monitor::new()).expect("not cancelled").all;
        let mut faults = Vec::new();
        let sum =
            |pick: fn(&trace_core::analysis::threads::ThreadTimes) -> u64| found.each.iter().map(pick).sum::<u64>();
        let running: Nanos = on_procs.each.iter().map(|times| times.running).sum();
        let syscall: Nanos = on_procs.each.iter().map(|times| times.syscall).sum();
        let looking: Nanos = on_procs.each.iter().map(|times| times.looking).sum();
        let ours = (sum(|times| times.running), sum(|times| times.syscall), sum(|times| times.looking));
        let ours = (Nanos(ours.0), Nanos(ours.1), Nanos(ours.2));
        if ours != (running, syscall, looking) {
            faults.push(format!("{ours:?}, not {:?}", (running, syscall, looking)));
        }
        if Nanos(found.blocked.iter().sum::<u64>()) != all.syscall_blocked {
            faults.push(format!("blocked {}, not {}", sum(|times| times.blocked), all.syscall_blocked));
        }
        if Nanos(found.with_proc.iter().sum::<u64>()) != running + syscall + looking {
            faults.push("the series is not the sum".to_owned());
        }
        faults
    });
}

/// The same by looking at every wait and every proc one by one.
fn slow(trace: &Trace, waits: &[TimeRange]) -> Antagonists {
    let mut found = Antagonists::default();
    let stops: Vec<TimeRange> = trace.spans(LaneId::Stw, trace.range()).map(|stop| stop.range).collect();
    let idle = idle_ranges(trace, trace.range());
    for &wait in waits {
        found.ready += wait.length();
        let mut had = Nanos::ZERO;
        for proc in (0..trace.proc_count()).map(ProcIdx) {
            for span in trace.spans(LaneId::Proc(proc), wait) {
                let nanos = span.range.intersect(wait).length();
                if span.state == GoState::Running { found.running += nanos } else { found.syscall += nanos }
            }
            let used = ProcUse::of(trace, proc, trace.range());
            had += Nanos(nanos_in(&used.with_thread, wait));
            found.idle += Nanos(nanos_in(&used.idle, wait));
        }
        found.looking += had;
        found.stopped += Nanos(nanos_in(&stops, wait));
        for part in trace_core::analysis::scope::parts(&idle, wait) {
            found.avoidable += part.length().saturating_sub(Nanos(nanos_in(&stops, part)));
        }
    }
    found.looking = found.looking.saturating_sub(found.running + found.syscall);
    found.proc_nanos = found.running + found.syscall + found.looking + found.idle;
    found
}

#[test]
fn antagonists_are_those_of_a_slow_count() {
    for file in ["sync-go1.27", "sysio-go1.27", "workers-go1.27", "preempt-go1.22", "httpserver-go1.21"] {
        let path = format!("real/{file}.trace");
        let trace = load(&path);
        for go in (0..trace.goroutine_count().min(40)).map(GoroutineIdx) {
            let scope = Scope { range: trace.range(), filter: GoroutineFilter::One(go) };
            let mut waits = Vec::new();
            trace.state_intervals(go, trace.range(), |stretch| {
                waits.extend((stretch.state == GoState::Runnable).then_some(stretch.range));
            });
            waits.truncate(200);
            if waits.len() == 200 {
                continue;
            }
            let expected = slow(&trace, &waits);
            let mut found = antagonists(&trace, &scope.pieces(&trace), 5, &Monitor::new()).expect("not cancelled");
            let by_go: Nanos = found.goroutines.iter().map(|share| share.running + share.syscall).sum();
            assert!(by_go <= found.running + found.syscall);
            found.functions.clear();
            found.goroutines.clear();
            assert_eq!(found, expected, "{file} goroutine {go:?}");
        }
    }
}

#[test]
fn one_wait_has_as_much_proc_time_as_there_are_procs() {
    let trace = load("real/workers-go1.27.trace");
    let pieces = Scope::whole(&trace).pieces(&trace);
    let worst = latency(&trace, &pieces, &Monitor::new()).expect("not cancelled").all.worst[0];
    let found = antagonists_of(&trace, worst.range, 10, &Monitor::new()).expect("not cancelled");
    assert_eq!(found.ready, worst.nanos);
    assert_eq!(found.proc_nanos, worst.nanos * u64::from(trace.proc_count()));
    let shown: Nanos = found.functions.iter().map(|share| share.running + share.syscall).sum();
    assert_eq!(shown, found.running + found.syscall);
}
