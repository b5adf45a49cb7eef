//! A growing table that can be shared while it grows: chunks behind `Arc`s, copied only when one that a
//! snapshot holds is written to.

use std::sync::Arc;

pub(crate) const CHUNK: usize = 1024;

/// Entries by index; cloning costs one pointer per [`CHUNK`] entries, and a copy of less than a chunk.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    chunks: Vec<Arc<Vec<T>>>,
    /// What does not fill a chunk yet. Its owner adds to it without asking who else looks.
    tail: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), tail: Vec::new() }
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
        self.chunks.len() * CHUNK + self.tail.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        match self.chunks.get(at / CHUNK) {
            Some(chunk) => chunk.get(at % CHUNK),
            None => self.tail.get(at - self.chunks.len() * CHUNK),
        }
    }

    /// How many entries from the first one on `is_before` holds for, if it holds for none behind those.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(&is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let full = self.chunks.len() * CHUNK;
        match self.chunks.get_mut(at / CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).get_mut(at % CHUNK),
            None => self.tail.get_mut(at - full),
        }
    }

    /// Adds an entry and tells its index.
    pub(crate) fn push(&mut self, value: T) -> usize {
        let at = self.len();
        self.tail.push(value);
        if self.tail.len() == CHUNK {
            let next = Vec::with_capacity(CHUNK);
            self.chunks.push(Arc::new(std::mem::replace(&mut self.tail, next)));
        }
        at
    }

    /// All chunks, in order; none is empty.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[T]> {
        let tail = Some(self.tail.as_slice()).filter(|tail| !tail.is_empty());
        self.chunks.iter().map(|chunk| chunk.as_slice()).chain(tail)
    }

    /// A table of these chunks, if all but the last are full.
    pub(crate) fn from_chunks(mut chunks: Vec<Vec<T>>) -> Option<Self> {
        let tail = chunks.pop_if(|last| last.len() < CHUNK).unwrap_or_default();
        let are_full = chunks.iter().all(|chunk| chunk.len() == CHUNK);
        are_full.then(|| Self { chunks: chunks.into_iter().map(Arc::new).collect(), tail })
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail)
    }

    /// A chunk with the index of its first entry.
    pub(crate) fn chunk(&self, at: usize) -> Option<(usize, &[T])> {
        let chunk = match self.chunks.get(at) {
            Some(chunk) => chunk,
            None if at == self.chunks.len() => &self.tail,
            None => return None,
        };
        Some((at * CHUNK, chunk))
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
