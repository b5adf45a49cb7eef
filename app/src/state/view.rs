//! Which part of the trace is in view, and what is selected in it.

use trace_core::base::ids::TaskIdx;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::trace::Region;

use crate::state::area::Area;
use crate::state::scope::ScopeChoice;

/// The visible window on time and lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Time at the left edge, ns on the trace clock. Fractions matter when zoomed in below 1 ns per point.
    pub start_nanos: f64,
    /// Length of the visible stretch, ns; positive.
    pub span_nanos: f64,
    /// Distance scrolled down from the first row, points.
    pub scroll_points: f64,
}

impl View {
    /// The visible stretch, rounded outwards to whole nanoseconds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "saturating float casts are what is wanted")]
    pub fn range(&self) -> TimeRange {
        TimeRange::new(
            TraceTime(self.start_nanos.floor() as i64),
            TraceTime((self.start_nanos + self.span_nanos).ceil() as i64),
        )
    }

    /// Time at the right edge, ns.
    #[must_use]
    pub fn end_nanos(&self) -> f64 {
        self.start_nanos + self.span_nanos
    }

    /// All of the trace, with a little air at both ends; rows from the top.
    #[must_use]
    pub fn whole(bounds: TimeRange) -> Self {
        Self { start_nanos: 0.0, span_nanos: 1.0, scroll_points: 0.0 }.fit(bounds, WHOLE_AIR, bounds)
    }

    /// Exactly this stretch of time (as far as the limits allow); rows stay.
    #[must_use]
    pub fn show(self, range: TimeRange, bounds: TimeRange) -> Self {
        self.fit(range, 0.0, bounds)
    }

    /// This stretch of time with `air` (a fraction of its length) left and right; rows stay.
    #[must_use]
    pub fn fit(self, range: TimeRange, air: f64, bounds: TimeRange) -> Self {
        let length = nanos(range).max(1.0);
        let span = (length * (1.0 + 2.0 * air)).max(MIN_SPAN_NANOS);
        let middle = range.start.0 as f64 + nanos(range) / 2.0;
        Self { start_nanos: middle - span / 2.0, span_nanos: span, ..self }.clamp(bounds)
    }

    /// Zooms by `factor` (new span / old span: below 1 is closer); the instant `at` keeps its place
    /// on screen, the middle if `None`.
    #[must_use]
    pub fn zoom(self, factor: f64, at: Option<f64>, bounds: TimeRange) -> Self {
        if !(factor.is_finite() && factor > 0.0) {
            return self;
        }
        let at = at.unwrap_or(self.start_nanos + self.span_nanos / 2.0);
        let span = (self.span_nanos * factor).clamp(MIN_SPAN_NANOS, longest_span(bounds));
        let place = (at - self.start_nanos) / self.span_nanos;
        Self { start_nanos: at - place * span, span_nanos: span, ..self }.clamp(bounds)
    }

    /// Pans by a fraction of the view's width: positive shows later times.
    #[must_use]
    pub fn pan(self, fraction: f64, bounds: TimeRange) -> Self {
        Self { start_nanos: self.start_nanos + fraction * self.span_nanos, ..self }.clamp(bounds)
    }

    /// Scrolls rows by `points` (positive = down). `content` and `height` are the height of all rows
    /// and of the lane area, points.
    #[must_use]
    pub fn scroll(self, points: f64, content: f64, height: f64) -> Self {
        Self { scroll_points: clamp_scroll(self.scroll_points + points, content, height), ..self }
    }

    /// Keeps the view at the trace: the zoom between [`MIN_SPAN_NANOS`] and a little more than all,
    /// the edges at most a little beyond the ends.
    #[must_use]
    pub fn clamp(self, bounds: TimeRange) -> Self {
        let span = self.span_nanos.clamp(MIN_SPAN_NANOS, longest_span(bounds));
        let beyond = (nanos(bounds) * BEYOND).max(0.5 * MIN_SPAN_NANOS).min(span / 2.0);
        let first = bounds.start.0 as f64 - beyond;
        let last = bounds.end.0 as f64 + beyond - span;
        // A short trace in a view at the closest zoom: keep it in the middle.
        let start = if last < first { (first + last) / 2.0 } else { self.start_nanos.clamp(first, last) };
        Self { start_nanos: start, span_nanos: span, ..self }
    }

    /// Whether exactly the times of another view are in view, whatever the rows.
    #[must_use]
    pub fn shows_times_of(&self, other: &Self) -> bool {
        self.start_nanos == other.start_nanos && self.span_nanos == other.span_nanos
    }

    /// The same scale and left edge in a lane area that is `factor` times as wide.
    #[must_use]
    pub fn widen(self, factor: f64, bounds: TimeRange) -> Self {
        let most = (MOST_WIDENED * nanos(bounds)).max(MIN_SPAN_NANOS).max(self.span_nanos);
        Self { span_nanos: (self.span_nanos * factor).clamp(MIN_SPAN_NANOS, most), ..self }
    }

