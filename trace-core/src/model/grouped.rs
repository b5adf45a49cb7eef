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
    /// Groups items; those that start together stay in the order given.
    pub(crate) fn new(mut pairs: Vec<(u32, T)>) -> Self {
        let order = |(key, item): &(u32, T)| (*key, item.range().start);
        // Sorting takes memory even where there is nothing to sort.
        if !pairs.is_sorted_by_key(order) {
            pairs = by_key(pairs);
            // Most come in time order, so those of each key do, too.
            if !pairs.is_sorted_by_key(order) {
                pairs.sort_by_key(order);
            }
        }
        let (mut keys, mut starts) = (Vec::new(), Vec::new());
        let mut items = Vec::with_capacity(pairs.len());
        for (at, (key, item)) in pairs.into_iter().enumerate() {
            if keys.last() != Some(&key) {
                keys.push(key);
                starts.push(at as u32);
            }
            items.push(item);
        }
        starts.push(items.len() as u32);
        let mut ends: Vec<Box<[TraceTime]>> = Vec::new();
        let mut level: Vec<TraceTime> = items.iter().map(|item| item.range().end).collect();
        while level.len() > BLOCK {
            level = level.chunks(BLOCK).map(|block| block.iter().copied().max().unwrap_or(TraceTime::MIN)).collect();
            ends.push(level.clone().into());
        }
        Self { keys: keys.into(), starts: starts.into(), items: items.into(), ends: ends.into() }
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

/// The pairs by rising key, those of a key in the order given. Where there are more possible keys than pairs, they
/// stay as they are.
fn by_key<T: Copy>(pairs: Vec<(u32, T)>) -> Vec<(u32, T)> {
    let keys = pairs.iter().map(|pair| pair.0 as usize + 1).max().unwrap_or(0);
    let Some(mut sorted) = pairs.first().filter(|_| keys <= pairs.len()).map(|&first| vec![first; pairs.len()]) else {
        return pairs;
    };
    let mut places = vec![0usize; keys + 1];
    for (key, _) in &pairs {
        places[*key as usize + 1] += 1;
    }
    for key in 1..keys {
        places[key] += places[key - 1];
    }
    for pair in pairs {
        let place = &mut places[pair.0 as usize];
        sorted[*place] = pair;
        *place += 1;
    }
    sorted
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
}
