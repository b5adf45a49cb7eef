//! Who was on each proc and thread last: a goroutine that is announced as going on there does so only if nobody else
//! has been there since. In whole traces nobody has.

use rustc_hash::FxHashMap;

use crate::base::ids::GoroutineIdx;
use crate::model::draft::{RefDraft, SegmentDraft};
use crate::model::proc_thread_entries::Entries;
use crate::model::row_codes::MARK;

/// Procs or threads (index in the trace) with the goroutine that was there last.
#[derive(Debug, Default)]
pub(crate) struct LastRunning {
    last: FxHashMap<u32, GoroutineIdx>,
    /// For those of which the generation in work has told: the goroutine that was there when it began.
    at_begin: FxHashMap<u32, Option<GoroutineIdx>>,
}

impl LastRunning {
    pub(crate) fn clear(&mut self) {
        self.last.clear();
    }

    pub(crate) fn begin_generation(&mut self) {
        // Not cleared: that takes as long as it has ever been large.
        self.at_begin = FxHashMap::default();
    }

    /// The goroutine that was on a proc or thread when the generation in work began.
    pub(crate) fn at_begin(&self, idx: u32) -> Option<GoroutineIdx> {
        self.at_begin.get(&idx).copied().unwrap_or_else(|| self.last.get(&idx).copied())
    }

    /// The rows of a segment that are the first on a lane, with the goroutine that was there before them, if it is
    /// known. `indices`: local numbers to those of the trace.
    pub(crate) fn before(&self, lanes: &RefDraft, procs: &Entries, indices: &[u32]) -> FxHashMap<u32, GoroutineIdx> {
        let mut before = FxHashMap::default();
        for (local, ends) in lanes.starts.windows(2).enumerate() {
            let entries = (ends[0]..ends[1]).map(|at| lanes.entries.get(at, procs));
            if let Some(row) = { entries }.find(|entry| entry & MARK == 0)
                && let Some(&go) = indices.get(local).and_then(|idx| self.last.get(idx))
            {
                before.insert(row, go);
            }
        }
        before
    }

    /// Takes in a segment; `gos` are the goroutines of its lanes.
    pub(crate) fn take(&mut self, lanes: &RefDraft, draft: &SegmentDraft, indices: &[u32], gos: &[u32]) {
        for (local, ends) in lanes.starts.windows(2).enumerate() {
            let entries = (ends[0]..ends[1]).rev().map(|at| lanes.entries.get(at, &draft.procs.entries));
            let Some(row) = { entries }.find(|entry| entry & MARK == 0) else { continue };
            let slot = draft.row_starts.partition_point(|&start| start <= row).saturating_sub(1);
            if let (Some(&idx), Some(&go)) = (indices.get(local), gos.get(slot)) {
                let before = self.last.insert(idx, GoroutineIdx(go));
                self.at_begin.entry(idx).or_insert(before);
            }
        }
    }
}
