//! Plots as SVG: distributions, curves over time, and stacked states.

use std::fmt::Write as _;

use maud::{Markup, html};
use trace_core::analysis::compare::composition::StateComposition;
use trace_core::analysis::compare::stats::quantile;
use trace_core::analysis::mmu::Point;
use trace_core::event::state::SpanClass;

use crate::cli::compare::html::axis::{Axis, Unit};

const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;
/// Points of a distribution's curve.
const POINTS: usize = 200;
/// Bars of a histogram.
const BARS: usize = 40;

/// Two axes and the room between them.
pub(super) struct Plot {
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// A plot of a size in pixels.
    #[must_use]
    pub(super) const fn new((width, height): (f64, f64), x: Axis, y: Axis) -> Self {
        Self { width, height, x, y }
    }

    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let across = self.width - LEFT - RIGHT;
        let down = self.height - TOP - BOTTOM;
        (LEFT + self.x.at(x) * across, TOP + (1.0 - self.y.at(y)) * down)
    }

    fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points {
            let (x, y) = self.at(x, y);
            let letter = if path.is_empty() { 'M' } else { 'L' };
            // Writing to a string does not fail.
            write!(path, "{letter}{x:.1} {y:.1}").unwrap_or_default();
        }
        path
    }

    /// A line through points.
    #[must_use]
    pub(super) fn line(&self, side: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Markup {
        html! { path class={ "line " (side) } d=(self.path(points)) {} }
    }

    /// The whole picture with axes, what is drawn in it, and a sentence for those who do not see it.
    #[must_use]
    pub(super) fn svg(&self, says: &str, inside: &Markup) -> Markup {
        let (left, bottom) = (LEFT, self.height - BOTTOM);
        html! {
            svg viewBox={ "0 0 " (self.width) " " (self.height) } role="img" aria-label=(says) {
                @for (value, label) in self.y.ticks() {
                    @let y = self.at(0.0, value).1;
                    line.grid x1=(left) x2=(self.width - RIGHT) y1=(round(y)) y2=(round(y)) {}
                    text x=(left - 6.0) y=(round(y + 4.0)) text-anchor="end" { (label) }
                }
                @for (value, label) in self.x.ticks() {
                    @let x = self.at(value, 0.0).0;
                    line.grid x1=(round(x)) x2=(round(x)) y1=(bottom) y2=(bottom + 4.0) {}
                    text x=(round(x)) y=(bottom + 16.0) text-anchor=(if x > self.width - 40.0 { "end" } else { "middle" }) {
                        (label)
                    }
                }
                (inside)
            }
        }
    }
}

fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

/// The axis that holds the durations of both sides.
fn axis_of(sides: [&[f64]; 2]) -> Axis {
    let lows = sides.iter().filter_map(|values| values.iter().copied().find(|value| *value > 0.0));
    let highs = sides.iter().filter_map(|values| values.last().copied());
    let (low, high) = (lows.fold(f64::INFINITY, f64::min), highs.fold(1.0, f64::max));
    Axis::of_durations(if low.is_finite() { low } else { 0.0 }, high)
}

/// How many are at most so long: both sides' distribution functions. Values are sorted, nanoseconds.
#[must_use]
pub(super) fn distribution(sides: [&[f64]; 2]) -> Markup {
    let plot = Plot::new((560.0, 220.0), axis_of(sides), Axis::linear(0.0, 1.0, Unit::Part));
    let curve = |values: &[f64]| {
        let count = values.len().min(POINTS);
        let last = plot.x.value(1.0);
        let first = values.first().map(|value| (*value, 0.0));
        let steps = (0..count).map(|at| (at as f64 + 1.0) / count as f64);
        let points: Vec<(f64, f64)> = steps.map(|part| (quantile(values, part), part)).collect();
        first.into_iter().chain(points).chain((count > 0).then_some((last, 1.0))).collect::<Vec<_>>()
    };
    let inside = html! {
        @for (side, values) in ["a", "b"].iter().zip(sides) { (plot.line(side, curve(values))) }
    };
    plot.svg("Distribution functions of both sides", &inside)
}

/// How durations are spread: the part of each side's in each of equal steps of the axis.
#[must_use]
pub(super) fn histogram(sides: [&[f64]; 2]) -> Markup {
    let x = axis_of(sides);
    let bars = sides.map(|values| {
        let mut bars = [0_u32; BARS];
        for value in values {
            let at = ((x.at(*value) * BARS as f64) as usize).min(BARS - 1);
            if let Some(bar) = bars.get_mut(at) {
                *bar += 1;
            }
        }
        bars.map(|count| f64::from(count) / values.len().max(1) as f64)
    });
    let high = bars.iter().flatten().copied().fold(0.0, f64::max);
    let plot = Plot::new((560.0, 220.0), x, Axis::linear(0.0, high, Unit::Part));
    let outline = |bars: &[f64; BARS]| {
        let mut points = vec![(plot.x.value(0.0), 0.0)];
        for (at, part) in bars.iter().enumerate() {
            points.push((plot.x.value(at as f64 / BARS as f64), *part));
            points.push((plot.x.value((at + 1) as f64 / BARS as f64), *part));
        }
        points.push((plot.x.value(1.0), 0.0));
        plot.path(points)
    };
    let inside = html! {
        @for (side, bars) in ["a", "b"].iter().zip(&bars) {
            @if bars.iter().any(|part| *part > 0.0) {
                path class={ "area " (side) } d=(outline(bars)) {}
                path class={ "line " (side) } d=(outline(bars)) {}
            }
        }
    };
    plot.svg("Histograms of both sides", &inside)
}

