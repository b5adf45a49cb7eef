//! Which frame a finding names for a slow call: a helper that only passes it on, or the function that called it.

use crate::finding_checks::violations;
use crate::scene::{Act, Scene, Stack};
use trace_core::analysis::findings;
use trace_core::analysis::findings::finding::{Culprit, Finding, Kind};
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

const HANDLER: FrameText<'_> = ("app.Handle", "app.go", 10);
const SERVE: FrameText<'_> = ("net/http.(*conn).serve", "server.go", 2000);
const IDLE: Stack = &[("net.(*netFD).Read", "fd.go", 5), SERVE];
const WAIT: FrameText<'_> = ("internal/poll.(*FD).Read", "fd_unix.go", 165);
const GET: FrameText<'_> = ("bufio.(*Reader).ReadString", "bufio.go", 500);
const GET_FRAME: FrameText<'_> = ("app.get", "app.go", 39);
const FETCH: FrameText<'_> = ("app.fetch", "app.go", 25);
const PRICE: FrameText<'_> = ("app.price", "app.go", 28);
const FAR: FrameText<'_> = ("app.(*line).ask", "line.go", 66);
const NEAR: FrameText<'_> = ("app.(*line).ask", "app.go", 66);
const OTHER_PACKAGE: FrameText<'_> = ("app/backend.(*Line).Ask", "backend/line.go", 66);

/// The slow call of six requests, each of which makes it with one of the stacks in turn; after `others` were seen, too.
fn slow_call(stacks: &[Stack], others: &[Stack]) -> Finding {
    let mut scene = Scene::default();
    for (at, stack) in (0..6u64).zip(stacks.iter().cycle()) {
        let now = 1.0 + 100.0 * at as f64;
        scene.at(0, now, Act::Ready(10)).run(0, 10, (now + 0.1, now + 0.2), "network", stack);
        scene.at(0, now + 80.0, Act::Ready(10)).at(0, now + 80.1, Act::Start(10));
        for (at, other) in (0..).zip(others) {
            scene.at(0, now + 80.2 + 0.1 * f64::from(at), Act::Sample(10, other));
        }
        scene.at(0, now + 81.0, Act::Block("network", IDLE));
    }
    let trace = scene.load(&[(10, "network", IDLE)]);
    let found = findings::find(&trace, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(violations(&trace, &found), Vec::<String>::new());
    let first = found.list.into_iter().next().expect("a finding");
    assert_eq!(first.kind, Kind::SerialWaits, "{}", first.title);
    first
}

fn culprit(finding: &Finding) -> &Culprit {
    finding.culprit.as_ref().expect("a culprit")
}

#[test]
fn a_helper_of_another_file_or_package_is_named_with_its_caller_which_is_the_place_to_look_at() {
    const OTHER_FILE: Stack = &[WAIT, GET, FAR, FETCH, GET_FRAME, HANDLER, SERVE];
    const PACKAGE: Stack = &[WAIT, GET, OTHER_PACKAGE, FETCH, GET_FRAME, HANDLER, SERVE];
    for (stack, helper) in [(OTHER_FILE, FAR), (PACKAGE, OTHER_PACKAGE)] {
        let found = slow_call(&[stack], &[]);
        let culprit = culprit(&found);
        assert_eq!(culprit.place.function, "app.fetch", "{}", found.title);
        assert_eq!(culprit.through.as_ref().map(|place| place.function.as_str()), Some(helper.0));
        assert_eq!(culprit.caller.as_ref().map(|place| place.function.as_str()), Some("app.get"));
        let called =
            format!("in bufio.(*Reader).ReadString at {} (line.go:66), called from app.fetch (app.go:25)", helper.0);
        assert!(found.title.contains(&called), "{}", found.title);
    }
}

#[test]
fn a_function_that_is_no_helper_is_named_itself() {
    const SAME_FILE: Stack = &[WAIT, GET, NEAR, FETCH, GET_FRAME, HANDLER, SERVE];
    const OTHER_FILE: Stack = &[WAIT, GET, FAR, FETCH, GET_FRAME, HANDLER, SERVE];
    const FROM_HANDLER: Stack = &[WAIT, GET, FAR, HANDLER, SERVE];
    const DEEPER: Stack = &[("app.parse", "app.go", 80), FAR, FETCH, GET_FRAME, HANDLER, SERVE];
    // In the file of its caller; called by what the request is named by; with work of the program in it.
    for (stack, others) in [(SAME_FILE, vec![]), (FROM_HANDLER, vec![]), (OTHER_FILE, vec![DEEPER])] {
        let found = slow_call(&[stack], &others);
        assert_eq!(culprit(&found).place.function, "app.(*line).ask", "{}", found.title);
        assert_eq!(culprit(&found).through, None, "{}", found.title);
        assert!(culprit(&found).caller.is_some(), "{}", found.title);
        assert!(!found.title.contains("called from"), "{}", found.title);
    }
}

#[test]
fn a_helper_of_several_callers_is_named_with_the_one_that_calls_it_most_of_the_time() {
    const FETCHED: Stack = &[WAIT, GET, NEAR, FETCH, GET_FRAME, HANDLER, SERVE];
    const PRICED: Stack = &[WAIT, GET, NEAR, PRICE, GET_FRAME, HANDLER, SERVE];
    const CALLED: Stack = &[NEAR, PRICE, GET_FRAME, HANDLER, SERVE];
    let found = slow_call(&[FETCHED], &[CALLED]);
    assert_eq!(culprit(&found).place.function, "app.fetch", "{}", found.title);
    assert!(found.title.contains(", called from app.fetch (app.go:25)"), "{}", found.title);
    // What is counted is of both: so the headline names what they call, and the title says how much is whose.
    let found = slow_call(&[FETCHED, FETCHED, PRICED], &[CALLED]);
    assert_eq!(culprit(&found).place.function, "app.fetch", "{}", found.title);
    let callers = ", called from app.fetch (app.go:25) for 319 ms and from app.price (app.go:28) for 160 ms";
    assert!(found.title.contains(callers), "{}", found.title);
    assert!(found.headline.contains(" in app.(*line).ask: "), "{}", found.headline);
    // Where both call it alike, neither is to blame.
    let found = slow_call(&[FETCHED, PRICED], &[]);
    assert_eq!(culprit(&found).place.function, "app.(*line).ask", "{}", found.title);
    assert!(!found.title.contains("called from"), "{}", found.title);
}
