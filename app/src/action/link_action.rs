//! What can happen to links, and what they have done outside of the state.

use std::path::PathBuf;

use crate::link::find::{Known, Linked, Missing};
use crate::link::place::Place;
use crate::link::text::Link;
use crate::state::document::DocumentId;

/// Something to happen to a link.
#[derive(Clone, Debug)]
pub enum LinkAction {
    /// Put a link to a place of a document's trace on the clipboard.
    Copy(DocumentId, Place),
    /// Open what this text links to. The trace may be in this folder, too.
    Open(String, Option<PathBuf>),
    /// A worker: this is the trace of a link.
    Found(Box<Link>, Linked),
    /// A worker: it is not to be found.
    Missing(Box<Missing>),
    /// The user: this is the file of the link that was asked about.
    Chosen(PathBuf),
}

/// Something to be done for a link.
#[derive(Clone, Debug)]
pub enum LinkEffect {
    /// Read the trace's file, and put a link to a place of it on the clipboard.
    Copy(Linked, Place),
    /// Look for the trace of a link.
    Find(Box<Link>, Known),
    /// Look whether this file is the trace of a link.
    Check(Box<Link>, PathBuf),
    /// Ask the desktop for the file of a link.
    AskForFile,
}
