//! What all parts of the timeline need to know in one frame.

use egui::{Color32, FontId, Id, Pos2, Rect};

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::state::comparison::Side;
use crate::state::document::Document;
use crate::state::layout::Layout;
use crate::state::row::{Row, RowSizes};
use crate::state::session::view_of_session;
use crate::state::settings::Settings;
use crate::state::view::View;
use crate::theme::fonts;
use crate::theme::lanes::LaneColors;
use crate::theme::tokens::Tokens;
use crate::timeline::axis::Axis;
use crate::timeline::grid::Grid;
use crate::timeline::strips::Strips;
use crate::timeline::ticks::Origin;

/// Services whose timelines are kept between frames.
const MOST_SERVICES: u16 = 1_024;

/// Which of the timelines on show this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimelineSlot {
    /// The only timeline: no comparison is on show.
    #[default]
    Alone,
    /// The first or the second of two that are compared.
    Of(Side),
    /// That of a service of the session, by place.
    Service(u16),
}

impl TimelineSlot {
    /// All places that a timeline may have.
    pub fn all() -> impl Iterator<Item = Self> {
        let services = (0..MOST_SERVICES).map(Self::Service);
        [Self::Alone, Self::Of(Side::A), Self::Of(Side::B)].into_iter().chain(services)
    }

    /// What something on it is called: of two, with its letter.
    #[must_use]
    pub fn name(self, what: &str) -> String {
        match self {
            Self::Alone => what.to_owned(),
            Self::Of(side) => format!("{what} {}", side.letter()),
            Self::Service(at) => format!("{what} of service {}", at + 1),
        }
    }
}

/// What all parts of a timeline need to draw one frame.
#[derive(Clone)]
pub struct Frame<'a> {
    /// Which of the timelines on show this is.
    pub slot: TimelineSlot,
    /// The document on show.
    pub document: &'a Document,
    /// The document's newest snapshot.
    pub trace: &'a Trace,
    /// Places of its rows.
    pub layout: Layout<'a>,
    /// What is remembered between starts.
    pub settings: &'a Settings,
    /// Colours of the theme.
    pub tokens: &'static Tokens,
    /// Colours of lanes, derived from the theme's.
    pub colors: &'a LaneColors,
    /// Colours of what has nothing to do with the selection.
    pub dimmed: &'a LaneColors,
    /// Colours of what a search does not match.
    pub faded: &'a LaneColors,
    /// Where the parts lie.
    pub strips: Strips,
    /// What is in view, as painted.
    pub view: View,
    /// From the first to the last event.
    pub bounds: TimeRange,
    /// What the view may go over: more than the trace while another one is shown along with it.
    pub reach: TimeRange,
    /// The stretch that a comparison looks at, if that is not all of it.
    pub counted: Option<TimeRange>,
    /// The instant that lies under one of the other timeline.
    pub anchor: Option<TraceTime>,
    /// Time against points, for this view.
    pub axis: Axis,
    /// The columns that lanes are asked in.
    pub grid: Grid,
    /// What the ruler counts from, on its clock.
    pub origin: Origin,
    /// Physical pixels per point.
    pub pixels: f32,
    /// How many edges of the selected span lead to other processes, and come from there: they are chosen before its flows.
    pub crossings: [usize; 2],
    /// Wait until all is there.
    pub wait_for_all: bool,
}

impl Frame<'_> {
    /// The id of something on this timeline.
    #[must_use]
    pub fn id(&self, what: impl std::hash::Hash + std::fmt::Debug) -> Id {
        Id::unique(("timeline", self.slot, what))
    }

    /// The axis of the ruler: that of the session, if the trace is part of one, since its clock may run differently.
    #[must_use]
    pub fn ruler_axis(&self) -> Axis {
        let Some(shared) = self.document.shared_time else { return self.axis };
        Axis::new(&view_of_session(shared.map, self.view), self.axis.left, self.axis.width)
    }

    /// A time on the clock of the ruler, nanoseconds.
    #[must_use]
    pub fn on_ruler(&self, time: TraceTime) -> i64 {
        self.document.shared_time.map_or(time.0, |shared| shared.map.apply(time.0))
    }

    /// What the minimap shows: the whole trace, or the whole session.
    #[must_use]
    pub const fn overview(&self) -> TimeRange {
        match self.slot {
            TimelineSlot::Service(_) => self.reach,
            _ => self.bounds,
        }
    }

    /// Upper edge of a row on screen, points.
    #[must_use]
    pub fn y_of(&self, row: &Row) -> f32 {
        // Far rows are only compared with the edges: saturating is right.
        let y = (row.top - self.view.scroll_points).clamp(-1e6, 1e6);
        self.strips.lanes.top() + y as f32
    }

    /// The row under a position.
    #[must_use]
    pub fn row_at(&self, at: Pos2) -> Option<Row> {
        let y = f64::from(at.y - self.strips.lanes.top()) + self.view.scroll_points;
        self.layout.row_at(y)
    }

    /// The nearest edge between pixels.
    #[must_use]
    pub fn snap(&self, points: f32) -> f32 {
        (points * self.pixels).round() / self.pixels
    }

    /// Width of a pixel, points.
    #[must_use]
    pub fn pixel(&self) -> f32 {
        1.0 / self.pixels
    }

    /// A rectangle over a stretch of time, within `strip`; `None` if out of sight.
    #[must_use]
    pub fn band(&self, range: TimeRange, strip: Rect) -> Option<Rect> {
        let (x0, x1) = (self.axis.x_from_time(range.start), self.axis.x_from_time(range.end));
        let x0 = self.snap(x0.max(strip.left()));
        let x1 = self.snap(x1.min(strip.right())).max(x0 + self.pixel());
        let seen = x0 < strip.right() && self.axis.x_from_time(range.end) >= strip.left();
        seen.then(|| Rect::from_min_max(egui::pos2(x0, strip.top()), egui::pos2(x1, strip.bottom())))
    }

    /// Text of lanes and ruler.
    #[must_use]
    pub fn font(&self) -> FontId {
        if self.document.sizes == RowSizes::COMPACT { fonts::tiny() } else { fonts::small() }
    }

    /// The line between rows.
    #[must_use]
    pub fn hairline(&self) -> Color32 {
        crate::theme::lanes::mix(self.tokens.background, self.tokens.line, 0.55)
    }
}
