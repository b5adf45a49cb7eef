//! The lanes of procs and threads: which rows of goroutines lie on them.

use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_codes::MARK;
use crate::model::segment::{RefLanes, RowTimes, Segment};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// A proc's or thread's lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefLane {
    pub(crate) lane: LaneId,
    pub(crate) idx: u32,
    is_proc: bool,
}

impl RefLane {
    /// `None` for lanes of other kinds.
    pub(crate) const fn of(lane: LaneId) -> Option<Self> {
        match lane {
            LaneId::Proc(proc) => Some(Self { lane, idx: proc.0, is_proc: true }),
            LaneId::Thread(thread) => Some(Self { lane, idx: thread.0, is_proc: false }),
            _ => None,
        }
    }

    pub(crate) const fn lanes(self, segment: &Segment) -> &RefLanes {
        if self.is_proc { &segment.procs } else { &segment.threads }
    }
}

/// An entry of a lane: which segment, where among its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryPos {
    pub(crate) segment: u32,
    pub(crate) at: u32,
}

impl RefLanes {
    /// The first row of a ownership, or [`MARK`] + index into the marks. `at` is one that this lane has.
    #[inline]
    pub(crate) fn entry(&self, segment: &Segment, at: u32) -> u32 {
        self.entries.get(at, &segment.procs.entries)
    }

    /// The same; `None` if there is no such entry.
    pub(crate) fn entry_of(&self, segment: &Segment, at: u32) -> Option<u32> {
        ((at as usize) < self.entries.len()).then(|| self.entry(segment, at))
    }

    /// When the entry with a number begins, ns since the base.
    pub(crate) fn entry_start(&self, segment: &Segment, at: u32) -> u32 {
        self.start_of(segment, self.entry(segment, at))
    }

    /// When an entry begins, ns since the base.
    #[inline]
    pub(crate) fn start_of(&self, segment: &Segment, entry: u32) -> u32 {
        if entry & MARK == 0 { segment.rows.start(entry) } else { self.marks[(entry & !MARK) as usize] }
    }
}

