//! Waits that a timer ends, goroutines that become more and more, herds that a broadcast wakes, and calls that can only
//! follow one another.

use crate::finding_checks::violations;
use crate::scene::{Act, Scene, Stack};
use trace_core::analysis::findings::finding::{Finding, Kind, Severity, Value};
use trace_core::analysis::findings::{self, Findings};
use trace_core::analysis::places::{Op, Places};
use trace_core::base::ids::StackId;
use trace_core::base::monitor::Monitor;

fn find(scene: &mut Scene, waiting: &[(u64, &'static str, Stack)]) -> Findings {
    let trace = scene.load(waiting);
    let found = findings::find(&trace, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(violations(&trace, &found), Vec::<String>::new());
    found
}

fn of_cause<'a>(found: &'a Findings, cause: &str) -> Option<&'a Finding> {
    let is_such = |known: &(&'static str, Value)| known.0 == "cause" && known.1 == Value::Text(cause.to_owned());
    found.list.iter().find(|finding| finding.evidence.iter().any(is_such))
}

// A writer that commits what has come when its timer fires.

const RUN: Stack = &[("runtime.selectgo", "select.go", 520), ("app.(*Writer).run", "batch.go", 79)];
const APPEND: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Store).Append", "store.go", 49),
    ("app.(*Writer).commit", "batch.go", 100),
    ("app.(*Writer).run", "batch.go", 90),
];
const ACK: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("app.(*Writer).commit", "batch.go", 106),
    ("app.(*Writer).run", "batch.go", 90),
];
const IN: Stack =
    &[("runtime.selectgo", "select.go", 520), ("app.(*Writer).Put", "batch.go", 60), ("app.session", "app.go", 40)];
const PUT: Stack =
    &[("runtime.selectgo", "select.go", 520), ("app.(*Writer).Put", "batch.go", 66), ("app.session", "app.go", 40)];
const LINE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.session", "app.go", 38),
];

#[test]
fn answers_wait_for_a_timer_also_where_what_it_starts_ends_with_a_timer_itself() {
    let mut scene = Scene::default();
    for round in 0..15u64 {
        let now = 1.0 + 44.0 * round as f64;
        for session in 0..3u64 {
            let (go, begin) = (10 + session, now + 2.0 * session as f64);
            scene.at(session, begin, Act::Ready(go)).at(session, begin + 0.1, Act::Start(go));
            scene.at(session, begin + 0.2, Act::Wake(1, IN)).at(session, begin + 0.3, Act::Block("select", PUT));
            scene.run(3, 1, (begin + 0.4, begin + 0.5), "select", RUN);
        }
        // The timer fires after 40 ms, the store takes 1 ms.
        scene.at(3, now + 40.0, Act::Ready(1)).run(3, 1, (now + 40.1, now + 40.2), "select", APPEND);
        scene.at(3, now + 41.2, Act::Ready(1)).at(3, now + 41.3, Act::Start(1));
        for session in 0..3u64 {
            scene.at(3, now + 41.4 + 0.1 * session as f64, Act::Wake(10 + session, ACK));
        }
        scene.at(3, now + 41.8, Act::Block("select", RUN));
        for session in 0..3u64 {
            scene.run(session, 10 + session, (now + 42.0, now + 42.1), "network", LINE);
        }
    }
    let waiting = [(1, "select", RUN), (10, "network", LINE), (11, "network", LINE), (12, "network", LINE)];
    let found = find(&mut scene, &waiting);
    let timer = of_cause(&found, "batch_timer").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(timer.culprit.as_ref().expect("a culprit").place.function, "app.(*Writer).run", "{}", timer.title);
    assert!(timer.severity > Severity::Note, "{}", timer.title);
}

