//! Where programs write the ids of requests, as a table that users can add to: which log category or key, and how its
//! value is written.
//!
//! ```text
//! # key                     value
//! traceparent               traceparent
//! my-correlation-id         request
//! datadog.uint64_span_id    span-bytes
//! ```
//! A key is the category of a log, or stands before its value in a log's text, the name of a task or the type of a
//! region: `key=value`, `key: value`, `"key":"value"`. Case does not matter, and `-`, `_` and `.` are the same.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::base::quote::push_quoted;
use crate::spans::{SpanId, TraceId, decimal_id, hex_id};

/// What all programs are searched for.
const BUILT_IN: &str = "
    traceparent               traceparent
    b3                        b3
    x-b3-traceid              trace
    x-b3-spanid               carried-span
    uber-trace-id             uber
    x-datadog-trace-id        trace-decimal
    x-datadog-parent-id       carried-span-decimal
    dd.trace_id               trace-decimal
    dd.span_id                span-decimal
    datadog.uint64_span_id    span-bytes
    trace_id                  trace
    traceid                   trace
    span_id                   span
    spanid                    span
    request_id                request
    requestid                 request
    x-request-id              request
    x-correlation-id          request
    correlation_id            request
";

/// Bytes of a text that are searched.
const SEARCHED: usize = 4 << 10;
/// The most patterns of a table.
const MOST_PATTERNS: usize = 1_000;
/// How long the id of a request may be, bytes. Shorter ones are no ids.
const REQUEST_BYTES: std::ops::RangeInclusive<usize> = 4..=128;

/// How a value is written, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Traceparent,
    B3,
    Uber,
    Trace,
    TraceDecimal,
    Span,
    SpanDecimal,
    SpanBytes,
    CarriedSpan,
    CarriedSpanDecimal,
    Request,
}

const FORMS: &[(&str, Form)] = &[
    ("traceparent", Form::Traceparent),
    ("b3", Form::B3),
    ("uber", Form::Uber),
    ("trace", Form::Trace),
    ("trace-decimal", Form::TraceDecimal),
    ("span", Form::Span),
    ("span-decimal", Form::SpanDecimal),
    ("span-bytes", Form::SpanBytes),
    ("carried-span", Form::CarriedSpan),
    ("carried-span-decimal", Form::CarriedSpanDecimal),
    ("request", Form::Request),
];

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    key: Arc<str>,
    /// In small letters, with `_` for all that is the same.
    plain: Box<str>,
    form: Form,
}

/// Why a table of patterns cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct PatternError {
    /// The line, counted from 1.
    pub line: usize,
    /// What was wanted and what was found.
    pub message: String,
}

/// A table of patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    list: Vec<Pattern>,
    /// The first pattern of each key.
    by_key: FxHashMap<Box<str>, usize>,
}

impl Default for Patterns {
    /// Those that all programs are searched for.
    fn default() -> Self {
        let mut list = Vec::new();
        // Sound, as a test sees to.
        drop(add(&mut list, BUILT_IN));
        Self::of(list)
    }
}

impl Patterns {
    fn of(list: Vec<Pattern>) -> Self {
        let mut by_key = FxHashMap::default();
        for (at, pattern) in list.iter().enumerate() {
            by_key.entry(pattern.plain.clone()).or_insert(at);
        }
        Self { list, by_key }
    }

    /// The pattern of a key, as written anywhere.
    fn of_key(&self, key: &str) -> Option<&Pattern> {
        self.by_key.get(&*plain(key)).and_then(|at| self.list.get(*at))
    }

    /// The same with those of a text, which come first.
    ///
    /// # Errors
    /// When a line is none of a table: with its number.
    pub fn with(mut self, text: &str) -> Result<Self, PatternError> {
        let mut list = Vec::new();
        add(&mut list, text)?;
        list.append(&mut self.list);
        Ok(Self::of(list))
    }

    /// The ids that a log tells of.
    #[must_use]
    pub fn in_log(&self, category: &str, message: &[u8]) -> Vec<Found> {
        if let Some(pattern) = self.of_key(category) {
            return of_value(pattern.form, message).map(|ids| found(pattern, ids)).into_iter().collect();
        }
        self.in_text(&String::from_utf8_lossy(message))
    }

