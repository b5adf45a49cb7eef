//! The answer to a query as a lane of the timeline: bars for the rows that have a start and an end, packed onto few lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;

use crate::report::table::{Kind, Table, Target};

/// Lines that the lane has at most.
pub const MOST_LINES: usize = 5;

/// A row of the answer on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The time of the row.
    pub range: TimeRange,
    /// The row, by its place in the table; the first of several.
    pub row: u32,
    /// How many rows it is of: several where too many are at the same time.
    pub count: u32,
}

/// The rows of an answer over time.
#[derive(Clone, Debug)]
pub struct ResultLane {
    /// The answer whose rows it has.
    pub table: Arc<Table>,
    /// What the bars say: the first column of text, if there is one.
    pub label: Option<usize>,
    /// Bars that do not overlap, by time, line by line.
    pub lines: Vec<Vec<Bar>>,
    /// Rows that are on no line of their own, since too many others are at the same time: those that overlap are one bar.
    pub crowd: Vec<Bar>,
}

/// The lane and the time of a row of a table; `None` if it has no time.
#[must_use]
pub fn place_of(table: &Table, row: usize) -> Option<(Option<LaneId>, TimeRange)> {
    match table.target(row)? {
        Target::Stretch(lane, range) | Target::Marked(lane, range) => Some((Some(lane), range)),
        Target::Range(range) => Some((None, range)),
        Target::End(end) => Some((Some(end.lane), TimeRange::new(end.time, end.time.plus_nanos(1)))),
        Target::Span(_) | Target::Lane(_) => None,
    }
}

impl ResultLane {
    /// The lane of an answer; `None` if no row has a start and an end, or if it was cancelled.
    #[must_use]
    pub fn of(table: &Arc<Table>, monitor: &Monitor) -> Option<Self> {
        let mut bars = Vec::new();
        for row in 0..u32::try_from(table.len()).unwrap_or(u32::MAX) {
            if monitor.is_cancelled() {
                return None;
            }
            let range = match table.target(row as usize) {
                Some(Target::Stretch(_, range) | Target::Range(range)) => range,
                _ => continue,
            };
            bars.push(Bar { range, row, count: 1 });
        }
        if bars.is_empty() {
            return None;
        }
        bars.sort_by_key(|bar| (bar.range.start, Reverse(bar.range.end)));
        let (lines, crowd) = packed(bars);
        let label = table.columns.iter().position(|column| column.kind == Kind::Text);
        Some(Self { table: Arc::clone(table), label, lines, crowd })
    }
}

/// Bars on lines: each on the one that has been free for longest; and what found no room. They come by their start.
fn packed(bars: Vec<Bar>) -> (Vec<Vec<Bar>>, Vec<Bar>) {
    let mut lines: Vec<Vec<Bar>> = Vec::new();
    let mut free: BinaryHeap<Reverse<(TraceTime, usize)>> = BinaryHeap::new();
    let mut crowd: Vec<Bar> = Vec::new();
    for bar in bars {
        let line = match free.peek() {
            Some(Reverse((end, line))) if *end <= bar.range.start => {
                let line = *line;
                free.pop();
                line
            }
            _ if lines.len() < MOST_LINES => {
                lines.push(Vec::new());
                lines.len() - 1
            }
            _ => {
                match crowd.last_mut().filter(|last| last.range.end > bar.range.start) {
                    Some(last) => {
                        last.range.end = last.range.end.max(bar.range.end);
                        last.count = last.count.saturating_add(1);
                    }
                    None => crowd.push(bar),
                }
                continue;
            }
        };
        free.push(Reverse((bar.range.end, line)));
        if let Some(line) = lines.get_mut(line) {
            line.push(bar);
        }
    }
    (lines, crowd)
}

#[cfg(test)]
mod tests {
    use super::{Bar, MOST_LINES, packed};
    use trace_core::base::time::{TimeRange, TraceTime};

    fn bar(row: u32, start: i64, end: i64) -> Bar {
        Bar { range: TimeRange::new(TraceTime(start), TraceTime(end)), row, count: 1 }
    }

    #[test]
    fn bars_that_overlap_lie_on_different_lines() {
        let (lines, crowd) = packed(vec![bar(0, 0, 10), bar(1, 5, 8), bar(2, 9, 12), bar(3, 10, 20)]);
        let rows: Vec<Vec<u32>> = lines.iter().map(|line| line.iter().map(|bar| bar.row).collect()).collect();
        assert_eq!((rows, crowd), (vec![vec![0, 3], vec![1, 2]], vec![]));
    }

    #[test]
    fn what_has_no_room_is_a_crowd() {
        let bars: Vec<Bar> = (0..10).map(|row| bar(row, 0, 10 + i64::from(row))).chain([bar(10, 12, 14)]).collect();
        let (lines, crowd) = packed(bars);
        assert_eq!(lines.len(), MOST_LINES);
        let first = MOST_LINES as u32;
        let expected = Bar { count: 10 - first, ..bar(first, 0, 19) };
        assert_eq!(crowd, [expected], "the last one has room again");
    }
}
