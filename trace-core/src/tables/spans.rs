//! Goroutines' states over time, and of those the waits and the system calls.

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId, ThreadIdx};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::transitions::Transition;
use crate::tables::by_goroutine::ByGoroutine;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::scan::Scan;
use crate::tables::source::{Source, nanos, stack};
use crate::tables::value::Value;

/// `spans`: a row for each state that a goroutine was in.
pub(super) static SPANS: ByGoroutine<Transition> = ByGoroutine {
    table: Typed {
        name: "spans",
        about: "A stretch of time in which a goroutine is in one state.",
        fields: &[
            Field::id("g", "the goroutine", |source, row: &Transition| source.g(row.span.go)).with(Role::Goroutine),
            Field::text("state", "runnable, running, syscall or waiting", |_, row: &Transition| {
                Value::text(row.span.state.name())
            })
            .with(Role::State)
            .keyed(|_, row: &Transition| row.span.state as u64),
            Field::text("reason", "the runtime's word for it: chan receive, preempted", |source, row: &Transition| {
                reason(source, &row.span)
            })
            .keyed(|_, row: &Transition| row.span.reason.0.into()),
            Field::time("start_ns", "when it begins", |source, row: &Transition| source.at(row.span.range.start))
                .with(Role::Start),
            Field::time("end_time_ns", "when it ends", |source, row: &Transition| source.at(row.span.range.end))
                .with(Role::End),
            Field::nanos("duration_ns", "how long it lasts within the trace", |_, row: &Transition| {
                nanos(row.span.range)
            }),
            Field::id("stack_id", "the goroutine's stack when it begins", |_, row: &Transition| {
                stack(row.span.start_stack)
            })
            .keyed(|_, row: &Transition| row.span.start_stack.0.into()),
            Field::id("end_stack_id", "the goroutine's stack when it ends", |_, row: &Transition| {
                stack(row.span.end_stack)
            })
            .keyed(|_, row: &Transition| row.span.end_stack.0.into()),
            Field::id(
                "p",
                "the proc, of running goroutines and of those in system calls",
                |source, row: &Transition| p(source, &row.span),
            )
            .keyed(|_, row: &Transition| row.span.proc.0.into()),
            Field::id(
                "m",
                "the thread, of running goroutines and of those in system calls",
                |source, row: &Transition| m(source, &row.span),
            )
            .keyed(|_, row: &Transition| row.span.thread.0.into()),
            Field::id(
                "src_g",
                "the goroutine that created it, made it runnable or switched to it",
                |source, row: &Transition| source.lane_g(row.by),
            )
            .keyed(|_, row: &Transition| goroutine_code(row.by)),
            Field::id("src_stack_id", "the stack of whoever did", |_, row: &Transition| stack(row.by_stack))
                .keyed(|_, row: &Transition| row.by_stack.0.into()),
            Field::flag("began_before", "it began before the trace, or in a gap", |_, row: &Transition| {
                Value::flag(row.span.began_before)
            })
            .keyed(|_, row: &Transition| row.span.began_before.into()),
            Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row: &Transition| {
                Value::flag(row.span.goes_on)
            })
            .keyed(|_, row: &Transition| row.span.goes_on.into()),
        ],
        walk: |source, scan| Box::new(transitions(source, scan)),
    },
    each: |source, scan, go, take| {
        let range = scan.range(source);
        if scan.needed() & HEAVY == 0 {
            return states(source, scan, go, take);
        }
        let mut rows = source.trace().transitions(go, range).filter(|row| scan.takes(row.span.state));
        while rows.next().is_some_and(|row| take(&row)) {}
    },
    lazy: |source, scan, go| {
        let (range, scan) = (scan.range(source), scan.clone());
        Box::new(source.trace().transitions(go, range).filter(move |row| scan.takes(row.span.state)))
    },
    id: |row| span_id(&row.span),
};

