//! Turns the log of a segment into columns: a counting sort of the rows by goroutine, the entries of procs
//! and threads, the index of who acted on whom, and the sums of every level of detail.

use crate::model::build::log::{Log, LogRef};
use crate::model::column::SparseColumn;
use crate::model::draft::{FlowDraft, RefDraft, SegmentDraft};
use crate::model::kinds::{self, Classes};
use crate::model::lod::{BLOCK, Lod, Sums};
use crate::model::packed::Packed;
use crate::model::proc_thread_entries::{Entries, ProcEntries, Runs};
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD, MARK};
use crate::model::row_shapes::{AUX_BITS, Shape, ShapeBook};
use crate::model::segment::{RowTimes, Rows};

/// Scratch memory kept from segment to segment.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    /// Places for the entries of each proc and thread, and for the acts of those.
    proc_at: Vec<u32>,
    thread_at: Vec<u32>,
    proc_acts: Vec<u32>,
    thread_acts: Vec<u32>,
    /// The rows in their places.
    rows: PlacedRows,
    /// Rows by who acted on them.
    acts: Vec<u32>,
    shapes: ShapeBook,
    /// Entries of procs, those of threads, and which entries of procs those are.
    entries: [Vec<u32>; 3],
}

/// A row in its place, not packed yet.
#[derive(Clone, Copy, Debug, Default)]
struct PlacedRow {
    /// ns since the segment's base.
    start: u32,
    /// As in [`Shape`]; in the end the number of the row's shape.
    aux_kind: u32,
    /// Local proc or thread or, acted on, who did; in the end the slot of that.
    other: u32,
}

/// The rows of a segment, by lane, then by time.
#[derive(Debug, Default)]
struct PlacedRows(Vec<PlacedRow>);

impl RowTimes for PlacedRows {
    #[inline]
    fn start(&self, row: u32) -> u32 {
        self.0[row as usize].start
    }

    #[inline]
    fn kind_bits(&self, row: u32) -> u8 {
        (self.0[row as usize].aux_kind >> AUX_BITS) as u8
    }
}

/// All that the log becomes.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) rows: Rows,
    pub(crate) lanes: Vec<u32>,
    pub(crate) old: u32,
    pub(crate) row_starts: Vec<u32>,
    pub(crate) lod: Lod,
    pub(crate) procs: RefDraft,
    pub(crate) threads: RefDraft,
    pub(crate) flows: FlowDraft,
}

/// Empties the log into columns.
pub(crate) fn columns(log: &mut Log, classes: &Classes, pools: &mut Pools) -> Columns {
    let (lanes, old, row_starts) = lay_out_lanes(log);
    let (actors, unordered, act_starts) = lay_out_flows(log, pools);
    let mut procs = RefDraft::default();
    let mut threads = RefDraft::default();
    procs.starts = lay_out(log.procs.iter().map(|proc| proc.refs), &mut pools.proc_at);
    threads.starts = lay_out(log.threads.iter().map(|thread| thread.refs), &mut pools.thread_at);
    let mut entries = RefEntries::new(&procs, &threads, std::mem::take(&mut pools.entries));
    scatter(log, pools, &mut entries);
    procs.marks = std::mem::take(&mut log.marks);
    let lod = sum_lanes(&mut pools.rows, &row_starts, classes);
    sum_refs(&pools.rows, &mut procs, &entries.procs, classes);
    sum_refs(&pools.rows, &mut threads, &entries.threads, classes);
    procs.entries = Entries::Own(ProcEntries::new(&entries.procs));
    threads.entries = Entries::Borrowed(Runs::new(&entries.links));
    pools.entries = [entries.procs, entries.threads, entries.links];
    let flows =
        FlowDraft { actors, unordered, starts: Packed::from_slice(&act_starts), rows: Packed::from_slice(&pools.acts) };
    let rows = pack_rows(pools, &act_starts);
    log.restart();
    Columns { rows, lanes, old, row_starts, lod, procs, threads, flows }
}

