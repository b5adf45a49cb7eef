//! Reads the text of a query. `or` binds weaker than `and` (and terms side by side), that weaker than `not`.

use std::ops::Range;
use std::sync::Arc;

use crate::analysis::search::lexer::{KEYS, Key, Token, TokenKind, Value, tokens};
use crate::analysis::search::query::{
    Comparison, Label, MOST_TERMS, Node, Place, Query, QueryError, Term, TermKind, Waker, Word,
};
use crate::analysis::tags::TagRules;
use crate::base::ids::GoId;
use crate::event::state::GoState;

/// Brackets and negations inside one another.
const MOST_DEPTH: usize = 64;

/// The words for states.
pub(crate) const STATES: [(&str, GoState); 6] = [
    ("running", GoState::Running),
    ("runnable", GoState::Runnable),
    ("blocked", GoState::Waiting),
    ("syscall", GoState::Syscall),
    ("waiting", GoState::Waiting),
    ("ready", GoState::Runnable),
];

/// Reads the text of a query. What cannot be understood is left out, with an error that says why. Tags are those that come
/// along.
#[must_use]
pub fn parse(text: &str) -> Query {
    parse_with(text, &Arc::default())
}

/// The same with these rules for tags.
#[must_use]
pub fn parse_with(text: &str, rules: &Arc<TagRules>) -> Query {
    let mut parser = Parser { tokens: tokens(text), at: 0, query: Query::default(), rules: Arc::clone(rules) };
    let mut parts = Vec::new();
    loop {
        parts.extend(parser.either(0));
        // What ended the expression closes nothing.
        let Some(token) = parser.next() else { break };
        parser.error(token.range, "This bracket closes nothing");
    }
    parser.query.root = join(parts, Node::And);
    parser.query.errors.sort_by_key(|error| (error.range.start, error.range.end));
    parser.query
}

/// Several parts as one; `None` if there are none.
fn join(mut parts: Vec<Node>, all: fn(Vec<Node>) -> Node) -> Option<Node> {
    if parts.len() < 2 { parts.pop() } else { Some(all(parts)) }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    query: Query,
    rules: Arc<TagRules>,
}

impl Parser {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn error(&mut self, range: Range<usize>, message: &str) {
        self.query.errors.push(QueryError { range, message: message.to_owned() });
    }

    /// Parts joined by `or`, up to a closing bracket or the end.
    fn either(&mut self, depth: usize) -> Option<Node> {
        let mut parts = Vec::new();
        // An `or` in front of which something must stand, and behind which something must come.
        let mut operator: Option<Range<usize>> = None;
        loop {
            let from = self.at;
            parts.extend(self.all(depth));
            let is_missing = self.at == from;
            let next = match self.peek() {
                Some(TokenKind::Or) => self.next().map(|token| token.range),
                _ => None,
            };
            if is_missing && let Some(range) = operator.take().or_else(|| next.clone()) {
                self.error(range, "There must be a term on both sides of \"or\"");
            }
            if next.is_none() {
                return join(parts, Node::Or);
            }
            operator = next;
        }
    }

    /// Parts joined by `and` or side by side.
    fn all(&mut self, depth: usize) -> Option<Node> {
        let mut parts = Vec::new();
        // Whether something stands in front of the next `and`.
        let mut has_left = false;
        loop {
            match self.peek() {
                None | Some(TokenKind::Close | TokenKind::Or) => return join(parts, Node::And),
                Some(TokenKind::And) => {
                    let range = self.next().map_or(0..0, |token| token.range);
                    let is_last = matches!(self.peek(), None | Some(TokenKind::Close | TokenKind::Or));
                    if !has_left || is_last {
                        self.error(range, "There must be a term on both sides of \"and\"");
                    }
                    has_left = false;
                }
                Some(_) => {
                    parts.extend(self.one(depth));
                    has_left = true;
                }
            }
        }
    }

