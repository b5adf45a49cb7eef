//! The sentence of `why`: waits that many ended in turn, deadlines, and who ran while a goroutine was runnable; and what
//! findings say of several places and callers at once.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, find, handlers};
use trace_core::analysis::findings::finding::Kind;
use trace_core::analysis::scope::Scope;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::why::{why, why_one};
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

const LOCK: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("cache.(*Cache).Get", "cache/cache.go", 31), HANDLER, SERVE];
const LOCK_AGAIN: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("cache.(*Cache).Get", "cache/cache.go", 35), HANDLER, SERVE];
const LOCK_LIST: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("cache.(*Cache).List", "cache/cache.go", 71), HANDLER, SERVE];
const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("cache.(*Cache).Get", "cache/cache.go", 49), HANDLER, SERVE];
const RENDER: Stack = &[
    ("app.render", "app.go", 90),
    ("app.Handle.func1", "app.go", 15),
    ("cache.(*Cache).Get", "cache/cache.go", 39),
    HANDLER,
    SERVE,
];

const ASK: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Pool).Get", "app.go", 44), HANDLER, SERVE];
const TIMER: Stack = &[("context.WithDeadlineCause.func2", "context.go", 650)];
const EXPIRE: Stack =
    &[("context.(*timerCtx).cancel", "context.go", 680), ("context.WithDeadlineCause.func2", "context.go", 650)];
const SIMULATE: Stack = &[("app.step", "sim.go", 37), ("app.simulate", "sim.go", 20)];

/// Milliseconds of the scene.
fn sentence(trace: &Trace, go: u64, (from, to): (f64, f64)) -> String {
    let at = |ms: f64| trace.range().start.plus_nanos((ms * MS as f64) as i64);
    let go = trace.goroutine_by_id(GoId(go)).expect("a goroutine");
    why_one(trace, go, TimeRange::new(at(from), at(to))).sentence
}

/// Six requests that take a cache's lock one after the other, each for 20 ms: the method that takes it calls a closure of the
/// handler meanwhile. They wait for it at three places.
fn queue() -> Scene {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).at(0, 1.1, Act::Start(10));
    for (go, stack) in (11u64..16).zip([LOCK, LOCK, LOCK_AGAIN, LOCK_LIST, LOCK]) {
        let now = 2.0 + 0.1 * (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "sync", stack);
    }
    for go in 10u64..16 {
        let now = 1.1 + 20.0 * (go - 10) as f64;
        if go > 10 {
            scene.at(0, now, Act::Start(go));
        }
        scene.at(0, now + 9.0, Act::Preempt(RENDER)).at(0, now + 9.01, Act::Start(go));
        if go < 15 {
            scene.at(0, now + 19.0, Act::Wake(go + 1, UNLOCK));
        }
        scene.at(0, now + 19.5, Act::Block("network", IDLE));
    }
    scene
}

#[test]
fn a_wait_that_many_ended_in_turn_is_told_as_one() {
    let text = sentence(&queue().load(&handlers(10..16)), 15, (2.6, 100.0));
    let wait = "100 % of 97.4 ms: G15 waited in sync.(*Mutex).Lock at cache.(*Cache).Get (cache.go:31) for 5 goroutines in turn; they ran";
    assert!(text.starts_with(wait), "{text}");
    // Where one of them takes half of it, that one is named.
    let text = sentence(&queue().load(&handlers(10..16)), 12, (21.0, 40.0));
    assert!(text.contains(" for G11, which ran"), "{text}");
}

#[test]
fn a_lock_of_another_packages_type_is_held_by_its_method_and_every_place_and_victim_is_told_once() {
    let found = find(&mut queue(), &handlers(10..16));
    let first = assert_first(&found, Kind::LockContention, "held_while_computing", "cache.(*Cache).Get");
    assert!(first.title.contains("released it at cache.(*Cache).Get (cache.go:49)"), "{}", first.title);
    assert!(first.title.contains(", 3 in sync.(*Mutex).Lock at cache.(*Cache).Get (cache.go:31), "), "{}", first.title);
    for one in ["1 in sync.(*Mutex).Lock at cache.(*Cache).Get (cache.go:35)", "cache.(*Cache).List (cache.go:71)"] {
        assert!(first.title.contains(one), "{}", first.title);
    }
    let victims: Vec<(&str, u64)> =
        first.victims.iter().map(|victim| (victim.function.as_str(), victim.goroutines)).collect();
    assert_eq!(victims, [("cache.(*Cache).Get", 4), ("cache.(*Cache).List", 1)], "{}", first.title);
}

