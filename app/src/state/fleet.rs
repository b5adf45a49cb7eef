//! A fleet that is open: a lake, or a folder of traces that is watched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;

use crate::report::fleet::FleetTables;
use crate::report::view::TableSession;
use crate::state::document::DocumentId;

/// How far the fleet is.
#[derive(Clone, Debug, Default)]
pub enum FleetStage {
    /// Files are being read: so many of so many.
    #[default]
    Reading,
    /// All that was there has been read.
    Ready,
    /// It cannot be read; a sentence that says why.
    Failed(String),
}

/// A lake or a folder, and what is known of it.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What its tables go by.
    pub id: DocumentId,
    /// The lake, or the folder.
    pub folder: PathBuf,
    /// It fills the window; else the traces do.
    pub is_shown: bool,
    /// By finding and place, not by snapshot.
    pub by_cause: bool,
    /// How far it is.
    pub stage: FleetStage,
    /// Files read, and how many there are.
    pub progress: (usize, usize),
    /// The newest answer; `None` until there is one.
    pub tables: Option<Arc<FleetTables>>,
    /// Sorting, filters and selections.
    pub sessions: BTreeMap<String, TableSession>,
    /// Stops whoever reads and watches.
    pub monitor: Monitor,
    /// The finding to show first of a trace that is being opened from here: file and rank from 1.
    pub leads_to: Option<(PathBuf, usize)>,
}

impl Fleet {
    /// One of which nothing is known yet.
    #[must_use]
    pub fn new(id: DocumentId, folder: PathBuf, monitor: Monitor) -> Self {
        Self {
            id,
            folder,
            is_shown: true,
            by_cause: false,
            stage: FleetStage::Reading,
            progress: (0, 0),
            tables: None,
            sessions: BTreeMap::new(),
            monitor,
            leads_to: None,
        }
    }
}
