//! Findings on traces made in code: causes that look alike and must be told apart, and how bad they are.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{IDLE, Waiting, all, cause, culprit, find, loud, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};

const PAUSE: Stack = &[("time.Sleep", "time.go", 300), ("app.client", "app.go", 10)];
const PUT: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Sink).Put", "app.go", 20), ("app.client", "app.go", 11)];
const TAKE: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Sink).run", "app.go", 30)];
const ASK: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Line).ask", "app.go", 40),
    ("app.(*Sink).run", "app.go", 31),
];

/// Eight clients that each wait so long in each of 60 rounds until one consumer takes what they send.
fn sends(wait: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..60u64 {
        let start = 1.0 + 10.0 * round as f64;
        scene.at(0, start, Act::Ready(1)).run(0, 1, (start + 0.01, start + 0.02), "network", ASK);
        for go in 10u64..18 {
            let now = start + 0.1 + 0.02 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.005, now + 0.01), "chan send", PUT);
        }
        let end = start + 0.26 + wait;
        scene.at(0, end, Act::Ready(1)).at(0, end + 0.01, Act::Start(1));
        for go in 10u64..18 {
            let now = end + 0.02 + 0.03 * (go - 10) as f64;
            scene.at(0, now, Act::Wake(go, TAKE)).run(1, go, (now + 0.005, now + 0.02), "sleep", PAUSE);
        }
        scene.at(0, end + 1.0, Act::Block("select", TAKE));
    }
    find(&mut scene, &[all(10..18, "sleep", PAUSE), vec![(1, "select", TAKE)]].concat())
}

#[test]
fn short_waits_that_take_little_of_the_time_of_those_who_wait_are_no_trouble() {
    let found = sends(0.2);
    assert_eq!(loud(&found), Vec::<&Finding>::new());
    let found = sends(6.0);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, first.severity), (Kind::ChannelBacklog, Severity::Severe), "{}", first.title);
}

const FIRST: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.Transfer", "app.go", 50), ("app.teller", "app.go", 60)];
const CHECK: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.check", "app.go", 70),
    ("app.Transfer", "app.go", 51),
    ("app.teller", "app.go", 60),
];
const SECOND: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.Transfer", "app.go", 52), ("app.teller", "app.go", 60)];
const FREE: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.Transfer", "app.go", 55), ("app.teller", "app.go", 60)];
const REST: Stack = &[("time.Sleep", "time.go", 300), ("app.teller", "app.go", 61)];

/// `one` has the lock over a check of 4 ms, and hands it to `other`, which comes meanwhile.
fn transfer(scene: &mut Scene, at: f64, proc: u64, (one, other): (u64, u64)) {
    scene.at(proc, at, Act::Ready(one)).run(proc, one, (at + 0.1, at + 0.2), "network", CHECK);
    scene.at(proc, at + 1.0, Act::Ready(other)).run(proc, other, (at + 1.1, at + 1.2), "sync", FIRST);
    scene.at(proc, at + 4.0, Act::Ready(one)).at(proc, at + 4.1, Act::Start(one));
    scene.at(proc, at + 4.2, Act::Wake(other, FREE)).at(proc, at + 4.3, Act::Block("sleep", REST));
    scene.run(proc, other, (at + 4.4, at + 4.5), "network", CHECK);
}

/// Whoever `transfer` leaves with the lock lets go of it.
fn let_go(scene: &mut Scene, at: f64, proc: u64, go: u64) {
    scene.at(proc, at, Act::Ready(go)).run(proc, go, (at + 0.1, at + 0.2), "sleep", REST);
}

#[test]
fn a_deadlock_between_locks_that_were_used_before_is_told_apart_from_the_waits_that_ended() {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let at = 1.0 + 20.0 * round as f64;
        transfer(&mut scene, at, 0, (10, 11));
        let_go(&mut scene, at + 9.0, 0, 11);
    }
    // Both have a lock; they wait for each other's, and a third one behind them.
    transfer(&mut scene, 250.0, 0, (12, 10));
    scene.at(2, 251.0, Act::Ready(11)).run(2, 11, (251.1, 251.2), "network", CHECK);
    scene.at(0, 258.0, Act::Ready(10)).run(0, 10, (258.1, 258.2), "sync", SECOND);
    scene.at(2, 259.0, Act::Ready(11)).run(2, 11, (259.1, 259.2), "sync", SECOND);
    scene.at(2, 262.0, Act::Ready(12)).run(2, 12, (262.1, 262.2), "sync", FIRST);
    // Others go on, with locks of their own.
    for round in 0..40u64 {
        let at = 2.0 + 20.0 * round as f64;
        transfer(&mut scene, at, 3, (20, 21));
        let_go(&mut scene, at + 9.0, 3, 21);
    }
    let found = find(&mut scene, &[all(10..13, "sleep", REST), all(20..22, "sleep", REST)].concat());
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::LockContention, "deadlock"), "{}", first.title);
    assert!(first.title.contains("(app.go:52)") && first.title.contains("1 goroutine queue"), "{}", first.title);
    for other in found.list.iter().filter(|finding| number(finding, "holder_ns").is_some()) {
        assert!(other.severity < Severity::Severe, "a deadlock is the trouble: {}", other.title);
        assert!(number(other, "wait_max_ns") < Some(10 * MS), "{}", other.title);
    }
}

