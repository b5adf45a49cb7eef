//! Findings about goroutines of which several do the same: a shard with more to do than the others, and workers that one
//! goroutine feeds.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{cause, find, of_kind};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Kind, Severity};

const MAIN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];

// Shards.

const HIRE: Stack = &[("app.(*Index).Start", "index.go", 20), ("app.main", "app.go", 1)];
const SERVE: Stack = &[("app.(*Shard).serve", "index.go", 30)];
const QUERIES: Stack = &[("runtime.selectgo", "select.go", 520), ("app.(*Shard).serve", "index.go", 32)];
const SCAN: Stack = &[("app.(*Shard).scan", "index.go", 50), ("app.(*Shard).serve", "index.go", 35)];
const ANSWER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Shard).serve", "index.go", 36)];
const FAN_OUT: Stack = &[("app.(*Engine).Query", "app.go", 60), ("app.(*Engine).ServeHTTP", "app.go", 70)];
const ASK_FOR: Stack = &[("app.(*Engine).Query.func1", "app.go", 62)];
const ASK: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Shard).Ask", "index.go", 80),
    ("app.(*Engine).Query.func1", "app.go", 63),
];
const PUT: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Shard).Ask", "index.go", 75),
    ("app.(*Engine).Query.func1", "app.go", 63),
];
const PAUSE: Stack = &[("time.Sleep", "time.go", 300), ("app.(*Engine).ServeHTTP", "app.go", 72)];

/// Thirty rounds in which one asks three shards, each from a goroutine of its own; so long (ms) each takes.
fn shards(takes: [f64; 3]) -> Findings {
    scanning(takes, &[SCAN])
}

/// The same, sampled in each of these stacks in turn.
fn scanning(takes: [f64; 3], scans: &[Stack]) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for shard in 0..3u64 {
        scene.at(0, 0.3 + 0.1 * shard as f64, Act::MakeFor(10 + shard, SERVE, HIRE));
        let now = 1.0 + 0.2 * shard as f64;
        scene.run(1 + shard, 10 + shard, (now, now + 0.1), "select", QUERIES);
    }
    scene.at(0, 1.0, Act::Block("chan receive", MAIN));
    for round in 0..30u64 {
        let start = 3.0 + 20.0 * round as f64;
        scene.at(0, start, Act::Ready(2)).at(0, start + 0.1, Act::Start(2));
        for shard in 0..3u64 {
            let (proc, go) = (1 + shard, 100 + 3 * round + shard);
            let now = start + 0.2 + 0.1 * shard as f64;
            scene.at(0, now, Act::MakeFor(go, ASK_FOR, FAN_OUT));
            let now = start + 1.0;
            scene.at(proc, now, Act::Start(go)).at(proc, now + 0.1, Act::Wake(10 + shard, PUT));
            scene.at(proc, now + 0.2, Act::Block("select", ASK));
            let now = start + 1.3;
            scene.at(proc, now, Act::Start(10 + shard));
            let end = now + takes[shard as usize];
            scene.at(
                proc,
                now + takes[shard as usize] / 2.0,
                Act::Sample(10 + shard, scans[round as usize % scans.len()]),
            );
            scene.at(proc, end, Act::Wake(go, ANSWER)).at(proc, end + 0.1, Act::Block("select", QUERIES));
            scene.at(proc, end + 0.2, Act::Start(go)).at(proc, end + 0.3, Act::End);
        }
        scene.at(0, start + 0.9, Act::Block("sleep", PAUSE));
    }
    find(&mut scene, &[(1, "chan receive", MAIN), (2, "sleep", PAUSE)])
}

#[test]
fn a_shard_that_takes_longer_than_the_others_is_named_though_each_question_has_a_goroutine_of_its_own() {
    let found = shards([0.4, 12.0, 0.4]);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::Imbalance, "hot_shard"), "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    assert!(first.title.contains(" for 3 workers, "), "{}", first.title);
    assert!(first.title.contains(" of it for G11, "), "{}", first.title);
    let stack = &first.culprit.as_ref().expect("a culprit").place.function;
    assert_eq!(stack, "app.(*Shard).scan", "{}", first.title);
}

