//! Goroutines' changes of state, and which of them others brought about.

use crate::base::ids::StackId;
use crate::base::time::TraceTime;
use crate::event::state::{Cause, GoState};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::transitions::Transition;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::source::stack;
use crate::tables::value::Value;

/// A goroutine goes from one state to the next.
#[derive(Clone, Copy)]
pub(super) struct Change {
    from: Option<Span>,
    to: Option<Transition>,
    time: TraceTime,
}

/// The changes of state of all goroutines, as sqlprof has them.
pub(super) static G_TRANSITIONS: Typed<Change> = Typed {
    name: "g_transitions",
    about: "A change of a goroutine's state, with how long it was in the state before.",
    fields: &[
        Field::id("g", "the goroutine", |source, row: &Change| source.g(row.go())).with(Role::Goroutine),
        Field::text("from_state", "the state before; notexist where it is created", |_, row| {
            Value::text(row.from.map_or("notexist", |span| span.state.name()))
        }),
        Field::text("to_state", "the state after; notexist where it ends", |_, row| {
            Value::text(row.to.map_or("notexist", |to| to.span.state.name()))
        }),
        Field::text("reason", "the runtime's word for the state after", |source, row| {
            row.to.map_or(Value::Null, |to| Value::text(source.trace().str(to.span.reason)))
        }),
        Field::nanos("duration_ns", "how long it was in the state before; NULL where it is created", |_, row| {
            row.from.map_or(Value::Null, |span| Value::Int(span.range.nanos()))
        }),
        Field::time("end_time_ns", "when the state changes", |source, row: &Change| source.at(row.time))
            .with(Role::Moment),
        Field::id("stack_id", "the goroutine's stack then, where one is recorded", |_, row| stack(row.own_stack())),
        Field::id("src_stack_id", "the stack of whoever brought it about", |_, row| {
            row.to.map_or(Value::Null, |to| stack(to.by_stack))
        }),
        Field::id("src_g", "the goroutine that brought it about", |source, row| source.lane_g(row.by())),
        Field::id("src_m", "the thread that brought it about, where no goroutine ran", |source, row| {
            source.lane_m(row.by())
        }),
        Field::id("src_p", "the proc that brought it about, where no goroutine ran", |source, row| {
            source.lane_p(row.by())
        }),
    ],
    walk: |source, scan| {
        let (range, trace) = (scan.range(source), source.trace());
        let changes = move |go| Changes { rows: trace.transitions(go, range), before: None, is_over: false };
        Box::new(scan.goroutines(source).flat_map(changes))
    },
};

/// What goroutines, procs and threads did to goroutines.
pub(super) static FLOWS: Typed<Transition> = Typed {
    name: "flows",
    about: "A goroutine is created, made runnable or switched to by another, or by a proc or thread on which none runs.",
    fields: &[
        Field::time("time_ns", "when", |source, row: &Transition| source.at(row.span.range.start)).with(Role::Moment),
        Field::text("kind", "create, unblock or switch", |_, row| {
            Value::text(match row.span.cause {
                Cause::Created => "create",
                Cause::Switched => "switch",
                _ => "unblock",
            })
        }),
        Field::id("from_g", "the goroutine that does it", |source, row| source.lane_g(row.by)),
        Field::id("from_p", "the proc that does it: a timer, the network poller", |source, row| source.lane_p(row.by)),
        Field::id("from_m", "the thread that does it", |source, row| source.lane_m(row.by)),
        Field::id("from_stack_id", "its stack", |_, row| stack(row.by_stack)),
        Field::id("to_g", "the goroutine to which it is done", |source, row: &Transition| source.g(row.span.go))
            .with(Role::Goroutine),
        Field::id("to_stack_id", "where that goroutine was: the stack in which it waited", |_, row| {
            stack(if row.span.cause == Cause::Created { StackId::NONE } else { row.span.start_stack })
        }),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        let all = scan.goroutines(source).flat_map(move |go| source.trace().transitions(go, range));
        Box::new(all.filter(|row| row.by.is_some()))
    },
};

impl Change {
    fn go(&self) -> crate::base::ids::GoroutineIdx {
        let span = self.to.map(|to| to.span).or(self.from);
        span.map_or(crate::base::ids::GoroutineIdx::NONE, |span| span.go)
    }

    fn by(&self) -> Option<LaneId> {
        self.to.and_then(|to| to.by)
    }

    /// Who runs has none until it leaves off.
    fn own_stack(&self) -> StackId {
        match self.to {
            Some(to) if matches!(to.span.state, GoState::Waiting | GoState::Syscall) => to.span.start_stack,
            Some(to) if to.span.cause == Cause::Stopped => to.span.start_stack,
            _ => StackId::NONE,
        }
    }
}

/// The changes between the spans of one goroutine.
struct Changes<I> {
    rows: I,
    before: Option<Span>,
    is_over: bool,
}

impl<I: Iterator<Item = Transition>> Iterator for Changes<I> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        while !self.is_over {
            let Some(to) = self.rows.next() else {
                self.is_over = true;
                // One that goes on has not changed.
                let from = self.before.filter(|span| !span.goes_on)?;
                return Some(Change { from: Some(from), to: None, time: from.range.end });
            };
            let from = self.before.replace(to.span);
            let time = to.span.range.start;
            match from {
                None if to.span.cause == Cause::Created => return Some(Change { from: None, to: Some(to), time }),
                None => {}
                // Nothing is known of how a state ended in a gap.
                Some(from) if from.goes_on => {}
                Some(from) => return Some(Change { from: Some(from), to: Some(to), time }),
            }
        }
        None
    }
}
