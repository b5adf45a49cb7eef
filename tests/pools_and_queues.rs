//! Findings on traces made in code: used-up pools, lines of stages, and long queues.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, find, handlers, number};
use trace_core::analysis::findings::cause::Cause;
use trace_core::analysis::findings::finding::{Kind, Severity};
use trace_core::analysis::findings::{self};
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const REPORT: FrameText<'_> = ("app.Report", "app.go", 15);

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

const JOB: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.feed", "app.go", 580)];
const NEXT: Stack = &[("runtime.chanrecv1", "chan.go", 510), ("app.worker", "app.go", 590)];
const SEAT: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.sign", "app.go", 591), ("app.worker", "app.go", 592)];
const LEAVE_SEAT: Stack =
    &[("runtime.chanrecv1", "chan.go", 500), ("app.sign", "app.go", 593), ("app.worker", "app.go", 592)];
const TELL: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Post", "client.go", 900),
    ("app.sign", "app.go", 594),
    ("app.worker", "app.go", 592),
];
const WORKER: Stack = &[("app.worker", "app.go", 589)];

/// Four workers, fed by the one that made them (1), share a semaphore of one, which each holds over a call of 30 ms.
#[test]
fn workers_that_queue_for_a_semaphore_are_not_too_few() {
    // Who follows whom changes, so that nobody is always let in by the same one.
    let order = |round: u64| [0, 1, 2, 3, 1, 0, 3, 2][round as usize % 8];
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for worker in 0..4u64 {
        let now = 0.3 + 0.1 * worker as f64;
        scene.at(0, now, Act::MakeFor(100 + worker, WORKER, &[("app.feed", "app.go", 579)]));
        let (reason, stack) = if worker == 0 { ("select", TELL) } else { ("chan send", SEAT) };
        scene.run(1, 100 + worker, (now + 0.02, now + 0.05), reason, stack);
    }
    scene.at(0, 0.9, Act::Block("chan send", JOB));
    for round in 0..20u64 {
        let now = 30.0 * (round + 1) as f64;
        let holder = 100 + order(round);
        let next = 100 + order(round + 1);
        scene.at(1, now, Act::Ready(holder)).at(1, now + 0.1, Act::Start(holder));
        scene.at(1, now + 0.2, Act::Wake(next, LEAVE_SEAT)).at(1, now + 0.3, Act::Wake(1, NEXT));
        scene.at(1, now + 0.4, Act::Block("chan send", SEAT));
        scene.run(2, next, (now + 0.5, now + 0.6), "select", TELL);
        scene.run(0, 1, (now + 0.7, now + 0.8), "chan send", JOB);
    }
    let found = find(&mut scene, &[(1, "chan send", JOB)]);
    for finding in &found.list {
        assert!(!finding.check.contains("Start more workers"), "{}: {}", finding.title, finding.check);
        let is_of_feeder = finding.title.contains("net/http.Post") && finding.goroutines.len() == 1;
        assert!(!is_of_feeder, "the feeder is in no call: {}", finding.title);
    }
}

const LANE_IN: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.drain", "app.go", 600)];
const LANE: Stack = &[("app.drain", "app.go", 599)];
const AUDIT: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.audit", "app.go", 602),
    ("app.drain", "app.go", 601),
];
const DISPATCH: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.dispatch", "app.go", 610)];

/// Three consumers with a channel each, made by the sender (1): one makes a call of 20 ms for each value.
#[test]
fn a_sender_that_waits_for_one_of_its_consumers_is_told_of_that_one() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for lane in 0..3u64 {
        let now = 0.3 + 0.1 * lane as f64;
        scene.at(0, now, Act::MakeFor(100 + lane, LANE, &[("app.start", "app.go", 598)]));
        let (reason, stack) = if lane == 0 { ("select", AUDIT) } else { ("chan receive", LANE_IN) };
        scene.run(1, 100 + lane, (now + 0.02, now + 0.05), reason, stack);
    }
    scene.at(0, 0.9, Act::Block("chan send", DISPATCH));
    for round in 0..20u64 {
        let now = 21.0 * (round + 1) as f64;
        scene.at(1, now, Act::Ready(100)).at(1, now + 0.1, Act::Start(100)).at(1, now + 0.2, Act::Wake(1, LANE_IN));
        scene.at(1, now + 0.3, Act::Block("select", AUDIT)).at(0, now + 0.4, Act::Start(1));
        for lane in [101u64, 102] {
            scene.at(0, now + 0.5, Act::Wake(lane, DISPATCH));
            scene.run(
                2,
                lane,
                (now + 0.6 + 0.2 * (lane - 101) as f64, now + 0.7 + 0.2 * (lane - 101) as f64),
                "chan receive",
                LANE_IN,
            );
        }
        scene.at(0, now + 1.1, Act::Block("chan send", DISPATCH));
    }
    let found = find(&mut scene, &[(1, "chan send", DISPATCH)]);
    let first = assert_first(&found, Kind::ChannelBacklog, "one_full_queue", "app.audit");
    assert!(first.title.contains("it is one of 3 goroutines created together"), "{}", first.title);
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

const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Store).Flush", "app.go", 59), ("app.loop", "app.go", 3)];
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

