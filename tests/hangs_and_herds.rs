//! Findings on traces made in code: a WaitGroup that is never done, the two sides of a deadlock, a holder that gets on slowly,
//! a team that is busy all the time, calls made by many at once, and tests that sleep.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, cause, find, handlers, loud, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind};

const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];

// A WaitGroup that is never done.

const JOIN: Stack = &[
    ("sync.runtime_SemacquireWaitGroup", "sema.go", 110),
    ("sync.(*WaitGroup).Wait", "waitgroup.go", 118),
    ("app.(*Post).Send", "post.go", 41),
    HANDLER,
    SERVE,
];
const DONE: Stack = &[
    ("sync.(*WaitGroup).Add", "waitgroup.go", 80),
    ("sync.(*WaitGroup).Done", "waitgroup.go", 90),
    ("app.(*Post).sender", "post.go", 51),
];
const NEXT: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Post).sender", "post.go", 46)];
const SLOW: Stack =
    &[("net.(*conn).Read", "net.go", 179), ("app.deliver", "post.go", 62), ("app.(*Post).sender", "post.go", 48)];

/// Two requests wait from 5 ms on, and those that come later do for 3 ms each; the sender, if it is at work for the two, has
/// been in one call since.
fn requests_that_hang(is_at_work: bool) -> Findings {
    let mut scene = Scene::default();
    for go in [10u64, 11] {
        let now = 5.0 + 0.5 * (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "sync", JOIN);
    }
    if is_at_work {
        scene.at(2, 7.0, Act::Ready(2)).run(2, 2, (7.1, 7.2), "network", SLOW);
    }
    for round in 0..8u64 {
        let (go, now) = (12 + round % 4, 20.0 + 20.0 * round as f64);
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "sync", JOIN);
        scene.at(0, now + 2.0, Act::Ready(1)).at(0, now + 2.1, Act::Start(1)).at(0, now + 3.0, Act::Wake(go, DONE));
        scene.at(0, now + 3.1, Act::Block("chan receive", NEXT));
        scene.run(1, go, (now + 3.2, now + 3.3), "network", IDLE);
    }
    scene.at(3, 400.0, Act::Ready(3)).run(3, 3, (400.1, 400.2), "chan receive", LOOP);
    let senders = [(1, "chan receive", NEXT), (2, "chan receive", NEXT), (3, "chan receive", LOOP)];
    find(&mut scene, &[handlers(10..16), senders.to_vec()].concat())
}

#[test]
fn a_wait_group_that_later_ones_overtook_is_never_done() {
    let found = requests_that_hang(false);
    let first = assert_first(&found, Kind::GoroutineLeak, "missing_done", "app.(*Post).Send");
    assert_eq!((number(first, "stuck"), number(first, "later_waits")), (Some(2), Some(8)), "{}", first.title);
    assert!(first.title.contains("by Done at app.(*Post).sender (post.go:51)"), "{}", first.title);
    assert!(first.headline.starts_with("WaitGroup never done in app.(*Post).Send"), "{}", first.headline);
}

#[test]
fn a_wait_group_for_which_a_worker_is_still_at_work_may_be_done_yet() {
    let found = requests_that_hang(true);
    // Two senders with the same function, of which one is in a call all the time.
    assert!(found.list.iter().all(|one| cause(one) != "missing_done"), "{:?}", found.list);
}

// Deadlocks.

const FIRST: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Book).Transfer", "book.go", 43), HANDLER, SERVE];
const SECOND: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Book).Transfer", "book.go", 46), HANDLER, SERVE];
const BALANCE: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Book).Balance", "book.go", 57), HANDLER, SERVE];

const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Book).Transfer", "book.go", 50), HANDLER, SERVE];
const STATUS: Stack =
    &[("runtime.selectgo", "select.go", 1), ("app.(*Book).status", "book.go", 80), ("main.main", "main.go", 9)];
const INSIDE: Stack = &[("time.Sleep", "time.go", 300), ("app.(*Book).Transfer", "book.go", 44), HANDLER, SERVE];

/// Two that wait at the second lock of a function and five at its first, none of whom ever waited before; another goroutine is in
/// a method of the same type, or `inside` of the same function.
fn locked_twice(inside: bool) -> trace_core::analysis::findings::Findings {
    let mut scene = Scene::default();
    for go in 10..17u64 {
        let (now, stack) = (1.0 + 0.1 * go as f64, if go < 12 { SECOND } else { FIRST });
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.01, now + 0.02), "sync", stack);
    }
    let other = if inside { INSIDE } else { STATUS };
    for round in 0..8u64 {
        let now = 0.5 + 100.0 * round as f64;
        scene.at(1, now, Act::Ready(1)).run(1, 1, (now + 0.01, now + 0.02), "select", other);
    }
    find(&mut scene, &[handlers(10..17), vec![(1, "select", other)]].concat())
}

