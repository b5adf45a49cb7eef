//! Findings on traces made in code: waits whose other side will not come, or is not what it seems: connections that are not
//! given back, a receiver that sends to itself, finalizers, and child processes.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, cause, find, handlers, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::Kind;

const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];

// Connections that are not given back.

const CONN: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("database/sql.(*DB).conn", "sql.go", 1360),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.pay", "app.go", 20),
    HANDLER,
    SERVE,
];
const ASKING: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("driver.(*conn).QueryContext", "driver.go", 9),
    ("database/sql.(*DB).queryDC", "sql.go", 1800),
    ("app.total", "app.go", 40),
    HANDLER,
    SERVE,
];
const PUT: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("database/sql.(*DB).putConnDBLocked", "sql.go", 1500),
    ("database/sql.(*Rows).Close", "sql.go", 3300),
    ("app.total", "app.go", 44),
    HANDLER,
    SERVE,
];
const AWAIT: Stack = &[("runtime.selectgo", "select.go", 1), ("database/sql.(*Rows).awaitDone", "sql.go", 2990)];
const OPEN_ROWS: Stack = &[
    ("database/sql.(*Rows).initContextClose", "sql.go", 2960),
    ("database/sql.(*DB).queryDC", "sql.go", 1830),
    ("app.export", "app.go", 60),
    HANDLER,
    SERVE,
];

/// What else is there while four handlers wait for a connection, from 20 ms on.
#[derive(Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    /// A query is under way.
    Query,
    /// A connection is given back to one of them now and then.
    Returns,
    /// Rows that were opened before are still open.
    OpenRows,
}

fn waiting_for_connections(beside: Beside) -> Findings {
    let mut scene = Scene::default();
    if beside == Beside::OpenRows {
        scene.at(0, 1.0, Act::Ready(20)).at(0, 1.1, Act::Start(20));
        for go in 50u64..52 {
            scene.at(0, 1.2 + 0.1 * (go - 50) as f64, Act::MakeFor(go, AWAIT, OPEN_ROWS));
            scene.run(1, go, (2.0 + 0.2 * (go - 50) as f64, 2.1 + 0.2 * (go - 50) as f64), "select", AWAIT);
        }
        scene.at(0, 3.0, Act::Block("network", IDLE));
    }
    if beside == Beside::Query {
        scene.at(0, 10.0, Act::Ready(20)).run(0, 20, (10.1, 10.2), "network", ASKING);
    }
    for go in 10u64..14 {
        let now = 20.0 + (go - 10) as f64;
        scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.1, now + 0.2), "select", CONN);
    }
    if beside == Beside::Returns {
        for round in 0..9u64 {
            let (go, now) = (10 + round % 4, 100.0 + 40.0 * round as f64);
            scene.at(0, now, Act::Ready(20)).at(0, now + 0.1, Act::Start(20)).at(0, now + 0.2, Act::Wake(go, PUT));
            scene.at(0, now + 0.3, Act::Block("network", IDLE));
            scene.run(1, go, (now + 0.3, now + 0.4), "select", CONN);
        }
    }
    scene.at(1, 450.0, Act::Ready(1)).run(1, 1, (450.1, 450.2), "chan receive", LOOP);
    find(&mut scene, &[handlers(10..14), handlers(20..21), vec![(1, "chan receive", LOOP)]].concat())
}

#[test]
fn connections_that_nobody_gives_back_are_missed() {
    let found = waiting_for_connections(Beside::Nothing);
    let first = assert_first(&found, Kind::LimitedConcurrency, "connections_kept", "app.pay");
    assert_eq!(number(first, "stuck"), Some(4), "{}", first.title);
    assert!(first.check.contains("rows.Close"), "{}", first.check);
    assert!(
        first.headline.starts_with("Waiting for a connection of database/sql, none given for"),
        "{}",
        first.headline
    );
    assert!(found.list.iter().all(|one| one.kind != Kind::GoroutineLeak), "{:?}", found.list);
}

#[test]
fn whoever_has_open_rows_keeps_the_connections() {
    let found = waiting_for_connections(Beside::OpenRows);
    let first = assert_first(&found, Kind::LimitedConcurrency, "connections_kept", "app.export");
    assert!(
        first.title.contains("2 Rows or Tx were open, most of them begun in app.export (app.go:60)"),
        "{}",
        first.title
    );
}