/// Sessions hand something over to a worker, which asks another server for it over a connection of its own.
#[test]
fn whoever_waits_for_the_network_does_not_wait_for_a_timer() {
    const ANSWER: Stack = &[
        ("internal/poll.(*FD).Read", "fd_unix.go", 165),
        ("bufio.(*Reader).ReadString", "bufio.go", 502),
        ("app.(*Pool).worker", "pool.go", 39),
    ];
    const ASK: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Pool).worker", "pool.go", 36)];
    const REPLY: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Pool).worker", "pool.go", 43)];
    let mut scene = Scene::default();
    for round in 0..30u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10)).at(0, now + 0.2, Act::Wake(1, IN));
        scene.at(0, now + 0.3, Act::Block("select", PUT)).run(3, 1, (now + 0.4, now + 0.5), "network", ANSWER);
        scene.at(3, now + 11.0, Act::Ready(1)).at(3, now + 11.1, Act::Start(1));
        scene.at(3, now + 11.2, Act::Wake(10, REPLY)).at(3, now + 11.3, Act::Block("chan receive", ASK));
        scene.run(0, 10, (now + 11.4, now + 11.6), "network", LINE);
    }
    let found = find(&mut scene, &[(1, "chan receive", ASK), (10, "network", LINE)]);
    assert_eq!(of_cause(&found, "batch_timer"), None, "{:#?}", found.list);
}

// Timeouts.

const HANDLER_IDLE: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("net/http.(*conn).serve", "server.go", 1_900)];
const TRY: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Set).try", "set.go", 95),
    ("app.(*Set).Ask", "set.go", 60),
    ("app.price", "app.go", 20),
    ("net/http.(*conn).serve", "server.go", 2_000),
];
const REPLY: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.exchange", "set.go", 120)];
const EXCHANGE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.exchange", "set.go", 117),
];

/// Sixty requests, of which every `bad`th waits for a timeout of 50 ms; the others have an answer after 3 ms.
fn asking(bad: u64) -> Findings {
    let mut scene = Scene::default();
    for request in 0..60u64 {
        let now = 1.0 + 60.0 * request as f64;
        scene.at(0, now, Act::Ready(1)).run(0, 1, (now + 0.1, now + 0.3), "select", TRY);
        let end = if request % bad == 0 {
            scene.at(0, now + 50.3, Act::Ready(1));
            now + 50.4
        } else {
            scene.at(1, now + 3.0, Act::Ready(2)).at(1, now + 3.1, Act::Start(2));
            scene.at(1, now + 3.2, Act::Wake(1, REPLY)).at(1, now + 3.3, Act::Block("network", EXCHANGE));
            now + 3.4
        };
        scene.run(0, 1, (end, end + 0.1), "network", HANDLER_IDLE);
    }
    find(&mut scene, &[(1, "network", HANDLER_IDLE), (2, "network", EXCHANGE)])
}

#[test]
fn waits_of_which_some_end_by_a_timer_and_some_by_an_answer_are_told_as_timeouts() {
    let found = asking(3);
    let timeouts = of_cause(&found, "timeout").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert!(timeouts.title.contains("20 of 60 waits timed out, after 50.0 ms on average"), "{}", timeouts.title);
    assert_eq!(of_cause(&found, "fixed_sleep"), None, "nobody pauses: {:#?}", found.list);
}

#[test]
fn waits_that_the_clock_ends_every_time_are_a_pause() {
    let found = asking(1);
    assert_eq!(of_cause(&found, "timeout"), None, "{:#?}", found.list);
    assert!(of_cause(&found, "fixed_sleep").is_some(), "{:#?}", found.list);
}

// Conditions.

const RELOCK: Stack = &[
    ("sync.(*Mutex).Lock", "mutex.go", 46),
    ("sync.(*Cond).Wait", "cond.go", 72),
    ("app.(*Board).Lease", "board.go", 85),
    ("app.agent", "app.go", 30),
];
const GIVE_UP: Stack = &[
    ("sync.(*Mutex).Unlock", "mutex.go", 65),
    ("sync.(*Cond).Wait", "cond.go", 70),
    ("app.(*Board).Lease", "board.go", 85),
    ("app.agent", "app.go", 30),
];
const AWAIT: Stack =
    &[("sync.(*Cond).Wait", "cond.go", 71), ("app.(*Board).Lease", "board.go", 85), ("app.agent", "app.go", 30)];
const BROADCAST: Stack =
    &[("sync.(*Cond).Broadcast", "cond.go", 90), ("app.(*Board).Post", "board.go", 58), ("app.poster", "app.go", 50)];
const POST: Stack = &[("time.Sleep", "time.go", 300), ("app.poster", "app.go", 52)];
const RESULT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.agent", "app.go", 34)];

