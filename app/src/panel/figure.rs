//! Figures of rows that are compared, as columns show them.

use trace_core::analysis::compare::Figures;

use crate::fmt::number::count;
use crate::fmt::time::duration;

/// A figure that can be a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// How many.
    Count,
    /// How many per unit.
    Rate,
    /// In sum.
    Total,
    /// Mean.
    Mean,
    /// Median.
    P50,
    /// Nine in ten are at most this long.
    P90,
    /// 99 in a hundred.
    P99,
    /// The longest.
    Max,
}

impl Figure {
    /// All, in the order of columns.
    pub const ALL: [Self; 8] =
        [Self::Count, Self::Rate, Self::Total, Self::Mean, Self::P50, Self::P90, Self::P99, Self::Max];
    /// Those that show at first.
    pub const USUAL: [Self; 4] = [Self::Count, Self::P50, Self::P99, Self::Total];

    /// What headings call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Rate => "Rate",
            Self::Total => "Sum",
            Self::Mean => "Mean",
            Self::P50 => "Median",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::Max => "Longest",
        }
    }

    /// The figure; `unit` is what rates are divided by.
    #[must_use]
    pub fn value(self, figures: &Figures, unit: f64) -> f64 {
        match self {
            Self::Count => figures.count as f64,
            Self::Rate => figures.count as f64 / unit,
            Self::Total => figures.total as f64,
            Self::Mean => figures.mean,
            Self::P50 => figures.p50,
            Self::P90 => figures.p90,
            Self::P99 => figures.p99,
            Self::Max => figures.max as f64,
        }
    }

    /// The same in words.
    #[must_use]
    pub fn text(self, figures: &Figures, unit: f64) -> String {
        match self {
            Self::Count => count(figures.count),
            Self::Rate => rate(self.value(figures, unit)),
            _ => nanos(self.value(figures, unit)),
        }
    }
}

/// `×1.20`; `gone` or `new` where one side has nothing.
#[must_use]
pub fn ratio(ratio: Option<f64>, was_there: bool) -> String {
    match ratio {
        Some(ratio) if ratio >= 100.0 => format!("×{ratio:.0}"),
        Some(ratio) if ratio >= 0.01 => format!("×{ratio:.2}"),
        Some(_) => "<×0.01".to_owned(),
        None if was_there => "gone".to_owned(),
        None => "new".to_owned(),
    }
}

/// A duration that is a figure.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
pub fn nanos(nanos: f64) -> String {
    duration(nanos.round() as i64)
}

fn rate(rate: f64) -> String {
    match rate {
        _ if rate >= 100.0 => format!("{rate:.0}"),
        _ if rate >= 1.0 => format!("{rate:.1}"),
        _ => format!("{rate:.3}"),
    }
}
