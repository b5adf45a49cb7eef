//! Questions that the user has to answer before anything else happens.

use std::path::PathBuf;

use crate::state::document::DocumentId;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Traces that are stored nowhere else are about to be closed.
    Unsaved {
        /// Those traces, in the order of their tabs.
        documents: Vec<DocumentId>,
        /// What closes them.
        then: Leave,
    },
    /// There is a file already where a trace is to be saved.
    Replace {
        /// The trace.
        document: DocumentId,
        /// The file.
        path: PathBuf,
    },
}

/// What closes traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// One of them is closed.
    Close(DocumentId),
    /// The program ends.
    Quit,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Save what is not saved, then go on.
    Save,
    /// Go on, and lose it.
    Discard,
    /// Replace the file.
    Replace,
    /// Leave all as it is.
    Cancel,
}
