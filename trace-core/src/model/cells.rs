//! Lanes as they are drawn, and what their time adds up to: both by walking with levels of detail.

use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::lod::Sums;
use crate::model::proc_thread_index::RefLane;
use crate::model::spans::Cell;
use crate::model::trace::{TimeByClass, Trace};
use crate::model::tracks::Track;
use crate::model::walk::{Step, Visitor};

impl Trace {
    /// The lane as drawn into `columns` equal columns of `range`: spans wider than a column come one
    /// by one, narrower ones merged, a cell per column at most; in time order; appended to `out`.
    /// Merged cells may reach over the border of a column, by less than a column. Cost follows columns,
    /// not spans.
    pub fn cells(&self, lane: LaneId, range: TimeRange, columns: u32, out: &mut Vec<Cell>) {
        if range.nanos() <= 0 || columns == 0 {
            return;
        }
        let mut merger = Merger::new(range, columns, out);
        self.walk(lane, range, &mut merger);
        merger.finish();
    }

    /// Time by class of a lane within `range`; spans count where they touch it. As the runtime recorded it: time in which
    /// the process got no CPU is in it, mostly as running; take [`Self::no_cpu`] off for what really ran.
    #[must_use]
    pub fn time_by_class(&self, lane: LaneId, range: TimeRange) -> TimeByClass {
        let mut total = TimeByClass::default();
        self.walk(lane, range, &mut Sum { range, total: &mut total });
        let known: u64 = total.nanos.iter().skip(1).sum();
        total.nanos[SpanClass::None as usize] = (range.nanos().max(0) as u64).saturating_sub(known);
        total.spans[SpanClass::None as usize] = 0;
        total
    }

    /// Adds a goroutine's time by class within `range` to sums of others. What is added of [`SpanClass::None`] means nothing.
    pub fn add_time_by_class(&self, go: GoroutineIdx, range: TimeRange, total: &mut TimeByClass) {
        self.walk_go(go, range, &mut Sum { range, total });
    }

    fn walk(&self, lane: LaneId, range: TimeRange, visitor: &mut impl Visitor) {
        match lane {
            LaneId::Goroutine(go) => self.walk_go(go, range, visitor),
            LaneId::Gc => walk_track(&self.annotations.gc, lane, range, visitor),
            LaneId::Stw => walk_track(&self.annotations.stw, lane, range, visitor),
            LaneId::Proc(_) | LaneId::Thread(_) => {
                if let Some(lane) = RefLane::of(lane) {
                    self.walk_refs(lane, range, visitor);
                }
            }
        }
    }
}

/// Steps through a track; runs of ranges that share a block are jumped over by their sums.
fn walk_track(track: &Track, lane: LaneId, range: TimeRange, visitor: &mut impl Visitor) {
    const BLOCK: usize = 64;
    let touching = track.touching(range);
    let mut at = touching.start;
    while at < touching.end {
        let first = track.ranges[at];
        let name = SpanRef { lane, segment: 0, row: at as u32 };
        let block_end = at + BLOCK;
        if at.is_multiple_of(BLOCK)
            && block_end < touching.end
            && visitor.takes_block(first.range.start.0, track.ranges[block_end].range.start.0)
        {
            let mut sums = Sums::ZERO;
            sums.nanos[SpanClass::Gc as usize] = u32::try_from(track.nanos(at, block_end)).unwrap_or(u32::MAX);
            sums.spans[SpanClass::Gc as usize] = BLOCK as u16;
            visitor.block(first.range.start.0, track.ranges[block_end].range.start.0, &sums, name);
            at = block_end;
            continue;
        }
        let (start, end) = (first.range.start.0, first.range.end.0);
        visitor.span(Step { start, end, class: SpanClass::Gc, at: name, is_continued: false });
        at += 1;
    }
}

/// Adds up time within a range.
struct Sum<'a> {
    range: TimeRange,
    total: &'a mut TimeByClass,
}

impl Visitor for Sum<'_> {
    fn takes_block(&self, start: i64, end: i64) -> bool {
        start >= self.range.start.0 && end <= self.range.end.0
    }

    fn block(&mut self, _start: i64, _end: i64, sums: &Sums, _first: SpanRef) {
        for class in 0..SpanClass::COUNT {
            self.total.nanos[class] += u64::from(sums.nanos[class]);
            self.total.spans[class] += u64::from(sums.spans[class]);
        }
    }

    fn span(&mut self, step: Step) {
        let span = TimeRange::new(TraceTime(step.start), TraceTime(step.end));
        if span.end < self.range.start
            || (span.end == self.range.start && span.start < span.end)
            || span.start >= self.range.end
        {
            return;
        }
        let class = step.class as usize;
        self.total.nanos[class] =
            self.total.nanos[class].saturating_add(span.intersect(self.range).nanos().max(0) as u64);
        self.total.spans[class] += u64::from(!step.is_continued);
    }
}

