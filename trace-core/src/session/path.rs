//! Why a request took as long as it did: the wait chain of what worked for it, which goes on in the other process while
//! it waits for a call, and comes back when that is served. The parts sum to the request's duration exactly.

use rustc_hash::FxHashMap;

use crate::analysis::blocked_by::is_within;
use crate::analysis::phrases::time;
use crate::analysis::places::Places;
use crate::analysis::wait_chain::{Step, StepKind, WaitChain, long_wait_chain};
use crate::analysis::why::why_one;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;
use crate::model::trace::Trace;
use crate::session::model::Session;
use crate::session::tree::Request;

/// How many processes deep calls are followed.
const MOST_HOPS: u32 = 32;
/// Parts that one request may have.
const MOST_PARTS: usize = 200_000;

/// A stretch of a request, and who did what where. Times are on the session's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The span that was at work, by place.
    pub span: u32,
    /// Its service, by place.
    pub service: u32,
    /// The goroutine; `None` if the service has no trace of it.
    pub go: Option<GoroutineIdx>,
    /// What it did; unknown without a trace.
    pub doing: StepKind,
    /// The runtime's word for it, of the service's trace.
    pub reason: StrId,
    /// Where, of the service's trace.
    pub stack: StackId,
    /// The wait began before the trace: the stack is where the goroutine went on.
    pub is_resumed: bool,
    /// When it began, ns on the session's clock.
    pub start: i64,
    /// How long it took.
    pub nanos: i64,
    /// Calls between the request's first service and this.
    pub hops: u32,
    /// What the goroutine that worked for the span waited in meanwhile; `None` where it did this itself.
    pub behind: Option<Behind>,
}

/// A wait that others kept going, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The goroutine that waited.
    pub go: GoroutineIdx,
    /// Where, of the service's trace; `NONE` if the wait began before that.
    pub stack: StackId,
    /// It waited for a lock, which was held during what was done: inferred from where it was released.
    pub is_lock_held: bool,
}

/// Parts that are the same but for their time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// The longest of them.
    pub part: Part,
    /// How long all took, nanoseconds.
    pub nanos: i64,
    /// How many there are.
    pub count: u64,
}

/// Where the time of a request went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explained {
    /// How long the request took: what the parts sum to, nanoseconds.
    pub nanos: i64,
    /// In order of time, without gaps.
    pub parts: Vec<Part>,
    /// Most first; they sum to the same.
    pub sums: Vec<Sum>,
    /// What it comes down to: which service, and what it did where.
    pub sentence: String,
}

/// Explains a request. `None` if cancelled.
#[must_use]
pub fn explain(session: &Session, request: &Request, monitor: &Monitor) -> Option<Explained> {
    let root = session.spans.get(request.root as usize)?;
    let mut walk = Walk { session, monitor, parts: Vec::new() };
    walk.span(request.root, (root.start, root.end()), 0);
    if monitor.is_cancelled() {
        return None;
    }
    let parts = walk.parts;
    let sums = sums(session, &parts);
    let sentence = sentence(session, request, &sums);
    Some(Explained { nanos: root.nanos, parts, sums, sentence })
}

/// The requests whose time can be told best, the longest first: those whose first span some trace shows; all if there is none.
/// Spans of files may lie beside the traces, where nothing tells what was done.
pub fn told_best(session: &Session) -> impl Iterator<Item = &Request> {
    let is_shown = |request: &&Request| session.spans.get(request.root as usize).is_some_and(|span| span.go.is_some());
    let has_any = session.requests.iter().any(|request| is_shown(&request));
    session.requests.iter().filter(move |request| !has_any || is_shown(request))
}

/// The request with an id; the first letters are enough if no other begins with them.
#[must_use]
pub fn request_with_id<'a>(session: &'a Session, id: &str) -> Option<&'a Request> {
    let exact = session.requests.iter().find(|request| request.id == id);
    let mut alike = session.requests.iter().filter(|request| !id.is_empty() && request.id.starts_with(id));
    exact.or_else(|| alike.next().filter(|_| alike.next().is_none()))
}

/// A request while it is walked through.
struct Walk<'a> {
    session: &'a Session,
    monitor: &'a Monitor,
    parts: Vec<Part>,
}

