//! What was found in a scene, and what tests ask of it.

use trace_core::analysis::findings::finding::{Finding, Kind, Severity, Value};
use trace_core::analysis::findings::{self, Findings};
use trace_core::base::monitor::Monitor;
use trace_core::testkit::writer::FrameText;

use crate::finding_checks::violations;
use crate::scene::{Scene, Stack};

/// A goroutine that waits from before the trace: its id, the runtime's reason, its stack.
pub(crate) type Waiting = (u64, &'static str, Stack);

/// The function that handles a request.
pub(crate) const HANDLER: FrameText<'_> = ("app.Handle", "app.go", 10);
/// The function below which `net/http` serves a connection.
pub(crate) const SERVE: FrameText<'_> = ("net/http.(*conn).serve", "server.go", 2000);
/// A connection without a request.
pub(crate) const IDLE: Stack = &[("net.(*netFD).Read", "fd.go", 5), SERVE];

/// The findings of a scene, of which all must hold that holds of any.
pub(crate) fn find(scene: &mut Scene, waiting: &[Waiting]) -> Findings {
    let trace = scene.load(waiting);
    let found = findings::find(&trace, &Monitor::new()).expect("not cancelled");
    assert_eq!(violations(&trace, &found), Vec::<String>::new());
    found
}

/// Goroutines with these ids, all waiting for the same.
pub(crate) fn all(gos: std::ops::Range<u64>, reason: &'static str, stack: Stack) -> Vec<Waiting> {
    gos.map(|go| (go, reason, stack)).collect()
}

/// Handlers with these ids, all waiting for their next request.
pub(crate) fn handlers(ids: std::ops::Range<u64>) -> Vec<Waiting> {
    all(ids, "network", IDLE)
}

/// The findings that are more than notes.
pub(crate) fn loud(found: &Findings) -> Vec<&Finding> {
    found.list.iter().filter(|finding| finding.severity > Severity::Note).collect()
}

/// The first finding of a kind.
pub(crate) fn of_kind(found: &Findings, kind: Kind) -> Option<&Finding> {
    found.list.iter().find(|finding| finding.kind == kind)
}

/// A whole number of the evidence.
pub(crate) fn number(finding: &Finding, name: &str) -> Option<u64> {
    finding.evidence.iter().find(|known| known.0 == name).and_then(|known| match known.1 {
        Value::Int(value) => Some(value),
        _ => None,
    })
}

/// The name of the cause; empty if the finding names none.
pub(crate) fn cause(finding: &Finding) -> &str {
    let cause = finding.evidence.iter().find(|known| known.0 == "cause");
    cause.map_or("", |known| if let Value::Text(text) = &known.1 { text } else { "" })
}

/// The culprit's function; empty if there is none.
pub(crate) fn culprit(finding: &Finding) -> &str {
    finding.culprit.as_ref().map_or("", |culprit| culprit.place.function.as_str())
}

/// The first finding is this one, in earnest, and names the function.
pub(crate) fn assert_first<'a>(found: &'a Findings, kind: Kind, name: &str, function: &str) -> &'a Finding {
    let first = found.list.first().expect("a finding");
    assert_eq!((first.kind, cause(first), culprit(first)), (kind, name, function), "{}", first.title);
    assert!(first.severity > Severity::Note, "{}", first.title);
    first
}
