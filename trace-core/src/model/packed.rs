//! Numbers in as few bits as they take: blocks of 64, each with its least number and the differences to it, all of a
//! block in as many bits as the largest of them takes. Any number is read without looking at others. Bits at the end
//! in which all numbers of a block are equal are left out: clocks of traces tick every 64 ns.
//!
//! ```text
//! numbers  192 64 128 640 …              7 7 7 7 …            5 …
//! heads    least 64, 4 bits, shift 6     least 7, 0 bits      least 5, 2 bits
//! words    2 0 1 9 …                     (none)               0 …
//! ```

/// Numbers in a block, and bits in a word.
const BLOCK: u32 = 64;
/// Words behind those that hold something: a number may lie in two, and one of no bits behind the last.
const SPARE: usize = 2;

/// How the numbers of a block are packed, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// The least of its numbers.
    least: u32,
    /// The first of its words.
    at: u32,
    /// Bits that a difference takes.
    bits: u8,
    /// Bits left out at the end of each difference.
    shift: u8,
}

impl Head {
    /// Of a block at `at` with some numbers.
    #[inline]
    fn of(at: u32, mut numbers: impl Iterator<Item = u32>) -> Self {
        let first = numbers.next().unwrap_or(0);
        let (mut least, mut most, mut differ) = (first, first, 0);
        for number in numbers {
            least = least.min(number);
            most = most.max(number);
            differ |= number ^ first;
        }
        let shift = if differ == 0 { 0 } else { differ.trailing_zeros() };
        let bits = u32::BITS - ((most - least) >> shift).leading_zeros();
        Self { least, at, bits: bits as u8, shift: shift as u8 }
    }

    /// Words that so many of its differences take.
    const fn words(self, numbers: u32) -> u32 {
        (numbers * self.bits as u32).div_ceil(BLOCK)
    }

    /// Whether its bits alone keep all of its numbers below `limit`.
    fn is_below(self, limit: u32) -> bool {
        let most = ((1u64 << self.bits) - 1) << self.shift;
        u64::from(self.least) + most < limit.into()
    }

    /// Whether it can be read where there are `words` words, if it has so many numbers (one at least).
    fn fits(self, numbers: u32, words: usize) -> bool {
        let last = self.at as usize + ((numbers - 1) * u32::from(self.bits) / BLOCK) as usize;
        u32::from(self.bits) <= u32::BITS && u32::from(self.shift) < u32::BITS && last + 1 < words
    }
}

/// A column of numbers, read by index: blocks of [`BLOCK`], each packed as differences to its least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    heads: Box<[Head]>,
    /// The differences of each block one after another, from the lowest bit of the first byte on; then [`SPARE`] more.
    words: Box<[u64]>,
    len: u32,
}

impl Default for Packed {
    fn default() -> Self {
        Self::from_fn(0, |_| 0)
    }
}

impl Packed {
    /// `len` numbers; `number` is asked twice for each.
    #[inline]
    pub(crate) fn from_fn(len: u32, number: impl Fn(u32) -> u32) -> Self {
        let blocks = (0..len).step_by(BLOCK as usize).map(|first| first..len.min(first.saturating_add(BLOCK)));
        let mut heads = Vec::with_capacity(blocks.len());
        let mut at = 0;
        for block in blocks.clone() {
            let head = Head::of(at, block.clone().map(&number));
            at += head.words(block.len() as u32);
            heads.push(head);
        }
        let mut words = vec![0u64; at as usize + SPARE].into_boxed_slice();
        for (block, head) in blocks.zip(&heads) {
            if head.bits > 0 {
                pack(&mut words[head.at as usize..], *head, block.map(&number));
            }
        }
        Self { heads: heads.into(), words, len }
    }