impl Walk<'_> {
    /// Adds the parts of a span in a stretch of the session.
    fn span(&mut self, at: u32, (start, end): (i64, i64), hops: u32) {
        let Some(span) = self.session.spans.get(at as usize) else { return };
        if start >= end {
            return;
        }
        let unknown = Part {
            span: at,
            service: span.service,
            go: None,
            doing: StepKind::Unknown,
            reason: StrId::EMPTY,
            stack: StackId::NONE,
            is_resumed: false,
            start,
            nanos: end.saturating_sub(start),
            hops,
            behind: None,
        };
        let below = if hops < MOST_HOPS { self.below(at) } else { Vec::new() };
        let steps = self.steps(at, (start, end));
        if steps.is_empty() {
            self.through(unknown, &below, hops);
            return;
        }
        for (step, behind, start, end) in steps {
            if self.monitor.is_cancelled() || self.parts.len() >= MOST_PARTS {
                // What is left is not looked into, but counts.
                self.parts.push(Part { doing: StepKind::Unfollowed, start, nanos: end - start, ..unknown });
                continue;
            }
            let (go, doing, reason) = (Some(step.go), step.doing, step.reason);
            let (stack, is_resumed) = (step.stack, step.is_resumed);
            let part = Part { go, doing, reason, stack, is_resumed, start, nanos: end - start, behind, ..unknown };
            // Only who waits can wait for another process; what a timer creates ends a wait that was given up.
            let is_wait = matches!(doing, StepKind::Waiting(SpanClass::WaitNet | SpanClass::WaitChan));
            if is_wait || matches!(doing, StepKind::Unknown | StepKind::NotCreated) {
                self.through(part, &below, hops);
            } else {
                self.parts.push(part);
            }
        }
    }

    /// Adds a part; while one of the calls below was served, that is what is added.
    fn through(&mut self, part: Part, below: &[(i64, i64, u32)], hops: u32) {
        let end = part.start.saturating_add(part.nanos);
        let mut at = part.start;
        for &(from, to, span) in below {
            let (from, to) = (from.max(at), to.min(end));
            if from >= to {
                continue;
            }
            if from > at {
                self.parts.push(Part { start: at, nanos: from - at, ..part });
            }
            let is_other = self.session.spans.get(span as usize).is_some_and(|span| span.service != part.service);
            self.span(span, (from, to), hops + u32::from(is_other));
            at = to;
        }
        if at < end {
            self.parts.push(Part { start: at, nanos: end - at, ..part });
        }
    }

    /// What served the calls of a span and of its parts in the same process, by start. Without a trace of the span, its
    /// parts themselves.
    fn below(&self, at: u32) -> Vec<(i64, i64, u32)> {
        let service = self.session.spans.get(at as usize).map(|span| span.service);
        let has_go = |at: u32| self.session.spans.get(at as usize).is_some_and(|span| span.go.is_some());
        let is_traced = has_go(at);
        let mut found = Vec::new();
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            for &child in self.session.children.of_span(at) {
                let Some(span) = self.session.spans.get(child as usize) else { continue };
                if Some(span.service) != service || !is_traced {
                    found.push((span.start, span.end(), child));
                } else {
                    open.push(child);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// What the goroutine of a span did, on the session's clock and without gaps; nothing if no trace shows it.
    fn steps(&self, at: u32, (start, end): (i64, i64)) -> Vec<(Step, Option<Behind>, i64, i64)> {
        let Some(span) = self.session.spans.get(at as usize) else { return Vec::new() };
        let Some(service) = self.session.services.get(span.service as usize) else { return Vec::new() };
        let (Some(trace), Some(go)) = (&service.trace, span.go) else { return Vec::new() };
        let whole = TimeRange::new(service.trace_time(start), service.trace_time(end));
        let range = whole.intersect(trace.range());
        if range.nanos() <= 0 {
            return Vec::new();
        }
        let chain = long_wait_chain(trace, go, range);
        let links = chain.links.iter().flat_map(|link| [link.stack, link.waker_stack]);
        let places = Places::of(trace, links.chain(chain.steps.iter().map(|step| step.stack)));
        let mut steps = Vec::new();
        let mut from = start;
        let count = chain.steps.len();
        for (step, number) in chain.steps.iter().zip(1..) {
            let behind = behind(trace, step, &chain, &places);
            let step = of_program(step, &chain, &places);
            // Rounding must neither lose nor double a nanosecond.
            let to = if number == count { end } else { service.session_time(step.range.end).clamp(from, end) };
            if to > from {
                steps.push((step, behind, from, to));
            }
            from = to;
        }
        steps
    }
}

/// A step of a library's own goroutine, such as one that reads a connection, as one of who waits for that in the program.
fn of_program(step: &Step, chain: &WaitChain, places: &Places<'_>) -> Step {
    if places.has_own(step.stack) {
        return *step;
    }
    let mut link = chain.link(step);
    while let Some(wait) = link {
        if places.has_own(wait.stack) {
            return Step { go: wait.go, stack: wait.stack, is_resumed: false, ..*step };
        }
        link = wait.parent.and_then(|parent| chain.links.get(parent as usize));
    }
    *step
}

/// The wait of the span's own goroutine that a step explains; `None` for what that did itself.
fn behind(trace: &Trace, step: &Step, chain: &WaitChain, places: &Places<'_>) -> Option<Behind> {
    let nearest = chain.link(step)?;
    let mut first = nearest;
    while let Some(above) = first.parent.and_then(|parent| chain.links.get(parent as usize)) {
        first = above;
    }
    // Before it was created it waited for nothing.
    if first.is_creation {
        return None;
    }
    let is_lock = places.op(first.stack).is_lock() && places.op(nearest.stack).is_lock();
    let own = places.near_function(nearest.stack);
    let is_lock_held = is_lock && is_within(trace, places, (step.doing, step.stack, nearest.waker_stack), own);
    Some(Behind { go: first.go, stack: first.stack, is_lock_held })
}

/// Service, goroutine, what it did, the runtime's word, function; the function in which another one waited for it.
type Key = (u32, Option<GoroutineIdx>, StepKind, StrId, Option<u32>, Option<Option<u32>>);

/// Adds up what is the same.
fn sums(session: &Session, parts: &[Part]) -> Vec<Sum> {
    let places: Vec<Option<Places<'_>>> = session
        .services
        .iter()
        .zip(0_u32..)
        .map(|(service, at)| {
            let own = parts.iter().filter(|part| part.service == at);
            let stacks = own.flat_map(|part| [Some(part.stack), part.behind.map(|behind| behind.stack)]).flatten();
            service.trace.as_ref().map(|trace| Places::of(trace, stacks))
        })
        .collect();
    let mut sums: FxHashMap<Key, Sum> = FxHashMap::default();
    for part in parts {
        let places = places.get(part.service as usize).and_then(Option::as_ref);
        let function = places.and_then(|places| places.own_function(part.stack));
        let behind = part.behind.map(|behind| places.and_then(|places| places.own_function(behind.stack)));
        let key = (part.service, part.go, part.doing, part.reason, function, behind);
        let sum = sums.entry(key).or_insert(Sum { part: *part, nanos: 0, count: 0 });
        sum.nanos += part.nanos;
        sum.count += 1;
        if part.nanos > sum.part.nanos {
            sum.part = *part;
        }
    }
    let mut all: Vec<Sum> = sums.into_values().collect();
    all.sort_by_key(|sum| (std::cmp::Reverse(sum.nanos), sum.part.start, sum.part.span));
    all
}

/// `118 ms in frontend GET /buy, of which 96 ms in backend GET /price: 81 % of 96 ms: G25 waited in …`
fn sentence(session: &Session, request: &Request, sums: &[Sum]) -> String {
    let Some(most) = sums.first() else { return String::new() };
    let mut way = Vec::new();
    let mut at = Some(most.part.span);
    let mut inner = None;
    // Circles are broken, so that the way ends.
    while let Some(span) = at.and_then(|at| session.spans.get(at as usize)) {
        let above = span.parent.and_then(|parent| session.spans.get(parent as usize));
        if at == Some(request.root) || above.is_none_or(|above| above.service != span.service) {
            let name = session.services.get(span.service as usize).map_or("", |service| service.name.as_str());
            way.push(format!("{} in {name} {}", time(span.nanos.unsigned_abs()), span.name));
            inner = inner.or(Some(span));
        }
        if at == Some(request.root) {
            break;
        }
        at = span.parent;
    }
    way.reverse();
    let text = way.join(", of which ");
    let what = inner.and_then(|span| {
        let service = session.services.get(span.service as usize)?;
        let range = TimeRange::new(service.trace_time(span.start), service.trace_time(span.end()));
        let trace = service.trace.as_ref()?;
        Some(why_one(trace, span.go?, range.intersect(trace.range())).sentence)
    });
    match what.filter(|what| !what.is_empty()) {
        Some(what) => format!("{text}. {what}"),
        None => format!("{text}."),
    }
}
