//! What the user has pinned: rows that show once more above all others.

use trace_core::model::lanes::LaneId;

use crate::state::groups::Groups;
use crate::state::row::RowKind;
use crate::state::rows::Rows;

/// Something pinned. Groups go by their titles: their places change as a trace is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// A lane that stays on top.
    Lane(LaneId),
    /// A group of goroutines.
    Group(String),
    /// A type of tasks.
    Tasks(String),
}

impl Pin {
    /// What its row shows; `None` for a group that the rows do not have, as they are grouped now.
    #[must_use]
    pub fn row(&self, rows: &Rows) -> Option<RowKind> {
        let place = |groups: &Groups, title: &String| {
            let at = groups.list().iter().position(|group| group.title == *title)?;
            u32::try_from(at).ok()
        };
        match self {
            Self::Lane(lane) => Some(RowKind::Lane(*lane)),
            Self::Group(title) => place(rows.groups()?, title).map(RowKind::Group),
            Self::Tasks(title) => place(rows.tasks().groups(), title).map(RowKind::TaskGroup),
        }
    }
}
