//! Columns of small numbers, as narrow as their largest value lets them be, and columns that have values
//! in some rows only.

/// Something that takes a number per row, each row once. Values are known to fit.
pub(crate) trait Cells {
    /// Sets a row that is 0 as yet.
    fn put(&mut self, row: usize, value: u32);
}

impl Cells for Box<[u8]> {
    #[inline]
    fn put(&mut self, row: usize, value: u32) {
        self[row] = value as u8;
    }
}

impl Cells for Box<[u16]> {
    #[inline]
    fn put(&mut self, row: usize, value: u32) {
        self[row] = value as u16;
    }
}

impl Cells for Box<[u32]> {
    #[inline]
    fn put(&mut self, row: usize, value: u32) {
        self[row] = value;
    }
}

/// Numbers of two bits, four to a byte.
#[derive(Clone, Debug)]
pub(crate) struct Quarters(Box<[u8]>);

impl Cells for Quarters {
    #[inline]
    fn put(&mut self, row: usize, value: u32) {
        self.0[row / 4] |= (value as u8 & 3) << (row % 4 * 2);
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Numbers below 4: two bits each.
    Quarters(Quarters),
    /// Numbers below 2^8: a byte each.
    Bytes(Box<[u8]>),
    /// Numbers below 2^16: two bytes each.
    Words(Box<[u16]>),
    /// Any numbers: four bytes each.
    Wide(Box<[u32]>),
}

impl Column {
    /// Zeros, with room for values up to `max`.
    pub(crate) fn with_len(rows: usize, max: u32) -> Self {
        match max {
            0..4 => Self::Quarters(Quarters(vec![0; rows.div_ceil(4)].into())),
            4..0x100 => Self::Bytes(vec![0; rows].into()),
            0x100..0x1_0000 => Self::Words(vec![0; rows].into()),
            _ => Self::Wide(vec![0; rows].into()),
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: u32) -> u32 {
        let row = row as usize;
        match self {
            Self::Quarters(column) => u32::from(column.0[row / 4] >> (row % 4 * 2) & 3),
            Self::Bytes(column) => u32::from(column[row]),
            Self::Words(column) => u32::from(column[row]),
            Self::Wide(column) => column[row],
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.raw().1.len()
    }

    /// Bytes per row (0: a quarter of one), and the bytes, in the machine's own order.
    pub(crate) fn raw(&self) -> (u8, &[u8]) {
        match self {
            Self::Quarters(column) => (0, &column.0),
            Self::Bytes(column) => (1, column),
            Self::Words(column) => (2, bytemuck::cast_slice(column)),
            Self::Wide(column) => (4, bytemuck::cast_slice(column)),
        }
    }

    /// What [`Column::raw`] gave, for so many rows.
    pub(crate) fn from_raw(width: u8, raw: &[u8], rows: usize) -> Option<Self> {
        let len = if width == 0 { rows.div_ceil(4) } else { rows.checked_mul(usize::from(width))? };
        if raw.len() != len {
            return None;
        }
        Some(match width {
            0 => Self::Quarters(Quarters(raw.into())),
            1 => Self::Bytes(raw.into()),
            2 => Self::Words(bytemuck::pod_collect_to_vec(raw).into()),
            4 => Self::Wide(bytemuck::pod_collect_to_vec(raw).into()),
            _ => return None,
        })
    }
}

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
    values: Box<[u32]>,
}

impl SparseColumn {
    /// A column with a value in each row whose bit is set; all are `none` as yet.
    pub(crate) fn new(bits: Vec<u64>, none: u32) -> Self {
        let (before, total) = count_before(&bits);
        Self { bits: bits.into(), before, values: vec![none; total as usize].into() }
    }

    /// The bits by row, and the values in the order of rows.
    pub(crate) const fn parts(&self) -> (&[u64], &[u32]) {
        (&self.bits, &self.values)
    }

    /// What [`SparseColumn::parts`] gave, if there are as many values as bits set.
    pub(crate) fn from_parts(bits: Box<[u64]>, values: Box<[u32]>) -> Option<Self> {
        let (before, total) = count_before(&bits);
        (total as usize == values.len()).then_some(Self { bits, before, values })
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

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        8 * self.bits.len() + 4 * self.before.len() + 4 * self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_it_must_be() {
        assert_eq!(Column::with_len(10, 3).bytes(), 3);
        assert_eq!(Column::with_len(10, 255).bytes(), 10);
        assert_eq!(Column::with_len(10, 256).bytes(), 20);
        assert_eq!(Column::with_len(10, 1 << 16).bytes(), 40);
    }

    #[test]
    fn quarters_keep_apart() {
        let mut column = Column::with_len(9, 3);
        if let Column::Quarters(column) = &mut column {
            for row in 0..9 {
                column.put(row, row as u32 * 3 % 4);
            }
        }
        assert!((0..9).all(|row| column.get(row) == row * 3 % 4), "{column:?}");
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
