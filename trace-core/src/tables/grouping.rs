//! Rows in groups: how many there are, and sums of their numbers. What a table finds out in one walk on all threads, so that
//! whoever asks for sums need not look at each row.

use crate::tables::value::Value;

/// Columns that rows can be grouped by at the same time, the goroutine not counted.
pub const MOST_KEYS: usize = 4;
/// Columns that can be summed at the same time.
pub const MOST_SUMS: usize = 4;
/// What rows are grouped by, and what is summed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// Columns, by their places: rows of a group have equal values there.
    pub keys: Vec<usize>,
    /// Columns with whole numbers, by their places, that are summed.
    pub sums: Vec<usize>,
}

/// The numbers of a column in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many rows have a number there.
    pub count: u64,
    /// All numbers added.
    pub sum: i64,
    /// The least number; means nothing if no row has one.
    pub least: i64,
    /// The largest number; means nothing if no row has one.
    pub most: i64,
}

impl Sum {
    pub(super) const NONE: Self = Self { count: 0, sum: 0, least: i64::MAX, most: i64::MIN };

    /// False if the sum is too large for its type.
    #[must_use]
    pub(super) fn add(&mut self, number: i64) -> bool {
        let (sum, is_too_large) = self.sum.overflowing_add(number);
        (self.sum, self.count) = (sum, self.count + 1);
        (self.least, self.most) = (self.least.min(number), self.most.max(number));
        !is_too_large
    }

    #[must_use]
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let (sum, is_too_large) = self.sum.overflowing_add(other.sum);
        (self.sum, self.count) = (sum, self.count + other.count);
        (self.least, self.most) = (self.least.min(other.least), self.most.max(other.most));
        !is_too_large
    }
}

/// Why rows cannot be grouped after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupFault {
    /// There are too many groups.
    TooMany,
    /// A sum is too large.
    TooLarge,
}

/// Groups of rows, one at a time. Groups of one goroutine come together, goroutines by rising id, if rows are grouped by the
/// goroutine.
pub trait Grouped<'a> {
    /// Goes to the next group (at first to the first one). False if there is none.
    ///
    /// # Errors
    /// When rows cannot be grouped so after all.
    fn advance(&mut self) -> Result<bool, GroupFault>;

    /// The value of a column that rows are grouped by; what it is of other columns means nothing.
    fn value(&self, column: usize) -> Value<'a>;

    /// How many rows the group has.
    fn count(&self) -> u64;

    /// The sum of the column at a place of [`Grouping::sums`].
    fn sum(&self, place: usize) -> Option<Sum>;
}