#[test]
fn connections_in_use_or_given_back_are_not_lost() {
    for beside in [Beside::Query, Beside::Returns] {
        let found = waiting_for_connections(beside);
        assert!(found.list.iter().all(|one| cause(one) != "connections_kept"), "{:?}", found.list);
    }
}

// Channels.

const PUBLISH: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Bus).Publish", "bus.go", 36), ("app.order", "app.go", 27)];
const PUBLISH_INSIDE: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("app.(*Bus).Publish", "bus.go", 36),
    ("app.reserve", "stock.go", 35),
    ("app.(*Bus).Run", "bus.go", 43),
];
const RECEIVE: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Bus).Run", "bus.go", 41)];
const PAUSE: Stack = &[("time.Sleep", "time.go", 300), ("app.order", "app.go", 30)];
const STORE: Stack =
    &[("internal/poll.(*FD).Write", "fd_unix.go", 370), ("app.store", "app.go", 50), ("app.(*Bus).Run", "bus.go", 44)];

/// Six senders, and a receiver that waits in the same send itself in the end; it is seen to receive only if `is_seen`.
fn receiver_that_sends(is_seen: bool) -> Findings {
    let mut scene = Scene::default();
    if is_seen {
        for (round, go) in (10u64..16).enumerate() {
            let now = 1.0 + 5.0 * round as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "chan send", PUBLISH);
            scene.at(0, now + 1.0, Act::Ready(1)).at(0, now + 1.1, Act::Start(1));
            scene.at(0, now + 1.2, Act::Wake(go, RECEIVE)).at(0, now + 1.3, Act::Block("chan receive", RECEIVE));
            scene.run(1, go, (now + 1.4, now + 1.5), "sleep", PAUSE);
        }
    }
    scene.at(0, 40.0, Act::Ready(1)).run(0, 1, (40.1, 40.2), "chan send", PUBLISH_INSIDE);
    for go in 10u64..16 {
        let now = 42.0 + (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "chan send", PUBLISH);
    }
    scene.at(2, 500.0, Act::Ready(2)).run(2, 2, (500.1, 500.2), "chan receive", LOOP);
    let senders = (10u64..16).map(|go| (go, "sleep", PAUSE));
    find(&mut scene, &senders.chain([(1, "chan receive", RECEIVE), (2, "chan receive", LOOP)]).collect::<Vec<_>>())
}

#[test]
fn a_receiver_that_sends_to_its_own_channel_waits_for_itself() {
    let found = receiver_that_sends(true);
    let first = assert_first(&found, Kind::GoroutineLeak, "receiver_sends", "app.(*Bus).Publish");
    assert!(first.title.contains("G1, which received before, waits in the same send itself"), "{}", first.title);
    let found = receiver_that_sends(false);
    let first = assert_first(&found, Kind::GoroutineLeak, "receiver_sends", "app.(*Bus).Publish");
    assert!(first.title.contains("G1 sends from inside app.(*Bus).Run (bus.go:43)"), "{}", first.title);
}

// A semaphore.

const ACQUIRE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Pool).row", "pool.go", 57)];
const GIVE_BACK: Stack = &[("runtime.chanrecv1", "chan.go", 510), ("app.(*Pool).row", "pool.go", 66)];
const WORK: Stack = &[("time.Sleep", "time.go", 300), ("app.(*Pool).row", "pool.go", 65)];

#[test]
fn slots_that_are_not_given_back_are_no_receiver_that_sends() {
    let mut scene = Scene::default();
    // Each waits for a slot, which the one before it gives back.
    for round in 0..12u64 {
        let (go, next, now) = (10 + round % 6, 10 + (round + 1) % 6, 1.0 + 4.0 * round as f64);
        scene.at(1, now, Act::Ready(next)).run(1, next, (now + 0.1, now + 0.2), "chan send", ACQUIRE);
        scene.at(0, now + 1.0, Act::Ready(go)).at(0, now + 1.1, Act::Start(go));
        scene.at(0, now + 1.2, Act::Wake(next, GIVE_BACK)).at(0, now + 1.3, Act::Block("sleep", WORK));
        scene.run(1, next, (now + 1.4, now + 1.5), "sleep", WORK);
    }
    for go in 10u64..16 {
        let now = 60.0 + (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.1, now + 0.2), "chan send", ACQUIRE);
    }
    scene.at(2, 500.0, Act::Ready(2)).run(2, 2, (500.1, 500.2), "chan receive", LOOP);
    let workers = (10u64..16).map(|go| (go, "sleep", WORK));
    let found = find(&mut scene, &workers.chain([(2, "chan receive", LOOP)]).collect::<Vec<_>>());
    let first = assert_first(&found, Kind::GoroutineLeak, "slots_kept", "app.(*Pool).row");
    assert!(first.title.contains("6 of them received from the channel before"), "{}", first.title);
    assert!(first.check.starts_with("Give the slot back on every path"), "{}", first.check);
}

