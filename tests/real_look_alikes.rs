//! What real servers do that looks like trouble and is none: loops that wait for what comes next, goroutines that step aside for
//! each other, readers of one stream.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, all, find, handlers, loud};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::cause::Cause;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

fn of_kind(found: &Findings, kind: Kind) -> Option<&Finding> {
    found.list.iter().find(|one| one.kind == kind)
}

const COMPUTE: Stack = &[("app.compute", "app.go", 20), HANDLER, SERVE];
const STEP_ASIDE: Stack = &[
    ("runtime.goyield", "proc.go", 4453),
    ("runtime.semrelease1", "sema.go", 286),
    ("sync.(*Mutex).Unlock", "mutex.go", 65),
    ("app.count", "app.go", 30),
    HANDLER,
    SERVE,
];

#[test]
fn who_steps_aside_for_the_next_holder_of_a_lock_is_not_preempted() {
    let mut scene = Scene::default();
    for go in 10u64..18 {
        scene.at(0, 0.1 * (go - 9) as f64, Act::Ready(go));
    }
    for turn in 0..40u64 {
        for proc in 0..4u64 {
            let (go, now) = (10 + proc + 4 * (turn % 2), 1.0 + 10.0 * turn as f64);
            scene.at(proc, now, Act::Start(go)).at(proc, now + 0.01, Act::Preempt(STEP_ASIDE));
            scene.at(proc, now + 0.02, Act::Start(go)).at(proc, now + 9.9, Act::Preempt(COMPUTE));
        }
    }
    let found = find(&mut scene, &handlers(10..18));
    let cpu = of_kind(&found, Kind::CpuBound).unwrap_or_else(|| panic!("{:#?}", found.list));
    assert!(cpu.title.contains("160 of 160 preemptions (100 %) were in app.compute"), "{}", cpu.title);
}

const LET_OTHERS: Stack = &[
    ("runtime.Gosched", "proc.go", 391),
    ("grpc.(*writer).run", "/mod/grpc@v1/writer.go", 40),
    ("app.serve", "app.go", 8),
];
const NEXT_FRAME: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("grpc.(*writer).run", "/mod/grpc@v1/writer.go", 30),
    ("app.serve", "app.go", 8),
];

/// A writer that yields once before it writes, 1,500 times, behind others that have the proc for 0.1 ms each time; with `waits`
/// it waits for the next frame in between.
fn yielding(waits: bool) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Ready(2));
    for round in 0..1_500u64 {
        let now = 1.0 + 0.3 * round as f64;
        if waits && round > 0 {
            scene.at(1, now - 0.01, Act::Ready(1));
        }
        scene.at(0, now, Act::Start(1)).at(0, now + 0.005, Act::Yield(LET_OTHERS));
        scene.at(0, now + 0.006, Act::Start(2)).at(0, now + 0.1, Act::Preempt(COMPUTE));
        scene.at(0, now + 0.11, Act::Start(1));
        let end = if waits { Act::Block("select", NEXT_FRAME) } else { Act::Yield(LET_OTHERS) };
        scene.at(0, now + 0.115, end);
    }
    find(&mut scene, &[(1, "select", NEXT_FRAME), (2, "network", IDLE)])
}

#[test]
fn who_yields_once_and_then_waits_does_not_spin() {
    let spins = |found: &Findings| found.list.iter().any(|one| one.title.contains("spinning"));
    assert!(spins(&yielding(false)));
    assert!(!spins(&yielding(true)));
}

const GO: (&str, &str, u64) = ("app.(*Pool).Go.func1", "pool.go", 36);
const CONFIGURATION: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Watcher).receive", "watch.go", 114), GO];
const APPLY: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Watcher).apply", "watch.go", 169), GO];
const PASS: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Watcher).receive", "watch.go", 120), GO];
const TAKEN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Watcher).apply", "watch.go", 170), GO];

