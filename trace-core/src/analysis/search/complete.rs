//! What a query could go on with at the cursor: keys, states, reasons, and names from the trace.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::analysis::search::bits::Bits;
use crate::analysis::search::caseless::Caseless;
use crate::analysis::search::lexer::{KEYS, Key, TokenKind, tokens};
use crate::analysis::search::parse::STATES;
use crate::analysis::search::run::functions;
use crate::analysis::tags::TagRules;
use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::model::trace::Trace;

/// Completions offered at once.
pub const MOST: usize = 50;

/// Something to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the text that it takes the place of.
    pub range: Range<usize>,
    /// What to put there, with quotation marks where needed.
    pub insert: String,
    /// What it is: what a key is for, or `function`, `reason`, …
    pub what: &'static str,
}

/// What the query could go on with at `cursor` (a place in bytes), the best first, at most [`MOST`]. Looks through the
/// names of the trace, so ask a worker; texts are as `trace` has them, so ask with a trace for showing
/// ([`Trace::shown`]).
#[must_use]
pub fn completions(text: &str, cursor: usize, trace: &Trace, rules: &TagRules) -> Vec<Completion> {
    let Some(before) = text.get(..cursor) else { return Vec::new() };
    let last = tokens(before).into_iter().next_back().filter(|token| token.range.end == cursor);
    match last.map(|token| (token.kind, token.range)) {
        Some((TokenKind::Keyed { key, value, .. }, _)) => {
            // What is in quotation marks that are closed is complete.
            let is_done = value.is_closed && before.get(value.range.clone()).is_some_and(|text| text.starts_with('"'));
            if is_done { Vec::new() } else { values(key, &value.text, &value.range, (trace, rules)) }
        }
        Some((TokenKind::Word(word), range)) => {
            let mut found = keys(&word, &range);
            let names = values(Key::Function, &word, &range, (trace, rules)).into_iter();
            found.extend(names.map(|name| Completion { insert: format!("fn:{}", name.insert), ..name }));
            found.truncate(MOST);
            found
        }
        Some((TokenKind::Quoted { .. }, _)) => Vec::new(),
        _ => keys("", &(cursor..cursor)),
    }
}

/// Keys that begin with what has been typed, each once.
fn keys(typed: &str, range: &Range<usize>) -> Vec<Completion> {
    let wanted = Caseless::new(typed);
    let mut seen: Vec<Key> = Vec::new();
    let mut found = Vec::new();
    for &(name, key, what) in &KEYS {
        if wanted.starts(name) && !seen.contains(&key) {
            seen.push(key);
            let operator = match key {
                Key::Duration => ">",
                key => key.operators().first().copied().unwrap_or(":"),
            };
            found.push(Completion { range: range.clone(), insert: format!("{name}{operator}"), what });
        }
    }
    found
}

/// Values of a key that contain what has been typed; those that begin with it first, then the shorter ones.
fn values(key: Key, typed: &str, range: &Range<usize>, (trace, rules): (&Trace, &TagRules)) -> Vec<Completion> {
    let wanted = Caseless::new(typed);
    let (what, mut names): (&'static str, Vec<&str>) = match key {
        Key::State => ("state", STATES.iter().take(4).map(|state| state.0).collect()),
        Key::Function | Key::Stack => ("function", texts(trace, functions(trace).iter())),
        Key::By => ("function", texts(trace, functions(trace).iter())),
        Key::Tag => ("tag", rules.names().collect()),
        Key::File => ("file", texts(trace, files(trace).iter())),
        Key::Reason => {
            let reasons = trace.reasons_by_kind();
            ("reason", texts(trace, reasons.iter().map(|reason| reason.1.0 as usize)))
        }
        Key::Task => {
            let tasks = (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at)));
            ("task", texts(trace, tasks.map(|task| task.name.0 as usize)))
        }
        Key::Region => ("region", texts(trace, trace.all_regions().iter().map(|region| region.name.0 as usize))),
        Key::Log => ("log category", texts(trace, trace.all_logs().iter().map(|log| log.category.0 as usize))),
        Key::GoLabel => ("label", texts(trace, trace.all_labels().map(|label| label.2.0 as usize))),
        Key::Duration | Key::Goroutine | Key::Interacts | Key::Alive => ("", Vec::new()),
    };
    names.retain(|name| !name.is_empty() && wanted.is_in(name));
    names.sort_unstable_by_key(|name| (!wanted.starts(name), name.len(), *name));
    names.dedup();
    let insert = |name: &str| Completion { range: range.clone(), insert: quoted(name), what };
    names.into_iter().take(MOST).map(insert).collect()
}

/// The texts of strings, each string once.
fn texts(trace: &Trace, ids: impl Iterator<Item = usize>) -> Vec<&str> {
    let mut seen = FxHashSet::default();
    ids.filter(|id| seen.insert(*id)).map(|id| trace.str(StrId(id as u32))).collect()
}

/// Source files of frames.
fn files(trace: &Trace) -> Bits {
    let mut files = Bits::empty(trace.string_count() as usize);
    trace.texts.frames.iter().for_each(|frame| files.add(frame.file.0 as usize));
    files
}

/// A name as a query has to say it.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_plain = |letter: char| !letter.is_whitespace() && !matches!(letter, '"' | '\\');
    // A bracket that closes more than the name opened would end it.
    let mut depth = 0_i64;
    let is_balanced = name.chars().all(|letter| {
        depth += i64::from(letter == '(') - i64::from(letter == ')');
        depth >= 0
    });
    if !name.is_empty() && is_balanced && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A query that finds one goroutine by its number.
#[must_use]
pub fn goroutine_term(trace: &Trace, go: GoroutineIdx) -> Option<String> {
    trace.goroutine_name(go).map(|(id, _)| format!("g:{}", id.0))
}
