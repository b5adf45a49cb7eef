//! The rows of one goroutine across segments, in time order.

use smallvec::SmallVec;

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_shapes::Shape;
use crate::model::segment::{NO_SEGMENT, Segment};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Segments that are looked at behind a range before a chain is built from a goroutine's last one.
const NEAR_SEGMENTS: u32 = 12;

/// Pieces of a chain that need no memory of their own: most goroutines live shorter than two segments.
const NEAR_PIECES: usize = 4;

/// Rows before one that are looked at for the goroutine's own stack.
pub(crate) const STACK_ROWS: u32 = 64;

/// The rows of a goroutine in one segment: `first..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) segment: u32,
    pub(crate) slot: u32,
    pub(crate) first: u32,
    pub(crate) end: u32,
}

/// A row: which piece of a chain, which row of its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pos {
    pub(crate) piece: usize,
    pub(crate) row: u32,
}

/// Pieces in time order: from the one that holds the beginning of what is going on when a range starts to
/// the one that holds the end of what is going on when it ends.
#[derive(Clone, Debug)]
pub(crate) struct RowChain {
    pub(crate) go: GoroutineIdx,
    pub(crate) pieces: SmallVec<[Piece; NEAR_PIECES]>,
    /// The row in the first piece to begin with.
    pub(crate) row: u32,
}

/// How a span ends, and what is known from rows that continue it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanEnd {
    /// When it ends, ns on the trace clock.
    pub(crate) time: i64,
    /// The first stack that a row continuing it has.
    pub(crate) later_stack: StackId,
    /// Nothing tells how it ended.
    pub(crate) is_open: bool,
}

impl Trace {
    pub(crate) fn seg(&self, segment: u32) -> Option<&Segment> {
        self.segments.get(segment as usize).map(|segment| &**segment)
    }

    /// The piece of a goroutine in a segment.
    fn piece(&self, go: GoroutineIdx, segment: u32) -> Option<Piece> {
        let (slot, first, end) = self.seg(segment)?.lane(go)?;
        Some(Piece { segment, slot, first, end })
    }

    fn piece_before(&self, go: GoroutineIdx, piece: &Piece) -> Option<Piece> {
        let prev = self.seg(piece.segment)?.lanes.prev(piece.slot);
        if prev == NO_SEGMENT || prev >= piece.segment { None } else { self.piece(go, prev) }
    }

    /// The chain of a goroutine for a range. `None` if it has no rows at all.
    pub(crate) fn chain(&self, go: GoroutineIdx, range: TimeRange) -> Option<RowChain> {
        let record = self.gos.get(go.index())?;
        if record.first_segment == record.last_segment {
            // Most goroutines are short: there is one piece, whatever the range.
            return self.piece(go, record.last_segment).and_then(|piece| self.chain_of_piece(go, piece, range));
        }
        let mut next = self.chain_end(go, range);
        let mut pieces = SmallVec::new();
        while let Some(piece) = next {
            let segment = self.seg(piece.segment)?;
            let kind = segment.kind(piece.first);
            let first_time = self.start_of(segment, piece.first, kind);
            let is_continued = kinds::is_continued(kind);
            if first_time >= range.end.0 && first_time > range.start.0 {
                // Past the range: of interest only as the end of what goes on at its end.
                if !(is_continued && piece.end - piece.first == 1) {
                    pieces.clear();
                }
                pieces.push(piece);
            } else {
                pieces.push(piece);
                let row = row_at(segment, &piece, range.start.0);
                if let Some(row) = row
                    && (row > piece.first || !is_continued)
                {
                    pieces.reverse();
                    return Some(RowChain { go, pieces, row });
                }
            }
            next = self.piece_before(go, &piece);
        }
        pieces.reverse();
        let row = pieces.first()?.first;
        Some(RowChain { go, pieces, row })
    }

    /// The chain of a goroutine that has no other rows than those of a piece.
    fn chain_of_piece(&self, go: GoroutineIdx, piece: Piece, range: TimeRange) -> Option<RowChain> {
        let row = row_at(self.seg(piece.segment)?, &piece, range.start.0).unwrap_or(piece.first);
        Some(RowChain { go, pieces: SmallVec::from_iter([piece]), row })
    }