#[test]
fn who_waits_at_a_second_lock_holds_the_first_also_if_nobody_waited_for_that() {
    let found = locked_twice(false);
    let first = assert_first(&found, Kind::LockContention, "deadlock", "app.(*Book).Transfer");
    assert!(!first.title.contains("status"), "{}", first.title);
    let found = locked_twice(true);
    assert!(found.list.iter().all(|one| cause(one) != "deadlock"), "{:?}", found.list);
}

#[test]
fn others_that_wait_for_the_locks_or_got_one_meanwhile_are_no_way_out_of_a_deadlock() {
    let mut scene = Scene::default();
    for go in 10..17u64 {
        let stack = if go < 12 { SECOND } else { FIRST };
        let now = 1.0 + 0.1 * go as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.01, now + 0.02), "sync", stack);
    }
    // Another lock of the type, for which one was waiting before, is handed on, and its last owner waits, too.
    scene.at(0, 0.9, Act::Ready(17)).run(0, 17, (0.91, 0.92), "sync", FIRST);
    scene.at(0, 5.0, Act::Ready(18)).at(0, 5.01, Act::Start(18)).at(0, 5.02, Act::Wake(17, UNLOCK));
    scene.at(0, 5.03, Act::Block("network", IDLE)).run(0, 17, (5.04, 5.05), "sync", SECOND);
    for go in 19..22u64 {
        let now = 10.0 + go as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "sync", BALANCE);
    }
    scene.at(3, 400.0, Act::Ready(3)).run(3, 3, (400.1, 400.2), "chan receive", LOOP);
    let found = find(&mut scene, &[handlers(10..22), vec![(3, "chan receive", LOOP)]].concat());
    let first = assert_first(&found, Kind::LockContention, "deadlock", "app.(*Book).Transfer");
    assert_eq!(number(first, "queued"), Some(9), "{}", first.title);
}

#[test]
fn who_waits_at_the_second_lock_of_a_function_holds_the_first() {
    let mut scene = Scene::default();
    let stacks = [BALANCE, FIRST, SECOND, SECOND, SECOND, FIRST, BALANCE, SECOND];
    for (at, stack) in stacks.into_iter().enumerate() {
        let (go, now) = (10 + at as u64, 20.0 + at as f64);
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "sync", stack);
    }
    scene.at(1, 400.0, Act::Ready(1)).run(1, 1, (400.1, 400.2), "chan receive", LOOP);
    let found = find(&mut scene, &[handlers(10..18), vec![(1, "chan receive", LOOP)]].concat());
    let first = assert_first(&found, Kind::LockContention, "deadlock", "app.(*Book).Transfer");
    let pair = "G12 waits in sync.(*Mutex).Lock at app.(*Book).Transfer (book.go:46) and G13 waits in sync.(*Mutex).Lock at \
                app.(*Book).Transfer (book.go:46)";
    assert!(first.title.contains(pair), "{}", first.title);
}

// Holders that get on.

const READ: Stack =
    &[("sync.(*RWMutex).RLock", "rwmutex.go", 70), ("app.(*Fares).One", "fares.go", 30), HANDLER, SERVE];
const WRITE: Stack =
    &[("sync.(*RWMutex).Lock", "rwmutex.go", 150), ("app.(*Fares).apply", "fares.go", 58), HANDLER, SERVE];
const EXPORT: Stack = &[("net.(*conn).Write", "net.go", 190), ("app.(*Fares).Export", "fares.go", 42), HANDLER, SERVE];
const FREE: Stack =
    &[("sync.(*RWMutex).RUnlock", "rwmutex.go", 90), ("app.(*Fares).Export", "fares.go", 45), HANDLER, SERVE];

