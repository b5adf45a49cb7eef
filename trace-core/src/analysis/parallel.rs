//! Work on many goroutines shared out among threads: each thread adds to a collection of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::base::monitor::Monitor;

/// Goroutines that a thread takes at a time: few, as those that live long may all come first.
pub(crate) const GOROUTINES: usize = 16;

/// Calls `take` for every number below `count`, on all threads, and puts together what they found. A thread takes
/// `share` numbers at a time; which ones is left to chance: the result must not depend on it. `None` if cancelled.
pub(crate) fn gather<T: Default + Send>(
    (count, share): (usize, usize),
    monitor: &Monitor,
    take: impl Fn(&mut T, usize) + Sync,
    merged: impl Fn(T, T) -> T + Sync + Send,
) -> Option<T> {
    let next = AtomicUsize::new(0);
    let threads = rayon::current_num_threads().min(count.div_ceil(share)).max(1);
    let found = (0..threads).into_par_iter().with_max_len(1).map(|_| {
        let mut found = T::default();
        while !monitor.is_cancelled() {
            let from = next.fetch_add(share, Ordering::Relaxed);
            if from >= count {
                break;
            }
            (from..count.min(from + share)).for_each(|at| take(&mut found, at));
        }
        found
    });
    let found = found.reduce_with(merged);
    found.filter(|_| !monitor.is_cancelled())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_taken_once() {
        for count in [0, 1, 15, 16, 17, 10_000] {
            let merged = |mut one: Vec<usize>, other: Vec<usize>| {
                one.extend(other);
                one
            };
            let mut found =
                gather((count, 16), &Monitor::new(), |found: &mut Vec<usize>, at| found.push(at), merged).unwrap();
            found.sort_unstable();
            assert_eq!(found, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_comes_of_what_is_cancelled() {
        let monitor = Monitor::new();
        monitor.cancel();
        assert_eq!(gather((9, 1), &monitor, |sum: &mut usize, at| *sum += at, |one, other| one + other), None);
    }
}
