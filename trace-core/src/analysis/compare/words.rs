//! Figures of a comparison in words: with their units, and the same everywhere.

use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::phrases::grouped;

/// From so many times as much (or as little) on a change is told as a factor.
const MANIFOLD: f64 = 3.0;

/// How much a figure changed, B over A: `+12.3 %`, `−49.8 %`, `×12.4`, `÷276`. `±0.0 %` if it did not.
#[must_use]
pub fn change(ratio: f64) -> String {
    match ratio {
        _ if ratio >= MANIFOLD => format!("×{}", digits(ratio)),
        _ if ratio > 0.0 && ratio <= 0.1 => format!("÷{}", digits(1.0 / ratio)),
        _ => percent(ratio),
    }
}

/// The same in percent: `+12.3 %`.
fn percent(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    match percent {
        _ if percent.abs() < 0.05 => "±0.0 %".to_owned(),
        _ if percent < 0.0 => format!("\u{2212}{:.1} %", -percent),
        _ => format!("+{percent:.1} %"),
    }
}

fn digits(value: f64) -> String {
    match value {
        _ if value >= 99.95 => count(value.round() as u64),
        _ if value >= 9.95 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A figure of a row with its unit: `1.23 ms`, or `4.20 MB` for rows of the heap. Three digits are enough to
/// compare.
#[must_use]
pub fn value(kind: RowKind, value: f64) -> String {
    let scale: &[(f64, &str)] = if kind == RowKind::Heap {
        &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")]
    } else {
        &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")]
    };
    let fits = |step: &&(f64, &str)| value.abs() >= 0.9995 * step.0;
    let (size, unit) = scale.iter().find(fits).or(scale.last()).copied().unwrap_or((1.0, ""));
    let value = value / size;
    if value.abs() >= 999.5 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{} {unit}", count(value.abs().round() as u64));
    }
    let digits = match value.abs() {
        _ if size <= 1.0 => 0,
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// A rate of counts: `0.667`, `12.3`, `1,034`.
#[must_use]
pub fn number(value: f64) -> String {
    match value {
        _ if value >= 100.0 => count(value.round() as u64),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 0.9995 || value == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A count with commas: `2,060`.
#[must_use]
pub fn count(count: u64) -> String {
    grouped(count)
}

/// What a sentence about a row begins with; the row's name follows.
#[must_use]
pub const fn subject(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Task => "Task",
        RowKind::Region => "Region",
        RowKind::Work => "Work in",
        RowKind::Wait => "Waits at",
        RowKind::Sleep => "Sleeps in",
        RowKind::Syscall => "System calls",
        RowKind::Sched => "Scheduler wait of",
        RowKind::Running => "CPU time of",
        RowKind::Goroutine => "Lifetime of goroutines",
        RowKind::Stuck => "Goroutines left at",
        RowKind::Samples => "CPU samples in",
        RowKind::Gc => "Number of",
        RowKind::Heap => "Heap:",
        RowKind::Stw => "STW pauses:",
        RowKind::Assist => "Mark assists in",
        RowKind::Request => "Request",
        RowKind::SelfTime => "Self time of",
        RowKind::Call => "Call",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_factors_or_percent() {
        for (ratio, expected) in [
            (1.0, "±0.0 %"),
            (1.123, "+12.3 %"),
            (0.5, "\u{2212}50.0 %"),
            (2.0, "+100.0 %"),
            (3.456, "×3.46"),
            (276.2, "×276"),
            (1.0 / 276.2, "÷276"),
            (0.1, "÷10.0"),
            (12_345.6, "×12,346"),
        ] {
            assert_eq!(change(ratio), expected);
        }
    }

    #[test]
    fn values_have_units_and_three_digits() {
        for (kind, nanos, expected) in [
            (RowKind::Task, 17.0, "17 ns"),
            (RowKind::Task, 1_234.0, "1.23 µs"),
            (RowKind::Task, 999_600.0, "1.00 ms"),
            (RowKind::Wait, -12.34e9, "-12.3 s"),
            (RowKind::Heap, 4.2e6, "4.20 MB"),
            (RowKind::Heap, 0.0, "0 B"),
            (RowKind::Heap, 3_726_900e9, "3,726,900 GB"),
            (RowKind::Task, -12_345e9, "-12,345 s"),
        ] {
            assert_eq!(value(kind, nanos), expected);
        }
        assert_eq!([0.0, 0.014, 8.486, 12.34, 1_034.4].map(number), ["0.00", "0.014", "8.49", "12.3", "1,034"]);
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