/// The entries of procs and threads while they are filled.
struct RefEntries {
    procs: Vec<u32>,
    threads: Vec<u32>,
    /// Which entry of a proc each entry of a thread is, or [`MARK`] + its row.
    links: Vec<u32>,
}

impl RefEntries {
    /// Room for as many as there are.
    fn new(procs: &RefDraft, threads: &RefDraft, mut memory: [Vec<u32>; 3]) -> Self {
        let count = |draft: &RefDraft| draft.starts.last().map_or(0, |&end| end as usize);
        for (entries, draft) in memory.iter_mut().zip([procs, threads, threads]) {
            entries.clear();
            entries.resize(count(draft), 0);
        }
        let [procs, threads, links] = memory;
        Self { procs, threads, links }
    }

    #[inline]
    fn place(&mut self, entry: &LogRef, row: u32, marks: &mut u32, pools: &mut Pools) {
        let proc = pools.proc_at.get_mut(entry.proc as usize);
        let mut value = row;
        if entry.thread == LogRef::MARK {
            value = MARK | *marks;
            *marks += 1;
        } else if let Some(at) = pools.thread_at.get_mut(entry.thread as usize) {
            self.threads[*at as usize] = row;
            self.links[*at as usize] = proc.as_ref().map_or(MARK | row, |at| **at);
            *at += 1;
        }
        if let Some(at) = proc {
            self.procs[*at as usize] = value;
            *at += 1;
        }
    }
}

/// Running totals of `counts`, one more than those; `at` gets the same to be moved along.
fn lay_out(counts: impl Iterator<Item = u32>, at: &mut Vec<u32>) -> Vec<u32> {
    let mut starts = vec![0];
    let mut total = 0;
    at.clear();
    for count in counts {
        at.push(total);
        total += count;
        starts.push(total);
    }
    starts
}

/// Gives every goroutine with rows a slot and its rows a place; `GoLocal::rows` becomes that place.
fn lay_out_lanes(log: &mut Log) -> (Vec<u32>, u32, Vec<u32>) {
    let (mut lanes, mut row_starts) = (Vec::new(), vec![0]);
    let mut old = 0;
    let mut total = 0;
    for is_new in [false, true] {
        for (local, go) in log.gos.iter_mut().enumerate() {
            if go.is_new == is_new && go.rows > 0 {
                lanes.push(local as u32);
                let rows = std::mem::replace(&mut go.rows, total);
                total += rows;
                row_starts.push(total);
            }
        }
        if !is_new {
            old = lanes.len() as u32;
        }
    }
    lanes.shrink_to_fit();
    row_starts.shrink_to_fit();
    (lanes, old, row_starts)
}

/// Gives every actor a slot and its acts a place; `GoLocal::acts` becomes that place. Tells the actors by slot, how many
/// of them are in no particular order, and where their acts begin.
fn lay_out_flows(log: &mut Log, pools: &mut Pools) -> (Vec<u32>, u32, Vec<u32>) {
    let (mut actors, mut starts) = (Vec::new(), vec![0]);
    let mut total = 0;
    let mut add = |actor: u32, acts: u32| {
        actors.push(actor);
        let at = total;
        total += acts;
        starts.push(total);
        at
    };
    for (local, go) in log.gos.iter_mut().enumerate() {
        if !go.is_new && go.acts > 0 {
            go.acts = add(local as u32, go.acts);
        }
    }
    pools.proc_acts.clear();
    for (local, proc) in log.procs.iter().enumerate() {
        let at = if proc.acts > 0 { add(ACTOR_PROC | local as u32, proc.acts) } else { 0 };
        pools.proc_acts.push(at);
    }
    pools.thread_acts.clear();
    for (local, thread) in log.threads.iter().enumerate() {
        let at = if thread.acts > 0 { add(ACTOR_THREAD | local as u32, thread.acts) } else { 0 };
        pools.thread_acts.push(at);
    }
    let mut rising = 0;
    for (local, go) in log.gos.iter_mut().enumerate() {
        if go.is_new && go.acts > 0 {
            rising += 1;
            go.acts = add(local as u32, go.acts);
        }
    }
    pools.acts.clear();
    pools.acts.resize(total as usize, 0);
    let unordered = actors.len() as u32 - rising;
    actors.shrink_to_fit();
    (actors, unordered, starts)
}