#[test]
fn a_deadline_that_ends_a_wait_is_called_one() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).run(0, 10, (1.1, 2.0), "select", ASK);
    scene.at(1, 50.0, Act::MakeFor(90, TIMER, &[])).at(1, 50.1, Act::Start(90)).at(1, 50.2, Act::Wake(10, EXPIRE));
    scene.at(1, 50.3, Act::End).run(0, 10, (50.4, 51.0), "network", IDLE);
    let text = sentence(&scene.load(&handlers(10..11)), 10, (2.0, 50.0));
    assert!(
        text.ends_with("G10 waited in select at app.(*Pool).Get (app.go:44) until a context's deadline passed."),
        "{text}"
    );
}

/// Two who wait at one place are one queue; what ends outside of the trace is said to go on.
#[test]
fn waits_behind_each_other_at_one_place_are_told_as_one() {
    let mut scene = Scene::default();
    for (at, go) in (0u64..).zip(10u64..14) {
        let now = 1.0 + 0.1 * at as f64;
        let (reason, stack) = if go == 10 { ("select", ASK) } else { ("sync", LOCK) };
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.01, now + 0.02), reason, stack);
    }
    // Who asks has the lock; the others hand it on at once.
    scene.at(1, 80.0, Act::Wake(10, EXPIRE));
    for go in 10u64..13 {
        let now = 80.1 + 0.1 * (go - 10) as f64;
        scene.at(0, now, Act::Start(go)).at(0, now + 0.05, Act::Wake(go + 1, UNLOCK));
        scene.at(0, now + 0.06, Act::Block("network", IDLE));
    }
    scene.run(0, 13, (80.5, 90.0), "network", IDLE).at(1, 95.0, Act::Ready(10));
    let trace = scene.load(&handlers(10..14));
    let text = sentence(&trace, 13, (2.0, 80.4));
    let queue = "G13 waited in sync.(*Mutex).Lock at cache.(*Cache).Get (cache.go:31) behind 2 others for G10, which waited \
                 in select at app.(*Pool).Get (app.go:44)";
    assert!(text.contains(queue), "{text}");
    assert!(!text.contains("still waiting"), "{text}");
    let end = trace.range().nanos() as f64 / MS as f64;
    let text = sentence(&trace, 13, (90.0, end));
    assert!(text.ends_with(" and was still waiting when the trace ended."), "{text}");
}

#[test]
fn who_had_the_procs_is_told_of_a_goroutine_that_was_runnable() {
    let mut scene = Scene::default();
    for (proc, go) in (0u64..4).zip(20u64..24) {
        scene.at(proc, 0.5, Act::Ready(go)).at(proc, 0.6, Act::Start(go)).at(proc, 50.0, Act::Preempt(SIMULATE));
    }
    scene.at(1, 50.1, Act::Start(20)).at(1, 60.0, Act::Preempt(SIMULATE));
    // The network makes it ready: nobody runs on the proc that saw it.
    scene.at(0, 0.55, Act::Ready(10)).run(0, 10, (50.2, 50.3), "network", IDLE);
    let waiting: Vec<_> = (20..24).map(|go| (go, "sync", SIMULATE)).chain(handlers(10..11)).collect();
    let text = sentence(&scene.load(&waiting), 10, (1.0, 49.0));
    let ran =
        "G10 (net/http.(*conn).serve) was runnable; meanwhile goroutines of app.simulate had 100 % of the procs' time.";
    assert!(text.ends_with(ran), "{text}");
}

// What stands out.