    /// The ids that a text tells of: values behind keys, and what can only be a traceparent.
    #[must_use]
    pub fn in_text(&self, text: &str) -> Vec<Found> {
        let text = text.get(..text.floor_char_boundary(SEARCHED)).unwrap_or_default();
        let mut all: Vec<Found> = Vec::new();
        for (at, _) in text.match_indices(['=', ':']) {
            let Some(pattern) = key_before(text, at).and_then(|key| self.of_key(key)) else { continue };
            let ids = value_behind(text, at + 1).and_then(|value| of_value(pattern.form, value.as_bytes()));
            if let Some(ids) = ids.filter(|ids| !all.iter().any(|known| known.ids == *ids)) {
                all.push(found(pattern, ids));
            }
        }
        if all.is_empty()
            && let Some(ids) = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).find_map(traceparent)
        {
            all.push(Found { ids, key: "traceparent".into() });
        }
        all
    }
}

fn found(pattern: &Pattern, ids: Ids) -> Found {
    Found { ids, key: Arc::clone(&pattern.key) }
}

fn add(list: &mut Vec<Pattern>, text: &str) -> Result<(), PatternError> {
    for (line, number) in text.lines().zip(1..) {
        let line = line.split('#').next().unwrap_or_default().trim();
        let error = |message: String| PatternError { line: number, message };
        let mut words = line.split_whitespace();
        let Some(key) = words.next() else { continue };
        let Some(name) = words.next().filter(|_| words.next().is_none()) else {
            return Err(error("expected a key and a kind of value, e.g. my-id request".to_owned()));
        };
        let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = FORMS.iter().map(|(name, _)| *name).collect();
            return Err(error(format!("unknown kind of value {}: expected one of {}", quoted(name), known.join(", "))));
        };
        if list.len() >= MOST_PATTERNS {
            return Err(error(format!("more than {MOST_PATTERNS} patterns")));
        }
        list.push(Pattern { key: key.into(), plain: plain(key).into(), form: *form });
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    push_quoted(&mut out, text.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// In small letters, with `_` for what is the same. Places stay.
fn plain(text: &str) -> String {
    let small = |c: char| match c {
        '-' | '.' => '_',
        c => c.to_ascii_lowercase(),
    };
    text.chars().map(small).collect()
}

/// The key that ends before a sign at `at`, perhaps in quotes.
fn key_before(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?.trim_end_matches([' ', '"', '\'', '\\']);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = before.char_indices().rev().take_while(|(_, c)| is_word(*c)).last()?.0;
    before.get(start..)
}

/// The value from `at` on, without the quotes around it.
fn value_behind(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?.trim_start_matches([' ', '\t', '"', '\'', '\\', '[']);
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&' | ')' | ']' | '}' | '\\');
    rest.split(is_end).next().filter(|value| !value.is_empty())
}

/// What one value tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// The trace id that the text has.
    pub trace: Option<TraceId>,
    /// Only the lower half of [`Self::trace`] is known, as Datadog sends it.
    pub is_half: bool,
    /// The span id that the text has.
    pub span: Option<SpanId>,
    /// The span is the caller's, as sent along with a call: who sends it and who receives it may both have logged it.
    pub is_carried: bool,
    /// The id of a request, in a program's own form.
    pub request: Option<Arc<str>>,
}

/// Ids, and where they stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The ids; at least one.
    pub ids: Ids,
    /// The key of the pattern.
    pub key: Arc<str>,
}

