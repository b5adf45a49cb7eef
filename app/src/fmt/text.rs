//! Text for people, as lines. Whatever is put into a line stays inside it and can be seen: names from a trace cannot
//! break lines, and a terminal finds nothing to obey.

use crate::fmt::escape::visible;

/// Lines for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
}

impl Text {
    /// A text without lines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A text of the program's own, which may have several lines.
    #[must_use]
    pub fn own(parts: &[&'static str]) -> Self {
        Self { text: parts.concat() }
    }

    /// The lines of a text that the program made of its own words, such as help.
    #[must_use]
    pub fn of_lines(lines: &str) -> Self {
        let mut text = Self::new();
        lines.lines().for_each(|line| text.line(line));
        text
    }

    /// Adds a line; what would break it is escaped.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(visible(line).trim_end_matches(' '));
        self.text.push('\n');
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds the lines of another text.
    pub fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
    }

    /// All lines, each with its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Characters up to which cells of a column are made equally wide: longer ones stand out, however long they are.
const WIDEST_CELL: usize = 1_000;

/// A cell with spaces beside it up to a width, in characters. (The standard library's own padding panics where a width does not
/// fit into 16 bits, and traces may hold longer names.)
#[must_use]
pub fn padded(cell: &str, width: usize, is_right: bool) -> String {
    let spaces = " ".repeat(width.min(WIDEST_CELL).saturating_sub(cell.chars().count()));
    if is_right { spaces + cell } else { format!("{cell}{spaces}") }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_line_stays_one_line() {
        let mut text = Text::own(&["a heading\n"]);
        text.line("main\nmain\u{1b}[2J\r  ");
        text.blank();
        text.line("数据");
        assert_eq!(text.as_str(), "a heading\nmain\\nmain\\x1b[2J\\r\n\n数据\n");
    }

    #[test]
    fn cells_of_any_length_can_be_padded() {
        assert_eq!((super::padded("é", 3, false).as_str(), super::padded("é", 3, true).as_str()), ("é  ", "  é"));
        assert_eq!(super::padded("ab", 1, true), "ab");
        let long = "x".repeat(70_000);
        assert_eq!(super::padded(&long, long.len(), false), long);
        assert_eq!(super::padded("a", long.len(), false).len(), super::WIDEST_CELL);
    }
}