    pub(crate) fn from_slice(numbers: &[u32]) -> Self {
        Self::from_fn(numbers.len() as u32, |at| numbers[at as usize])
    }

    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// A number that there is.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> u32 {
        self.read(self.heads[(index / BLOCK) as usize], index)
    }

    /// The number with an index, in the block with this head.
    #[inline]
    fn read(&self, head: Head, index: u32) -> u32 {
        let bit = index % BLOCK * u32::from(head.bits);
        let byte = head.at as usize * size_of::<u64>() + (bit / 8) as usize;
        // Whatever a number's place in its first byte, eight bytes hold it.
        let near = bytemuck::cast_slice::<u64, u8>(&self.words).get(byte..byte + size_of::<u64>());
        let near = near.and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let difference = near >> (bit % 8) & ((1 << head.bits) - 1);
        head.least.wrapping_add((difference << head.shift) as u32)
    }

    /// The number with an index, if there is one.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<u32> {
        (index < self.len).then(|| self.at(index))
    }

    pub(crate) fn iter(&self) -> Numbers<'_> {
        self.range(0, self.len)
    }

    /// The numbers `first..end`, as far as there are some: quicker than one by one.
    #[inline]
    pub(crate) fn range(&self, first: u32, end: u32) -> Numbers<'_> {
        let end = end.min(self.len);
        let head = if first < end { self.heads[(first / BLOCK) as usize] } else { Head::of(0, std::iter::empty()) };
        Numbers { packed: self, next: first.min(end), end, head }
    }

    /// How many numbers of `first..end`, from the first on, `is_before` holds for, if it holds for none behind those.
    #[inline]
    pub(crate) fn partition_point(&self, first: u32, end: u32, is_before: impl Fn(u32) -> bool) -> u32 {
        let (mut low, mut high) = (first, end);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low - first
    }

    /// How many numbers are at most `limit`, if all of them rise.
    pub(crate) fn count_to(&self, limit: u32) -> u32 {
        // In the last block that begins so.
        let block = self.heads.partition_point(|head| head.least <= limit).saturating_sub(1) as u32;
        let first = block * BLOCK;
        first + self.partition_point(first, self.len.min(first.saturating_add(BLOCK)), |number| number <= limit)
    }

    /// Whether a number is followed by a smaller one, or one like it, nowhere.
    pub(crate) fn rises(&self) -> bool {
        let mut before = None;
        self.for_blocks(|_, numbers| {
            let joins = before.is_none_or(|before| before < numbers[0]);
            before = numbers.last().copied();
            joins && numbers.is_sorted_by(|a, b| a < b)
        })
    }

    /// Whether all numbers are less than `limit`.
    pub(crate) fn is_below(&self, limit: u32) -> bool {
        let mut numbers = [0; BLOCK as usize];
        self.heads.iter().zip((0..self.len).step_by(BLOCK as usize)).all(|(head, first)| {
            head.is_below(limit) || self.unpack(first, *head, &mut numbers).iter().all(|&number| number < limit)
        })
    }

    /// Calls `take(first, numbers)` for each block, in order, with the index of its first number, as long as it gives `true`;
    /// tells whether it always did. Quicker than number by number.
    #[inline]
    pub(crate) fn for_blocks(&self, mut take: impl FnMut(u32, &[u32]) -> bool) -> bool {
        let mut numbers = [0; BLOCK as usize];
        let firsts = (0..self.len).step_by(BLOCK as usize);
        self.heads.iter().zip(firsts).all(|(head, first)| take(first, self.unpack(first, *head, &mut numbers)))
    }

    /// The numbers of the block that begins with `first`, and has this head.
    #[inline]
    fn unpack<'a>(&self, first: u32, head: Head, numbers: &'a mut [u32; BLOCK as usize]) -> &'a [u32] {
        let numbers = &mut numbers[..BLOCK.min(self.len - first) as usize];
        for (at, number) in (0..).zip(numbers.iter_mut()) {
            *number = self.read(head, at);
        }
        numbers
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        size_of_val::<[Head]>(&self.heads) + size_of_val::<[u64]>(&self.words)
    }

    /// What it is made of: how many numbers, three numbers for each head, the words.
    pub(crate) fn parts(&self) -> (u32, Vec<[u32; 3]>, &[u64]) {
        let head = |head: &Head| [head.least, head.at, u32::from(head.bits) << 8 | u32::from(head.shift)];
        (self.len, self.heads.iter().map(head).collect(), &self.words)
    }

    /// What [`Packed::parts`] gave, if every number can be read.
    pub(crate) fn from_parts(len: u32, heads: &[[u32; 3]], words: Box<[u64]>) -> Option<Self> {
        let head = |&[least, at, form]: &[u32; 3]| Head { least, at, bits: (form >> 8) as u8, shift: form as u8 };
        let heads: Box<[Head]> = heads.iter().map(head).collect();
        let firsts = (0..len).step_by(BLOCK as usize);
        let is_sound = heads.len() == firsts.len()
            && heads.iter().zip(firsts).all(|(head, first)| head.fits(BLOCK.min(len - first), words.len()));
        is_sound.then_some(Self { heads, words, len })
    }
}

/// Numbers of a [`Packed`], in order.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<'a> {
    packed: &'a Packed,
    next: u32,
    end: u32,
    /// That of the block in which `next` lies, unless that begins there.
    head: Head,
}

