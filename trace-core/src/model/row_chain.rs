//! The rows of one goroutine across segments, in time order.

use smallvec::SmallVec;

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::segment::{NO_SEGMENT, Segment};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Segments that are looked at behind a range before a chain is built from a goroutine's last one.
const NEAR_SEGMENTS: u32 = 12;

/// Pieces of a chain that need no memory of their own: most goroutines live shorter than two segments.
const NEAR_PIECES: usize = 4;

/// Rows before one that are looked at for the goroutine's own stack.
const STACK_ROWS: u32 = 64;

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

/// How far a span reaches.
struct Extent {
    /// When it ends.
    end: i64,
    /// The row that ends it, if the chain reaches so far.
    next: Option<Pos>,
    /// The first stack that a row continuing it has.
    later_stack: StackId,
    /// Nothing tells how it ended.
    is_open: bool,
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
        let mut next = self.chain_end(go, range);
        let mut pieces = SmallVec::new();
        while let Some(piece) = next {
            let segment = self.seg(piece.segment)?;
            let first_time = self.row_start(segment, piece.first);
            let is_continued = kinds::is_continued(segment.kind(piece.first));
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

    /// The piece from which a chain for `range` may be built backwards: one in which what goes on at the
    /// range's end is over, near the range if that is quickly found, else the last one.
    fn chain_end(&self, go: GoroutineIdx, range: TimeRange) -> Option<Piece> {
        let last = self.gos.get(go.index())?.last_segment;
        let until = self.segments.partition_point(|segment| segment.base <= range.end.0) as u32;
        let within = until.saturating_sub(1);
        for segment in within..last.min(within.saturating_add(NEAR_SEGMENTS)) {
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
        if kinds::is_status(segment.kind(row))
            && let Some(epoch) = self.epochs.get(segment.epoch as usize)
        {
            return epoch.start.0;
        }
        segment.time(row)
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
    fn shows_something(&self, kind: u8) -> bool {
        !matches!(self.kinds.sense(kind).state, GoState::Dead | GoState::Unknown)
    }

    /// The span that begins with a row that continues none; its `start_stack` is known.
    fn span_from(&self, chain: &RowChain, head: Pos, start_stack: StackId) -> Option<Span> {
        let piece = chain.pieces.get(head.piece)?;
        let segment = self.seg(piece.segment)?;
        let kind = segment.kind(head.row);
        let meaning = self.kinds.sense(kind);
        let extent = self.extent(chain, head, meaning.state != GoState::Running)?;
        let mut span = Span {
            at: SpanRef { lane: LaneId::Goroutine(chain.go), segment: piece.segment, row: head.row },
            range: TimeRange::new(TraceTime(self.row_start(segment, head.row)), TraceTime(extent.end)),
            began_before: kinds::is_status(kind),
            goes_on: extent.is_open,
            class: meaning.class,
            state: meaning.state,
            cause: meaning.cause,
            reason: self.reasons.get(usize::from(kind)).copied().unwrap_or(StrId::EMPTY),
            go: chain.go,
            proc: crate::base::ids::ProcIdx::NONE,
            thread: crate::base::ids::ThreadIdx::NONE,
            start_stack: if start_stack.is_some() { start_stack } else { extent.later_stack },
            end_stack: StackId::NONE,
        };
        self.place(chain, head, kind, &mut span);
        span.end_stack = match meaning.state {
            GoState::Running => self.leaving_stack(chain, extent.next, extent.is_open),
            _ => span.start_stack,
        };
        Some(span)
    }

    /// How far a span reaches that begins with a row: through all that continues it, to what ends it.
    fn extent(&self, chain: &RowChain, head: Pos, wants_stack: bool) -> Option<Extent> {
        let piece = chain.pieces.get(head.piece)?;
        let segment = self.seg(piece.segment)?;
        let (mut last, mut later_stack, mut next) = (head, StackId::NONE, chain.next(head));
        // Mostly the next row of the same segment ends it.
        if let Some(pos) = next.filter(|pos| pos.piece == head.piece && !kinds::is_continued(segment.kind(pos.row))) {
            return Some(Extent { end: segment.time(pos.row), next, later_stack, is_open: false });
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
        Some(Extent { end: self.row_end(chain, last), next, later_stack, is_open })
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

    fn place(&self, chain: &RowChain, head: Pos, kind: u8, span: &mut Span) {
        let Some(segment) = chain.segment(self, head) else { return };
        let other = segment.rows.place(head.row);
        match span.state {
            GoState::Running => {
                span.proc = segment.proc(other);
                span.thread = segment.thread(segment.rows.aux(head.row));
            }
            GoState::Syscall if kind == kinds::SYSCALL => {
                span.proc = segment.proc(other);
                let before = chain.prev(self, head);
                if let Some((before, piece)) = before.as_ref().map(|(piece, row)| (row, piece))
                    && let Some(segment) = self.seg(piece.segment)
                    && self.kinds.sense(segment.kind(*before)).state == GoState::Running
                {
                    span.thread = segment.thread(segment.rows.aux(*before));
                }
            }
            GoState::Syscall => span.thread = segment.thread(other),
            _ => {}
        }
    }

    /// The goroutine's own stack as a row begins: the row's, or the last one before.
    fn start_stack(&self, chain: &RowChain, head: Pos, kind: u8) -> StackId {
        if let Some(segment) = chain.segment(self, head)
            && self.has_own_stack(kind)
        {
            return segment.stack(head.row);
        }
        let mut at = chain.prev(self, head);
        for _ in 0..STACK_ROWS {
            let Some((piece, row)) = at else { return StackId::NONE };
            let Some(segment) = self.seg(piece.segment) else { return StackId::NONE };
            if let Some(stack) = self.stack_behind(segment, row) {
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
    fn stack_behind(&self, segment: &Segment, row: u32) -> Option<StackId> {
        let kind = segment.kind(row);
        let stack = if self.has_own_stack(kind) { segment.stack(row) } else { StackId::NONE };
        let is_new = matches!(kind, kinds::DEAD | kinds::UNKNOWN | kinds::CREATED | kinds::CREATED_WAITING);
        (stack.is_some() || is_new).then_some(stack)
    }

    /// The stack at which a running goroutine left off: that of the row after.
    fn leaving_stack(&self, chain: &RowChain, next: Option<Pos>, is_open: bool) -> StackId {
        let Some(pos) = next.filter(|_| !is_open) else { return StackId::NONE };
        match chain.segment(self, pos) {
            Some(segment) if self.has_own_stack(segment.kind(pos.row)) => segment.stack(pos.row),
            _ => StackId::NONE,
        }
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

/// The spans of a goroutine in time order.
#[derive(Debug)]
pub(crate) struct GoSpans<'a> {
    trace: &'a Trace,
    chain: Option<RowChain>,
    at: Option<Pos>,
    range: TimeRange,
    /// The goroutine's own stack as the rows passed so far tell it, and how many rows ago one told it.
    stack: Option<(StackId, u32)>,
}

impl<'a> GoSpans<'a> {
    pub(crate) fn new(trace: &'a Trace, go: GoroutineIdx, range: TimeRange) -> Self {
        let chain = trace.chain(go, range);
        let at = chain.as_ref().map(RowChain::begin);
        Self { trace, chain, at, range, stack: None }
    }
}

impl Iterator for GoSpans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let (trace, chain) = (self.trace, self.chain.as_ref()?);
        loop {
            let at = self.at?;
            let segment = chain.segment(trace, at)?;
            let kind = segment.kind(at.row);
            let is_first = at == chain.begin();
            let skip = kinds::is_continued(kind) && !is_first;
            self.at = chain.next(at);
            // What `start_stack` would find.
            let known = match self.stack {
                _ if trace.has_own_stack(kind) => Some(segment.stack(at.row)),
                Some((stack, rows)) if rows < STACK_ROWS => Some(stack),
                Some(_) => Some(StackId::NONE),
                None => None,
            };
            self.stack = match trace.stack_behind(segment, at.row) {
                Some(stack) => Some((stack, 0)),
                None => self.stack.map(|(stack, rows)| (stack, rows.saturating_add(1))),
            };
            if skip {
                continue;
            }
            if trace.row_start(segment, at.row) >= self.range.end.0.max(self.range.start.0.saturating_add(1)) {
                return None;
            }
            let span = match known {
                Some(stack) if !is_first && trace.shows_something(kind) => trace.span_from(chain, at, stack),
                Some(_) if !is_first => None,
                _ => trace.span_of(chain, at),
            };
            if let Some(span) = span
                && (span.range.end > self.range.start || span.range.start >= self.range.start)
            {
                return Some(span);
            }
        }
    }
}

/// Class of a row.
impl Trace {
    pub(crate) fn class_of(&self, kind: u8) -> SpanClass {
        self.kinds.class(kind)
    }
}
