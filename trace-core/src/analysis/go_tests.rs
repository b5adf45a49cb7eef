//! The tests and benchmarks that package `testing` ran, as in a trace of `go test -trace`.

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Spans of a goroutine that are looked at.
const SPANS: usize = 10_000;

/// Functions of package `testing` (Go 1.21 to 1.27) that call a test, a fuzz test or a benchmark.
const CALLERS: [&str; 3] = ["testing.(*B).runN", "testing.fRunner", "testing.tRunner"];

/// Start functions of the goroutines in which they do.
const STARTS: [&str; 4] = ["testing.(*B).launch", "testing.(*B).run1.func1", "testing.fRunner", "testing.tRunner"];

/// A run of a test, a subtest, a fuzz test or a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// The goroutine that ran it.
    pub go: GoroutineIdx,
    /// The function that package `testing` called: `net_test.TestPipe`, or `net_test.TestPipe.func1` of a subtest.
    pub function: StrId,
    /// From its start, or from the end of its last wait in `(*T).Parallel`, to its end, or to where it waits for its
    /// parallel subtests.
    pub range: TimeRange,
}

/// The run that took longest of those in `range`, cut to it; the later goroutine's of equal ones. `None` if none of
/// its goroutines shows the function that it ran. A test lasts at least as long as those of its subtests that are not
/// parallel.
#[must_use]
pub fn slowest_test(trace: &Trace, range: TimeRange) -> Option<TestRun> {
    let runs = (0..trace.goroutine_count()).map(GoroutineIdx).filter_map(|go| test_run(trace, go, range));
    runs.max_by_key(|run| (run.range.nanos(), run.go))
}

/// What a goroutine ran as a test.
fn test_run(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> Option<TestRun> {
    let (_, start) = trace.goroutine_name(go)?;
    if !STARTS.contains(&trace.str(start)) {
        return None;
    }
    let known = trace.goroutine(go)?;
    let (mut begin, mut end) = (known.created.unwrap_or(range.start), known.ended.unwrap_or(range.end));
    let mut function = None;
    for span in trace.spans(LaneId::Goroutine(go), range).take(SPANS) {
        for stack in [span.start_stack, span.end_stack] {
            function = function.or_else(|| function_of_test(trace, stack));
        }
        if span.state != GoState::Waiting {
            continue;
        }
        if trace.functions(span.start_stack).any(|name| trace.str(name) == "testing.(*T).Parallel") {
            begin = span.range.end;
        } else if waits_for_subtests(trace, span.start_stack) {
            end = span.range.start;
            break;
        }
    }
    let range = TimeRange::new(begin, end.max(begin)).intersect(range);
    function.filter(|_| range.nanos() > 0).map(|function| TestRun { go, function, range })
}

/// Whether a test whose function has returned waits there until its parallel subtests have.
fn waits_for_subtests(trace: &Trace, stack: StackId) -> bool {
    let leaf = trace.functions(stack).map(|name| trace.str(name)).find(|name| !name.starts_with("runtime."));
    leaf == Some("testing.tRunner.func1")
}

/// The function that package `testing` called, of a stack of a test's goroutine.
fn function_of_test(trace: &Trace, stack: StackId) -> Option<StrId> {
    let mut callee = None;
    for function in trace.functions(stack) {
        if CALLERS.contains(&trace.str(function)) {
            let is_other = |name: &str| name.starts_with("testing.") || name.starts_with("runtime.");
            return callee.filter(|&callee: &StrId| !is_other(trace.str(callee)));
        }
        callee = Some(function);
    }
    None
}
