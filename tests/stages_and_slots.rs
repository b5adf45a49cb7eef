//! Findings on traces made in code: stages that wait for others themselves, goroutines that sleep while others wait for them,
//! slots that become fewer, and finalizers that take all the time.

use std::collections::VecDeque;

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, cause, culprit, find, handlers, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::Kind;

const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];

// Slots that become fewer.

const ENTER: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.with", "app.go", 30), HANDLER, SERVE];
const USE: Stack =
    &[("time.Sleep", "time.go", 300), ("app.query", "app.go", 40), ("app.with", "app.go", 31), HANDLER, SERVE];
const LEAVE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.with", "app.go", 33), HANDLER, SERVE];

/// Twelve handlers for slots that each has for 10 ms: in each fifth of the time so many are in use.
fn slots(in_use: [usize; 5]) -> Findings {
    let mut scene = Scene::default();
    let (mut waiting, mut inside): (VecDeque<u64>, VecDeque<u64>) = ((10..22).collect(), VecDeque::new());
    for (at, &go) in waiting.iter().enumerate() {
        let now = 1.0 + 0.05 * at as f64;
        scene.at(0, now, Act::Ready(go));
        let (reason, stack) = if at < in_use[0] { ("sleep", USE) } else { ("chan receive", ENTER) };
        scene.run(0, go, (now + 0.01, now + 0.02), reason, stack);
    }
    inside.extend(waiting.drain(..in_use[0]));
    for (part, &slots) in in_use.iter().enumerate() {
        for round in 0..10 {
            let start = 11.0 + 10.0 * (10 * part + round) as f64;
            for at in 0..inside.len() {
                let now = start + 0.6 * at as f64;
                let Some(go) = inside.pop_front() else { break };
                // Whoever fails does not give its slot back.
                let is_lost = inside.len() >= slots;
                scene.at(1, now, Act::Ready(go)).at(1, now + 0.05, Act::Start(go));
                if let Some(next) = if is_lost { None } else { waiting.pop_front() } {
                    scene.at(1, now + 0.1, Act::Wake(next, LEAVE));
                    scene.run(2, next, (now + 0.2, now + 0.25), "sleep", USE);
                    inside.push_back(next);
                }
                scene.at(1, now + 0.15, Act::Block("network", IDLE));
                scene.at(3, now + 0.3, Act::Ready(go)).run(3, go, (now + 0.35, now + 0.4), "chan receive", ENTER);
                // Who follows whom changes, so that nobody is always let in by the same one.
                waiting.insert(waiting.len().saturating_sub(round % 3), go);
            }
        }
    }
    find(&mut scene, &handlers(10..22))
}

#[test]
fn slots_in_use_that_become_fewer_while_others_wait_are_not_given_back() {
    let found = slots([6, 5, 3, 2, 1]);
    let first = assert_first(&found, Kind::LimitedConcurrency, "slots_kept", "app.with");
    assert_eq!((number(first, "slots_first"), number(first, "slots_last")), (Some(6), Some(1)), "{}", first.title);
    assert!(first.headline.contains("6 in use at once, then 1"), "{}", first.headline);
    let steady = slots([4, 4, 4, 4, 4]);
    let first = steady.list.first().expect("a finding");
    assert_eq!((first.kind, number(first, "slots")), (Kind::LimitedConcurrency, Some(4)), "{}", first.title);
    assert!(steady.list.iter().all(|one| cause(one) != "slots_kept"), "{:?}", steady.list);
}

// A consumer that waits for others.

const PUSH: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.feed", "app.go", 50)];
const TAKE: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.inOrder", "app.go", 60)];
const AWAIT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.inOrder", "app.go", 61)];
const COMPUTE: Stack = &[("app.render", "app.go", 70), ("app.worker", "app.go", 65)];
const RESULT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.worker", "app.go", 66)];
const WORK: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.worker", "app.go", 64)];