const SCORE: Stack =
    &[("app.score", "index.go", 90), ("app.(*Shard).scan", "index.go", 52), ("app.(*Shard).serve", "index.go", 35)];
const MATCH: Stack =
    &[("app.match", "index.go", 95), ("app.(*Shard).scan", "index.go", 51), ("app.(*Shard).serve", "index.go", 35)];

#[test]
fn what_is_part_of_a_loop_is_not_said_to_take_all_of_its_time() {
    let found = scanning([0.4, 12.0, 0.4], &[SCORE, MATCH, SCORE, MATCH, SCORE]);
    let first = found.list.first().expect("a finding");
    assert!(first.title.contains("running in app.(*Shard).scan (index.go:52)"), "{}", first.title);
    assert!(!first.title.contains("app.score"), "it takes three fifths: {}", first.title);
}

#[test]
fn shards_that_take_equally_long_are_balanced() {
    assert_eq!(of_kind(&shards([6.0, 6.0, 6.0]), Kind::Imbalance), None);
}

// Workers.

const MAKE: Stack = &[("app.(*group).Go", "group.go", 12), ("app.main", "app.go", 5)];
const SLOT: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*group).Go", "group.go", 10), ("app.main", "app.go", 5)];
const WORK: Stack = &[("app.(*group).Go.func1", "group.go", 13)];
const FETCH: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.fetch", "app.go", 20),
    ("app.(*group).Go.func1", "group.go", 14),
];
const FREE: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*group).Go.func1", "group.go", 15)];

/// One makes a goroutine for each of 600 pieces of work, three at a time. Only the longest 512 of its waits are looked
/// into.
#[test]
fn the_number_of_workers_that_live_for_one_piece_of_work_counts_all_of_them_and_is_no_severe_limit() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    let begin = |piece: u64| 1.0 + 0.4 * piece as f64;
    for piece in 0..600u64 {
        let (proc, go, now) = (1 + piece % 3, 100 + piece, begin(piece));
        if piece >= 3 {
            scene.at(0, now, Act::Start(1));
        }
        scene.at(0, now + 0.02, Act::MakeFor(go, WORK, MAKE)).run(proc, go, (now + 0.04, now + 0.06), "network", FETCH);
        if piece >= 2 {
            scene.at(0, now + 0.08, Act::Block("chan send", SLOT));
        }
        // It is done when the next but two is to begin, and lets the feeder go on.
        let done = begin(piece + 3) - 0.1 - 0.0001 * (piece % 5) as f64;
        scene.at(proc, done - 0.05, Act::Ready(go)).at(proc, done - 0.04, Act::Start(go));
        if piece + 3 < 600 {
            scene.at(proc, done, Act::Wake(1, FREE));
        }
        scene.at(proc, done + 0.01, Act::End);
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    let limit = of_kind(&found, Kind::LimitedConcurrency).expect("the limit");
    assert!(limit.title.contains(" for a free worker: 3 busy at once"), "{}", limit.title);
    assert!(limit.severity <= Severity::Warning, "{}", limit.title);
}

