//! Findings on traces made in code: each kind where it is, and where it only looks like it.

use crate::scene::{Act, MS, Scene, Stack};
use crate::scene_findings::{HANDLER, IDLE, SERVE, loud, of_kind};
use trace_core::analysis::findings::finding::{Finding, Kind, Severity};
use trace_core::analysis::findings::{Findings, find};
use trace_core::analysis::places::Places;
use trace_core::analysis::scope::Scope;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::wait_chain::{StepKind, wait_chain};
use trace_core::analysis::why::{why, why_one};
use trace_core::analysis::workload::Workload;
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;

const LOCK: Stack = &[("sync.(*Mutex).Lock", "mutex.go", 46), ("app.(*Store).Get", "app.go", 31), HANDLER, SERVE];
const UNLOCK: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Store).Flush", "app.go", 59), ("app.loop", "app.go", 3)];
const POST: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http.Post", "client.go", 900),
    ("app.(*Store).Flush", "app.go", 55),
    ("app.loop", "app.go", 3),
];
const LOOP: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.loop", "app.go", 2)];
const SEND: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.Publish", "app.go", 40), HANDLER, SERVE];
const RECEIVE: Stack = &[("runtime.chanrecv2", "chan.go", 510), ("app.consume", "app.go", 70)];
const FSYNC: Stack = &[("os.(*File).Sync", "file.go", 1), ("app.write", "app.go", 75), ("app.consume", "app.go", 71)];
const NAP: Stack = &[("time.Sleep", "time.go", 300), ("app.await", "app.go", 80), HANDLER, SERVE];
const CALL: Stack = &[
    ("internal/poll.(*FD).Read", "fd_unix.go", 165),
    ("app.fetch", "app.go", 90),
    ("app.page", "app.go", 95),
    HANDLER,
    SERVE,
];
const LEAK: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.ask.func1", "app.go", 102)];
const SPAWN: Stack = &[("app.ask", "app.go", 100), ("app.main", "app.go", 1)];

fn assert_first(found: &Findings, kind: Kind, function: &str, line: u64) {
    let first = found.list.first().expect("a finding");
    assert_eq!(first.kind, kind, "{}", first.title);
    let place = &first.culprit.as_ref().expect("a culprit").place;
    assert_eq!((place.function.as_str(), place.line), (function, line), "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    assert!(!first.links.is_empty(), "{}", first.title);
}

/// Handlers (goroutines 10, 11, 12) that wait for a lock while a loop (1) that holds it posts something.
fn lock_scene(unlocks_late: bool) -> Scene {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(1)).run(0, 1, (1.1, 2.0), "select", POST);
    for (at, go) in [10u64, 11, 12].into_iter().enumerate() {
        let begin = 10.0 + at as f64;
        scene.at(1, begin, Act::Ready(go));
        if unlocks_late {
            scene.run(1, go, (begin + 0.1, begin + 0.2), "sync", LOCK);
        } else {
            scene.run(1, go, (begin + 0.1, begin + 0.2), "network", IDLE);
        }
    }
    scene.at(0, 100.0, Act::Ready(1)).at(0, 100.1, Act::Start(1));
    if unlocks_late {
        scene.at(0, 100.2, Act::Wake(10, UNLOCK));
        // The first, once woken, wakes the next, and so on: the cause is still the loop.
        scene.at(1, 100.3, Act::Start(10)).at(1, 100.4, Act::Wake(11, UNLOCK_GET)).at(
            1,
            100.5,
            Act::Block("network", IDLE),
        );
        scene.at(1, 100.6, Act::Start(11)).at(1, 100.7, Act::Wake(12, UNLOCK_GET)).at(
            1,
            100.8,
            Act::Block("network", IDLE),
        );
        scene.run(1, 12, (100.9, 101.0), "network", IDLE);
    }
    scene.at(0, 101.5, Act::Block("chan receive", LOOP));
    scene
}

const UNLOCK_GET: Stack =
    &[("sync.(*Mutex).Unlock", "mutex.go", 65), ("app.(*Store).Get", "app.go", 34), HANDLER, SERVE];
const LOCKERS: &[(u64, &str, Stack)] =
    &[(1, "chan receive", LOOP), (10, "network", IDLE), (11, "network", IDLE), (12, "network", IDLE)];