/// Six senders for one receiver that stores what it got: two at once, and then a pause of 200 ms, in which it still is when
/// the trace ends, `last` ms after the last one.
fn slow_receiver(last: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 200.0 * round as f64;
        for go in 10u64..16 {
            let at = now + 0.3 * (go - 10) as f64;
            scene.at(1, at, Act::Ready(go)).run(1, go, (at + 0.1, at + 0.2), "chan send", PUBLISH);
        }
        scene.at(0, now + 5.0, Act::Ready(1)).at(0, now + 5.1, Act::Start(1));
        for go in 10u64..16 {
            let at = now + 5.2 + 0.1 * (go - 10) as f64;
            scene.at(0, at, Act::Wake(go, RECEIVE)).run(1, go, (at + 0.02, at + 0.05), "sleep", PAUSE);
        }
        scene.at(0, now + 6.0, Act::Block("network", STORE));
    }
    for go in 10u64..16 {
        let at = 1_810.0 + 0.3 * (go - 10) as f64;
        scene.at(1, at, Act::Ready(go)).run(1, go, (at + 0.1, at + 0.2), "chan send", PUBLISH);
    }
    scene.at(2, 1_806.0 + last, Act::Ready(2)).run(2, 2, (1_806.1 + last, 1_806.2 + last), "chan receive", LOOP);
    let senders = (10u64..16).map(|go| (go, "sleep", PAUSE));
    find(&mut scene, &senders.chain([(1, "network", STORE), (2, "chan receive", LOOP)]).collect::<Vec<_>>())
}

#[test]
fn a_receiver_that_was_away_as_long_before_may_come_back() {
    let gone = |found: &Findings| found.list.iter().any(|one| cause(one) == "vanished_partner");
    assert!(!gone(&slow_receiver(230.0)));
    assert!(gone(&slow_receiver(900.0)));
}

const FINALIZE: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("app.(*Texture).release", "arena.go", 60),
    ("runtime.runFinalizers", "mfinal.go", 250),
];
const FINALIZERS: Stack = &[("runtime.runFinalizers", "mfinal.go", 200)];
const GIVE: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("app.(*Texture).release", "arena.go", 61),
    ("runtime.runFinalizers", "mfinal.go", 250),
];
const SLOT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Arena).Upload", "arena.go", 44), HANDLER, SERVE];

#[test]
fn slots_that_only_finalizers_give_back_are_said_to_be() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1)).at(0, 0.3, Act::MakeFor(5, FINALIZERS, LOOP));
    scene.at(0, 0.4, Act::Block("chan receive", LOOP));
    scene.run(2, 5, (0.5, 0.6), "chan receive", FINALIZE);
    for go in 10u64..22 {
        let now = 1.0 + 0.1 * (go - 10) as f64;
        scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.02, now + 0.05), "chan receive", SLOT);
    }
    for round in 0..80u64 {
        let (go, now) = (10 + round % 12, 10.0 + 6.0 * round as f64);
        scene.at(0, now, Act::Ready(5)).at(0, now + 0.1, Act::Start(5)).at(0, now + 0.2, Act::Wake(go, GIVE));
        scene.at(0, now + 0.3, Act::Block("chan receive", FINALIZE));
        scene.run(1, go, (now + 0.3, now + 0.4), "network", IDLE);
        scene.at(1, now + 0.6, Act::Ready(go)).run(1, go, (now + 0.7, now + 0.8), "chan receive", SLOT);
    }
    let found = find(&mut scene, &[handlers(10..22), vec![(1, "chan receive", LOOP)]].concat());
    let first = assert_first(&found, Kind::ChannelBacklog, "finalizer", "app.(*Texture).release");
    assert!(first.title.contains("for G5 (which runs finalizers)"), "{}", first.title);
}

// Child processes.