/// One makes a goroutine for each of 100 pieces of work of 4 ms, and waits for it before it makes the next.
#[test]
fn a_limit_of_one_is_named_where_it_applies() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for piece in 0..100u64 {
        let (proc, go, now) = (1 + piece % 3, 100 + piece, 1.0 + 4.0 * piece as f64);
        if piece >= 1 {
            scene.at(0, now, Act::Start(1));
        }
        scene.at(0, now + 0.02, Act::MakeFor(go, WORK, MAKE)).run(proc, go, (now + 0.04, now + 0.06), "network", FETCH);
        scene.at(0, now + 0.08, Act::Block("chan send", SLOT));
        scene.at(proc, now + 3.8, Act::Ready(go)).at(proc, now + 3.85, Act::Start(go));
        if piece < 99 {
            scene.at(proc, now + 3.9, Act::Wake(1, FREE));
        }
        scene.at(proc, now + 3.95, Act::End);
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    let limit = of_kind(&found, Kind::LimitedConcurrency).expect("the limit");
    assert_eq!(cause(limit), "one_at_a_time", "{}", limit.title);
    assert!(limit.title.contains(" for a free worker: 1 busy at once"), "{}", limit.title);
    let place = &limit.culprit.as_ref().expect("a culprit").place.function;
    assert_eq!(place, "app.(*group).Go", "{}", limit.title);
}

// Jobs.

const ORDERS: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.worker", "app.go", 90)];
const ORDER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.feed", "app.go", 95)];
const FED: Stack = &[("time.Sleep", "time.go", 300), ("app.feed", "app.go", 96)];
const LOOKUP: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Remote).Lookup", "feed.go", 32),
    ("app.(*Source).Entries", "feed.go", 52),
    ("app.(*builder).Build", "app.go", 62),
    ("app.worker", "app.go", 91),
];
const INPUT: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("net/rpc.(*Client).input", "client.go", 109),
];
const CALLED: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("net/rpc.(*Call).done", "client.go", 230),
    ("net/rpc.(*Client).input", "client.go", 150),
];

/// Two workers build twelve digests each, of five calls one after the other whose answers net/rpc's own goroutine reads. A
/// goroutine hands over each order, or the clock tells when to begin.
fn digests(is_ordered: bool) -> Findings {
    let mut scene = Scene::default();
    for round in 0..12u64 {
        for worker in 0..2u64 {
            let (proc, go) = (1 + worker, 10 + worker);
            let start = 1.0 + 30.0 * round as f64 + 15.0 * worker as f64;
            if is_ordered {
                scene.at(0, start - 0.4, Act::Ready(1)).at(0, start - 0.3, Act::Start(1));
                scene.at(0, start - 0.2, Act::Wake(go, ORDER)).at(0, start - 0.1, Act::Block("sleep", FED));
            } else {
                scene.at(proc, start - 0.2, Act::Ready(go));
            }
            for call in 0..5u64 {
                let now = start + 2.0 * call as f64;
                scene.run(proc, go, (now, now + 0.1), "select", LOOKUP);
                scene.at(3, now + 1.6, Act::Ready(20)).at(3, now + 1.65, Act::Start(20));
                scene.at(3, now + 1.7, Act::Wake(go, CALLED)).at(3, now + 1.75, Act::Block("network", INPUT));
            }
            let end = start + 10.0;
            scene.run(proc, go, (end, end + 0.1), "chan receive", ORDERS);
        }
    }
    let waiting =
        [(1, "sleep", FED), (10, "chan receive", ORDERS), (11, "chan receive", ORDERS), (20, "network", INPUT)];
    find(&mut scene, &waiting)
}

#[test]
fn calls_one_after_the_other_whose_answers_a_library_reads_are_found_in_jobs_that_somebody_hands_over() {
    let ordered = digests(true);
    let serial = of_kind(&ordered, Kind::SerialWaits).expect("the calls");
    assert!(serial.severity > Severity::Note, "{}", serial.title);
    let place = &serial.culprit.as_ref().expect("a culprit").place.function;
    assert_eq!(place, "app.(*Source).Entries", "{}", serial.title);
    let by_clock = digests(false);
    let loud = by_clock.list.iter().find(|one| one.severity > Severity::Note);
    assert_eq!(loud.map(|one| &one.title), None, "nobody waits for what begins by the clock");
}

// Queues.