const ACK: Stack =
    &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Batch).Put", "app.go", 80), ("app.client", "app.go", 12)];
const HAND: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Batch).Put", "app.go", 79), ("app.client", "app.go", 12)];
const GATHER: Stack = &[("runtime.selectgo", "select.go", 1), ("app.(*Batch).run", "app.go", 90)];
const ANSWER: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Batch).write", "app.go", 95), ("app.(*Batch).run", "app.go", 92)];

/// Six clients that wait for what one goroutine does each time its ticker fires; `asks`: they hand it something before.
fn batches(every: f64, asks: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..12u64 {
        let start = 1.0 + every * round as f64;
        for go in 10u64..16 {
            let now = start + 0.2 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).at(1, now + 0.01, Act::Start(go));
            if asks {
                scene.at(1, now + 0.02, Act::Wake(1, HAND)).run(0, 1, (now + 0.04, now + 0.05), "select", GATHER);
            }
            scene.at(1, now + 0.06, Act::Block("chan receive", ACK));
        }
        let end = start + every - 2.0;
        scene.at(0, end, Act::Ready(1)).at(0, end + 0.01, Act::Start(1));
        for go in 10u64..16 {
            let now = end + 0.1 * (go - 9) as f64;
            scene.at(0, now, Act::Wake(go, ANSWER)).run(1, go, (now + 0.01, now + 0.05), "sleep", PAUSE);
        }
        scene.at(0, end + 1.0, Act::Block("select", GATHER));
    }
    find(&mut scene, &[all(10..16, "sleep", PAUSE), vec![(1, "select", GATHER)]].concat())
}

#[test]
fn answers_that_wait_for_a_timer_are_found() {
    let found = batches(70.0, true);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::PollingSleep, "batch_timer"), "{}", first.title);
    assert_eq!((first.severity, culprit(first)), (Severity::Severe, "app.(*Batch).run"), "{}", first.title);
    // A short interval is how batches are made.
    assert_eq!(loud(&batches(10.0, true)), Vec::<&Finding>::new());
    // Whoever only listens for news has asked for nothing.
    let found = batches(70.0, false);
    assert!(found.list.iter().all(|finding| cause(finding) != "batch_timer"), "{:?}", found.list);
}

const LOOKUP: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("net.(*Resolver).goLookupIPCNAMEOrder", "dnsclient_unix.go", 700),
    ("net.(*Resolver).LookupHost", "lookup.go", 200),
    ("app.(*Courier).address", "app.go", 100),
    ("app.(*Courier).run", "app.go", 110),
];
const EXCHANGE: Stack = &[
    ("net.(*Resolver).exchange", "dnsclient_unix.go", 180),
    ("net.(*Resolver).lookup.func1", "dnsclient_unix.go", 696),
];
const FOUND: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("net.(*Resolver).lookup.func1", "dnsclient_unix.go", 697)];
const HELPER: Stack = &[("net.(*Resolver).lookup.func1", "dnsclient_unix.go", 690)];
const POST: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Line).ask", "app.go", 40),
    ("app.(*Courier).run", "app.go", 112),
];

