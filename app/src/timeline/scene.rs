//! What there is to see of one lane: data, before anything is painted. Costs follow the columns on
//! screen, not what the trace holds: where things lie closer than a column, the query is asked again
//! after the column instead of walking through them.

use trace_core::analysis::tags::Tags;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{Cause, GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::{Cell, Span};
use trace_core::model::trace::{Log, Region, Sample, SpecialRange, Trace};

use crate::timeline::grid::Grid;
use crate::timeline::stack_bars::StackBar;
use crate::timeline::strip::Strip;
use crate::timeline::task_bars::{Bar, Underway};
use crate::timeline::words;

/// Spans narrower than this many columns get no words.
const WORDS_LEAST_COLUMNS: i64 = 11;
/// Regions of one lane that are looked at in one go.
const REGION_BUDGET: usize = 4_000;

/// One lane over the columns of a grid.
#[derive(Clone, Debug, Default)]
pub struct LaneScene {
    /// Its spans, in time order, narrow ones merged.
    pub cells: Vec<Cell>,
    /// For each of them whether it is to stay behind the others, since a search does not match it; empty if none is.
    pub quiet: Vec<bool>,
    /// What is written in wide cells: (index of the cell, what).
    pub words: Vec<(usize, SpanWords)>,
    /// Its regions, outermost first where they begin together.
    pub regions: Vec<Region>,
    /// Functions on its stack over time, line by line.
    pub stacks: Vec<StackBar>,
    /// Log lines, at most one a column.
    pub logs: Vec<Log>,
    /// CPU samples, at most one a column.
    pub samples: Vec<Sample>,
    /// Mark assist and sweep.
    pub specials: Vec<SpecialRange>,
    /// When the process had no CPU while something ran here, narrow ones joined.
    pub no_cpu: Vec<TimeRange>,
    /// When goroutines on it ended, if inside the trace.
    pub ended: Vec<TraceTime>,
    /// Of a group of goroutines: how many were in which state.
    pub strip: Strip,
    /// Of a row of tasks: its bars, line by line.
    pub bars: Vec<Bar>,
    /// Of a type of tasks: how many are under way.
    pub underway: Underway,
}

/// What is known of a span that is wide enough to write in.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanWords {
    /// The span that is described.
    pub span: Span,
    /// Its wordings, the longest first.
    pub wordings: Vec<String>,
    /// A system call that lost its proc.
    pub blocked: bool,
}

impl LaneScene {
    /// A lane as it looks in the columns of `grid`.
    #[must_use]
    pub fn new(trace: &Trace, tags: &Tags, lane: LaneId, grid: &Grid) -> Self {
        let range = grid.range();
        let mut scene = Self::default();
        trace.cells(lane, range, grid.count, &mut scene.cells);
        scene.words = wide_words((trace, tags), &scene.cells, grid);
        scene.no_cpu = no_cpu(trace, lane, grid);
        let go = match lane {
            LaneId::Goroutine(go) => go,
            LaneId::Proc(_) | LaneId::Thread(_) => {
                scene.samples = thinned(grid, |range| trace.samples(lane, range).next(), |sample| sample.time);
                scene.specials = specials(trace, lane, grid);
                return scene;
            }
            LaneId::Gc | LaneId::Stw => return scene,
        };
        let goroutine = trace.goroutine(go);
        let ended = goroutine.and_then(|go| go.ended).filter(|&end| range.start <= end && end <= range.end);
        scene.ended.extend(ended);
        if goroutine.is_some_and(|go| go.region_depth > 0) {
            scene.regions = regions(trace, go, grid);
        }
        scene.logs = thinned(grid, |range| trace.logs(go, range).next(), |log| log.time);
        scene.samples = thinned(grid, |range| trace.samples(lane, range).next(), |sample| sample.time);
        scene.specials = specials(trace, lane, grid);
        scene
    }

    /// Adds what is on another lane, all of it later than what is here.
    pub fn append(&mut self, later: Self) {
        let shows = |cell: &Cell| cell.count > 1 || cell.class != SpanClass::None;
        let mut words = later.words.into_iter().peekable();
        for (index, cell) in later.cells.into_iter().enumerate() {
            let own = words.next_if(|(at, _)| *at == index);
            if shows(&cell) {
                self.words.extend(own.map(|(_, words)| (self.cells.len(), words)));
                self.cells.push(cell);
            }
        }
        self.regions.extend(later.regions);
        self.logs.extend(later.logs);
        self.samples.extend(later.samples);
        self.specials.extend(later.specials);
        self.no_cpu.extend(later.no_cpu);
        self.ended.extend(later.ended);
    }

