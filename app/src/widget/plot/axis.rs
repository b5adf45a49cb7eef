//! Axes of plots: from values to points and back, and round values to write at them.

use crate::fmt::number::{bytes, short_count};
use crate::fmt::time::duration;

/// How values become distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Equal differences are equally far apart.
    #[default]
    Linear,
    /// Equal ratios are equally far apart; values up to 0 lie on the lower end.
    Log,
}

/// What numbers on an axis mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Numbers without a unit.
    #[default]
    Count,
    /// Nanoseconds, shown as times.
    Nanos,
    /// Shares of 0 to 1, written as percent.
    Share,
    /// Bytes, shown with decimal prefixes.
    Bytes,
}

/// An axis: the values at its two ends, the lower one first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// How values become distances.
    pub scale: Scale,
    /// What its values mean, for the labels.
    pub unit: Unit,
    /// Value at the lower end.
    pub low: f64,
    /// Value at the upper end.
    pub high: f64,
}

/// A value worth a line across the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value at the tick.
    pub value: f64,
    /// What is written at it; `None` for the small ones between.
    pub text: Option<String>,
}

/// Small ticks of a decade.
const BETWEEN: [f64; 8] = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// More ticks than this are a fault of the caller's.
const MOST: usize = 400;

impl Axis {
    /// An axis with equal differences equally far apart.
    #[must_use]
    pub fn linear(unit: Unit, low: f64, high: f64) -> Self {
        Self { scale: Scale::Linear, unit, low, high: if high > low { high } else { low + 1.0 } }
    }

    /// An axis with equal ratios equally far apart. `low` is above 0.
    #[must_use]
    pub fn log(unit: Unit, low: f64, high: f64) -> Self {
        let low = low.max(f64::MIN_POSITIVE);
        Self { scale: Scale::Log, unit, low, high: if high > low { high } else { low * 10.0 } }
    }

    /// From 0 to a round number that is no less than `highest`, so that a curve does not touch the frame.
    #[must_use]
    pub fn up_to(unit: Unit, highest: f64) -> Self {
        let step = round_step(highest.max(1e-9) * 1.05 / 4.0, unit);
        Self::linear(unit, 0.0, (highest * 1.02 / step).ceil().max(1.0) * step)
    }

    /// Where a value lies between the two ends: 0 to 1, beyond for values outside.
    #[must_use]
    pub fn part(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value.max(self.low * 1e-9) / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// The value that lies there; the reverse of [`Axis::part`].
    #[must_use]
    pub fn value(&self, part: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + part * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(part),
        }
    }

    /// A value as a reader wants it, three digits.
    #[must_use]
    pub fn words(&self, value: f64) -> String {
        words(self.unit, value)
    }

    /// Round values, by rising value, at most `most` of them with a text.
    #[must_use]
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.scale {
            Scale::Linear => self.linear_ticks(most.max(1)),
            Scale::Log => self.log_ticks(most.max(1)),
        }
    }

    fn linear_ticks(&self, most: usize) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / most as f64, self.unit);
        let largest = self.low.abs().max(self.high.abs());
        let first = (self.low / step - 1e-9).ceil();
        let values = (0..MOST).map(|at| (first + at as f64) * step);
        let inside = values.take_while(|value| *value <= self.high + step * 1e-6);
        inside.map(|value| Tick { value, text: Some(round(self.unit, value, step, largest)) }).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let (first, last) = ((self.low.log10() + 1e-9).floor() as i32, (self.high.log10() + 1e-9).floor() as i32);
        let decades = usize::try_from(last - first + 1).unwrap_or(1);
        let every = decades.div_ceil(most).max(1) as i32;
        let mut ticks = Vec::new();
        for power in (first..=last).take(MOST) {
            let decade = 10f64.powi(power);
            let text = ((power - first) % every == 0).then(|| round(self.unit, decade, decade, decade));
            ticks.push(Tick { value: decade, text });
            if every == 1 {
                ticks.extend(BETWEEN.map(|factor| Tick { value: factor * decade, text: None }));
            }
        }
        // Less than two decades: what lies between needs names, too.
        if decades <= 2 && most >= 2 * decades {
            for tick in &mut ticks {
                let lead = (tick.value / 10f64.powf((tick.value.log10() + 1e-9).floor())).round() as u32;
                if matches!(lead, 2 | 5) {
                    tick.text = Some(round(self.unit, tick.value, tick.value, tick.value));
                }
            }
        }
        ticks.retain(|tick| self.low * (1.0 - 1e-9) <= tick.value && tick.value <= self.high * (1.0 + 1e-9));
        ticks
    }
}