/// Each wait is ended by another goroutine, which lives for this look-up alone.
#[test]
fn look_ups_that_take_most_of_the_time_of_workers_are_found_by_place() {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        for worker in 0..3u64 {
            let (now, go, helper) = (1.0 + 50.0 * round as f64 + worker as f64, 10 + worker, 100 + 3 * round + worker);
            scene.at(worker, now, Act::Ready(go)).at(worker, now + 0.1, Act::Start(go));
            scene.at(worker, now + 0.2, Act::MakeFor(helper, HELPER, LOOKUP));
            scene.at(worker, now + 0.3, Act::Block("chan receive", LOOKUP));
            scene.run(worker, helper, (now + 0.4, now + 0.5), "network", EXCHANGE);
            scene.at(worker, now + 40.0, Act::Ready(helper)).at(worker, now + 40.1, Act::Start(helper));
            scene.at(worker, now + 40.2, Act::Wake(go, FOUND)).at(worker, now + 40.3, Act::End);
            scene.run(worker, go, (now + 40.4, now + 40.5), "network", POST);
        }
    }
    let found = find(&mut scene, &all(10..13, "network", POST));
    let first = found.list.first().expect("a finding");
    assert_eq!((cause(first), culprit(first)), ("slow_lookup", "app.(*Courier).address"), "{}", first.title);
    assert_eq!((first.severity, number(first, "workers")), (Severity::Warning, Some(3)), "{}", first.title);
}

const JOIN: Stack =
    &[("sync.(*WaitGroup).Wait", "waitgroup.go", 118), ("app.round", "app.go", 120), ("app.main", "app.go", 1)];
const MAKE: Stack = &[("app.round", "app.go", 118), ("app.main", "app.go", 1)];
const SHARE: Stack = &[("app.round.func1", "app.go", 130)];
const INDEX: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Line).ask", "app.go", 40),
    ("app.round.func1", "app.go", 131),
];
const DONE: Stack = &[
    ("sync.(*WaitGroup).Add", "waitgroup.go", 80),
    ("sync.(*WaitGroup).Done", "waitgroup.go", 90),
    ("app.round.func1", "app.go", 132),
];

/// Five rounds of three workers, of which one (by round, in order of creation) takes eight times as long as the others: for
/// eight times as much, or for one thing.
fn uneven(late: impl Fn(u64) -> u64, is_much: bool) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for round in 0..5u64 {
        let (start, first) = (1.0 + 100.0 * round as f64, 100 + 3 * round);
        for go in first..first + 3 {
            scene.at(0, start + 0.1 * (go - first) as f64, Act::MakeFor(go, SHARE, MAKE));
        }
        scene.at(0, start + 0.5, Act::Block("sync", JOIN));
        for worker in 0..3u64 {
            let (proc, go, is_late) = (1 + worker, first + worker, worker == late(round));
            let (steps, each) = if is_late && is_much { (8, 10.0) } else { (1, if is_late { 80.0 } else { 10.0 }) };
            for step in 0..steps {
                let now = start + 1.0 + each * f64::from(step);
                scene.run(proc, go, (now, now + 0.1), "network", INDEX).at(proc, now + each - 0.5, Act::Ready(go));
            }
            let end = start + 1.0 + each * f64::from(steps);
            scene.at(proc, end, Act::Start(go));
            if is_late {
                scene.at(proc, end + 0.1, Act::Wake(1, DONE));
            }
            scene.at(proc, end + 0.2, Act::End);
        }
        scene.at(0, start + 82.0, Act::Start(1));
    }
    scene.at(0, 500.0, Act::Block("chan receive", &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)]));
    let waiting: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];
    find(&mut scene, &[(1, "chan receive", waiting)])
}

#[test]
fn rounds_in_which_one_worker_gets_most_of_the_work_are_severe() {
    let found = uneven(|_| 2, true);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, first.severity), (Kind::Imbalance, Severity::Severe), "{}", first.title);
    assert_eq!(culprit(first), "app.round.func1", "{}", first.title);
    assert!(first.title.contains("one of 3 took longest each time, "), "{}", first.title);
    assert!(first.title.ends_with("; in 5 rounds it was number 3 in order of creation"), "{}", first.title);
    // It has more to do, not something slower.
    assert_eq!(cause(first), "");
}

#[test]
fn who_is_always_the_late_one_is_said_though_the_goroutines_are_new_in_each_round() {
    let same = uneven(|_| 1, false);
    let first = same.list.first().expect("a finding");
    assert!(first.title.ends_with("; in 5 rounds it was number 2 in order of creation"), "{}", first.title);
    assert_eq!((first.kind, cause(first)), (Kind::Imbalance, "same_one"), "{}", first.title);
    let other = uneven(|round| round % 3, false);
    let first = other.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::Imbalance, ""), "{}", first.title);
    assert!(!first.title.contains("order of creation"), "{}", first.title);
}

const LOCATE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Line).ask", "app.go", 40),
    ("app.locate", "app.go", 140),
    ("app.stage", "app.go", 150),
];
const STORE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Line).ask", "app.go", 40),
    ("app.store", "app.go", 145),
    ("app.stage", "app.go", 150),
];
const NEXT: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.stage", "app.go", 151)];
const OFFER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.source", "app.go", 160)];

