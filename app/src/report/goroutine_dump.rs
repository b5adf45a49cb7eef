//! A moment as a goroutine dump: what a Go program prints when it is sent SIGQUIT, so that tools that read those read it.

use trace_core::analysis::instant::{Instant, Present};
use trace_core::base::ids::GoroutineIdx;
use trace_core::event::state::GoState;
use trace_core::model::trace::Trace;

/// Goroutines that a dump holds at most: more than a clipboard is good for.
const MOST: usize = 10_000;
/// Waits at least so long are told, as Go does, nanoseconds.
const MINUTE: i64 = 60_000_000_000;

/// The goroutines that are there: running, runnable, then those at one stack after the other. Traces hold no arguments of
/// calls, and of what runs only where it had left off.
#[must_use]
pub fn dump(trace: &Trace, instant: &Instant) -> String {
    let mut text = Vec::new();
    for present in instant.all().take(MOST) {
        goroutine(&mut text, trace, instant, present);
    }
    let left = instant.count().saturating_sub(MOST);
    if left > 0 {
        text.push(format!("...{left} more goroutines"));
    }
    text.join("\n")
}

fn goroutine(text: &mut Vec<String>, trace: &Trace, instant: &Instant, present: &Present) {
    let id = trace.goroutine_name(present.go).map_or(-1, |(id, _)| id.signed());
    let state = match (present.state, trace.str(present.reason)) {
        (GoState::Running, _) => "running",
        (GoState::Runnable, _) => "runnable",
        (GoState::Syscall, _) => "syscall",
        (_, "") => "waiting",
        (_, reason) => reason,
    };
    let minutes = instant.at.nanos_since(present.since) / MINUTE;
    let since = if minutes > 0 { format!(", {minutes} minutes") } else { String::new() };
    text.push(format!("goroutine {id} [{state}{since}]:"));
    let mut has_frames = false;
    for frame in trace.frames(present.stack) {
        has_frames = true;
        text.push(format!("{}(...)\n\t{}:{}", frame.function, frame.file, frame.line));
    }
    if !has_frames {
        let name = trace.goroutine_name(present.go).map_or("", |(_, name)| trace.str(name));
        text.push(format!("{}(...)\n\t(no stack in the trace)", if name.is_empty() { "unknown" } else { name }));
    }
    created_by(text, trace, present.go);
    text.push(String::new());
}

fn created_by(text: &mut Vec<String>, trace: &Trace, go: GoroutineIdx) {
    let Some(known) = trace.goroutine(go) else { return };
    let Some(frame) = trace.frames(known.creation_stack).next() else { return };
    let creator = known.creator.and_then(|creator| trace.goroutine_name(creator));
    let by = creator.map_or_else(String::new, |(id, _)| format!(" in goroutine {}", id.signed()));
    text.push(format!("created by {}{by}\n\t{}:{}", frame.function, frame.file, frame.line));
}
