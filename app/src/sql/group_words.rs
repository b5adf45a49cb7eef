//! The words of a query that may ask for sums over one table's rows, each with the part of the query that it is in.

use std::ops::Range;

use crate::sql::lexer::{WordKind, words};

/// Words after which nothing is certain.
const UNKNOWN: &[&str] = &[
    "WITH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "NATURAL",
    "CROSS",
    "OVER",
    "FILTER",
    "WINDOW",
    "VALUES",
    "EXISTS",
    "USING",
    "COLLATE",
    "INDEXED",
    "ROWID",
    "_ROWID_",
    "OID",
    "RETURNING",
    "RAISE",
    "MATCH",
    "REGEXP",
];
/// A part of a query, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Select,
    From,
    Where,
    Group,
    Having,
    Order,
    Limit,
}

/// A word of a query.
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) kind: WordKind,
    pub(super) range: Range<usize>,
    /// Parentheses around it.
    pub(super) depth: usize,
    pub(super) part: Part,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind != WordKind::Text && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// A name without its quotes; `None` if it is none.
    pub(super) fn name(&self) -> Option<&str> {
        if matches!(self.kind, WordKind::Text | WordKind::Number | WordKind::Sign | WordKind::Comment) {
            return None;
        }
        let quoted = |open: char, close: char| self.text.strip_prefix(open)?.strip_suffix(close);
        Some(quoted('"', '"').or_else(|| quoted('`', '`')).or_else(|| quoted('[', ']')).unwrap_or(self.text))
    }
}

/// The words with what they are part of; `None` if the query is no plain `SELECT` from one table.
pub(super) fn tokens(sql: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let (mut depth, mut part) = (0_usize, Part::Select);
    for word in words(sql).into_iter().filter(|word| word.kind != WordKind::Comment) {
        let text = sql.get(word.range.clone())?;
        if text == ")" {
            depth = depth.checked_sub(1)?;
        }
        let mut token = Token { text, kind: word.kind, range: word.range, depth, part };
        if tokens.is_empty() {
            if !token.is("SELECT") {
                return None;
            }
        } else if token.is("SELECT") || token.is_one_of(UNKNOWN) {
            return None;
        }
        let begins = [
            ("FROM", Part::From),
            ("WHERE", Part::Where),
            ("GROUP", Part::Group),
            ("HAVING", Part::Having),
            ("ORDER", Part::Order),
            ("LIMIT", Part::Limit),
        ];
        if let Some((_, begun)) = begins.iter().find(|(word, _)| token.is(word)) {
            if depth > 0 || *begun <= part {
                return None;
            }
            part = *begun;
            token.part = part;
        }
        if text == "(" {
            depth += 1;
        }
        tokens.push(token);
    }
    if tokens.last().is_some_and(|last| last.text == ";") {
        tokens.pop();
    }
    (depth == 0 && !tokens.iter().any(|token| token.text == ";")).then_some(tokens)
}
