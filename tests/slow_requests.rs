//! Findings on traces made in code: stalls that began before the trace, and requests that are slow without a lock.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, cause, find, handlers, loud};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::why::why;
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];

// Stalls that began before the trace.

const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Store).Flush", "app.go", 59), ("app.loop", "app.go", 3)];
const SAVE: Stack = &[("os.(*File).Write", "file.go", 1), ("app.(*Store).Get", "app.go", 33), HANDLER, SERVE];

/// Goroutine 1 lets go of a lock after 80 ms; 10 to 12 have waited for it since before the trace.
#[test]
fn a_stall_that_began_before_the_trace_is_a_lock_held_for_too_long() {
    let mut scene = Scene::default();
    scene.at(0, 80.0, Act::Ready(1)).at(0, 80.1, Act::Start(1));
    for go in 10u64..13 {
        let now = 80.2 + 0.3 * (go - 10) as f64;
        scene.at(0, now, Act::Wake(go, UNLOCK));
        scene.at(1, now + 0.05, Act::Start(go)).at(1, now + 0.06, Act::Call(SAVE)).at(1, now + 0.1, Act::Return);
        scene.at(1, now + 0.2, Act::Block("network", IDLE));
    }
    scene.at(0, 82.0, Act::Block("chan receive", LOOP)).at(0, 100.0, Act::Ready(1));
    let found = find(&mut scene, &[handlers(10..13), vec![(1, "chan receive", LOOP)]].concat());
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LockHeldOverIo, "{}", first.title);
    assert_eq!(first.severity, Severity::Severe, "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*Store).Flush");
    assert!(first.title.contains("since before the trace"), "{}", first.title);
    assert!(found.lock_wait.0 >= 3 * 80 * MS, "{}", found.lock_wait.0);
    assert!(first.victims.iter().any(|victim| victim.function == "app.(*Store).Get"), "{first:?}");
}

// Slow, but not a lock.

const JOIN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Flight).Do", "app.go", 200), HANDLER, SERVE];
const LOAD: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.(*Flight).load", "app.go", 210),
    ("app.(*Flight).Do", "app.go", 205),
    HANDLER,
    SERVE,
];
const SHARE: Stack = &[("runtime.closechan", "chan.go", 400), ("app.(*Flight).Do", "app.go", 207), HANDLER, SERVE];

#[test]
fn many_that_wait_for_one_result_are_slow_for_what_makes_it() {
    let mut scene = Scene::default();
    for round in 0..3u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "select", LOAD);
        for go in 11u64..16 {
            let now = now + 1.0 + 0.1 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "chan receive", JOIN);
        }
        scene.at(0, now + 70.0, Act::Ready(10)).at(0, now + 70.1, Act::Start(10));
        for go in 11u64..16 {
            let then = now + 70.2 + 0.002 * (go - 10) as f64;
            scene.at(0, then, Act::Wake(go, SHARE));
            let then = now + 70.3 + 0.1 * (go - 10) as f64;
            scene.run(1, go, (then, then + 0.05), "network", IDLE);
        }
        scene.at(0, now + 72.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..16));
    let first = assert_first(&found, Kind::SerialWaits, "shared_result", "app.(*Flight).load");
    assert!(first.title.contains("for results that G10 produced"), "{}", first.title);
}

const HEADER: Stack =
    &[("runtime.selectgo", "select.go", 1), ("grpc.(*Stream).waitOnHeader", "transport.go", 321), HANDLER, SERVE];
const FRAME: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 179),
    ("io.ReadFull", "io.go", 354),
    ("grpc.readFrame", "frame.go", 237),
    ("grpc.(*client).reader", "client.go", 90),
];
const HEADERS: Stack = &[("runtime.closechan", "chan.go", 400), ("grpc.(*client).reader", "client.go", 95)];
const QUERY: Stack = &[
    ("syscall.write", "zsyscall.go", 9),
    ("internal/poll.(*FD).Write", "fd_unix.go", 370),
    ("grpc.(*client).reader", "client.go", 88),
];

