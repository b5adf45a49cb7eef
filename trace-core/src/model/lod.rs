//! Levels of detail: sums of time by class over blocks of 128, 1024 and 8192 spans, so that drawing and
//! summing never walk through all rows.

use crate::event::state::SpanClass;

/// Spans in a block of the lowest level.
pub(crate) const BLOCK: u32 = 128;
/// Blocks of a level that make one of the next.
const FAN: usize = 8;
/// How many levels there are.
pub(crate) const LEVELS: usize = 3;
/// Spans per block of each level.
const SIZES: [u32; LEVELS] = [BLOCK, BLOCK * FAN as u32, BLOCK * (FAN * FAN) as u32];

pub(crate) const SUMS_BYTES: usize = size_of::<Sums>();

/// What a run of spans adds up to. A cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Nanoseconds by class. A segment is shorter than 2^32 ns, so no sum can overflow.
    pub(crate) nanos: [u32; SpanClass::COUNT],
    /// Spans by class. Even in the largest block fewer than 2^16: an entry of a proc has a few rows.
    pub(crate) spans: [u16; SpanClass::COUNT],
    /// Where the run ends, ns since the segment's base: so that walking over blocks touches nothing else.
    pub(crate) end: u32,
}

impl Sums {
    pub(crate) const ZERO: Self = Self { nanos: [0; SpanClass::COUNT], spans: [0; SpanClass::COUNT], end: 0 };

    #[inline]
    pub(crate) fn add(&mut self, class: SpanClass, nanos: u32) {
        let at = class as usize;
        self.nanos[at] = self.nanos[at].saturating_add(nanos);
        self.spans[at] = self.spans[at].saturating_add(1);
    }

    /// The same as bytes, in the machine's own order.
    pub(crate) fn to_bytes(self) -> [u8; SUMS_BYTES] {
        let mut bytes = [0; SUMS_BYTES];
        let (nanos, rest) = bytes.split_at_mut(size_of_val(&self.nanos));
        nanos.copy_from_slice(bytemuck::bytes_of(&self.nanos));
        let (spans, end) = rest.split_at_mut(size_of_val(&self.spans));
        spans.copy_from_slice(bytemuck::bytes_of(&self.spans));
        end.copy_from_slice(&self.end.to_ne_bytes());
        bytes
    }

    /// Built of what [`Sums::to_bytes`] gave.
    pub(crate) fn from_bytes(bytes: &[u8; SUMS_BYTES]) -> Self {
        let (nanos, rest) = bytes.split_at(4 * SpanClass::COUNT);
        let (spans, end) = rest.split_at(2 * SpanClass::COUNT);
        Self {
            nanos: bytemuck::pod_read_unaligned(nanos),
            spans: bytemuck::pod_read_unaligned(spans),
            end: bytemuck::pod_read_unaligned(end),
        }
    }

    /// What blocks one after another add up to.
    fn of(blocks: &[Self]) -> Self {
        let mut total = Self::ZERO;
        for block in blocks {
            total.merge(block);
        }
        total
    }

    fn merge(&mut self, other: &Self) {
        for class in 0..SpanClass::COUNT {
            self.nanos[class] = self.nanos[class].saturating_add(other.nanos[class]);
            self.spans[class] = self.spans[class].saturating_add(other.spans[class]);
        }
        self.end = other.end;
    }
}

/// The levels of one lane in one segment, whole blocks only. Rows are counted from the lane's first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneLod<'a> {
    levels: [&'a [Sums]; LEVELS],
}

impl<'a> LaneLod<'a> {
    pub(crate) const EMPTY: Self = Self { levels: [&[]; LEVELS] };

    /// The largest block that begins at row `local` and that `takes` accepts: its rows and sums.
    #[inline]
    pub(crate) fn block_at(&self, local: u32, takes: impl Fn(&Sums) -> bool) -> Option<(u32, &'a Sums)> {
        if !local.is_multiple_of(BLOCK) {
            return None;
        }
        let lowest = self.levels[0].get((local / BLOCK) as usize)?;
        if !takes(lowest) {
            return None;
        }
        let mut best = (BLOCK, lowest);
        for (level, &size) in self.levels.iter().zip(&SIZES).skip(1) {
            match level.get((local / size) as usize) {
                Some(block) if local.is_multiple_of(size) && takes(block) => best = (size, block),
                _ => break,
            }
        }
        Some(best)
    }
}

/// The levels of all lanes of a segment that are long enough to have some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lod {
    /// Lane slot, and the first of its blocks on each level; by rising slot.
    lanes: Vec<(u32, [u32; LEVELS])>,
    levels: [Vec<Sums>; LEVELS],
}

impl Lod {
    /// Where the blocks of a lane lie on a level.
    fn places(&self, slot: u32, level: usize) -> std::ops::Range<usize> {
        let Ok(at) = self.lanes.binary_search_by_key(&slot, |lane| lane.0) else { return 0..0 };
        let end = self.lanes.get(at + 1).map_or(self.levels[level].len(), |next| next.1[level] as usize);
        self.lanes[at].1[level] as usize..end
    }

