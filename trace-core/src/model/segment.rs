//! A segment: the columns of one stretch of one generation, immutable once stitched.
//!
//! ```text
//!           lanes (goroutines, in slots)        rows (state changes), by lane, then by time
//!           go  row_start  prev segment         start  kind  aux    place  actor
//! slot 0    G7      0          -          row 0   120   26   thread proc          (running)
//! slot 1    G9      3          -          row 1   180   42   stack                (chan receive)
//! slot 2    G3      4          2          row 2   200   23   stack         G9     (unblocked by G9)
//! ```
//! Procs and threads have entries: the first rows of the ownerships on them. `flows` lists the rows that each
//! goroutine (or proc, or thread) acted on.

use std::sync::Arc;

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, ThreadIdx};
use crate::model::column::{Column, SparseColumn};
use crate::model::counters::{CountSeries, Steps};
use crate::model::kinds;
use crate::model::lod::{LaneLod, Lod};
use crate::model::proc_thread_entries::Entries;
use crate::model::records::Metric;
use crate::model::row_codes::{ACTOR_NONE, MARK};

/// Marks a lane without a segment before.
pub(crate) const NO_SEGMENT: u32 = u32::MAX;
/// How many rows a ownership can have at most, with room to spare for continued ones.
const TENURE_LIMIT: u32 = 8;

/// State changes of goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// ns since the segment's base.
    pub(crate) start: Box<[u32]>,
    /// Kinds by row: see [`kinds`].
    pub(crate) kind: Box<[u8]>,
    /// Running: local thread. Otherwise a stack slot: the goroutine's own, or of who acted on it.
    pub(crate) aux: Column,
    /// Running, syscall: local proc (first mentions in a syscall: local thread), plus 1; 0 for none.
    pub(crate) place: Column,
    /// Acted on: who did.
    pub(crate) actors: SparseColumn,
}

impl Rows {
    /// The local proc (or thread) of a row; an index that nothing has, if there is none.
    pub(crate) fn place(&self, row: u32) -> u32 {
        self.place.get(row).wrapping_sub(1)
    }

    /// Who acted on a row's goroutine.
    pub(crate) fn actor(&self, row: u32) -> u32 {
        self.actors.get(row).unwrap_or(ACTOR_NONE)
    }

    /// Calls `piece(row, kind, from, to)` for each row of the ownership that begins with `entry` and is over
    /// by `limit`. `next_entry` is the entry after it on the same lane.
    #[inline]
    pub(crate) fn for_ownership(
        &self,
        entry: u32,
        next_entry: Option<u32>,
        limit: u32,
        mut piece: impl FnMut(u32, u8, u32, u32),
    ) {
        if entry & MARK != 0 {
            return;
        }
        let mut row = entry;
        for _ in 0..TENURE_LIMIT {
            let (kind, from) = (self.kind[row as usize], self.start[row as usize]);
            if from > limit {
                return;
            }
            if kind & kinds::LAST != 0 {
                piece(row, kind, from, limit);
                return;
            }
            let to = self.start[row as usize + 1];
            piece(row, kind, from, to.min(limit));
            row += 1;
            if to >= limit || next_entry == Some(row) || !kinds::stays_on_proc(self.kind[row as usize]) {
                return;
            }
        }
    }
}

/// Keys in slots: a part in no order with a permutation that sorts it, then a rising part.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyDir {
    keys: Box<[u32]>,
    /// Slots of the first `order.len()` keys, by rising key.
    order: Box<[u32]>,
}

impl KeyDir {
    /// A directory of `keys`, of which all from `unordered` on should rise (it is checked).
    pub(crate) fn new(keys: Vec<u32>, unordered: u32) -> Self {
        let rising = keys.get(unordered as usize..).unwrap_or_default();
        let unordered = if rising.is_sorted() { unordered as usize } else { keys.len() };
        let mut order: Vec<u32> = (0..unordered as u32).collect();
        order.sort_by_key(|&slot| keys[slot as usize]);
        Self { keys: keys.into(), order: order.into() }
    }