    /// One term, negated or in brackets.
    fn one(&mut self, depth: usize) -> Option<Node> {
        let token = self.next()?;
        if depth >= MOST_DEPTH {
            self.error(token.range, "Brackets and negations are nested too deeply");
            return None;
        }
        match token.kind {
            TokenKind::Not => {
                if matches!(self.peek(), None | Some(TokenKind::Close | TokenKind::Or | TokenKind::And)) {
                    self.error(token.range, "There must be a term after \"not\" or a minus");
                    return None;
                }
                self.one(depth + 1).map(|node| Node::Not(Box::new(node)))
            }
            TokenKind::Open => {
                let inner = self.either(depth + 1);
                match self.next() {
                    Some(close) if inner.is_none() => {
                        self.error(token.range.start..close.range.end, "There is nothing in these brackets");
                    }
                    Some(_) => {}
                    None => self.error(token.range, "This bracket is never closed"),
                }
                inner
            }
            TokenKind::Quoted { text, is_closed } => {
                self.check_closed(&token.range, is_closed);
                if text.is_empty() {
                    self.error(token.range, "There is nothing in these quotation marks");
                    return None;
                }
                let word = Word { text, number: None, state: None, place: None };
                self.term(TermKind::Word(word), token.range)
            }
            TokenKind::Word(text) => {
                self.check_key(&text, &token.range);
                self.term(TermKind::Word(word(text)), token.range)
            }
            TokenKind::Keyed { key, operator, value } => {
                self.check_closed(&value.range, value.is_closed);
                match value_of(key, operator, &value, &self.rules) {
                    Ok(kind) => self.term(kind, token.range),
                    Err(message) => {
                        let range = if value.range.is_empty() { token.range } else { value.range };
                        self.error(range, message);
                        None
                    }
                }
            }
            TokenKind::Close | TokenKind::And | TokenKind::Or => None,
        }
    }

    fn term(&mut self, kind: TermKind, range: Range<usize>) -> Option<Node> {
        if self.query.terms.len() >= MOST_TERMS {
            self.error(range, "A query can have 32 terms");
            return None;
        }
        self.query.terms.push(Term { kind, range });
        Some(Node::Term(self.query.terms.len() - 1))
    }

    fn check_closed(&mut self, range: &Range<usize>, is_closed: bool) {
        if !is_closed {
            self.error(range.clone(), "This quotation mark is never closed");
        }
    }

    /// Says so where a word looks like a misspelt key. It is searched for as it is.
    fn check_key(&mut self, text: &str, range: &Range<usize>) {
        let end = text.find(|next: char| !next.is_ascii_alphabetic()).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let is_operator = rest.starts_with([':', '=', '<', '>', '@']) && !rest.starts_with("://");
        if !is_operator {
            return;
        }
        let name = name.to_ascii_lowercase();
        let near = KEYS.iter().find(|known| known.0.len() > 2 && name.len() > 2 && is_near(known.0, &name));
        if let Some((known, key, _)) = near {
            let operator = if *key == Key::Duration { ">" } else { key.operators().first().copied().unwrap_or(":") };
            let message = format!("There is no such key; did you mean {known}{operator}");
            self.error(range.start..range.start + end, &message);
        } else if Key::named(&name).is_some() {
            self.error(range.start..range.start + end, "This key is followed by another sign");
        }
    }
}

/// Whether two words differ by one letter that is wrong, missing or too many, or by two that changed places.
fn is_near(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (one.get(same..).unwrap_or_default(), other.get(same..).unwrap_or_default());
    match (one, other) {
        ([], []) => false,
        ([a, b, one @ ..], [c, d, other @ ..]) if a == d && b == c && one == other => true,
        _ => {
            let behind = |text: &[u8]| text.get(1..).unwrap_or_default().to_vec();
            behind(one) == behind(other) || behind(one) == other || one == behind(other)
        }
    }
}

/// A plain word with all that it can mean.
fn word(text: String) -> Word {
    let digits = text.strip_prefix(['g', 'G']).unwrap_or(&text);
    let number = digits.parse().ok().filter(|_| !digits.starts_with('+'));
    let state = state(&text);
    let place = place(&text).filter(|place| place.line.is_some());
    Word { text, number, state, place }
}

fn state(text: &str) -> Option<GoState> {
    STATES.iter().find(|state| state.0.eq_ignore_ascii_case(text)).map(|state| state.1)
}

