//! Walks through a lane from span to span, or from block to block where the visitor has no need of
//! single spans.

use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::lod::{BLOCK, LaneLod, Sums};
use crate::model::proc_thread_index::{EntryPos, RefLane};
use crate::model::row_chain::{Pos, RowChain, row_at};
use crate::model::row_codes::MARK;
use crate::model::segment::{RowTimes, Segment};
use crate::model::trace::Trace;

/// One span, or what is left of it on a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) class: SpanClass,
    pub(crate) at: SpanRef,
    /// It continues the span visited just before.
    pub(crate) is_continued: bool,
}

/// What is done with a lane.
pub(crate) trait Visitor {
    /// Whether a block that covers `start..end` may be taken as a whole.
    fn takes_block(&self, start: i64, end: i64) -> bool;
    /// A block of `spans` spans, the first at `first`.
    fn block(&mut self, start: i64, end: i64, sums: &Sums, first: SpanRef);
    fn span(&mut self, step: Step);
}

/// Whether a row's span begins earlier than the row.
const fn reaches_back(kind: u8) -> bool {
    kinds::is_status(kind) || kinds::is_continued(kind)
}

impl Trace {
    /// Visits what touches `range` on a goroutine's lane, in time order.
    pub(crate) fn walk_go(&self, go: GoroutineIdx, range: TimeRange, visitor: &mut impl Visitor) {
        let Some(chain) = self.chain(go, range) else { return };
        for (at, piece) in chain.pieces.iter().enumerate() {
            let Some(segment) = self.seg(piece.segment) else { return };
            let mut row = if at == 0 { chain.row } else { piece.first };
            if piece.end - piece.first <= BLOCK {
                if !self.walk_rows(&chain, at, row, range, visitor) {
                    return;
                }
                continue;
            }
            let lod = segment.lane_lod(piece.slot);
            let name = |row: u32| SpanRef { lane: LaneId::Goroutine(go), segment: piece.segment, row };
            // After a block: where it ended, so that its row need not be looked at.
            let mut after_block = None;
            while row < piece.end {
                // Blocks know nothing of what lies before the segment.
                if row > piece.first || !reaches_back(segment.kind(row)) {
                    let start = after_block.take().unwrap_or_else(|| segment.time(row));
                    let takes = |sums: &Sums| visitor.takes_block(start, segment.at(sums.end));
                    if let Some((rows, sums)) = lod.block_at(row - piece.first, takes) {
                        let end = segment.at(sums.end);
                        if start >= range.end.0 {
                            return;
                        }
                        visitor.block(start, end, sums, name(row));
                        after_block = Some(end);
                        row += rows;
                        continue;
                    }
                }
                let kind = segment.kind(row);
                let start = self.row_start(segment, row);
                let is_continued = kinds::is_continued(kind) && (at > 0 || row > chain.row);
                if start >= range.end.0 && !is_continued {
                    return;
                }
                let end = if row + 1 < piece.end {
                    segment.time(row + 1)
                } else {
                    self.row_end(&chain, Pos { piece: at, row })
                };
                visitor.span(Step { start, end, class: self.class_of(kind), at: name(row), is_continued });
                row += 1;
            }
        }
    }

    /// Visits the rows of a piece of a chain from `row` on, one after another. False if what follows lies behind `range`.
    fn walk_rows(&self, chain: &RowChain, at: usize, row: u32, range: TimeRange, visitor: &mut impl Visitor) -> bool {
        let Some(piece) = chain.pieces.get(at) else { return false };
        let Some(segment) = self.seg(piece.segment) else { return false };
        let mut rows = segment.rows.range(row, piece.end);
        let mut ahead = rows.next();
        while let Some(found) = ahead {
            ahead = rows.next();
            let (row, kind) = (found.at, found.shape.kind() & kinds::MASK);
            let start = if kinds::is_status(kind) { self.row_start(segment, row) } else { segment.at(found.start) };
            let is_continued = kinds::is_continued(kind) && (at > 0 || row > chain.row);
            if start >= range.end.0 && !is_continued {
                return false;
            }
            let end = match ahead {
                Some(next) => segment.at(next.start),
                None => self.row_end(chain, Pos { piece: at, row }),
            };
            let name = SpanRef { lane: LaneId::Goroutine(chain.go), segment: piece.segment, row };
            visitor.span(Step { start, end, class: self.class_of(kind), at: name, is_continued });
        }
        true
    }

