//! `tracelane mcp`: transcripts that are committed, what errors say, and a client that finds planted causes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::fixtures;
use crate::run;

/// What the server says to these messages, run in the folder of the traces.
fn talk(messages: &[Value]) -> Vec<Value> {
    let mut command = run::command(&["mcp"]);
    command.current_dir(fixtures::data()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().expect("it starts");
    let mut input = server.stdin.take().expect("a pipe");
    let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
    let write = move || input.write_all(lines.as_bytes()).expect("it reads");
    let writer = std::thread::Builder::new().name("client".into()).spawn(write).expect("a thread");
    let output = server.wait_with_output().expect("it ends");
    writer.join().expect("written");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn call(id: u64, tool: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

/// The text of an answer, and whether it says that something is wrong.
fn text(answer: &Value) -> (String, bool) {
    let item = &answer["result"]["content"][0];
    let text = item["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    (text.to_owned(), answer["result"]["isError"] == json!(true))
}

fn ask(tool: &str, arguments: Value) -> (String, bool) {
    text(&talk(&[call(1, tool, arguments)])[0])
}

const SERVER: &str = "real/httpserver-go1.27.trace";

#[test]
fn a_transcript_is_as_committed() {
    let messages = [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize",
                "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t" } } }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }),
        call(2, "open", json!({ "file": SERVER })),
        call(3, "findings", json!({ "file": SERVER })),
        call(4, "waits", json!({ "file": SERVER, "limit": 3 })),
        call(5, "why", json!({ "file": SERVER, "range": "1ms..3ms", "limit": 3 })),
        call(6, "profile", json!({ "file": SERVER, "kind": "sync", "limit": 3 })),
        call(7, "timeline", json!({ "file": SERVER, "range": "3ms..4ms", "limit": 5 })),
        call(8, "timeline", json!({ "file": SERVER, "range": "3ms..4ms", "goroutine": "G12", "limit": 6 })),
        call(9, "query", json!({ "file": SERVER, "sql": "SELECT state, dur(total_ns) AS total FROM state_totals" })),
        call(10, "query", json!({ "file": SERVER, "table": "gc_cycles" })),
        call(11, "link", json!({ "file": SERVER, "range": "3ms..4ms", "goroutine": "G12" })),
    ];
    let mut transcript = String::new();
    let mut answers = talk(&messages).into_iter();
    for message in &messages {
        transcript.push_str(&format!("> {message}\n"));
        if message.get("id").is_none() {
            continue;
        }
        let answer = answers.next().expect("an answer");
        assert_eq!(answer["id"], message["id"]);
        match answer["result"]["content"][0]["text"].as_str() {
            Some(text) => transcript.push_str(&format!("{text}\n\n")),
            None => transcript.push_str(&format!("{:#}\n\n", answer["result"])),
        }
    }
    assert!(answers.next().is_none(), "a notification gets no answer");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(fixtures::data().with_file_name("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("mcp-httpserver", transcript));
}

#[test]
fn answers_are_short_unless_more_is_asked_for() {
    let sql = "SELECT * FROM spans";
    let (short, _) = ask("query", json!({ "file": SERVER, "sql": sql, "limit": 10_000 }));
    assert!(short.len() <= 4_000 && short.contains("more lines left out; max_bytes="), "{} {short}", short.len());
    assert!(short.contains("Scope: whole trace of real/httpserver-go1.27.trace (12.6 ms)"), "{short}");
    let (long, _) = ask("query", json!({ "file": SERVER, "sql": sql, "limit": 10_000, "max_bytes": 200_000 }));
    assert!(long.len() > 50_000 && long.len() <= 200_000, "{}", long.len());
    for tool in ["open", "findings", "waits", "why", "profile", "link"] {
        let (text, is_error) = ask(tool, json!({ "file": SERVER }));
        assert!(!is_error && text.len() <= 4_000 && text.contains("\nShow: tracelane screenshot "), "{tool}: {text}");
    }
}

#[test]
fn answers_are_short_whatever_they_quote() {
    let long = "long ".repeat(20_000);
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("d".repeat(200)).join("e".repeat(200)).join("f".repeat(200));
    std::fs::create_dir_all(&deep).expect("folders");
    let file = deep.join("a.trace");
    std::fs::copy(fixtures::data().join(SERVER), &file).expect("copied");
    let file = file.to_str().expect("text");
    let answers = talk(&[
        call(1, "findings", json!({ "file": long })),
        call(2, "query", json!({ "file": SERVER, "sql": format!("SELECT 1 AS \"{long}\"") })),
        call(3, "query", json!({ "file": SERVER, "sql": format!("SELECT \"{long}\"") })),
        call(4, "why", json!({ "file": SERVER, "function": long })),
        call(5, "findings", json!({ "file": SERVER, long.clone(): 1 })),
        call(6, &long, json!({})),
        json!({ "jsonrpc": "2.0", "id": 7, "method": long }),
        call(8, "findings", json!({ "file": file })),
        call(9, "findings", json!({ "file": file, "max_bytes": 900 })),
    ]);
    for answer in &answers {
        let said = answer["result"]["content"][0]["text"].as_str().or(answer["error"]["message"].as_str());
        let said = said.unwrap_or_else(|| panic!("{answer}"));
        assert!(!said.is_empty() && said.len() <= 4_000, "{}: {said}", answer["id"]);
    }
    let (short, is_error) = text(answers.last().expect("an answer"));
    assert!(!is_error && short.len() <= 900 && short.contains("Scope: whole trace of …"), "{short}");
}

#[test]
fn errors_say_what_to_do() {
    for (tool, arguments, expected) in [
        ("findings", json!({}), "findings needs file: it takes file, max_bytes"),
        ("findings", json!({ "path": "x" }), "findings takes no path: it takes file, max_bytes"),
        ("findings", json!({ "file": "none.trace" }), "none.trace"),
        ("findings", json!({ "file": "http://localhost:6060/debug/pprof/trace" }), "the server speaks to no network"),
        ("findings", json!({ "file": "localhost:6060/debug/pprof/trace" }), "the server speaks to no network"),
        ("findings", json!({ "file": "-" }), "is no file of this machine"),
        ("compare", json!({ "file": SERVER, "other": "http://x/" }), "the server speaks to no network"),
        ("why", json!({ "file": SERVER, "goroutine": "G99999" }), "99999"),
        ("timeline", json!({ "file": SERVER, "range": "x" }), "expected 100ms..1.2s"),
        ("query", json!({ "file": SERVER, "sql": "SELECT durtion_ns FROM waits" }), "did you mean duration_ns?"),
        ("query", json!({ "file": SERVER, "sql": "DROP TABLE waits" }), "a query can only read"),
        ("query", json!({ "file": SERVER, "table": "wait" }), "there is no table wait: there are traces, goroutines"),
        ("screenshot", json!({ "file": SERVER, "panel": "nothing" }), "expected one of"),
        ("screenshot", json!({ "file": SERVER, "select": "G99999" }), "no such lane"),
    ] {
        let (text, is_error) = ask(tool, arguments.clone());
        assert!(is_error && text.contains(expected), "{tool} {arguments}: {text}");
    }
}

#[test]
fn a_picture_and_a_comparison_are_answers() {
    let picture =
        &talk(&[call(1, "screenshot", json!({ "file": SERVER, "size": "400x300" }))])[0]["result"]["content"][0];
    assert_eq!((&picture["type"], &picture["mimeType"]), (&json!("image"), &json!("image/png")));
    let data = picture["data"].as_str().expect("base64");
    // The signature of a PNG.
    assert!(data.starts_with("iVBORw0KGgo") && data.len().is_multiple_of(4) && data.len() > 1_000);
    let (text, is_error) = ask("compare", json!({ "file": SERVER, "other": "real/workers-go1.27.trace" }));
    assert!(!is_error && text.len() <= 4_000, "{text}");
    let session =
        json!({ "file": "sessions/traceparent-lock-go1.27.zip", "sql": "SELECT name, duration_ns FROM requests" });
    let (text, is_error) = ask("query", session);
    assert!(!is_error && text.contains("Scope: a session"), "{text}");
}

#[test]
fn nothing_that_is_asked_brings_the_server_down() {
    let mut messages: Vec<Value> =
        [json!(null), json!(1), json!("x"), json!([]), json!({ "id": [], "method": {} })].to_vec();
    messages.push(json!({ "id": 1, "method": "tools/call", "params": [1, 2] }));
    messages.push(json!({ "id": 2, "method": "tools/call", "params": { "name": "findings", "arguments": [] } }));
    messages.push(call(3, "query", json!({ "file": SERVER, "sql": "SELECT '\u{1b}[2J\u{202e}'", "files": 7 })));
    messages.push(call(4, "findings", json!({ "file": { "a": 1 }, "max_bytes": -1 })));
    messages.push(json!({ "id": 5, "method": "ping" }));
    let answers = talk(&messages);
    assert_eq!(answers.last().expect("an answer")["result"], json!({}), "it still answers");
    let shown = answers.iter().find(|answer| answer["id"] == json!(3)).expect("an answer");
    assert!(!text(shown).0.contains('\u{202e}') && !text(shown).0.contains('\u{1b}'), "{shown}");
}

#[test]
fn a_request_that_is_taken_back_has_no_answer() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";
    let taken_back = |id: u64| json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id, "reason": "late" } });
    let answers = talk(&[
        call(1, "query", json!({ "file": SERVER, "sql": endless })),
        call(2, "findings", json!({ "file": SERVER })),
        taken_back(2),
        taken_back(1),
        taken_back(7),
        json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" }),
        // The same number may be used again.
        call(1, "query", json!({ "file": SERVER, "sql": "SELECT 1 AS one" })),
    ]);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(3), &json!(1)], "{answers:?}");
}