#[test]
fn loops_that_gave_each_other_work_before_do_not_wait_for_each_other() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        let now = 1.0 + 10.0 * round as f64;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1)).at(0, now + 0.2, Act::Wake(2, PASS));
        scene.at(0, now + 0.3, Act::Block("select", CONFIGURATION));
        scene.at(1, now + 0.4, Act::Start(2)).at(1, now + 0.5, Act::Wake(1, TAKEN));
        scene.at(1, now + 0.6, Act::Block("select", APPLY));
        scene.run(0, 1, (now + 0.7, now + 0.8), "select", CONFIGURATION);
    }
    scene.at(2, 1_000.0, Act::Ready(3)).run(2, 3, (1_000.1, 1_001.0), "network", IDLE);
    let waiting = [(1, "select", CONFIGURATION), (2, "select", APPLY), (3, "network", IDLE)];
    assert_eq!(loud(&find(&mut scene, &waiting)), Vec::<&Finding>::new());
}

const FLUSH: Stack = &[("sync.(*Cond).Wait", "cond.go", 70), ("app.(*Client).writeLoop", "client.go", 142)];
const SIGNAL: Stack = &[("sync.(*Cond).Signal", "cond.go", 84), ("app.(*Client).readLoop", "client.go", 156)];
const FRAME: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Client).readLoop", "client.go", 150),
];
const SPAWN: Stack = &[("app.(*Server).start", "server.go", 36)];

/// Writers of clients that come one after the other, each of which the reader of the same client wakes. Both are started by the same
/// helper.
#[test]
fn writers_that_their_own_readers_wake_queue_for_no_slot() {
    let mut scene = Scene::default();
    const ENTRY: Stack = &[("app.(*Server).startGoRoutine.func1", "server.go", 40)];
    for client in 0..60u64 {
        let (writer, reader, now) = (100 + 2 * client, 101 + 2 * client, 1.0 + 10.0 * client as f64);
        scene.at(3, now, Act::Ready(1)).at(3, now + 0.1, Act::Start(1));
        scene.at(3, now + 0.2, Act::MakeFor(writer, ENTRY, SPAWN)).at(3, now + 0.3, Act::MakeFor(reader, ENTRY, SPAWN));
        scene.at(3, now + 0.4, Act::Block("network", IDLE));
        scene.run(0, writer, (now + 0.5, now + 0.6), "sync.(*Cond).Wait", FLUSH);
        scene.run(1, reader, (now + 0.5, now + 0.7), "network", FRAME);
        scene.at(1, now + 8.0, Act::Ready(reader)).at(1, now + 8.1, Act::Start(reader));
        scene.at(1, now + 8.2, Act::Wake(writer, SIGNAL)).at(1, now + 8.3, Act::End);
        scene.at(0, now + 8.4, Act::Start(writer)).at(0, now + 8.5, Act::End);
    }
    let found = find(&mut scene, &[(1, "network", IDLE)]);
    assert_eq!(of_kind(&found, Kind::LimitedConcurrency), None, "{:#?}", found.list);
}

const BODY: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net/http.(*persistConn).Read", "transport.go", 2100),
    ("bufio.(*Reader).Read", "bufio.go", 220),
    ("net/http.(*body).Read", "transfer.go", 830),
    ("net/http.(*bodyEOFSignal).Read", "transport.go", 2900),
    ("io.Copy", "io.go", 388),
    ("app.copy", "app.go", 44),
    HANDLER,
    SERVE,
];

#[test]
fn the_parts_of_one_body_cannot_be_read_concurrently() {
    let mut scene = Scene::default();
    let mut now = 1.0;
    for _ in 0..6 {
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        now += 0.2;
        for _ in 0..10 {
            scene.at(0, now, Act::Block("network", BODY)).at(1, now + 8.0, Act::Ready(10)).at(
                0,
                now + 8.1,
                Act::Start(10),
            );
            now += 8.2;
        }
        scene.at(0, now, Act::Block("network", IDLE));
        now += 5.0;
    }
    let found = find(&mut scene, &handlers(10..11));
    assert!(found.list.iter().all(|one| !one.title.contains("made concurrently")), "{:#?}", found.list);
}

const ANSWER: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Client).call", "client.go", 61), HANDLER, SERVE];
const READ_NEXT: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.readFrameHeader", "frame.go", 237),
    ("app.(*Framer).ReadFrame", "frame.go", 498),
    ("app.(*Client).readLoop", "client.go", 80),
];
const HAND_ON: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Client).readLoop", "client.go", 84)];

