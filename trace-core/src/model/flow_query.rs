//! Questions about edges: what made a span, what left from it, what crosses the view.

use rustc_hash::FxHashSet;

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState};
use crate::model::flows::{Flow, FlowEnd, FlowKind, FlowList};
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD};
use crate::model::segment::Segment;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Rows looked at per query of flows in view; beyond, every so many-th.
const VIEW_BUDGET: u64 = 20_000;

/// Who acted, as rows name it, for a lane that can act.
const fn actor_of(lane: LaneId) -> Option<u32> {
    match lane {
        LaneId::Goroutine(go) => Some(go.0),
        LaneId::Proc(proc) => Some(ACTOR_PROC | proc.0),
        LaneId::Thread(thread) => Some(ACTOR_THREAD | thread.0),
        LaneId::Gc | LaneId::Stw => None,
    }
}

/// The lane of who acted.
pub(crate) const fn lane_of_actor(actor: u32) -> Option<LaneId> {
    match actor {
        ACTOR_NONE => None,
        go if go < ACTOR_PROC => Some(LaneId::Goroutine(GoroutineIdx(go))),
        proc if proc < ACTOR_THREAD => Some(LaneId::Proc(ProcIdx(proc & !ACTOR_PROC))),
        thread => Some(LaneId::Thread(ThreadIdx(thread & !ACTOR_THREAD))),
    }
}

const fn flow_kind(kind: u8) -> Option<FlowKind> {
    match kind & kinds::MASK {
        kinds::CREATED | kinds::CREATED_WAITING => Some(FlowKind::Create),
        kinds::UNBLOCKED => Some(FlowKind::Unblock),
        kinds::SWITCHED_TO => Some(FlowKind::Switch),
        _ => None,
    }
}

/// A stretch of somebody's acts in a segment: places in its `flows.rows`.
#[derive(Clone, Copy, Debug)]
struct Acts {
    segment: u32,
    first: u32,
    end: u32,
}

/// One of every `step` numbers in `first..end`, not always at the same place: rows come in patterns.
fn sampled(first: u32, end: u32, step: u32) -> impl Iterator<Item = u32> {
    (first..end).step_by(step as usize).filter_map(move |at| {
        let place = at + (at.wrapping_mul(0x9e37_79b1) >> 7) % step;
        (place < end).then_some(place)
    })
}

impl Trace {
    /// The edges that end at this span: what made it what it is. Usually one. A running span gives the
    /// edge that made it ready to run; a system call, the steals of its proc.
    #[must_use]
    pub fn flows_into(&self, at: SpanRef) -> Vec<Flow> {
        let Some(span) = self.span(at) else { return Vec::new() };
        let LaneId::Goroutine(_) = at.lane else {
            let own = SpanRef { lane: LaneId::Goroutine(span.go), ..span.at };
            return if span.go.is_some() && is_borrowed(at.lane) { self.flows_into(own) } else { Vec::new() };
        };
        let mut flows = Vec::new();
        if span.state == GoState::Syscall {
            let steals = self.annotations.steals.touching(span.go.0, span.range);
            for steal in steals.filter(|steal| ThreadIdx(steal.thief).is_some()) {
                let lane = LaneId::Thread(ThreadIdx(steal.thief));
                let from = FlowEnd { lane, time: steal.time, span: None };
                let to = FlowEnd { lane: at.lane, time: steal.time, span: Some(span.at) };
                flows.push(Flow { kind: FlowKind::ProcSteal, from, to, stack: StackId::NONE, reason: StrId::EMPTY });
            }
        }
        let mut made = span;
        if span.state == GoState::Running
            && span.cause == Cause::Started
            && let Some(before) = self.prev_span(span.at)
            && before.range.end == span.range.start
        {
            made = before;
        }
        if made.cause == Cause::SyscallExit && made.state == GoState::Runnable {
            // From the system call to where it goes on.
            let call = self.prev_span(made.at);
            let from = FlowEnd { lane: at.lane, time: made.range.start, span: call.map(|call| call.at) };
            let stack = call.map_or(StackId::NONE, |call| call.start_stack);
            let to = FlowEnd { lane: at.lane, time: span.range.start, span: Some(span.at) };
            flows.push(Flow { kind: FlowKind::SyscallExit, from, to, stack, reason: StrId::EMPTY });
        } else if let Some(segment) = self.seg(made.at.segment) {
            flows.extend(self.flow_of_row(segment, made.at.segment, made.at.row));
        }
        flows
    }

