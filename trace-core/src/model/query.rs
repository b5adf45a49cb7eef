//! Questions about spans: by name, by instant, by neighbour, by range.

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::go_spans::GoSpans;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::proc_thread_index::{RefLane, RefSpans};
use crate::model::row_chain::Pos;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Spans of any lane.
enum Spans<A, B, C> {
    Go(A),
    Ref(B),
    Track(C),
}

impl<A, B, C> Iterator for Spans<A, B, C>
where
    A: Iterator<Item = Span>,
    B: Iterator<Item = Span>,
    C: Iterator<Item = Span>,
{
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        match self {
            Self::Go(spans) => spans.next(),
            Self::Ref(spans) => spans.next(),
            Self::Track(spans) => spans.next(),
        }
    }
}

impl Trace {
    /// The span named by `at`.
    #[must_use]
    pub fn span(&self, at: SpanRef) -> Option<Span> {
        match at.lane {
            LaneId::Gc | LaneId::Stw => self.track_span(at.lane, at.row as usize),
            LaneId::Goroutine(go) => {
                let (chain, pos) = self.go_pos(go, at)?;
                self.span_of(&chain, pos)
            }
            LaneId::Proc(_) | LaneId::Thread(_) => self.ref_span(RefLane::of(at.lane)?, at.segment, at.row),
        }
    }

    /// The span of a lane at an instant; `None` where the lane shows nothing (not born, ended, idle).
    #[must_use]
    pub fn span_at(&self, lane: LaneId, time: TraceTime) -> Option<Span> {
        let found = match lane {
            LaneId::Gc | LaneId::Stw => {
                let instant = TimeRange::new(time, time.plus_nanos(1));
                self.track(lane).touching(instant).find_map(|at| self.track_span(lane, at))
            }
            LaneId::Goroutine(go) => {
                let (chain, pos) = self.go_row_at(go, time)?;
                self.span_of(&chain, pos)
            }
            LaneId::Proc(_) | LaneId::Thread(_) => {
                let lane = RefLane::of(lane)?;
                let pos = self.entry_at(lane, time.0).or_else(|| self.first_entry_from(lane, 0))?;
                let segment = self.seg(pos.segment)?;
                let rows = self.ownership(lane, pos);
                let row = rows.iter().rev().copied().find(|&row| self.row_start(segment, row) <= time.0)?;
                self.ref_span(lane, pos.segment, row)
            }
        };
        found.filter(|span| span.range.contains(time))
    }

    /// The next span on the same lane.
    #[must_use]
    pub fn next_span(&self, at: SpanRef) -> Option<Span> {
        match at.lane {
            LaneId::Gc | LaneId::Stw => self.track_span(at.lane, at.row as usize + 1),
            LaneId::Goroutine(go) => {
                let end = self.span(at)?.range.end;
                let near = self.span_after(go, at, TimeRange::new(end.plus_nanos(-1), end.plus_nanos(1)));
                near.or_else(|| self.span_after(go, at, TimeRange::new(end.plus_nanos(-1), TraceTime::MAX)))
            }
            LaneId::Proc(_) | LaneId::Thread(_) => {
                let span = self.span(at)?;
                let later = TimeRange::new(span.range.start, TraceTime::MAX);
                let is_later = |found: &Span| found.at != span.at && found.range.start >= span.range.end;
                self.spans(at.lane, later).find(is_later)
            }
        }
    }

    /// The first span behind the one named, among those that touch `range`; that one must, too.
    fn span_after(&self, go: GoroutineIdx, at: SpanRef, range: TimeRange) -> Option<Span> {
        let chain = self.chain(go, range)?;
        let mut pos = chain.find(self, at.segment, at.row)?;
        loop {
            pos = chain.next(pos)?;
            let found = chain.segment(self, pos)?;
            if !kinds::is_continued(found.kind(pos.row))
                && let Some(span) = self.span_of(&chain, pos)
            {
                return Some(span);
            }
        }
    }