    /// The piece from which a chain for `range` may be built backwards: one in which what goes on at the
    /// range's end is over, near the range if that is quickly found, else the last one.
    fn chain_end(&self, go: GoroutineIdx, range: TimeRange) -> Option<Piece> {
        let record = self.gos.get(go.index())?;
        let last = record.last_segment;
        let until = self.segments.partition_point(|segment| segment.base <= range.end.0) as u32;
        let within = until.saturating_sub(1);
        // Before its first one there is nothing to be found.
        let near = within.max(record.first_segment);
        for segment in near..last.min(near.saturating_add(NEAR_SEGMENTS)) {
            let Some(piece) = self.piece(go, segment) else { continue };
            let Some(found) = self.seg(segment) else { continue };
            // A row behind the range that is no mere continuation ends whatever went on before.
            let row = piece.end - 1;
            let is_single = row == piece.first && kinds::is_continued(found.kind(row));
            if !is_single && self.row_start(found, row) > range.end.0.max(range.start.0) {
                return Some(piece);
            }
        }
        self.piece(go, last)
    }

    /// When a row begins; first mentions reach back to where knowledge begins.
    pub(crate) fn row_start(&self, segment: &Segment, row: u32) -> i64 {
        self.start_of(segment, row, segment.kind(row))
    }

    /// The same for a row of a kind that is known.
    #[inline]
    fn start_of(&self, segment: &Segment, row: u32, kind: u8) -> i64 {
        let reaches_back = kinds::is_status(kind).then(|| self.epochs.get(segment.epoch as usize)).flatten();
        reaches_back.map_or_else(|| segment.time(row), |epoch| epoch.start.0)
    }

    fn epoch_end(&self, segment: &Segment) -> i64 {
        self.epochs.get(segment.epoch as usize).map_or(i64::MAX, |epoch| epoch.end.0)
    }

    /// The lane's span named by a row; `None` for rows that show nothing.
    pub(crate) fn span_of(&self, chain: &RowChain, at: Pos) -> Option<Span> {
        let head = chain.head(self, at);
        let kind = chain.segment(self, head)?.kind(head.row);
        if !self.shows_something(kind) {
            return None;
        }
        self.span_from(chain, head, self.start_stack(chain, head, kind))
    }

    /// Whether the state that begins with a row is a span.
    pub(crate) fn shows_something(&self, kind: u8) -> bool {
        !matches!(self.kinds.sense(kind).state, GoState::Dead | GoState::Unknown)
    }

    /// The span that begins with a row that continues none; its `start_stack` is known.
    pub(crate) fn span_from(&self, chain: &RowChain, head: Pos, start_stack: StackId) -> Option<Span> {
        let piece = chain.pieces.get(head.piece)?;
        let segment = self.seg(piece.segment)?;
        let shape = segment.rows.shapes.at(head.row);
        let (end, next) = self.extent(chain, head, self.kinds.sense(shape.kind()).state != GoState::Running)?;
        let name = SpanRef { lane: LaneId::Goroutine(chain.go), segment: piece.segment, row: head.row };
        let leaving = || self.leaving_stack(chain, next, end.is_open);
        let entered = || self.thread_before(chain, head);
        let start = self.start_of(segment, head.row, shape.kind());
        Some(self.span_with((chain.go, name, start), (segment, shape, start_stack), end, leaving, entered))
    }

    /// The span that a row begins: `leaving` tells the stack of a run at its end, `entered` the thread on which a system call
    /// began.
    #[inline]
    pub(crate) fn span_with(
        &self,
        (go, at, start): (GoroutineIdx, SpanRef, i64),
        (segment, shape, start_stack): (&Segment, Shape, StackId),
        end: SpanEnd,
        leaving: impl FnOnce() -> StackId,
        entered: impl FnOnce() -> ThreadIdx,
    ) -> Span {
        let (kind, place) = (shape.kind() & kinds::MASK, shape.local());
        let meaning = self.kinds.sense(kind);
        let start_stack = if start_stack.is_some() { start_stack } else { end.later_stack };
        let (proc, thread) = match meaning.state {
            GoState::Running => (segment.proc(place), segment.thread(shape.aux())),
            GoState::Syscall if kind == kinds::SYSCALL => (segment.proc(place), entered()),
            GoState::Syscall => (ProcIdx::NONE, segment.thread(place)),
            _ => (ProcIdx::NONE, ThreadIdx::NONE),
        };
        Span {
            at,
            range: TimeRange::new(TraceTime(start), TraceTime(end.time)),
            began_before: kinds::is_status(kind),
            goes_on: end.is_open,
            class: meaning.class,
            state: meaning.state,
            cause: meaning.cause,
            reason: self.reasons.get(usize::from(kind)).copied().unwrap_or(StrId::EMPTY),
            go,
            proc,
            thread,
            start_stack,
            end_stack: if meaning.state == GoState::Running { leaving() } else { start_stack },
        }
    }