/// Six requests wait for what one goroutine reads from a connection, all at once each time; it may ask for it first.
fn read_for_all(asks: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..5u64 {
        let now = 1.0 + 100.0 * round as f64;
        for go in 10u64..16 {
            let now = now + 0.1 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "select", HEADER);
        }
        if asks {
            scene.at(0, now + 2.0, Act::Ready(1)).at(0, now + 2.1, Act::Start(1)).at(0, now + 2.2, Act::Call(QUERY));
            scene.at(0, now + 2.3, Act::Return).at(0, now + 2.4, Act::Block("network", FRAME));
        }
        scene.at(0, now + 70.0, Act::Ready(1)).at(0, now + 70.1, Act::Start(1));
        for go in 10u64..16 {
            let then = now + 70.2 + 0.002 * (go - 10) as f64;
            scene.at(0, then, Act::Wake(go, HEADERS));
            let then = now + 70.3 + 0.1 * (go - 10) as f64;
            scene.run(1, go, (then, then + 0.05), "network", IDLE);
        }
        scene.at(0, now + 72.0, Act::Block("network", FRAME));
    }
    find(&mut scene, &[handlers(10..16), vec![(1, "network", FRAME)]].concat())
}

/// A connection's reader hands each call its own answer, however many come in one packet.
#[test]
fn who_only_reads_a_connection_produces_no_shared_result() {
    assert!(read_for_all(false).list.iter().all(|one| cause(one) != "shared_result"));
    let asked = read_for_all(true);
    assert!(asked.list.iter().any(|one| cause(one) == "shared_result"), "{:?}", asked.list);
}

const CLIENT_WAIT: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Client).Do", "client.go", 585),
    ("app.quote", "app.go", 270),
    HANDLER,
    SERVE,
];
const READ_LOOP: Stack = &[("net/http.(*persistConn).readLoop", "transport.go", 2330)];
const DELIVER: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("net/http.(*persistConn).readLoop", "transport.go", 2290)];

/// Four requests wait 100 ms each for an answer that was there after 10, or after 90; the one that hands it on is runnable since.
fn answered_after(ms: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..4u64 {
        for at in 0u64..4 {
            let (go, reader, now) = (10 + at, 30 + at, 1.0 + 120.0 * round as f64 + at as f64);
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "select", CLIENT_WAIT);
            scene.at(1, now + ms, Act::Ready(reader)).at(1, now + 100.0, Act::Start(reader));
            scene.at(1, now + 100.1, Act::Wake(go, DELIVER)).at(1, now + 100.2, Act::Block("network", READ_LOOP));
            scene.run(0, go, (now + 100.3, now + 100.4), "network", IDLE);
        }
    }
    let readers = (30..34).map(|go| (go, "network", READ_LOOP));
    find(&mut scene, &readers.chain(handlers(10..14)).collect::<Vec<_>>())
}

#[test]
fn the_other_side_is_not_slow_whose_answer_lay_there() {
    let is_blamed = |found: &Findings| found.list.iter().any(|one| cause(one) == "slow_call");
    assert!(is_blamed(&answered_after(90.0)), "{:?}", answered_after(90.0).list);
    assert!(!is_blamed(&answered_after(10.0)), "{:?}", answered_after(10.0).list);
}

const GATHER: Stack = &[
    ("sync.runtime_SemacquireWaitGroup", "sema.go", 110),
    ("sync.(*WaitGroup).Wait", "waitgroup.go", 118),
    ("app.gather", "app.go", 220),
    HANDLER,
    SERVE,
];
const SPLIT: Stack = &[("app.gather", "app.go", 219), HANDLER, SERVE];
const OFFER: Stack = &[("app.gather.func1", "app.go", 225)];
const ASK: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.offers", "app.go", 230),
    ("app.gather.func1", "app.go", 226),
];
const DONE: Stack = &[
    ("sync.(*WaitGroup).Add", "waitgroup.go", 80),
    ("sync.(*WaitGroup).Done", "waitgroup.go", 90),
    ("app.gather.func1", "app.go", 227),
];