#[test]
fn a_lock_held_over_io_is_the_fault_of_the_one_who_holds_it() {
    let found = lock_scene(true).find(LOCKERS);
    assert_first(&found, Kind::LockHeldOverIo, "app.(*Store).Flush", 55);
    let first = found.list.first().expect("a finding");
    assert!(first.time_lost.0 >= 3 * 85 * MS, "{}", first.time_lost.0);
    assert_eq!(first.victims.first().map(|victim| victim.function.as_str()), Some("app.(*Store).Get"));
}

const SERVE_TRACE: Stack = &[
    ("runtime.selectgo", "select.go", 1),
    ("net/http/pprof.sleep", "pprof.go", 117),
    ("net/http/pprof.Trace", "pprof.go", 182),
    ("app.logged", "app.go", 20),
    SERVE,
];
const SLEEP: Stack = &[("time.Sleep", "time.go", 300), ("app.main", "app.go", 1)];
const FETCH: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.fetch", "app.go", 90), HANDLER, SERVE];

/// A handler (10) that waits 20 ms for an answer, and one (11) that records the trace for 80 ms.
fn recorded_scene() -> Scene {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(11)).run(0, 11, (1.1, 1.2), "select", SERVE_TRACE);
    scene.at(1, 10.0, Act::Ready(10)).run(1, 10, (10.1, 10.2), "chan receive", FETCH);
    scene.at(1, 30.2, Act::Ready(10)).run(1, 10, (30.3, 30.4), "network", IDLE);
    scene.at(0, 81.2, Act::Ready(11)).run(0, 11, (81.3, 81.4), "network", IDLE);
    scene
}

#[test]
fn why_without_a_scope_explains_the_slowest_request_and_never_the_recording() {
    let trace = recorded_scene().load(&[(10, "network", IDLE), (11, "network", IDLE)]);
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("nobody cancelled");
    assert_eq!(why.choice, Some(Choice::Call("app.Handle".to_owned())));
    assert_eq!(why.go, trace.goroutine_by_id(GoId(10)));
    assert!((20 * MS..22 * MS).contains(&why.nanos.0), "{}", why.nanos);
    assert!(why.sentence.contains("app.fetch"), "{}", why.sentence);
    // Where only the recording is at work, whoever ran last is shown, but not the recorder.
    let late = Scope::during(TimeRange::new(trace.range().start.plus_nanos(50 * MS as i64), trace.range().end));
    let why = trace_core::analysis::why::why(&trace, &late, &Monitor::new()).expect("nobody cancelled");
    assert_ne!(why.go, trace.goroutine_by_id(GoId(11)), "{:?}", why.choice);
}

#[test]
fn why_without_a_scope_explains_an_example_of_the_first_finding_if_others_are_concerned() {
    let mut scene = lock_scene(true);
    scene.at(2, 1.0, Act::Ready(20)).run(2, 20, (1.1, 1.2), "chan receive", FETCH);
    scene.at(2, 3.2, Act::Ready(20)).run(2, 20, (3.3, 3.4), "network", IDLE);
    let trace = scene.load(&[LOCKERS, &[(20, "network", IDLE)]].concat());
    let why = why(&trace, &Scope::whole(&trace), &Monitor::new()).expect("nobody cancelled");
    // The slowest request waited for the lock: it is the example to look at, whichever way it was chosen.
    let waited = [10, 11, 12].map(|go| trace.goroutine_by_id(GoId(go)));
    assert!(waited.contains(&why.go), "{:?}", why.choice);
    assert!(why.sentence.contains("sync.(*Mutex).Lock"), "{}", why.sentence);
}

#[test]
fn no_findings_come_with_the_largest_waits_and_without_the_recording() {
    let found = recorded_scene().find(&[(10, "network", IDLE), (11, "network", IDLE)]);
    let places: Vec<&str> = found.coverage.largest.iter().map(|site| site.place.function.as_str()).collect();
    assert_eq!(places, ["app.fetch"]);
    let site = found.coverage.largest.first().expect("a wait");
    assert_eq!((site.count, site.operation.as_str()), (1, "chan receive"));
    assert!(
        site.total.0 <= found.coverage.work.0 && site.share.is_some_and(|share| (0.9..=1.0).contains(&share)),
        "{site:?}"
    );
    assert!(found.coverage.recording.0 >= 80 * MS, "{}", found.coverage.recording.0);
}

