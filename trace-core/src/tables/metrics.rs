//! Readings of the runtime's metrics.

use crate::base::time::TraceTime;
use crate::model::trace::Metric;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::value::Value;

/// A metric from a moment on.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    name: &'static str,
    time: TraceTime,
    value: u64,
}

/// The metrics that a trace records, under the names of Go's package `runtime/metrics`.
const RECORDED: [(Metric, &str); 3] = [
    (Metric::Procs, "/sched/gomaxprocs:threads"),
    (Metric::HeapLive, "/memory/classes/heap/objects:bytes"),
    (Metric::HeapGoal, "/gc/heap/goal:bytes"),
];

/// `metrics`: a row a reading of a metric.
pub(super) static METRICS: Typed<Reading> = Typed {
    name: "metrics",
    about: "A new value of a metric that the runtime records.",
    fields: &[
        Field::time("end_time_ns", "from when on", |source, row: &Reading| source.at(row.time)).with(Role::Moment),
        Field::text("name", "the metric, as in package runtime/metrics", |_, row| Value::text(row.name)),
        Field::id("value", "its value: bytes, or how many procs", |_, row| Value::count(row.value)),
    ],
    walk: |source, scan| {
        let range = scan.range(source);
        let of = move |(metric, name): (Metric, &'static str)| {
            let readings = source.trace().readings(metric);
            readings.map(move |(time, value)| Reading { name, time, value })
        };
        let all = RECORDED.into_iter().flat_map(of);
        Box::new(all.filter(move |row| range.start <= row.time && row.time <= range.end))
    },
};
