//! A table by the ids that a generation gives out: dense for the small numbers that the runtime uses,
//! sparse for whatever a damaged file claims.

use rustc_hash::FxHashMap;

/// Ids below this may take a dense slot even if few ids have been seen.
const ALWAYS_DENSE: u64 = 1 << 12;

/// A map from wire ids to values.
#[derive(Clone, Debug)]
pub struct IdTable<T> {
    dense: Vec<Option<T>>,
    sparse: FxHashMap<u64, T>,
    len: usize,
}

impl<T> Default for IdTable<T> {
    fn default() -> Self {
        Self { dense: Vec::new(), sparse: FxHashMap::default(), len: 0 }
    }
}

impl<T: Copy> IdTable<T> {
    /// How many ids it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of an id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<T> {
        if let Some(slot) = usize::try_from(id).ok().and_then(|id| self.dense.get(id)) {
            return *slot;
        }
        if self.sparse.is_empty() { None } else { self.sparse.get(&id).copied() }
    }

    /// Adds a value; `false` (and no change) if the id is taken.
    pub fn insert(&mut self, id: u64, value: T) -> bool {
        if self.get(id).is_some() {
            return false;
        }
        self.len += 1;
        // Memory follows the number of entries, not the largest id claimed.
        let dense_limit = ALWAYS_DENSE.max(4 * self.len as u64);
        match usize::try_from(id) {
            Ok(slot) if id < dense_limit && !self.sparse.contains_key(&id) => {
                if slot >= self.dense.len() {
                    // Sparse entries below the new end would be hidden by the dense part.
                    let from = self.dense.len();
                    self.dense.resize(slot + 1, None);
                    if !self.sparse.is_empty() {
                        for moved in from..=slot {
                            let value = self.sparse.remove(&(moved as u64));
                            if let Some(cell) = self.dense.get_mut(moved) {
                                *cell = value;
                            }
                        }
                    }
                }
                if let Some(cell) = self.dense.get_mut(slot) {
                    *cell = Some(value);
                }
            }
            _ => {
                self.sparse.insert(id, value);
            }
        }
        true
    }

    /// All entries, small ids in order first, then the sparse ones in rising order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, T)> + '_ {
        let mut sparse: Vec<(u64, T)> = self.sparse.iter().map(|(&id, &value)| (id, value)).collect();
        sparse.sort_unstable_by_key(|&(id, _)| id);
        self.dense.iter().enumerate().filter_map(|(id, slot)| Some((id as u64, (*slot)?))).chain(sparse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_of_two_and_survives_huge_ids() {
        let mut table = IdTable::default();
        assert!(table.insert(u64::MAX, 1));
        assert!(table.insert(5_000, 2), "sparse while few ids are known");
        assert!(!table.insert(5_000, 3));
        for id in 1..=3_000 {
            assert!(table.insert(id, 9));
        }
        assert!(table.insert(6_000, 4));
        assert_eq!((table.get(5_000), table.get(6_000), table.get(u64::MAX)), (Some(2), Some(4), Some(1)));
        assert_eq!(table.get(4_999), None);
        assert_eq!(table.iter().count(), table.len());
        assert_eq!(table.iter().map(|(id, _)| id).max(), Some(u64::MAX));
    }
}