#[test]
fn findings_are_listed_by_severity_first() {
    for scene in [lock_scene(true), lock_scene(false)].iter_mut() {
        let found = scene.find(LOCKERS);
        assert!(found.list.is_sorted_by(|one, next| one.severity >= next.severity));
    }
}

#[test]
fn the_same_io_without_the_lock_is_no_finding() {
    assert_eq!(loud(&lock_scene(false).find(LOCKERS)), Vec::<&Finding>::new());
}

#[test]
fn a_chain_covers_its_interval_exactly_and_ends_at_the_root() {
    let trace = lock_scene(true).load(LOCKERS);
    let go = trace.goroutine_by_id(GoId(12)).expect("the last one");
    let wait = trace
        .spans(LaneId::Goroutine(go), trace.range())
        .filter(|span| span.state == GoState::Waiting)
        .max_by_key(|span| if span.goes_on || span.began_before { 0 } else { span.range.nanos() })
        .expect("its wait");
    for range in
        [wait.range, TimeRange::new(wait.range.start.plus_nanos(1_000), wait.range.end.plus_nanos(-7)), trace.range()]
    {
        let chain = wait_chain(&trace, go, range);
        let mut at = range.start;
        for step in &chain.steps {
            assert_eq!(step.range.start, at, "no gap, no overlap");
            assert!(step.range.nanos() > 0);
            at = step.range.end;
        }
        assert_eq!(at, range.end);
        let sum: Nanos = why_one(&trace, go, range).shares.iter().map(|share| share.nanos).sum();
        assert_eq!(sum, range.length());
    }
    let places = Places::new(&trace);
    let found = why_one(&trace, go, wait.range);
    let top = found.shares.first().expect("a share");
    assert_eq!(trace.goroutine_by_id(GoId(1)), Some(top.go), "the root is the loop");
    assert!(matches!(top.doing, StepKind::Waiting(_)));
    assert_eq!(places.own(top.stack).map(|place| place.line), Some(55));
    let told = [
        "waited in sync.(*Mutex).Lock at app.(*Store).Get (app.go:31) behind 2 others for G1, which",
        "net/http.Post at",
    ];
    assert!(told.iter().all(|part| found.sentence.contains(part)), "{}", found.sentence);
}

const SPIN: Stack = &[("app.spin", "app.go", 130), ("app.crunch", "app.go", 131)];

/// The same handlers; the loop that holds the lock is ready all the time, but others have so many of the four procs, started for
/// this.
fn starved_lock_scene(spinning: u64, started_for: Stack) -> Scene {
    let mut scene = Scene::default();
    scene.at(3, 0.2, Act::Ready(12)).at(3, 0.3, Act::Start(12));
    for go in 20..20 + spinning {
        scene.at(3, 0.4 + 0.01 * (go - 20) as f64, Act::MakeFor(go, started_for, LOOP));
    }
    scene.at(3, 0.6, Act::Block("network", IDLE));
    scene.at(0, 1.0, Act::Ready(1)).run(0, 1, (1.1, 2.0), "select", POST);
    for (at, go) in [10u64, 11, 12].into_iter().enumerate() {
        let begin = 10.0 + at as f64;
        scene.at(1, begin, Act::Ready(go)).run(1, go, (begin + 0.1, begin + 0.2), "sync", LOCK);
    }
    scene.at(3, 12.5, Act::Ready(1));
    for go in 20..20 + spinning {
        let proc = go - 20;
        scene.at(proc, 12.6, Act::Start(go)).at(proc, 99.0, Act::Preempt(SPIN));
    }
    scene.at(0, 100.1, Act::Start(1));
    for (at, go) in [10u64, 11, 12].into_iter().enumerate() {
        let now = 100.2 + 0.1 * at as f64;
        scene.at(0, now, Act::Wake(go, UNLOCK));
        scene.run(1, go, (now + 0.02, now + 0.04), "network", IDLE);
    }
    scene.at(0, 101.5, Act::Block("chan receive", LOOP));
    scene
}

