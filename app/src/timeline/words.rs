//! How lanes, spans and edges are named on screen and to screen readers.

use trace_core::analysis::places::{Origin, origin};
use trace_core::analysis::representative::frame_of;
use trace_core::analysis::tags::Tags;
use trace_core::analysis::tasks::life;
use trace_core::base::ids::{StackId, TaskIdx};
use trace_core::event::state::{Cause, GoState, SpanClass};
use trace_core::model::cgo::c_function;
use trace_core::model::flows::{Flow, FlowKind};
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::NoCpuCause;
use trace_core::model::spans::Span;
use trace_core::model::trace::{Frame, Trace};

use crate::fmt::name::{self, is_in_c};
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::timeline::labels::{LaneLabel, last_part, without_path};
use crate::timeline::stack_bars::StackBar;

/// A lane's short name and its function: `G25` and `main.sendReport`; `P0`.
#[must_use]
pub fn label_of(trace: &Trace, lane: LaneId) -> LaneLabel {
    let plain = |id: String| LaneLabel { id, function: String::new() };
    match lane {
        LaneId::Gc => plain("GC".to_owned()),
        LaneId::Stw => plain("Stop the world".to_owned()),
        LaneId::Proc(idx) => plain(format!("P{}", trace.proc_id(idx).signed())),
        LaneId::Thread(idx) => plain(format!("M{}", trace.thread_id(idx).signed())),
        LaneId::Goroutine(idx) => match trace.goroutine(idx) {
            Some(go) => LaneLabel { id: format!("G{}", go.id.signed()), function: trace.str(go.name).to_owned() },
            None => plain("G?".to_owned()),
        },
    }
}

/// Spans of a goroutine that are looked at for what it works on.
const LOOKED_AT: usize = 64;

/// What a goroutine works on where its start function does not say, since that belongs to a library: the function of the
/// program in which it first waits or leaves off. `None` where the start function is the program's, or none is found.
#[must_use]
pub fn works_on(trace: &Trace, lane: LaneId) -> Option<&str> {
    let LaneId::Goroutine(idx) = lane else { return None };
    let is_own = |frame: &Frame<'_>| origin(frame) == Origin::Own;
    let stacks = || {
        let spans = trace.spans(lane, trace.range()).take(LOOKED_AT);
        spans.flat_map(|span| [span.start_stack, span.end_stack]).filter(|stack| stack.is_some())
    };
    // The outermost frame is that of the start function.
    let start = trace.goroutine(idx).map_or("", |go| trace.str(go.name));
    let outermost = stacks().find_map(|stack| trace.frames(stack).last().filter(|frame| frame.function == start))?;
    if is_own(&outermost) {
        return None;
    }
    stacks().find_map(|stack| frame_of(trace, stack).filter(is_own)).map(|frame| frame.function)
}

/// A lane's full name: `G25 main.sendReport`.
#[must_use]
pub fn lane_name(trace: &Trace, lane: LaneId) -> String {
    let LaneLabel { id, function } = label_of(trace, lane);
    if function.is_empty() { id } else { format!("{id} {}", without_path(&function)) }
}

/// What a class means, in a few words. Of many spans it is not told apart which are cgo calls.
#[must_use]
pub fn class_name(trace: &Trace, class: SpanClass) -> &'static str {
    match class {
        SpanClass::Syscall if trace.has_c_calls() => "syscall or cgo call",
        SpanClass::None => "nothing",
        SpanClass::Running => "running",
        SpanClass::Runnable => "runnable",
        SpanClass::Syscall => "syscall",
        SpanClass::WaitSync => "waiting (sync)",
        SpanClass::WaitChan => "waiting (channel)",
        SpanClass::WaitNet => "waiting (network)",
        SpanClass::WaitSleep => "waiting (sleep)",
        SpanClass::Gc => "garbage collection",
        SpanClass::WaitOther => "waiting",
    }
}

/// Why a process had no CPU.
#[must_use]
pub const fn no_cpu_name(cause: NoCpuCause) -> &'static str {
    match cause {
        NoCpuCause::Throttled => "throttled by a CPU quota",
        NoCpuCause::Descheduled => "the system ran others, or stopped it",
    }
}

/// What a span is: `waiting (chan receive)`, `running`, `syscall`, `runnable (preempted)`.
#[must_use]
pub fn state_name(trace: &Trace, span: &Span) -> String {
    let reason = trace.str(span.reason);
    match span.at.lane {
        LaneId::Gc => return "garbage collection".to_owned(),
        LaneId::Stw if reason.is_empty() => return "stopped the world".to_owned(),
        LaneId::Stw => return format!("stopped the world ({reason})"),
        _ => {}
    }
    let state = match span.state {
        GoState::Unknown => "unknown",
        GoState::Runnable => "runnable",
        GoState::Running => "running",
        GoState::Syscall => call_name(trace, span),
        GoState::Waiting => "waiting",
        GoState::Dead => "ended",
    };
    if reason.is_empty() { state.to_owned() } else { format!("{state} ({reason})") }
}