    /// The keys by slot, and the slots of those in no order by rising key.
    pub(crate) const fn parts(&self) -> (&[u32], &[u32]) {
        (&self.keys, &self.order)
    }

    /// What [`KeyDir::parts`] gave, if no key comes twice and all are found.
    pub(crate) fn from_parts(keys: Box<[u32]>, order: Box<[u32]>) -> Option<Self> {
        let (unordered, rising) = keys.split_at_checked(order.len())?;
        let sorted = order.iter().map(|&slot| unordered.get(slot as usize));
        let is_sorted = sorted.clone().all(|key| key.is_some()) && sorted.is_sorted_by(|a, b| a < b);
        (is_sorted && rising.is_sorted_by(|a, b| a < b)).then_some(Self { keys, order })
    }

    /// The slot of a key.
    pub(crate) fn find(&self, key: u32) -> Option<u32> {
        let rising = &self.keys[self.order.len()..];
        if let Some(&first) = rising.first()
            && key >= first
        {
            // They rise by one at least, and mostly by one: no key lies behind this place, and most lie there.
            let guess = ((key - first) as usize).min(rising.len() - 1);
            let found = if rising[guess] == key { Ok(guess) } else { rising[..guess + 1].binary_search(&key) };
            if let Ok(at) = found {
                return Some((self.order.len() + at) as u32);
            }
        }
        let at = self.order.binary_search_by_key(&key, |&slot| self.keys[slot as usize]).ok()?;
        self.order.get(at).copied()
    }

    pub(crate) fn keys(&self) -> &[u32] {
        &self.keys
    }
}

/// Goroutines with rows in a segment.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    /// Where each goroutine's rows are, by [`GoroutineIdx`].
    pub(crate) dir: KeyDir,
    /// One more than lanes.
    pub(crate) row_starts: Box<[u32]>,
    /// The segment before that holds rows of the same goroutine, by slot. Those in which it was only
    /// announced again, going on as before, are left out: a parked goroutine stays cheap.
    pub(crate) prev: Box<[u32]>,
}

/// Entries of procs or threads in a segment.
#[derive(Clone, Debug)]
pub(crate) struct RefLanes {
    /// (index in the trace, slot), by rising index.
    pub(crate) slots: Box<[(u32, u32)]>,
    /// One more than slots.
    pub(crate) starts: Box<[u32]>,
    /// First rows of ownerships, or [`MARK`] + index into `marks`.
    pub(crate) entries: Entries,
    pub(crate) marks: Box<[u32]>,
    pub(crate) lod: Lod,
}

/// Rows by who acted on them.
#[derive(Clone, Debug)]
pub(crate) struct FlowIndex {
    /// By actor, as in `other`.
    pub(crate) dir: KeyDir,
    pub(crate) starts: Box<[u32]>,
    /// In time order per actor.
    pub(crate) rows: Box<[u32]>,
}

/// A segment in its place in the trace.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Row times count from here.
    pub(crate) base: i64,
    /// Which generation, counted from 0.
    pub(crate) generation: u32,
    /// Which stretch without gaps it lies in.
    pub(crate) epoch: u32,
    pub(crate) rows: Rows,
    pub(crate) lanes: Lanes,
    pub(crate) lod: Lod,
    pub(crate) procs: RefLanes,
    pub(crate) threads: RefLanes,
    pub(crate) flows: FlowIndex,
    pub(crate) counts: CountSeries,
    pub(crate) heap_live: Steps,
    pub(crate) heap_goal: Steps,
    pub(crate) max_procs: Steps,
    /// Stack slots of the generation to stacks of the trace.
    pub(crate) stacks: Arc<[StackId]>,
    /// Local procs and threads to those of the trace.
    pub(crate) proc_ixs: Arc<[ProcIdx]>,
    pub(crate) thread_ixs: Arc<[ThreadIdx]>,
}

