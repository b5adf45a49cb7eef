//! Findings on traces made in code: requests that are slow without a lock, stalls that began before the trace, waits
//! that never end, used-up pools, lines of stages, and spinning.

use crate::finding_checks::violations;
use crate::scene::{Act, MS, Scene, Stack};
use trace_core::analysis::findings::finding::{Finding, Kind, Severity, Value};
use trace_core::analysis::findings::{self, Findings};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::why::why;
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const HANDLER: FrameText<'_> = ("app.Handle", "app.go", 10);
const REPORT: FrameText<'_> = ("app.Report", "app.go", 15);
const SERVE: FrameText<'_> = ("net/http.(*conn).serve", "server.go", 2000);
const IDLE: Stack = &[("net.(*netFD).Read", "fd.go", 5), SERVE];
const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];
const SPAWN: Stack = &[("app.start", "app.go", 4), ("app.main", "app.go", 1)];

type Waiting = (u64, &'static str, Stack);

/// Handlers with these ids, all waiting for their next request.
fn handlers(ids: std::ops::Range<u64>) -> Vec<Waiting> {
    ids.map(|go| (go, "network", IDLE)).collect()
}

fn loud(found: &Findings) -> Vec<&Finding> {
    found.list.iter().filter(|finding| finding.severity > Severity::Note).collect()
}

fn number(finding: &Finding, name: &str) -> Option<u64> {
    finding.evidence.iter().find(|known| known.0 == name).and_then(|known| match known.1 {
        Value::Int(value) => Some(value),
        _ => None,
    })
}

fn cause(finding: &Finding) -> &str {
    let cause = finding.evidence.iter().find(|known| known.0 == "cause");
    cause.map_or("", |known| if let Value::Text(text) = &known.1 { text } else { "" })
}

/// The findings of a scene, of which all must hold that holds of any.
fn find(scene: &mut Scene, waiting: &[Waiting]) -> Findings {
    let trace = scene.load(waiting);
    let found = findings::find(&trace, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(violations(&trace, &found), Vec::<String>::new());
    found
}

/// The first finding is this one, in earnest, and names the function.
fn assert_first<'a>(found: &'a Findings, kind: Kind, name: &str, function: &str) -> &'a Finding {
    let first = found.list.first().expect("a finding");
    let place = first.culprit.as_ref().map_or("", |culprit| culprit.place.function.as_str());
    assert_eq!((first.kind, cause(first), place), (kind, name, function), "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    first
}

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
    assert!(found.lock_wait_ns >= 3 * 80 * MS, "{}", found.lock_wait_ns);
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

// Pools, and lines of stages.

const CONN: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("database/sql.(*DB).conn", "sql.go", 1360),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.article", "app.go", 500),
    HANDLER,
    SERVE,
];
const CONVERT: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.convert", "app.go", 510),
    ("app.report", "app.go", 521),
    REPORT,
    SERVE,
];
const COMMIT: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("database/sql.(*DB).putConnDBLocked", "sql.go", 1500),
    ("database/sql.(*Tx).Commit", "sql.go", 2300),
    ("app.report", "app.go", 522),
    REPORT,
    SERVE,
];

/// Two connections; two reports that keep them over a call of 60 ms, and short queries that wait for one.
#[test]
fn who_keeps_the_connections_of_a_pool_is_the_culprit_not_who_waits() {
    let mut scene = Scene::default();
    for round in 0..4u64 {
        let start = 1.0 + 100.0 * round as f64;
        for go in [20u64, 21] {
            let now = start + 0.5 * (go - 20) as f64;
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "select", CONVERT);
        }
        for go in 10u64..12 {
            let now = start + 2.0 + 0.5 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "select", CONN);
        }
        for go in [20u64, 21] {
            let now = start + 60.0 + (go - 20) as f64;
            scene.at(0, now, Act::Ready(go)).at(0, now + 0.1, Act::Start(go)).at(
                0,
                now + 0.2,
                Act::Wake(go - 10, COMMIT),
            );
            scene.at(0, now + 0.3, Act::Block("network", IDLE));
            scene.run(1, go - 10, (now + 0.4, now + 0.5), "network", IDLE);
        }
    }
    let found = find(&mut scene, &[handlers(10..12), handlers(20..22)].concat());
    let first = assert_first(&found, Kind::LimitedConcurrency, "held_by_others", "app.convert");
    assert!(first.victims.iter().any(|victim| victim.function == "app.article"), "{first:?}");
}

