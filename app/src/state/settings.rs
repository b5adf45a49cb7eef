//! What is remembered between starts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::report::view::TableLayout;

/// Dark, light, or whatever the desktop says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThemeChoice {
    /// Dark or light, as the desktop is.
    #[default]
    System,
    /// Dark, whatever the desktop is.
    Dark,
    /// Light, whatever the desktop is.
    Light,
}

/// No desktop is wider or higher, points.
const MOST_POINTS: f32 = 32_000.0;

/// What models of large traces may take of the disk, GB, unless the user says otherwise.
pub const CACHE_GIGABYTES: u32 = 4;

/// What is remembered between starts. Unknown fields are ignored, missing ones take their default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which colours the window has.
    pub theme: ThemeChoice,
    /// Size of everything, 1.0 as designed.
    pub ui_scale: f32,
    /// Files opened lately, newest first.
    pub recent_files: Vec<PathBuf>,
    /// Addresses opened lately, newest first.
    pub recent_addresses: Vec<String>,
    /// Let packed files unpack to any size.
    pub unpack_without_limit: bool,
    /// Draw all flows in view, not only those of the selection.
    pub all_flows: bool,
    /// Draw the wait chain of the selection over the lanes.
    pub critical_path: bool,
    /// Show frames of the runtime in stacks.
    pub runtime_frames: bool,
    /// Show wall-clock time on the ruler where the trace knows it.
    pub wall_clock: bool,
    /// Width of the lane labels, points.
    pub gutter_points: f32,
    /// Height of the counters, points; 0 when folded.
    pub counters_points: f32,
    /// The upper one's part of the height of two timelines.
    pub pair_share: f32,
    /// Write into spans what they are.
    pub span_labels: bool,
    /// Tell at the pointer what lies under it on the timeline.
    pub tooltips: bool,
    /// Rows of the timeline are thin.
    pub compact_rows: bool,
    /// Keys that the user has chosen, by the names of commands, as they are printed; without any for no key at all.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Panels take the height of their content.
    pub fits_docks: bool,
    /// Whether the view moves smoothly, not at once.
    pub animate: bool,
    /// Models of large traces may take so much of the disk, GB; 0 keeps none.
    pub cache_gigabytes: u32,
    /// The docked panels as `egui_tiles` stores them; `None` for the standard layout.
    pub dock: Option<String>,
    /// Layouts of panels that were saved, by name, as `egui_tiles` stores them.
    pub layouts: BTreeMap<String, String>,
    /// Searches that were kept, in the order of keeping.
    pub searches: Vec<String>,
    /// Queries in SQL that were run lately, newest first.
    pub query_history: Vec<String>,
    /// Queries in SQL that were saved, by name.
    pub saved_queries: BTreeMap<String, String>,
    /// Folders in which source files are looked for first.
    pub source_folders: Vec<PathBuf>,
    /// The command that opens an editor, with `{file}` and `{line}`; empty for the usual one.
    pub editor: String,
    /// How the columns of tables stand, by table.
    pub tables: BTreeMap<String, TableLayout>,
    /// Size and place of the window: x, y, width, height in points.
    pub window: Option<[f32; 4]>,
    /// The window was maximised when it was closed.
    pub maximised: bool,
    /// Files that the desktop or a command opens go to the window that is open already.
    pub one_window: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            ui_scale: 1.0,
            recent_files: Vec::new(),
            recent_addresses: Vec::new(),
            unpack_without_limit: false,
            all_flows: false,
            critical_path: true,
            runtime_frames: true,
            wall_clock: false,
            gutter_points: 220.0,
            counters_points: 124.0,
            pair_share: 0.5,
            span_labels: true,
            tooltips: true,
            compact_rows: false,
            keys: BTreeMap::new(),
            fits_docks: true,
            animate: true,
            cache_gigabytes: CACHE_GIGABYTES,
            dock: None,
            layouts: BTreeMap::new(),
            searches: Vec::new(),
            query_history: Vec::new(),
            saved_queries: BTreeMap::new(),
            source_folders: Vec::new(),
            editor: String::new(),
            tables: BTreeMap::new(),
            window: None,
            maximised: false,
            one_window: false,
        }
    }
}

impl Settings {
    /// Models of large traces may take so many bytes of the disk.
    #[must_use]
    pub fn cache_bytes(&self) -> u64 {
        u64::from(self.cache_gigabytes) * 1_000_000_000
    }

    /// The same with values that make no sense (from a file edited by hand) as usual ones.
    #[must_use]
    pub fn repaired(self) -> Self {
        let usual = Self::default();
        let sane = |value: f32, low: f32, high: f32, usual: f32| {
            if (low..=high).contains(&value) { value } else { usual }
        };
        let window = self.window.filter(|place| {
            place.iter().all(|points| points.abs() < MOST_POINTS) && place[2] >= 200.0 && place[3] >= 200.0
        });
        Self {
            ui_scale: sane(self.ui_scale, 0.5, 3.0, usual.ui_scale),
            gutter_points: sane(self.gutter_points, 80.0, 800.0, usual.gutter_points),
            counters_points: sane(self.counters_points, 0.0, 600.0, usual.counters_points),
            pair_share: sane(self.pair_share, 0.1, 0.9, usual.pair_share),
            window,
            ..self
        }
    }
}
