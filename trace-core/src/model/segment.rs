//! A segment: the columns of one stretch of one generation, immutable once stitched. All are packed: see
//! [`crate::model::packed`].
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
use crate::model::column::SparseColumn;
use crate::model::counters::{CountSeries, Steps};
use crate::model::kinds;
use crate::model::lod::{LaneLod, Lod};
use crate::model::packed::{Numbers, Packed};
use crate::model::proc_thread_entries::Entries;
use crate::model::records::Metric;
use crate::model::row_codes::{ACTOR_NONE, MARK};
use crate::model::row_shapes::{RowShapes, Shape};

/// Marks a lane without a segment before.
pub(crate) const NO_SEGMENT: u32 = u32::MAX;
/// How many rows a ownership can have at most, with room to spare for continued ones.
const TENURE_LIMIT: u32 = 8;

/// State changes of goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// ns since the segment's base.
    pub(crate) start: Packed,
    /// Kind, stack or thread, proc.
    pub(crate) shapes: RowShapes,
    /// Acted on: who did, as a slot of the segment's [`FlowIndex`].
    pub(crate) actors: SparseColumn,
}

/// Times and kinds of rows, however they are kept.
pub(crate) trait RowTimes {
    /// When a row begins, ns since the segment's base.
    fn start(&self, row: u32) -> u32;
    /// A row's kind, with its flags: see [`kinds`].
    fn kind_bits(&self, row: u32) -> u8;

    /// Calls `piece(row, kind, from, to)` for each row of the ownership that begins with `entry` at `start`, and is over
    /// by `limit`. `next_entry` is the entry after it on the same lane.
    #[inline]
    fn for_ownership(
        &self,
        (entry, start): (u32, u32),
        next_entry: Option<u32>,
        limit: u32,
        mut piece: impl FnMut(u32, u8, u32, u32),
    ) {
        if entry & MARK != 0 {
            return;
        }
        let mut row = entry;
        let (mut kind, mut from) = (self.kind_bits(row), start);
        for _ in 0..TENURE_LIMIT {
            if from > limit {
                return;
            }
            if kind & kinds::LAST != 0 {
                piece(row, kind, from, limit);
                return;
            }
            let to = self.start(row + 1);
            piece(row, kind, from, to.min(limit));
            row += 1;
            if to >= limit || next_entry == Some(row) {
                return;
            }
            kind = self.kind_bits(row);
            if !kinds::stays_on_proc(kind) {
                return;
            }
            from = to;
        }
    }
}

impl RowTimes for Rows {
    #[inline]
    fn start(&self, row: u32) -> u32 {
        self.start.at(row)
    }

    #[inline]
    fn kind_bits(&self, row: u32) -> u8 {
        self.shapes.at(row).kind()
    }
}

/// A row as its columns have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its place in the segment.
    pub(crate) at: u32,
    /// ns since the segment's base.
    pub(crate) start: u32,
    /// Kind, stack or thread, proc.
    pub(crate) shape: Shape,
}

impl Rows {
    pub(crate) const fn len(&self) -> u32 {
        self.start.len()
    }

    /// The rows `first..end` that there are, one after another: quicker than asking for each.
    #[inline]
    pub(crate) fn range(&self, first: u32, end: u32) -> RowRun<'_> {
        RowRun { shapes: &self.shapes, starts: self.start.range(first, end), next: first }
    }

    /// The local proc (or thread) of a row; an index that nothing has, if there is none.
    pub(crate) fn place(&self, row: u32) -> u32 {
        self.shapes.at(row).local()
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.start.bytes() + self.shapes.bytes() + self.actors.bytes()
    }
}

/// Rows of a segment, in order.
#[derive(Clone, Debug)]
pub(crate) struct RowRun<'a> {
    shapes: &'a RowShapes,
    starts: Numbers<'a>,
    next: u32,
}

impl Iterator for RowRun<'_> {
    type Item = Row;

    // A row that goes through memory costs as much again.
    #[inline(always)]
    fn next(&mut self) -> Option<Row> {
        let (at, start) = (self.next, self.starts.next()?);
        self.next += 1;
        Some(Row { at, start, shape: self.shapes.at(at) })
    }
}