#[test]
fn the_reader_of_a_connection_serves_nobody() {
    let mut scene = Scene::default();
    for round in 0..40u64 {
        let now = 1.0 + 20.0 * round as f64;
        for go in 10..14u64 {
            let at = now + 0.5 * (go - 10) as f64;
            scene.at(0, at, Act::Ready(go)).run(0, go, (at + 0.1, at + 0.3), "chan receive", ANSWER);
            let answer = now + 14.0 + (go - 10) as f64;
            scene.at(2, answer, Act::Ready(1)).at(1, answer + 0.1, Act::Start(1));
            scene.at(1, answer + 0.2, Act::Wake(go, HAND_ON)).at(1, answer + 0.3, Act::Block("network", READ_NEXT));
            scene.run(0, go, (answer + 0.4, answer + 0.5), "network", IDLE);
        }
    }
    let found = find(&mut scene, &[handlers(10..14), all(1..2, "network", READ_NEXT)].concat());
    assert_eq!(of_kind(&found, Kind::ChannelBacklog), None, "{:#?}", found.list);
}

const BIG: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.big", "app.go", 120), HANDLER, SERVE];
const LATE: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.late", "app.go", 121), HANDLER, SERVE];

#[test]
fn what_waits_in_a_mark_assist_does_not_count_as_running_in_it() {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10)).at(
            0,
            now + 0.2,
            Act::Gc(2 * round, Some(BIG)),
        );
        scene.at(0, now + 1.0, Act::Assist(Some(BIG))).at(0, now + 5.0, Act::Assist(None));
        scene.at(1, now, Act::Ready(11)).at(1, now + 0.1, Act::Start(11)).at(1, now + 1.0, Act::Assist(Some(LATE)));
        scene.at(1, now + 1.5, Act::Block("GC assist wait", LATE)).at(0, now + 10.0, Act::Ready(11));
        scene.at(1, now + 10.1, Act::Start(11)).at(1, now + 10.6, Act::Assist(None));
        scene.at(0, now + 12.0, Act::Gc(2 * round + 1, None)).at(0, now + 15.0, Act::Block("network", IDLE));
        scene.at(1, now + 15.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..12));
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.title.contains("80 % of the time of mark assists at app.big"), "{}", gc.title);
}

/// Ten cycles that package testing asks for, as it does before each benchmark.
#[test]
fn cycles_before_benchmarks_are_no_trouble_of_the_program() {
    const BEFORE: Stack = &[
        ("runtime.GC", "mgc.go", 500),
        ("testing.(*B).runN", "benchmark.go", 190),
        ("testing.(*B).launch", "benchmark.go", 320),
        ("app.TestMain", "app_test.go", 20),
    ];
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10)).at(
            0,
            now + 0.2,
            Act::Gc(2 * round, Some(BEFORE)),
        );
        scene.at(0, now + 15.0, Act::Gc(2 * round + 1, None)).at(0, now + 16.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..11));
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.title.contains(", 10 of them for package testing"), "{}", gc.title);
    assert!(!gc.title.contains("forced") && gc.severity == Severity::Note, "{}", gc.title);
}

const HELD: Stack = &[("sync.(*Cond).Wait", "cond.go", 70), ("app.(*Client).next", "client.go", 140), GO];
const READ_ON: Stack = &[("sync.(*Cond).Signal", "cond.go", 84), ("app.(*Reader).pass", "read.go", 15), GO];

/// One reader wakes six writers in turn, and then only a seventh, which waits for less long each time, so that those are not among
/// the waits that are kept.
#[test]
fn who_still_wakes_others_at_the_place_is_not_gone() {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(20)).at(0, 0.6, Act::Start(20));
    for turn in 0..840u64 {
        let (writer, now) = (if turn < 540 { 1 + turn % 6 } else { 7 }, 1.0 + 2.0 * turn as f64);
        scene.at(0, now, Act::Wake(writer, READ_ON)).run(1, writer, (now + 0.1, now + 0.2), "sync.(*Cond).Wait", HELD);
    }
    let waiting = [all(1..8, "sync.(*Cond).Wait", HELD), vec![(20, "network", IDLE)]].concat();
    let found = find(&mut scene, &waiting);
    assert_eq!(of_kind(&found, Kind::GoroutineLeak), None, "{:#?}", found.list);
}

const ACKNOWLEDGED: Stack =
    &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Log).Append", "log.go", 61), HANDLER, SERVE];
