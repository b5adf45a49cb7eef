//! An export of spans: tasks and regions as JSON, a line each, for a database or a tracing backend.
//!
//! `cargo run --example export_spans -- TRACE > spans.ndjson`

use std::io::{BufWriter, Write, stdout};

use serde_json::json;
use trace_core::Trace;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: export_spans TRACE")?;
    let trace = Trace::open(path)?;
    let mut out = BufWriter::new(stdout().lock());
    for task in trace.tasks() {
        let line = json!({
            "kind": "task",
            "name": task.name(),
            "id": task.id(),
            "parent": task.parent().map(|parent| parent.id()),
            "goroutine": task.goroutine().map(|goroutine| goroutine.id()),
            "start_ns": task.began().map(|at| at.as_nanos() as u64),
            "duration_ns": task.duration().as_nanos() as u64,
        });
        writeln!(out, "{line}")?;
    }
    for region in trace.regions() {
        let line = json!({
            "kind": "region",
            "name": region.name(),
            "task": region.task().map(|task| task.id()),
            "goroutine": region.goroutine().map(|goroutine| goroutine.id()),
            "start_ns": region.start().as_nanos() as u64,
            "duration_ns": region.duration().as_nanos() as u64,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}