/// A file and, if it ends so, a line.
fn place(text: &str) -> Option<Place> {
    let split = text.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
    let (file, line) = split.map_or((text, None), |(file, line)| (file, Some(line)));
    (!file.is_empty()).then(|| Place { file: file.to_owned(), line })
}

fn goroutine(text: &str) -> Option<GoId> {
    text.strip_prefix(['g', 'G']).unwrap_or(text).parse().ok().map(GoId)
}

/// What the value behind a key asks for.
fn value_of(key: Key, operator: &str, value: &Value, rules: &Arc<TagRules>) -> Result<TermKind, &'static str> {
    let text = value.text.clone();
    if text.is_empty() {
        return Err(missing(key));
    }
    Ok(match key {
        Key::Function => TermKind::Function(text),
        Key::Stack => TermKind::Stack(text),
        Key::Tag => TermKind::Tag(text, Arc::clone(rules)),
        Key::Reason => TermKind::Reason(text),
        Key::Region => TermKind::Region(text),
        Key::Log => TermKind::Log(text),
        Key::GoLabel => TermKind::GoLabel(text),
        Key::File => TermKind::File(place(&text).ok_or(missing(key))?),
        Key::State => TermKind::State(state(&text).ok_or("A state is running, runnable, blocked or syscall")?),
        Key::Goroutine => TermKind::Goroutine(goroutine(&text).ok_or(missing(key))?),
        Key::Interacts => TermKind::Interacts(goroutine(&text).ok_or(missing(key))?),
        Key::By => {
            let number = text.starts_with(['g', 'G']).then(|| goroutine(&text)).flatten();
            TermKind::By(Waker { function: text, number })
        }
        Key::Task => {
            let id = text.parse().ok();
            TermKind::Task(Label { text, id })
        }
        Key::Duration => {
            let comparison = match operator {
                "<" => Comparison::Less,
                "<=" => Comparison::AtMost,
                ">=" => Comparison::AtLeast,
                ">" => Comparison::More,
                _ => return Err("A duration is compared with >, >=, < or <=, such as dur>10ms"),
            };
            TermKind::Duration(comparison, nanos(&text)?)
        }
        Key::Alive => TermKind::Alive(nanos(&text)?),
    })
}

/// What to say where a value is missing or of the wrong kind.
const fn missing(key: Key) -> &'static str {
    match key {
        Key::Function | Key::Stack => "Type a part of a function's name after the colon",
        Key::File => "Type a part of a file's name after the colon, such as file:server.go:97",
        Key::State => "A state is running, runnable, blocked or syscall",
        Key::Reason => "Type a part of a reason after the colon, such as reason:\"chan receive\"",
        Key::Duration => "Type a duration, such as dur>10ms",
        Key::Goroutine | Key::Interacts => "Type the number of a goroutine after the colon, such as g:25",
        Key::By => "Type a part of a function's name, or a goroutine such as g25, after the colon",
        Key::Task => "Type a part of a task's type, or its id, after the colon",
        Key::Region => "Type a part of a region's type after the colon",
        Key::Log => "Type a part of a log message after the colon",
        Key::Tag => "Type a part of a tag after the colon, such as tag:TLS",
        Key::GoLabel => "Type a part of a label after the colon",
        Key::Alive => "Type a time since the start of the trace, such as alive@1.2s",
    }
}

/// Nanoseconds of a number with a unit, such as `1.2s`.
fn nanos(text: &str) -> Result<i64, &'static str> {
    const MESSAGE: &str = "A duration is a number with a unit: ns, us, ms, s, m or h";
    let end = text.find(|next: char| !next.is_ascii_digit() && next != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale: i64 = match unit.to_lowercase().as_str() {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(MESSAGE),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() || part.contains('.') {
        return Err(MESSAGE);
    }
    let too_long = "This duration is too long";
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_error| too_long)? };
    let mut nanos = whole.checked_mul(scale).ok_or(too_long)?;
    let mut step = scale;
    // What is less than a nanosecond is left out.
    for digit in part.bytes() {
        step /= 10;
        nanos = nanos.checked_add(i64::from(digit.saturating_sub(b'0')).saturating_mul(step)).ok_or(too_long)?;
    }
    Ok(nanos)
}
