//! The entries of the lanes of procs, and those of threads, which are nearly the same in another order: a thread
//! does what its proc does for as long as it has it. So procs have entries, and threads runs of those.
//!
//! ```text
//! entries of procs   P0: r4 r9 r2 r7   P1: r0 r5
//!                        └─────┐ └─┐       └──┐
//! runs of threads    M1: r4 r9 r2  │          │      begins 0, from 0
//!                    M2:           r7         │      begins 3, from 3
//!                                          r0 r5     begins 4, from 4
//! ```

use crate::model::packed::Packed;
use crate::model::row_codes::MARK;

/// Entries of procs by number, all lanes one after another: rows, or [`MARK`] + index into the marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProcEntries {
    /// Turned left by one bit, so that marks are small numbers, too.
    turned: Packed,
}

impl ProcEntries {
    pub(crate) fn new(entries: &[u32]) -> Self {
        Self { turned: Packed::from_fn(entries.len() as u32, |at| entries[at as usize].rotate_left(1)) }
    }

    #[inline]
    pub(crate) fn at(&self, at: u32) -> u32 {
        self.turned.at(at).rotate_right(1)
    }

    /// The entries `first..end`, as far as there are some.
    fn range(&self, first: u32, end: u32) -> impl Iterator<Item = u32> + '_ {
        self.turned.range(first, end).map(|entry| entry.rotate_right(1))
    }

    /// Whether all are rows below `rows` or marks below `marks`.
    pub(crate) fn are_below(&self, rows: u32, marks: u32) -> bool {
        self.turned.for_blocks(|_, turned| {
            turned.iter().map(|entry| entry.rotate_right(1)).all(|entry| {
                let limit = if entry & MARK == 0 { rows } else { marks };
                entry & !MARK < limit
            })
        })
    }

    pub(crate) const fn parts(&self) -> &Packed {
        &self.turned
    }

    /// Takes back what [`ProcEntries::parts`] gave; not checked.
    pub(crate) const fn from_parts(turned: Packed) -> Self {
        Self { turned }
    }
}

/// Entries by number, all lanes one after another.
#[derive(Clone, Debug)]
pub(crate) enum Entries {
    /// Entries of procs, which are kept here.
    Own(ProcEntries),
    /// Those of threads: rows of the segment.
    Borrowed(Runs),
}

impl Default for Entries {
    fn default() -> Self {
        Self::Own(ProcEntries::default())
    }
}

impl Entries {
    /// Those of procs, which have none elsewhere.
    pub(crate) const fn own(&self) -> Option<&ProcEntries> {
        match self {
            Self::Own(entries) => Some(entries),
            Self::Borrowed(_) => None,
        }
    }

    /// An entry, given those of procs.
    #[inline]
    pub(crate) fn get(&self, at: u32, procs: &Self) -> u32 {
        match (self, procs) {
            (Self::Own(entries), _) => entries.at(at),
            (Self::Borrowed(runs), Self::Own(procs)) => runs.get(at, procs),
            (Self::Borrowed(_), Self::Borrowed(_)) => MARK,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Own(entries) => entries.turned.len() as usize,
            Self::Borrowed(runs) => runs.len as usize,
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Own(entries) => entries.turned.bytes(),
            Self::Borrowed(runs) => 4 * runs.begins.len() + 4 * runs.from.len(),
        }
    }
}

/// Entries by number, as runs of the entries of procs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// The number of the first entry of each run, rising from 0.
    begins: Box<[u32]>,
    /// What that is: the number of an entry of a proc, or [`MARK`] + a row that no proc has. Such a run is one long.
    from: Box<[u32]>,
    len: u32,
}

impl Runs {
    /// The runs of entries of which each is the number of an entry of a proc, or [`MARK`] + a row.
    pub(crate) fn new(links: &[u32]) -> Self {
        let (mut begins, mut from) = (Vec::new(), Vec::new());
        let mut next = None;
        for (at, &link) in links.iter().enumerate() {
            if Some(link) != next {
                begins.push(at as u32);
                from.push(link);
            }
            next = (link & MARK == 0).then_some(link + 1);
        }
        Self { begins: begins.into(), from: from.into(), len: links.len() as u32 }
    }