const ACCEPT: Stack = &[("internal/poll.(*FD).Accept", "fd_unix.go", 600), ("app.main", "app.go", 12)];
const WORKER: Stack = &[("runtime.gopark", "proc.go", 460)];

#[test]
fn where_everybody_only_waits_nothing_slow_is_claimed() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(1)).run(0, 1, (1.1, 1.2), "network", ACCEPT);
    scene.at(0, 900.0, Act::Ready(1)).run(0, 1, (900.1, 900.2), "network", ACCEPT);
    let trace = scene.load(&[(1, "network", ACCEPT)]);
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("not cancelled");
    assert_eq!(why.choice, Some(Choice::Last));
    assert!(why.sentence.starts_with("No slow task, request or finding to explain"), "{}", why.sentence);
}

#[test]
fn goroutines_of_the_runtime_wait_for_something_to_do() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(1)).run(0, 1, (1.1, 1.2), "system goroutine wait", WORKER);
    scene.at(0, 90.0, Act::Ready(1)).run(0, 1, (90.1, 90.2), "system goroutine wait", WORKER);
    let told = sentence(&scene.load(&[(1, "system goroutine wait", WORKER)]), 1, (2.0, 80.0));
    assert!(told.contains("waited for something to do") && !told.contains("system goroutine wait"), "{told}");
}

// Tests of package testing.

const RUNNER: Stack = &[("testing.tRunner", "testing.go", 1_900)];
const RUN: Stack = &[("testing.(*T).Run", "testing.go", 2_000), ("testing.runTests", "testing.go", 2_300)];
const QUICK: Stack = &[("app.TestQuick", "app_test.go", 10), ("testing.tRunner", "testing.go", 1_934)];
const SLOW: Stack = &[
    ("time.Sleep", "time.go", 300),
    ("app.poll", "app.go", 50),
    ("app.TestSlow", "app_test.go", 20),
    ("testing.tRunner", "testing.go", 1_934),
];
const PARALLEL: Stack = &[
    ("testing.(*T).Parallel", "testing.go", 1_700),
    ("app.TestLater", "app_test.go", 30),
    ("testing.tRunner", "testing.go", 1_934),
];
const LATER: Stack = &[("app.TestLater", "app_test.go", 31), ("testing.tRunner", "testing.go", 1_934)];

#[test]
fn of_tests_the_slowest_is_explained_without_its_wait_for_others() {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1)).at(0, 1.0, Act::Start(1)).at(0, 1.1, Act::MakeFor(2, RUNNER, RUN));
    scene.at(0, 1.2, Act::MakeFor(3, RUNNER, RUN)).at(0, 1.3, Act::MakeFor(4, RUNNER, RUN));
    scene.at(0, 1.4, Act::Block("chan receive", RUN));
    scene.run(0, 4, (1.5, 1.6), "chan receive", PARALLEL);
    scene.at(0, 2.0, Act::Start(2)).at(0, 12.0, Act::Preempt(QUICK)).at(0, 12.1, Act::Start(2));
    scene.at(0, 12.2, Act::End);
    scene.run(0, 3, (13.0, 14.0), "sleep", SLOW);
    scene.at(0, 94.0, Act::Ready(3)).at(0, 94.1, Act::Start(3)).at(0, 94.3, Act::Wake(4, SLOW));
    scene.at(0, 94.4, Act::End);
    scene.run(0, 4, (95.0, 105.0), "sleep", LATER).at(0, 105.5, Act::Ready(4));
    scene.at(0, 106.0, Act::Start(4)).at(0, 106.1, Act::Wake(1, LATER)).at(0, 106.2, Act::End);
    scene.run(0, 1, (107.0, 108.0), "chan receive", RUN);
    let trace = scene.load(&[(1, "chan receive", RUN)]);
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("not cancelled");
    let Some(Choice::Test(function)) = why.choice else { panic!("{:?}", why.choice) };
    assert_eq!(trace.str(function), "app.TestSlow");
    assert!(why.sentence.contains("G3 waited (sleep) in time.Sleep at app.poll (app.go:50)"), "{}", why.sentence);
}