#[test]
fn an_answer_from_memory_is_the_same_until_the_file_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.trace");
    let copy = |name: &str| std::fs::copy(fixtures::data().join("real").join(name), &file).expect("copied");
    copy("httpserver-go1.27.trace");
    let mut command = run::command(&["mcp"]);
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut input = server.stdin.take().expect("a pipe");
    let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut ask = |tool: &str| {
        writeln!(input, "{}", call(1, tool, json!({ "file": file.display().to_string() }))).expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("an answer");
        text(&serde_json::from_str(&line).expect("JSON")).0
    };
    let first = ask("waits");
    assert_eq!(ask("waits"), first);
    assert!(first.contains("\nLink: tracelane://open?file=a.trace&sha256="), "{first}");
    copy("workers-go1.27.trace");
    let second = ask("waits");
    let link = |text: &str| text.lines().find(|line| line.starts_with("Link: ")).map(str::to_owned);
    assert_ne!((first.lines().next(), link(&first)), (second.lines().next(), link(&second)));
    assert_ne!(link(&first), link(&second), "a link is to what was read");
    drop(input);
    assert!(server.wait().expect("it ends").success());
}

/// A client without any sense of its own: it asks for the findings, and takes the line that names the source of the first.
#[test]
fn a_client_finds_planted_causes_in_one_call() {
    let truth = std::fs::read_to_string(fixtures::data().join("causes/truth.json")).expect("the planted causes");
    let truth: Vec<Value> = serde_json::from_str(&truth).expect("JSON");
    let wanted = ["auction", "quota", "lookup", "heartbeat", "archive", "actor", "gauge", "lease", "dbpool", "tint"];
    let cases: Vec<&Value> =
        truth.iter().filter(|case| wanted.contains(&case["case"].as_str().unwrap_or_default())).collect();
    assert_eq!(cases.len(), wanted.len());
    let file = |case: &Value| format!("causes/{}", case["trace"].as_str().expect("a file"));
    let calls: Vec<Value> =
        cases.iter().zip(1..).map(|(case, id)| call(id, "findings", json!({ "file": file(case) }))).collect();
    for (case, answer) in cases.iter().zip(talk(&calls)) {
        let (text, is_error) = text(&answer);
        let source = text.lines().find(|line| line.trim_start().starts_with("Source")).unwrap_or_default();
        let also = case["also_accept"].as_array().into_iter().flatten();
        let functions: Vec<&str> =
            std::iter::once(&case["culprit_function"]).chain(also).filter_map(Value::as_str).collect();
        let is_named = functions.iter().any(|function| source.contains(function));
        assert!(!is_error && is_named, "{functions:?} in {source:?} of {text}");
        assert!(text.len() <= 4_000, "{}", text.len());
    }
}
