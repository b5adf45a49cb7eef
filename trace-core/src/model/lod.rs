//! Levels of detail: sums of time by class over blocks of 64 and of 4096 spans, so that drawing and
//! summing never walk through all rows.

use crate::event::state::SpanClass;

/// Spans in a block of the lower level.
pub(crate) const BLOCK: u32 = 64;
/// Spans in a block of the upper level.
pub(crate) const SUPER: u32 = BLOCK * BLOCK;

/// What a run of spans adds up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Nanoseconds by class. A segment is shorter than 2^32 ns, so no sum can overflow.
    pub(crate) nanos: [u32; SpanClass::COUNT],
    /// Spans by class.
    pub(crate) spans: [u16; SpanClass::COUNT],
}

impl Sums {
    pub(crate) const ZERO: Self = Self { nanos: [0; SpanClass::COUNT], spans: [0; SpanClass::COUNT] };

    #[inline]
    pub(crate) fn add(&mut self, class: SpanClass, nanos: u32) {
        let at = class as usize;
        self.nanos[at] = self.nanos[at].saturating_add(nanos);
        self.spans[at] = self.spans[at].saturating_add(1);
    }

    fn merge(&mut self, other: &Self) {
        for class in 0..SpanClass::COUNT {
            self.nanos[class] = self.nanos[class].saturating_add(other.nanos[class]);
            self.spans[class] = self.spans[class].saturating_add(other.spans[class]);
        }
    }
}

/// The two levels of one lane in one segment. Rows are counted from the lane's first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneLod<'a> {
    /// Per [`BLOCK`] rows, whole blocks only.
    pub(crate) blocks: &'a [Sums],
    /// Per [`SUPER`] rows, whole ones only.
    pub(crate) supers: &'a [Sums],
}

impl LaneLod<'_> {
    pub(crate) const EMPTY: Self = Self { blocks: &[], supers: &[] };
}

/// The levels of all lanes of a segment that are long enough to have some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lod {
    /// (lane slot, first of its blocks, first of its supers), by rising slot.
    lanes: Vec<(u32, u32, u32)>,
    blocks: Vec<Sums>,
    supers: Vec<Sums>,
}

impl Lod {
    /// The levels of a lane.
    pub(crate) fn lane(&self, slot: u32) -> LaneLod<'_> {
        let Ok(at) = self.lanes.binary_search_by_key(&slot, |lane| lane.0) else { return LaneLod::EMPTY };
        let (_, block, upper) = self.lanes[at];
        let (_, block_end, upper_end) =
            self.lanes.get(at + 1).copied().unwrap_or((0, self.blocks.len() as u32, self.supers.len() as u32));
        LaneLod {
            blocks: &self.blocks[block as usize..block_end as usize],
            supers: &self.supers[upper as usize..upper_end as usize],
        }
    }

    /// Begins the next lane (slots must rise); follow with [`Lod::push_block`]s.
    pub(crate) fn begin_lane(&mut self, slot: u32) {
        self.lanes.push((slot, self.blocks.len() as u32, self.supers.len() as u32));
    }

    /// Adds the sums of the next whole block of the lane begun last.
    pub(crate) fn push_block(&mut self, sums: &Sums) {
        self.blocks.push(*sums);
        let Some(&(_, first, _)) = self.lanes.last() else { return };
        let count = self.blocks.len() as u32 - first;
        if count.is_multiple_of(BLOCK) {
            let mut total = Sums::ZERO;
            for block in &self.blocks[(first + count - BLOCK) as usize..] {
                total.merge(block);
            }
            self.supers.push(total);
        }
    }

    /// Moves the first row of a lane from one class to another: what it is turned out to be known only
    /// after the sums were made. It is no span of its own.
    pub(crate) fn recolour_first(&mut self, slot: u32, from: SpanClass, to: SpanClass, nanos: u32) {
        let Ok(at) = self.lanes.binary_search_by_key(&slot, |lane| lane.0) else { return };
        let (_, block, upper) = self.lanes[at];
        let (_, block_end, upper_end) =
            self.lanes.get(at + 1).copied().unwrap_or((0, self.blocks.len() as u32, self.supers.len() as u32));
        let first_block = self.blocks[block as usize..block_end as usize].first_mut();
        let first_super = self.supers[upper as usize..upper_end as usize].first_mut();
        for sums in first_block.into_iter().chain(first_super) {
            sums.nanos[from as usize] = sums.nanos[from as usize].saturating_sub(nanos);
            sums.spans[from as usize] = sums.spans[from as usize].saturating_sub(1);
            sums.nanos[to as usize] = sums.nanos[to as usize].saturating_add(nanos);
        }
    }

    /// Memory taken.
    pub(crate) const fn bytes(&self) -> usize {
        (self.blocks.len() + self.supers.len()) * size_of::<Sums>() + self.lanes.len() * 12
    }

    /// Gives back what was reserved too much.
    pub(crate) fn shrink(&mut self) {
        self.lanes.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.supers.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_level_sums_the_lower() {
        let mut lod = Lod::default();
        lod.begin_lane(3);
        let mut block = Sums::ZERO;
        block.add(SpanClass::Running, 5);
        for _ in 0..65 {
            lod.push_block(&block);
        }
        lod.begin_lane(9);
        lod.push_block(&block);
        assert_eq!(lod.lane(3).blocks.len(), 65);
        assert_eq!(lod.lane(3).supers.len(), 1);
        assert_eq!(lod.lane(3).supers[0].nanos[SpanClass::Running as usize], 64 * 5);
        assert_eq!(lod.lane(9).blocks.len(), 1);
        assert!(lod.lane(4).blocks.is_empty());
        lod.recolour_first(3, SpanClass::Running, SpanClass::WaitNet, 5);
        assert_eq!(lod.lane(3).supers[0].nanos[SpanClass::Running as usize], 63 * 5);
        assert_eq!(lod.lane(3).blocks[0].nanos[SpanClass::WaitNet as usize], 5);
    }
}
