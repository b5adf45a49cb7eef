//! The language: what texts mean, and what is said about those that mean nothing.

use std::sync::Arc;

use crate::analysis::search::complete::{completions, quoted};
use crate::analysis::search::parse::parse;
use crate::analysis::search::query::{Comparison, Node, Query, TermKind};
use crate::analysis::tags::TagRules;
use crate::base::ids::GoId;
use crate::event::state::GoState;

use super::scene::scene;

/// A query in brackets throughout, terms by what they ask for.
fn form(query: &Query) -> String {
    query.root.as_ref().map_or_else(|| "nothing".to_owned(), |root| of(query, root))
}

fn of(query: &Query, node: &Node) -> String {
    let list = |nodes: &[Node], word: &str| {
        let parts: Vec<String> = nodes.iter().map(|node| of(query, node)).collect();
        format!("({})", parts.join(word))
    };
    match node {
        Node::Term(at) => match &query.terms[*at].kind {
            TermKind::Word(word) => word.text.clone(),
            TermKind::Function(text) => format!("fn {text}"),
            other => format!("{other:?}"),
        },
        Node::Not(node) => format!("!{}", of(query, node)),
        Node::And(nodes) => list(nodes, " & "),
        Node::Or(nodes) => list(nodes, " | "),
    }
}

fn kind(text: &str) -> TermKind {
    let query = parse(text);
    assert_eq!((query.errors.len(), query.terms.len()), (0, 1), "{text}: {query:?}");
    assert_eq!(query.terms[0].range, 0..text.len(), "{text}");
    query.terms[0].kind.clone()
}

#[test]
fn every_key_is_understood() {
    assert_eq!(kind("fn:\"net/http\""), TermKind::Function("net/http".to_owned()));
    assert_eq!(kind("FN:serve"), TermKind::Function("serve".to_owned()));
    assert_eq!(kind("tag:TLS"), TermKind::Tag("TLS".to_owned(), Arc::default()));
    assert_eq!(kind("stack:sync.(*Mutex).Lock"), TermKind::Stack("sync.(*Mutex).Lock".to_owned()));
    for (text, line) in [("file:server.go", None), ("file:server.go:97", Some(97)), ("file:a:b", None)] {
        assert!(matches!(kind(text), TermKind::File(place) if place.line == line), "{text}");
    }
    for (text, state) in [
        ("state:running", GoState::Running),
        ("state:RUNNABLE", GoState::Runnable),
        ("state:blocked", GoState::Waiting),
        ("state:syscall", GoState::Syscall),
    ] {
        assert_eq!(kind(text), TermKind::State(state));
    }
    assert_eq!(kind("reason:\"chan receive\""), TermKind::Reason("chan receive".to_owned()));
    for (text, comparison, nanos) in [
        ("dur>10ms", Comparison::More, 10_000_000),
        ("dur<1ms", Comparison::Less, 1_000_000),
        ("dur>=1.5s", Comparison::AtLeast, 1_500_000_000),
        ("dur<=250µs", Comparison::AtMost, 250_000),
        ("dur > 3us", Comparison::More, 3_000),
        ("dur>.5m", Comparison::More, 30_000_000_000),
        ("duration>7ns", Comparison::More, 7),
    ] {
        assert_eq!(kind(text), TermKind::Duration(comparison, nanos), "{text}");
    }
    assert_eq!(kind("g:25"), TermKind::Goroutine(GoId(25)));
    assert_eq!(kind("g:G25"), TermKind::Goroutine(GoId(25)));
    assert_eq!(kind("interacts:g25"), TermKind::Interacts(GoId(25)));
    assert!(matches!(kind("by:sendReport"), TermKind::By(waker) if waker.number.is_none()));
    assert!(matches!(kind("by:g4"), TermKind::By(waker) if waker.number == Some(GoId(4))));
    assert!(matches!(kind("task:17"), TermKind::Task(label) if label.id == Some(17)));
    assert_eq!(kind("region:parse"), TermKind::Region("parse".to_owned()));
    assert_eq!(kind("log:\"user=42\""), TermKind::Log("user=42".to_owned()));
    assert_eq!(kind("label:\"a \\\"b\\\" \\\\ \\c\""), TermKind::GoLabel("a \"b\" \\ \\c".to_owned()));
    assert_eq!(kind("alive@1.2s"), TermKind::Alive(1_200_000_000));
}

