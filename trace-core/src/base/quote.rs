//! Quotes bytes as Go's `strconv.Quote` does, and takes the quotes off again.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Appends `bytes` to `out` in double quotes, with Go's escapes.
pub fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
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

/// The bytes of a string in double quotes, with Go's escapes; `None` if it is not well formed.
#[must_use]
pub fn unquote(text: &str) -> Option<Vec<u8>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\n' => return None,
            '\\' => unescape(&mut chars, &mut out)?,
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(out)
}

/// One escape, its backslash already read.
fn unescape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) -> Option<()> {
    let c = chars.next()?;
    let simple = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(digits(chars, 2, 16)?).ok()?,
        'u' | 'U' => {
            let code = digits(chars, if c == 'u' { 4 } else { 8 }, 16)?;
            out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(());
        }
        '0'..='7' => {
            let rest = digits(chars, 2, 8)?;
            u8::try_from(c.to_digit(8)? * 64 + rest).ok()?
        }
        _ => return None,
    };
    out.push(simple);
    Some(())
}

fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(0, |value, _| Some(value * radix + chars.next()?.to_digit(radix)?))
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

    #[test]
    fn unquotes_what_was_quoted() {
        let bytes = b"plain \"x\" \\ \0\x1f\x7f\n\xff\xc3 \xe2\x80\xae\xf0\x9f\x98\x80";
        let mut text = Vec::new();
        push_quoted(&mut text, bytes);
        assert_eq!(unquote(std::str::from_utf8(&text).unwrap()), Some(bytes.to_vec()));
        assert_eq!(unquote(r#""\101\a\v""#), Some(b"A\x07\x0b".to_vec()));
        for bad in ["", "\"", "x", "\"a\"b\"", "\"\\\"", "\"\\x1\"", "\"\\ud800\"", "\"\\777\""] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
