//! What figures of the two sides are divided by before they are compared.

use crate::analysis::compare::measure::{HEAP_GOAL, Measured};
use crate::analysis::compare::row_kind::RowKind;

/// What figures of the two sides are divided by, before they are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Per {
    /// Seconds of the trace.
    #[default]
    Second,
    /// Seconds that goroutines of the program ran.
    ProcessorSecond,
    /// How many there are of a row, requests say: its place in the rows of A and of B.
    Row(usize, usize),
    /// Nothing: totals stay as they are; of several recordings they are those of one on average.
    Nothing,
}

/// What to divide each side's figures by; never 0.
#[must_use]
pub fn units(a: &Measured, b: &Measured, per: Per) -> (f64, f64) {
    let of = |side: &Measured, at: usize| match per {
        Per::Second => side.nanos as f64 / 1e9,
        Per::ProcessorSecond => side.running as f64 / 1e9,
        Per::Row(..) => side.rows.get(at).map_or(0, |row| row.1.count) as f64,
        Per::Nothing => side.recordings() as f64,
    };
    let (at_a, at_b) = if let Per::Row(a, b) = per { (a, b) } else { (0, 0) };
    let or_one = |unit: f64| if unit > 0.0 { unit } else { 1.0 };
    (or_one(of(a, at_a)), or_one(of(b, at_b)))
}

/// What the figures of each recording of a side are divided by, and its length in nanoseconds; `at` is the side's
/// place in [`Per::Row`].
pub(crate) fn units_of_runs(side: &Measured, per: Per, at: usize) -> Vec<(f64, f64)> {
    let requests = side.rows.get(at).map(|row| row.1.each_run()).unwrap_or_default();
    let lengths = if side.runs.is_empty() { vec![(side.nanos, side.running)] } else { side.runs.clone() };
    let unit = |(run, (nanos, running)): (usize, (u64, u64))| {
        let unit = match per {
            Per::Second => nanos as f64 / 1e9,
            Per::ProcessorSecond => running as f64 / 1e9,
            Per::Row(..) => requests.get(run).map_or(0, |run| run.count) as f64,
            Per::Nothing => 1.0,
        };
        (unit, nanos as f64)
    };
    lengths.into_iter().enumerate().map(unit).collect()
}

/// Whether a row's values are readings of a level, which do not add up.
pub(super) fn is_level(kind: RowKind, name: &str) -> bool {
    kind == RowKind::Heap && name == HEAP_GOAL
}
