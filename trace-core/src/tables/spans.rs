//! Goroutines' states over time, and of those the waits and the system calls.

use crate::base::ids::{ProcIdx, StackId, ThreadIdx};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::transitions::Transition;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::scan::Scan;
use crate::tables::source::{Source, nanos, stack};
use crate::tables::value::Value;

/// `spans`: a row for each state that a goroutine was in.
pub(super) static SPANS: Typed<Transition> = Typed {
    name: "spans",
    about: "A stretch of time in which a goroutine is in one state.",
    fields: &[
        Field::id("g", "the goroutine", |source, row: &Transition| source.g(row.span.go)).with(Role::Goroutine),
        Field::text("state", "runnable, running, syscall or waiting", |_, row: &Transition| {
            Value::text(row.span.state.name())
        })
        .with(Role::State),
        Field::text("reason", "the runtime's word for it: chan receive, preempted", |source, row| {
            reason(source, &row.span)
        }),
        Field::time("start_ns", "when it begins", |source, row: &Transition| source.at(row.span.range.start))
            .with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Transition| source.at(row.span.range.end))
            .with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.span.range)),
        Field::id("stack_id", "the goroutine's stack when it begins", |_, row| stack(row.span.start_stack)),
        Field::id("end_stack_id", "the goroutine's stack when it ends", |_, row| stack(row.span.end_stack)),
        Field::id("p", "the proc, of running goroutines and of those in system calls", |source, row| {
            p(source, &row.span)
        }),
        Field::id("m", "the thread, of running goroutines and of those in system calls", |source, row| {
            m(source, &row.span)
        }),
        Field::id("src_g", "the goroutine that created it, made it runnable or switched to it", |source, row| {
            source.lane_g(row.by)
        }),
        Field::id("src_stack_id", "the stack of whoever did", |_, row| stack(row.by_stack)),
        Field::flag("began_before", "it began before the trace, or in a gap", |_, row| {
            Value::flag(row.span.began_before)
        }),
        Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row| {
            Value::flag(row.span.goes_on)
        }),
    ],
    walk: |source, scan| Box::new(transitions(source, scan)),
};

/// `waits`: a row a wait of a goroutine.
pub(super) static WAITS: Typed<Span> = Typed {
    name: "waits",
    about: "A stretch of time in which a goroutine waits, with where it waits and who ends it.",
    fields: &[
        Field::id("g", "the goroutine", |source, row: &Span| source.g(row.go)).with(Role::Goroutine),
        Field::text("reason", "the runtime's word for it: sync, chan receive", reason),
        Field::text("operation", "what the program is in: sync.(*Mutex).Lock, chan send", |source, row| {
            source.words(row.start_stack).map_or(Value::Null, |words| Value::text(words.operation))
        }),
        Field::text("function", "the program's function in which it waits", |source, row| {
            function(source, row.start_stack)
        }),
        Field::text("file", "the source file of that place", |source, row| file(source, row.start_stack)),
        Field::id("line", "the line of that place", |source, row| line(source, row.start_stack)),
        Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start)).with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.range)),
        Field::id("stack_id", "the stack in which it waits", |_, row| stack(row.start_stack)),
        Field::id("waker_g", "the goroutine that ends it; NULL if none does", |source, row| {
            source.lane_g(waker(source, row).0)
        }),
        Field::text("waker_function", "the program's function that ends it", |source, row| {
            function(source, waker(source, row).1)
        }),
        Field::id("waker_stack_id", "the stack in which that goroutine does", |source, row| {
            stack(waker(source, row).1)
        }),
        Field::flag("began_before", "it began before the trace, or in a gap", |_, row| Value::flag(row.began_before)),
        Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row| {
            Value::flag(row.goes_on)
        }),
    ],
    walk: |source, scan| Box::new(spans(source, scan, GoState::Waiting)),
};

/// System calls of goroutines.
pub(super) static SYSCALLS: Typed<Span> = Typed {
    name: "syscalls",
    about: "A system call of a goroutine (with cgo, also a call of a C function).",
    fields: &[
        Field::id("g", "the goroutine", |source, row: &Span| source.g(row.go)).with(Role::Goroutine),
        Field::text("call", "the function that makes the call", |source, row| {
            source.words(row.start_stack).map_or(Value::Null, |words| Value::text(&words.leaf))
        }),
        Field::text("function", "the program's function that calls it", |source, row| {
            function(source, row.start_stack)
        }),
        Field::text("file", "the source file of that place", |source, row| file(source, row.start_stack)),
        Field::id("line", "the line of that place", |source, row| line(source, row.start_stack)),
        Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start)).with(Role::Start),
        Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
        Field::nanos("duration_ns", "how long it lasts within the trace", |_, row| nanos(row.range)),
        Field::id("p", "the proc that it begins on", p),
        Field::id("m", "the thread that makes it", m),
        Field::time("proc_lost_ns", "when another thread took its proc; NULL if none did", |source, row| {
            source.at_if(source.trace().proc_lost(row.go, row.range))
        }),
        Field::id("stack_id", "the stack in which it is made", |_, row| stack(row.start_stack)),
        Field::flag("began_before", "it began before the trace, or in a gap", |_, row| Value::flag(row.began_before)),
        Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row| {
            Value::flag(row.goes_on)
        }),
    ],
    walk: |source, scan| Box::new(spans(source, scan, GoState::Syscall)),
};

fn transitions<'a>(source: &'a Source, scan: &Scan) -> impl Iterator<Item = Transition> + use<'a> {
    let (range, scan) = (scan.range(source), scan.clone());
    let goroutines = scan.goroutines(source);
    let all = goroutines.flat_map(move |go| source.trace().transitions(go, range));
    all.filter(move |row| scan.takes(row.span.state))
}

fn spans<'a>(source: &'a Source, scan: &Scan, state: GoState) -> impl Iterator<Item = Span> + use<'a> {
    let range = scan.range(source);
    let all = scan.goroutines(source).flat_map(move |go| source.trace().spans(LaneId::Goroutine(go), range));
    all.filter(move |span| span.state == state)
}

fn reason<'a>(source: &'a Source, span: &Span) -> Value<'a> {
    Value::text(source.trace().str(span.reason))
}

fn function(source: &Source, stack: StackId) -> Value<'_> {
    source.words(stack).map_or(Value::Null, |words| Value::text(&words.function))
}

fn file(source: &Source, stack: StackId) -> Value<'_> {
    source.words(stack).map_or(Value::Null, |words| Value::text(&words.file))
}

fn line(source: &Source, stack: StackId) -> Value<'_> {
    source.words(stack).filter(|words| words.line > 0).map_or(Value::Null, |words| Value::count(words.line))
}

/// Who ended a wait, with their stack.
fn waker(source: &Source, span: &Span) -> (Option<LaneId>, StackId) {
    source.trace().ended_by(span).map_or((None, StackId::NONE), |(lane, stack)| (Some(lane), stack))
}

fn p<'a>(source: &'a Source, span: &Span) -> Value<'a> {
    source.lane_p(Some(span.proc).filter(|proc| *proc != ProcIdx::NONE).map(LaneId::Proc))
}

fn m<'a>(source: &'a Source, span: &Span) -> Value<'a> {
    source.lane_m(Some(span.thread).filter(|thread| *thread != ThreadIdx::NONE).map(LaneId::Thread))
}