const RECORD: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Log).loop", "log.go", 48)];
const SYNC: Stack = &[
    ("syscall.fsync", "zsyscall.go", 40),
    ("os.(*File).Sync", "file_posix.go", 170),
    ("app.(*Log).loop", "log.go", 51),
];
const ACKNOWLEDGE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Log).loop", "log.go", 53)];

#[test]
fn records_that_wait_for_one_sync_after_the_other_are_to_be_synced_together() {
    let mut scene = Scene::default();
    scene.at(1, 0.5, Act::Ready(1)).at(1, 0.6, Act::Start(1));
    for go in 10..14u64 {
        let now = 0.1 * (go - 9) as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.02, now + 0.05), "chan receive", ACKNOWLEDGED);
    }
    for turn in 0..60u64 {
        let (go, now) = (10 + turn % 4, 1.0 + 4.0 * turn as f64);
        scene.at(1, now, Act::Call(SYNC)).at(1, now + 3.5, Act::Return).at(1, now + 3.6, Act::Wake(go, ACKNOWLEDGE));
        scene.run(0, go, (now + 3.7, now + 3.72), "network", IDLE).at(2, now + 3.74, Act::Ready(go));
        scene.run(0, go, (now + 3.76, now + 3.8), "chan receive", ACKNOWLEDGED);
    }
    let found = find(&mut scene, &[handlers(10..14), all(1..2, "chan receive", RECORD)].concat());
    let backlog = of_kind(&found, Kind::ChannelBacklog).unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(backlog.check, "Take all that waits and sync once for all of it (group commit).");
}

const JOIN: Stack =
    &[("sync.(*WaitGroup).Wait", "waitgroup.go", 118), ("app.billHour", "bill.go", 84), ("app.main", "bill.go", 100)];
const LOWER: Stack =
    &[("strings.ToLower", "strings.go", 700), ("app.aggregate", "bill.go", 39), ("app.shard", "bill.go", 60)];
const DONE: Stack = &[("sync.(*WaitGroup).Done", "waitgroup.go", 90), ("app.shard", "bill.go", 61)];

#[test]
fn a_goroutine_that_computes_in_a_library_waits_for_no_answer() {
    let mut scene = Scene::default();
    let mut now = 1.0;
    for round in 0..8u64 {
        let worker = 50 + round;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1));
        scene.at(0, now + 0.2, Act::MakeFor(worker, &[("app.shard", "bill.go", 58)], JOIN));
        scene.at(0, now + 0.3, Act::Block("sync.(*WaitGroup).Wait", JOIN));
        for part in 0..4u64 {
            let from = now + 0.4 + 10.0 * part as f64;
            scene.at(1, from, Act::Start(worker)).at(1, from + 9.9, Act::Preempt(LOWER));
        }
        scene.at(1, now + 40.4, Act::Start(worker)).at(1, now + 40.5, Act::Wake(1, DONE)).at(1, now + 40.6, Act::End);
        scene.at(0, now + 40.7, Act::Start(1)).at(0, now + 40.8, Act::Block("network", IDLE));
        now += 41.0;
    }
    let found = find(&mut scene, &[(1, "network", IDLE)]);
    assert!(found.list.iter().all(|one| !one.check.contains("other side")), "{:#?}", found.list);
}

// Loops that wait for whatever comes next.

const ACCEPT: Stack =
    &[("runtime.selectgo", "select.go", 1), ("app.(*Listener).Accept", "listen.go", 85), ("app.serve", "app.go", 2)];
const HAND_IN: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Listener).handle", "listen.go", 60)];
const CONNECTED: Stack = &[("app.(*Listener).handle", "listen.go", 50)];
const ARRIVED: Stack = &[("app.(*Entry).accept", "listen.go", 40)];

/// What the goroutine does that gives an accepting loop its last connection.
#[derive(Clone, Copy, PartialEq)]
enum Giver {
    /// One of many: it gives one connection and ends.
    OneOfMany,
    /// It gives four and ends: nothing comes any more.
    Only,
    /// It gives four, and waits for the next bytes of a file or connection.
    Reads,
}

