//! A set of goroutines that is cheap to clone, compare and hash: part of the key of an answer.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;

use crate::base::ids::GoroutineIdx;

/// Some goroutines, in the order of their indices, each once.
#[derive(Clone, Default)]
pub struct GoSet {
    gos: Arc<[GoroutineIdx]>,
    /// Of all of them, so that large sets are told apart at once.
    hash: u64,
}

impl GoSet {
    /// These, in any order; repeated ones count once.
    #[must_use]
    pub fn new(mut gos: Vec<GoroutineIdx>) -> Self {
        gos.sort_unstable();
        gos.dedup();
        let mut hasher = FxHasher::default();
        gos.hash(&mut hasher);
        Self { gos: gos.into(), hash: hasher.finish() }
    }

    /// The goroutines by rising index.
    pub fn iter(&self) -> impl Iterator<Item = GoroutineIdx> + '_ {
        self.gos.iter().copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gos.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gos.is_empty()
    }

    /// Whether a goroutine is one of them.
    #[must_use]
    pub fn contains(&self, go: GoroutineIdx) -> bool {
        self.gos.binary_search(&go).is_ok()
    }
}

impl PartialEq for GoSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.gos, &other.gos) || (self.hash == other.hash && self.gos == other.gos)
    }
}

impl Eq for GoSet {}

impl Hash for GoSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for GoSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoSet").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::GoSet;
    use crate::base::ids::GoroutineIdx;

    #[test]
    fn sets_are_equal_whatever_the_order() {
        let set = GoSet::new(vec![GoroutineIdx(7), GoroutineIdx(3), GoroutineIdx(7)]);
        assert_eq!(set, GoSet::new(vec![GoroutineIdx(3), GoroutineIdx(7)]));
        assert_ne!(set, GoSet::new(vec![GoroutineIdx(3)]));
        assert_eq!(set.iter().collect::<Vec<_>>(), [GoroutineIdx(3), GoroutineIdx(7)]);
        assert!(set.contains(GoroutineIdx(7)) && !set.contains(GoroutineIdx(4)) && set.len() == 2);
        assert!(GoSet::default().is_empty());
    }
}