    /// Whether a cell is to stay behind the others.
    #[must_use]
    pub fn is_quiet(&self, cell: usize) -> bool {
        self.quiet.get(cell).copied().unwrap_or(false)
    }

    /// The cell at an instant, and its index.
    #[must_use]
    pub fn cell_at(&self, time: TraceTime) -> Option<(usize, &Cell)> {
        let index = self.cells.partition_point(|cell| cell.range.start <= time).checked_sub(1)?;
        self.cells.get(index).filter(|cell| cell.range.contains(time)).map(|cell| (index, cell))
    }

    /// What is written in a cell.
    #[must_use]
    pub fn words_of(&self, cell: usize) -> Option<&SpanWords> {
        let at = self.words.binary_search_by_key(&cell, |(index, _)| *index).ok()?;
        self.words.get(at).map(|(_, words)| words)
    }
}

fn wide_words((trace, tags): (&Trace, &Tags), cells: &[Cell], grid: &Grid) -> Vec<(usize, SpanWords)> {
    let seen = grid.range();
    let least = WORDS_LEAST_COLUMNS.saturating_mul(grid.column_nanos);
    cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| {
            cell.count == 1 && cell.class != SpanClass::None && cell.range.intersect(seen).nanos() >= least
        })
        .filter_map(|(index, cell)| {
            let span = trace.span(cell.first)?;
            let blocked = span.state == GoState::Syscall
                && matches!(span.at.lane, LaneId::Goroutine(_))
                && trace.next_span(span.at).is_some_and(|next| next.cause == Cause::SyscallExit);
            Some((index, SpanWords { span, wordings: words::span_wordings(trace, tags, &span), blocked }))
        })
        .collect()
}

/// When a lane had no CPU; stretches less than a column apart are one.
fn no_cpu(trace: &Trace, lane: LaneId, grid: &Grid) -> Vec<TimeRange> {
    let mut found: Vec<TimeRange> = Vec::new();
    for (part, _) in trace.no_cpu().parts(lane, grid.range()) {
        match found.last_mut() {
            Some(last) if part.start.nanos_since(last.end) < grid.column_nanos => last.end = part.end,
            _ => found.push(part),
        }
    }
    found
}

/// At most one item a column: after each, the next is asked for behind its column.
pub(super) fn thinned<T>(
    grid: &Grid,
    first: impl Fn(TimeRange) -> Option<T>,
    time: impl Fn(&T) -> TraceTime,
) -> Vec<T> {
    let mut left = grid.range();
    let mut found = Vec::new();
    while let Some(item) = first(left) {
        let next = grid.column_end(time(&item)).max(left.start.plus_nanos(1));
        found.push(item);
        if next >= left.end {
            break;
        }
        left.start = next;
    }
    found
}

fn specials(trace: &Trace, lane: LaneId, grid: &Grid) -> Vec<SpecialRange> {
    let mut left = grid.range();
    let mut found: Vec<SpecialRange> = Vec::new();
    // Those that began before `left` have been seen, except at the very first question.
    while let Some(item) =
        trace.special_ranges(lane, left).find(|item| found.is_empty() || item.range.start >= left.start)
    {
        let next = grid.column_end(item.range.start).max(item.range.end);
        found.push(item);
        if next >= left.end {
            break;
        }
        left.start = next;
    }
    found
}

/// The regions in view: all of them, or, where there are too many, those that begin first in each
/// column on each level.
fn regions(trace: &Trace, go: GoroutineIdx, grid: &Grid) -> Vec<Region> {
    let range = grid.range();
    let all: Vec<Region> = trace.regions(go, range).take(REGION_BUDGET + 1).collect();
    if all.len() <= REGION_BUDGET {
        return all;
    }
    let mut found: Vec<Region> = Vec::new();
    let mut left = range;
    let mut first = true;
    while left.start < left.end && found.len() < REGION_BUDGET {
        let Some(item) = trace.regions(go, left).find(|item| first || item.range.start >= left.start) else { break };
        // Its children that begin in the same column belong to the picture, too.
        let column_end = grid.column_end(item.range.start.max(left.start));
        let column = TimeRange::new(item.range.start.max(left.start), column_end);
        let begins = |region: &Region| first || region.range.start >= column.start;
        found.extend(trace.regions(go, column).filter(begins).take(16));
        first = false;
        left.start = column_end;
    }
    found
}