    /// The edges that leave from this span, in time order, at most `limit`.
    #[must_use]
    pub fn flows_out_of(&self, at: SpanRef, limit: usize) -> FlowList {
        let Some(span) = self.span(at) else { return FlowList::default() };
        if !span.go.is_some() || matches!(at.lane, LaneId::Gc) {
            return FlowList::default();
        }
        let lane = LaneId::Goroutine(span.go);
        let (mut flows, mut count) = (Vec::new(), 0);
        for acts in self.acts(lane, span.range) {
            count += u64::from(acts.end - acts.first);
            let Some(segment) = self.seg(acts.segment) else { continue };
            let rows = (acts.first..acts.end).filter_map(|at| segment.flows.rows.get(at));
            let room = limit.saturating_sub(flows.len());
            flows.extend(rows.take(room).filter_map(|row| self.flow_of_row(segment, acts.segment, row)));
        }
        if span.cause == Cause::SyscallExit
            && span.state == GoState::Runnable
            && let Some(next) = self.next_span(span.at)
            && next.range.start == span.range.end
        {
            count += 1;
            let from = FlowEnd { lane: at.lane, time: span.range.start, span: Some(span.at) };
            let to = FlowEnd { lane, time: next.range.start, span: Some(next.at) };
            flows.push(Flow { kind: FlowKind::SyscallExit, from, to, stack: StackId::NONE, reason: StrId::EMPTY });
            flows.truncate(limit);
        }
        FlowList { flows, total: count }
    }

    /// Edges within `range` that touch one of `lanes`, thinned evenly to at most `limit`. The total is an estimate when there
    /// are many.
    #[must_use]
    pub fn flows_in_view(&self, range: TimeRange, lanes: &[LaneId], limit: usize) -> FlowList {
        let shown: FxHashSet<LaneId> = lanes.iter().copied().collect();
        // (segment, first row, end row) of incoming, stretches of acts of outgoing.
        let (mut incoming, mut outgoing) = (Vec::new(), Vec::new());
        let mut total = 0u64;
        for &lane in lanes {
            if let LaneId::Goroutine(go) = lane
                && let Some(chain) = self.chain(go, range)
            {
                for (at, piece) in chain.pieces.iter().enumerate() {
                    let Some(segment) = self.seg(piece.segment) else { continue };
                    let first = if at == 0 { chain.row } else { piece.first };
                    let last = crate::model::row_chain::row_at(segment, piece, range.end.0.saturating_sub(1));
                    let end = last.map_or(first, |last| last + 1).max(first);
                    total += u64::from(end - first);
                    incoming.push((piece.segment, first, end));
                }
            }
            for acts in self.acts(lane, range) {
                total += u64::from(acts.end - acts.first);
                outgoing.push(acts);
            }
        }
        let step = total.div_ceil(VIEW_BUDGET).max(1) as u32;
        let mut found: Vec<(TraceTime, u32, u32)> = Vec::new();
        for (index, first, end) in incoming {
            let Some(segment) = self.seg(index) else { continue };
            for row in sampled(first, end, step) {
                let time = TraceTime(segment.time(row));
                if flow_kind(segment.kind(row)).is_some() && range.contains(time) {
                    found.push((time, index, row));
                }
            }
        }
        for acts in outgoing {
            let Some(segment) = self.seg(acts.segment) else { continue };
            for at in sampled(acts.first, acts.end, step) {
                let Some(row) = segment.flows.rows.get(at) else { continue };
                // Those between shown lanes came as incoming ones.
                if !shown.contains(&LaneId::Goroutine(segment.go_of(row))) {
                    found.push((TraceTime(segment.time(row)), acts.segment, row));
                }
            }
        }
        let count = found.len() as u64 * u64::from(step);
        found.sort_unstable();
        let all = found.len();
        let kept = all.min(limit);
        let flows = (0..kept).filter_map(|at| {
            let &(_, index, row) = found.get(at * all / kept)?;
            self.flow_of_row(self.seg(index)?, index, row)
        });
        FlowList { flows: flows.collect(), total: count }
    }

