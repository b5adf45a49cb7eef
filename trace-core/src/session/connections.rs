//! Connections of `net/http` (HTTP/1) in a trace, and the calls on them. Without any ID this tells what served a call: a
//! connection has one client and one server, and the calls on it come one after the other, so that all of one side's lie
//! inside of the other side's, one in each. See [`exchange`](crate::session::exchange) for the system calls that bound them.

use rustc_hash::FxHashMap;

use crate::analysis::request_borders::RequestPhase;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TraceTime;
use crate::event::state::{GoState, SpanClass};
use crate::model::flows::{Flow, FlowKind};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;
use crate::session::exchange::{
    CLIENT_READ, CLIENT_WRITE, READ_LOOP, ROUND_TRIP, SERVE, SERVER_READ, SERVER_WRITE, WRITE_LOOP, waker_of,
};

/// Wake-ups of one span that are looked at.
const MOST_WAKES: usize = 64;
/// Handlers of the recording itself, and of profiles.
const PROFILING: &str = "net/http/pprof.";

/// A call as its client saw it. Times are on the trace's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sending {
    /// The goroutine that called.
    pub(super) go: GoroutineIdx,
    /// Nothing of the request was sent before this.
    pub(super) send: i64,
    /// The head of the answer had arrived by then.
    pub(super) receive: i64,
    /// The function that called the library.
    pub(super) name: StrId,
}

/// A call as its server saw it. Times are on the trace's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handling {
    /// The head of the request had arrived by then.
    pub(super) begin: i64,
    /// Nothing of the answer was sent before this.
    pub(super) end: i64,
    /// All of the answer had been handed to the system by then.
    pub(super) until: i64,
    /// The handler.
    pub(super) name: StrId,
    /// It records or profiles.
    pub(super) is_profiling: bool,
}

/// The calls on one connection of a client, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) calls: Vec<Sending>,
    /// A request of which no answer came, the last one; it was given up some time after it was sent.
    pub(super) open: Option<Sending>,
}

/// The requests on one connection of a server, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The goroutine that serves it.
    pub(super) go: GoroutineIdx,
    pub(super) calls: Vec<Handling>,
}

/// All connections of a trace that it tells enough of.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    pub(super) clients: Vec<Client>,
    pub(super) servers: Vec<Server>,
}

impl Connections {
    /// Finds them. None where parts of the trace are lost: what is missing could be a call.
    pub(super) fn of(trace: &Trace) -> Self {
        let mut found = Self::default();
        if trace.is_damaged() {
            return found;
        }
        let mut stacks = Stacks { trace, known: FxHashMap::default() };
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
            match trace.goroutine_name(go).map_or("", |(_, name)| trace.str(name)) {
                SERVE => found.servers.push(Server { go, calls: stacks.served(go) }),
                READ_LOOP => reads.push((go, stacks.answers(go))),
                WRITE_LOOP => writes.push((go, stacks.requests(go))),
                _ => {}
            }
        }
        found.servers.retain(|server| !server.calls.is_empty());
        for (read_loop, write_loop) in pairs(trace, &reads, &writes) {
            let (Some((_, answers)), Some((_, requests))) = (reads.get(read_loop), writes.get(write_loop)) else {
                continue;
            };
            let client = client(answers, requests);
            if !client.calls.is_empty() || client.open.is_some() {
                found.clients.push(client);
            }
        }
        found
    }
}

/// An answer that a connection's reader handed over.
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// To whom.
    go: GoroutineIdx,
    read: i64,
    /// The function that waited for it.
    name: StrId,
}

/// What a connection's writer began to write, and who gave it that.
#[derive(Clone, Copy, Debug)]
struct Written {
    by: Option<GoroutineIdx>,
    write: i64,
    /// The function that gave it that.
    name: StrId,
}

/// Answers and requests of a connection as calls.
fn client(answers: &[Answer], requests: &[Written]) -> Client {
    let mut client = Client::default();
    let mut before = i64::MIN;
    let mut requests = requests.iter().peekable();
    for answer in answers {
        // Of several writes the first one is the head.
        let mut send = None;
        while let Some(request) = requests.next_if(|request| request.write < answer.read) {
            send = send.or((request.write >= before).then_some(request.write));
        }
        if let Some(send) = send {
            client.calls.push(Sending { go: answer.go, send, receive: answer.read, name: answer.name });
        }
        before = answer.read;
    }
    client.open = requests.next().and_then(|request| {
        let (go, send) = (request.by?, request.write);
        Some(Sending { go, send, receive: send, name: request.name })
    });
    client
}

