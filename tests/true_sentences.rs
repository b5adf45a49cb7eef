//! What findings and lists say on traces made in code, where the easy sentence would be false.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, all, cause, find, of_kind};
use std::sync::Arc;
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};
use trace_core::analysis::findings::{self, Findings};
use trace_core::analysis::leaks::{Suspicion, leaks};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::tasks::{TaskIndex, details};
use trace_core::base::ids::TaskIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::kind::EventKind;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::{FrameText, TraceWriter};

const PAUSE: Stack = &[("time.Sleep", "time.go", 300), ("app.client", "app.go", 10)];
const WAIT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.main", "app.go", 2)];

fn first(found: &Findings) -> &Finding {
    found.list.first().expect("a finding")
}

// Queues and slots.

const NEXT: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.stage", "app.go", 20)];
const ON: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.stage", "app.go", 22)];
const LOCATE: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("app.locate", "app.go", 30),
    ("app.stage", "app.go", 21),
];
const FEED: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.source", "app.go", 5)];

/// Two goroutines of a stage (2, 3) send to two of the next (4, 5), which ask somebody for 6 ms for each item; the stages
/// are the same function.
fn stages(rounds: u64) -> Findings {
    let mut scene = Scene::default();
    for go in 4u64..6 {
        scene.at(0, 0.1, Act::Ready(go)).run(
            go - 3,
            go,
            (0.2 + 0.1 * go as f64, 0.25 + 0.1 * go as f64),
            "network",
            LOCATE,
        );
    }
    scene.at(0, 1.0, Act::Ready(1)).at(0, 1.1, Act::Start(1));
    for go in 2u64..4 {
        scene.at(0, 1.2 + 0.1 * go as f64, Act::Wake(go, FEED));
        scene.run(3, go, (1.6 + 0.1 * go as f64, 1.65 + 0.1 * go as f64), "chan send", ON);
    }
    scene.at(0, 2.0, Act::Block("chan send", FEED));
    for round in 0..rounds {
        let now = 3.0 + 3.0 * round as f64;
        let (to, from) = (4 + round % 2, 2 + (round / 2) % 2);
        scene.at(to - 3, now, Act::Ready(to)).at(to - 3, now + 0.1, Act::Start(to));
        scene.at(to - 3, now + 0.2, Act::Wake(from, NEXT)).at(to - 3, now + 0.3, Act::Block("network", LOCATE));
        scene.run(3, from, (now + 0.4, now + 0.5), "chan receive", NEXT);
        scene.at(0, now + 0.6, Act::Ready(1)).at(0, now + 0.7, Act::Start(1)).at(0, now + 0.8, Act::Wake(from, FEED));
        scene.at(0, now + 0.9, Act::Block("sleep", PAUSE));
        scene.run(3, from, (now + 1.0, now + 1.1), "chan send", ON);
        scene.at(0, now + 1.2, Act::Ready(1)).run(0, 1, (now + 1.3, now + 1.4), "sleep", PAUSE);
    }
    find(&mut scene, &[all(2..6, "chan receive", NEXT), vec![(1, "sleep", PAUSE)]].concat())
}

/// Nor where few values pass before the channel is closed.
#[test]
fn a_full_channel_between_stages_that_are_one_function_is_no_semaphore() {
    for rounds in [60, 7] {
        let found = stages(rounds);
        assert_eq!(of_kind(&found, Kind::LimitedConcurrency), None, "{rounds} rounds");
        let first = first(&found);
        assert_eq!(first.kind, Kind::ChannelBacklog, "{rounds} rounds: {}", first.title);
        assert_eq!(first.culprit.as_ref().expect("a culprit").place.function, "app.locate", "{}", first.title);
    }
}

const SHARED: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.work", "app.go", 40)];
const ASK: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("net.(*conn).Read", "net.go", 190), ("app.work", "app.go", 41)];
const UNSHARE: Stack = &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.work", "app.go", 42)];
const TAKE: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.work", "app.go", 39)];
const WORKER: Stack = &[("app.work", "app.go", 38)];
const HIRE: Stack = &[("app.main", "app.go", 50)];
const GIVE: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.main", "app.go", 51)];

