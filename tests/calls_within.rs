//! Calls to a server that runs in the same process: the other side is in the trace.

use crate::finding_checks::violations;
use crate::scene::{Act, Scene, Stack};
use trace_core::analysis::findings::finding::{Finding, Kind};
use trace_core::analysis::findings::{self, Findings};
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const SERVE: FrameText<'_> = ("net/http.(*conn).serve", "server.go", 2000);
const IDLE: Stack = &[("net.(*netFD).Read", "fd.go", 5), SERVE];
const HANDLE: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.Handle", "app.go", 10), SERVE];
const READ: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.Handle", "app.go", 10),
    SERVE,
];
const GET: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.(*Transport).roundTrip", "transport.go", 600),
    ("net/http.(*Client).Get", "client.go", 480),
    ("app.client", "app.go", 65),
];
const REPLY: Stack =
    &[("runtime.selectgo", "select.go", 1), ("net/http.(*persistConn).readLoop", "transport.go", 2300)];
const GIVEN: Stack = &[("runtime.send", "chan.go", 300), ("net/http.(*persistConn).readLoop", "transport.go", 2400)];

fn found(scene: &mut Scene) -> Findings {
    let waiting = [
        (2, "select", GET),
        (3, "select", GET),
        (8, "select", REPLY),
        (10, "network", IDLE),
        (11, "network", IDLE),
        (12, "network", IDLE),
    ];
    let trace = scene.load(&waiting);
    let found = findings::find(&trace, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(violations(&trace, &found), Vec::<String>::new());
    found
}

/// Two clients (2, 3) ask for 60 ms each; the reply comes through goroutine 8. While they wait, a
/// handler is there from `begins` to `ends` ms after the request, all of that waiting in `stack`.
fn calls((begins, ends): (f64, f64), stack: Stack, reason: &'static str) -> Findings {
    let mut scene = Scene::default();
    for round in 0..8u64 {
        for client in 0..2u64 {
            let now = 1.0 + 90.0 * round as f64 + 20.0 * client as f64;
            let (go, handler) = (2 + client, 10 + (round + client) % 3);
            scene.at(client, now - 0.2, Act::Ready(go)).run(client, go, (now - 0.1, now), "select", GET);
            scene.at(2, now + begins - 0.05, Act::Ready(handler));
            scene.run(2, handler, (now + begins, now + begins + 0.1), reason, stack);
            scene.at(2, now + ends - 0.1, Act::Ready(handler)).run(
                2,
                handler,
                (now + ends - 0.05, now + ends),
                "network",
                IDLE,
            );
            scene.at(3, now + 60.0, Act::Ready(8)).at(3, now + 60.01, Act::Start(8));
            scene.at(3, now + 60.02, Act::Wake(go, GIVEN)).at(3, now + 60.05, Act::Block("select", REPLY));
            scene.run(
                client,
                go,
                (now + 60.1, now + 60.2),
                "sleep",
                &[("time.Sleep", "time.go", 300), ("app.client", "app.go", 66)],
            );
        }
    }
    found(&mut scene)
}

fn of_clients(found: &Findings) -> &Finding {
    let such =
        found.list.iter().find(|finding| finding.kind == Kind::SerialWaits && finding.title.contains("(*Client).Get"));
    such.unwrap_or_else(|| panic!("none of the clients: {found:#?}"))
}

#[test]
fn what_a_client_waits_for_in_the_same_process_is_named() {
    let found = calls((0.3, 59.9), HANDLE, "chan receive");
    let clients = of_clients(&found);
    let handled = "; app.Handle (app.go:10) in this process handled 16 of the 16 longest";
    assert!(clients.title.ends_with(handled), "{}", clients.title);
    assert!(clients.check.starts_with("The other side is in this trace: "), "{}", clients.check);
    // Where the handler's requests have a finding of their own, that is the one to read.
    let found = calls((0.3, 59.9), READ, "network");
    let clients = of_clients(&found);
    assert!(clients.check.contains("another finding tells"), "{}", clients.check);
    assert!(found.list.iter().any(|finding| finding.title.contains("requests of app.Handle")), "{found:#?}");
}

#[test]
fn a_handler_that_is_there_for_other_reasons_does_not_answer() {
    // It asks itself, and so began before; it goes on longer; it is done long before.
    for times in [(-0.5, 60.3), (0.3, 63.0), (0.3, 40.0)] {
        let found = calls(times, HANDLE, "chan receive");
        let clients = of_clients(&found);
        assert!(!clients.title.contains("in this process"), "{}", clients.title);
        assert!(clients.check.starts_with("Find out why the other side takes so long"), "{}", clients.check);
    }
}

/// Handlers that run side by side and ask another process in the same way are no answer to each other.
#[test]
fn handlers_do_not_answer_the_calls_that_they_make() {
    const ASK: Stack = &[
        ("runtime.selectgo", "select.go", 1),
        ("net/http.(*Transport).roundTrip", "transport.go", 600),
        ("net/http.(*Client).Get", "client.go", 480),
        ("app.Handle", "app.go", 12),
        SERVE,
    ];
    let mut scene = Scene::default();
    for round in 0..8u64 {
        for handler in 0..3u64 {
            let now = 1.0 + 90.0 * round as f64 + 0.3 * handler as f64;
            scene.at(0, now, Act::Ready(10 + handler)).run(0, 10 + handler, (now + 0.1, now + 0.2), "select", ASK);
            scene.at(3, now + 60.0, Act::Ready(8)).at(3, now + 60.01, Act::Start(8));
            scene.at(3, now + 60.02, Act::Wake(10 + handler, GIVEN)).at(3, now + 60.05, Act::Block("select", REPLY));
            scene.run(0, 10 + handler, (now + 60.1, now + 60.2), "network", IDLE);
        }
    }
    let found = found(&mut scene);
    let calls = of_clients(&found);
    assert!(calls.title.contains("24 requests of app.Handle"), "{}", calls.title);
    assert!(!calls.title.contains("in this process"), "{}", calls.title);
}