/// A feeder that waits for one consumer, which waits for the result of a worker that runs for 20 ms.
#[test]
fn a_consumer_that_waits_for_others_is_told_of_what_those_did() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let (now, worker) = (1.0 + 22.0 * round as f64, 30 + round % 2);
        scene.at(2, now, Act::Ready(worker)).at(2, now + 0.1, Act::Start(worker));
        scene.at(2, now + 10.0, Act::Preempt(COMPUTE)).at(2, now + 10.1, Act::Start(worker));
        scene.at(2, now + 20.0, Act::Wake(20, RESULT)).at(2, now + 20.1, Act::Block("chan receive", WORK));
        scene.at(1, now + 20.2, Act::Start(20)).at(1, now + 20.3, Act::Wake(10, TAKE));
        scene.at(1, now + 20.4, Act::Block("chan receive", AWAIT));
        scene.run(0, 10, (now + 20.5, now + 20.6), "chan send", PUSH);
    }
    let waiting =
        [(10, "chan send", PUSH), (20, "chan receive", AWAIT), (30, "chan receive", WORK), (31, "chan receive", WORK)];
    let found = find(&mut scene, &waiting);
    let first = assert_first(&found, Kind::ChannelBacklog, "", "app.inOrder");
    assert!(
        first.title.contains("those that ended the longest of its waits there were running in app.render (app.go:70) for most of these waits"),
        "{}",
        first.title
    );
    assert!(!first.check.contains("Add consumers"), "{}", first.check);
}

// Goroutines that sleep while others wait for them.

const START: Stack = &[("app.round", "app.go", 80)];
const CHILD: Stack = &[("app.round.func1", "app.go", 81)];
const SLEEP: Stack = &[("time.Sleep", "time.go", 300), ("app.round.func1", "app.go", 83)];
const DONE: Stack = &[("sync.(*WaitGroup).Done", "waitgroup.go", 150), ("app.round.func1", "app.go", 85)];
const WAIT: Stack = &[("sync.(*WaitGroup).Wait", "waitgroup.go", 120), ("app.round", "app.go", 86)];

/// Rounds in which goroutine 10 starts another and waits for it, which sleeps 50 ms.
#[test]
fn a_wait_for_goroutines_that_were_started_and_sleep_is_no_answer_that_comes_late() {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(10)).at(0, 0.6, Act::Start(10));
    for round in 0..8u64 {
        let (now, child) = (1.0 + 52.0 * round as f64, 100 + round);
        scene.at(0, now, Act::MakeFor(child, CHILD, START)).at(0, now + 0.1, Act::Block("sync", WAIT));
        scene.run(1, child, (now + 0.2, now + 0.3), "sleep", SLEEP).at(1, now + 50.3, Act::Ready(child));
        scene.at(1, now + 50.4, Act::Start(child)).at(1, now + 50.5, Act::Wake(10, DONE)).at(1, now + 50.6, Act::End);
        scene.at(0, now + 50.7, Act::Start(10));
    }
    scene.at(0, 420.0, Act::Block("chan receive", LOOP));
    let found = find(&mut scene, &[(10, "chan receive", LOOP)]);
    let first = assert_first(&found, Kind::PollingSleep, "fixed_sleep", "app.round.func1");
    assert!(first.title.contains("one of those that they had started, which waited for a timer"), "{}", first.title);
    assert!(!first.title.contains("handed"), "{}", first.title);
    assert!(first.headline.starts_with("Fixed pause in app.round.func1: 8 waits"), "{}", first.headline);
}

// Finalizers.

const FINALIZERS: Stack = &[("runtime.runFinalizers", "mfinal.go", 190)];
const NONE_LEFT: Stack = &[("runtime.runFinalizers", "mfinal.go", 200)];
const RELEASE: Stack = &[
    ("time.Sleep", "time.go", 300),
    ("app.(*handle).release", "app.go", 90),
    ("runtime.runFinalizers", "mfinal.go", 250),
];