    /// Brings an instant into sight with least movement: nothing if it lies in the inner part of the
    /// view; else it comes to the near edge, or to the middle after a jump of more than a view.
    #[must_use]
    pub fn reveal_time(self, time: TraceTime, bounds: TimeRange) -> Self {
        let time = time.0 as f64;
        let margin = self.span_nanos * REVEAL_MARGIN;
        let (inner_start, inner_end) = (self.start_nanos + margin, self.end_nanos() - margin);
        let start = if time < self.start_nanos - self.span_nanos || time > self.end_nanos() + self.span_nanos {
            time - self.span_nanos / 2.0
        } else if time < inner_start {
            time - margin
        } else if time > inner_end {
            time + margin - self.span_nanos
        } else {
            return self;
        };
        Self { start_nanos: start, ..self }.clamp(bounds)
    }

    /// Brings a row (its upper edge `top` and `height`, points from the first row) into sight with
    /// least movement, leaving a row's breath above and below. `content` and `lanes_height` as in
    /// [`View::scroll`].
    #[must_use]
    pub fn reveal_row(self, top: f64, height: f64, content: f64, lanes_height: f64) -> Self {
        let breath = REVEAL_BREATH.min((lanes_height - height).max(0.0) / 2.0);
        let (above, below) = (top - breath, top + height + breath - lanes_height);
        let far = lanes_height;
        let scroll = if self.scroll_points > above + far || self.scroll_points < below - far {
            top + height / 2.0 - lanes_height / 2.0
        } else if self.scroll_points > above {
            above
        } else if self.scroll_points < below {
            below
        } else {
            return self;
        };
        Self { scroll_points: clamp_scroll(scroll, content, lanes_height), ..self }
    }
}

/// The closest zoom: about 1 ns per 50 points of a usual window.
pub const MIN_SPAN_NANOS: f64 = 30.0;
/// Air left and right of the whole trace, as a fraction of its length.
pub const WHOLE_AIR: f64 = 0.01;
/// Air left and right of a fitted selection, as a fraction of its length.
pub const FIT_AIR: f64 = 0.15;
/// How far the view may go beyond the ends of the trace, as a fraction of the trace's length.
const BEYOND: f64 = 0.05;
/// A view that gets wider shows at most so many times the trace.
const MOST_WIDENED: f64 = 3.0;
/// What is to be seen comes at least this far inside, as a fraction of the view.
const REVEAL_MARGIN: f64 = 0.1;
/// Points left above and below a row that is brought into sight.
const REVEAL_BREATH: f64 = 44.0;

/// A scroll position that shows rows: from the first to the last one at the bottom edge.
#[must_use]
pub fn clamp_scroll(scroll: f64, content: f64, height: f64) -> f64 {
    scroll.clamp(0.0, (content - height).max(0.0))
}

fn nanos(range: TimeRange) -> f64 {
    range.nanos() as f64
}

fn longest_span(bounds: TimeRange) -> f64 {
    (nanos(bounds) * (1.0 + 2.0 * BEYOND)).max(MIN_SPAN_NANOS)
}

/// What is selected in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Selection {
    /// Nothing: side panels say how to select.
    #[default]
    None,
    /// One span of a lane.
    Span(SpanRef),
    /// A whole lane: goroutine, proc, thread.
    Lane(LaneId),
    /// A user task, with all that belongs to it.
    Task(TaskIdx),
    /// A user region of a goroutine.
    Region(Region),
}

impl Selection {
    /// The lane that the selection is on; `None` for a task, which may be on many.
    #[must_use]
    pub fn lane(self) -> Option<LaneId> {
        match self {
            Self::None | Self::Task(_) => None,
            Self::Span(span) => Some(span.lane),
            Self::Lane(lane) => Some(lane),
            Self::Region(region) => Some(LaneId::Goroutine(region.go)),
        }
    }
}

/// A place to come back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// What was in view.
    pub view: View,
    /// What was selected there.
    pub selection: Selection,
    /// The range of time that was selected.
    pub marked: Option<TimeRange>,
    /// The rows that were selected along with it.
    pub area: Option<Area>,
    /// What analyses looked at.
    pub scope: ScopeChoice,
    /// The panels in front, by their names.
    pub fronts: Vec<&'static str>,
}

/// Where the user has been: back and forth like a browser.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Places before the present one, oldest first.
    pub back: Vec<Place>,
    /// Places after it, nearest last.
    pub forward: Vec<Place>,
}

#[cfg(test)]
mod tests {
    use super::{FIT_AIR, MIN_SPAN_NANOS, View, clamp_scroll};
    use trace_core::base::time::{TimeRange, TraceTime};

    const BOUNDS: TimeRange = TimeRange { start: TraceTime(2_000_000_000_000), end: TraceTime(2_001_000_000_000) };

    fn view(start: f64, span: f64) -> View {
        View { start_nanos: start, span_nanos: span, scroll_points: 7.0 }
    }

