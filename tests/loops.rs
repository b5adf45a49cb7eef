//! Goroutines that closures and libraries start: which function is their loop, what they are there for, and who is one
//! of a kind.

use crate::finding_checks::violations;
use crate::scene::{Act, Scene, Stack};
use trace_core::analysis::findings::finding::{Kind, Severity};
use trace_core::analysis::findings::{self, Findings};
use trace_core::analysis::places::Places;
use trace_core::analysis::workload::Workload;
use trace_core::base::ids::{GoroutineIdx, StackId};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

const MAIN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];
const START: Stack = &[("app.main", "app.go", 10)];
const CLOSURE: Stack = &[("app.main.func1", "app.go", 10)];
const TAKE: Stack =
    &[("runtime.chanrecv2", "chan.go", 510), ("app.(*pump).run", "pump.go", 20), ("app.main.func1", "app.go", 11)];
const DONE: Stack = &[("sync.(*WaitGroup).Done", "waitgroup.go", 100), ("app.main.func1", "app.go", 12)];
const GIVE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.feed", "app.go", 30)];
const FEED: Stack = &[("time.Sleep", "time.go", 300), ("app.feed", "app.go", 31)];

fn find(trace: &Trace) -> Findings {
    let found = findings::find(trace, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(violations(trace, &found), Vec::<String>::new());
    found
}

/// Whether the stack of which the innermost function and line are these is that of a loop of its own.
fn is_loop(trace: &Trace, place: (&str, u64)) -> bool {
    let places = Places::new(trace);
    let is_there = |stack: &StackId| places.own(*stack).is_some_and(|own| (own.function.as_str(), own.line) == place);
    let mut stacks = (0..trace.stack_count()).map(StackId).filter(is_there);
    stacks.any(|stack| places.is_root(stack))
}

/// One goroutine, started by a closure, that waits in five rounds, for another one or for what `wait` and `reason` say.
fn pump(reason: &'static str, wait: Stack, asks: bool) -> Scene {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1)).at(0, 0.3, Act::MakeFor(10, CLOSURE, START));
    scene.at(0, 0.4, Act::Block("chan receive", MAIN)).run(1, 10, (0.5, 0.6), reason, wait);
    for round in 0..5 {
        let now = 2.0 + 4.0 * f64::from(round);
        scene.at(0, now, Act::Ready(2)).at(0, now + 0.1, Act::Start(2)).at(0, now + 0.2, Act::Wake(10, GIVE));
        scene.at(0, now + 0.3, Act::Block("sleep", FEED)).at(1, now + 0.4, Act::Start(10));
        if asks {
            scene.at(1, now + 1.0, Act::Wake(2, TAKE)).run(0, 2, (now + 1.02, now + 1.04), "sleep", FEED);
        }
        scene.at(1, now + 1.1, Act::Block(reason, wait));
    }
    scene.at(1, 30.0, Act::Ready(10)).at(1, 30.1, Act::Start(10)).at(1, 30.2, Act::Wake(1, DONE)).at(1, 30.3, Act::End);
    scene
}

const WAITING: &[(u64, &str, Stack)] = &[(1, "chan receive", MAIN), (2, "sleep", FEED)];

#[test]
fn a_function_that_a_closure_does_nothing_but_call_is_a_loop_where_it_waits_for_work() {
    assert!(is_loop(&pump("chan receive", TAKE, false).load(WAITING), ("app.(*pump).run", 20)));
}

#[test]
fn waits_for_the_network_or_for_an_answer_are_no_loop_of_the_function_that_a_closure_calls() {
    const READ: Stack = &[
        ("internal/poll.(*FD).Read", "fd_unix.go", 165),
        ("net.(*conn).Read", "net.go", 190),
        ("app.(*pump).run", "pump.go", 25),
        ("app.main.func1", "app.go", 11),
    ];
    assert!(!is_loop(&pump("network", READ, false).load(WAITING), ("app.(*pump).run", 25)));
    // The one that wakes it is the one that it has woken before: that may be a question and its answer.
    assert!(!is_loop(&pump("chan receive", TAKE, true).load(WAITING), ("app.(*pump).run", 20)));
}

#[test]
fn a_closure_that_calls_more_than_one_function_is_the_loop_itself() {
    const OTHER: Stack =
        &[("time.Sleep", "time.go", 300), ("app.(*pump).rest", "pump.go", 40), ("app.main.func1", "app.go", 13)];
    let mut scene = pump("chan receive", TAKE, false);
    scene.at(1, 22.0, Act::Ready(10)).run(1, 10, (22.1, 22.2), "sleep", OTHER);
    assert!(!is_loop(&scene.load(WAITING), ("app.(*pump).run", 20)));
}

#[test]
fn a_wait_that_each_goroutine_makes_once_is_no_loop() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 0..6u64 {
        let now = 1.0 + 2.0 * go as f64;
        scene.at(0, now, Act::MakeFor(10 + go, CLOSURE, START)).run(
            1,
            10 + go,
            (now + 0.1, now + 0.2),
            "chan receive",
            TAKE,
        );
        scene.at(0, now + 1.0, Act::Wake(10 + go, GIVE));
        scene.at(1, now + 1.1, Act::Start(10 + go)).at(1, now + 1.2, Act::End);
    }
    scene.at(0, 20.0, Act::Block("chan receive", MAIN));
    assert!(!is_loop(&scene.load(&[(1, "chan receive", MAIN)]), ("app.(*pump).run", 20)));
}