#[test]
fn of_a_helper_that_is_slow_for_one_caller_the_caller_is_named() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 10.0 * round as f64;
        scene.at(2, now, Act::Ready(3)).run(2, 3, (now + 0.1, now + 0.2), "chan send", OFFER);
        scene.at(0, now + 0.3, Act::Ready(1)).run(0, 1, (now + 0.4, now + 0.5), "network", LOCATE);
        scene.at(1, now + 0.3, Act::Ready(2)).run(1, 2, (now + 0.4, now + 0.5), "network", STORE);
        scene.at(1, now + 0.8, Act::Ready(2)).run(1, 2, (now + 0.9, now + 1.0), "chan receive", NEXT);
        scene.at(0, now + 9.0, Act::Ready(1)).at(0, now + 9.1, Act::Start(1)).at(0, now + 9.2, Act::Wake(3, NEXT));
        scene.at(0, now + 9.3, Act::Block("chan receive", NEXT));
        scene.run(2, 3, (now + 9.4, now + 9.5), "chan send", OFFER).at(0, now + 9.6, Act::Ready(1));
        scene.at(0, now + 9.65, Act::Start(1)).at(0, now + 9.7, Act::Wake(3, NEXT));
        scene.at(0, now + 9.75, Act::Block("chan receive", NEXT));
        scene.run(2, 3, (now + 9.8, now + 9.85), "sleep", PAUSE);
    }
    let waiting = [(1, "chan receive", NEXT), (2, "chan receive", NEXT), (3, "sleep", PAUSE)];
    let found = find(&mut scene, &waiting);
    let first = found.list.iter().find(|finding| finding.kind == Kind::ChannelBacklog).expect("a backlog");
    assert_eq!(culprit(first), "app.locate", "{}", first.title);
}

const SERVE: (&str, &str, u64) = ("net/http.(*conn).serve", "server.go", 2000);
const POKE: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("net/http.(*persistConn).readLoop", "transport.go", 2600)];
const RELEASE: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Rules).renew", "app.go", 172), ("app.keep", "app.go", 175)];
const READ: Stack = &[("os.(*File).Write", "file.go", 1), ("app.(*Rules).get", "app.go", 180), SERVE];
const KEEP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.keep", "app.go", 176)];

/// The first stack after the wait is a library's alone; the program's own comes next.
#[test]
fn a_holder_whose_wait_began_before_the_trace_is_seen_where_the_program_goes_on() {
    let mut scene = Scene::default();
    scene.at(0, 80.0, Act::Ready(1)).at(0, 80.1, Act::Start(1)).at(0, 80.12, Act::Wake(20, POKE));
    scene.run(2, 20, (80.2, 80.3), "network", IDLE);
    for go in 10u64..13 {
        let now = 80.2 + 0.3 * (go - 10) as f64;
        scene.at(0, now, Act::Wake(go, RELEASE));
        scene.at(1, now + 0.05, Act::Start(go)).at(1, now + 0.06, Act::Call(READ)).at(1, now + 0.1, Act::Return);
        scene.at(1, now + 0.2, Act::Block("network", IDLE));
    }
    scene.at(0, 82.0, Act::Block("chan receive", KEEP)).at(0, 100.0, Act::Ready(1));
    let found = find(
        &mut scene,
        &[all(10..13, "network", IDLE), vec![(1, "chan receive", KEEP), (20, "network", IDLE)]].concat(),
    );
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, culprit(first)), (Kind::LockHeldOverIo, "app.(*Rules).renew"), "{}", first.title);
}

const FEED: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Group).Go", "app.go", 190), ("app.pull", "app.go", 195)];
const START: Stack = &[("app.(*Group).Go", "app.go", 192), ("app.pull", "app.go", 195)];
const WORKER: Stack = &[("app.(*Group).Go.func1", "app.go", 193)];
const LEAVE: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Group).Go.func1", "app.go", 194)];
const FREE_CONN: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Transport).getConn", "transport.go", 1400),
    ("net/http.(*Client).Do", "client.go", 585),
    ("app.fetch", "app.go", 200),
    ("app.(*Group).Go.func1", "app.go", 193),
];
const TRIP: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*persistConn).roundTrip", "transport.go", 2700),
    ("net/http.(*Client).Do", "client.go", 585),
    ("app.fetch", "app.go", 200),
    ("app.(*Group).Go.func1", "app.go", 193),
];
const CONN: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("net/http.(*persistConn).readLoop", "transport.go", 2500)];
const GIVE: Stack = &[
    ("net/http.(*Transport).tryPutIdleConn", "transport.go", 1000),
    ("net/http.(*persistConn).readLoop", "transport.go", 2600),
];

