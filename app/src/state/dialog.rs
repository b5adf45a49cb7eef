//! Questions that the user has to answer before anything else happens.

use std::path::PathBuf;

use crate::link::find::Missing;
use crate::state::document::DocumentId;

/// A question that the user has to answer first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Traces that are stored nowhere else are about to be closed.
    Unsaved {
        /// Those traces, in the order of their tabs.
        documents: Vec<DocumentId>,
        /// What is to happen once they may close.
        then: Leave,
    },
    /// What the user set by hand in the session is in no session file, and the session is about to be closed.
    UnsavedSession {
        /// What is to happen then.
        then: LeaveSession,
    },
    /// There is a file already where a trace is to be saved.
    Replace {
        /// The document whose trace is saved.
        document: DocumentId,
        /// The file that exists already.
        path: PathBuf,
    },
    /// The trace of a link is not to be found, or has other contents.
    Linked(Box<Missing>),
}

/// What makes traces close, and is to go on after the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// One of them is closed.
    Close(DocumentId),
    /// The window closes, and the program ends.
    Quit,
}

/// What makes the session close, and is to go on after the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaveSession {
    /// Another session is opened of these files.
    Open(Vec<PathBuf>),
    /// The session is closed, with its traces.
    Close,
    /// It ends; its traces stay open.
    Leave,
    /// The window closes, and the program ends.
    Quit,
}

/// How the user answered a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Save what is not saved, then go on.
    Save,
    /// Go on, and lose it.
    Discard,
    /// Replace the file that exists.
    Replace,
    /// Choose the file that a link is about.
    ChooseFile,
    /// Open the file that has other contents than the link says.
    OpenAnyway,
    /// Leave all as it is.
    Cancel,
}