#[test]
fn workers_that_queue_for_a_lock_are_not_too_few() {
    let mut scene = Scene::default();
    scene.at(0, 0.1, Act::Ready(1)).at(0, 0.2, Act::Start(1));
    for go in 100u64..104 {
        scene.at(0, 0.2 + 0.01 * (go - 99) as f64, Act::MakeFor(go, WORKER, HIRE));
        let (reason, at) = if go == 100 { ("network", ASK) } else { ("sync", SHARED) };
        scene.run(1, go, (0.5 + 0.1 * (go - 100) as f64, 0.55 + 0.1 * (go - 100) as f64), reason, at);
    }
    scene.at(0, 1.0, Act::Block("chan send", GIVE));
    for round in 0..60u64 {
        let now = 2.0 + 5.0 * round as f64;
        let (go, next) = (100 + round % 4, 100 + (round + 1) % 4);
        scene.at(1, now + 4.0, Act::Ready(go)).at(1, now + 4.1, Act::Start(go)).at(
            1,
            now + 4.2,
            Act::Wake(next, UNSHARE),
        );
        scene.at(1, now + 4.3, Act::Wake(1, TAKE)).at(1, now + 4.4, Act::Block("sync", SHARED));
        scene.run(2, next, (now + 4.3, now + 4.4), "network", ASK).run(0, 1, (now + 4.4, now + 4.5), "chan send", GIVE);
    }
    let found = find(&mut scene, &[(1, "chan receive", WAIT)]);
    assert_eq!(first(&found).kind, Kind::LockHeldOverIo, "{}", first(&found).title);
    assert_eq!(of_kind(&found, Kind::LimitedConcurrency), None);
}

// Results.

const LOAD: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Get", "client.go", 400),
    ("app.(*Flight).load", "app.go", 60),
    ("app.(*Flight).Do", "app.go", 56),
    HANDLER,
    SERVE,
];
const JOIN: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.(*Flight).Do", "app.go", 52), HANDLER, SERVE];
const SHARE: Stack = &[("runtime.closechan", "chan.go", 400), ("app.(*Flight).Do", "app.go", 58), HANDLER, SERVE];

/// In so many rounds, one of six handlers loads for 70 ms while the others wait for that.
fn flights(rounds: u64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..rounds {
        let (now, by) = (1.0 + 100.0 * round as f64, 10 + round);
        scene.at(0, now, Act::Ready(by)).run(0, by, (now + 0.1, now + 0.2), "select", LOAD);
        for go in (10u64..16).filter(|go| *go != by) {
            let now = now + 1.0 + 0.1 * (go - 10) as f64;
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.01, now + 0.02), "chan receive", JOIN);
        }
        scene.at(0, now + 70.0, Act::Ready(by)).at(0, now + 70.1, Act::Start(by));
        for go in (10u64..16).filter(|go| *go != by) {
            scene.at(0, now + 70.2 + 0.002 * (go - 10) as f64, Act::Wake(go, SHARE));
            let then = now + 70.3 + 0.1 * (go - 10) as f64;
            scene.run(1, go, (then, then + 0.05), "network", IDLE);
        }
        scene.at(0, now + 72.0, Act::Block("network", IDLE));
    }
    find(&mut scene, &all(10..16, "network", IDLE))
}

#[test]
fn results_that_several_produced_one_after_the_other_are_not_said_to_be_one() {
    let found = flights(3);
    assert!(first(&found).title.contains("for results that 3 goroutines (the longest G1"), "{}", first(&found).title);
    let found = flights(1);
    assert!(first(&found).title.contains("for one result that G10 produced"), "{}", first(&found).title);
}

const PLAIN: Stack = &[("bufio.(*Writer).Flush", "bufio.go", 6), SERVE];
const CALL: Stack = &[("runtime.selectgo", "select.go", 1), ("net/http.Get", "client.go", 400), HANDLER, SERVE];