/// A goroutine, created at 1 ms, that makes so many calls under a lock for which four others wait, from 20 ms on; one has
/// waited for `before` ms and got it.
fn exporting(calls: u64, before: Option<f64>) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(3)).at(0, 0.6, Act::Start(3)).at(0, 1.0, Act::MakeFor(20, &[SERVE], LOOP));
    scene.at(0, 1.1, Act::Block("chan receive", LOOP));
    if let Some(waited) = before {
        scene.at(1, 1.2, Act::Ready(30)).run(1, 30, (1.3, 1.4), "sync", READ);
        let end = 1.4 + waited;
        scene.at(2, 1.0, Act::Ready(31)).run(2, 31, (1.1, 1.2), "network", EXPORT);
        scene.at(2, end - 0.2, Act::Ready(31)).at(2, end - 0.1, Act::Start(31)).at(2, end, Act::Wake(30, FREE));
        scene.at(2, end + 0.1, Act::Block("network", IDLE)).run(1, 30, (end + 0.1, end + 0.2), "network", IDLE);
    }
    let start = before.map_or(2.0, |waited| 2.0 + waited);
    scene.run(3, 20, (start, start + 0.1), "network", EXPORT);
    for call in 0..calls {
        let now = start + 10.0 + 10.0 * call as f64;
        scene.at(3, now, Act::Ready(20)).run(3, 20, (now + 0.1, now + 0.2), "network", EXPORT);
    }
    for (at, stack) in [WRITE, READ, READ, READ].into_iter().enumerate() {
        let (go, now) = (10 + at as u64, start + 5.0 + at as f64);
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "sync", stack);
    }
    let end = start + 300.0;
    scene.at(2, end, Act::Ready(3)).run(2, 3, (end + 0.1, end + 0.2), "chan receive", LOOP);
    find(&mut scene, &[handlers(10..14), handlers(30..32), vec![(3, "chan receive", LOOP)]].concat())
}

#[test]
fn a_holder_that_makes_call_after_call_is_not_said_to_be_stuck_in_one() {
    let stuck = exporting(0, None);
    let first = assert_first(&stuck, Kind::LockHeldOverIo, "held_to_the_end", "app.(*Fares).Export");
    assert!(first.check.contains("it did not return") && !first.title.contains("one of"), "{}", first.title);
    let busy = exporting(20, None);
    let first = assert_first(&busy, Kind::LockHeldOverIo, "held_to_the_end", "app.(*Fares).Export");
    assert!(first.title.contains("one of 21 waits and system calls there"), "{}", first.title);
    assert!(first.check.contains("make the calls after RUnlock"), "{}", first.check);
    // It cannot have held it before it was there.
    assert!(first.links.iter().all(|link| link.range.nanos() < 305_000_000), "{:?}", first.links);
}

#[test]
fn a_lock_for_which_others_waited_as_long_and_got_it_is_not_held_for_ever() {
    let found = exporting(20, Some(200.0));
    assert!(found.list.iter().all(|one| cause(one) != "held_to_the_end"), "{:?}", found.list);
}

// Teams, and who answers.

const REPLY: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Engine).do", "engine.go", 66), HANDLER, SERVE];
const ANSWER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Engine).serve", "engine.go", 40)];
const RECOGNISE: Stack = &[
    ("bufio.(*Reader).ReadString", "bufio.go", 500),
    ("app.recognise", "engine.go", 49),
    ("app.(*Engine).serve", "engine.go", 41),
];
const SERVING: Stack = &[("app.(*Engine).serve", "engine.go", 39)];
const OPEN: Stack = &[("app.Open", "engine.go", 30)];

/// Eight requests at once, again and again, answered by two goroutines that take 20 ms for each, or by eight.
fn asked(servers: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(3)).at(0, 0.2, Act::Start(3));
    for go in 100..100 + servers {
        scene.at(0, 0.3 + 0.01 * (go - 100) as f64, Act::MakeFor(go, SERVING, OPEN));
    }
    scene.at(0, 0.8, Act::Block("chan receive", LOOP));
    for server in 100..100 + servers {
        let now = 1.0 + 0.05 * (server - 100) as f64;
        scene.run(2, server, (now, now + 0.02), "network", RECOGNISE);
    }
    let rounds = 8 / servers;
    for round in 0..5u64 {
        let begin = 2.0 + 20.5 * (round * rounds) as f64;
        for go in 10u64..18 {
            let now = begin + 0.05 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "chan receive", REPLY);
        }
        for step in 0..rounds {
            for server in 0..servers {
                let now = begin + 20.0 + 20.5 * step as f64 + 0.05 * server as f64;
                let (server, go) = (100 + server, 10 + step * servers + server);
                scene.at(2, now - 0.02, Act::Ready(server)).at(2, now, Act::Start(server));
                scene.at(2, now + 0.01, Act::Wake(go, ANSWER)).at(2, now + 0.02, Act::Block("network", RECOGNISE));
                scene.run(1, go, (now + 0.03, now + 0.04), "network", IDLE);
            }
        }
    }
    let end = 2.0 + 20.5 * (5 * rounds) as f64 + 1.0;
    scene.at(3, end, Act::Ready(4)).run(3, 4, (end + 0.1, end + 0.2), "chan receive", LOOP);
    find(&mut scene, &[handlers(10..18), vec![(3, "chan receive", LOOP), (4, "chan receive", LOOP)]].concat())
}