const ENTER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.limited", "app.go", 530), HANDLER, SERVE];
const FETCH: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.limited", "app.go", 531),
    HANDLER,
    SERVE,
];
const LEAVE: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.limited", "app.go", 532), HANDLER, SERVE];

/// Twelve handlers for a semaphore of three: each of those that have a place fetches for 30 ms and lets in the next.
#[test]
fn the_size_of_a_semaphore_is_told() {
    let mut scene = Scene::default();
    for round in 0..3u64 {
        let start = 1.0 + 200.0 * round as f64;
        // Who comes first changes, so that nobody is always let in by the same one.
        let go = |at: u64| 10 + (at * 5 + round * 7) % 12;
        for at in 0..12u64 {
            let (now, is_in) = (start + 0.01 * at as f64, at < 3);
            let (reason, stack) = if is_in { ("select", FETCH) } else { ("chan send", ENTER) };
            scene.at(1, now, Act::Ready(go(at))).run(1, go(at), (now + 0.002, now + 0.004), reason, stack);
        }
        for at in 0..12u64 {
            let now = start + 30.0 * (at / 3 + 1) as f64 + 0.5 * (at % 3) as f64;
            scene.at(0, now, Act::Ready(go(at))).at(0, now + 0.1, Act::Start(go(at)));
            if at + 3 < 12 {
                scene.at(0, now + 0.12, Act::Wake(go(at + 3), LEAVE));
                scene.run(2, go(at + 3), (now + 0.15, now + 0.2), "select", FETCH);
            }
            scene.at(0, now + 0.3, Act::Block("network", IDLE));
        }
    }
    let found = find(&mut scene, &handlers(10..22));
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LimitedConcurrency, "{}", first.title);
    assert_eq!(number(first, "slots"), Some(3), "{}", first.title);
    assert!(first.title.contains("3 in use at once"), "{}", first.title);
}

const READ_ON: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.read", "app.go", 540)];
const PARSE_IN: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.parse", "app.go", 550)];
const PARSE_ON: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.parse", "app.go", 551)];
const STORE_IN: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.store", "app.go", 560)];
const STORE: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Post", "client.go", 900),
    ("app.put", "app.go", 570),
    ("app.store", "app.go", 561),
];

/// A reader (1) sends to a parser (2), which sends to a store (3), which posts each item for 20 ms.
#[test]
fn a_line_of_stages_is_followed_to_the_one_that_does_not_wait_for_another() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).run(0, 1, (0.2, 0.3), "chan send", READ_ON);
    scene.at(1, 0.4, Act::Ready(2)).run(1, 2, (0.5, 0.6), "chan send", PARSE_ON);
    scene.at(2, 0.7, Act::Ready(3)).run(2, 3, (0.8, 0.9), "select", STORE);
    for round in 0..20u64 {
        let now = 1.0 + 21.0 * round as f64;
        scene.at(2, now + 20.0, Act::Ready(3)).at(2, now + 20.1, Act::Start(3)).at(
            2,
            now + 20.2,
            Act::Wake(2, STORE_IN),
        );
        scene.at(2, now + 20.3, Act::Block("select", STORE));
        scene.at(1, now + 20.4, Act::Start(2)).at(1, now + 20.5, Act::Wake(1, PARSE_IN));
        scene.at(1, now + 20.6, Act::Block("chan send", PARSE_ON));
        scene.run(0, 1, (now + 20.7, now + 20.8), "chan send", READ_ON);
    }
    let found = find(&mut scene, &[(1, "chan send", READ_ON), (2, "chan send", PARSE_ON), (3, "select", STORE)]);
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::ChannelBacklog, "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.put", "{}", first.title);
    let backlogs = found.list.iter().filter(|finding| finding.kind == Kind::ChannelBacklog).count();
    assert_eq!(backlogs, 1, "stages held up by the same one are one finding");
}

// Long queues.

const CLAIM: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Log).add", "app.go", 580), HANDLER, SERVE];
const PASS: Stack = &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Log).add", "app.go", 585), HANDLER, SERVE];
const WRITE: Stack = &[("os.(*File).Sync", "file.go", 1), ("app.(*Log).add", "app.go", 583), HANDLER, SERVE];

