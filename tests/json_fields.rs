//! JSON against its documentation: what the help of a command lists is what its JSON has, by name and type.

use std::process::Output;

use serde_json::{Map, Value};
use tracelane::cli::overview::trace_commands;

use crate::{fixtures, run};

/// Tasks, logs, locks, system calls and findings; GC cycles and STW pauses; damage.
const TRACES: [&str; 3] =
    ["real/httpserver-go1.27.trace", "real/gc-4procs-go1.27.trace", "broken/cut-mid-batch-go1.27.trace"];
/// Commands whose JSON is no report, or that have none.
const OTHERS: [&str; 5] = ["cut", "dump", "export", "query", "screenshot"];

/// A field as the help lists it: its name, with dots for objects inside of objects; its type; those of its rows.
#[derive(Debug)]
struct Field {
    name: String,
    kind: String,
    rows: Vec<Self>,
}

/// The fields that a help lists.
fn documented(help: &str) -> Vec<Field> {
    let mut lines = help.lines().skip_while(|line| !line.contains("one JSON object")).skip(2).peekable();
    fields(&mut lines, 2)
}

/// The fields at an indent, from the next line on.
fn fields<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>, indent: usize) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    while let Some(line) = lines.peek() {
        let depth = line.len() - line.trim_start().len();
        if line.trim().is_empty() || depth < indent {
            break;
        }
        if depth > indent {
            let rows = fields(lines, depth);
            found.last_mut().expect("rows come behind their list").rows = rows;
            continue;
        }
        // A name has no spaces, but for the line about schema and version.
        let (name, kind) = line.trim().split_once(' ').expect("a name and a type");
        if name != "schema," {
            found.push(Field { name: name.to_owned(), kind: kind.trim().to_owned(), rows: Vec::new() });
        }
        lines.next();
    }
    found
}

/// Whether a value is of the type that is documented. Any may be null.
fn fits(value: &Value, kind: &str) -> bool {
    let kind = kind.split(':').next().unwrap_or_default();
    match kind {
        _ if value.is_null() => true,
        "text" => value.is_string(),
        "true or false" | "true if parts of the trace are lost, so that totals are too small" => value.is_boolean(),
        _ if kind.starts_with("nanoseconds") || kind.starts_with("number") || kind == "bytes" || kind == "id" => {
            value.is_number()
        }
        _ if kind.starts_with("list") => value.is_array(),
        _ => kind.starts_with("object") && value.is_object(),
    }
}

/// What is in an object and not documented, or of another type; `seen` takes in the names that are there.
fn check(object: &Map<String, Value>, prefix: &str, fields: &[Field], seen: &mut Vec<String>, wrong: &mut Vec<String>) {
    for (name, value) in object {
        let path = format!("{prefix}{name}");
        let inside = format!("{path}.");
        let known: Vec<&Field> = fields.iter().filter(|field| field.name == path).collect();
        if let Some(field) = known.iter().find(|field| fits(value, &field.kind)) {
            seen.push(path.clone());
            for row in value.as_array().into_iter().flatten().filter_map(Value::as_object) {
                if !field.rows.is_empty() {
                    check(row, "", &field.rows, &mut Vec::new(), wrong);
                }
            }
        } else if let (Value::Object(inner), true) = (value, known.is_empty()) {
            check(inner, &inside, fields, seen, wrong);
        } else if value.is_null() && fields.iter().any(|field| field.name.starts_with(&inside)) {
            seen.extend(fields.iter().map(|field| field.name.clone()).filter(|name| name.starts_with(&inside)));
        } else {
            let kinds: Vec<&str> = known.iter().map(|field| field.kind.as_str()).collect();
            wrong.push(format!("{path}: {value} ({kinds:?})"));
        }
    }
}

fn json(output: &Output) -> Map<String, Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => object,
        _ => panic!("no object: {text}"),
    }
}

#[test]
fn what_is_documented_as_nanoseconds_is_called_so() {
    for command in trace_commands().filter(|command| !OTHERS.contains(command)) {
        let help = run::tracelane(&["help", command]);
        let fields = documented(&String::from_utf8_lossy(&help.stdout));
        let all = fields.iter().flat_map(|field| [field].into_iter().chain(&field.rows));
        let wrong = all.filter(|field| field.kind.starts_with("nanoseconds") && !field.name.ends_with("_ns"));
        assert_eq!(wrong.map(|field| &field.name).collect::<Vec<_>>(), [] as [&String; 0], "{command}");
    }
}

#[test]
fn json_has_what_the_help_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for command in trace_commands().filter(|command| !OTHERS.contains(command)) {
        let help = run::tracelane(&["help", command]);
        let fields = documented(&String::from_utf8_lossy(&help.stdout));
        assert!(fields.len() > 1, "{command} documents no fields");
        let folder = fixtures::data();
        let inputs: Vec<Vec<&str>> = match command {
            "compare" => vec![TRACES[..2].to_vec()],
            "session" => vec![vec!["sessions/traceparent-lock-go1.27.zip"]],
            _ => TRACES.iter().map(|file| vec![*file]).collect(),
        };
        for files in inputs {
            let words = [&[command][..], &files, &["--format", "json"]].concat();
            let output = run::command(&words).current_dir(&folder).output().expect("it starts");
            let object: Map<String, Value> = json(&output)
                .into_iter()
                .filter(|(name, value)| {
                    name != "schema" && (name != "version" || !value.is_i64() || command == "stats")
                })
                .collect();
            let (mut seen, mut undocumented) = (Vec::new(), Vec::new());
            check(&object, "", &fields, &mut seen, &mut undocumented);
            let missing = fields.iter().filter(|field| !seen.contains(&field.name));
            wrong.extend(undocumented.iter().map(|what| format!("{words:?} has {what}")));
            wrong.extend(missing.map(|field| format!("{words:?} lacks {}", field.name)));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
