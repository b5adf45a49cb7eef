//! The event table of a lane, put together again from rows and the tables beside them.

use std::collections::VecDeque;

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::kind::EventKind;
use crate::event::state::GoState;
use crate::model::flow_query;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::segment::Segment;
use crate::model::trace::{EventRow, SpecialKind, Trace};

/// Rows of a lane that are put together at a time.
const BATCH: usize = 512;

impl Trace {
    /// The events about a lane within `range`, in time order. Lazy. For goroutines: its state changes, whom
    /// it acted on, its regions, logs, labels, samples and assists. For procs and threads: the spans on
    /// them, samples and sweeps.
    pub fn events(&self, lane: LaneId, range: TimeRange) -> impl Iterator<Item = EventRow> + '_ {
        EventRows {
            trace: self,
            lane,
            range,
            from: range.start,
            spans: Box::new(self.row_places(lane, range)),
            ready: VecDeque::new(),
            is_done: false,
        }
    }

    /// Every row of a lane in a range: (time, segment, row).
    fn row_places(&self, lane: LaneId, range: TimeRange) -> Box<dyn Iterator<Item = (TraceTime, u32, u32)> + '_> {
        let LaneId::Goroutine(go) = lane else {
            let spans = self.spans(lane, range).filter(move |span| range.contains(span.range.start));
            return Box::new(spans.map(|span| (span.range.start, span.at.segment, span.at.row)));
        };
        let Some(chain) = self.chain(go, range) else { return Box::new(std::iter::empty()) };
        let mut next = Some(chain.begin());
        // That it goes on as before, said at a generation's border, is no event.
        let rows = std::iter::from_fn(move || {
            loop {
                let at = next?;
                next = chain.next(at);
                let piece = chain.pieces.get(at.piece)?;
                let segment = self.seg(piece.segment)?;
                if !kinds::is_continued(segment.kind(at.row)) {
                    return Some((TraceTime(segment.time(at.row)), piece.segment, at.row));
                }
            }
        });
        Box::new(rows.skip_while(move |row| row.0 < range.start).take_while(move |row| row.0 < range.end))
    }

    /// The event that a row of a goroutine stands for.
    fn event_of_row(&self, segment: &Segment, index: u32, row: u32, go: GoroutineIdx) -> EventRow {
        let kind = segment.kind(row);
        let lane = LaneId::Goroutine(go);
        let meaning = self.kinds.meaning(kind);
        let event = match kind {
            kinds::DEAD => EventKind::GO_DESTROY,
            kinds::CREATED => EventKind::GO_CREATE,
            kinds::CREATED_WAITING => EventKind::GO_CREATE_BLOCKED,
            kinds::CREATED_SYSCALL => EventKind::GO_CREATE_SYSCALL,
            kinds::UNBLOCKED => EventKind::GO_UNBLOCK,
            kinds::SWITCHED_TO => EventKind::GO_SWITCH,
            kinds::SYSCALL_EXIT => EventKind::GO_SYSCALL_END_BLOCKED,
            kinds::STARTED => EventKind::GO_START,
            kinds::SYSCALL_BACK => EventKind::GO_SYSCALL_END,
            kinds::SYSCALL => EventKind::GO_SYSCALL_BEGIN,
            kinds::STATUS..kinds::DEAD => EventKind::GO_STATUS,
            _ if meaning.state == GoState::Runnable => EventKind::GO_STOP,
            _ => EventKind::GO_BLOCK,
        };
        let other = if kinds::has_actor(kind) {
            flow_query::lane_of_actor(segment.actor(row))
        } else if meaning.state == GoState::Running {
            let proc = segment.proc(segment.rows.place(row));
            proc.is_some().then_some(LaneId::Proc(proc))
        } else {
            None
        };
        let has_stack = kinds::has_actor(kind) || self.has_own_stack(kind);
        let shows = !kinds::is_continued(kind) && !matches!(kind, kinds::DEAD | kinds::UNKNOWN);
        EventRow {
            time: TraceTime(segment.time(row)),
            kind: event,
            lane,
            span: shows.then_some(SpanRef { lane, segment: index, row }),
            other,
            text: self.reasons.get(usize::from(kind)).copied().unwrap_or(StrId::EMPTY),
            stack: if has_stack { segment.stack(row) } else { StackId::NONE },
        }
    }

    /// What the tables beside the rows tell of a lane within a range.
    fn annotation_events(&self, lane: LaneId, range: TimeRange, out: &mut Vec<EventRow>) {
        let plain = |time, kind, text, stack| EventRow { time, kind, lane, span: None, other: None, text, stack };
        if let LaneId::Goroutine(go) = lane {
            for (index, row) in self.acted_on(lane, range) {
                let Some(segment) = self.seg(index) else { continue };
                let target = segment.go_of(row);
                let event = self.event_of_row(segment, index, row, target);
                out.push(EventRow { lane, other: Some(LaneId::Goroutine(target)), ..event });
            }
            for region in self.regions(go, range) {
                if range.contains(region.range.start) && !region.began_before {
                    out.push(plain(region.range.start, EventKind::USER_REGION_BEGIN, region.name, region.start_stack));
                }
                if range.contains(region.range.end) && !region.goes_on {
                    out.push(plain(region.range.end, EventKind::USER_REGION_END, region.name, region.end_stack));
                }
            }
            for log in self.logs(go, range) {
                out.push(plain(log.time, EventKind::USER_LOG, log.message, log.stack));
            }
            for (time, text) in self.labels(go).filter(|label| range.contains(label.0)) {
                out.push(plain(time, EventKind::GO_LABEL, text, StackId::NONE));
            }
        }
        for sample in self.samples(lane, range) {
            out.push(plain(sample.time, EventKind::CPU_SAMPLE, StrId::EMPTY, sample.stack));
        }
        for special in self.special_ranges(lane, range) {
            let (begin, end) = match special.kind {
                SpecialKind::MarkAssist => (EventKind::GC_MARK_ASSIST_BEGIN, EventKind::GC_MARK_ASSIST_END),
                SpecialKind::Sweep => (EventKind::GC_SWEEP_BEGIN, EventKind::GC_SWEEP_END),
            };
            if range.contains(special.range.start) {
                out.push(plain(special.range.start, begin, StrId::EMPTY, special.stack));
            }
            if range.contains(special.range.end) {
                out.push(plain(special.range.end, end, StrId::EMPTY, StackId::NONE));
            }
        }
    }
}