    /// How far a span reaches that begins with a row: through all that continues it, to what ends it; and that row, if the
    /// chain reaches so far.
    fn extent(&self, chain: &RowChain, head: Pos, wants_stack: bool) -> Option<(SpanEnd, Option<Pos>)> {
        let piece = chain.pieces.get(head.piece)?;
        let segment = self.seg(piece.segment)?;
        let (mut last, mut later_stack, mut next) = (head, StackId::NONE, chain.next(head));
        // Mostly the next row of the same segment ends it.
        if let Some(pos) = next.filter(|pos| pos.piece == head.piece && !kinds::is_continued(segment.kind(pos.row))) {
            return Some((SpanEnd { time: segment.time(pos.row), later_stack, is_open: false }, next));
        }
        while let Some(pos) = next
            && let Some(other) = chain.segment(self, pos)
            && kinds::is_continued(other.kind(pos.row))
        {
            if wants_stack && !later_stack.is_some() {
                later_stack = other.stack(pos.row);
            }
            last = pos;
            next = chain.next(pos);
        }
        let epoch = chain.segment(self, last)?.epoch;
        let is_open = next.is_none_or(|pos| chain.segment(self, pos).is_some_and(|other| other.epoch != epoch));
        Some((SpanEnd { time: self.row_end(chain, last), later_stack, is_open }, next))
    }

    /// When a row's state ends: at the next row, or where knowledge ends.
    pub(crate) fn row_end(&self, chain: &RowChain, at: Pos) -> i64 {
        let Some(piece) = chain.pieces.get(at.piece) else { return i64::MAX };
        let Some(segment) = self.seg(piece.segment) else { return i64::MAX };
        if at.row + 1 < piece.end {
            return segment.time(at.row + 1);
        }
        match chain.pieces.get(at.piece + 1).and_then(|next| Some((self.seg(next.segment)?, next.first))) {
            Some((next, row)) if next.epoch == segment.epoch => next.time(row),
            _ => self.epoch_end(segment),
        }
    }

    /// The thread of the run before a row; `NONE` if none comes right before it.
    fn thread_before(&self, chain: &RowChain, head: Pos) -> ThreadIdx {
        let before = chain.prev(self, head).and_then(|(piece, row)| Some((self.seg(piece.segment)?, row)));
        before.map_or(ThreadIdx::NONE, |(segment, row)| self.thread_of(segment, segment.rows.shapes.at(row)))
    }

    /// The thread of a run; `NONE` for rows of other kinds.
    pub(crate) fn thread_of(&self, segment: &Segment, shape: Shape) -> ThreadIdx {
        let is_running = self.kinds.sense(shape.kind()).state == GoState::Running;
        if is_running { segment.thread(shape.aux()) } else { ThreadIdx::NONE }
    }

    /// The goroutine's own stack as a row begins: the row's, or the last one before.
    pub(crate) fn start_stack(&self, chain: &RowChain, head: Pos, kind: u8) -> StackId {
        if let Some(segment) = chain.segment(self, head)
            && self.has_own_stack(kind)
        {
            return segment.stack(head.row);
        }
        let mut at = chain.prev(self, head);
        for _ in 0..STACK_ROWS {
            let Some((piece, row)) = at else { return StackId::NONE };
            let Some(segment) = self.seg(piece.segment) else { return StackId::NONE };
            if let Some(stack) = self.stack_behind(segment, segment.rows.shapes.at(row)) {
                return stack;
            }
            at = if row > piece.first {
                Some((piece, row - 1))
            } else {
                self.piece_before(chain.go, &piece).map(|before| (before, before.end - 1))
            };
        }
        StackId::NONE
    }

    /// The goroutine's own stack behind a row, as far as that row alone tells.
    pub(crate) fn stack_behind(&self, segment: &Segment, shape: Shape) -> Option<StackId> {
        let kind = shape.kind() & kinds::MASK;
        let stack = self.own_stack(segment, shape);
        let is_new = matches!(kind, kinds::DEAD | kinds::UNKNOWN | kinds::CREATED | kinds::CREATED_WAITING);
        (stack.is_some() || is_new).then_some(stack)
    }

