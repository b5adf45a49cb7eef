//! Turns the log of a segment into columns: a counting sort of the rows by goroutine, the entries of procs
//! and threads, the index of who acted on whom, and the sums of every level of detail.

use crate::model::build::log::{Log, LogRef};
use crate::model::column::{Cells, Column, SparseColumn};
use crate::model::draft::{FlowDraft, RefDraft, SegmentDraft};
use crate::model::kinds::{self, Classes};
use crate::model::lod::{BLOCK, Lod, Sums};
use crate::model::proc_thread_entries::{Entries, Runs};
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD, MARK};
use crate::model::segment::Rows;

/// Scratch memory kept from segment to segment.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    /// Places for the entries of each proc and thread, and for the acts of those.
    proc_at: Vec<u32>,
    thread_at: Vec<u32>,
    proc_acts: Vec<u32>,
    thread_acts: Vec<u32>,
    /// Rows that were acted on, and who did.
    actors: Vec<(u32, u32)>,
    /// Entries of threads, and which entries of procs they are.
    entries: (Vec<u32>, Vec<u32>),
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
    let mut flows = lay_out_flows(log, pools);
    let mut procs = RefDraft::default();
    let mut threads = RefDraft::default();
    procs.starts = lay_out(log.procs.iter().map(|proc| proc.refs), &mut pools.proc_at);
    threads.starts = lay_out(log.threads.iter().map(|thread| thread.refs), &mut pools.thread_at);
    let mut entries = RefEntries::new(&procs, &threads, std::mem::take(&mut pools.entries));
    let mut rows = scatter(log, pools, &mut flows, &mut entries);
    procs.marks = std::mem::take(&mut log.marks);
    let lod = sum_lanes(&mut rows, &row_starts, classes);
    sum_refs(&rows, &mut procs, &entries.procs, classes);
    sum_refs(&rows, &mut threads, &entries.threads, classes);
    procs.entries = Entries::Own(entries.procs.into());
    threads.entries = Entries::Borrowed(Runs::new(&entries.links));
    pools.entries = (entries.threads, entries.links);
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
    fn new(procs: &RefDraft, threads: &RefDraft, (mut rows, mut links): (Vec<u32>, Vec<u32>)) -> Self {
        let count = |draft: &RefDraft| draft.starts.last().map_or(0, |&end| end as usize);
        rows.resize(count(threads), 0);
        links.resize(count(threads), 0);
        Self { procs: vec![0; count(procs)], threads: rows, links }
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

/// Gives every actor a slot and its acts a place; `GoLocal::acts` becomes that place.
fn lay_out_flows(log: &mut Log, pools: &mut Pools) -> FlowDraft {
    let mut flows = FlowDraft { starts: vec![0], ..FlowDraft::default() };
    let mut total = 0;
    let mut add = |actor: u32, acts: u32| {
        flows.actors.push(actor);
        let at = total;
        total += acts;
        flows.starts.push(total);
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
    let mut unordered = 0;
    for (local, go) in log.gos.iter_mut().enumerate() {
        if go.is_new && go.acts > 0 {
            unordered += 1;
            go.acts = add(local as u32, go.acts);
        }
    }
    flows.unordered = flows.actors.len() as u32 - unordered;
    flows.rows = vec![0; total as usize];
    flows.actors.shrink_to_fit();
    flows.starts.shrink_to_fit();
    flows
}

/// Puts every row, entry and act in its place.
fn scatter(log: &mut Log, pools: &mut Pools, flows: &mut FlowDraft, entries: &mut RefEntries) -> Rows {
    let count = log.rows.len();
    let max_place = log.max_place.max(log.procs.len() as u32);
    let mut aux = Column::with_len(count, log.max_aux);
    let mut place = Column::with_len(count, max_place);
    let mut scatter = Scatter {
        start: vec![0; count].into(),
        kind: vec![0; count].into(),
        actor_bits: vec![0; count.div_ceil(64)],
        actors: std::mem::take(&mut pools.actors),
        flows,
        entries,
    };
    match &mut aux {
        Column::Quarters(aux) => scatter.fill(log, pools, aux, &mut place),
        Column::Bytes(aux) => scatter.fill(log, pools, aux, &mut place),
        Column::Words(aux) => scatter.fill(log, pools, aux, &mut place),
        Column::Wide(aux) => scatter.fill(log, pools, aux, &mut place),
    }
    let Scatter { start, kind, actor_bits, actors, .. } = scatter;
    let mut by_row = SparseColumn::new(actor_bits, ACTOR_NONE);
    for &(row, actor) in &actors {
        by_row.set(row, actor);
    }
    pools.actors = actors;
    pools.actors.clear();
    Rows { start, kind, aux, place, actors: by_row }
}

/// The columns while they are filled.
struct Scatter<'a> {
    start: Box<[u32]>,
    kind: Box<[u8]>,
    actor_bits: Vec<u64>,
    /// Rows that were acted on, and who did.
    actors: Vec<(u32, u32)>,
    flows: &'a mut FlowDraft,
    entries: &'a mut RefEntries,
}

impl Scatter<'_> {
    fn fill(&mut self, log: &mut Log, pools: &mut Pools, aux: &mut impl Cells, place: &mut Column) {
        match place {
            Column::Quarters(place) => self.run(log, pools, aux, place),
            Column::Bytes(place) => self.run(log, pools, aux, place),
            Column::Words(place) => self.run(log, pools, aux, place),
            Column::Wide(place) => self.run(log, pools, aux, place),
        }
    }

    fn run(&mut self, log: &mut Log, pools: &mut Pools, aux: &mut impl Cells, places: &mut impl Cells) {
        let mut refs = log.refs.iter();
        let mut next_ref = refs.next();
        let mut marks = 0;
        for (at, row) in log.rows.iter().enumerate() {
            let Some(go) = log.gos.get_mut(row.lane as usize) else { continue };
            let place = go.rows;
            go.rows += 1;
            let to = place as usize;
            let row_kind = (row.aux_kind >> 24) as u8;
            self.start[to] = row.start;
            self.kind[to] = row_kind;
            aux.put(to, row.aux_kind & 0xff_ffff);
            if !kinds::has_actor(row_kind) {
                places.put(to, row.other.wrapping_add(1));
            } else if row.other != ACTOR_NONE {
                self.actor_bits[to / 64] |= 1 << (to % 64);
                self.actors.push((place, row.other));
                let next = match row.other {
                    actor if actor < ACTOR_PROC => &mut log.gos[actor as usize].acts,
                    actor if actor < ACTOR_THREAD => &mut pools.proc_acts[(actor & !ACTOR_PROC) as usize],
                    actor => &mut pools.thread_acts[(actor & !ACTOR_THREAD) as usize],
                };
                self.flows.rows[*next as usize] = place;
                *next += 1;
            }
            while let Some(entry) = next_ref
                && entry.row as usize <= at
            {
                self.entries.place(entry, place, &mut marks, pools);
                next_ref = refs.next();
            }
        }
        // Marks after the last row.
        while let Some(entry) = next_ref {
            self.entries.place(entry, 0, &mut marks, pools);
            next_ref = refs.next();
        }
    }
}

