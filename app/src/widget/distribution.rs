//! Samples of durations → what a plot shows: a histogram, or the part that is at most so long.

use egui::Color32;

use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{Look, Series};

/// Bars of a histogram.
const BINS: usize = 48;
/// A logarithmic axis covers at least this factor.
const LEAST_FACTOR: f64 = 12.0;
/// Points of a cumulated curve.
const POINTS: usize = 240;

/// A sample: values rising, nanoseconds, and how many they stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The values, in no order.
    pub values: Vec<f64>,
    /// How many there are in all.
    pub count: u64,
}

impl Sample {
    /// The part of values that are at most `limit`.
    fn part_to(&self, limit: f64) -> f64 {
        let below = self.values.partition_point(|value| *value <= limit);
        below as f64 / self.values.len().max(1) as f64
    }
}

/// An axis from the least to the largest value of both, logarithmic or from zero; `None` without values.
#[must_use]
pub fn axis(samples: &[Sample; 2], is_log: bool) -> Option<Axis> {
    let all = || samples.iter().flat_map(|sample| sample.values.first().into_iter().chain(sample.values.last()));
    let (low, high) = (all().copied().reduce(f64::min)?, all().copied().reduce(f64::max)?);
    Some(if is_log {
        let (low, high) = (low.max(1.0), high.max(1.0));
        // Values that are much alike stand in the middle, with round numbers on both sides.
        let (low, high) = if high < low * LEAST_FACTOR {
            let middle = (low * high).sqrt();
            (middle / LEAST_FACTOR.sqrt(), middle * LEAST_FACTOR.sqrt())
        } else {
            (low / 1.05, high * 1.05)
        };
        Axis::log(Unit::Nanos, low, high)
    } else {
        Axis::linear(Unit::Nanos, 0.0, high.max(1.0) * 1.02)
    })
}

/// How many values are about so long, in equal parts of the axis: in sum the whole count, or 1.
#[must_use]
pub fn histogram(sample: &Sample, axis: &Axis, is_normalized: bool, (name, color): (&str, Color32)) -> Series {
    if sample.values.is_empty() {
        return Series::line(name, color, Vec::new());
    }
    let whole = if is_normalized { 1.0 } else { sample.count as f64 };
    let weight = whole / sample.values.len().max(1) as f64;
    let mut bars = [0.0; BINS];
    for value in &sample.values {
        let bar = ((axis.part(*value) * BINS as f64).max(0.0) as usize).min(BINS - 1);
        if let Some(bar) = bars.get_mut(bar) {
            *bar += weight;
        }
    }
    let border = |at: usize| axis.value(at as f64 / BINS as f64);
    let mut points: Vec<[f64; 2]> = bars.iter().enumerate().map(|(at, bar)| [border(at), *bar]).collect();
    points.push([border(BINS), 0.0]);
    Series::line(name, color, points).drawn_as(Look::Area)
}

/// The part of values that are at most so long.
#[must_use]
pub fn cumulated(sample: &Sample, axis: &Axis, (name, color): (&str, Color32)) -> Series {
    if sample.values.is_empty() {
        return Series::line(name, color, Vec::new());
    }
    let points = (0..=POINTS).map(|at| {
        let value = axis.value(at as f64 / POINTS as f64);
        [value, sample.part_to(value)]
    });
    Series::line(name, color, points.collect()).drawn_as(Look::Steps)
}

#[cfg(test)]
mod tests {
    use super::{Sample, axis, cumulated, histogram};
    use egui::Color32;

    fn sample(values: &[f64], count: u64) -> Sample {
        Sample { values: values.to_vec(), count }
    }

    #[test]
    fn bars_hold_every_value_once() {
        let samples = [sample(&[0.0, 10.0, 20.0, 4_000.0], 300), sample(&[1e6], 1)];
        for is_log in [false, true] {
            let axis = axis(&samples, is_log).expect("values");
            let sum = |at: usize, is_normalized: bool| -> f64 {
                let series = histogram(&samples[at], &axis, is_normalized, ("", Color32::RED));
                series.points.iter().map(|point| point[1]).sum()
            };
            assert!((sum(0, false) - 300.0).abs() < 1e-6 && (sum(1, true) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_cumulated_part_rises_to_one() {
        let samples = [sample(&[5.0, 50.0], 2), Sample::default()];
        let axis = axis(&samples, true).expect("values");
        let points = cumulated(&samples[0], &axis, ("", Color32::RED)).points;
        assert!(points.windows(2).all(|two| two[0][1] <= two[1][1]));
        assert_eq!(points.last().map(|point| point[1]), Some(1.0));
        assert!(cumulated(&samples[1], &axis, ("", Color32::RED)).points.is_empty());
    }

    #[test]
    fn equal_or_missing_values_still_have_an_axis() {
        let zero = [sample(&[0.0], 1), sample(&[0.0, 0.0], 2)];
        for is_log in [false, true] {
            let axis = axis(&zero, is_log).expect("values");
            assert!(axis.part(0.0).is_finite() && axis.value(0.5).is_finite());
        }
        assert!(axis(&[Sample::default(), Sample::default()], true).is_none());
    }
}
