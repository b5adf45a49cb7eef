//! Watches for tasks and regions that the traced program began or ended out of order. Go's reader gives
//! up on those; here they are told and stay what they are.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use crate::base::ids::{GoId, TaskId};

/// A region under way: its task, and the hash of its name (names have other numbers in each generation).
type Region = (u64, u64);

/// The regions under way, by goroutine.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    open: FxHashMap<GoId, Vec<Region>>,
}

impl Regions {
    pub(crate) fn begin(&mut self, go: GoId, task: u64, name: &[u8]) {
        self.open.entry(go).or_default().push((task, hash(name)));
    }

    /// What is wrong with the end of a region, if anything is. One that began before the trace is fine.
    pub(crate) fn end(&mut self, go: GoId, task: u64, name: &[u8]) -> Option<String> {
        let open = self.open.get_mut(&go)?;
        let region = (task, hash(name));
        let innermost = open.last().copied()?;
        if innermost == region {
            open.pop();
            return None;
        }
        // The one that is meant, if there is one, is over all the same.
        if let Some(place) = open.iter().rposition(|&other| other == region) {
            open.remove(place);
        }
        let name = String::from_utf8_lossy(name).into_owned();
        let task = TaskId(task).signed();
        Some(format!("goroutine {} ends the region {name:?} of task {task} inside another region", go.signed()))
    }

    /// A goroutine has ended: so have its regions.
    pub(crate) fn forget(&mut self, go: GoId) {
        if !self.open.is_empty() {
            self.open.remove(&go);
        }
    }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crossed_regions_are_misuse() {
        let (mut regions, go) = (Regions::default(), GoId(1));
        assert_eq!(regions.end(go, 0, b"from before the trace"), None);
        regions.begin(go, 0, b"outer");
        regions.begin(go, 0, b"inner");
        assert!(regions.end(GoId(2), 0, b"outer").is_none(), "another goroutine's");
        assert!(regions.end(go, 0, b"outer").is_some());
        assert_eq!(regions.end(go, 0, b"inner"), None);
        regions.begin(go, 0, b"task");
        assert!(regions.end(go, 5, b"task").is_some(), "of another task");
        regions.forget(go);
        assert_eq!(regions.end(go, 5, b"task"), None);
    }
}
