//! What commands say where a trace does not tell: of functions, files and lines without names, of durations where there
//! are none, and of calls that are no system calls. No sentence has a gap.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::event::kind::EventKind;
use trace_core::event::state::SpanClass;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::testkit::writer::TraceWriter;
use tracelane::cli::overview::trace_commands;
use tracelane::fmt::name;
use tracelane::timeline::words;

use crate::fixtures;
use crate::hostile;
use crate::run;

/// Traces with findings, locks, tasks, regions, labels, samples, collections and system calls among them.
const TRACES: [&str; 5] = [
    "real/guessnumber-bug-go1.27.trace",
    "real/httpserver-go1.27.trace",
    "real/cpuprofile-go1.27.trace",
    "real/gc-4procs-go1.27.trace",
    "real/badregions-go1.27.trace",
];

/// Ways of asking commands for text. A command that does not know one refuses it.
const FORMS: [&[&str]; 9] = [
    &[],
    &["--all"],
    &["--md"],
    &["--top"],
    &["--limit", "1000"],
    &["--by", "goroutine"],
    &["--goroutines"],
    &["--kind", "blocked", "--top"],
    &["--kind", "cpu", "--top"],
];

/// What ends with such a word and lacks nothing: two columns, and a title.
const COMPLETE: [&str; 2] = ["samples  goroutines of", "## Blocked by"];

fn is_file(text: &str) -> bool {
    text.ends_with(".go") || text.ends_with(".s")
}

fn is_function(text: &str) -> bool {
    !is_file(text) && text.contains('.') && !text.contains(' ')
}

fn without_functions(text: &str) -> Option<String> {
    is_function(text).then(String::new)
}

fn without_files(text: &str) -> Option<String> {
    is_file(text).then(String::new)
}

fn without_both(text: &str) -> Option<String> {
    (is_file(text) || is_function(text)).then(String::new)
}

/// Traces that are the fixtures but for the names that are lost.
fn nameless(folder: &Path) -> Vec<PathBuf> {
    type Rename = fn(&str) -> Option<String>;
    let ways: [(&str, Rename); 4] = [
        ("functions", without_functions),
        ("files", without_files),
        ("both", without_both),
        ("all", |text| (!text.is_empty()).then(String::new)),
    ];
    let mut paths = Vec::new();
    for (at, name) in TRACES.into_iter().enumerate() {
        let bytes = hostile::unpacked(&fixtures::data().join(name));
        // One trace loses its names in every way, the others in the one that leaves most gaps.
        for (way, rename) in ways.into_iter().filter(|(way, _)| at == 0 || *way == "both") {
            let path = folder.join(format!("{}-{way}.trace", name.replace('/', "-")));
            fs::write(&path, hostile::renamed(&bytes, &rename)).expect("written");
            paths.push(path);
        }
    }
    paths
}

/// Commands that print text about one trace.
fn text_commands() -> impl Iterator<Item = &'static str> {
    trace_commands().filter(|name| !matches!(*name, "cut" | "dump" | "export" | "screenshot" | "compare" | "query"))
}

/// The columns of a row, if a line looks like one of a table.
fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect()
}

/// What in a line shows that something was left out of it.
fn gap(line: &str) -> Option<String> {
    // A label is no sentence either.
    let inside = line.trim();
    let inside = inside.strip_prefix("Go to   ").map_or(inside, str::trim_start);
    for sign in ["(:", ":0)", " ()", ", ,", ",,", " ,", " .", "``", "( ", " )"] {
        if inside.contains(sign) {
            return Some(sign.to_owned());
        }
    }
    for word in ["at", "in", "by", "from", "of", "with", "until", "for", "on", "and", "to"] {
        let is_followed_by_a_gap = inside.ends_with(&format!(" {word}")) || inside.contains(&format!(" {word}  "));
        // The names of columns are no sentence.
        if is_followed_by_a_gap && columns(line).len() < 4 && !COMPLETE.contains(&inside) {
            return Some(format!("{word} …"));
        }
    }
    (inside.ends_with(',') || inside.ends_with('(')).then(|| "an end without a word".to_owned())
}

#[test]
fn signs_of_gaps_are_known() {
    for bad in [
        "G12 waited (network) in  (:0)",
        "                 last: G25  on P1 at  (:0)",
        "  locked    at , 3 times",
        "worker at  (:38): 3, mean 1 ms",
        "306 µs total (max 227 µs), in  at main.f (main.go:12)",
        "12.4 ms by G1 at",
        "main.f (main.go:0)",
    ] {
        assert!(gap(bad).is_some(), "{bad}");
    }
    for good in [
        "G12 waited (network) in main.f (main.go:12)",
        "            at   stopped  stopping      held      late running  why",
        "   313 µs at 783 µs: G19, unblocked",
    ] {
        assert_eq!(gap(good), None, "{good}");
    }
}

