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
    /// Which goroutines are wanted, if rows are grouped by the goroutine; `None` for all. Groups of others may be left out.
    pub top: Option<Top>,
}

/// The goroutines with the largest numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    /// What is compared.
    pub by: TopBy,
    /// How many goroutines are wanted. Those with the same number as the last one come, too.
    pub count: usize,
}

/// A number of all rows of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopBy {
    /// How many there are.
    Rows,
    /// How many have a number in a column, by its place in [`Grouping::sums`].
    Count(usize),
    /// The numbers of such a column added.
    Sum(usize),
    /// The least of them.
    Least(usize),
    /// The largest of them.
    Most(usize),
}

impl TopBy {
    /// That of some groups, each with how many rows it has and its sums; where no row has a number, less than any.
    pub(super) fn of<'a>(self, groups: impl Iterator<Item = (u64, &'a [Sum])>) -> i64 {
        let mut joined = Sum::NONE;
        for (rows, sums) in groups {
            let sum = match self {
                Self::Rows => Some(Sum { count: rows, ..Sum::NONE }),
                Self::Count(place) | Self::Sum(place) | Self::Least(place) | Self::Most(place) => {
                    sums.get(place).copied()
                }
            };
            let sum = sum.unwrap_or(Sum::NONE);
            let added = joined.sum.saturating_add(sum.sum);
            if !joined.join(&sum) {
                joined.sum = added;
            }
        }
        match self {
            Self::Rows | Self::Count(_) => i64::try_from(joined.count).unwrap_or(i64::MAX),
            _ if joined.count == 0 => i64::MIN,
            Self::Sum(_) => joined.sum,
            Self::Least(_) => joined.least,
            Self::Most(_) => joined.most,
        }
    }
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