/// Makes those sums anew that moved rows are part of, after the base of `draft` was raised by `raise` ns. Those are the
/// rows that now begin at `reach` (ns since the new base) or before; no other was moved.
pub(crate) fn sum_moved(draft: &mut SegmentDraft, classes: &Classes, raise: u64, reach: u64) {
    let SegmentDraft { rows, row_starts, lod, procs, threads, .. } = draft;
    let is_moved = |start: u32| u64::from(start) <= reach;
    lod.lower(raise, |slot, block| {
        let first = row_starts[slot as usize] as usize + block * BLOCK as usize;
        is_moved(rows.start[first]).then(|| sum_rows(rows, first, classes))
    });
    let (entries, marks) = (&procs.entries, &procs.marks);
    procs.lod.lower(raise, |lane, block| {
        let first = procs.starts[lane as usize] as usize + block * BLOCK as usize;
        let block = &entries.own()[first..=first + BLOCK as usize];
        is_moved(entry_start(rows, marks, block[0])).then(|| sum_entries(rows, marks, block, classes))
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
fn sum_lanes(rows: &mut Rows, row_starts: &[u32], classes: &Classes) -> Lod {
    let mut lod = Lod::default();
    for (slot, ends) in row_starts.windows(2).enumerate() {
        let (first, end) = (ends[0] as usize, ends[1] as usize);
        if end - first > BLOCK as usize {
            lod.begin_lane(slot as u32);
            // A block needs the start of the row after it.
            for block in (first..end - BLOCK as usize).step_by(BLOCK as usize) {
                lod.push_block(&sum_rows(rows, block, classes));
            }
        }
        rows.kind[end - 1] |= kinds::LAST;
    }
    lod.shrink();
    lod
}

/// The sums of the block of rows that begins at `first`.
fn sum_rows(rows: &Rows, first: usize, classes: &Classes) -> Sums {
    let starts = &rows.start[first..=first + BLOCK as usize];
    let mut sums = Sums { end: starts[BLOCK as usize], ..Sums::ZERO };
    for (pair, &kind) in starts.windows(2).zip(&rows.kind[first..]) {
        sums.add(classes[usize::from(kind & kinds::MASK)], pair[1].wrapping_sub(pair[0]));
    }
    sums
}

/// Sums up the long lanes of procs or threads.
fn sum_refs(rows: &Rows, refs: &mut RefDraft, entries: &[u32], classes: &Classes) {
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
fn sum_entries(rows: &Rows, marks: &[u32], block: &[u32], classes: &Classes) -> Sums {
    let mut sums = Sums { end: entry_start(rows, marks, block[BLOCK as usize]), ..Sums::ZERO };
    for pair in block.windows(2) {
        let next = entry_start(rows, marks, pair[1]);
        rows.for_ownership(pair[0], Some(pair[1]), next, |_, kind, from, to| {
            sums.add(classes[usize::from(kind & kinds::MASK)], to - from);
        });
    }
    sums
}

/// When an entry of a proc or thread begins, ns since the base.
#[inline]
fn entry_start(rows: &Rows, marks: &[u32], entry: u32) -> u32 {
    if entry & MARK == 0 { rows.start[entry as usize] } else { marks[(entry & !MARK) as usize] }
}