#[test]
fn a_wait_group_is_waited_for_because_of_the_slowest_call() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        let (now, quick, slow) = (1.0 + 100.0 * round as f64, 100 + 2 * round, 101 + 2 * round);
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::MakeFor(quick, OFFER, SPLIT)).at(0, now + 0.3, Act::MakeFor(slow, OFFER, SPLIT));
        scene.at(0, now + 0.4, Act::Block("sync", GATHER));
        scene.run(1, quick, (now + 0.5, now + 0.6), "select", ASK).run(2, slow, (now + 0.5, now + 0.6), "select", ASK);
        scene.at(1, now + 5.0, Act::Ready(quick)).at(1, now + 5.1, Act::Start(quick)).at(1, now + 5.2, Act::End);
        scene.at(2, now + 80.0, Act::Ready(slow)).at(2, now + 80.1, Act::Start(slow));
        scene.at(2, now + 80.2, Act::Wake(10, DONE)).at(2, now + 80.3, Act::End);
        scene.run(0, 10, (now + 80.4, now + 80.5), "network", IDLE);
    }
    let found = find(&mut scene, &handlers(10..11));
    let first = found.list.first().expect("a finding");
    assert!(first.severity > Severity::Note, "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.offers", "{}", first.title);
}

const ONCE: FrameText<'_> = ("sync.(*Once).doSlow", "once.go", 78);
const TABLE: FrameText<'_> = ("app.(*Table).Get", "app.go", 240);
const ONCE_WAIT: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ONCE, TABLE, HANDLER, SERVE];
const ONCE_RUN: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.(*Table).fill", "app.go", 250),
    ONCE,
    TABLE,
    HANDLER,
    SERVE,
];
const ONCE_DONE: Stack = &[("sync.(*Mutex).Unlock", "mutex.go", 65), ONCE, TABLE, HANDLER, SERVE];

#[test]
fn a_slow_once_is_told_from_a_mutex() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).run(0, 10, (1.1, 1.2), "select", ONCE_RUN);
    for go in 11u64..16 {
        let now = 2.0 + 0.1 * (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "sync", ONCE_WAIT);
    }
    scene.at(0, 150.0, Act::Ready(10)).at(0, 150.1, Act::Start(10)).at(0, 150.2, Act::Wake(11, ONCE_DONE));
    scene.at(0, 150.3, Act::Block("network", IDLE));
    for go in 11u64..16 {
        let now = 150.3 + 0.2 * (go - 10) as f64;
        scene.at(1, now, Act::Start(go));
        if go < 15 {
            scene.at(1, now + 0.05, Act::Wake(go + 1, ONCE_DONE));
        }
        scene.at(1, now + 0.1, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..16));
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::LockHeldOverIo, "once"), "{}", first.title);
    assert!(first.title.contains("ran the sync.Once function"), "{}", first.title);
    // The others took and released its lock in passing.
    assert!(!first.title.contains("the longest of"), "{}", first.title);
}

/// A handler that waits so many ms at one place in each of six requests, which nobody in the program ends.
fn requests(wait: f64, reason: &'static str, stack: Stack) -> Findings {
    steps(&[(wait, reason, stack)])
}