#[test]
fn a_condition_takes_its_lock_again_as_anybody_else_does() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(10)).run(0, 10, (0.2, 0.3), "sync.(*Mutex).Lock", RELOCK);
    scene.at(1, 0.4, Act::Ready(11)).at(1, 0.5, Act::Start(11)).at(1, 0.6, Act::Wake(10, GIVE_UP));
    scene.at(1, 0.7, Act::Block("sync.(*Cond).Wait", AWAIT)).at(0, 0.8, Act::Start(10)).at(0, 0.9, Act::End);
    let trace = scene.load(&[(10, "sync.(*Cond).Wait", AWAIT), (11, "sync.(*Cond).Wait", AWAIT)]);
    let places = Places::new(&trace);
    let mut ops: Vec<Op> = (1..trace.stack_count()).map(|stack| places.op(StackId(stack))).collect();
    ops.sort_unstable();
    ops.dedup();
    assert_eq!(ops, [Op::MutexLock, Op::MutexUnlock, Op::Cond]);
}

/// Twelve agents, all of which each post wakes, of 30 times so many, one 3 ms after the other; if `is_useful`, two thirds of
/// them have something to do then.
fn agents(is_useful: bool, posts: u64) -> Findings {
    let mut scene = Scene::default();
    let waiting: Vec<(u64, &'static str, Stack)> = (0..12)
        .map(|agent| (10 + agent, "sync.(*Cond).Wait", AWAIT))
        .chain([(1, "sleep", POST), (2, "select", RUN), (3, "select", RUN)])
        .collect();
    for round in 0..30u64 {
        let start = 1.0 + 10.0 * round as f64;
        scene.at(0, start, Act::Ready(1)).at(0, start + 0.1, Act::Start(1));
        for post in 0..posts {
            let now = start + 3.0 * post as f64;
            for agent in 0..12u64 {
                scene.at(0, now + 0.2 + 0.001 * agent as f64, Act::Wake(10 + agent, BROADCAST));
            }
            for agent in 0..12u64 {
                let (proc, begin) = (1 + agent % 3, now + 0.5 + 0.5 * (agent / 3) as f64);
                scene.at(proc, begin, Act::Start(10 + agent));
                if is_useful && proc < 3 {
                    let (done, at) = (1 + proc, begin + 0.1 * proc as f64);
                    scene.at(proc, begin + 0.1, Act::Wake(done, RESULT));
                    scene.run(0, done, (at + 0.05, at + 0.1), "select", RUN);
                }
                scene.at(proc, begin + 0.3, Act::Block("sync.(*Cond).Wait", AWAIT));
            }
        }
        scene.at(0, start + 3.0 * posts as f64 - 2.7, Act::Block("sleep", POST));
    }
    find(&mut scene, &waiting)
}

#[test]
fn a_broadcast_that_wakes_many_for_nothing_is_named() {
    let found = agents(false, 1);
    let herd = of_cause(&found, "broadcast").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(herd.culprit.as_ref().expect("a culprit").place.function, "app.(*Board).Post", "{}", herd.title);
    assert!(
        herd.title.contains("wakes at most 12 of them at once on average, and 100 % of the 128 looked at"),
        "{}",
        herd.title
    );
    assert!(herd.severity > Severity::Note, "{}", herd.title);
}

#[test]
fn calls_of_broadcast_without_anything_in_between_are_told_apart_by_whom_they_wake() {
    let found = agents(false, 2);
    let herd = of_cause(&found, "broadcast").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert!(herd.title.contains("wakes at most 12 of them at once on average"), "{}", herd.title);
}

#[test]
fn goroutines_that_a_broadcast_wakes_to_do_something_are_no_herd() {
    assert_eq!(of_cause(&agents(true, 1), "broadcast"), None);
}

// Workers that try again.

const TAKE_JOB: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*pusher).worker", "push.go", 115)];
const VERSION: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("net/http.(*Client).Do", "client.go", 600),
    ("app.(*pusher).push", "push.go", 90),
    ("app.(*pusher).worker", "push.go", 116),
];
const STORE: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("net/http.(*Client).Do", "client.go", 600),
    ("app.(*pusher).push", "push.go", 94),
    ("app.(*pusher).worker", "push.go", 116),
];
const BACK_OFF: Stack = &[
    ("time.Sleep", "time.go", 300),
    ("app.(*pusher).backoff", "push.go", 108),
    ("app.(*pusher).push", "push.go", 99),
    ("app.(*pusher).worker", "push.go", 116),
];
const EMIT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.emit", "push.go", 128)];

