//! Figures of rows that are compared, as columns show them.

use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::measure::RowKind;
use trace_core::analysis::compare::{self, Figures};

use crate::fmt::number::count;
use crate::state::pair::PerChoice;

/// Those that show at first.
pub const USUAL: [Figure; 4] = [Figure::Count, Figure::P50, Figure::P99, Figure::Total];

/// What headings call it.
#[must_use]
pub const fn title(figure: Figure) -> &'static str {
    match figure {
        Figure::Count => "Count",
        Figure::Rate => "Rate",
        Figure::Total => "Total",
        Figure::Mean => "Mean",
        Figure::P50 => "Median",
        Figure::P90 => "p90",
        Figure::P99 => "p99",
        Figure::Max => "Max",
    }
}

/// The same of a column whose rates and totals are divided by something.
#[must_use]
pub const fn title_per(figure: Figure, per: &PerChoice) -> &'static str {
    match (figure, per) {
        (Figure::Total, PerChoice::Second) => "Total/s",
        (Figure::Total, PerChoice::ProcessorSecond) => "Total/CPU s",
        (Figure::Total, PerChoice::Task(_)) => "Total/task",
        (Figure::Rate, PerChoice::Second) => "Count/s",
        (Figure::Rate, PerChoice::ProcessorSecond) => "Count/CPU s",
        (Figure::Rate, PerChoice::Task(_)) => "Count/task",
        (Figure::Rate, PerChoice::Nothing) => "Count",
        _ => title(figure),
    }
}

/// What a cell calls the figure that was tested: `Median`, `Total/s`.
#[must_use]
pub const fn tested(measure: Measure, per: &PerChoice) -> &'static str {
    match measure {
        Measure::Median => "Median",
        Measure::Tail => "Slowest 1 %",
        Measure::Total => title_per(Figure::Total, per),
        Measure::Count => title_per(Figure::Rate, per),
    }
}

/// Whether a figure is the one that was tested.
#[must_use]
pub const fn is_tested(figure: Figure, measure: Measure) -> bool {
    matches!(
        (figure, measure),
        (Figure::P50, Measure::Median) | (Figure::Total, Measure::Total) | (Figure::Rate, Measure::Count)
    )
}

/// A figure in words; `unit` is what rates and totals are divided by.
#[must_use]
pub fn words(kind: RowKind, figure: Figure, figures: &Figures, unit: f64) -> String {
    let value = figure.value(figures, unit);
    match figure {
        Figure::Count => count(figures.count),
        Figure::Rate => rate(value),
        _ => compare::words::value(kind, value),
    }
}

/// `+12.3 %`, `×12.0`, `÷276`; `gone` or `new` where one side has nothing.
#[must_use]
pub fn ratio(ratio: Option<f64>, was_there: bool) -> String {
    match ratio {
        Some(ratio) => compare::words::change(ratio),
        None if was_there => "gone".to_owned(),
        None => "new".to_owned(),
    }
}

fn rate(rate: f64) -> String {
    match rate {
        _ if rate >= 100.0 => format!("{rate:.0}"),
        _ if rate >= 1.0 => format!("{rate:.1}"),
        _ => format!("{rate:.3}"),
    }
}
