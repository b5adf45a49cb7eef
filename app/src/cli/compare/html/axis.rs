//! Axes of plots: where a value lies, and which values are labelled.

use crate::fmt::number::bytes;
use crate::fmt::time::duration;

/// Labels an axis has at most.
const TICKS: f64 = 6.0;

/// One axis of a plot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    unit: Unit,
}

/// What values on an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nanoseconds, shown as times.
    Time,
    /// Bytes, shown with decimal prefixes.
    Bytes,
    /// A number of things, with separators.
    Count,
    /// A part of all, 0 to 1.
    Part,
}

impl Axis {
    /// From `low` to `high`; never empty.
    #[must_use]
    pub(super) fn linear(low: f64, high: f64, unit: Unit) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, is_log: false, unit }
    }

    /// For durations: by powers of ten if they differ widely.
    #[must_use]
    pub(super) fn of_durations(low: f64, high: f64) -> Self {
        if low > 0.0 && high / low > 30.0 {
            Self { low, high, is_log: true, unit: Unit::Time }
        } else {
            Self::linear(if high > 2.0 * low { 0.0 } else { low }, high, Unit::Time)
        }
    }

    /// Where a value lies, 0 to 1.
    #[must_use]
    pub(super) fn at(&self, value: f64) -> f64 {
        let part = if self.is_log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.clamp(0.0, 1.0)
    }

    /// The value at a place, 0 to 1.
    #[must_use]
    pub(super) fn value(&self, part: f64) -> f64 {
        if self.is_log {
            self.low * (self.high / self.low).powf(part)
        } else {
            self.low + (self.high - self.low) * part
        }
    }

    /// Values with their labels, rising.
    #[must_use]
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        if self.is_log {
            let (first, last) = (self.low.log10().ceil() as i32, self.high.log10().floor() as i32);
            let step = ((last - first) / 6 + 1).max(1) as usize;
            let decades = (first..=last).step_by(step).map(|power| 10_f64.powi(power));
            return decades.map(|value| (value, self.label(value))).collect();
        }
        let step = nice((self.high - self.low) / TICKS);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|at| at as f64 * step).map(|value| (value, self.label(value))).collect()
    }

    fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Time if value == 0.0 => "0".to_owned(),
            Unit::Time => short(&duration(value.round() as i64)),
            Unit::Bytes => short(&bytes(value.max(0.0).round() as u64)),
            Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
            Unit::Count => format!("{value:.1}"),
            Unit::Part => format!("{:.0} %", value * 100.0),
        }
    }
}

/// `200 ms` for `200.0 ms`, `1 s` for `1.00 s`.
fn short(text: &str) -> String {
    let Some((number, unit)) = text.split_once(' ') else { return text.to_owned() };
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number} {unit}")
}

/// The next larger of 1, 2 and 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= step * 0.999).unwrap_or(10.0);
    nice * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |axis: Axis| axis.ticks().into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(labels(Axis::linear(0.0, 1.1e9, Unit::Time)), ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1 s"]);
        assert_eq!(labels(Axis::of_durations(400.0, 2e8)), ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms"]);
        assert_eq!(labels(Axis::linear(0.0, 1.0, Unit::Part)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(labels(Axis::linear(0.0, 5e6, Unit::Bytes)), ["0 B", "1 MB", "2 MB", "3 MB", "4 MB", "5 MB"]);
        assert_eq!(labels(Axis::linear(7.0, 7.0, Unit::Count)).first().map(String::as_str), Some("7"));
    }

    #[test]
    fn values_and_places_go_both_ways() {
        for axis in [Axis::of_durations(1e3, 1e9), Axis::linear(-5.0, 20.0, Unit::Count)] {
            for part in [0.0, 0.25, 1.0] {
                assert!((axis.at(axis.value(part)) - part).abs() < 1e-9);
            }
        }
    }
}
