//! A segment as a block. Queries go through its columns without asking twice, so all that they rely on is
//! looked at here.

use std::sync::Arc;

use crate::cache::bytes::{In, Out};
use crate::cache::tables::{SharedIndices, Tables};
use crate::model::column::SparseColumn;
use crate::model::counters::{CountSeries, Steps};
use crate::model::kinds;
use crate::model::lod::{Lod, SUMS_BYTES, Sums};
use crate::model::packed::Packed;
use crate::model::proc_thread_entries::{Entries, ProcEntries, Runs};
use crate::model::row_shapes::RowShapes;
use crate::model::segment::{FlowIndex, KeyDir, Lanes, RefLanes, Rows, Segment};

/// Puts a segment; `shared` tells which of the shared tables it uses.
pub(crate) fn put(segment: &Segment, shared: SharedIndices, out: &mut Out) {
    out.number(segment.base.cast_unsigned());
    for number in [segment.generation, segment.epoch, shared.stacks, shared.procs, shared.threads] {
        out.number(u64::from(number));
    }
    put_packed(&segment.rows.start, out);
    let (shapes, width, codes) = segment.rows.shapes.parts();
    out.slice(&shapes);
    out.number(width.into());
    out.slice(codes);
    let (bits, values) = segment.rows.actors.parts();
    out.slice(bits);
    put_packed(values, out);
    put_dir(&segment.lanes.dir, out);
    put_packed(&segment.lanes.row_starts, out);
    put_packed(&segment.lanes.prev, out);
    put_lod(&segment.lod, out);
    for lanes in [&segment.procs, &segment.threads] {
        let slots: Vec<[u32; 2]> = lanes.slots.iter().map(|&(idx, slot)| [idx, slot]).collect();
        out.slice(&slots);
        out.slice(&lanes.starts);
        match &lanes.entries {
            Entries::Own(entries) => put_packed(entries.parts(), out),
            Entries::Borrowed(runs) => {
                out.slice(runs.parts().0);
                out.slice(runs.parts().1);
            }
        }
        out.slice(&lanes.marks);
        put_lod(&lanes.lod, out);
    }
    put_dir(&segment.flows.dir, out);
    put_packed(&segment.flows.starts, out);
    put_packed(&segment.flows.rows, out);
    out.slice(&segment.counts.numbers());
    for steps in [&segment.heap_live, &segment.heap_goal, &segment.max_procs] {
        let (at, value) = steps.readings();
        out.slice(at);
        out.slice(value);
    }
}

fn put_packed(numbers: &Packed, out: &mut Out) {
    let (len, heads, words) = numbers.parts();
    out.number(u64::from(len));
    out.slice(&heads);
    out.slice(words);
}

fn put_dir(dir: &KeyDir, out: &mut Out) {
    let (keys, order) = dir.parts();
    put_packed(keys, out);
    put_packed(order, out);
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
    let (rows, last) = take_rows(bytes)?;
    let lanes = take_lanes(bytes, (&rows, &last), u32::try_from(at).ok()?, tables)?;
    let lod = take_lod(bytes, lengths(lanes.row_starts.iter()))?;
    let procs = take_refs(bytes, &rows, tables.bounds.procs, None)?;
    let threads = take_refs(bytes, &rows, tables.bounds.threads, procs.entries.own())?;
    let flows = take_flows(bytes, &rows, tables)?;
    if !rows.actors.parts().1.is_below(flows.dir.len()) {
        return None;
    }
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

fn take_packed(bytes: &mut In<'_>) -> Option<Packed> {
    Packed::from_parts(bytes.small()?, &bytes.slice()?, bytes.slice()?)
}

/// Takes the rows, with a bit for each that is marked as the last of its lane.
fn take_rows(bytes: &mut In<'_>) -> Option<(Rows, Vec<u64>)> {
    let start = take_packed(bytes)?;
    let table = bytes.slice::<[u32; 2]>()?;
    let width = u8::try_from(bytes.number()?).ok()?;
    let shapes = RowShapes::from_parts(&table, width, bytes.raw::<u8>()?)?;
    let bits = bytes.slice::<u64>()?;
    let has_bits = bits.len() == start.len().div_ceil(64) as usize;
    let actors = SparseColumn::from_parts(bits, take_packed(bytes)?).filter(|_| has_bits)?;
    let rows = Rows { start, shapes, actors };
    if rows.shapes.len() != rows.len() {
        return None;
    }
    let last = rows.shapes.bits(|shape| shape.kind() & kinds::LAST != 0);
    // Times rise in each lane: whoever subtracts them relies on it.
    let mut least = 0;
    let is_sound = rows.start.for_blocks(|first, starts| {
        let Some(&last) = last.get(first as usize / 64) else { return false };
        let mut rises = true;
        for (at, &start) in (0..).zip(starts) {
            rises &= least <= start;
            least = if last >> at & 1 == 0 { start } else { 0 };
        }
        rises
    });
    is_sound.then_some((rows, last))
}

/// Takes the lanes of `rows`, of which `last` has a bit for each that is marked as the last of its lane.
fn take_lanes(bytes: &mut In<'_>, (rows, last): (&Rows, &[u64]), at: u32, tables: &Tables) -> Option<Lanes> {
    let dir = take_dir(bytes)?;
    let (row_starts, prev) = (take_packed(bytes)?, take_packed(bytes)?);
    let lanes = Lanes { dir, row_starts, prev };
    let count = lanes.dir.len();
    // Every lane has rows, and only the last of them is marked so.
    let is_last = |row: u32| last.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 != 0);
    let is_sound = lanes.row_starts.len().checked_sub(1) == Some(count)
        && (lanes.row_starts.get(0), lanes.row_starts.get(count)) == (Some(0), Some(rows.len()))
        && lanes.row_starts.rises()
        && lanes.row_starts.iter().skip(1).all(|end| end.checked_sub(1).is_some_and(is_last))
        && last.iter().map(|word| word.count_ones()).sum::<u32>() == count
        && lanes.dir.is_below(tables.bounds.gos)
        && lanes.prev.len() == count
        && lanes.are_before(at);
    is_sound.then_some(lanes)
}