// A limit in such a loop.

const REST: Stack =
    &[("time.Sleep", "time.go", 300), ("app.(*volume).backup", "app.go", 40), ("app.main.func1", "app.go", 10)];
const ACQUIRE: Stack = &[
    ("runtime.selectgo", "select.go", 520),
    ("app.(*limit).Acquire", "limit.go", 36),
    ("app.(*volume).backup", "app.go", 36),
    ("app.main.func1", "app.go", 10),
];
const SEND: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.send", "app.go", 50),
    ("app.(*volume).backup", "app.go", 37),
    ("app.main.func1", "app.go", 10),
];
const RELEASE: Stack = &[
    ("runtime.closechan", "chan.go", 400),
    ("app.(*limit).Release", "limit.go", 63),
    ("app.(*volume).backup", "app.go", 38),
    ("app.main.func1", "app.go", 10),
];

#[test]
fn a_limit_is_found_though_a_closure_calls_the_loop() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 0..4u64 {
        scene.at(0, 0.3 + 0.01 * go as f64, Act::MakeFor(10 + go, CLOSURE, START));
    }
    scene.at(0, 0.5, Act::Block("chan receive", MAIN));
    for go in 0..4u64 {
        let now = 1.0;
        scene.run(go, 10 + go, (now, now + 0.1), "select", ACQUIRE);
    }
    scene.at(0, 2.0, Act::Ready(10)).at(1, 2.0, Act::Ready(11));
    // Two of four may send at a time, 0 and 1, then 2 and 3; who goes on after whom changes.
    for round in 0..40u64 {
        let now = 2.1 + 8.4 * round as f64;
        for place in 0..2u64 {
            let next = (place + round / 3) % 2;
            let (proc, other) = if round % 2 == 0 { (place, 2 + next) } else { (2 + place, next) };
            let go = 10 + proc;
            scene.run(proc, go, (now, now + 0.1), "network", SEND).at(proc, now + 8.0, Act::Ready(go));
            scene.at(proc, now + 8.1, Act::Start(go)).at(proc, now + 8.2, Act::Wake(10 + other, RELEASE));
            scene.at(proc, now + 8.3, Act::Block("sleep", REST)).at(proc, now + 9.3, Act::Ready(go));
            scene.run(proc, go, (now + 9.4, now + 9.5), "select", ACQUIRE);
        }
    }
    let found = find(&scene.load(&[(1, "chan receive", MAIN)]));
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, Kind::LimitedConcurrency, "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.(*limit).Acquire");
}

// What a goroutine is there for.

