//! What rows say besides their times and who acted: kind, stack or thread, proc. A segment has 100,000 rows and mostly
//! fewer than 256 of those combinations, so each is kept once in a table, and rows name it by number: a byte each, or as
//! many as it takes.

use rustc_hash::FxHashMap;

/// What a row says besides its time and who acted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    /// Running: local thread. Otherwise a stack slot: the goroutine's own, or of who acted on it. The kind (see
    /// [`crate::model::kinds`]) in the upper eight bits.
    pub(crate) aux_kind: u32,
    /// Running, syscall: local proc (first mentions in a syscall: local thread), plus 1; 0 for none.
    pub(crate) place: u32,
}

/// Bits of `aux` in [`Shape::aux_kind`].
pub(crate) const AUX_BITS: u32 = 24;

impl Shape {
    #[inline]
    pub(crate) const fn kind(self) -> u8 {
        (self.aux_kind >> AUX_BITS) as u8
    }

    #[inline]
    pub(crate) const fn aux(self) -> u32 {
        self.aux_kind & ((1 << AUX_BITS) - 1)
    }

    /// The local proc or thread; an index that nothing has, if there is none.
    #[inline]
    pub(crate) const fn local(self) -> u32 {
        self.place.wrapping_sub(1)
    }

    const fn with_kind(self, kind: u8) -> Self {
        Self { aux_kind: self.aux() | (kind as u32) << AUX_BITS, ..self }
    }
}

/// Numbers of shapes by row. Not packed further: they are read more often than all else.
#[derive(Clone, Debug)]
enum Codes {
    Bytes(Box<[u8]>),
    Words(Box<[u16]>),
    Wide(Box<[u32]>),
}

impl Codes {
    /// `len` numbers below `limit`.
    fn from_fn(len: u32, limit: usize, code: impl Fn(u32) -> u32) -> Self {
        let codes = (0..len).map(code);
        match limit {
            0..=0x100 => Self::Bytes(codes.map(|code| code as u8).collect()),
            0x101..=0x1_0000 => Self::Words(codes.map(|code| code as u16).collect()),
            _ => Self::Wide(codes.collect()),
        }
    }

    #[inline]
    fn at(&self, row: u32) -> u32 {
        let row = row as usize;
        match self {
            Self::Bytes(codes) => codes[row].into(),
            Self::Words(codes) => codes[row].into(),
            Self::Wide(codes) => codes[row],
        }
    }

    /// Bytes per row, and the bytes, in the machine's own order.
    const fn width(&self) -> u8 {
        match self {
            Self::Bytes(_) => 1,
            Self::Words(_) => 2,
            Self::Wide(_) => 4,
        }
    }

    fn raw(&self) -> &[u8] {
        match self {
            Self::Bytes(codes) => codes,
            Self::Words(codes) => bytemuck::cast_slice(codes),
            Self::Wide(codes) => bytemuck::cast_slice(codes),
        }
    }
}

/// The shape of each row: its number in a table of the shapes that the segment has.
#[derive(Clone, Debug)]
pub(crate) struct RowShapes {
    table: Box<[Shape]>,
    /// Numbers in the table.
    codes: Codes,
}

impl RowShapes {
    /// The shape of a row that there is.
    #[inline]
    pub(crate) fn at(&self, row: u32) -> Shape {
        self.table[self.codes.at(row) as usize]
    }

    pub(crate) fn len(&self) -> u32 {
        (self.codes.raw().len() / usize::from(self.codes.width())) as u32
    }

    /// A bit per row: whether `is` holds for its shape.
    pub(crate) fn bits(&self, is: impl Fn(Shape) -> bool) -> Vec<u64> {
        fn bits<C: Copy>(codes: &[C], is: impl Fn(C) -> bool) -> Vec<u64> {
            let word = |codes: &[C]| (0..).zip(codes).fold(0, |word, (at, &code)| word | u64::from(is(code)) << at);
            codes.chunks(64).map(word).collect()
        }
        let table: Vec<bool> = self.table.iter().map(|&shape| is(shape)).collect();
        match &self.codes {
            Codes::Bytes(codes) => bits(codes, |code| table[usize::from(code)]),
            Codes::Words(codes) => bits(codes, |code| table[usize::from(code)]),
            Codes::Wide(codes) => bits(codes, |code| table[code as usize]),
        }
    }

    /// Gives rows (each once) other kinds.
    pub(crate) fn set_kinds(&mut self, changes: &[(u32, u8)]) {
        let mut table = self.table.to_vec();
        let mut codes: Vec<u32> = (0..self.len()).map(|row| self.codes.at(row)).collect();
        let mut known: FxHashMap<Shape, u32> = table.iter().copied().zip(0..).collect();
        for &(row, kind) in changes {
            let Some(code) = codes.get_mut(row as usize) else { continue };
            let shape = table[*code as usize].with_kind(kind);
            *code = *known.entry(shape).or_insert_with(|| {
                table.push(shape);
                table.len() as u32 - 1
            });
        }
        let codes = Codes::from_fn(codes.len() as u32, table.len(), |row| codes[row as usize]);
        *self = Self { table: table.into(), codes };
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val::<[Shape]>(&self.table) + self.codes.raw().len()
    }

    /// The table as pairs of numbers; bytes a row, and the numbers by row in the machine's own order.
    pub(crate) fn parts(&self) -> (Vec<[u32; 2]>, u8, &[u8]) {
        let table = self.table.iter().map(|shape| [shape.aux_kind, shape.place]).collect();
        (table, self.codes.width(), self.codes.raw())
    }

