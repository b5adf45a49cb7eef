//! Goroutines in the order of their ids. A trace may have millions, and the first row of a table waits for this: ids tell about
//! where a goroutine belongs, so that only those close together are compared. Takes four bytes a goroutine, and half a byte
//! more while it works.

use crate::base::ids::GoroutineIdx;
use crate::model::trace::Trace;

/// Goroutines of a bucket, if ids are spread evenly.
const PER_BUCKET: usize = 8;
/// Buckets that a thread sorts at a time.
const BUCKETS_AT_A_TIME: usize = 1 << 12;
/// A larger bucket is sorted with its ids at hand.
const LARGE: usize = 64;

/// All goroutines by rising id of the runtime, as a signed number; those with one id (of damaged files) by rising index.
pub(super) fn by_id(trace: &Trace) -> Vec<GoroutineIdx> {
    let id = |go: GoroutineIdx| trace.goroutine_name(go).map_or(i64::MIN, |(id, _)| id.signed());
    let all = || (0..trace.goroutine_count()).map(GoroutineIdx);
    // Mostly they are known in that order.
    if all().map(id).is_sorted() {
        return all().collect();
    }
    sorted(all, &id)
}

fn sorted<I: ExactSizeIterator<Item = GoroutineIdx>>(
    all: impl Fn() -> I,
    id: &(impl Fn(GoroutineIdx) -> i64 + Sync),
) -> Vec<GoroutineIdx> {
    let (least, most) = all().map(id).fold((i64::MAX, i64::MIN), |(least, most), id| (least.min(id), most.max(id)));
    let buckets = (all().len() / PER_BUCKET).max(1);
    let mut shift = 0;
    while most.abs_diff(least).checked_shr(shift).unwrap_or(0) >= buckets as u64 {
        shift += 1;
    }
    let bucket = |go| usize::try_from(id(go).abs_diff(least).checked_shr(shift).unwrap_or(0)).unwrap_or(usize::MAX);
    // Where each bucket begins; its own goroutines move it to its end.
    let mut next = vec![0_u32; buckets + 1];
    for go in all() {
        if let Some(count) = next.get_mut(bucket(go).saturating_add(1)) {
            *count += 1;
        }
    }
    let mut before = 0;
    for count in &mut next {
        before += *count;
        *count = before;
    }
    let mut order = vec![GoroutineIdx::NONE; all().len()];
    for go in all() {
        let Some(next) = next.get_mut(bucket(go)) else { continue };
        if let Some(place) = order.get_mut(*next as usize) {
            *place = go;
        }
        *next += 1;
    }
    // Each number is where its bucket ends by now.
    next.pop();
    sort_buckets(&mut order, &next, 0, id);
    order
}

/// Sorts buckets that end at `ends`, of an order in which `begin` lie before.
fn sort_buckets(order: &mut [GoroutineIdx], ends: &[u32], begin: u32, id: &(impl Fn(GoroutineIdx) -> i64 + Sync)) {
    if ends.len() > BUCKETS_AT_A_TIME {
        let (first, second) = ends.split_at(ends.len() / 2);
        let middle = first.last().copied().unwrap_or(begin);
        let Some((left, right)) = order.split_at_mut_checked((middle - begin) as usize) else { return };
        rayon::join(|| sort_buckets(left, first, begin, id), || sort_buckets(right, second, middle, id));
        return;
    }
    let mut start = begin;
    for end in ends {
        let bucket = order.get_mut((start - begin) as usize..(*end - begin) as usize).unwrap_or_default();
        // Both keep the order of equals.
        if bucket.len() > LARGE {
            bucket.sort_by_cached_key(|go| id(*go));
        } else {
            bucket.sort_by_key(|go| id(*go));
        }
        start = *end;
    }
}

#[cfg(test)]
mod tests {
    use super::sorted;
    use crate::base::ids::GoroutineIdx;

    /// What a plain sort makes of the same ids.
    fn check(ids: &[i64]) {
        let all = || (0..ids.len() as u32).map(GoroutineIdx);
        let id = |go: GoroutineIdx| ids[go.0 as usize];
        let mut plain: Vec<GoroutineIdx> = all().collect();
        plain.sort_by_key(|go| id(*go));
        assert_eq!(sorted(all, &id), plain, "{} ids", ids.len());
    }

    #[test]
    fn buckets_come_to_the_same_order_as_a_sort() {
        let mixed = |at: i64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
        for count in [0, 1, 2, 7, 63, 64, 65, 1_000, 100_000] {
            // Nearly dense, as the runtime gives them, with some twice; all alike; spread over all numbers.
            check(&(0..count).map(|at| mixed(at).rem_euclid(count.max(1)) + 17).collect::<Vec<i64>>());
            check(&vec![5; count as usize]);
            check(&(0..count).map(mixed).collect::<Vec<i64>>());
            // A few old ones, all others far behind.
            check(
                &(0..count)
                    .map(|at| if at % 50 == 0 { at } else { 1 << 40 | mixed(at) & 0xf_ffff })
                    .collect::<Vec<_>>(),
            );
        }
        check(&[i64::MAX, i64::MIN, 0, -1, i64::MIN]);
    }
}
