//! A trace as JSON for chrome://tracing, in the shape in which `go tool trace` gives procs to its own viewer: process 0
//! has a thread for each proc, process 1 the counters. Times are microseconds from the start of the range.

use std::io::{Error, Result, Write};

use serde_json::{Value, json};
use trace_core::base::ids::{GoroutineIdx, ProcIdx, StackId};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Metric, Trace};

/// The viewer's processes.
const PROCS: u32 = 0;
const STATS: u32 = 1;
/// Threads of the process of procs that are none: numbers that no proc has.
const GC: u64 = 1_000_000;
const STW: u64 = 1_000_001;
const NO_PROC: u64 = 1_000_002;

/// Writes what lies in `range`.
pub(super) fn write(trace: &Trace, range: TimeRange, out: &mut dyn Write) -> Result<()> {
    let mut events = Events { trace, range, out, has_some: false };
    events.out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    events.names()?;
    for at in 0..trace.proc_count() {
        events.proc(ProcIdx(at))?;
    }
    for (lane, thread, name) in [(LaneId::Gc, GC, "GC"), (LaneId::Stw, STW, "STW")] {
        for span in trace.spans(lane, range) {
            let reason = trace.str(span.reason);
            let name = if reason.is_empty() { name } else { reason };
            events.slice(span.range, (thread, name), (StackId::NONE, StackId::NONE))?;
        }
    }
    events.flows()?;
    events.samples()?;
    events.counters()?;
    events.out.write_all(b"],\"stackFrames\":{")?;
    events.stacks()?;
    events.out.write_all(b"}}\n")
}

struct Events<'a> {
    trace: &'a Trace,
    range: TimeRange,
    out: &'a mut dyn Write,
    has_some: bool,
}

