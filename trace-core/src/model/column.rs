//! Columns of small numbers, as narrow as their largest value lets them be, and columns that have values
//! in some rows only.

/// A number type that a column may be made of. Values are known to fit.
pub(crate) trait Narrow: Copy + Default {
    /// Cuts to the type's width.
    fn of(value: u32) -> Self;
}

impl Narrow for u8 {
    #[inline]
    fn of(value: u32) -> Self {
        value as Self
    }
}

impl Narrow for u16 {
    #[inline]
    fn of(value: u32) -> Self {
        value as Self
    }
}

impl Narrow for u32 {
    #[inline]
    fn of(value: u32) -> Self {
        value
    }
}

/// Numbers by row.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// All below 2^8.
    Bytes(Box<[u8]>),
    /// All below 2^16.
    Words(Box<[u16]>),
    /// Any.
    Wide(Box<[u32]>),
}

impl Column {
    /// Zeros, with room for values up to `max`.
    pub(crate) fn with_len(rows: usize, max: u32) -> Self {
        if u8::try_from(max).is_ok() {
            Self::Bytes(vec![0; rows].into())
        } else if u16::try_from(max).is_ok() {
            Self::Words(vec![0; rows].into())
        } else {
            Self::Wide(vec![0; rows].into())
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: u32) -> u32 {
        match self {
            Self::Bytes(column) => u32::from(column[row as usize]),
            Self::Words(column) => u32::from(column[row as usize]),
            Self::Wide(column) => column[row as usize],
        }
    }

    /// Memory taken.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(column) => column.len(),
            Self::Words(column) => 2 * column.len(),
            Self::Wide(column) => 4 * column.len(),
        }
    }
}

/// Numbers in some rows. A bit per row tells which; counting bits finds the place.
#[derive(Clone, Debug, Default)]
pub(crate) struct SparseColumn {
    bits: Box<[u64]>,
    /// Values before each 64 rows.
    before: Box<[u32]>,
    values: Box<[u32]>,
}

impl SparseColumn {
    /// A column with a value in each row whose bit is set; all are `none` as yet.
    pub(crate) fn new(bits: Vec<u64>, none: u32) -> Self {
        let mut total = 0;
        let before = bits.iter().map(|word| {
            let before = total;
            total += word.count_ones();
            before
        });
        let before: Box<[u32]> = before.collect();
        Self { bits: bits.into(), before, values: vec![none; total as usize].into() }
    }

    #[inline]
    fn place(&self, row: u32) -> Option<usize> {
        let (word, bit) = ((row / 64) as usize, row % 64);
        let bits = *self.bits.get(word)?;
        if bits >> bit & 1 == 0 {
            return None;
        }
        Some((self.before[word] + (bits & ((1 << bit) - 1)).count_ones()) as usize)
    }

    /// The value of a row, if it has one.
    #[inline]
    pub(crate) fn get(&self, row: u32) -> Option<u32> {
        self.values.get(self.place(row)?).copied()
    }

    /// Sets the value of a row that has one.
    #[inline]
    pub(crate) fn set(&mut self, row: u32, value: u32) {
        if let Some(place) = self.place(row) {
            self.values[place] = value;
        }
    }

    /// Memory taken.
    pub(crate) const fn bytes(&self) -> usize {
        8 * self.bits.len() + 4 * self.before.len() + 4 * self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_it_must_be() {
        assert_eq!(Column::with_len(10, 255).bytes(), 10);
        assert_eq!(Column::with_len(10, 256).bytes(), 20);
        assert_eq!(Column::with_len(10, 1 << 16).bytes(), 40);
    }

    #[test]
    fn a_sparse_column_finds_its_values() {
        let mut bits = vec![0u64; 4];
        let rows = [0u32, 5, 63, 64, 130, 255];
        for row in rows {
            bits[(row / 64) as usize] |= 1 << (row % 64);
        }
        let mut column = SparseColumn::new(bits, u32::MAX);
        for row in rows {
            column.set(row, row * 10);
        }
        column.set(7, 1);
        assert!(rows.iter().all(|&row| column.get(row) == Some(row * 10)));
        assert_eq!((column.get(7), column.get(9_999)), (None, None));
    }
}
