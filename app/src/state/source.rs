//! The source file that a frame of a stack names, and its lines as far as a worker has found them.

use std::path::PathBuf;
use std::sync::Arc;

/// A line of a file, as a trace names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file's path as in the trace: absolute, or with `-trimpath` the module's path and the file's in it.
    pub file: String,
    /// The line, from 1; 0 if it is not known.
    pub line: u64,
}

/// How far a source file is.
#[derive(Clone, Debug)]
pub enum SourceText {
    /// A worker looks for it.
    Asked,
    /// Where it was found, and its lines.
    Found(PathBuf, Arc<[String]>),
    /// Where it was looked for, and why that gave nothing.
    Missing(Vec<PathBuf>, String),
}

/// What the source panel shows.
#[derive(Clone, Debug)]
pub struct SourceView {
    /// The file and line on show.
    pub place: SourcePlace,
    /// The text of the file, or why there is none.
    pub text: SourceText,
    /// Counts the requests, so that the panel scrolls once for each.
    pub number: u64,
}