/// Ten finalizers that sleep for so many of each 40 ms.
fn finalizers(asleep: f64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1)).at(0, 0.3, Act::MakeFor(2, FINALIZERS, &[]));
    scene.at(0, 0.4, Act::Block("chan receive", LOOP));
    for round in 0..10u64 {
        let now = 1.0 + 40.0 * round as f64;
        if round > 0 {
            scene.at(1, now, Act::Ready(2));
        }
        scene.run(1, 2, (now + 0.1, now + 0.2), "sleep", RELEASE).at(1, now + asleep, Act::Ready(2));
        scene.run(1, 2, (now + asleep + 0.1, now + asleep + 0.2), "finalizer wait", NONE_LEFT);
    }
    scene.at(0, 401.0, Act::Ready(1)).run(0, 1, (401.1, 401.2), "chan receive", LOOP);
    find(&mut scene, &[(1, "chan receive", LOOP)])
}

#[test]
fn finalizers_that_take_most_of_the_time_are_told() {
    let found = finalizers(35.0);
    let first = assert_first(&found, Kind::ChannelBacklog, "slow_finalizer", "app.(*handle).release");
    assert!(first.headline.starts_with("Finalizers take 87 % of the time"), "{}", first.headline);
    let quick = finalizers(5.0);
    assert!(quick.list.iter().all(|one| cause(one) != "slow_finalizer"), "{:?}", quick.list);
}

// A team with other work.

const REPLY: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.urgent", "app.go", 95), HANDLER, SERVE];
const ANSWER: Stack =
    &[("runtime.closechan", "chan.go", 420), ("app.urgent.func1", "app.go", 96), ("app.pool", "app.go", 99)];
const BULK: Stack = &[("time.Sleep", "time.go", 300), ("app.bulk", "app.go", 97), ("app.pool", "app.go", 99)];
const POOL: Stack = &[("app.pool", "app.go", 98)];

/// Two workers that sleep for bulk work all the time, and answer eight requests, some at once, after 150 ms.
#[test]
fn requests_behind_other_work_do_not_wait_for_one_result() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(3)).at(0, 0.2, Act::Start(3));
    for worker in 20u64..22 {
        scene.at(0, 0.3 + 0.01 * (worker - 20) as f64, Act::MakeFor(worker, POOL, LOOP));
    }
    scene.at(0, 0.4, Act::Block("chan receive", LOOP));
    for round in 0..60u64 {
        for worker in 20u64..22 {
            let now = 1.0 + 10.0 * round as f64 + 0.5 * (worker - 20) as f64;
            if round > 0 {
                scene.at(2, now - 0.1, Act::Ready(worker));
            }
            scene.at(2, now, Act::Start(worker));
            if round % 15 == 14 && worker == 20 {
                for go in 10u64..14 {
                    scene.at(2, now + 0.01 * (go - 9) as f64, Act::Wake(go, ANSWER));
                    let then = now + 0.1 * (go - 9) as f64;
                    scene.run(1, go, (then, then + 0.05), "network", IDLE);
                }
            }
            scene.at(2, now + 0.2, Act::Block("sleep", BULK));
        }
        if round % 15 == 0 {
            for go in 10u64..14 {
                let now = 1.0 + 10.0 * round as f64 + 1.0 + 0.2 * (go - 10) as f64;
                scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.05, now + 0.1), "chan receive", REPLY);
            }
        }
    }
    scene.at(0, 601.0, Act::Ready(3)).run(0, 3, (601.1, 601.2), "chan receive", LOOP);
    let found = find(&mut scene, &[handlers(10..14), vec![(3, "chan receive", LOOP)]].concat());
    assert!(found.list.iter().all(|one| cause(one) != "shared_result"), "{:?}", found.list);
    let team = found.list.iter().find(|one| cause(one) == "workers_wait").expect("a finding");
    assert_eq!(culprit(team), "app.bulk", "{}", team.title);
    assert!(!team.title.contains("those in front"), "{}", team.title);
}