impl Segment {
    /// The rows of a goroutine, if it has some: slot, first, end.
    pub(crate) fn lane(&self, go: GoroutineIdx) -> Option<(u32, u32, u32)> {
        let slot = self.lanes.dir.find(go.0)?;
        let first = *self.lanes.row_starts.get(slot as usize)?;
        Some((slot, first, *self.lanes.row_starts.get(slot as usize + 1)?))
    }

    /// The goroutine of a row.
    pub(crate) fn go_of(&self, row: u32) -> GoroutineIdx {
        let slot = self.lanes.row_starts.partition_point(|&start| start <= row).saturating_sub(1);
        self.lanes.dir.keys().get(slot).map_or(GoroutineIdx::NONE, |&go| GoroutineIdx(go))
    }

    #[inline]
    pub(crate) fn time(&self, row: u32) -> i64 {
        self.at(self.rows.start[row as usize])
    }

    /// The time at an offset from the base.
    #[inline]
    pub(crate) const fn at(&self, offset: u32) -> i64 {
        self.base.saturating_add(offset as i64)
    }

    #[inline]
    pub(crate) fn kind(&self, row: u32) -> u8 {
        self.rows.kind[row as usize] & kinds::MASK
    }

    /// The stack in a row's `aux`.
    #[inline]
    pub(crate) fn stack(&self, row: u32) -> StackId {
        self.stacks.get(self.rows.aux.get(row) as usize).copied().unwrap_or(StackId::NONE)
    }

    pub(crate) fn proc(&self, local: u32) -> ProcIdx {
        self.proc_ixs.get(local as usize).copied().unwrap_or(ProcIdx::NONE)
    }

    pub(crate) fn thread(&self, local: u32) -> ThreadIdx {
        self.thread_ixs.get(local as usize).copied().unwrap_or(ThreadIdx::NONE)
    }

    /// The sums of the lane in a slot.
    pub(crate) fn lane_lod(&self, slot: u32) -> LaneLod<'_> {
        self.lod.lane(slot)
    }

    /// Memory taken by its columns and indices.
    pub(crate) fn bytes(&self) -> usize {
        let rows = &self.rows;
        let columns = 5 * rows.start.len() + rows.aux.bytes() + rows.place.bytes() + rows.actors.bytes();
        let lanes = 12 * self.lanes.prev.len() + self.lod.bytes();
        let refs = |refs: &RefLanes| refs.entries.bytes() + 4 * refs.marks.len() + refs.lod.bytes();
        let flows = 4 * self.flows.rows.len() + 8 * self.flows.starts.len();
        columns + lanes + refs(&self.procs) + refs(&self.threads) + flows + self.counts.bytes()
    }

    /// The readings of a step function; empty for counts.
    pub(crate) const fn steps(&self, metric: Metric) -> &Steps {
        match metric {
            Metric::HeapGoal => &self.heap_goal,
            Metric::Procs => &self.max_procs,
            _ => &self.heap_live,
        }
    }
}

impl RefLanes {
    /// The entries of a proc or thread: slot, first, end.
    pub(crate) fn lane(&self, idx: u32) -> Option<(u32, u32, u32)> {
        let at = self.slots.binary_search_by_key(&idx, |slot| slot.0).ok()?;
        let slot = self.slots.get(at)?.1;
        let (first, end) = (*self.starts.get(slot as usize)?, *self.starts.get(slot as usize + 1)?);
        (first < end).then_some((slot, first, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_either_part() {
        let dir = KeyDir::new(vec![9, 2, 7, 10, 11, 30], 3);
        for (slot, &key) in dir.keys().iter().enumerate() {
            assert_eq!(dir.find(key), Some(slot as u32));
        }
        assert_eq!(dir.find(3), None);
        let broken = KeyDir::new(vec![5, 4, 3], 1);
        assert_eq!(broken.find(3), Some(2), "a part that should rise and does not is sorted too");
    }
}
