//! Columns that several tables have, and values of a trace as cells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use trace_core::analysis::distribution::Distribution;
use trace_core::analysis::phrases::line_of;
use trace_core::analysis::places::Places;
use trace_core::analysis::wait_chain::StepKind;
use trace_core::base::ids::{GoroutineIdx, ProcIdx, StackId};
use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Origin, Trace};

use crate::fmt::name;
use crate::fmt::number::percent;
use crate::report::frame::Frame;
use crate::report::table::{Builder, Column};
use crate::report::value::{Shade, Value};

/// A goroutine as a cell: its lane and its id; missing if it is none.
#[must_use]
pub fn goroutine(trace: &Trace, go: GoroutineIdx) -> Value {
    match trace.goroutine_name(go) {
        Some((id, _)) => Value::Lane(LaneId::Goroutine(go), id.signed()),
        None => Value::Missing,
    }
}

/// A proc as a cell: its lane and its id.
#[must_use]
pub fn proc(trace: &Trace, proc: ProcIdx) -> Value {
    Value::Lane(LaneId::Proc(proc), trace.proc_id(proc).signed())
}

/// Where goroutines were created, for people: the stack, else what is known of how they came to be.
#[must_use]
pub fn created_at(trace: &Trace, creation: StackId, origin: Origin) -> Value {
    let frames = Frame::all(trace, creation);
    if frames.is_empty() { Value::Text(format!("({})", origin.words())) } else { Value::Stack(frames) }
}

/// A length of time and its part of a longer one: `3.20 ms (12.3 %)`.
#[must_use]
pub fn part(part: Nanos, whole: Nanos) -> String {
    format!("{part} ({})", percent(part.0, whole.0))
}

/// A list of counts.
#[must_use]
pub fn counts<T: Into<u64> + Copy>(counts: &[T]) -> Value {
    Value::List(counts.iter().map(|count| Value::Count((*count).into())).collect())
}

/// The function that a goroutine was started with.
#[must_use]
pub fn start_function(trace: &Trace, go: GoroutineIdx) -> Value {
    let name = trace.goroutine_name(go).map_or("", |(_, name)| trace.str(name));
    Value::Function(name.to_owned())
}

/// A point in time, from the start of the trace.
#[must_use]
pub fn time(trace: &Trace, at: TraceTime) -> Value {
    Value::Time(at.nanos_since(trace.range().start))
}

/// The length of a stretch of time.
#[must_use]
pub fn length(range: TimeRange) -> Value {
    Value::Duration(range.length())
}

/// A stack, leaf first.
#[must_use]
pub fn stack(trace: &Trace, stack: StackId) -> Value {
    Value::Stack(Frame::all(trace, stack))
}

/// The ids of the columns of [`distribution`], in its order: count, total, mean, median, p95, p99, longest.
pub type DistributionIds = [&'static str; 7];

/// Count, total, mean, median, p95, p99 and longest of durations.
#[must_use]
pub fn distribution<S, R>(table: Builder<S, R>, ids: DistributionIds, of: fn(&R) -> &Distribution) -> Builder<S, R>
where
    S: Send + Sync + 'static,
    R: 'static,
{
    let [count, total, mean, median, p95, p99, longest] = ids;
    table
        .column(Column::count(count, "Count", ""), move |row| Value::Count(of(row).count))
        .column(Column::duration(total, "Total", ""), move |row| Value::Duration(of(row).total))
        .column(Column::duration(mean, "Mean", "").on_request(), move |row| Value::duration(of(row).mean))
        .column(Column::duration(median, "Median", ""), move |row| Value::duration(of(row).p50))
        .column(Column::duration(p95, "p95", "95 % took no longer").on_request(), move |row| {
            Value::duration(of(row).p95)
        })
        .column(Column::duration(p99, "p99", "99 % took no longer"), move |row| Value::duration(of(row).p99))
        .column(Column::duration(longest, "Longest", ""), move |row| Value::duration(of(row).max))
}

/// A column, and the value that it takes from part of a row.
pub type Taken<T, V = Nanos> = (Column, fn(&T) -> V);

/// What the colours of states of goroutines stand for.
pub const STATES: &[(&str, Shade)] = &[
    ("Running", Shade::Class(SpanClass::Running)),
    ("Runnable", Shade::Class(SpanClass::Runnable)),
    ("Syscall", Shade::Class(SpanClass::Syscall)),
    ("Sync", Shade::Class(SpanClass::WaitSync)),
    ("Channel", Shade::Class(SpanClass::WaitChan)),
    ("Network", Shade::Class(SpanClass::WaitNet)),
    ("Sleep", Shade::Class(SpanClass::WaitSleep)),
    ("GC", Shade::Class(SpanClass::Gc)),
    ("Other", Shade::Class(SpanClass::WaitOther)),
    ("No CPU", Shade::NoCpu),
];

/// The colour of what a goroutine did.
#[must_use]
pub fn shade(doing: StepKind) -> Shade {
    match (doing, doing.class()) {
        (_, Some(class)) => Shade::Class(class),
        (StepKind::NoCpu, None) => Shade::NoCpu,
        (_, None) => Shade::Muted,
    }
}

/// What a goroutine did: its stable name, and the word for people.
#[must_use]
pub const fn doing(doing: StepKind) -> Value {
    Value::Named(doing.name(), name::doing(doing))
}

/// The lines of code that are shown of stacks: the program's own, or else where the goroutine began.
#[derive(Clone, Debug, Default)]
pub struct Lines(BTreeMap<StackId, Frame>);

impl Lines {
    /// Those of these stacks.
    #[must_use]
    pub fn of(trace: &Trace, places: &Places<'_>, stacks: impl IntoIterator<Item = StackId>) -> Self {
        let stacks: BTreeSet<StackId> = stacks.into_iter().collect();
        let frame = |stack: StackId| {
            let frame = Frame::from(line_of(trace, places, stack)?);
            frame.is_known().then_some((stack, frame))
        };
        Self(stacks.into_iter().filter_map(frame).collect())
    }

    /// The line of a stack.
    #[must_use]
    pub fn frame(&self, stack: StackId) -> Option<&Frame> {
        self.0.get(&stack)
    }

    /// The line of a stack, as a stack of one frame.
    #[must_use]
    pub fn value(&self, stack: StackId) -> Value {
        self.0.get(&stack).map_or(Value::Missing, |frame| Value::Stack(vec![frame.clone()]))
    }
}

/// A line of code: for people a column, for programs its function, file and line. Their ids in this order.
#[must_use]
pub fn line<S, R>(
    table: Builder<S, R>,
    (ids, title, help): ([&'static str; 4], &'static str, &'static str),
    lines: &Arc<Lines>,
    of: fn(&R) -> StackId,
) -> Builder<S, R>
where
    S: Send + Sync + 'static,
    R: 'static,
{
    let [shown, of_function, of_file, of_line] = [(); 4].map(|()| Arc::clone(lines));
    let part =
        move |lines: &Lines, row: &R, value: fn(&Frame) -> Value| lines.0.get(&of(row)).map_or(Value::Missing, value);
    let [id, function, file, line] = ids;
    table
        .column(Column::stack(id, title, help).for_people(), move |row| shown.value(of(row)))
        .column(Column::function(function, "Function", help).exported(), move |row| {
            part(&of_function, row, |frame| Value::Function(frame.function.clone()))
        })
        .column(Column::text(file, "File", "").exported(), move |row| {
            part(&of_file, row, |frame| Value::Text(frame.file.clone()))
        })
        .column(Column::count(line, "Line", "").exported(), move |row| {
            part(&of_line, row, |frame| Value::Count(frame.line))
        })
}
