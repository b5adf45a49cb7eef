//! Where the parts of the timeline lie: minimap, ruler, counters and lanes one below the other, each
//! with its share of the gutter on the left.

use egui::{Rect, pos2};

use crate::theme::lanes::{COUNTERS_FOLDED, FILTER_HEIGHT, MINIMAP_HEIGHT, MINIMAP_OF_PAIR, RULER_HEIGHT, SCROLL_BAR};

/// The rectangles of one frame, points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strips {
    /// The strip of the whole trace.
    pub minimap: Rect,
    /// The strip of times above the lanes.
    pub ruler: Rect,
    /// Curves; a heading line if folded.
    pub counters: Rect,
    /// Which goroutines have lanes, if not all do; else without height.
    pub filter: Rect,
    /// The answer to a query as a lane, if it is shown as one; else without height.
    pub result: Rect,
    /// The area of the lanes.
    pub lanes: Rect,
    /// The scroll bar right of the lanes.
    pub scroll_bar: Rect,
    /// Left edge of the gutter.
    pub gutter_left: f32,
    /// Width of the gutter.
    pub gutter_width: f32,
}

/// The gutter is at least this wide.
pub const GUTTER_LEAST: f32 = 72.0;
/// The counters are at least this high, or folded.
pub const COUNTERS_LEAST: f32 = 60.0;

impl Strips {
    /// Divides `area`. `gutter` and `counters` (0 = folded) are what the user chose; both give way
    /// when there is little room.
    #[must_use]
    pub fn new(area: Rect, gutter: f32, counters: f32) -> Self {
        Self::divide(area, gutter, counters, [MINIMAP_HEIGHT, COUNTERS_FOLDED])
    }

    /// The same for one of two timelines, which have little room: a low minimap, and no line for counters that
    /// are folded.
    #[must_use]
    pub fn of_pair(area: Rect, gutter: f32, counters: f32) -> Self {
        Self::divide(area, gutter, counters, [MINIMAP_OF_PAIR, 0.0])
    }

    fn divide(area: Rect, gutter: f32, counters: f32, [minimap_height, folded]: [f32; 2]) -> Self {
        let gutter_width = gutter.clamp(GUTTER_LEAST, (area.width() * 0.6).max(GUTTER_LEAST));
        let counters_height = if counters < COUNTERS_LEAST / 2.0 { folded } else { counters.max(COUNTERS_LEAST) };
        let counters_height = counters_height.min((area.height() * 0.5).max(folded));
        let left = area.left() + gutter_width.round();
        let right = (area.right() - SCROLL_BAR).max(left + 1.0);
        let mut y = area.top();
        let mut strip = |height: f32| {
            let top = y;
            y = (y + height.round()).min(area.bottom());
            Rect::from_min_max(pos2(left, top), pos2(right, y))
        };
        let minimap = strip(minimap_height);
        let ruler = strip(RULER_HEIGHT);
        let counters = strip(counters_height);
        let lanes = strip(f32::INFINITY);
        Self {
            minimap,
            ruler,
            counters,
            filter: lanes.with_max_y(lanes.top()),
            result: lanes.with_max_y(lanes.top()),
            lanes,
            scroll_bar: Rect::from_min_max(pos2(right, lanes.top()), pos2(area.right(), lanes.bottom())),
            gutter_left: area.left(),
            gutter_width: gutter_width.round(),
        }
    }

    /// With room over the lanes to say which goroutines have some, if not all do.
    #[must_use]
    pub fn filtered(mut self, is_filtered: bool) -> Self {
        if is_filtered {
            let edge = (self.lanes.top() + FILTER_HEIGHT).min(self.lanes.bottom());
            self.filter.max.y = edge;
            self.result = self.lanes.with_min_y(edge).with_max_y(edge);
            self.lanes.min.y = edge;
            self.scroll_bar.min.y = edge;
        }
        self
    }

    /// With so much room over the lanes for the answer to a query, points, but no more than half of theirs.
    #[must_use]
    pub fn with_result(mut self, height: f32) -> Self {
        let edge = self.lanes.top() + height.min(self.lanes.height() / 2.0).round();
        self.result = self.lanes.with_max_y(edge);
        self.lanes.min.y = edge;
        self.scroll_bar.min.y = edge;
        self
    }

    /// The gutter's part left of a strip.
    #[must_use]
    pub fn gutter_of(&self, strip: Rect) -> Rect {
        Rect::from_min_max(pos2(self.gutter_left, strip.top()), pos2(strip.left(), strip.bottom()))
    }

    /// Ruler, counters and lanes: what shares the axis.
    #[must_use]
    pub fn on_axis(&self) -> Rect {
        self.ruler.union(self.lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::Strips;
    use egui::{Rect, pos2};

    #[test]
    fn strips_fill_the_area_without_gaps() {
        let area = Rect::from_min_max(pos2(10.0, 20.0), pos2(1290.0, 740.0));
        let strips = Strips::new(area, 220.0, 96.0);
        assert_eq!(strips.minimap.top(), area.top());
        assert_eq!(strips.minimap.bottom(), strips.ruler.top());
        assert_eq!(strips.ruler.bottom(), strips.counters.top());
        assert_eq!(strips.counters.bottom(), strips.lanes.top());
        assert_eq!(strips.lanes.bottom(), area.bottom());
        assert_eq!(strips.gutter_of(strips.lanes).width(), 220.0);
        assert_eq!(strips.scroll_bar.right(), area.right());
    }

    #[test]
    fn a_filter_has_a_strip_of_its_own() {
        let area = Rect::from_min_max(pos2(10.0, 20.0), pos2(1290.0, 740.0));
        let strips = Strips::new(area, 220.0, 96.0).filtered(true);
        assert!(strips.filter.height() >= 24.0, "{strips:?}");
        assert_eq!(strips.counters.bottom(), strips.filter.top());
        assert_eq!(strips.filter.bottom(), strips.lanes.top());
        assert_eq!(Strips::new(area, 220.0, 96.0).filtered(false), Strips::new(area, 220.0, 96.0));
    }

    #[test]
    fn an_answer_has_a_strip_above_the_lanes() {
        let area = Rect::from_min_max(pos2(10.0, 20.0), pos2(1290.0, 740.0));
        let strips = Strips::new(area, 220.0, 96.0).filtered(true).with_result(40.0);
        assert_eq!(strips.filter.bottom(), strips.result.top());
        assert_eq!((strips.result.bottom(), strips.result.height()), (strips.lanes.top(), 40.0));
        assert_eq!(Strips::new(area, 220.0, 96.0).with_result(0.0).lanes, Strips::new(area, 220.0, 96.0).lanes);
    }

    #[test]
    fn little_room_is_shared() {
        let area = Rect::from_min_max(pos2(0.0, 0.0), pos2(200.0, 160.0));
        let strips = Strips::new(area, 500.0, 400.0);
        assert!(strips.lanes.width() >= 60.0 && strips.lanes.height() >= 15.0, "{strips:?}");
        let tiny = Strips::new(Rect::from_min_max(pos2(0.0, 0.0), pos2(10.0, 10.0)), 220.0, 0.0);
        assert!(tiny.lanes.height() >= 0.0 && tiny.lanes.width() > 0.0, "{tiny:?}");
    }
}
