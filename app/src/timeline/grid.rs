//! The columns that lanes are asked in. They lie on multiples of their own width, and their width goes
//! in steps, so that what is merged stays merged while the view pans, and for a while as it zooms.

use trace_core::base::time::{TimeRange, TraceTime};

use crate::timeline::axis::Axis;

/// Columns over a little more than the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Width of a column, ns; a power of two, or three quarters of one.
    pub column_nanos: i64,
    /// Where the first one begins, in columns since time 0.
    pub first: i64,
    /// How many there are.
    pub count: u32,
}

impl Grid {
    /// Columns that cover the axis, at most `column_points` wide and at least two thirds of it (but
    /// never shorter than a nanosecond).
    #[must_use]
    pub fn new(axis: &Axis, column_points: f32) -> Self {
        let wanted = axis.nanos_per_point() * f64::from(column_points);
        let column_nanos = step_at_most(wanted);
        let first = floor_div(axis.start_nanos, column_nanos);
        let last = floor_div(axis.start_nanos + axis.span_nanos, column_nanos);
        // No screen has four billion columns.
        Self { column_nanos, first, count: (last - first + 1).clamp(1, 1 << 20) as u32 }
    }

    /// The same columns and a quarter more on both sides, so that a little panning needs nothing new.
    #[must_use]
    pub fn with_margin(&self) -> Self {
        let margin = self.count / 4 + 1;
        Self { first: self.first - i64::from(margin), count: self.count + 2 * margin, ..*self }
    }

    /// Whether what was made for these columns is right for `wanted`, too.
    #[must_use]
    pub fn serves(&self, wanted: &Self) -> bool {
        let end = |grid: &Self| grid.first + i64::from(grid.count);
        self.column_nanos == wanted.column_nanos && self.first <= wanted.first && end(self) >= end(wanted)
    }

    /// The stretch of time under all columns.
    #[must_use]
    pub fn range(&self) -> TimeRange {
        let start = self.first.saturating_mul(self.column_nanos);
        let length = i64::from(self.count).saturating_mul(self.column_nanos);
        TimeRange::new(TraceTime(start), TraceTime(start.saturating_add(length)))
    }

    /// Columns that are `step` of these wide, and cover as much.
    #[must_use]
    pub fn coarser(&self, step: u32) -> Self {
        let step = i64::from(step.max(1));
        let (first, end) = (self.first.div_euclid(step), self.first + i64::from(self.count));
        let count = (end - first * step + step - 1) / step;
        let column_nanos = self.column_nanos.saturating_mul(step);
        Self { column_nanos, first, count: u32::try_from(count.max(1)).unwrap_or(1) }
    }

    /// The place of the column that holds `time`, the first one before all and one behind the last one after all.
    #[must_use]
    pub fn column_of(&self, time: TraceTime) -> usize {
        let at = time.0.div_euclid(self.column_nanos) - self.first;
        usize::try_from(at.clamp(0, i64::from(self.count))).unwrap_or(0)
    }

    /// The stretch of time under a column.
    #[must_use]
    pub fn column(&self, at: usize) -> TimeRange {
        let start = (self.first + i64::try_from(at).unwrap_or(0)).saturating_mul(self.column_nanos);
        TimeRange::new(TraceTime(start), TraceTime(start.saturating_add(self.column_nanos)))
    }

    /// Where the column that holds `time` ends.
    #[must_use]
    pub fn column_end(&self, time: TraceTime) -> TraceTime {
        TraceTime((time.0.div_euclid(self.column_nanos) + 1).saturating_mul(self.column_nanos))
    }
}

fn floor_div(nanos: f64, column: i64) -> i64 {
    (nanos.floor() as i64).div_euclid(column)
}

/// The largest of 1, 2, 3, 4, 6, 8, 12, 16, … that is not above `wanted`; at least 1.
fn step_at_most(wanted: f64) -> i64 {
    let mut step = 1i64;
    while (step * 2) as f64 <= wanted && step < 1 << 60 {
        step *= 2;
    }
    let between = step + step / 2;
    if step > 1 && between as f64 <= wanted { between } else { step }
}

#[cfg(test)]
mod tests {
    use super::{Grid, step_at_most};
    use crate::state::view::View;
    use crate::timeline::axis::Axis;
    use trace_core::base::time::TraceTime;

    fn grid(start: f64, span: f64) -> Grid {
        Grid::new(&Axis::new(&View { start_nanos: start, span_nanos: span, scroll_points: 0.0 }, 0.0, 1000.0), 2.0)
    }

    #[test]
    fn steps_are_powers_of_two_and_between() {
        let steps: Vec<i64> = [0.1, 1.0, 1.9, 2.0, 3.0, 3.9, 5.0, 6.5, 100.0, 1e9].map(step_at_most).into();
        assert_eq!(steps, [1, 1, 1, 2, 3, 3, 4, 6, 96, 805_306_368]);
    }

    #[test]
    fn columns_cover_the_view_and_no_more_than_one_beyond() {
        for (start, span) in [(2.5e12 + 0.5, 1e9), (12.0, 40.0), (-500.0, 1e6)] {
            let grid = grid(start, span);
            let range = grid.range();
            assert!(range.start.0 as f64 <= start && start - (range.start.0 as f64) < grid.column_nanos as f64 + 1.0);
            assert!(range.end.0 as f64 >= start + span, "{range:?}");
            assert!(range.end.0 as f64 - start - span <= grid.column_nanos as f64 + 1.0, "{range:?}");
        }
    }

    #[test]
    fn coarser_columns_cover_the_same() {
        let grid = Grid { column_nanos: 10, first: -3, count: 8 };
        let wide = grid.coarser(2);
        assert_eq!(wide, Grid { column_nanos: 20, first: -2, count: 5 });
        assert!(wide.range().start <= grid.range().start && wide.range().end >= grid.range().end);
        assert_eq!(
            (wide.column_of(TraceTime(-41)), wide.column_of(TraceTime(-1)), wide.column_of(TraceTime(900))),
            (0, 1, 5)
        );
        assert_eq!(wide.column(1).start, TraceTime(-20));
    }

    #[test]
    fn a_margin_serves_a_little_panning() {
        let made = grid(1e9, 1e6).with_margin();
        assert!(made.serves(&grid(1e9, 1e6)));
        assert!(made.serves(&grid(1e9 + 2.4e5, 1e6)) && made.serves(&grid(1e9 - 2.4e5, 1e6)));
        assert!(!made.serves(&grid(1e9 + 3e5, 1e6)) && !made.serves(&grid(1e9, 2e6)));
    }

    #[test]
    fn panning_keeps_the_columns_in_place() {
        let (a, b) = (grid(1e9, 1e6), grid(1e9 + 3_333.0, 1e6));
        assert_eq!(a.column_nanos, b.column_nanos);
        assert_eq!((b.range().start.0 - a.range().start.0) % a.column_nanos, 0);
        assert_eq!(a.column_end(TraceTime(0)), TraceTime(a.column_nanos));
        assert_eq!(a.column_end(TraceTime(-1)), TraceTime(0));
    }
}
