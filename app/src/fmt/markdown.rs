//! Markdown, block by block. What is put into a block is text or code there, whatever its characters mean elsewhere.

use crate::fmt::escape::markdown::{block, cell, code, inline};

/// A part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inline<'a> {
    /// Words, maybe with names among them.
    Text(&'a str),
    /// A name, which is shown as code.
    Code(&'a str),
}

impl Inline<'_> {
    fn markdown(self) -> String {
        match self {
            Self::Text(words) => inline(words),
            Self::Code(name) => code(name),
        }
    }
}

/// How a column of a table stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left, as text.
    Left,
    /// At the right, as numbers.
    Right,
}

/// A page, or a comment, of Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markdown {
    markdown: String,
    /// The last block is a list or a table that the next item or row continues.
    is_open: bool,
}

impl Markdown {
    /// A page without blocks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a block, with an empty line between it and the one before.
    fn begin(&mut self, is_open: bool) {
        let goes_on = self.is_open && is_open;
        if !self.markdown.is_empty() && !goes_on {
            self.markdown.push('\n');
        }
        self.is_open = is_open;
    }

    fn push_line(&mut self, line: &str) {
        self.markdown.push_str(line);
        self.markdown.push('\n');
    }

    /// Adds a heading; 1 is the highest level.
    pub fn heading(&mut self, level: usize, words: &str) {
        self.begin(false);
        self.push_line(&format!("{} {}", "#".repeat(level), inline(words)));
    }

    /// Adds a paragraph of escaped text.
    pub fn paragraph(&mut self, words: &str) {
        self.begin(false);
        self.push_line(&block(words));
    }

    /// Adds a paragraph in bold.
    pub fn strong(&mut self, words: &str) {
        self.begin(false);
        self.push_line(&format!("**{}**", inline(words)));
    }

    /// Adds an item to the list at the end, or begins one. Parts stand a blank apart.
    pub fn item(&mut self, parts: &[Inline<'_>]) {
        self.begin(true);
        let first = match parts.first() {
            Some(Inline::Text(words)) => block(words),
            Some(Inline::Code(name)) => code(name),
            None => String::new(),
        };
        let rest = parts.iter().skip(1).map(|part| part.markdown());
        let rest: String = rest.filter(|part| !part.is_empty()).map(|part| format!(" {part}")).collect();
        self.push_line(&format!("- {first}{rest}"));
    }

    /// Begins a table with these columns.
    pub fn table(&mut self, columns: &[(&str, Align)]) {
        self.begin(false);
        let heads: Vec<Inline<'_>> = columns.iter().map(|(head, _)| Inline::Text(head)).collect();
        self.row(&heads);
        self.markdown.push('|');
        for (_, align) in columns {
            self.markdown.push_str(if *align == Align::Right { "--:|" } else { "---|" });
        }
        self.markdown.push('\n');
    }

    /// Adds a row to the table at the end.
    pub fn row(&mut self, cells: &[Inline<'_>]) {
        self.is_open = true;
        let cells: Vec<String> = cells.iter().map(|part| cell(&part.markdown())).collect();
        self.markdown.push('|');
        for cell in cells {
            self.markdown.push_str(&if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
        }
        self.markdown.push('\n');
    }

    /// All blocks, as Markdown source.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.markdown
    }
}

#[cfg(test)]
mod tests {
    use super::{Align, Inline, Markdown};

    #[test]
    fn blocks_stand_apart_and_names_do_no_harm() {
        let mut page = Markdown::new();
        page.heading(2, "1. Report\n# of");
        page.strong("3 warnings");
        page.item(&[Inline::Text("culprit:"), Inline::Code("a`b"), Inline::Text("(@me:3)")]);
        page.item(&[Inline::Text("second")]);
        page.table(&[("", Align::Left), ("name", Align::Left), ("A median", Align::Right)]);
        page.row(&[Inline::Text("task"), Inline::Code("a|b\n"), Inline::Text("3 ms")]);
        page.paragraph("1. end");
        let expected = "## 1. `Report\\n#` of\n\n**3 warnings**\n\n- culprit: ``a`b`` `(@me:3)`\n- second\n\n\
                        | | name | A median |\n|---|---|--:|\n| task | `a\\|b\\n` | 3 ms |\n\n`1.` end\n";
        assert_eq!(page.as_str(), expected);
    }
}