const CHILD: Stack = &[
    ("syscall.Syscall6", "syscall_linux.go", 96),
    ("os.(*Process).blockUntilWaitable", "wait_waitid.go", 32),
    ("os.(*Process).Wait", "exec.go", 347),
    ("os/exec.(*Cmd).Wait", "exec.go", 922),
    ("os/exec.(*Cmd).Run", "exec.go", 627),
    ("app.convert", "app.go", 48),
    HANDLER,
    SERVE,
];
const FORK: Stack = &[
    ("syscall.forkExec", "exec_unix.go", 210),
    ("os/exec.(*Cmd).Start", "exec.go", 700),
    ("os/exec.(*Cmd).Run", "exec.go", 624),
    ("app.convert", "app.go", 48),
    HANDLER,
    SERVE,
];

/// Twelve requests that each start a process, in `fork` ms, and wait for it, `wait` ms.
fn converting(fork: f64, wait: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..12u64 {
        let now = 1.0 + (fork + wait + 2.0) * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Call(FORK)).at(0, now + 0.2 + fork, Act::Return);
        scene.at(0, now + 0.3 + fork, Act::Call(CHILD)).at(0, now + 0.3 + fork + wait, Act::Return);
        scene.at(0, now + 0.5 + fork + wait, Act::Block("network", IDLE));
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn waiting_for_a_child_process_is_no_matter_of_batching_calls() {
    let found = converting(1.0, 30.0);
    let first = assert_first(&found, Kind::SlowSyscall, "child_process", "app.convert");
    assert_eq!((number(first, "calls"), number(first, "children")), (Some(24), Some(12)), "{}", first.title);
    assert!(first.title.ends_with("waited for a child process to end"), "{}", first.title);
    let found = converting(30.0, 1.0);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::SlowSyscall, ""), "{}", first.title);
}

// Writes to a connection.

const PUSH: Stack = &[
    ("internal/poll.(*FD).Write", "fd_unix.go", 370),
    ("net.(*conn).Write", "net.go", 200),
    ("app.deliver", "hub.go", 83),
    ("app.run", "hub.go", 70),
    ("app.handle", "hub.go", 60),
    SERVE,
];

#[test]
fn writes_to_one_slow_reader_are_not_to_be_made_concurrently() {
    let mut scene = Scene::default();
    for round in 0..8u64 {
        let now = 1.0 + 50.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        for write in 0..4u64 {
            let at = now + 0.2 + 10.0 * write as f64;
            scene.at(0, at, Act::Block("network", PUSH)).at(1, at + 9.0, Act::Ready(10)).at(
                0,
                at + 9.1,
                Act::Start(10),
            );
        }
        scene.at(0, now + 45.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &handlers(10..11));
    assert!(found.list.iter().all(|one| !one.title.contains("made concurrently")), "{:?}", found.list);
}

// Libraries' own locks, name lookups, and leaks that are older than the trace.

const LOG_WAIT: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("log.(*Logger).output", "log.go", 220),
    ("log.(*Logger).Printf", "log.go", 260),
    ("app.note", "app.go", 67),
    HANDLER,
    SERVE,
];
const LOG_WRITE: Stack = &[
    ("internal/poll.(*FD).Write", "fd_unix.go", 370),
    ("os.(*File).Write", "file.go", 210),
    ("log.(*Logger).output", "log.go", 240),
    ("log.(*Logger).Printf", "log.go", 260),
    ("app.note", "app.go", 67),
    HANDLER,
    SERVE,
];
const LOGGED: Stack = &[
    ("sync.(*Mutex).Unlock", "mutex.go", 60),
    ("log.(*Logger).output", "log.go", 241),
    ("log.(*Logger).Printf", "log.go", 260),
    ("app.note", "app.go", 67),
    HANDLER,
    SERVE,
];

/// Requests in turns: one holds a lock during a write of 30 ms, five wait for it.
fn held_lock(wait: Stack, write: Stack, unlock: Stack) -> Findings {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 50.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "network", write);
        for go in 11u64..16 {
            let at = now + 0.3 + 0.1 * (go - 11) as f64;
            scene.at(1, at, Act::Ready(go)).run(1, go, (at + 0.02, at + 0.05), "sync", wait);
        }
        scene.at(0, now + 30.0, Act::Ready(10)).at(0, now + 30.1, Act::Start(10));
        for go in 11u64..16 {
            let at = now + 30.2 + 0.1 * (go - 11) as f64;
            scene.at(0, at, Act::Wake(go, unlock)).run(1, go, (at + 0.02, at + 0.05), "network", IDLE);
        }
        scene.at(0, now + 31.0, Act::Block("network", IDLE));
    }
    find(&mut scene, &handlers(10..16))
}