#[test]
fn a_lock_whose_holder_has_no_proc_is_no_lock_contention() {
    let found = starved_lock_scene(4, SPIN).find(LOCKERS);
    let locks = [Kind::LockContention, Kind::LockHeldOverIo, Kind::RwmutexWriter];
    assert!(found.list.iter().all(|finding| !locks.contains(&finding.kind)), "{:?}", found.list);
    let starved = found.list.iter().find(|finding| finding.kind == Kind::CpuStarvation).expect("what it is");
    assert_eq!(starved.culprit.as_ref().expect("a culprit").place.function, "app.spin", "{}", starved.title);
    assert_eq!(starved.acts.first().map(|act| act.doing), Some(StepKind::Runnable), "{starved:?}");
}

/// Workers of the GC have the procs, or hardly anybody does: no function of the program keeps the holder from one.
#[test]
fn a_holder_without_a_proc_is_nobodys_fault_where_the_gc_has_them_or_nobody() {
    const WORKER: Stack = &[("runtime.gcBgMarkWorker", "mgc.go", 1400)];
    for mut scene in [starved_lock_scene(4, WORKER), starved_lock_scene(1, SPIN)] {
        let found = scene.find(LOCKERS);
        let starved = found.list.iter().filter(|finding| finding.kind == Kind::CpuStarvation);
        assert_eq!(starved.count(), 0, "{:?}", found.list);
    }
}

/// Three wait for one goroutine at once: what that one did counts once.
#[test]
fn the_time_of_a_holder_is_not_added_up_over_those_who_wait() {
    let trace = lock_scene(true).load(LOCKERS);
    let found = find(&trace, &Monitor::new()).expect("nobody cancelled");
    let first = found.list.first().expect("a finding");
    let act = first.acts.first().expect("what the holder did");
    assert_eq!(trace.goroutine_by_id(GoId(1)), Some(act.go));
    assert!(act.total.0 <= 90 * MS && act.total.0 >= 80 * MS, "{act:?}");
    assert!(first.time_lost.0 > 3 * 80 * MS, "{first:?}");
    assert!(first.title.contains("held the lock for 89.8 ms in net/http.Post"), "{}", first.title);
}

/// One short wait, in a program that starts up.
#[test]
fn a_single_short_wait_for_a_lock_is_no_warning() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(1)).run(0, 1, (1.1, 2.0), "select", POST);
    scene.at(1, 10.0, Act::Ready(10)).run(1, 10, (10.1, 10.2), "sync", LOCK);
    scene.at(0, 31.0, Act::Ready(1)).at(0, 31.1, Act::Start(1)).at(0, 31.2, Act::Wake(10, UNLOCK));
    scene.run(1, 10, (31.3, 31.4), "network", IDLE).at(0, 33.0, Act::Block("chan receive", LOOP));
    assert_eq!(loud(&scene.find(LOCKERS)), Vec::<&Finding>::new());
}

const WRITER: Stack =
    &[("sync.(*Cond).Wait", "cond.go", 70), ("app.writeLoop", "app.go", 140), ("app.conn", "app.go", 1)];
const READER: Stack =
    &[("internal/poll.(*FD).Read", "fd_unix.go", 165), ("app.readLoop", "app.go", 150), ("app.conn", "app.go", 1)];
const SIGNAL: Stack =
    &[("sync.(*Cond).Signal", "cond.go", 82), ("app.readLoop", "app.go", 151), ("app.conn", "app.go", 1)];

/// Writers of connections that wait for messages, and a reader that hands them out as they come in.
#[test]
fn writers_that_wait_for_the_next_message_wait_for_nobody() {
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 10.0 * round as f64;
        scene.at(0, now, Act::Ready(1)).at(0, now + 0.1, Act::Start(1));
        for go in 10u64..14 {
            let now = now + 0.1 + 0.01 * (go - 9) as f64;
            scene.at(0, now, Act::Wake(go, SIGNAL)).run(1, go, (now + 0.001, now + 0.002), "sync", WRITER);
        }
        scene.at(0, now + 0.3, Act::Block("network", READER));
    }
    let waiting: Vec<(u64, &str, Stack)> = (10..14).map(|go| (go, "sync", WRITER)).collect();
    let found = scene.find(&[waiting.as_slice(), &[(1, "network", READER)]].concat());
    assert_eq!(loud(&found), Vec::<&Finding>::new());
}

