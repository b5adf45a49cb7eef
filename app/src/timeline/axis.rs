//! Time against pixels, in `f64`: the one place that converts between them. Only finished screen
//! positions are `f32`.

use trace_core::base::time::TraceTime;

use crate::state::view::View;

/// The horizontal axis of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Time at the left edge, ns on the trace clock.
    pub start_nanos: f64,
    /// Length of the visible stretch, ns.
    pub span_nanos: f64,
    /// Left edge of the lanes, points.
    pub left: f32,
    /// Width of the lanes in points; positive.
    pub width: f32,
    /// Points a nanosecond takes.
    points_per_nano: f64,
}

/// Positions further out than this are of no interest; it keeps `f32` exact.
const FAR: f64 = 64.0;

impl Axis {
    /// The axis that shows `view` between `left` and `left + width`.
    #[must_use]
    pub fn new(view: &View, left: f32, width: f32) -> Self {
        let width = width.max(1.0);
        Self {
            start_nanos: view.start_nanos,
            span_nanos: view.span_nanos,
            left,
            width,
            points_per_nano: f64::from(width) / view.span_nanos,
        }
    }

    /// Right edge of the lanes, points.
    #[must_use]
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Length of a point, ns.
    #[must_use]
    pub fn nanos_per_point(&self) -> f64 {
        self.span_nanos / f64::from(self.width)
    }

    /// The place of an instant, points; at most a little outside.
    #[must_use]
    pub fn x_from_time(&self, time: TraceTime) -> f32 {
        self.x_from_nanos(time.0 as f64)
    }

    /// The place of an instant given in ns on the trace clock.
    #[must_use]
    pub fn x_from_nanos(&self, nanos: f64) -> f32 {
        let offset = (nanos - self.start_nanos) * self.points_per_nano;
        self.left + offset.clamp(-FAR, f64::from(self.width) + FAR) as f32
    }

    /// The instant at `x`, ns on the trace clock.
    #[must_use]
    pub fn nanos_from_x(&self, x: f32) -> f64 {
        self.start_nanos + f64::from(x - self.left) / f64::from(self.width) * self.span_nanos
    }

    /// The whole nanosecond that holds `x`.
    #[must_use]
    pub fn time_from_x(&self, x: f32) -> TraceTime {
        TraceTime(self.nanos_from_x(x).floor() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;
    use crate::state::view::View;
    use trace_core::base::time::TraceTime;

    fn axis(start: f64, span: f64) -> Axis {
        Axis::new(&View { start_nanos: start, span_nanos: span, scroll_points: 0.0 }, 220.0, 1700.0)
    }

    #[test]
    fn there_and_back() {
        for (start, span) in [(2.5e12, 1e9), (2.5e12, 30.0), (0.0, 1e13)] {
            let axis = axis(start, span);
            for x in [220.0, 221.0, 1000.0, 1919.5] {
                let back = axis.x_from_nanos(axis.nanos_from_x(x));
                assert!((back - x).abs() < 0.05, "{x} → {back}");
            }
        }
    }

    #[test]
    fn a_nanosecond_has_width_at_the_closest_zoom() {
        let axis = axis(2_500_000_000_000.0, 30.0);
        let one = axis.x_from_time(TraceTime(2_500_000_000_001)) - axis.x_from_time(TraceTime(2_500_000_000_000));
        assert!((one - 1700.0 / 30.0).abs() < 0.01);
        assert_eq!(axis.time_from_x(221.0), TraceTime(2_500_000_000_000));
        assert_eq!(axis.time_from_x(219.0), TraceTime(2_499_999_999_999));
    }

    #[test]
    fn places_far_outside_stay_near() {
        let axis = axis(1e12, 30.0);
        assert_eq!(axis.x_from_time(TraceTime::MIN), 220.0 - 64.0);
        assert_eq!(axis.x_from_time(TraceTime::MAX), 1920.0 + 64.0);
    }
}
