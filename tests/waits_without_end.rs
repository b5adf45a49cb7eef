//! Findings on traces made in code: waits that never end, and goroutines that spin in place of waiting.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, SERVE, assert_first, cause, find, handlers, loud, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];
const SPAWN: Stack = &[("app.start", "app.go", 4), ("app.main", "app.go", 1)];

// Waits that never end.

const SEND_OUT: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("app.(*Account).add", "app.go", 401),
    ("app.(*Account).send", "app.go", 400),
    HANDLER,
    SERVE,
];
const SEND_BACK: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("app.(*Account).sub", "app.go", 411),
    ("app.(*Account).refund", "app.go", 410),
    HANDLER,
    SERVE,
];
const LOOK: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Account).balance", "app.go", 420), HANDLER, SERVE];

#[test]
fn two_that_wait_for_each_other_are_a_deadlock_and_both_are_named() {
    let mut scene = Scene::default();
    for (at, stack) in [SEND_OUT, SEND_BACK, LOOK, LOOK, LOOK, LOOK].into_iter().enumerate() {
        let (go, now) = (10 + at as u64, 20.0 + at as f64);
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "sync", stack);
    }
    scene.at(1, 400.0, Act::Ready(1)).run(1, 1, (400.1, 400.2), "chan receive", LOOP);
    let found = find(&mut scene, &[handlers(10..16), vec![(1, "chan receive", LOOP)]].concat());
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::LockContention, "deadlock"), "{}", first.title);
    assert_eq!(first.severity, Severity::Severe, "{}", first.title);
    for part in ["app.(*Account).add", "app.(*Account).sub", "4 goroutines queue behind"] {
        assert!(first.title.contains(part), "{}", first.title);
    }
}

const READ: Stack = &[("sync.(*RWMutex).RLock", "rwmutex.go", 70), ("app.(*Set).All", "app.go", 450), HANDLER, SERVE];
const READ_AGAIN: Stack = &[
    ("sync.(*RWMutex).RLock", "rwmutex.go", 70),
    ("app.(*Set).one", "app.go", 460),
    ("app.(*Set).All", "app.go", 452),
    HANDLER,
    SERVE,
];
const WRITE: Stack = &[("sync.(*RWMutex).Lock", "rwmutex.go", 150), ("app.(*Set).Put", "app.go", 470), HANDLER, SERVE];

#[test]
fn a_read_lock_taken_twice_is_no_matter_of_the_order_of_locks() {
    let mut scene = Scene::default();
    for (at, stack) in [WRITE, READ_AGAIN, READ, READ, READ].into_iter().enumerate() {
        let (go, now) = (10 + at as u64, 20.0 + at as f64);
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "sync", stack);
    }
    scene.at(1, 400.0, Act::Ready(1)).run(1, 1, (400.1, 400.2), "chan receive", LOOP);
    let found = find(&mut scene, &[handlers(10..15), vec![(1, "chan receive", LOOP)]].concat());
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::LockContention, "deadlock"), "{}", first.title);
    for part in
        ["called from app.(*Set).All (app.go:452)", "probably holds one", "app.(*Set).Put", "3 goroutines queue"]
    {
        assert!(first.title.contains(part), "{part}: {}", first.title);
    }
    assert!(first.check.contains("read lock again"), "{}", first.check);
}

const OUT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.watch", "app.go", 430)];
const IN: Stack =
    &[("runtime.chanrecv2", "chan.go", 510), ("app.follow", "app.go", 440), ("app.session", "app.go", 441)];
const WATCH: Stack = &[("app.watch", "app.go", 429)];

