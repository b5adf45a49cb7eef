//! The values of cells.

use std::borrow::Cow;

use crate::base::nanos::Nanos;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: not known, or there is no such thing.
    Null,
    /// A whole number: an id, a count, nanoseconds, bytes, or 0 and 1 for no and yes.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// Text as the trace has it: whoever shows it has to escape it.
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// A text; NULL if it is empty.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(Cow::Borrowed(text)) }
    }

    /// A count; the largest that fits if it is larger.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A length of time, in nanoseconds.
    #[must_use]
    pub fn nanos(nanos: Nanos) -> Self {
        Self::count(nanos.0)
    }

    /// 1 for yes, 0 for no.
    #[must_use]
    pub fn flag(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}