const OPEN: Stack = &[("app.NewRouter", "router.go", 20), ("app.main", "app.go", 1)];
const WRITER: Stack = &[("app.(*Writer).loop", "router.go", 30)];
const TAKE: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Writer).loop", "router.go", 31)];
const STORE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Conn).Append", "wire.go", 40),
    ("app.(*Writer).loop", "router.go", 32),
];
const PUSH: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Router).enqueue", "router.go", 50), ("app.handle", "app.go", 41)];
const CLIENTS: Stack = &[("app.main", "app.go", 3)];
const CLIENT: Stack = &[("app.handle", "app.go", 40)];

const SLOW_STORE: Stack =
    &[("time.Sleep", "time.go", 300), ("app.(*Conn).Append", "wire.go", 40), ("app.(*Writer).loop", "router.go", 32)];

/// Three writers with a queue each, which take 4 ms for each batch; clients send to them, one or two: all to the first, or to
/// each in turn.
fn writers(is_spread: bool, clients: u64, (reason, store): (&'static str, Stack)) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for writer in 0..3u64 {
        scene.at(0, 0.3 + 0.05 * writer as f64, Act::MakeFor(10 + writer, WRITER, OPEN));
        let now = 0.8 + 0.1 * writer as f64;
        scene.run(1 + writer, 10 + writer, (now, now + 0.05), "chan receive", TAKE);
    }
    for client in 0..clients {
        scene.at(0, 0.5 + 0.05 * client as f64, Act::MakeFor(20 + client, CLIENT, CLIENTS));
    }
    scene.at(0, 0.7, Act::Block("chan receive", MAIN));
    for (at, client) in [(1.2, 20), (1.4, 21)].into_iter().take(clients as usize) {
        scene.run(0, client, (at, at + 0.1), "chan send", PUSH);
    }
    for batch in 0..90u64 {
        let writer = if is_spread { batch % 3 } else { 0 };
        let (proc, go, client) = (1 + writer, 10 + writer, 20 + batch % clients);
        let start = 2.0 + 5.0 * batch as f64;
        // It takes the next batch, so that whoever sent it goes on, and sends another.
        scene.at(proc, start, Act::Ready(go)).at(proc, start + 0.1, Act::Start(go));
        scene.at(proc, start + 0.2, Act::Wake(client, TAKE));
        scene.run(0, client, (start + 0.4, start + 0.6), "chan send", PUSH);
        scene.at(proc, start + 0.3, Act::Block(reason, store)).at(proc, start + 4.3, Act::Ready(go));
        scene.at(proc, start + 4.4, Act::Start(go)).at(proc, start + 4.5, Act::Block("chan receive", TAKE));
    }
    find(&mut scene, &[(1, "chan receive", MAIN)])
}

#[test]
fn a_queue_that_gets_nearly_all_there_is_to_do_is_due_to_who_sends() {
    // One that does nothing but send is no different, nor are writers that sleep.
    for found in [writers(false, 2, ("network", STORE)), writers(false, 1, ("sleep", SLOW_STORE))] {
        let first = found.list.first().expect("a finding");
        assert_eq!((first.kind, cause(first)), (Kind::Imbalance, "uneven_queue"), "{}", first.title);
        assert!(first.title.contains(" of it for G10, one of 3 workers: "), "{}", first.title);
        let culprit = first.culprit.as_ref().expect("a culprit");
        assert_eq!(culprit.place.function, "app.(*Router).enqueue", "{}", first.title);
    }
}