    /// The span before on the same lane.
    #[must_use]
    pub fn prev_span(&self, at: SpanRef) -> Option<Span> {
        match at.lane {
            LaneId::Gc | LaneId::Stw => self.track_span(at.lane, (at.row as usize).checked_sub(1)?),
            LaneId::Goroutine(go) => {
                let mut time = self.span(at)?.range.start;
                // At most a few rows that show nothing lie between.
                for _ in 0..8 {
                    time = time.plus_nanos(-1);
                    let (chain, pos) = self.go_row_at(go, time)?;
                    if let Some(span) = self.span_of(&chain, pos) {
                        return Some(span);
                    }
                    time = TraceTime(chain.segment(self, pos)?.time(pos.row));
                }
                None
            }
            LaneId::Proc(_) | LaneId::Thread(_) => {
                let lane = RefLane::of(at.lane)?;
                let span = self.span(at)?;
                let mut pos = self.entry_at(lane, span.range.start.0)?;
                for _ in 0..1_000 {
                    let segment = pos.segment;
                    let mut rows = self.ownership(lane, pos);
                    while let Some(row) = rows.pop() {
                        if let Some(found) = self.ref_span(lane, segment, row)
                            && found.at != span.at
                            && found.range.start < span.range.start
                        {
                            return Some(found);
                        }
                    }
                    pos = self.entry_before(lane, pos)?;
                }
                None
            }
        }
    }

    /// The spans of a lane that touch `range`, in time order. Lazy: take as many as you need.
    pub fn spans(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = Span> + '_ {
        match lane {
            LaneId::Goroutine(go) => Spans::Go(GoSpans::new(self, go, range)),
            LaneId::Gc | LaneId::Stw => {
                let touching = self.track(lane).touching(range);
                Spans::Track(touching.filter_map(move |at| self.track_span(lane, at)))
            }
            LaneId::Proc(_) | LaneId::Thread(_) => match RefLane::of(lane) {
                Some(lane) => Spans::Ref(RefSpans::new(self, lane, range)),
                None => Spans::Go(GoSpans::new(self, GoroutineIdx::NONE, range)),
            },
        }
    }

    /// Every goroutine that is there at an instant, with its span, by index.
    pub fn states_at(&self, time: TraceTime) -> impl Iterator<Item = (GoroutineIdx, Span)> + '_ {
        let at = self.segments.partition_point(|segment| segment.base <= time.0).saturating_sub(1);
        // Every goroutine that is alive has rows in the generation, but maybe later ones.
        let generation = self.segments.get(at).map(|segment| segment.generation);
        let same = self.segments.iter().filter(move |segment| Some(segment.generation) == generation);
        let mut gos: Vec<u32> = same.flat_map(|segment| segment.lanes.dir.keys()).collect();
        gos.sort_unstable();
        gos.dedup();
        gos.into_iter()
            .filter_map(move |go| Some((GoroutineIdx(go), self.span_at(LaneId::Goroutine(GoroutineIdx(go)), time)?)))
    }

    pub(crate) fn go_pos(&self, go: GoroutineIdx, at: SpanRef) -> Option<(crate::model::row_chain::RowChain, Pos)> {
        let segment = self.seg(at.segment)?;
        if at.row >= segment.rows.len() {
            return None;
        }
        let start = TraceTime(segment.time(at.row));
        let chain = self.chain(go, TimeRange::new(start.plus_nanos(-1), start.plus_nanos(1)))?;
        let pos = chain.find(self, at.segment, at.row)?;
        Some((chain, pos))
    }

    fn track(&self, lane: LaneId) -> &crate::model::tracks::Track {
        if lane == LaneId::Gc { &self.annotations.gc } else { &self.annotations.stw }
    }

    fn track_span(&self, lane: LaneId, at: usize) -> Option<Span> {
        let known = self.track(lane).ranges.get(at)?;
        Some(Span {
            at: SpanRef { lane, segment: 0, row: at as u32 },
            range: known.range,
            began_before: known.began_before,
            goes_on: known.goes_on,
            class: SpanClass::Gc,
            state: GoState::Unknown,
            cause: Cause::Started,
            reason: known.reason,
            go: known.go,
            proc: ProcIdx::NONE,
            thread: ThreadIdx::NONE,
            start_stack: known.stack,
            end_stack: StackId::NONE,
        })
    }
}