/// Puts the events of a lane together, a batch of rows at a time.
struct EventRows<'a> {
    trace: &'a Trace,
    lane: LaneId,
    range: TimeRange,
    /// What lies before has been given out or is ready.
    from: TraceTime,
    spans: Box<dyn Iterator<Item = (TraceTime, u32, u32)> + 'a>,
    ready: VecDeque<EventRow>,
    is_done: bool,
}

impl EventRows<'_> {
    fn fill(&mut self) {
        let mut batch = Vec::new();
        let mut to = self.range.end;
        for (time, index, row) in self.spans.by_ref() {
            if let Some(segment) = self.trace.seg(index) {
                let event = match self.lane {
                    LaneId::Goroutine(go) => self.trace.event_of_row(segment, index, row, go),
                    _ => self.trace.borrowed_event(self.lane, segment, index, row),
                };
                batch.push(EventRow { time, ..event });
            }
            if batch.len() >= BATCH {
                to = time.plus_nanos(1);
                break;
            }
        }
        self.is_done = to >= self.range.end;
        self.trace.annotation_events(self.lane, TimeRange::new(self.from, to), &mut batch);
        self.from = to;
        batch.sort_by_key(|event| event.time);
        self.ready.extend(batch);
    }
}

impl Trace {
    /// The event with which a goroutine's span begins on the lane of a proc or thread; ranges of the
    /// collector for its lanes.
    fn borrowed_event(&self, lane: LaneId, segment: &Segment, index: u32, row: u32) -> EventRow {
        let at = SpanRef { lane, segment: index, row };
        if matches!(lane, LaneId::Gc | LaneId::Stw) {
            let kind = if lane == LaneId::Gc { EventKind::GC_BEGIN } else { EventKind::STW_BEGIN };
            let span = self.span(at);
            let other = span.filter(|span| span.go.is_some()).map(|span| LaneId::Goroutine(span.go));
            return EventRow {
                time: span.map_or(TraceTime::MIN, |span| span.range.start),
                kind,
                lane,
                span: Some(at),
                other,
                text: span.map_or(StrId::EMPTY, |span| span.reason),
                stack: span.map_or(StackId::NONE, |span| span.start_stack),
            };
        }
        let go = segment.go_of(row);
        let event = self.event_of_row(segment, index, row, go);
        EventRow { lane, span: Some(at), other: Some(LaneId::Goroutine(go)), ..event }
    }
}

impl Iterator for EventRows<'_> {
    type Item = EventRow;

    fn next(&mut self) -> Option<EventRow> {
        while self.ready.is_empty() && !self.is_done {
            self.fill();
        }
        self.ready.pop_front()
    }
}