    /// What [`RowShapes::parts`] gave, if the table has all that rows name.
    pub(crate) fn from_parts(table: &[[u32; 2]], width: u8, raw: &[u8]) -> Option<Self> {
        u32::try_from(raw.len().checked_div(width.into())?).ok()?;
        let codes = match width {
            1 => Codes::Bytes(raw.into()),
            2 if raw.len().is_multiple_of(2) => Codes::Words(bytemuck::pod_collect_to_vec(raw).into()),
            4 if raw.len().is_multiple_of(4) => Codes::Wide(bytemuck::pod_collect_to_vec(raw).into()),
            _ => return None,
        };
        let table: Box<[Shape]> = table.iter().map(|&[aux_kind, place]| Shape { aux_kind, place }).collect();
        let last = match &codes {
            Codes::Bytes(codes) => codes.iter().max().map(|&code| u32::from(code)),
            Codes::Words(codes) => codes.iter().max().map(|&code| u32::from(code)),
            Codes::Wide(codes) => codes.iter().max().copied(),
        };
        last.is_none_or(|last| (last as usize) < table.len()).then_some(Self { table, codes })
    }
}

/// Shapes looked at last that are kept at hand.
const RECENT: usize = 1 << 9;

/// Gives shapes their numbers. Its memory is kept from segment to segment.
#[derive(Debug)]
pub(crate) struct ShapeBook {
    codes: FxHashMap<Shape, u32>,
    /// Each shape once; its index is its number.
    table: Vec<Shape>,
    /// Some of `codes`, quicker to find.
    recent: Box<[(Shape, u32)]>,
}

impl Default for ShapeBook {
    fn default() -> Self {
        Self {
            codes: FxHashMap::default(),
            table: Vec::new(),
            recent: vec![(Shape::default(), u32::MAX); RECENT].into(),
        }
    }
}

impl ShapeBook {
    /// The number of a shape.
    #[inline]
    pub(crate) fn number(&mut self, shape: Shape) -> u32 {
        let mixed = (shape.aux_kind ^ shape.place.rotate_left(16)).wrapping_mul(0x9e37_79b1);
        let recent = &mut self.recent[(mixed >> (u32::BITS - RECENT.ilog2())) as usize];
        if recent.0 != shape || recent.1 == u32::MAX {
            let next = self.table.len() as u32;
            let code = *self.codes.entry(shape).or_insert(next);
            if code == next {
                self.table.push(shape);
            }
            *recent = (shape, code);
        }
        recent.1
    }

    /// The shapes of so many rows, whose numbers `code` tells; forgets all shapes.
    pub(crate) fn finish(&mut self, len: u32, code: impl Fn(u32) -> u32) -> RowShapes {
        let codes = Codes::from_fn(len, self.table.len(), code);
        let table = self.table.as_slice().into();
        self.codes.clear();
        self.table.clear();
        self.recent.fill((Shape::default(), u32::MAX));
        RowShapes { table, codes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_shapes() {
        // One shape is frequent, the others are each of one row: bytes, words or more for as many of them.
        let shape = |row: u32| match row % 3 {
            0 => Shape { aux_kind: 5 << AUX_BITS | row, place: row % 7 },
            _ => Shape { aux_kind: 9 << AUX_BITS, place: 1 },
        };
        let mut book = ShapeBook::default();
        for (rows, bytes) in [(10_000, 2), (0, 1), (5, 1), (255 * 3, 1), (256 * 3, 2), (200_000, 4)] {
            let codes: Vec<u32> = (0..rows).map(|row| book.number(shape(row))).collect();
            let shapes = book.finish(rows, |row| codes[row as usize]);
            assert!((0..rows).all(|row| shapes.at(row) == shape(row)), "{rows} rows");
            let bits = shapes.bits(|shape| shape.kind() == 5);
            assert!((0..rows).all(|row| bits[row as usize / 64] >> (row % 64) & 1 == u64::from(row % 3 == 0)));
            let (table, width, raw) = shapes.parts();
            assert_eq!((shapes.len(), width), (rows, bytes));
            let again = RowShapes::from_parts(&table, width, raw).unwrap();
            assert!((0..rows).all(|row| again.at(row) == shape(row)));
            if rows > 1 {
                let one_less = &table[..table.len() - 1];
                assert!(RowShapes::from_parts(one_less, width, raw).is_none(), "a row names what is not there");
                assert!(
                    RowShapes::from_parts(&table, 3, raw).is_none() && RowShapes::from_parts(&table, 0, raw).is_none()
                );
            }
        }
    }

    #[test]
    fn kinds_change_alone() {
        let mut book = ShapeBook::default();
        let shape = |row: u32| Shape { aux_kind: 3 << AUX_BITS | 0xff_ff00 | row, place: 4 };
        let codes: Vec<u32> = (0..256).map(|row| book.number(shape(row))).collect();
        let mut shapes = book.finish(256, |row| codes[row as usize]);
        // One more than fit in a byte.
        shapes.set_kinds(&[(0, 255), (70, 0), (199, 3)]);
        let kind = |row: u32| {
            if row == 0 {
                255
            } else if row == 70 {
                0
            } else {
                3
            }
        };
        for row in 0..256 {
            let found = shapes.at(row);
            assert_eq!((found.kind(), found.aux(), found.place), (kind(row), 0xff_ff00 | row, 4), "row {row}");
        }
        assert_eq!(shapes.parts().1, 2);
    }
}