/// The same with several such waits, one after the other.
fn steps(waits: &[(f64, &'static str, Stack)]) -> Findings {
    let mut scene = Scene::default();
    let mut now = 1.0;
    for _ in 0..6 {
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        now += 0.2;
        for &(wait, reason, stack) in waits {
            scene.at(0, now, Act::Block(reason, stack)).at(1, now + wait, Act::Ready(10));
            now += wait + 0.1;
            scene.at(0, now, Act::Start(10));
            now += 0.1;
        }
        scene.at(0, now, Act::Block("network", IDLE));
        now += 5.0;
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn a_slow_dial_is_found() {
    let stack: Stack = &[
        ("internal/poll.(*FD).WaitWrite", "fd_unix.go", 530),
        ("net.(*netFD).connect", "fd_unix.go", 118),
        ("net.(*sysDialer).dialTCP", "tcpsock.go", 80),
        ("net.(*Dialer).DialContext", "dial.go", 500),
        ("app.(*Pool).open", "app.go", 260),
        HANDLER,
        SERVE,
    ];
    assert_first(&requests(80.0, "network", stack), Kind::SerialWaits, "slow_dial", "app.(*Pool).open");
    // What takes a millisecond is how networks are.
    assert_eq!(loud(&requests(1.0, "network", stack)), Vec::<&Finding>::new());
}

const NAP: Stack = &[("time.Sleep", "time.go", 300), ("app.pad", "app.go", 270), HANDLER, SERVE];

#[test]
fn a_fixed_sleep_in_each_request_is_found() {
    assert_first(&requests(80.0, "sleep", NAP), Kind::PollingSleep, "fixed_sleep", "app.pad");
    assert_eq!(loud(&requests(1.0, "sleep", NAP)), Vec::<&Finding>::new());
}

const GET: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Pool).Get", "app.go", 290), HANDLER, SERVE];
const EXPIRE: Stack = &[
    ("runtime.closechan", "chan.go", 400),
    ("context.(*cancelCtx).cancel", "context.go", 560),
    ("context.(*timerCtx).cancel", "context.go", 660),
    ("context.WithDeadlineCause.func2", "context.go", 640),
];
const EXPIRES: Stack = &[("context.WithDeadlineCause.func2", "context.go", 640)];

/// Six requests wait in a select until the deadline of their context, two of them beyond the end of the trace.
#[test]
fn a_select_that_a_context_ends_is_no_rate_limit() {
    let mut scene = Scene::default();
    for round in 0..5u64 {
        for go in [10u64, 11] {
            let now = 1.0 + 110.0 * round as f64 + (go - 10) as f64;
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "select", GET);
            now_expires(&mut scene, (200 + 10 * round + go, go), now + 100.0);
            scene.run(0, go, (now + 100.4, now + 100.5), "network", IDLE);
        }
    }
    for go in [10u64, 11] {
        let now = 560.0 + (go - 10) as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "select", GET);
    }
    scene.at(3, 600.0, Act::Ready(12)).run(3, 12, (600.1, 600.2), "network", IDLE);
    let found = find(&mut scene, &handlers(10..13));
    let first = assert_first(&found, Kind::PollingSleep, "deadline", "app.(*Pool).Get");
    assert!(first.title.contains("until a context's deadline passed"), "{}", first.title);
    assert!(first.check.contains("every path gives it back"), "{}", first.check);
    assert_eq!(found.coverage.sites_skipped, 0, "these waits are what the finding is about");
}

/// A timer makes a goroutine that cancels the context for which another one waits.
fn now_expires(scene: &mut Scene, (timer, go): (u64, u64), now: f64) {
    scene.at(1, now, Act::MakeFor(timer, EXPIRES, &[])).at(1, now + 0.1, Act::Start(timer));
    scene.at(1, now + 0.2, Act::Wake(go, EXPIRE)).at(1, now + 0.3, Act::End);
}

const ASK_CREW: Stack = &[("runtime.selectgo", "select.go", 1), ("app.ask", "app.go", 300), HANDLER, SERVE];
const BUILD: Stack =
    &[("runtime.selectgo", "select.go", 1), ("app.build", "app.go", 310), ("app.(*Crew).work", "app.go", 320)];
const BUILT: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.build", "app.go", 312), ("app.(*Crew).work", "app.go", 320)];
const NEXT_TASK: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Crew).work", "app.go", 319)];
const WORK: Stack = &[("app.(*Crew).work", "app.go", 318)];