/// Twenty requests, of which four wait for an answer; the others leave no stack of the program.
#[test]
fn requests_that_left_no_stack_are_counted_too() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        if round % 5 == 0 {
            scene.at(0, now + 0.2, Act::Block("select", CALL));
            scene.at(1, now + 80.0, Act::Ready(10)).at(0, now + 80.1, Act::Start(10));
        } else {
            scene.at(0, now + 0.2, Act::Preempt(PLAIN)).at(0, now + 0.3, Act::Start(10));
        }
        scene.at(0, now + 81.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &all(10..11, "network", IDLE));
    assert!(
        first(&found).title.starts_with("4 requests seen in app.Handle (app.go:10) (20 total)"),
        "{}",
        first(&found).title
    );
}

const TURN: FrameText<'_> =
    ("golang.org/x/time/rate.(*Limiter).WaitN", "/go/pkg/mod/golang.org/x/time@v0.5.0/rate/rate.go", 280);
const TURNS: Stack = &[("runtime.selectgo", "select.go", 1), TURN, ("app.take", "app.go", 70), HANDLER, SERVE];
const PUMPED: Stack =
    &[("runtime.selectgo", "select.go", 1), TURN, ("app.take", "app.go", 70), ("app.pump", "app.go", 75)];

/// Requests that wait for a limiter, and a loop that waits for it far more often.
#[test]
fn all_waits_for_a_limiter_are_told_and_none_is_to_be_made_concurrently() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "select", TURNS);
        scene.at(0, now + 80.2, Act::Ready(10)).run(0, 10, (now + 80.3, now + 80.4), "network", IDLE);
        scene.at(1, now, Act::Ready(2));
        for step in 0..9u64 {
            let now = now + 10.0 * step as f64;
            scene.run(1, 2, (now + 0.1, now + 0.2), "select", PUMPED).at(2, now + 9.0, Act::Ready(2));
        }
        scene.run(1, 2, (now + 90.0, now + 90.1), "chan receive", WAIT);
    }
    let found = find(&mut scene, &[all(10..11, "network", IDLE), vec![(2, "chan receive", WAIT)]].concat());
    let limit = of_kind(&found, Kind::PollingSleep).expect("the limiter");
    assert!(limit.title.contains("; 60 waits there in the whole trace, "), "{}", limit.title);
    assert_eq!(of_kind(&found, Kind::SerialWaits), None);
}

const ANSWER: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("net.(*conn).Read", "net.go", 190),
    ("bufio.(*Reader).ReadString", "bufio.go", 500),
    ("app.ask", "app.go", 77),
    HANDLER,
    SERVE,
];
const QUESTION: Stack = &[("net.(*conn).Write", "net.go", 200), ("app.ask", "app.go", 76), HANDLER, SERVE];

#[test]
fn system_calls_of_the_function_that_waits_are_not_counted_as_waits() {
    let mut scene = Scene::default();
    for round in 0..6u64 {
        let now = 1.0 + 100.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        for call in 0..4u64 {
            let now = now + 0.2 + 0.1 * call as f64;
            scene.at(0, now, Act::Call(QUESTION)).at(0, now + 0.05, Act::Return);
        }
        scene.at(0, now + 1.0, Act::Block("network", ANSWER));
        scene.at(1, now + 80.0, Act::Ready(10)).run(0, 10, (now + 80.1, now + 80.2), "network", IDLE);
    }
    let found = find(&mut scene, &all(10..11, "network", IDLE));
    let slow = of_kind(&found, Kind::SerialWaits).expect("slow requests");
    assert!(slow.title.starts_with("6 requests") && !slow.title.contains("waits there"), "{}", slow.title);
}

// Locks.

const LOCK: Stack =
    &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Store).Put", "app.go", 80), ("app.client", "app.go", 81)];
const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Store).Put", "app.go", 84), ("app.client", "app.go", 81)];
const HELP: Stack = &[
    ("runtime.gopark", "proc.go", 1),
    ("runtime.gcParkAssist", "mgcmark.go", 700),
    ("runtime.mallocgc", "malloc.go", 1100),
    ("app.(*Store).Put", "app.go", 82),
    ("app.client", "app.go", 81),
];
const WRITE: Stack =
    &[("os.(*File).Write", "file.go", 1), ("app.(*Store).Put", "app.go", 83), ("app.client", "app.go", 81)];
const CUT: Stack = &[("app.(*Store).Put", "app.go", 83), ("app.client", "app.go", 81)];