fn run_text(command: &str, path: &Path, form: &[&str]) -> Option<String> {
    let path = path.to_str().expect("text");
    let mut words = vec![command, path];
    words.extend(form);
    let output = run::tracelane(&words);
    if output.status.code() == Some(2) {
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn nothing_unknown_leaves_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = nameless(folder.path());
    paths.extend(TRACES.map(|name| fixtures::data().join(name)));
    let all: Vec<&str> = text_commands().collect();
    let check = |path: &PathBuf| {
        let mut printed = 0;
        for command in &all {
            for form in FORMS {
                let Some(text) = run_text(command, path, form) else { continue };
                // Warnings quote where they stand in the file.
                for line in text.lines().filter(|line| !line.contains("(byte ") && !line.starts_with("loaded in ")) {
                    printed += 1;
                    if let Some(sign) = gap(line) {
                        panic!("{command} {form:?} {}: {sign:?} in {line:?}", path.display());
                    }
                }
            }
        }
        printed
    };
    let printed: usize = paths.par_iter().map(check).sum();
    assert!(printed > 5_000, "{printed} lines");
    let both = folder.path().join("real-guessnumber-bug-go1.27.trace-both.trace");
    let profile = run_text("profile", &both, &["--top"]).expect("it knows the form");
    assert!(profile.contains("  (not known)") && profile.contains("  an unknown place"), "{profile}");
}

#[test]
fn rows_of_a_comparison_have_names_where_the_trace_has_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let mut unnamed = 0;
    for (name, path) in TRACES.into_iter().zip(nameless(folder.path()).into_iter().skip(3)) {
        let (whole, lost) = (text(&fixtures::data().join(name)), text(&path));
        let printed = run::tracelane(&["compare", &whole, &lost]);
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        for line in printed.lines() {
            assert_eq!(gap(line), None, "{name}: {line:?}");
        }
        let json = run::tracelane(&["compare", "--json", &whole, &lost]);
        let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
        for change in json["changes"].as_array().expect("rows") {
            let row = change["name"].as_str().expect("a name");
            assert!(!row.is_empty() && !row.starts_with(" in ") && !row.ends_with(" in "), "{name}: {row:?}");
            unnamed +=
                usize::from(["(unnamed)", "unknown place", "unknown origin"].iter().any(|sign| row.contains(sign)));
        }
    }
    assert!(unnamed > 3, "{unnamed}");
}

/// A program in which two goroutines are in calls, `leaf` being the function at the leaf of one of them.
fn with_calls(folder: &TempDir, name: &str, leaf: (&str, &str)) -> PathBuf {
    let mut writer = TraceWriter::new(26);
    let frames = |leaf: (&'static str, &'static str)| [(leaf.0, leaf.1, 47), ("main.work", "/src/main.go", 12)];
    let system = writer.stack(&frames(("syscall.Syscall", "/go/src/syscall/syscall.go")));
    let called = writer.stack(&[(leaf.0, leaf.1, 47), ("main.call", "/src/main.go", 20)]);
    for (thread, stack) in [(1, system), (2, called)] {
        let (proc, go) = (thread - 1, thread);
        writer.event(thread, 1_000, EventKind::PROC_STATUS, &[proc, 1]);
        writer.event(thread, 1_001, EventKind::GO_STATUS, &[go, thread, 2]);
        let mut time = 2_000_000;
        for number in 1..20 {
            writer.event(thread, time, EventKind::GO_SYSCALL_BEGIN, &[number, stack]);
            writer.event(thread, time + 3_000_000, EventKind::GO_SYSCALL_END, &[]);
            time += 5_000_000;
        }
    }
    let path = folder.path().join(name);
    fs::write(&path, writer.finish()).expect("written");
    path
}

#[test]
fn system_calls_are_not_said_to_be_what_cgo_calls_are_among() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = with_calls(&folder, "plain.trace", ("syscall.Syscall6", "/go/src/syscall/syscall.go"));
    let cgo = with_calls(&folder, "cgo.trace", ("main._Cfunc_slow", "_cgo_gotypes.go"));
    for (command, form) in [("procs", &[][..]), ("threads", &[]), ("goroutines", &["--goroutine", "2"])] {
        let text = run_text(command, &cgo, form).expect("it answers");
        assert!(text.contains("system calls and cgo calls"), "{command}: {text}");
        let text = run_text(command, &plain, form).expect("it answers");
        assert!(!text.contains("cgo"), "{command}: {text}");
    }
    let text = run_text("syscalls", &cgo, &[]).expect("it answers");
    assert!(text.contains("C.slow (cgo call)") && text.contains("main.work (main.go:12)"), "{text}");
    let help = String::from_utf8_lossy(&run::tracelane(&["help", "procs"]).stdout).into_owned();
    assert!(help.contains("cgo calls"), "{help}");
}

