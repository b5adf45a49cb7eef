//! Recordings made right after each other resemble each other: the machine is as busy, as warm, as throttled.
//!
//! Neighbours in time are taken to correlate, as in an autoregressive process of first order (Box and Jenkins, *Time
//! Series Analysis*, 1970): recordings `k` places apart in the order of both sides by [`NEIGHBOURS`] to the power `k`. Where
//! all recordings of one side were made before those of the other, this makes the means of both sides differ more than
//! independent recordings would, and the recordings of a side less. Recordings made in turns have nothing of the kind.

use crate::analysis::compare::measure::Measured;

/// Correlation of a figure between recordings made one right after the other. On one build measured every 15 s for 13
/// minutes, on a machine with a changing load, it was 0.2 to 0.6, and half of that two recordings apart
/// (`tests/data/gen/compare`).
const NEIGHBOURS: f64 = 0.6;

/// What the order in which recordings were made does to their spread. Factors of variances; 1 changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Serial {
    /// The variance that recordings of one side show, over that of recordings made at any time. At most 1.
    pub(super) within: f64,
    /// The variance of the difference of both sides' means, over that of independent recordings. At least 1.
    pub(super) between: f64,
}

impl Serial {
    /// Recordings that do not depend on each other.
    pub(super) const INDEPENDENT: Self = Self { within: 1.0, between: 1.0 };

    /// As the recordings of both sides say when they were made (Go 1.25 and newer). Independent where they do not all say
    /// it, where there are fewer than three in all, and where they were made in turns.
    pub(super) fn of([a, b]: [&Measured; 2]) -> Self {
        let knows = |side: &Measured| side.settings.made_at.len() == side.recordings();
        if !knows(a) || !knows(b) {
            return Self::INDEPENDENT;
        }
        of_times(&a.settings.made_at, &b.settings.made_at)
    }
}

/// The same for recordings made at these times.
fn of_times(a: &[i64], b: &[i64]) -> Serial {
    let (count_a, count_b) = (a.len() as f64, b.len() as f64);
    let own = count_a + count_b - 2.0;
    if a.is_empty() || b.is_empty() || own < 1.0 {
        return Serial::INDEPENDENT;
    }
    let mut order: Vec<(i64, bool)> = a.iter().map(|at| (*at, false)).chain(b.iter().map(|at| (*at, true))).collect();
    order.sort_unstable();
    // Sums of correlations: between all pairs of A, of B, and of one of each.
    let (mut of_a, mut of_b, mut of_both) = (0.0, 0.0, 0.0);
    for (at, (_, is_b)) in order.iter().enumerate() {
        for (other, (_, other_is_b)) in order.iter().enumerate() {
            let alike = NEIGHBOURS.powf(at.abs_diff(other) as f64);
            match (is_b, other_is_b) {
                (false, false) => of_a += alike,
                (true, true) => of_b += alike,
                (false, true) => of_both += alike,
                (true, false) => {}
            }
        }
    }
    let difference = of_a / (count_a * count_a) + of_b / (count_b * count_b) - 2.0 * of_both / (count_a * count_b);
    let between = difference / (1.0 / count_a + 1.0 / count_b);
    let within = (count_a - of_a / count_a + count_b - of_b / count_b) / own;
    if between <= within { Serial::INDEPENDENT } else { Serial { within, between: between.max(1.0) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_one_after_the_other_differ_more_between_sides_and_less_within() {
        // By hand, from the matrix of correlations 0.6^|i - j| of six recordings: the means' variances are 0.68, their
        // covariance 0.2561, and 0.48 of a side's variance shows.
        let found = of_times(&[10, 20, 30], &[40, 50, 60]);
        assert!((found.between - 2.0 * (0.68 - 0.25611) / (2.0 / 3.0)).abs() < 1e-4, "{found:?}");
        assert!((found.within - 0.48).abs() < 1e-9, "{found:?}");
        assert_eq!(of_times(&[40, 50, 60], &[10, 20, 30]), found);
        // In whatever order the files are given.
        assert_eq!(of_times(&[30, 10, 20], &[60, 50, 40]), found);
        let more = of_times(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]);
        assert!(more.between > found.between && more.within > found.within, "{more:?}");
        let two = of_times(&[1, 2], &[3, 4]);
        assert!(two.between >= 1.0 && two.within < 0.5, "{two:?}");
    }

    #[test]
    fn recordings_made_in_turns_count_as_independent() {
        assert_eq!(of_times(&[1, 3, 5], &[2, 4, 6]), Serial::INDEPENDENT);
        assert_eq!(of_times(&[1, 4, 5, 8], &[2, 3, 6, 7]), Serial::INDEPENDENT);
        assert_eq!(of_times(&[1], &[2]), Serial::INDEPENDENT);
        assert_eq!(of_times(&[], &[1, 2, 3]), Serial::INDEPENDENT);
        let unknown = Measured { runs: vec![(1, 1); 3], ..Measured::default() };
        assert_eq!(Serial::of([&unknown, &unknown]), Serial::INDEPENDENT);
    }
}
