//! Goroutines, procs and threads that a generation mentions first: their places in the trace, and the names of
//! goroutines.

use std::sync::Arc;

use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, StrId, ThreadIdx};
use crate::model::draft::SegmentDraft;
use crate::model::goroutine_records::{GoRecord, WIDE_ID};
use crate::model::kinds;
use crate::model::stitch::Stitcher;

/// Goroutine records per entry of the table of id bounds: those of a chunk of [`crate::model::table::Table`].
const ID_BLOCK: usize = crate::model::table::CHUNK;

impl Stitcher {
    /// Gives places to goroutines, procs and threads that are new to the generation.
    pub(super) fn name_newcomers(&mut self, draft: &SegmentDraft) {
        let first = self.current.gos.len();
        self.fresh_from = self.gos.len();
        let mut has_rows = vec![false; draft.new_gos.len()];
        for &local in &draft.lanes {
            if let Some(flag) = (local as usize).checked_sub(first).and_then(|at| has_rows.get_mut(at)) {
                *flag = true;
            }
        }
        let mut names = vec![StrId::EMPTY; draft.new_gos.len()];
        for &(local, stack) in &draft.names {
            if let Some(name) = (local as usize).checked_sub(first).and_then(|at| names.get_mut(at)) {
                *name = self.current.name(stack);
            }
        }
        let newcomers = draft.new_gos.iter().zip(&draft.new_created).zip(has_rows.iter().zip(&names));
        for ((&id, &is_created), (&has_rows, &name)) in newcomers {
            let known = if is_created { None } else { self.live.get(&id).copied() };
            self.current.mentioned += usize::from(known.is_some());
            // CPU samples name goroutines of which nothing else is known (yet).
            let idx = known.unwrap_or_else(|| if has_rows { self.add_goroutine(id, name) } else { GoroutineIdx::NONE });
            self.current.gos.push(idx);
            self.current.go_ids.push(id);
        }
        for &local in &draft.lanes {
            if let (Some(&GoroutineIdx::NONE), Some(&id)) =
                (self.current.gos.get(local as usize), self.current.go_ids.get(local as usize))
            {
                let idx = self.live.get(&id).copied().unwrap_or_else(|| self.add_goroutine(id, StrId::EMPTY));
                self.current.gos[local as usize] = idx;
            }
        }
        for &id in &draft.new_procs {
            let next = ProcIdx(self.procs.len() as u32);
            let idx = *self.proc_by_id.entry(id).or_insert(next);
            if idx == next {
                self.procs.push(id);
            }
            self.current.procs.push(idx);
        }
        for &id in &draft.new_threads {
            let next = ThreadIdx(self.threads.len() as u32);
            let idx = *self.thread_by_id.entry(id).or_insert(next);
            if idx == next {
                self.threads.push(id);
            }
            self.current.threads.push(idx);
        }
        if self.current.proc_ixs.len() != self.current.procs.len() {
            self.current.proc_ixs = self.current.procs.clone().into();
        }
        if self.current.thread_ixs.len() != self.current.threads.len() {
            self.current.thread_ixs = self.current.threads.clone().into();
        }
        for &(local, stack) in &draft.names {
            let Some(&idx) = self.current.gos.get(local as usize) else { continue };
            let name = self.current.name(stack);
            if self.gos.get(idx.index()).is_some_and(|record| record.name == StrId::EMPTY)
                && name != StrId::EMPTY
                && let Some(record) = self.gos.get_mut(idx.index())
            {
                record.name = name;
            }
        }
    }

    /// A goroutine whose first rows are in the segment in work.
    pub(super) fn add_goroutine(&mut self, id: GoId, name: StrId) -> GoroutineIdx {
        let idx = GoroutineIdx(self.gos.push(GoRecord::new(id, name, self.segments.len() as u32)) as u32);
        if id.0 >= u64::from(WIDE_ID) {
            Arc::make_mut(&mut self.wide_ids).add(idx, id);
        }
        self.last_kinds.push(kinds::UNKNOWN);
        if idx.index().is_multiple_of(ID_BLOCK) {
            self.id_bounds.push((id, id));
        }
        if let Some(bounds) = self.id_bounds.last_mut() {
            *bounds = (bounds.0.min(id), bounds.1.max(id));
        }
        idx
    }
}
