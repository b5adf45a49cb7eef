//! The figures of a row on one side.

use crate::analysis::compare::series::{Run, Series};

/// The figures of a row on one side. Nanoseconds; quantiles are of a sample if there are more than 2,048.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many events there are.
    pub count: u64,
    /// Their durations, total; ns or bytes.
    pub total: u64,
    /// The mean duration; ns or bytes.
    pub mean: f64,
    /// The median duration; ns or bytes.
    pub p50: f64,
    /// Nine in ten are at most this long.
    pub p90: f64,
    /// 99 in a hundred.
    pub p99: f64,
    /// The longest duration; ns or bytes.
    pub max: u64,
    /// Mean of the slowest 1 % (at most 64 of them); 0 if there are fewer than 100. Of several recordings their mean.
    pub tail: f64,
}

impl Figures {
    pub(super) fn of(series: &Series) -> Self {
        let Run { count, total, mean, p50, p90, p99, max, mut tail } = series.run();
        if !series.runs.is_empty() {
            tail = series.runs.iter().map(|run| run.tail).sum::<f64>() / series.runs.len() as f64;
        }
        Self { count, total, mean, p50, p90, p99, max, tail }
    }
}
