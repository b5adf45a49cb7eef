//! The examples of trace-core, run as programs: each says what it promises, and fails where it should.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixtures;

/// Runs an example, which `cargo test` has built beside this test.
fn example(name: &str, arguments: &[&str]) -> Output {
    let own = std::env::current_exe().expect("this test has a file");
    let folder = own.ancestors().nth(2).expect("a target folder").join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: cargo build -p trace-core --examples", program.display());
    Command::new(program).args(arguments).output().expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn real(name: &str) -> String {
    fixtures::data().join("real").join(name).display().to_string()
}

#[test]
fn the_guard_fails_where_a_lock_is_held_too_long() {
    let trace = real("guessnumber-bug-go1.27.trace");
    let strict = example("ci_guard", &[&trace, "1"]);
    assert!(!strict.status.success() && said(&strict).contains("(sync)"), "{}", said(&strict));
    let idle = example("ci_guard", &[&real("empty-go1.27.trace"), "1000"]);
    assert!(idle.status.success(), "{}", said(&idle));
}

#[test]
fn statistics_have_a_line_for_each_kind_of_wait() {
    let output = said(&example("wait_statistics", &[&real("workers-go1.27.trace")]));
    assert!(output.lines().count() > 1, "{output}");
    assert!(output.lines().skip(1).any(|line| line.contains("main.")), "{output}");
}

#[test]
fn spans_are_exported_as_json() {
    let output = said(&example("export_spans", &[&real("tasks-go1.27.trace")]));
    let lines: Vec<serde_json::Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let kinds = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert!(kinds("task") > 0 && kinds("region") > 0, "{output}");
}

#[test]
fn a_folder_is_looked_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = |name: &str, to: &str| std::fs::copy(PathBuf::from(real(name)), folder.path().join(to)).expect("copied");
    copy("workers-go1.27.trace", "a.trace");
    std::fs::write(folder.path().join("b.trace"), "no trace").expect("written");
    let output = said(&example("watch_folder", &[folder.path().to_str().expect("a name"), "--once"]));
    assert!(output.contains("a.trace: ") && output.contains(" goroutines, "), "{output}");
    assert!(
        output.lines().any(|line| Path::new(line.split(": ").next().unwrap_or("")).ends_with("b.trace")),
        "{output}"
    );
}

#[test]
fn traces_are_compared_by_where_goroutines_wait() {
    let same = real("guessnumber-bug-go1.27.trace");
    let output = said(&example("compare_waits", &[&same, &same]));
    assert!(output.lines().count() > 1 && output.lines().skip(1).all(|line| line.contains("+0.000")), "{output}");
}