fn accepting(giver: Giver) -> Findings {
    let mut scene = Scene::default();
    let times = if giver == Giver::OneOfMany { 1 } else { 4 };
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1)).at(0, 0.7, Act::MakeFor(50, CONNECTED, ARRIVED));
    scene.at(0, 0.8, Act::Block("network", IDLE)).at(1, 1.0, Act::Start(50));
    for round in 0..times {
        let now = 2.0 + 2.0 * round as f64;
        scene.at(1, now, Act::Wake(10, HAND_IN)).run(2, 10, (now + 0.1, now + 0.2), "select", ACCEPT);
    }
    scene.at(1, 12.0, if giver == Giver::Reads { Act::Block("network", IDLE) } else { Act::End });
    scene.at(0, 1_000.0, Act::Ready(1)).run(0, 1, (1_000.1, 1_000.2), "network", IDLE);
    find(&mut scene, &[all(10..11, "select", ACCEPT), handlers(1..2)].concat())
}

#[test]
fn a_loop_is_not_stuck_because_one_of_those_that_give_it_work_has_ended() {
    assert_eq!(loud(&accepting(Giver::OneOfMany)), Vec::<&Finding>::new());
    assert_eq!(loud(&accepting(Giver::Reads)), Vec::<&Finding>::new());
    let gone = accepting(Giver::Only);
    assert_eq!(loud(&gone).first().map(|first| first.kind), Some(Kind::GoroutineLeak), "{:#?}", gone.list);
}

// Connections that come back before new ones are made.

const WAIT_FOR_ONE: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Transport).getConn", "transport.go", 1420),
    ("net/http.(*Transport).RoundTrip", "transport.go", 600),
    ("app.(*Proxy).forward", "proxy.go", 40),
    HANDLER,
    SERVE,
];
const DIALS: Stack = &[
    ("net/http.(*Transport).queueForDial", "transport.go", 1600),
    ("net/http.(*Transport).getConn", "transport.go", 1400),
    ("net/http.(*Transport).RoundTrip", "transport.go", 600),
    ("app.(*Proxy).forward", "proxy.go", 40),
    HANDLER,
    SERVE,
];
const DIALER: Stack = &[("net/http.(*Transport).dialConnFor", "transport.go", 1650)];
const DIALING: Stack = &[
    ("internal/poll.(*FD).WaitWrite", "fd.go", 9),
    ("net/http.(*Transport).dialConn", "transport.go", 1800),
    ("net/http.(*Transport).dialConnFor", "transport.go", 1650),
];
const GIVE_BACK: Stack = &[
    ("runtime.closechan", "chan.go", 420),
    ("net/http.(*Transport).tryPutIdleConn", "transport.go", 1100),
    ("net/http.(*persistConn).readLoop", "transport.go", 2600),
];
const READ_LOOP: Stack =
    &[("net.(*netFD).Read", "fd.go", 5), ("net/http.(*persistConn).readLoop", "transport.go", 2450)];

/// Waits for a connection, each ended by one that is given back; whoever waits has one made meanwhile, or may not.
fn forwarding(is_dialing: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..30u64 {
        let (go, now, dialer) = (10 + round % 3, 1.0 + 20.0 * round as f64, 100 + round);
        scene.at(0, now, Act::Ready(go)).at(0, now + 0.1, Act::Start(go));
        if is_dialing {
            scene.at(0, now + 0.15, Act::MakeFor(dialer, DIALER, DIALS));
            scene.run(1, dialer, (now + 0.3, now + 0.4), "network", DIALING).at(1, now + 16.0, Act::Ready(dialer));
            scene.at(1, now + 16.1, Act::Start(dialer)).at(1, now + 16.2, Act::End);
        }
        scene.at(0, now + 0.2, Act::Block("select", WAIT_FOR_ONE));
        scene.at(2, now + 12.0, Act::Ready(1)).at(2, now + 12.1, Act::Start(1)).at(
            2,
            now + 12.2,
            Act::Wake(go, GIVE_BACK),
        );
        scene.at(2, now + 12.3, Act::Block("network", READ_LOOP)).run(0, go, (now + 12.4, now + 12.5), "network", IDLE);
    }
    find(&mut scene, &[handlers(10..13), all(1..2, "network", READ_LOOP)].concat())
}

#[test]
fn a_client_that_makes_connections_meanwhile_has_no_exhausted_pool() {
    let limited = forwarding(false);
    assert!(of_kind(&limited, Kind::LimitedConcurrency).is_some(), "{:#?}", limited.list);
    assert_eq!(of_kind(&forwarding(true), Kind::LimitedConcurrency), None);
}

