//! A growing table that can be shared while it grows: chunks behind `Arc`s, copied only when one that a
//! snapshot holds is written to.

use std::sync::Arc;

/// Entries per chunk.
pub(crate) const CHUNK: usize = 1024;

/// Entries by index; cloning costs one pointer per [`CHUNK`] entries.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone> FromIterator<T> for Table<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut table = Self::default();
        for item in items {
            table.push(item);
        }
        table
    }
}

impl<T: Clone> Table<T> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        Arc::make_mut(self.chunks.get_mut(at / CHUNK)?).get_mut(at % CHUNK)
    }

    /// Adds an entry and tells its index.
    pub(crate) fn push(&mut self, value: T) -> usize {
        let at = self.len;
        if at.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(if at == 0 { 16 } else { CHUNK })));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(value);
        }
        self.len += 1;
        at
    }

    /// All chunks, in order.
    pub(crate) fn chunks(&self) -> &[Arc<Vec<T>>] {
        &self.chunks
    }

    /// A table of these chunks, if all but the last are full.
    pub(crate) fn from_chunks(chunks: Vec<Arc<Vec<T>>>) -> Option<Self> {
        let len = chunks.iter().map(|chunk| chunk.len()).sum();
        let (last, full) = chunks.split_last().map_or((0, &[][..]), |(last, full)| (last.len(), full));
        let fits = full.iter().all(|chunk| chunk.len() == CHUNK) && last <= CHUNK && (last > 0 || chunks.is_empty());
        fits.then_some(Self { chunks, len })
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// A chunk with the index of its first entry.
    pub(crate) fn chunk(&self, at: usize) -> Option<(usize, &[T])> {
        Some((at * CHUNK, self.chunks.get(at)?.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_saw() {
        let mut table = Table::default();
        for n in 0..3_000 {
            assert_eq!(table.push(n), n);
        }
        let seen = table.clone();
        *table.get_mut(5).unwrap() = 99;
        table.push(3_000);
        assert_eq!((seen.get(5), seen.len()), (Some(&5), 3_000));
        assert_eq!((table.get(5), table.get(3_000), table.get(3_001)), (Some(&99), Some(&3_000), None));
        assert!(table.iter().rev().take(2).eq([3_000, 2_999].iter()));
    }
}