/// Keys in slots: a part in no order with a permutation that sorts it, then a rising part.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyDir {
    keys: Packed,
    /// Slots of the first `order.len()` keys, by rising key.
    order: Packed,
}

impl KeyDir {
    /// A directory of `keys`, of which all from `unordered` on should rise (it is checked).
    pub(crate) fn new(keys: &[u32], unordered: u32) -> Self {
        let rising = keys.get(unordered as usize..).unwrap_or_default();
        let unordered = if rising.is_sorted_by(|a, b| a < b) { unordered as usize } else { keys.len() };
        let mut order: Vec<u32> = (0..unordered as u32).collect();
        order.sort_by_key(|&slot| keys[slot as usize]);
        Self { keys: Packed::from_slice(keys), order: Packed::from_slice(&order) }
    }

    /// The keys by slot, and the slots of those in no order by rising key.
    pub(crate) const fn parts(&self) -> (&Packed, &Packed) {
        (&self.keys, &self.order)
    }

    /// What [`KeyDir::parts`] gave, if no key comes twice and all are found.
    pub(crate) fn from_parts(keys: Packed, order: Packed) -> Option<Self> {
        let unordered = order.len();
        let is_sound = unordered <= keys.len()
            && order.is_below(unordered)
            && order.iter().map(|slot| keys.at(slot)).is_sorted_by(|a, b| a < b)
            && keys.range(unordered, keys.len()).is_sorted_by(|a, b| a < b);
        is_sound.then_some(Self { keys, order })
    }

    /// The slot of a key.
    pub(crate) fn find(&self, key: u32) -> Option<u32> {
        let (unordered, count) = (self.order.len(), self.keys.len());
        if unordered < count {
            // Most rise by one up to the last, or from the first on.
            let (first, last) = (self.keys.at(unordered), self.keys.at(count - 1));
            if (first..=last).contains(&key) {
                let behind = (count - 1).saturating_sub(last - key).max(unordered);
                if self.keys.at(behind) == key {
                    return Some(behind);
                }
                // They rise by one at least: none lies behind this place.
                let end = (key - first).saturating_add(unordered).min(count - 1);
                let slot = behind + self.keys.partition_point(behind, end, |other| other < key);
                if self.keys.at(slot) == key {
                    return Some(slot);
                }
            }
        }
        let at = self.order.partition_point(0, unordered, |slot| self.keys.at(slot) < key);
        self.order.get(at).filter(|&slot| self.keys.at(slot) == key)
    }

    /// How many keys there are.
    pub(crate) const fn len(&self) -> u32 {
        self.keys.len()
    }

    /// The key in a slot.
    #[inline]
    pub(crate) fn key(&self, slot: u32) -> Option<u32> {
        self.keys.get(slot)
    }

    /// Whether all keys are less than `limit`.
    pub(crate) fn is_below(&self, limit: u32) -> bool {
        self.keys.is_below(limit)
    }

    /// The keys in the order of their slots.
    pub(crate) fn keys(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.keys.iter()
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.keys.bytes() + self.order.bytes()
    }
}

/// Goroutines with rows in a segment.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    /// Where each goroutine's rows are, by [`GoroutineIdx`].
    pub(crate) dir: KeyDir,
    /// One more than lanes, rising.
    pub(crate) row_starts: Packed,
    /// By slot, plus 1: see [`Lanes::prev`].
    pub(crate) prev: Packed,
}

impl Lanes {
    /// Lanes of goroutines `gos`, of which the first `unordered` are in no order; `prev` as in [`Lanes::prev`].
    pub(crate) fn new(gos: &[u32], unordered: u32, row_starts: &[u32], prev: &[u32]) -> Self {
        let before = |slot: u32| prev[slot as usize].wrapping_add(1);
        Self {
            dir: KeyDir::new(gos, unordered),
            row_starts: Packed::from_slice(row_starts),
            prev: Packed::from_fn(prev.len() as u32, before),
        }
    }

