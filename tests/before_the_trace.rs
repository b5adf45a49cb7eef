//! What is said of waits and of goroutines that reach back before they can be seen, on traces made in code.

use trace_core::analysis::locks::locks;
use trace_core::analysis::scope::Scope as Whole;
use trace_core::analysis::wait_chain::StepKind;
use trace_core::analysis::why::why_one;
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::testkit::writer::FrameText;

use crate::scene::{Act, MS, Scene, Stack};

const WAIT: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.wait", "app.go", 10)];
const WORK: Stack = &[("runtime.chanrecv1", "chan.go", 500), ("app.work", "app.go", 20)];
const SEND: Stack = &[("runtime.chansend1", "chan.go", 100), ("app.fire", "app.go", 30)];
const TIMER: Stack = &[("app.fire", "app.go", 28)];
const UNLOCK: FrameText<'_> = ("sync.(*Mutex).Unlock", "mutex.go", 65);
const ROTATE: Stack = &[UNLOCK, ("app.rotate", "app.go", 50)];
const ADD: Stack = &[UNLOCK, ("app.add", "app.go", 31)];

#[test]
fn a_goroutine_that_a_timer_created_did_nothing_before() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).run(0, 10, (1.1, 2.0), "chan receive", WAIT);
    // The proc runs no goroutine: this is how the function of a timer begins.
    scene.at(1, 20.0, Act::MakeFor(90, TIMER, &[])).at(1, 20.1, Act::Start(90)).at(1, 20.2, Act::Wake(10, SEND));
    scene.at(1, 20.3, Act::End).run(0, 10, (20.4, 21.0), "chan receive", WAIT);
    let trace = scene.load(&[(10, "chan receive", WAIT)]);
    let start = trace.range().start;
    let range = TimeRange::new(start.plus_nanos(2 * MS as i64), start.plus_nanos(20 * MS as i64));
    let why = why_one(&trace, trace.goroutine_by_id(GoId(10)).expect("it is there"), range);
    let first = why.shares.first().expect("a share");
    assert_eq!(first.doing, StepKind::NotCreated, "{}", why.sentence);
    assert!(why.sentence.contains("had not been created yet"), "{}", why.sentence);
}

#[test]
fn a_run_is_not_said_to_be_in_the_wait_that_ended_it() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).run(0, 10, (1.1, 30.0), "chan receive", WORK);
    let trace = scene.load(&[(10, "chan receive", WAIT)]);
    let why = why_one(&trace, trace.goroutine_by_id(GoId(10)).expect("it is there"), trace.range());
    assert!(why.sentence.contains("ran until chan receive at app.work (app.go:20)"), "{}", why.sentence);
}

#[test]
fn who_waited_for_a_lock_since_before_the_trace_did_not_hold_it_meanwhile() {
    let mut scene = Scene::default();
    scene.at(0, 1.0, Act::Ready(10)).at(0, 1.1, Act::Start(10)).at(0, 50.0, Act::Wake(11, ROTATE));
    scene.at(0, 50.1, Act::Block("chan receive", WAIT));
    scene.at(1, 50.2, Act::Start(11)).at(1, 50.4, Act::Wake(12, ADD)).at(1, 50.5, Act::Block("chan receive", WORK));
    scene.at(2, 50.6, Act::Start(12)).at(2, 50.8, Act::Block("chan receive", WORK));
    let waiting = [(10, "chan receive", WAIT), (11, "sync", WAIT), (12, "sync", WAIT)];
    let trace = scene.load(&waiting);
    let found = locks(&trace, &Whole::whole(&trace).pieces(&trace), &Monitor::new()).expect("nobody cancelled");
    let [lock] = found.as_slice() else { panic!("one lock, not {found:?}") };
    assert_eq!(lock.count, 2);
    let waiter = trace.goroutine_by_id(GoId(11)).expect("it is there");
    let held: Vec<i64> =
        lock.longest_holds.iter().filter(|hold| hold.go == waiter).map(|hold| hold.range.nanos()).collect();
    assert!(held.len() == 1 && held.iter().all(|nanos| *nanos < MS as i64), "{held:?}");
}