    /// The edge that ends at a row, if one does.
    pub(crate) fn flow_of_row(&self, segment: &Segment, index: u32, row: u32) -> Option<Flow> {
        if row >= segment.rows.len() {
            return None;
        }
        let kind = flow_kind(segment.kind(row))?;
        let actor = lane_of_actor(segment.actor(row))?;
        let time = TraceTime(segment.time(row));
        let target = LaneId::Goroutine(segment.go_of(row));
        let source = self.span_at(actor, time).map(|span: Span| span.at);
        let reason = if kind == FlowKind::Create { StrId::EMPTY } else { self.reason_before(segment, index, row) };
        Some(Flow {
            kind,
            from: FlowEnd { lane: actor, time, span: source },
            to: FlowEnd { lane: target, time, span: Some(SpanRef { lane: target, segment: index, row }) },
            stack: segment.stack(row),
            reason,
        })
    }

    /// What the goroutine of a row waited for until then.
    fn reason_before(&self, segment: &Segment, index: u32, row: u32) -> StrId {
        let is_first = segment.lanes.rows(segment.lanes.slot_of(row)).is_some_and(|(first, _)| first == row);
        if !is_first && !kinds::is_continued(segment.kind(row - 1)) {
            let kind = segment.kind(row - 1);
            return self.reasons.get(usize::from(kind)).copied().unwrap_or(StrId::EMPTY);
        }
        let at = SpanRef { lane: LaneId::Goroutine(segment.go_of(row)), segment: index, row };
        self.prev_span(at).map_or(StrId::EMPTY, |span| span.reason)
    }

    /// Whom a lane acted on within a range, by segment.
    fn acts(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = Acts> + '_ {
        let actor = actor_of(lane);
        let first = self.segments.partition_point(|segment| segment.base <= range.start.0).saturating_sub(1);
        let end = self.segments.partition_point(|segment| segment.base < range.end.0);
        (first..end).filter_map(move |index| {
            let segment = self.segments.get(index)?;
            let (start, stop) = segment.flows.acts(actor?)?;
            let rows = &segment.flows.rows;
            let before = |time: i64| rows.partition_point(start, stop, |row| segment.time(row) < time);
            let (low, high) = (before(range.start.0), before(range.end.0));
            (low < high).then_some(Acts { segment: index as u32, first: start + low, end: start + high })
        })
    }

    /// Whose row it is.
    pub(crate) fn affected(&self, segment: u32, row: u32) -> Option<GoroutineIdx> {
        let found = self.seg(segment).filter(|segment| row < segment.rows.len())?;
        Some(found.go_of(row)).filter(|go| go.is_some())
    }

    /// The rows that a goroutine (or proc, or thread) acted on within a range: (segment, row), in time order.
    pub(crate) fn acted_on(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.acts(lane, range).flat_map(move |acts| {
            let segment = self.seg(acts.segment);
            let row = move |at: u32| Some((acts.segment, segment?.flows.rows.get(at)?));
            (acts.first..acts.end).filter_map(row)
        })
    }
}

/// Whether a lane borrows its spans from goroutines.
const fn is_borrowed(lane: LaneId) -> bool {
    matches!(lane, LaneId::Proc(_) | LaneId::Thread(_))
}
