//! A column that has numbers in some rows only.

use crate::model::packed::Packed;

/// Bits set before each word, and in all.
fn count_before(bits: &[u64]) -> (Box<[u32]>, u32) {
    let mut total = 0;
    let before = bits.iter().map(|word| {
        let before = total;
        total += word.count_ones();
        before
    });
    (before.collect(), total)
}

/// Numbers in some rows. A bit per row tells which; counting bits finds the place.
#[derive(Clone, Debug, Default)]
pub(crate) struct SparseColumn {
    bits: Box<[u64]>,
    /// Values before each 64 rows.
    before: Box<[u32]>,
    values: Packed,
}

impl SparseColumn {
    /// A column with a value in each row whose bit is set: `value` tells it by row.
    pub(crate) fn new(bits: Vec<u64>, value: impl Fn(u32) -> u32) -> Self {
        let (before, total) = count_before(&bits);
        let mut values = Vec::with_capacity(total as usize);
        for (&word, first) in bits.iter().zip((0u32..).step_by(64)) {
            let mut left = word;
            while left != 0 {
                values.push(value(first + left.trailing_zeros()));
                left &= left - 1;
            }
        }
        Self { bits: bits.into(), before, values: Packed::from_slice(&values) }
    }

    /// The bits by row, and the values in the order of rows.
    pub(crate) const fn parts(&self) -> (&[u64], &Packed) {
        (&self.bits, &self.values)
    }

    /// What [`SparseColumn::parts`] gave, if there are as many values as bits set.
    pub(crate) fn from_parts(bits: Box<[u64]>, values: Packed) -> Option<Self> {
        let (before, total) = count_before(&bits);
        (total == values.len()).then_some(Self { bits, before, values })
    }

    /// The value of a row, if it has one.
    #[inline]
    pub(crate) fn get(&self, row: u32) -> Option<u32> {
        let (word, bit) = ((row / 64) as usize, row % 64);
        let bits = *self.bits.get(word)?;
        if bits >> bit & 1 == 0 {
            return None;
        }
        self.values.get(self.before[word] + (bits & ((1 << bit) - 1)).count_ones())
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        8 * self.bits.len() + 4 * self.before.len() + self.values.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_column_finds_its_values() {
        let mut bits = vec![0u64; 4];
        let rows = [0u32, 5, 63, 64, 130, 255];
        for row in rows {
            bits[(row / 64) as usize] |= 1 << (row % 64);
        }
        let column = SparseColumn::new(bits, |row| row * 10);
        assert!(rows.iter().all(|&row| column.get(row) == Some(row * 10)));
        assert_eq!((column.get(7), column.get(9_999)), (None, None));
        let (bits, values) = column.parts();
        assert!(SparseColumn::from_parts(bits.into(), values.clone()).is_some());
        assert!(SparseColumn::from_parts(bits.into(), Packed::from_slice(&[1; 5])).is_none(), "a value is missing");
        assert_eq!(SparseColumn::default().get(0), None);
    }
}
