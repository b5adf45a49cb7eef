//! Findings on traces made in code: connections that are made for one call each, of net/http and of database/sql, and such
//! that open bodies of responses keep.

use crate::scene::{Act, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, assert_first, cause, find, handlers, number};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::Kind;

const ASK: Stack = &[
    ("net/http.(*Transport).queueForDial", "transport.go", 1600),
    ("net/http.(*Transport).getConn", "transport.go", 1400),
    ("net/http.(*Client).Get", "client.go", 480),
    ("app.load", "app.go", 20),
    HANDLER,
    SERVE,
];
const GET_CONNECTION: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Transport).getConn", "transport.go", 1420),
    ("net/http.(*Client).Get", "client.go", 480),
    ("app.load", "app.go", 20),
    HANDLER,
    SERVE,
];
const ROUND_TRIP: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*persistConn).roundTrip", "transport.go", 2700),
    ("net/http.(*Client).Get", "client.go", 480),
    ("app.load", "app.go", 20),
    HANDLER,
    SERVE,
];
const DIALER: Stack = &[("net/http.(*Transport).dialConnFor", "transport.go", 1650)];
const DIAL: Stack = &[
    ("net/http.(*Transport).dialConn", "transport.go", 1800),
    ("net/http.(*Transport).dialConnFor", "transport.go", 1650),
];
const READER: Stack = &[("net/http.(*persistConn).readLoop", "transport.go", 2400)];
const READ: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("net/http.(*persistConn).readLoop", "transport.go", 2450)];
const DELIVER: Stack =
    &[("runtime.selectgo", "select.go", 1), ("net/http.(*persistConn).readLoop", "transport.go", 2600)];

/// What becomes of a connection when it has answered a call.
#[derive(Clone, Copy, PartialEq)]
enum After {
    /// It is closed.
    Closed,
    /// It answers two more.
    Reused,
    /// Nobody reads or closes the body.
    BodyOpen,
}

/// A call of a handler that waits 1 ms for the answer over the connection of `reader`.
fn call(scene: &mut Scene, (go, reader): (u64, u64), now: f64, is_last: bool, after: After) {
    scene.at(1, now, Act::Ready(reader)).at(1, now + 0.05, Act::Start(reader));
    scene.at(1, now + 0.1, Act::Wake(go, DELIVER));
    match after {
        After::Closed if is_last => scene.at(1, now + 0.15, Act::End),
        After::BodyOpen => scene.at(1, now + 0.15, Act::Block("select", DELIVER)),
        _ => scene.at(1, now + 0.15, Act::Block("network", READ)),
    };
    scene.run(0, go, (now + 0.2, now + 0.25), "network", IDLE);
}

/// Sixty connections, for each of which a handler waits 3 ms.
fn connections(after: After) -> Findings {
    let mut scene = Scene::default();
    for round in 0..60u64 {
        let (go, dialer, reader) = (10 + round % 4, 1_000 + round, 2_000 + round);
        let now = 1.0 + 9.0 * round as f64;
        scene.at(0, now, Act::Ready(go)).at(0, now + 0.05, Act::Start(go)).at(
            0,
            now + 0.1,
            Act::MakeFor(dialer, DIALER, ASK),
        );
        scene.at(0, now + 0.15, Act::Block("select", GET_CONNECTION));
        scene.at(1, now + 3.0, Act::Start(dialer)).at(1, now + 3.05, Act::MakeFor(reader, READER, DIAL));
        scene.at(1, now + 3.1, Act::Wake(go, DIAL)).at(1, now + 3.15, Act::End);
        scene.run(1, reader, (now + 3.2, now + 3.25), "network", READ);
        scene.run(0, go, (now + 3.2, now + 3.25), "select", ROUND_TRIP);
        let more = if after == After::Reused { 2 } else { 0 };
        call(&mut scene, (go, reader), now + 4.0, more == 0, after);
        for next in 0..more {
            let now = now + 4.5 + 1.5 * next as f64;
            scene.at(0, now, Act::Ready(go)).run(0, go, (now + 0.05, now + 0.1), "select", ROUND_TRIP);
            call(&mut scene, (go, reader), now + 1.0, false, after);
        }
    }
    find(&mut scene, &handlers(10..14))
}