impl Events<'_> {
    fn push(&mut self, event: &Value) -> Result<()> {
        if std::mem::replace(&mut self.has_some, true) {
            self.out.write_all(b",")?;
        }
        self.out.write_all(b"\n")?;
        serde_json::to_writer(&mut *self.out, event).map_err(Error::from)
    }

    /// Microseconds from the start of the range.
    fn at(&self, time: TraceTime) -> f64 {
        let time = time.max(self.range.start).min(self.range.end);
        time.nanos_since(self.range.start) as f64 / 1e3
    }

    fn names(&mut self) -> Result<()> {
        for (process, name) in [(PROCS, "PROCS"), (STATS, "STATS")] {
            self.push(&json!({"name": "process_name", "ph": "M", "pid": process, "args": {"name": name}}))?;
            self.push(&json!({
                "name": "process_sort_index", "ph": "M", "pid": process, "args": {"sort_index": 1 - process},
            }))?;
        }
        let procs = (0..self.trace.proc_count()).map(|at| self.trace.proc_id(ProcIdx(at)).0);
        let procs = procs.map(|id| (id, format!("Proc {}", id.cast_signed())));
        let others = [(GC, "GC"), (STW, "STW"), (NO_PROC, "Not on a proc")].map(|(id, name)| (id, name.to_owned()));
        for (thread, name) in procs.chain(others).collect::<Vec<_>>() {
            self.push(&json!({
                "name": "thread_name", "ph": "M", "pid": PROCS, "tid": thread, "args": {"name": name},
            }))?;
        }
        Ok(())
    }

    fn slice(&mut self, of: TimeRange, (thread, name): (u64, &str), stacks: (StackId, StackId)) -> Result<()> {
        let (start, end) = (self.at(of.start), self.at(of.end));
        let mut event = json!({
            "name": name, "ph": "X", "ts": start, "dur": end - start, "pid": PROCS, "tid": thread,
        });
        for (key, stack) in [("sf", stacks.0), ("esf", stacks.1)] {
            let last = last_frame(self.trace, stack);
            if let (Some(last), Some(fields)) = (last, event.as_object_mut()) {
                fields.insert(key.to_owned(), json!(last));
            }
        }
        self.push(&event)
    }

    fn proc(&mut self, proc: ProcIdx) -> Result<()> {
        let (trace, id) = (self.trace, self.trace.proc_id(proc).0);
        for span in trace.spans(LaneId::Proc(proc), self.range) {
            let Some((go, name)) = trace.goroutine_name(span.go) else { continue };
            let name = format!("G{} {}", go.signed(), trace.str(name));
            self.slice(span.range, (id, &name), (span.start_stack, span.end_stack))?;
        }
        Ok(())
    }

    /// Who made whom runnable: arrows from proc to proc, to where the other runs next.
    fn flows(&mut self) -> Result<()> {
        let trace = self.trace;
        let mut number = 0_u64;
        for at in 0..trace.goroutine_count() {
            let mut from: Option<(TraceTime, u64)> = None;
            for step in trace.transitions(GoroutineIdx(at), self.range) {
                if let Some((time, thread)) = from.take().filter(|_| step.span.proc.is_some()) {
                    number += 1;
                    let to = trace.proc_id(step.span.proc).0;
                    let arrow = |kind: &str, time: f64, thread: u64| json!({"name": "go", "cat": "flow", "ph": kind, "id": number, "ts": time, "pid": PROCS, "tid": thread});
                    let (start, end) = (self.at(time), self.at(step.span.range.start));
                    self.push(&arrow("s", start, thread))?;
                    self.push(&arrow("t", end, to))?;
                }
                let time = step.span.range.start;
                let thread = match step.by.filter(|_| time >= self.range.start) {
                    Some(LaneId::Goroutine(by)) => {
                        let span = trace.span_at(LaneId::Goroutine(by), time);
                        span.filter(|span| span.proc.is_some()).map(|span| trace.proc_id(span.proc).0)
                    }
                    Some(LaneId::Proc(by)) => Some(trace.proc_id(by).0),
                    _ => None,
                };
                from = thread.map(|thread| (time, thread));
            }
        }
        Ok(())
    }

    fn samples(&mut self) -> Result<()> {
        let (trace, range) = (self.trace, self.range);
        for sample in trace.all_samples().iter().filter(|one| one.time >= range.start && one.time < range.end) {
            let thread = if sample.proc.is_some() { trace.proc_id(sample.proc).0 } else { NO_PROC };
            let time = self.at(sample.time);
            let mut event =
                json!({"name": "CPU profile sample", "ph": "I", "s": "t", "ts": time, "pid": PROCS, "tid": thread});
            if let (Some(last), Some(fields)) = (last_frame(trace, sample.stack), event.as_object_mut()) {
                fields.insert("sf".to_owned(), json!(last));
            }
            self.push(&event)?;
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<()> {
        let trace = self.trace;
        for (metric, name, key) in [(Metric::HeapLive, "Heap", "Allocated"), (Metric::HeapGoal, "Heap goal", "NextGC")]
        {
            for (time, value) in trace.readings_within(metric, self.range) {
                let time = self.at(time);
                self.push(&json!({"name": name, "ph": "C", "ts": time, "pid": STATS, "args": {key: value}}))?;
            }
        }
        Ok(())
    }

    /// The frames of all stacks, each with the one that called it as its parent.
    fn stacks(&mut self) -> Result<()> {
        let mut is_first = true;
        for at in 0..self.trace.stack_count() {
            let frames: Vec<_> = self.trace.recorded_frames(StackId(at)).collect();
            let mut parent = None;
            for (depth, frame) in frames.iter().rev().enumerate() {
                let mut of = json!({"name": format!("{}:{}", frame.function, frame.line)});
                if let (Some(parent), Some(fields)) = (parent, of.as_object_mut()) {
                    fields.insert("parent".to_owned(), json!(parent));
                }
                let id = frame_id(at, depth);
                write!(self.out, "{}\n\"{id}\":{of}", if is_first { "" } else { "," })?;
                (parent, is_first) = (Some(id), false);
            }
        }
        Ok(())
    }
}

/// The number of a frame: of its stack, and its place counted from the root. The format allows 128 frames.
fn frame_id(stack: u32, depth: usize) -> u64 {
    u64::from(stack) * 1_024 + depth as u64 + 1
}

/// The number of the innermost frame of a stack; `None` if it has none.
fn last_frame(trace: &Trace, stack: StackId) -> Option<u64> {
    let count = if stack.is_some() { trace.recorded_frames(stack).count() } else { 0 };
    count.checked_sub(1).map(|depth| frame_id(stack.0, depth))
}
