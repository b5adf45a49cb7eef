//! The icons in use: code points of the Phosphor font (regular), drawn with
//! [`crate::theme::fonts::icon`].

/// A problem: something is wrong.
pub const ALARM: &str = "\u{e4e4}";
/// Leads to a place on the timeline.
pub const TARGET: &str = "\u{e1d6}";
/// Open a file: a folder.
pub const OPEN: &str = "\u{e256}";
/// A question mark: help.
pub const HELP: &str = "\u{e3e8}";
/// Close.
pub const CLOSE: &str = "\u{e4f6}";
/// Something is damaged: a triangle.
pub const WARNING: &str = "\u{e4e0}";
/// Back in the history.
pub const BACK: &str = "\u{e058}";
/// Forward in the history.
pub const FORWARD: &str = "\u{e06c}";
/// Changes to the light theme.
pub const SUN: &str = "\u{e472}";
/// Changes to the dark theme.
pub const MOON: &str = "\u{e330}";
/// Copy to the clipboard.
pub const COPY: &str = "\u{e1ca}";
/// A folded section: points right.
pub const FOLDED: &str = "\u{e13a}";
/// An unfolded section: points down.
pub const UNFOLDED: &str = "\u{e136}";
/// The menu of panels.
pub const PANELS: &str = "\u{ec24}";
/// Done.
pub const CHECK: &str = "\u{e182}";
/// Flows from lane to lane.
pub const FLOWS: &str = "\u{e6ec}";
/// Wall-clock time.
pub const CLOCK: &str = "\u{e19a}";
/// Information.
pub const INFO: &str = "\u{e2ce}";
/// A file that is no trace.
pub const BAD_FILE: &str = "\u{e23c}";
/// A trace file.
pub const FILE: &str = "\u{e230}";
/// Opens the sample trace.
pub const SAMPLE: &str = "\u{e0e6}";
/// Recently opened.
pub const RECENT: &str = "\u{e1a0}";
/// Files may be dropped here.
pub const DROP: &str = "\u{e20c}";
/// Zooms to the whole trace.
pub const FIT: &str = "\u{e534}";
/// Call stacks.
pub const STACK: &str = "\u{e466}";
/// A list.
pub const LIST: &str = "\u{e2f2}";
/// The settings.
pub const SETTINGS: &str = "\u{e270}";
/// The keyboard.
pub const KEYBOARD: &str = "\u{e2d8}";
/// Runs something.
pub const RUN: &str = "\u{e3d0}";
/// Stops what runs.
pub const STOP: &str = "\u{e46c}";
/// Tables and their columns.
pub const TABLE: &str = "\u{e476}";
/// Leads out of here.
pub const OUTGOING: &str = "\u{e02e}";
/// Comes in from elsewhere.
pub const INCOMING: &str = "\u{e05a}";
/// Two things side by side.
pub const COMPARE: &str = "\u{e27c}";
/// Both timelines move together.
pub const LINKED: &str = "\u{e2e2}";
/// Each moves by itself.
pub const UNLINKED: &str = "\u{e2e4}";
/// The sides change places.
pub const SWAP: &str = "\u{e098}";
/// Loading was stopped by the user.
pub const STOPPED: &str = "\u{e3de}";
/// Goes to the one before.
pub const UP: &str = "\u{e13c}";
/// Goes to the one after.
pub const DOWN: &str = "\u{e136}";
/// Only some lanes are shown.
pub const FILTER: &str = "\u{e266}";
/// Keeps a search or a layout.
pub const STAR: &str = "\u{e46a}";
/// Take all the room.
pub const MAXIMISE: &str = "\u{e1d0}";
/// Take no more room than before.
pub const RESTORE: &str = "\u{e1ce}";
