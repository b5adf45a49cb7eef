//! What every command prints about two small traces, in each of its formats, held against `tests/snapshots`.
//!
//! A change that is meant to change output accepts it with
//! `INSTA_UPDATE=always cargo test -p tracelane --test program snapshots` and commits the changed files.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tracelane::cli::overview::trace_commands;

use crate::fixtures;
use crate::run;

/// Tasks, logs, regions, locks, system calls and findings; and GC cycles with STW pauses.
const TRACES: [&str; 2] = ["httpserver-go1.27.trace", "gc-4procs-go1.27.trace"];
/// Three services that a request went through, with their spans.
const SESSION: [&str; 1] = ["traceparent-lock-go1.27.zip"];
/// The formats of a command's result. A command that lacks one says so.
const FORMATS: [&[&str]; 4] = [&[], &["--format", "json"], &["--format", "csv"], &["--format", "md"]];
/// JSON that is no longer stands on one line.
const LINE: usize = 110;
/// Items shown of a list that does not fit on a line.
const ITEMS: usize = 8;
/// Commands that print no analysis: the events (held against Go's own output), a trace, files for other
/// programs, and a picture.
const OTHERS: [&str; 5] = ["cut", "dump", "export", "query", "screenshot"];

/// One test for each command, so that all differences show at once.
macro_rules! snapshots {
    ($($command:ident $(with $options:expr)?;)*) => {
        /// The commands that have a snapshot.
        const COMMANDS: &[&str] = &[$(stringify!($command)),*];
        $(
            #[test]
            fn $command() {
                let options: &[&[&str]] = &[$($options)?];
                check(stringify!($command), options);
            }
        )*
    };
}

snapshots! {
    stats;
    warnings;
    blocked;
    why with &["--range", "1ms..3ms"];
    locks;
    selection with &["--range", "1ms..3ms"];
    instant with &["--between", "1ms..3ms"];
    interactions with &["--function", "main.main"];
    logs;
    goroutines with &["--function", "main.main"];
    profile with &["--kind", "sync", "--top"];
    tasks;
    regions;
    latency with &["--by", "goroutine"];
    procs;
    threads;
    syscalls;
    population;
    leaks;
    gc;
    stw;
    mmu with &["--per-proc"];
    report with &["--all"];
    compare;
    session;
}

/// Runs a command on each trace (a comparison: on both), in every format and then with the other options, and compares
/// what it prints.
fn check(command: &str, options: &[&[&str]]) {
    let (folder, inputs) = match command {
        "compare" => ("real", vec![&TRACES[..]]),
        "session" => ("sessions", vec![&SESSION[..]]),
        _ => ("real", TRACES.chunks(1).collect()),
    };
    for files in inputs {
        let mut printed = String::new();
        for form in FORMATS.iter().chain(options) {
            let words = [&[command][..], files, form].concat();
            let output = run::command(&words).current_dir(fixtures::data().join(folder)).output().expect("it starts");
            printed += &format!("$ tracelane {}\n", words.join(" "));
            printed += &normalised(&String::from_utf8_lossy(&output.stdout));
            printed += &String::from_utf8_lossy(&output.stderr);
            printed += &format!("exit code {}\n\n", output.status.code().expect("not killed"));
        }
        let programs: Vec<&str> = files.iter().filter_map(|file| file.split('-').next()).collect();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(fixtures::data().with_file_name("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("{command}-{}", programs.join("-")), printed));
    }
}

/// JSON on fewer lines; other output as it is. Without what loading cost, which differs with every run.
fn normalised(printed: &str) -> String {
    if let Ok(mut json) = serde_json::from_str::<Value>(printed) {
        for measured in ["wall_s", "events_per_s", "peak_rss_bytes"] {
            if let Some(field) = json.pointer_mut(&format!("/load/{measured}")) {
                *field = "(measured)".into();
            }
        }
        return compact(&json, 0) + "\n";
    }
    let line = |line: &str| match line.split_once("Loaded in:") {
        Some((before, _)) => format!("{before}Loaded in: (measured)\n"),
        None => format!("{line}\n"),
    };
    printed.lines().map(line).collect()
}

/// A value on one line if that is short, else a line for each part. Of long lists the first items, and a hash of all.
fn compact(json: &Value, depth: usize) -> String {
    let line = json.to_string();
    if line.len() <= LINE || !(json.is_array() || json.is_object()) {
        return line;
    }
    let mut parts: Vec<String> = match json {
        Value::Array(items) => items.iter().take(ITEMS).map(|item| compact(item, depth + 1)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| format!("{name:?}: {}", compact(field, depth + 1))).collect()
        }
        _ => Vec::new(),
    };
    let [open, close] = if json.is_array() { ["[", "]"] } else { ["{", "}"] };
    let items = json.as_array().map_or(0, Vec::len);
    if items > ITEMS {
        let hash = Sha256::digest(&line);
        parts.push(format!("{items} items, SHA-256 {:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    }
    let indent = "  ".repeat(depth + 1);
    format!("{open}\n{indent}{}\n{}{close}", parts.join(&format!(",\n{indent}")), "  ".repeat(depth))
}

#[test]
fn every_command_has_a_snapshot() {
    let known: BTreeSet<&str> = COMMANDS.iter().copied().chain(OTHERS).collect();
    assert_eq!(known, trace_commands().collect());
}