/// Puts every row, entry and act in its place.
fn scatter(log: &mut Log, pools: &mut Pools, entries: &mut RefEntries) {
    let mut rows = std::mem::take(&mut pools.rows.0);
    // Each place is filled once.
    rows.resize(log.rows.len(), PlacedRow::default());
    let mut refs = log.refs.iter();
    let mut next_ref = refs.next();
    let mut marks = 0;
    for (at, row) in log.rows.iter().enumerate() {
        let Some(go) = log.gos.get_mut(row.lane as usize) else { continue };
        let place = go.rows;
        go.rows += 1;
        rows[place as usize] = PlacedRow { start: row.start, aux_kind: row.aux_kind, other: row.other };
        if kinds::has_actor((row.aux_kind >> AUX_BITS) as u8) && row.other != ACTOR_NONE {
            let next = match row.other {
                actor if actor < ACTOR_PROC => &mut log.gos[actor as usize].acts,
                actor if actor < ACTOR_THREAD => &mut pools.proc_acts[(actor & !ACTOR_PROC) as usize],
                actor => &mut pools.thread_acts[(actor & !ACTOR_THREAD) as usize],
            };
            pools.acts[*next as usize] = place;
            *next += 1;
        }
        while let Some(entry) = next_ref
            && entry.row as usize <= at
        {
            entries.place(entry, place, &mut marks, pools);
            next_ref = refs.next();
        }
    }
    // Marks after the last row.
    while let Some(entry) = next_ref {
        entries.place(entry, 0, &mut marks, pools);
        next_ref = refs.next();
    }
    pools.rows.0 = rows;
}

/// Packs the rows; `act_starts`: where the acts of each actor begin.
fn pack_rows(pools: &mut Pools, act_starts: &[u32]) -> Rows {
    let rows = &mut pools.rows.0;
    let count = rows.len() as u32;
    for row in &mut *rows {
        let is_acted_on = kinds::has_actor((row.aux_kind >> AUX_BITS) as u8);
        let place = if is_acted_on { 0 } else { row.other.wrapping_add(1) };
        row.aux_kind = pools.shapes.number(Shape { aux_kind: row.aux_kind, place });
    }
    let mut has_actor = vec![0u64; rows.len().div_ceil(64)];
    for (slot, acts) in (0..).zip(act_starts.windows(2)) {
        for &row in &pools.acts[acts[0] as usize..acts[1] as usize] {
            has_actor[row as usize / 64] |= 1 << (row % 64);
            rows[row as usize].other = slot;
        }
    }
    Rows {
        start: Packed::from_fn(count, |row| rows[row as usize].start),
        shapes: pools.shapes.finish(count, |row| rows[row as usize].aux_kind),
        actors: SparseColumn::new(has_actor, |row| rows[row as usize].other),
    }
}