impl Trace {
    /// The last entry that begins no later than `time`.
    pub(crate) fn entry_at(&self, lane: RefLane, time: i64) -> Option<EntryPos> {
        let end = self.segments.partition_point(|segment| segment.base <= time);
        for (index, segment) in self.segments.iter().enumerate().take(end).rev() {
            let lanes = lane.lanes(segment);
            let Some((_, first, end)) = lanes.lane(lane.idx) else { continue };
            let offset = time.saturating_sub(segment.base).min(i64::from(u32::MAX)) as u32;
            let (mut low, mut high) = (first, end);
            while low < high {
                let middle = low.midpoint(high);
                if lanes.entry_start(segment, middle) <= offset {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            if low > first {
                return Some(EntryPos { segment: index as u32, at: low - 1 });
            }
        }
        None
    }

    /// The entry after, on the same lane.
    pub(crate) fn entry_after(&self, lane: RefLane, pos: EntryPos) -> Option<EntryPos> {
        let segment = self.seg(pos.segment)?;
        let (_, _, end) = lane.lanes(segment).lane(lane.idx)?;
        if pos.at + 1 < end {
            return Some(EntryPos { at: pos.at + 1, ..pos });
        }
        self.first_entry_from(lane, pos.segment + 1)
    }

    /// The first entry in a segment or a later one.
    pub(crate) fn first_entry_from(&self, lane: RefLane, segment: u32) -> Option<EntryPos> {
        (segment..self.segments.len() as u32).find_map(|segment| {
            let (_, first, _) = lane.lanes(self.seg(segment)?).lane(lane.idx)?;
            Some(EntryPos { segment, at: first })
        })
    }

    /// The entry before, on the same lane.
    pub(crate) fn entry_before(&self, lane: RefLane, pos: EntryPos) -> Option<EntryPos> {
        let (_, first, _) = lane.lanes(self.seg(pos.segment)?).lane(lane.idx)?;
        if pos.at > first {
            return Some(EntryPos { at: pos.at - 1, ..pos });
        }
        (0..pos.segment).rev().find_map(|segment| {
            let (_, _, end) = lane.lanes(self.seg(segment)?).lane(lane.idx)?;
            Some(EntryPos { segment, at: end - 1 })
        })
    }

    pub(crate) fn entry_time(&self, lane: RefLane, pos: EntryPos) -> Option<i64> {
        let segment = self.seg(pos.segment)?;
        Some(segment.at(lane.lanes(segment).entry_start(segment, pos.at)))
    }

    /// The rows of the ownership that begins with an entry.
    pub(crate) fn ownership(&self, lane: RefLane, pos: EntryPos) -> Vec<u32> {
        let mut rows = Vec::new();
        if let Some(segment) = self.seg(pos.segment) {
            let lanes = lane.lanes(segment);
            let end = lanes.lane(lane.idx).map_or(0, |found| found.2);
            let entry = lanes.entry(segment, pos.at);
            let next = (pos.at + 1 < end).then(|| lanes.entry(segment, pos.at + 1));
            let limit = next.map_or(u32::MAX, |next| lanes.start_of(segment, next));
            let first = (entry, lanes.start_of(segment, entry));
            segment.rows.for_ownership(first, next, limit, |row, _, _, _| rows.push(row));
        }
        rows
    }

    /// The span of a row on the lane of a proc or thread: that of its goroutine, as far as it lies there.
    pub(crate) fn ref_span(&self, lane: RefLane, segment: u32, row: u32) -> Option<Span> {
        let found = self.seg(segment)?;
        if row >= found.rows.len() {
            return None;
        }
        let go = found.go_of(row);
        let time = found.time(row);
        let chain = self.chain(go, TimeRange::new(TraceTime(time), TraceTime(time.saturating_add(1))))?;
        let mut span = self.span_of(&chain, chain.find(self, segment, row)?)?;
        // The span may reach over a border: what comes after it on this lane is behind its last row.
        let mut next = self.entry_at(lane, time).and_then(|pos| self.entry_after(lane, pos));
        while let Some(pos) = next
            && let Some(start) = self.entry_time(lane, pos)
            && start < span.range.end.0
        {
            if self.entry_go(lane, pos) != Some(go) {
                span.range.end = TraceTime(start);
                span.goes_on = false;
                break;
            }
            next = self.entry_after(lane, pos);
        }
        span.at = SpanRef { lane: lane.lane, ..span.at };
        Some(span)
    }

    /// The goroutine of an entry; `None` for a mark.
    fn entry_go(&self, lane: RefLane, pos: EntryPos) -> Option<GoroutineIdx> {
        let segment = self.seg(pos.segment)?;
        let entry = lane.lanes(segment).entry_of(segment, pos.at)?;
        (entry & MARK == 0).then(|| segment.go_of(entry))
    }
}

/// The spans of a proc or thread in time order.
#[derive(Debug)]
pub(crate) struct RefSpans<'a> {
    trace: &'a Trace,
    lane: RefLane,
    next: Option<EntryPos>,
    /// Rows of the ownership in work, last first.
    rows: Vec<u32>,
    segment: u32,
    range: TimeRange,
    last: Option<SpanRef>,
    /// The end of the last span given out.
    covered: TraceTime,
}

impl<'a> RefSpans<'a> {
    pub(crate) fn new(trace: &'a Trace, lane: RefLane, range: TimeRange) -> Self {
        let next = trace.entry_at(lane, range.start.0).or_else(|| trace.first_entry_from(lane, 0));
        Self { trace, lane, next, rows: Vec::new(), segment: 0, range, last: None, covered: TraceTime::MIN }
    }
}

impl Iterator for RefSpans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            while let Some(row) = self.rows.pop() {
                // What continues the span that has been given out belongs to it.
                if self.trace.seg(self.segment).is_some_and(|segment| {
                    kinds::is_continued(segment.kind(row)) && segment.time(row) <= self.covered.0
                }) {
                    continue;
                }
                let Some(span) = self.trace.ref_span(self.lane, self.segment, row) else { continue };
                let touches = span.range.end > self.range.start || span.range.start >= self.range.start;
                // A continued row gives the span that has been given out already.
                if touches
                    && self.last != Some(span.at)
                    && span.range.start < self.range.end.max(self.range.start.plus_nanos(1))
                {
                    self.last = Some(span.at);
                    self.covered = span.range.end;
                    return Some(span);
                }
            }
            let pos = self.next?;
            if self.trace.entry_time(self.lane, pos)? >= self.range.end.0.max(self.range.start.0.saturating_add(1))
                && !self.is_status(pos)
            {
                return None;
            }
            self.rows = self.trace.ownership(self.lane, pos);
            self.rows.reverse();
            self.segment = pos.segment;
            self.next = self.trace.entry_after(self.lane, pos);
        }
    }
}

impl RefSpans<'_> {
    /// Whether an entry begins earlier than its row says.
    fn is_status(&self, pos: EntryPos) -> bool {
        let Some(segment) = self.trace.seg(pos.segment) else { return false };
        let entry = self.lane.lanes(segment).entry_of(segment, pos.at).unwrap_or(MARK);
        entry & MARK == 0 && kinds::is_status(segment.kind(entry))
    }
}
