//! Ids of traces and spans: in hex, base64 or decimal, padded or not.

use std::fmt;

/// The id of a distributed trace; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The id of a span; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u64);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A number of at most `digits` hex digits, whatever case, perhaps behind `0x`; dashes, as UUIDs have them, count for
/// nothing. `None` if it is 0 or no such number.
#[must_use]
pub fn hex_id(text: &str, digits: usize) -> Option<u128> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let is_uuid = text.len() == 36 && digits == 32;
    let mut value = 0_u128;
    let mut count = 0_usize;
    for byte in text.bytes() {
        if is_uuid && byte == b'-' {
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        count += 1;
        if count > digits.min(32) {
            return None;
        }
        value = value << 4 | u128::from(digit);
    }
    (value != 0).then_some(value)
}

/// A decimal number below 2^64. `None` if it is 0 or no such number.
#[must_use]
pub fn decimal_id(text: &str) -> Option<u64> {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&value| is_decimal && value != 0)
}

/// A number written as the base64 of exactly `bytes` bytes, big-endian, padded or not.
fn base64_id(text: &str, bytes: usize) -> Option<u128> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let (wanted, spare) = ((bytes * 8).div_ceil(6), bytes * 8 % 6);
    if digits.len() != wanted || !(padding == 0 || text.len().is_multiple_of(4)) || padding > 2 {
        return None;
    }
    let mut value = 0_u128;
    let mut last = 0_u8;
    for (at, byte) in digits.bytes().enumerate() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        last = digit;
        let is_cut = at + 1 == wanted && spare != 0;
        let kept = if is_cut { spare } else { 6 };
        value = value << kept | u128::from(digit >> (6 - kept));
    }
    // Bits that belong to no byte are 0.
    let unused = if spare == 0 { 0 } else { last & ((1 << (6 - spare)) - 1) };
    (value != 0 && unused == 0).then_some(value)
}

/// How the ids of a span are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Hex,
    Base64,
}

/// A trace id, and how it is written.
pub(super) fn trace_id(text: &str) -> Option<(TraceId, Writing)> {
    let hex = || hex_id(text, 32).map(|id| (TraceId(id), Writing::Hex));
    let base64 = || base64_id(text, 16).map(|id| (TraceId(id), Writing::Base64));
    hex().or_else(base64)
}

/// A span id, in a span whose trace id is written so: an id of eleven letters may be either.
pub(super) fn span_id(text: &str, writing: Writing) -> Option<SpanId> {
    let id = match writing {
        Writing::Hex => hex_id(text, 16),
        Writing::Base64 => base64_id(text, 8),
    };
    id.and_then(|id| u64::try_from(id).ok()).map(SpanId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_every_writing() {
        let whole = TraceId(0x5b8e_fff7_9803_8103_d269_b633_813f_c60c);
        for text in [
            "5b8efff798038103d269b633813fc60c",
            "5B8EFFF798038103D269B633813FC60C",
            "0x5b8efff798038103d269b633813fc60c",
            "5b8efff7-9803-8103-d269-b633813fc60c",
        ] {
            assert_eq!(trace_id(text), Some((whole, Writing::Hex)), "{text}");
        }
        for text in ["W47/95gDgQPSabYzgT/GDA==", "W47/95gDgQPSabYzgT/GDA", "W47_95gDgQPSabYzgT_GDA"] {
            assert_eq!(trace_id(text), Some((whole, Writing::Base64)), "{text}");
        }
        assert_eq!(trace_id("d269b633813fc60c"), Some((TraceId(0xd269_b633_813f_c60c), Writing::Hex)));
        assert_eq!(span_id("eee19b7ec3c1b174", Writing::Hex), Some(SpanId(0xeee1_9b7e_c3c1_b174)));
        assert_eq!(span_id("7uGbfsPBsXQ=", Writing::Base64), Some(SpanId(0xeee1_9b7e_c3c1_b174)));
        assert_eq!(span_id("1a", Writing::Hex), Some(SpanId(0x1a)));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "0",
            "00000000000000000000000000000000",
            "xyz",
            "5b8efff798038103d269b633813fc60c0",
            "-",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "W47/95gDgQPSabYzgT/GDA=",
            "W47/95gDgQPSabYzgT/GDB==",
            "é",
        ] {
            assert_eq!(trace_id(text), None, "{text}");
        }
        for text in ["", "0", "0000000000000000", "eee19b7ec3c1b1740", "7uGbfsPBsXQ="] {
            assert_eq!(span_id(text, Writing::Hex), None, "{text}");
        }
        assert_eq!((decimal_id("18446744073709551615"), decimal_id("18446744073709551616")), (Some(u64::MAX), None));
        assert_eq!((decimal_id("+1"), decimal_id("0"), decimal_id("")), (None, None, None));
    }
}