#[test]
fn a_queue_in_front_of_a_busy_team_is_a_limit_not_a_slow_call() {
    let found = asked(2);
    let first = assert_first(&found, Kind::LimitedConcurrency, "workers_wait", "app.recognise");
    for part in ["for 2 goroutines of app.(*Engine).serve", "most of the wait is for those in front"] {
        assert!(first.title.contains(part), "{}", first.title);
    }
    let found = asked(8);
    assert!(found.list.iter().all(|one| cause(one) != "workers_wait"), "{:?}", found.list);
}

// The same call by many at once.

const CALL: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Client).Do", "client.go", 585),
    ("app.(*Board).rebuild", "board.go", 70),
    HANDLER,
    SERVE,
];
const PRICE: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Board).price", "board.go", 20), HANDLER, SERVE];

/// Four goroutines that serve requests, a hundred quick ones; `at` is when the four make their calls, of 10 ms each, and `alone`
/// how many more one of them makes by itself each time.
fn calls_at(at: [[f64; 4]; 3], alone: u64) -> Findings {
    let mut scene = Scene::default();
    for call in 0..3 * alone {
        let now = 31.0 + 100.0 * (call / alone) as f64 + 12.0 * (call % alone) as f64;
        scene.at(1, now, Act::Ready(10)).run(1, 10, (now + 0.01, now + 0.02), "select", CALL);
        scene.at(2, now + 10.0, Act::Ready(10)).run(2, 10, (now + 10.01, now + 10.02), "network", IDLE);
    }
    for (round, times) in at.into_iter().enumerate() {
        for (go, offset) in (10u64..14).zip(times) {
            let now = 1.0 + 100.0 * round as f64 + offset;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "select", CALL);
            scene.at(2, now + 10.0, Act::Ready(go)).run(2, go, (now + 10.01, now + 10.02), "network", IDLE);
        }
    }
    for quick in 0..100u64 {
        let (go, now) = (20 + quick % 4, 0.5 + 3.0 * quick as f64);
        scene.at(3, now, Act::Ready(go)).run(3, go, (now + 0.01, now + 0.02), "sync", PRICE);
        scene.at(3, now + 0.05, Act::Ready(go)).run(3, go, (now + 0.06, now + 0.07), "network", IDLE);
    }
    find(&mut scene, &handlers(10..24))
}

#[test]
fn calls_of_many_at_once_and_none_in_between_are_one_too_many() {
    const TOGETHER: [[f64; 4]; 3] = [[0.0, 0.3, 0.6, 0.9], [1.0, 1.3, 1.2, 1.8], [0.0, 2.0, 1.0, 3.0]];
    let together = calls_at(TOGETHER, 0);
    let found = together.list.iter().find(|one| cause(one) == "stampede").expect("a finding");
    assert_eq!((number(found, "bursts"), number(found, "at_once")), (Some(3), Some(4)), "{}", found.title);
    assert!(found.headline.contains("in app.(*Board).rebuild: 3 bursts of up to 4"), "{}", found.headline);
    let apart = calls_at([[0.0, 20.0, 40.0, 60.0], [1.0, 21.0, 42.0, 66.0], [5.0, 29.0, 48.0, 66.0]], 0);
    // Each begins before the one in front of it ends, but no three are under way at once.
    let in_line = calls_at([[0.0, 8.0, 16.0, 24.0], [0.0, 8.0, 16.0, 24.0], [0.0, 8.0, 16.0, 24.0]], 0);
    for found in [apart, in_line, calls_at(TOGETHER, 3)] {
        assert!(found.list.iter().all(|one| cause(one) != "stampede"), "{:?}", found.list);
    }
}

// Tests.

const SETTLE: Stack = &[
    ("time.Sleep", "time.go", 300),
    ("app.settle", "app_test.go", 17),
    ("app.TestAll", "app_test.go", 40),
    ("testing.tRunner", "testing.go", 1700),
];
const TEST: Stack = &[("testing.tRunner", "testing.go", 1690)];

