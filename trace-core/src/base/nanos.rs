//! Lengths of time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul};

use serde::{Deserialize, Serialize};

/// A length of time, or a sum of lengths, in nanoseconds. Sums saturate.
///
/// Displayed with three significant digits: `17 ns`, `1.24 µs`, `122 ms`, `125 s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Nanos(pub u64);

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than every real length.
    pub const MAX: Self = Self(u64::MAX);

    /// What is left of it without `other`; zero if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Nanoseconds as a fraction, for shares, rates and means; exact below 2⁵³ ns, which are 104 days.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "three months are exact")]
    pub const fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

impl Add for Nanos {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Nanos {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

/// Rounds down. By 0 parts it is no time at all.
impl Div<u64> for Nanos {
    type Output = Self;

    fn div(self, parts: u64) -> Self {
        Self(self.0.checked_div(parts).unwrap_or(0))
    }
}

impl<'a> Sum<&'a Self> for Nanos {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        all.copied().sum()
    }
}

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Nanos {
    #[expect(clippy::cast_precision_loss, reason = "three digits for people")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A unit begins where three digits of the smaller one would round up to 1000.
        let (value, unit) = match self.0 {
            nanos @ 0..1_000 => return f.pad(&format!("{nanos} ns")),
            nanos @ 1_000..999_500 => (nanos as f64 / 1e3, "µs"),
            nanos @ 999_500..999_500_000 => (nanos as f64 / 1e6, "ms"),
            nanos => (nanos as f64 / 1e9, "s"),
        };
        let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
        f.pad(&format!("{value:.digits$} {unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Nanos;

    #[test]
    fn three_digits_never_round_up_to_a_thousand() {
        let text = |nanos| Nanos(nanos).to_string();
        assert_eq!([text(0), text(999), text(1_240), text(72_700)], ["0 ns", "999 ns", "1.24 µs", "72.7 µs"]);
        assert_eq!([text(999_499), text(999_500)], ["999 µs", "1.00 ms"]);
        assert_eq!([text(999_499_999), text(999_500_000), text(125_000_000_000)], ["999 ms", "1.00 s", "125 s"]);
        assert_eq!(format!("{:>9}|{:<8}|", Nanos(5_000), Nanos(3)), "  5.00 µs|3 ns    |");
    }

    #[test]
    fn sums_saturate() {
        assert_eq!([Nanos(u64::MAX), Nanos(1)].into_iter().sum::<Nanos>(), Nanos(u64::MAX));
        assert_eq!(Nanos(1).saturating_sub(Nanos(2)), Nanos::ZERO);
        assert_eq!(Nanos(u64::MAX / 2) * 3, Nanos::MAX);
    }

    #[test]
    fn no_parts_have_no_time() {
        assert_eq!([Nanos(7) / 2, Nanos(7) / 0], [Nanos(3), Nanos::ZERO]);
    }
}