const COPY: (&str, &str, u64) = ("app.(*Copier).Copy.func1", "copy.go", 29);
const WANT_SLOT: Stack = &[("runtime.chansend1", "chan.go", 160), COPY];
const UPLOAD: Stack = &[("runtime.selectgo", "select.go", 1), ("net/http.(*Client).Post", "client.go", 800), COPY];
const FREE_SLOT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Copier).Copy.func1", "copy.go", 31)];
const COPY_ALL: Stack = &[("app.(*Copier).Copy", "copy.go", 26), ("main.main", "main.go", 9)];

/// 240 goroutines, of which two at a time have a slot for 20 ms, and each gets one once: however long the queue, it is one for
/// slots, not for what is handed on.
#[test]
fn many_that_wait_once_for_a_few_slots_are_told_of_the_slots() {
    let mut scene = Scene::default();
    scene.at(2, 0.1, Act::Ready(1)).at(2, 0.2, Act::Start(1));
    for go in 100..340u64 {
        let now = 0.3 + 0.02 * (go - 100) as f64;
        let (reason, stack) = if go < 102 { ("select", UPLOAD) } else { ("chan send", WANT_SLOT) };
        scene.at(2, now, Act::MakeFor(go, &[COPY], COPY_ALL)).run(3, go, (now + 0.01, now + 0.015), reason, stack);
    }
    scene.at(2, 6.0, Act::Block("sync.(*WaitGroup).Wait", COPY_ALL));
    for turn in 0..120u64 {
        for at in 0..2u64 {
            let (go, now) = (100 + 2 * turn + at, 7.0 + 20.0 * (turn + 1) as f64 + 0.2 * at as f64);
            scene.at(at, now, Act::Ready(go)).at(at, now + 0.01, Act::Start(go));
            if go + 2 < 340 {
                scene.at(at, now + 0.02, Act::Wake(go + 2, FREE_SLOT));
            }
            scene.at(at, now + 0.03, Act::End);
            if go + 2 < 340 {
                scene.run(at, go + 2, (now + 0.04, now + 0.05), "select", UPLOAD);
            }
        }
    }
    let found = find(&mut scene, &[(1, "sync.(*WaitGroup).Wait", COPY_ALL)]);
    let first = found.list.first().unwrap_or_else(|| panic!("{found:#?}"));
    assert_eq!((first.kind, number(first, "slots")), (Kind::LimitedConcurrency, Some(2)), "{}", first.title);
}

const FETCH_ONE: (&str, &str, u64) = ("app.(*Fetcher).All.func1", "fetch.go", 26);
const FETCHING: Stack =
    &[("runtime.selectgo", "select.go", 1), ("net/http.(*Client).Get", "client.go", 400), FETCH_ONE];
const ALL: Stack = &[("app.(*Fetcher).All", "fetch.go", 24), ("main.main", "main.go", 9)];
const WAIT_FOR_ALL: Stack = &[
    ("sync.(*WaitGroup).Wait", "waitgroup.go", 118),
    ("app.(*Fetcher).All", "fetch.go", 35),
    ("main.main", "main.go", 9),
];

/// Twelve rounds of six goroutines: `slow` of each take 60 ms, another one of them each time, the others 10.
fn in_rounds(slow: u64) -> findings::Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for round in 0..12u64 {
        let start = 1.0 + 65.0 * round as f64;
        let go = |at: u64| 100 + 10 * round + at;
        for at in 0..6u64 {
            let now = start + 0.1 * at as f64;
            scene.at(0, now, Act::MakeFor(go(at), &[FETCH_ONE], ALL));
            scene.run(1, go(at), (now + 0.02, now + 0.05), "select", FETCHING);
        }
        scene.at(0, start + 0.8, Act::Block("sync.(*WaitGroup).Wait", WAIT_FOR_ALL));
        for at in 0..6u64 {
            let is_slow = (at + round) % 6 < slow;
            let end = start + 0.2 * at as f64 + if is_slow { 60.0 } else { 10.0 };
            scene.at(1, end, Act::Ready(go(at))).at(1, end + 0.05, Act::Start(go(at)));
            if (at + 1..6).all(|later| (later + round) % 6 >= slow) && is_slow {
                scene.at(1, end + 0.08, Act::Wake(1, WAIT_FOR_ALL)).at(0, end + 0.15, Act::Start(1));
            }
            scene.at(1, end + 0.1, Act::End);
        }
    }
    scene.at(0, 800.0, Act::End);
    find(&mut scene, &[(1, "sync.(*WaitGroup).Wait", WAIT_FOR_ALL)])
}

#[test]
fn rounds_that_wait_for_their_slowest_goroutine_are_told() {
    let told = |found: &findings::Findings| found.list.iter().find(|one| one.cause == Some(Cause::Rounds)).cloned();
    let rounds = told(&in_rounds(2)).unwrap_or_else(|| panic!("{:#?}", in_rounds(2).list));
    assert_eq!((number(&rounds, "rounds"), rounds.severity), (Some(12), Severity::Warning), "{}", rounds.title);
    assert!(
        rounds.title.contains("at most 6 goroutines in a round; on average 44 % of its goroutines had not ended yet"),
        "{}",
        rounds.title
    );
    assert!(told(&in_rounds(6)).is_none(), "all take as long");
}
