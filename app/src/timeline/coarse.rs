//! Sums of large groups over the whole trace, made once: half a million goroutines are gone through a single time, not
//! again whenever the scale changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;

use crate::timeline::grid::Grid;

/// Groups with fewer goroutines are quick to go through.
const LARGE: u32 = 10_000;
/// At least so many columns over the whole trace, and at most twice as many.
const COLUMNS: i64 = 4_096;

/// Nanoseconds by class in each column of a grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sums {
    pub(super) grid: Grid,
    pub(super) columns: Vec<[u64; SpanClass::COUNT]>,
}

impl Sums {
    /// The same in columns that are some of these wide: each of those is as wide as a whole number of these.
    pub(super) fn over(&self, wide: &Grid) -> Vec<[u64; SpanClass::COUNT]> {
        let mut columns = vec![[0_u64; SpanClass::COUNT]; wide.count as usize];
        let seen = wide.range();
        let from = self.grid.column_of(seen.start);
        for (at, sums) in self.columns.iter().enumerate().skip(from) {
            let start = self.grid.column(at).start;
            if start >= seen.end {
                break;
            }
            if let Some(column) = columns.get_mut(wide.column_of(start)).filter(|_| start >= seen.start) {
                column.iter_mut().zip(sums).for_each(|(sum, nanos)| *sum += nanos);
            }
        }
        columns
    }
}

/// Sums of groups, by the group's place, as far as somebody has asked for them.
#[derive(Debug, Default)]
pub(super) struct Coarse(Mutex<HashMap<u32, Arc<OnceLock<Sums>>>>);

impl Coarse {
    /// What a group of `count` goroutines has over the columns of `wide`, where it is large and these are no finer than
    /// its sums; those are made by `make` if nobody has asked before.
    pub(super) fn group(
        &self,
        (group, count): (u32, u32),
        (whole, wide): (TimeRange, &Grid),
        make: impl FnOnce(&Grid) -> Vec<[u64; SpanClass::COUNT]>,
    ) -> Option<Vec<[u64; SpanClass::COUNT]>> {
        let fine = grid_of(whole);
        if count < LARGE || wide.column_nanos % fine.column_nanos != 0 {
            return None;
        }
        // Made outside of the lock: who asks for another group does not wait.
        let slot = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(group).or_default());
        let sums = slot.get_or_init(|| Sums { grid: fine, columns: make(&fine) });
        Some(sums.over(wide))
    }
}

/// Columns over the whole trace, a power of two wide: columns of wider grids, a power of two or three of them wide, are
/// a whole number of these.
fn grid_of(whole: TimeRange) -> Grid {
    let wanted = (whole.nanos() / COLUMNS).max(1);
    let column_nanos = 1_i64 << wanted.ilog2();
    let first = whole.start.0.div_euclid(column_nanos);
    let last = whole.end.0.div_euclid(column_nanos);
    Grid { column_nanos, first, count: u32::try_from(last - first + 1).unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::{Coarse, grid_of};
    use crate::timeline::grid::Grid;
    use trace_core::base::time::{TimeRange, TraceTime};
    use trace_core::event::state::SpanClass;

    fn ones(grid: &Grid) -> Vec<[u64; SpanClass::COUNT]> {
        vec![[1; SpanClass::COUNT]; grid.count as usize]
    }

    #[test]
    fn wider_columns_have_the_sums_of_those_within_and_a_group_is_gone_through_once() {
        let whole = TimeRange::new(TraceTime(-7), TraceTime(10_000_000_000));
        let fine = grid_of(whole);
        assert!((4_096..=8_194).contains(&fine.count), "{fine:?}");
        let coarse = Coarse::default();
        for step in [1_i64, 2, 3, 4, 6, 12] {
            let column_nanos = fine.column_nanos * step;
            let wide = Grid { column_nanos, first: 5, count: 20 };
            let columns = coarse.group((3, 50_000), (whole, &wide), ones).expect("a large group");
            assert!(columns.iter().all(|sums| sums[1] == step.unsigned_abs()), "{step}: {columns:?}");
        }
        let again = coarse.group((3, 50_000), (whole, &fine), |_| unreachable!("it is known"));
        assert_eq!(again.map(|columns| columns.len()), Some(fine.count as usize));
    }

    #[test]
    fn finer_columns_and_small_groups_are_not_for_it() {
        let whole = TimeRange::new(TraceTime(0), TraceTime(10_000_000_000));
        let fine = grid_of(whole);
        let finer = Grid { column_nanos: fine.column_nanos / 2, ..fine };
        assert_eq!(Coarse::default().group((0, 50_000), (whole, &finer), ones), None);
        assert_eq!(Coarse::default().group((0, 50), (whole, &fine), ones), None);
    }
}
