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
}
