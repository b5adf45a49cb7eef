//! Sets of small numbers, a bit each.

use rayon::prelude::*;

/// Words that one task of a parallel pass fills.
const CHUNK: usize = 256;

/// A set of numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The empty set of numbers below `len`.
    #[must_use]
    pub fn empty(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)] }
    }

    /// The numbers below `len` for which `is_in` holds. Asks on all threads.
    pub(crate) fn of(len: usize, is_in: impl Fn(usize) -> bool + Sync) -> Self {
        let mut bits = Self::empty(len);
        bits.words.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, words)| {
            for (at, word) in words.iter_mut().enumerate() {
                let first = (chunk * CHUNK + at) * 64;
                for bit in 0..64.min(len.saturating_sub(first)) {
                    *word |= u64::from(is_in(first + bit)) << bit;
                }
            }
        });
        bits
    }

    /// Whether a number is in the set.
    #[inline]
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
    }

    /// Adds a number; one that is not below the bound is left out.
    pub fn add(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// How many numbers are in the set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether no bit is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The numbers in the set, rising.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit)
            })
        })
    }

    pub(crate) fn unite(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_told_in_order() {
        let mut bits = Bits::of(40_000, |at| at % 7 == 3);
        assert!(bits.iter().eq((0..40_000).filter(|at| at % 7 == 3)));
        assert_eq!(bits.count(), 5_714);
        bits.add(63);
        bits.add(1 << 40);
        assert!(bits.has(63) && bits.has(3) && !bits.has(4) && !bits.has(1 << 40));
        assert!(Bits::of(0, |_| true).is_empty() && Bits::default().iter().next().is_none());
        assert_eq!(Bits::of(65, |_| true).count(), 65);
    }
}
