//! Charts: lines over time, or over lengths of time.

use trace_core::analysis::series::Buckets;
use trace_core::base::time::{TimeRange, TraceTime};

use crate::report::value::Shade;

/// What a chart goes along from left to right, from its left to its right end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Across {
    /// Nanoseconds from the start of the trace.
    Time(f64, f64),
    /// Lengths of time, nanoseconds; equal ratios are equally far apart.
    Lengths(f64, f64),
}

/// What a chart goes along from the bottom up, from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Up {
    /// Numbers of things, to this one at least.
    Count(f64),
    /// Parts of a whole, to 1.
    Ratio,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// From point to point.
    Line,
    /// Each value holds until the next point.
    Steps,
    /// The same, filled down to the lower axis.
    Area,
    /// The same, standing on the line that comes next: its points are sums. Stacks come from the top down.
    Stack,
    /// Parts of a whole as colours: a row of a heat map for each line.
    Heat,
}

/// A line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name; an empty one is not listed.
    pub name: String,
    /// The colour of the line, from the theme.
    pub shade: Shade,
    /// How it is drawn.
    pub look: Look,
    /// Points, by rising x.
    pub points: Vec<[f64; 2]>,
}

/// Lines over one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The heading above the chart.
    pub title: String,
    /// The horizontal axis: time, or a length of time.
    pub across: Across,
    /// The vertical axis, from 0.
    pub up: Up,
    /// The lines; the first at the bottom, but for stacks.
    pub lines: Vec<Line>,
}

impl Across {
    /// A stretch of time of a trace that starts at `origin`.
    #[must_use]
    pub fn time(range: TimeRange, origin: TraceTime) -> Self {
        Self::Time(since(range.start, origin), since(range.end, origin))
    }
}

/// Nanoseconds from `origin`, as charts want them.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a place on screen")]
pub fn since(time: TraceTime, origin: TraceTime) -> f64 {
    time.nanos_since(origin) as f64
}

/// The points of a line that has one value a bucket, and ends with the last one.
#[must_use]
pub fn steps(buckets: &Buckets, origin: TraceTime, value: impl Fn(usize, TimeRange) -> f64) -> Vec<[f64; 2]> {
    let point = |at: usize| {
        let range = buckets.range_of(at);
        [since(range.start, origin), value(at, range)]
    };
    let mut points: Vec<[f64; 2]> = (0..buckets.count).map(point).collect();
    points.extend(points.last().copied().map(|last| [since(buckets.range.end, origin), last[1]]));
    points
}
