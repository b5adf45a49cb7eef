//! Characters that a reader cannot see, made visible: control characters (which a terminal obeys), those that
//! reorder text, and those that take no room. Letters of any script, accents and emoji stay as they are.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// `text` as one line in which every character can be seen: `\n`, `\t`, `\r`, `\x1b`, `\u{202e}` stand for those that
/// cannot. A backslash stays one backslash, so what comes out is for reading, not for taking apart again.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all text is this.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    match replaced(text) {
        Some(replaced) => Cow::Owned(replaced),
        None => Cow::Borrowed(text),
    }
}

/// `text` on one line, and otherwise as it is: for files that other programs read, where names have to stay true.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if breaks(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Whether [`visible`] would change `text`.
#[must_use]
pub fn has_hidden(text: &str) -> bool {
    matches!(visible(text), Cow::Owned(_))
}

/// The visible form; `None` if `text` is that already.
fn replaced(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let after = || text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let stays =
            if is_selector(c) { before.is_some_and(is_shown) } else { is_shown(c) || joins(before, c, after()) };
        match (&mut out, stays) {
            (None, true) => {}
            (Some(out), true) => out.push(c),
            (_, false) => push_escape(out.get_or_insert_with(|| text.get(..at).unwrap_or_default().to_owned()), c),
        }
        before = Some(c);
    }
    out
}

/// Whether a joiner does what it is for: letters of scripts that need it, and parts of an emoji.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_joined = |c: char| c >= '\u{600}' && (is_shown(c) || is_selector(c));
    matches!(c, ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER)
        && before.is_some_and(is_joined)
        && after.is_some_and(|after| is_joined(after) && !is_selector(after))
}

/// Whether a character chooses between shapes of the one before it, as with many emoji.
const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character can be seen, be it as a gap between others.
fn is_shown(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\x1f' | '\x7f' => false,
        // Letters and marks without a shape, and what Unicode keeps for more of the kind.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => false,
        '\u{2065}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}' => false,
        _ if is_selector(c) => false,
        _ => !matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::Surrogate
        ),
    }
}

fn push_escape(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        _ => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::{has_hidden, one_line, visible};

    #[test]
    fn what_a_terminal_obeys_or_reorders_is_written_out() {
        assert_eq!(visible("a\u{1b}[31mb\u{7}\0\u{7f}"), "a\\x1b[31mb\\x07\\x00\\x7f");
        assert_eq!(visible("one\r\ntwo\tthree"), "one\\r\\ntwo\\tthree");
        assert_eq!(visible("\u{9b}31m\u{85}"), "\\u{9b}31m\\u{85}");
        assert_eq!(visible("x\u{202e}y\u{2066}\u{200f}\u{61c}"), "x\\u{202e}y\\u{2066}\\u{200f}\\u{61c}");
        assert_eq!(visible("a\u{200b}b\u{feff}\u{ad}\u{2028}"), "a\\u{200b}b\\u{feff}\\u{ad}\\u{2028}");
        assert_eq!(visible("\u{e0041}\u{3164}\u{115f}"), "\\u{e0041}\\u{3164}\\u{115f}");
        assert!(has_hidden("\n") && !has_hidden("main.main"));
        assert_eq!(one_line("a\u{1b}\tb"), "a\u{1b}\tb");
        assert_eq!(one_line("a\n\u{1b}\r\u{85}\u{2028}"), "a\\n\u{1b}\\r\\u{85}\\u{2028}");
    }

    #[test]
    fn text_of_any_script_stays() {
        for text in
            ["", "main.main", "C:\\new", "größe", "e\u{301}", "数据库 連線\u{3000}完了", "Привет", "שלום", "हिन्दी"]
        {
            assert_eq!(visible(text), text);
        }
        for text in [
            "🦀",
            "👩\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "a\u{a0}b",
            "葛\u{e0100}",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn joiners_and_selectors_that_join_or_select_nothing_are_written_out() {
        assert_eq!(visible("a\u{200d}b"), "a\\u{200d}b");
        assert_eq!(visible("👩\u{200d}"), "👩\\u{200d}");
        assert_eq!(visible("👩\u{200d}\u{200d}💻"), "👩\\u{200d}\\u{200d}💻");
        assert_eq!(visible("a\u{fe0f}\u{fe0e}\u{e0101}"), "a\u{fe0f}\\u{fe0e}\\u{e0101}");
        assert_eq!(visible("\u{fe0f}"), "\\u{fe0f}");
    }
}
