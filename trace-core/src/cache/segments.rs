//! A segment as a block. Queries go through its columns without asking twice, so all that they rely on is
//! looked at here.

use std::sync::Arc;

use crate::cache::bytes::{In, Out};
use crate::cache::tables::{SharedIndices, Tables};
use crate::model::column::{Column, SparseColumn};
use crate::model::counters::{CountSeries, Steps};
use crate::model::kinds;
use crate::model::lod::{Lod, SUMS_BYTES, Sums};
use crate::model::proc_thread_entries::{Entries, Runs};
use crate::model::row_codes::MARK;
use crate::model::segment::{FlowIndex, KeyDir, Lanes, NO_SEGMENT, RefLanes, Rows, Segment};

/// Puts a segment; `shared` tells which of the shared tables it uses.
pub(crate) fn put(segment: &Segment, shared: SharedIndices, out: &mut Out) {
    out.number(segment.base.cast_unsigned());
    for number in [segment.generation, segment.epoch, shared.stacks, shared.procs, shared.threads] {
        out.number(u64::from(number));
    }
    out.slice(&segment.rows.start);
    out.slice(&segment.rows.kind);
    put_column(&segment.rows.aux, out);
    put_column(&segment.rows.place, out);
    let (bits, values) = segment.rows.actors.parts();
    out.slice(bits);
    out.slice(values);
    put_dir(&segment.lanes.dir, out);
    out.slice(&segment.lanes.row_starts);
    out.slice(&segment.lanes.prev);
    put_lod(&segment.lod, out);
    for lanes in [&segment.procs, &segment.threads] {
        let slots: Vec<[u32; 2]> = lanes.slots.iter().map(|&(idx, slot)| [idx, slot]).collect();
        out.slice(&slots);
        out.slice(&lanes.starts);
        match &lanes.entries {
            Entries::Own(entries) => out.slice(entries),
            Entries::Borrowed(runs) => {
                out.slice(runs.parts().0);
                out.slice(runs.parts().1);
            }
        }
        out.slice(&lanes.marks);
        put_lod(&lanes.lod, out);
    }
    put_dir(&segment.flows.dir, out);
    out.slice(&segment.flows.starts);
    out.slice(&segment.flows.rows);
    out.slice(&segment.counts.numbers());
    for steps in [&segment.heap_live, &segment.heap_goal, &segment.max_procs] {
        let (at, value) = steps.readings();
        out.slice(at);
        out.slice(value);
    }
}

fn put_column(column: &Column, out: &mut Out) {
    let (width, raw) = column.raw();
    out.number(u64::from(width));
    out.slice(raw);
}

fn put_dir(dir: &KeyDir, out: &mut Out) {
    let (keys, order) = dir.parts();
    out.slice(keys);
    out.slice(order);
}

fn put_lod(lod: &Lod, out: &mut Out) {
    for level in lod.levels() {
        out.number(level.len() as u64);
        level.iter().for_each(|sums| out.bytes.extend_from_slice(&sums.to_bytes()));
    }
}

/// Takes the segment with this place in the trace, if it is sound.
pub(crate) fn take(bytes: &mut In<'_>, at: usize, tables: &Tables) -> Option<Segment> {
    let base = bytes.number()?.cast_signed();
    let (generation, epoch) = (bytes.small()?, bytes.small()?);
    let (stacks, procs, threads) = (bytes.small()?, bytes.small()?, bytes.small()?);
    let shared = SharedIndices { stacks, procs, threads };
    if !tables.is_place(base, generation, epoch) {
        return None;
    }
    let rows = take_rows(bytes, tables)?;
    let lanes = take_lanes(bytes, &rows, at, tables)?;
    let lod = take_lod(bytes, lengths(&lanes.row_starts))?;
    let procs = take_refs(bytes, &rows, tables.bounds.procs, None)?;
    let threads = take_refs(bytes, &rows, tables.bounds.threads, Some(procs.entries.own()))?;
    let flows = take_flows(bytes, &rows, tables)?;
    let counts = CountSeries::from_numbers(&bytes.slice::<i32>()?)?;
    let mut steps = || Steps::from_readings(&bytes.slice::<u32>()?, &bytes.slice::<u64>()?);
    Some(Segment {
        base,
        generation,
        epoch,
        rows,
        lanes,
        lod,
        procs,
        threads,
        flows,
        counts,
        heap_live: steps()?,
        heap_goal: steps()?,
        max_procs: steps()?,
        stacks: Arc::clone(tables.stacks.get(shared.stacks as usize)?),
        proc_ixs: Arc::clone(tables.proc_ixs.get(shared.procs as usize)?),
        thread_ixs: Arc::clone(tables.thread_ixs.get(shared.threads as usize)?),
    })
}