    /// The levels of a lane.
    pub(crate) fn lane(&self, slot: u32) -> LaneLod<'_> {
        let mut lane = LaneLod::EMPTY;
        for (level, blocks) in self.levels.iter().enumerate() {
            lane.levels[level] = &blocks[self.places(slot, level)];
        }
        lane
    }

    /// Begins the next lane (slots must rise); follow with [`Lod::push_block`]s.
    pub(crate) fn begin_lane(&mut self, slot: u32) {
        let mut firsts = [0; LEVELS];
        for (first, level) in firsts.iter_mut().zip(&self.levels) {
            *first = level.len() as u32;
        }
        self.lanes.push((slot, firsts));
    }

    /// Adds the sums of the next whole block of the lane begun last.
    pub(crate) fn push_block(&mut self, sums: &Sums) {
        let Some(&(_, firsts)) = self.lanes.last() else { return };
        self.levels[0].push(*sums);
        for level in 1..LEVELS {
            let below = &self.levels[level - 1];
            if !(below.len() - firsts[level - 1] as usize).is_multiple_of(FAN) {
                return;
            }
            let total = Sums::of(&below[below.len() - FAN..]);
            self.levels[level].push(total);
        }
    }

    /// Lets times count from a base that is later by `raise` ns. Blocks from the first of each lane on are replaced by
    /// what `remade` has for them (slot, number of the block), as long as it has something.
    pub(crate) fn lower(&mut self, raise: u64, mut remade: impl FnMut(u32, usize) -> Option<Sums>) {
        for sums in self.levels.iter_mut().flatten() {
            sums.end = u64::from(sums.end).saturating_sub(raise) as u32;
        }
        for at in 0..self.lanes.len() {
            let (slot, firsts) = self.lanes[at];
            let ends: [usize; LEVELS] = std::array::from_fn(|level| {
                self.lanes.get(at + 1).map_or(self.levels[level].len(), |next| next.1[level] as usize)
            });
            let mut changed = 0;
            for (block, sums) in self.levels[0][firsts[0] as usize..ends[0]].iter_mut().enumerate() {
                let Some(new) = remade(slot, block) else { break };
                *sums = new;
                changed = block + 1;
            }
            for level in 1..LEVELS {
                changed = changed.div_ceil(FAN);
                let (below, above) = self.levels.split_at_mut(level);
                let below = below[level - 1][firsts[level - 1] as usize..ends[level - 1]].chunks_exact(FAN);
                let above = &mut above[0][firsts[level] as usize..ends[level]];
                for (sums, parts) in above.iter_mut().zip(below).take(changed) {
                    *sums = Sums::of(parts);
                }
            }
        }
    }

    /// Moves the first row of a lane from one class to another: what it is turned out to be known only
    /// after the sums were made. It is no span of its own.
    pub(crate) fn recolour_first(&mut self, slot: u32, from: SpanClass, to: SpanClass, nanos: u32) {
        for level in 0..LEVELS {
            let places = self.places(slot, level);
            if let Some(sums) = self.levels[level][places].first_mut() {
                sums.nanos[from as usize] = sums.nanos[from as usize].saturating_sub(nanos);
                sums.spans[from as usize] = sums.spans[from as usize].saturating_sub(1);
                sums.nanos[to as usize] = sums.nanos[to as usize].saturating_add(nanos);
            }
        }
    }

    /// The blocks of all lanes by level.
    pub(crate) const fn levels(&self) -> &[Vec<Sums>; LEVELS] {
        &self.levels
    }

    /// What [`Lod::levels`] gave, for lanes that have so many spans, by slot; if there are as many blocks as
    /// these have.
    pub(crate) fn from_levels(levels: [Vec<Sums>; LEVELS], spans: impl Iterator<Item = u32>) -> Option<Self> {
        let mut lanes = Vec::new();
        let mut firsts = [0u32; LEVELS];
        for (slot, spans) in (0u32..).zip(spans) {
            if spans > BLOCK {
                lanes.push((slot, firsts));
                let mut blocks = (spans - 1) / BLOCK;
                for first in &mut firsts {
                    *first = first.checked_add(blocks)?;
                    blocks /= FAN as u32;
                }
            }
        }
        let fits = levels.iter().zip(firsts).all(|(level, blocks)| level.len() == blocks as usize);
        lanes.shrink_to_fit();
        fits.then_some(Self { lanes, levels })
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let blocks: usize = self.levels.iter().map(Vec::len).sum();
        blocks * size_of::<Sums>() + self.lanes.len() * size_of::<(u32, [u32; LEVELS])>()
    }

    /// Gives back what was reserved too much.
    pub(crate) fn shrink(&mut self) {
        self.lanes.shrink_to_fit();
        for level in &mut self.levels {
            level.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_levels_sum_the_lower() {
        let mut lod = Lod::default();
        lod.begin_lane(3);
        let mut block = Sums::ZERO;
        block.add(SpanClass::Running, 5);
        for end in 1..=65 {
            lod.push_block(&Sums { end, ..block });
        }
        lod.begin_lane(9);
        lod.push_block(&block);
        let running = |found: Option<(u32, &Sums)>| found.map(|(rows, sums)| (rows, sums.nanos[1], sums.end));
        let [low, middle, high] = SIZES;
        assert_eq!(running(lod.lane(3).block_at(0, |_| true)), Some((high, 64 * 5, 64)));
        assert_eq!(running(lod.lane(3).block_at(middle, |_| true)), Some((middle, 8 * 5, 16)));
        assert_eq!(running(lod.lane(3).block_at(high, |_| true)), Some((low, 5, 65)));
        assert_eq!(running(lod.lane(3).block_at(0, |sums| sums.end < 9)), Some((middle, 8 * 5, 8)));
        assert_eq!(running(lod.lane(3).block_at(low, |_| true)), Some((low, 5, 2)));
        assert_eq!(running(lod.lane(3).block_at(low + 1, |_| true)), None);
        assert_eq!(running(lod.lane(9).block_at(0, |_| true)), Some((low, 5, 0)));
        assert_eq!(running(lod.lane(4).block_at(0, |_| true)), None);
        lod.recolour_first(3, SpanClass::Running, SpanClass::WaitNet, 5);
        assert_eq!(running(lod.lane(3).block_at(0, |_| true)), Some((high, 63 * 5, 64)));
    }

    #[test]
    fn a_block_is_a_cache_line() {
        assert_eq!(size_of::<Sums>(), 64);
    }
}