    /// The stack at which a running goroutine left off: that of the row after.
    fn leaving_stack(&self, chain: &RowChain, next: Option<Pos>, is_open: bool) -> StackId {
        let next = next.filter(|_| !is_open).and_then(|pos| Some((chain.segment(self, pos)?, pos.row)));
        next.map_or(StackId::NONE, |(segment, row)| self.own_stack(segment, segment.rows.shapes.at(row)))
    }

    /// The stack of a row's own goroutine; `NONE` if it has none.
    pub(crate) fn own_stack(&self, segment: &Segment, shape: Shape) -> StackId {
        if self.has_own_stack(shape.kind()) { segment.stack_of(shape) } else { StackId::NONE }
    }

    /// Whether a row's `aux` is the stack of the lane's own goroutine.
    pub(crate) fn has_own_stack(&self, kind: u8) -> bool {
        let kind = kind & kinds::MASK;
        !kinds::has_actor(kind)
            && !matches!(kind, kinds::UNKNOWN | kinds::DEAD | kinds::SYSCALL_EXIT | kinds::CREATED_SYSCALL)
            && self.kinds.sense(kind).state != GoState::Running
    }
}

/// The last row of a piece that begins no later than `time`.
pub(crate) fn row_at(segment: &Segment, piece: &Piece, time: i64) -> Option<u32> {
    let offset = u32::try_from(time.checked_sub(segment.base)?.min(i64::from(u32::MAX))).ok()?;
    // Mostly a chain is asked for from before the first row on.
    if segment.rows.start.at(piece.first) > offset {
        return None;
    }
    let count = segment.rows.start.partition_point(piece.first, piece.end, |start| start <= offset);
    count.checked_sub(1).map(|last| piece.first + last)
}

impl RowChain {
    pub(crate) fn segment<'a>(&self, trace: &'a Trace, at: Pos) -> Option<&'a Segment> {
        trace.seg(self.pieces.get(at.piece)?.segment)
    }

    /// The first row to look at.
    pub(crate) const fn begin(&self) -> Pos {
        Pos { piece: 0, row: self.row }
    }

    /// The row after, if the chain reaches so far.
    pub(crate) fn next(&self, at: Pos) -> Option<Pos> {
        let piece = self.pieces.get(at.piece)?;
        if at.row + 1 < piece.end {
            return Some(Pos { row: at.row + 1, ..at });
        }
        let next = self.pieces.get(at.piece + 1)?;
        Some(Pos { piece: at.piece + 1, row: next.first })
    }

    /// The row before, also where it lies before the chain.
    fn prev(&self, trace: &Trace, at: Pos) -> Option<(Piece, u32)> {
        let piece = self.pieces.get(at.piece)?;
        if at.row > piece.first {
            return Some((*piece, at.row - 1));
        }
        let before = match at.piece.checked_sub(1) {
            Some(before) => *self.pieces.get(before)?,
            None => trace.piece_before(self.go, piece)?,
        };
        Some((before, before.end - 1))
    }

    /// The row that a continued one continues (itself, if it is none).
    fn head(&self, trace: &Trace, mut at: Pos) -> Pos {
        while let Some(segment) = self.segment(trace, at)
            && kinds::is_continued(segment.kind(at.row))
            && at.piece > 0
            && let Some(before) = self.pieces.get(at.piece - 1)
        {
            at = Pos { piece: at.piece - 1, row: before.end - 1 };
        }
        at
    }

    /// Where a row of a segment lies in the chain; for one that only continues and is left out, the row
    /// that it continues.
    pub(crate) fn find(&self, trace: &Trace, segment: u32, row: u32) -> Option<Pos> {
        let is_it = |piece: &Piece| piece.segment == segment && (piece.first..piece.end).contains(&row);
        if let Some(piece) = self.pieces.iter().position(is_it) {
            return Some(Pos { piece, row });
        }
        if !kinds::is_continued(trace.seg(segment)?.kind(row)) {
            return None;
        }
        let piece = self.pieces.iter().rposition(|piece| piece.segment < segment)?;
        Some(Pos { piece, row: self.pieces.get(piece)?.end - 1 })
    }
}

/// Class of a row.
impl Trace {
    pub(crate) fn class_of(&self, kind: u8) -> SpanClass {
        self.kinds.class(kind)
    }
}