    #[test]
    fn zoom_keeps_the_instant_in_place() {
        let mut view = View::whole(BOUNDS);
        let at = 2_000_400_000_123.0;
        let place = |view: View| (at - view.start_nanos) / view.span_nanos;
        let before = place(view);
        while view.span_nanos > MIN_SPAN_NANOS * 1.01 {
            view = view.zoom(0.8, Some(at), BOUNDS);
            // A hundredth of a pixel of a 4,000 pixel window.
            assert!((place(view) - before).abs() < 2.5e-6 * (1e3 / view.span_nanos).max(1.0), "{view:?}");
        }
        assert!((view.span_nanos - MIN_SPAN_NANOS).abs() < 1.0);
    }

    #[test]
    fn zoom_stops_at_both_limits() {
        let all = View::whole(BOUNDS).zoom(1e9, None, BOUNDS);
        assert!((all.span_nanos - 1.1e9).abs() < 1.0);
        assert!((all.start_nanos - 1_999_950_000_000.0).abs() < 1.0);
        let close = all.zoom(1e-12, None, BOUNDS);
        assert_eq!(close.span_nanos, MIN_SPAN_NANOS);
        assert_eq!(all.zoom(f64::NAN, None, BOUNDS), all);
        assert_eq!(all.zoom(0.0, None, BOUNDS), all);
    }

    #[test]
    fn pan_stops_a_little_beyond_the_ends() {
        let close = view(2_000_500_000_000.0, 1e6);
        assert_eq!(close.pan(0.5, BOUNDS).start_nanos, 2_000_500_500_000.0);
        // At most half a view of nothing.
        assert_eq!(close.pan(-1e9, BOUNDS).start_nanos, 1_999_999_500_000.0);
        assert_eq!(close.pan(1e9, BOUNDS).start_nanos, 2_000_999_500_000.0);
    }

    #[test]
    fn fit_leaves_air_on_both_sides() {
        let range = TimeRange::new(TraceTime(2_000_100_000_000), TraceTime(2_000_200_000_000));
        let fitted = view(0.0, 1.0).fit(range, FIT_AIR, BOUNDS);
        assert_eq!((fitted.start_nanos, fitted.span_nanos), (2_000_085_000_000.0, 130_000_000.0));
        assert_eq!(fitted.scroll_points, 7.0);
        assert_eq!(fitted.show(range, BOUNDS).range(), range);
        let instant = TimeRange::new(TraceTime(2_000_100_000_000), TraceTime(2_000_100_000_000));
        assert_eq!(fitted.fit(instant, FIT_AIR, BOUNDS).span_nanos, MIN_SPAN_NANOS);
    }

    #[test]
    fn a_narrower_view_keeps_scale_and_left_edge() {
        let seen = view(2_000_500_000_000.0, 1e6);
        let narrow = seen.widen(0.7, BOUNDS);
        assert_eq!((narrow.start_nanos, narrow.span_nanos), (seen.start_nanos, 7e5));
        assert!((narrow.widen(1.0 / 0.7, BOUNDS).span_nanos - 1e6).abs() < 1e-3);
        assert!(seen.widen(1e-9, BOUNDS).span_nanos >= MIN_SPAN_NANOS);
    }

    #[test]
    fn an_empty_trace_has_a_view() {
        let bounds = TimeRange::new(TraceTime(5), TraceTime(5));
        let view = View::whole(bounds);
        assert!(view.span_nanos > 0.0 && view.range().contains(TraceTime(5)), "{view:?}");
    }

    #[test]
    fn reveal_moves_as_little_as_it_can() {
        let seen = view(2_000_500_000_000.0, 1e6);
        assert_eq!(seen.reveal_time(TraceTime(2_000_500_500_000), BOUNDS), seen);
        assert_eq!(seen.reveal_time(TraceTime(2_000_501_200_000), BOUNDS).start_nanos, 2_000_500_300_000.0);
        assert_eq!(seen.reveal_time(TraceTime(2_000_499_900_000), BOUNDS).start_nanos, 2_000_499_800_000.0);
        assert_eq!(seen.reveal_time(TraceTime(2_000_900_000_000), BOUNDS).start_nanos, 2_000_899_500_000.0);
    }

    #[test]
    fn reveal_row_moves_as_little_as_it_can() {
        let seen = View { scroll_points: 1000.0, ..view(0.0, 1.0) };
        let reveal = |top: f64| seen.reveal_row(top, 22.0, 1e6, 500.0).scroll_points;
        assert_eq!(reveal(1200.0), 1000.0);
        assert_eq!(reveal(1010.0), 966.0);
        assert_eq!(reveal(1490.0), 1056.0);
        assert_eq!(reveal(9000.0), 8761.0);
        assert_eq!(reveal(0.0), 0.0);
        assert_eq!(seen.reveal_row(999_990.0, 22.0, 1e6, 500.0).scroll_points, 999_500.0);
    }

    #[test]
    fn scroll_stays_on_the_rows() {
        assert_eq!(clamp_scroll(-5.0, 100.0, 50.0), 0.0);
        assert_eq!(clamp_scroll(80.0, 100.0, 50.0), 50.0);
        assert_eq!(clamp_scroll(80.0, 30.0, 50.0), 0.0);
        assert_eq!(view(0.0, 1.0).scroll(3.0, 100.0, 50.0).scroll_points, 10.0);
    }
}