/// Which reader and which writer are of one connection: those that one goroutine created, for it dials no other one; else
/// those that serve the same goroutines at the same time.
fn pairs(
    trace: &Trace,
    reads: &[(GoroutineIdx, Vec<Answer>)],
    writes: &[(GoroutineIdx, Vec<Written>)],
) -> Vec<(usize, usize)> {
    let creator = |go: GoroutineIdx| trace.life(go).and_then(|(_, creator)| creator);
    let created: FxHashMap<GoroutineIdx, usize> =
        writes.iter().enumerate().filter_map(|(at, (go, _))| Some((creator(*go)?, at))).collect();
    let mut by_go: FxHashMap<GoroutineIdx, Vec<(i64, usize)>> = FxHashMap::default();
    for (at, (_, list)) in writes.iter().enumerate() {
        for written in list {
            if let Some(go) = written.by {
                by_go.entry(go).or_default().push((written.write, at));
            }
        }
    }
    by_go.values_mut().for_each(|list| list.sort_unstable());
    let mut found = Vec::new();
    for (at, (go, answers)) in reads.iter().enumerate() {
        if let Some(writer) = creator(*go).and_then(|creator| created.get(&creator)) {
            found.push((at, *writer));
            continue;
        }
        let mut votes: FxHashMap<usize, usize> = FxHashMap::default();
        for answer in answers {
            let Some(list) = by_go.get(&answer.go) else { continue };
            let before = list.partition_point(|(time, _)| *time < answer.read);
            if let Some((_, writer)) = before.checked_sub(1).and_then(|last| list.get(last)) {
                *votes.entry(*writer).or_default() += 1;
            }
        }
        let all: usize = votes.values().sum();
        let best = votes.into_iter().max_by_key(|(writer, count)| (*count, std::cmp::Reverse(*writer)));
        found.extend(best.filter(|(_, count)| count * 2 > all).map(|(writer, _)| (at, writer)));
    }
    // A writer that two readers claim is nobody's.
    let mut claims: FxHashMap<usize, usize> = FxHashMap::default();
    found.iter().for_each(|(_, writer)| *claims.entry(*writer).or_default() += 1);
    found.retain(|(_, writer)| claims.get(writer) == Some(&1));
    found
}

/// What is asked of a stack.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    phase: Option<RequestPhase>,
    is_server_read: bool,
    is_server_write: bool,
    is_client_read: bool,
    is_client_write: bool,
    is_round_trip: bool,
    is_profiling: bool,
    /// The innermost handler, and how many lie around it.
    handler: (usize, StrId),
    /// The first function outside of `net/http`.
    caller: StrId,
}

/// The stacks of a trace, each looked at once.
struct Stacks<'a> {
    trace: &'a Trace,
    known: FxHashMap<StackId, Facts>,
}

