//! Sorts as Go's `slices.SortFunc` does: pattern-defeating quicksort (Orson Peters, arXiv 2106.05123)
//! with Go's parameters. Elements of equal keys come out in the same order as there, which decides the
//! order of simultaneous events in the reference text form.

#![expect(clippy::indexing_slicing, reason = "all places lie between the ends of a range of the slice")]

use std::ops::Range;

/// Up to this many elements are sorted by insertion.
const MAX_INSERTION: usize = 12;
/// From this many elements on the pivot is a median of medians, and nearly sorted runs are repaired.
const LONG: usize = 50;
/// How many pairs out of order are repaired before a run counts as unsorted.
const MAX_REPAIRS: usize = 5;
/// Swaps seen while looking for a median that say that the run is falling.
const ALL_SWAPPED: u32 = 12;

/// Sorts by rising key. Not stable.
pub fn sort_by_key<T>(data: &mut [T], key: impl Fn(&T) -> i64) {
    let limit = usize::BITS - data.len().leading_zeros();
    let whole = 0..data.len();
    Sorter { data, key }.sort(whole, limit);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Rising,
    Falling,
}

struct Sorter<'a, T, F> {
    data: &'a mut [T],
    key: F,
}

impl<T, F: Fn(&T) -> i64> Sorter<'_, T, F> {
    fn less(&self, one: usize, other: usize) -> bool {
        (self.key)(&self.data[one]) < (self.key)(&self.data[other])
    }

    fn sort(&mut self, mut range: Range<usize>, mut limit: u32) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        loop {
            let len = range.len();
            if len <= MAX_INSERTION {
                return self.insertion_sort(range);
            }
            if limit == 0 {
                return self.heap_sort(&range);
            }
            if !was_balanced {
                self.break_patterns(&range);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(&range);
            if hint == Hint::Falling {
                self.data[range.clone()].reverse();
                pivot = range.end - 1 - (pivot - range.start);
                hint = Hint::Rising;
            }
            if was_balanced && was_partitioned && hint == Hint::Rising && self.repair(&range) {
                return;
            }
            // All before the range are smaller or equal: if one equals the pivot, so do many, perhaps.
            if range.start > 0 && !self.less(range.start - 1, pivot) {
                range.start = self.partition_equal(&range, pivot);
                continue;
            }
            let (middle, partitioned) = self.partition(&range, pivot);
            was_partitioned = partitioned;
            let (left, right) = (middle - range.start, range.end - middle);
            was_balanced = left.min(right) >= len / 8;
            // The shorter part by recursion, the longer one in this loop.
            if left < right {
                self.sort(range.start..middle, limit);
                range.start = middle + 1;
            } else {
                self.sort(middle + 1..range.end, limit);
                range.end = middle;
            }
        }
    }

    fn insertion_sort(&mut self, range: Range<usize>) {
        for place in range.start + 1..range.end {
            self.sink_left(place, range.start);
        }
    }

    /// Moves an element to the left while it is smaller than its neighbour.
    fn sink_left(&mut self, mut place: usize, first: usize) {
        while place > first && self.less(place, place - 1) {
            self.data.swap(place, place - 1);
            place -= 1;
        }
    }

    fn heap_sort(&mut self, range: &Range<usize>) {
        let len = range.len();
        for root in (0..=(len - 1) / 2).rev() {
            self.sift_down(range.start, root, len);
        }
        for end in (0..len).rev() {
            self.data.swap(range.start, range.start + end);
            self.sift_down(range.start, 0, end);
        }
    }

    fn sift_down(&mut self, first: usize, mut root: usize, end: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.data.swap(first + root, first + child);
            root = child;
        }
    }

    /// Swaps three elements of the middle with others, by a fixed pseudo-random rule.
    fn break_patterns(&mut self, range: &Range<usize>) {
        let len = range.len();
        let mut random = len as u64;
        let mask = (1u64 << (u64::BITS - random.leading_zeros())) - 1;
        let middle = range.start + len / 4 * 2;
        for place in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask).unwrap_or(0);
            if other >= len {
                other -= len;
            }
            self.data.swap(place, range.start + other);
        }
    }

    fn choose_pivot(&self, range: &Range<usize>) -> (usize, Hint) {
        let len = range.len();
        let quarter = |count: usize| range.start + len / 4 * count;
        let (mut low, mut middle, mut high) = (quarter(1), quarter(2), quarter(3));
        let mut swaps = 0;
        if len >= LONG {
            low = self.median([low - 1, low, low + 1], &mut swaps);
            middle = self.median([middle - 1, middle, middle + 1], &mut swaps);
            high = self.median([high - 1, high, high + 1], &mut swaps);
        }
        let pivot = self.median([low, middle, high], &mut swaps);
        let hint = match swaps {
            0 => Hint::Rising,
            ALL_SWAPPED => Hint::Falling,
            _ => Hint::Unknown,
        };
        (pivot, hint)
    }

    fn median(&self, [mut a, mut b, mut c]: [usize; 3], swaps: &mut u32) -> usize {
        let order = |one: &mut usize, other: &mut usize, swaps: &mut u32| {
            if self.less(*other, *one) {
                std::mem::swap(one, other);
                *swaps += 1;
            }
        };
        order(&mut a, &mut b, swaps);
        order(&mut b, &mut c, swaps);
        order(&mut a, &mut b, swaps);
        b
    }

    /// Repairs a few pairs out of order; whether all is sorted then.
    fn repair(&mut self, range: &Range<usize>) -> bool {
        let mut place = range.start + 1;
        for _ in 0..MAX_REPAIRS {
            while place < range.end && !self.less(place, place - 1) {
                place += 1;
            }
            if place == range.end {
                return true;
            }
            if range.len() < LONG {
                return false;
            }
            self.data.swap(place, place - 1);
            if place - range.start >= 2 {
                self.sink_left(place - 1, 0);
            }
            if range.end - place >= 2 {
                let mut right = place + 1;
                while right < range.end && self.less(right, right - 1) {
                    self.data.swap(right, right - 1);
                    right += 1;
                }
            }
        }
        false
    }

    /// Smaller ones than the pivot to the left, the others to the right: the pivot's new place, and
    /// whether that was so already.
    fn partition(&mut self, range: &Range<usize>, pivot: usize) -> (usize, bool) {
        let first = range.start;
        self.data.swap(first, pivot);
        // Both are places still to be looked at.
        let (mut left, mut right) = (first + 1, range.end - 1);
        let mut swapped = false;
        loop {
            while left <= right && self.less(left, first) {
                left += 1;
            }
            while left <= right && !self.less(right, first) {
                right -= 1;
            }
            if left > right {
                self.data.swap(right, first);
                return (right, !swapped);
            }
            self.data.swap(left, right);
            swapped = true;
            left += 1;
            right -= 1;
        }
    }

    /// No element is smaller than the pivot: those equal to it to the left. Where the others begin.
    fn partition_equal(&mut self, range: &Range<usize>, pivot: usize) -> usize {
        let first = range.start;
        self.data.swap(first, pivot);
        let (mut left, mut right) = (first + 1, range.end - 1);
        loop {
            while left <= right && !self.less(first, left) {
                left += 1;
            }
            while left <= right && self.less(first, right) {
                right -= 1;
            }
            if left > right {
                return left;
            }
            self.data.swap(left, right);
            left += 1;
            right -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same numbers everywhere.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((self.0 >> 33) % end).unwrap()
        }
    }

    fn input(shape: u64, len: usize) -> Vec<(i64, usize)> {
        let mut random = Random(shape * 1_000 + len as u64);
        let n = i64::try_from(len).unwrap();
        (0..len)
            .map(|i| {
                let at = i64::try_from(i).unwrap();
                let key = match shape {
                    0 => random.below(4),
                    1 => random.below(1 << 40),
                    2 => at / 3,
                    3 => (n - at) / 3,
                    4 => at.min(n - at),
                    5 => at ^ 5,
                    _ => at * 7 % 11,
                };
                (key, i)
            })
            .collect()
    }

    #[test]
    fn sorts_and_loses_nothing() {
        for shape in 0..7 {
            for len in (0..80).chain([127, 500, 1_000, 4_096]) {
                let mut data = input(shape, len);
                sort_by_key(&mut data, |&(key, _)| key);
                assert!(data.is_sorted_by_key(|&(key, _)| key), "shape {shape}, {len} elements");
                data.sort_unstable();
                let mut whole = input(shape, len);
                whole.sort_unstable();
                assert_eq!(data, whole);
            }
        }
    }

    #[test]
    fn heap_sort_sorts() {
        let mut data = input(0, 100);
        Sorter { data: &mut data, key: |&(key, _): &(i64, usize)| key }.sort(0..100, 0);
        assert!(data.is_sorted_by_key(|&(key, _)| key));
    }

    /// The order of equal elements, digested, as Go 1.27.3's `slices.SortFunc` leaves them.
    #[test]
    fn equal_elements_come_out_as_from_go() {
        for (shape, expected) in GO_DIGESTS.iter().enumerate() {
            let mut digest = 0u64;
            for len in (0..80).chain([127, 500, 1_000, 4_096]) {
                let mut data = input(shape as u64, len);
                sort_by_key(&mut data, |&(key, _)| key);
                for (_, i) in data {
                    digest = digest.wrapping_mul(31).wrapping_add(i as u64);
                }
            }
            assert_eq!(digest, *expected, "shape {shape}");
        }
    }

    const GO_DIGESTS: [u64; 7] = [
        0x316d_d337_badc_e149,
        0x5bb0_1199_acb5_02e9,
        0xd850_cc39_6237_348d,
        0xa14b_6f9e_1034_14b7,
        0xeed9_9ae3_b785_9635,
        0x3859_8a88_3284_0fbb,
        0x6472_719b_2771_2f01,
    ];
}