/// A curve with a value in each of equal parts of a stretch of time.
pub(super) struct Curve {
    /// Where it begins and ends on the common axis, nanoseconds.
    pub(super) when: (f64, f64),
    /// Its values; `None` where nothing is known.
    pub(super) values: Vec<Option<f64>>,
}

/// Curves of both sides over a common time.
#[must_use]
pub(super) fn curves(sides: [&Curve; 2], unit: Unit, says: &str) -> Markup {
    let high = sides.iter().flat_map(|curve| curve.values.iter().flatten()).copied().fold(0.0, f64::max);
    let plot = Plot::new((560.0, 200.0), common(sides.map(|curve| curve.when)), Axis::linear(0.0, high, unit));
    let points = |curve: &Curve| {
        let step = (curve.when.1 - curve.when.0) / curve.values.len().max(1) as f64;
        let known = curve.values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
        known.map(|(at, value)| (curve.when.0 + (at as f64 + 0.5) * step, value)).collect::<Vec<_>>()
    };
    let inside = html! {
        @for (side, curve) in ["a", "b"].iter().zip(sides) { (plot.line(side, points(curve))) }
    };
    plot.svg(says, &inside)
}

/// The least part of the processors that the program had in any window, by the window's length.
#[must_use]
pub(super) fn utilisation(sides: [&[Point]; 2]) -> Markup {
    let longest = sides.iter().flat_map(|side| side.last()).map(|point| point.window as f64).fold(1e4, f64::max);
    let plot = Plot::new((560.0, 200.0), Axis::of_durations(1e3, longest), Axis::linear(0.0, 1.0, Unit::Part));
    let points = |side: &[Point]| side.iter().map(|point| (point.window as f64, point.least)).collect::<Vec<_>>();
    let inside = html! {
        @for (side, curve) in ["a", "b"].iter().zip(sides) { (plot.line(side, points(curve))) }
    };
    plot.svg("Minimum mutator utilisation by length of window", &inside)
}

/// The time axis that holds both.
#[must_use]
pub(super) fn common(sides: [(f64, f64); 2]) -> Axis {
    let [(a0, a1), (b0, b1)] = sides;
    Axis::linear(a0.min(b0), a1.max(b1), Unit::Time)
}

/// How many goroutines did what over time, stacked; `high` is the top of the axis.
#[must_use]
pub(super) fn states(mix: &StateComposition, when: (f64, f64), x: Axis, high: f64, length: f64) -> Markup {
    let plot = Plot::new((1_160.0, 180.0), x, Axis::linear(0.0, high, Unit::Count));
    let part = (length / mix.parts.len().max(1) as f64).max(1.0);
    let step = (when.1 - when.0) / mix.parts.len().max(1) as f64;
    let mut below = vec![0.0; mix.parts.len()];
    let mut areas: Vec<(SpanClass, String)> = Vec::new();
    for class in SpanClass::STACKED {
        let above: Vec<f64> = below
            .iter()
            .zip(&mix.parts)
            .map(|(below, sums)| below + sums.get(class as usize).map_or(0.0, |nanos| *nanos as f64 / part))
            .collect();
        if above != below {
            let edge = |values: &[f64]| -> Vec<(f64, f64)> {
                let at = |part: usize| when.0 + part as f64 * step;
                values
                    .iter()
                    .enumerate()
                    .flat_map(|(part, value)| [(at(part), *value), (at(part + 1), *value)])
                    .collect()
            };
            let points = edge(&above).into_iter().chain(edge(&below).into_iter().rev());
            areas.push((class, plot.path(points)));
        }
        below = above;
    }
    let inside = html! {
        @for (class, path) in &areas {
            path d=(path) style={ "fill:var(--c" (*class as usize) ")" } {}
        }
    };
    plot.svg("Goroutines by state over time", &inside)
}

/// The highest stack of a mix: goroutines at once.
#[must_use]
pub(super) fn highest(mix: &StateComposition, length: f64) -> f64 {
    let part = (length / mix.parts.len().max(1) as f64).max(1.0);
    let tops = mix.parts.iter().map(|sums| sums.iter().skip(1).sum::<u64>() as f64 / part);
    tops.fold(0.0, f64::max)
}
