//! Conditions that each row of a table meets exactly, so that nobody has to look at it once more.

use std::ops::RangeInclusive;

use crate::tables::column::Kind;
use crate::tables::value::Value;

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The column is the value.
    Equal,
    /// The column is the value, or less.
    AtMost,
    /// The column is the value, or more.
    AtLeast,
    /// The column is less than the value.
    Below,
    /// The column is more than the value.
    Above,
}

/// What a value has to be. NULL meets no condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Check {
    /// A whole number of this range.
    Within(RangeInclusive<i64>),
    /// This text.
    Text(String),
}

impl Check {
    /// The condition that a column of a kind compares so with a value; `None` if it cannot be told exactly here.
    pub(super) fn of(kind: Kind, compare: Compare, value: &Value<'_>) -> Option<Self> {
        match (kind, value) {
            (Kind::Int, Value::Int(number)) => Some(Self::Within(whole(compare, *number))),
            (Kind::Int, Value::Real(number)) => fraction(compare, *number).map(Self::Within),
            (Kind::Text, Value::Text(text)) if compare == Compare::Equal => Some(Self::Text(text.clone().into_owned())),
            _ => None,
        }
    }

    /// Whether a value meets it.
    #[inline]
    pub(super) fn takes(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Within(range), Value::Int(number)) => range.contains(number),
            (Self::Text(wanted), Value::Text(text)) => wanted == text,
            _ => false,
        }
    }
}

/// No number at all.
const NONE: RangeInclusive<i64> = RangeInclusive::new(1, 0);

fn whole(compare: Compare, number: i64) -> RangeInclusive<i64> {
    match compare {
        Compare::Equal => number..=number,
        Compare::AtMost => i64::MIN..=number,
        Compare::AtLeast => number..=i64::MAX,
        Compare::Below => number.checked_sub(1).map_or(NONE, |last| i64::MIN..=last),
        Compare::Above => number.checked_add(1).map_or(NONE, |first| first..=i64::MAX),
    }
}

/// The whole numbers that compare so with a number that need not be one; `None` beyond 2^62.
fn fraction(compare: Compare, number: f64) -> Option<RangeInclusive<i64>> {
    const MOST: f64 = (1_i64 << 62) as f64;
    let floor = number.floor();
    if !(-MOST..=MOST).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "in this range a whole number that a float can be has 64 bits")]
    let below = floor as i64;
    if floor.total_cmp(&number).is_eq() {
        return Some(whole(compare, below));
    }
    Some(match compare {
        Compare::Equal => NONE,
        Compare::AtMost | Compare::Below => i64::MIN..=below,
        Compare::AtLeast | Compare::Above => below + 1..=i64::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::{Check, Compare, NONE};
    use crate::tables::column::Kind;
    use crate::tables::value::Value;

    #[test]
    fn fractions_are_compared_as_they_are() {
        let of = |compare, number| Check::of(Kind::Int, compare, &Value::Real(number));
        assert_eq!(of(Compare::Above, 1.5), Some(Check::Within(2..=i64::MAX)));
        assert_eq!(of(Compare::AtLeast, 2.0), Some(Check::Within(2..=i64::MAX)));
        assert_eq!(of(Compare::Above, 2.0), Some(Check::Within(3..=i64::MAX)));
        assert_eq!(of(Compare::Below, -1.5), Some(Check::Within(i64::MIN..=-2)));
        assert_eq!(of(Compare::Equal, 0.5), Some(Check::Within(NONE)));
        assert_eq!((of(Compare::AtMost, 1e19), of(Compare::AtMost, f64::NAN)), (None, None));
        assert_eq!(Check::of(Kind::Int, Compare::Equal, &Value::Text("5".into())), None, "SQLite makes it a number");
        assert_eq!(
            Check::of(Kind::Int, Compare::Above, &Value::Int(i64::MAX)),
            Some(Check::Within(NONE)),
            "nothing is above"
        );
        assert!(!Check::Within(0..=1).takes(&Value::Null));
    }
}
