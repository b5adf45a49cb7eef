//! Where a request passes from one process to another, as edges between goroutines: from the client's wait to where the
//! server begins, and from where the server ends to where the client goes on.

use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;
use crate::session::activity::Activity;
use crate::session::model::Session;

/// Spans of a client that are looked at for the one in which it waits.
const LOOKED_AT: usize = 64;

/// One end of a crossing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrossingEnd {
    /// The service, by place.
    pub service: u32,
    /// The goroutine, of the service's trace.
    pub go: GoroutineIdx,
    /// When, on the trace's clock; inside of the span that the edge touches.
    pub time: TraceTime,
}

/// An edge from one process to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Where it comes from.
    pub from: CrossingEnd,
    /// Where it leads to.
    pub to: CrossingEnd,
    /// The call, by place among [`Session::calls`].
    pub call: u32,
    /// It is the way back: the server has ended.
    pub is_answer: bool,
}

/// All crossings of a session.
#[derive(Clone, Debug, Default)]
pub struct Crossings {
    /// By where they come from.
    out: Vec<Crossing>,
    /// By where they lead.
    into: Vec<Crossing>,
}

impl Crossings {
    /// Finds them: of each call between two traces, the way there, and the way back if both ends of it are known.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let mut out = Vec::new();
        for (call, at) in session.calls.iter().zip(0_u32..) {
            let sides = [call.client, call.server].map(|act| session.activities.get(act as usize));
            let [Some(client), Some(server)] = sides else { continue };
            if client.trace != server.trace {
                out.extend(of_call(session, at, (client, server)));
            }
        }
        let mut into = out.clone();
        out.sort_unstable_by_key(|crossing: &Crossing| (crossing.from, crossing.to));
        into.sort_unstable_by_key(|crossing: &Crossing| (crossing.to, crossing.from));
        Self { out, into }
    }

    /// Those that leave a goroutine in a stretch of its trace.
    #[must_use]
    pub fn out_of(&self, service: u32, go: GoroutineIdx, range: TimeRange) -> &[Crossing] {
        within(&self.out, (service, go, range), |crossing| crossing.from)
    }

    /// Those that reach a goroutine in a stretch of its trace.
    #[must_use]
    pub fn reaching(&self, service: u32, go: GoroutineIdx, range: TimeRange) -> &[Crossing] {
        within(&self.into, (service, go, range), |crossing| crossing.to)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

fn within(
    list: &[Crossing],
    (service, go, range): (u32, GoroutineIdx, TimeRange),
    end: fn(&Crossing) -> CrossingEnd,
) -> &[Crossing] {
    let before = |time: TraceTime| {
        let edge = (service, go, time);
        list.partition_point(|crossing| {
            let end = end(crossing);
            (end.service, end.go, end.time) < edge
        })
    };
    list.get(before(range.start)..before(range.end)).unwrap_or_default()
}

/// The way there, and the way back.
fn of_call(session: &Session, call: u32, (client, server): (&Activity, &Activity)) -> Vec<Crossing> {
    let services = [client.trace, server.trace].map(|at| session.services.get(at as usize));
    let [Some(from), Some(to)] = services else { return Vec::new() };
    let (Some(calling), Some(serving)) = (&from.trace, &to.trace) else { return Vec::new() };
    let across = |time: TraceTime| from.trace_time(to.session_time(time));
    let client_end = |time| CrossingEnd { service: client.trace, go: client.go, time };
    let server_end = |time| CrossingEnd { service: server.trace, go: server.go, time };
    let mut found = Vec::new();
    if server.began
        && let Some(wait) = wait_at(calling, client, across(server.range.start))
    {
        let time = inside(across(server.range.start), wait.range);
        found.push(Crossing { from: client_end(time), to: server_end(server.range.start), call, is_answer: false });
    }
    let last = TraceTime(server.range.end.0.saturating_sub(1)).max(server.range.start);
    if server.ended
        && serving.span_at(LaneId::Goroutine(server.go), last).is_some()
        && let Some(wake) = woken_after(calling, client, across(server.range.end))
    {
        found.push(Crossing { from: server_end(last), to: client_end(wake), call, is_answer: true });
    }
    found
}

/// A time, or the nearest one inside of a range.
fn inside(time: TraceTime, range: TimeRange) -> TraceTime {
    let last = TraceTime(range.end.0.saturating_sub(1)).max(range.start);
    time.clamp(range.start, last)
}

/// The span in which the client waits at a time: the next wait inside of the call if it runs then, else what it does.
fn wait_at(trace: &Trace, client: &Activity, time: TraceTime) -> Option<Span> {
    let first = trace.span_at(LaneId::Goroutine(client.go), inside(time, client.range))?;
    waits_from(trace, first, client.range).find(|span| span.state == GoState::Waiting).or(Some(first))
}

/// Where the client goes on after a time: at the end of the wait that it is in, or at the time itself if it is in none.
fn woken_after(trace: &Trace, client: &Activity, time: TraceTime) -> Option<TraceTime> {
    let time = inside(time, client.range);
    let span = trace.span_at(LaneId::Goroutine(client.go), time)?;
    if span.state != GoState::Waiting {
        return Some(time);
    }
    let next = trace.next_span(span.at)?;
    (next.range.start < client.range.end).then_some(next.range.start)
}

/// A span and those behind it that begin in a range.
fn waits_from(trace: &Trace, first: Span, range: TimeRange) -> impl Iterator<Item = Span> + '_ {
    std::iter::successors(Some(first), |span| trace.next_span(span.at))
        .take(LOOKED_AT)
        .take_while(move |span| span.range.start < range.end)
}