#[test]
fn words_mean_what_they_can() {
    let word = |text: &str| match kind(text) {
        TermKind::Word(word) => word,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(word("G25").number, Some(25));
    assert_eq!((word("25").number, word("\"25\"").number, word("+5").number), (Some(25), None, None));
    assert_eq!(word("Blocked").state, Some(GoState::Waiting));
    assert_eq!(word("server.go:97").place.and_then(|place| place.line), Some(97));
    for text in ["sync.(*Mutex).Lock", "(*Conn).serve", "http://a:80/x", "a=b", "x:y", "dur", "log.Print", "日本"] {
        assert_eq!(word(text).text, text);
    }
    assert_eq!(word("\"two words\"").text, "two words");
}

#[test]
fn operators_bind_as_written() {
    for (text, expected) in [
        ("", "nothing"),
        ("a b", "(a & b)"),
        ("a AND b or c", "((a & b) | c)"),
        ("a or b and c", "(a | (b & c))"),
        ("(a or b) c", "((a | b) & c)"),
        ("-a b", "(!a & b)"),
        ("not (a or b)", "!(a | b)"),
        ("not -a", "!!a"),
        ("-fn:x or NOT y", "(!fn x | !y)"),
        ("(fn:f(a) x)", "(fn f(a) & x)"),
        ("((a))", "a"),
        ("\"and\" \"or\"", "(and & or)"),
        ("a-b", "a-b"),
    ] {
        let query = parse(text);
        assert_eq!((form(&query), query.errors.len()), (expected.to_owned(), 0), "{text}");
    }
}

#[test]
fn faults_are_underlined_and_the_rest_is_kept() {
    for (text, underlined, expected, part) in [
        ("a state:sleepy b", "sleepy", "(a & b)", "A state is"),
        ("fn: a", "fn:", "a", "Type a part"),
        ("dur>10", "10", "nothing", "with a unit"),
        ("dur>x", "x", "nothing", "with a unit"),
        ("dur>1.2.3s", "1.2.3s", "nothing", "with a unit"),
        ("dur>99999999999999h", "99999999999999h", "nothing", "too long"),
        ("dur:10ms", "10ms", "nothing", "compared with"),
        ("dur>", "dur>", "nothing", "Type a duration"),
        ("g:x", "x", "nothing", "number of a goroutine"),
        ("alive@soon", "soon", "nothing", "with a unit"),
        ("a or", "or", "a", "both sides of \"or\""),
        ("or a", "or", "a", "both sides of \"or\""),
        ("a and", "and", "a", "both sides of \"and\""),
        ("and a", "and", "a", "both sides of \"and\""),
        ("a and or b", "and", "(a | b)", "both sides of \"and\""),
        ("a not", "not", "a", "after \"not\""),
        ("a -", "-", "a", "after \"not\""),
        ("(a", "(", "a", "never closed"),
        ("a) b", ")", "(a & b)", "closes nothing"),
        ("a ()", "()", "a", "nothing in these brackets"),
        ("\"a b", "\"a b", "a b", "quotation mark"),
        ("fn:\"a b", "\"a b", "fn a b", "quotation mark"),
        ("\"\"", "\"\"", "nothing", "nothing in these quotation marks"),
        ("sate:running", "sate", "sate:running", "did you mean state:"),
        ("saek a taks:x", "taks", "(saek & a & taks:x)", "did you mean task:"),
        ("state=running", "state", "state=running", "another sign"),
    ] {
        let query = parse(text);
        let found: Vec<(&str, &str)> =
            query.errors.iter().map(|error| (&text[error.range.clone()], error.message.as_str())).collect();
        assert!(
            matches!(found.as_slice(), [(at, message)] if *at == underlined && message.contains(part)),
            "{text}: {found:?}"
        );
        assert_eq!(form(&query), expected, "{text}");
    }
    let many = vec!["a"; 40].join(" ");
    let query = parse(&many);
    assert_eq!((query.terms.len(), query.errors.len()), (32, 8));
}

/// Texts made of pieces at random: there always is a query, and its ranges are inside the text.
#[test]
fn no_text_fails() {
    let pieces = [
        "(", ")", "-", "\"", " ", "or", "and", "not", "fn:", "dur>", "1ms", "ü", "\\", "a", "state:", "(*", "alive@",
        "9",
    ];
    let mut seed = 7_u64;
    for _ in 0..5_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let query = parse(&text);
        for range in query.errors.iter().map(|error| &error.range).chain(query.terms.iter().map(|term| &term.range)) {
            assert!(!range.is_empty() && text.get(range.clone()).is_some(), "{text}: {query:?}");
        }
        assert!(!query.is_empty() || query.terms.is_empty() && (!query.errors.is_empty() || text.trim().is_empty()));
    }
    for deep in ["(".repeat(100_000), "-".repeat(100_000), "not ".repeat(50_000) + "a", ")".repeat(1_000)] {
        assert!(!parse(&deep).errors.is_empty());
    }
}

#[test]
fn completions_fit_what_is_typed() {
    let trace = scene();
    let at = |text: &str| -> Vec<String> {
        let found = completions(text, text.len(), &trace, &TagRules::default());
        found.into_iter().map(|found| format!("{}{}", &text[..found.range.start], found.insert)).collect()
    };
    assert_eq!(at("sta")[..2], ["state:", "stack:"]);
    assert_eq!(at("a du"), ["a dur>"]);
    assert_eq!(at("state:r"), ["state:running", "state:runnable"]);
    assert!(at("reason:\"chan r").contains(&"reason:\"chan receive\"".to_owned()));
    assert_eq!(at("fn:sendr"), ["fn:main.sendReport"]);
    assert_eq!(at("x -fn:mutex"), ["x -fn:sync.(*Mutex).Lock", "x -fn:sync.(*Mutex).Unlock"]);
    assert_eq!(at("sendr"), ["fn:main.sendReport"]);
    assert_eq!(at("file:server"), ["file:/src/shop/server.go"]);
    assert_eq!(at("task:"), ["task:pay", "task:checkout"]);
    assert_eq!(at("region:p"), ["region:parse"]);
    assert_eq!(at("log:u"), ["log:user"]);
    assert_eq!(at("tag:tl"), ["tag:TLS"]);
    assert_eq!(at("label:t"), ["label:\"tenant blue\""]);
    assert!(at("").contains(&"alive@".to_owned()) && at("x ").len() > 10);
    assert!(at("fn:\"done\"").is_empty());
    assert_eq!(completions("ü", 1, &trace, &TagRules::default()), Vec::new());
    for name in ["a b", "a\"b", "a)", "a\\b", "", "sync.(*T).F"] {
        assert!(parse(&format!("fn:{}", quoted(name))).errors.is_empty() || name.is_empty());
    }
}
