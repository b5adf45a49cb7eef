//! The vertical order of lanes and their places in points, for millions of lanes: made by a worker
//! with each snapshot, asked by position or by lane on the UI thread.

/// The rows of a timeline, top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Rows {}