#[test]
fn a_lock_held_while_its_holder_waits_for_the_gc_is_not_held_over_io() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "GC mark assist wait for work", HELP);
        scene.at(1, now + 0.3, Act::Ready(11)).run(1, 11, (now + 0.4, now + 0.5), "sync", LOCK);
        scene.at(2, now + 10.0, Act::Ready(10)).at(0, now + 10.1, Act::Start(10)).at(
            0,
            now + 10.2,
            Act::Wake(11, UNLOCK),
        );
        scene.at(0, now + 10.3, Act::Block("sleep", PAUSE)).run(1, 11, (now + 10.3, now + 10.4), "sleep", PAUSE);
    }
    let found = find(&mut scene, &all(10..12, "sleep", PAUSE));
    assert_eq!(of_kind(&found, Kind::LockHeldOverIo), None);
    let first = first(&found);
    assert_eq!((first.kind, cause(first)), (Kind::LockContention, "held_over_gc"), "{}", first.title);
}

/// A holder that writes for 3 ms and then has no proc for so long.
fn written(without: f64) -> Findings {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10)).at(0, now + 0.2, Act::Call(WRITE));
        scene.at(1, now + 0.3, Act::Ready(11)).run(1, 11, (now + 0.4, now + 0.5), "sync", LOCK);
        scene.at(0, now + 3.2, Act::Return);
        let end = now + 3.4 + without;
        scene.at(0, now + 3.3, Act::Preempt(CUT)).at(0, end, Act::Start(10)).at(0, end + 0.1, Act::Wake(11, UNLOCK));
        scene.at(0, end + 0.2, Act::Block("sleep", PAUSE)).run(1, 11, (end + 0.2, end + 0.3), "sleep", PAUSE);
    }
    find(&mut scene, &all(10..12, "sleep", PAUSE))
}

#[test]
fn a_holder_that_was_long_without_a_proc_is_not_blamed_for_its_slow_call() {
    let found = written(0.0);
    assert!(of_kind(&found, Kind::LockHeldOverIo).is_some_and(|found| found.severity > Severity::Note));
    let found = written(2.5);
    let held = of_kind(&found, Kind::LockHeldOverIo).expect("a note");
    assert_eq!(held.severity, Severity::Note, "{}", held.title);
}

const REBUILD: Stack =
    &[("app.sorted", "app.go", 95), ("app.(*Table).Load", "app.go", 91), ("app.loader", "app.go", 98)];
const LET_GO: Stack =
    &[("sync.(*RWMutex).Unlock", "rwmutex.go", 65), ("app.(*Table).Load", "app.go", 93), ("app.loader", "app.go", 98)];
const LOOK_UP: Stack =
    &[("sync.(*RWMutex).RLock", "rwmutex.go", 70), ("app.(*Table).Find", "app.go", 88), ("app.client", "app.go", 81)];

#[test]
fn the_line_of_a_lock_held_while_computing_is_that_of_the_call_not_of_the_end() {
    let mut scene = Scene::default();
    for round in 0..12u64 {
        let now = 1.0 + 40.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(1, now + 0.3, Act::Ready(11)).run(1, 11, (now + 0.4, now + 0.5), "sync", LOOK_UP);
        scene.at(0, now + 15.0, Act::Preempt(REBUILD)).at(0, now + 15.1, Act::Start(10));
        scene.at(0, now + 20.0, Act::Wake(11, LET_GO)).at(0, now + 20.1, Act::Block("sleep", PAUSE));
        scene.run(1, 11, (now + 20.1, now + 20.2), "sleep", PAUSE);
    }
    let found = find(&mut scene, &all(10..12, "sleep", PAUSE));
    let first = first(&found);
    let culprit = first.culprit.as_ref().expect("a culprit");
    assert_eq!((culprit.place.function.as_str(), culprit.place.line), ("app.(*Table).Load", 91), "{}", first.title);
    assert!(first.title.contains("seen running mostly in app.sorted"), "{}", first.title);
}

// Calls, the GC, procs.

const STAT: Stack = &[("os.Stat", "stat.go", 1), ("app.save", "app.go", 100), HANDLER, SERVE];
const RENAME: Stack = &[("os.Rename", "file.go", 1), ("app.save", "app.go", 101), HANDLER, SERVE];