/// Two workers of so many answer requests, each after a select that only its timer ends, 80 ms later; the next task is
/// there already. The other workers have nothing to do.
fn timed_workers(workers: u64) -> Findings {
    let mut scene = Scene::default();
    scene.at(2, 0.1, Act::Ready(1)).at(2, 0.2, Act::Start(1));
    for worker in 100..100 + workers {
        let now = 0.3 + 0.1 * (worker - 100) as f64;
        scene.at(2, now, Act::MakeFor(worker, WORK, &[("app.start", "app.go", 317)]));
        let (reason, stack) = if worker < 102 { ("select", BUILD) } else { ("chan receive", NEXT_TASK) };
        scene.run(1, worker, (now + 0.05, now + 0.08), reason, stack);
    }
    scene.at(2, 0.9, Act::Block("chan receive", LOOP));
    for round in 0..6u64 {
        for go in [10u64, 11] {
            let now = 2.0 + 85.0 * round as f64 + (go - 10) as f64;
            let worker = 90 + go;
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.3), "select", ASK_CREW);
            scene.at(1, now + 80.0, Act::Ready(worker)).at(1, now + 80.1, Act::Start(worker));
            scene.at(1, now + 80.2, Act::Wake(go, BUILT)).at(1, now + 80.3, Act::Block("select", BUILD));
            scene.run(0, go, (now + 80.4, now + 80.5), "network", IDLE);
        }
    }
    find(&mut scene, &[handlers(10..12), vec![(1, "chan receive", LOOP)]].concat())
}

#[test]
fn workers_that_all_wait_for_a_timer_at_once_may_wait_for_themselves() {
    let found = timed_workers(2);
    let first = assert_first(&found, Kind::LimitedConcurrency, "own_workers", "app.build");
    assert!(first.title.contains("until a timer fired: at times all 2 goroutines"), "{}", first.title);
    // Another one could have done the work.
    let found = timed_workers(3);
    let first = assert_first(&found, Kind::SerialWaits, "slow_call", "app.build");
    assert!(!first.title.contains("at times all"), "{}", first.title);
    assert!(!first.check.contains("other side"), "nobody outside is asked: {}", first.check);
}

const PAUSE: Stack = &[("runtime.selectgo", "select.go", 1), ("app.retry", "app.go", 280), HANDLER, SERVE];

const TRY: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.try", "app.go", 282),
    ("app.retry", "app.go", 281),
    HANDLER,
    SERVE,
];

#[test]
fn pauses_that_grow_from_try_to_try_are_a_backoff() {
    let (try_it, pause) = ((2.0, "select", TRY), |ms| (ms, "select", PAUSE));
    let found = steps(&[try_it, pause(20.0), try_it, pause(40.0), try_it, pause(80.0), try_it]);
    assert_first(&found, Kind::PollingSleep, "backoff", "app.retry");
}

const TURN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Limiter).Wait", "app.go", 290), HANDLER, SERVE];

const ALLOWED: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("app.(*Pacer).Wait", "app.go", 294),
    ("app.(*Crawler).work", "app.go", 296),
];
const FETCHED: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 160),
    ("net/http.Get", "client.go", 400),
    ("app.(*Crawler).work", "app.go", 297),
];

const FOR_WORK: Stack = &[("runtime.chanrecv2", "chan.go", 509), ("app.(*Crawler).work", "app.go", 290)];
const STARTED: Stack = &[("main.main", "main.go", 20), ("runtime.main", "proc.go", 290)];

