//! What a goroutine was started for, where its start function does not say: functions of libraries that start
//! goroutines for others (`sync.(*WaitGroup).Go`, `errgroup.(*Group).Go`, package `testing`), and the program's own
//! helpers of that kind.

use crate::analysis::places::{Origin, is_started_by_library, is_test_function, origin};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Spans of a goroutine that are looked at.
const LOOKED_AT: usize = 64;

/// What functions are called that do nothing but start a goroutine for their caller; lower case.
const LAUNCHERS: &[&str] = &["async", "go", "gofunc", "gosafe", "launch", "safego", "spawn", "submit"];

/// Whether a start function is the same whatever its goroutines do.
#[must_use]
pub fn says_nothing(function: &str) -> bool {
    is_started_by_library(function)
        || is_test_function(function)
        || function.starts_with("context.(*afterFuncCtx).")
        || is_in_launcher(function)
}

/// Whether it is a closure in a function whose name says that it starts goroutines: `conc.(*WaitGroup).Go.func1`.
fn is_in_launcher(function: &str) -> bool {
    let mut name = function;
    let mut is_closure = false;
    while let Some((outer, last)) = name.rsplit_once('.') {
        let number = last.strip_prefix("func").or_else(|| last.strip_prefix("gowrap")).unwrap_or(last);
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            break;
        }
        (name, is_closure) = (outer, true);
    }
    // Type arguments hold dots, too: `safe.Go[...]`.
    let name = name.strip_suffix("[...]").unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    is_closure && LAUNCHERS.binary_search(&last.as_str()).is_ok()
}

/// The program's function nearest to the root that a goroutine is in, apart from its start function, if that says
/// nothing. `None` if the start function says what the goroutine is for, or if no stack shows more.
#[must_use]
pub fn purpose(trace: &Trace, go: GoroutineIdx) -> Option<StrId> {
    let (_, start) = trace.goroutine_name(go)?;
    says_nothing(trace.str(start)).then(|| behind(trace, go, start)).flatten()
}

fn behind(trace: &Trace, go: GoroutineIdx, start: StrId) -> Option<StrId> {
    let spans = trace.spans(LaneId::Goroutine(go), trace.range()).take(LOOKED_AT);
    let stacks = spans.flat_map(|span| [span.start_stack, span.end_stack]);
    stacks.filter(|stack| stack.is_some()).find_map(|stack| outermost(trace, stack, start))
}

fn outermost(trace: &Trace, stack: StackId, start: StrId) -> Option<StrId> {
    let mut found = None;
    let mut root = None;
    for (function, frame) in trace.functions(stack).zip(trace.frames(stack)) {
        root = Some(function);
        if function != start && origin(&frame) == Origin::Own && !says_nothing(frame.function) {
            found = Some(function);
        }
    }
    found.filter(|_| root == Some(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::monitor::Monitor;
    use crate::event::kind::EventKind;
    use crate::load::load_bytes;
    use crate::testkit::writer::TraceWriter;

    #[test]
    fn functions_that_start_goroutines_for_others_say_nothing() {
        assert!(LAUNCHERS.is_sorted());
        for function in [
            "sync.(*WaitGroup).Go.func1",
            "golang.org/x/sync/errgroup.(*Group).Go.func1",
            "testing.tRunner",
            "time.goFunc",
            "context.(*afterFuncCtx).cancel.func1",
            "github.com/sourcegraph/conc.(*WaitGroup).Go.func1",
            "shop/safe.Go.func1",
            "shop/safe.Go[...].func1",
            "main.(*Pool).Submit.func2.1",
            "main.spawn.gowrap1",
        ] {
            assert!(says_nothing(function), "{function}");
        }
        for function in [
            "main.main.func1",
            "main.Go",
            "net/http.(*conn).serve",
            "main.run.func1",
            "main.(*Ego).start.func1",
            "",
            ".",
        ] {
            assert!(!says_nothing(function), "{function}");
        }
    }

    #[test]
    fn the_purpose_is_the_function_behind() {
        let mut writer = TraceWriter::new(26);
        let launch = writer.stack(&[("sync.(*WaitGroup).Go.func1", "waitgroup.go", 230)]);
        let main = writer.stack(&[("main.main", "main.go", 9)]);
        let wait = writer.stack(&[
            ("runtime.chanrecv1", "chan.go", 1),
            ("main.next", "main.go", 30),
            ("main.work", "main.go", 20),
            ("sync.(*WaitGroup).Go.func1", "waitgroup.go", 230),
        ]);
        let reason = writer.string("chan receive");
        writer.event(0, 100, EventKind::PROC_STATUS, &[0, 1]);
        writer.event(0, 101, EventKind::GO_STATUS, &[1, 0, 2]);
        writer.event(0, 200, EventKind::GO_CREATE, &[2, launch, main]);
        writer.event(0, 210, EventKind::GO_CREATE, &[3, launch, main]);
        writer.event(0, 220, EventKind::GO_BLOCK, &[reason, main]);
        writer.event(0, 300, EventKind::GO_START, &[2, 1]);
        writer.event(0, 400, EventKind::GO_BLOCK, &[reason, wait]);
        let trace = load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("it loads");
        let go = |id| trace.goroutine_by_id(crate::base::ids::GoId(id)).expect("it is there");
        let name = |id| purpose(&trace, go(id)).map(|name| trace.str(name));
        assert_eq!(name(2), Some("main.work"));
        assert_eq!(name(3), None, "it never ran");
        assert_eq!(name(1), None);
    }
}