fn of_value(form: Form, value: &[u8]) -> Option<Ids> {
    let own = |span: u64| Ids { span: Some(SpanId(span)), ..Ids::default() };
    if form == Form::SpanBytes {
        let id = u64::from_le_bytes(value.try_into().ok()?);
        return (id != 0).then(|| own(id));
    }
    let text = std::str::from_utf8(value).ok()?.trim().trim_matches(['"', '\'', '[', ']']);
    let span = || u64::try_from(hex_id(text, 16)?).ok();
    let trace = |id: u128| Ids { trace: Some(TraceId(id)), ..Ids::default() };
    let carried = |ids: Ids| Ids { is_carried: true, ..ids };
    match form {
        Form::Traceparent => traceparent(text),
        Form::B3 => b3(text),
        Form::Uber => uber(text),
        Form::Trace => hex_id(text, 32).map(trace),
        Form::TraceDecimal => match decimal_id(text) {
            Some(id) => Some(Ids { is_half: true, ..trace(id.into()) }),
            None => hex_id(text, 32).filter(|_| text.len() == 32).map(trace),
        },
        Form::Span => span().map(own),
        Form::SpanDecimal => decimal_id(text).map(own),
        Form::SpanBytes => None,
        Form::CarriedSpan => span().map(own).map(carried),
        Form::CarriedSpanDecimal => decimal_id(text).map(own).map(carried),
        Form::Request => request(text),
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, by the rules of W3C Trace Context: small letters, no version ff, no id of zeros,
/// nothing behind it in version 00, and something behind a dash at most in later ones.
fn traceparent(text: &str) -> Option<Ids> {
    let is_small = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.splitn(5, '-');
    let mut part = |digits: usize| parts.next().filter(|part| part.len() == digits && is_small(part));
    let (version, trace, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let has_more = parts.next().is_some();
    if version == "ff" || (version == "00" && has_more) {
        return None;
    }
    let (trace, span) = (hex_id(trace, 32)?, u64::try_from(hex_id(span, 16)?).ok()?);
    Some(Ids { trace: Some(TraceId(trace)), span: Some(SpanId(span)), is_carried: true, ..Ids::default() })
}

/// `<16 or 32 hex>-<16 hex>[-<sampled>[-<parent>]]`; a sampling decision alone has no ids.
fn b3(text: &str) -> Option<Ids> {
    let mut parts = text.split('-');
    let trace = parts.next().filter(|part| matches!(part.len(), 16 | 32)).and_then(|part| hex_id(part, 32))?;
    let span = parts.next().filter(|part| part.len() == 16).and_then(|part| hex_id(part, 16))?;
    let sampled = parts.next().is_none_or(|part| matches!(part, "0" | "1" | "d"));
    let parent = parts.next().is_none_or(|part| part.len() == 16 && hex_id(part, 16).is_some());
    let is_sound = sampled && parent && parts.next().is_none();
    let span = u64::try_from(span).ok().filter(|_| is_sound)?;
    Some(Ids { trace: Some(TraceId(trace)), span: Some(SpanId(span)), is_carried: true, ..Ids::default() })
}

/// `<trace>:<span>:<parent>:<flags>` in hex, unpadded; the colons may be escaped as in addresses.
fn uber(text: &str) -> Option<Ids> {
    let text = text.replace("%3A", ":").replace("%3a", ":");
    let mut parts = text.split(':');
    let trace = hex_id(parts.next()?, 32)?;
    let span = u64::try_from(hex_id(parts.next()?, 16)?).ok()?;
    let is_hex = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_sound = parts.next().is_some_and(is_hex) && parts.next().is_some_and(is_hex) && parts.next().is_none();
    is_sound.then(|| Ids { trace: Some(TraceId(trace)), span: Some(SpanId(span)), is_carried: true, ..Ids::default() })
}

/// An id of a program's own: a word, with a digit in it so that `none` and `unknown` are no ids.
fn request(text: &str) -> Option<Ids> {
    let is_id = REQUEST_BYTES.contains(&text.len())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    is_id.then(|| Ids { request: Some(text.into()), ..Ids::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
    const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;
    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn carried() -> Ids {
        Ids { trace: Some(TraceId(TRACE)), span: Some(SpanId(SPAN)), is_carried: true, ..Ids::default() }
    }

    fn log(category: &str, message: &[u8]) -> Option<Ids> {
        let found = Patterns::default().in_log(category, message);
        assert!(found.len() < 2, "{found:?}");
        found.into_iter().next().map(|found| found.ids)
    }

    #[test]
    fn the_built_in_table_is_sound() {
        let mut list = Vec::new();
        assert_eq!(add(&mut list, BUILT_IN), Ok(()));
        assert_eq!(Patterns::default().list.len(), BUILT_IN.trim().lines().count());
    }

    #[test]
    fn a_traceparent_follows_its_rules() {
        assert_eq!(log("traceparent", PARENT.as_bytes()), Some(carried()));
        assert_eq!(log("Traceparent", format!(" {PARENT}\n").as_bytes()), Some(carried()));
        let later = PARENT.replace("00-4b", "01-4b");
        assert_eq!(log("traceparent", later.as_bytes()), Some(carried()));
        assert_eq!(log("traceparent", format!("{later}-what-comes").as_bytes()), Some(carried()));
        for wrong in [
            PARENT.replace("00-4b", "ff-4b"),
            PARENT.to_uppercase(),
            format!("{PARENT}-extra"),
            PARENT.replace("00f067aa0ba902b7", "0000000000000000"),
            PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            PARENT.replace("-01", "-1"),
            PARENT.replace("-01", ""),
            PARENT.replace("4b", "4g"),
            String::new(),
        ] {
            assert_eq!(log("traceparent", wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn other_carriers() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (category, value) in [
            ("b3", format!("{trace}-00f067aa0ba902b7")),
            ("B3", format!("{trace}-00f067aa0ba902b7-1")),
            ("b3", format!("{trace}-00f067aa0ba902b7-d-00f067aa0ba902b8")),
            ("uber-trace-id", format!("{trace}:f067aa0ba902b7:0:1")),
            ("Uber-Trace-Id", format!("{trace}%3Af067aa0ba902b7%3A0%3A1")),
        ] {
            assert_eq!(log(category, value.as_bytes()), Some(carried()), "{category} {value}");
        }
        for (category, value) in
            [("b3", "0"), ("b3", "d"), ("b3", "abc-def"), ("uber-trace-id", "1:2"), ("uber-trace-id", "0:0:0:0")]
        {
            assert_eq!(log(category, value.as_bytes()), None, "{category} {value}");
        }
        let half = Ids { trace: Some(TraceId(0xa3ce_929d_0e0e_4736)), is_half: true, ..Ids::default() };
        assert_eq!(log("X-Datadog-Trace-Id", b"11803532876627986230"), Some(half));
        let parent = Ids { span: Some(SpanId(SPAN)), is_carried: true, ..Ids::default() };
        assert_eq!(log("x-datadog-parent-id", SPAN.to_string().as_bytes()), Some(parent));
    }

    #[test]
    fn own_ids() {
        let own = Ids { span: Some(SpanId(SPAN)), ..Ids::default() };
        assert_eq!(log("span_id", b"00f067aa0ba902b7"), Some(own.clone()));
        assert_eq!(log("datadog.uint64_span_id", &SPAN.to_le_bytes()), Some(own.clone()));
        assert_eq!(log("datadog.uint64_span_id", b"1234567"), None, "seven bytes");
        assert_eq!(log("datadog.uint64_span_id", &[0; 8]), None);
        let of_trace = Ids { trace: Some(TraceId(TRACE)), ..Ids::default() };
        assert_eq!(log("trace.id", b"4bf92f35-77b3-4da6-a3ce-929d0e0e4736"), Some(of_trace.clone()));
        let request = |id: &str| Ids { request: Some(id.into()), ..Ids::default() };
        assert_eq!(log("X-Request-ID", b"req-81/7"), Some(request("req-81/7")));
        for wrong in [&b"no"[..], b"unknown", b"0000-0000", b"a b 1 2 3", b"\xff\xfe1234"] {
            assert_eq!(log("request_id", wrong), None);
        }
    }

    #[test]
    fn values_behind_keys_in_any_text() {
        let patterns = Patterns::default();
        let ids = |text: &str| patterns.in_text(text).into_iter().map(|found| found.ids).collect::<Vec<_>>();
        assert_eq!(ids(&format!("GET /x traceparent={PARENT} done")), [carried()]);
        assert_eq!(ids(&format!("{{\"traceparent\":\"{PARENT}\",\"n\":1}}")), [carried()]);
        assert_eq!(ids(&format!("call {PARENT}")), [carried()], "nothing else looks like this");
        let both = ids("trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7");
        assert_eq!(both.len(), 2);
        assert_eq!(ids("request_id: abc-123, x"), [Ids { request: Some("abc-123".into()), ..Ids::default() }]);
        for none in
            ["", "GET /price", "my_request_id_x=abc123", "request_id", "request_id abc123", "subspan_id=1", "€traceid"]
        {
            assert_eq!(ids(none), [], "{none}");
        }
    }

    #[test]
    fn users_add_patterns_of_their_own() {
        let patterns = Patterns::default().with("# ours\nmy-corr request # yes\n\nspan_id span-decimal\n").unwrap();
        let found = patterns.in_log("My.Corr", b"r-12345");
        assert_eq!((&*found[0].key, found[0].ids.request.as_deref()), ("my-corr", Some("r-12345")));
        // Theirs come first.
        assert_eq!(patterns.in_log("span_id", b"16")[0].ids.span, Some(SpanId(16)));
        let wrong = |text: &str| Patterns::default().with(text).unwrap_err().to_string();
        assert_eq!(wrong("\nx"), "line 2: expected a key and a kind of value, e.g. my-id request");
        assert!(
            wrong("x magic").starts_with("line 1: unknown kind of value \"magic\": expected one of traceparent, b3")
        );
    }
}