/// Helpers that send what they find to the goroutine that started them, one of a team of which the others have nothing to do.
#[test]
fn what_goroutines_send_to_who_started_them_could_go_to_nobody_else() {
    const HELPER: Stack = &[("app.(*Writer).loop.func1", "router.go", 33)];
    const PART: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.(*Writer).loop.func1", "router.go", 34)];
    const START: Stack = &[("app.(*Writer).loop", "router.go", 33)];
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for writer in 10..14u64 {
        scene.at(0, 0.3 + 0.05 * (writer - 10) as f64, Act::MakeFor(writer, WRITER, OPEN));
        if writer > 10 {
            let now = 0.8 + 0.1 * (writer - 10) as f64;
            scene.run(1, writer, (now, now + 0.05), "chan receive", TAKE);
        }
    }
    scene.at(0, 0.7, Act::Block("chan receive", MAIN)).at(2, 1.5, Act::Start(10));
    for helper in 0..2u64 {
        scene.at(2, 1.6 + 0.05 * helper as f64, Act::MakeFor(20 + helper, HELPER, START));
        let now = 2.0 + 0.2 * helper as f64;
        scene.run(0, 20 + helper, (now, now + 0.1), "chan send", PART);
    }
    scene.at(2, 1.8, Act::Block("network", STORE));
    for part in 0..60u64 {
        let now = 3.0 + 6.0 * part as f64;
        scene.at(2, now, Act::Ready(10)).at(2, now + 0.1, Act::Start(10)).at(
            2,
            now + 0.2,
            Act::Wake(20 + part % 2, TAKE),
        );
        scene.at(2, now + 0.3, Act::Block("network", STORE));
        scene.run(0, 20 + part % 2, (now + 0.4, now + 0.5), "chan send", PART);
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    assert!(found.list.iter().all(|one| cause(one) != "uneven_queue"), "{:#?}", found.list);
}

#[test]
fn queues_that_get_equal_shares_are_even() {
    assert_eq!(of_kind(&writers(true, 2, ("network", STORE)), Kind::Imbalance), None);
}

// Futures.

const PAGES: Stack = &[("app.(*Builder).Build", "page.go", 20), ("app.ServeHTTP", "app.go", 11)];
const FUTURE: Stack = &[("app.Go.func1", "async.go", 12)];
const AWAIT: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*Future).Await", "async.go", 30),
    ("app.(*Builder).Build", "page.go", 22),
    ("app.ServeHTTP", "app.go", 11),
    ("net/http.(*conn).serve", "server.go", 2100),
];
const ASKS: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Source).Query", "page.go", 50),
    ("app.Go.func1", "async.go", 13),
];
const RESOLVE: Stack = &[("runtime.closechan", "chan.go", 400), ("app.Go.func1", "async.go", 14)];
const NEXT: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("net/http.(*connReader).Read", "server.go", 700),
    ("net/http.(*conn).serve", "server.go", 2000),
];

/// Twenty pages of four widgets, each fetched in a goroutine: all started before the first is awaited, or each awaited
/// before the next one is started.
fn pages(is_one_by_one: bool) -> Findings {
    let mut scene = Scene::default();
    for page in 0..20u64 {
        let start = 1.0 + 50.0 * page as f64;
        scene.at(0, start, Act::Ready(1)).at(0, start + 0.1, Act::Start(1));
        let go = |widget: u64| 100 + 4 * page + widget;
        if !is_one_by_one {
            (0..4).for_each(|widget| {
                scene.at(0, start + 0.2 + 0.05 * widget as f64, Act::MakeFor(go(widget), FUTURE, PAGES));
            });
        }
        for widget in 0..4u64 {
            let now = start + 1.0 + 10.0 * widget as f64;
            if is_one_by_one {
                scene.at(0, now - 0.2, Act::MakeFor(go(widget), FUTURE, PAGES));
            }
            scene.at(0, now, Act::Block("select", AWAIT));
            let begin = if is_one_by_one { now + 0.1 } else { start + 1.2 + 0.1 * widget as f64 };
            scene.run(1, go(widget), (begin, begin + 0.05), "network", ASKS);
            let end = now + 9.0;
            scene.at(1, end, Act::Ready(go(widget))).at(1, end + 0.1, Act::Start(go(widget)));
            scene.at(1, end + 0.2, Act::Wake(1, RESOLVE)).at(1, end + 0.3, Act::End);
            scene.at(0, end + 0.4, Act::Start(1));
        }
        scene.at(0, start + 42.0, Act::Block("network", NEXT));
    }
    find(&mut scene, &[(1, "network", NEXT)])
}

