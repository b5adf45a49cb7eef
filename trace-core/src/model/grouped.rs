//! Things grouped by whom they belong to, in time order, found by time.

use crate::base::time::{TimeRange, TraceTime};

/// Items per block of the search tree over ends.
const BLOCK: usize = 64;

/// Something that takes time, or happens at an instant (an empty range).
pub(crate) trait Timed {
    /// From when to when.
    fn range(&self) -> TimeRange;
}

/// Items by key, then by start.
#[derive(Clone, Debug)]
pub(crate) struct Grouped<T> {
    keys: Box<[u32]>,
    /// One more than keys.
    starts: Box<[u32]>,
    items: Box<[T]>,
    /// Latest end per block of items, then per block of those, …
    ends: Box<[Box<[TraceTime]>]>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self { keys: Box::default(), starts: Box::default(), items: Box::default(), ends: Box::default() }
    }
}

impl<T: Timed + Copy> Grouped<T> {
    /// Groups items by the keys that they come with; those that start together stay in the order given.
    pub(crate) fn new(mut pairs: Vec<(u32, T)>) -> Self {
        sort_by_key(&mut pairs, |pair| pair.0);
        for group in pairs.chunk_by_mut(|one, other| one.0 == other.0) {
            sort_by_start(group, |pair| pair.1.range().start);
        }
        let runs = runs(pairs.iter().map(|pair| pair.0));
        Self::assemble(runs, pairs.into_iter().map(|pair| pair.1).collect())
    }

    /// Groups items by what `key` says of each, where they lie; those that start together stay in the order given.
    pub(crate) fn by(mut items: Vec<T>, key: impl Fn(&T) -> u32) -> Self {
        sort_by_key(&mut items, &key);
        for group in items.chunk_by_mut(|one, other| key(one) == key(other)) {
            sort_by_start(group, |item| item.range().start);
        }
        Self::sorted(items, key)
    }

    /// Items that are by rising key and start already.
    pub(crate) fn sorted(items: Vec<T>, key: impl Fn(&T) -> u32) -> Self {
        Self::assemble(runs(items.iter().map(key)), items.into())
    }

    fn assemble((keys, starts): (Vec<u32>, Vec<u32>), items: Box<[T]>) -> Self {
        let mut ends: Vec<Box<[TraceTime]>> = Vec::new();
        let latest = |times: &mut dyn Iterator<Item = TraceTime>| times.max().unwrap_or(TraceTime::MIN);
        if items.len() > BLOCK {
            let blocks = items.chunks(BLOCK);
            ends.push(blocks.map(|block| latest(&mut block.iter().map(|item| item.range().end))).collect());
        }
        while let Some(below) = ends.last()
            && below.len() > BLOCK
        {
            let level = below.chunks(BLOCK).map(|block| latest(&mut block.iter().copied())).collect();
            ends.push(level);
        }
        Self { keys: keys.into(), starts: starts.into(), items, ends: ends.into() }
    }

    /// All items with their keys, by key, then by start.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u32, &T)> {
        self.keys.iter().flat_map(|&key| self.of(key).iter().map(move |item| (key, item)))
    }

    /// All items, by key, then by start.
    pub(crate) fn all(&self) -> &[T] {
        &self.items
    }

    /// All items of a key, in time order.
    pub(crate) fn of(&self, key: u32) -> &[T] {
        let (first, end) = self.bounds(key);
        self.items.get(first..end).unwrap_or_default()
    }

    /// The items of a key that touch `range`, by start.
    pub(crate) fn touching(&self, key: u32, range: TimeRange) -> impl Iterator<Item = &T> {
        let (first, end) = self.bounds(key);
        let group = self.items.get(first..end).unwrap_or_default();
        let end = first + group.partition_point(|item| item.range().start < range.end);
        let mut at = first;
        std::iter::from_fn(move || {
            at = self.next_reaching(at, end, range.start)?;
            at += 1;
            self.items.get(at - 1)
        })
    }

    fn bounds(&self, key: u32) -> (usize, usize) {
        match self.keys.binary_search(&key) {
            Ok(at) => (self.starts[at] as usize, self.starts[at + 1] as usize),
            Err(_) => (0, 0),
        }
    }

    /// The first item from `at` on, before `end`, that is not over by `time`.
    fn next_reaching(&self, mut at: usize, end: usize, time: TraceTime) -> Option<usize> {
        while at < end {
            // Step over the largest block that begins here and is over.
            let mut step = 0;
            let mut size = BLOCK;
            for level in &self.ends {
                if !at.is_multiple_of(size) || level.get(at / size).is_none_or(|&latest| latest > time) {
                    break;
                }
                step = size;
                size *= BLOCK;
            }
            if step == 0 {
                let range = self.items.get(at)?.range();
                if range.end > time || range.start >= time {
                    return Some(at);
                }
                step = 1;
            }
            at += step;
        }
        None
    }
}