impl Stacks<'_> {
    fn facts(&mut self, stack: StackId) -> Facts {
        let trace = self.trace;
        *self.known.entry(stack).or_insert_with(|| {
            let mut facts =
                Facts { phase: RequestPhase::of(trace.frames(stack).map(|f| f.function)), ..Facts::default() };
            let mut callee = StrId::EMPTY;
            for (frame, name) in trace.frames(stack).zip(trace.functions(stack)) {
                match frame.function {
                    SERVER_READ => facts.is_server_read = true,
                    SERVER_WRITE => facts.is_server_write = true,
                    CLIENT_READ => facts.is_client_read = true,
                    CLIENT_WRITE => facts.is_client_write = true,
                    ROUND_TRIP => facts.is_round_trip = true,
                    _ => {}
                }
                facts.is_profiling |= frame.function.starts_with(PROFILING);
                let is_library = frame.function.starts_with("net/http.");
                if is_library && frame.function.ends_with(".ServeHTTP") {
                    if facts.handler.1 == StrId::EMPTY && !trace.str(callee).starts_with("net/http.") {
                        facts.handler.1 = callee;
                    }
                    facts.handler.0 += 1;
                }
                if facts.caller == StrId::EMPTY && facts.is_round_trip && !is_library {
                    facts.caller = name;
                }
                callee = name;
            }
            facts
        })
    }

    /// What a goroutine served that serves a connection.
    fn served(&mut self, go: GoroutineIdx) -> Vec<Handling> {
        let mut calls = Vec::new();
        let mut begin: Option<i64> = None;
        let mut current: Option<Handling> = None;
        let mut handler = (0, StrId::EMPTY);
        let mut is_profiling = false;
        for span in self.trace.spans(LaneId::Goroutine(go), self.trace.range()) {
            let facts = self.facts(span.start_stack);
            if facts.phase == Some(RequestPhase::Handling) {
                is_profiling |= facts.is_profiling;
                if facts.handler.1 != StrId::EMPTY && facts.handler.0 > handler.0 {
                    handler = facts.handler;
                }
            }
            // What runs has the stack at which it left off.
            if !matches!(span.state, GoState::Syscall | GoState::Waiting) {
                continue;
            }
            let is_call = span.state == GoState::Syscall && is_whole(&span);
            if facts.phase == Some(RequestPhase::Between) && (facts.is_server_read || span.class == SpanClass::WaitNet)
            {
                calls.extend(current.take().map(|call| Handling { name: handler.1, is_profiling, ..call }));
                (handler, is_profiling) = ((0, StrId::EMPTY), false);
                begin = (is_call && facts.is_server_read).then_some(span.range.end.0);
            } else if is_call && facts.is_server_write {
                let until = span.range.end.0;
                match (&mut current, begin.take()) {
                    (Some(call), _) => call.until = until,
                    (None, Some(begin)) => {
                        let end = span.range.start.0;
                        current = Some(Handling { begin, end, until, name: StrId::EMPTY, is_profiling: false });
                    }
                    _ => {}
                }
            }
        }
        calls.extend(current.map(|call| Handling { name: handler.1, is_profiling, ..call }));
        calls
    }

    /// The goroutine that was woken, and the function that called the library, if it waited for an answer.
    fn waits_for_answer(&mut self, flow: &Flow) -> Option<(GoroutineIdx, StrId)> {
        let LaneId::Goroutine(go) = flow.to.lane else { return None };
        let is_woken = flow.kind == FlowKind::Unblock;
        let waiting = is_woken.then(|| self.trace.span_at(flow.to.lane, flow.to.time.plus_nanos(-1)))??;
        let facts = self.facts(waiting.start_stack);
        facts.is_round_trip.then_some((go, facts.caller))
    }

    /// What the reader of a client's connection handed over.
    fn answers(&mut self, go: GoroutineIdx) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut read = None;
        for span in self.trace.spans(LaneId::Goroutine(go), self.trace.range()) {
            let facts = self.facts(span.start_stack);
            match span.state {
                GoState::Syscall if facts.is_client_read => read = is_whole(&span).then_some(span.range.end.0),
                // Nothing had come.
                GoState::Waiting if span.class == SpanClass::WaitNet => read = None,
                GoState::Waiting if read.is_some() && span.class == SpanClass::WaitChan => {
                    // Who was not waiting yet takes it when it does.
                    let taker = waker_of(self.trace, &span);
                    if let (Some((go, _)), Some(read)) = (taker, read.take()) {
                        answers.push(Answer { go, read, name: StrId::EMPTY });
                    }
                }
                GoState::Running if read.is_some() => {
                    let flows = self.trace.flows_out_of(span.at, MOST_WAKES).flows;
                    for flow in flows {
                        if let Some((go, name)) = self.waits_for_answer(&flow)
                            && let Some(read) = read.take_if(|read| *read <= flow.from.time.0)
                        {
                            answers.push(Answer { go, read, name });
                        }
                    }
                }
                _ => {}
            }
        }
        answers
    }

    /// What the writer of a client's connection began to write after each wait for something to write.
    fn requests(&mut self, go: GoroutineIdx) -> Vec<Written> {
        let mut writes = Vec::new();
        let mut by: Option<Option<(GoroutineIdx, TraceTime)>> = Some(None);
        for span in self.trace.spans(LaneId::Goroutine(go), self.trace.range()) {
            match span.state {
                GoState::Waiting if span.class == SpanClass::WaitChan => {
                    by = Some(waker_of(self.trace, &span));
                }
                GoState::Syscall if self.facts(span.start_stack).is_client_write && !span.began_before => {
                    if let Some(by) = by.take() {
                        let name = by.and_then(|(go, time)| self.trace.span_at(LaneId::Goroutine(go), time));
                        let name = name.map_or(StrId::EMPTY, |span| self.facts(span.end_stack).caller);
                        writes.push(Written { by: by.map(|(go, _)| go), write: span.range.start.0, name });
                    }
                }
                // Who gave the first request to a new connection is told that it is written.
                GoState::Running if writes.last().is_some_and(|last: &Written| last.by.is_none()) => {
                    let flows = self.trace.flows_out_of(span.at, MOST_WAKES).flows;
                    let told = flows.iter().find_map(|flow| self.waits_for_answer(flow));
                    if let (Some((go, name)), Some(last)) = (told, writes.last_mut()) {
                        (last.by, last.name) = (Some(go), name);
                    }
                }
                _ => {}
            }
        }
        writes
    }
}

const fn is_whole(span: &Span) -> bool {
    !span.began_before && !span.goes_on
}
