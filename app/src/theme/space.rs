//! Distances and sizes, points, on a grid of four.

/// Half a step, for optical corrections.
pub const HAIR: f32 = 2.0;
/// The smallest gap, points.
pub const XS: f32 = 4.0;
/// Between things that belong together.
pub const S: f32 = 8.0;
/// Between groups of widgets, points.
pub const M: f32 = 12.0;
/// Around the contents of a panel.
pub const L: f32 = 16.0;
/// Between blocks of a screen.
pub const XL: f32 = 24.0;
/// Around the welcome screen.
pub const XXL: f32 = 40.0;

/// Radius of corners, points.
pub const RADIUS: u8 = 4;
/// Height of a row in lists and tables.
pub const ROW: f32 = 22.0;
/// Height of a compact row.
pub const ROW_COMPACT: f32 = 16.0;
/// Height of the bar with menus and tools.
pub const BAR: f32 = 36.0;
/// Height of the strip with the tabs of documents, and of panels.
pub const TABS: f32 = 30.0;
/// Height of the status bar.
pub const STATUS: f32 = 24.0;
/// A control that is an icon.
pub const ICON_BUTTON: f32 = 28.0;
/// Widest that running text gets.
pub const TEXT_WIDTH: f32 = 560.0;
/// Width that the dock takes at first.
pub const DOCK_WIDTH: f32 = 380.0;