/// Takes the lanes of procs or, given the entries of procs, those of threads.
fn take_refs(bytes: &mut In<'_>, rows: &Rows, bound: u32, procs: Option<&ProcEntries>) -> Option<RefLanes> {
    let slots = bytes.slice::<[u32; 2]>()?;
    let starts = bytes.slice::<u32>()?;
    let entries = match procs {
        None => Entries::Own(ProcEntries::from_parts(take_packed(bytes)?)),
        Some(procs) => {
            let parts = (bytes.slice()?, bytes.slice()?);
            Entries::Borrowed(Runs::from_parts(parts, *starts.last()?, procs, rows.len())?)
        }
    };
    let marks = bytes.slice::<u32>()?;
    let lod = take_lod(bytes, lengths(starts.iter().copied()))?;
    let marks_len = u32::try_from(marks.len()).ok()?;
    let lanes = starts.len().checked_sub(1)?;
    let is_sound = is_partition(starts.iter().copied(), lanes, entries.len())
        && entries.own().is_none_or(|own| own.are_below(rows.len(), marks_len))
        && slots.iter().all(|&[idx, slot]| idx < bound && (slot as usize) < lanes)
        && slots.is_sorted_by(|a, b| a[0] <= b[0]);
    let slots = slots.iter().map(|&[idx, slot]| (idx, slot)).collect();
    is_sound.then_some(RefLanes { slots, starts, entries, marks, lod })
}

fn take_flows(bytes: &mut In<'_>, rows: &Rows, tables: &Tables) -> Option<FlowIndex> {
    let dir = take_dir(bytes)?;
    let (starts, acts) = (take_packed(bytes)?, take_packed(bytes)?);
    let is_sound = is_partition(starts.iter(), dir.len() as usize, acts.len() as usize)
        && acts.is_below(rows.len())
        && dir.keys().all(|actor| tables.bounds.is_actor(actor));
    is_sound.then_some(FlowIndex { dir, starts, rows: acts })
}

fn take_dir(bytes: &mut In<'_>) -> Option<KeyDir> {
    KeyDir::from_parts(take_packed(bytes)?, take_packed(bytes)?)
}

fn take_lod(bytes: &mut In<'_>, spans: impl Iterator<Item = u32>) -> Option<Lod> {
    let mut level = || {
        let (sums, rest) = bytes.raw::<[u8; SUMS_BYTES]>()?.as_chunks();
        rest.is_empty().then(|| sums.iter().map(Sums::from_bytes).collect())
    };
    Lod::from_levels([level()?, level()?, level()?], spans)
}

/// How many each part of a partition has.
fn lengths(starts: impl Iterator<Item = u32> + Clone) -> impl Iterator<Item = u32> {
    starts.clone().zip(starts.skip(1)).map(|(start, end)| end.saturating_sub(start))
}

/// Whether `starts` cut `len` things into so many parts.
fn is_partition(starts: impl ExactSizeIterator<Item = u32> + Clone, parts: usize, len: usize) -> bool {
    let ends = (starts.clone().next(), starts.clone().last().map(|last| last as usize));
    starts.len() == parts + 1 && ends == (Some(0), Some(len)) && starts.is_sorted()
}
