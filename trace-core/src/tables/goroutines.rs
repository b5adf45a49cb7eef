//! Goroutines, with where their time went.

use crate::base::ids::StackId;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::{Goroutine, TimeByClass};
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::group_sums::WAITING;
use crate::tables::source::stack;
use crate::tables::value::Value;

/// A goroutine and its time.
pub(super) struct Row {
    known: Goroutine,
    time: TimeByClass,
}

/// `goroutines`: a row a goroutine.
pub(super) static GOROUTINES: Typed<Row> = Typed {
    name: "goroutines",
    about: "A goroutine that is there at some time of the trace.",
    fields: &[
        Field::id("g", "the runtime's id", |_, row: &Row| Value::Int(row.known.id.signed())).with(Role::Goroutine),
        Field::text("name", "the function it was started with", |source, row| {
            Value::text(source.trace().str(row.known.name))
        }),
        Field::flag("is_system_goroutine", "it is one of the runtime's own", |_, row| Value::flag(row.known.is_system)),
        Field::text("origin", "how it came to be: before_trace, goroutine, timer, c, unknown", |_, row| {
            Value::text(row.known.origin.name())
        }),
        Field::id("creator_g", "the goroutine that created it", |source, row| {
            row.known.creator.map_or(Value::Null, |go| source.g(go))
        }),
        Field::id("creation_stack_id", "the creator's stack then", |_, row| stack(creation(row))),
        Field::time("created_ns", "when it was created; NULL if before the trace", |source, row| {
            source.at_if(row.known.created)
        }),
        Field::time("started_ns", "when it first ran", |source, row| source.at_if(row.known.started)),
        Field::time("ended_ns", "when it ended; NULL if it did not", |source, row| source.at_if(row.known.ended)),
        Field::nanos("running_ns", "how long it ran", |_, row| row.of(&[SpanClass::Running])),
        Field::nanos("runnable_ns", "how long it was runnable", |_, row| row.of(&[SpanClass::Runnable])),
        Field::nanos("syscall_ns", "how long it was in system calls", |_, row| row.of(&[SpanClass::Syscall])),
        Field::nanos("waiting_ns", "how long it waited", |_, row| row.of(WAITING)),
        Field::nanos("total_ns", "how long it was there", |_, row| Value::count(row.time.nanos.iter().skip(1).sum())),
        Field::count("spans", "how many spans it has", |_, row| Value::count(row.time.spans.iter().skip(1).sum())),
    ],
    walk: |source, scan| {
        let all = scan.goroutines(source).filter_map(|go| source.trace().goroutine(go));
        Box::new(all.map(|known| {
            let time = source.trace().time_by_class(LaneId::Goroutine(known.idx), source.trace().range());
            Row { known, time }
        }))
    },
};

const fn creation(row: &Row) -> StackId {
    row.known.creation_stack
}

impl Row {
    fn of(&self, classes: &[SpanClass]) -> Value<'static> {
        let nanos = classes.iter().filter_map(|class| self.time.nanos.get(*class as usize)).sum();
        Value::count(nanos)
    }
}