const BACK_OFF: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("github.com/cenkalti/backoff/v4.doRetryNotify", "retry.go", 88),
    ("github.com/cenkalti/backoff/v4.RetryNotify", "retry.go", 16),
    ("app.(*Retry).forward", "retry.go", 252),
    HANDLER,
    SERVE,
];

const ATTEMPT: Stack = &[
    ("internal/poll.(*FD).WaitWrite", "fd_poll.go", 90),
    ("net.(*netFD).connect", "fd.go", 118),
    ("app.(*Retry).dial", "retry.go", 100),
    HANDLER,
    SERVE,
];

/// Requests that pause three times for a library that makes a call again: no goroutine ends these waits.
#[test]
fn pauses_between_attempts_cannot_be_made_concurrently() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        for pause in 0..3u64 {
            let (go, now) = (10 + round % 2, 1.0 + 160.0 * round as f64 + 50.0 * pause as f64);
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "network", ATTEMPT);
            scene.at(0, now + 2.0, Act::Ready(go)).run(0, go, (now + 2.1, now + 2.2), "select", BACK_OFF);
        }
        let (go, end) = (10 + round % 2, 151.0 + 160.0 * round as f64);
        scene.at(0, end, Act::Ready(go)).run(0, go, (end + 0.1, end + 0.2), "network", IDLE);
    }
    let found = find(&mut scene, &handlers(10..12));
    assert_eq!(of_kind(&found, Kind::SerialWaits), None, "{:#?}", found.list);
    let first = found.list.first().expect("a finding");
    assert!(first.title.contains("143 ms on average, in pauses between attempts in "), "{}", first.title);
}

// Writers that a condition wakes one by one.

const OUT: Stack = &[("sync.(*Cond).Wait", "cond.go", 70), ("app.(*Peer).writeLoop", "peer.go", 142)];
const PEERS: Stack = &[("app.(*Server).accept", "peer.go", 36)];
const PEER: Stack = &[("app.(*Peer).writeLoop", "peer.go", 140)];
const FLUSH_PEER: Stack = &[("sync.(*Cond).Signal", "cond.go", 84), ("app.(*Peer).flush", "peer.go", 156)];
const WAKE_ALL: Stack = &[("sync.(*Cond).Broadcast", "cond.go", 93), ("app.(*Peer).flush", "peer.go", 156)];
const STALLED: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Post", "client.go", 900),
    ("app.(*Peer).stalled", "peer.go", 150),
    ("app.(*Peer).writeLoop", "peer.go", 145),
];

/// Six goroutines that wait on a condition, of which the last to come wakes the others after a call of 30 ms.
fn peers(wake: Stack) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 10u64..16 {
        scene.at(0, 0.3 + 0.05 * (go - 10) as f64, Act::MakeFor(go, PEER, PEERS));
    }
    scene.at(0, 0.8, Act::Block("network", IDLE));
    for go in 10u64..16 {
        let (reason, stack) = if go == 10 { ("select", STALLED) } else { ("sync.(*Cond).Wait", OUT) };
        let now = 1.0 + 0.1 * (go - 10) as f64;
        scene.run(1, go, (now, now + 0.05), reason, stack);
    }
    for round in 0..12u64 {
        let now = 32.0 * (round + 1) as f64;
        scene.at(1, now, Act::Ready(10)).at(1, now + 0.1, Act::Start(10));
        for go in 11u64..16 {
            scene.at(1, now + 0.2 + 0.001 * (go - 11) as f64, Act::Wake(go, wake));
            let then = now + 0.4 + 0.1 * (go - 11) as f64;
            scene.run(2, go, (then, then + 0.05), "sync.(*Cond).Wait", OUT);
        }
        scene.at(1, now + 0.3, Act::Block("select", STALLED));
    }
    find(&mut scene, &handlers(1..2))
}

#[test]
fn writers_that_are_signalled_one_by_one_meet_at_no_barrier() {
    let is_barrier = |finding: &Finding| matches!(finding.kind, Kind::Straggler | Kind::Imbalance);
    assert!(peers(WAKE_ALL).list.iter().any(is_barrier), "{:#?}", peers(WAKE_ALL).list);
    assert!(!peers(FLUSH_PEER).list.iter().any(is_barrier), "{:#?}", peers(FLUSH_PEER).list);
}