#[test]
fn a_future_that_is_awaited_before_the_next_is_started_is_a_serial_wait() {
    let found = pages(true);
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::SerialWaits, "{}", first.title);
    assert!(first.title.contains(" in 4 consecutive waits each, "), "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*Builder).Build", "{}", first.title);
    let together = pages(false);
    let serial = together.list.iter().find(|one| one.title.contains("consecutive waits"));
    assert_eq!(serial.map(|one| &one.title), None);
}

// Fan-out.

const CART: Stack = &[("app.cart", "app.go", 30)];
const PRICE: Stack = &[("app.cart.func1", "app.go", 32)];
const ALL: Stack = &[("sync.(*WaitGroup).Wait", "waitgroup.go", 118), ("app.cart", "app.go", 35)];
const LOAD: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.load", "app.go", 50),
    ("app.cart.func1", "app.go", 33),
];
const DONE: Stack = &[("sync.(*WaitGroup).Done", "waitgroup.go", 90), ("app.cart.func1", "app.go", 34)];
const SHOP: Stack = &[("time.Sleep", "time.go", 300), ("app.cart", "app.go", 36)];

/// Forty rounds of four goroutines, of which one, not always the same, waits so long (ms); every 25 ms.
fn carts(late: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..40u64 {
        let start = 1.0 + 25.0 * round as f64;
        scene.at(0, start, Act::Ready(1)).at(0, start + 0.1, Act::Start(1));
        for one in 0..4u64 {
            let (proc, go) = (1 + one % 3, 100 + 4 * round + one);
            scene.at(0, start + 0.2 + 0.02 * one as f64, Act::MakeFor(go, PRICE, CART));
            let begin = start + 0.5 + 0.1 * one as f64;
            scene.run(proc, go, (begin, begin + 0.05), "network", LOAD);
            let takes = if one == (round * 7 / 3) % 4 { late } else { 0.05 * one as f64 };
            let end = start + 1.0 + takes;
            scene.at(proc, end, Act::Ready(go)).at(proc, end + 0.01, Act::Start(go));
            if takes == late {
                scene.at(proc, end + 0.02, Act::Wake(1, DONE));
            }
            scene.at(proc, end + 0.03, Act::End);
        }
        scene.at(0, start + 0.45, Act::Block("sync", ALL)).at(0, start + 1.1 + late, Act::Start(1));
        scene.at(0, start + 1.2 + late, Act::Block("sleep", SHOP));
    }
    find(&mut scene, &[(1, "sleep", SHOP)])
}

#[test]
fn one_of_several_calls_that_takes_longer_by_chance_is_worth_a_note_unless_it_takes_most_of_the_time() {
    let short = of_kind(&carts(2.6), Kind::Imbalance).cloned();
    assert!(short.as_ref().is_none_or(|one| one.severity == Severity::Note), "{short:?}");
    let long = carts(18.0);
    let long = of_kind(&long, Kind::Imbalance).expect("the late ones");
    assert!(long.severity > Severity::Note, "{}", long.title);
}

// Consumers.

const STORING: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.(*Conn).Append", "wire.go", 40),
    ("app.(*Pool).worker", "pool.go", 32),
];
const NEXT_ITEM: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.(*Pool).worker", "pool.go", 31)];
const WORKER: Stack = &[("app.(*Pool).worker", "pool.go", 30)];
const SUBMIT: Stack =
    &[("runtime.chansend1", "chan.go", 160), ("app.(*Pool).Submit", "pool.go", 50), ("app.handle", "app.go", 41)];

