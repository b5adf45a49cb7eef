//! Values of options: how each is read, and what is said of one that cannot be read.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use trace_core::base::ids::GoId;

use crate::fmt::place::{OffsetRange, Target, parse_stretch, parse_target, parse_time};
use crate::remote;

/// A value, or what was expected instead, for the error message.
pub type Value<T> = Result<T, String>;

/// `value`, or a message with an example of what was expected.
///
/// # Errors
/// If there is no value.
pub fn or_expected<T>(value: Option<T>, example: &str) -> Value<T> {
    value.ok_or_else(|| format!("expected e.g. {example}"))
}

/// Reads a FILE, which may be an address: see [`remote::named`].
#[must_use]
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    path().map(remote::named)
}

/// Reads the path of a file to write. (Whether it may be empty is for the one who writes to say.)
#[must_use]
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Reads one of `names`, which `read` understands.
#[must_use]
pub fn one_of<T: Clone + Send + Sync + 'static>(
    names: impl IntoIterator<Item = &'static str>,
    read: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    let names: Vec<&str> = names.into_iter().collect();
    PossibleValuesParser::new(names).try_map(move |name| read(&name).ok_or("no such name"))
}

/// Reads a range of time: `100ms..1.2s`.
///
/// # Errors
/// With an example if it is none.
pub fn range(text: &str) -> Value<OffsetRange> {
    or_expected(parse_stretch(text), "100ms..1.2s, 1s.. or ..20ms")
}

/// Reads a range of durations: `10ms..1s`.
///
/// # Errors
/// With an example if it is none.
pub fn durations(text: &str) -> Value<OffsetRange> {
    or_expected(parse_stretch(text), "10ms..1s, 10ms.. or ..1s")
}

/// Reads a duration, nanoseconds: `10ms`.
///
/// # Errors
/// With an example if it is none.
pub fn duration(text: &str) -> Value<i64> {
    or_expected(parse_time(text), "10ms")
}

/// Reads a goroutine id: `G25`, `g25` or `25`.
///
/// # Errors
/// With an example if it is none.
pub fn goroutine(text: &str) -> Value<GoId> {
    let digits = text.strip_prefix(['g', 'G']).unwrap_or(text);
    or_expected(digits.parse().ok().map(GoId), "g25")
}

/// Reads a lane, maybe with a time: `G25@1.2s`.
///
/// # Errors
/// With an example if it is none.
pub fn target(text: &str) -> Value<Target> {
    or_expected(parse_target(text), "g25@1.2s")
}

/// Reads a number of rows, at least 1: a table without rows would say that there is nothing.
///
/// # Errors
/// If it is no such number.
pub fn limit(text: &str) -> Value<usize> {
    let limit = text.parse().ok().filter(|limit| *limit > 0);
    limit.ok_or_else(|| "expected a number, 1 or more".to_owned())
}

/// Reads a size in bytes: `500M`, `2GB`, `1.5g`, or bytes.
///
/// # Errors
/// With an example if it is none.
pub fn size(text: &str) -> Value<u64> {
    or_expected(parse_bytes(text), "500M or 2G")
}

fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.trim_end_matches("ib").trim_end_matches('b');
    let number = text.trim_end_matches(['k', 'm', 'g', 't']);
    let shift = match &text[number.len()..] {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    let value: f64 = number.trim().parse().ok()?;
    let bytes = value * f64::from(1_u32 << (shift % 32)) * if shift >= 32 { 4_294_967_296.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, as checked")]
    (1.0..1.8e19).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        for (text, bytes) in [("2G", 2 << 30), ("1.5MiB", 3 << 19), ("1t", 1 << 40), ("17", 17), ("500 kb", 500 << 10)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "much", "0", "-1", "1x", "1e300", "NaN"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn goroutines_and_limits_are_numbers() {
        assert_eq!((goroutine("g25"), goroutine("G25"), goroutine("25")), (Ok(GoId(25)), Ok(GoId(25)), Ok(GoId(25))));
        assert_eq!(goroutine("x"), Err("expected e.g. g25".to_owned()));
        assert_eq!((limit("1"), limit("0").is_err(), limit("some").is_err()), (Ok(1), true, true));
    }
}
