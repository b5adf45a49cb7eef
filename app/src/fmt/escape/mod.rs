//! Text that others wrote (names, logs, paths, a server's reply) made safe for where it goes, one function per medium.
//!
//! | goes to | function |
//! |---|---|
//! | a terminal or a line of the window | [`visible`]; a stream of lines: [`terminal::VisibleLines`] |
//! | the clipboard | [`visible_lines`] for the whole, [`visible`] for each name in it |
//! | Markdown, among words | [`markdown::block`], [`markdown::inline`]; a table's cell: [`markdown::cell`] |
//! | Markdown, as code | [`markdown::code`] |
//! | HTML | [`html::page`]; maud itself escapes what has a meaning in HTML |
//! | a spreadsheet | [`csv::field`] |
//! | the name of a new file | [`file_name::file_name`] |
//! | JSON | serde does it; [`json::ascii_where_hidden`] keeps terminals safe, too |
//! | folded stacks | [`trace_core::export::folded`] |

pub mod csv;
pub mod file_name;
pub mod html;
pub mod json;
pub mod markdown;
pub mod terminal;

pub use trace_core::base::visible::{has_hidden, visible};

/// Lines of text with everything in them made visible that is not, but for line ends, and for tabs at the beginning of
/// a line: what is copied may be pasted into a terminal.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start_matches('\t');
        let tabs = line.get(..line.len() - rest.len()).unwrap_or_default();
        format!("{tabs}{}", visible(rest))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::visible_lines;

    #[test]
    fn lines_stay_and_nothing_else_gets_out_of_them() {
        assert_eq!(visible_lines("main.f(...)\n\t/a.go:1\n"), "main.f(...)\n\t/a.go:1\n");
        assert_eq!(visible_lines("a\u{1b}[2J\r\n\u{202e}b\tc"), "a\\x1b[2J\\r\n\\u{202e}b\\tc");
    }
}