/// The least of 1, 2, 5 times a power of ten that is no less than `least`; whole for what is counted.
fn round_step(least: f64, unit: Unit) -> f64 {
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    let found =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least * (1.0 - 1e-9));
    let step = found.unwrap_or(10.0 * power);
    if unit == Unit::Share { step } else { step.max(1.0) }
}

/// A number of some unit, three digits.
#[must_use]
pub fn words(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Count if value.fract().abs() > 1e-9 && value.abs() < 1_000.0 => short(value, 2),
        Unit::Count => short_count(value.max(0.0).round() as u64),
        Unit::Nanos => duration(value.round() as i64),
        Unit::Bytes => bytes(value.max(0.0).round() as u64),
        Unit::Share => {
            let percent = value * 100.0;
            match percent {
                percent if percent <= 0.0 => "0 %".to_owned(),
                percent if percent < 0.1 => "< 0.1 %".to_owned(),
                percent if (99.95..100.0).contains(&percent) => "> 99.9 %".to_owned(),
                percent => format!("{} %", short(percent, 1)),
            }
        }
    }
}

/// A round value without digits that say nothing, in the unit that suits `largest`.
fn round(unit: Unit, value: f64, step: f64, largest: f64) -> String {
    let scales: &[(f64, &str)] = match unit {
        Unit::Nanos => &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
        Unit::Bytes => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        Unit::Count => &[(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")],
        Unit::Share => &[(0.01, "%")],
    };
    let (size, name) = scales.iter().copied().find(|scale| largest >= scale.0 * (1.0 - 1e-9)).unwrap_or((1.0, ""));
    let size = if unit == Unit::Share { 0.01 } else { size };
    let digits = (-(step / size).log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize;
    let name = if unit == Unit::Share { "%" } else { name };
    if value == 0.0 {
        return if name.is_empty() { "0".to_owned() } else { format!("0 {name}") };
    }
    let text = short(value / size, digits);
    if name.is_empty() { text } else { format!("{text} {name}") }
}

/// With at most `digits` decimals, no zeros at the end.
fn short(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().filter_map(|tick| tick.text).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(texts(&Axis::linear(Unit::Share, 0.0, 1.0), 5), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(
            texts(&Axis::linear(Unit::Nanos, 0.0, 284e6), 6),
            ["0 ms", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms"]
        );
        assert_eq!(texts(&Axis::linear(Unit::Nanos, 1.2e9, 1.8e9), 3), ["1.2 s", "1.4 s", "1.6 s", "1.8 s"]);
        assert_eq!(texts(&Axis::linear(Unit::Bytes, 0.0, 3.9e6), 4), ["0 MB", "1 MB", "2 MB", "3 MB"]);
        assert_eq!(texts(&Axis::linear(Unit::Count, 0.0, 3.0), 10), ["0", "1", "2", "3"]);
    }

    #[test]
    fn log_ticks_are_decades_with_small_ones_between() {
        let axis = Axis::log(Unit::Nanos, 1e3, 1e9);
        assert_eq!(texts(&axis, 10), ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        assert_eq!(axis.ticks(10).len(), 6 * 9 + 1);
        assert_eq!(texts(&axis, 4), ["1 µs", "100 µs", "10 ms", "1 s"]);
        assert_eq!(texts(&Axis::log(Unit::Nanos, 1e6, 6e6), 6), ["1 ms", "2 ms", "5 ms"]);
    }

    #[test]
    fn places_and_values_are_each_others_reverse() {
        for axis in [Axis::linear(Unit::Count, -3.0, 9.0), Axis::log(Unit::Nanos, 1e3, 3e8)] {
            for part in [0.0, 0.25, 0.5, 1.0] {
                assert!((axis.part(axis.value(part)) - part).abs() < 1e-9, "{axis:?} {part}");
            }
        }
        assert!(Axis::log(Unit::Nanos, 1.0, 10.0).part(0.0) < 0.0);
    }

    #[test]
    fn degenerate_axes_stay_drawable() {
        for axis in
            [Axis::linear(Unit::Share, 0.0, 0.0), Axis::log(Unit::Nanos, 0.0, 0.0), Axis::up_to(Unit::Bytes, 0.0)]
        {
            assert!(axis.part(axis.high).is_finite() && axis.ticks(5).len() <= MOST, "{axis:?}");
        }
    }

    #[test]
    fn values_read_well() {
        assert_eq!(words(Unit::Share, 0.0004), "< 0.1 %");
        assert_eq!(words(Unit::Share, 0.65412), "65.4 %");
        assert_eq!(words(Unit::Share, 0.9996), "> 99.9 %");
        assert_eq!(words(Unit::Share, 1.0), "100 %");
        assert_eq!(words(Unit::Count, 2.5), "2.5");
        assert_eq!(words(Unit::Nanos, 1_240.0), "1.24 µs");
    }
}