/// A system call, or what only counts as one.
fn call_name(trace: &Trace, span: &Span) -> &'static str {
    if is_in_c(trace, span) { "cgo call" } else { "syscall" }
}

/// The function that a span is best told by: where it waits, what it called, where it stopped running.
#[must_use]
pub fn span_function<'a>(trace: &'a Trace, span: &Span) -> Option<&'a str> {
    let stack = match span.class {
        SpanClass::Running if span.end_stack.is_some() => span.end_stack,
        _ if span.start_stack.is_some() => span.start_stack,
        _ => span.end_stack,
    };
    name::frame_of(trace, stack).map(|frame| frame.function).filter(|function| !function.is_empty())
}

/// What names a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskLabel {
    /// Its number: `17`.
    pub id: String,
    /// Its type: `checkout`.
    pub name: String,
}

/// The number and the type of a task; both empty if the trace does not have it.
#[must_use]
pub fn task_label(trace: &Trace, task: TaskIdx) -> TaskLabel {
    let Some(task) = trace.task(task) else { return TaskLabel::default() };
    TaskLabel { id: task.id.signed().to_string(), name: name::task_type(trace, task.name).into_owned() }
}

/// Wordings for the inside of a span, longest first. What a wait or call is for (`TLS: network`) is said where there is room.
#[must_use]
pub fn span_wordings(trace: &Trace, tags: &Tags, span: &Span) -> Vec<String> {
    let mut wordings = plain_wordings(trace, span);
    // Who sleeps waits for a timer.
    let is_stop = matches!(span.state, GoState::Waiting | GoState::Syscall) && span.class != SpanClass::WaitSleep;
    let tag = span_tag(tags, span).filter(|_| is_stop && matches!(span.at.lane, LaneId::Goroutine(_)));
    let is_said = |longest: &String, tag: &str| longest.to_lowercase().contains(&tag.to_lowercase());
    if let Some((tag, longest)) = tag.zip(wordings.first()).filter(|(tag, longest)| !is_said(longest, tag)) {
        wordings.insert(0, format!("{tag}: {longest}"));
    }
    wordings
}

/// What a span is about in particular, by the goroutine's own stack.
#[must_use]
pub fn span_tag<'a>(tags: &'a Tags, span: &Span) -> Option<&'a str> {
    own_stack(span).and_then(|stack| tags.leaf(stack))
}

/// The stack that tells what a span is about: where it waits or calls, or where it stopped running.
#[must_use]
pub fn own_stack(span: &Span) -> Option<StackId> {
    let stack = match span.state {
        GoState::Running => span.end_stack,
        GoState::Waiting | GoState::Syscall => span.start_stack,
        GoState::Runnable | GoState::Unknown | GoState::Dead => StackId::NONE,
    };
    stack.is_some().then_some(stack)
}

fn plain_wordings(trace: &Trace, span: &Span) -> Vec<String> {
    match span.at.lane {
        LaneId::Gc => return vec!["garbage collection".to_owned(), "GC".to_owned()],
        LaneId::Stw => return vec![trace.str(span.reason).to_owned()],
        LaneId::Proc(_) | LaneId::Thread(_) => return carrier_wordings(trace, span),
        LaneId::Goroutine(_) => {}
    }
    // "waiting (runtime.gopark)" says no more than "waiting".
    let function = span_function(trace, span).filter(|function| !name::is_runtime(function)).unwrap_or("");
    let (short, last) = (without_path(function), last_part(function));
    let reason = trace.str(span.reason);
    let mut wordings = Vec::with_capacity(3);
    match span.state {
        GoState::Running if !short.is_empty() => {
            wordings.extend([short.to_owned(), last.to_owned()]);
        }
        GoState::Running => wordings.push("running".to_owned()),
        GoState::Syscall => {
            let call = call_name(trace, span);
            if let Some(c) = c_function(function) {
                wordings.push(format!("{call} (C.{c})"));
            } else if !short.is_empty() {
                wordings.extend([format!("{call} ({short})"), format!("{call} ({last})")]);
            }
            wordings.push(call.to_owned());
        }
        GoState::Runnable if reason.is_empty() => wordings.push("runnable".to_owned()),
        GoState::Runnable => wordings.extend([format!("runnable ({reason})"), "runnable".to_owned()]),
        GoState::Waiting => {
            let reason = if reason.is_empty() { "waiting" } else { reason };
            if !short.is_empty() {
                wordings.extend([format!("{reason} ({short})"), format!("{reason} ({last})")]);
            }
            wordings.push(reason.to_owned());
        }
        GoState::Unknown | GoState::Dead => {}
    }
    wordings
}