const SUBTEST: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("testing.(*T).Run", "testing.go", 2000),
    ("app.TestAll", "app_test.go", 10),
    ("testing.tRunner", "testing.go", 1900),
];
const PARALLEL: Stack = &[
    ("runtime.chanrecv1", "chan.go", 500),
    ("testing.(*T).Parallel", "testing.go", 1800),
    ("app.TestAll.func1", "app_test.go", 20),
    ("testing.tRunner", "testing.go", 1900),
];
const REPORT: Stack = &[("runtime.chansend1", "chan.go", 160), ("testing.tRunner", "testing.go", 1950)];

/// A test that waits for its subtests, one after the other, of which one takes far longer than the others.
#[test]
fn tests_that_wait_for_their_subtests_are_let_alone() {
    let mut scene = Scene::default();
    let mut now = 1.0;
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for round in 0..12u64 {
        let (test, length) = (100 + round, if round == 5 { 60.0 } else { 5.0 });
        scene.at(0, now, Act::Make(test, SUBTEST)).at(0, now + 0.01, Act::Block("chan receive", SUBTEST));
        scene.at(1, now + 0.02, Act::Start(test)).at(1, now + 0.1, Act::Block("chan receive", PARALLEL));
        scene.at(2, now + length, Act::Ready(test)).at(1, now + length + 0.1, Act::Start(test));
        scene.at(1, now + length + 0.2, Act::Wake(1, REPORT)).at(1, now + length + 0.3, Act::End);
        now += length + 0.4;
        scene.at(0, now, Act::Start(1));
        now += 0.1;
    }
    scene.at(0, now, Act::Block("chan receive", SUBTEST));
    let found = scene.find(&[(1, "chan receive", SUBTEST)]);
    assert_eq!(loud(&found), Vec::<&Finding>::new());
}

const PARSE: Stack = &[("app.parse", "app.go", 160), ("app.consume", "app.go", 72)];
const TIDY: Stack = &[("app.tidy", "app.go", 170), ("app.consume", "app.go", 73)];

/// A consumer that parses while others wait for it, and afterwards tidies up for much longer.
#[test]
fn what_a_goroutine_does_after_the_last_wait_is_not_the_cause_of_it() {
    let mut scene = Scene::default();
    for (at, go) in (10u64..18).enumerate() {
        let begin = 1.0 + 0.01 * at as f64;
        scene.at(1, begin, Act::Ready(go)).run(1, go, (begin + 0.002, begin + 0.004), "chan send", SEND);
    }
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for round in 0..8u64 {
        let begin = 2.0 + round as f64 * 20.0;
        scene.at(0, begin + 15.0, Act::Preempt(PARSE)).at(0, begin + 15.1, Act::Start(1));
        scene.at(0, begin + 19.0, Act::Wake(10 + round, RECEIVE));
        scene.run(1, 10 + round, (begin + 19.1, begin + 19.2), "network", IDLE);
    }
    for round in 0..40u64 {
        let begin = 170.0 + round as f64 * 10.0;
        scene.at(0, begin, Act::Preempt(TIDY)).at(0, begin + 0.1, Act::Start(1));
    }
    scene.at(0, 600.0, Act::Block("chan receive", RECEIVE));
    assert_first(&scene.find(SENDERS), Kind::ChannelBacklog, "app.parse", 160);
}

const MARK_DONE: Stack = &[
    ("runtime.semacquire1", "sema.go", 188),
    ("runtime.gcMarkDone", "mgc.go", 800),
    ("runtime.mallocgc", "malloc.go", 1100),
    ("app.alloc", "app.go", 180),
    HANDLER,
    SERVE,
];

