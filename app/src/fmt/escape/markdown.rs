//! Markdown as GitHub, GitLab and Gitea read it.

use trace_core::base::visible::visible;

/// Prose with names in it, on one line, inside a block. Words of which a reader of Markdown would make something
/// (markup, links, images, HTML, mentions, references to issues and commits, formulas) stand as code; other words stay.
#[must_use]
pub fn inline(text: &str) -> String {
    joined(text, |_| false)
}

/// The same at the beginning of a block, where some words begin a list, a quotation or a rule.
#[must_use]
pub fn block(text: &str) -> String {
    joined(text, begins_block)
}

/// `first_is_code` says so of the first word.
fn joined(text: &str, first_is_code: fn(&str) -> bool) -> String {
    let text = visible(text);
    // Four blanks at the beginning would make it code, two at the end break the line.
    let mut words = text.trim_matches(' ').split(' ');
    let first = words.next().unwrap_or_default();
    let mut out = if first_is_code(first) || !is_plain(first) { word_as_code(first) } else { first.to_owned() };
    for word in words {
        out.push(' ');
        out.push_str(&if is_plain(word) { word.to_owned() } else { word_as_code(word) });
    }
    out
}

/// A word as code. What ends a clause behind a name is no part of it.
fn word_as_code(word: &str) -> String {
    // An entity's semicolon is its own.
    let is_name = |name: &&str| !name.starts_with('&') && name.ends_with(char::is_alphanumeric) && !is_plain(name);
    let name = word.strip_suffix([',', ';', ':', '.']).filter(is_name);
    name.map_or_else(|| code(word), |name| format!("{}{}", code(name), &word[name.len()..]))
}

/// A name as code, on one line, whatever is in it. Nothing if there is none.
#[must_use]
pub fn code(name: &str) -> String {
    let name = visible(name);
    if name.is_empty() {
        return String::new();
    }
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let needs_room = name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']);
    let room = if needs_room { " " } else { "" };
    format!("{fence}{room}{name}{room}{fence}")
}

/// What [`inline`] or [`code`] made, inside a row of a table: bars would end the cell, even in code.
#[must_use]
pub fn cell(markdown: &str) -> String {
    // Readers disagree on what a bar behind two backslashes is.
    markdown.replace("\\|", "\\\\x7c").replace('|', "\\|")
}

/// Whether a word means nothing but itself.
fn is_plain(word: &str) -> bool {
    let is_harmless = |c: char| {
        c.is_ascii_alphanumeric()
            || !c.is_ascii()
            || matches!(c, '.' | ',' | ';' | ':' | '\'' | '"' | '(' | ')' | '?')
            || matches!(c, '!' | '%' | '+' | '-' | '/')
    };
    let stands_alone = matches!(word, "<" | ">" | "=" | "~" | "&");
    // A star at the end of a word could end emphasis, but none begins.
    let word = word.strip_suffix('*').unwrap_or(word);
    let is_harmless = stands_alone || word.chars().all(is_harmless);
    is_harmless && !is_address(word) && !is_reference(word) && !word.split(is_border).any(is_issue_or_commit)
}

/// What is made a link without any markup, and `:smile:`, which is made a picture.
fn is_address(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("://") || word.contains("www.") || word.contains("mailto:") || word.matches(':').count() > 1
}

/// `!12`, `%12`: GitLab makes these links.
fn is_reference(word: &str) -> bool {
    let is_named = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '"');
    word.split_inclusive(['!', '%']).skip(1).any(is_named)
}

fn is_border(c: char) -> bool {
    c.is_ascii_punctuation() && c != '-'
}

/// `GH-12`, `ABC-12` and `1a2b3c4`: projects may have these made links.
fn is_issue_or_commit(part: &str) -> bool {
    let is_issue = part.split_once('-').is_some_and(|(project, number)| {
        project.len() > 1
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && number.starts_with(|c: char| c.is_ascii_digit())
    });
    let is_commit = part.len() >= 7
        && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_issue || is_commit
}

/// Whether a word at the beginning of a line begins a list, a quotation or a rule, or is a command to GitLab.
fn begins_block(word: &str) -> bool {
    let behind_digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = behind_digits.len() < word.len() && matches!(behind_digits, "." | ")");
    is_number
        || word.starts_with('/')
        || (!word.is_empty() && word.chars().all(|c| matches!(c, '-' | '+' | '=' | '>' | '*')))
}

#[cfg(test)]
mod tests {
    use super::{block, cell, code, inline};

    #[test]
    fn prose_stays_prose() {
        for prose in [
            "4 waits, 509 ms total (max 127 ms), at main.main.func7 (main.go:127); 3 % of it",
            "G9 held the lock for 127 ms in net/http.Post: \"slow\"?",
            "~ is not significant. Change is of the time in sum per second of the trace.",
            "12 ms* of A +12.3 %, B \u{2212}5.0 %, ×12, 3 < 4, größe 数据 🦀",
            "at 1234567 ns, in Go 1.27-rc2, 10-20 ms, never!",
        ] {
            assert_eq!(block(prose), prose);
        }
    }

    #[test]
    fn punctuation_behind_a_name_is_no_part_of_it() {
        for (prose, expected) in [
            ("in main.(*cache).get: new", "in `main.(*cache).get`: new"),
            ("of f_x, g_x; h_x.", "of `f_x`, `g_x`; `h_x`."),
            ("in a_b...", "in `a_b...`"),
            ("a :smile: b", "a `:smile:` b"),
        ] {
            assert_eq!(inline(prose), expected);
        }
    }

    #[test]
    fn words_with_a_meaning_become_code() {
        for word in [
            "sync.(*Mutex).Lock",
            "a_b_c",
            "[link](http://x)",
            "![img](x)",
            "<script>",
            "@team",
            "a@b.example",
            "#123",
            "owner/repo#1",
            "http://evil.example",
            "https://x",
            "www.evil.example",
            ":smile:",
            "&lt;",
            "$x^2$",
            "~~gone~~",
            "~",
            "GH-12",
            "(GH-12)",
            "ABC-123",
            "1a2b3c4d",
            "!12",
            "%12",
            "a|b",
            "\\*",
            "{x}",
            "a=b",
        ] {
            let expected = if word == "~" { "say ~ again".to_owned() } else { format!("say `{word}` again") };
            assert_eq!(inline(&format!("say {word} again")), expected);
        }
    }

    #[test]
    fn no_line_begins_a_block_and_none_ends() {
        for (given, expected) in [
            ("- item", "`-` item"),
            ("1. item", "`1.` item"),
            ("12) item", "`12)` item"),
            ("> quote", "`>` quote"),
            ("---", "`---`"),
            ("===", "`===`"),
            ("# heading", "`#` heading"),
            ("    code", "code"),
            ("+ item", "`+` item"),
            ("* item", "`*` item"),
            ("~~~", "`~~~`"),
            ("one\n\n# two", "`one\\n\\n#` two"),
            ("-5 %", "-5 %"),
            ("/close now", "`/close` now"),
        ] {
            assert_eq!(block(given), expected);
        }
    }

    #[test]
    fn code_holds_whatever_is_in_it() {
        assert_eq!(code(""), "");
        assert_eq!(code("main.main"), "`main.main`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``` x"), "```` ``` x ````");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" x "), "`  x  `");
        assert_eq!(code("a\n\u{202e}b"), "`a\\n\\u{202e}b`");
    }

    #[test]
    fn bars_stay_in_their_cell() {
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(cell(&code("a\\|b")), "`a\\\\x7cb`");
        assert_eq!(cell(&inline("x | y")), "x `\\|` y");
    }
}