fn carrier_wordings(trace: &Trace, span: &Span) -> Vec<String> {
    if !span.go.is_some() {
        return vec![trace.str(span.reason).to_owned()];
    }
    let LaneLabel { id, function } = label_of(trace, LaneId::Goroutine(span.go));
    let (short, last) = (without_path(&function), last_part(&function));
    let blocked = match call_name(trace, span) {
        call if span.state == GoState::Syscall => format!(" in {call}"),
        _ => String::new(),
    };
    vec![format!("{id} {short}{blocked}"), format!("{id} {last}"), id]
}

/// What a span is called by assistive technology: `waiting (sync) 122 ms`.
#[must_use]
pub fn span_name(trace: &Trace, span: &Span) -> String {
    let length = duration(span.range.nanos());
    match span.at.lane {
        LaneId::Proc(_) | LaneId::Thread(_) if span.go.is_some() => {
            format!("{} {} {length}", lane_name(trace, LaneId::Goroutine(span.go)), state_name(trace, span))
        }
        _ => format!("{} {length}", state_name(trace, span)),
    }
}

/// Where a span is, for assistive technology: `on G25 main.sendReport, from 441.219 ms`.
#[must_use]
pub fn span_place(trace: &Trace, span: &Span, from: &str) -> String {
    format!("on {}, from {from}", lane_name(trace, span.at.lane))
}

/// What a task is called by assistive technology: `task checkout (17) 12.3 ms`, `task checkout (17) at least 2 ms`.
#[must_use]
pub fn task_name(trace: &Trace, idx: TaskIdx) -> String {
    let Some(task) = trace.task(idx) else { return String::new() };
    let least = if task.began.is_none() || task.ended.is_none() { "at least " } else { "" };
    format!("task {} {least}{}", name::task(trace, idx), duration(life(trace, &task).nanos()))
}

/// What made a span begin, in words, if that is not said by its state.
#[must_use]
pub fn cause_name(trace: &Trace, cause: Cause) -> &'static str {
    match cause {
        Cause::SyscallExit if trace.has_c_calls() => "back from a system call or cgo call, no proc free",
        Cause::Status => "already in this state when first recorded",
        Cause::Created => "just created",
        Cause::Unblocked => "unblocked",
        Cause::Stopped => "stopped running, still runnable",
        Cause::SyscallExit => "back from a system call, no proc free",
        Cause::Switched => "coroutine switch",
        Cause::Started => "got a proc",
        Cause::SyscallEnter => "entered a system call",
        Cause::Blocked => "blocked",
        Cause::Ended => "ended",
    }
}

/// What the cause at the far end of an incoming edge did: `unblocked by main.sendReport`.
#[must_use]
pub fn incoming_name(trace: &Trace, flow: &Flow) -> String {
    let who = match flow.from.lane {
        LaneId::Goroutine(_) => party(trace, flow.from.lane),
        _ => name::origin(trace, flow),
    };
    match flow.kind {
        FlowKind::Create => format!("created by {who}"),
        FlowKind::Unblock => format!("unblocked by {who}"),
        FlowKind::Switch => format!("switched to by {who}"),
        FlowKind::SyscallExit if trace.has_c_calls() => format!("back from its system call or cgo call on {who}"),
        FlowKind::SyscallExit => format!("back from its system call on {who}"),
        FlowKind::ProcSteal => format!("proc taken by {who}"),
    }
}

/// What an outgoing edge did to its far end: `unblocked G25 main.worker`.
#[must_use]
pub fn outgoing_name(trace: &Trace, flow: &Flow) -> String {
    let who = party(trace, flow.to.lane);
    match flow.kind {
        FlowKind::Create => format!("created {who}"),
        FlowKind::Unblock => format!("unblocked {who}"),
        FlowKind::Switch => format!("switched to {who}"),
        FlowKind::SyscallExit => format!("continues as {who}"),
        FlowKind::ProcSteal => format!("took the proc of {who}"),
    }
}

fn party(trace: &Trace, lane: LaneId) -> String {
    lane_name(trace, lane)
}
/// What assistive technology says of a function on the stack.
#[must_use]
pub fn stack_frame(bar: &StackBar) -> String {
    let known = match bar.samples {
        0 => "exact".to_owned(),
        samples => format!("from {}", counted(u64::from(samples), "CPU sample")),
    };
    format!("{} at depth {}, {}, {known}", bar.name, bar.depth + 1, duration(bar.range.nanos()))
}
