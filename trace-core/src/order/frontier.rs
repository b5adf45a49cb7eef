//! The next event of each thread, earliest first: a binary heap of (time, thread cursor).
//!
//! Among equal times the reference reader's choice follows from the exact shape of its heap, so this
//! one sifts in the same manner.

use crate::base::pdqsort;

/// An entry: when the next event is due, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// ns on the trace clock.
    pub time: i64,
    /// Index of the cursor.
    pub cursor: u32,
}

/// The earliest next event of each thread, in a heap.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    heap: Vec<Due>,
}

impl Frontier {
    /// An empty one with room for so many threads.
    #[must_use]
    pub fn with_capacity(threads: usize) -> Self {
        Self { heap: Vec::with_capacity(threads) }
    }

    /// The earliest entry; `None` if the heap is empty.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<Due> {
        self.heap.first().copied()
    }

    /// When the earliest of all other threads is due; the largest time if there is none. As long as the first one is
    /// not due later than that, an update leaves every entry in its place.
    #[inline]
    #[must_use]
    pub fn second_time(&self) -> i64 {
        self.time(1).min(self.time(2))
    }

    /// The entry at a place of the heap; places after [`Frontier::sort`] go by time.
    #[must_use]
    #[inline]
    pub fn get(&self, place: usize) -> Option<Due> {
        self.heap.get(place).copied()
    }

    /// How many threads have events left.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no thread has an event left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Adds a thread by its next event.
    pub fn insert(&mut self, due: Due) {
        self.heap.push(due);
        self.sift_up(self.heap.len() - 1);
    }

    /// Gives the entry at `place` a new time.
    #[inline]
    pub fn update(&mut self, place: usize, time: i64) {
        let Some(due) = self.heap.get_mut(place) else { return };
        due.time = time;
        if self.sift_up(place) == place {
            self.sift_down(place);
        }
    }

    /// Takes out the entry at `place`.
    pub fn remove(&mut self, mut place: usize) {
        while place > 0 {
            self.heap.swap((place - 1) / 2, place);
            place = (place - 1) / 2;
        }
        if !self.heap.is_empty() {
            self.heap.swap_remove(0);
            self.sift_down(0);
        }
    }

    /// Puts the whole heap in order of time (a sorted heap is a heap still); equal times as the reference
    /// reader does.
    pub fn sort(&mut self) {
        pdqsort::sort_by_key(&mut self.heap, |due| due.time);
    }

    #[inline]
    fn time(&self, place: usize) -> i64 {
        self.heap.get(place).map_or(i64::MAX, |due| due.time)
    }

    #[inline]
    fn sift_up(&mut self, mut place: usize) -> usize {
        while place > 0 && self.time((place - 1) / 2) > self.time(place) {
            self.heap.swap((place - 1) / 2, place);
            place = (place - 1) / 2;
        }
        place
    }

    #[inline]
    fn sift_down(&mut self, mut place: usize) {
        loop {
            let mut least = place;
            let mut least_time = self.time(place);
            for child in [2 * place + 1, 2 * place + 2] {
                let time = self.time(child);
                if time < least_time {
                    (least, least_time) = (child, time);
                }
            }
            if least == place {
                return;
            }
            self.heap.swap(least, place);
            place = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_earliest_first() {
        let mut frontier = Frontier::default();
        for (cursor, time) in [50, 20, 90, 10, 40, 70].into_iter().enumerate() {
            frontier.insert(Due { time, cursor: u32::try_from(cursor).unwrap() });
        }
        frontier.update(0, 60); // cursor 3 moves from 10 to 60
        let mut times = Vec::new();
        while let Some(due) = frontier.first() {
            times.push(due.time);
            frontier.remove(0);
        }
        assert_eq!(times, [20, 40, 50, 60, 70, 90]);
    }

    #[test]
    fn removes_from_the_middle() {
        let mut frontier = Frontier::default();
        for time in 0..10 {
            frontier.insert(Due { time, cursor: 0 });
        }
        frontier.sort();
        frontier.remove(4);
        let mut times = Vec::new();
        while let Some(due) = frontier.first() {
            times.push(due.time);
            frontier.remove(0);
        }
        assert_eq!(times, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    }
}