/// Makes those sums anew that moved rows are part of, after the base of `draft` was raised by `raise` ns. Those are the
/// rows that now begin at `reach` (ns since the new base) or before; no other was moved.
pub(crate) fn sum_moved(draft: &mut SegmentDraft, classes: &Classes, raise: u64, reach: u64) {
    let SegmentDraft { rows, row_starts, lod, procs, threads, .. } = draft;
    let is_moved = |start: u32| u64::from(start) <= reach;
    lod.lower(raise, |slot, block| {
        let first = row_starts[slot as usize] + block as u32 * BLOCK;
        is_moved(rows.start(first)).then(|| sum_rows(rows, first, classes))
    });
    let (entries, marks) = (&procs.entries, &procs.marks);
    procs.lod.lower(raise, |lane, block| {
        let first = procs.starts[lane as usize] + block as u32 * BLOCK;
        let entry = |at: u32| entries.get(first + at, entries);
        is_moved(entry_start(rows, marks, entry(0))).then(|| {
            let block: Vec<u32> = (0..=BLOCK).map(entry).collect();
            sum_entries(rows, marks, &block, classes)
        })
    });
    threads.lod.lower(raise, |lane, block| {
        let first = threads.starts[lane as usize] + block as u32 * BLOCK;
        let entry = |at: u32| threads.entries.get(first + at, entries);
        is_moved(entry_start(rows, &[], entry(0))).then(|| {
            let block: Vec<u32> = (0..=BLOCK).map(entry).collect();
            sum_entries(rows, &[], &block, classes)
        })
    });
}

/// Marks the last row of each lane and sums up the long lanes.
fn sum_lanes(rows: &mut PlacedRows, row_starts: &[u32], classes: &Classes) -> Lod {
    let mut lod = Lod::default();
    for (slot, ends) in row_starts.windows(2).enumerate() {
        let (first, end) = (ends[0] as usize, ends[1] as usize);
        if end - first > BLOCK as usize {
            lod.begin_lane(slot as u32);
            // A block needs the start of the row after it.
            for block in (first..end - BLOCK as usize).step_by(BLOCK as usize) {
                lod.push_block(&sum_rows(rows, block as u32, classes));
            }
        }
        rows.0[end - 1].aux_kind |= u32::from(kinds::LAST) << AUX_BITS;
    }
    lod.shrink();
    lod
}

/// The sums of the block of rows that begins at `first`.
fn sum_rows(rows: &impl RowTimes, first: u32, classes: &Classes) -> Sums {
    let mut sums = Sums::ZERO;
    let mut start = rows.start(first);
    for row in first..first + BLOCK {
        let next = rows.start(row + 1);
        sums.add(classes[usize::from(rows.kind_bits(row) & kinds::MASK)], next.wrapping_sub(start));
        start = next;
    }
    Sums { end: start, ..sums }
}

/// Sums up the long lanes of procs or threads.
fn sum_refs(rows: &PlacedRows, refs: &mut RefDraft, entries: &[u32], classes: &Classes) {
    for lane in 0..refs.starts.len().saturating_sub(1) {
        let (first, end) = (refs.starts[lane] as usize, refs.starts[lane + 1] as usize);
        if end - first <= BLOCK as usize {
            continue;
        }
        refs.lod.begin_lane(lane as u32);
        for block in entries[first..end].windows(BLOCK as usize + 1).step_by(BLOCK as usize) {
            refs.lod.push_block(&sum_entries(rows, &refs.marks, block, classes));
        }
    }
    refs.lod.shrink();
}

/// The sums of a block of entries of a proc or thread, behind which comes the first one of the next.
fn sum_entries(rows: &impl RowTimes, marks: &[u32], block: &[u32], classes: &Classes) -> Sums {
    let mut sums = Sums::ZERO;
    let mut start = entry_start(rows, marks, block[0]);
    for pair in block.windows(2) {
        let next = entry_start(rows, marks, pair[1]);
        rows.for_ownership((pair[0], start), Some(pair[1]), next, |_, kind, from, to| {
            sums.add(classes[usize::from(kind & kinds::MASK)], to - from);
        });
        start = next;
    }
    Sums { end: start, ..sums }
}

/// When an entry of a proc or thread begins, ns since the base.
#[inline]
fn entry_start(rows: &impl RowTimes, marks: &[u32], entry: u32) -> u32 {
    if entry & MARK == 0 { rows.start(entry) } else { marks[(entry & !MARK) as usize] }
}