    /// An entry, of a table of so many, given those of procs.
    #[inline]
    fn get(&self, at: u32, procs: &ProcEntries) -> u32 {
        let run = self.begins.partition_point(|&begin| begin <= at) - 1;
        let from = self.from[run];
        if from & MARK == 0 { procs.at(from + at - self.begins[run]) } else { from & !MARK }
    }

    /// Where runs begin, and what their first entries are.
    pub(crate) const fn parts(&self) -> (&[u32], &[u32]) {
        (&self.begins, &self.from)
    }

    /// What [`Runs::parts`] gave, for `len` entries, if each is a row below `rows`.
    pub(crate) fn from_parts(
        (begins, from): (Box<[u32]>, Box<[u32]>),
        len: u32,
        procs: &ProcEntries,
        rows: u32,
    ) -> Option<Self> {
        let begins_well = begins.first().map_or(len == 0, |&first| first == 0);
        let ends = begins.iter().skip(1).copied().chain([len]);
        let is_sound = begins.iter().zip(ends).zip(&from).all(|((&begin, end), &from)| {
            let Some(count) = end.checked_sub(begin).filter(|&count| count > 0) else { return false };
            if from & MARK != 0 {
                return count == 1 && (from & !MARK) < rows;
            }
            let is_there = from.checked_add(count).is_some_and(|end| end <= procs.turned.len());
            is_there && procs.range(from, from + count).all(|entry| entry < rows)
        });
        (begins_well && begins.len() == from.len() && is_sound).then_some(Self { begins, from, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_procs_keep_marks_apart() {
        let entries = [131_071, MARK, 0, MARK | 3, 7, MARK | 0x7fff_ffff];
        let packed = ProcEntries::new(&entries);
        assert!(packed.range(0, 6).eq(entries) && (0..6).all(|at| packed.at(at) == entries[at as usize]));
        assert!(packed.are_below(131_072, 0x8000_0000) && !packed.are_below(131_071, 0x8000_0000));
        assert!(!packed.are_below(131_072, 0x7fff_ffff));
        // 18 bits each, and not 32, as long as there are fewer marks than rows.
        let small: Vec<u32> = (0..64).map(|at| if at % 2 == 0 { 131_071 - at } else { MARK | at }).collect();
        assert!(ProcEntries::new(&small).turned.bytes() <= 18 * 8 + 32);
    }

    #[test]
    fn runs_give_what_was_linked() {
        let procs = ProcEntries::new(&[40, 90, 20, 70, 0, 50]);
        let links = [0, 1, 2, MARK | 5, MARK | 6, 3, 5, 4, 5];
        let runs = Runs::new(&links);
        let rows = [40, 90, 20, 5, 6, 70, 50, 0, 50];
        assert!((0..9).all(|at| runs.get(at, &procs) == rows[at as usize]), "{runs:?}");
        assert_eq!(runs.parts().0, [0, 3, 4, 5, 6, 7]);
        let parts = |begins: &[u32], from: &[u32]| (begins.into(), from.into());
        let (begins, from) = runs.parts();
        assert!(Runs::from_parts(parts(begins, from), 9, &procs, 100).is_some());
        assert!(Runs::from_parts(parts(begins, from), 9, &procs, 90).is_none(), "there is no row 90");
        assert!(Runs::from_parts(parts(begins, from), 10, &procs, 100).is_none(), "a proc has no seventh entry");
        assert!(Runs::from_parts(parts(&[0, 0], &[1, 2]), 2, &procs, 100).is_none());
        assert!(Runs::from_parts(parts(&[1], &[1]), 2, &procs, 100).is_none());
        assert!(Runs::from_parts(parts(&[], &[]), 2, &procs, 100).is_none());
        assert!(Runs::from_parts(parts(&[], &[]), 0, &procs, 100).is_some());
        assert!(
            Runs::from_parts(parts(&[0], &[0]), 1, &ProcEntries::new(&[MARK]), 100).is_none(),
            "a thread has no marks"
        );
    }
}