#[test]
fn of_several_system_calls_the_one_with_most_time_is_counted_by_itself() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 15.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        for call in 0..4u64 {
            let now = now + 0.2 + 0.5 * call as f64;
            scene.at(0, now, Act::Call(STAT)).at(0, now + 0.25, Act::Return);
        }
        scene.at(0, now + 3.0, Act::Call(RENAME)).at(0, now + 8.0, Act::Return).at(
            0,
            now + 8.1,
            Act::Block("network", IDLE),
        );
    }
    let found = find(&mut scene, &all(10..11, "network", IDLE));
    let first = first(&found);
    assert_eq!(first.kind, Kind::SlowSyscall, "{}", first.title);
    assert!(first.title.starts_with("100 system calls, 120 ms total (max 5.00 ms), of which 20 (100 ms) in os.Rename"));
}

const RENDER: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.render", "app.go", 110), HANDLER, SERVE];
const LIST: Stack = &[("runtime.mallocgc", "malloc.go", 1100), ("app.list", "app.go", 111), HANDLER, SERVE];

#[test]
fn where_the_gc_saw_allocations_is_said_with_what_it_rests_on() {
    let mut scene = Scene::default();
    for round in 0..10u64 {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Gc(2 * round, Some(LIST)));
        scene.at(0, now + 1.0, Act::Assist(Some(RENDER))).at(0, now + 7.0, Act::Assist(None));
        scene.at(0, now + 7.5, Act::Assist(Some(LIST))).at(0, now + 9.5, Act::Assist(None));
        scene.at(0, now + 12.0, Act::Gc(2 * round + 1, None)).at(0, now + 15.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &all(10..11, "network", IDLE));
    let gc = of_kind(&found, Kind::GcPressure).expect("the GC");
    assert!(gc.title.ends_with("; 75 % of the time of mark assists at app.render (app.go:110)"), "{}", gc.title);
}

const TIDY: Stack = &[("runtime.GC", "mgc.go", 500), ("app.tidy", "app.go", 120), HANDLER, SERVE];
const SETTLE: Stack = &[("runtime.GC", "mgc.go", 500), ("app.settle", "app.go", 121), HANDLER, SERVE];

/// What the finding about the GC says in the end, where cycles begin at these places.
fn forced(stacks: &[Stack]) -> String {
    let mut scene = Scene::default();
    for (round, stack) in (0..10u64).zip(stacks.iter().cycle()) {
        let now = 1.0 + 20.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Gc(2 * round, Some(stack)));
        scene.at(0, now + 12.0, Act::Gc(2 * round + 1, None)).at(0, now + 15.0, Act::Block("network", IDLE));
    }
    let found = find(&mut scene, &all(10..11, "network", IDLE));
    let title = &of_kind(&found, Kind::GcPressure).expect("the GC").title;
    title.rsplit_once("; ").expect("an end").1.to_owned()
}

#[test]
fn of_gc_cycles_only_those_that_a_place_forced_are_said_to_be_its_own() {
    assert_eq!(forced(&[TIDY]), "forced by app.tidy (app.go:120)");
    assert_eq!(forced(&[TIDY, TIDY, LIST]), "7 of the cycles were forced by app.tidy (app.go:120)");
    assert_eq!(forced(&[TIDY, TIDY, SETTLE, TIDY, LIST]), "8 of the cycles were forced, 6 by app.tidy (app.go:120)");
}

/// A goroutine that is runnable for so long though three procs idle.
fn waiting(nanos: f64) -> Findings {
    let mut scene = Scene::default();
    scene.at(2, 0.5, Act::Idle).at(3, 0.5, Act::Idle);
    scene.at(0, 1.0, Act::Ready(11)).at(0, 1.1, Act::Start(11));
    scene.at(0, 10.0, Act::Ready(10)).at(1, 10.0 + nanos, Act::Start(10));
    scene.at(0, 300.0, Act::Block("network", IDLE)).at(1, 300.0, Act::Block("network", IDLE));
    find(&mut scene, &all(10..12, "network", IDLE))
}

