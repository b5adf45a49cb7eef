//! The trace cut into windows of time in which about as much happens, for analyses that must see all goroutines at
//! once, but not for long: a window for each segment, with the goroutines that do something other than wait in it.

use rayon::prelude::*;

use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::kinds;
use crate::model::segment::{NO_SEGMENT, Segment};
use crate::model::trace::Trace;

/// All windows of a trace. Takes 12 bytes for each time a goroutine is ready, runs or sits in a system call through
/// windows in which nothing happens to it.
#[derive(Debug)]
pub struct Windows<'a> {
    trace: &'a Trace,
    /// Where windows begin, and where the last one ends.
    borders: Vec<TraceTime>,
    /// By goroutine, then by window; apart from each other.
    quiet: Vec<WindowsWithoutRows>,
}

/// Windows `first..end` in which a goroutine, which need not wait there, has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WindowsWithoutRows {
    go: GoroutineIdx,
    first: u32,
    end: u32,
}

impl Trace {
    /// Cuts the trace into windows. Looks at every goroutine's lanes once.
    #[must_use]
    pub fn windows(&self) -> Windows<'_> {
        let inner = self.segments.iter().skip(1).map(|segment| TraceTime(segment.base).min(self.range.end));
        let mut borders = vec![self.range.start];
        borders.extend(inner);
        borders.push(self.range.end);
        let mut windows = Windows { trace: self, borders, quiet: Vec::new() };
        let of_segment = |(at, segment): (usize, &std::sync::Arc<Segment>)| windows.quiet_of(at as u32, segment);
        let mut quiet: Vec<WindowsWithoutRows> =
            self.segments.par_iter().enumerate().flat_map_iter(of_segment).collect();
        quiet.par_sort_unstable();
        quiet.dedup_by(|next, last| {
            let joins = last.go == next.go && next.first <= last.end;
            if joins {
                last.end = last.end.max(next.end);
            }
            joins
        });
        windows.quiet = quiet;
        windows
    }

    /// Whether the state that begins with a row is one that takes a proc, or asks for one.
    fn is_active(&self, segment: &Segment, row: u32) -> bool {
        let state = self.kinds.sense(segment.kind(row)).state;
        matches!(state, GoState::Runnable | GoState::Running | GoState::Syscall)
    }
}

impl Windows<'_> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.borders.len() - 1
    }

    /// Whether there are none. (There is always one.)
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When a window is. The windows touch each other and cover the trace.
    #[must_use]
    pub fn range(&self, at: usize) -> TimeRange {
        let border = |at: usize| self.borders.get(at).copied().unwrap_or(self.trace.range.end);
        TimeRange::new(border(at), border(at + 1))
    }

    /// All goroutines that are ready, run or sit in a system call in a window, each once, and some others.
    pub fn goroutines(&self, at: usize) -> impl Iterator<Item = GoroutineIdx> + '_ {
        let segment = self.trace.segments.get(at);
        let lanes = segment.into_iter().flat_map(|segment| segment.lanes.dir.keys());
        let own = lanes.map(GoroutineIdx).filter(|go| go.index() < self.trace.gos.len());
        let is_there = move |quiet: &&WindowsWithoutRows| {
            (quiet.first..quiet.end).contains(&(at as u32))
                && segment.is_none_or(|segment| segment.lane(quiet.go).is_none())
        };
        own.chain(self.quiet.iter().filter(is_there).map(|quiet| quiet.go))
    }

    /// The window in which an instant lies.
    fn at(&self, time: TraceTime) -> u32 {
        let inner = self.borders.get(1..self.len()).unwrap_or_default();
        inner.partition_point(|&border| border <= time) as u32
    }

    /// Where goroutines that have rows in a segment are active before those, or behind them, in windows without any.
    fn quiet_of(&self, at: u32, segment: &Segment) -> Vec<WindowsWithoutRows> {
        let trace = self.trace;
        let epoch = |segment: &Segment| trace.epochs.get(segment.epoch as usize).copied().unwrap_or(trace.range);
        let (own_epoch, end_of_window) = (epoch(segment), self.range(at as usize).end);
        let mut found = Vec::new();
        for (slot, go) in (0..).zip(segment.lanes.dir.keys()) {
            let (Some(record), Some((first, end))) = (trace.gos.get(go as usize), segment.lanes.rows(slot)) else {
                continue;
            };
            let before = segment.lanes.prev(slot);
            let mut add = |first: u32, end: u32| {
                if first < end {
                    found.push(WindowsWithoutRows { go: GoroutineIdx(go), first, end });
                }
            };
            let Some(last) = end.checked_sub(1).filter(|_| first < end) else { continue };
            if kinds::is_status(segment.kind(first)) && trace.is_active(segment, first) {
                add(self.at(own_epoch.start), at);
            }
            if before != NO_SEGMENT
                && before + 1 < at
                && let Some(other) = trace.seg(before)
                && let Some((_, _, rows_end)) = other.lane(GoroutineIdx(go))
                && trace.is_active(other, rows_end - 1)
            {
                add(before + 1, at.min(self.at(epoch(other).end) + 1));
            }
            // Rows lie in their segment's window; should they not, they are found, too.
            let time = TraceTime(segment.time(last));
            if time >= end_of_window {
                add(at + 1, self.at(time) + 1);
            }
            if record.last_segment == at && trace.is_active(segment, last) {
                add(at + 1, self.at(own_epoch.end) + 1);
            }
        }
        found
    }
}
