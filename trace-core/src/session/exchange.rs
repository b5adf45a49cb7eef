//! When a call left a process and reached the other one, as near as system calls tell: what a client or server of `net/http`
//! (HTTP/1) reads and writes around a task, which begins before the request is sent and long after it has arrived.
//!
//! ```text
//! client  task ├──── writeLoop: write ├─┤ ······················ readLoop: read ├─┤ ────┤
//! server                serve: read ├─┤ ── task ├──────┤ serve: write ├─┤
//! ```
//! A write begins before anything arrives, and a read that returned what arrived ends after it was sent. So
//! `write begins (client) ≤ read ends (server)` and `write begins (server) ≤ read ends (client)` hold on one clock whatever
//! the schedulers do. Which goroutine does what is told by the functions on the stacks, which are the same in Go 1.21
//! to 1.27 (`net/http`: `server.go`, `transport.go`).

use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::flows::{Flow, FlowKind};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;
use crate::session::activity::Activity;

/// Spans of one goroutine that are looked at for one call.
const LOOKED_AT: usize = 2_048;
/// Wake-ups of one span that are looked at.
const MOST_WAKES: usize = 64;

pub(super) const SERVE: &str = "net/http.(*conn).serve";
pub(super) const SERVER_READ: &str = "net/http.(*connReader).Read";
pub(super) const SERVER_WRITE: &str = "net/http.checkConnErrorWriter.Write";
pub(super) const ROUND_TRIP: &str = "net/http.(*persistConn).roundTrip";
pub(super) const WRITE_LOOP: &str = "net/http.(*persistConn).writeLoop";
pub(super) const CLIENT_WRITE: &str = "net/http.persistConnWriter.Write";
pub(super) const READ_LOOP: &str = "net/http.(*persistConn).readLoop";
pub(super) const CLIENT_READ: &str = "net/http.(*persistConn).Read";

/// What a client's system calls tell of a call. Times are on the trace's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Nothing of the request was sent before this.
    pub(super) send: Option<TraceTime>,
    /// Something of the answer had arrived by this time.
    pub(super) receive: Option<TraceTime>,
    /// The client may have stopped waiting before it had an answer: it made a call, and no answer to it is seen.
    pub(super) may_have_given_up: bool,
}

/// What a server's system calls tell of a call. Times are on the trace's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    /// The request, or its last part, had arrived by this time.
    pub(super) begin: Option<TraceTime>,
    /// Nothing of the answer was sent before this.
    pub(super) end: Option<TraceTime>,
}

/// What the goroutine of an activity sent and received while that went on. If it made several calls, the first one's sending
/// and the last one's answer: they enclose each of them.
pub(super) fn sent(trace: &Trace, act: &Activity) -> Sent {
    let mut sent = Sent::default();
    // What is missing could be a call.
    if trace.is_damaged() {
        return sent;
    }
    let spans: Vec<Span> = trace.spans(LaneId::Goroutine(act.go), act.range).take(LOOKED_AT + 1).collect();
    if spans.len() > LOOKED_AT {
        return sent;
    }
    let writes = acts_of(trace, act.go, act.range).filter(|flow| flow.kind == FlowKind::Unblock).find_map(|flow| {
        let LaneId::Goroutine(go) = flow.to.lane else { return None };
        let range = (flow.to.time, act.range.end);
        is_started_as(trace, go, WRITE_LOOP).then(|| first_system_call(trace, go, range, CLIENT_WRITE))
    });
    // Where the first one was not seen, an earlier one may have been sent.
    sent.send = writes.flatten();
    let mut has_called = writes.is_some();
    for span in &spans {
        if span.state != GoState::Waiting || !has(trace, span.start_stack, ROUND_TRIP) || span.goes_on {
            continue;
        }
        let waker = waker_of(trace, span);
        // Who ended the last wait of them counts; without anything read the reader told that the connection is closed.
        sent.receive = match waker {
            Some((go, time)) if is_started_as(trace, go, READ_LOOP) => last_read(trace, go, time, CLIENT_READ),
            _ => None,
        };
        has_called = true;
    }
    sent.may_have_given_up = has_called && sent.receive.is_none();
    sent
}

