//! The figures of a row on one side.

use crate::analysis::compare::series::{Run, Series};

/// The figures of a row on one side. Nanoseconds; quantiles are of a sample if there are more than 2,048. Of several
/// recordings, quantiles and tail are the geometric mean of those of each: what a typical recording has.
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
    /// Mean of the slowest 1 % (at most 64 of them); 0 if there are fewer than 100.
    pub tail: f64,
}

impl Figures {
    pub(super) fn of(series: &Series) -> Self {
        let Run { count, total, mean, p50, p90, p99, max, tail } = series.run();
        let pooled = Self { count, total, mean, p50, p90, p99, max, tail };
        if series.runs.is_empty() {
            return pooled;
        }
        let typical = |of: fn(&Run) -> f64| geometric_mean(series.runs.iter().map(of));
        Self {
            p50: typical(|run| run.p50),
            p90: typical(|run| run.p90),
            p99: typical(|run| run.p99),
            tail: typical(|run| run.tail),
            ..pooled
        }
    }
}

/// The geometric mean of those above 0; 0 if there are none.
fn geometric_mean(values: impl Iterator<Item = f64>) -> f64 {
    let logs: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::ln).collect();
    if logs.is_empty() { 0.0 } else { (logs.iter().sum::<f64>() / logs.len() as f64).exp() }
}
