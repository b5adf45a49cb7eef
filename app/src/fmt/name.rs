//! Functions, files, lanes and spans as people call them.

use std::borrow::Cow;
use std::path::Path;

use trace_core::analysis::flow_groups::{Actor, waker};
use trace_core::analysis::places::{self, in_words};
pub use trace_core::analysis::representative::{frame_of, is_runtime};
use trace_core::analysis::syscalls::CallKind;
use trace_core::analysis::wait_chain::StepKind;
use trace_core::base::ids::{GoroutineIdx, StrId, TaskIdx};
use trace_core::base::visible::visible;
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::cgo::c_function;
use trace_core::model::flows::{Flow, FlowKind};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

/// A file's path as a line of text.
#[must_use]
pub fn path(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// The last part of a file's path as a line of text.
#[must_use]
pub fn last_part(path: &Path) -> String {
    visible(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned()
}

/// A function without the path of its package: `net/http.(*conn).serve` is `http.(*conn).serve`.
#[must_use]
pub fn function(full: &str) -> &str {
    // Only slashes before the package's own name count: type arguments may hold some, too.
    let end = full.find('[').unwrap_or(full.len());
    full.get(..end).and_then(|head| head.rfind('/')).and_then(|slash| full.get(slash + 1..)).unwrap_or(full)
}

/// The last two parts of a file's path: `/usr/lib/go/src/net/http/server.go` is `http/server.go`.
#[must_use]
pub fn file(full: &str) -> &str {
    let mut slashes = full.rmatch_indices('/').map(|(at, _)| at);
    match (slashes.next(), slashes.next()) {
        (Some(_), Some(second)) => full.get(second + 1..).unwrap_or(full),
        _ => full,
    }
}

/// A name as a cell of a table or a word in a sentence: `(not known)` if it is empty.
#[must_use]
pub const fn or_unknown(name: &str) -> &str {
    if name.is_empty() { "(not known)" } else { name }
}

/// A line of code: `cart.Add (cart.go:12)`, or as much of it as is known.
#[must_use]
pub fn place(full: &str, file: &str, line: u64) -> String {
    in_words(function(full), file, line)
}

/// A line of a file with the last two parts of its path: `http/server.go:12`; nothing if the file is not known.
#[must_use]
pub fn line_of(path: &str, line: u64) -> String {
    places::line_of(file(path), line)
}

/// The last part of a file's path.
#[must_use]
pub fn base(full: &str) -> &str {
    full.rsplit(['/', '\\']).next().unwrap_or(full)
}

/// The package of a function: `net/http` of `net/http.(*conn).serve`.
#[must_use]
pub fn package(full: &str) -> &str {
    let short = function(full);
    let name = short.find('.').map_or(short.len(), |dot| dot);
    full.get(..full.len() - short.len() + name).unwrap_or(full)
}

/// A call that the runtime records as a system call: `syscall.read`, `C.f (cgo call)`, or that no stack tells.
#[must_use]
pub fn call(kind: CallKind, function_name: &str) -> String {
    match kind {
        CallKind::OutsideGo => "C code outside Go".to_owned(),
        CallKind::System if function_name.is_empty() => "(no stack)".to_owned(),
        CallKind::System => function(function_name).to_owned(),
        CallKind::Cgo => match c_function(function_name) {
            Some(c) => format!("C.{c} (cgo call)"),
            None => format!("{} (cgo call)", function(function_name)),
        },
    }
}

/// A goroutine: `G25 main.sendReport`.
#[must_use]
pub fn goroutine(trace: &Trace, idx: GoroutineIdx) -> String {
    let Some(go) = trace.goroutine(idx) else { return "no goroutine".to_owned() };
    match trace.str(go.name) {
        "" => format!("G{}", go.id.0),
        name => format!("G{} {}", go.id.0, function(name)),
    }
}

/// A lane: `G25 main.sendReport`, `P3`, `M18242`, `GC`, `STW`.
#[must_use]
pub fn lane(trace: &Trace, lane: LaneId) -> String {
    match lane {
        LaneId::Gc => "GC".to_owned(),
        LaneId::Stw => "STW".to_owned(),
        LaneId::Proc(idx) => format!("P{}", trace.proc_id(idx).signed()),
        LaneId::Thread(idx) => format!("M{}", trace.thread_id(idx).signed()),
        LaneId::Goroutine(idx) => goroutine(trace, idx),
    }
}

/// The type of tasks as on one line of text; `(unnamed)` if it is empty.
#[must_use]
pub fn task_type(trace: &Trace, name: StrId) -> Cow<'_, str> {
    match trace.str(name) {
        "" => Cow::Borrowed("(unnamed)"),
        text => visible(text),
    }
}

/// A task: `checkout (17)`.
#[must_use]
pub fn task(trace: &Trace, idx: TaskIdx) -> String {
    let Some(task) = trace.task(idx) else { return "no task".to_owned() };
    format!("{} ({})", task_type(trace, task.name), task.id.signed())
}

/// Who is at the beginning of a flow. No goroutine ran on the proc where the network poller, a timer or the runtime woke
/// one: `the network poller (on P0)`.
#[must_use]
pub fn origin(trace: &Trace, flow: &Flow) -> String {
    let who = lane(trace, flow.from.lane);
    if flow.kind != FlowKind::Unblock || matches!(flow.from.lane, LaneId::Goroutine(_)) {
        return who;
    }
    let woken = flow.to.span.and_then(|span| trace.span(span));
    let wait = woken.filter(|span| span.state == GoState::Waiting).or_else(|| trace.prev_span(flow.to.span?));
    let by = match waker(trace, wait.as_ref()) {
        Actor::Poller => "the network poller",
        Actor::Timer => "a timer",
        Actor::Runtime | Actor::Function(_) => "the runtime",
    };
    format!("{by} (on {who})")
}

/// A class of spans, in the words of legends.
#[must_use]
pub const fn class(class: SpanClass) -> &'static str {
    match class {
        SpanClass::None => "Nothing",
        SpanClass::Running => "Running",
        SpanClass::Runnable => "Runnable",
        SpanClass::Syscall => "System call",
        SpanClass::WaitSync => "Waiting for sync",
        SpanClass::WaitChan => "Waiting for a channel",
        SpanClass::WaitNet => "Waiting for the network",
        SpanClass::WaitSleep => "Sleeping",
        SpanClass::Gc => "Garbage collection",
        SpanClass::WaitOther => "Waiting",
    }
}