/// Four workers, each of which waits for a timer and then for an answer that takes 2 to 7 ms, forty times in all. With a `limit`
/// one timer fires every 20 ms, whoever waits; without, each worker's own fires 75 ms after it has begun to wait. Of workers
/// that `begin` the trace sees how they are made and wait a moment for their first piece of work.
fn paced_workers(limit: bool, begin: bool) -> Findings {
    let mut scene = Scene::default();
    if begin {
        scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
        for go in 10u64..14 {
            let now = 0.3 + 0.5 * (go - 10) as f64;
            scene.at(0, now, Act::MakeFor(go, FOR_WORK, STARTED));
            scene.run(1, go, (now + 0.1, now + 0.2), "chan receive", FOR_WORK);
            scene.at(0, now + 0.25, Act::Wake(go, STARTED));
            scene.run(1, go, (now + 0.3, now + 0.4), "select", ALLOWED);
        }
        scene.at(0, 3.0, Act::Block("sync.(*WaitGroup).Wait", STARTED));
    }
    let mut begun = [0.0; 4];
    for round in 0..40u32 {
        let at = round as usize % 4;
        let (proc, go) = (at as u64, 10 + at as u64);
        let now = if limit || round < 4 { 20.0 * f64::from(round + 1) } else { begun[at] + 75.0 };
        let answer = now + 0.2 + f64::from(2 + round * 7 % 6);
        scene.at(proc, now, Act::Ready(go)).at(proc, now + 0.1, Act::Start(go));
        scene.at(proc, now + 0.2, Act::Block("network", FETCHED));
        scene.at(proc, answer, Act::Ready(go)).at(proc, answer + 0.1, Act::Start(go));
        begun[at] = answer + 0.2;
        scene.at(proc, begun[at], Act::Block("select", ALLOWED));
    }
    let workers = (10..14).map(|go| (go, "select", ALLOWED));
    let main = (1, "sync.(*WaitGroup).Wait", STARTED);
    find(&mut scene, &if begin { vec![main] } else { workers.collect::<Vec<_>>() })
}

#[test]
fn workers_that_are_let_through_at_equal_distances_wait_for_a_rate_limit() {
    let found = paced_workers(true, false);
    let first = assert_first(&found, Kind::PollingSleep, "rate_limit", "app.(*Pacer).Wait");
    assert!(first.title.contains("lets one of them through about every 20.0 ms, in select"), "{}", first.title);
    assert!(first.check.contains("fewer of these goroutines do as much"), "{}", first.check);
    assert_eq!(first.severity, Severity::Warning);
    // Those that wait for as long each time keep a rhythm of their own.
    let found = paced_workers(false, false);
    assert!(found.list.iter().all(|one| !one.title.contains("lets one of them through")), "{found:#?}");
}

#[test]
fn workers_that_wait_a_moment_for_their_first_piece_of_work_are_counted_once() {
    let found = paced_workers(true, true);
    let first = assert_first(&found, Kind::PollingSleep, "rate_limit", "app.(*Pacer).Wait");
    assert!(first.title.starts_with("4 goroutines of app.(*Crawler).work (app.go:296) spent"), "{}", first.title);
}

/// Six handlers that wait for a ticker, which lets one on every 20 ms.
#[test]
fn a_ticker_that_all_requests_wait_for_is_found() {
    let mut scene = Scene::default();
    for round in 0..3u64 {
        for go in 10u64..16 {
            let now = 1.0 + 150.0 * round as f64 + 0.1 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "chan receive", TURN);
            let then = 1.0 + 150.0 * round as f64 + 20.0 * (go - 9) as f64;
            scene.at(0, then, Act::Ready(go)).run(0, go, (then + 0.1, then + 0.2), "network", IDLE);
        }
    }
    let found = find(&mut scene, &handlers(10..16));
    assert_first(&found, Kind::PollingSleep, "rate_limit", "app.(*Limiter).Wait");
}

const ACCEPT: Stack = &[
    ("internal/poll.(*FD).Accept", "fd_unix.go", 600),
    ("net.(*TCPListener).Accept", "tcpsock.go", 380),
    ("app.listen", "app.go", 320),
];
const ACCEPTED: Stack = &[("app.listen", "app.go", 322)];
const GATE: Stack = &[("app.(*Gate).serve", "app.go", 330)];
const MESSAGE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("bufio.(*Scanner).Scan", "scan.go", 220),
    ("app.(*Gate).serve", "app.go", 331),
];
const TAKE: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("app.(*Bucket).take", "app.go", 340),
    ("app.(*Gate).serve", "app.go", 332),
];
const REFILL: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Bucket).fill", "app.go", 350)];
const GIVE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Bucket).fill", "app.go", 352)];

