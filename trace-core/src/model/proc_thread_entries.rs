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

use crate::model::row_codes::MARK;

/// Entries by number, all lanes one after another.
#[derive(Clone, Debug)]
pub(crate) enum Entries {
    /// Of procs: a row, or [`MARK`] + index into the marks.
    Own(Box<[u32]>),
    /// Those of threads: rows of the segment.
    Borrowed(Runs),
}

impl Default for Entries {
    fn default() -> Self {
        Self::Own(Box::default())
    }
}

impl Entries {
    /// Those of procs, which have none elsewhere.
    pub(crate) fn own(&self) -> &[u32] {
        match self {
            Self::Own(entries) => entries,
            Self::Borrowed(_) => &[],
        }
    }

    /// An entry, given those of procs.
    #[inline]
    pub(crate) fn get(&self, at: u32, procs: &Self) -> u32 {
        match self {
            Self::Own(entries) => entries[at as usize],
            Self::Borrowed(runs) => runs.get(at, procs.own()),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Own(entries) => entries.len(),
            Self::Borrowed(runs) => runs.len as usize,
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Own(entries) => 4 * entries.len(),
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
    fn get(&self, at: u32, procs: &[u32]) -> u32 {
        let run = self.begins.partition_point(|&begin| begin <= at) - 1;
        let from = self.from[run];
        if from & MARK == 0 { procs[(from + at - self.begins[run]) as usize] } else { from & !MARK }
    }

    /// Where runs begin, and what their first entries are.
    pub(crate) const fn parts(&self) -> (&[u32], &[u32]) {
        (&self.begins, &self.from)
    }

    /// What [`Runs::parts`] gave, for `len` entries, if each is a row below `rows`.
    pub(crate) fn from_parts(
        (begins, from): (Box<[u32]>, Box<[u32]>),
        len: u32,
        procs: &[u32],
        rows: usize,
    ) -> Option<Self> {
        let begins_well = begins.first().map_or(len == 0, |&first| first == 0);
        let ends = begins.iter().skip(1).copied().chain([len]);
        let is_sound = begins.iter().zip(ends).zip(&from).all(|((&begin, end), &from)| {
            let Some(count) = end.checked_sub(begin).filter(|&count| count > 0) else { return false };
            if from & MARK != 0 {
                return count == 1 && ((from & !MARK) as usize) < rows;
            }
            let borrowed = procs.get(from as usize..from as usize + count as usize);
            borrowed.is_some_and(|borrowed| borrowed.iter().all(|&row| (row as usize) < rows))
        });
        (begins_well && begins.len() == from.len() && is_sound).then_some(Self { begins, from, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_give_what_was_linked() {
        let procs = [40, 90, 20, 70, 0, 50];
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
        assert!(Runs::from_parts(parts(&[0], &[0]), 1, &[MARK], 100).is_none(), "a thread has no marks");
    }
}