#[test]
fn procs_that_idle_for_long_while_goroutines_are_runnable_have_threads_without_a_cpu() {
    let found = waiting(250.0);
    let idle = of_kind(&found, Kind::IdleProcs).expect("idle procs");
    assert_eq!((idle.severity, cause(idle)), (Severity::Warning, "threads_without_cpu"), "{}", idle.title);
    let found = waiting(20.0);
    assert!(of_kind(&found, Kind::IdleProcs).is_some_and(|idle| idle.severity == Severity::Note));
}

// Lists.

const ACCEPT: Stack = &[("internal/poll.(*FD).Accept", "fd_unix.go", 600), ("app.start", "app.go", 121)];
const READER: Stack = &[("app.read", "app.go", 122)];
const WRITER: Stack = &[("app.write", "app.go", 123)];
const START: Stack = &[("app.start", "app.go", 120)];
const READ: Stack = &[("net.(*netFD).Read", "fd.go", 5), ("app.read", "app.go", 124)];
const FLUSH: Stack = &[("sync.(*Cond).Wait", "cond.go", 70), ("app.write", "app.go", 125)];

/// Connections come all the time and stay; each has a goroutine that waits for something to write, and `has_reader`: one
/// that reads.
fn connections(has_reader: bool) -> Arc<Trace> {
    let mut scene = Scene::default();
    for at in 0..24u64 {
        let now = 1.0 + 20.0 * at as f64;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1)).at(
            0,
            now + 0.2,
            Act::MakeFor(100 + at, WRITER, START),
        );
        if has_reader {
            scene.at(0, now + 0.3, Act::MakeFor(200 + at, READER, START));
            scene.run(1, 200 + at, (now + 0.4, now + 0.5), "network", READ);
        }
        scene.at(0, now + 0.6, Act::Block("network", ACCEPT)).run(2, 100 + at, (now + 0.7, now + 0.8), "sync", FLUSH);
    }
    scene.load(&[(1, "network", ACCEPT)])
}

#[test]
fn goroutines_of_connections_that_stay_are_no_leak() {
    for (has_reader, wanted) in [(false, Suspicion::Growing), (true, Suspicion::Connections)] {
        let trace = connections(has_reader);
        let found = leaks(&trace, &Scope::whole(&trace).pieces(&trace), &Monitor::new()).expect("not cancelled");
        let writers = found.iter().find(|group| trace.frames(group.wait).any(|frame| frame.function == "app.write"));
        assert_eq!(writers.expect("the writers").suspicion, wanted);
        let found = findings::find(&trace, &Monitor::new()).expect("not cancelled");
        let leak = of_kind(&found, Kind::GoroutineLeak).expect("a finding");
        assert_eq!(leak.severity == Severity::Note, has_reader, "{}", leak.title);
    }
}

/// A task of 80 ms with a region of 10 ms on the goroutine that began it and one of 5 ms on another.
#[test]
fn what_of_a_task_no_region_covers_is_known() {
    let mut writer = TraceWriter::new(26);
    for proc in 0..2u64 {
        writer.event(proc, 1_000, EventKind::PROC_STATUS, &[proc, 1]);
        writer.event(proc, 1_001, EventKind::GO_STATUS, &[1 + proc, proc, 2]);
    }
    let name = writer.string("work");
    writer.event(0, 2 * MS, EventKind::USER_TASK_BEGIN, &[1, 0, name, 0]);
    for (proc, from, to) in [(0, 3, 13), (1, 20, 25)] {
        writer.event(proc, from * MS, EventKind::USER_REGION_BEGIN, &[1, name, 0]);
        writer.event(proc, to * MS, EventKind::USER_REGION_END, &[1, name, 0]);
    }
    writer.event(1, 82 * MS, EventKind::USER_TASK_END, &[1, 0]);
    let trace = load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace");
    let task = trace.task(TaskIdx(0)).expect("a task");
    let found = details(&trace, &TaskIndex::of(&trace), &task);
    assert_eq!((found.breakdown.total, found.on_others), (Nanos(15 * MS), Nanos(5 * MS)));
    assert_eq!(found.outside_regions, Nanos(65 * MS));
}
