//! Requests of one kept-alive connection, of which the next is there before the last is answered: no wait parts them.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{assert_first, find};
use trace_core::analysis::compare::measure::measure;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::findings::finding::Kind;
use trace_core::analysis::places::Places;
use trace_core::analysis::scope::Scope;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::why::why;
use trace_core::analysis::work_units::Family;
use trace_core::analysis::workload::Workload;
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const SERVE: FrameText<'_> = ("net/http.(*conn).serve", "server.go", 2000);
const CALLED: FrameText<'_> = ("net/http.serverHandler.ServeHTTP", "server.go", 3300);
const HANDLER: FrameText<'_> = ("app.Handle", "app.go", 10);
const IDLE: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("bufio.(*Reader).Peek", "bufio.go", 150), SERVE];
const READ: Stack = &[("syscall.Read", "syscall.go", 183), ("bufio.(*Reader).Peek", "bufio.go", 150), SERVE];
const PARSE: Stack = &[("syscall.Read", "syscall.go", 183), ("net/http.(*conn).readRequest", "server.go", 1032), SERVE];
const ASK: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net/http.Get", "client.go", 400),
    ("app.ask", "app.go", 12),
    HANDLER,
    CALLED,
    SERVE,
];
const FLUSH: Stack =
    &[("syscall.Write", "syscall.go", 1), ("net/http.(*response).Flush", "server.go", 1700), HANDLER, CALLED, SERVE];
const ANSWER: Stack =
    &[("syscall.Write", "syscall.go", 1), ("net/http.(*response).finishRequest", "server.go", 1721), SERVE];
const STOP_READING: Stack = &[
    ("sync.(*Cond).Wait", "cond.go", 71),
    ("net/http.(*connReader).abortPendingRead", "server.go", 800),
    ("net/http.(*response).finishRequest", "server.go", 1726),
    SERVE,
];

/// Six requests of 80 ms each on one connection, each begun by `before` and ended by `after` (one call each), then an idle
/// wait.
fn requests(before: &[Stack], after: &[Stack]) -> Scene {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).at(0, 1.1, Act::Start(10));
    for round in 0..6u64 {
        let now = 2.0 + 82.0 * round as f64;
        for (at, stack) in (0..).zip(before) {
            let then = now + 0.1 * f64::from(at);
            scene.at(0, then, Act::Call(stack)).at(0, then + 0.05, Act::Return);
        }
        scene.at(0, now + 0.5, Act::Block("network", ASK));
        scene.at(0, now + 80.0, Act::Ready(10)).at(0, now + 80.1, Act::Start(10));
        for (at, stack) in (0..).zip(after) {
            let then = now + 80.2 + 0.1 * f64::from(at);
            scene.at(0, then, Act::Call(stack)).at(0, then + 0.05, Act::Return);
        }
    }
    scene.at(0, 493.0, Act::Block("network", IDLE)).at(1, 510.0, Act::Idle);
    scene
}

fn family(scene: &mut Scene) -> Family {
    let trace = scene.load(&[(10, "network", IDLE)]);
    let places = Places::new(&trace);
    let workload = Workload::take(&trace, &places, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(workload.unseen.values().sum::<u64>(), 0, "what lies between two requests is none");
    let mut families = workload.families.into_values();
    let family = families.next().expect("requests");
    assert!(families.next().is_none());
    // A comparison counts the same units.
    let measured = measure(&trace, trace.range(), &Monitor::new()).expect("nobody cancelled");
    let rows = measured.rows.iter().filter(|((kind, _), _)| *kind == RowKind::Work);
    let (count, max) = rows.fold((0, 0), |sum, (_, series)| (sum.0 + series.count, sum.1.max(series.max)));
    assert_eq!(count, family.bounded);
    assert!((80 * MS..84 * MS).contains(&max), "{max}");
    family
}

#[test]
fn each_request_is_a_unit_of_its_own_though_no_wait_parts_it_from_the_next() {
    // Read from the socket, in one piece or several; read ahead, so that the answer before is all there is; answered by the
    // handler itself, in which case reading is.
    let ways: [(&[Stack], &[Stack]); 5] = [
        (&[READ, PARSE], &[ANSWER]),
        (&[READ, READ, PARSE], &[FLUSH, ANSWER, ANSWER]),
        (&[], &[ANSWER]),
        (&[], &[FLUSH, ANSWER, ANSWER]),
        (&[READ], &[FLUSH]),
    ];
    for (before, after) in ways {
        let family = family(&mut requests(before, after));
        assert_eq!((family.units, family.bounded), (6, 6), "{before:?} {after:?}");
        let longest = family.longest.expect("a longest unit").1.nanos().unsigned_abs();
        assert!((80 * MS..84 * MS).contains(&longest), "{longest} {before:?} {after:?}");
    }
}

#[test]
fn a_request_that_an_idle_wait_ends_is_one_unit_as_before() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Call(READ)).at(0, now + 0.3, Act::Return).at(
            0,
            now + 0.4,
            Act::Block("network", ASK),
        );
        scene.at(0, now + 80.0, Act::Ready(10)).at(0, now + 80.1, Act::Start(10));
        scene.at(0, now + 80.2, Act::Call(ANSWER)).at(0, now + 80.3, Act::Return);
        scene.at(0, now + 80.4, Act::Block("sync", STOP_READING));
        scene.at(0, now + 80.5, Act::Ready(10)).at(0, now + 80.6, Act::Start(10));
        scene.at(0, now + 80.7, Act::Call(READ)).at(0, now + 80.8, Act::Return).at(
            0,
            now + 80.9,
            Act::Block("network", IDLE),
        );
    }
    scene.at(1, 600.0, Act::Idle);
    let family = family(&mut scene);
    assert_eq!((family.units, family.bounded), (6, 6));
    let longest = family.longest.expect("a longest unit").1.nanos().unsigned_abs();
    // From when the first bytes came, the wait for a proc included.
    assert_eq!(longest, 80 * MS + 4 * MS / 10);
}

#[test]
fn the_slowest_call_is_one_request_and_findings_count_each() {
    let mut scene = requests(&[READ, PARSE], &[ANSWER]);
    let found = find(&mut scene, &[(10, "network", IDLE)]);
    let first = assert_first(&found, Kind::SerialWaits, "slow_call", "app.ask");
    assert!(first.title.starts_with("6 requests of app.Handle"), "{}", first.title);
    assert!(first.title.contains("6 of them waited 79.5 ms on average"), "{}", first.title);
    let trace = requests(&[READ, PARSE], &[ANSWER]).load(&[(10, "network", IDLE)]);
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("nobody cancelled");
    assert_eq!(why.choice, Some(Choice::Call("app.Handle".to_owned())));
    assert!((80 * MS..84 * MS).contains(&why.nanos.0), "{}", why.sentence);
}
