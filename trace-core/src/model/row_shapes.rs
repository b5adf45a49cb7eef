//! What rows say besides their times and who acted: kind, stack or thread, proc. A segment has 100,000 rows and a few
//! hundred of those combinations, so each is kept once in a table, the most frequent first, and rows name it by number.

use rustc_hash::FxHashMap;

use crate::model::packed::Packed;

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

    const fn with_kind(self, kind: u8) -> Self {
        Self { aux_kind: self.aux() | (kind as u32) << AUX_BITS, ..self }
    }
}

/// Shapes by row.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowShapes {
    table: Box<[Shape]>,
    /// Numbers in the table.
    codes: Packed,
}

impl RowShapes {
    /// The shape of a row that there is.
    #[inline]
    pub(crate) fn at(&self, row: u32) -> Shape {
        self.table[self.codes.at(row) as usize]
    }

    /// The shapes of the rows `first..end`, as far as there are some.
    #[inline]
    pub(crate) fn range(&self, first: u32, end: u32) -> impl Iterator<Item = Shape> + '_ {
        self.codes.range(first, end).map(|code| self.table[code as usize])
    }

    pub(crate) const fn len(&self) -> u32 {
        self.codes.len()
    }

    /// Gives rows (each once, rising) other kinds.
    pub(crate) fn set_kinds(&mut self, changes: &[(u32, u8)]) {
        let mut table = self.table.to_vec();
        let mut codes: Vec<u32> = self.codes.iter().collect();
        let mut known: FxHashMap<Shape, u32> = table.iter().copied().zip(0..).collect();
        for &(row, kind) in changes {
            let Some(code) = codes.get_mut(row as usize) else { continue };
            let shape = table[*code as usize].with_kind(kind);
            *code = *known.entry(shape).or_insert_with(|| {
                table.push(shape);
                table.len() as u32 - 1
            });
        }
        *self = Self { table: table.into(), codes: Packed::from_slice(&codes) };
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        size_of_val::<[Shape]>(&self.table) + self.codes.bytes()
    }

    /// The table as pairs of numbers, and the numbers by row.
    pub(crate) fn parts(&self) -> (Vec<[u32; 2]>, &Packed) {
        (self.table.iter().map(|shape| [shape.aux_kind, shape.place]).collect(), &self.codes)
    }

    /// What [`RowShapes::parts`] gave, if the table has all that rows name.
    pub(crate) fn from_parts(table: &[[u32; 2]], codes: Packed) -> Option<Self> {
        let table: Box<[Shape]> = table.iter().map(|&[aux_kind, place]| Shape { aux_kind, place }).collect();
        let are_there = codes.iter().all(|code| (code as usize) < table.len());
        are_there.then_some(Self { table, codes })
    }
}

/// Shapes looked at last that are kept at hand.
const RECENT: usize = 1 << 9;

/// Gives shapes their numbers. Its memory is kept from segment to segment.
#[derive(Debug)]
pub(crate) struct ShapeBook {
    codes: FxHashMap<Shape, u32>,
    /// Shapes by number, and how many rows have each.
    table: Vec<(Shape, u32)>,
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
    /// The number of a shape, which one more row has.
    #[inline]
    pub(crate) fn count(&mut self, shape: Shape) -> u32 {
        let mixed = (shape.aux_kind ^ shape.place.rotate_left(16)).wrapping_mul(0x9e37_79b1);
        let recent = &mut self.recent[(mixed >> (u32::BITS - RECENT.ilog2())) as usize];
        if recent.0 != shape || recent.1 == u32::MAX {
            let next = self.table.len() as u32;
            let code = *self.codes.entry(shape).or_insert(next);
            if code == next {
                self.table.push((shape, 0));
            }
            *recent = (shape, code);
        }
        let code = recent.1;
        self.table[code as usize].1 += 1;
        code
    }

    /// The shapes of so many rows, whose numbers `code` tells; forgets all shapes.
    pub(crate) fn finish(&mut self, len: u32, code: impl Fn(u32) -> u32) -> RowShapes {
        let mut by_rows: Vec<u32> = (0..self.table.len() as u32).collect();
        by_rows.sort_by_key(|&code| std::cmp::Reverse(self.table[code as usize].1));
        let mut ranks = vec![0; by_rows.len()];
        for (rank, &code) in (0..).zip(&by_rows) {
            ranks[code as usize] = rank;
        }
        let table = by_rows.iter().map(|&code| self.table[code as usize].0).collect();
        let codes = Packed::from_fn(len, |row| ranks[code(row) as usize]);
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
        // More shapes than are kept at hand, of which one is frequent.
        let shape = |row: u32| match row % 3 {
            0 => Shape { aux_kind: 5 << AUX_BITS | row, place: row % 7 },
            _ => Shape { aux_kind: 9 << AUX_BITS, place: 1 },
        };
        let mut book = ShapeBook::default();
        for rows in [10_000, 0, 5] {
            let codes: Vec<u32> = (0..rows).map(|row| book.count(shape(row))).collect();
            let shapes = book.finish(rows, |row| codes[row as usize]);
            assert!((0..rows).all(|row| shapes.at(row) == shape(row)), "{rows} rows");
            assert_eq!(shapes.len(), rows);
            assert!(shapes.range(1, rows).eq((1..rows).map(shape)));
            let (table, codes) = shapes.parts();
            let again = RowShapes::from_parts(&table, codes.clone()).unwrap();
            assert!((0..rows).all(|row| again.at(row) == shape(row)));
            if rows > 1 {
                assert_eq!(table[0], [9 << AUX_BITS, 1], "the most frequent comes first");
                assert!(RowShapes::from_parts(&table[1..], codes.clone()).is_none(), "a row names what is not there");
            }
        }
    }

    #[test]
    fn kinds_change_alone() {
        let mut book = ShapeBook::default();
        let shape = Shape { aux_kind: 3 << AUX_BITS | 0xff_ffff, place: 4 };
        let codes: Vec<u32> = (0..200).map(|_| book.count(shape)).collect();
        let mut shapes = book.finish(200, |row| codes[row as usize]);
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
        for row in 0..200 {
            let found = shapes.at(row);
            assert_eq!((found.kind(), found.aux(), found.place), (kind(row), 0xff_ffff, 4), "row {row}");
        }
    }
}