/// Workers, three at a time, that share one connection, and a goroutine that waits for a free worker.
#[test]
fn a_used_up_pool_is_one_finding_with_its_size_however_many_wait_for_those_who_wait_for_it() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    // Worker n waits from when it is made until the one before it has its answer, 20 ms each.
    for n in 0..20u64 {
        let (go, made) = (100 + n, if n < 3 { 1.0 + 0.2 * n as f64 } else { 1.0 + 20.0 * (n - 2) as f64 });
        if n >= 3 {
            scene.at(0, made - 0.1, Act::Start(1));
        }
        scene.at(0, made, Act::MakeFor(go, WORKER, START));
        if n >= 2 {
            scene.at(0, made + 0.05, Act::Block("chan send", FEED));
        }
        let begin = 1.0 + 20.0 * n as f64;
        if n > 0 {
            scene.run(1, go, (made + 0.06, made + 0.1), "select", FREE_CONN);
        }
        // The connection's goroutine hands the answer to this worker, and the connection to the next.
        let answer = begin + 19.4;
        if n == 0 {
            scene.run(1, go, (made + 0.06, made + 0.1), "select", TRIP);
        } else {
            scene.run(1, go, (begin - 0.5, begin - 0.45), "select", TRIP);
        }
        scene.at(2, answer, Act::Ready(2)).at(2, answer + 0.01, Act::Start(2)).at(
            2,
            answer + 0.02,
            Act::Wake(go, GIVE),
        );
        if n < 19 {
            scene.at(2, answer + 0.03, Act::Wake(go + 1, GIVE));
        }
        scene.at(2, answer + 0.05, Act::Block("network", CONN));
        scene.at(3, answer + 0.1, Act::Start(go));
        if n < 17 {
            scene.at(3, answer + 0.2, Act::Wake(1, LEAVE));
        }
        scene.at(3, answer + 0.3, Act::End);
    }
    let waiting: [Waiting; 2] =
        [(1, "sleep", &[("time.Sleep", "time.go", 300), ("app.pull", "app.go", 196)]), (2, "network", CONN)];
    let found = find(&mut scene, &waiting);
    let loud = loud(&found);
    assert_eq!(loud.len(), 1, "{:?}", loud.iter().map(|finding| &finding.title).collect::<Vec<_>>());
    assert_eq!((cause(loud[0]), number(loud[0], "slots")), ("pool_exhausted", Some(1)), "{}", loud[0].title);
    assert!(loud[0].check.contains("MaxConnsPerHost"), "{}", loud[0].check);
}

const DO: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Conn).Do", "app.go", 210), ("app.client", "app.go", 13)];
const RECEIVE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("bufio.(*Reader).ReadString", "bufio.go", 500),
    ("app.(*Conn).receive", "app.go", 220),
    ("app.(*Conn).Do", "app.go", 212),
    ("app.client", "app.go", 13),
];
const DONE_WITH: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Conn).Do", "app.go", 214), ("app.client", "app.go", 13)];

/// Requests on one connection must not be mixed up: its lock cannot be released before the answer is there.
#[test]
fn nobody_is_told_to_release_the_lock_of_a_connection_before_the_answer_is_there() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "network", RECEIVE);
        for go in 11u64..14 {
            let then = now + 0.3 + 0.1 * (go - 11) as f64;
            scene.at(1, then, Act::Ready(go)).run(1, go, (then + 0.02, then + 0.05), "sync", DO);
        }
        for go in 10u64..14 {
            let end = now + 4.0 * (go - 9) as f64;
            scene.at(0, end, Act::Ready(go)).at(0, end + 0.1, Act::Start(go));
            if go < 13 {
                scene.at(0, end + 0.2, Act::Wake(go + 1, DONE_WITH));
                scene.run(1, go + 1, (end + 0.3, end + 0.4), "network", RECEIVE);
            }
            scene.at(0, end + 0.3, Act::Block("sleep", PAUSE));
        }
    }
    let found = find(&mut scene, &all(10..14, "sleep", PAUSE));
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::LockHeldOverIo, "one_connection"), "{}", first.title);
    assert!(first.check.contains("several connections"), "{}", first.check);
}