    /// The segment before that holds rows of the same goroutine as the lane in a slot; [`NO_SEGMENT`] if there is none.
    /// Those in which it was only announced again, going on as before, are left out: a parked goroutine stays cheap.
    pub(crate) fn prev(&self, slot: u32) -> u32 {
        self.prev.get(slot).map_or(NO_SEGMENT, |before| before.wrapping_sub(1))
    }

    /// Whether [`Lanes::prev`] tells of segments before that with the number `segment` only.
    pub(crate) fn are_before(&self, segment: u32) -> bool {
        self.prev.is_below(segment.saturating_add(1))
    }

    /// The rows of the lane in a slot: first, end.
    pub(crate) fn rows(&self, slot: u32) -> Option<(u32, u32)> {
        Some((self.row_starts.get(slot)?, self.row_starts.get(slot.checked_add(1)?)?))
    }

    /// The slot of the lane that has a row.
    pub(crate) fn slot_of(&self, row: u32) -> u32 {
        self.row_starts.count_to(row).saturating_sub(1)
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.dir.bytes() + self.row_starts.bytes() + self.prev.bytes()
    }
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
    /// One more than actors, rising.
    pub(crate) starts: Packed,
    /// In time order per actor.
    pub(crate) rows: Packed,
}

impl FlowIndex {
    /// Where the acts of an actor lie in `rows`: first, end.
    pub(crate) fn acts(&self, actor: u32) -> Option<(u32, u32)> {
        let slot = self.dir.find(actor)?;
        Some((self.starts.get(slot)?, self.starts.get(slot.checked_add(1)?)?))
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.dir.bytes() + self.starts.bytes() + self.rows.bytes()
    }
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
        let (first, end) = self.lanes.rows(slot)?;
        Some((slot, first, end))
    }

    /// The goroutine of a row.
    pub(crate) fn go_of(&self, row: u32) -> GoroutineIdx {
        self.lanes.dir.key(self.lanes.slot_of(row)).map_or(GoroutineIdx::NONE, GoroutineIdx)
    }

    #[inline]
    pub(crate) fn time(&self, row: u32) -> i64 {
        self.at(self.rows.start.at(row))
    }

    /// The time at an offset from the base.
    #[inline]
    pub(crate) const fn at(&self, offset: u32) -> i64 {
        self.base.saturating_add(offset as i64)
    }

    #[inline]
    pub(crate) fn kind(&self, row: u32) -> u8 {
        self.rows.kind_bits(row) & kinds::MASK
    }

    /// The stack in a row's `aux`.
    #[inline]
    pub(crate) fn stack(&self, row: u32) -> StackId {
        self.stack_of(self.rows.shapes.at(row))
    }

    /// The stack in a row's `aux`, by the row's shape.
    #[inline]
    pub(crate) fn stack_of(&self, shape: Shape) -> StackId {
        self.stacks.get(shape.aux() as usize).copied().unwrap_or(StackId::NONE)
    }

    /// Who acted on a row's goroutine.
    #[inline]
    pub(crate) fn actor(&self, row: u32) -> u32 {
        self.rows.actors.get(row).and_then(|slot| self.flows.dir.key(slot)).unwrap_or(ACTOR_NONE)
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
        let refs = |refs: &RefLanes| refs.entries.bytes() + 4 * refs.marks.len() + refs.lod.bytes();
        let lanes = self.lanes.bytes() + self.lod.bytes() + refs(&self.procs) + refs(&self.threads);
        self.rows.bytes() + lanes + self.flows.bytes() + self.counts.bytes()
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
        let dir = KeyDir::new(&[9, 2, 7, 10, 11, 30], 3);
        for (slot, key) in (0..).zip(dir.keys()) {
            assert_eq!(dir.find(key), Some(slot));
        }
        assert!([0, 3, 8, 12, 29, 31, u32::MAX].iter().all(|&key| dir.find(key).is_none()));
        let broken = KeyDir::new(&[5, 4, 3], 1);
        assert_eq!(broken.find(3), Some(2), "a part that should rise and does not is sorted too");
        assert_eq!(KeyDir::default().find(0), None);
    }
}