/// The first of two hundred syncs a file for 90 ms with the lock in hand; each of the others has it for a moment.
#[test]
fn a_queue_for_a_lock_is_followed_to_its_head_however_long_it_is() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(100)).at(0, 1.1, Act::Start(100)).at(0, 1.2, Act::Call(WRITE));
    for go in 101u64..300 {
        let now = 2.0 + 0.01 * (go - 100) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.002, now + 0.004), "sync", CLAIM);
    }
    scene.at(0, 91.2, Act::Return).at(0, 91.3, Act::Wake(101, PASS)).at(0, 91.4, Act::Block("network", IDLE));
    for go in 101u64..300 {
        let now = 91.4 + 0.01 * (go - 100) as f64;
        scene.at(1, now, Act::Start(go));
        if go < 299 {
            scene.at(1, now + 0.003, Act::Wake(go + 1, PASS));
        }
        scene.at(1, now + 0.006, Act::Block("network", IDLE));
    }
    let trace = scene.load(&handlers(100..300));
    let found = findings::find(&trace, &Monitor::new()).expect("nobody cancelled");
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LockHeldOverIo, "{}", first.title);
    assert_eq!(first.acts.first().map(|act| Some(act.go)), Some(trace.goroutine_by_id(GoId(100))), "{}", first.title);
    assert!((85 * MS..91 * MS).contains(&number(first, "holder_ns").expect("how long")), "{}", first.title);
    assert_eq!(number(first, "held_ns"), number(first, "examined_ns"), "nothing of it is unknown: {}", first.title);
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
    assert!(found.list.iter().all(|finding| cause(finding) != "gosched_loop"), "{:?}", found.list);
}

const HOLD: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Post", "client.go", 900),
    ("app.(*Store).Flush", "app.go", 55),
    ("app.loop", "app.go", 3),
];
const GET: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Store).Get", "app.go", 31), HANDLER, SERVE];

/// Seven hundred waits for a lock, each for about a millisecond; of so many only the longest are looked into.
#[test]
fn what_was_not_analysed_is_not_claimed() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).run(0, 1, (0.2, 0.3), "select", HOLD);
    for round in 0..700u64 {
        let now = 1.0 + 2.0 * round as f64;
        scene.at(1, now, Act::Ready(10)).run(1, 10, (now + 0.01, now + 0.02), "sync", GET);
        scene.at(0, now + 1.0, Act::Ready(1)).at(0, now + 1.01, Act::Start(1)).at(0, now + 1.02, Act::Wake(10, UNLOCK));
        scene.at(0, now + 1.03, Act::Block("select", HOLD));
        scene.run(1, 10, (now + 1.1, now + 1.2), "network", IDLE);
    }
    let found = find(&mut scene, &[handlers(10..11), vec![(1, "select", HOLD)]].concat());
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LockHeldOverIo, "{}", first.title);
    assert!(first.title.contains(": G1 held the lock"), "{}", first.title);
    let analysed = first.figures().into_iter().find(|figure| figure.label == "Analysed").expect("a figure");
    assert_eq!(analysed.text, "512 of 700 waits, 512 ms");
    assert_eq!((number(first, "waits"), number(first, "waits_analysed")), (Some(700), Some(512)));
}

const CONN_LOCK: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("database/sql.(*DB).conn", "sql.go", 1322),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.article", "app.go", 500),
    HANDLER,
    SERVE,
];
const CONN_UNLOCK: Stack = &[
    ("sync.(*Mutex).Unlock", "mutex.go", 65),
    ("database/sql.(*DB).conn", "sql.go", 1350),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.article", "app.go", 500),
    HANDLER,
    SERVE,
];
const OPEN: Stack = &[
    ("os.(*File).Read", "file.go", 1),
    ("database/sql.(*DB).conn", "sql.go", 1340),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.article", "app.go", 500),
    HANDLER,
    SERVE,
];

/// A pool's own lock, which the first of three holds over a system call.
#[test]
fn the_lock_of_a_pool_is_no_wait_for_a_connection() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).at(0, 1.1, Act::Start(10)).at(0, 1.2, Act::Call(OPEN));
    for go in 11u64..14 {
        let now = 2.0 + 0.1 * (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "sync", CONN_LOCK);
    }
    scene.at(0, 120.0, Act::Return).at(0, 120.1, Act::Wake(11, CONN_UNLOCK)).at(0, 120.2, Act::Block("network", IDLE));
    for go in 11u64..14 {
        let now = 120.0 + 0.3 * (go - 10) as f64;
        scene.at(1, now, Act::Start(go));
        if go < 13 {
            scene.at(1, now + 0.05, Act::Wake(go + 1, CONN_UNLOCK));
        }
        scene.at(1, now + 0.1, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..14));
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LockHeldOverIo, "{}", first.title);
    assert!(first.title.contains("G10 held the lock"), "{}", first.title);
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
