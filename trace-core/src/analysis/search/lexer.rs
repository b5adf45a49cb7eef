//! The text of a query cut into pieces: brackets, operators, and terms of a key and a value.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    /// `not`, or a minus in front of a term.
    Not,
    /// A word as it is written; what it means is the parser's business.
    Word(String),
    /// Text in quotation marks.
    Quoted {
        text: String,
        is_closed: bool,
    },
    /// A key, its separator, and its value.
    Keyed {
        key: Key,
        operator: &'static str,
        value: Value,
    },
}

/// The value behind a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
    pub(crate) is_closed: bool,
}

/// The keys of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Function,
    File,
    State,
    Reason,
    Duration,
    Goroutine,
    By,
    Interacts,
    Task,
    Region,
    Log,
    Stack,
    Tag,
    GoLabel,
    Alive,
}

/// Keys as they are written, with what they are for. The first of those with the same meaning is the one to offer.
pub(crate) const KEYS: [(&str, Key, &str); 17] = [
    ("fn", Key::Function, "function in a stack, or start function"),
    ("func", Key::Function, "function in a stack, or start function"),
    ("state", Key::State, "running, runnable, blocked or syscall"),
    ("dur", Key::Duration, "duration, such as dur>10ms"),
    ("duration", Key::Duration, "duration, such as dur>10ms"),
    ("reason", Key::Reason, "why a goroutine waits or stopped"),
    ("stack", Key::Stack, "function in a stack"),
    ("tag", Key::Tag, "what a stack is about, such as tag:TLS"),
    ("file", Key::File, "source file, with or without a line"),
    ("g", Key::Goroutine, "goroutine by its number"),
    ("by", Key::By, "waits ended by this goroutine or function"),
    ("interacts", Key::Interacts, "goroutines that this one created or woke, or that created or woke it"),
    ("task", Key::Task, "user task by type or id"),
    ("region", Key::Region, "user region by type"),
    ("log", Key::Log, "log message by text or category"),
    ("label", Key::GoLabel, "label of a goroutine"),
    ("alive", Key::Alive, "goroutines alive at a time, such as alive@1.2s"),
];

impl Key {
    pub(crate) fn named(name: &str) -> Option<Self> {
        KEYS.iter().find(|known| known.0.eq_ignore_ascii_case(name)).map(|known| known.1)
    }

    /// What stands between the key and its value; the longest first.
    pub(crate) const fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Duration => &[">=", "<=", ">", "<", ":", "="],
            Self::Alive => &["@", ":"],
            _ => &[":"],
        }
    }
}

/// Cuts a text into pieces. Total: every text has some.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while let Some(next) = lexer.peek() {
        lexer.step(next);
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, kind: TokenKind, from: usize) {
        self.tokens.push(Token { kind, range: from..self.at });
    }

    fn single(&mut self, kind: TokenKind, len: usize) {
        let from = self.at;
        self.at += len;
        self.push(kind, from);
    }

    fn step(&mut self, next: char) {
        let from = self.at;
        match next {
            _ if next.is_whitespace() => self.at += next.len_utf8(),
            // `(*Conn).serve` is a name.
            '(' if !self.rest().starts_with("(*") => self.single(TokenKind::Open, 1),
            ')' => self.single(TokenKind::Close, 1),
            '-' => self.single(TokenKind::Not, 1),
            '"' => {
                let (text, is_closed) = self.quoted();
                self.push(TokenKind::Quoted { text, is_closed }, from);
            }
            _ => {
                if self.keyed() {
                    return;
                }
                let word = self.bare();
                let kind = match word.to_ascii_lowercase().as_str() {
                    "and" => TokenKind::And,
                    "or" => TokenKind::Or,
                    "not" => TokenKind::Not,
                    _ => TokenKind::Word(word.to_owned()),
                };
                self.push(kind, from);
            }
        }
    }

    /// Takes a key, its operator and its value, if they come next.
    fn keyed(&mut self) -> bool {
        let from = self.at;
        let name_end = self.rest().find(|next: char| !next.is_ascii_alphabetic()).unwrap_or(self.rest().len());
        let Some(key) = self.rest().get(..name_end).and_then(Key::named) else { return false };
        let behind = self.rest().get(name_end..).unwrap_or_default();
        // Around comparisons there may be blanks.
        let trimmed = if key == Key::Duration { behind.trim_start() } else { behind };
        let Some(operator) = key.operators().iter().find(|operator| trimmed.starts_with(**operator)) else {
            return false;
        };
        let blanks = behind.len() - trimmed.len();
        // `dur :` and `dur =` are words.
        if blanks > 0 && !operator.starts_with(['<', '>']) {
            return false;
        }
        self.at += name_end + blanks + operator.len();
        if key == Key::Duration {
            self.at += self.rest().len() - self.rest().trim_start().len();
        }
        let start = self.at;
        let (text, is_closed) = if self.peek() == Some('"') { self.quoted() } else { (self.bare().to_owned(), true) };
        let value = Value { text, range: start..self.at, is_closed };
        self.push(TokenKind::Keyed { key, operator, value }, from);
        true
    }

    /// Takes what is in quotation marks; a backslash keeps the next quotation mark or backslash as it is.
    fn quoted(&mut self) -> (String, bool) {
        self.at += 1;
        let mut text = String::new();
        while let Some(next) = self.peek() {
            self.at += next.len_utf8();
            match next {
                '"' => return (text, true),
                '\\' if self.rest().starts_with(['"', '\\']) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                _ => text.push(next),
            }
        }
        (text, false)
    }

    /// Takes what goes on up to a blank or a closing bracket that it did not open.
    fn bare(&mut self) -> &'a str {
        let rest = self.rest();
        let mut depth = 0_usize;
        let mut end = rest.len();
        for (at, next) in rest.char_indices() {
            match next {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    end = at;
                    break;
                }
                _ if next.is_whitespace() => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }
}
