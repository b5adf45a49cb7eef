//! What a user or a worker can cause of a fleet, and what has to be done for it outside.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;

use crate::report::fleet::FleetTables;
use crate::state::document::DocumentId;

/// Something about the fleet.
#[derive(Clone, Debug)]
pub enum FleetAction {
    /// Ask the desktop for a folder.
    OpenDialog,
    /// Open a lake, or a folder of traces, in the place of the fleet that is open.
    Open(PathBuf),
    /// So many files of so many are read.
    Progress(DocumentId, usize, usize),
    /// This is what is there now, or why nothing can be read.
    Read(DocumentId, Result<Arc<FleetTables>, String>),
    /// Fill the window with it, or with the traces.
    Show(bool),
    /// One row a cause, or one a snapshot.
    ByCause(bool),
    /// Open a snapshot, and show its finding of this rank, from 1; 0 for none.
    Lead(PathBuf, usize),
    /// Close it: nothing is watched any more.
    Close,
}

/// Something to be done for the fleet.
#[derive(Clone, Debug)]
pub enum FleetEffect {
    /// Ask the desktop for a folder.
    AskForFolder,
    /// Read a lake or a folder, and watch it until that is cancelled.
    Read {
        /// The fleet that answers are for.
        id: DocumentId,
        /// The lake or the folder.
        folder: PathBuf,
        /// Cancels the work when it is asked to.
        monitor: Monitor,
    },
}