/// So many senders, each handing over once to a consumer, which then goes away.
fn without_consumer(senders: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(2)).at(0, 0.2, Act::Start(2));
    for go in 100..100 + senders {
        scene.at(0, 0.3 + 0.01 * (go - 100) as f64, Act::MakeFor(go, WATCH, SPAWN));
    }
    scene.at(0, 0.6, Act::Block("chan receive", LOOP)).at(3, 0.7, Act::Ready(1)).at(3, 0.8, Act::Start(1));
    for go in 100..100 + senders {
        let now = 1.0 + 5.0 * (go - 100) as f64;
        scene.run(1, go, (now, now + 0.1), "chan send", OUT).at(3, now + 2.0, Act::Wake(go, IN));
        scene.run(1, go, (now + 2.1, now + 2.2), "chan send", OUT);
    }
    scene.at(3, 60.0, Act::End).at(0, 500.0, Act::Ready(2)).run(0, 2, (500.1, 500.2), "chan receive", LOOP);
    find(&mut scene, &[(1, "chan receive", LOOP), (2, "chan receive", LOOP)])
}

#[test]
fn five_senders_whose_consumer_is_gone_are_a_leak() {
    let found = without_consumer(5);
    let first = assert_first(&found, Kind::GoroutineLeak, "vanished_partner", "app.watch");
    assert!(first.title.contains("G1, which was on the other side before, ended 4"), "{}", first.title);
    // A few that are left behind do not hurt.
    assert_eq!(loud(&without_consumer(3)), Vec::<&Finding>::new());
}

const RESULT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Runner).work", "app.go", 450)];
const FEED: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Runner).all", "app.go", 460), ("app.main", "app.go", 1)];
const WORK: Stack = &[("app.(*Runner).work", "app.go", 449)];
const STOP: Stack = &[("app.stop", "app.go", 470)];

/// Workers that cannot hand over their results, main that cannot feed them, and, if `is_alive`, somebody else at work.
fn stall(is_alive: bool) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 100u64..106 {
        scene.at(0, 0.3 + 0.01 * (go - 100) as f64, Act::MakeFor(go, WORK, SPAWN));
    }
    scene.at(0, 0.6, Act::Block("chan send", FEED));
    for go in 100u64..106 {
        let now = 100.0 + (go - 100) as f64;
        scene.run(1, go, (now, now + 0.5), "chan send", RESULT);
    }
    // Whoever ends the trace runs when it ends.
    let since = if is_alive { 120.0 } else { 600.0 };
    scene.at(2, since, Act::Ready(200)).at(2, since + 0.1, Act::Start(200)).at(2, 600.2, Act::MakeFor(201, STOP, STOP));
    find(&mut scene, &[(1, "chan send", FEED), (200, "select", STOP)])
}

#[test]
fn a_total_stall_is_severe() {
    let found = stall(false);
    let first = assert_first(&found, Kind::GoroutineLeak, "no_receiver", "app.(*Runner).work");
    assert_eq!(first.severity, Severity::Severe, "{}", first.title);
    let found = stall(true);
    assert_eq!(loud(&found), Vec::<&Finding>::new(), "somebody may yet receive");
}

// Spinning.

const SPIN: Stack =
    &[("runtime.Gosched", "proc.go", 380), ("app.(*Flag).await", "app.go", 600), ("app.agent", "app.go", 601)];

/// Two goroutines that yield `count` times each, running for `run` ms in between.
fn yielding(count: u64, run: f64) -> Findings {
    let mut scene = Scene::default();
    for go in [1u64, 2] {
        scene.at(go, 1.0, Act::Ready(go));
        for round in 0..count {
            let now = 1.1 + (run + 0.002) * round as f64;
            scene.at(go, now, Act::Start(go)).at(go, now + run, Act::Yield(SPIN));
        }
        scene.at(go, 1.2 + (run + 0.002) * count as f64, Act::Start(go));
        scene.at(go, 1.3 + (run + 0.002) * count as f64, Act::Block("chan receive", LOOP));
    }
    find(&mut scene, &[(1, "chan receive", LOOP), (2, "chan receive", LOOP)])
}