impl Iterator for Numbers<'_> {
    type Item = u32;

    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        let index = self.next;
        if index == self.end {
            return None;
        }
        if index.is_multiple_of(BLOCK) {
            self.head = self.packed.heads[(index / BLOCK) as usize];
        }
        self.next += 1;
        Some(self.packed.read(self.head, index))
    }

    fn last(self) -> Option<u32> {
        (self.next < self.end).then(|| self.packed.at(self.end - 1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Numbers<'_> {}

/// Puts the differences of a block one after another into words that are 0.
#[inline]
fn pack(words: &mut [u64], head: Head, numbers: impl Iterator<Item = u32>) {
    let bits = u32::from(head.bits);
    let (mut word, mut filled, mut out) = (0u64, 0, words.iter_mut());
    for number in numbers {
        let difference = u64::from((number - head.least) >> head.shift);
        word |= difference << filled;
        filled += bits;
        if filled >= BLOCK {
            if let Some(full) = out.next() {
                *full = word.to_le();
            }
            filled -= BLOCK;
            // What did not fit: the upper `filled` bits.
            word = difference >> (bits - filled);
        }
    }
    if filled > 0
        && let Some(rest) = out.next()
    {
        *rest = word.to_le();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(numbers: &[u32]) -> Packed {
        let packed = Packed::from_slice(numbers);
        assert!(packed.iter().eq(numbers.iter().copied()), "{numbers:?}");
        assert_eq!(packed.get(numbers.len() as u32), None);
        for first in (0..numbers.len()).step_by(37) {
            let end = numbers.len().min(first + 70);
            assert!(packed.range(first as u32, end as u32).eq(numbers[first..end].iter().copied()), "{first}");
        }
        let mut unpacked = Vec::new();
        assert!(packed.for_blocks(|first, block| {
            assert_eq!(first as usize, unpacked.len());
            unpacked.extend_from_slice(block);
            true
        }));
        assert_eq!(unpacked, numbers);
        assert_eq!(packed.iter().last(), numbers.last().copied());
        if let Some(&most) = numbers.iter().max() {
            assert!(!packed.is_below(most) && (most == u32::MAX || packed.is_below(most + 1)), "{numbers:?}");
        }
        let (len, heads, words) = packed.parts();
        assert_eq!(Packed::from_parts(len, &heads, words.into()).as_ref(), Some(&packed));
        packed
    }

    #[test]
    fn numbers_of_any_width_come_back() {
        for bits in 0..=32 {
            let most = ((1u64 << bits) - 1) as u32;
            // Lengths around the borders of blocks; the largest number at each end, and a spread in between.
            for len in [0, 1, 2, 63, 64, 65, 127, 128, 129, 1000] {
                for shift in [0, 6] {
                    let spread = |at: u32| (at.wrapping_mul(0x9e37_79b1) & most) << shift;
                    let mut numbers: Vec<u32> = (0..len).map(spread).collect();
                    numbers.iter_mut().step_by(61).for_each(|number| *number = most << shift);
                    numbers.last_mut().into_iter().for_each(|number| *number = most << shift);
                    round_trip(&numbers);
                }
            }
        }
        round_trip(&[u32::MAX; 100]);
        round_trip(&[u32::MAX, 0]);
        round_trip(&[0, 1 << 31]);
    }

    #[test]
    fn a_block_takes_the_bits_of_its_largest_difference() {
        let bytes = |numbers: &[u32]| round_trip(numbers).bytes() - size_of::<Head>() - SPARE * 8;
        // 10 bits for differences below 1,024, wherever they begin…
        let near: Vec<u32> = (0..64).map(|at| 3_000_000_001 + at * 16 + at % 2).collect();
        assert_eq!(bytes(&near), 64 * 10 / 8);
        // …and 6 where four of them are always the same; none for equal numbers; no more than there are numbers.
        let ticks: Vec<u32> = (0..64).map(|at| 3_000_000_001 + at * 16).collect();
        assert_eq!(bytes(&ticks), 64 * 6 / 8);
        assert_eq!(bytes(&[7; 64]), 0);
        assert_eq!(bytes(&[0, u32::MAX]), 8);
        assert_eq!(size_of::<Head>(), 12);
    }

    #[test]
    fn rising_numbers_are_counted() {
        let rising: Vec<u32> = (0..300).map(|at| at * 10 + 5).collect();
        let packed = Packed::from_slice(&rising);
        assert!(packed.rises());
        for limit in [0, 4, 5, 6, 634, 635, 636, 645, 2_995, 2_996, u32::MAX] {
            assert_eq!(packed.count_to(limit), rising.partition_point(|&number| number <= limit) as u32, "{limit}");
        }
        assert_eq!(packed.partition_point(100, 200, |number| number < 1_500), 50);
        assert!(!Packed::from_slice(&[1, 2, 2]).rises());
        let falls_between_blocks: Vec<u32> = (100..164).chain(163..200).collect();
        assert!(!Packed::from_slice(&falls_between_blocks).rises());
        assert_eq!(Packed::default().count_to(9), 0);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let packed = Packed::from_slice(&(0..130).map(|at| at * 7).collect::<Vec<u32>>());
        let (len, heads, words) = packed.parts();
        let with = |len, heads: &[[u32; 3]], words: &[u64]| Packed::from_parts(len, heads, words.into());
        assert!(with(len, &heads, words).is_some());
        assert!(with(len + 63, &heads, words).is_none(), "a fourth block");
        assert!(with(len + 62, &heads, words).is_none(), "words for two numbers, not for 64");
        assert!(with(len, &heads[..2], words).is_none());
        assert!(with(len, &heads, &words[2..]).is_none());
        assert!(with(0, &[], &[]).is_some());
        for bad in [[0, u32::MAX, 0], [0, 0, 33 << 8], [0, 0, 32]] {
            assert!(with(len, &[heads[0], bad, heads[2]], words).is_none(), "{bad:?}");
        }
    }
}