/// The keys of items that are by rising key, each once, and where the items of each begin; one more than keys.
fn runs(keys: impl Iterator<Item = u32>) -> (Vec<u32>, Vec<u32>) {
    let (mut found, mut starts) = (Vec::new(), Vec::new());
    let mut count = 0;
    for key in keys {
        if found.last() != Some(&key) {
            found.push(key);
            starts.push(count);
        }
        count += 1;
    }
    starts.push(count);
    (found, starts)
}

/// Sorts by start; those that start together stay in the order given.
fn sort_by_start<T>(group: &mut [T], start: impl Fn(&T) -> TraceTime) {
    // Most come in time order, and sorting takes memory even where there is nothing to sort.
    if !group.is_sorted_by_key(&start) {
        group.sort_by_key(start);
    }
}

/// Sorts by key where the items lie; those of a key stay in the order given. Takes four bytes an item besides, unless
/// there are more possible keys than items.
pub(crate) fn sort_by_key<T>(items: &mut [T], key: impl Fn(&T) -> u32) {
    if items.is_sorted_by_key(&key) {
        return;
    }
    let keys = items.iter().map(|item| key(item) as usize + 1).max().unwrap_or(0);
    if keys > items.len() {
        items.sort_by_key(key);
        return;
    }
    let mut places = vec![0u32; keys + 1];
    for item in &*items {
        places[key(item) as usize + 1] += 1;
    }
    for key in 1..keys {
        places[key] += places[key - 1];
    }
    // Where each belongs.
    let mut targets: Vec<u32> = Vec::with_capacity(items.len());
    for item in &*items {
        let place = &mut places[key(item) as usize];
        targets.push(*place);
        *place += 1;
    }
    for at in 0..items.len() {
        // Each exchange brings one of them where it belongs.
        while targets[at] as usize != at {
            let target = targets[at] as usize;
            items.swap(at, target);
            targets.swap(at, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Timed for (i64, i64) {
        fn range(&self) -> TimeRange {
            TimeRange::new(TraceTime(self.0), TraceTime(self.1))
        }
    }

    #[test]
    fn finds_what_a_scan_finds() {
        let mut pairs = Vec::new();
        let mut seed = 7u64;
        for n in 0..20_000i64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let long = if seed >> 60 == 0 { 5_000 } else { (seed >> 40) as i64 % 9 };
            pairs.push(((seed >> 33) as u32 % 5, (n, n + long)));
        }
        let grouped = Grouped::new(pairs.clone());
        for (from, to) in [(0, 1), (4_000, 4_100), (19_990, 30_000), (777, 777), (12_000, 12_003)] {
            let range = TimeRange::new(TraceTime(from), TraceTime(to));
            for key in 0..6 {
                let found: Vec<_> = grouped.touching(key, range).copied().collect();
                let scan = pairs
                    .iter()
                    .filter(|(k, (start, end))| *k == key && *start < to && (*end > from || *start >= from));
                assert_eq!(found, scan.map(|pair| pair.1).collect::<Vec<_>>(), "{key} {from}..{to}");
            }
        }
        assert_eq!(&*grouped.keys, &[0, 1, 2, 3, 4]);
        assert!(grouped.of(9).is_empty());
    }

    #[test]
    fn sorting_where_they_lie_keeps_the_order_of_equal_ones() {
        let mut seed = 11u64;
        for keys in [1, 3, 50, 4_000] {
            let mut items: Vec<(u32, u32)> = Vec::new();
            for n in 0..1_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                items.push(((seed >> 33) as u32 % keys, n));
            }
            let mut sorted = items.clone();
            sorted.sort_by_key(|item| item.0);
            sort_by_key(&mut items, |item| item.0);
            assert_eq!(items, sorted, "{keys} keys");
        }
    }
}