// A holder that makes several calls.

const LOCKED: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Config).Options", "config.go", 42), HANDLER, SERVE];
const SYNCING: Stack = &[
    ("syscall.fsync", "sys.go", 1),
    ("os.(*File).Sync", "file_posix.go", 160),
    ("app.(*Config).Save", "config.go", 60),
    HANDLER,
    SERVE,
];
const RENAMING: Stack = &[
    ("syscall.rename", "sys.go", 1),
    ("os.Rename", "file_unix.go", 40),
    ("app.(*Config).Save", "config.go", 61),
    HANDLER,
    SERVE,
];
const RELEASED: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Config).Save", "config.go", 62), HANDLER, SERVE];

/// Ten saves, which sync for 12 ms and rename for so long, and readers that wait for the lock.
fn saving(renaming: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 40.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10)).at(0, now + 0.2, Act::Call(SYNCING));
        scene.at(1, now + 0.3, Act::Ready(11)).run(1, 11, (now + 0.4, now + 0.5), "sync", LOCKED);
        scene.at(0, now + 12.2, Act::Return);
        if renaming > 0.0 {
            scene.at(0, now + 12.3, Act::Call(RENAMING)).at(0, now + 12.3 + renaming, Act::Return);
        }
        let then = now + 12.5 + renaming;
        scene.at(0, then, Act::Wake(11, RELEASED)).at(0, then + 0.1, Act::Block("network", IDLE));
        scene.run(1, 11, (then + 0.2, then + 0.3), "network", IDLE);
    }
    find(&mut scene, &handlers(10..12))
}

#[test]
fn a_holder_that_made_other_calls_was_not_in_one_of_them_all_the_time() {
    let told = |renaming| {
        let found = saving(renaming);
        let lock = of_kind(&found, Kind::LockHeldOverIo).expect("the lock");
        lock.title.clone()
    };
    assert!(told(0.0).contains(" total in os.(*File).Sync at "), "{}", told(0.0));
    assert!(told(8.0).contains(" total, mostly in os.(*File).Sync at "), "{}", told(8.0));
}

// Workers that are told to end.

const CHECKER: Stack = &[("app.(*Sync).checker", "sync.go", 370)];
const CHECKERS: Stack = &[("app.(*Sync).start", "sync.go", 360)];
const GET: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("app.(*Pipe).Get", "pipe.go", 126),
    ("app.(*Sync).checker", "sync.go", 374),
];
const WALK: Stack = &[
    ("sync.(*WaitGroup).Wait", "waitgroup.go", 120),
    ("app.walk", "sync.go", 277),
    ("app.(*Sync).run", "sync.go", 380),
];
const CLOSE: Stack = &[("runtime.closechan", "chan.go", 420), ("app.(*Sync).run", "sync.go", 390)];

/// Eight workers without work, which end when who waited for other goroutines closes their channel.
#[test]
fn workers_that_are_told_to_end_waited_for_no_result() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(31)).at(0, 0.2, Act::Start(31));
    for go in 10u64..18 {
        scene.at(0, 0.3 + 0.05 * (go - 10) as f64, Act::MakeFor(go, CHECKER, CHECKERS));
        let now = 1.0 + 0.1 * (go - 10) as f64;
        scene.run(1, go, (now, now + 0.05), "select", GET);
    }
    scene.at(0, 0.9, Act::Block("network", IDLE));
    scene.at(2, 0.9, Act::Ready(30)).run(2, 30, (0.95, 1.0), "sync", WALK);
    scene.at(0, 160.0, Act::Ready(30)).at(0, 160.1, Act::Start(30));
    for go in 10u64..18 {
        scene.at(0, 160.2 + 0.001 * (go - 10) as f64, Act::Wake(go, CLOSE));
        let then = 160.3 + 0.05 * (go - 10) as f64;
        scene.at(1, then, Act::Start(go)).at(1, then + 0.02, Act::End);
    }
    scene.at(0, 165.0, Act::Block("network", IDLE));
    let found = find(&mut scene, &handlers(30..32));
    assert!(found.list.iter().all(|one| one.cause != Some(Cause::SharedResult)), "{:#?}", found.list);
}