/// Forty jobs of one worker, each of two calls of 2 ms that it makes again after a sleep of 20 ms, or else of two pairs of
/// different calls with such a sleep between them.
fn pushing(is_again: bool) -> Findings {
    const THEN: Stack = &[
        ("runtime.selectgo", "select.go", 520),
        ("net/http.(*Client).Do", "client.go", 600),
        ("app.(*pusher).notify", "push.go", 130),
        ("app.(*pusher).worker", "push.go", 117),
    ];
    let mut scene = Scene::default();
    for job in 0..40u64 {
        let now = 1.0 + 30.0 * job as f64;
        scene.at(0, now, Act::Ready(2)).at(0, now + 0.1, Act::Start(2)).at(0, now + 0.2, Act::Wake(1, EMIT));
        scene.at(0, now + 0.3, Act::Block("sleep", CHARGE));
        scene.run(1, 1, (now + 0.4, now + 0.5), "select", VERSION).at(1, now + 2.5, Act::Ready(1));
        scene.run(1, 1, (now + 2.6, now + 2.7), "select", STORE).at(1, now + 4.7, Act::Ready(1));
        scene.run(1, 1, (now + 4.8, now + 4.9), "sleep", BACK_OFF).at(1, now + 24.9, Act::Ready(1));
        let next = if is_again { VERSION } else { THEN };
        scene.run(1, 1, (now + 25.0, now + 25.1), "select", next).at(1, now + 27.1, Act::Ready(1));
        scene.run(1, 1, (now + 27.2, now + 27.3), "chan receive", TAKE_JOB);
    }
    find(&mut scene, &[(1, "chan receive", TAKE_JOB), (2, "sleep", CHARGE)])
}

#[test]
fn a_worker_that_sleeps_before_it_tries_again_is_named() {
    let found = pushing(true);
    let retries = of_cause(&found, "retries").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(
        retries.culprit.as_ref().expect("a culprit").place.function,
        "app.(*pusher).backoff",
        "{}",
        retries.title
    );
    assert!(retries.title.contains("40 sleeps, 800 ms total; 40 of 40 looked at"), "{}", retries.title);
    assert_eq!(of_cause(&pushing(false), "retries"), None, "it does something else after the sleep");
}

/// Four workers, whose every job needs four tries: the same call of 2 ms, with sleeps of 20, 40 and 80 ms between them, or of 40 ms
/// each. Nobody waits for them.
fn trying(is_growing: bool) -> Findings {
    let mut scene = Scene::default();
    for worker in 1..5u64 {
        let (proc, mut now) = (worker - 1, 1.0 + worker as f64);
        for job in 0..30u64 {
            scene.at(proc, now, Act::Ready(worker)).run(proc, worker, (now + 0.1, now + 0.2), "select", VERSION);
            now += 2.0;
            let pause = if is_growing { [20.0, 40.0, 80.0, 0.0] } else { [40.0; 4] }[job as usize % 4];
            if pause > 0.0 {
                scene.at(proc, now, Act::Ready(worker)).run(proc, worker, (now + 0.1, now + 0.2), "sleep", BACK_OFF);
                now += pause;
            }
            now += 0.0137 * worker as f64;
        }
    }
    find(&mut scene, &(1..5).map(|go| (go, "select", VERSION)).collect::<Vec<_>>())
}

#[test]
fn workers_whose_pauses_grow_try_again_though_nobody_waits_for_them() {
    let found = trying(true);
    let retries = of_cause(&found, "retries").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(retries.severity, Severity::Warning, "{}", retries.title);
    assert_eq!(of_cause(&trying(false), "retries"), None, "they may keep a rhythm");
}

// Goroutines that become more and more.

const LEASE: Stack = &[("app.(*Manager).lease", "lease.go", 80), ("app.charge", "app.go", 20)];
const KEEP: Stack = &[("app.(*Manager).keepAlive", "lease.go", 86)];
const TICK: Stack = &[("runtime.selectgo", "select.go", 520), ("app.(*Manager).keepAlive", "lease.go", 90)];
const CHARGE: Stack = &[("time.Sleep", "time.go", 300), ("app.charge", "app.go", 25)];

