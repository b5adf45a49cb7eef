//! From goroutine ids to the dense indices of one ordering run, at the cost of nearly an array access.

use rustc_hash::FxHashMap;

use crate::base::ids::GoId;
use crate::order::sink::NO_IDX;

/// The runtime hands out ids in runs of 16 per proc, so ids cluster; a page per run keeps the hash table
/// small. It also bounds what a damaged file can make us allocate: 64 bytes per new id.
const PAGE: usize = 16;

/// The map. Ids that have been removed are as good as never seen.
#[derive(Clone, Debug, Default)]
pub struct GoIndex {
    pages: FxHashMap<u64, u32>,
    slots: Vec<[u32; PAGE]>,
    last: Option<(u64, u32)>,
}

impl GoIndex {
    /// The index of an id; [`NO_IDX`] if unknown.
    #[inline]
    pub fn get(&mut self, id: GoId) -> u32 {
        let (page, slot) = split(id);
        match self.page(page) {
            Some(at) => self.slots.get(at as usize).and_then(|slots| slots.get(slot)).copied().unwrap_or(NO_IDX),
            None => NO_IDX,
        }
    }

    /// Sets the index of an id; [`NO_IDX`] removes it.
    #[inline]
    pub fn set(&mut self, id: GoId, idx: u32) {
        let (page, slot) = split(id);
        let at = self.page(page).unwrap_or_else(|| {
            let at = u32::try_from(self.slots.len()).unwrap_or(NO_IDX);
            self.slots.push([NO_IDX; PAGE]);
            self.pages.insert(page, at);
            self.last = Some((page, at));
            at
        });
        if let Some(cell) = self.slots.get_mut(at as usize).and_then(|slots| slots.get_mut(slot)) {
            *cell = idx;
        }
    }

    #[inline]
    fn page(&mut self, page: u64) -> Option<u32> {
        match self.last {
            Some((last, at)) if last == page => Some(at),
            _ => {
                let at = *self.pages.get(&page)?;
                self.last = Some((page, at));
                Some(at)
            }
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below 16")]
const fn split(id: GoId) -> (u64, usize) {
    (id.0 / PAGE as u64, (id.0 % PAGE as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_set() {
        let mut index = GoIndex::default();
        for (idx, id) in [1, 2, 17, 1 << 40, u64::MAX].into_iter().enumerate() {
            assert_eq!(index.get(GoId(id)), NO_IDX);
            index.set(GoId(id), u32::try_from(idx).unwrap());
        }
        assert_eq!(index.get(GoId(17)), 2);
        assert_eq!(index.get(GoId(u64::MAX)), 4);
        index.set(GoId(17), NO_IDX);
        assert_eq!(index.get(GoId(17)), NO_IDX);
        assert_eq!(index.get(GoId(18)), NO_IDX);
    }
}