/// What a goroutine did, in the words of [`class`].
#[must_use]
pub const fn doing(doing: StepKind) -> &'static str {
    match doing {
        StepKind::Running => "Running",
        StepKind::MarkAssist => "Mark assist",
        StepKind::NoCpu => "No CPU",
        StepKind::Runnable => "Runnable",
        StepKind::Syscall => "System call",
        StepKind::CgoCall => "Cgo call",
        StepKind::Waiting(of) => class(of),
        StepKind::NotCreated => "Not created yet",
        StepKind::Unfollowed => "Not analysed",
        StepKind::Unknown => "Unknown",
    }
}

/// The same for time in which calls of C functions are not told apart from system calls: both are named if the program
/// has called C functions.
#[must_use]
pub fn class_in(trace: &Trace, of: SpanClass) -> &'static str {
    match of {
        SpanClass::Syscall if trace.has_c_calls() => "System call or cgo call",
        _ => class(of),
    }
}

/// What [`calls`] gives where no C function is called.
pub const SYSTEM_CALLS: &str = "system calls";

/// What goroutines were in while they count as in system calls: `system calls`, or `system calls and cgo calls` if the
/// program has called C functions.
#[must_use]
pub fn calls(trace: &Trace) -> &'static str {
    if trace.has_c_calls() { "system calls and cgo calls" } else { SYSTEM_CALLS }
}

/// A state of a goroutine.
#[must_use]
pub const fn state(state: GoState) -> &'static str {
    match state {
        GoState::Unknown => "Unknown",
        GoState::Runnable => "Runnable",
        GoState::Running => "Running",
        GoState::Syscall => "System call",
        GoState::Waiting => "Waiting",
        GoState::Dead => "Ended",
    }
}

/// What a span is, in a few words: `Waiting (chan receive)`, `Running`, on a proc `G7 main.work`.
#[must_use]
pub fn span(trace: &Trace, span: &Span) -> String {
    let word = match (span.at.lane, span.state) {
        (LaneId::Gc, _) => return "GC cycle".to_owned(),
        (LaneId::Stw, _) => "Stop the world",
        (LaneId::Proc(_) | LaneId::Thread(_), GoState::Running) if span.go.is_some() => {
            return goroutine(trace, span.go);
        }
        (LaneId::Proc(_) | LaneId::Thread(_), GoState::Syscall) if span.go.is_some() => {
            let call = if is_in_c(trace, span) { "cgo call" } else { "system call" };
            return format!("{} in a {call}", goroutine(trace, span.go));
        }
        (_, GoState::Syscall) if is_in_c(trace, span) => "cgo call",
        (_, go_state) => state(go_state),
    };
    with_reason(word, trace, span.reason)
}

/// Whether a span that counts as a system call is one of a C function.
#[must_use]
pub fn is_in_c(trace: &Trace, span: &Span) -> bool {
    span.state == GoState::Syscall && trace.is_in_c(span.go, span.start_stack)
}

fn with_reason(word: &str, trace: &Trace, reason: StrId) -> String {
    match trace.str(reason) {
        "" => word.to_owned(),
        reason => format!("{word} ({reason})"),
    }
}

/// What an edge means, seen from its cause (`unblocked`).
#[must_use]
pub const fn flow(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Create => "created",
        FlowKind::Unblock => "unblocked",
        FlowKind::Switch => "switched to",
        FlowKind::SyscallExit => "returned to",
        FlowKind::ProcSteal => "took the proc of",
    }
}

#[cfg(test)]
mod tests {
    use super::{file, function};

    #[test]
    fn functions_lose_the_path_of_their_package() {
        assert_eq!(function("net/http.(*conn).serve"), "http.(*conn).serve");
        assert_eq!(function("main.main.func1"), "main.main.func1");
        assert_eq!(
            function("example.com/a/b.Map[go.shape.int,example.com/c.T]"),
            "b.Map[go.shape.int,example.com/c.T]"
        );
        assert_eq!(function(""), "");
    }

    #[test]
    fn files_keep_two_parts() {
        assert_eq!(file("/usr/lib/go/src/net/http/server.go"), "http/server.go");
        assert_eq!(file("net/http.go"), "net/http.go");
        assert_eq!(file("main.go"), "main.go");
    }
}