#[test]
fn nobody_is_told_to_release_the_lock_of_a_logger() {
    let found = held_lock(LOG_WAIT, LOG_WRITE, LOGGED);
    let first = assert_first(&found, Kind::LockHeldOverIo, "held_over_slow_call", "app.note");
    assert!(first.check.starts_with("The lock is the logger's"), "{}", first.check);
}

const STORE_WAIT: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Store).Put", "app.go", 70), HANDLER, SERVE];
const STORE_WRITE: Stack = &[
    ("internal/poll.(*FD).Write", "fd_unix.go", 370),
    ("net/http.Post", "client.go", 900),
    ("app.(*Store).Put", "app.go", 72),
    HANDLER,
    SERVE,
];
const STORED: Stack = &[("sync.(*Mutex).Unlock", "mutex.go", 60), ("app.(*Store).Put", "app.go", 73), HANDLER, SERVE];

#[test]
fn the_programs_own_lock_is_to_be_released_before_a_slow_call() {
    let found = held_lock(STORE_WAIT, STORE_WRITE, STORED);
    let first = assert_first(&found, Kind::LockHeldOverIo, "held_over_slow_call", "app.(*Store).Put");
    assert!(first.check.starts_with("Release the lock before the slow call"), "{}", first.check);
}

const GET_CONN: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Transport).getConn", "transport.go", 1400),
    ("net/http.(*Client).Do", "client.go", 590),
    ("app.offer", "app.go", 44),
    HANDLER,
    SERVE,
];
const LOOKUP: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net.(*Resolver).lookupIPAddr", "lookup.go", 330),
    ("net.(*Dialer).DialContext", "dial.go", 500),
    ("net/http.(*Transport).dialConnFor", "transport.go", 1480),
];
const CONNECT: Stack = &[
    ("net.(*netFD).connect", "fd_unix.go", 118),
    ("net.(*Dialer).DialContext", "dial.go", 520),
    ("net/http.(*Transport).dialConnFor", "transport.go", 1480),
];
const DIALED: Stack = &[
    ("runtime.closechan", "chan.go", 400),
    ("net/http.(*wantConn).tryDeliver", "transport.go", 1200),
    ("net/http.(*Transport).dialConnFor", "transport.go", 1490),
];

/// Requests that wait 40 ms each for a new connection, of which looking up the name takes `lookup`.
fn dialing(lookup: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..12u64 {
        let (now, dialer) = (1.0 + 45.0 * round as f64, 100 + round);
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::MakeFor(dialer, &DIALED[2..], GET_CONN)).at(
            0,
            now + 0.3,
            Act::Block("select", GET_CONN),
        );
        scene.run(1, dialer, (now + 0.4, now + 0.5), "select", LOOKUP);
        scene.at(1, now + 0.5 + lookup, Act::Ready(dialer));
        scene.run(1, dialer, (now + 0.6 + lookup, now + 0.7 + lookup), "network", CONNECT);
        scene.at(1, now + 40.0, Act::Ready(dialer)).at(1, now + 40.1, Act::Start(dialer));
        scene.at(1, now + 40.2, Act::Wake(10, DIALED)).at(1, now + 40.3, Act::End);
        scene.run(0, 10, (now + 40.3, now + 40.4), "network", IDLE);
    }
    find(&mut scene, &handlers(10..11))
}

#[test]
fn new_connections_that_wait_for_a_name_say_so() {
    let slow = |lookup| {
        let found = dialing(lookup);
        let first = found.list.first().expect("a finding");
        (first.kind, cause(first).to_owned(), first.title.clone())
    };
    let (kind, cause, title) = slow(36.0);
    assert_eq!((kind, cause.as_str()), (Kind::SerialWaits, "slow_lookup"), "{title}");
    assert!(title.contains(", 90 % of that for a name lookup,"), "{title}");
    let (kind, cause, title) = slow(2.0);
    assert_eq!((kind, cause.as_str()), (Kind::SerialWaits, "slow_dial"), "{title}");
    assert!(!title.contains("lookup"), "{title}");
}