#[test]
fn a_goroutine_that_a_library_starts_is_there_for_the_function_that_it_was_given() {
    const GO: Stack = &[("sync.(*WaitGroup).Go", "waitgroup.go", 230), ("app.main", "app.go", 10)];
    const LAUNCH: Stack = &[("sync.(*WaitGroup).Go.func1", "waitgroup.go", 235)];
    const SERVE: Stack = &[
        ("runtime.chanrecv2", "chan.go", 510),
        ("app.serve", "app.go", 20),
        ("app.main.func1", "app.go", 10),
        ("sync.(*WaitGroup).Go.func1", "waitgroup.go", 240),
    ];
    const VISIT: Stack = &[
        ("time.Sleep", "time.go", 300),
        ("app.visit", "app.go", 30),
        ("app.main.func2", "app.go", 12),
        ("sync.(*WaitGroup).Go.func1", "waitgroup.go", 240),
    ];
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    scene.at(0, 0.3, Act::MakeFor(10, LAUNCH, GO)).at(0, 0.4, Act::MakeFor(11, LAUNCH, GO));
    scene.run(1, 10, (0.5, 0.6), "chan receive", SERVE).run(2, 11, (0.5, 0.6), "sleep", VISIT);
    scene.at(0, 5.0, Act::Block("chan receive", MAIN));
    let trace = scene.load(&[(1, "chan receive", MAIN)]);
    let workload = Workload::take(&trace, &Places::new(&trace), &Monitor::new()).expect("nobody cancelled");
    let mut names: Vec<&str> = workload.gos.iter().map(|facts| trace.str(facts.name)).collect();
    names.sort_unstable();
    assert!(names.contains(&"app.main.func1") && names.contains(&"app.main.func2"), "{names:?}");
    assert_eq!(trace.goroutine(GoroutineIdx(0)).map(|go| go.is_system), Some(false));
}

// Requests that each start goroutines for their parts.

const SERVE: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("app.dashboard", "app.go", 60),
    ("net/http.(*conn).serve", "server.go", 2_000),
];
const IDLE: Stack = &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("net/http.(*conn).serve", "server.go", 1_900)];
const SPLIT: Stack = &[("app.dashboard", "app.go", 55), ("net/http.(*conn).serve", "server.go", 2_000)];
const PANEL: Stack = &[("app.dashboard.func1", "app.go", 55)];
const SLOT: Stack = &[
    ("runtime.chansend1", "chan.go", 160),
    ("app.(*Pool).Acquire", "pool.go", 20),
    ("app.dashboard.func1", "app.go", 56),
];
const QUERY: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.query", "app.go", 70),
    ("app.dashboard.func1", "app.go", 57),
];
const FREE: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("app.(*Pool).Release", "pool.go", 30),
    ("app.dashboard.func1", "app.go", 58),
];
const PUT: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.dashboard.func1", "app.go", 59)];

#[test]
fn parts_of_different_requests_that_wait_for_each_other_s_places_are_a_limit() {
    let mut scene = Scene::default();
    for round in 0..30u64 {
        let now = 1.0 + 20.0 * round as f64;
        let part = |at: u64| 100 + 4 * round + at;
        for handler in 0..2u64 {
            scene.at(handler, now, Act::Ready(1 + handler)).at(handler, now + 0.1, Act::Start(1 + handler));
            // Parts 0 and 2 are of the one request, 1 and 3 of the other.
            scene.at(handler, now + 0.2, Act::MakeFor(part(handler), PANEL, SPLIT));
            scene.at(handler, now + 0.3, Act::MakeFor(part(2 + handler), PANEL, SPLIT));
            scene.at(handler, now + 0.4, Act::Block("chan receive", SERVE));
        }
        for at in 1..4u64 {
            scene.run(at, part(at), (now + 0.5, now + 0.6), "chan send", SLOT);
        }
        for at in 0..4u64 {
            let begin = now + 0.7 + 4.0 * at as f64;
            scene.run(at, part(at), (begin, begin + 0.1), "network", QUERY).at(at, begin + 3.5, Act::Ready(part(at)));
            scene.at(at, begin + 3.6, Act::Start(part(at)));
            if at < 3 {
                scene.at(at, begin + 3.7, Act::Wake(part(at + 1), FREE));
            }
            if at >= 2 {
                scene.at(at, begin + 3.75, Act::Wake(1 + at % 2, PUT));
            }
            scene.at(at, begin + 3.8, Act::End);
            if at >= 2 {
                let handler = 1 + at % 2;
                scene.run(at, handler, (begin + 3.85, begin + 3.9), "network", IDLE);
            }
        }
    }
    let found = find(&scene.load(&[(1, "network", IDLE), (2, "network", IDLE)]));
    let limit = found.list.iter().find(|finding| finding.kind == Kind::LimitedConcurrency);
    let limit = limit.unwrap_or_else(|| panic!("{:#?}", found.list));
    assert_eq!(limit.culprit.as_ref().expect("a culprit").place.function, "app.(*Pool).Acquire", "{}", limit.title);
    assert!(limit.severity > Severity::Note, "{}", limit.title);
}
