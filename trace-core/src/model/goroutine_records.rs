//! What is kept of each goroutine: 16 bytes, and the ids that need more.

use rustc_hash::FxHashMap;

use crate::base::ids::{GoId, GoroutineIdx, StrId};

/// In place of an id that does not fit in 32 bits.
pub(crate) const WIDE_ID: u32 = u32::MAX;

/// Numbers that make a [`GoRecord`].
pub(crate) const GO_NUMBERS: usize = 4;

/// What is kept per goroutine; the rest is read off its first and last rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoRecord {
    /// The runtime's id; [`WIDE_ID`] if it does not fit, then it is in the table of wide ids.
    pub(crate) id: u32,
    pub(crate) name: StrId,
    /// The first and last segments that hold rows of it.
    pub(crate) first_segment: u32,
    pub(crate) last_segment: u32,
}

impl GoRecord {
    /// One whose first rows are in `segment`.
    pub(crate) fn new(id: GoId, name: StrId, segment: u32) -> Self {
        let id = u32::try_from(id.0).unwrap_or(WIDE_ID);
        Self { id, name, first_segment: segment, last_segment: segment }
    }

    /// The same as numbers.
    pub(crate) const fn to_numbers(self) -> [u32; GO_NUMBERS] {
        [self.id, self.name.0, self.first_segment, self.last_segment]
    }

    /// Built of what [`GoRecord::to_numbers`] gave.
    pub(crate) const fn from_numbers([id, name, first_segment, last_segment]: [u32; GO_NUMBERS]) -> Self {
        Self { id, name: StrId(name), first_segment, last_segment }
    }
}

/// Ids that do not fit in a record: of damaged files.
#[derive(Clone, Debug, Default)]
pub(crate) struct WideIds {
    ids: FxHashMap<GoroutineIdx, GoId>,
}

impl WideIds {
    pub(crate) fn add(&mut self, idx: GoroutineIdx, id: GoId) {
        if id.0 >= u64::from(WIDE_ID) {
            self.ids.insert(idx, id);
        }
    }

    /// All of them, by goroutine.
    pub(crate) fn sorted(&self) -> Vec<(GoroutineIdx, GoId)> {
        let mut all: Vec<(GoroutineIdx, GoId)> = self.ids.iter().map(|(&idx, &id)| (idx, id)).collect();
        all.sort_unstable();
        all
    }

    /// The runtime's id of a goroutine.
    pub(crate) fn id(&self, idx: GoroutineIdx, record: &GoRecord) -> GoId {
        if record.id == WIDE_ID {
            return self.ids.get(&idx).copied().unwrap_or(GoId::NONE);
        }
        GoId(u64::from(record.id))
    }
}