/// Merges what shares a column.
struct Merger<'a> {
    out: &'a mut Vec<Cell>,
    range: TimeRange,
    columns_per_nano: f64,
    /// A column, ns, at least 1.
    width: i64,
    /// The span in work: what continues it may still come.
    open: Option<Step>,
    pending: Option<Cell>,
    /// Where the column ends in which `pending` begins.
    limit: i64,
}

impl<'a> Merger<'a> {
    fn new(range: TimeRange, columns: u32, out: &'a mut Vec<Cell>) -> Self {
        let width = (range.nanos() / i64::from(columns)).max(1);
        let columns_per_nano = f64::from(columns) / range.nanos() as f64;
        Self { out, range, columns_per_nano, width, open: None, pending: None, limit: i64::MIN }
    }

    fn finish(mut self) {
        self.close_span();
        self.out.extend(self.pending.take().map(finished));
    }

    /// Where the column of `time` ends.
    fn column_end(&self, time: i64) -> i64 {
        let column = (time.saturating_sub(self.range.start.0) as f64 * self.columns_per_nano).floor();
        let end = self.range.start.0.saturating_add(((column + 1.0) / self.columns_per_nano) as i64);
        end.max(time.saturating_add(1))
    }

    fn close_span(&mut self) {
        let Some(step) = self.open.take() else { return };
        let reaches = step.end > self.range.start.0 || step.start >= self.range.start.0;
        if step.class == SpanClass::None || !reaches || step.start >= self.range.end.0 {
            return;
        }
        let nanos = step.end.saturating_sub(step.start).max(0) as u64;
        // The common case in a dense lane: one more span in the column in work.
        if step.start < self.limit
            && step.end.saturating_sub(step.start) < self.width
            && let Some(pending) = &mut self.pending
        {
            let gap = step.start.saturating_sub(pending.range.end.0).max(0) as u64;
            let (none, class) = (SpanClass::None as usize, step.class as usize);
            pending.nanos[none] = pending.nanos[none].saturating_add(gap);
            pending.nanos[class] = pending.nanos[class].saturating_add(nanos);
            pending.range.end = pending.range.end.max(TraceTime(step.end));
            pending.count = pending.count.saturating_add(1);
            return;
        }
        let range = TimeRange::new(TraceTime(step.start), TraceTime(step.end));
        let mut cell = Cell { range, count: 1, first: step.at, class: step.class, nanos: [0; SpanClass::COUNT] };
        cell.nanos[step.class as usize] = nanos;
        if step.end.saturating_sub(step.start) >= self.width {
            self.out.extend(self.pending.take().map(finished));
            self.out.push(cell);
        } else {
            self.merge(cell);
        }
    }

    fn merge(&mut self, cell: Cell) {
        let start = cell.range.start.0;
        if start < self.limit
            && let Some(pending) = &mut self.pending
        {
            let gap = start.saturating_sub(pending.range.end.0).max(0) as u64;
            pending.nanos[SpanClass::None as usize] = pending.nanos[SpanClass::None as usize].saturating_add(gap);
            pending.range.end = pending.range.end.max(cell.range.end);
            pending.count = pending.count.saturating_add(cell.count);
            for (sum, nanos) in pending.nanos.iter_mut().zip(cell.nanos) {
                *sum = sum.saturating_add(nanos);
            }
            return;
        }
        self.out.extend(self.pending.take().map(finished));
        self.limit = self.column_end(start);
        self.pending = Some(cell);
    }
}

/// Settles the class of a merged cell.
fn finished(mut cell: Cell) -> Cell {
    if cell.count > 1 {
        let known = SpanClass::ALL.iter().skip(1);
        if let Some(most) = known.max_by_key(|&&class| cell.nanos[class as usize]) {
            cell.class = *most;
        }
    }
    cell
}

impl Visitor for Merger<'_> {
    fn takes_block(&self, start: i64, end: i64) -> bool {
        end.saturating_sub(start) <= self.width && end > self.range.start.0
    }

    fn block(&mut self, start: i64, end: i64, sums: &Sums, first: SpanRef) {
        self.close_span();
        if start >= self.range.end.0 {
            return;
        }
        let range = TimeRange::new(TraceTime(start), TraceTime(end));
        let count: u32 = sums.spans.iter().skip(1).map(|&spans| u32::from(spans)).sum();
        let mut cell = Cell { range, count: count.max(2), first, class: SpanClass::None, nanos: [0; SpanClass::COUNT] };
        let mut known = 0;
        for (nanos, &sum) in cell.nanos.iter_mut().zip(&sums.nanos).skip(1) {
            *nanos = u64::from(sum);
            known += u64::from(sum);
        }
        cell.nanos[SpanClass::None as usize] = (range.nanos().max(0) as u64).saturating_sub(known);
        self.merge(cell);
    }

    fn span(&mut self, step: Step) {
        if step.is_continued
            && let Some(open) = &mut self.open
            && open.end >= step.start
            && open.class == step.class
        {
            open.end = open.end.max(step.end);
            return;
        }
        self.close_span();
        self.open = Some(step);
    }
}
