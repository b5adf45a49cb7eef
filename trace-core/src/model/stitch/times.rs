//! Times that cannot be where they claim to be: of a second trace, and those before what is stitched already.

use crate::model::draft::SegmentDraft;
use crate::model::kinds::Classes;
use crate::model::packed::Packed;
use crate::model::seal;
use crate::model::stitch::Stitcher;

/// What is left free before a second trace whose clock had to be shifted, ns.
const TRACE_GAP_NANOS: i64 = 1_000_000;

impl Stitcher {
    /// Puts a second trace behind the first where their clocks say otherwise.
    pub(super) fn shift(&mut self, draft: &mut SegmentDraft) {
        if std::mem::take(&mut self.current.must_shift)
            && let Some(end) = self.epochs.last().map(|epoch| epoch.end.0)
            && draft.base <= end
        {
            self.shift = end.saturating_sub(draft.base).saturating_add(TRACE_GAP_NANOS);
        }
        if self.shift != 0 {
            draft.base = draft.base.saturating_add(self.shift);
            draft.end = draft.end.saturating_add(self.shift);
            draft.annotations.shift(self.shift);
        }
    }

    /// Nothing may lie before what has been stitched already.
    pub(super) fn clamp(&self, draft: &mut SegmentDraft, classes: &Classes) {
        let Some(floor) = self.epochs.last().map(|epoch| epoch.end.0) else { return };
        if draft.base >= floor {
            return;
        }
        let raise = floor.abs_diff(draft.base);
        let mut starts: Vec<u32> = draft.rows.start.iter().collect();
        let moved = spread(starts.iter().chain(&draft.procs.marks), raise);
        let (early, latest) = moved.last().map_or((None, raise), |&(early, latest)| (Some(early), latest));
        for start in starts.iter_mut().chain(&mut draft.procs.marks) {
            let mut time = u64::from(*start);
            if Some(*start) <= early
                && let Ok(at) = moved.binary_search_by_key(start, |pair| pair.0)
            {
                time = moved[at].1;
            }
            *start = time.saturating_sub(raise) as u32;
        }
        draft.rows.start = Packed::from_slice(&starts);
        draft.base = floor;
        draft.end = draft.end.max(floor.saturating_add((latest - raise) as i64));
        seal::sum_moved(draft, classes, raise, latest - raise);
        let raise = u32::try_from(raise).unwrap_or(u32::MAX);
        for steps in [&mut draft.heap_live, &mut draft.heap_goal, &mut draft.max_procs] {
            steps.lower(raise);
        }
        draft.counts.lower(raise);
        draft.annotations.raise(floor);
    }
}

/// New times for those up to `floor` (all ns since a base): one after another behind it, as the reference
/// reader does it, until they meet times that are later anyway. By rising old time.
fn spread<'a>(times: impl Iterator<Item = &'a u32> + Clone, floor: u64) -> Vec<(u32, u64)> {
    // No more than so many can be moved, so none behind that is; of a whole segment mostly a few.
    let mut bound = floor;
    let mut early: Vec<u32> = loop {
        let within: Vec<u32> = times.clone().copied().filter(|&time| u64::from(time) <= bound).collect();
        let reach = floor.saturating_add(within.len() as u64);
        if reach <= bound {
            break within;
        }
        bound = reach.saturating_add(within.len() as u64);
    };
    early.sort_unstable();
    early.dedup();
    // Each that is moved takes a place behind the floor, and may push the next one on.
    let mut places = (floor..).zip(&early);
    let count = places.position(|(limit, &time)| u64::from(time) > limit).unwrap_or(early.len());
    early.truncate(count);
    let mut last = floor;
    let place = |time: u32| {
        last = (last + 1).max(u64::from(time));
        (time, last)
    };
    early.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_times_are_spread_behind_the_floor() {
        let times = [5, 7, 9, 10, 11, 12, 40];
        assert_eq!(spread(times.iter(), 9), [(5, 10), (7, 11), (9, 12), (10, 13), (11, 14), (12, 15)]);
        assert!(spread(times.iter(), 4).is_empty());
        let dense: Vec<u32> = (0..1000).rev().collect();
        let moved = spread(dense.iter(), 9);
        assert_eq!((moved.len(), moved[0], moved[999]), (1000, (0, 10), (999, 1009)), "each pushes the next one on");
        let gap: Vec<u32> = (0..20).chain(100..120).collect();
        assert_eq!(spread(gap.iter(), 9).last(), Some(&(19, 29)));
    }
}