/// A test that sleeps five times for so many ms.
fn tested(sleep: f64) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1)).at(0, 0.7, Act::MakeFor(20, TEST, LOOP));
    scene.at(0, 0.8, Act::Block("chan receive", LOOP));
    for round in 0..5u64 {
        let now = 1.0 + (sleep + 1.0) * round as f64;
        if round > 0 {
            scene.at(1, now - 0.05, Act::Ready(20));
        }
        scene.run(1, 20, (now, now + 1.0), "sleep", SETTLE);
    }
    let end = 1.0 + (sleep + 1.0) * 5.0;
    scene.at(1, end, Act::Ready(20)).at(1, end + 0.1, Act::Start(20)).at(1, end + 0.2, Act::End);
    scene.at(0, end + 1.0, Act::Ready(1)).run(0, 1, (end + 1.1, end + 1.2), "chan receive", LOOP);
    find(&mut scene, &[(1, "chan receive", LOOP)])
}

#[test]
fn a_test_that_sleeps_for_most_of_its_time_is_told_to_look_first() {
    let found = tested(100.0);
    let first = assert_first(&found, Kind::PollingSleep, "test_sleeps", "app.settle");
    assert_eq!(number(first, "waits"), Some(5), "{}", first.title);
    assert_eq!(loud(&tested(0.3)), Vec::<&Finding>::new());
}

// Work that goes on.

const GIVE_UP: Stack = &[("runtime.selectgo", "select.go", 1), ("app.build", "app.go", 43), HANDLER, SERVE];
const BEGIN: Stack = &[("app.build", "app.go", 42), HANDLER, SERVE];
const RENDERING: Stack = &[("app.build.func1", "app.go", 42)];
const RENDER: Stack = &[("app.render", "app.go", 60), ("app.build.func1", "app.go", 42)];
const HAND_OVER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.build.func1", "app.go", 42)];
const TIMER: Stack = &[("context.WithDeadlineCause.func2", "context.go", 650)];
const EXPIRE: Stack =
    &[("context.(*timerCtx).cancel", "context.go", 680), ("context.WithDeadlineCause.func2", "context.go", 650)];

const ASK: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.render", "app.go", 61),
    ("app.build.func1", "app.go", 42),
];

/// Eight requests that start a goroutine each and wait for it, which runs for 30 ms, or waits for a call meanwhile; a deadline
/// ends the wait after 10 ms, or the goroutine does.
fn rendering(is_given_up: bool, is_running: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..8u64 {
        let (go, child, timer, now) = (10 + round, 100 + round, 200 + round, 1.0 + 40.0 * round as f64);
        scene.at(0, now, Act::Ready(go)).at(0, now + 0.1, Act::Start(go));
        scene.at(0, now + 0.2, Act::MakeFor(child, RENDERING, BEGIN)).at(0, now + 0.3, Act::Block("select", GIVE_UP));
        scene.at(1, now + 0.4, Act::Start(child));
        if is_running {
            scene.at(1, now + 15.0, Act::Preempt(RENDER)).at(1, now + 15.1, Act::Start(child));
        } else {
            scene.at(1, now + 0.5, Act::Block("select", ASK));
            scene.at(1, now + 29.8, Act::Ready(child)).at(1, now + 29.9, Act::Start(child));
        }
        if is_given_up {
            scene.at(0, now + 10.0, Act::MakeFor(timer, TIMER, &[])).at(0, now + 10.1, Act::Start(timer));
            scene.at(0, now + 10.2, Act::Wake(go, EXPIRE)).at(0, now + 10.3, Act::End);
        } else {
            scene.at(1, now + 30.0, Act::Wake(go, HAND_OVER));
        }
        let then = now + if is_given_up { 10.4 } else { 30.2 };
        scene.run(0, go, (then, then + 0.1), "network", IDLE).at(1, now + 30.1, Act::End);
    }
    find(&mut scene, &handlers(10..18))
}

#[test]
fn work_whose_caller_has_given_up_is_found_by_what_it_runs_afterwards() {
    let found = rendering(true, true);
    let found = found.list.iter().find(|one| cause(one) == "abandoned_work").expect("a finding");
    assert_eq!((number(found, "went_on"), number(found, "started")), (Some(8), Some(8)), "{}", found.title);
    assert!(found.title.contains("that app.build (app.go:42) started"), "{}", found.title);
    // 19.7 of 30 ms each; the waits of those who gave up took 10 ms.
    assert!(
        (150_000_000..=160_000_000).contains(&number(found, "running_after_ns").expect("a time")),
        "{}",
        found.title
    );
    let in_time = rendering(false, true);
    assert!(in_time.list.iter().all(|one| cause(one) != "abandoned_work"), "{:?}", in_time.list);
    // What they wait for, nobody waits for either.
    let waited = rendering(true, false);
    let waited = waited.list.iter().find(|one| cause(one) == "abandoned_work").expect("a finding");
    assert!(waited.title.contains("for up to 19.9 ms and 159 ms total"), "{}", waited.title);
}