#[test]
fn waits_inside_the_gc_count_as_its_own() {
    let trace = {
        let mut scene = Scene::default();
        scene.at(0, 1.0, Act::Ready(10)).run(0, 10, (1.1, 2.0), "sync", MARK_DONE);
        scene.at(1, 30.0, Act::Ready(10)).run(0, 10, (30.1, 30.2), "network", IDLE);
        scene.load(&[(10, "network", IDLE)])
    };
    let places = Places::new(&trace);
    let workload = Workload::take(&trace, &places, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(workload.gc_waits, 28 * MS);
}

/// Four goroutines have the procs, four others wait for one: nobody knows what was computed.
#[test]
fn a_program_that_was_hardly_seen_running_is_not_called_bound_by_the_cpu() {
    let mut scene = Scene::default();
    for proc in 0..4u64 {
        scene.at(proc, 1.0, Act::Ready(10 + proc)).at(proc, 1.1, Act::Start(10 + proc));
        scene.at(proc, 2.0, Act::Ready(14 + proc)).at(proc, 99.0, Act::Block("chan receive", SPIN));
        scene.at(proc, 99.1, Act::Start(14 + proc)).at(proc, 99.5, Act::Block("chan receive", SPIN));
    }
    let waiting: Vec<(u64, &str, Stack)> = (10..18).map(|go| (go, "network", IDLE)).collect();
    let found = scene.find(&waiting);
    let kinds: Vec<Kind> = found.list.iter().map(|finding| finding.kind).collect();
    assert!(!kinds.contains(&Kind::CpuBound) && !kinds.contains(&Kind::CpuStarvation), "{kinds:?}");
}

/// Handlers that send to one consumer, which is `busy` ms in a system call for each.
fn backlog_scene(busy: f64) -> Scene {
    let mut scene = Scene::default();
    for (at, go) in (10u64..18).enumerate() {
        let begin = 1.0 + 0.01 * at as f64;
        scene.at(1, begin, Act::Ready(go)).run(1, go, (begin + 0.002, begin + 0.004), "chan send", SEND);
    }
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for round in 0..8u64 {
        let begin = 2.0 + round as f64 * (busy + 0.2);
        scene.at(0, begin, Act::Call(FSYNC)).at(0, begin + busy, Act::Return);
        scene.at(0, begin + busy + 0.05, Act::Wake(10 + round, RECEIVE));
        scene.run(1, 10 + round, (begin + busy + 0.1, begin + busy + 0.15), "network", IDLE);
    }
    scene.at(0, 2.0 + 8.0 * (busy + 0.2) + 0.5, Act::Block("chan receive", RECEIVE));
    scene.at(0, 400.0, Act::Ready(1)).run(0, 1, (400.1, 400.2), "chan receive", RECEIVE);
    scene
}

const SENDERS: &[(u64, &str, Stack)] = &[
    (1, "chan receive", RECEIVE),
    (10, "network", IDLE),
    (11, "network", IDLE),
    (12, "network", IDLE),
    (13, "network", IDLE),
    (14, "network", IDLE),
    (15, "network", IDLE),
    (16, "network", IDLE),
    (17, "network", IDLE),
];

#[test]
fn a_backlog_is_the_fault_of_the_consumer() {
    assert_first(&backlog_scene(40.0).find(SENDERS), Kind::ChannelBacklog, "app.write", 75);
}

const COUNT: Stack = &[("app.count", "app.go", 180), ("app.index", "app.go", 81)];

/// A consumer that parses for senders that wait for it, on one of four procs; `computing` of the others are in use, too.
fn parsing_beside(computing: u64) -> Findings {
    let mut scene = Scene::default();
    for (at, go) in (10u64..18).enumerate() {
        let begin = 1.0 + 0.01 * at as f64;
        scene.at(1, begin, Act::Ready(go)).run(1, go, (begin + 0.002, begin + 0.004), "chan send", SEND);
    }
    for proc in 1..=computing {
        scene.at(proc, 1.5, Act::Ready(30 + proc)).at(proc, 1.6, Act::Start(30 + proc));
    }
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for round in 0..8u64 {
        let begin = 2.0 + round as f64 * 20.0;
        scene.at(0, begin + 15.0, Act::Preempt(PARSE)).at(0, begin + 15.1, Act::Start(1));
        if computing > 0 {
            scene.at(1, begin + 18.0, Act::Preempt(COUNT));
        }
        scene.at(0, begin + 19.0, Act::Wake(10 + round, RECEIVE));
        scene.run(1, 10 + round, (begin + 19.1, begin + 19.2), "network", IDLE);
        if computing > 0 {
            scene.at(1, begin + 19.3, Act::Start(31));
        }
    }
    scene.at(0, 170.0, Act::Block("chan receive", RECEIVE));
    for proc in 1..=computing {
        scene.at(proc, 170.0, Act::Block("chan receive", COUNT));
    }
    let counting = (1..=computing).map(|proc| (30 + proc, "chan receive", COUNT));
    scene.find(&SENDERS.iter().copied().chain(counting).collect::<Vec<_>>())
}

#[test]
fn more_consumers_are_no_advice_where_all_procs_are_busy() {
    let advice = |computing| {
        let found = parsing_beside(computing);
        let backlog = of_kind(&found, Kind::ChannelBacklog).expect("a backlog");
        assert_eq!(backlog.culprit.as_ref().expect("a culprit").place.function, "app.parse", "{}", backlog.title);
        backlog.check.to_owned()
    };
    assert!(!advice(0).contains("the procs are busy"), "{}", advice(0));
    assert!(advice(3).contains("the procs are busy, so that more consumers would not help"), "{}", advice(3));
}

#[test]
fn a_consumer_that_keeps_up_is_no_finding() {
    assert_eq!(loud(&backlog_scene(0.01).find(SENDERS)), Vec::<&Finding>::new());
}

/// A handler that waits `count` times one after the other, three requests.
fn repeated(count: u64, reason: &'static str, stack: Stack) -> Findings {
    let mut scene = Scene::default();
    let mut now = 1.0;
    for _ in 0..3 {
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        for _ in 0..count {
            scene.at(0, now + 0.2, Act::Block(reason, stack)).at(1, now + 10.2, Act::Ready(10));
            scene.at(0, now + 10.3, Act::Start(10));
            now += 10.3;
        }
        scene.at(0, now + 0.2, Act::Block("network", IDLE));
        now += 5.0;
    }
    scene.find(&[(10, "network", IDLE)])
}

#[test]
fn waits_in_a_row_are_found_and_the_caller_named() {
    assert_first(&repeated(5, "network", CALL), Kind::SerialWaits, "app.page", 95);
}

#[test]
fn a_single_wait_for_a_backend_is_no_finding() {
    assert_eq!(loud(&repeated(1, "network", CALL)), Vec::<&Finding>::new());
}

#[test]
fn sleeping_until_something_happens_is_found() {
    assert_first(&repeated(4, "sleep", NAP), Kind::PollingSleep, "app.await", 80);
}

#[test]
fn a_loop_with_a_rhythm_of_its_own_is_no_polling() {
    let own: Stack = &[("time.Sleep", "time.go", 300), ("app.housekeeping", "app.go", 7)];
    assert_eq!(loud(&repeated(9, "sleep", own)), Vec::<&Finding>::new());
}

/// Every 10 ms a goroutine is made that blocks in a send; `answered` of them are woken later and end.
fn leak_scene(answered: bool) -> Findings {
    let mut scene = Scene::default();
    scene.at(0, 0.5, Act::Ready(1)).at(0, 0.6, Act::Start(1));
    for round in 0..40u64 {
        let now = 1.0 + 10.0 * round as f64;
        scene.at(0, now, Act::Make(100 + round, SPAWN));
        scene.run(1, 100 + round, (now + 0.1, now + 0.2), "chan send", LEAK);
        if answered {
            scene.at(0, now + 2.0, Act::Wake(100 + round, LOOP)).at(1, now + 2.1, Act::Start(100 + round));
            scene.at(1, now + 2.2, Act::End);
        }
    }
    scene.at(0, 420.0, Act::Block("chan receive", LOOP));
    scene.find(&[(1, "chan receive", LOOP)])
}

#[test]
fn goroutines_that_pile_up_are_a_leak() {
    assert_first(&leak_scene(false), Kind::GoroutineLeak, "app.ask.func1", 102);
}

#[test]
fn goroutines_that_are_answered_are_none() {
    let found = leak_scene(true);
    assert!(found.list.iter().all(|finding| finding.kind != Kind::GoroutineLeak), "{:?}", found.list);
}

const ENTER: Stack = &[("runtime.chansend1", "chan.go", 160), ("app.limited", "app.go", 110), HANDLER, SERVE];
const LEAVE: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.limited", "app.go", 112), HANDLER, SERVE];

/// Handlers of which one at a time may fetch; the next is let in by the one before.
fn limit_scene(is_limited: bool, rounds: u64) -> Scene {
    let mut scene = Scene::default();
    for round in 0..rounds {
        let begin = 100.0 * round as f64 + 1.0;
        for (at, go) in (10u64..18).enumerate() {
            let now = begin + 0.01 * at as f64;
            let (reason, stack) = if is_limited && at > 0 { ("chan send", ENTER) } else { ("network", CALL) };
            scene.at(1, now, Act::Ready(go)).run(1, go, (now + 0.002, now + 0.004), reason, stack);
        }
        for (at, go) in (10u64..18).enumerate() {
            let now = begin + 10.0 * (at as f64 + 1.0);
            scene.at(0, now, Act::Ready(go)).at(0, now + 0.1, Act::Start(go));
            if is_limited && go < 17 {
                scene.at(0, now + 0.2, Act::Wake(go + 1, LEAVE));
                scene.run(2, go + 1, (now + 0.25, now + 0.3), "network", CALL);
            }
            scene.at(0, now + 0.4, Act::Block("network", IDLE));
        }
    }
    scene
}

#[test]
fn a_semaphore_is_told_from_a_backlog_by_who_lets_in() {
    let found = limit_scene(true, 3).find(&SENDERS[1..]);
    assert!(found.list.iter().all(|finding| finding.kind != Kind::ChannelBacklog), "{:?}", found.list);
    assert_first(&found, Kind::LimitedConcurrency, "app.limited", 110);
}

#[test]
fn who_is_always_let_in_by_the_same_neighbour_stands_in_a_ring() {
    let found = limit_scene(true, 9).find(&SENDERS[1..]);
    assert!(found.list.iter().all(|finding| finding.kind != Kind::LimitedConcurrency), "{:?}", found.list);
}

#[test]
fn the_same_requests_without_a_limit_are_slow_by_themselves() {
    let found = limit_scene(false, 3).find(&SENDERS[1..]);
    // The call that each of them waits for is reported, but nobody is said to wait for another.
    assert!(loud(&found).iter().all(|finding| finding.kind == Kind::SerialWaits), "{:?}", loud(&found));
    assert_first(&found, Kind::SerialWaits, "app.fetch", 90);
}

/// A loop that is in a system call for `share` of each request's 10 ms.
fn call_scene(share: f64) -> Findings {
    let stack: Stack = &[("os.(*File).Sync", "file.go", 1), ("app.save", "app.go", 120), HANDLER, SERVE];
    let mut scene = Scene::default();
    for round in 0..20u64 {
        let now = 1.0 + 15.0 * round as f64;
        scene.at(0, now, Act::Ready(10)).at(0, now + 0.1, Act::Start(10));
        scene.at(0, now + 0.2, Act::Call(stack)).at(0, now + 0.2 + 10.0 * share, Act::Return);
        scene.at(0, now + 10.5, Act::Block("network", IDLE));
    }
    scene.find(&[(10, "network", IDLE)])
}

#[test]
fn system_calls_that_fill_requests_are_found() {
    assert_first(&call_scene(0.9), Kind::SlowSyscall, "app.save", 120);
}

#[test]
fn a_call_now_and_then_is_no_finding() {
    let found = call_scene(0.02);
    assert!(found.list.iter().all(|finding| finding.kind != Kind::SlowSyscall), "{:?}", found.list);
}

#[test]
fn a_cancelled_search_says_so() {
    let trace = lock_scene(true).load(LOCKERS);
    let monitor = Monitor::new();
    monitor.cancel();
    assert_eq!(find(&trace, &monitor), None);
}

#[test]
fn waits_that_last_as_long_as_the_trace_are_no_largest_waits() {
    // 12 waits for the program to end; its wait begins just after the trace and ends just before it does.
    let mut scene = recorded_scene();
    scene.at(2, 0.1, Act::Ready(12)).run(2, 12, (0.2, 0.3), "sleep", SLEEP).at(2, 81.0, Act::Ready(12));
    scene.run(2, 12, (81.1, 81.2), "sleep", SLEEP);
    let found = scene.find(&[(10, "network", IDLE), (11, "network", IDLE), (12, "sleep", SLEEP)]);
    let places: Vec<&str> = found.coverage.largest.iter().map(|site| site.place.function.as_str()).collect();
    assert_eq!(places, ["app.fetch"]);
    assert!(found.coverage.work.0 < 40 * MS, "{}", found.coverage.work.0);
}
