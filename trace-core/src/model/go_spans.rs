//! The spans of a goroutine, one after another. Rows are read in order, each once.

use crate::base::ids::{GoroutineIdx, StackId, ThreadIdx};
use crate::base::time::TimeRange;
use crate::model::kinds;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::row_chain::{Piece, Pos, RowChain, STACK_ROWS, SpanEnd};
use crate::model::segment::{Row, RowRun, Segment};
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// The spans of a goroutine in time order.
#[derive(Debug)]
pub(crate) struct GoSpans<'a> {
    trace: &'a Trace,
    chain: Option<RowChain>,
    range: TimeRange,
    /// Which piece of the chain `rows` are of.
    piece: usize,
    rows: Option<PieceRows<'a>>,
    /// The goroutine's own stack as the rows passed so far tell it, and how many rows ago one told it.
    stack: Option<(StackId, u32)>,
}

/// The rows of a piece, with a look at the one before and the one after.
#[derive(Debug)]
struct PieceRows<'a> {
    segment: &'a Segment,
    rest: RowRun<'a>,
    before: Option<Row>,
    ahead: Option<Row>,
}

impl<'a> PieceRows<'a> {
    /// Those of a piece from `first` on.
    fn new(trace: &'a Trace, piece: &Piece, first: u32) -> Option<Self> {
        let segment = trace.seg(piece.segment)?;
        let mut rest = segment.rows.range(first, piece.end);
        Some(Self { segment, before: None, ahead: rest.next(), rest })
    }
}

impl<'a> GoSpans<'a> {
    pub(crate) fn new(trace: &'a Trace, go: GoroutineIdx, range: TimeRange) -> Self {
        let chain = trace.chain(go, range);
        let first = chain.as_ref().and_then(|chain| Some((chain.pieces.first()?, chain.row)));
        let rows = first.and_then(|(piece, row)| PieceRows::new(trace, piece, row));
        Self { trace, chain, range, piece: 0, rows, stack: None }
    }

    /// What [`Trace::start_stack`] would find for a row, if the rows passed so far tell; goes past that row.
    fn pass(&mut self, segment: &Segment, row: Row) -> Option<StackId> {
        let own = self.trace.has_own_stack(row.shape.kind()).then(|| segment.stack_of(row.shape));
        let known = own.or(match self.stack {
            Some((stack, rows)) if rows < STACK_ROWS => Some(stack),
            Some(_) => Some(StackId::NONE),
            None => None,
        });
        self.stack = match self.trace.stack_behind(segment, row.shape) {
            Some(stack) => Some((stack, 0)),
            None => self.stack.map(|(stack, rows)| (stack, rows.saturating_add(1))),
        };
        known
    }
}

impl Iterator for GoSpans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        self.next_with_row().map(|(span, ..)| span)
    }
}

impl<'a> GoSpans<'a> {
    /// The next span, and the row that it begins with.
    #[inline]
    pub(crate) fn next_with_row(&mut self) -> Option<(Span, &'a Segment, Row)> {
        let trace = self.trace;
        let until = self.range.end.0.max(self.range.start.0.saturating_add(1));
        loop {
            let rows = self.rows.as_mut()?;
            let Some(row) = rows.ahead else {
                self.piece += 1;
                let piece = self.chain.as_ref()?.pieces.get(self.piece)?;
                self.rows = PieceRows::new(trace, piece, piece.first);
                continue;
            };
            let (segment, before) = (rows.segment, rows.before.replace(row));
            rows.ahead = rows.rest.next();
            let next = rows.ahead;
            let kind = row.shape.kind() & kinds::MASK;
            let known = self.pass(segment, row);
            let chain = self.chain.as_ref()?;
            let at = Pos { piece: self.piece, row: row.at };
            if kinds::is_continued(kind) && at != chain.begin() {
                continue;
            }
            let start = if kinds::is_status(kind) { trace.row_start(segment, row.at) } else { segment.at(row.start) };
            if start >= until {
                return None;
            }
            if !trace.shows_something(kind) {
                continue;
            }
            let stack = known.unwrap_or_else(|| trace.start_stack(chain, at, kind));
            // Mostly the next row ends it.
            let next = next.filter(|next| !kinds::is_continued(next.shape.kind()));
            let span = match next {
                Some(next) if kind != kinds::SYSCALL || before.is_some() => {
                    let leaving = || trace.own_stack(segment, next.shape);
                    let end = SpanEnd { time: segment.at(next.start), is_open: false, later_stack: StackId::NONE };
                    let name = SpanRef {
                        lane: LaneId::Goroutine(chain.go),
                        segment: chain.pieces.get(self.piece)?.segment,
                        row: row.at,
                    };
                    let entered = || before.map_or(ThreadIdx::NONE, |before| trace.thread_of(segment, before.shape));
                    trace.span_with((chain.go, name, start), (segment, row.shape, stack), end, leaving, entered)
                }
                _ => trace.span_from(chain, at, stack)?,
            };
            if span.range.end > self.range.start || span.range.start >= self.range.start {
                return Some((span, segment, row));
            }
        }
    }
}