#[test]
fn a_loop_around_gosched_is_found_with_its_rate() {
    let found = yielding(8_000, 0.004);
    let first = assert_first(&found, Kind::CpuBound, "gosched_loop", "app.(*Flag).await");
    assert_eq!(first.severity, Severity::Warning, "nobody waits for a proc: {}", first.title);
    assert_eq!((number(first, "spinning"), number(first, "yields")), (Some(2), Some(16_000)));
    assert!((300_000..340_000).contains(&number(first, "yields_per_second").expect("a rate")), "{}", first.title);
}

#[test]
fn work_that_lets_others_run_now_and_then_does_not_spin() {
    let found = yielding(400, 0.5);
    let is_loop = |finding: &&Finding| ["gosched_loop", "yield_loop"].contains(&cause(finding));
    assert!(found.list.iter().find(is_loop).is_none(), "{:?}", found.list);
}

#[test]
fn a_loop_around_gosched_that_does_nothing_else_is_named_whatever_it_does() {
    let found = yielding(1_500, 0.2);
    let first = assert_first(&found, Kind::CpuBound, "yield_loop", "app.(*Flag).await");
    assert!(first.title.starts_with("2 goroutines in a busy loop around runtime.Gosched"), "{}", first.title);
    assert!(first.check.starts_with("If this loop waits for something"), "{}", first.check);
}

const PEEK: Stack = &[("runtime.selectnbrecv", "chan.go", 780), ("app.(*Hub).run", "app.go", 620)];
const STEP: Stack = &[("app.(*Hub).run", "app.go", 622)];

/// A goroutine that runs all the time, seen so many times of a hundred at a channel that it does not wait for.
fn sampled(peeks: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(1)).at(0, 1.1, Act::Start(1));
    for at in 0..100u64 {
        scene.at(0, 2.0 + 10.0 * at as f64, Act::Sample(1, if at < peeks { PEEK } else { STEP }));
    }
    scene.at(0, 1010.0, Act::Block("chan receive", LOOP));
    find(&mut scene, &[(1, "chan receive", LOOP)])
}

#[test]
fn a_select_with_default_in_a_loop_is_found_by_samples() {
    let found = sampled(60);
    let first = assert_first(&found, Kind::CpuBound, "non_blocking_loop", "app.(*Hub).run");
    assert!(first.title.contains("select with default"), "{}", first.title);
    let found = sampled(10);
    assert!(found.list.iter().all(|finding| cause(finding) != "non_blocking_loop"), "{:?}", found.list);
}

const SELECT: Stack = &[
    ("runtime.sellock", "select.go", 35),
    ("runtime.selectgo", "select.go", 200),
    ("app.(*Pump).run", "pump.go", 28),
    ("app.main.func1", "main.go", 7),
];
const HANDLE: Stack = &[("app.(*Pump).handle", "pump.go", 40), ("app.(*Pump).run", "pump.go", 30)];

/// A goroutine that is preempted every 20 ms, `there` times of fifty inside of select; if it `waits`, for a moment each time.
fn pump(there: u64, waits: bool) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1));
    for turn in 0..50u64 {
        let (now, stack) = (1.0 + 20.0 * turn as f64, if turn < there { SELECT } else { HANDLE });
        scene.at(0, now, Act::Start(1)).at(0, now + 19.5, Act::Preempt(stack));
        if waits {
            scene.at(0, now + 19.6, Act::Start(1)).at(0, now + 19.7, Act::Block("select", SELECT));
            scene.at(1, now + 19.8, Act::Ready(1));
        }
    }
    find(&mut scene, &[(1, "select", SELECT)])
}

#[test]
fn who_never_waits_and_is_always_seen_in_select_spins() {
    let found = pump(40, false);
    let first = assert_first(&found, Kind::CpuBound, "non_blocking_loop", "app.(*Pump).run");
    assert!(first.title.contains("80 % of 50 preemptions were in it"), "{}", first.title);
    for other in [pump(20, false), pump(40, true)] {
        assert!(other.list.iter().all(|finding| cause(finding) != "non_blocking_loop"), "{:?}", other.list);
    }
}
