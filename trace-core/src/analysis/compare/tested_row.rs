//! The row that a test is about.

use crate::analysis::compare::row_kind::RowKind;

/// What kind of row is tested.
#[derive(Clone, Copy)]
pub(crate) struct TestedRow {
    pub(super) kind: RowKind,
    /// Its values are readings of a level, which do not add up.
    pub(super) is_level: bool,
}
