//! Quotes bytes as Go's `strconv.Quote` does.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Appends `bytes` to `out` in double quotes, with Go's escapes.
pub(crate) fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(out, c);
        }
        for &byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'"');
}

fn push_char(out: &mut Vec<u8>, c: char) {
    let escape: &[u8] = match c {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        '\x07' => b"\\a",
        '\x08' => b"\\b",
        '\x0c' => b"\\f",
        '\n' => b"\\n",
        '\r' => b"\\r",
        '\t' => b"\\t",
        '\x0b' => b"\\v",
        c if is_print(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
        c => {
            let code = u32::from(c);
            let text = match code {
                0..0x20 | 0x7f => format!("\\x{code:02x}"),
                0..0x1_0000 => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            out.extend_from_slice(text.as_bytes());
            return;
        }
    };
    out.extend_from_slice(escape);
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
fn is_print(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\x7f' => false,
        _ => matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Mark
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Punctuation
                | GeneralCategoryGroup::Symbol
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_like_go() {
        let quoted = |bytes: &[u8]| {
            let mut out = Vec::new();
            push_quoted(&mut out, bytes);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(quoted(b"plain \"x\" \\"), r#""plain \"x\" \\""#);
        assert_eq!(quoted(b"\0\x1f\x7f\n\xff\xc3"), r#""\x00\x1f\x7f\n\xff\xc3""#);
        assert_eq!(
            quoted("é \u{a0}\u{ad}\u{202e}\u{e000}\u{fffd}😀\u{10ffff}".as_bytes()),
            "\"é \\u00a0\\u00ad\\u202e\\ue000\u{fffd}😀\\U0010ffff\""
        );
    }
}