fn take_rows(bytes: &mut In<'_>, tables: &Tables) -> Option<Rows> {
    let start = bytes.slice::<u32>()?;
    let kind = bytes.slice::<u8>()?;
    let count = start.len();
    // Times rise in each lane: whoever subtracts them relies on it.
    let pairs = start.iter().zip(start.get(1..).unwrap_or_default()).zip(&kind);
    let rises = pairs.fold(true, |rises, ((start, next), kind)| rises & ((start <= next) | (kind & kinds::LAST != 0)));
    if !rises || kind.len() != count || u32::try_from(count).is_err() {
        return None;
    }
    let mut column = || {
        let width = u8::try_from(bytes.number()?).ok()?;
        Column::from_raw(width, bytes.raw::<u8>()?, count)
    };
    let (aux, place) = (column()?, column()?);
    let (bits, values) = (bytes.slice::<u64>()?, bytes.slice::<u32>()?);
    let fits = bits.len() == count.div_ceil(64) && values.iter().all(|&actor| tables.bounds.is_actor(actor));
    let actors = SparseColumn::from_parts(bits, values).filter(|_| fits)?;
    Some(Rows { start, kind, aux, place, actors })
}

fn take_lanes(bytes: &mut In<'_>, rows: &Rows, at: usize, tables: &Tables) -> Option<Lanes> {
    let dir = take_dir(bytes)?;
    let row_starts = bytes.slice::<u32>()?;
    let prev = bytes.slice::<u32>()?;
    let lanes = dir.keys().len();
    // Every lane has rows, and only the last of them is marked so.
    let ends = row_starts.get(1..)?;
    let is_marked =
        |&end: &u32| rows.kind.get((end as usize).wrapping_sub(1)).is_some_and(|kind| kind & kinds::LAST != 0);
    let marks = rows.kind.iter().filter(|&kind| kind & kinds::LAST != 0).count();
    let is_sound = is_partition(&row_starts, lanes, rows.start.len())
        && row_starts.is_sorted_by(|a, b| a < b)
        && ends.iter().all(is_marked)
        && marks == lanes
        && dir.keys().iter().all(|&go| go < tables.bounds.gos)
        && prev.len() == lanes
        && prev.iter().all(|&before| before == NO_SEGMENT || (before as usize) < at);
    is_sound.then_some(Lanes { dir, row_starts, prev })
}

/// Takes the lanes of procs or, given the entries of procs, those of threads.
fn take_refs(bytes: &mut In<'_>, rows: &Rows, bound: u32, procs: Option<&[u32]>) -> Option<RefLanes> {
    let slots = bytes.slice::<[u32; 2]>()?;
    let starts = bytes.slice::<u32>()?;
    let entries = match procs {
        None => Entries::Own(bytes.slice()?),
        Some(procs) => {
            let parts = (bytes.slice()?, bytes.slice()?);
            Entries::Borrowed(Runs::from_parts(parts, *starts.last()?, procs, rows.start.len())?)
        }
    };
    let marks = bytes.slice::<u32>()?;
    let lod = take_lod(bytes, lengths(&starts))?;
    let limit = |entry: u32| if entry & MARK == 0 { rows.start.len() } else { marks.len() };
    let lanes = starts.len().checked_sub(1)?;
    let is_sound = is_partition(&starts, lanes, entries.len())
        && entries.own().iter().all(|&entry| ((entry & !MARK) as usize) < limit(entry))
        && slots.iter().all(|&[idx, slot]| idx < bound && (slot as usize) < lanes)
        && slots.is_sorted_by(|a, b| a[0] <= b[0]);
    let slots = slots.iter().map(|&[idx, slot]| (idx, slot)).collect();
    is_sound.then_some(RefLanes { slots, starts, entries, marks, lod })
}

fn take_flows(bytes: &mut In<'_>, rows: &Rows, tables: &Tables) -> Option<FlowIndex> {
    let dir = take_dir(bytes)?;
    let (starts, acts) = (bytes.slice::<u32>()?, bytes.slice::<u32>()?);
    let is_sound = is_partition(&starts, dir.keys().len(), acts.len())
        && acts.iter().all(|&row| (row as usize) < rows.start.len())
        && dir.keys().iter().all(|&actor| tables.bounds.is_actor(actor));
    is_sound.then_some(FlowIndex { dir, starts, rows: acts })
}

fn take_dir(bytes: &mut In<'_>) -> Option<KeyDir> {
    KeyDir::from_parts(bytes.slice()?, bytes.slice()?)
}

fn take_lod(bytes: &mut In<'_>, spans: impl Iterator<Item = u32>) -> Option<Lod> {
    let mut level = || {
        let (sums, rest) = bytes.raw::<[u8; SUMS_BYTES]>()?.as_chunks();
        rest.is_empty().then(|| sums.iter().map(Sums::from_bytes).collect())
    };
    Lod::from_levels([level()?, level()?, level()?], spans)
}

/// How many each part of a partition has.
fn lengths(starts: &[u32]) -> impl Iterator<Item = u32> {
    starts.iter().zip(starts.iter().skip(1)).map(|(start, end)| end.saturating_sub(*start))
}

/// Whether `starts` cut `len` things into so many parts.
fn is_partition(starts: &[u32], parts: usize, len: usize) -> bool {
    let ends = (starts.first().copied(), starts.last().map(|&last| last as usize));
    starts.len() == parts + 1 && ends == (Some(0), Some(len)) && starts.is_sorted()
}