/// What the window calls the state of its lanes, and of one span in a call.
fn window_names(path: &Path) -> (String, Vec<String>) {
    let bytes = fs::read(path).expect("a trace");
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    let class = words::class_name(&trace, SpanClass::Syscall);
    let legend = format!("{class}, {}", name::class_in(&trace, SpanClass::Syscall));
    let lanes = (0..trace.goroutine_count()).map(|idx| LaneId::Goroutine(GoroutineIdx(idx)));
    let spans = lanes.flat_map(|lane| trace.spans(lane, trace.range()).collect::<Vec<_>>());
    let calls = spans.filter(|span| span.class == SpanClass::Syscall);
    let mut names: Vec<String> = calls.map(|span| words::state_name(&trace, &span)).collect();
    names.sort();
    names.dedup();
    (legend, names)
}

#[test]
fn lanes_and_legends_name_cgo_calls() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = with_calls(&folder, "plain.trace", ("syscall.Syscall6", "/go/src/syscall/syscall.go"));
    let cgo = with_calls(&folder, "cgo.trace", ("main._Cfunc_slow", "_cgo_gotypes.go"));
    assert_eq!(window_names(&plain), ("syscall, System call".to_owned(), vec!["syscall".to_owned()]));
    let (legend, names) = window_names(&cgo);
    assert_eq!(legend, "syscall or cgo call, System call or cgo call");
    assert_eq!(names, ["cgo call", "syscall"]);
}

/// Every object that counts something and has statistics of it.
fn check_statistics(what: &str, value: &Value, found: &mut [usize; 2]) {
    const STATISTICS: [&str; 6] = ["mean_ns", "p50_ns", "p95_ns", "p99_ns", "median_ns", "max_ns"];
    match value {
        Value::Array(items) => items.iter().for_each(|item| check_statistics(what, item, found)),
        Value::Object(fields) => {
            let complete = fields
                .get("count")
                .and_then(Value::as_u64)
                .map(|count| count.saturating_sub(fields.get("incomplete").and_then(Value::as_u64).unwrap_or(0)));
            for statistic in STATISTICS {
                let Some(known) = fields.get(statistic).filter(|_| fields.contains_key("mean_ns")) else { continue };
                if complete == Some(0) {
                    assert!(known.is_null(), "{what}: {statistic} of nothing: {value}");
                    found[0] += 1;
                } else if complete.is_some() {
                    assert!(known.is_number(), "{what}: {statistic}: {value}");
                    found[1] += 1;
                }
            }
            fields.values().for_each(|field| check_statistics(what, field, found));
        }
        _ => {}
    }
}

/// A proc and a goroutine that runs, a task and a region that never end, and nothing else.
fn unfinished(folder: &TempDir) -> PathBuf {
    let mut writer = TraceWriter::new(26);
    let (task, region) = (writer.string("request"), writer.string("parse"));
    let stack = writer.stack(&[("main.main", "/src/main.go", 12)]);
    writer.event(1, 1_000, EventKind::PROC_STATUS, &[0, 1]);
    writer.event(1, 1_001, EventKind::GO_STATUS, &[1, 1, 2]);
    writer.event(1, 2_000_000, EventKind::USER_TASK_BEGIN, &[1, 0, task, stack]);
    writer.event(1, 3_000_000, EventKind::USER_REGION_BEGIN, &[1, region, stack]);
    writer.event(1, 90_000_000, EventKind::HEAP_ALLOC, &[4_096]);
    let path = folder.path().join("unfinished.trace");
    fs::write(&path, writer.finish()).expect("written");
    path
}

#[test]
fn statistics_of_nothing_are_absent() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = unfinished(&folder);
    let mut found = [0, 0];
    for path in [&path, &fixtures::data().join("real/httpserver-go1.27.trace")] {
        for command in ["goroutines", "latency", "syscalls", "tasks", "regions"] {
            let text = run_text(command, path, &["--json"]).expect("it answers");
            let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}: {text}"));
            check_statistics(command, &json, &mut found);
        }
    }
    assert!(found[0] >= 10 && found[1] >= 10, "{found:?}");
    for command in ["tasks", "regions"] {
        let text = run_text(command, &path, &[]).expect("it answers");
        let lines: Vec<Vec<&str>> = text.lines().take(2).map(columns).collect();
        let cell = |title: &str| lines[0].iter().position(|heading| *heading == title).map(|at| lines[1][at]);
        assert_eq!((cell("Count"), cell("Incomplete")), (Some("1"), Some("1")), "{text}");
        for statistic in ["Mean", "Median", "p95", "Longest"] {
            assert_eq!(cell(statistic), Some("–"), "{command}: {statistic} of nothing: {text}");
        }
    }
    for (command, said) in
        [("latency", "No goroutine waited for a proc"), ("syscalls", "No system calls in the selected scope")]
    {
        let text = run_text(command, &path, &[]).expect("it answers");
        assert!(text.contains(said), "{command}: {text}");
    }
}