    /// Visits what touches `range` on the lane of a proc or thread, in time order.
    pub(crate) fn walk_refs(&self, lane: RefLane, range: TimeRange, visitor: &mut impl Visitor) {
        let first = self.entry_at(lane, range.start.0).map(|pos| self.ownership_head(lane, pos));
        let Some(first) = first.or_else(|| self.first_entry_from(lane, 0)) else { return };
        for (index, segment) in self.segments.iter().enumerate().skip(first.segment as usize) {
            let lanes = lane.lanes(segment);
            let Some((slot, begin, end)) = lanes.lane(lane.idx) else { continue };
            let lod = if end - begin > BLOCK { lanes.lod.lane(slot) } else { LaneLod::EMPTY };
            let mut at = if index as u32 == first.segment { first.at } else { begin };
            // Of the entry `at`, as far as it has been looked at: itself, and when it begins.
            let (mut entry_ahead, mut start_ahead) = (None, None);
            while at < end {
                let entry = entry_ahead.take().unwrap_or_else(|| lanes.entry(segment, at));
                let offset = start_ahead.take().unwrap_or_else(|| lanes.start_of(segment, entry));
                let start = segment.at(offset);
                // Only the first entry can be of a goroutine that was there before.
                let reaches_back = at == begin && entry & MARK == 0 && reaches_back(segment.kind(entry));
                if start >= range.end.0 && !reaches_back {
                    return;
                }
                let takes = |sums: &Sums| !reaches_back && visitor.takes_block(start, segment.at(sums.end));
                if let Some((entries, sums)) = lod.block_at(at - begin, takes) {
                    let row = if entry & MARK == 0 { entry } else { 0 };
                    let name = SpanRef { lane: lane.lane, segment: index as u32, row };
                    visitor.block(start, segment.at(sums.end), sums, name);
                    start_ahead = Some(sums.end);
                    at += entries;
                    continue;
                }
                if at + 1 < end {
                    let next = lanes.entry(segment, at + 1);
                    (entry_ahead, start_ahead) = (Some(next), Some(lanes.start_of(segment, next)));
                }
                let pos = EntryPos { segment: index as u32, at };
                let next = entry_ahead.zip(start_ahead);
                self.walk_ownership(lane, (pos, entry, offset), next, segment, visitor);
                at += 1;
            }
        }
    }

    /// The first entry of the run of entries that continue one another up to `pos`: where the span that is
    /// going on there begins.
    fn ownership_head(&self, lane: RefLane, mut pos: EntryPos) -> EntryPos {
        for _ in 0..1_000 {
            let Some(segment) = self.seg(pos.segment) else { return pos };
            let entry = lane.lanes(segment).entry_of(segment, pos.at).unwrap_or(MARK);
            if entry & MARK != 0 || !kinds::is_continued(segment.kind(entry)) {
                return pos;
            }
            let Some(before) = self.entry_before(lane, pos) else { return pos };
            pos = before;
        }
        pos
    }

    /// Visits the rows of the ownership that begins with an entry at `offset`; `next`: the entry after it in the same
    /// segment, and when that begins, both ns since the segment's base.
    fn walk_ownership(
        &self,
        lane: RefLane,
        (pos, entry, offset): (EntryPos, u32, u32),
        next: Option<(u32, u32)>,
        segment: &Segment,
        visitor: &mut impl Visitor,
    ) {
        let limit = next.map_or(u32::MAX, |next| next.1);
        segment.rows.for_ownership((entry, offset), next.map(|next| next.0), limit, |row, kind, from, to| {
            let is_status = kinds::is_status(kind & kinds::MASK);
            let start = if is_status { self.row_start(segment, row) } else { segment.at(from) };
            let mut stop = segment.at(to);
            if kind & kinds::LAST != 0 {
                stop = self.last_row_end(lane, pos, row, segment);
            }
            debug_assert!(segment.at(from) >= start, "a row begins no later than its time");
            let name = SpanRef { lane: lane.lane, segment: pos.segment, row };
            let is_continued = kinds::is_continued(kind);
            visitor.span(Step { start, end: stop, class: self.class_of(kind), at: name, is_continued });
        });
    }

    /// When the last row of a goroutine in a segment is over on the lane of a proc or thread.
    fn last_row_end(&self, lane: RefLane, pos: EntryPos, row: u32, segment: &Segment) -> i64 {
        let go = segment.go_of(row);
        let time = segment.time(row);
        let next = self.entry_after(lane, pos);
        let limit = next.and_then(|next| self.entry_time(lane, next)).unwrap_or(i64::MAX);
        let chain = self.chain(go, TimeRange::new(TraceTime(time), TraceTime(time.saturating_add(1))));
        let end = chain.and_then(|chain| Some(self.row_end(&chain, chain.find(self, pos.segment, row)?)));
        end.unwrap_or(i64::MAX).min(limit).min(self.range.end.0)
    }
}

/// The row that a goroutine is in at an instant.
impl Trace {
    pub(crate) fn go_row_at(&self, go: GoroutineIdx, time: TraceTime) -> Option<(RowChain, Pos)> {
        let chain = self.chain(go, TimeRange::new(time, time.plus_nanos(1)))?;
        for (at, piece) in chain.pieces.iter().enumerate().rev() {
            let segment = self.seg(piece.segment)?;
            if let Some(row) = row_at(segment, piece, time.0) {
                return Some((chain, Pos { piece: at, row }));
            }
        }
        // Before the first row: a first mention reaches back.
        let begin = chain.begin();
        let segment = chain.segment(self, begin)?;
        (self.row_start(segment, begin.row) <= time.0).then_some((chain, begin))
    }
}