/// Connections that the program accepted, and a bucket that is given a token every 20 ms.
#[test]
fn an_empty_token_bucket_is_found_where_the_program_reads_its_requests_itself() {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for go in 100u64..106 {
        let now = 1.0 + 0.1 * (go - 100) as f64;
        scene.at(0, now, Act::MakeFor(go, GATE, ACCEPTED));
        scene.run(1, go, (now + 0.01, now + 0.02), "network", MESSAGE);
    }
    scene.at(0, 2.0, Act::Block("network", ACCEPT));
    for round in 0..4u64 {
        let start = 3.0 + 130.0 * round as f64;
        for go in 100u64..106 {
            let now = start + 0.1 * (go - 100) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "chan receive", TAKE);
            let then = start + 20.0 * (go - 99) as f64;
            scene.at(2, then, Act::Ready(2)).at(2, then + 0.01, Act::Start(2)).at(2, then + 0.02, Act::Wake(go, GIVE));
            scene.at(2, then + 0.03, Act::Block("select", REFILL));
            scene.run(1, go, (then + 0.1, then + 0.2), "network", MESSAGE);
        }
    }
    let found = find(&mut scene, &[(1, "network", ACCEPT), (2, "select", REFILL)]);
    assert_first(&found, Kind::PollingSleep, "rate_limit", "app.(*Bucket).take");
}

const WRAPPED: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Conn).Read", "app.go", 360),
    ("bufio.(*Reader).Peek", "bufio.go", 150),
    ("net/http.(*persistConn).readLoop", "transport.go", 2300),
];

/// A library that reads through the program's connection has nothing to do until bytes come.
#[test]
fn a_library_that_reads_from_a_connection_of_the_program_is_no_slow_request() {
    let mut scene = Scene::default();
    for round in 0..8u64 {
        let now = 100.0 * (round + 1) as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "network", WRAPPED);
    }
    let found = find(&mut scene, &[(10, "network", WRAPPED)]);
    assert_eq!(found.list, Vec::new());
    assert_eq!(found.coverage.largest, Vec::new(), "an idle wait is no wait for anybody");
}

const HIJACKED: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Gateway).upgrade", "app.go", 365),
    HANDLER,
    SERVE,
];

/// Handlers that keep their connections (a websocket) and read from them until the client says something.
#[test]
fn a_handler_that_waits_for_a_client_that_says_nothing_is_not_slow() {
    let mut scene = Scene::default();
    for go in 10u64..16 {
        let now = 1.0 + 0.1 * (go - 10) as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.01, now + 0.02), "network", HIJACKED);
    }
    scene.at(0, 600.0, Act::Ready(20)).run(0, 20, (600.1, 600.2), "network", IDLE);
    assert_eq!(loud(&find(&mut scene, &handlers(10..21))), Vec::<&Finding>::new());
    // The same calls with an answer are a slow other side.
    assert_first(&requests(80.0, "network", HIJACKED), Kind::SerialWaits, "slow_call", "app.(*Gateway).upgrade");
}

// Dependencies.

const OPEN_FILE: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("example.com/web/files.Open", "example.com/web@v1.2.0/files/open.go", 18),
    ("example.com/web.(*Server).ServeHTTP", "example.com/web@v1.2.0/server.go", 700),
    ("net/http.serverHandler.ServeHTTP", "server.go", 3300),
    SERVE,
];

/// A program that is built from the module cache consists of dependencies: its requests are named by the handler.
#[test]
fn requests_of_a_program_made_of_dependencies_are_named_by_their_handler() {
    let mut scene = Scene::default();
    for round in 0..4u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "select", OPEN_FILE);
        scene.at(1, now + 20.0, Act::Ready(10)).run(0, 10, (now + 20.1, now + 20.2), "network", IDLE);
    }
    let trace = scene.load(&handlers(10..11));
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("nobody cancelled");
    assert_eq!(why.choice, Some(Choice::Call("example.com/web.(*Server).ServeHTTP".to_owned())));
    assert!(why.sentence.contains("example.com/web/files.Open"), "{}", why.sentence);
}
