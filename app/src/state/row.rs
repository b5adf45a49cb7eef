//! A row of the timeline: what it shows, and how high its parts are.

use trace_core::model::lanes::LaneId;

use crate::state::section::Section;

/// Height of a lane without regions, points.
pub const LANE_HEIGHT: f64 = 22.0;

/// Height of one line of regions under a goroutine's lane, points.
pub const REGION_HEIGHT: f64 = 16.0;

/// Height of one line of stack frames under a lane, points.
pub const FRAME_HEIGHT: f64 = 14.0;

/// Lines of stack frames at most.
pub const MAX_FRAME_LINES: u32 = 32;

/// Height of a group's heading with its strip, points.
pub const GROUP_HEIGHT: f64 = 28.0;

/// Height of a section's heading, points.
pub const HEADING_HEIGHT: f64 = 22.0;

/// Regions nested deeper share the last line.
pub const MAX_REGION_LINES: u32 = 16;

/// How high rows are without what lies below them, points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowSizes {
    /// Of lanes, of rows that goroutines share, and of rows of tasks.
    pub lane: f64,
    /// Of headings of groups, with their strips.
    pub group: f64,
}

impl RowSizes {
    /// Rows as high as usual.
    pub const USUAL: Self = Self { lane: LANE_HEIGHT, group: GROUP_HEIGHT };
    /// Thin rows, so that more lanes are in view.
    pub const COMPACT: Self = Self { lane: 16.0, group: 18.0 };

    /// Thin rows, or rows as usual.
    #[must_use]
    pub const fn of(is_compact: bool) -> Self {
        if is_compact { Self::COMPACT } else { Self::USUAL }
    }
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The heading of a section, with its fold triangle.
    Heading(Section),
    /// The heading of a group of goroutines, by its place among the groups.
    Group(u32),
    /// Several goroutines of a group, by the row's place among those of all groups.
    Shared(u32),
    /// The heading of a type of tasks, by its place among the types.
    TaskGroup(u32),
    /// Tasks of a type, by the row's place among those of all types.
    Tasks(u32),
    /// A lane of its own.
    Lane(LaneId),
}

/// A row and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// What it shows, which says how it is painted.
    pub kind: RowKind,
    /// Its upper edge, points below the upper edge of the first row.
    pub top: f64,
    /// Its height in points, unscrolled.
    pub height: f64,
    /// The same without lines of regions and stack frames.
    pub own: f64,
    /// Lines of regions included in the height.
    pub region_lines: u32,
    /// Lines of stack frames included in the height.
    pub frame_lines: u32,
    /// It is among the pinned rows, and shows once more in its own place.
    pub is_pinned: bool,
}

impl Row {
    /// The lane, unless it is a heading.
    #[must_use]
    pub const fn lane(&self) -> Option<LaneId> {
        match self.kind {
            RowKind::Lane(lane) => Some(lane),
            RowKind::Heading(_)
            | RowKind::Group(_)
            | RowKind::Shared(_)
            | RowKind::TaskGroup(_)
            | RowKind::Tasks(_) => None,
        }
    }
}
