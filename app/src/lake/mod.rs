//! A lake: the tables of many snapshots as Parquet files in one folder, written so that it can be stopped and gone on with at
//! any time, and read by Tracelane and by whatever else reads Parquet.
//!
//! ```text
//! LAKE/_tracelane                                     says that this is a lake
//! LAKE/_writing/PART                                  a part that is being written: locked by who does
//! LAKE/TABLE/service=cart/date=2026-11-30/PART.parquet
//! ```
//! A part holds the rows of some snapshots of one service and day. It has one file for each table that has rows, all of the
//! same name; that of `traces` is written last, and without it the others do not count.

pub mod columns;
pub mod export;
pub mod layout;
pub mod parquet;
pub mod reader;

mod journal;
mod known;
mod snapshot;

use crate::output::NotWritten;

/// Why a lake could not be written or read: a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeError(pub String);

impl std::fmt::Display for LakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LakeError {}

impl LakeError {
    /// What went wrong with a file or folder.
    pub(crate) fn at(path: &std::path::Path, error: &dyn std::fmt::Display) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    fn unwritten(path: &std::path::Path, error: &NotWritten) -> Self {
        Self::at(path, error)
    }
}