/// Four workers take from one channel; three of them return at once. Two clients then wait for the one that is left, which
/// takes 4 ms for each item.
#[test]
fn consumers_that_have_ended_are_the_reason_why_the_last_one_cannot_keep_up() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for worker in 0..4u64 {
        scene.at(0, 0.3 + 0.05 * worker as f64, Act::MakeFor(10 + worker, WORKER, OPEN));
    }
    for client in 0..2u64 {
        scene.at(0, 0.6 + 0.05 * client as f64, Act::MakeFor(20 + client, CLIENT, CLIENTS));
    }
    scene.at(0, 0.7, Act::Block("chan receive", MAIN));
    for worker in 1..4u64 {
        scene.at(worker, 1.0, Act::Start(10 + worker)).at(worker, 1.1, Act::End);
    }
    scene.run(1, 10, (1.2, 1.3), "chan receive", NEXT_ITEM);
    for (at, client) in [(1.2, 20), (1.4, 21)] {
        scene.run(0, client, (at, at + 0.1), "chan send", SUBMIT);
    }
    for item in 0..90u64 {
        let (client, start) = (20 + item % 2, 2.0 + 5.0 * item as f64);
        scene.at(1, start, Act::Ready(10)).at(1, start + 0.1, Act::Start(10));
        scene.at(1, start + 0.2, Act::Wake(client, NEXT_ITEM)).at(1, start + 0.3, Act::Block("network", STORING));
        scene.run(0, client, (start + 0.4, start + 0.6), "chan send", SUBMIT);
        scene.at(1, start + 4.3, Act::Ready(10)).run(1, 10, (start + 4.4, start + 4.5), "chan receive", NEXT_ITEM);
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first)), (Kind::ChannelBacklog, "consumers_ended"), "{}", first.title);
    assert!(first.title.contains("3 goroutines created together with it had ended"), "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*Pool).worker", "{}", first.title);
}

const MEET: Stack = &[
    ("sync.(*Cond).Wait", "cond.go", 70),
    ("app.(*Barrier).Await", "grid.go", 37),
    ("app.(*Rank).Run", "grid.go", 60),
];
const OPENED: Stack = &[
    ("sync.(*Cond).Broadcast", "cond.go", 90),
    ("app.(*Barrier).Await", "grid.go", 33),
    ("app.(*Rank).Run", "grid.go", 60),
];
const OBSERVE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("io.ReadFull", "io.go", 354),
    ("app.(*Station).store", "probe.go", 46),
    ("app.(*Rank).Run", "grid.go", 62),
];
const RANK: Stack = &[("app.(*Rank).Run", "grid.go", 58)];

/// Four ranks meet at a barrier 250 times, and the last of them always waits for an answer first. Of the 750 waits only the
/// longest 512 are looked into.
#[test]
fn the_rank_that_always_comes_last_to_a_barrier_is_late() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for rank in 0..4u64 {
        scene.at(0, 0.3 + 0.05 * rank as f64, Act::MakeFor(10 + rank, RANK, CLIENTS));
    }
    scene.at(0, 0.7, Act::Block("chan receive", MAIN));
    for step in 0..250u64 {
        let start = 1.0 + 4.0 * step as f64;
        for rank in 0..3u64 {
            let now = start + 0.1 + 0.01 * rank as f64;
            scene.run(rank, 10 + rank, (now, now + 0.05), "sync", MEET);
        }
        scene.run(3, 13, (start + 0.1, start + 0.2), "network", OBSERVE);
        scene.at(3, start + 3.4, Act::Ready(13)).at(3, start + 3.45, Act::Start(13));
        for rank in 0..3u64 {
            scene.at(3, start + 3.5 + 0.001 * rank as f64, Act::Wake(10 + rank, OPENED));
        }
        scene.at(3, start + 3.55, Act::Preempt(RANK));
    }
    let found = find(&mut scene, &[(1, "chan receive", MAIN)]);
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::Straggler, "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*Station).store", "{}", first.title);
}
