//! Percent-encoding, as in the query of an address: what is no letter, digit, `-`, `.`, `_` or `~` is `%` and two
//! hexadecimal digits a byte.

/// A text as it stands in a link.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The text behind it; `None` if a `%` is not followed by two digits, or the bytes are no UTF-8.
pub(super) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(decoded_bytes(text)?).ok()
}

/// The bytes behind it; `None` if a `%` is not followed by two digits.
pub(super) fn decoded_bytes(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{decoded, encoded};

    #[test]
    fn every_text_comes_back() {
        for text in ["server.trace", "a b&c=d?#%+", "größe 数据", "x\u{1b}[2J\n", ""] {
            let there = encoded(text);
            assert!(there.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{there}");
            assert_eq!(decoded(&there).as_deref(), Some(text));
        }
        assert_eq!(encoded("a b"), "a%20b");
        for wrong in ["%", "%4", "%zz", "%+4", "%ff%fe"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
