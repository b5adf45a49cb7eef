//! System calls: which, from where, how long, and which of them cost their goroutine its proc.

use std::sync::Arc;

use trace_core::analysis::syscalls::{Call, CallGroup, Syscalls, syscalls};
use trace_core::base::monitor::Monitor;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::{self, DistributionIds};
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Table, Target};
use crate::report::value::{Shade, Value};

/// System calls by function and stack: see [`INFO`].
pub struct SystemCalls;

const INFO: Info = Info {
    id: "syscalls",
    title: "System calls",
    topic: Topic::Scheduler,
    about: "system calls by function and stack, and which lost their proc",
    help: "System calls by function and by stack: how many, how long, which lost their proc (blocking calls) and for \
           how long; and the longest calls one by one. The runtime records calls of C functions in the same way: these \
           are cgo calls. What C does on a thread of its own between two calls into Go is C code outside Go.",
    ..Info::USUAL
};

const IDS: DistributionIds =
    ["calls.count", "calls.total_ns", "calls.mean_ns", "calls.p50_ns", "calls.p95_ns", "calls.p99_ns", "calls.max_ns"];

impl Analysis for SystemCalls {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = Arc::new(syscalls(trace, &ask.scope.pieces(trace), monitor)?);
        let functions = Table::of("functions", "By function", &found, |found: &Syscalls| &found.functions);
        let stacks = Table::of("stacks", "By stack", &found, |found: &Syscalls| &found.stacks);
        let widest = |groups: &[CallGroup]| groups.iter().map(|group| group.calls.total.0).max().unwrap_or(1);
        let (of_functions, of_stacks) = (widest(&found.functions), widest(&found.stacks));
        let functions = groups(functions, trace, of_functions).total("all", &found.all).build();
        let longest = calls(trace, "longest", "Longest calls", &Arc::new(found.all.worst.clone()));
        Some(Report::default().table(functions).table(groups(stacks, trace, of_stacks).build()).table(longest))
    }
}

fn groups(table: Builder<Syscalls, CallGroup>, trace: &Arc<Trace>, widest: u64) -> Builder<Syscalls, CallGroup> {
    let (of_stack, of_worst) = (Arc::clone(trace), Arc::clone(trace));
    let bar = move |group: &CallGroup| {
        let with = group.calls.total.saturating_sub(group.blocked);
        let parts =
            vec![(with.0, Shade::Class(SpanClass::Syscall)), (group.blocked.0, Shade::Class(SpanClass::WaitNet))];
        Value::Bar(parts, widest)
    };
    let like = calls(trace, "worst", "Longest calls", &Arc::default());
    let worst = Column::table("Longest calls", "the longest calls, longest first, at most 20", like);
    table
        .column(Column::text("name", "Call", "the function called, or the C function"), |group| {
            Value::Text(name::call(group.kind, &group.function))
        })
        .column(Column::text("kind", "Kind", "system, cgo or outside_go").exported(), |group| {
            Value::Word(group.kind.name())
        })
        .column(
            Column::function("function", "Function", "the innermost function that is not the runtime's").exported(),
            |group| Value::Function(group.function.clone()),
        )
        .with(|table| columns::distribution(table, IDS, |group| &group.calls))
        .column(Column::count("blocking", "Blocking", "calls that lost their proc to another thread"), |group| {
            Value::Count(group.blocking)
        })
        .column(
            Column::duration("blocked_ns", "Without proc", "time without a proc, which other goroutines could use"),
            |group| Value::Duration(group.blocked),
        )
        .column(Column::count("cut", "Cut", "calls cut by the edges of the trace or scope").on_request(), |group| {
            Value::Count(group.cut)
        })
        .column(Column::bar("With and without a proc"), bar)
        .column(Column::stack("stack", "From", "of functions: from where most of the time comes"), move |group| {
            columns::stack(&of_stack, group.stack)
        })
        .column(worst, move |group| {
            Value::Table(Arc::new(calls(&of_worst, "worst", "Longest calls", &Arc::new(group.worst.clone()))))
        })
        .sorted_by("calls.total_ns")
        .empty("No system calls in the selected scope")
}

fn calls(trace: &Arc<Trace>, id: &'static str, title: &'static str, calls: &Arc<Vec<Call>>) -> Table {
    let [of_go, of_function, of_time] = [Arc::clone(trace), Arc::clone(trace), Arc::clone(trace)];
    Table::of(id, title, calls, Vec::as_slice)
        .column(Column::duration("duration_ns", "Duration", "inside the scope"), |call| Value::Duration(call.nanos))
        .column(Column::duration("blocked_ns", "Without proc", "of that without a proc"), |call| {
            Value::Duration(call.blocked)
        })
        .column(Column::time("start_ns", "Start", ""), move |call| columns::time(&of_time, call.range.start))
        .column(Column::id("goroutine", "Goroutine", ""), move |call| columns::goroutine(&of_go, call.go))
        .column(Column::function("start_function", "Started with", ""), move |call| {
            columns::start_function(&of_function, call.go)
        })
        .column(Column::text("kind", "Kind", "system, cgo or outside_go"), |call| Value::Word(call.kind.name()))
        .target(|call| Some(Target::Stretch(LaneId::Goroutine(call.go), call.range)))
        .sorted_by("duration_ns")
        .empty("No system calls in the selected scope")
        .build()
}
