//! The figures of a row by name: what a column shows, and what a condition is about.

use crate::analysis::compare::figures::Figures;

/// A figure of a row on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// How many events there are.
    Count,
    /// How many per unit.
    Rate,
    /// Their time, divided by the unit.
    Total,
    /// The mean of the durations.
    Mean,
    /// The median of the durations.
    P50,
    /// Nine in ten are at most this long.
    P90,
    /// 99 in a hundred.
    P99,
    /// The longest of the durations.
    Max,
}

impl Figure {
    /// All, in the order of columns.
    pub const ALL: [Self; 8] =
        [Self::Count, Self::Rate, Self::Total, Self::Mean, Self::P50, Self::P90, Self::P99, Self::Max];

    /// The figure that takes the length of a recording out.
    #[must_use]
    pub const fn per_unit(self) -> Self {
        match self {
            Self::Count => Self::Rate,
            other => other,
        }
    }

    /// Whether it is 0 where there are no events; the others are figures of durations, of which there are none then.
    #[must_use]
    pub const fn is_sum(self) -> bool {
        matches!(self, Self::Count | Self::Rate | Self::Total)
    }

    /// The figure: a number of instances (`Rate`: per `unit`), or nanoseconds (`Total`: per `unit`); of rows of the
    /// heap bytes.
    #[must_use]
    pub fn value(self, figures: &Figures, unit: f64) -> f64 {
        match self {
            Self::Count => figures.count as f64,
            Self::Rate => figures.count as f64 / unit,
            Self::Total => figures.total as f64 / unit,
            Self::Mean => figures.mean,
            Self::P50 => figures.p50,
            Self::P90 => figures.p90,
            Self::P99 => figures.p99,
            Self::Max => figures.max as f64,
        }
    }
}