/// What the goroutine of an activity that serves a request read before it and wrote since.
pub(super) fn served(trace: &Trace, act: &Activity) -> Served {
    if trace.is_damaged() || !act.began || !is_started_as(trace, act.go, SERVE) {
        return Served::default();
    }
    Served {
        begin: last_read(trace, act.go, act.range.start, SERVER_READ),
        end: first_system_call(trace, act.go, (act.range.start, trace.range().end), SERVER_WRITE),
    }
}

/// When the last read of a goroutine before a time returned with something: no wait for the network follows it until then.
fn last_read(trace: &Trace, go: GoroutineIdx, time: TraceTime, function: &str) -> Option<TraceTime> {
    let last = trace.span_at(LaneId::Goroutine(go), time.plus_nanos(-1))?;
    let before = std::iter::successors(Some(last), |span| trace.prev_span(span.at)).take(LOOKED_AT);
    for span in before {
        if span.class == SpanClass::WaitNet {
            return None;
        }
        if span.state == GoState::Syscall && has(trace, span.start_stack, function) {
            let is_known = span.range.end <= time && !span.goes_on && !span.began_before;
            return is_known.then_some(span.range.end);
        }
    }
    None
}

/// When the first system call of a goroutine begins that a function makes.
fn first_system_call(
    trace: &Trace,
    go: GoroutineIdx,
    (from, to): (TraceTime, TraceTime),
    function: &str,
) -> Option<TraceTime> {
    let spans = trace.spans(LaneId::Goroutine(go), TimeRange::new(from, to)).take(LOOKED_AT);
    let mut calls = spans.filter(|span| span.state == GoState::Syscall && span.range.start >= from);
    let first = calls.find(|span| has(trace, span.start_stack, function))?;
    (!first.began_before).then_some(first.range.start)
}

/// The goroutine that ended a wait, and when.
pub(super) fn waker_of(trace: &Trace, wait: &Span) -> Option<(GoroutineIdx, TraceTime)> {
    let next = trace.next_span(wait.at).filter(|next| next.range.start == wait.range.end)?;
    let flow = trace.flows_into(next.at).into_iter().find(|flow| flow.kind == FlowKind::Unblock)?;
    match flow.from.lane {
        LaneId::Goroutine(go) => Some((go, flow.from.time)),
        _ => None,
    }
}

/// Whom a goroutine woke and created in a range.
fn acts_of(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> impl Iterator<Item = Flow> + '_ {
    let spans = trace.spans(LaneId::Goroutine(go), range).take(LOOKED_AT);
    let flows = spans
        .filter(|span| span.state == GoState::Running)
        .flat_map(|span| trace.flows_out_of(span.at, MOST_WAKES).flows);
    flows.filter(move |flow| range.contains(flow.from.time))
}

/// Whether a goroutine creates others in a range, but for those of `net/http` itself: they could make calls for it.
pub(super) fn has_helpers(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> bool {
    let mut created = acts_of(trace, go, range).filter(|flow| flow.kind == FlowKind::Create);
    created.any(|flow| {
        let LaneId::Goroutine(go) = flow.to.lane else { return true };
        let name = trace.goroutine_name(go).map_or("", |(_, name)| trace.str(name));
        !["net/http.", "net.", "context."].iter().any(|package| name.starts_with(package))
    })
}

fn has(trace: &Trace, stack: StackId, function: &str) -> bool {
    trace.frames(stack).any(|frame| frame.function == function)
}

fn is_started_as(trace: &Trace, go: GoroutineIdx, function: &str) -> bool {
    trace.goroutine_name(go).is_some_and(|(_, name)| trace.str(name) == function)
}