/// Every 5 ms a goroutine is made that a timer wakes every 20 ms; after three rounds it ends, if it `ends`.
fn leasing(ends: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..100u64 {
        let (now, go) = (1.0 + 5.0 * round as f64, 100 + round);
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1)).at(0, now + 0.2, Act::MakeFor(go, KEEP, LEASE));
        scene.at(0, now + 0.3, Act::Block("sleep", CHARGE));
        // Later ones have less time left.
        let rounds = if ends { 3 } else { (100 - round) / 4 };
        scene.run(1, go, (now + 0.4, now + 0.5), "select", TICK);
        for tick in 1..=rounds {
            let begin = now + 0.4 + 20.0 * tick as f64 + 0.01 * (tick % 4) as f64;
            // Those of four rounds tick in the same interval, each at a time of its own.
            let begin = begin + 0.3 * (round % 4) as f64;
            scene.at(2, begin, Act::Ready(go));
            scene.at(2 + round % 2, begin + 0.001 * round as f64, Act::Start(go));
            let end = begin + 0.001 * round as f64 + 0.0005;
            let last = ends && tick == rounds;
            scene.at(2 + round % 2, end, if last { Act::End } else { Act::Block("select", TICK) });
        }
    }
    find(&mut scene, &[(1, "sleep", CHARGE)])
}

#[test]
fn goroutines_that_are_made_all_the_time_and_never_end_are_told_though_timers_wake_them() {
    let found = leasing(false);
    let growing = of_cause(&found, "growing").unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(growing.kind, Kind::GoroutineLeak);
    assert_eq!(
        growing.culprit.as_ref().expect("a culprit").place.function,
        "app.(*Manager).lease",
        "{}",
        growing.title
    );
    assert!(growing.title.contains("and 0 of them ended: at the end 100 are alive"), "{}", growing.title);
    assert_eq!(of_cause(&leasing(true), "growing"), None);
}

// Statements of one transaction.

/// Sixty requests of four queries each, one after the other.
fn querying(calls: [Stack; 4]) -> Findings {
    let mut scene = Scene::default();
    for request in 0..60u64 {
        let now = 1.0 + 12.0 * request as f64;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1));
        for (at, call) in calls.into_iter().enumerate() {
            let begin = now + 0.2 + 2.5 * at as f64;
            scene.at(0, begin, Act::Block("network", call)).at(0, begin + 2.3, Act::Ready(1));
            scene.at(0, begin + 2.4, Act::Start(1));
        }
        scene.at(0, now + 10.9, Act::Block("network", HANDLER_IDLE));
    }
    find(&mut scene, &[(1, "network", HANDLER_IDLE)])
}

macro_rules! query {
    ($by:literal, $line:literal) => {
        &[
            ("internal/poll.(*FD).Read", "fd_unix.go", 165),
            ("net.(*conn).Read", "net.go", 190),
            ("example.com/driver.(*conn).query", "/root/go/pkg/mod/example.com/driver@v1.2.3/conn.go", 80),
            ($by, "sql.go", 2_500),
            ("app.transfer", "app.go", $line),
            ("net/http.(*conn).serve", "server.go", 2_000),
        ]
    };
}

#[test]
fn statements_of_a_transaction_cannot_be_made_concurrently() {
    let serial = |found: &Findings| {
        found
            .list
            .iter()
            .any(|finding| finding.kind == Kind::SerialWaits && finding.title.contains("consecutive waits"))
    };
    const QUERIES: [Stack; 4] = [
        query!("database/sql.(*DB).QueryContext", 20),
        query!("database/sql.(*DB).QueryContext", 21),
        query!("database/sql.(*DB).QueryContext", 22),
        query!("database/sql.(*DB).QueryContext", 23),
    ];
    const TRANSACTION: [Stack; 4] = [
        query!("database/sql.(*DB).BeginTx", 20),
        query!("database/sql.(*Tx).ExecContext", 21),
        query!("database/sql.(*Tx).ExecContext", 22),
        query!("database/sql.(*Tx).Commit", 23),
    ];
    assert!(serial(&querying(QUERIES)));
    assert!(!serial(&querying(TRANSACTION)));
}
