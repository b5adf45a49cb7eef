//! The words of a query, for colours and completions. What is wrong as SQL still has words.

use std::ops::Range;

use trace_core::tables::TABLES;

use crate::sql::functions::FUNCTIONS;

/// What a word of a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// `SELECT`, `FROM`, in any case.
    Keyword,
    /// The name of a table.
    Table,
    /// The name of a function, before its `(`.
    Function,
    /// Any other name: of a column, an alias.
    Name,
    /// A number, with or without a fraction.
    Number,
    /// A text in quotes.
    Text,
    /// `-- ...` up to the end of its line, or `/* ... */`.
    Comment,
    /// A sign: `,`, `(`, `<=`.
    Sign,
}

/// A word and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands in the text, bytes.
    pub range: Range<usize>,
    /// What kind of word it is.
    pub kind: WordKind,
}

/// The keywords that queries are made of.
pub const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COLLATE",
    "CROSS",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FILTER",
    "FOLLOWING",
    "FROM",
    "FULL",
    "GLOB",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "IS",
    "ISNULL",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NATURAL",
    "NOCASE",
    "NOT",
    "NOTNULL",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRECEDING",
    "RANGE",
    "RECURSIVE",
    "RIGHT",
    "ROWS",
    "SELECT",
    "THEN",
    "UNBOUNDED",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Functions of SQLite that are of use here, besides [`FUNCTIONS`].
pub const BUILT_IN: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "count",
    "dense_rank",
    "first_value",
    "group_concat",
    "iif",
    "ifnull",
    "instr",
    "lag",
    "last_value",
    "lead",
    "length",
    "lower",
    "max",
    "min",
    "nullif",
    "printf",
    "rank",
    "replace",
    "round",
    "row_number",
    "substr",
    "sum",
    "total",
    "trim",
    "upper",
];

/// Whether a word is a keyword.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The words of a query in their order, without the spaces between them.
#[must_use]
pub fn words(sql: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql.get(at..).and_then(|rest| rest.chars().next()) {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (length, kind) = word_at(sql.get(at..).unwrap_or_default(), first);
        found.push(Word { range: at..at + length, kind });
        at += length;
    }
    for at in 0..found.len() {
        let is_call = found.get(at + 1).is_some_and(|next| sql.get(next.range.clone()) == Some("("));
        if let Some(word) = found.get_mut(at).filter(|word| word.kind == WordKind::Name) {
            word.kind = name_kind(sql.get(word.range.clone()).unwrap_or_default(), is_call);
        }
    }
    found
}

/// How long the word is that a text begins with, in bytes, and what it is; a name may still be anything.
fn word_at(text: &str, first: char) -> (usize, WordKind) {
    let up_to = |end: Option<usize>| end.unwrap_or(text.len());
    match first {
        '-' if text.starts_with("--") => (up_to(text.find('\n')), WordKind::Comment),
        '/' if text.starts_with("/*") => (up_to(text.find("*/").map(|end| end + 2)), WordKind::Comment),
        '\'' => (quoted(text, '\''), WordKind::Text),
        '"' | '`' => (quoted(text, first), WordKind::Name),
        '[' => (up_to(text.find(']').map(|end| end + 1)), WordKind::Name),
        _ if first.is_ascii_digit() => {
            let is_in = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
            (up_to(text.find(|c| !is_in(c))), WordKind::Number)
        }
        _ if is_name(first) => (up_to(text.find(|c| !is_name(c))), WordKind::Name),
        _ if ["<=", ">=", "<>", "!=", "==", "||"].iter().any(|sign| text.starts_with(sign)) => (2, WordKind::Sign),
        _ => (first.len_utf8(), WordKind::Sign),
    }
}

/// Whether names may have this sign.
#[must_use]
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of a text in quotes; a doubled quote does not end it, nor does the end of the query need one.
fn quoted(text: &str, quote: char) -> usize {
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c != quote {
            continue;
        }
        if rest.peek().is_some_and(|(_, next)| *next == quote) {
            rest.next();
        } else {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

fn name_kind(word: &str, is_call: bool) -> WordKind {
    let is_function = || {
        let mut ours = FUNCTIONS.iter().map(|function| function.name());
        ours.any(|known| known.eq_ignore_ascii_case(word))
            || BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    if is_call && is_function() {
        return WordKind::Function;
    }
    if is_keyword(word) {
        return WordKind::Keyword;
    }
    if is_call {
        return WordKind::Function;
    }
    let is_table = TABLES.iter().any(|table| table.name().eq_ignore_ascii_case(word));
    if is_table { WordKind::Table } else { WordKind::Name }
}

#[cfg(test)]
mod tests {
    use super::{WordKind, words};

    fn kinds(sql: &str) -> Vec<(&str, WordKind)> {
        words(sql).into_iter().map(|word| (&sql[word.range], word.kind)).collect()
    }

    #[test]
    fn a_query_has_words() {
        use WordKind::{Comment, Function, Keyword, Name, Number, Sign, Table, Text};
        assert_eq!(
            kinds("select g,func(stack_id) -- é\nFROM waits w WHERE reason <> 'it''s' AND 1.5e3 /* x"),
            [
                ("select", Keyword),
                ("g", Name),
                (",", Sign),
                ("func", Function),
                ("(", Sign),
                ("stack_id", Name),
                (")", Sign),
                ("-- é", Comment),
                ("FROM", Keyword),
                ("waits", Table),
                ("w", Name),
                ("WHERE", Keyword),
                ("reason", Name),
                ("<>", Sign),
                ("'it''s'", Text),
                ("AND", Keyword),
                ("1.5e3", Number),
                ("/* x", Comment),
            ]
        );
    }

    #[test]
    fn what_is_not_ended_goes_to_the_end() {
        assert_eq!(kinds("'a ü"), [("'a ü", WordKind::Text)]);
        assert_eq!(kinds("\"a\"\"b"), [("\"a\"\"b", WordKind::Name)]);
        assert_eq!(kinds("[x"), [("[x", WordKind::Name)]);
        assert_eq!(kinds("→"), [("→", WordKind::Sign)]);
        assert_eq!(kinds(""), []);
    }
}