/// `waits`: a row a wait of a goroutine.
pub(super) static WAITS: ByGoroutine<Span> = ByGoroutine {
    table: Typed {
        name: "waits",
        about: "A stretch of time in which a goroutine waits, with where it waits and who ends it.",
        fields: &[
            Field::id("g", "the goroutine", |source, row: &Span| source.g(row.go)).with(Role::Goroutine),
            Field::text("reason", "the runtime's word for it: sync, chan receive", reason)
                .keyed(|_, row: &Span| row.reason.0.into()),
            Field::text("operation", "what the program is in: sync.(*Mutex).Lock, chan send", |source, row: &Span| {
                source.words(row.start_stack).map_or(Value::Null, |words| Value::text(words.operation))
            })
            .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::text("function", "the program's function in which it waits", |source, row: &Span| {
                function(source, row.start_stack)
            })
            .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::text("file", "the source file of that place", |source, row: &Span| file(source, row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::id("line", "the line of that place", |source, row: &Span| line(source, row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start))
                .with(Role::Start),
            Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
            Field::nanos("duration_ns", "how long it lasts within the trace", |_, row: &Span| nanos(row.range)),
            Field::id("stack_id", "the stack in which it waits", |_, row: &Span| stack(row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::id("waker_g", "the goroutine that ends it; NULL if none does", |source, row: &Span| {
                source.lane_g(waker(source, row).0)
            })
            .keyed(|source, row: &Span| goroutine_code(waker(source, row).0)),
            Field::text("waker_function", "the program's function that ends it", |source, row: &Span| {
                function(source, waker(source, row).1)
            })
            .keyed(|source, row: &Span| waker(source, row).1.0.into()),
            Field::id("waker_stack_id", "the stack in which that goroutine does", |source, row: &Span| {
                stack(waker(source, row).1)
            })
            .keyed(|source, row: &Span| waker(source, row).1.0.into()),
            Field::flag("began_before", "it began before the trace, or in a gap", |_, row: &Span| {
                Value::flag(row.began_before)
            })
            .keyed(|_, row: &Span| row.began_before.into()),
            Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row: &Span| {
                Value::flag(row.goes_on)
            })
            .keyed(|_, row: &Span| row.goes_on.into()),
        ],
        walk: |source, scan| Box::new(spans(source, scan, GoState::Waiting)),
    },
    each: |source, scan, go, take| {
        let mut rows = spans_of(source, scan, go, GoState::Waiting);
        while rows.next().is_some_and(|row| take(&row)) {}
    },
    lazy: |source, scan, go| Box::new(spans_of(source, scan, go, GoState::Waiting)),
    id: span_id,
};

/// System calls of goroutines.
pub(super) static SYSCALLS: ByGoroutine<Span> = ByGoroutine {
    table: Typed {
        name: "syscalls",
        about: "A system call of a goroutine (with cgo, also a call of a C function).",
        fields: &[
            Field::id("g", "the goroutine", |source, row: &Span| source.g(row.go)).with(Role::Goroutine),
            Field::text("call", "the function that makes the call", |source, row: &Span| {
                source.words(row.start_stack).map_or(Value::Null, |words| Value::text(&words.leaf))
            })
            .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::text("function", "the program's function that calls it", |source, row: &Span| {
                function(source, row.start_stack)
            })
            .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::text("file", "the source file of that place", |source, row: &Span| file(source, row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::id("line", "the line of that place", |source, row: &Span| line(source, row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::time("start_ns", "when it begins", |source, row: &Span| source.at(row.range.start))
                .with(Role::Start),
            Field::time("end_time_ns", "when it ends", |source, row: &Span| source.at(row.range.end)).with(Role::End),
            Field::nanos("duration_ns", "how long it lasts within the trace", |_, row: &Span| nanos(row.range)),
            Field::id("p", "the proc that it begins on", p).keyed(|_, row: &Span| row.proc.0.into()),
            Field::id("m", "the thread that makes it", m).keyed(|_, row: &Span| row.thread.0.into()),
            Field::time("proc_lost_ns", "when another thread took its proc; NULL if none did", |source, row: &Span| {
                source.at_if(source.trace().proc_lost(row.go, row.range))
            }),
            Field::id("stack_id", "the stack in which it is made", |_, row: &Span| stack(row.start_stack))
                .keyed(|_, row: &Span| row.start_stack.0.into()),
            Field::flag("began_before", "it began before the trace, or in a gap", |_, row: &Span| {
                Value::flag(row.began_before)
            })
            .keyed(|_, row: &Span| row.began_before.into()),
            Field::flag("goes_on", "it was going on when the trace ended, or a gap began", |_, row: &Span| {
                Value::flag(row.goes_on)
            })
            .keyed(|_, row: &Span| row.goes_on.into()),
        ],
        walk: |source, scan| Box::new(spans(source, scan, GoState::Syscall)),
    },
    each: |source, scan, go, take| {
        let mut rows = spans_of(source, scan, go, GoState::Syscall);
        while rows.next().is_some_and(|row| take(&row)) {}
    },
    lazy: |source, scan, go| Box::new(spans_of(source, scan, go, GoState::Syscall)),
    id: span_id,
};

fn transitions<'a>(source: &'a Source, scan: &Scan) -> impl Iterator<Item = Transition> + use<'a> {
    let (range, scan) = (scan.range(source), scan.clone());
    let goroutines = scan.goroutines(source);
    let all = goroutines.flat_map(move |go| source.trace().transitions(go, range));
    all.filter(move |row| scan.takes(row.span.state))
}

fn spans<'a>(source: &'a Source, scan: &Scan, state: GoState) -> impl Iterator<Item = Span> + use<'a> {
    let scan = scan.clone();
    scan.clone().goroutines(source).flat_map(move |go| spans_of(source, &scan, go, state))
}

fn spans_of<'a>(
    source: &'a Source,
    scan: &Scan,
    go: GoroutineIdx,
    state: GoState,
) -> impl Iterator<Item = Span> + use<'a> {
    let all = source.trace().spans(LaneId::Goroutine(go), scan.range(source));
    all.filter(move |span| span.state == state)
}

/// Columns of `spans` that the cheapest walk over a goroutine's rows knows, by their places.
const LIGHT: u64 = 0b11_0000_0011_1111;
/// All others.
const HEAVY: u64 = 0b11_1111_1111_1111 & !LIGHT;

/// The same rows as those of [`Trace::transitions`](crate::model::trace::Trace::transitions), but only what [`LIGHT`] says of
/// each.
fn states(source: &Source, scan: &Scan, go: GoroutineIdx, take: &mut dyn FnMut(&Transition) -> bool) {
    let reasons = source.reasons();
    source.trace().state_intervals_while(go, scan.range(source), |state| {
        if !scan.takes(state.state) {
            return true;
        }
        let span = Span {
            at: state.at,
            range: state.range,
            began_before: state.began_before,
            goes_on: state.goes_on,
            class: state.class,
            state: state.state,
            cause: state.cause,
            reason: reasons.get(usize::from(state.kind)).copied().unwrap_or(StrId::EMPTY),
            go,
            proc: ProcIdx::NONE,
            thread: ThreadIdx::NONE,
            start_stack: StackId::NONE,
            end_stack: StackId::NONE,
        };
        take(&Transition { span, by: None, by_stack: StackId::NONE })
    });
}

/// What tells a goroutine's span from all others.
const fn span_id(span: &Span) -> u64 {
    (span.at.segment as u64) << 32 | span.at.row as u64
}

/// A number for the goroutine of a lane; 0 for other lanes, and none.
const fn goroutine_code(lane: Option<LaneId>) -> u64 {
    if let Some(LaneId::Goroutine(go)) = lane { go.0 as u64 + 1 } else { 0 }
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
