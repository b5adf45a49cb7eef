//! Procs and threads.

use crate::analysis::procs::{ProcTimes, procs};
use crate::base::ids::ThreadIdx;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::tables::field::{Field, Typed};
use crate::tables::source::Source;
use crate::tables::value::Value;

/// What each proc was used for.
pub(super) static PROCS: Typed<ProcTimes> = Typed {
    name: "procs",
    about: "A proc, with what it was used for.",
    fields: &[
        Field::id("p", "the runtime's id", |_, row: &ProcTimes| Value::Int(row.id.signed())),
        Field::nanos("running_ns", "it ran goroutines", |_, row| Value::nanos(row.running)),
        Field::nanos("syscall_ns", "its goroutine was in a system call and held it", |_, row| {
            Value::nanos(row.syscall)
        }),
        Field::nanos("looking_ns", "a thread had it, but ran no goroutine", |_, row| Value::nanos(row.looking)),
        Field::nanos("no_cpu_ns", "the operating system gave the process no CPU", |_, row| Value::nanos(row.no_cpu)),
        Field::nanos("idle_ns", "no thread had it", |_, row| Value::nanos(row.idle)),
        Field::nanos("unknown_ns", "it was not in use, or the trace does not tell", |_, row| Value::nanos(row.unknown)),
        Field::nanos("gc_ns", "of running_ns: workers of the collector", |_, row| Value::nanos(row.gc)),
        Field::count("starts", "how often a thread took it", |_, row| Value::count(row.starts)),
        Field::count("steals", "how often it was taken from a system call", |_, row| Value::count(row.steals)),
    ],
    walk: |source, _| {
        let found = procs(source.trace(), source.trace().range(), source.monitor());
        Box::new(found.map(|found| found.each).unwrap_or_default().into_iter())
    },
};

/// What each thread did.
pub(super) static THREADS: Typed<ThreadIdx> = Typed {
    name: "threads",
    about: "A thread, with what it was used for.",
    fields: &[
        Field::id("m", "the runtime's id: on Linux the operating system's", |source, row: &ThreadIdx| {
            source.lane_m(Some(LaneId::Thread(*row)))
        }),
        Field::nanos("running_ns", "it ran goroutines", |source, row| time(source, *row, SpanClass::Running)),
        Field::nanos("syscall_ns", "its goroutine was in a system call", |source, row| {
            time(source, *row, SpanClass::Syscall)
        }),
    ],
    walk: |source, _| Box::new((0..source.trace().thread_count()).map(ThreadIdx)),
};

fn time(source: &Source, thread: ThreadIdx, class: SpanClass) -> Value<'_> {
    let sums = source.trace().time_by_class(LaneId::Thread(thread), source.trace().range());
    Value::count(sums.nanos.get(class as usize).copied().unwrap_or(0))
}