#[test]
fn connections_of_http_that_answer_one_call_each_are_told() {
    let found = connections(After::Closed);
    let first = assert_first(&found, Kind::SerialWaits, "connections_not_reused", "app.load");
    assert_eq!((number(first, "connections"), number(first, "used_once")), (Some(60), Some(60)), "{}", first.title);
    assert!(first.headline.starts_with("New connection for each call in app.load: 60"), "{}", first.headline);
    let reused = connections(After::Reused);
    assert!(reused.list.iter().all(|one| cause(one) != "connections_not_reused"), "{:?}", reused.list);
}

#[test]
fn bodies_that_nobody_closes_keep_their_connections() {
    let found = connections(After::BodyOpen);
    let first = assert_first(&found, Kind::GoroutineLeak, "bodies_open", "app.load");
    // The last ones may yet be closed.
    assert!(number(first, "stuck").is_some_and(|stuck| (50..60).contains(&stuck)), "{}", first.title);
    assert!(found.list.iter().all(|one| cause(one) != "connections_not_reused"), "{:?}", found.list);
}

// database/sql.

const OPEN: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("driver.(*Driver).Open", "driver.go", 30),
    ("database/sql.dsnConnector.Connect", "sql.go", 790),
    ("database/sql.(*DB).conn", "sql.go", 1420),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.find", "app.go", 40),
    HANDLER,
    SERVE,
];
const QUERY: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("driver.(*Conn).QueryContext", "driver.go", 60),
    ("database/sql.(*DB).queryDC", "sql.go", 1790),
    ("app.find", "app.go", 40),
    HANDLER,
    SERVE,
];

const RESET: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("driver.(*Conn).ResetSession", "driver.go", 80),
    ("database/sql.(*driverConn).resetSession", "sql.go", 610),
    ("database/sql.(*DB).conn", "sql.go", 1340),
    ("database/sql.(*DB).QueryContext", "sql.go", 1700),
    ("app.find", "app.go", 40),
    HANDLER,
    SERVE,
];

/// Queries of 2 ms by two handlers, sixty of which, all or the first ones, open a connection for 6 ms before, or do something
/// else with one.
fn queries(all: u64, before: Stack) -> Findings {
    let mut scene = Scene::default();
    for round in 0..all {
        let (go, now) = (10 + round % 2, 1.0 + 10.0 * round as f64);
        scene.at(0, now, Act::Ready(go));
        if round < 60 {
            scene.run(0, go, (now + 0.1, now + 0.2), "network", before).at(0, now + 6.2, Act::Ready(go));
        }
        scene.run(0, go, (now + 6.3, now + 6.4), "network", QUERY).at(0, now + 8.4, Act::Ready(go));
        scene.run(0, go, (now + 8.5, now + 8.6), "network", IDLE);
    }
    find(&mut scene, &handlers(10..12))
}

#[test]
fn connections_of_sql_that_are_opened_for_each_query_are_told() {
    let found = queries(60, OPEN);
    let first = found.list.iter().find(|one| cause(one) == "connections_not_reused").expect("a finding");
    assert_eq!(number(first, "waits"), Some(60), "{}", first.title);
    assert!(first.title.contains("while connections of database/sql were opened"), "{}", first.title);
    assert!(first.check.contains("SetMaxIdleConns"), "{}", first.check);
    let filled = queries(240, OPEN);
    let reset = queries(60, RESET);
    for found in [filled, reset] {
        assert!(found.list.iter().all(|one| cause(one) != "connections_not_reused"), "{:?}", found.list);
    }
}
