//! A request as a picture: its spans, and what the goroutine of each did all the while.

use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::session::model::Session;
use crate::session::tree::Request;

/// Pieces that one span is cut into at most.
const MOST_PIECES: usize = 256;
/// Spans of a request whose states are looked at; of the others only the ends are known.
const MOST_SPANS: usize = 20_000;

/// Time by class, nanoseconds.
pub type ByClass = [u64; SpanClass::COUNT];

/// A stretch of a span in which its goroutine did the same; of long ones, the shares of what it did. Times are on the
/// session's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it begins, ns on the session's clock.
    pub start: i64,
    /// How long it is, nanoseconds.
    pub nanos: i64,
    /// What the goroutine did, nanoseconds of its trace's clock.
    pub classes: ByClass,
}

/// A span of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaterfallRow {
    /// The span, by place.
    pub span: u32,
    /// How deep it is below the first.
    pub depth: u32,
    /// What the goroutine did that worked for it, in order; none if no trace tells.
    pub pieces: Vec<Piece>,
    /// All of that together.
    pub classes: ByClass,
    /// Time that no span below it covers, nanoseconds.
    pub own: i64,
}

/// What a request's time comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// By service, by place, the time of its spans that no span below them covers, nanoseconds; most first.
    pub own: Vec<(u32, i64)>,
    /// The call from one service to another that took longest: the span that served it, by place.
    pub slowest: Option<u32>,
}

/// The rows of a request, as its spans come. `None` if cancelled.
#[must_use]
pub fn waterfall(session: &Session, request: &Request, monitor: &Monitor) -> Option<Vec<WaterfallRow>> {
    let mut rows = Vec::new();
    for (number, &(span, depth)) in request.spans.iter().enumerate() {
        if monitor.is_cancelled() {
            return None;
        }
        let pieces = if number < MOST_SPANS { pieces(session, span) } else { Vec::new() };
        let mut classes = [0; SpanClass::COUNT];
        for piece in &pieces {
            for (sum, nanos) in classes.iter_mut().zip(piece.classes) {
                *sum += nanos;
            }
        }
        rows.push(WaterfallRow { span, depth, pieces, classes, own: own(session, span) });
    }
    Some(rows)
}

/// Sums the time of a request's spans.
#[must_use]
pub fn breakdown(session: &Session, request: &Request) -> Breakdown {
    let mut own_by_service: Vec<(u32, i64)> = request.services.iter().map(|service| (*service, 0)).collect();
    let mut slowest: Option<(i64, u32)> = None;
    for &(at, _) in &request.spans {
        let Some(span) = session.spans.get(at as usize) else { continue };
        if let Some((_, sum)) = own_by_service.iter_mut().find(|(service, _)| *service == span.service) {
            *sum = sum.saturating_add(own(session, at));
        }
        let above = span.parent.and_then(|above| session.spans.get(above as usize));
        if above.is_some_and(|above| above.service != span.service)
            && slowest.is_none_or(|(nanos, _)| span.nanos > nanos)
        {
            slowest = Some((span.nanos, at));
        }
    }
    own_by_service.sort_by_key(|(_, nanos)| std::cmp::Reverse(*nanos));
    Breakdown { own: own_by_service, slowest: slowest.map(|(_, at)| at) }
}

/// Time of a span that none of its children covers.
fn own(session: &Session, at: u32) -> i64 {
    let Some(span) = session.spans.get(at as usize) else { return 0 };
    let (mut covered, mut edge) = (0_i64, span.start);
    // By start.
    for child in session.children.of_span(at) {
        let Some(child) = session.spans.get(*child as usize) else { continue };
        let (from, to) = (child.start.max(edge), child.end().min(span.end()));
        if to > from {
            covered = covered.saturating_add(to.saturating_sub(from));
            edge = to;
        }
    }
    span.nanos.saturating_sub(covered)
}

/// What a span's goroutine did while it lasted.
fn pieces(session: &Session, at: u32) -> Vec<Piece> {
    let Some(span) = session.spans.get(at as usize) else { return Vec::new() };
    let Some(service) = session.services.get(span.service as usize) else { return Vec::new() };
    let (Some(trace), Some(go)) = (&service.trace, span.go) else { return Vec::new() };
    let whole = TimeRange::new(service.trace_time(span.start), service.trace_time(span.end()));
    let range = whole.intersect(trace.range());
    if range.nanos() <= 0 {
        return Vec::new();
    }
    let lane = LaneId::Goroutine(go);
    let piece = |part: TimeRange, classes| {
        let (start, end) = (service.session_time(part.start), service.session_time(part.end));
        Piece { start, nanos: end.saturating_sub(start), classes }
    };
    let states: Vec<_> = trace.spans(lane, range).take(MOST_PIECES + 1).collect();
    if states.len() <= MOST_PIECES {
        let of_state = |state: &crate::model::spans::Span| {
            let part = state.range.intersect(range);
            let mut classes = [0; SpanClass::COUNT];
            if let Some(sum) = classes.get_mut(state.class as usize) {
                *sum = part.nanos().max(0).unsigned_abs();
            }
            piece(part, classes)
        };
        return states.iter().map(of_state).filter(|piece| piece.nanos > 0).collect();
    }
    let count = i64::try_from(MOST_PIECES).unwrap_or(1);
    let edge = |number: i64| {
        let part = i128::from(range.nanos()) * i128::from(number) / i128::from(count);
        TraceTime(range.start.0.saturating_add(i64::try_from(part).unwrap_or(i64::MAX)))
    };
    let parts = (0..count).map(|number| TimeRange::new(edge(number), edge(number + 1)));
    let parts = parts.filter(|part| part.nanos() > 0);
    parts.map(|part| piece(part, trace.time_by_class(lane, part).nanos)).collect()
}
